/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mails as git format-patch, mailers and mbox files have them, and the log that `git log -p` writes, taken apart so far as to find
 * the patches in them. MIME is GMime's. Pure. Internal to submission/.
 */
#pragma once
#include <glib.h>

typedef struct {
  char *subject;    /* decoded, without "[PATCH 1/2]"; NULL if there is none */
  char *name;       /* of an attachment; NULL: none */
  char *body;       /* decoded, normalised text */
  guint line;       /* the number of its first line in the whole, from 1; in an encoded attachment from 1 again */
  guint message;    /* which message of the mbox it is a part of, from 0 */
  guint number;     /* 1 of "[PATCH 1/2]"; 0: none */
  gint64 time;      /* seconds since 1970; 0: not known */
  gboolean is_commit; /* of a log: such are written newest first */
} Mail;

/* Of normalised text. What is no mail is one without a subject. Parts that are no text are left out. Newly allocated, of Mail. */
GPtrArray *mail_split (const char *text);
