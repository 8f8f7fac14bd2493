/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L1's kernel command line; see l1-cmdline.h. */
#include "cli/l1-cmdline.h"

#include <string.h>

#include "base/error.h"

/*
 * The exit codes whose leaves L2 reads, hexadecimal: all that the SDM or APM number, some beyond, and the
 * edges of 32 bits. Ascending; ranges.
 */
static const char *
codes (Isa isa)
{
  return isa == ISA_VMX ? "0-50,ff,100,ffff,7fffffff,ffffffff" : "0-a7,100,3ff-405,7fffffff,ffffffff";
}

static void
append_leaf (GString *list, guint32 leaf)
{
  g_autofree char *text = g_strdup_printf ("%x", leaf);
  g_auto (GStrv) listed = g_strsplit (list->str, ",", -1);

  /* A map may answer two questions in one leaf; it is read once. */
  if (leaf && !g_strv_contains ((const char *const *) listed, text))
    g_string_append_printf (list, "%s%s", list->len ? "," : "", text);
}

char *
l1_cmdline_of_l2 (const L1CmdlineSpec *spec)
{
  const LeafMap *map = spec->map;
  g_autoptr (GString) totals = g_string_new (NULL);
  g_autoptr (GString) reasons = g_string_new (NULL);

  append_leaf (totals, map->total_exits);
  append_leaf (totals, map->total_cycles);
  append_leaf (reasons, map->reason_exits);
  append_leaf (reasons, map->reason_cycles);
  return g_strdup_printf ("%s lab.totals=%s lab.reasons=%s lab.codes=%s lab.idle_ms=%u lab.operations=%u", spec->lab->l2_cmdline, totals->str, reasons->str,
                          codes (spec->lab->isa), spec->lab->l2_idle_ms, spec->lab->l2_operations);
}

static char *
kvm_params (const L1CmdlineSpec *spec)
{
  g_autofree char *leaves = leaf_map_kernel_spec (spec->map);
  const char *undefined = spec->lab->isa == ISA_VMX ? spec->map->undefined_vmx : spec->map->undefined_svm;

  if (!spec->patched)
    return g_strdup (spec->lab->kvm_params);
  return g_strdup_printf ("exit_log_records=%u exit_leaf_abi=%s exit_leaf_undefined=%s %s", spec->lab->exit_log_records, leaves, undefined,
                          spec->lab->kvm_params);
}

/*
 * QEMU's TCG may deliver an injected interrupt twice, and hang L2; the patched kernel has a way around it
 * (kernel-patches/6.1/0007), which processors would not take.
 */
static char *
vendor_params (const L1CmdlineSpec *spec)
{
  const gboolean tcg = spec->patched && spec->lab->isa == ISA_SVM && spec->machine == MACHINE_LIBVIRT && spec->accel == ACCEL_EMULATED;

  return g_strdup_printf ("%s%s", tcg ? "tcg_event_injection=1 " : "", spec->lab->vendor_params);
}

char *
l1_modprobe_options (const L1CmdlineSpec *spec)
{
  g_autofree char *kvm = kvm_params (spec);
  g_autofree char *vendor = vendor_params (spec);

  return g_strdup_printf ("options kvm %s\noptions %s %s\n", g_strstrip (kvm), spec->lab->isa == ISA_VMX ? "kvm_intel" : "kvm_amd", g_strstrip (vendor));
}

/* " lab.NAME=VALUE", spaces as ';' for the agent to turn back. */
static gboolean
append_value (GString *line, const char *name, const char *value, GError **error)
{
  g_autofree char *packed = g_strdup (value);

  if (strchr (value, ';') || strchr (value, '"'))
    return fail (error, HARNESS_ERROR_USAGE, "%s: \"%s\" holds a ';' or a '\"', which L1's command line cannot carry", name, value);
  g_strdelimit (g_strstrip (packed), " ", ';');
  g_string_append_printf (line, " lab.%s=%s", name, packed);
  return TRUE;
}

gboolean
l1_cmdline (const L1CmdlineSpec *spec, char **cmdline, GError **error)
{
  const LabConfig *lab = spec->lab;
  const MachineDisks disks = machine_disks (spec->machine, spec->accel, spec->kernel);
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *kvm = kvm_params (spec);
  g_autofree char *vendor = vendor_params (spec);
  g_autofree char *l2 = spec->volume ? NULL : l1_cmdline_of_l2 (spec);

  g_string_printf (line, "root=%s rootfstype=squashfs rootwait ro init=/init console=%s %s lab.isa=%s lab.records=%s",
                   disks.root, machine_console_device (spec->machine), lab->l1_cmdline,
                   isa_name (lab->isa), disks.records);
  if (!append_value (line, "kvm", kvm, error) || !append_value (line, "vendor", vendor, error) ||
      (l2 && !append_value (line, "l2", l2, error)))
    return FALSE;
  if (spec->volume)
    g_string_append_printf (line, " lab.volume=%s", disks.volume);
  g_string_append_printf (line, " lab.l2_memory=%u lab.l2_cpus=%u lab.sample_ms=%u lab.deadline_s=%u lab.trace=%d lab.operations=%u", lab->l2_memory_mib,
                          lab->l2_cpus, lab->sample_ms, lab->l2_deadline_s, spec->trace, lab->l2_operations);
  if (line->len >= L1_CMDLINE_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "%s: L1's kernel command line would be %" G_GSIZE_FORMAT " bytes, the kernel takes %d; try: shorter params or cmdline",
                 lab->path, line->len, L1_CMDLINE_MAX - 1);
  *cmdline = g_string_free (g_steal_pointer (&line), FALSE);
  return TRUE;
}
