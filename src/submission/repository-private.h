/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of reading a repository share. Internal to repository. */
#pragma once
#include "submission/git.h"
#include "submission/repository.h"

typedef struct {
  Git *git;
  const SubmissionSpec *spec;
  Submission *submission;
  RawSet *set;
  Fault **fault;
  char *base;     /* the commit's id; NULL: none */
  char *base_how; /* "tag v6.1" */
  BaseTrust base_trust;
  gboolean is_release; /* HEAD is a release's commit itself */
} Repository;

#define note(repository, ...) submission_note ((repository)->submission->notes, __VA_ARGS__)

/* --- repository-base.c --- */
/* What HEAD's change is to be compared with: base, base_how and base_trust; base NULL: nothing is known. */
gboolean repository_find_base (Repository *repository, GError **error);
/* Names the branches that have commits which HEAD lacks, for a HEAD without a change. */
gboolean repository_note_branches (Repository *repository, GError **error);
