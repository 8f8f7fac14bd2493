/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of how KVM's sources changed between Linux 5.4 and 7.2, where students count exits: data with a few readers. */
#pragma once
#include <glib.h>

#include "submission/csource.h"

/*
 * The functions that count exits or answer CPUID, NULL-terminated: where a student's change is looked for, and of which it is known what they were in
 * other versions. The loops around them (vmx_vcpu_run() …) change too much: there the student's lines are those that name what is known for the student's.
 */
extern const char *const kvm_changes_functions[];

/* The name in the lab's file of a function of the student's file; `name` itself if nothing is known. */
const char *kvm_changes_counterpart (const char *name, const CSource *theirs, const CSource *lab);
/* The name under which versions that have no function of this name had what stands in it; NULL if it was never another. */
const char *kvm_changes_before (const char *name);
/* The other way round: where versions that have that function have what stood in this one. */
const char *kvm_changes_after (const char *name);
/* What has to be rewritten between two files: of their kernel and of the lab's. */
typedef struct KvmRewriter KvmRewriter;
KvmRewriter *kvm_rewriter_new (const CSource *theirs, const CSource *lab);
void kvm_rewriter_free (KvmRewriter *rewriter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KvmRewriter, kvm_rewriter_free)
/*
 * A line of the student's, put in the terms of the lab's kernel: "vmx->exit_reason" of a time when it was an u32 becomes "vmx->exit_reason.full".
 * `function` is the lab's function that it goes into, or NULL. Newly allocated; with its line end, if it has one.
 */
char *kvm_rewriter_line (const KvmRewriter *rewriter, const char *function, const char *line);
/* The text with another word for a word, wherever it is a token. Newly allocated. */
char *kvm_rename (const char *text, const char *from, const char *to);
