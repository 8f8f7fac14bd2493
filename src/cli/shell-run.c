/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A person's machine; see shell-run.h. This thread starts the machine and waits for its end; a worker has the console or the command; with
 * a console, a second one talks to L1's agent meanwhile. The machine's end stops the workers; the workers' ends bound the machine's time.
 */
#include "cli/shell-run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/files.h"
#include "base/tty-session.h"
#include "cli/shell-gdb.h"
#include "image/own-disk.h"
#include "record/exec-client.h"

#define NS_PER_S G_GINT64_CONSTANT (1000000000)
#define POWER_OFF_S 60
#define CLOSED_S 5          /* a machine whose console is gone has gone too, or will */
#define ASIDE_NS (30u * (guint64) NS_PER_S) /* for what the agent does besides */
#define SECTIONS_BYTES_MAX (256 << 10)
#define TIMEOUT_CODE 124
#define L1_AGENT "/init"
#define L2_SOCKET "/tmp/l2-exec"

typedef struct {
  ShellSpec *spec;
  Machine *machine;
  const char *dir;
  int over;       /* eventfd: the machine has ended */
  int agent_stop; /* eventfd: the agent's thread shall end */
  struct exec_client client;
  gboolean asked_off; /* the person detached */
  gboolean done;      /* the command ended; the app has its exit code */
  gboolean closed;    /* before that, L1's line did: L1 is going */
  GError *error;      /* of the worker */
} Shell;

static void
shell_clear (Shell *shell)
{
  g_clear_pointer (&shell->machine, machine_free);
  fd_close (&shell->over);
  fd_close (&shell->agent_stop);
  g_clear_error (&shell->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Shell, shell_clear)

/* --- the agent -------------------------------------------------------------------------------- */

static enum exec_result
say_hello (Shell *shell, int stop_fd, double seconds)
{
  shell->client = (struct exec_client){
    .line = machine_agent_fd (shell->machine),
    .stop_fd = stop_fd,
    .in = -1,
    .out = -1,
    .err = -1,
    .hello_ns = (guint64) (seconds * 1e9),
  };
  return exec_client_hello (&shell->client);
}

/* A command of ours in L1; what it says goes to `out`. FALSE: it did not come to an end. */
static gboolean
run_aside (Shell *shell, const char *command, int out)
{
  const char *const argv[] = { "/bin/sh", "-c", command, NULL };
  AUTO_FD nothing = open ("/dev/null", O_WRONLY | O_CLOEXEC);

  shell->client.in = -1;
  shell->client.out = out >= 0 ? out : nothing;
  shell->client.err = nothing;
  shell->client.timeout_ns = ASIDE_NS;
  return exec_client_run (&shell->client, argv) == EXEC_RESULT_ENDED;
}

/* Asks L1 where its modules are, for gdb. Without an answer gdb has the kernel's own symbols. */
static gboolean
find_modules (Shell *shell)
{
  g_autofree char *said = g_build_filename (shell->dir, "sections", NULL);
  g_autofree char *script = g_build_filename (shell->dir, SHELL_GDB_MODULES, NULL);
  g_autofree char *modules = g_build_filename (shell->spec->kernel->dir, "modules", NULL);
  g_autofree char *sections = NULL, *text = NULL;
  AUTO_FD fd = open (said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  if (fd < 0 || !run_aside (shell, shell_gdb_sections_command, fd))
    return FALSE;
  if (!files_read (said, SECTIONS_BYTES_MAX, &sections, NULL, NULL))
    return TRUE;
  text = shell_gdb_modules (sections, modules);
  files_write (script, text, -1, NULL);
  return TRUE;
}

/* The console of a serial line does not know how large the terminal is at its other end. */
static gboolean
send_window_size (Shell *shell)
{
  struct winsize size;
  g_autofree char *command = NULL;

  if (shell->spec->through_l1 || ioctl (STDIN_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
    return TRUE;
  command = g_strdup_printf ("stty -F /dev/ttyS0 rows %u cols %u", size.ws_row, size.ws_col);
  return run_aside (shell, command, -1);
}

static gboolean
prepare_aside (Shell *shell)
{
  return !shell->spec->gdb || !shell->spec->kernel || find_modules (shell);
}

static gpointer
agent_main (gpointer user)
{
  Shell *shell = user;

  if (say_hello (shell, shell->agent_stop, 0) == EXEC_RESULT_ENDED && send_window_size (shell))
    prepare_aside (shell);
  return NULL;
}

/* --- the console ------------------------------------------------------------------------------ */

static void
power_off (Shell *shell)
{
  Progress *progress = &shell->spec->app->progress;

  shell->asked_off = TRUE;
  machine_end_within (shell->machine, POWER_OFF_S * NS_PER_S);
  progress_say (progress, "", "detached; L1 is asked to power off, and ended if it has not in %d s", POWER_OFF_S);
  machine_press_power (shell->machine, NULL); /* where there is no button there is an agent */
  if (shell->spec->has_agent && say_hello (shell, shell->over, 3) == EXEC_RESULT_ENDED)
    exec_client_power_off (&shell->client);
}

static gpointer
console_main (gpointer user)
{
  Shell *shell = user;
  const TtySessionSpec session = { .in = STDIN_FILENO, .out = STDOUT_FILENO, .line = machine_console_fd (shell->machine), .stop_fd = shell->over };
  GThread *agent = shell->spec->has_agent ? g_thread_new ("agent", agent_main, shell) : NULL;
  TtySessionEnd end = TTY_SESSION_CLOSED;
  const gboolean ok = tty_session_run (&session, &end, &shell->error);

  eventfd_write (shell->agent_stop, 1);
  g_clear_pointer (&agent, g_thread_join);
  if (!ok)
    machine_end_within (shell->machine, 0);
  else if (end == TTY_SESSION_DETACHED)
    power_off (shell);
  else if (end == TTY_SESSION_CLOSED)
    machine_end_within (shell->machine, CLOSED_S * NS_PER_S);
  return NULL;
}

/* --- a command -------------------------------------------------------------------------------- */

static gboolean
fail_result (Shell *shell, enum exec_result result, GError **error)
{
  const ShellSpec *spec = shell->spec;

  shell->closed = result == EXEC_RESULT_CLOSED;
  switch (result)
    {
    case EXEC_RESULT_TIMEOUT:
      spec->app->failure_code = TIMEOUT_CODE;
      return fail (error, HARNESS_ERROR_FAILED, "%s: the command had not ended after %g s and was killed; try: a longer --timeout", spec->guest, spec->timeout_s);
    case EXEC_RESULT_SILENT:
      return fail (error, HARNESS_ERROR_FAILED, "L1: its agent has not answered in %g s; try: --boot-timeout, or a look at its console without --exec", spec->boot_s);
    case EXEC_RESULT_DAMAGED:
      return fail (error, HARNESS_ERROR_FAILED, "%s: bytes of the command's output were lost on the serial line; try: again, or less output", spec->guest);
    case EXEC_RESULT_NO_OUTPUT:
      return fail_errno (error, shell->client.error, "the command's output: writing");
    default:
      return fail (error, HARNESS_ERROR_FAILED, "%s: ended before the command had", spec->guest);
    }
}

static gboolean
take_end (Shell *shell, GError **error)
{
  App *app = shell->spec->app;
  const guint32 value = shell->client.value;

  if (shell->client.end == EXEC_END_NO_START)
    {
      app->failure_code = value == ENOENT ? 127 : 126;
      return fail_errno (error, (int) value, "%s: starting the command", shell->spec->guest);
    }
  app->exit_code = shell->client.end == EXEC_END_SIGNAL ? 128 + (int) (value & 0x7f) : (int) (value & 0xff);
  shell->done = TRUE;
  return TRUE;
}

static char **
full_argv (const ShellSpec *spec)
{
  static const char *const ask[] = { L1_AGENT, "--ask", L2_SOCKET, NULL };
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  if (spec->through_l1)
    g_strv_builder_addv (argv, (const char **) (spec->ask ? spec->ask : ask));
  g_strv_builder_addv (argv, (const char **) spec->argv);
  return g_strv_builder_end (argv);
}

static gboolean
wait_for_agent (Shell *shell, GError **error)
{
  Progress *progress = &shell->spec->app->progress;
  enum exec_result result;

  progress_begin (progress, "", "L1 boots", 0);
  result = say_hello (shell, shell->over, shell->spec->boot_s);
  progress_end (progress, "", result == EXEC_RESULT_ENDED, NULL);
  return result == EXEC_RESULT_ENDED || fail_result (shell, result, error);
}

static gboolean
run_command (Shell *shell, GError **error)
{
  g_auto (GStrv) argv = full_argv (shell->spec);
  enum exec_result result;

  if (!wait_for_agent (shell, error))
    return FALSE;
  if (!prepare_aside (shell))
    return fail_result (shell, EXEC_RESULT_CLOSED, error);
  shell->client.in = STDIN_FILENO;
  shell->client.out = STDOUT_FILENO;
  shell->client.err = STDERR_FILENO;
  shell->client.timeout_ns = (guint64) (shell->spec->timeout_s * 1e9);
  result = exec_client_run (&shell->client, (const char *const *) argv);
  return result == EXEC_RESULT_ENDED ? take_end (shell, error) : fail_result (shell, result, error);
}

static gpointer
command_main (gpointer user)
{
  Shell *shell = user;

  run_command (shell, &shell->error);
  machine_end_within (shell->machine, shell->closed ? CLOSED_S * NS_PER_S : 0); /* how it went is told a moment later */
  return NULL;
}

/* --- all of it -------------------------------------------------------------------------------- */

static gboolean
prepare_gdb (Shell *shell, char **socket, GError **error)
{
  g_autofree char *script = NULL;

  if (!shell->spec->gdb)
    return TRUE;
  *socket = g_build_filename (shell->dir, "gdb", NULL);
  if (strlen (*socket) >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
    return fail (error, HARNESS_ERROR_HOST, "%s: too long a path for gdb's socket; try: a tree whose path is %zu bytes shorter", *socket,
                 strlen (*socket) + 1 - sizeof ((struct sockaddr_un *) NULL)->sun_path);
  if (!shell_gdb_write (shell->dir, *socket, shell->spec->kernel, &script, error))
    return FALSE;
  fprintf (stderr, "To attach to L1's kernel: gdb -x %s%s\n", script,
           shell->spec->machine.gdb_wait ? "\nL1 waits for it; its `continue` lets L1 begin. `lab-modules`, once L1 is up, adds KVM's symbols."
                                         : "\n`lab-modules` there, once L1 is up, adds KVM's symbols.");
  return TRUE;
}

/* How the machine ended where that is not what was wanted. */
static gboolean
judge (const Shell *shell, const MachineResult *result, GError **error)
{
  if (shell->done)
    return TRUE;
  if (shell->error && result->end != MACHINE_END_DEADLINE)
    return fail (error, HARNESS_ERROR_FAILED, "%s: L1 ended by %s: %s", shell->error->message, machine_end_name (result->end), result->detail);
  if (shell->error)
    {
      g_propagate_error (error, g_error_copy (shell->error));
      return FALSE;
    }
  if (result->end == MACHINE_END_DEADLINE)
    return fail (error, HARNESS_ERROR_FAILED, "L1 %s and was ended", shell->asked_off ? "did not power off when it was asked to" : "had no console any more");
  return result->end == MACHINE_END_POWEROFF || fail (error, HARNESS_ERROR_FAILED, "L1 ended by %s: %s", machine_end_name (result->end), result->detail);
}

static gboolean
run_machine (Shell *shell, GError **error)
{
  const ShellSpec *spec = shell->spec;
  MachineResult result = { 0 };
  GThread *worker;
  gboolean ok;

  if (!machine_start (shell->machine, error))
    return FALSE;
  if (!spec->argv)
    progress_say (&spec->app->progress, "", "this is %s's console; Ctrl-] ends it", spec->guest);
  worker = g_thread_new ("shell", spec->argv ? command_main : console_main, shell);
  ok = machine_wait (shell->machine, NULL, NULL, &result, error);
  eventfd_write (shell->over, 1);
  g_thread_join (worker);
  ok = ok && judge (shell, &result, error);
  if (ok && !spec->argv)
    progress_say (&spec->app->progress, "", "L1 has powered off");
  machine_result_clear (&result);
  return ok;
}

/* What cloud-init in L1 is to find. */
static gboolean
make_seed (const ShellSpec *spec, const char *dir, const char *seed, GError **error)
{
  g_autofree char *files = g_build_filename (dir, "seed", NULL);
  g_autofree char *agent = g_build_filename (files, OWN_DISK_AGENT, NULL);

  return files_make_dir (files, error) && files_copy (spec->exec_agent, agent, error) && (!spec->fill_seed || spec->fill_seed (files, spec->fill_user, error)) &&
         own_disk_seed ("l1", files, seed, error);
}

/* The disk is not written, and what is written over it goes with the folder. */
static gboolean
prepare_disk (ShellSpec *spec, const char *dir, char **layer, char **seed, GError **error)
{
  const char *format;

  if (!spec->own_disk)
    return TRUE;
  *layer = g_build_filename (dir, "l1.qcow2", NULL);
  *seed = g_build_filename (dir, "seed.iso", NULL);
  spec->machine.disk = *layer;
  spec->machine.seed = *seed;
  return own_disk_check (spec->own_disk, &format, error) && own_disk_layer (spec->own_disk, format, *layer, error) &&
         make_seed (spec, dir, *seed, error);
}

gboolean
shell_run (ShellSpec *spec, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (spec->app->results, "shell", error);
  g_auto (Shell) shell = { .spec = spec, .over = eventfd (0, EFD_CLOEXEC), .agent_stop = eventfd (0, EFD_CLOEXEC) };
  g_autofree char *socket = NULL, *layer = NULL, *seed = NULL;

  if (!scratch)
    return FALSE;
  shell.dir = scratch_path (scratch);
  if (!prepare_disk (spec, shell.dir, &layer, &seed, error) || !prepare_gdb (&shell, &socket, error))
    return FALSE;
  spec->machine.interactive = TRUE;
  spec->machine.dir = shell.dir;
  spec->machine.console_pty = spec->argv == NULL;
  spec->machine.agent_pty = spec->has_agent;
  spec->machine.gdb_socket = socket;
  shell.machine = machine_new (&spec->machine, error);
  return shell.machine && run_machine (&shell, error);
}
