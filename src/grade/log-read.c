/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shape that the account bears out best; see log-read.h. */
#include "grade/log-read.h"

#include <string.h>

#include "grade/log-shape.h"

#define KEYS_TRIED 9u    /* the commonest */
#define JUDGED_MAX 2000u /* entries by which shapes are compared */
#define ENTRIES_MAX 40000u
#define KNOWN_PERCENT 60u /* of a shape's types that the manual must have, or the emulator have seen */
#define EXAMPLE_CHARS 100u
#define INTERVAL 10000u
#define LARGE 100u /* a log without a number from here on holds no statistics */

typedef struct {
  const LogText *text;
  const LogTruth *truth;
  const LogView *views;
  guint n_views;
  const LogNames *names;
} Reading;

typedef struct {
  guint entries, exact, known, named, prints;
  guint even, odd; /* prints whose counts add up to their total; without a total where others have one, or
                      without a type */
  guint types;
  gboolean marked; /* the count has a word or a sign that says so */
  gboolean words;  /* the places' own words say what they are */
  gboolean grows;  /* no count becomes less */
} Proof;

typedef struct {
  gboolean found;
  LogShape shape;
  Proof proof;
  gint64 worth;
} Best;

/* --- proof ------------------------------------------------------------------------------------ */

guint
log_print_exact (const LogPrint *print, const LogTruth *truth, const LogView *view, guint64 n)
{
  guint exact = 0;
  for (guint i = 0; i < print->entries->len; i++)
    {
      const LogEntry *entry = &g_array_index (print->entries, LogEntry, i);
      exact += entry->count > 0 && log_truth_count (truth, view, n, entry->code) == entry->count ? 1 : 0;
    }
  return exact;
}

static guint
most_exact (const Reading *reading, const LogPrint *print)
{
  guint most = 0;
  for (guint i = 0; i < reading->n_views; i++)
    {
      most = MAX (most, log_print_exact (print, reading->truth, &reading->views[i], print->sum));
      if (print->has_total && print->total != print->sum)
        most = MAX (most, log_print_exact (print, reading->truth, &reading->views[i], print->total));
    }
  return most;
}

static gboolean
is_known (const Reading *reading, guint32 code)
{
  return log_truth_has (reading->truth, code) || log_names_has (reading->names, code);
}

static gboolean
is_named (const Reading *reading, const LogEntry *entry)
{
  for (LogPlace place = LOG_PLACE_BETWEEN; place < LOG_PLACES; place++)
    {
      g_autofree char *words = log_entry_words (reading->text, entry, place);
      guint32 other;
      if (log_names_judge (reading->names, entry->code, words, &other) == LOG_NAME_RIGHT)
        return TRUE;
    }
  return FALSE;
}

/* Names are dear to look up: a type's first will do. */
static void
prove_entries (const Reading *reading, const LogPrint *print, GHashTable *counts, Proof *proof)
{
  for (guint i = 0; i < print->entries->len; i++)
    {
      const LogEntry *entry = &g_array_index (print->entries, LogEntry, i);
      gpointer key = GUINT_TO_POINTER (entry->code), before;
      const gboolean first = !g_hash_table_lookup_extended (counts, key, NULL, &before);
      proof->known += is_known (reading, entry->code) ? 1 : 0;
      proof->named += first && entry->numbered && is_named (reading, entry) ? 1 : 0;
      proof->grows &= first || GPOINTER_TO_SIZE (before) <= entry->count;
      g_hash_table_insert (counts, key, GSIZE_TO_POINTER (entry->count));
    }
  proof->entries += print->entries->len;
}

static Proof
prove (const Reading *reading, const LogShape *shape, const GPtrArray *prints)
{
  g_autoptr (GHashTable) counts = g_hash_table_new (NULL, NULL);
  const GPtrArray *keys = reading->text->keys;
  Proof proof = { .grows = TRUE };
  for (guint i = 0; i < prints->len; i++)
    {
      const LogPrint *print = g_ptr_array_index (prints, i);
      proof.odd += print->entries->len == 0 || (!print->has_total && shape->total != SHAPE_NONE) ? 1 : 0;
      if (print->entries->len == 0)
        continue;
      prove_entries (reading, print, counts, &proof);
      proof.exact += most_exact (reading, print);
      proof.prints++;
      proof.even += print->has_total && print->entries->len > 1 && print->total == print->sum ? 1 : 0;
    }
  proof.marked = log_key_is_count (g_ptr_array_index (keys, shape->count))
                 || strpbrk (g_ptr_array_index (keys, shape->count), ":=>|") != NULL;
  proof.words = proof.marked && shape->type != SHAPE_NONE && log_key_is_type (g_ptr_array_index (keys, shape->type));
  proof.types = g_hash_table_size (counts);
  return proof;
}

static gint64
worth (const Proof *proof, const LogShape *shape, const LogText *text)
{
  const gboolean total
      = shape->total < SHAPE_LONE && log_key_is_total (g_ptr_array_index (text->keys, shape->total));
  return 40 * (gint64) proof->exact + 20 * (gint64) proof->named + 30 * (gint64) proof->even
         + (proof->words ? 4 * (gint64) proof->entries : 0) + (proof->grows ? 3 * (gint64) proof->entries : 0)
         - 6 * (gint64) proof->entries + (total ? proof->prints : 0) - proof->prints - 10 * (gint64) proof->odd
         - (shape->hex ? 1 : 0) - (shape->type == SHAPE_NONE ? proof->entries : 0);
}

/* What could be no accident. */
static gboolean
is_certain (const Proof *proof)
{
  return proof->entries > 0
         && (2 * proof->exact >= proof->entries || (2 * proof->even >= proof->prints && proof->even > 0)
             || (proof->grows && (proof->words || proof->named > 2)) || (proof->marked && proof->named > 2 && 2 * proof->named >= proof->types));
}

/* --- totals ----------------------------------------------------------------------------------- */

/* How well the numbers of one key go as totals of prints with such sums. */
static gint64
total_worth (const Reading *reading, const GArray *others, guint key, GHashTable *sums)
{
  const gboolean says = key < SHAPE_LONE && log_key_is_total (g_ptr_array_index (reading->text->keys, key));
  guint n = 0, hits = 0, more = 0;
  guint64 before = 0;
  for (guint i = 0; i < others->len; i++)
    {
      const LogOther *other = &g_array_index (others, LogOther, i);
      if (other->key != key)
        continue;
      hits += other->value % 1000 <= 1 || g_hash_table_contains (sums, GSIZE_TO_POINTER (other->value)) ? 1 : 0;
      more += other->value > before ? 1 : 0;
      before = other->value;
      n++;
    }
  if (n == 0 || (!says && (2 * hits < n || (n > 1 && more < 2))))
    return 0;
  return 2 * hits + more + (says ? 2 * n : 0);
}

static guint
choose_total (const Reading *reading, const LogShape *shape)
{
  g_autoptr (GArray) others = log_shape_others (shape, reading->text, reading->truth, reading->names);
  g_autoptr (GPtrArray) prints
      = log_shape_apply (shape, reading->text, reading->truth, reading->names, ENTRIES_MAX);
  g_autoptr (GHashTable) sums = g_hash_table_new (NULL, NULL);
  guint best = SHAPE_NONE;
  gint64 most = 0;
  for (guint i = 0; i < prints->len; i++)
    g_hash_table_add (sums, GSIZE_TO_POINTER (((const LogPrint *) g_ptr_array_index (prints, i))->sum));
  for (guint i = 0; i <= reading->text->keys->len; i++)
    {
      const guint key = i < reading->text->keys->len ? i : SHAPE_LONE;
      const gint64 one
          = key == shape->type || key == shape->count ? 0 : total_worth (reading, others, key, sums);
      if (one <= most)
        continue;
      most = one;
      best = key;
    }
  return best;
}

/* --- the search ------------------------------------------------------------------------------- */

static gboolean
try_shape (const Reading *reading, const LogShape *shape, Best *best)
{
  g_autoptr (GPtrArray) prints
      = log_shape_apply (shape, reading->text, reading->truth, reading->names, JUDGED_MAX);
  guint entries = 0, known = 0;
  for (guint i = 0; i < prints->len; i++)
    {
      const LogPrint *print = g_ptr_array_index (prints, i);
      for (guint j = 0; j < print->entries->len; j++)
        known += is_known (reading, g_array_index (print->entries, LogEntry, j).code) ? 1 : 0;
      entries += print->entries->len;
    }
  if (entries == 0 || known * 100 < entries * KNOWN_PERCENT)
    return FALSE;
  const Proof proof = prove (reading, shape, prints);
  const gint64 one = worth (&proof, shape, reading->text);
  if (!best->found || one > best->worth)
    *best = (Best){ TRUE, *shape, proof, one };
  return TRUE;
}

/* With each way to tell where a print begins. */
static void
try_places (const Reading *reading, LogShape shape, Best *best)
{
  shape.total = SHAPE_NONE;
  if (!try_shape (reading, &shape, best))
    return;
  shape.footer = TRUE;
  try_shape (reading, &shape, best);
  shape.footer = FALSE;
  shape.total = choose_total (reading, &shape);
  for (guint footer = 0; shape.total != SHAPE_NONE && footer < 2; footer++)
    {
      shape.footer = footer == 1;
      try_shape (reading, &shape, best);
    }
}

static gint
compare_frequency (gconstpointer a, gconstpointer b)
{
  const guint *left = a, *right = b;
  return (left[1] < right[1]) - (left[1] > right[1]);
}

/* The keys that most numbers have, first. Pairs of key and frequency. */
static GArray *
common_keys (const LogText *text)
{
  GArray *keys = g_array_new (FALSE, TRUE, 2 * sizeof (guint));
  g_array_set_size (keys, text->keys->len);
  for (guint i = 0; i < keys->len; i++)
    ((guint *) (gpointer) keys->data)[2 * i] = i;
  for (guint i = 0; i < text->numbers->len; i++)
    ((guint *) (gpointer) keys->data)[2 * g_array_index (text->numbers, LogNumber, i).key + 1]++;
  g_array_sort (keys, compare_frequency);
  g_array_set_size (keys, MIN (keys->len, KEYS_TRIED));
  return keys;
}

static void
search (const Reading *reading, Best *best)
{
  g_autoptr (GArray) keys = common_keys (reading->text);
  const guint *pairs = (const guint *) (gconstpointer) keys->data;
  for (guint count = 0; count < keys->len; count++)
    for (guint type = 0; type <= keys->len; type++)
      for (guint way = 0; way < 4; way++)
        {
          const LogShape shape = {
            .type = type < keys->len ? pairs[2 * type] : SHAPE_NONE,
            .count = pairs[2 * count],
            .hex = (way & 1) != 0,
            .count_first = (way & 2) != 0,
          };
          if (shape.type != SHAPE_NONE ? shape.type != shape.count || !shape.count_first : way == 0)
            try_places (reading, shape, best);
        }
}

/* --- names ------------------------------------------------------------------------------------ */

/* How many types have each word; a type counts once. */
static GHashTable *
count_words (GHashTable *texts)
{
  GHashTable *words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer text;
  g_hash_table_iter_init (&iter, texts);
  while (g_hash_table_iter_next (&iter, NULL, &text))
    {
      g_auto (GStrv) parts = g_strsplit_set (text, " ", -1);
      for (guint i = 0; parts[i] != NULL; i++)
        {
          gboolean again = parts[i][0] == '\0';
          for (guint j = 0; j < i && !again; j++)
            again = strcmp (parts[i], parts[j]) == 0;
          if (!again)
            g_hash_table_insert (
                words, g_strdup (parts[i]),
                GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (words, parts[i])) + 1));
        }
    }
  return words;
}

/* Letters and digits stay, all else is blanks. */
static char *
plain (char *text)
{
  for (char *at = text; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && (guchar) *at < 0x80 && *at != '/')
      *at = ' ';
  return text;
}

static char *
without_common (const char *text, GHashTable *words, guint types)
{
  g_autoptr (GString) name = g_string_new (NULL);
  g_auto (GStrv) parts = g_strsplit (text, " ", -1);
  for (char **part = parts; *part != NULL; part++)
    {
      const gboolean common = types > 2 && GPOINTER_TO_UINT (g_hash_table_lookup (words, *part)) == types;
      if ((*part)[0] != '\0' && !common && strcmp (*part, "/") != 0)
        g_string_append_printf (name, "%s%s", name->len > 0 ? " " : "", *part);
    }
  return g_string_free (g_steal_pointer (&name), FALSE);
}

/* Type to the words at that place, of its first entry. */
static GHashTable *
texts_at (const LogText *text, const GPtrArray *prints, LogPlace place)
{
  GHashTable *texts = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  for (guint i = 0; i < prints->len; i++)
    {
      const LogPrint *print = g_ptr_array_index (prints, i);
      for (guint j = 0; j < print->entries->len; j++)
        {
          const LogEntry *entry = &g_array_index (print->entries, LogEntry, j);
          if (!g_hash_table_contains (texts, GUINT_TO_POINTER (entry->code)))
            g_hash_table_insert (texts, GUINT_TO_POINTER (entry->code),
                                 plain (log_entry_words (text, entry, place)));
        }
    }
  return texts;
}

/* Type to name; *worth: how many are names, right ones twice. */
static GHashTable *
names_at (const Reading *reading, const GPtrArray *prints, LogPlace place, guint *named)
{
  g_autoptr (GHashTable) texts = texts_at (reading->text, prints, place);
  g_autoptr (GHashTable) words = count_words (texts);
  GHashTable *names = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  GHashTableIter iter;
  gpointer code, text;
  *named = 0;
  g_hash_table_iter_init (&iter, texts);
  while (g_hash_table_iter_next (&iter, &code, &text))
    {
      char *name = without_common (text, words, g_hash_table_size (texts));
      guint32 other;
      const LogNameKind kind = log_names_judge (reading->names, GPOINTER_TO_UINT (code), name, &other);
      *named += kind == LOG_NAME_NONE ? 0 : kind == LOG_NAME_FREE ? 1 : 2;
      g_hash_table_insert (names, code, name);
    }
  return names;
}

static void
name_entries (const Reading *reading, const GPtrArray *prints)
{
  g_autoptr (GHashTable) best = NULL;
  guint most = 0;
  for (LogPlace place = LOG_PLACE_BETWEEN; place < LOG_PLACES; place++)
    {
      guint named;
      g_autoptr (GHashTable) names = names_at (reading, prints, place, &named);
      if (best != NULL && named <= most)
        continue;
      most = named;
      g_clear_pointer (&best, g_hash_table_unref);
      best = g_steal_pointer (&names);
    }
  for (guint i = 0; i < prints->len; i++)
    {
      LogPrint *print = g_ptr_array_index (prints, i);
      for (guint j = 0; j < print->entries->len; j++)
        {
          LogEntry *entry = &g_array_index (print->entries, LogEntry, j);
          entry->name = g_strdup (g_hash_table_lookup (best, GUINT_TO_POINTER (entry->code)));
        }
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

static gboolean
has_large (const LogText *text)
{
  for (guint i = 0; i < text->numbers->len; i++)
    {
      const LogNumber *number = &g_array_index (text->numbers, LogNumber, i);
      if (number->decimal && number->value >= LARGE)
        return TRUE;
    }
  return FALSE;
}

/* A print without a type says nothing of types; what is left is when it came. */
static void
take_best (const Reading *reading, const Best *best, LogReading *result)
{
  result->state = LOG_READ;
  g_ptr_array_unref (result->prints);
  result->prints = log_shape_apply (&best->shape, reading->text, reading->truth, reading->names, ENTRIES_MAX);
  name_entries (reading, result->prints);
  for (guint i = 0; result->example == NULL && i < result->prints->len; i++)
    {
      const LogPrint *print = g_ptr_array_index (result->prints, i);
      if (print->entries->len == 0)
        continue;
      const LogEntry *entry = &g_array_index (print->entries, LogEntry, 0);
      const char *line = g_ptr_array_index (reading->text->lines,
                                            g_array_index (reading->text->numbers, LogNumber, entry->at).line);
      g_autofree char *head = g_utf8_strlen (line, -1) > EXAMPLE_CHARS
                                  ? g_utf8_substring (line, 0, EXAMPLE_CHARS)
                                  : g_strdup (line);
      result->example = g_strdup_printf ("\"%s\" was read as type %u (0x%x), count %" G_GUINT64_FORMAT, head,
                                         entry->code, entry->code, entry->count);
    }
}

/* Totals alone, for there are no other numbers: a print each, without a type. */
static gboolean
take_totals (const LogText *text, LogReading *result)
{
  guint key = G_MAXUINT;
  for (guint i = 0; i < text->numbers->len; i++)
    {
      const LogNumber *number = &g_array_index (text->numbers, LogNumber, i);
      if (!number->decimal || number->value < LARGE)
        continue;
      if (number->value % INTERVAL > 1 || (key != G_MAXUINT && number->key != key))
        return FALSE;
      key = number->key;
    }
  LogShape shape = { .type = SHAPE_NONE, .count = SHAPE_NONE, .total = key };
  if (key == G_MAXUINT)
    return FALSE;
  g_ptr_array_unref (result->prints);
  result->prints = log_shape_apply (&shape, text, NULL, NULL, 0);
  result->state = LOG_READ;
  return TRUE;
}

LogReading *
log_read (const GPtrArray *messages, const LogTruth *truth, const LogView *views, guint n_views,
          const LogNames *names)
{
  g_autoptr (LogText) text = log_text_new (messages);
  const Reading reading = { text, truth, views, n_views, names };
  LogReading *result = g_new0 (LogReading, 1);
  Best best = { 0 };
  result->prints = g_ptr_array_new ();
  result->suppressed = text->suppressed;
  result->cut = text->cut;
  search (&reading, &best);
  if (best.found && is_certain (&best.proof))
    take_best (&reading, &best, result);
  else if (!take_totals (text, result))
    result->state = has_large (text) ? LOG_UNREAD : LOG_NOTHING;
  return result;
}

void
log_reading_free (LogReading *reading)
{
  if (reading == NULL)
    return;
  g_ptr_array_unref (reading->prints);
  g_free (reading->example);
  g_free (reading);
}
