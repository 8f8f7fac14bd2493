/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One hunk of a unified diff, read to one form. Pure. Internal to submission/. */
#pragma once
#include <glib.h>

#define HUNK_JOINED 1u /* a line that a mailer had broken was joined */
#define HUNK_PADDED 2u /* blank lines of context that were cut off at its end are there again */
#define HUNK_SIGNED 4u /* the blank before a line of context was lost */

typedef struct {
  gboolean is_new, is_removed; /* there is nothing before it, or after it */
  guint mended;                /* HUNK_… */
  guint line;                  /* where it is damaged */
  const char *damage;          /* static; NULL: it is sound */
} HunkRead;

/* `*at` is at "@@ -", which is line `*line` of the text: both are moved behind the hunk, whose text is appended to `out`. FALSE: see read->damage. */
gboolean hunk_read (const char **at, guint *line, GString *out, HunkRead *read);
