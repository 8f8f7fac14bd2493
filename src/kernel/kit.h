/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What builds KVM's modules alone, in seconds, against a kernel that was built before: a kit. It is the part of the built kernel tree
 * that `make M=arch/x86/kvm modules` needs, with the objects of KVM, kept in the cache beside the kernel's artefact.
 * The kit is shared and never written: a build works in a sandbox on a scratch layer over it.
 */
#pragma once
#include <glib.h>

#include "kernel/kernel.h"

typedef struct {
  char *dir;               /* the kernel tree's part, read-only for all; DIR/arch/x86/kvm/vmx/vmx.c is the lab's own source */
  char *base_modules_dir;  /* the unchanged modules as kernel_modules_build() makes them, unstripped: kvm.ko.debug, kvm-intel.ko.debug, kvm-amd.ko.debug */
  KernelArtefact *kernel;  /* bzImage, the unchanged modules, stripped: of the same bits */
} KernelKit;
void kernel_kit_free (KernelKit *kit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KernelKit, kernel_kit_free)
/* From the cache, or built (which builds the kernel first, if that is not there). Errors as kernel_build(). */
gboolean kernel_kit_open (const KernelSpec *spec, KernelKit **kit, GError **error);
extern const char *const kernel_kit_modules[]; /* "kvm", "kvm-intel", "kvm-amd", NULL: in the order in which they are loaded */

/* A file of the kernel to be other than the kit's. */
typedef struct {
  char *path; /* "arch/x86/kvm/cpuid.c" */
  char *text; /* NULL: removed */
} KernelFile;
void kernel_file_free (KernelFile *file);

typedef struct {
  const KernelKit *kit;
  const GPtrArray *files; /* of KernelFile */
  guint jobs;             /* compilers at once; 0: one per CPU */
  guint deadline_s;       /* of make; 0: 180, or 300 where other files than .c are changed, for which all of KVM may be compiled */
  const char *out_dir;    /* existing folder that gets kvm.ko, kvm-intel.ko, kvm-amd.ko (and irqbypass.ko, if it is a module), and *.ko.debug of the three, unstripped;
                             what was compiled of the changed .c files has source lines in it */
} KernelModulesSpec;

typedef struct {
  gboolean ok;         /* FALSE: it is the files' fault that there are no modules, and why stands in `errors` */
  gboolean doubtful;   /* not ok, and it may be the machine's doing after all: the deadline ended it, or the sandbox died under it */
  GPtrArray *errors;   /* of char *: the compiler's, linker's or modpost's lines, by file and line, at most 20; or "took longer than 180 s" … */
  GPtrArray *warnings; /* of char *: "arch/x86/kvm/cpuid.c:17:5: warning: …", by file and line, each once, at most 50 */
  guint warning_count; /* of all of them */
  char *log;           /* all that make said, at most 256 KiB: head and tail; valid UTF-8. Its order is by chance where jobs is more than 1 */
} KernelModules;
void kernel_modules_free (KernelModules *modules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KernelModules, kernel_modules_free)

/*
 * Builds the modules in a sandbox: no network, the kit read-only, limits of time, memory, processes and disk. Equal inputs give equal bits
 * on every machine, whatever the folders are called. FALSE only for what is not the files' fault: no sandbox here, interrupted, the disk.
 */
gboolean kernel_modules_build (const KernelModulesSpec *spec, KernelModules **modules, GError **error);
