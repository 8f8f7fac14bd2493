/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patches as people make them (git format-patch, git diff, diff -u of folders or of two files, mails in an mbox), read to one form:
 * for each file a section "diff --git a/PATH b/PATH" with the path in the kernel, no dates, no prose. Pure. Internal to submission/.
 */
#pragma once
#include <glib.h>

#include "submission/fault.h"
#include "submission/patch-clean.h"

typedef struct {
  char *path;     /* in the kernel; NULL: no file of the kernel's, as far as the name tells */
  char *old_path; /* of a file renamed, else NULL */
  char *name;     /* as the patch has it, fit to be shown */
  char *text;     /* the section, applicable with -p1 */
  char *old_id, *new_id; /* git's names of the contents before and after, at least 7 digits; or NULL */
  gboolean is_binary; /* its content is not there as text, and it is no source: path is NULL */
} PatchPart;

/* A patch file, or one mail of it. */
typedef struct {
  char *from;       /* "0001-count.patch" or "all.mbox: Count exits" */
  GPtrArray *parts; /* of PatchPart, in order */
  guint number;     /* 1 of "[PATCH 1/2]"; 0: none */
  gboolean is_commit; /* of a log */
} PatchMail;
void patch_mail_free (PatchMail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PatchMail, patch_mail_free)

/*
 * The mails that have a diff, in the order in which they apply, added to `mails` (of PatchMail); what was mended on the way to `notes` (of char *).
 * Nothing is added where there is no change in it. FALSE with *fault for what is damaged, or no unified diff. `text` is normalised, `from` fit to be shown.
 */
gboolean patch_read (const char *from, const char *text, GPtrArray *mails, GPtrArray *notes, Fault **fault);
