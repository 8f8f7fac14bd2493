/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A distribution as L1 runs the micro L2 through its libvirt: l1-distribution DIR. What it leaves in DIR is a lab's raw files. */
#include <stdio.h>

#include "base/error.h"
#include "cli/l1-cmdline.h"
#include "cli/l1-distribution.h"
#include "cli/l1-payload.h"

#define DEADLINE_NS (G_GINT64_CONSTANT (900) * 1000000000)

static gboolean
run (App *app, const char *dir, GError **error)
{
  const ArtefactOptions options = { .jobs = JOBS_NOT_GIVEN };
  g_autoptr (L1Distribution) l1 = NULL;
  g_autoptr (KernelArtefact) micro_kernel = NULL;
  g_autoptr (LabConfig) lab = NULL;
  g_autoptr (LeafMap) map = NULL;
  g_autofree char *lab_path = app_path (app, "configs", "labs", "svm.conf", NULL);
  g_autofree char *map_path = app_path (app, "configs", "leaf-maps", "A.conf", NULL);
  g_autofree char *cmdline = NULL, *micro = NULL;
  L2DomainConfig l2;

  if (!lab_config_load (lab_path, &lab, error) || !leaf_map_load (map_path, &map, error) || !artefacts_kernel (app, &options, &micro_kernel, error) ||
      !l1_distribution_prepare (app, &options, "debian-12", &l1, error))
    return FALSE;
  const L1CmdlineSpec line = { .lab = lab, .map = map, .machine = MACHINE_LIBVIRT, .accel = ACCEL_EMULATED, .patched = TRUE };
  if (!l1_cmdline (&line, &cmdline, error))
    return FALSE;
  micro = l1_cmdline_of_l2 (&line);
  l2_domain_micro (lab, micro, &l2);
  MachineSpec spec = {
    .kind = MACHINE_LIBVIRT,
    .isa = ISA_SVM,
    .accel = ACCEL_EMULATED,
    .cpus = 1,
    .memory_mib = L1_DISTRIBUTION_MEMORY_MIB,
    .cpu_model = lab->emulated_cpu_model,
    .record_bytes = (guint64) lab->record_mib << 20,
    .dir = dir,
    .l0_log = TRUE,
    .deadline_ns = DEADLINE_NS,
  };
  g_autoptr (Payload) payload = l1_payload_make (app, lab, cmdline, micro_kernel, &l2, error);
  if (!payload || !l1_distribution_fill (app, l1, "svm", &spec, error))
    return FALSE;
  spec.payload = payload_bytes (payload, &spec.payload_bytes);
  g_autoptr (Machine) machine = machine_new (&spec, error);
  MachineResult result = { 0 };
  if (!machine || !machine_start (machine, error) || !machine_wait (machine, NULL, NULL, &result, error))
    return FALSE;
  const gboolean ok = result.end == MACHINE_END_POWEROFF || fail (error, HARNESS_ERROR_FAILED, "L1 ended by %s: %s", machine_end_name (result.end), result.detail);
  machine_result_clear (&result);
  return ok;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  App app = { 0 };
  const gboolean ok = argc == 2 && app_init (&app, 0, &error) && run (&app, argv[1], &error);

  if (!ok)
    fprintf (stderr, "%s\n", error ? error->message : "usage: l1-distribution DIR");
  app_clear (&app);
  return !ok;
}
