/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names as sets of words; see log-names.h. Upper case, without the words that all have ("exit", "reason",
 * "instruction"): "EXIT_REASON_EPT_VIOLATION", "EPT violation" and "EptViolation" are one.
 */
#include "grade/log-names.h"

#include <string.h>

#define WORDS_MAX 24u

typedef struct {
  guint32 code;
  char **words; /* sorted, each once */
  char *joined; /* in their order, without anything between */
} Known;

struct LogNames
{
  const ReasonNames *table;
  GPtrArray *known; /* of Known */
  GHashTable *codes;
};

/* --- words ------------------------------------------------------------------------------------ */

static const char *const noise[]
    = { "EXIT",   "EXITS",       "REASON",       "REASONS",   "VMX", "SVM",   "VMEXIT",    "VM",
        "THE",    "OF",          "OR",           "AND",       "AN",  "A",     "DUE",       "TO",
        "BY",     "INSTRUCTION", "INSTRUCTIONS", "ATTEMPTED", "KVM", "GUEST", "EXECUTION", "CODE",
        "TYPE",   "IN",          "IS",           "AT",        "FOR", "NAME",  "NUMBER",    "COUNT",
        "COUNTS", "TOTAL",       "TIMES",        "OCCURRED",  NULL };
static const char *const nothing[]
    = { "UNKNOWN", "UNDEFINED", "UNDEF", "RESERVED",    "NULL",      "NONE",    "NA",      "UNNAMED",
        "OTHER",   "OTHERS",    "MISC",  "UNSUPPORTED", "UNHANDLED", "DEFAULT", "INVALID", NULL };
static const char *const plurals[]
    = { "ACCESSES", "VIOLATIONS", "INTERRUPTS", "EXCEPTIONS", "FAULTS", "WRITES", "READS", "REGISTERS", NULL };

/* "EptViolation" is two words. */
static gboolean
begins_word (const char *text, const char *at)
{
  return at > text && g_ascii_isupper (*at) && g_ascii_islower (at[-1]);
}

static void
take_word (GPtrArray *words, GString *word)
{
  if (g_strv_contains (plurals, word->str))
    g_string_truncate (word, word->len - (g_str_has_suffix (word->str, "SSES") ? 2 : 1));
  /* "I/O" */
  const char *last = words->len > 0 ? g_ptr_array_index (words, words->len - 1) : "";
  if (strcmp (word->str, "O") == 0 && strcmp (last, "I") == 0)
    {
      g_ptr_array_remove_index (words, words->len - 1);
      g_string_assign (word, "IO");
    }
  if (word->len > 0 && words->len < WORDS_MAX && !g_strv_contains (noise, word->str))
    g_ptr_array_add (words, g_strdup (word->str));
  g_string_truncate (word, 0);
}

static GPtrArray *
words_of (const char *text)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) word = g_string_new (NULL);
  for (const char *at = text; *at != '\0'; at++)
    {
      if (!g_ascii_isalnum (*at) || begins_word (text, at))
        take_word (words, word);
      if (g_ascii_isalnum (*at))
        g_string_append_c (word, g_ascii_toupper (*at));
    }
  take_word (words, word);
  return words;
}

static char *
joined (const GPtrArray *words)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < words->len; i++)
    g_string_append (text, g_ptr_array_index (words, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gint
compare_words (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static char **
sorted (GPtrArray *words)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_ptr_array_sort (words, compare_words);
  for (guint i = 0; i < words->len; i++)
    if (i == 0 || strcmp (g_ptr_array_index (words, i), g_ptr_array_index (words, i - 1)) != 0)
      g_strv_builder_add (builder, g_ptr_array_index (words, i));
  return g_strv_builder_end (builder);
}

/* --- the table -------------------------------------------------------------------------------- */

static void
known_clear (Known *known)
{
  g_strfreev (known->words);
  g_free (known->joined);
}

static void
known_free (gpointer data)
{
  known_clear (data);
  g_free (data);
}

static void
known_fill (Known *known, const char *text)
{
  g_autoptr (GPtrArray) words = words_of (text);
  known->joined = joined (words);
  known->words = sorted (words);
}

static void
add_known (LogNames *names, guint32 code, const char *text)
{
  Known *known = g_new0 (Known, 1);
  known->code = code;
  known_fill (known, text);
  g_ptr_array_add (names->known, known);
}

LogNames *
log_names_new (const ReasonNames *table)
{
  LogNames *names = g_new0 (LogNames, 1);
  const GArray *codes = reason_listed (table);
  names->table = table;
  names->codes = g_hash_table_new (NULL, NULL);
  names->known = g_ptr_array_new_with_free_func (known_free);
  for (guint i = 0; i < codes->len; i++)
    {
      const guint32 code = g_array_index (codes, guint32, i);
      const GPtrArray *aliases = reason_aliases (table, code);
      g_hash_table_add (names->codes, GUINT_TO_POINTER (code));
      add_known (names, code, reason_name (table, code));
      for (guint j = 0; aliases != NULL && j < aliases->len; j++)
        add_known (names, code, g_ptr_array_index (aliases, j));
    }
  return names;
}

void
log_names_free (LogNames *names)
{
  if (names == NULL)
    return;
  g_ptr_array_unref (names->known);
  g_hash_table_unref (names->codes);
  g_free (names);
}

gboolean
log_names_has (const LogNames *names, guint32 code)
{
  return g_hash_table_contains (names->codes, GUINT_TO_POINTER (code));
}

const ReasonNames *
log_names_table (const LogNames *names)
{
  return names->table;
}

/* --- judging ---------------------------------------------------------------------------------- */

static gboolean
is_within (char **few, char **many)
{
  for (char **word = few; *word != NULL; word++)
    if (!g_strv_contains ((const char *const *) many, *word))
      return FALSE;
  return *few != NULL;
}

static gboolean
is_same (const Known *a, const Known *b)
{
  return strcmp (a->joined, b->joined) == 0
         || (is_within (a->words, b->words) && is_within (b->words, a->words));
}

static gboolean
is_no_name (const Known *given)
{
  for (char **word = given->words; *word != NULL; word++)
    if (!g_strv_contains (nothing, *word))
      return FALSE;
  return TRUE;
}

/* Words of its own and more, or fewer of them. */
static gboolean
is_nearly (const Known *known, const Known *given)
{
  return is_within (known->words, given->words) || is_within (given->words, known->words);
}

/* A name of that code to which the given one is so. */
static gboolean
any_of_code (const LogNames *names, guint32 code, const Known *given, gboolean (*is_so) (const Known *known, const Known *given))
{
  for (guint i = 0; i < names->known->len; i++)
    {
      const Known *known = g_ptr_array_index (names->known, i);
      if (known->code == code && is_so (known, given))
        return TRUE;
    }
  return FALSE;
}

LogNameKind
log_names_judge (const LogNames *names, guint32 code, const char *text, guint32 *other)
{
  Known given = { 0 };
  LogNameKind kind = LOG_NAME_FREE;
  known_fill (&given, text);
  /* "INVALID" is a code's name. */
  if (any_of_code (names, code, &given, is_same))
    kind = LOG_NAME_RIGHT;
  else if (is_no_name (&given))
    kind = LOG_NAME_NONE;
  for (guint i = 0; kind == LOG_NAME_FREE && i < names->known->len; i++)
    {
      const Known *known = g_ptr_array_index (names->known, i);
      if (!is_same (known, &given))
        continue;
      kind = LOG_NAME_OTHERS;
      *other = known->code;
    }
  if (kind == LOG_NAME_FREE && any_of_code (names, code, &given, is_nearly))
    kind = LOG_NAME_RIGHT;
  known_clear (&given);
  return kind;
}

gboolean
log_names_find (const LogNames *names, const char *text, guint32 *code)
{
  Known given = { 0 };
  guint found = 0;
  known_fill (&given, text);
  for (guint i = 0; i < names->known->len; i++)
    {
      const Known *known = g_ptr_array_index (names->known, i);
      if (given.words[0] == NULL || !is_same (known, &given) || (found > 0 && *code == known->code))
        continue;
      *code = known->code;
      found++;
    }
  known_clear (&given);
  return found == 1;
}
