/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which items of the student's file are the student's; see transplant.h. */
#include "submission/transplant.h"

#include <string.h>

#include "submission/statement-match.h"
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
  g_ptr_array_unref (transplant->unrelated);
  g_ptr_array_unref (transplant->doubts);
  g_free (transplant);
}

static void
their_item_free (gpointer data)
{
  TheirItem *item = data;
  g_clear_pointer (&item->words, g_hash_table_unref);
  g_clear_pointer (&item->own_words, g_hash_table_unref);
  statement_merge_free (item->merge);
  statement_free (item->tree);
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
  g_ptr_array_unref (work->items);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Transplanting, transplanting_clear)

/* --- what is new ------------------------------------------------------------------------------ */

GHashTable *
transplant_names (const CSource *source)
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

gint
transplant_find_name (GHashTable *names, const char *name)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (names, name)) - 1;
}

static gboolean
same_item (const Statement *tree, const CSource *source, gint index)
{
  g_autoptr (Statement) other = tree != NULL && index >= 0 ? statement_of_item (source, item_at (source, (guint) index)) : NULL;
  return other != NULL && statement_same (tree, other);
}

/* Some version has it, under that name, to the last token. */
static gboolean
index_has (KernelIndex *index, const char *name, const Statement *tree)
{
  const GPtrArray *bodies = kernel_index_bodies (index, name);
  for (guint i = 0; bodies != NULL && tree != NULL && i < bodies->len; i++)
    {
      if (statement_same (((const KernelBody *) g_ptr_array_index (bodies, i))->tree, tree))
        return TRUE;
    }
  return FALSE;
}

/* in_base: its place among the base's items, -1; of use where the base is known. */
static ItemState
state_of (const Transplanting *work, const CItem *item, const TheirItem *own, gint in_base)
{
  if (item->kind == C_CONDITION || item->kind == C_DIRECTIVE || same_item (own->tree, work->lab, own->lab))
    return ITEM_KERNELS;
  if (work->base != NULL ? same_item (own->tree, work->base, in_base) : index_has (work->spec->index, item->name, own->tree))
    return ITEM_KERNELS;
  /* Another version's, whatever became of it: who has no hand in it needs no place for it. */
  return own->lab >= 0 ? ITEM_CHANGED : ITEM_NEW;
}

static gboolean
has_body (const CItem *item)
{
  return item->body != item->end;
}

/* The lab's item of that name; of two, as a table and its announcement are, the one that has a body where this one has. */
static gint
find_counterpart (const Transplanting *work, GHashTable *names, const CItem *item)
{
  const char *name = item->kind == C_FUNCTION ? kvm_changes_counterpart (item->key, work->theirs, work->lab) : item->key;
  const gint found = transplant_find_name (names, name);
  if (item->kind != C_VARIABLE || (found >= 0 && has_body (item_at (work->lab, (guint) found)) == has_body (item)))
    return found;
  for (guint i = 0; i < work->lab->items->len; i++)
    {
      const CItem *lab = item_at (work->lab, i);
      if (lab->kind == C_VARIABLE && strcmp (lab->name, item->name) == 0 && has_body (lab) == has_body (item))
        return (gint) i;
    }
  return has_body (item) ? found : -1;
}

static void
compare_items (Transplanting *work)
{
  g_autoptr (GHashTable) lab = transplant_names (work->lab);
  g_autoptr (GHashTable) base = work->base != NULL ? transplant_names (work->base) : NULL;
  for (guint i = 0; i < work->theirs->items->len; i++)
    {
      const CItem *item = item_at (work->theirs, i);
      TheirItem *own = g_new0 (TheirItem, 1);
      own->lab = find_counterpart (work, lab, item);
      own->tree = item->kind != C_CONDITION ? statement_of_item (work->theirs, item) : NULL;
      own->state = state_of (work, item, own, base != NULL ? transplant_find_name (base, item->key) : -1);
      if (own->state != ITEM_KERNELS)
        {
          own->words = c_words_new ();
          c_source_add_words (work->theirs, item->first_token, item->end_token, own->words);
        }
      g_ptr_array_add (work->items, own);
    }
}

/* --- what is the student's -------------------------------------------------------------------- */

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

gboolean
transplant_is_watched (const Transplanting *work, guint index)
{
  const gint lab = their (work, index)->lab;
  return g_strv_contains (kvm_changes_functions, item_at (work->theirs, index)->name)
         || (lab >= 0 && g_strv_contains (kvm_changes_functions, item_at (work->lab, (guint) lab)->name));
}

/* Of words that the student uses those that no kernel knows: other files, headers above all, may have to say what they are. */
void
transplant_learn (Transplanting *work, const char *word)
{
  if (kernel_index_is_own_word (work->spec->index, word))
    g_hash_table_add (work->spec->own, g_strdup (word));
}

/* Of the source's tokens those that stand in one of the statements. */
static gboolean *
mark_below (const CSource *source, const GPtrArray *statements)
{
  gboolean *below = g_new0 (gboolean, source->tokens->len + 1);
  for (guint i = 0; i < statements->len; i++)
    {
      const Statement *statement = g_ptr_array_index (statements, i);
      for (guint token = statement->first; token < statement->end; token++)
        below[token] = TRUE;
    }
  return below;
}

/* The words of the student's statements that the item has nowhere else, in this kernel or theirs. */
static GHashTable *
own_words (const Transplanting *work, const CItem *item, const CItem *lab, const GPtrArray *statements)
{
  GHashTable *words = c_words_new ();
  g_autoptr (GHashTable) others = c_words_new ();
  g_autofree gboolean *below = mark_below (work->theirs, statements);
  c_source_add_words (work->lab, lab->first_token, lab->end_token, others);
  for (guint i = item->first_token; i < item->end_token; i++)
    c_source_add_words (work->theirs, i, i + 1, below[i] ? words : others);
  GHashTableIter iter;
  gpointer word;
  g_hash_table_iter_init (&iter, words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    {
      if (g_hash_table_contains (others, word) || c_is_keyword (word))
        g_hash_table_iter_remove (&iter);
    }
  return words;
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

gboolean
transplant_any_unknown_word (const Transplanting *work, GHashTable *words)
{
  GHashTableIter iter;
  gpointer word;
  g_hash_table_iter_init (&iter, words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    {
      if (kernel_index_is_own_word (work->spec->index, word))
        return TRUE;
    }
  return FALSE;
}

void
transplant_want (Transplanting *work, GHashTable *words)
{
  GHashTableIter iter;
  gpointer word;
  g_hash_table_iter_init (&iter, words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    {
      g_hash_table_add (work->spec->wanted, g_strdup (word));
      transplant_learn (work, word);
    }
}

/* A field of the student's is the student's word, even if kernels have that word elsewhere: what uses it is the student's too. */
static void
learn_fields (Transplanting *work, const GPtrArray *members, GHashTable *words)
{
  for (guint i = 0; i < members->len; i++)
    {
      const Statement *member = g_ptr_array_index (members, i);
      g_autofree char *name = NULL;
      for (guint t = member->first; t < member->end; t++)
        {
          const CToken *token = &g_array_index (work->theirs->tokens, CToken, t);
          if (token->kind == C_PUNCTUATION && work->theirs->text[token->start] != '*')
            break;
          g_free (name);
          name = token->kind == C_WORD ? c_token_text (work->theirs, token) : NULL;
        }
      if (name != NULL && g_hash_table_contains (words, name))
        g_hash_table_add (work->spec->own, g_steal_pointer (&name));
    }
}

/* What in it is the student's, if any is: once, whoever asks. */
static void
examine (Transplanting *work, guint index)
{
  const CItem *item = item_at (work->theirs, index);
  TheirItem *own = their (work, index);
  const CItem *lab = item_at (work->lab, (guint) own->lab);
  g_auto (Origins) origins = { 0 };
  g_autoptr (GPtrArray) whole = g_ptr_array_new ();
  origins_find (work, item, lab, &origins);
  const Statement *lab_tree = origins.trees->len > 0 ? g_ptr_array_index (origins.trees, 0) : NULL;
  const Statement *base = own->tree != NULL && lab_tree != NULL ? origins_base (work, &origins, own->tree) : NULL;
  own->examined = TRUE;
  if (base != NULL && lab_tree->children != NULL && own->tree->children != NULL)
    {
      const gboolean of_version = origins_is_of_version (&origins, base);
      const StatementMergeSpec spec = { .base = base, .theirs = own->tree, .lab = lab_tree,
                                        .known = work->version_is_exact && of_version ? NULL : origins.known,
                                        .rewriter = work->rewriter, .function = lab->name,
                                        .base_is_sure = work->version_is_sure && of_version };
      own->merge = statement_merge (&spec);
    }
  else if (own->tree != NULL)
    g_ptr_array_add (whole, own->tree);
  own->base_is_lab = base != NULL && statement_same (base, lab_tree);
  own->own_words = own_words (work, item, lab, own->merge != NULL ? own->merge->own : whole);
  if (own->tree == NULL) /* what cannot be parted: any word may be the student's */
    {
      g_hash_table_unref (own->own_words);
      own->own_words = g_hash_table_ref (own->words);
    }
}

/* Whether the student had a hand in it; else it is another version's own. */
static gboolean
has_hand (const Transplanting *work, guint index)
{
  const TheirItem *own = their (work, index);
  if (work->base != NULL)
    return TRUE;
  if (own->merge != NULL && own->merge->own->len == 0)
    return transplant_is_watched (work, index) && own->merge->text != NULL; /* it took out what the version that the file is of has */
  return (own->merge != NULL && transplant_is_watched (work, index)) || transplant_any_unknown_word (work, own->own_words) || any_word_in (own->own_words, work->spec->own)
         || (item_at (work->theirs, index)->kind == C_TYPE && any_word_in (own->own_words, work->spec->wanted));
}

void
transplant_take_merge (Transplanting *work, guint index, const StatementMerge *merge)
{
  TheirItem *own = their (work, index);
  g_free (own->text);
  own->text = g_strdup (merge->text);
  add_all (work->out->left, merge->left);
  add_all (work->out->doubts, merge->doubts);
}

/* A define, a declaration and the like have no parts: the student's goes in, if this kernel's is what it was. */
static void
take_whole (Transplanting *work, guint index)
{
  const CItem *item = item_at (work->theirs, index);
  TheirItem *own = their (work, index);
  if (own->base_is_lab)
    {
      own->text = c_source_lines (work->theirs, item->first, item->end);
      return;
    }
  g_autofree char *name = shorten (item->name);
  g_ptr_array_add (work->out->doubts, g_strdup_printf ("%s: it was changed, and is not what it is in this kernel", name));
}

static gboolean
take_changed (Transplanting *work, guint index)
{
  TheirItem *own = their (work, index);
  if (!own->examined)
    examine (work, index);
  if (!has_hand (work, index))
    return FALSE;
  if (own->merge != NULL)
    transplant_take_merge (work, index, own->merge);
  else
    take_whole (work, index);
  transplant_want (work, own->own_words);
  if (own->merge != NULL && item_at (work->theirs, index)->kind == C_TYPE)
    learn_fields (work, own->merge->own, own->own_words);
  own->taken = TRUE;
  return TRUE;
}

/* --- all that belongs together ---------------------------------------------------------------- */

/* Its names become the student's words, unless a kernel has such an item. */
static void
choose (Transplanting *work, guint index)
{
  const CItem *item = item_at (work->theirs, index);
  their (work, index)->chosen = TRUE;
  for (guint i = 0; i < item->names->len && item->kind != C_CALL; i++)
    {
      const char *name = g_ptr_array_index (item->names, i);
      if (kernel_index_bodies (work->spec->index, name) == NULL)
        g_hash_table_add (work->spec->own, g_strdup (name));
    }
  GHashTableIter iter;
  gpointer word;
  g_hash_table_iter_init (&iter, their (work, index)->words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    g_hash_table_add (work->spec->wanted, g_strdup (word));
}

/* An #include is chosen by whether the lab has it, once there is something of the student's at all. What stands outside of any
 * function and in no kernel is the student's mistake. */
static gboolean
is_wanted (const Transplanting *work, guint index)
{
  const CItem *item = item_at (work->theirs, index);
  if (item->kind == C_INCLUDE)
    return FALSE;
  return work->base != NULL || item->kind == C_STRAY || any_name_in (item, work->spec->wanted) || any_word_in (their (work, index)->words, work->spec->own);
}

#define KERNELS_MIN 50u /* percent: of a kernel's function that the student's of its name has, if it is that function */

/* A function of the kernel that it was made from, which this kernel has not: what the student put there has no place. */
static gboolean
is_gone (const Transplanting *work, guint index)
{
  const CItem *item = item_at (work->theirs, index);
  const TheirItem *own = their (work, index);
  g_auto (Origins) origins = { 0 };
  guint percent = 0;
  if (work->base != NULL || item->kind != C_FUNCTION || own->tree == NULL)
    return FALSE;
  origins_find_gone (work, item->name, &origins);
  return origins_nearest (work, &origins, own->tree, &percent) != NULL && percent >= KERNELS_MIN;
}

static gboolean
one_round (Transplanting *work)
{
  gboolean more = FALSE;
  for (guint i = 0; i < work->items->len; i++)
    {
      TheirItem *own = their (work, i);
      if (own->state == ITEM_CHANGED && !own->taken)
        more |= take_changed (work, i);
      else if (own->state == ITEM_NEW && !own->chosen && is_wanted (work, i))
        {
          if (is_gone (work, i))
            g_ptr_array_add (work->out->doubts, g_strdup_printf ("%s: it was changed, and this kernel has no such function", item_at (work->theirs, i)->name));
          choose (work, i);
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

/* Somebody's own, and not carried. Of a file whose version is not sure nobody can tell that. */
static gboolean
is_unrelated (const Transplanting *work, guint index)
{
  const TheirItem *own = their (work, index);
  const CItem *item = item_at (work->theirs, index);
  if (!work->version_is_exact || item->kind == C_INCLUDE || (item->kind == C_CALL && item->names->len > 0))
    return FALSE;
  return own->state == ITEM_CHANGED ? !own->taken
                                    : own->state == ITEM_NEW && !own->chosen && kernel_index_bodies (work->spec->index, item->name) == NULL;
}

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
      else if (is_unrelated (work, i))
        g_ptr_array_add (work->out->unrelated, g_strdup (name));
      else if (own->chosen || own->text != NULL)
        continue;
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

static void
begin (Transplanting *work)
{
  const TransplantSpec *spec = work->spec;
  work->theirs = c_source_new (spec->text);
  work->lab = c_source_new (spec->lab_text);
  work->base = spec->base_text != NULL ? c_source_new (spec->base_text) : NULL;
  work->rewriter = kvm_rewriter_new (work->theirs, work->lab);
  work->items = g_ptr_array_new_with_free_func (their_item_free);
  compare_items (work);
}

gboolean
transplant_is_of_lab (const TransplantSpec *spec)
{
  g_auto (Transplanting) work = { .spec = spec };
  begin (&work);
  g_autoptr (GHashTable) names = transplant_names (work.theirs);
  for (guint i = 0; i < work.lab->items->len; i++)
    {
      const CItem *item = item_at (work.lab, i);
      if (item->kind != C_CONDITION && item->kind != C_DIRECTIVE && transplant_find_name (names, item->key) < 0)
        return FALSE;
    }
  for (guint i = 0; i < work.items->len; i++)
    {
      const TheirItem *own = their (&work, i);
      if (own->state == ITEM_KERNELS && own->tree != NULL && !same_item (own->tree, work.lab, own->lab))
        return FALSE;
    }
  return TRUE;
}

Transplant *
transplant_file (const TransplantSpec *spec)
{
  Transplant *out = g_new0 (Transplant, 1);
  g_auto (Transplanting) work = { .spec = spec, .out = out };
  guint rounds = 0;
  out->carried = g_ptr_array_new_with_free_func (g_free);
  out->left = g_ptr_array_new_with_free_func (g_free);
  out->unrelated = g_ptr_array_new_with_free_func (g_free);
  out->doubts = g_ptr_array_new_with_free_func (g_free);
  begin (&work);
  transplant_find_version (&work);
  transplant_find_renamed (&work);
  while (rounds < ROUNDS_MAX && one_round (&work))
    rounds++;
  if (rounds == ROUNDS_MAX)
    g_ptr_array_add (out->doubts, g_strdup ("too many items that need each other"));
  if (anything_found (&work))
    choose_includes (&work);
  tell_items (&work);
  finish (&work);
  return out;
}
