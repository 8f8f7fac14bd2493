/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which items of the student's file are the student's; see transplant.h. */
#include "submission/transplant.h"

#include <string.h>

#include "submission/transplant-private.h"

#define ROUNDS_MAX 16
#define LEFT_MAX 400
#define TEXT_MAX 300 /* bytes of a line or name that is told */

void
transplant_free (Transplant *transplant)
{
  if (transplant == NULL)
    return;
  g_free (transplant->text);
  g_ptr_array_unref (transplant->carried);
  g_ptr_array_unref (transplant->left);
  g_ptr_array_unref (transplant->doubts);
  g_free (transplant);
}

static void
their_item_free (gpointer data)
{
  TheirItem *item = data;
  g_clear_pointer (&item->words, g_hash_table_unref);
  function_result_free (item->result);
  g_free (item->text);
  g_free (item);
}

static void
transplanting_clear (Transplanting *work)
{
  c_source_free (work->theirs);
  c_source_free (work->lab);
  c_source_free (work->base);
  kvm_rewriter_free (work->rewriter);
  g_ptr_array_unref (work->others);
  g_ptr_array_unref (work->items);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Transplanting, transplanting_clear)

static const CItem *
item_at (const CSource *source, guint index)
{
  return g_ptr_array_index (source->items, index);
}

static TheirItem *
their (const Transplanting *work, guint index)
{
  return g_ptr_array_index (work->items, index);
}

/* --- what is new ------------------------------------------------------------------------------ */

static GHashTable *
index_names (const CSource *source)
{
  GHashTable *names = g_hash_table_new (c_word_hash, g_str_equal);
  for (guint i = 0; i < source->items->len; i++)
    {
      const CItem *item = item_at (source, i);
      if (item->kind != C_CONDITION && item->kind != C_DIRECTIVE)
        g_hash_table_insert (names, item->key, GUINT_TO_POINTER (i + 1));
    }
  return names;
}

static gint
find_name (GHashTable *names, const char *name)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (names, name)) - 1;
}

/* All lines of an item in their same form: two that are equal mean the same. */
static char *
item_form (const CSource *source, const CItem *item)
{
  g_autofree char *normal = c_source_normal_item (source, item);
  return kvm_changes_same_form (normal);
}

static gboolean
same_item (const CSource *a, const CItem *item, const CSource *b, gint index)
{
  if (index < 0)
    return FALSE;
  g_autofree char *form_a = item_form (a, item);
  g_autofree char *form_b = item_form (b, item_at (b, (guint) index));
  return strcmp (form_a, form_b) == 0;
}

/* names: of the lab's items first, then of the base's or all others'. */
static ItemState
state_of (const Transplanting *work, const CItem *item, gint lab, const GPtrArray *names)
{
  if (item->kind == C_CONDITION || item->kind == C_DIRECTIVE || same_item (work->theirs, item, work->lab, lab))
    return ITEM_KERNELS;
  for (guint i = 1; i < names->len; i++)
    {
      const CSource *other = work->base != NULL ? work->base : g_ptr_array_index (work->others, i - 1);
      const gint index = find_name (g_ptr_array_index (names, i), item->key);
      if (index >= 0 && (lab < 0 || same_item (work->theirs, item, other, index)))
        return ITEM_KERNELS;
    }
  return lab < 0 ? ITEM_NEW : ITEM_CHANGED;
}

static void
compare_items (Transplanting *work)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func ((GDestroyNotify) g_hash_table_unref);
  g_ptr_array_add (names, index_names (work->lab));
  if (work->base != NULL)
    g_ptr_array_add (names, index_names (work->base));
  for (guint i = 0; work->base == NULL && i < work->others->len; i++)
    g_ptr_array_add (names, index_names (g_ptr_array_index (work->others, i)));
  for (guint i = 0; i < work->theirs->items->len; i++)
    {
      const CItem *item = item_at (work->theirs, i);
      TheirItem *own = g_new0 (TheirItem, 1);
      const char *name = item->kind == C_FUNCTION ? kvm_changes_counterpart (item->key, work->theirs, work->lab) : item->key;
      own->lab = find_name (g_ptr_array_index (names, 0), name);
      own->state = state_of (work, item, own->lab, names);
      if (own->state != ITEM_KERNELS)
        {
          own->words = c_words_new ();
          c_source_add_words (work->theirs, item->first_token, item->end_token, own->words);
        }
      g_ptr_array_add (work->items, own);
    }
}

/* --- what is the student's -------------------------------------------------------------------- */

static void
add_other (GArray *others, const CSource *source, const char *key)
{
  for (guint i = 0; i < source->items->len; i++)
    {
      const CItemAt at = { source, item_at (source, i) };
      if (at.item->kind != C_CONDITION && strcmp (at.item->key, key) == 0)
        g_array_append_val (others, at);
    }
}

/* The function under both its names, and what it was split from, in all sources. */
static GArray *
other_versions (const Transplanting *work, const CItem *item, const CItem *lab)
{
  GArray *others = g_array_new (FALSE, FALSE, sizeof (CItemAt));
  for (guint i = 0; i < work->others->len; i++)
    {
      add_other (others, g_ptr_array_index (work->others, i), lab->key);
      if (strcmp (item->key, lab->key) != 0)
        add_other (others, g_ptr_array_index (work->others, i), item->key);
    }
  return others;
}

static CItemAt
base_of (const Transplanting *work, const CItem *item, const CItem *lab)
{
  if (work->base == NULL)
    return kvm_changes_is_stable (lab->name) ? (CItemAt){ work->lab, lab } : (CItemAt){ NULL, NULL };
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (CItemAt));
  add_other (found, work->base, item->key);
  return found->len > 0 ? g_array_index (found, CItemAt, 0) : (CItemAt){ NULL, NULL };
}

/* A line may have megabytes. Cut between characters. */
static char *
shorten (const char *text)
{
  char *cut = g_strndup (text, TEXT_MAX);
  const char *end;
  if (strlen (text) > TEXT_MAX && !g_utf8_validate (cut, -1, &end))
    cut[end - cut] = '\0';
  return cut;
}

static void
add_all (GPtrArray *to, const GPtrArray *from)
{
  for (guint i = 0; i < from->len && i <= LEFT_MAX; i++)
    g_ptr_array_add (to, shorten (g_ptr_array_index (from, i)));
}

/* A declaration, a define or the like that was changed: it is taken whole, if the base is known and is the lab's. */
static void
take_whole (Transplanting *work, guint index)
{
  const CItem *item = item_at (work->theirs, index);
  TheirItem *own = their (work, index);
  const CItemAt base = base_of (work, item, item_at (work->lab, (guint) own->lab));
  if (base.item != NULL && same_item (base.source, base.item, work->lab, own->lab))
    own->text = c_source_lines (work->theirs, item->first, item->end);
  else
    {
      g_autofree char *name = shorten (item->name);
      g_ptr_array_add (work->out->doubts, g_strdup_printf ("%s: it was changed, and is not what it is in this kernel", name));
    }
}

static gboolean
is_watched (const Transplanting *work, guint index)
{
  const TheirItem *own = their (work, index);
  return g_strv_contains (kvm_changes_functions, item_at (work->theirs, index)->name)
         || g_strv_contains (kvm_changes_functions, item_at (work->lab, (guint) own->lab)->name);
}

/* Of words that the student uses those that KVM does not know: other files, headers above all, may have to say what they are. */
static void
learn (Transplanting *work, const char *word)
{
  if (!g_ascii_isdigit (word[0]) && !g_hash_table_contains (work->spec->known, word) && !c_is_keyword (word))
    g_hash_table_add (work->spec->own, g_strdup (word));
}

static void
look_into (Transplanting *work, guint index, GHashTable *wanted)
{
  const CItem *item = item_at (work->theirs, index);
  TheirItem *own = their (work, index);
  const CItem *lab = item_at (work->lab, (guint) own->lab);
  g_autoptr (GArray) others = other_versions (work, item, lab);
  const FunctionSpec spec = { .theirs = { work->theirs, item }, .lab = { work->lab, lab }, .base = base_of (work, item, lab),
                              .others = others, .known = work->spec->known, .own = work->spec->own, .guessed = !is_watched (work, index),
                              .rewriter = work->rewriter };
  GHashTableIter iter;
  gpointer word;
  own->result = transplant_function (&spec);
  if (item->body == item->end && lab->body == lab->end)
    take_whole (work, index);
  else
    own->text = g_steal_pointer (&own->result->text);
  add_all (work->out->left, own->result->left);
  add_all (work->out->doubts, own->result->doubts);
  g_hash_table_iter_init (&iter, own->result->words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    {
      g_hash_table_add (wanted, g_strdup (word));
      learn (work, word);
    }
}

static gboolean
any_word_in (GHashTable *words, GHashTable *set)
{
  GHashTableIter iter;
  gpointer word;
  g_hash_table_iter_init (&iter, words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    {
      if (g_hash_table_contains (set, word))
        return TRUE;
    }
  return FALSE;
}

static gboolean
any_name_in (const CItem *item, GHashTable *set)
{
  for (guint i = 0; i < item->names->len; i++)
    {
      if (g_hash_table_contains (set, g_ptr_array_index (item->names, i)))
        return TRUE;
    }
  return FALSE;
}

/* Its names become the student's words, if KVM has no such. */
static void
choose (Transplanting *work, guint index, GHashTable *wanted)
{
  const CItem *item = item_at (work->theirs, index);
  GHashTableIter iter;
  gpointer word;
  their (work, index)->chosen = TRUE;
  for (guint i = 0; i < item->names->len; i++)
    learn (work, g_ptr_array_index (item->names, i));
  g_hash_table_iter_init (&iter, their (work, index)->words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    g_hash_table_add (wanted, g_strdup (word));
}

/* An #include is chosen by whether the lab has it, once there is something of the student's at all. */
static gboolean
is_wanted (const Transplanting *work, guint index, GHashTable *wanted)
{
  const CItem *item = item_at (work->theirs, index);
  const TheirItem *own = their (work, index);
  if (item->kind == C_INCLUDE)
    return FALSE;
  return work->base != NULL || any_name_in (item, wanted) || any_word_in (own->words, work->spec->own);
}

static gboolean
one_round (Transplanting *work, GHashTable *wanted)
{
  gboolean more = FALSE;
  for (guint i = 0; i < work->items->len; i++)
    {
      TheirItem *own = their (work, i);
      if (own->state == ITEM_CHANGED && own->result == NULL
          && (work->base != NULL || is_watched (work, i) || any_word_in (own->words, work->spec->own)))
        {
          look_into (work, i, wanted);
          more = TRUE;
        }
      else if (own->state == ITEM_NEW && !own->chosen && is_wanted (work, i, wanted))
        {
          choose (work, i, wanted);
          more = TRUE;
        }
    }
  return more;
}

static gboolean
anything_found (const Transplanting *work)
{
  for (guint i = 0; i < work->items->len; i++)
    {
      if (their (work, i)->chosen || their (work, i)->text != NULL)
        return TRUE;
    }
  return FALSE;
}

/* "<linux/atomic.h>" of the line. */
static char *
header_of (const Transplanting *work, const CItem *item)
{
  g_autofree char *line = c_source_line (work->theirs, item->first);
  const char *from = strpbrk (line, "<\"");
  const char *to = from != NULL ? strpbrk (from + 1, ">\"") : NULL;
  return to != NULL ? g_strndup (from, (gsize) (to - from) + 1) : g_strdup ("");
}

static void
choose_includes (Transplanting *work)
{
  for (guint i = 0; i < work->items->len; i++)
    {
      const CItem *item = item_at (work->theirs, i);
      TheirItem *own = their (work, i);
      if (item->kind != C_INCLUDE || own->state != ITEM_NEW)
        continue;
      g_autofree char *whole = header_of (work, item);
      g_autofree char *header = shorten (whole);
      own->chosen = work->spec->has_header (work->spec->user, work->spec->path, header);
      if (!own->chosen)
        g_ptr_array_add (work->out->left, g_strdup_printf ("#include %s: there is no such header in this kernel", header));
    }
}

/* --- what comes out --------------------------------------------------------------------------- */

static void
tell_items (Transplanting *work)
{
  for (guint i = 0; i < work->items->len; i++)
    {
      const CItem *item = item_at (work->theirs, i);
      const TheirItem *own = their (work, i);
      g_autofree char *name = shorten (item->names->len > 0 && item->kind != C_CALL && item->kind != C_STRAY ? g_ptr_array_index (item->names, 0) : item->name);
      if ((own->chosen || own->text != NULL) && (item->kind != C_CALL || item->names->len == 0))
        g_ptr_array_add (work->out->carried, g_strdup (name));
      else if (own->chosen || own->text != NULL)
        continue;
      else if (own->state == ITEM_NEW && item->kind == C_STRAY)
        g_ptr_array_add (work->out->doubts, g_strdup_printf ("line %u: a statement outside of any function: %s", item->first + 1, name));
      else if (own->state == ITEM_NEW && item->kind != C_INCLUDE)
        g_ptr_array_add (work->out->left, g_strdup_printf ("%s: not in this kernel, and nothing of the change needs it", name));
    }
  if (work->out->left->len > LEFT_MAX)
    {
      const guint more = work->out->left->len - LEFT_MAX;
      g_ptr_array_set_size (work->out->left, LEFT_MAX);
      g_ptr_array_add (work->out->left, g_strdup_printf ("and %u more", more));
    }
}

static void
finish (Transplanting *work)
{
  if (work->out->doubts->len > 0 || !anything_found (work))
    return;
  g_autofree char *text = transplant_place (work);
  g_autoptr (CSource) made = c_source_new (text);
  if (made->problem == NULL)
    work->out->text = g_steal_pointer (&text);
  else
    g_ptr_array_add (work->out->doubts, g_strdup_printf ("what came out is no C: %s", made->problem));
}

Transplant *
transplant_file (const TransplantSpec *spec)
{
  Transplant *out = g_new0 (Transplant, 1);
  g_auto (Transplanting) work = { .spec = spec, .out = out };
  g_autoptr (GHashTable) wanted = c_words_new ();
  out->carried = g_ptr_array_new_with_free_func (g_free);
  out->left = g_ptr_array_new_with_free_func (g_free);
  out->doubts = g_ptr_array_new_with_free_func (g_free);
  work.theirs = c_source_new (spec->text);
  work.lab = c_source_new (spec->lab_text);
  work.base = spec->base_text != NULL ? c_source_new (spec->base_text) : NULL;
  work.rewriter = kvm_rewriter_new (work.theirs, work.lab);
  work.others = g_ptr_array_new_with_free_func ((GDestroyNotify) c_source_free);
  work.items = g_ptr_array_new_with_free_func (their_item_free);
  for (guint i = 0; i < spec->others->len; i++)
    g_ptr_array_add (work.others, c_source_new (g_ptr_array_index (spec->others, i)));
  compare_items (&work);
  guint rounds = 0;
  while (rounds < ROUNDS_MAX && one_round (&work, wanted))
    rounds++;
  if (rounds == ROUNDS_MAX)
    g_ptr_array_add (out->doubts, g_strdup ("too many items that need each other"));
  if (anything_found (&work))
    choose_includes (&work);
  tell_items (&work);
  finish (&work);
  return out;
}
