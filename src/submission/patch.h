/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patches as people make them (git format-patch, git diff, diff -u of folders or of two files, mails in an mbox), read to one form:
 * for each file a section "diff --git a/PATH b/PATH" with the path in the kernel, no dates, no prose. Pure. Internal to submission/.
 */
#pragma once
#include <glib.h>

#include "submission/fault.h"

typedef struct {
  char *path;     /* in the kernel; NULL: no file of the kernel's, as far as the name tells */
  char *old_path; /* of a file renamed, else NULL */
  char *name;     /* as the patch has it, fit to be shown */
  char *text;     /* the section, applicable with -p1 */
} PatchPart;

/* A patch file, or one mail of it. */
typedef struct {
  char *from;       /* "0001-count.patch" or "all.mbox: Count exits" */
  GPtrArray *parts; /* of PatchPart, in order */
} PatchMail;
void patch_mail_free (PatchMail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PatchMail, patch_mail_free)

/* Is there a diff of any kind, beginning within so many lines? */
gboolean patch_is_in (const char *text, guint lines);
/*
 * The mails that have a diff, in order, added to `mails` (of PatchMail). FALSE with *fault for what is damaged, or no unified diff. `text` is
 * normalised, `from` fit to be shown.
 */
gboolean patch_read (const char *from, const char *text, GPtrArray *mails, Fault **fault);
