/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a grading lab; see grade-lab.h. */
#include "cli/grade-lab.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "machine/payload.h"
#include "record/payload.h"

#define ICOUNT_SHIFT 8 /* 256 ns an instruction: cycles, in the TSC's nanoseconds, pass 2^32 within a challenge */
#define L2_MEMORY_MIB 64
#define L2_DEADLINE_S 1200 /* guest time: ten times what one takes */
#define L0_LOG_MAX_BYTES (256u << 20) /* fifty times what the longest right one takes; its exits fit into half a GiB of memory */
#define CONSOLE_TAIL (16 * 1024)
#define PROGRAM_ROOM (1u << 20)
#define MODULES_MAX (PAYLOAD_DEVICE_BYTES - PAYLOAD_OFFSET - PROGRAM_ROOM)

void
grade_lab_free (GradeLab *lab)
{
  if (!lab)
    return;
  machine_result_clear (&lab->end);
  g_clear_pointer (&lab->log, g_bytes_unref);
  g_clear_pointer (&lab->exits, g_array_unref);
  g_free (lab->report);
  g_free (lab->console);
  g_free (lab->log_sha256);
  g_free (lab);
}

/* --- what L1 is given --------------------------------------------------------------------------- */

/* Of a lab's modules, in the order in which they are loaded. */
static const char *
module_name (Isa isa, guint number)
{
  const char *const names[] = { "irqbypass.ko", "kvm.ko", isa == ISA_VMX ? "kvm-intel.ko" : "kvm-amd.ko" };

  return number < G_N_ELEMENTS (names) ? names[number] : NULL;
}

gboolean
grade_lab_has_room (const char *modules_dir, Isa isa, guint64 *bytes, guint64 *room)
{
  *bytes = 0;
  *room = MODULES_MAX;
  for (guint i = 0; module_name (isa, i); i++)
    {
      g_autofree char *path = g_build_filename (modules_dir, module_name (isa, i), NULL);
      struct stat st;

      *bytes += stat (path, &st) == 0 ? (guint64) st.st_size : 0;
    }
  return *bytes <= *room;
}

static gboolean
add_module (const GradeLabSpec *spec, const char *name, Payload *payload, GError **error)
{
  g_autofree char *path = g_build_filename (spec->modules_dir, name, NULL);
  g_autofree char *data = NULL;
  gsize size;

  if (!g_file_test (path, G_FILE_TEST_EXISTS) && strcmp (name, "irqbypass.ko") == 0)
    return TRUE;
  return files_read (path, MODULES_MAX, &data, &size, error) && payload_add (payload, name, data, size, error);
}

static gboolean
add_program (const Program *program, const char *name, Payload *payload, GError **error)
{
  g_autoptr (GBytes) bytes = program_bytes (program);

  return payload_add (payload, name, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), error);
}

static Payload *
make_payload (const GradeLabSpec *spec, GError **error)
{
  g_autoptr (Payload) payload = payload_new ();

  for (guint i = 0; module_name (spec->lab->isa, i); i++)
    if (!add_module (spec, module_name (spec->lab->isa, i), payload, error))
      return NULL;
  if (!add_program (spec->program, PAYLOAD_PROGRAM, payload, error) || !add_program (spec->last_program, PAYLOAD_PROGRAM_LAST, payload, error))
    return NULL;
  return g_steal_pointer (&payload);
}

static void
append_params (GString *line, const char *name, const char *params)
{
  g_autofree char *packed = g_strdelimit (g_strdup (params), " ", ';');

  if (packed[0])
    g_string_append_printf (line, " lab.%s=%s", name, packed);
}

static char *
make_cmdline (const GradeLabSpec *spec, MachineKind kind)
{
  const gboolean tcg = spec->lab->isa == ISA_SVM;
  const MachineDisks disks = machine_disks (kind, ACCEL_EMULATED, spec->kernel);
  g_autofree char *vendor = g_strconcat (tcg ? "tcg_event_injection=1 " : "", spec->vendor_params, NULL);
  g_autofree char *again = spec->again_params ? g_strconcat (tcg ? "tcg_event_injection=1 " : "", spec->again_params, NULL) : NULL;
  GString *line = g_string_new (NULL);

  g_string_printf (line, "root=%s rootfstype=squashfs rootwait ro init=/init console=%s %s lab.isa=%s lab.records=%s lab.l2_memory=%d lab.deadline_s=%d",
                   disks.root, machine_console_device (kind), spec->lab->l1_cmdline, isa_name (spec->lab->isa),
                   disks.records, L2_MEMORY_MIB, L2_DEADLINE_S);
  append_params (line, "kvm", spec->kvm_params);
  append_params (line, "vendor", g_strstrip (vendor));
  if (spec->entry_first)
    g_string_append (line, " lab.entry_first=1");
  if (again)
    append_params (line, "again", g_strstrip (again));
  return g_string_free (line, FALSE);
}

/* --- what came of it ---------------------------------------------------------------------------- */

/* Text of L1's: what is no UTF-8, and control characters, become U+FFFD or a space. */
static char *
clean_text (const char *data, gsize size)
{
  char *text = g_utf8_make_valid (data, (gssize) size);

  for (char *at = text; *at; at++)
    if (((guchar) *at < 0x20 && *at != '\n') || *at == 0x7f)
      *at = ' ';
  return text;
}

static gboolean
read_report (const char *path, char **report, GError **error)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, error);
  const char *data = file ? g_mapped_file_get_contents (file) : NULL;

  if (!file)
    return FALSE;
  if (!data)
    return fail (error, HARNESS_ERROR_FAILED, "%s: it is empty", path);
  *report = clean_text (data, strnlen (data, MIN (g_mapped_file_get_length (file), PAYLOAD_REPORT_BYTES)));
  return TRUE;
}

/* Its end, however long it is. */
static gboolean
read_console (const char *path, char **console, GError **error)
{
  g_autoptr (GMappedFile) file = NULL;
  gsize size;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      file = g_mapped_file_new (path, FALSE, error);
      if (!file)
        return FALSE;
    }
  size = file ? g_mapped_file_get_length (file) : 0;
  *console = size > 0 ? clean_text (g_mapped_file_get_contents (file) + size - MIN (size, CONSOLE_TAIL), MIN (size, CONSOLE_TAIL)) : g_strdup ("");
  return TRUE;
}

static gboolean
read_log (const char *path, MachineKind kind, GradeLab *lab, GError **error)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, error);
  const char *data = file ? g_mapped_file_get_contents (file) : NULL;
  const gsize size = file ? g_mapped_file_get_length (file) : 0;

  if (!file || !l0_log_parse (data, size, path, kind, &lab->exits, error))
    return FALSE;
  lab->log = g_mapped_file_get_bytes (file);
  lab->log_sha256 = hash_data (data, size);
  return TRUE;
}

static gboolean
read_results (const GradeLabSpec *spec, MachineKind kind, GradeLab *lab, GError **error)
{
  g_autofree char *records = g_build_filename (spec->dir, "records.bin", NULL);
  g_autofree char *console = g_build_filename (spec->dir, "l1-console.log", NULL);
  g_autofree char *log = g_build_filename (spec->dir, "l0-exits.log", NULL);

  return read_report (records, &lab->report, error) && read_console (console, &lab->console, error) && read_log (log, kind, lab, error);
}

static gboolean
run_machine (const GradeLabSpec *spec, const MachineSpec *machine_spec, GradeLab *lab, GError **error)
{
  g_autoptr (Machine) machine = machine_new (machine_spec, error);
  MachineResult *end = &lab->end;
  gboolean ok;

  if (!machine)
    return FALSE;
  progress_begin (&spec->app->progress, spec->lane, spec->stage, spec->expected_s);
  ok = machine_start (machine, error);
  lab->ran_us = -g_get_monotonic_time (); /* libvirt's first start looks at its QEMU, which takes long */
  ok = ok && machine_wait (machine, NULL, NULL, end, error);
  lab->ran_us += g_get_monotonic_time ();
  if (!ok || end->end == MACHINE_END_POWEROFF)
    progress_end (&spec->app->progress, spec->lane, ok, NULL);
  else
    progress_end (&spec->app->progress, spec->lane, FALSE, "L1: %s", machine_end_name (end->end));
  return ok;
}

gboolean
grade_lab_run (const GradeLabSpec *spec, GradeLab **lab, GError **error)
{
  const MachineKind kind = spec->lab->isa == ISA_VMX ? MACHINE_BOCHS : MACHINE_LIBVIRT;
  g_autoptr (Payload) payload = make_payload (spec, error);
  gsize payload_size = 0;
  const void *payload_data = payload ? payload_bytes (payload, &payload_size) : NULL;
  g_autofree char *cmdline = make_cmdline (spec, kind);
  g_autoptr (GradeLab) result = g_new0 (GradeLab, 1);
  const MachineSpec machine_spec = {
    .kind = kind,
    .isa = spec->lab->isa,
    .accel = ACCEL_EMULATED,
    .cpus = 1,
    .memory_mib = spec->lab->l1_memory_mib,
    .cpu_model = spec->lab->emulated_cpu_model,
    .kernel = spec->kernel,
    .root_image = spec->root_image,
    .cmdline = cmdline,
    .record_bytes = PAYLOAD_DEVICE_BYTES,
    .payload = payload_data,
    .payload_bytes = payload_size,
    .dir = spec->dir,
    .icount_shift = ICOUNT_SHIFT,
    .l0_log = TRUE,
    .l0_log_max = L0_LOG_MAX_BYTES,
    .deadline_ns = (gint64) (spec->deadline_s * 1e9),
    .stall_ns = (gint64) (spec->stall_s * 1e9),
  };

  if (!payload || !run_machine (spec, &machine_spec, result, error) || !read_results (spec, kind, result, error))
    return FALSE;
  *lab = g_steal_pointer (&result);
  return TRUE;
}
