/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L2 from the options; see guest.h. */
#include "cli/guest.h"

#include <string.h>

#include "base/error.h"
#include "cli/artefacts.h"
#include "cli/l1-distribution.h"
#include "image/distro.h"

#define CPUS_MAX 8
#define MEMORY_MIN 32
#define MEMORY_MAX 65536
#define OWN_MEMORY_MIB 512u
#define L1_MORE_MIB 832u     /* L1 itself, QEMU, and what L2 writes to its disk */
#define OWN_DEADLINE_S 480u /* guest time: ten times what Debian 12 and Ubuntu 24.04 took, seven times that with every device emulated */
#define OWN_MACHINE_DEADLINE_S 3600u
#define OWN_RECORD_MIB 512u
#define L1_DISTRIBUTION_MORE_MIB 1536u /* systemd, libvirt, QEMU, and what L2 writes */
#define READY_DEFAULT "login: "

struct Guest {
  DistroArtefact *distro; /* NULL: no disk */
  char *name, *origin;
  char *seed, *kernel, *initrd, *cmdline, *loader_rom;
  char **ready;
  L2Devices devices;
  L2Firmware firmware;
  gboolean micro, powers_off;
};

void
guest_free (Guest *guest)
{
  if (!guest)
    return;
  g_clear_pointer (&guest->distro, distro_artefact_free);
  g_free (guest->name);
  g_free (guest->origin);
  g_free (guest->seed);
  g_free (guest->kernel);
  g_free (guest->initrd);
  g_free (guest->cmdline);
  g_free (guest->loader_rom);
  g_strfreev (guest->ready);
  g_free (guest);
}

static gboolean
is_own (const GuestOptions *o)
{
  return o->what || o->kernel;
}

static gboolean
need (const void *given, const char *option, gboolean there, const char *needed, GError **error)
{
  return !given || there || fail (error, HARNESS_ERROR_USAGE, "%s needs %s", option, needed);
}

static gboolean
check_words (const GuestOptions *o, GError **error)
{
  L2Devices devices;
  L2Firmware firmware;

  if (o->devices && !l2_devices_parse (o->devices, &devices))
    return fail (error, HARNESS_ERROR_USAGE, "--l2-devices is \"%s\"; try: minimal, virtio or emulated", o->devices);
  if (o->firmware && !l2_firmware_parse (o->firmware, &firmware))
    return fail (error, HARNESS_ERROR_USAGE, "--firmware is \"%s\"; try: bios or uefi", o->firmware);
  if (o->firmware && o->kernel)
    return fail (error, HARNESS_ERROR_USAGE, "--firmware is of no use with --l2-kernel, which QEMU loads itself; try: without it");
  if (o->l1 && o->firmware && firmware == L2_FIRMWARE_UEFI)
    return fail (error, HARNESS_ERROR_USAGE, "L2 by UEFI goes with the small L1 only; try: without --l1, or --firmware bios");
  return TRUE;
}

static gboolean
check_file (const char *option, const char *path, GError **error)
{
  if (!path || g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  return fail (error, HARNESS_ERROR_USAGE, "%s: %s: there is no such file", option, path);
}

/* A distribution as L1 is made of packages. */
static gboolean
check_l1 (const App *app, const char *name, GError **error)
{
  g_autofree char *configs = app_path (app, "configs", "distributions", NULL);
  g_auto (GStrv) names = NULL;
  g_autofree char *joined = NULL;

  if (!name)
    return TRUE;
  if (!distro_names (configs, &names, error))
    return FALSE;
  joined = g_strjoinv (", ", names);
  return g_strv_contains ((const char *const *) names, name) || fail (error, HARNESS_ERROR_USAGE, "--l1: no distribution is called \"%s\"; try: %s", name, joined);
}

gboolean
guest_check (const App *app, const GuestOptions *o, gboolean replay, GError **error)
{
  const gboolean disk = o->what != NULL, kernel = o->kernel != NULL;

  if (!need (o->initrd, "--l2-initrd", kernel, "--l2-kernel", error) || !need (o->cmdline, "--l2-cmdline", kernel, "--l2-kernel", error) ||
      !need (o->ready, "--l2-ready", disk || kernel, "--l2 or --l2-kernel: the micro L2 tells by itself", error) || !need (o->seed, "--l2-seed", disk, "--l2", error) ||
      !need (o->firmware, "--firmware", disk, "--l2", error))
    return FALSE;
  if (o->cpus < 0 || o->cpus > CPUS_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "--l2-cpus is %d; try: a number from 1 to %d", o->cpus, CPUS_MAX);
  if (o->memory_mib != 0 && (o->memory_mib < MEMORY_MIN || o->memory_mib > MEMORY_MAX))
    return fail (error, HARNESS_ERROR_USAGE, "--l2-memory is %d; try: a number of MiB from %d to %d", o->memory_mib, MEMORY_MIN, MEMORY_MAX);
  if (replay && (o->l1 || is_own (o) || o->devices || o->cpus || o->memory_mib))
    return fail (error, HARNESS_ERROR_USAGE, "--replay boots nothing: what L1 and L2 were stands in the records; try: without --l1 and --l2…");
  return check_words (o, error) && check_file ("--l2-kernel", o->kernel, error) && check_file ("--l2-initrd", o->initrd, error) &&
         (!o->seed || strcmp (o->seed, "none") == 0 || check_file ("--l2-seed", o->seed, error)) && check_l1 (app, o->l1, error);
}

gboolean
guest_configure (const GuestOptions *o, MachineKind machine, LabConfig *lab, GError **error)
{
  if (o->l1 && machine == MACHINE_BOCHS)
    return fail (error, HARNESS_ERROR_USAGE, "%s: a distribution as L1 does not boot on Bochs's disks; try: --isa svm, or hardware", lab->name);
  if (o->cpus)
    lab->l2_cpus = (guint) o->cpus;
  if (machine == MACHINE_BOCHS && lab->l2_cpus > 1)
    return fail (error, HARNESS_ERROR_USAGE,
                 "%s: %u CPUs for L2: Bochs keeps L1's interrupts back while L2 has its own off, so L2's firmware would wait for its other CPUs for ever; try: --isa svm, or hardware",
                 lab->name, lab->l2_cpus);
  if (is_own (o))
    {
      lab->l2_memory_mib = MAX (lab->l2_memory_mib, OWN_MEMORY_MIB);
      lab->l2_operations = 0;
      lab->l2_deadline_s = MAX (lab->l2_deadline_s, OWN_DEADLINE_S);
      lab->machine_deadline_s = MAX (lab->machine_deadline_s, OWN_MACHINE_DEADLINE_S);
      lab->record_mib = MAX (lab->record_mib, OWN_RECORD_MIB);
    }
  if (o->memory_mib)
    lab->l2_memory_mib = (guint) o->memory_mib;
  if (o->l1)
    {
      lab->machine_deadline_s = MAX (lab->machine_deadline_s, OWN_MACHINE_DEADLINE_S);
      lab->record_mib = MAX (lab->record_mib, OWN_RECORD_MIB);
      lab->l1_memory_mib = MAX (lab->l1_memory_mib, MAX (L1_DISTRIBUTION_MEMORY_MIB, lab->l2_memory_mib + L1_DISTRIBUTION_MORE_MIB));
    }
  if (is_own (o) || o->memory_mib)
    lab->l1_memory_mib = MAX (lab->l1_memory_mib, lab->l2_memory_mib + (is_own (o) ? L1_MORE_MIB : 384u));
  return TRUE;
}

static gboolean
prepare_disk (App *app, const GuestOptions *o, Guest *guest, GError **error)
{
  g_autofree char *configs = app_path (app, "configs", "distributions", NULL);
  const DistroSpec spec = { .what = o->what, .configs_dir = configs, .cache_dir = app->cache, .progress = &app->progress };
  SeedSpec seed = { .report = TRUE, .cache_dir = app->cache, .progress = &app->progress };
  g_autofree char *sha256 = NULL;

  if (!distro_build (&spec, &guest->distro, error))
    return FALSE;
  guest->origin = g_strdup (guest->distro->origin);
  if (o->seed && strcmp (o->seed, "none") != 0)
    guest->seed = g_strdup (o->seed);
  if (o->seed)
    return TRUE;
  seed.hostname = "l2";
  guest->powers_off = TRUE;
  return seed_build (&seed, &guest->seed, &sha256, error);
}

static gboolean
prepare_own (App *app, const GuestOptions *o, Guest *guest, GError **error)
{
  static const char *const ready[] = { READY_DEFAULT, NULL };

  guest->name = o->what ? g_path_get_basename (o->what) : g_strdup ("kernel");
  guest->kernel = g_strdup (o->kernel);
  guest->initrd = g_strdup (o->initrd);
  guest->cmdline = g_strdup (o->cmdline);
  guest->ready = g_strdupv (o->ready ? o->ready : (char **) ready);
  if (!o->what)
    guest->origin = g_strdup ("a kernel of the user's");
  else if (!prepare_disk (app, o, guest, error))
    return FALSE;
  return artefacts_guest_program ("loader-rom", &guest->loader_rom, error);
}

gboolean
guest_prepare (App *app, const GuestOptions *o, Guest **guest, GError **error)
{
  g_autoptr (Guest) made = g_new0 (Guest, 1);

  *guest = NULL;
  if (!is_own (o) && !o->devices)
    return TRUE;
  if (o->devices)
    l2_devices_parse (o->devices, &made->devices);
  if (o->firmware)
    l2_firmware_parse (o->firmware, &made->firmware);
  made->micro = !is_own (o);
  if (made->micro)
    {
      made->name = g_strdup ("micro");
      made->origin = g_strdup ("the harness's own");
    }
  else if (!prepare_own (app, o, made, error))
    return FALSE;
  *guest = g_steal_pointer (&made);
  return TRUE;
}

const char *
guest_name (const Guest *guest)
{
  return guest->name;
}

const char *
guest_origin (const Guest *guest)
{
  return guest->origin;
}

const char *
guest_disk_sha256 (const Guest *guest)
{
  return guest->distro ? guest->distro->sha256 : NULL;
}

gboolean
guest_is_own (const Guest *guest)
{
  return !guest->micro;
}

L2Spec
guest_l2_spec (const Guest *guest, const LabConfig *lab, const char *micro_cmdline)
{
  return (L2Spec){
    .micro = guest->micro,
    .disk = guest->distro ? guest->distro->disk : NULL,
    .disk_format = "qcow2",
    .kernel = guest->kernel,
    .initrd = guest->initrd,
    .cmdline = guest->micro ? micro_cmdline : guest->cmdline,
    .seed = guest->seed,
    .devices = guest->devices,
    .firmware = guest->firmware,
    .loader_rom = guest->kernel ? NULL : guest->loader_rom,
    .ready = (const char *const *) guest->ready,
    .powers_off = guest->powers_off,
    .idle_ms = lab->l2_idle_ms,
  };
}

gboolean
guest_write_volume (const Guest *guest, const LabConfig *lab, const char *micro_cmdline, const char *path, char **inputs, GError **error)
{
  const L2Spec spec = guest_l2_spec (guest, lab, micro_cmdline);

  return l2_volume_write (&spec, path, inputs, error);
}
