/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines, numbers and their keys; see log-text.h. */
#include "grade/log-text.h"

#include <string.h>

#define KEY_OTHERS "…"
#define HEX_DIGITS_MAX 16u
#define DECIMAL_DIGITS_MAX 19u

static const char *const type_words[]
    = { "exit", "exits", "vmexit", "reason", "type", "code", "number", "num", "nr", "no", "id", "index", NULL };
static const char *const count_words[] = { "count", "counts", "counter", "times", "occurrences", "occurred",
                                           "n",     "cnt",    "hits",    "seen",  "value",       NULL };
static const char *const other_words[]
    = { "vcpu",  "cpu",  "pid",  "per", "of",  "every", "at",  "after", "interval",
        "since", "last", "name", "vm",  "kvm", "sum",   "rip", "all",   NULL };
static const char *const total_words[]
    = { "total", "totals", "overall", "altogether", "sum", "cumulative", "total_exits", NULL };

/* --- lines ------------------------------------------------------------------------------------ */

/* "\x0a" as /dev/kmsg writes it: a newline ends a line, else a blank stands in its place. */
static guint
escape_at (const char *text, char *letter)
{
  if (text[0] != '\\' || text[1] != 'x' || !g_ascii_isxdigit (text[2]) || !g_ascii_isxdigit (text[3]))
    return 0;
  const int code = g_ascii_xdigit_value (text[2]) * 16 + g_ascii_xdigit_value (text[3]);
  *letter = code == '\n' ? '\n' : code == '\\' ? '\\' : ' ';
  return 4;
}

static void
add_message (LogText *text, const char *message)
{
  g_autoptr (GString) line = g_string_new (NULL);
  for (const char *at = message;; at++)
    {
      char letter = *at;
      const guint escaped = escape_at (at, &letter);
      if (escaped > 0)
        at += escaped - 1;
      if (*at != '\0' && letter != '\n')
        {
          g_string_append_c (line, letter);
          continue;
        }
      if (text->lines->len == LOG_LINES_MAX)
        text->cut = TRUE;
      else
        g_ptr_array_add (text->lines, g_strdup (line->str));
      g_string_truncate (line, 0);
      if (*at == '\0')
        return;
    }
}

/* "vmx_handle_exit: 15 callbacks suppressed", lib/ratelimit.c */
static gboolean
is_suppression (LogText *text, const char *line)
{
  const char *words = strstr (line, " callbacks suppressed"), *at = words;
  if (words == NULL)
    return FALSE;
  while (at > line && g_ascii_isdigit (at[-1]))
    at--;
  text->suppressed += MIN (g_ascii_strtoull (at, NULL, 10), G_MAXUINT32);
  return TRUE;
}

/* --- numbers ---------------------------------------------------------------------------------- */

static gboolean
is_run (char letter)
{
  return g_ascii_isalnum (letter);
}

/* "exit48", "48x": a word beside a number without anything between. */
static void
strip_words (const char *line, guint *begin, guint *end)
{
  static const char *const before[] = { "exit", "reason", "type", "vmexit" }, *const after[]
                                                                              = { "x", "times", "exits" };
  for (guint i = 0; i < G_N_ELEMENTS (before); i++)
    {
      const gsize size = strlen (before[i]);
      if (*end - *begin > size && g_ascii_strncasecmp (line + *begin, before[i], size) == 0
          && g_ascii_isdigit (line[*begin + size]))
        *begin += size;
    }
  for (guint i = 0; i < G_N_ELEMENTS (after); i++)
    {
      const gsize size = strlen (after[i]);
      if (*end - *begin > size && g_ascii_isdigit (line[*end - size - 1])
          && g_ascii_strncasecmp (line + *end - size, after[i], size) == 0 && g_ascii_isdigit (line[*begin]))
        *end -= size;
    }
}

static gboolean
all_of (const char *line, guint begin, guint end, gboolean hex)
{
  for (guint i = begin; i < end; i++)
    if (hex ? !g_ascii_isxdigit (line[i]) : !g_ascii_isdigit (line[i]))
      return FALSE;
  return end > begin;
}

static gboolean
has_digit (const char *line, guint begin, guint end)
{
  for (guint i = begin; i < end; i++)
    if (g_ascii_isdigit (line[i]))
      return TRUE;
  return FALSE;
}

/* "79.5 %" is no count: neither half is one. */
static gboolean
is_fraction (const char *line, guint begin, guint end)
{
  return (line[end] == '.' && g_ascii_isdigit (line[end + 1]))
         || (begin > 1 && line[begin - 1] == '.' && g_ascii_isdigit (line[begin - 2]));
}

/* A minus that stands for itself: "-1", not "exit-48" nor "5-6". */
static gboolean
is_negative (const char *line, guint begin)
{
  return begin > 0 && line[begin - 1] == '-' && (begin == 1 || strchr (" (=:[\t", line[begin - 2]) != NULL);
}

static gboolean
number_at (const char *line, guint begin, guint end, LogNumber *number)
{
  strip_words (line, &begin, &end);
  const gboolean prefixed
      = end - begin > 2 && line[begin] == '0' && (line[begin + 1] == 'x' || line[begin + 1] == 'X');
  const guint digits = prefixed ? begin + 2 : begin;
  number->decimal = !prefixed && all_of (line, begin, end, FALSE) && end - begin <= DECIMAL_DIGITS_MAX + 1;
  number->hexadecimal = all_of (line, digits, end, TRUE) && end - digits <= HEX_DIGITS_MAX
                        && (prefixed || has_digit (line, digits, end));
  if ((!number->decimal && !number->hexadecimal) || is_fraction (line, begin, end))
    return FALSE;
  number->begin = begin;
  number->end = end;
  number->hex = g_ascii_strtoull (line + digits, NULL, 16);
  number->value = number->decimal ? g_ascii_strtoull (line + begin, NULL, 10) : number->hex;
  if (number->decimal && is_negative (line, begin))
    number->value = (guint32) -number->value;
  if (number->value >= G_MAXUINT64 - G_MAXINT32)
    number->value = (guint32) number->value;
  if (prefixed)
    {
      number->decimal = TRUE;
      number->hexadecimal = FALSE;
    }
  return TRUE;
}

/* --- keys ------------------------------------------------------------------------------------- */

static gboolean
is_keyword (const char *word)
{
  return g_strv_contains (type_words, word) || g_strv_contains (count_words, word) || g_strv_contains (other_words, word)
         || g_strv_contains (total_words, word);
}

/* The word that ends at `end`, in lower case; "" if there is none. */
static char *
word_before (const char *line, guint from, guint end)
{
  guint begin = end;
  while (begin > from && g_ascii_isalnum (line[begin - 1]))
    begin--;
  return g_ascii_strdown (line + begin, (gssize) (end - begin));
}

static char *
word_behind (const char *line, guint begin)
{
  guint end = begin;
  while (g_ascii_isalpha (line[end]))
    end++;
  return g_ascii_strdown (line + begin, (gssize) (end - begin));
}

static gboolean
is_blank (char letter)
{
  return letter == ' ' || letter == '\t' || letter == '_';
}

static guint
skip_back (const char *line, guint from, guint end)
{
  while (end > from && is_blank (line[end - 1]))
    end--;
  return end;
}

static gboolean
says_total (const char *line, guint from, guint end)
{
  g_autofree char *gap = g_ascii_strdown (line + from, (gssize) (end - from));
  g_auto (GStrv) words = g_strsplit_set (gap, " \t_-:=()[]{},.;|#*/<>", -1);
  for (char **word = words; *word != NULL; word++)
    if (g_strv_contains (total_words, *word))
      return TRUE;
  return FALSE;
}

/* What comes behind, where what is before says little. */
static void
add_behind (GString *key, const char *line, guint end)
{
  while (is_blank (line[end]))
    end++;
  g_autofree char *word = word_behind (line, end);
  const gboolean total = says_total (line, end, end + (guint) strlen (word));
  if (line[end] == '\0')
    g_string_append_c (key, '$');
  else if (g_ascii_isdigit (line[end]))
    g_string_append_c (key, '#');
  else if (word[0] != '\0' && is_keyword (word))
    g_string_append_printf (key, ">%s", word);
  else
    g_string_append_c (key, '+');
  if (total)
    g_string_prepend (key, "T:");
}

/*
 * What stands before the number decides: a keyword, a sign, or both ("count:"). Where it is another word, a
 * number or nothing, it says little, and what comes behind does too: ends of lines and numbers ("#") are one
 * for what follows a word.
 */
static char *
key_of (const char *line, const LogNumber *number)
{
  g_autoptr (GString) key = g_string_new (NULL);
  const guint end = skip_back (line, number->gap, number->begin);
  const gboolean total = says_total (line, number->gap, number->begin);
  if (end == number->gap)
    {
      g_string_append_c (key, '^');
      add_behind (key, line, number->end);
    }
  else if (g_ascii_isalnum (line[end - 1]) || (guchar) line[end - 1] >= 0x80)
    {
      g_autofree char *word = word_before (line, number->gap, end);
      g_string_append (key, is_keyword (word) ? word : "w");
      if (!is_keyword (word))
        add_behind (key, line, number->end);
      if (strcmp (key->str, "w#") == 0)
        g_string_assign (key, "w$");
    }
  else
    {
      g_autofree char *word = word_before (line, number->gap, skip_back (line, number->gap, end - 1));
      g_string_append_printf (key, "%s%c", is_keyword (word) ? word : "", line[end - 1]);
    }
  if (total && !g_str_has_prefix (key->str, "T:"))
    g_string_prepend (key, "T:");
  return g_string_free (g_steal_pointer (&key), FALSE);
}

static guint
key_number (LogText *text, const char *key)
{
  guint index;
  if (g_ptr_array_find_with_equal_func (text->keys, key, g_str_equal, &index))
    return index;
  if (text->keys->len < LOG_KEYS_MAX)
    g_ptr_array_add (text->keys, g_strdup (text->keys->len + 1 < LOG_KEYS_MAX ? key : KEY_OTHERS));
  return text->keys->len - 1;
}

static void
read_line (LogText *text, guint number)
{
  const char *line = g_ptr_array_index (text->lines, number);
  guint gap = 0;
  for (guint at = 0; line[at] != '\0';)
    {
      const guint begin = at;
      while (is_run (line[at]))
        at++;
      LogNumber one = { .line = number, .gap = gap };
      if (at > begin && number_at (line, begin, at, &one))
        {
          g_autofree char *key = key_of (line, &one);
          one.key = key_number (text, key);
          gap = one.end;
          if (text->numbers->len < LOG_NUMBERS_MAX)
            g_array_append_val (text->numbers, one);
          else
            text->cut = TRUE;
        }
      at = MAX (at, begin + 1);
    }
}

LogText *
log_text_new (const GPtrArray *messages)
{
  LogText *text = g_new0 (LogText, 1);
  text->lines = g_ptr_array_new_with_free_func (g_free);
  text->numbers = g_array_new (FALSE, FALSE, sizeof (LogNumber));
  text->keys = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < messages->len; i++)
    add_message (text, g_ptr_array_index (messages, i));
  for (guint i = 0; i < text->lines->len; i++)
    if (!is_suppression (text, g_ptr_array_index (text->lines, i)))
      read_line (text, i);
  return text;
}

void
log_text_free (LogText *text)
{
  if (text == NULL)
    return;
  g_ptr_array_unref (text->lines);
  g_array_unref (text->numbers);
  g_ptr_array_unref (text->keys);
  g_free (text);
}

/* --- what a key says -------------------------------------------------------------------------- */

gboolean
log_key_is_total (const char *key)
{
  return g_str_has_prefix (key, "T:");
}

static gboolean
begins_with_word (const char *const *list, const char *key)
{
  g_autofree char *word = NULL;
  key += log_key_is_total (key) ? 2 : 0;
  word = g_ascii_strdown (key, (gssize) strspn (key, G_CSET_a_2_z));
  return g_strv_contains (list, word);
}

gboolean
log_key_is_type (const char *key)
{
  return begins_with_word (type_words, key);
}

gboolean
log_key_is_count (const char *key)
{
  return begins_with_word (count_words, key);
}
