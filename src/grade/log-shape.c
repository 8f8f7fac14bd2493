/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading numbers by a shape; see log-shape.h. */
#include "grade/log-shape.h"

#include <string.h>

#define LINES_OF_ENTRY 3u /* from its type to its count, at most */

typedef struct {
  const LogShape *shape;
  const LogText *text;
  const LogTruth *truth;
  const LogNames *names;
  guint entries, entries_max;
  GPtrArray *prints;
  GHashTable *seen; /* type to the number of the print that it was last in */
  gboolean closed;  /* the print has its total behind it */
  guint closed_line;
  guint pending;  /* the first number of an entry; G_MAXUINT */
  guint used;     /* the last number that is part of an entry; G_MAXUINT */
  GArray *others; /* of LogOther; NULL: not asked for */
} Reader;

static const LogNumber *
number_of (const Reader *reader, guint index)
{
  return &g_array_index (reader->text->numbers, LogNumber, index);
}

/* --- prints ----------------------------------------------------------------------------------- */

static void
entry_clear (gpointer data)
{
  g_free (((LogEntry *) data)->name);
}

static void
print_free (gpointer data)
{
  LogPrint *print = data;
  g_array_unref (print->entries);
  g_free (print);
}

static LogPrint *
current (const Reader *reader)
{
  return reader->prints->len > 0 ? g_ptr_array_index (reader->prints, reader->prints->len - 1) : NULL;
}

static LogPrint *
begin_print (Reader *reader)
{
  LogPrint *print = g_new0 (LogPrint, 1);
  print->entries = g_array_new (FALSE, TRUE, sizeof (LogEntry));
  g_array_set_clear_func (print->entries, entry_clear);
  g_ptr_array_add (reader->prints, print);
  reader->closed = FALSE;
  return print;
}

static gboolean
is_seen (const Reader *reader, guint32 code)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (reader->seen, GUINT_TO_POINTER (code))) == reader->prints->len;
}

/* Behind a total that ended a print; where there are no totals, a number below the one before it, as whoever
 * goes through an array prints. */
static gboolean
begins_anew (const Reader *reader, const LogPrint *print, guint32 code, guint line)
{
  if (!reader->shape->footer || print->entries->len == 0)
    return FALSE;
  if (reader->shape->total == SHAPE_NONE)
    return code < g_array_index (print->entries, LogEntry, print->entries->len - 1).code;
  return reader->closed && line != reader->closed_line;
}

/* A type that is there already begins another print, too. */
static void
add_entry (Reader *reader, guint type, guint at, guint32 code)
{
  const LogNumber *count = number_of (reader, at);
  LogPrint *print = current (reader);
  if (reader->entries++ >= reader->entries_max)
    return;
  if (print == NULL || is_seen (reader, code) || begins_anew (reader, print, code, count->line))
    print = begin_print (reader);
  const LogEntry entry
      = { .code = code, .numbered = type != G_MAXUINT, .count = count->value, .type = type, .at = at };
  g_array_append_val (print->entries, entry);
  print->sum += MIN (count->value, G_MAXUINT32);
  g_hash_table_insert (reader->seen, GUINT_TO_POINTER (code), GUINT_TO_POINTER (reader->prints->len));
}

/* Entries of a line whose total is another print's go with it. */
static void
move_entries (Reader *reader, LogPrint *from, guint line)
{
  LogPrint *print = begin_print (reader);
  guint first = from->entries->len;
  while (first > 0 && number_of (reader, g_array_index (from->entries, LogEntry, first - 1).at)->line == line)
    first--;
  for (guint i = first; i < from->entries->len; i++)
    {
      const LogEntry *entry = &g_array_index (from->entries, LogEntry, i);
      g_array_append_vals (print->entries, entry, 1);
      print->sum += MIN (entry->count, G_MAXUINT32);
      from->sum -= MIN (entry->count, G_MAXUINT32);
      g_hash_table_insert (reader->seen, GUINT_TO_POINTER (entry->code),
                           GUINT_TO_POINTER (reader->prints->len));
    }
  g_array_set_size (from->entries, first);
}

static gboolean
ends_in_line (const Reader *reader, const LogPrint *print, guint line)
{
  return print->entries->len > 0
         && number_of (reader, g_array_index (print->entries, LogEntry, print->entries->len - 1).at)->line
                == line;
}

/* A header's total begins a print, a footer's ends one; one that is told again, on each line for instance, does
 * neither. */
static void
add_total (Reader *reader, guint index)
{
  const LogNumber *number = number_of (reader, index);
  LogPrint *print = current (reader);
  if (print != NULL && print->has_total && print->total == number->value)
    return;
  if (print == NULL)
    print = begin_print (reader);
  else if (print->has_total
           || (!reader->shape->footer && print->entries->len > 0
               && !ends_in_line (reader, print, number->line)))
    {
      move_entries (reader, print, number->line);
      print = current (reader);
    }
  print->has_total = TRUE;
  print->total = number->value;
  reader->closed = print->entries->len > 0;
  reader->closed_line = number->line;
}

static void
take_other (Reader *reader, guint index, guint key)
{
  const LogOther other = { key, number_of (reader, index)->value };
  if (reader->others != NULL)
    g_array_append_val (reader->others, other);
  if (key == reader->shape->total && number_of (reader, index)->decimal)
    add_total (reader, index);
}

/* --- entries ---------------------------------------------------------------------------------- */

static gboolean
code_of (const Reader *reader, guint index, guint32 *code)
{
  const LogNumber *number = number_of (reader, index);
  const gboolean hex = reader->shape->hex && number->hexadecimal;
  const guint64 value = hex ? number->hex : number->value;
  *code = (guint32) value;
  return value <= G_MAXUINT32 && (hex || number->decimal);
}

static gboolean
is_known (const Reader *reader, guint32 code)
{
  return log_truth_has (reader->truth, code) || log_names_has (reader->names, code);
}

static gboolean
is_near (const Reader *reader, guint first, guint second)
{
  return first != G_MAXUINT && number_of (reader, second)->line - number_of (reader, first)->line <= LINES_OF_ENTRY;
}

/* A list goes on behind it: the next number of the line is a type. */
static gboolean
is_of_list (const Reader *reader, guint index)
{
  return index + 1 < reader->text->numbers->len
         && number_of (reader, index + 1)->line == number_of (reader, index)->line
         && number_of (reader, index + 1)->key == reader->shape->type;
}

/* A count whose type has another key than usual: the first of a list, behind other words. */
static gboolean
has_odd_type (const Reader *reader, guint index, guint32 *code)
{
  if (index == 0 || reader->used == index - 1 || !is_of_list (reader, index)
      || number_of (reader, index - 1)->line != number_of (reader, index)->line)
    return FALSE;
  const LogNumber *before = number_of (reader, index - 1);
  return before->key != reader->shape->total
         && !log_key_is_total (g_ptr_array_index (reader->text->keys, before->key))
         && code_of (reader, index - 1, code) && is_known (reader, *code);
}

static void
take_count (Reader *reader, guint index)
{
  guint32 code;
  if (is_near (reader, reader->pending, index) && code_of (reader, reader->pending, &code))
    add_entry (reader, reader->pending, index, code);
  else if (reader->shape->type != SHAPE_NONE && has_odd_type (reader, index, &code))
    add_entry (reader, index - 1, index, code);
  else
    {
      take_other (reader, index, SHAPE_LONE);
      return;
    }
  reader->used = index;
  reader->pending = G_MAXUINT;
}

/* By its name: what stands between the number before it and it. */
static void
take_named (Reader *reader, guint index)
{
  const LogEntry entry = { .type = G_MAXUINT, .at = index };
  for (LogPlace place = LOG_PLACE_BEFORE; place < LOG_PLACES; place++)
    {
      g_autofree char *words = log_entry_words (reader->text, &entry, place);
      guint32 code;
      if (!log_names_find (reader->names, words, &code))
        continue;
      add_entry (reader, G_MAXUINT, index, code);
      return;
    }
  take_other (reader, index, SHAPE_LONE);
}

/* Both have one key: they take turns in a line. */
static void
take_turns (Reader *reader, guint index)
{
  if (reader->pending != G_MAXUINT
      && number_of (reader, reader->pending)->line == number_of (reader, index)->line)
    take_count (reader, index);
  else
    reader->pending = index;
}

static void
take_count_first (Reader *reader, guint index)
{
  guint32 code;
  const gboolean near = reader->pending != G_MAXUINT
                        && number_of (reader, reader->pending)->line == number_of (reader, index)->line;
  if (number_of (reader, index)->key == reader->shape->count)
    reader->pending = index;
  else if (near && code_of (reader, index, &code))
    {
      add_entry (reader, index, reader->pending, code);
      reader->pending = G_MAXUINT;
    }
}

static void
take_number (Reader *reader, guint index)
{
  const LogShape *shape = reader->shape;
  const LogNumber *number = number_of (reader, index);
  if (number->key != shape->type && number->key != shape->count)
    take_other (reader, index, number->key);
  else if (number->key == shape->count && !number->decimal && shape->type != shape->count)
    return;
  else if (shape->type == shape->count)
    take_turns (reader, index);
  else if (shape->count_first)
    take_count_first (reader, index);
  else if (number->key == shape->type)
    reader->pending = index;
  else if (shape->type == SHAPE_NONE)
    take_named (reader, index);
  else
    take_count (reader, index);
}

static Reader
read_all (const LogShape *shape, const LogText *text, const LogTruth *truth, const LogNames *names,
          guint entries_max, GArray *others)
{
  Reader reader = {
    .shape = shape,
    .text = text,
    .truth = truth,
    .names = names,
    .entries_max = entries_max,
    .prints = g_ptr_array_new_with_free_func (print_free),
    .seen = g_hash_table_new (NULL, NULL),
    .pending = G_MAXUINT,
    .used = G_MAXUINT,
    .others = others,
  };
  for (guint i = 0; i < text->numbers->len; i++)
    take_number (&reader, i);
  g_hash_table_unref (reader.seen);
  return reader;
}

GPtrArray *
log_shape_apply (const LogShape *shape, const LogText *text, const LogTruth *truth, const LogNames *names,
                 guint entries_max)
{
  const Reader reader = read_all (shape, text, truth, names, entries_max, NULL);
  return reader.prints;
}

GArray *
log_shape_others (const LogShape *shape, const LogText *text, const LogTruth *truth, const LogNames *names)
{
  GArray *others = g_array_new (FALSE, FALSE, sizeof (LogOther));
  const Reader reader = read_all (shape, text, truth, names, G_MAXUINT, others);
  g_ptr_array_unref (reader.prints);
  return others;
}

/* --- words beside an entry -------------------------------------------------------------------- */

/* Where the next number of the line begins, or the line ends. */
static guint
next_begin (const LogText *text, guint index)
{
  const LogNumber *number = &g_array_index (text->numbers, LogNumber, index);
  const LogNumber *next
      = index + 1 < text->numbers->len ? &g_array_index (text->numbers, LogNumber, index + 1) : NULL;
  if (next != NULL && next->line == number->line)
    return next->begin;
  return (guint) strlen (g_ptr_array_index (text->lines, number->line));
}

static char *
words_between (const LogText *text, guint first, guint last)
{
  g_autoptr (GString) words = g_string_new (NULL);
  for (guint i = first; i < last; i++)
    {
      const LogNumber *number = &g_array_index (text->numbers, LogNumber, i);
      const char *line = g_ptr_array_index (text->lines, number->line);
      g_string_append_len (words, line + number->end, next_begin (text, i) - number->end);
      g_string_append_c (words, ' ');
      /* Lines without a number lie between, too. */
      const LogNumber *next = &g_array_index (text->numbers, LogNumber, i + 1);
      for (guint between = number->line + 1; between < next->line; between++)
        g_string_append_printf (words, "%s ", (const char *) g_ptr_array_index (text->lines, between));
      if (next->line != number->line)
        g_string_append_len (words, g_ptr_array_index (text->lines, next->line), next->begin);
    }
  return g_string_free (g_steal_pointer (&words), FALSE);
}

char *
log_entry_words (const LogText *text, const LogEntry *entry, LogPlace place)
{
  const gboolean numbered = entry->type != G_MAXUINT;
  const guint first = numbered ? MIN (entry->type, entry->at) : entry->at,
              last = numbered ? MAX (entry->type, entry->at) : entry->at;
  const LogNumber *begin = &g_array_index (text->numbers, LogNumber, first),
                  *end = &g_array_index (text->numbers, LogNumber, last);
  const char *before = g_ptr_array_index (text->lines, begin->line),
             *behind = g_ptr_array_index (text->lines, end->line);
  if (place == LOG_PLACE_BETWEEN)
    return words_between (text, first, last);
  if (place == LOG_PLACE_BEFORE)
    {
      g_autofree char *gap = g_strndup (before + begin->gap, begin->begin - begin->gap);
      char *cut = gap;
      for (char *at = gap; *at != '\0'; at++)
        cut = strchr (",;|", *at) != NULL && at[1] != '\0'
                      && strpbrk (at + 1, G_CSET_a_2_z G_CSET_A_2_Z) != NULL
                  ? at + 1
                  : cut;
      return g_strdup (cut);
    }
  g_autofree char *gap = g_strndup (behind + end->end, next_begin (text, last) - end->end);
  gap[strcspn (gap, ",;|")] = '\0';
  return g_steal_pointer (&gap);
}
