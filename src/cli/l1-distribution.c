/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel and disk of a distribution as L1, and the machine that boots it; see l1-distribution.h. */
#include "cli/l1-distribution.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/run.h"
#include "cli/l1-snapshot.h"
#include "kernel/kit.h"

#define VARIANT "l1"
#define DISK_BYTES (G_GUINT64_CONSTANT (4) << 30)
#define LIST_MAX 65536
#define RAW_KIND "l1-disk"
#define RAW_SECONDS 8.0
#define ROOT_PARTITION "p3"

void
l1_distribution_free (L1Distribution *l1)
{
  if (!l1)
    return;
  kernel_artefact_free (l1->kernel);
  distro_artefact_free (l1->disk);
  g_free (l1->bzimage);
  g_free (l1->raw);
  g_free (l1);
}

/* --- the overlay: all of L1's files that are no package's ------------------------------------------ */

static gboolean
copy_to (const char *root, const char *from_dir, const char *from, const char *to, guint mode, GError **error)
{
  g_autofree char *source = g_build_filename (from_dir, from, NULL);
  g_autofree char *target = g_build_filename (root, to, NULL);
  g_autofree char *parent = g_path_get_dirname (target);

  return files_make_dir (parent, error) && files_copy (source, target, error) && (chmod (target, mode) == 0 || fail_errno (error, errno, "%s", target));
}

static gboolean
copy_kernel (const char *root, const KernelArtefact *kernel, GError **error)
{
  static const struct {
    const char *from, *to; /* to: RELEASE is put in for %s */
  } files[] = {
    { "bzImage", "boot/vmlinuz-%s" },
    { "System.map", "boot/System.map-%s" },
    { "config", "boot/config-%s" },
    { "modules.order", "usr/lib/modules/%s/modules.order" },
    { "modules.builtin", "usr/lib/modules/%s/modules.builtin" },
    { "modules.builtin.modinfo", "usr/lib/modules/%s/modules.builtin.modinfo" },
    { "modules/kvm.ko", "usr/lib/modules/%s/kernel/arch/x86/kvm/kvm.ko" },
    { "modules/kvm-intel.ko", "usr/lib/modules/%s/kernel/arch/x86/kvm/kvm-intel.ko" },
    { "modules/kvm-amd.ko", "usr/lib/modules/%s/kernel/arch/x86/kvm/kvm-amd.ko" },
    /* among them, as the agent finds all in one folder */
    { "modules/irqbypass.ko", "usr/lib/modules/%s/kernel/arch/x86/kvm/irqbypass.ko" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_auto (GStrv) parts = g_strsplit (files[i].to, "%s", 2);
      g_autofree char *to = g_strjoinv (kernel->release, parts);
      g_autofree char *path = g_build_filename (kernel->dir, files[i].from, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS) && !copy_to (root, kernel->dir, files[i].from, to, 0644, error))
        return FALSE;
    }
  return TRUE;
}

/* Only what waits for a lab: all else comes with the payload, so that a disk and its snapshot outlast the agent's changes. */
static gboolean
copy_service (const char *root, GError **error)
{
  g_autofree char *path = NULL;

  return artefacts_guest_program ("l1-service", &path, error) && copy_to (root, "/", path, "usr/lib/harness/l1-service", 0755, error);
}

static gboolean
copy_tree (const char *from, const char *to, GError **error)
{
  g_autofree char *contents = g_strconcat (from, "/.", NULL);
  g_autoptr (Run) run = run_new ("cp", "-a", "--no-preserve=ownership", "--", contents, to, NULL);

  return files_make_dir (to, error) && run_wait (run, error);
}

/* Sorted, owned by root, dated 1970: the same files give the same bits. */
static gboolean
make_tar (const char *root, const char *tar, GError **error)
{
  g_autoptr (Run) run = run_new ("tar", "--create", "--format=gnu", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=go-w", "-C", root, "-f", tar, ".", NULL);

  return run_wait (run, error);
}

static gboolean
make_overlay (App *app, const KernelKit *kit, const char *root, const char *tar, GError **error)
{
  g_autofree char *recipe = app_path (app, "images", "l1-distribution", "root", NULL);
  g_autofree char *sources = g_strdup_printf ("%s/usr/src/linux-%s", root, kit->kernel->release);

  return copy_tree (recipe, root, error) && copy_kernel (root, kit->kernel, error) && copy_service (root, error) && copy_tree (kit->dir, sources, error) &&
         make_tar (root, tar, error);
}

/* --- the disk ------------------------------------------------------------------------------------- */

/* Lines but comments and empty ones. */
static gboolean
read_list (const char *path, char ***names, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (!files_read (path, LIST_MAX, &text, NULL, error))
    return FALSE;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line; line++)
    if (*g_strstrip (*line) && **line != '#')
      g_strv_builder_add (builder, *line);
  *names = g_strv_builder_end (builder);
  return TRUE;
}

static gboolean
make_disk (App *app, const char *what, const KernelArtefact *kernel, const char *overlay, DistroArtefact **disk, GError **error)
{
  g_autofree char *configs_dir = app_path (app, "configs", "distributions", NULL);
  g_autofree char *list = app_path (app, "images", "l1-distribution", "packages.list", NULL);
  g_autofree char *script_path = app_path (app, "images", "l1-distribution", "script.sh", NULL);
  g_autofree char *text = NULL, *script = NULL;
  g_auto (GStrv) packages = NULL;

  if (!read_list (list, &packages, error) || !files_read (script_path, LIST_MAX, &text, NULL, error))
    return FALSE;
  script = g_strdup_printf ("RELEASE=%s\n%s", kernel->release, text);
  const DistroSpec spec = {
    .what = what,
    .configs_dir = configs_dir,
    .from = DISTRO_FROM_PACKAGES,
    .cache_dir = app->cache,
    .progress = &app->progress,
    .variant = VARIANT,
    .extra_packages = (const char *const *) packages,
    .overlay_tar = overlay,
    .script = script,
    .disk_bytes = DISK_BYTES,
  };

  return distro_build (&spec, disk, error);
}

static gboolean
convert (const DistroArtefact *disk, const char *raw, GError **error)
{
  g_autoptr (Run) run = run_new ("qemu-img", "convert", "-q", "-f", "qcow2", "-O", "raw", "-S", "64k", disk->disk, raw, NULL);

  return run_wait (run, error);
}

/* The qcow2 as the NVDIMM that an emulated L1 boots from. */
static gboolean
find_raw (App *app, L1Distribution *l1, GError **error)
{
  g_autofree char *lock_path = g_strdup_printf ("%s/" RAW_KIND "-%.16s.lock", app->cache, l1->disk->key);
  g_autoptr (FileLock) lock = file_lock (lock_path, error);
  g_autoptr (Scratch) scratch = NULL;
  g_autofree char *dir = NULL;
  gboolean damaged, ok;

  if (!lock || !cache_lookup (app->cache, RAW_KIND, l1->disk->key, &dir, &damaged, error))
    return FALSE;
  if (!dir)
    {
      scratch = scratch_new (app->cache, RAW_KIND, error);
      g_autofree char *raw = scratch ? scratch_file (scratch, "disk.raw") : NULL;

      progress_begin (&app->progress, "", "L1's disk as an NVDIMM", RAW_SECONDS);
      ok = raw && convert (l1->disk, raw, error) && cache_seal (app->cache, RAW_KIND, l1->disk->key, scratch, &dir, error);
      progress_end (&app->progress, "", ok, NULL);
      if (!ok)
        return FALSE;
    }
  l1->raw = g_build_filename (dir, "disk.raw", NULL);
  return TRUE;
}

static gboolean
find_kit (App *app, const ArtefactOptions *options, KernelKit **kit, GError **error)
{
  KernelSpec spec;

  if (!artefacts_kernel_spec (app, options, "kernel-distribution", &spec, error))
    return FALSE;
  spec.installable = TRUE;
  return kernel_kit_open (&spec, kit, error);
}

gboolean
l1_distribution_prepare (App *app, const ArtefactOptions *options, const char *what, L1Distribution **l1, GError **error)
{
  g_autoptr (L1Distribution) made = g_new0 (L1Distribution, 1);
  g_autoptr (KernelKit) kit = NULL;
  g_autoptr (Scratch) scratch = NULL;

  if (!find_kit (app, options, &kit, error))
    return FALSE;
  scratch = scratch_new (app->cache, "l1-overlay", error);
  if (!scratch)
    return FALSE;
  g_autofree char *root = scratch_file (scratch, "root");
  g_autofree char *tar = scratch_file (scratch, "overlay.tar");
  if (!files_make_dir (root, error) || !make_overlay (app, kit, root, tar, error) || !make_disk (app, what, kit->kernel, tar, &made->disk, error) ||
      !find_raw (app, made, error))
    {
      g_prefix_error (error, "%s as L1: ", what);
      return FALSE;
    }
  made->kernel = g_steal_pointer (&kit->kernel);
  made->bzimage = g_build_filename (made->kernel->dir, "bzImage", NULL);
  *l1 = g_steal_pointer (&made);
  return TRUE;
}

/* --- the machine ---------------------------------------------------------------------------------- */

gboolean
l1_distribution_fill (App *app, const L1Distribution *l1, const char *lane, MachineSpec *spec, GError **error)
{
  const gboolean stops = spec->accel == ACCEL_EMULATED && spec->kind == MACHINE_LIBVIRT;
  const MachineDisks disks = machine_disks (spec->kind, spec->accel, l1->bzimage);
  g_autofree char *cmdline
      = g_strdup_printf ("root=%s" ROOT_PARTITION " rootfstype=ext4 rw console=%s nokaslr panic=-1 lab.records=%s lab.snapshot=%d", disks.root,
                         machine_console_device (spec->kind), disks.records, stops);
  g_autofree char *dir = NULL;

  spec->kernel = g_intern_string (l1->bzimage);
  spec->root_image = g_intern_string (l1->raw);
  spec->cmdline = g_intern_string (cmdline);
  if (!stops)
    return TRUE;
  if (!l1_snapshot_find (app, l1, lane, spec, &dir, error))
    return FALSE;
  spec->snapshot_from = g_intern_string (dir);
  return TRUE;
}
