/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving back pages, see pages.h. */
#include "base/pages.h"

#include <sys/mman.h>
#include <unistd.h>

void
pages_give_back (PagesWalk *walk, gsize end)
{
  const gsize whole = end & ~((gsize) sysconf (_SC_PAGESIZE) - 1);

  if (whole <= walk->given)
    return;
  /* It is advice: where it fails, memory is used. */
  if (madvise ((char *) walk->data + walk->given, whole - walk->given, MADV_DONTNEED) == 0)
    walk->given = whole;
}
