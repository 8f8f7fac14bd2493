/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A submission's change, carried onto the lab's kernel. A file whose base is told, by the submission or by --base, is merged
 * with it. Of any other what no kernel ever had is the student's, and is put into the lab's own, statement by statement
 * (transplant.h). What cannot be done honestly is not done: fault->needs_base.
 */
#pragma once
#include <glib.h>

#include "submission/kernel-index.h"
#include "submission/submission.h"

typedef struct {
  const char *lab_dir;            /* the lab's kernel source (a KernelKit's dir): arch/x86/kvm/… */
  const char *const *base_dirs;   /* other sources at hand, unpacked (at least arch/x86/kvm, arch/x86/include/asm/kvm_host.h, include/linux/kvm_host.h); NULL-terminated */
  const char *const *base_names;  /* the same: "6.12.117 (linux-source-6.12)" */
  const char *given_base_dir;     /* --base's, or NULL: then it alone is used */
  KernelIndex *index;             /* what other versions have: with it a base need not be at hand */
  const char *scratch_dir;
} CarrySpec;

typedef struct {
  char *path;
  char *text; /* NULL: removed */
  char *how;  /* "as it is", "merged: base 6.1", "transplanted: kvm_emulate_cpuid, total_exits" */
} CarriedFile;

typedef struct {
  GPtrArray *files;   /* of CarriedFile, by path */
  char *diff;         /* unified: the lab's kernel against what will be built; the student's lines */
  char *left_out;     /* unified diff or list of what was not carried, "" if nothing */
  GPtrArray *notes;   /* of char * */
} Carried;
void carried_free (Carried *carried);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Carried, carried_free)

/* *carried or *fault (stage carry) is set. */
gboolean submission_carry (const Submission *submission, const CarrySpec *spec, Carried **carried, Fault **fault, GError **error);
