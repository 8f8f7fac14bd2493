/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose each line is; see function-lines.h. */
#include "submission/function-lines.h"

#include <string.h>

#include "submission/line-match.h"

#define BUDGET 200000
#define PASSES_MAX 8

/* --- bodies ----------------------------------------------------------------------------------- */

/* An opening brace at the end, or a closing one at the beginning, does not make another line of it. */
static char *
key_of (const CSource *source, guint line, const char *form)
{
  if (form[0] == '\0')
    {
      g_autofree char *raw = c_source_line (source, line);
      return g_strconcat ("/", g_strstrip (raw), NULL);
    }
  const char *from = g_str_has_prefix (form, "} ") ? form + 2 : form;
  const gsize length = strlen (from);
  return g_strndup (from, g_str_has_suffix (from, " {") ? length - 2 : length);
}

static void
body_init (Body *body, CItemAt at)
{
  body->at = at;
  body->first = MIN (at.item->body + 1, at.item->end);
  body->count = at.item->end > body->first ? at.item->end - body->first - 1 : 0;
  body->forms = g_new0 (char *, body->count + 1);
  body->keys = g_new0 (char *, body->count + 1);
  for (guint i = 0; i < body->count; i++)
    {
      g_autofree char *line = c_source_normal_line (at.source, body->first + i);
      body->forms[i] = kvm_changes_same_form (line);
      body->keys[i] = key_of (at.source, body->first + i, body->forms[i]);
    }
}

static void
body_clear (Body *body)
{
  g_strfreev (body->forms);
  g_strfreev (body->keys);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Body, body_clear)

/* --- alignment -------------------------------------------------------------------------------- */

static gboolean
align (FunctionLines *lines)
{
  const Body *theirs = &lines->theirs, *lab = &lines->lab;
  if (!line_match ((const char *const *) theirs->keys, theirs->count, (const char *const *) lab->keys, lab->count, lines->partner))
    return FALSE;
  for (guint i = 0; i < lab->count; i++)
    lines->lab_partner[i] = -1;
  for (guint i = 0, same = 0; i < theirs->count; i++)
    {
      lines->gap[i] = same;
      if (lines->partner[i] < 0)
        continue;
      lines->lab_partner[lines->partner[i]] = (gint) i;
      lines->state[i] = LINE_SAME;
      lines->braced[i] = strcmp (theirs->forms[i], lab->forms[lines->partner[i]]) != 0;
      same++;
    }
  for (guint i = 0, same = 0; i < lab->count; i++)
    {
      lines->lab_gap[i] = same;
      same += lines->lab_partner[i] >= 0 ? 1 : 0;
    }
  return TRUE;
}

/* Braces of their body, by line. */
static void
find_braces (FunctionLines *lines)
{
  const Body *body = &lines->theirs;
  const CSource *source = body->at.source;
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (gint));
  for (guint i = 0; i < body->count; i++)
    {
      gboolean closed = FALSE;
      lines->opener[i] = stack->len > 0 ? g_array_index (stack, gint, stack->len - 1) : -1;
      lines->closes[i] = -1;
      const guint end = g_array_index (source->line_tokens, guint, body->first + i + 1);
      for (guint t = g_array_index (source->line_tokens, guint, body->first + i); t < end; t++)
        {
          const CToken *token = &g_array_index (source->tokens, CToken, t);
          const gint line = (gint) i;
          if (c_token_is (source, token, "{"))
            g_array_append_val (stack, line);
          else if (c_token_is (source, token, "}") && stack->len > 0)
            {
              if (!closed)
                lines->closes[i] = g_array_index (stack, gint, stack->len - 1);
              closed = TRUE;
              g_array_set_size (stack, stack->len - 1);
            }
        }
    }
}

/* --- foreign words ---------------------------------------------------------------------------- */

static void
add_item_words (CItemAt at, GHashTable *words)
{
  c_source_add_words (at.source, at.item->first_token, at.item->end_token, words);
}

static void
find_foreign (FunctionLines *lines, const FunctionSpec *spec)
{
  g_autoptr (GHashTable) native = c_words_new ();
  const CSource *source = lines->theirs.at.source;
  add_item_words (spec->lab, native);
  for (guint i = 0; i < spec->others->len; i++)
    add_item_words (g_array_index (spec->others, CItemAt, i), native);
  lines->foreign = g_ptr_array_new_with_free_func ((GDestroyNotify) g_hash_table_unref);
  for (guint i = 0; i < lines->theirs.count; i++)
    {
      GHashTable *words = c_words_new ();
      const guint line = lines->theirs.first + i;
      GHashTableIter iter;
      gpointer word;
      c_source_add_words (source, g_array_index (source->line_tokens, guint, line), g_array_index (source->line_tokens, guint, line + 1), words);
      g_hash_table_iter_init (&iter, words);
      while (g_hash_table_iter_next (&iter, &word, NULL))
        {
          if (g_hash_table_contains (native, word) || kvm_changes_is_old_word (word) || c_is_keyword (word))
            g_hash_table_iter_remove (&iter);
        }
      g_ptr_array_add (lines->foreign, words);
    }
}

static GHashTable *
foreign_of (const FunctionLines *lines, guint line)
{
  return g_ptr_array_index (lines->foreign, line);
}

static gboolean
any_in (GHashTable *words, GHashTable *set, gboolean wanted)
{
  GHashTableIter iter;
  gpointer word;
  g_hash_table_iter_init (&iter, words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    {
      if (g_hash_table_contains (set, word) == wanted)
        return TRUE;
    }
  return FALSE;
}

/* --- making ----------------------------------------------------------------------------------- */

void
function_lines_free (FunctionLines *lines)
{
  if (lines == NULL)
    return;
  body_clear (&lines->theirs);
  body_clear (&lines->lab);
  g_free (lines->partner);
  g_free (lines->lab_partner);
  g_free (lines->gap);
  g_free (lines->lab_gap);
  g_free (lines->state);
  g_free (lines->braced);
  g_free (lines->opener);
  g_free (lines->closes);
  g_clear_pointer (&lines->foreign, g_ptr_array_unref);
  g_hash_table_unref (lines->removed);
  g_hash_table_unref (lines->own_words);
  g_free (lines);
}

FunctionLines *
function_lines_new (const FunctionSpec *spec)
{
  g_autoptr (FunctionLines) lines = g_new0 (FunctionLines, 1);
  lines->budget = BUDGET;
  lines->removed = c_words_new ();
  lines->own_words = c_words_new ();
  body_init (&lines->theirs, spec->theirs);
  body_init (&lines->lab, spec->lab);
  lines->partner = g_new0 (gint, lines->theirs.count + 1);
  lines->lab_partner = g_new0 (gint, lines->lab.count + 1);
  lines->gap = g_new0 (guint, lines->theirs.count + 1);
  lines->lab_gap = g_new0 (guint, lines->lab.count + 1);
  lines->state = g_new0 (LineState, lines->theirs.count + 1);
  lines->braced = g_new0 (gboolean, lines->theirs.count + 1);
  lines->opener = g_new0 (gint, lines->theirs.count + 1);
  lines->closes = g_new0 (gint, lines->theirs.count + 1);
  if (!align (lines))
    return NULL;
  find_braces (lines);
  find_foreign (lines, spec);
  for (guint i = 0; i < lines->theirs.count; i++)
    {
      if (lines->state[i] == LINE_OPEN && lines->theirs.forms[i][0] == '\0')
        lines->state[i] = LINE_IDLE;
    }
  return g_steal_pointer (&lines);
}

/* --- looking ---------------------------------------------------------------------------------- */

gint
function_lines_like (FunctionLines *lines, guint their_line, guint from, guint percent)
{
  const char *form = lines->theirs.forms[their_line];
  for (guint j = from; j < lines->lab.count && lines->lab_gap[j] <= lines->gap[their_line]; j++)
    {
      if (lines->lab_partner[j] >= 0 || lines->lab_gap[j] != lines->gap[their_line] || lines->lab.forms[j][0] == '\0')
        continue;
      if (lines->budget == 0)
        return -1;
      lines->budget--;
      if (line_likeness (form, lines->lab.forms[j]) >= percent && line_likeness (lines->lab.forms[j], form) >= MIN (percent, 50))
        return (gint) j;
    }
  return -1;
}

/* A line of the lab's that theirs has not at its place: it moved. */
static gboolean
moved (const FunctionLines *lines, guint line)
{
  for (guint j = 0; j < lines->lab.count; j++)
    {
      if (lines->lab_partner[j] < 0 && strcmp (lines->lab.keys[j], lines->theirs.keys[line]) == 0)
        return TRUE;
    }
  return FALSE;
}

/* --- deciding --------------------------------------------------------------------------------- */

static void
make_own (FunctionLines *lines, guint line)
{
  GHashTableIter iter;
  gpointer word;
  lines->state[line] = LINE_OWN;
  g_hash_table_iter_init (&iter, foreign_of (lines, line));
  while (g_hash_table_iter_next (&iter, &word, NULL))
    g_hash_table_add (lines->own_words, g_strdup (word));
}

/* The base is known: what it has not is the student's, what it has is not. */
static gboolean
decide_by_base (FunctionLines *lines, CItemAt base)
{
  g_auto (Body) body = { 0 };
  body_init (&body, base);
  g_autofree gint *partner = g_new0 (gint, body.count + 1);
  g_autofree gboolean *in_base = g_new0 (gboolean, lines->theirs.count + 1);
  if (!line_match ((const char *const *) body.keys, body.count, (const char *const *) lines->theirs.keys, lines->theirs.count, partner))
    return FALSE;
  for (guint i = 0; i < body.count; i++)
    {
      if (partner[i] >= 0)
        {
          in_base[partner[i]] = TRUE;
          lines->braced[partner[i]] &= strcmp (body.forms[i], lines->theirs.forms[partner[i]]) != 0;
        }
      else if (body.forms[i][0] != '\0')
        g_hash_table_add (lines->removed, g_strdup (body.keys[i]));
    }
  for (guint i = 0; i < lines->theirs.count; i++)
    {
      if (lines->state[i] == LINE_OPEN && in_base[i])
        lines->state[i] = LINE_OLD;
      else if (lines->state[i] == LINE_OPEN)
        make_own (lines, i);
    }
  lines->exact = TRUE;
  return TRUE;
}

/* A word that is the student's: of another file, or that KVM has nowhere. */
static gboolean
names_own (const FunctionSpec *spec, GHashTable *foreign)
{
  return any_in (foreign, spec->own, TRUE) || (!spec->guessed && any_in (foreign, spec->known, FALSE));
}

/* Lines that name the student's own. */
static void
decide_by_names (FunctionLines *lines, const FunctionSpec *spec)
{
  for (guint i = 0; i < lines->theirs.count; i++)
    {
      if (lines->state[i] != LINE_OPEN)
        continue;
      if (kvm_changes_is_old_line (spec->lab.item->name, lines->theirs.forms[i]))
        lines->state[i] = LINE_OLD;
      else if (names_own (spec, foreign_of (lines, i)))
        make_own (lines, i);
    }
}

/* Lines that share a word with the student's, which the function otherwise does not know: "start" of "start = rdtsc ();". */
static gboolean
decide_by_words (FunctionLines *lines)
{
  gboolean more = FALSE;
  for (guint i = 0; i < lines->theirs.count; i++)
    {
      if (lines->state[i] == LINE_OPEN && any_in (foreign_of (lines, i), lines->own_words, TRUE))
        {
          make_own (lines, i);
          more = TRUE;
        }
    }
  return more;
}

static gboolean
is_students (const FunctionLines *lines, gint line)
{
  return line >= 0 && (lines->state[line] == LINE_OWN || lines->braced[line]);
}

/* A statement that goes on: the line before has not ended it. */
static gboolean
goes_on (const FunctionLines *lines, guint line)
{
  if (line == 0 || lines->state[line - 1] != LINE_OWN)
    return FALSE;
  const char *before = lines->theirs.forms[line - 1];
  return before[0] != '#' && !g_str_has_suffix (before, ";") && !g_str_has_suffix (before, "{") && !g_str_has_suffix (before, "}")
         && !g_str_has_suffix (before, ":");
}

/* What the student's lines open, close and begin. */
static gboolean
decide_by_blocks (FunctionLines *lines)
{
  gboolean more = FALSE;
  for (guint i = 0; i < lines->theirs.count; i++)
    {
      if (lines->state[i] == LINE_OPEN
          && ((lines->opener[i] >= 0 && lines->state[lines->opener[i]] == LINE_OWN) || is_students (lines, lines->closes[i]) || goes_on (lines, i)))
        {
          make_own (lines, i);
          more = TRUE;
        }
    }
  return more;
}

static gboolean
gap_is_insertion (const FunctionLines *lines, guint line)
{
  for (guint j = 0; j < lines->lab.count && lines->lab_gap[j] <= lines->gap[line]; j++)
    {
      if (lines->lab_partner[j] < 0 && lines->lab_gap[j] == lines->gap[line] && lines->lab.forms[j][0] != '\0')
        return FALSE;
    }
  return TRUE;
}

/* The nearest line before (step -1) or after (1) in the same gap that is no comment; -1. */
static gint
neighbour (const FunctionLines *lines, guint line, gint step)
{
  for (gint i = (gint) line + step; i >= 0 && i < (gint) lines->theirs.count && lines->state[i] != LINE_SAME; i += step)
    {
      if (lines->state[i] != LINE_IDLE)
        return i;
    }
  return -1;
}

static gboolean
decide_by_neighbours (FunctionLines *lines, const FunctionSpec *spec)
{
  gboolean more = FALSE;
  /* Forwards and backwards: a run of undecided lines beside one of the student's is the student's. */
  for (guint pass = 0; pass < 2; pass++)
    for (guint n = 0; n < lines->theirs.count; n++)
      {
        const guint i = pass == 0 ? n : lines->theirs.count - 1 - n;
        const gint beside = lines->state[i] == LINE_OPEN ? neighbour (lines, i, pass == 0 ? -1 : 1) : -1;
        if (beside >= 0 && lines->state[beside] == LINE_OWN && !moved (lines, i) && (!spec->guessed || gap_is_insertion (lines, i))
            && function_lines_like (lines, i, 0, 60) < 0)
          {
            make_own (lines, i);
            more = TRUE;
          }
      }
  return more;
}

static gboolean
in_others (FunctionLines *lines, const FunctionSpec *spec, const char *form)
{
  for (guint i = 0; i < spec->others->len; i++)
    {
      const CItemAt *other = &g_array_index (spec->others, CItemAt, i);
      for (guint line = other->item->first; line < other->item->end && lines->budget > 0; line++)
        {
          lines->budget--;
          g_autofree char *normal = c_source_normal_line (other->source, line);
          g_autofree char *other_form = kvm_changes_same_form (normal);
          if (strcmp (other_form, form) == 0)
            return TRUE;
        }
    }
  return FALSE;
}

static gboolean
gap_has_own (const FunctionLines *lines, guint line)
{
  for (gint step = -1; step <= 1; step += 2)
    for (gint i = (gint) line + step; i >= 0 && i < (gint) lines->theirs.count && lines->state[i] != LINE_SAME; i += step)
      {
        if (lines->state[i] == LINE_OWN)
          return TRUE;
      }
  return FALSE;
}

/* Another version's, as far as is known. */
static gboolean
is_explained (FunctionLines *lines, const FunctionSpec *spec, guint line)
{
  return moved (lines, line) || in_others (lines, spec, lines->theirs.forms[line]);
}

/*
 * What is left. Without a word of its own, a line that is like one of the lab's here, or is another's, is another version's spelling.
 * With one it may be the student's change of it: then it is doubtful.
 */
static void
decide_rest (FunctionLines *lines, const FunctionSpec *spec)
{
  gboolean lab_has_more = FALSE;
  for (guint j = 0; j < lines->lab.count; j++)
    lab_has_more |= lines->lab_partner[j] < 0 && lines->lab.forms[j][0] != '\0';
  for (guint i = 0; i < lines->theirs.count; i++)
    {
      if (lines->state[i] != LINE_OPEN)
        continue;
      const gboolean plain = g_hash_table_size (foreign_of (lines, i)) == 0;
      const gboolean like = plain && function_lines_like (lines, i, 0, 60) >= 0;
      if (spec->guessed || (plain && is_explained (lines, spec, i)) || (like && !gap_has_own (lines, i)))
        lines->state[i] = LINE_OLD;
      else if (!lab_has_more || like) /* "ret = f ();" of what was "int ret = f ();", among the student's */
        make_own (lines, i);
    }
}

void
function_lines_decide (FunctionLines *lines, const FunctionSpec *spec)
{
  gboolean more = TRUE;
  if (spec->base.item != NULL && decide_by_base (lines, spec->base))
    return;
  decide_by_names (lines, spec);
  for (guint pass = 0; pass < PASSES_MAX && more; pass++)
    {
      more = decide_by_words (lines);
      more |= decide_by_blocks (lines);
      more |= decide_by_neighbours (lines, spec);
    }
  decide_rest (lines, spec);
}
