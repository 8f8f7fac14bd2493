/* SPDX-License-Identifier: GPL-2.0-or-later */
/* configs/labs/NAME.conf. The table is the file's grammar; what spans several keys is checked below it. */
#include "config/config.h"

#include <string.h>

#include "config/conf.h"

/* As read: the text of what is not text in the end. */
typedef struct
{
  LabConfig lab;
  char *isa;
} Reading;

#define TEXT(group, key, member) { group, key, CONF_TEXT, G_STRUCT_OFFSET (Reading, member), 0, 0 }
#define OPTIONAL(group, key, member) { group, key, CONF_OPTIONAL_TEXT, G_STRUCT_OFFSET (Reading, member), 0, 0 }
#define NUMBER(group, key, member, min, max) { group, key, CONF_UINT, G_STRUCT_OFFSET (Reading, member), min, max }

static const ConfField fields[] = {
  TEXT ("lab", "isa", isa),
  NUMBER ("l1", "memory_mib", lab.l1_memory_mib, 128, 65536),
  NUMBER ("l1", "cpus", lab.l1_cpus, 1, 8), /* CONFIG_NR_CPUS of configs/kernel */
  TEXT ("l1", "cpu_model", lab.emulated_cpu_model),
  OPTIONAL ("l1", "cmdline", lab.l1_cmdline),
  NUMBER ("l2", "memory_mib", lab.l2_memory_mib, 32, 65536),
  NUMBER ("l2", "cpus", lab.l2_cpus, 1, 8),
  OPTIONAL ("l2", "cmdline", lab.l2_cmdline),
  NUMBER ("l2", "idle_ms", lab.l2_idle_ms, 0, 600000),
  NUMBER ("l2", "operations", lab.l2_operations, 0, 1),
  OPTIONAL ("kvm", "params", lab.kvm_params),
  OPTIONAL ("kvm", "vendor_params", lab.vendor_params),
  TEXT ("kvm", "leaf_map", lab.leaf_map),
  NUMBER ("kvm", "exit_log_records", lab.exit_log_records, 0, 1 << 24),
  NUMBER ("limits", "sample_ms", lab.sample_ms, 1, 10000),
  NUMBER ("limits", "l2_deadline_s", lab.l2_deadline_s, 1, 86400),
  NUMBER ("limits", "machine_deadline_s", lab.machine_deadline_s, 1, 86400),
  NUMBER ("limits", "record_mib", lab.record_mib, 1, 65536),
};

static void
lab_clear (LabConfig *lab)
{
  g_free (lab->name);
  g_free (lab->path);
  g_free (lab->emulated_cpu_model);
  g_free (lab->l1_cmdline);
  g_free (lab->l2_cmdline);
  g_free (lab->kvm_params);
  g_free (lab->vendor_params);
  g_free (lab->leaf_map);
}

static void
reading_clear (Reading *reading)
{
  lab_clear (&reading->lab);
  g_free (reading->isa);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

void
lab_config_free (LabConfig *config)
{
  if (config == NULL)
    return;
  lab_clear (config);
  g_free (config);
}

static gboolean
is_plain_name (const char *name)
{
  return name[0] != '.' && strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.") == strlen (name);
}

static gboolean
check (const Conf *conf, Reading *reading, GError **error)
{
  LabConfig *lab = &reading->lab;
  if (!isa_parse (reading->isa, &lab->isa))
    return conf_fail (conf, "lab", "isa", error, "isa is \"%s\"; try: vmx or svm", reading->isa);
  if (lab->l2_memory_mib + 64 > lab->l1_memory_mib)
    return conf_fail (conf, "l2", "memory_mib", error, "L2's %u MiB do not fit into L1's %u MiB; try: at least 64 MiB less than L1 has",
                      lab->l2_memory_mib, lab->l1_memory_mib);
  if (!is_plain_name (lab->leaf_map))
    return conf_fail (conf, "kvm", "leaf_map", error, "leaf_map is \"%s\"; try: the name of a file in configs/leaf-maps, without .conf",
                      lab->leaf_map);
  if ((lab->exit_log_records & (lab->exit_log_records - 1)) != 0)
    return conf_fail (conf, "kvm", "exit_log_records", error, "exit_log_records is %u; try: a power of two, or 0 for no log",
                      lab->exit_log_records);
  return TRUE;
}

gboolean
lab_config_load (const char *path, LabConfig **config, GError **error)
{
  g_autoptr (Conf) conf = conf_load (path, fields, G_N_ELEMENTS (fields), error);
  g_auto (Reading) reading = { 0 };
  if (conf == NULL || !conf_fill (conf, &reading, error) || !check (conf, &reading, error))
    return FALSE;

  reading.lab.name = conf_name (path);
  reading.lab.path = g_strdup (path);
  *config = g_memdup2 (&reading.lab, sizeof reading.lab);
  reading.lab = (LabConfig){ 0 }; /* its strings are *config's now */
  return TRUE;
}
