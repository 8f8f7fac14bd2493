/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patch(1) on a scratch copy of the files that a submission's patches touch. Internal to submission/. */
#pragma once
#include <glib.h>

#include "submission/submission.h"

/* Where the files come from: the first of these that has a file, wins. */
typedef struct {
  const GPtrArray *files; /* of SubmissionFile: taken before what lies on disk; or NULL */
  const char *dir;        /* a kernel source */
} PatchGround;

typedef struct {
  GPtrArray *files;  /* of SubmissionFile: path, text (NULL: removed), base_text (NULL: it was not there); NULL if a patch did not apply */
  GPtrArray *notes;  /* of char *: hunks that were found elsewhere */
  guint failed;      /* the patch that did not apply */
  char *failure;     /* "arch/x86/kvm/cpuid.c, hunk 2", or "" */
  char *said;        /* what patch(1) said */
  char *hunk;        /* the text of the hunk that did not apply, or "" */
  char *hunk_path;   /* of which file; or NULL */
  gboolean malformed; /* it is no unified diff */
} PatchOutcome;
void patch_outcome_free (PatchOutcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PatchOutcome, patch_outcome_free)

typedef struct {
  guint fuzz;          /* how many lines of context may be others */
  gboolean any_blanks; /* a run of blanks and tabs is like any other */
  gboolean reversed;   /* backwards, the last patch first: made from the new to the old */
} PatchHow;

/* All patches in order. FALSE only for what is not the patches' fault. */
gboolean patches_apply (const GPtrArray *patches, const PatchGround *ground, const PatchHow *how, const char *scratch_dir, PatchOutcome **outcome,
                        GError **error);
