/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM's part of the kernel sources that this host has as Debian's tarballs: what a student's file may have been made from. */
#pragma once
#include <glib.h>

#include "base/progress.h"

typedef struct {
  char *dir;  /* holds arch/x86/kvm, virt/kvm, the two kvm_host.h and Makefile */
  char *name; /* "6.12.117 (linux-source-6.12)" */
} KernelAtHand;

/*
 * *sources: of KernelAtHand, by the tarballs' names; those of all /usr/src/linux-source-*.tar.xz, the lab's own version among them: unpatched, it is
 * the base of what was made from it. Each is unpacked once, into CACHE/kvm-source-*, which takes some ten seconds.
 */
gboolean kernel_sources_at_hand (const char *cache_dir, Progress *progress, GPtrArray **sources, GError **error);
/* The same of another folder than /usr/src. */
gboolean kernel_sources_in (const char *folder, const char *cache_dir, Progress *progress, GPtrArray **sources, GError **error);
