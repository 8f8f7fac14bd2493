/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of statements in three versions, merged from the outside in; see statement-merge.h. */
#include "submission/statement-merge.h"

#include <string.h>

#include "submission/statement-lists.h"
#include "submission/statement-match.h"

#define TEXT_MAX 200u
#define NEEDED_MAX 32u /* variables of a function that are looked at */
#define ROUNDS_MAX 8u /* each finds what the last one's variables need: no kernel has chains as long */

typedef struct
{
  const StatementMergeSpec *spec;
  StatementMerge *merge;
  guint *budget;
  GHashTable *count; /* key -> how often it is to be in what comes out, beyond the lab's */
  GHashTable *theirs; /* key -> how often theirs has it */
  GHashTable *kernels; /* the base's, which are the kernel's where the base is exact */
  GPtrArray *gone;   /* of const Statement *, the student's: they went out with a path that the lab's kernel has not */
  GHashTable *needed; /* of const Statement *: the kernel's variables that the student's lines use and the lab's kernel has not */
} Merger;

void
statement_merge_free (StatementMerge *merge)
{
  if (merge == NULL)
    return;
  g_ptr_array_unref (merge->own);
  g_ptr_array_unref (merge->left);
  g_ptr_array_unref (merge->doubts);
  g_free (merge->text);
  g_free (merge);
}

/* --- telling ---------------------------------------------------------------------------------- */

/* One line, without blanks around it, bounded; cut between characters. */
static char *
first_line (const Statement *statement)
{
  const CToken *token = &g_array_index (statement->source->tokens, CToken, statement->first);
  const char *from = statement->source->text + token->start;
  g_autofree char *line = g_strndup (from, MIN (strcspn (from, "\n"), TEXT_MAX));
  return g_strstrip (g_utf8_make_valid (line, -1));
}

static void
doubt (Merger *merger, const Statement *statement, const char *why)
{
  g_autofree char *line = first_line (statement);
  g_ptr_array_add (merger->merge->doubts, g_strdup_printf ("%s: %s: %s", merger->spec->function, why, line));
}

static void
leave (Merger *merger, const Statement *statement)
{
  g_autofree char *line = first_line (statement);
  g_ptr_array_add (merger->merge->left, g_strdup_printf ("%s: %s", merger->spec->function, line));
}

/* --- counting --------------------------------------------------------------------------------- */

static void
count_tree (GHashTable *count, const Statement *statement, gint by)
{
  gint *number = g_hash_table_lookup (count, GUINT_TO_POINTER (statement->key));
  if (number == NULL)
    {
      number = g_new0 (gint, 1);
      g_hash_table_insert (count, GUINT_TO_POINTER (statement->key), number);
    }
  *number += by;
  for (guint i = 0; statement->children != NULL && i < statement->children->len; i++)
    count_tree (count, g_ptr_array_index (statement->children, i), by);
}

/* The student's text in the lab's terms, with a line end. */
static char *
own_text (const Merger *merger, const Statement *first, const Statement *last)
{
  g_autofree char *text = statement_text_to (first, last);
  GString *out = g_string_new (NULL);
  for (const char *at = text; *at != '\0';)
    {
      const gsize length = strcspn (at, "\n");
      g_autofree char *line = g_strndup (at, length);
      g_autofree char *rewritten = kvm_rewriter_line (merger->spec->rewriter, merger->spec->function, line);
      g_string_append_printf (out, "%s\n", rewritten);
      at += length + (at[length] == '\n' ? 1 : 0);
    }
  return g_string_free (out, FALSE);
}

/* Members are scanned as members, statements as statements. */
static gboolean
is_function (const Statement *root)
{
  for (guint i = 0; i < root->source->items->len; i++)
    {
      const CItem *item = g_ptr_array_index (root->source->items, i);
      if (item->first_token == root->first)
        return item->kind == C_FUNCTION;
    }
  return FALSE;
}

/* Its statements as they are after rewriting: its text alone is scanned again, in an item of its own. */
static void
count_own (Merger *merger, const char *text)
{
  const gboolean function = is_function (merger->spec->lab);
  g_autofree char *item = g_strconcat (function ? "void f(void)\n{\n" : "struct s {\n", text, function ? "}\n" : "};\n", NULL);
  g_autoptr (CSource) source = c_source_new (item);
  g_autoptr (Statement) tree = source->items->len == 1 ? statement_of_item (source, g_ptr_array_index (source->items, 0)) : NULL;
  for (guint i = 0; tree != NULL && tree->children != NULL && i < tree->children->len; i++)
    count_tree (merger->count, g_ptr_array_index (tree->children, i), 1);
}

/* --- writing ---------------------------------------------------------------------------------- */

static char *merge_lists (Merger *merger, const GPtrArray *base, const GPtrArray *theirs, const GPtrArray *lab, guint *written);

static void
append_line (GString *out, const char *text)
{
  g_string_append (out, text);
  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append_c (out, '\n');
}

/* The lab's statement, with others below it. */
static char *
write_compound (const Statement *lab, const char *children, guint written)
{
  if (lab->open != 0)
    {
      g_autofree char *before = statement_text_before (lab);
      g_autofree char *after = statement_text_after (lab);
      return g_strconcat (before, children, after, NULL);
    }
  g_autofree char *head = statement_text_head (lab);
  g_autofree char *indent = statement_indent (lab);
  if (written == 1)
    return g_strconcat (head, "\n", children, NULL);
  return g_strdup_printf ("%s {\n%s%s}\n", head, children, indent);
}

static char *
write_lab (Merger *merger, const StatementLists *lists, guint j)
{
  const Statement *lab = g_ptr_array_index (lists->lab, j);
  const gint i = lists->lab_base[j] >= 0 ? lists->lab_base[j] : lists->lab_moved[j];
  const gint t = i >= 0 ? lists->base_theirs[i] : -1;
  guint written = 0;
  if (t < 0 || lab->children == NULL)
    return statement_text (lab);
  const Statement *base = g_ptr_array_index (lists->base, (guint) i), *theirs = g_ptr_array_index (lists->theirs, (guint) t);
  if (base->children == NULL || theirs->children == NULL || statement_same (base, theirs))
    return statement_text (lab);
  const guint own = merger->merge->own->len;
  g_autofree char *children = merge_lists (merger, base->children, theirs->children, lab->children, &written);
  /* What differs may be another version's alone. */
  if (merger->merge->own->len == own && written == lab->children->len)
    return statement_text (lab);
  return write_compound (lab, children, written);
}

/* A list's last member may have no comma, and then not be the last. */
static char *
with_separator (const Statement *statement, char *text)
{
  const CSource *source = statement->source;
  const CToken *last = &g_array_index (source->tokens, CToken, statement->end - 1);
  const CToken *first = &g_array_index (source->tokens, CToken, statement->first);
  const char c = source->text[last->start];
  const char *token = g_strrstr (text, ","); /* none: the member has no comma in it at all */
  if (first->begins_directive || c == ',' || c == ';' || c == '}' || c == ':' || statement->children != NULL || token != NULL)
    return text;
  g_strchomp (text);
  char *out = g_strconcat (text, ",\n", NULL);
  g_free (text);
  return out;
}

/* Those that follow each other in the student's file are one text. */
static void
put_own (Merger *merger, GString *out, const GPtrArray *statements, guint *written)
{
  for (guint i = 0, end; statements != NULL && i < statements->len; i = end)
    {
      const Statement *first = g_ptr_array_index (statements, i), *last = first;
      for (end = i + 1; end < statements->len; end++)
        {
          const Statement *next = g_ptr_array_index (statements, end);
          if (next->first != last->end)
            break;
          last = next;
        }
      g_autofree char *text = with_separator (last, own_text (merger, first, last));
      append_line (out, text);
      count_own (merger, text);
      *written += end - i;
    }
}

/* "}" and an else below it, where the student's braces came in: one line, as the kernel writes it. */
static void
join_else (GString *out, const StatementLists *lists, guint j, char *text)
{
  const Statement *before = j > 0 ? g_ptr_array_index (lists->lab, j - 1) : NULL;
  const gsize blank = strspn (text, " \t");
  if (before == NULL || before->children == NULL || before->open != 0 || !g_str_has_prefix (text + blank, "else") || !g_str_has_suffix (out->str, "}\n"))
    return;
  g_string_truncate (out, out->len - 1);
  g_string_append_c (out, ' ');
  memmove (text, text + blank, strlen (text + blank) + 1);
}

static char *
write_lists (Merger *merger, StatementLists *lists, guint *written)
{
  GString *out = g_string_new (NULL);
  for (guint j = 0; j <= lists->lab->len; j++)
    {
      put_own (merger, out, lists->buckets[j], written);
      if (j == lists->lab->len)
        break;
      const Statement *lab = g_ptr_array_index (lists->lab, j);
      if (lists->dropped[j])
        {
          count_tree (merger->count, lab, -1);
          continue;
        }
      g_autofree char *text = write_lab (merger, lists, j);
      const gboolean goes_on = lists->buckets[j + 1] == NULL && j + 1 < lists->lab->len && !lists->dropped[j + 1];
      if (lists->buckets[j + 1] != NULL && j + 1 == lists->lab->len)
        text = with_separator (lab, g_steal_pointer (&text));
      join_else (out, lists, j, text);
      if (goes_on)
        g_string_append (out, text);
      else
        append_line (out, text);
      (*written)++;
    }
  return g_string_free (out, FALSE);
}

/* --- merging ---------------------------------------------------------------------------------- */

static gboolean
is_unknown (const Merger *merger, const Statement *statement)
{
  GHashTable *known = merger->spec->known != NULL ? (GHashTable *) merger->spec->known : merger->kernels;
  return !g_hash_table_contains (known, GUINT_TO_POINTER (statement->key));
}

/* The student's below a statement that goes out. */
static void
find_gone (Merger *merger, const Statement *statement)
{
  for (guint i = 0; statement->children != NULL && i < statement->children->len; i++)
    {
      const Statement *child = g_ptr_array_index (statement->children, i);
      if (is_unknown (merger, child))
        g_ptr_array_add (merger->gone, (gpointer) child);
      else
        find_gone (merger, child);
    }
}

/* Of theirs what comes out nowhere: a path that the lab's kernel has not. */
static void
tell_left (Merger *merger, const StatementLists *lists)
{
  for (guint t = 0; t < lists->theirs->len; t++)
    {
      const Statement *theirs = g_ptr_array_index (lists->theirs, t);
      const gint i = lists->theirs_base[t] >= 0 ? lists->theirs_base[t] : lists->theirs_moved[t];
      const gboolean lab_has = i >= 0 && (lists->base_lab[i] >= 0 || lists->base_moved[i] >= 0);
      if (lists->state[t] == STATEMENT_OWN)
        g_ptr_array_add (merger->merge->own, (gpointer) theirs);
      else if (lists->state[t] == STATEMENT_OLD || !lab_has)
        {
          leave (merger, theirs);
          find_gone (merger, theirs);
        }
    }
}

static char *
merge_lists (Merger *merger, const GPtrArray *base, const GPtrArray *theirs, const GPtrArray *lab, guint *written)
{
  const StatementListsSpec spec = { .base = base, .theirs = theirs, .lab = lab, .known = merger->spec->known, .counts = merger->theirs, .needed = merger->needed,
                                    .base_is_sure = merger->spec->base_is_sure };
  g_autoptr (StatementLists) lists = statement_lists_new (&spec, merger->budget);
  *written = 0;
  if (lists == NULL)
    {
      doubt (merger, merger->spec->theirs, "too long or too different from this kernel's to be compared");
      return g_strdup ("");
    }
  tell_left (merger, lists);
  for (guint i = 0; i < lists->lost->len; i++)
    doubt (merger, g_ptr_array_index (lists->lost, i), "it has no sure place in this kernel's function");
  return write_lists (merger, lists, written);
}

/* --- the proof -------------------------------------------------------------------------------- */

/* Each else has something before it that may have one, whatever the preprocessor has between them. */
static gboolean
check_elses (const GPtrArray *list)
{
  const Statement *before = NULL;
  for (guint i = 0; list != NULL && i < list->len; i++)
    {
      const Statement *statement = g_ptr_array_index (list, i);
      const CToken *token = &g_array_index (statement->source->tokens, CToken, statement->first);
      if (c_token_is (statement->source, token, "else") && (before == NULL || before->children == NULL))
        return FALSE;
      if (!check_elses (statement->children))
        return FALSE;
      if (!statement_is_directive (statement, ""))
        before = statement;
    }
  return TRUE;
}

/* Each #endif and #else has its #if in the same list, and each #if its #endif. */
static gboolean
check_conditions (const GPtrArray *list)
{
  guint depth = 0;
  for (guint i = 0; list != NULL && i < list->len; i++)
    {
      const Statement *statement = g_ptr_array_index (list, i);
      const gboolean ends = statement_is_directive (statement, "endif");
      if (depth == 0 && (ends || statement_is_directive (statement, "el")))
        return FALSE;
      depth += statement_is_directive (statement, "if") ? 1 : 0;
      depth -= ends ? 1 : 0;
      if (!check_conditions (statement->children))
        return FALSE;
    }
  return depth == 0;
}

static gboolean
counts_agree (GHashTable *wanted, GHashTable *got)
{
  GHashTableIter iter;
  gpointer key, value;
  g_hash_table_iter_init (&iter, got);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const gint *number = g_hash_table_lookup (wanted, key);
      if ((number != NULL ? *number : 0) != *(gint *) value)
        return FALSE;
    }
  g_hash_table_iter_init (&iter, wanted);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      if (*(gint *) value != 0 && !g_hash_table_contains (got, key))
        return FALSE;
    }
  return TRUE;
}

/* Each statement of the student's is there once, each of the lab's but for those that the student took out; nothing else. */
static void
prove (Merger *merger, const char *text)
{
  g_autoptr (CSource) source = c_source_new (text);
  g_autoptr (Statement) made = source->problem == NULL && source->items->len == 1 ? statement_of_item (source, g_ptr_array_index (source->items, 0)) : NULL;
  g_autoptr (GHashTable) got = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);
  const gboolean fits = made != NULL && made->children != NULL && check_elses (made->children)
                        && (check_conditions (made->children) || !check_conditions (merger->spec->theirs->children));
  if (!fits)
    {
      doubt (merger, merger->spec->theirs, "the student's lines do not fit into this kernel's function");
      return;
    }
  for (guint i = 0; i < made->children->len; i++)
    count_tree (got, g_ptr_array_index (made->children, i), 1);
  for (guint i = 0; i < merger->spec->lab->children->len; i++)
    count_tree (merger->count, g_ptr_array_index (merger->spec->lab->children, i), 1);
  if (!counts_agree (merger->count, got))
    doubt (merger, merger->spec->theirs, "what would be built is not the student's lines and this kernel's, each once");
}

/* What went out with such a path was done elsewhere too; else the student's doing would be lost. */
static void
check_gone (Merger *merger)
{
  for (guint i = 0; i < merger->gone->len; i++)
    {
      const Statement *gone = g_ptr_array_index (merger->gone, i);
      const gint *left = g_hash_table_lookup (merger->count, GUINT_TO_POINTER (gone->key));
      if (left == NULL || *left <= 0)
        doubt (merger, gone, "it stands in a path that this kernel has not, and nowhere else");
      g_ptr_array_add (merger->merge->own, (gpointer) gone);
    }
}

/* --- the head --------------------------------------------------------------------------------- */

/* An item's lead is the file's, not its own. */
static char *
head_text (const Statement *item)
{
  g_autofree char *text = statement_text_before (item);
  return g_strdup (text + statement_lead (item));
}

static char *
make_head (Merger *merger)
{
  const StatementMergeSpec *spec = merger->spec;
  const gboolean is_known = spec->known != NULL && g_hash_table_contains ((GHashTable *) spec->known, GUINT_TO_POINTER (spec->theirs->key));
  if (spec->new_name != NULL)
    {
      g_autofree char *head = head_text (spec->lab);
      return kvm_rename (head, spec->function, spec->new_name);
    }
  if (spec->theirs->key == spec->lab->key || spec->theirs->key == spec->base->key || is_known)
    return head_text (spec->lab);
  if (spec->lab->key != spec->base->key)
    doubt (merger, spec->theirs, "its head was changed, and is not what it is in this kernel");
  return head_text (spec->theirs);
}

/* --- variables that the lab's kernel has not --------------------------------------------------- */

static GHashTable *
names_in (const GPtrArray *statements)
{
  GHashTable *names = c_words_new ();
  for (guint i = 0; i < statements->len; i++)
    {
      const Statement *statement = g_ptr_array_index (statements, i);
      c_source_add_names (statement->source, statement->first, statement->end, names);
    }
  return names;
}

/* How often the statement, with all below it, sets the variable; not a field of that name. */
static guint
count_settings (const Statement *statement, const char *name)
{
  const CSource *source = statement->source;
  guint count = 0;
  for (guint i = statement->first + 1; i + 1 < statement->end; i++)
    {
      const CToken *token = &g_array_index (source->tokens, CToken, i);
      if (c_token_is (source, token, name) && c_token_is (source, token + 1, "=") && !c_token_is_field (source, i))
        count++;
    }
  return count;
}

static GHashTable *
set_of (const GPtrArray *statements)
{
  GHashTable *set = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < statements->len; i++)
    g_hash_table_add (set, g_ptr_array_index (statements, i));
  return set;
}

/*
 * The kernel's "u32 exit_code = svm->vmcb->control.exit_code;" goes along with the student's lines that use it, where the lab's
 * kernel has no such variable. It must be set where it is declared, and nowhere else. TRUE: there is one more.
 */
static gboolean
find_needed (const StatementMergeSpec *spec, const StatementMerge *merge, GHashTable *needed)
{
  g_autoptr (GHashTable) own = set_of (merge->own), used = names_in (merge->own), lab = c_words_new ();
  const guint before = g_hash_table_size (needed);
  guint looked_at = 0;
  c_source_add_names (spec->lab->source, spec->lab->first, spec->lab->end, lab);
  for (guint i = 0; i < spec->theirs->children->len && looked_at < NEEDED_MAX; i++)
    {
      Statement *statement = g_ptr_array_index (spec->theirs->children, i);
      const guint at = statement_declared_name (statement);
      if (at == statement->end || g_hash_table_contains (own, statement))
        continue;
      g_autofree char *name = c_token_text (statement->source, &g_array_index (statement->source->tokens, CToken, at));
      if (!g_hash_table_contains (used, name) || g_hash_table_contains (lab, name))
        continue;
      looked_at++;
      if (count_settings (statement, name) == 1 && count_settings (spec->theirs, name) == 1)
        g_hash_table_add (needed, statement);
    }
  return g_hash_table_size (needed) > before;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* *more: there are variables that it needs, beside those that were known. */
static StatementMerge *
merge_with (const StatementMergeSpec *spec, GHashTable *needed, guint *budget, gboolean *more)
{
  StatementMerge *merge = g_new0 (StatementMerge, 1);
  g_autoptr (GHashTable) count = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);
  g_autoptr (GHashTable) theirs = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);
  g_autoptr (GHashTable) kernels = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);
  g_autoptr (GPtrArray) gone = g_ptr_array_new ();
  Merger merger = { .spec = spec, .merge = merge, .budget = budget, .count = count, .theirs = theirs,
                    .kernels = kernels, .gone = gone, .needed = needed };
  guint written;
  count_tree (theirs, spec->theirs, 1);
  count_tree (kernels, spec->base, 1);
  merge->own = g_ptr_array_new ();
  merge->left = g_ptr_array_new_with_free_func (g_free);
  merge->doubts = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *head = make_head (&merger);
  g_autofree char *body = merge_lists (&merger, spec->base->children, spec->theirs->children, spec->lab->children, &written);
  g_autofree char *tail = statement_text_after (spec->lab);
  g_autofree char *text = g_strconcat (head, body, tail, NULL);
  *more = find_needed (spec, merge, needed);
  check_gone (&merger);
  if (merge->doubts->len == 0)
    prove (&merger, text);
  g_autofree char *lab = statement_text (spec->lab);
  if (merge->doubts->len == 0 && strcmp (lab + statement_lead (spec->lab), text) != 0)
    merge->text = g_steal_pointer (&text);
  return merge;
}

StatementMerge *
statement_merge (const StatementMergeSpec *spec)
{
  g_autoptr (GHashTable) needed = g_hash_table_new (NULL, NULL);
  guint budget = STATEMENT_MATCH_BUDGET;
  gboolean more;
  StatementMerge *merge = merge_with (spec, needed, &budget, &more);
  for (guint round = 1; more && round < ROUNDS_MAX; round++)
    {
      statement_merge_free (merge);
      merge = merge_with (spec, needed, &budget, &more);
    }
  return merge;
}
