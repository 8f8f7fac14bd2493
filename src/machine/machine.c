/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wrappers: they check the spec and the order of calls, make the record file, watch L1's console
 * and the clock, and decide how a run ended. Whatever a backend cannot know is here.
 *
 * How an end is classified, first match wins:
 *   1. a panic on the console          PANIC, however the machine went down afterwards
 *   2. the backend saw the machine end POWEROFF, RESET or KILLED, as it says
 *   3. too much output                 KILLED
 *   4. the deadline                    DEADLINE
 */
#include "machine/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/files.h"
#include "machine/backend.h"
#include "machine/console.h"
#include "record/payload.h"

#define TICK_MS 100
#define PANIC_GRACE_NS (2 * NSEC_PER_SEC) /* for the rest of the panic's text, where L1 does not reset */
#define NSEC_PER_SEC G_GINT64_CONSTANT (1000000000)
#define CONSOLE_MAX (64ull << 20)
#define L0_LOG_MAX (8ull << 30)
#define MEMORY_MIB_MIN 64
#define MEMORY_MIB_MAX (1024 * 1024)
#define RECORD_BYTES_MAX (16ull << 30)
#define CMDLINE_MAX 2047 /* COMMAND_LINE_SIZE of x86, less its NUL */

typedef enum
{
  STATE_NEW,
  STATE_RUNNING,
  STATE_ENDED,
} State;

struct Machine
{
  MachineSpec spec; /* strings owned */
  const MachineBackend *ops;
  gpointer backend;
  State state;
  gint64 started_ns;
  gint64 panic_ns; /* when the panic was first seen, or 0 */
  gint64 until_ns; /* atomic: when it is ended at the latest, by machine_end_within(); 0: never */
  guint64 log_bytes;   /* of the emulator's exit log when last looked at */
  gint64 log_grew_ns;  /* when it was seen to have grown, or the start */
  gint64 peak_rss_bytes;
  Console *console;
  char *l0_log;
};

static const MachineBackend *const backends[] = {
  [MACHINE_FAKE] = &machine_fake,
  [MACHINE_LIBVIRT] = &machine_libvirt,
  [MACHINE_BOCHS] = &machine_bochs,
};

static gint64
now_ns (void)
{
  return g_get_monotonic_time () * 1000;
}

static const MachineBackend *
backend_of (MachineKind kind)
{
  g_assert ((guint) kind < G_N_ELEMENTS (backends));
  return backends[kind];
}

/* --- names ------------------------------------------------------------------------------------ */

const char *
machine_kind_name (MachineKind kind)
{
  return backend_of (kind)->name;
}

const char *
machine_end_name (MachineEnd end)
{
  static const char *const names[] = {
    [MACHINE_END_POWEROFF] = "poweroff", [MACHINE_END_PANIC] = "panic",   [MACHINE_END_RESET] = "reset",
    [MACHINE_END_DEADLINE] = "deadline", [MACHINE_END_KILLED] = "killed",   [MACHINE_END_FLOOD] = "flood",
    [MACHINE_END_SNAPSHOT] = "snapshot",
  };
  return (guint) end < G_N_ELEMENTS (names) ? names[end] : "?";
}

MachineDisks
machine_disks (MachineKind kind, Accel accel, const char *kernel)
{
  const MachineBackend *ops = backend_of (kind);
  if (accel == ACCEL_KVM && ops->kvm_disks.root != NULL)
    return ops->kvm_disks;
  return ops->disks_of != NULL ? ops->disks_of (kernel) : ops->disks;
}

const char *
machine_console_device (MachineKind kind)
{
  return backend_of (kind)->console_device;
}

char *
machine_emulator_version (MachineKind kind, GError **error)
{
  return backend_of (kind)->version (error);
}

void
machine_result_clear (MachineResult *result)
{
  g_clear_pointer (&result->detail, g_free);
}

/* --- the spec --------------------------------------------------------------------------------- */

static void
spec_copy (MachineSpec *to, const MachineSpec *from)
{
  *to = *from;
  to->cpu_model = g_strdup (from->cpu_model);
  to->kernel = g_strdup (from->kernel);
  to->root_image = g_strdup (from->root_image);
  to->volume = g_strdup (from->volume);
  to->cmdline = g_strdup (from->cmdline);
  to->dir = g_canonicalize_filename (from->dir, NULL);
  to->uri = g_strdup (from->uri);
  to->snapshot_to = g_strdup (from->snapshot_to);
  to->snapshot_from = g_strdup (from->snapshot_from);
  to->replay_dir = g_strdup (from->replay_dir);
  to->gdb_socket = g_strdup (from->gdb_socket);
  to->disk = g_strdup (from->disk);
  to->seed = g_strdup (from->seed);
  to->second_disk = g_strdup (from->second_disk);
}

static void
spec_clear (MachineSpec *spec)
{
  g_free ((char *) spec->cpu_model);
  g_free ((char *) spec->kernel);
  g_free ((char *) spec->root_image);
  g_free ((char *) spec->volume);
  g_free ((char *) spec->cmdline);
  g_free ((char *) spec->dir);
  g_free ((char *) spec->uri);
  g_free ((char *) spec->snapshot_to);
  g_free ((char *) spec->snapshot_from);
  g_free ((char *) spec->replay_dir);
  g_free ((char *) spec->gdb_socket);
  g_free ((char *) spec->disk);
  g_free ((char *) spec->seed);
  g_free ((char *) spec->second_disk);
}

/* The command line and paths end up in XML, a bochsrc and a boot image: one line of printable text. */
static gboolean
check_text (const char *what, const char *text, GError **error)
{
  for (const char *p = text; p != NULL && *p != '\0'; p++)
    {
      if ((guchar) *p < 0x20 || *p == 0x7f)
        return fail (error, HARNESS_ERROR_USAGE, "%s: has a control character", what);
    }
  if (text != NULL && !g_utf8_validate (text, -1, NULL))
    return fail (error, HARNESS_ERROR_USAGE, "%s: is not UTF-8", what);
  return TRUE;
}

static gboolean
check_texts (const MachineSpec *spec, GError **error)
{
  return check_text ("L1's command line", spec->cmdline, error) && check_text ("CPU model", spec->cpu_model, error)
         && check_text ("kernel path", spec->kernel, error) && check_text ("root image path", spec->root_image, error)
         && check_text ("snapshot's path", spec->snapshot_to, error) && check_text ("snapshot's path", spec->snapshot_from, error)
         && check_text ("L2's volume's path", spec->volume, error) && check_text ("run folder path", spec->dir, error)
         && check_text ("L1's disk", spec->disk, error) && check_text ("L1's seed", spec->seed, error)
         && check_text ("L1's second disk", spec->second_disk, error)
         && check_text ("gdb's socket", spec->gdb_socket, error);
}

static gboolean
has_records (const MachineSpec *spec)
{
  return !spec->interactive || spec->record_bytes > 0;
}

/* What is a person's machine's alone would break what an exact one promises. */
static gboolean
check_interactive (const MachineSpec *spec, GError **error)
{
  const gboolean disks = spec->disk != NULL || spec->seed != NULL || spec->second_disk != NULL;

  if (!spec->interactive && (spec->console_pty || spec->agent_pty || spec->gdb_socket != NULL || spec->gdb_wait || spec->network || disks))
    return fail (error, HARNESS_ERROR_USAGE, "a pseudo terminal, gdb, a network or a disk of its own is for an interactive machine alone");
  if (spec->interactive && spec->l0_log)
    return fail (error, HARNESS_ERROR_USAGE, "an interactive machine keeps no exit log");
  if (spec->gdb_wait && spec->gdb_socket == NULL)
    return fail (error, HARNESS_ERROR_USAGE, "waiting for gdb needs gdb's socket");
  return TRUE;
}

static gboolean
check_numbers (const MachineSpec *spec, const MachineBackend *ops, GError **error)
{
  if (spec->cpus < 1 || spec->cpus > 64)
    return fail (error, HARNESS_ERROR_USAGE, "L1's CPUs: %u is not within 1 to 64", spec->cpus);
  if (spec->memory_mib < MEMORY_MIB_MIN || spec->memory_mib > MEMORY_MIB_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "L1's memory: %u MiB is not within %d to %d", spec->memory_mib,
                 MEMORY_MIB_MIN, MEMORY_MIB_MAX);
  if (has_records (spec) && (spec->record_bytes == 0 || spec->record_bytes > RECORD_BYTES_MAX || spec->record_bytes % ops->disk_unit != 0))
    return fail (error, HARNESS_ERROR_USAGE,
                 "record device: %" G_GUINT64_FORMAT " bytes is not a multiple of %" G_GUINT64_FORMAT " up to %llu GiB",
                 spec->record_bytes, ops->disk_unit, RECORD_BYTES_MAX >> 30);
  if (spec->payload != NULL && spec->record_bytes < PAYLOAD_OFFSET + spec->payload_bytes)
    return fail (error, HARNESS_ERROR_USAGE, "record device: %" G_GUINT64_FORMAT " bytes hold no payload of %" G_GSIZE_FORMAT, spec->record_bytes, spec->payload_bytes);
  if (spec->accel == ACCEL_KVM && spec->kind == MACHINE_BOCHS)
    return fail (error, HARNESS_ERROR_USAGE, "bochs has no hardware acceleration; try: --accel emulated");
  if (spec->cmdline != NULL && strlen (spec->cmdline) > CMDLINE_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "L1's command line: longer than %d bytes", CMDLINE_MAX);
  return TRUE;
}

static gboolean
check_file (const char *what, const char *path, guint64 unit, GError **error)
{
  struct stat st;
  if (path == NULL)
    return fail (error, HARNESS_ERROR_USAGE, "%s: not given", what);
  if (stat (path, &st) < 0)
    return fail_errno (error, errno, "%s: %s", what, path);
  if (!S_ISREG (st.st_mode))
    return fail (error, HARNESS_ERROR_USAGE, "%s: %s: not a regular file", what, path);
  if (st.st_size == 0 || (guint64) st.st_size % unit != 0)
    return fail (error, HARNESS_ERROR_USAGE,
                 "%s: %s: its size of %lld bytes is not a multiple of %" G_GUINT64_FORMAT "; try: pad it with zeroes", what,
                 path, (long long) st.st_size, unit);
  return TRUE;
}

static gboolean
check_snapshot (const MachineSpec *spec, const MachineBackend *ops, GError **error)
{
  const char *dir = spec->snapshot_to != NULL ? spec->snapshot_to : spec->snapshot_from;
  if (dir == NULL)
    return TRUE;
  if (spec->kind != MACHINE_LIBVIRT || spec->accel != ACCEL_EMULATED || spec->uri != NULL || spec->interactive)
    return fail (error, HARNESS_ERROR_USAGE, "a snapshot needs an emulated machine of the embedded libvirt");
  if (!g_file_test (dir, G_FILE_TEST_IS_DIR))
    return fail (error, HARNESS_ERROR_FAILED, "%s: the snapshot's folder does not exist", dir);
  if (spec->snapshot_from == NULL)
    return TRUE;
  g_autofree char *state = g_build_filename (dir, MACHINE_STATE_FILE, NULL);
  g_autofree char *root = g_build_filename (dir, MACHINE_ROOT_FILE, NULL);
  return check_file ("L1's state", state, 1, error) && check_file ("L1's root disk", root, ops->disk_unit, error);
}

/* The fake boots nothing: it needs no kernel and no image. */
static gboolean
check_files (const MachineSpec *spec, const MachineBackend *ops, GError **error)
{
  if (!g_file_test (spec->dir, G_FILE_TEST_IS_DIR))
    return fail (error, HARNESS_ERROR_FAILED, "%s: the run folder does not exist", spec->dir);
  if (spec->kind == MACHINE_FAKE)
    return TRUE;
  if (spec->disk != NULL)
    return check_file ("L1's disk", spec->disk, 1, error) && (spec->seed == NULL || check_file ("L1's seed", spec->seed, 1, error)) &&
           (spec->second_disk == NULL || check_file ("L1's second disk", spec->second_disk, 1, error));
  return check_file ("L1's kernel", spec->kernel, 1, error)
         && check_file ("L1's root image", spec->root_image, ops->disk_unit, error)
         && check_snapshot (spec, ops, error) && (spec->volume == NULL || check_file ("L2's volume", spec->volume, ops->disk_unit, error));
}

Machine *
machine_new (const MachineSpec *spec, GError **error)
{
  const MachineBackend *ops = backend_of (spec->kind);
  g_return_val_if_fail (spec->dir != NULL, NULL);
  if (!check_texts (spec, error) || !check_interactive (spec, error) || !check_numbers (spec, ops, error) || !check_files (spec, ops, error)
      || !ops->check (spec, error))
    {
      g_prefix_error (error, "machine %s: ", ops->name);
      return NULL;
    }
  Machine *machine = g_new0 (Machine, 1);
  spec_copy (&machine->spec, spec);
  machine->ops = ops;
  machine->backend = ops->open (&machine->spec);
  machine->l0_log = g_build_filename (machine->spec.dir, MACHINE_L0_LOG_FILE, NULL);
  g_autofree char *console = g_build_filename (machine->spec.dir, MACHINE_CONSOLE_FILE, NULL);
  machine->console = console_new (console);
  return machine;
}

void
machine_free (Machine *machine)
{
  if (machine == NULL)
    return;
  machine->ops->stop (machine->backend);
  machine->ops->close (machine->backend);
  console_free (machine->console);
  spec_clear (&machine->spec);
  g_free (machine->l0_log);
  g_free (machine);
}

/* --- starting --------------------------------------------------------------------------------- */

/* Zeroed, and its blocks are really there: a disk that fills up while L1 writes would kill the emulator with SIGBUS. */
static gboolean
make_record_file (const char *path, guint64 bytes, GError **error)
{
  const int fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (fd < 0)
    return fail_errno (error, errno, "%s: creating", path);
  int errnum = 0;
  if (fallocate (fd, 0, 0, (off_t) bytes) < 0)
    errnum = errno;
  if (errnum == EOPNOTSUPP)
    errnum = ftruncate (fd, (off_t) bytes) < 0 ? errno : 0;
  close (fd);
  if (errnum == 0)
    return TRUE;
  unlink (path);
  return fail_errno (error, errnum, "%s: allocating %" G_GUINT64_FORMAT " bytes", path, bytes);
}

static gboolean
put_payload (const MachineSpec *spec, const char *path, GError **error)
{
  AUTO_FD fd = open (path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 || lseek (fd, PAYLOAD_OFFSET, SEEK_SET) < 0)
    return fail_errno (error, errno, "%s: opening", path);
  return files_write_fd (fd, path, spec->payload, spec->payload_bytes, error);
}

/* Console and exit log of an earlier run in this folder must not be taken for this one's. */
static gboolean
prepare_files (Machine *machine, GError **error)
{
  static const char *const stale[] = { MACHINE_CONSOLE_FILE, MACHINE_L0_LOG_FILE };
  for (guint i = 0; i < G_N_ELEMENTS (stale); i++)
    {
      g_autofree char *path = g_build_filename (machine->spec.dir, stale[i], NULL);
      if (unlink (path) < 0 && errno != ENOENT)
        return fail_errno (error, errno, "%s: removing", path);
    }
  g_autofree char *records = g_build_filename (machine->spec.dir, MACHINE_RECORDS_FILE, NULL);
  if (!has_records (&machine->spec))
    return TRUE;
  return make_record_file (records, machine->spec.record_bytes, error) && (machine->spec.payload == NULL || put_payload (&machine->spec, records, error));
}

gboolean
machine_start (Machine *machine, GError **error)
{
  g_return_val_if_fail (machine->state == STATE_NEW, FALSE);
  if (!cancel_check (error))
    return FALSE;
  if (!prepare_files (machine, error) || !machine->ops->start (machine->backend, error))
    {
      g_prefix_error (error, "machine %s: ", machine->ops->name);
      return FALSE;
    }
  machine->started_ns = machine->log_grew_ns = now_ns ();
  machine->state = STATE_RUNNING;
  return TRUE;
}

/* --- a person's machine ----------------------------------------------------------------------- */

static int
serial_of (const Machine *machine, guint port, const char **tty)
{
  return machine->ops->serial != NULL ? machine->ops->serial (machine->backend, port, tty) : -1;
}

int
machine_console_fd (const Machine *machine)
{
  return serial_of (machine, 0, NULL);
}

int
machine_agent_fd (const Machine *machine)
{
  return serial_of (machine, 1, NULL);
}

const char *
machine_console_tty (const Machine *machine)
{
  const char *tty = NULL;
  serial_of (machine, 0, &tty);
  return tty;
}

gboolean
machine_press_power (Machine *machine, GError **error)
{
  if (machine->ops->press_power == NULL)
    return fail (error, HARNESS_ERROR_FAILED, "machine %s: has no power button", machine->ops->name);
  return machine->ops->press_power (machine->backend, error);
}

void
machine_end_within (Machine *machine, gint64 ns)
{
  __atomic_store_n (&machine->until_ns, now_ns () + ns, __ATOMIC_SEQ_CST);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static guint64
file_bytes (const char *path)
{
  struct stat st;
  return stat (path, &st) == 0 ? (guint64) st.st_size : 0;
}

/* Sleeps until the backend may have news, an interruption, or the next tick. */
static void
sleep_for_news (Machine *machine)
{
  struct pollfd fds[] = {
    { .fd = cancel_fd (), .events = POLLIN },
    { .fd = machine->ops->event_fd (machine->backend), .events = POLLIN },
  };
  poll (fds, G_N_ELEMENTS (fds), TICK_MS);
}

static void
look (Machine *machine)
{
  const gint64 rss_bytes = machine->ops->peak_rss_bytes (machine->backend);
  machine->peak_rss_bytes = MAX (machine->peak_rss_bytes, rss_bytes);
  const guint64 log_bytes = machine->spec.stall_ns > 0 ? file_bytes (machine->l0_log) : 0;
  if (log_bytes != machine->log_bytes)
    machine->log_grew_ns = now_ns ();
  machine->log_bytes = log_bytes;
  console_update (machine->console);
  if (machine->panic_ns == 0 && console_panic (machine->console) != NULL)
    machine->panic_ns = now_ns ();
}

/* TRUE if it must be stopped although it runs; *end says why. */
static gboolean
is_over (Machine *machine, BackendEnd *end)
{
  const gint64 now = now_ns ();
  const gint64 limit_ns = machine->spec.deadline_ns;
  const gint64 until_ns = __atomic_load_n (&machine->until_ns, __ATOMIC_SEQ_CST);
  const guint64 log_max = machine->spec.l0_log_max > 0 ? machine->spec.l0_log_max : L0_LOG_MAX;
  *end = (BackendEnd){ .end = MACHINE_END_FLOOD };
  if (machine->panic_ns != 0 && now - machine->panic_ns > PANIC_GRACE_NS && machine->spec.gdb_socket == NULL) /* gdb may be looking at it */
    return TRUE;
  if (console_bytes (machine->console) > CONSOLE_MAX)
    end->detail = g_strdup_printf ("L1's console exceeds %llu MiB", CONSOLE_MAX >> 20);
  else if (file_bytes (machine->l0_log) > log_max)
    end->detail = g_strdup_printf ("the exit log of L0 exceeds %" G_GUINT64_FORMAT " MiB", log_max >> 20);
  else if (limit_ns > 0 && now - machine->started_ns >= limit_ns)
    {
      end->end = MACHINE_END_DEADLINE;
      end->detail = g_strdup_printf ("still running after %.1f s; L1's last line: %s", (double) limit_ns / NSEC_PER_SEC,
                                     console_last_line (machine->console));
    }
  else if (until_ns != 0 && now >= until_ns)
    {
      end->end = MACHINE_END_DEADLINE;
      end->detail = g_strdup_printf ("still running when its time was up; L1's last line: %s", console_last_line (machine->console));
    }
  else if (machine->spec.stall_ns > 0 && now - machine->log_grew_ns >= machine->spec.stall_ns)
    {
      end->end = MACHINE_END_DEADLINE;
      end->detail = g_strdup_printf ("no VM exit for %.1f s; L1's last line: %s", (double) machine->spec.stall_ns / NSEC_PER_SEC, console_last_line (machine->console));
    }
  return end->detail != NULL;
}

static gboolean
wait_for_end (Machine *machine, void (*tick) (gpointer user), gpointer user, BackendEnd *end, GError **error)
{
  gint64 next_tick_ns = now_ns ();
  while (!machine->ops->poll (machine->backend, end))
    {
      look (machine);
      if (!cancel_check (error))
        return FALSE;
      if (is_over (machine, end))
        return TRUE;
      if (tick != NULL && now_ns () >= next_tick_ns)
        {
          tick (user);
          next_tick_ns = now_ns () + TICK_MS * NSEC_PER_SEC / 1000;
        }
      sleep_for_news (machine);
    }
  return end->end != MACHINE_END_KILLED || cancel_check (error); /* an interruption may be what ended it */
}

static char *
describe_end (const Machine *machine, BackendEnd *end)
{
  if (console_panic (machine->console) != NULL)
    return g_strdup (console_panic (machine->console));
  if (end->detail != NULL)
    return g_steal_pointer (&end->detail);
  return g_strdup_printf ("L1's last line: %s", console_last_line (machine->console));
}

static void
fill_result (Machine *machine, BackendEnd *end, MachineResult *result)
{
  machine->ops->stop (machine->backend);
  look (machine);
  *result = (MachineResult){
    .end = console_panic (machine->console) != NULL ? MACHINE_END_PANIC : end->end,
    .detail = describe_end (machine, end),
    .peak_rss_bytes = machine->peak_rss_bytes,
  };
}

gboolean
machine_wait (Machine *machine, void (*tick) (gpointer user), gpointer user, MachineResult *result, GError **error)
{
  BackendEnd end = { 0 };
  g_return_val_if_fail (machine->state == STATE_RUNNING, FALSE);
  const gboolean ok = wait_for_end (machine, tick, user, &end, error);
  machine->state = STATE_ENDED;
  if (ok)
    fill_result (machine, &end, result);
  else
    g_prefix_error (error, "machine %s: ", machine->ops->name);
  machine->ops->stop (machine->backend);
  g_free (end.detail);
  return ok;
}

/* --- for backends ----------------------------------------------------------------------------- */

gint64
process_peak_rss_bytes (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int) pid);
  g_autofree char *text = NULL;
  if (pid <= 0 || !g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  const char *line = strstr (text, "\nVmHWM:");
  return line != NULL ? g_ascii_strtoll (line + strlen ("\nVmHWM:"), NULL, 10) * 1024 : 0;
}
