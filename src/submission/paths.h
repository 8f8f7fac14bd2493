/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which kernel file a name in a submission stands for. Pure; names are bytes, '/' between folders. Internal to submission/.
 */
#pragma once
#include <glib.h>

#define KERNEL_KVM_FOLDER "arch/x86/kvm/"

typedef enum {
  PATH_UNKNOWN,   /* nothing of the kernel's, as far as the name tells */
  PATH_AMBIGUOUS, /* two files of KVM are called so */
  PATH_EXACT,     /* by its path, or by a name that one file of KVM alone has */
  PATH_ODD,       /* the same under an odd name: "cpuid (1).c", "CPUID.C", "vmx.c.txt" */
  PATH_LIKELY,    /* a known name with more before or after it: "hw2_cpuid.c": what is in it must agree */
} PathMatch;

typedef struct {
  PathMatch match;
  char *path;        /* "arch/x86/kvm/vmx/vmx.c"; NULL unless EXACT, ODD or LIKELY */
  gboolean by_path;  /* folders said so, not the bare name */
  gboolean old_layout; /* arch/x86/kvm/vmx.c of Linux 5.6 and older */
  guint copy;        /* of "vmx (3).c": 3 */
} KernelPath;
void kernel_path_clear (KernelPath *path);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (KernelPath, kernel_path_clear)

/* Files of KVM, and what lies below arch/x86/kvm/ or is one of the two kvm_host.h. */
void kernel_path_find (const char *name, KernelPath *path);
/* For patches: the same, and any other path of the kernel, with or without odd folders before it. NULL if it is none. Newly allocated. */
char *kernel_path_of_patch (const char *name);
/* Letters that kernel files are named with, no "..", ".", or empty part: fit for a Makefile and for any output. The above find no others. */
gboolean kernel_path_is_sound (const char *path);
/* The path begins with a folder or file of the kernel's top: "drivers/…", "Makefile". */
gboolean kernel_path_is_kernels (const char *path);
/* Documents: Documentation/, README, *.md, pictures, .gitignore: nothing that is built. */
gboolean kernel_path_is_document (const char *path);

/* A file of the kernel that is none of KVM's, by folders that no submission has but a kernel's tree: "drivers/net/x.c", "fs/ext4/x.h". */
gboolean kernel_path_is_other_part (const char *name);
/* By its suffix: C, assembly, or a Makefile or Kconfig in a folder. */
gboolean kernel_path_is_source (const char *path);
/* Does it end in one of these lower-case suffixes (NULL-terminated), in whatever case? */
gboolean name_ends (const char *name, const char *const *suffixes);
/* Backups, products of builds, and what systems leave behind: __MACOSX/, .DS_Store, "x.c~", "x.o". */
gboolean name_is_litter (const char *name);
/* A copy that its name calls the original: "cpuid.c.orig", "old/cpuid.c". */
gboolean name_is_original (const char *name);
/* An original that is a kernel's own, not a student's earlier state: "base/cpuid.c", "vanilla/vmx.c". */
gboolean name_is_base (const char *name);
