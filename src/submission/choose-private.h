/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What choose.c works on, for choose-asked.c too. */
#pragma once
#include <string.h>

#include "submission/asked.h"
#include "submission/choose.h"
#include "submission/paths.h"

/* A file that may be the one for a path of the kernel. */
typedef struct
{
  const RawFile *raw;
  char *shown, *folder, *text;
  KernelPath path;
  guint depth;
  Asked asked;
} Candidate;

/* A path of which no file can be read. */
typedef struct
{
  char *path, *why;
} Refused;

typedef struct
{
  const RawSet *set;
  const char *const *names; /* the assignment's; or NULL */
  Submission *submission;
  GPtrArray *refused;    /* of Refused */
  GPtrArray *candidates; /* of Candidate */
  GPtrArray *patches;    /* of RawFile, not owned */
  guint ignored, ambiguous;
  Fault **fault;
} Choice;

#define note(choice, ...) submission_note ((choice)->submission->notes, __VA_ARGS__)

/* The two kinds of file that an answer needs. */
static inline gboolean
is_vendors (const char *path)
{
  return strcmp (path, KERNEL_KVM_FOLDER "vmx/vmx.c") == 0 || strcmp (path, KERNEL_KVM_FOLDER "svm/svm.c") == 0;
}

static inline gboolean
is_cpuid (const char *path)
{
  return strcmp (path, KERNEL_KVM_FOLDER "cpuid.c") == 0;
}

/* Where something is of the assignment asked for, what is of others is left out; where all is of others, that is noted. */
void choose_asked (Choice *choice);
