/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kit in the cache: CACHE/kvm-kit-<16 digits>/
 *   linux/   the part of the built tree that `make M=arch/x86/kvm modules` needs, and what that made
 *   base/    the modules it made, unstripped
 *   key      the whole key
 * It is no sealed cache entry: to hash its 8,000 files at each use would take longer than to build a submission. It is
 * whole or not there, as it is made beside its place and renamed.
 */
#include "kernel/kit.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/run.h"
#include "kernel/artefact.h"
#include "kernel/make.h"

/* To be raised when this code makes another kit of the same kernel. */
#define RECIPE "1"
#define KIND "kvm-kit"
#define KIT_BYTES (G_GUINT64_CONSTANT (200) << 20)
#define TEXT_LIMIT (16 * 1024 * 1024)

const char *const kernel_kit_modules[] = { "kvm", "kvm-intel", "kvm-amd", NULL };

void
kernel_kit_free (KernelKit *kit)
{
  if (kit == NULL)
    return;
  g_free (kit->dir);
  g_free (kit->base_modules_dir);
  kernel_artefact_free (kit->kernel);
  g_free (kit);
}

/* --- copying ---------------------------------------------------------------------------------- */

static gboolean
copy_parts (const Worktree *worktree, const char *linux_dir, GError **error)
{
  static const char *const parts[] = { "Makefile", ".config", "Module.symvers", "scripts", "include", "arch/x86/include", "arch/x86/kvm", "virt/kvm" };
  /* Not there in every version, or for every configuration. */
  static const char *const maybe[] = { "arch/x86/Makefile", "arch/x86/Makefile_32.cpu", "arch/x86/Makefile.um", "arch/Kconfig", "tools/objtool/objtool" };
  g_autoptr (Run) run = run_new ("cp", "-a", "--reflink=auto", "--no-preserve=ownership", "--parents", "-t", linux_dir, "--", NULL);
  run_set_cwd (run, worktree_tree (worktree));
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    run_add (run, parts[i]);
  for (guint i = 0; i < G_N_ELEMENTS (maybe); i++)
    {
      g_autofree char *path = g_build_filename (worktree_tree (worktree), maybe[i], NULL);
      if (g_file_test (path, G_FILE_TEST_EXISTS))
        run_add (run, maybe[i]);
    }
  return files_make_dir (linux_dir, error) && run_wait (run, error);
}

/* What the kernel's own build made of KVM: it had other command lines. */
static gboolean
remove_objects (const char *linux_dir, GError **error)
{
  g_autoptr (Run) run = run_new ("find", "arch/x86/kvm", "virt/kvm", "-type", "f", "(", NULL);
  static const char *const made[] = { "*.o", "*.ko", "*.a", "*.mod", "*.mod.c", ".*.cmd", "modules.order", "Module.symvers", "kvm-asm-offsets.[hs]" };
  for (guint i = 0; i < G_N_ELEMENTS (made); i++)
    {
      if (i > 0)
        run_add (run, "-o");
      run_add (run, "-name");
      run_add (run, made[i]);
    }
  run_add (run, ")");
  run_add (run, "-delete");
  run_set_cwd (run, linux_dir);
  return run_wait (run, error);
}

/* The kernel's list of symbols without those of KVM, whose modules are to be made from nothing. */
static gboolean
forget_symbols (const char *linux_dir, GError **error)
{
  g_autofree char *path = g_build_filename (linux_dir, "Module.symvers", NULL);
  g_autofree char *text = NULL;
  if (!files_read (path, TEXT_LIMIT, &text, NULL, error))
    return FALSE;
  g_autoptr (GString) kept = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      if (**line != '\0' && strstr (*line, "\tarch/x86/kvm/") == NULL)
        g_string_append_printf (kept, "%s\n", *line);
    }
  return files_write (path, kept->str, (gssize) kept->len, error);
}

/* Modules made with M= are marked as foreign to the kernel, which taints it, unless modpost is not told (-e): then they are the kernel's own, bit for bit. */
static gboolean
make_modules_native (const char *linux_dir, GError **error)
{
  g_autofree char *path = g_build_filename (linux_dir, "scripts/Makefile.modpost", NULL);
  g_autofree char *text = NULL;
  if (!files_read (path, TEXT_LIMIT, &text, NULL, error))
    return FALSE;
  g_autoptr (GString) edited = g_string_new (text);
  g_string_replace (edited, "modpost-args += -e ", "modpost-args += ", 0);
  return files_write (path, edited->str, (gssize) edited->len, error);
}

/*
 * From Linux 6.13 on `make M=` works in the modules' folder and names the kernel's files by absolute paths: the bits would tell where the kit lies, and
 * whoever uses it elsewhere would have to compile all of it. From that folder, which is always the same, the kernel is three folders up.
 */
static gboolean
make_paths_relative (const char *linux_dir, GError **error)
{
  static const char *const edits[][2] = {
    { "objtree := $(abs_srctree)\n", "objtree := ../../..\n" },
    { "export srctree := $(if $(KBUILD_EXTMOD),$(abs_srctree),$(srcroot))\n", "export srctree := ../../..\n" },
    { "-fmacro-prefix-map=$(srcroot)/=\n", "-fmacro-prefix-map=$(srcroot)/= -fmacro-prefix-map=$(srctree)/=\n" },
  };
  g_autofree char *path = g_build_filename (linux_dir, "Makefile", NULL);
  g_autofree char *text = NULL;
  if (!files_read (path, TEXT_LIMIT, &text, NULL, error))
    return FALSE;
  if (strstr (text, "KBUILD_EXTMOD_OUTPUT") == NULL)
    return TRUE;
  g_autoptr (GString) edited = g_string_new (text);
  for (guint i = 0; i < G_N_ELEMENTS (edits); i++)
    {
      if (g_string_replace (edited, edits[i][0], edits[i][1], 0) != 1)
        return fail (error, HARNESS_ERROR_FAILED, "%s: not as any version's that is known: \"%.*s\" is not there once", path,
                     (int) strcspn (edits[i][0], "\n"), edits[i][0]);
    }
  return files_write (path, edited->str, (gssize) edited->len, error);
}

/* --- making ----------------------------------------------------------------------------------- */

static gboolean
copy_base (const char *linux_dir, const char *base_dir, GError **error)
{
  if (!files_make_dir (base_dir, error))
    return FALSE;
  for (guint i = 0; kernel_kit_modules[i] != NULL; i++)
    {
      g_autofree char *from = g_strdup_printf ("%s/arch/x86/kvm/%s.ko", linux_dir, kernel_kit_modules[i]);
      g_autofree char *to = g_strdup_printf ("%s/%s.ko.debug", base_dir, kernel_kit_modules[i]);
      if (!files_copy (from, to, error))
        return FALSE;
    }
  return TRUE;
}

/* In the sandbox another id reads it, whatever our umask was. */
static gboolean
let_read (const char *dir, GError **error)
{
  g_autoptr (Run) run = run_new ("chmod", "-R", "a+rX,go-w", "--", dir, NULL);
  return run_wait (run, error);
}

static gboolean
fill (const KernelSpec *spec, const Worktree *worktree, const Scratch *scratch, const char *key, GError **error)
{
  g_autofree char *linux_dir = scratch_file (scratch, "linux");
  g_autofree char *base_dir = scratch_file (scratch, "base");
  g_autofree char *key_path = scratch_file (scratch, "key");
  const MakeSpec make_spec = { .jobs = spec->jobs > 0 ? spec->jobs : g_get_num_processors (), .progress = spec->progress };
  return copy_parts (worktree, linux_dir, error) && remove_objects (linux_dir, error) && forget_symbols (linux_dir, error)
         && make_modules_native (linux_dir, error) && make_paths_relative (linux_dir, error) && make_kvm (&make_spec, worktree, linux_dir, error) && copy_base (linux_dir, base_dir, error)
         && files_write (key_path, key, -1, error) && let_read (scratch_path (scratch), error);
}

static gboolean
is_whole (const char *dir, const char *key)
{
  g_autofree char *path = g_build_filename (dir, "key", NULL);
  g_autofree char *text = NULL;
  return files_read (path, 256, &text, NULL, NULL) && strcmp (text, key) == 0;
}

static gboolean
make_in (const KernelSpec *spec, const char *dir, const char *key, GError **error)
{
  g_autoptr (Worktree) worktree = NULL;
  if (!kernel_build_tree (spec, &worktree, error))
    return FALSE;
  if (is_whole (dir, key)) /* another command made it while we waited for the tree */
    return TRUE;
  if (!files_need_bytes (spec->cache_dir, KIT_BYTES, "a kit for KVM's modules", error) || !files_remove_tree (dir, error))
    return FALSE;
  g_autofree char *cache = g_path_get_dirname (dir); /* absolute: what is run works in folders of its own */
  g_autoptr (Scratch) scratch = scratch_new (cache, KIND, error);
  if (scratch == NULL || !fill (spec, worktree, scratch, key, error) || !scratch_commit (scratch, dir, TRUE, error))
    {
      g_prefix_error (error, "%s: making the kit: ", dir);
      return FALSE;
    }
  return TRUE;
}

static char *
kit_dir_for (const KernelSpec *spec, const char *key)
{
  g_autofree char *name = g_strdup_printf (KIND "-%.16s", key);
  g_autofree char *cache = g_canonicalize_filename (spec->cache_dir, NULL);
  return g_build_filename (cache, name, NULL);
}

gboolean
kernel_kit_make (const KernelSpec *spec, const char *kernel_key, char **dir, GError **error)
{
  g_autoptr (InputHash) hash = input_hash_new (KIND "-" RECIPE);
  input_hash_add (hash, "kernel", kernel_key);
  g_autofree char *key = input_hash_end (hash);
  g_autofree char *place = kit_dir_for (spec, key);
  if (!is_whole (place, key) && !make_in (spec, place, key, error))
    return FALSE;
  *dir = g_steal_pointer (&place);
  return TRUE;
}

gboolean
kernel_kit_open (const KernelSpec *spec, KernelKit **kit, GError **error)
{
  g_autoptr (KernelKit) opened = g_new0 (KernelKit, 1);
  g_autofree char *dir = NULL;
  if (!kernel_build (spec, &opened->kernel, error) || !kernel_kit_make (spec, opened->kernel->key, &dir, error))
    return FALSE;
  opened->dir = g_build_filename (dir, "linux", NULL);
  opened->base_modules_dir = g_build_filename (dir, "base", NULL);
  *kit = g_steal_pointer (&opened);
  return TRUE;
}
