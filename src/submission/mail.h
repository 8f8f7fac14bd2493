/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mails as git format-patch, mailers and mbox files have them, so far as to find the patches in them. Pure. Internal to submission/. */
#pragma once
#include <glib.h>

typedef struct {
  char *subject; /* unfolded, without "[PATCH 1/2]"; NULL if there is none */
  char *body;    /* decoded, normalised text */
  guint line;    /* the number of its first line in the whole, from 1 */
} Mail;

/* Of normalised text. What is no mail is one without a subject. Newly allocated, of Mail. */
GPtrArray *mail_split (const char *text);
