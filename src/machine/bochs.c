/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bochs as a machine. One thread, the pump, keeps Bochs flowing and watches it: it empties the pseudo
 * terminal that the `term` display draws on, reads Bochs's log through a FIFO, keeps the exits of it in
 * l0-exits.log and the rest (bounded, without debug lines) in bochs.log, and says when Bochs has ended.
 *
 * The FIFO is held open for reading and writing, so that it never reports an end of file.
 * Bochs dies with the thread that called start (see base/run.c): a lab's thread outlives its machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/files.h"
#include "base/pty.h"
#include "base/run.h"
#include "machine/backend.h"
#include "machine/bochs-boot.h"
#include "machine/bochs-log.h"
#include "machine/bochsrc.h"

#define KERNEL_MAX (128 << 20)
#define LOG_FILE_MAX (1u << 20)
#define LOG_LINE_MAX 4096
#define REST_MS 10 /* in which Bochs writes some 300 KB */
#define PIPE_BYTES (1 << 20) /* fewer switches between Bochs and the pump */

typedef struct
{
  const MachineSpec *spec;
  Run *run;
  GThread *pump;
  int pty;     /* our end of the display's */
  Pty serial[2]; /* L1's serial ports, where they are pseudo terminals */
  int fifo;    /* both ends */
  int news;    /* eventfd: readable once something ended */
  int quit;    /* eventfd: tells the pump to go */
  FILE *exits; /* l0-exits.log, or NULL */
  FILE *log;   /* bochs.log */
  gsize log_bytes;
  GString *line; /* unfinished line of the log */

  GMutex lock; /* guards what follows */
  gboolean ended, poweroff, reset;
  char *panic;
  gboolean write_failed;
} Bochs;

static char *
in_dir (const Bochs *bochs, const char *name)
{
  return g_build_filename (bochs->spec->dir, name, NULL);
}

/* --- what the host must have ------------------------------------------------------------------ */

static char *
find_rom (const char *name)
{
  const char *const dirs[] = { g_getenv ("BXSHARE"), "/usr/local/share/bochs", "/usr/share/bochs" };
  return files_find (dirs, G_N_ELEMENTS (dirs), name);
}

static gboolean
bochs_check (const MachineSpec *spec, GError **error)
{
  static const char *const roms[] = { "BIOS-bochs-latest", "VGABIOS-lgpl-latest" };
  g_autofree char *program = run_find_program ("bochs");
  if (program == NULL)
    return fail (error, HARNESS_ERROR_HOST, "bochs: not installed; try: apt install bochs bochs-term bochsbios");
  for (guint i = 0; i < G_N_ELEMENTS (roms); i++)
    {
      g_autofree char *rom = find_rom (roms[i]);
      if (rom == NULL)
        return fail (error, HARNESS_ERROR_HOST, "bochs: %s not found; try: apt install bochsbios, or set BXSHARE", roms[i]);
    }
  if (spec->gdb_socket != NULL)
    return fail (error, HARNESS_ERROR_HOST, "bochs: Debian's build has no gdb stub; try: --isa svm, which QEMU runs");
  if (spec->network)
    return fail (error, HARNESS_ERROR_USAGE, "bochs: gives L1 no network; try: --isa svm, which QEMU runs");
  if (spec->disk != NULL)
    return fail (error, HARNESS_ERROR_USAGE, "bochs: boots no disk of yours; try: --isa svm, which QEMU runs");
  if (spec->interactive && spec->cpus > 1)
    return fail (error, HARNESS_ERROR_USAGE, "bochs: an interactive L1 has one CPU here, not %u", spec->cpus);
  if (spec->cpus > 1)
    return fail (error, HARNESS_ERROR_USAGE, "an exact lab has one L1 CPU, not %u", spec->cpus);
  return TRUE;
}

static gpointer
bochs_open (const MachineSpec *spec)
{
  Bochs *bochs = g_new0 (Bochs, 1);
  bochs->spec = spec;
  bochs->pty = bochs->fifo = -1;
  pty_init (&bochs->serial[0]);
  pty_init (&bochs->serial[1]);
  bochs->news = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  bochs->quit = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  bochs->line = g_string_new (NULL);
  g_mutex_init (&bochs->lock);
  return bochs;
}

/* --- files ------------------------------------------------------------------------------------ */

static gboolean
make_boot_files (const Bochs *bochs, guint64 *image_bytes, gboolean *preempts, GError **error)
{
  g_autofree char *kernel = NULL;
  gsize kernel_bytes = 0;
  g_autoptr (GByteArray) image = NULL;
  g_autoptr (GByteArray) rom = NULL;
  g_autofree char *image_path = in_dir (bochs, "boot.img");
  g_autofree char *rom_path = in_dir (bochs, "boot.rom");
  if (!files_read (bochs->spec->kernel, KERNEL_MAX, &kernel, &kernel_bytes, error)
      || !bochs_boot_make (kernel, kernel_bytes, bochs->spec->cmdline, &image, &rom, error))
    return FALSE;
  *image_bytes = image->len;
  *preempts = bochs_boot_preempts (kernel, kernel_bytes);
  return files_write (image_path, image->data, image->len, error) && files_write (rom_path, rom->data, rom->len, error);
}

static gboolean
file_size (const char *path, guint64 *bytes, GError **error)
{
  struct stat st;
  if (stat (path, &st) < 0)
    return fail_errno (error, errno, "%s", path);
  *bytes = (guint64) st.st_size;
  return TRUE;
}

/*
 * Bochs runs in the machine's folder, and a line that it reads is short (BOCHSRC_LINE_MAX): it is told names in that folder, and what lies elsewhere has a link there.
 */
static gboolean
link_in_dir (const Bochs *bochs, const char *name, const char *target, guint64 *bytes, GError **error)
{
  g_autofree char *path = in_dir (bochs, name);
  g_autofree char *canonical = g_canonicalize_filename (target, NULL);
  unlink (path);
  if (symlink (canonical, path) < 0)
    return fail_errno (error, errno, "%s: creating", path);
  return file_size (canonical, bytes, error);
}

static gboolean
make_bochsrc (const Bochs *bochs, guint64 image_bytes, gboolean preempts, GError **error)
{
  const MachineSpec *spec = bochs->spec;
  g_autofree char *bios = find_rom ("BIOS-bochs-latest");
  g_autofree char *vga_bios = find_rom ("VGABIOS-lgpl-latest");
  g_autofree char *path = in_dir (bochs, "bochsrc");
  BochsConfig config = {
    .bios = bios,
    .vga_bios = vga_bios,
    .boot_rom = "boot.rom",
    .boot_image = "boot.img",
    .boot_bytes = image_bytes,
    .root_image = "root.img",
    .root_journal = "root.redolog",
    .root_is_cdrom = preempts,
    .records = spec->record_bytes > 0 ? MACHINE_RECORDS_FILE : NULL,
    .record_bytes = spec->record_bytes,
    .volume = spec->volume != NULL ? "volume.img" : NULL,
    .volume_journal = "volume.redolog",
    .console = MACHINE_CONSOLE_FILE,
    .log = "bochs.fifo",
    .cpu_model = spec->cpu_model,
    .cpus = spec->cpus,
    .memory_mib = spec->memory_mib,
    .mips = spec->mips ? spec->mips : MACHINE_MIPS,
    .l0_log = spec->l0_log,
    .interactive = spec->interactive,
    .console_tty = bochs->serial[0].name,
    .agent_tty = bochs->serial[1].name,
  };
  if (!link_in_dir (bochs, "root.img", spec->root_image, &config.root_bytes, error)
      || (spec->volume != NULL && !link_in_dir (bochs, "volume.img", spec->volume, &config.volume_bytes, error)))
    return FALSE;
  g_autofree char *text = bochsrc_generate (&config, error);
  return text != NULL && files_write (path, text, -1, error);
}

static gboolean
open_file (FILE **file, const char *path, GError **error)
{
  *file = fopen (path, "we");
  return *file != NULL || fail_errno (error, errno, "%s: creating", path);
}

static gboolean
make_log_files (Bochs *bochs, GError **error)
{
  g_autofree char *fifo = in_dir (bochs, "bochs.fifo");
  g_autofree char *log = in_dir (bochs, "bochs.log");
  g_autofree char *exits = in_dir (bochs, MACHINE_L0_LOG_FILE);
  unlink (fifo);
  if (mkfifo (fifo, 0600) < 0)
    return fail_errno (error, errno, "%s: creating", fifo);
  bochs->fifo = open (fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (bochs->fifo < 0)
    return fail_errno (error, errno, "%s: opening", fifo);
  fcntl (bochs->fifo, F_SETPIPE_SZ, PIPE_BYTES);
  return open_file (&bochs->log, log, error) && (!bochs->spec->l0_log || open_file (&bochs->exits, exits, error));
}

/* Also before a start: an earlier Bochs may have been killed in this folder. */
static void
remove_files (const Bochs *bochs)
{
  static const char *const names[] = { "boot.img",      "boot.rom",         "root.img", "volume.img", "bochs.fifo", "bochs.commands",
                                       "boot.img.lock", "records.bin.lock", /* Bochs's, when it was killed */ };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = in_dir (bochs, names[i]);
      unlink (path);
    }
}

/* --- the pump --------------------------------------------------------------------------------- */

static void
note_line (Bochs *bochs, BochsLine kind, const char *line)
{
  g_mutex_lock (&bochs->lock);
  if (kind == BOCHS_LINE_POWEROFF)
    bochs->poweroff = TRUE;
  else if (kind == BOCHS_LINE_RESET)
    bochs->reset = TRUE;
  else if (kind == BOCHS_LINE_PANIC && bochs->panic == NULL)
    bochs->panic = g_str_to_ascii (bochs_line_message (line), "C");
  g_mutex_unlock (&bochs->lock);
  if (kind == BOCHS_LINE_RESET)
    eventfd_write (bochs->news, 1);
}

static void
say_write_failed (Bochs *bochs)
{
  g_mutex_lock (&bochs->lock);
  bochs->write_failed = TRUE;
  g_mutex_unlock (&bochs->lock);
  eventfd_write (bochs->news, 1);
}

static void
write_line (Bochs *bochs, FILE *file, const char *line)
{
  if (fputs (line, file) < 0 || putc ('\n', file) == EOF)
    say_write_failed (bochs);
}

/* What is still buffered meets a full disk only now. */
static void
flush_files (Bochs *bochs)
{
  if ((bochs->exits != NULL && fflush (bochs->exits) != 0) || fflush (bochs->log) != 0)
    say_write_failed (bochs);
}

static void
take_line (Bochs *bochs, const char *line)
{
  const BochsLine kind = bochs_line_classify (line);
  if (kind == BOCHS_LINE_DEBUG)
    return;
  if (kind == BOCHS_LINE_EXIT && bochs->exits != NULL)
    {
      write_line (bochs, bochs->exits, line);
      return;
    }
  if (kind != BOCHS_LINE_OTHER)
    note_line (bochs, kind, line);
  bochs->log_bytes += strlen (line) + 1;
  if (bochs->log_bytes <= LOG_FILE_MAX)
    write_line (bochs, bochs->log, line);
}

/* A line longer than LOG_LINE_MAX is cut there. */
static void
take_log (Bochs *bochs, const char *data, gsize size)
{
  while (size > 0)
    {
      const char *newline = memchr (data, '\n', size);
      const gsize part = newline != NULL ? (gsize) (newline - data) : size;
      g_string_append_len (bochs->line, data, (gssize) MIN (part, LOG_LINE_MAX - bochs->line->len));
      if (newline == NULL)
        return;
      take_line (bochs, bochs->line->str);
      g_string_truncate (bochs->line, 0);
      data += part + 1;
      size -= part + 1;
    }
}

/* Reads what is there now. */
static void
drain (Bochs *bochs, int fd, gboolean is_log)
{
  char block[65536];
  for (gssize got = 1; got > 0;)
    {
      got = read (fd, block, sizeof block);
      if (got > 0 && is_log)
        take_log (bochs, block, (gsize) got);
    }
}

static void
say_ended (Bochs *bochs)
{
  g_mutex_lock (&bochs->lock);
  bochs->ended = TRUE;
  g_mutex_unlock (&bochs->lock);
  eventfd_write (bochs->news, 1);
}

static gpointer
pump_main (gpointer user)
{
  Bochs *bochs = user;
  struct pollfd fds[] = {
    { .fd = bochs->fifo, .events = POLLIN },
    { .fd = bochs->pty, .events = POLLIN },
    { .fd = run_pidfd (bochs->run), .events = POLLIN },
    { .fd = bochs->quit, .events = POLLIN },
  };
  while (fds[2].revents == 0 && fds[3].revents == 0)
    {
      if (poll (fds, G_N_ELEMENTS (fds), -1) < 0)
        continue;
      if (fds[1].revents != 0)
        drain (bochs, bochs->pty, FALSE);
      if (fds[0].revents == 0)
        continue;
      drain (bochs, bochs->fifo, TRUE);
      /* Bochs writes line by line: being woken by each costs both sides more than all else. */
      poll (fds + 2, 2, REST_MS);
    }
  drain (bochs, bochs->fifo, TRUE); /* what Bochs said last */
  flush_files (bochs);
  say_ended (bochs);
  return NULL;
}

/* --- starting --------------------------------------------------------------------------------- */

/* The far end goes to Bochs; ours stays. Bochs's screen is 25 lines and a status line. */
static gboolean
open_terminal (Bochs *bochs, int *far_end, GError **error)
{
  struct winsize size = { .ws_row = 30, .ws_col = 100 };
  if (openpty (&bochs->pty, far_end, NULL, NULL, &size) < 0)
    return fail_errno (error, errno, "bochs: opening a pseudo terminal");
  fcntl (bochs->pty, F_SETFD, FD_CLOEXEC);
  fcntl (bochs->pty, F_SETFL, O_NONBLOCK);
  fcntl (*far_end, F_SETFD, FD_CLOEXEC);
  return TRUE;
}

static gboolean
run_bochs (Bochs *bochs, GError **error)
{
  int far_end = -1;
  g_autofree char *rc = in_dir (bochs, "bochsrc");
  g_autofree char *commands = in_dir (bochs, "bochs.commands");
  if (!files_write (commands, "c\n", -1, error) || !open_terminal (bochs, &far_end, error))
    return FALSE;
  bochs->run = run_new ("bochs", "-q", "-f", rc, "-rc", commands, NULL);
  run_set_cwd (bochs->run, bochs->spec->dir);
  run_set_env (bochs->run, "TERM", "linux");
  run_set_env (bochs->run, "LC_ALL", "C");
  run_set_env (bochs->run, "BOCHSRC", NULL);
  run_set_stdin_fd (bochs->run, far_end);
  run_set_stdout_fd (bochs->run, far_end);
  const gboolean ok = run_start (bochs->run, error);
  close (far_end);
  return ok;
}

static gboolean
bochs_start (gpointer state, GError **error)
{
  Bochs *bochs = state;
  guint64 image_bytes = 0;
  gboolean preempts = FALSE;
  remove_files (bochs);
  if ((bochs->spec->console_pty && !pty_make (&bochs->serial[0], error)) || (bochs->spec->agent_pty && !pty_make (&bochs->serial[1], error)))
    return FALSE;
  if (!make_boot_files (bochs, &image_bytes, &preempts, error) || !make_bochsrc (bochs, image_bytes, preempts, error)
      || !make_log_files (bochs, error) || !run_bochs (bochs, error))
    return FALSE;
  bochs->pump = g_thread_new ("bochs-pump", pump_main, bochs);
  return TRUE;
}

/* --- the end ---------------------------------------------------------------------------------- */

static int
bochs_event_fd (gpointer state)
{
  const Bochs *bochs = state;
  return bochs->news;
}

/* Only after the pump said so: the process has ended and only waits to be reaped. */
static char *
describe_death (Bochs *bochs)
{
  int status = 0;
  if (bochs->panic != NULL)
    return g_strdup_printf ("bochs stopped: %s", bochs->panic);
  if (!run_wait_status (bochs->run, &status, NULL))
    return g_strdup ("bochs died");
  if (status < 0)
    return g_strdup_printf ("bochs died of signal %d (%s)", -status, g_strsignal (-status));
  g_autofree char *tail = g_str_to_ascii (run_stderr_tail (bochs->run), "C");
  g_strstrip (tail);
  const char *last = strrchr (tail, '\n');
  return g_strdup_printf ("bochs exited with status %d without a power-off: %s", status, last != NULL ? last + 1 : tail);
}

/* "3rd exception with no resolution": a triple fault, which ends Bochs (reset_on_triple_fault=0). */
static gboolean
is_triple_fault (const Bochs *bochs)
{
  return bochs->panic != NULL && strstr (bochs->panic, "3rd (") != NULL;
}

static gboolean
bochs_poll (gpointer state, BackendEnd *end)
{
  Bochs *bochs = state;
  gboolean over = TRUE;
  g_mutex_lock (&bochs->lock);
  if (bochs->write_failed)
    *end = (BackendEnd){ MACHINE_END_KILLED, g_strdup ("bochs was stopped: its log could not be written (is the disk full?)") };
  else if (bochs->reset)
    *end = (BackendEnd){ MACHINE_END_RESET, NULL };
  else if (!bochs->ended)
    over = FALSE;
  else if (bochs->poweroff)
    *end = (BackendEnd){ MACHINE_END_POWEROFF, NULL };
  else if (is_triple_fault (bochs))
    *end = (BackendEnd){ MACHINE_END_RESET, g_strdup_printf ("triple fault: %s", bochs->panic) };
  else
    *end = (BackendEnd){ MACHINE_END_KILLED, describe_death (bochs) };
  g_mutex_unlock (&bochs->lock);
  return over;
}

static gint64
bochs_peak_rss_bytes (gpointer state)
{
  const Bochs *bochs = state;
  return bochs->run != NULL ? process_peak_rss_bytes (run_pid (bochs->run)) : 0;
}

static void
close_file (FILE **file)
{
  if (*file != NULL)
    fclose (*file);
  *file = NULL;
}

/* First the process, then the pump (which empties the FIFO once more), then the files. */
static void
bochs_stop (gpointer state)
{
  Bochs *bochs = state;
  if (bochs->run != NULL)
    run_kill (bochs->run);
  eventfd_write (bochs->quit, 1);
  g_clear_pointer (&bochs->pump, g_thread_join);
  close_file (&bochs->exits);
  close_file (&bochs->log);
}

static int
bochs_serial (gpointer state, guint port, const char **tty)
{
  const Bochs *bochs = state;
  if (tty != NULL)
    *tty = bochs->serial[port].name;
  return bochs->serial[port].fd;
}

static void
bochs_close (gpointer state)
{
  Bochs *bochs = state;
  remove_files (bochs);
  run_free (bochs->run);
  pty_clear (&bochs->serial[0]);
  pty_clear (&bochs->serial[1]);
  fd_close (&bochs->pty);
  fd_close (&bochs->fifo);
  fd_close (&bochs->news);
  fd_close (&bochs->quit);
  g_string_free (bochs->line, TRUE);
  g_mutex_clear (&bochs->lock);
  g_free (bochs->panic);
  g_free (bochs);
}

/* "Bochs x86 Emulator 2.7" stands in the banner of every invocation, whatever its exit status. */
static char *
bochs_version (GError **error)
{
  static const char banner[] = "Bochs x86 Emulator ";
  int status = 0;
  g_autoptr (Run) run = run_new ("bochs", "--help", NULL);
  run_set_deadline_s (run, 20);
  if (!run_wait_status (run, &status, error))
    return NULL;
  const char *found = strstr (run_stdout (run), banner);
  found = found != NULL ? found : strstr (run_stderr_tail (run), banner);
  if (found == NULL)
    {
      fail (error, HARNESS_ERROR_HOST, "bochs: does not tell its version");
      return NULL;
    }
  found += strlen (banner);
  return g_strdup_printf ("Bochs %.*s", (int) strcspn (found, " \r\n"), found);
}

/* A kernel that cannot be read is told when the machine starts. */
static MachineDisks
bochs_disks (const char *kernel)
{
  static const MachineDisks in_order = { "/dev/sda", "/dev/sdb", "/dev/sdc" }, by_kind = { "/dev/sr0", "/dev/sda", "/dev/sdb" };
  g_autofree char *bytes = NULL;
  gsize size;
  return kernel != NULL && files_read (kernel, KERNEL_MAX, &bytes, &size, NULL) && bochs_boot_preempts (bytes, size) ? by_kind : in_order;
}

const MachineBackend machine_bochs = {
  .name = "bochs",
  .disks_of = bochs_disks,
  .console_device = "ttyS0",
  .disk_unit = BOCHS_CYLINDER_BYTES,
  .check = bochs_check,
  .open = bochs_open,
  .start = bochs_start,
  .event_fd = bochs_event_fd,
  .poll = bochs_poll,
  .peak_rss_bytes = bochs_peak_rss_bytes,
  .serial = bochs_serial,
  .stop = bochs_stop,
  .close = bochs_close,
  .version = bochs_version,
};
