/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel version a file is of, and how surely; see transplant-private.h. */
#include "submission/transplant-private.h"

#define SURE_MIN 90u /* percent of the items that kernels have */
/*
 * Of two neighbouring versions of 5.4 to 7.2 at least 7 functions of vmx.c's 450 and svm.c's 300 differ, as a rule 15 or more; of
 * cpuid.c's 50 to 90 it may be one.
 */
#define EXACT_ITEMS_MIN 30u
#define EXACT_ITEMS_PER_FOREIGN 100u

/* For each version how many of the file's items are as they are there. Gives how many items kernels have at all. */
static guint
count_items (const Transplanting *work, guint *counts)
{
  KernelIndex *index = work->spec->index;
  guint all = 0;
  for (guint i = 0; i < work->items->len; i++)
    {
      const TheirItem *own = their (work, i);
      const char *name = item_at (work->theirs, i)->name;
      all += own->tree != NULL && kernel_index_count (index, name, own->tree, counts) ? 1 : 0;
    }
  return all;
}

/*
 * How much speaks against it that the item is the version's: another version has it so, or it differs and nothing in it is
 * the student's.
 */
static guint
foreignness (const Transplanting *work, guint index)
{
  const TheirItem *own = their (work, index);
  const CItem *item = item_at (work->theirs, index);
  const GPtrArray *bodies = kernel_index_bodies (work->spec->index, item->name);
  gboolean known = FALSE, of_version = FALSE;
  if (own->tree == NULL || bodies == NULL || item->kind == C_INCLUDE)
    return 0;
  for (guint k = 0; k < bodies->len; k++)
    {
      const KernelBody *body = g_ptr_array_index (bodies, k);
      if (!statement_same (body->tree, own->tree))
        continue;
      known = TRUE;
      of_version |= (body->versions & work->versions) != 0;
    }
  if (known)
    return of_version ? 0 : 2;
  if (own->state == ITEM_KERNELS) /* the lab's, which may have been patched */
    return 0;
  return transplant_is_watched (work, index) || transplant_any_unknown_word (work, own->words) ? 0 : 1;
}

static gboolean
is_exact (const Transplanting *work)
{
  guint foreign = 0;
  for (guint i = 0; i < work->items->len; i++)
    foreign += foreignness (work, i);
  return work->out->items >= EXACT_ITEMS_MIN && foreign <= work->out->items / EXACT_ITEMS_PER_FOREIGN;
}

void
transplant_find_version (Transplanting *work)
{
  const guint count = kernel_index_versions (work->spec->index);
  guint counts[KERNEL_INDEX_VERSIONS_MAX] = { 0 };
  const guint all = count_items (work, counts);
  work->out->version = -1;
  work->out->unchanged = TRUE;
  for (guint i = 0; i < work->items->len; i++)
    work->out->unchanged &= their (work, i)->state == ITEM_KERNELS;
  for (guint v = 0; v < count; v++)
    {
      if (counts[v] <= work->out->items)
        continue;
      work->out->items = counts[v];
      work->out->version = (gint) v;
    }
  for (guint v = 0; v < count; v++)
    work->versions |= counts[v] > 0 && counts[v] == work->out->items ? G_GUINT64_CONSTANT (1) << v : 0;
  work->version_is_sure = work->out->items * 100 >= all * SURE_MIN;
  work->version_is_exact = work->out->exact = work->version_is_sure && is_exact (work);
}
