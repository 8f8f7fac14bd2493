/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alignment, ownership and places; see statement-lists.h. */
#include "submission/statement-lists-private.h"
#include "submission/statement-match.h"

void
statement_lists_free (StatementLists *lists)
{
  if (lists == NULL)
    return;
  for (guint j = 0; j <= lists->lab->len; j++)
    g_clear_pointer (&lists->buckets[j], g_ptr_array_unref);
  g_free (lists->theirs_base);
  g_free (lists->base_theirs);
  g_free (lists->theirs_moved);
  g_free (lists->base_lab);
  g_free (lists->lab_base);
  g_free (lists->base_moved);
  g_free (lists->lab_moved);
  g_free (lists->state);
  g_free (lists->dropped);
  g_free (lists->buckets);
  g_ptr_array_unref (lists->lost);
  g_free (lists);
}

/* --- alignment -------------------------------------------------------------------------------- */

static gint *
inverse (const gint *partner, guint count, guint others)
{
  gint *out = g_new (gint, others + 1);
  for (guint i = 0; i < others; i++)
    out[i] = -1;
  for (guint i = 0; i < count; i++)
    {
      if (partner[i] >= 0)
        out[partner[i]] = (gint) i;
    }
  return out;
}

/* A head that theirs has at another place than the base: between versions it moved. Where the base is exact it was the student. */
static void
find_moved_theirs (StatementLists *lists, gboolean exact)
{
  lists->theirs_moved = g_new (gint, lists->theirs->len + 1);
  for (guint t = 0; t < lists->theirs->len; t++)
    {
      lists->theirs_moved[t] = -1;
      if (exact || lists->theirs_base[t] >= 0 || at (lists->theirs, t)->children == NULL)
        continue;
      for (guint i = 0; i < lists->base->len && lists->theirs_moved[t] < 0; i++)
        {
          if (lists->base_theirs[i] >= 0 || at (lists->base, i)->key != at (lists->theirs, t)->key || at (lists->base, i)->children == NULL)
            continue;
          lists->theirs_moved[t] = (gint) i;
          lists->base_theirs[i] = (gint) t;
        }
    }
}

/* What the lab has once and elsewhere, of heads that have something below them: a condition that moved. */
static void
find_moved (StatementLists *lists)
{
  lists->base_moved = g_new (gint, lists->base->len + 1);
  lists->lab_moved = g_new (gint, lists->lab->len + 1);
  for (guint j = 0; j < lists->lab->len; j++)
    lists->lab_moved[j] = -1;
  for (guint i = 0; i < lists->base->len; i++)
    {
      guint found = 0, place = 0;
      lists->base_moved[i] = -1;
      for (guint j = 0; lists->base_lab[i] < 0 && at (lists->base, i)->children != NULL && j < lists->lab->len; j++)
        {
          if (lists->lab_base[j] >= 0 || lists->lab_moved[j] >= 0 || at (lists->lab, j)->key != at (lists->base, i)->key
              || at (lists->lab, j)->children == NULL)
            continue;
          place = j;
          found++;
        }
      if (found != 1)
        continue;
      lists->base_moved[i] = (gint) place;
      lists->lab_moved[place] = (gint) i;
    }
}

static gboolean
align (StatementLists *lists, gboolean exact, guint *budget)
{
  const guint theirs = lists->theirs->len, base = lists->base->len, lab = lists->lab->len;
  g_autofree const Statement **like = g_new0 (const Statement *, base + 1);
  lists->theirs_base = g_new (gint, theirs + 1);
  lists->base_lab = g_new (gint, base + 1);
  if (!statement_match (lists->theirs, lists->base, NULL, budget, lists->theirs_base))
    return FALSE;
  lists->base_theirs = inverse (lists->theirs_base, theirs, base);
  find_moved_theirs (lists, exact);
  for (guint i = 0; i < base; i++)
    like[i] = lists->base_theirs[i] >= 0 ? at (lists->theirs, (guint) lists->base_theirs[i]) : NULL;
  if (!statement_match (lists->base, lists->lab, like, budget, lists->base_lab))
    return FALSE;
  lists->lab_base = inverse (lists->base_lab, base, lab);
  find_moved (lists);
  return TRUE;
}

/* --- whose it is ------------------------------------------------------------------------------ */

static gboolean
is_known (const StatementListsSpec *spec, const Statement *statement)
{
  return spec->known != NULL && g_hash_table_contains ((GHashTable *) spec->known, GUINT_TO_POINTER (statement->key));
}

static gboolean
is_else (const Statement *statement)
{
  return c_token_is (statement->source, &g_array_index (statement->source->tokens, CToken, statement->first), "else");
}

/* #else and #endif go with their #if, whoever has such lines too. */
static void
pair_conditions (StatementLists *lists)
{
  g_autoptr (GArray) open = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint t = 0; t < lists->theirs->len; t++)
    {
      const Statement *statement = at (lists->theirs, t);
      const gboolean ends = statement_is_directive (statement, "endif");
      if (statement_is_directive (statement, "if"))
        g_array_append_val (open, t);
      else if (open->len > 0 && (ends || statement_is_directive (statement, "el")))
        {
          if (lists->state[t] == STATEMENT_OLD && lists->state[g_array_index (open, guint, open->len - 1)] == STATEMENT_OWN)
            lists->state[t] = STATEMENT_OWN;
          g_array_set_size (open, open->len - (ends ? 1 : 0));
        }
    }
}

/* The whole has it more often than any version: once more is the student's doing. What everybody writes says nothing. */
static gboolean
is_once_more (const StatementListsSpec *spec, const Statement *statement)
{
  const gpointer key = GUINT_TO_POINTER (statement->key);
  const gint *count = spec->counts != NULL ? g_hash_table_lookup ((GHashTable *) spec->counts, key) : NULL;
  const guint most = GPOINTER_TO_UINT (g_hash_table_lookup ((GHashTable *) spec->known, key));
  return count != NULL && *count > 0 && (guint) *count > most && !statement_is_jump (statement);
}

/* A head that some version has, and nothing below it that any has: the student wrote the same head. */
static gboolean
has_own_below_alone (const StatementListsSpec *spec, const Statement *statement)
{
  for (guint i = 0; statement->children != NULL && i < statement->children->len; i++)
    {
      const Statement *child = at (statement->children, i);
      if (is_known (spec, child) || (child->children != NULL && !has_own_below_alone (spec, child)))
        return FALSE;
    }
  return statement->children != NULL && statement->children->len > 0;
}

/* The base has it at another place, and the student has it not there. */
static gboolean
was_moved (const StatementLists *lists, const Statement *statement)
{
  for (guint i = 0; i < lists->base->len; i++)
    {
      if (lists->base_theirs[i] < 0 && at (lists->base, i)->key == statement->key)
        return TRUE;
    }
  return FALSE;
}

static gint
lab_of (const StatementLists *lists, guint t)
{
  return lists->theirs_base[t] >= 0 ? lists->base_lab[lists->theirs_base[t]] : -1;
}

/* What stands beside the student's and is not in the version that the file is of is the student's too; but not if the lab has it there. */
static gboolean
goes_with_own (const StatementLists *lists, const StatementListsSpec *spec, guint t)
{
  gint before = -1, after = (gint) lists->lab->len;
  for (guint k = t; k-- > 0 && before < 0;)
    before = lab_of (lists, k);
  for (guint k = t + 1; k < lists->theirs->len && after == (gint) lists->lab->len; k++)
    after = lab_of (lists, k) >= 0 ? lab_of (lists, k) : after;
  for (gint j = before + 1; spec->base_is_sure && j < after; j++)
    {
      if (lists->lab_base[j] < 0 && at (lists->lab, (guint) j)->key == at (lists->theirs, t)->key)
        return FALSE;
    }
  return spec->base_is_sure;
}

/* The base has something where it stands that theirs has not. */
static gboolean
is_in_place_of (const StatementLists *lists, guint t)
{
  gint before = -1, after = (gint) lists->base->len;
  for (guint k = t; k-- > 0 && before < 0;)
    before = lists->theirs_base[k];
  for (guint k = t + 1; k < lists->theirs->len && after == (gint) lists->base->len; k++)
    after = lists->theirs_base[k] >= 0 ? lists->theirs_base[k] : after;
  for (gint i = before + 1; i < after; i++)
    {
      if (lists->base_theirs[i] < 0)
        return TRUE;
    }
  return FALSE;
}

static void
decide (StatementLists *lists, const StatementListsSpec *spec)
{
  const guint count = lists->theirs->len;
  gboolean more = TRUE;
  for (guint t = 0; t < count; t++)
    {
      const Statement *statement = at (lists->theirs, t);
      const gboolean old = is_known (spec, statement) && !was_moved (lists, statement) && !is_once_more (spec, statement)
                           && !has_own_below_alone (spec, statement);
      lists->state[t] = lists->theirs_base[t] >= 0 || lists->theirs_moved[t] >= 0 ? STATEMENT_KERNELS : old ? STATEMENT_OLD : STATEMENT_OWN;
      if (g_hash_table_contains ((GHashTable *) spec->needed, statement))
        lists->state[t] = STATEMENT_OWN;
    }
  pair_conditions (lists);
  while (more)
    {
      more = FALSE;
      for (guint t = 0; t < count; t++)
        {
          const Statement *statement = at (lists->theirs, t);
          const gboolean after = t > 0 && lists->state[t - 1] == STATEMENT_OWN;
          const gboolean beside = after || (t + 1 < count && lists->state[t + 1] == STATEMENT_OWN);
          if (lists->state[t] != STATEMENT_OLD
              || !((beside && statement_is_jump (statement)) || (after && is_else (statement))
                   || ((beside || is_in_place_of (lists, t)) && goes_with_own (lists, spec, t))))
            continue;
          lists->state[t] = STATEMENT_OWN;
          more = TRUE;
        }
    }
}

/* --- places ----------------------------------------------------------------------------------- */

/* The lab's own between two places that both have: what it has there in place of what the student's kernel had. */
static guint
count_new (const StatementLists *lists, guint from, guint to)
{
  guint count = 0;
  for (guint j = from; j < to; j++)
    count += lists->lab_base[j] < 0 && lists->lab_moved[j] < 0 ? 1 : 0;
  return count;
}

typedef struct
{
  guint first, end; /* of theirs: the student's in a row */
  gint before, after; /* the lab's places around them, -1, lab->len */
  gboolean passed, ahead; /* there is something between them and the place before, after, that the lab has not */
} Run;

static Run
find_run (const StatementLists *lists, guint first)
{
  Run run = { .first = first, .end = first, .before = -1, .after = (gint) lists->lab->len };
  while (run.end < lists->theirs->len && lists->state[run.end] == STATEMENT_OWN)
    run.end++;
  for (guint t = first; t-- > 0;)
    {
      const gint lab = lab_of (lists, t);
      if (lab >= 0)
        {
          run.before = lab;
          break;
        }
      run.passed |= lists->state[t] != STATEMENT_OWN;
    }
  for (guint t = run.end; t < lists->theirs->len; t++)
    {
      const gint lab = lab_of (lists, t);
      if (lab >= 0)
        {
          run.after = lab;
          break;
        }
      run.ahead |= lists->state[t] != STATEMENT_OWN;
    }
  return run;
}

/* One of the student's is the lab's new statement in another form: it stands in its place. */
static gboolean
replace_like (StatementLists *lists, const Run *run, guint *place)
{
  for (gint j = run->before + 1; j < run->after; j++)
    {
      const Statement *lab = at (lists->lab, (guint) j);
      if (lists->lab_base[j] >= 0 || lists->lab_moved[j] >= 0 || lists->dropped[j])
        continue;
      for (guint t = run->first; t < run->end; t++)
        {
          if (!statement_has_form_of (at (lists->theirs, t), lab))
            continue;
          lists->dropped[j] = TRUE;
          *place = (guint) j;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
all_declare (const StatementLists *lists, const Run *run)
{
  for (guint t = run->first; t < run->end; t++)
    {
      if (!statement_is_declaration (at (lists->theirs, t)))
        return FALSE;
    }
  return TRUE;
}

/* The base's places around the run: -1, base->len if there is none. */
static void
base_around (const StatementLists *lists, const Run *run, gint *before, gint *after)
{
  *before = -1;
  *after = (gint) lists->base->len;
  for (guint t = run->first; t-- > 0 && *before < 0;)
    *before = lists->theirs_base[t];
  for (guint t = run->end; t < lists->theirs->len && *after == (gint) lists->base->len; t++)
    *after = lists->theirs_base[t] >= 0 ? lists->theirs_base[t] : *after;
}

/* The base has statements there that neither the student nor the lab has: the student took one out that this kernel has in another form. */
static gboolean
any_gone (const StatementLists *lists, const Run *run)
{
  gint before, after;
  base_around (lists, run, &before, &after);
  for (gint i = before + 1; i < after; i++)
    {
      if (lists->base_theirs[i] < 0 && lists->base_lab[i] < 0)
        return TRUE;
    }
  return FALSE;
}

/* The student took a statement out there that the lab has as it was: the run stands in its place, however much is new around it. */
static gboolean
replaces (const StatementLists *lists, const Run *run, guint *place)
{
  gint before, after;
  base_around (lists, run, &before, &after);
  for (gint i = before + 1; i < after; i++)
    {
      const gint lab = lists->base_lab[i];
      if (lists->base_theirs[i] >= 0 || lab <= run->before || lab >= run->after || !lists->dropped[lab])
        continue;
      *place = (guint) lab;
      return TRUE;
    }
  return FALSE;
}

/*
 * Between two statements that both kernels have. If the lab has nothing new there, the place is that; else after the one before,
 * behind declarations, or before the one after, whichever the student's touch; if they touch neither, nobody knows.
 */
static gboolean
find_place (StatementLists *lists, const Run *run, guint *place)
{
  guint from = (guint) (run->before + 1), to = (guint) run->after;
  if (run->after <= run->before)
    return FALSE;
  if (count_new (lists, from, to) == 0)
    {
      *place = run->ahead && !run->passed ? from : to;
      return TRUE;
    }
  if (replaces (lists, run, place))
    return TRUE;
  if (any_gone (lists, run))
    return replace_like (lists, run, place);
  if (run->passed && run->ahead)
    return FALSE;
  *place = to;
  if (run->passed || (run->before < 0 && !all_declare (lists, run)))
    return TRUE;
  *place = from;
  if (!all_declare (lists, run))
    {
      while (*place < to && statement_is_declaration (at (lists->lab, *place)))
        (*place)++;
    }
  return TRUE;
}

static gboolean
same_token (const Statement *a, guint i, const Statement *b, guint j)
{
  const CToken *token = &g_array_index (b->source->tokens, CToken, j);
  g_autofree char *text = c_token_text (b->source, token);
  return c_token_is (a->source, &g_array_index (a->source->tokens, CToken, i), text);
}

/* The lab has come to declare what the student declares: it must be the same but for its type, and one of the two is enough. */
static gboolean
declare_once (StatementLists *lists, const Statement *own)
{
  const guint name = statement_declared_name (own);
  for (guint j = 0; name < own->end && j < lists->lab->len; j++)
    {
      const Statement *lab = at (lists->lab, j);
      const guint lab_name = statement_declared_name (lab), rest = own->end - name;
      if (lists->lab_base[j] >= 0 || lists->dropped[j] || lab_name == lab->end || !same_token (own, name, lab, lab_name))
        continue;
      for (guint i = 1; i < rest; i++)
        {
          if (lab->end - lab_name != rest || !same_token (own, name + i, lab, lab_name + i))
            return FALSE;
        }
      lists->dropped[j] = TRUE;
    }
  return TRUE;
}

static gboolean
declare_run (StatementLists *lists, const Run *run)
{
  gboolean once = TRUE;
  for (guint t = run->first; t < run->end; t++)
    once &= declare_once (lists, at (lists->theirs, t));
  return once;
}

/* Behind the else that stands there, or behind an #if, and with that one's #endif. The place itself if there is none. */
static guint
behind_else (const StatementLists *lists, guint place)
{
  guint j = place, open = 0;
  for (; j < lists->lab->len && statement_is_directive (at (lists->lab, j), "if"); j++)
    open++;
  if (j == lists->lab->len || !is_else (at (lists->lab, j)))
    return place;
  for (j++; open > 0 && j < lists->lab->len && statement_is_directive (at (lists->lab, j), "endif"); j++)
    open--;
  return open == 0 ? j : place;
}

static void
put (StatementLists *lists, const Run *run, guint place)
{
  for (guint next = place; !is_else (at (lists->theirs, run->first)) && (next = behind_else (lists, place)) != place;)
    place = next;
  if (lists->buckets[place] == NULL)
    lists->buckets[place] = g_ptr_array_new ();
  for (guint t = run->first; t < run->end; t++)
    g_ptr_array_add (lists->buckets[place], (gpointer) at (lists->theirs, t));
}

static void
place_all (StatementLists *lists)
{
  for (guint t = 0; t < lists->theirs->len;)
    {
      guint place;
      if (lists->state[t] != STATEMENT_OWN)
        {
          t++;
          continue;
        }
      const Run run = find_run (lists, t);
      if (find_place (lists, &run, &place) && declare_run (lists, &run))
        put (lists, &run, place);
      else
        g_ptr_array_add (lists->lost, (gpointer) at (lists->theirs, t));
      t = run.end;
    }
}

StatementLists *
statement_lists_new (const StatementListsSpec *spec, guint *budget)
{
  g_autoptr (StatementLists) lists = g_new0 (StatementLists, 1);
  lists->base = spec->base;
  lists->theirs = spec->theirs;
  lists->lab = spec->lab;
  lists->buckets = g_new0 (GPtrArray *, spec->lab->len + 1);
  lists->state = g_new0 (StatementState, spec->theirs->len + 1);
  lists->dropped = g_new0 (gboolean, spec->lab->len + 1);
  lists->lost = g_ptr_array_new ();
  if (!align (lists, spec->known == NULL, budget))
    return NULL;
  decide (lists, spec);
  statement_lists_take_out (lists, spec->known == NULL);
  place_all (lists);
  return g_steal_pointer (&lists);
}
