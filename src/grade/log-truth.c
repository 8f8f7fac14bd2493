/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefix counts of the exit log; see log-truth.h. Of each type the places in the log are kept, ascending. */
#include "grade/log-truth.h"

#include "machine/machine.h"

struct LogTruth {
  const GArray *exits;
  GHashTable *places; /* type to GArray of guint */
};

LogTruth *
log_truth_new (const GArray *exits)
{
  LogTruth *truth = g_new0 (LogTruth, 1);
  truth->exits = exits;
  truth->places = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_array_unref);
  for (guint i = 0; i < exits->len; i++)
    {
      gpointer type = GUINT_TO_POINTER (g_array_index (exits, L0Exit, i).reason);
      GArray *places = g_hash_table_lookup (truth->places, type);
      if (places == NULL)
        g_hash_table_insert (truth->places, type, places = g_array_new (FALSE, FALSE, sizeof (guint)));
      g_array_append_val (places, i);
    }
  return truth;
}

void
log_truth_free (LogTruth *truth)
{
  if (truth == NULL)
    return;
  g_hash_table_unref (truth->places);
  g_free (truth);
}

static gboolean
leaves_out (const LogTruth *truth, const LogView *view)
{
  return view->left_out >= view->from && view->left_out < truth->exits->len;
}

guint64
log_truth_all (const LogTruth *truth, const LogView *view)
{
  const guint64 all = truth->exits->len > view->from ? truth->exits->len - view->from : 0;
  return all - (leaves_out (truth, view) ? 1 : 0);
}

/* So many places are below `end`. */
static guint
below (const GArray *places, guint64 end)
{
  guint low = 0, high = places->len;
  while (low < high)
    {
      const guint middle = low + (high - low) / 2;
      if (g_array_index (places, guint, middle) < end)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

/* Where the first n end. */
static guint64
end_of (const LogTruth *truth, const LogView *view, guint64 n)
{
  const guint64 end = view->from + MIN (n, truth->exits->len);
  return MIN (end + (leaves_out (truth, view) && view->left_out < end ? 1 : 0), truth->exits->len);
}

guint64
log_truth_count (const LogTruth *truth, const LogView *view, guint64 n, guint32 code)
{
  const GArray *places = g_hash_table_lookup (truth->places, GUINT_TO_POINTER (code));
  const guint64 end = end_of (truth, view, n);
  if (places == NULL)
    return 0;
  const guint before = below (places, view->from), until = below (places, end);
  const gboolean one_less = leaves_out (truth, view) && view->left_out < end
                            && g_array_index (truth->exits, L0Exit, view->left_out).reason == code;
  return until > before ? until - before - (one_less ? 1 : 0) : 0;
}

guint64
log_truth_reach (const LogTruth *truth, const LogView *view, guint32 code, guint64 count)
{
  const GArray *places = g_hash_table_lookup (truth->places, GUINT_TO_POINTER (code));
  const guint before = places != NULL ? below (places, view->from) : 0;
  if (count == 0)
    return 0;
  if (places == NULL || count > places->len - before)
    return G_MAXUINT64;
  const guint place = g_array_index (places, guint, before + count - 1);
  return place - view->from + 1 - (leaves_out (truth, view) && view->left_out <= place ? 1 : 0);
}

gint
log_compare_codes (gconstpointer a, gconstpointer b)
{
  const guint32 left = *(const guint32 *) a, right = *(const guint32 *) b;
  return (left > right) - (left < right);
}

GArray *
log_truth_types (const LogTruth *truth, const LogView *view, guint64 n)
{
  GArray *types = g_array_new (FALSE, FALSE, sizeof (guint32));
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init (&iter, truth->places);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const guint32 code = GPOINTER_TO_UINT (key);
      if (log_truth_count (truth, view, n, code) > 0)
        g_array_append_val (types, code);
    }
  g_array_sort (types, log_compare_codes);
  return types;
}

gboolean
log_truth_has (const LogTruth *truth, guint32 code)
{
  return g_hash_table_contains (truth->places, GUINT_TO_POINTER (code));
}
