/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A walk over a file that is mapped to be read: pages that it left behind are given back, in coarse steps, so that
 * a file of any size takes a few MiB of the process's memory. Whoever looks back finds the same bytes, read anew. Only for
 * mappings of files that nobody writes to through the mapping: plain memory would be zero afterwards.
 *
 *   PagesWalk walk = { .data = g_mapped_file_get_contents (file) };
 *   while (…) { …; pages_walked (&walk, at); }        // at: all before it is done with
 */
#pragma once
#include <glib.h>

#define PAGES_STEP ((gsize) 4 << 20) /* given back at once */
#define PAGES_LAG ((gsize) 4 << 20)  /* kept behind the walk, for threads that are still there */

typedef struct {
  const void *data; /* where the mapping begins; NULL: nothing is given back */
  gsize given;      /* bytes from there that were given back; whole pages */
} PagesWalk;

void pages_give_back (PagesWalk *walk, gsize end);

static inline void
pages_walked (PagesWalk *walk, const void *at)
{
  if (walk->data == NULL)
    return;
  const gsize done = (gsize) ((const char *) at - (const char *) walk->data);
  if (done >= walk->given + PAGES_LAG + PAGES_STEP)
    pages_give_back (walk, done - PAGES_LAG);
}
