/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From names in a submission to paths in the kernel; see paths.h. */
#include "submission/paths.h"

#include <stdlib.h>
#include <string.h>

#define KVM KERNEL_KVM_FOLDER
#define NAMES_OF_BASES "orig|original|originals|unmodified|unchanged|vanilla|pristine|before|stock|base"
#define ARCH_HOST_H "arch/x86/include/asm/kvm_host.h"
#define HOST_H "include/linux/kvm_host.h"
#define KVM_MAIN "virt/kvm/kvm_main.c"

/* arch/x86/kvm of Linux 5.4 to 7.2. */
static const char *const kvm_files[] = {
  "cpuid.c", "cpuid.h", "debugfs.c", "emulate.c", "fpu.h", "governed_features.h", "hyperv.c", "hyperv.h", "i8254.c", "i8254.h", "i8259.c",
  "ioapic.c", "ioapic.h", "irq.c", "irq.h", "irq_comm.c", "kvm-asm-offsets.c", "kvm_cache_regs.h", "kvm_emulate.h", "kvm_onhyperv.c",
  "kvm_onhyperv.h", "lapic.c", "lapic.h", "mmu.h", "mmu/mmu.c", "mmu/mmu_internal.h", "mmu/mmutrace.h", "mmu/page_track.c",
  "mmu/page_track.h", "mmu/paging_tmpl.h", "mmu/spte.c", "mmu/spte.h", "mmu/tdp_iter.c", "mmu/tdp_iter.h", "mmu/tdp_mmu.c", "mmu/tdp_mmu.h",
  "mtrr.c", "pmu.c", "pmu.h", "regs.c", "regs.h", "reverse_cpuid.h", "smm.c", "smm.h", "svm/avic.c", "svm/hyperv.c",
  "svm/hyperv.h", "svm/nested.c", "svm/pmu.c",
  "svm/sev.c", "svm/svm.c", "svm/svm.h", "svm/svm_onhyperv.c", "svm/svm_onhyperv.h", "svm/svm_ops.h", "svm/vmenter.S", "trace.h", "tss.h",
  "vmenter.h",
  "vmx/capabilities.h", "vmx/common.h", "vmx/evmcs.c", "vmx/evmcs.h", "vmx/hyperv.c", "vmx/hyperv.h", "vmx/hyperv_evmcs.c",
  "vmx/hyperv_evmcs.h", "vmx/main.c", "vmx/nested.c", "vmx/nested.h", "vmx/ops.h", "vmx/pmu_intel.c", "vmx/pmu_intel.h",
  "vmx/posted_intr.c",
  "vmx/posted_intr.h", "vmx/run_flags.h", "vmx/sgx.c", "vmx/sgx.h", "vmx/tdx.c", "vmx/tdx.h", "vmx/tdx_arch.h",
  "vmx/vmcs.h", "vmx/vmcs12.c", "vmx/vmcs12.h",
  "vmx/vmcs_shadow_fields.h", "vmx/vmenter.S", "vmx/vmx.c", "vmx/vmx.h", "vmx/vmx_onhyperv.c", "vmx/vmx_onhyperv.h", "vmx/vmx_ops.h",
  "vmx/x86_ops.h", "x86.c", "x86.h", "xen.c", "xen.h",
};

/* Names that other things have too: alone they say nothing. */
static const char *const common_names[] = { "main.c", "common.h", "debugfs.c", "trace.h", "irq.c", "irq.h", "fpu.h", "ops.h", "regs.c", "regs.h" };

/* Files that students change: those alone are looked for in names with more to them. */
static const char *const usual[] = { "cpuid.c", "vmx.c", "svm.c", "x86.c" };

void
kernel_path_clear (KernelPath *path)
{
  g_free (path->path);
  *path = (KernelPath){ 0 };
}

static gboolean
listed (const char *const *list, gsize n, const char *name)
{
  for (gsize i = 0; i < n; i++)
    {
      if (strcmp (list[i], name) == 0)
        return TRUE;
    }
  return FALSE;
}
#define LISTED(list, name) listed (list, G_N_ELEMENTS (list), name)

static const char *
base_of (const char *path)
{
  const char *slash = strrchr (path, '/');
  return slash != NULL ? slash + 1 : path;
}

/* What follows the last "arch/x86/kvm/" (or another run of whole folders), NULL if it is not there. */
static const char *
after_folders (const char *name, const char *folders)
{
  const char *found = NULL;
  for (const char *at = name; (at = strstr (at, folders)) != NULL; at++)
    {
      if (at == name || at[-1] == '/')
        found = at + strlen (folders);
    }
  return found;
}

static gboolean
has_tail (const char *name, const char *tail)
{
  const char *after = after_folders (name, tail);
  return after != NULL && *after == '\0';
}

/* --- odd names -------------------------------------------------------------------------------- */

#define COPY_MARKS 5u

/* Made once: they are asked of every name. */
static GRegex *const *
copy_marks (void)
{
  static const char *const patterns[COPY_MARKS] = { " *\\(([0-9]{1,4})\\) *$", " *-? copy *([0-9]{0,4})$", "^copy ([0-9]{0,4} ?)of ", "[-_ ]([0-9]{1,2})$",
                                                    "^ +| +$" };
  static GRegex *regexes[COPY_MARKS];
  static gsize made;
  if (g_once_init_enter (&made))
    {
      for (guint i = 0; i < COPY_MARKS; i++)
        regexes[i] = g_regex_new (patterns[i], G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
      g_once_init_leave (&made, 1);
    }
  return regexes;
}

/* "cpuid (2)" to "cpuid" and 2; also "cpuid - Copy (2)", "Copy of cpuid", "cpuid-1". The stem is lower-case. */
static char *
strip_copy_marks (const char *stem, guint *copy)
{
  GRegex *const *regexes = copy_marks ();
  char *name = g_strdup (stem);
  for (guint i = 0; i < COPY_MARKS; i++)
    {
      GRegex *regex = regexes[i];
      g_autoptr (GMatchInfo) info = NULL;
      if (!g_regex_match (regex, name, 0, &info))
        continue;
      g_autofree char *number = g_match_info_get_match_count (info) > 1 ? g_match_info_fetch (info, 1) : NULL;
      if (i < 4)
        *copy = MAX (*copy, MAX (1u, number != NULL ? (guint) atoi (number) : 1u));
      g_autofree char *before = g_steal_pointer (&name);
      name = g_regex_replace_literal (regex, before, -1, 0, "", 0, NULL);
    }
  return name;
}

/* "CPUID (1).C.txt" to "cpuid.c". NULL if it is no name of a source. */
static char *
tidy_name (const char *base, guint *copy)
{
  g_autofree char *lower = g_ascii_strdown (base, -1);
  g_strstrip (lower);
  while (g_str_has_suffix (lower, ".txt") || g_str_has_suffix (lower, ".c.c"))
    {
      lower[strlen (lower) - (g_str_has_suffix (lower, ".txt") ? 4 : 2)] = '\0';
      g_strchomp (lower);
    }
  g_autofree char *outer = strip_copy_marks (lower, copy); /* "vmx.c (1)" */
  char *dot = strrchr (outer, '.');
  if (dot == NULL || (strcmp (dot, ".c") != 0 && strcmp (dot, ".h") != 0))
    return NULL;
  const char extension = dot[1];
  *dot = '\0';
  g_autofree char *stem = strip_copy_marks (outer, copy);
  return g_strdup_printf ("%s.%c", stem, extension);
}

/* "hw2_cpuid.c", "vmx-final.c", "cpuid.modified.c": the usual name at its begin or end. */
static const char *
find_usual (const char *tidy)
{
  static const char separators[] = "-_ .()[]+,";
  const gsize length = strlen (tidy) - 2;
  for (guint i = 0; i < G_N_ELEMENTS (usual); i++)
    {
      const gsize stem = strlen (usual[i]) - 2;
      if (!g_str_has_suffix (tidy, ".c") || length <= stem)
        continue;
      if (strncmp (tidy, usual[i], stem) == 0 && strchr (separators, tidy[stem]) != NULL)
        return usual[i];
      if (strncmp (tidy + length - stem, usual[i], stem) == 0 && strchr (separators, tidy[length - stem - 1]) != NULL)
        return usual[i];
    }
  return NULL;
}

/* --- whole files ------------------------------------------------------------------------------ */

/* The one file of KVM with that last part. *several: there are more. */
static const char *
by_base (const char *base, gboolean *several)
{
  const char *found = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (kvm_files); i++)
    {
      if (strcmp (base_of (kvm_files[i]), base) != 0)
        continue;
      *several = found != NULL;
      if (*several)
        return NULL;
      found = kvm_files[i];
    }
  return found;
}

static void
set_path (KernelPath *out, PathMatch match, const char *below)
{
  out->match = match;
  g_free (out->path);
  out->path = g_strconcat (KVM, below, NULL);
}

/* Files that lay in kvm/ itself until 5.6. */
static const char *
new_layout (const char *below)
{
  static const char *const moved[][2] = { { "vmx.c", "vmx/vmx.c" }, { "svm.c", "svm/svm.c" }, { "mmu.c", "mmu/mmu.c" },
                                          { "pmu_intel.c", "vmx/pmu_intel.c" }, { "pmu_amd.c", "svm/pmu.c" } };
  for (guint i = 0; i < G_N_ELEMENTS (moved); i++)
    {
      if (strcmp (moved[i][0], below) == 0)
        return moved[i][1];
    }
  return NULL;
}

/* Below arch/x86/kvm/: any name there is one of the kernel's, but an odd one of a known file is that file's. */
static void
set_below (KernelPath *out, const char *below, gboolean odd)
{
  const char *moved = new_layout (below);
  out->by_path = TRUE;
  out->old_layout = moved != NULL;
  set_path (out, odd ? PATH_ODD : PATH_EXACT, moved != NULL ? moved : below);
}

static void
find_below (const char *below, KernelPath *out)
{
  guint copy = 0;
  const char *base = base_of (below);
  g_autofree char *tidy = tidy_name (base, &copy);
  g_autofree char *known = tidy != NULL ? g_strdup_printf ("%.*s%s", (int) (base - below), below, tidy) : NULL;
  if (LISTED (kvm_files, below) || known == NULL || strcmp (base, tidy) == 0 || !(LISTED (kvm_files, known) || new_layout (known) != NULL))
    {
      set_below (out, below, FALSE);
      return;
    }
  out->copy = copy;
  set_below (out, known, TRUE);
}

/* "vmx/nested.c", "kvm/Makefile": part of the path is there. */
static gboolean
find_by_parent (const char *name, KernelPath *out)
{
  static const char *const parents[] = { "kvm/", "vmx/", "svm/", "mmu/" };
  for (guint i = 0; i < G_N_ELEMENTS (parents); i++)
    {
      const char *below = after_folders (name, parents[i]);
      g_autofree char *path = below != NULL ? g_strconcat (i > 0 ? parents[i] : "", below, NULL) : NULL;
      if (path == NULL || !(LISTED (kvm_files, path) || (i == 0 && (new_layout (path) != NULL || strcmp (path, "Makefile") == 0 || strcmp (path, "Kconfig") == 0))))
        continue;
      set_below (out, path, FALSE);
      return TRUE;
    }
  return FALSE;
}

static void
find_bare (const char *base, KernelPath *out)
{
  gboolean several = FALSE;
  guint copy = 0;
  g_autofree char *tidy = tidy_name (base, &copy);
  const char *below = by_base (base, &several);
  const gboolean odd = below == NULL && !several && tidy != NULL;
  if (odd)
    below = by_base (tidy, &several);
  if (several || (below != NULL && LISTED (common_names, base_of (below))))
    {
      out->match = PATH_AMBIGUOUS;
      return;
    }
  if (below != NULL)
    {
      out->copy = odd ? copy : 0;
      set_path (out, odd ? PATH_ODD : PATH_EXACT, below);
      return;
    }
  const char *likely = tidy != NULL ? find_usual (tidy) : NULL;
  if (likely == NULL || strstr (tidy, "test") != NULL)
    return;
  out->copy = copy;
  set_path (out, PATH_LIKELY, by_base (likely, &several));
}

/* Its folders name another part of a kernel: "tools/testing/selftests/kvm/lib/svm.c", "arch/arm64/kvm/Makefile". */
static gboolean
is_elsewhere (const char *name)
{
  static const char *const folders[] = { "arch/", "drivers/", "tools/testing/", "tools/arch/", "selftests/", "include/linux/", "virt/kvm/" };
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      if (after_folders (name, folders[i]) != NULL)
        return TRUE;
    }
  return FALSE;
}

/* Folders that a kernel's tree has, and what no student's folder is called like. */
static gboolean
is_in_tree_alone (const char *name)
{
  static const char *const below[] = { "drivers/", "arch/", "tools/", "include/linux/", "include/uapi/", "include/net/", "include/dt-bindings/", "sound/" };
  static const char *const deep[] = { "Documentation/", "fs/", "net/", "include/", "crypto/", "security/", "samples/", "scripts/" };
  for (guint i = 0; i < G_N_ELEMENTS (below); i++)
    {
      if (after_folders (name, below[i]) != NULL)
        return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (deep); i++)
    {
      const char *rest = after_folders (name, deep[i]);
      if (rest != NULL && strchr (rest, '/') != NULL)
        return TRUE;
    }
  return FALSE;
}

/* Asked of each of 79 thousand names: what is quick comes first. */
gboolean
kernel_path_is_other_part (const char *name)
{
  g_auto (KernelPath) known = { 0 };
  if (after_folders (name, KVM) != NULL || !is_in_tree_alone (name))
    return FALSE;
  if (is_elsewhere (name))
    return !has_tail (name, ARCH_HOST_H) && !has_tail (name, HOST_H) && !has_tail (name, KVM_MAIN);
  kernel_path_find (name, &known);
  return known.match == PATH_UNKNOWN;
}

static gboolean
find_others (const char *name, KernelPath *out)
{
  static const char *const others[] = { ARCH_HOST_H, HOST_H, KVM_MAIN };
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      if (!has_tail (name, others[i]))
        continue;
      out->by_path = TRUE;
      out->match = PATH_EXACT;
      out->path = g_strdup (others[i]);
      return TRUE;
    }
  if (is_elsewhere (name))
    return FALSE;
  if (!has_tail (name, "kvm_host.h") && !has_tail (name, "kvm_main.c"))
    return FALSE;
  out->match = PATH_EXACT;
  out->path = g_strdup (has_tail (name, "kvm_main.c") ? KVM_MAIN : ARCH_HOST_H);
  return TRUE;
}

gboolean
kernel_path_is_sound (const char *path)
{
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+.,/";
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  const char *const *names = (const char *const *) parts;
  return path[strspn (path, allowed)] == '\0' && !g_strv_contains (names, "..") && !g_strv_contains (names, ".") && !g_strv_contains (names, "");
}

void
kernel_path_find (const char *name, KernelPath *path)
{
  *path = (KernelPath){ 0 };
  const char *below = after_folders (name, KVM);
  if (below != NULL && *below != '\0')
    find_below (below, path);
  else if (!find_others (name, path) && !is_elsewhere (name) && !find_by_parent (name, path))
    find_bare (base_of (name), path);
  if (path->path != NULL && !kernel_path_is_sound (path->path))
    kernel_path_clear (path);
}

/* --- patches ---------------------------------------------------------------------------------- */

gboolean
kernel_path_is_source (const char *path)
{
  static const char *const suffixes[] = { ".c", ".h", ".s", "/makefile", "/kconfig", "/kbuild", NULL };
  return name_ends (path, suffixes);
}

gboolean
kernel_path_is_kernels (const char *path)
{
  static const char *const tops[] = { "Documentation", "LICENSES", "arch", "block", "certs", "crypto", "debian", "drivers", "fs", "include", "init", "io_uring", "ipc",
                                      "kernel", "lib", "mm", "net", "rust", "samples", "scripts", "security", "sound", "tools", "usr", "virt" };
  static const char *const files[] = { "Makefile", "Kbuild", "Kconfig" };
  const char *slash = strchr (path, '/');
  if (slash == NULL)
    return LISTED (files, path);
  g_autofree char *top = g_strndup (path, (gsize) (slash - path));
  return LISTED (tops, top);
}

static char *
without_suffix (const char *name)
{
  static const char *const suffixes[] = { ".orig", ".old", ".bak", ".new", "~" };
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      if (g_str_has_suffix (name, suffixes[i]))
        return g_strndup (name, strlen (name) - strlen (suffixes[i]));
    }
  return g_strdup (name);
}

/* The outermost folder that is one of the kernel's top: of "../linux-5.8/drivers/x.c", "drivers/x.c". An absolute name's own "usr" is not it. */
static const char *
find_top (const char *name)
{
  if (name[0] != '/' && kernel_path_is_kernels (name))
    return name;
  for (const char *slash = strchr (name[0] == '/' ? name + 1 : name, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      if (strchr (slash + 1, '/') != NULL && kernel_path_is_kernels (slash + 1))
        return slash + 1;
    }
  return NULL;
}

char *
kernel_path_of_patch (const char *name)
{
  const gboolean prefixed = g_str_has_prefix (name, "a/") || g_str_has_prefix (name, "b/");
  g_autofree char *plain = without_suffix (prefixed ? name + 2 : name);
  g_auto (KernelPath) found = { 0 };
  kernel_path_find (plain, &found);
  const char *top = found.by_path ? NULL : find_top (plain);
  /* A name's folders weigh more than its last part: tools/x86.c is no x86.c of KVM. */
  const char *path = found.path != NULL && top == NULL ? found.path : top;
  if (path == NULL && prefixed && (strcmp (plain, "Makefile") == 0 || strcmp (plain, "Kbuild") == 0 || strcmp (plain, "Kconfig") == 0))
    path = plain;
  return path != NULL && kernel_path_is_sound (path) ? g_strdup (path) : NULL;
}

/* --- what is nothing -------------------------------------------------------------------------- */

gboolean
kernel_path_is_document (const char *path)
{
  static const char *const suffixes[] = { ".md", ".rst", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".docx", ".doc", ".log", ".out", ".html", ".csv", ".gitignore", ".gitattributes" };
  static const char *const prefixes[] = { "readme", "license", "copying", "report", "answers", "screenshot" };
  const char *base = base_of (path);
  g_autofree char *lower = g_ascii_strdown (base, -1);
  if (g_str_has_prefix (path, "Documentation/") || (base == path && g_str_has_suffix (lower, ".txt")))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      if (g_str_has_suffix (lower, suffixes[i]))
        return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      if (g_str_has_prefix (lower, prefixes[i]) && !g_str_has_suffix (lower, ".c") && !g_str_has_suffix (lower, ".h"))
        return TRUE;
    }
  return FALSE;
}

gboolean
name_ends (const char *name, const char *const *suffixes)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);
  for (; *suffixes != NULL; suffixes++)
    {
      if (g_str_has_suffix (lower, *suffixes))
        return TRUE;
    }
  return FALSE;
}

gboolean
name_is_litter (const char *name)
{
  static const char *const suffixes[] = { "~", ".bak", ".orig", ".old", ".rej", ".swp", ".swo", ".o", ".ko", ".a", ".mod", ".mod.c", ".cmd", ".d", ".order", ".symvers", ".pyc", ".lnk" };
  const char *base = base_of (name);
  g_autofree char *lower = g_ascii_strdown (base, -1);
  if (g_str_has_prefix (base, ".") || g_str_has_prefix (base, "#") || g_str_has_prefix (base, "~$"))
    return TRUE;
  if (after_folders (name, "__MACOSX/") != NULL || after_folders (name, ".svn/") != NULL || after_folders (name, ".vscode/") != NULL)
    return TRUE;
  if (strcmp (lower, "thumbs.db") == 0 || strcmp (lower, "desktop.ini") == 0)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      if (g_str_has_suffix (lower, suffixes[i]))
        return TRUE;
    }
  return FALSE;
}

static gboolean
says (const char *name, const char *words)
{
  g_autofree char *pattern = g_strconcat ("(^|[^a-z])(", words, ")([^a-z]|$)", NULL);
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_RAW | G_REGEX_CASELESS, 0, NULL);
  return g_regex_match (regex, name, 0, NULL);
}

/* The innermost folder, or the file, whose name has one of the words; not where it also says that it was changed ("modified-from-original"). */
static gboolean
innermost_says (const char *name, const char *words)
{
  g_auto (GStrv) parts = g_strsplit (name, "/", -1);
  for (guint i = g_strv_length (parts); i > 0; i--)
    {
      if (says (parts[i - 1], "modified|modifications?|changed|changes|edited|new|after|mine"))
        return FALSE;
      if (says (parts[i - 1], words))
        return TRUE;
    }
  return FALSE;
}

gboolean
name_is_original (const char *name)
{
  return innermost_says (name, NAMES_OF_BASES "|old|backup|bak");
}

gboolean
name_is_base (const char *name)
{
  return innermost_says (name, NAMES_OF_BASES);
}
