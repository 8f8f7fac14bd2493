/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM's part of a kernel's source: arch/x86/kvm, virt/kvm, the two kvm_host.h and Makefile, which tells the version. Internal to kernel/. */
#pragma once
#include <glib.h>

#include "base/files.h"
#include "base/progress.h"

/* Into the scratch folder, of a tarball or of a tree's top folder. HARNESS_ERROR_USAGE if it cannot be read; what is not there is not missed. */
gboolean kvm_part_unpack (const char *tarball, const Scratch *scratch, Progress *progress, GError **error);
gboolean kvm_part_copy (const char *tree, const Scratch *scratch, GError **error);
/* What Makefile says: "6.1.7", "6.2.0-rc3"; NULL: nothing. */
char *kvm_part_version (const char *dir);
/* TRUE, or HARNESS_ERROR_USAGE: this is no kernel with KVM for x86. */
gboolean kvm_part_check (const char *dir, const char *what, GError **error);
/* A key that the same files give, wherever they are from. */
gboolean kvm_part_key (const char *dir, char **key, GError **error);
