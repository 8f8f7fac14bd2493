/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The student's items and functions, written into the lab's file; see transplant.h. */
#include "submission/transplant-private.h"

static const CItem *
lab_item (const Transplanting *work, guint index)
{
  return g_ptr_array_index (work->lab->items, index);
}

static const CItem *
their_item (const Transplanting *work, guint index)
{
  return g_ptr_array_index (work->theirs->items, index);
}

static TheirItem *
their_state (const Transplanting *work, guint index)
{
  return g_ptr_array_index (work->items, index);
}

/* --- where ------------------------------------------------------------------------------------ */

/* Out of an #if that the item does not stand in; and not between two items of one line. */
static guint
fit_conditions (const Transplanting *work, const CItem *item, guint place, gint step)
{
  const guint count = work->lab->items->len;
  while (place > 0 && place < count
         && (lab_item (work, place)->conditions > item->conditions || lab_item (work, place)->first < lab_item (work, place - 1)->end))
    place = (guint) ((gint) place + step);
  return place;
}

/* The next item that is not chosen itself, in that direction; -1. */
static gint
neighbour_of (const Transplanting *work, guint index, gint step)
{
  gint i = (gint) index + step;
  while (i >= 0 && i < (gint) work->items->len && their_state (work, (guint) i)->chosen)
    i += step;
  return i < (gint) work->items->len ? i : -1;
}

/* After the neighbour above, if the lab has it; before the one below; after the nearest above that the lab has; an #include after an #include. */
static guint
place_of (const Transplanting *work, guint index)
{
  const CItem *item = their_item (work, index);
  const gboolean include = item->kind == C_INCLUDE;
  const gint above = neighbour_of (work, index, -1), below = neighbour_of (work, index, 1);
  if (!include && below >= 0 && their_state (work, (guint) below)->lab >= 0 && (above < 0 || their_state (work, (guint) above)->lab < 0))
    return fit_conditions (work, item, (guint) their_state (work, (guint) below)->lab, -1);
  for (guint i = index; i-- > 0;)
    {
      const gint lab = their_state (work, i)->lab;
      if (lab >= 0 && (!include || lab_item (work, (guint) lab)->kind == C_INCLUDE))
        return fit_conditions (work, item, (guint) lab + 1, 1);
    }
  return 0;
}

/*
 * Of each chosen item the lab's item that it goes before: no later than what mentions it, and so in their order where they depend on
 * each other. G_MAXUINT for those that are not chosen.
 */
static guint *
find_places (const Transplanting *work)
{
  const guint count = work->items->len;
  guint *places = g_new (guint, count + 1);
  g_autoptr (GHashTable) first_user = g_hash_table_new (c_word_hash, g_str_equal); /* a word -> where it is needed, + 1 */
  for (guint n = count; n-- > 0;)
    {
      const TheirItem *own = their_state (work, n);
      const CItem *item = their_item (work, n);
      places[n] = own->chosen ? place_of (work, n) : own->text != NULL ? (guint) own->lab : G_MAXUINT;
      for (guint i = 0; own->chosen && item->kind != C_CALL && i < item->names->len; i++)
        {
          const guint needed = GPOINTER_TO_UINT (g_hash_table_lookup (first_user, g_ptr_array_index (item->names, i)));
          if (needed > 0 && needed - 1 < places[n])
            places[n] = fit_conditions (work, item, needed - 1, -1);
        }
      GHashTableIter iter;
      gpointer word;
      if (places[n] == G_MAXUINT || own->words == NULL)
        continue;
      g_hash_table_iter_init (&iter, own->words);
      while (g_hash_table_iter_next (&iter, &word, NULL))
        {
          const guint needed = GPOINTER_TO_UINT (g_hash_table_lookup (first_user, word));
          if (needed == 0 || needed - 1 > places[n])
            g_hash_table_insert (first_user, word, GUINT_TO_POINTER (places[n] + 1));
        }
    }
  return places;
}

/* --- writing ---------------------------------------------------------------------------------- */

static gboolean
is_blank_above (const CSource *source, guint line)
{
  if (line == 0)
    return FALSE;
  g_autofree char *above = c_source_line (source, line - 1);
  return g_strstrip (above)[0] == '\0';
}

/* Its lines, in the lab's terms. */
static void
write_item (const Transplanting *work, const CItem *item, GString *out)
{
  const guint lead = item->kind == C_INCLUDE ? item->first : item->lead;
  if (is_blank_above (work->theirs, lead) && item->kind != C_INCLUDE)
    g_string_append_c (out, '\n');
  for (guint line = lead; line < item->end; line++)
    {
      g_autofree char *text = c_source_lines (work->theirs, line, line + 1);
      g_autofree char *rewritten = kvm_rewriter_line (work->rewriter, NULL, text);
      g_string_append (out, rewritten);
      if (!g_str_has_suffix (rewritten, "\n"))
        g_string_append_c (out, '\n');
    }
}

static void
gstring_free (gpointer string)
{
  if (string != NULL)
    g_string_free (string, TRUE);
}

/* What goes before each of the lab's items, and after the last. */
static GPtrArray *
write_inserts (const Transplanting *work, const guint *places)
{
  const guint count = work->lab->items->len;
  GPtrArray *inserts = g_ptr_array_new_with_free_func (gstring_free);
  guint written_end = 0;
  g_ptr_array_set_size (inserts, (gint) count + 1);
  for (guint i = 0; i < work->items->len; i++)
    {
      const CItem *item = their_item (work, i);
      if (!their_state (work, i)->chosen || item->first < written_end) /* its line is written already */
        continue;
      const guint place = MIN (places[i], count);
      if (g_ptr_array_index (inserts, place) == NULL)
        inserts->pdata[place] = g_string_new (NULL);
      write_item (work, item, g_ptr_array_index (inserts, place));
      written_end = item->end;
    }
  return inserts;
}

static void
copy_lines (const Transplanting *work, GString *out, guint *from, guint to)
{
  if (to <= *from)
    return;
  g_autofree char *text = c_source_lines (work->lab, *from, to);
  g_string_append (out, text);
  *from = to;
}

static const char **
find_replacements (const Transplanting *work)
{
  const char **replacements = g_new0 (const char *, work->lab->items->len + 1);
  for (guint i = 0; i < work->items->len; i++)
    {
      if (their_state (work, i)->text != NULL)
        replacements[their_state (work, i)->lab] = their_state (work, i)->text;
    }
  return replacements;
}

char *
transplant_place (const Transplanting *work)
{
  g_autofree guint *places = find_places (work);
  g_autoptr (GPtrArray) inserts = write_inserts (work, places);
  g_autofree const char **replacements = find_replacements (work);
  GString *out = g_string_new (NULL);
  guint line = 0;
  for (guint i = 0; i <= work->lab->items->len; i++)
    {
      const GString *insert = g_ptr_array_index (inserts, i);
      if (insert != NULL)
        {
          copy_lines (work, out, &line, i > 0 ? lab_item (work, i - 1)->end : work->lab->items->len > 0 ? lab_item (work, 0)->lead : 0);
          g_string_append (out, insert->str);
        }
      if (i == work->lab->items->len || replacements[i] == NULL)
        continue;
      copy_lines (work, out, &line, lab_item (work, i)->first);
      g_string_append (out, replacements[i]);
      line = lab_item (work, i)->end;
    }
  copy_lines (work, out, &line, work->lab->line_count);
  return g_string_free (out, FALSE);
}
