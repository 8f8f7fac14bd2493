/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's part of the kernel sources that are at hand: those that this host has as Debian's tarballs, and those that `build bases` kept. What a
 * student's file may have been made from.
 */
#pragma once
#include <glib.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/progress.h"

typedef struct {
  char *dir;     /* holds arch/x86/kvm, virt/kvm, the two kvm_host.h and Makefile */
  char *version; /* "6.12.117", "6.2.0-rc3"; NULL: its Makefile tells none */
  char *name;    /* "6.12.117 (linux-source-6.12)" */
} KernelAtHand;
KernelAtHand *kernel_at_hand_new (const char *dir, const char *origin);
void kernel_at_hand_free (KernelAtHand *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KernelAtHand, kernel_at_hand_free)

/*
 * *sources: of KernelAtHand. First those of all /usr/src/linux-source-*.tar.xz, by their names, the lab's own version among them: unpatched, it
 * is the base of what was made from it. Each is unpacked once, into CACHE/kvm-source-*, which takes some ten seconds. Then what is kept.
 */
gboolean kernel_sources_at_hand (const char *cache_dir, Progress *progress, GPtrArray **sources, GError **error);
/* The tarballs alone, of another folder than /usr/src. */
gboolean kernel_sources_in (const char *folder, const char *cache_dir, Progress *progress, GPtrArray **sources, GError **error);
/* What is kept alone. */
gboolean kernel_sources_kept (const char *cache_dir, Progress *progress, GPtrArray **sources, GError **error);
/* What is kept, as an input of whatever depends on it. */
void kernel_sources_hash_kept (const char *cache_dir, InputHash *hash);
/* Keeps what the scratch folder has, from now on offline, in CACHE/kvm-base-*; origin: a word for people. */
gboolean kernel_at_hand_keep (Scratch *scratch, const char *origin, const char *cache_dir, KernelAtHand **source, GError **error);
