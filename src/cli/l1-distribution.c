/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel, disk and snapshot of a distribution L1; see l1-distribution.h. */
#include "cli/l1-distribution.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/run.h"
#include "image/contents.h"
#include "kernel/kit.h"
#include "record/payload.h"

#define VARIANT "l1"
#define DISK_BYTES (G_GUINT64_CONSTANT (4) << 30)
#define LIST_MAX 65536
#define RAW_KIND "l1-disk"
#define RAW_SECONDS 8.0
#define SNAPSHOT_KIND "l1-snapshot"
#define SNAPSHOT_RECIPE "1" /* to be raised when a snapshot of the same inputs is to be made anew */
#define SNAPSHOT_SECONDS 90.0
#define SNAPSHOT_DEADLINE_NS (G_GINT64_CONSTANT (1200) * 1000000000)
#define SNAPSHOT_BYTES (G_GUINT64_CONSTANT (5) << 30)
#define ROOT_PARTITION "p3"
#define VOLUME_UNIT (G_GINT64_CONSTANT (1) << 30)

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
  g_autofree char *default_series = app_path (app, "kernel-patches", "6.1", NULL);
  g_autofree char *config_dir = app_path (app, "configs", "kernel-distribution", NULL);
  const KernelSpec spec = {
    .source = options->source,
    .series_dir = options->series ? options->series : default_series,
    .config_dir = config_dir,
    .cache_dir = app->cache,
    .installable = TRUE,
    .jobs = (guint) MAX (options->jobs, 0),
    .progress = &app->progress,
  };

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

/* --- the snapshot --------------------------------------------------------------------------------- */

/* All that decides what L1 is when it stops, and what the machine that goes on must have in common with it. */
static char *
snapshot_key (const L1Distribution *l1, const MachineSpec *spec, const char *emulator)
{
  g_autoptr (InputHash) hash = input_hash_new (SNAPSHOT_KIND "-" SNAPSHOT_RECIPE);
  struct stat st = { 0 };
  g_autofree char *numbers = NULL;

  if (spec->volume && stat (spec->volume, &st) < 0)
    st.st_size = 0;
  numbers = g_strdup_printf ("%u %u %u %u %" G_GUINT64_FORMAT " %lld", (guint) spec->isa, spec->cpus, spec->memory_mib, spec->icount_shift, spec->record_bytes, (long long) st.st_size);
  input_hash_add (hash, "kernel", l1->kernel->key);
  input_hash_add (hash, "disk", l1->disk->sha256);
  input_hash_add (hash, "cmdline", spec->cmdline);
  input_hash_add (hash, "cpu", spec->cpu_model);
  input_hash_add (hash, "emulator", emulator);
  input_hash_add (hash, "numbers", numbers);
  return input_hash_end (hash);
}

/* What differs between the machine that stops and the one that goes on is not in the snapshot. */
static MachineSpec
spec_for_snapshot (const MachineSpec *spec, const char *dir, const char *snapshot)
{
  MachineSpec stops = *spec;

  stops.payload = NULL;
  stops.payload_bytes = 0;
  stops.dir = dir;
  stops.l0_log = FALSE;
  stops.deadline_ns = SNAPSHOT_DEADLINE_NS;
  stops.stall_ns = 0;
  stops.snapshot_to = snapshot;
  return stops;
}

/* As long as L2's volume and empty: what L1 finds out about its disks at its start must not depend on what L2 is. */
static gboolean
make_empty_volume (const MachineSpec *spec, const Scratch *scratch, char **path, GError **error)
{
  struct stat st;

  if (!spec->volume)
    return TRUE;
  *path = scratch_file (scratch, "volume");
  return (stat (spec->volume, &st) == 0 && files_write (*path, "", 0, error) && truncate (*path, st.st_size) == 0) ||
         fail_errno (error, errno, "%s: making it empty", *path);
}

static gboolean
boot_until_stop (const MachineSpec *spec, GError **error)
{
  g_autoptr (Machine) machine = machine_new (spec, error);
  MachineResult result = { 0 };
  gboolean ok;

  if (!machine || !machine_start (machine, error) || !machine_wait (machine, NULL, NULL, &result, error))
    return FALSE;
  ok = result.end == MACHINE_END_SNAPSHOT ||
       fail (error, HARNESS_ERROR_FAILED, "L1 did not come to its snapshot but ended by %s: %s; try: look into %s/l1-console.log", machine_end_name (result.end),
             result.detail ? result.detail : "no detail", spec->dir);
  machine_result_clear (&result);
  return ok;
}

static gboolean
make_snapshot (App *app, const char *lane, const MachineSpec *spec, const char *key, char **dir, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (app->cache, SNAPSHOT_KIND, error);
  g_autoptr (Scratch) beside = scratch ? scratch_new (app->cache, SNAPSHOT_KIND "-volume", error) : NULL;
  g_autofree char *volume = NULL;
  gboolean ok;

  if (!beside || !make_empty_volume (spec, beside, &volume, error) || !files_need_bytes (app->cache, SNAPSHOT_BYTES, "L1's snapshot", error))
    return FALSE;
  MachineSpec stops = spec_for_snapshot (spec, spec->dir, scratch_path (scratch));
  stops.volume = volume;
  progress_begin (&app->progress, lane, "L1's first boot", SNAPSHOT_SECONDS);
  ok = boot_until_stop (&stops, error) && cache_seal (app->cache, SNAPSHOT_KIND, key, scratch, dir, error);
  progress_end (&app->progress, lane, ok, NULL);
  return ok;
}

static gboolean
find_snapshot (App *app, const L1Distribution *l1, const char *lane, const MachineSpec *spec, char **dir, GError **error)
{
  g_autofree char *emulator = machine_emulator_version (spec->kind, error);
  g_autofree char *key = emulator ? snapshot_key (l1, spec, emulator) : NULL;
  g_autofree char *lock_path = g_strdup_printf ("%s/" SNAPSHOT_KIND "-%.16s.lock", app->cache, key ? key : "");
  g_autoptr (FileLock) lock = key ? file_lock (lock_path, error) : NULL;
  gboolean damaged = FALSE;

  if (!lock || !cache_lookup (app->cache, SNAPSHOT_KIND, key, dir, &damaged, error))
    return FALSE;
  return *dir || make_snapshot (app, lane, spec, key, dir, error);
}

/* One snapshot for all volumes of about a size. What is added is a hole. */
static gboolean
round_volume (const MachineSpec *spec, GError **error)
{
  struct stat st;

  if (!spec->volume)
    return TRUE;
  if (stat (spec->volume, &st) < 0)
    return fail_errno (error, errno, "%s", spec->volume);
  return truncate (spec->volume, (st.st_size + VOLUME_UNIT - 1) / VOLUME_UNIT * VOLUME_UNIT) == 0 || fail_errno (error, errno, "%s: making it longer", spec->volume);
}

gboolean
l1_distribution_fill (App *app, const L1Distribution *l1, const char *lane, MachineSpec *spec, GError **error)
{
  const gboolean stops = spec->accel == ACCEL_EMULATED && spec->kind == MACHINE_LIBVIRT;
  g_autofree char *cmdline
      = g_strdup_printf ("root=%s" ROOT_PARTITION " rootfstype=ext4 rw console=%s nokaslr panic=-1 lab.records=%s lab.snapshot=%d", machine_root_device (spec->kind, spec->accel),
                         machine_console_device (spec->kind), machine_record_device (spec->kind, spec->accel), stops);
  g_autofree char *dir = NULL;

  spec->kernel = g_intern_string (l1->bzimage);
  spec->root_image = g_intern_string (l1->raw);
  spec->cmdline = g_intern_string (cmdline);
  if (!stops)
    return TRUE;
  if (!round_volume (spec, error) || !find_snapshot (app, l1, lane, spec, &dir, error))
    return FALSE;
  spec->snapshot_from = g_intern_string (dir);
  return TRUE;
}

/* --- the payload ---------------------------------------------------------------------------------- */

static gboolean
add_domain (Payload *payload, const char *name, const L2DomainConfig *config, GError **error)
{
  g_autofree char *xml = l2_domain_xml (config);

  return payload_add (payload, name, xml, strlen (xml), error);
}

static gboolean
add_file (Payload *payload, const char *name, const char *path, GError **error)
{
  g_autofree char *data = NULL;
  gsize size;

  return files_read (path, PAYLOAD_DEVICE_BYTES, &data, &size, error) && payload_add (payload, name, data, size, error);
}

static gboolean
add_program (Payload *payload, const char *name, const char *program, GError **error)
{
  g_autofree char *path = NULL;

  return artefacts_guest_program (program, &path, error) && add_file (payload, name, path, error);
}

/* Kernel and initramfs as they stand in the small L1's image. */
static gboolean
add_micro (App *app, Payload *payload, const KernelArtefact *kernel, GError **error)
{
  g_autofree char *bzimage = g_build_filename (kernel->dir, "bzImage", NULL);
  g_autofree char *init = NULL;
  g_autoptr (Contents) contents = contents_new ();
  g_autoptr (Scratch) scratch = scratch_new (app->cache, "initrd", error);
  g_autofree char *initrd = scratch ? scratch_file (scratch, "initrd") : NULL;

  if (!initrd || !artefacts_guest_program ("l2-init", &init, error))
    return FALSE;
  contents_add_file (contents, "init", init, 0755);
  contents_add_device (contents, "dev/console", 5, 1);
  contents_add_dir (contents, "proc");
  contents_add_dir (contents, "sys");
  return contents_write (contents, CONTENTS_CPIO, initrd, error) && add_file (payload, PAYLOAD_KERNEL, bzimage, error) && add_file (payload, PAYLOAD_INITRD, initrd, error);
}

#define MICRO_KERNEL PAYLOAD_DIR "/" PAYLOAD_KERNEL
#define MICRO_INITRD PAYLOAD_DIR "/" PAYLOAD_INITRD
#define MICRO_DISK PAYLOAD_OVERLAY_DIR "/disk"

Payload *
l1_distribution_payload (App *app, const LabConfig *lab, const char *cmdline, const KernelArtefact *micro_kernel, const L2DomainConfig *l2, GError **error)
{
  g_autoptr (Payload) payload = payload_new ();
  const L2DomainConfig known_answer
      = { .memory_mib = lab->l2_memory_mib, .cpus = 1, .kernel = PAYLOAD_DIR "/" PAYLOAD_KNOWN_ANSWER, .devices = L2_DEVICES_MINIMAL };

  if (!payload_add (payload, PAYLOAD_CMDLINE, cmdline, strlen (cmdline), error) || !add_program (payload, PAYLOAD_AGENT, "l1-agent-libvirt", error) ||
      !add_domain (payload, PAYLOAD_L2_XML, l2, error) || (micro_kernel && !add_micro (app, payload, micro_kernel, error)))
    return NULL;
  if (lab->l2_operations && (!add_domain (payload, PAYLOAD_KNOWN_ANSWER_XML, &known_answer, error) ||
                             !add_program (payload, PAYLOAD_KNOWN_ANSWER, "known-answer", error)))
    return NULL;
  return g_steal_pointer (&payload);
}

void
l2_domain_micro (const LabConfig *lab, const char *cmdline, L2DomainConfig *l2)
{
  *l2 = (L2DomainConfig){
    .memory_mib = lab->l2_memory_mib,
    .cpus = lab->l2_cpus,
    .kernel = MICRO_KERNEL,
    .initrd = MICRO_INITRD,
    .cmdline = cmdline,
    .disk = MICRO_DISK,
    .disk_format = "raw",
    .devices = L2_DEVICES_VIRTIO,
  };
}

gboolean
l2_domain_of_volume (const L2Spec *spec, const LabConfig *lab, L2DomainConfig *l2, GError **error)
{
  if (spec->firmware == L2_FIRMWARE_UEFI)
    return fail (error, HARNESS_ERROR_USAGE, "L2 by UEFI goes with the small L1 only; try: without --l1, or --firmware bios");
  l2_domain_micro (lab, spec->cmdline, l2);
  l2->devices = spec->devices;
  l2->loader_rom = spec->loader_rom ? PAYLOAD_DIR "/loader-rom" : NULL;
  l2->report_serial = !spec->micro;
  if (spec->micro)
    return TRUE;
  l2->kernel = spec->kernel ? MICRO_KERNEL : NULL; /* the volume's files have the same names */
  l2->initrd = spec->initrd ? MICRO_INITRD : NULL;
  l2->disk = spec->disk ? PAYLOAD_OVERLAY_DIR "/disk.qcow2" : NULL;
  l2->disk_format = l2->seed_format = "qcow2";
  l2->seed = spec->seed ? PAYLOAD_OVERLAY_DIR "/seed.qcow2" : NULL;
  return TRUE;
}
