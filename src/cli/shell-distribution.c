/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A distribution as a person's L1; see shell-distribution.h. */
#include "cli/shell-distribution.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "image/l2-domain.h"
#include "image/own-disk.h"

#define L2_MEMORY_MIB 512u
#define L1_MORE_MIB 1536u /* systemd, libvirt, QEMU, and what L2 writes */
/* Paths in L1, as images/l1-distribution/shell.sh knows them. */
#define L2_LAYER "/var/lib/libvirt/images/l2.qcow2"
#define L2_SEED "/var/lib/libvirt/images/l2-seed.iso"
#define L2_SOCKET "/run/harness-l2-exec"
#define L2_ASK "/usr/local/sbin/harness-l2-exec"

void
shell_distribution_free (ShellDistribution *distribution)
{
  if (!distribution)
    return;
  l1_distribution_free (distribution->l1);
  distro_artefact_free (distribution->l2_disk);
  g_free (distribution->script);
  g_free (distribution->exec_agent);
  g_free (distribution->kvm_options);
  g_free (distribution->l2_xml);
  g_free (distribution);
}

gboolean
shell_distribution_is_name (App *app, const char *what)
{
  g_autofree char *configs = app_path (app, "configs", "distributions", NULL);
  g_auto (GStrv) names = NULL;

  return distro_names (configs, &names, NULL) && g_strv_contains ((const char *const *) names, what);
}

static guint
l2_memory_mib (const LabConfig *lab)
{
  return MAX (lab->l2_memory_mib, L2_MEMORY_MIB);
}

static char *
make_l2_xml (const LabConfig *lab)
{
  const L2DomainConfig config = {
    .memory_mib = l2_memory_mib (lab),
    .cpus = lab->l2_cpus,
    .disk = L2_LAYER,
    .disk_format = "qcow2",
    .seed = L2_SEED,
    .seed_format = "raw",
    .exec_socket = L2_SOCKET,
    .devices = L2_DEVICES_VIRTIO,
  };

  return l2_domain_xml (&config);
}

static gboolean
find_l2_disk (App *app, const char *what, DistroArtefact **disk, GError **error)
{
  g_autofree char *configs = app_path (app, "configs", "distributions", NULL);
  const DistroSpec spec = { .what = what, .configs_dir = configs, .cache_dir = app->cache, .progress = &app->progress };

  return distro_build (&spec, disk, error);
}

gboolean
shell_distribution_prepare (App *app, const ArtefactOptions *options, const char *what, ShellDistribution **distribution, GError **error)
{
  g_autoptr (ShellDistribution) made = g_new0 (ShellDistribution, 1);

  if (!artefacts_guest_program ("exec-agent", &made->exec_agent, error) || !l1_distribution_prepare (app, options, what, &made->l1, error) || !find_l2_disk (app, what, &made->l2_disk, error))
    return FALSE;
  made->script = app_path (app, "images", "l1-distribution", "shell.sh", NULL);
  *distribution = g_steal_pointer (&made);
  return TRUE;
}

/* --- the seed ------------------------------------------------------------------------------------- */

static gboolean
put_text (const char *dir, const char *name, const char *text, GError **error)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  return files_write (path, text, -1, error);
}

/* The same as L1's own: root at its console, the agent at its second serial port. */
static gboolean
put_l2_seed (const char *dir, const char *exec_agent, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (dir, "l2", error);
  g_autofree char *agent = scratch ? scratch_file (scratch, OWN_DISK_AGENT) : NULL;
  g_autofree char *iso = g_build_filename (dir, "l2-seed.iso", NULL);

  return agent && files_copy (exec_agent, agent, error) && own_disk_seed ("l2", scratch_path (scratch), iso, error);
}

static gboolean
fill_seed (const char *dir, gconstpointer user, GError **error)
{
  const ShellDistribution *distribution = user;
  g_autofree char *setup = g_build_filename (dir, OWN_DISK_SETUP, NULL);

  return files_copy (distribution->script, setup, error) && put_text (dir, "kvm.conf", distribution->kvm_options, error) &&
         put_text (dir, "module", distribution->module, error) && put_text (dir, "l2.xml", distribution->l2_xml, error) &&
         put_text (dir, "console", distribution->l2_console ? "l2" : "l1", error) && put_l2_seed (dir, distribution->exec_agent, error);
}

void
shell_distribution_fill (ShellDistribution *distribution, const L1CmdlineSpec *lab, gboolean l2, ShellSpec *spec)
{
  static const char *const ask[] = { L2_ASK, NULL };

  distribution->kvm_options = l1_modprobe_options (lab);
  distribution->l2_xml = make_l2_xml (lab->lab);
  distribution->module = lab->lab->isa == ISA_VMX ? "kvm_intel" : "kvm_amd";
  distribution->l2_console = l2 && !spec->argv;
  spec->own_disk = distribution->l1->disk->disk;
  spec->exec_agent = distribution->exec_agent;
  spec->fill_seed = fill_seed;
  spec->fill_user = distribution;
  spec->kernel = distribution->l1->kernel;
  spec->through_l1 = l2;
  spec->ask = ask;
  spec->guest = l2 ? "L2" : "L1";
  spec->machine.second_disk = distribution->l2_disk->disk;
  spec->machine.memory_mib = MAX (spec->machine.memory_mib, MAX (L1_DISTRIBUTION_MEMORY_MIB, l2_memory_mib (lab->lab) + L1_MORE_MIB));
}
