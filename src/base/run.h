/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one process runner. argv only, never a shell; every descriptor but those asked for is closed
 * in the child; the child leads its own process group and dies with us (PR_SET_PDEATHSIG);
 * a deadline, an interruption or the run's release kills the whole group and reaps it; what a child
 * leaves in its group when it ends is killed too. The child dies with the *thread* that started it:
 * start and wait in a thread that lives as long.
 *
 *   g_autoptr (Run) run = run_new ("make", "-j2", NULL);
 *   run_set_cwd (run, dir);
 *   run_set_deadline_s (run, 600);
 *   run_on_line (run, make_line, &state);          // stdout and stderr, line by line
 *   if (!run_wait (run, error)) return FALSE;      // error: "make: exited with status 2: <last stderr lines>"
 */
#pragma once
#include <glib.h>

typedef struct Run Run;
typedef void (*RunLineFunc) (const char *line, gboolean is_stderr, gpointer user);

Run *run_new (const char *program, ...) G_GNUC_NULL_TERMINATED;
Run *run_new_argv (const char *const *argv);
void run_free (Run *run); /* kills and reaps if still running */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

void run_add (Run *run, const char *arg);
void run_addf (Run *run, const char *format, ...) G_GNUC_PRINTF (2, 3);
void run_set_cwd (Run *run, const char *dir);
void run_set_env (Run *run, const char *name, const char *value); /* value NULL unsets */
void run_set_deadline_s (Run *run, double seconds);               /* default: none */
void run_set_nice (Run *run, int nice);
void run_set_stdin_data (Run *run, const char *data, gsize size);
/* Where output goes; default: captured (stdout whole, at most 64 MiB, more is an error; of stderr the last 16 KiB). */
void run_set_output_file (Run *run, const char *path);   /* both, appended, straight from the child: nothing is captured */
void run_set_stdin_fd (Run *run, int fd);                /* borrowed until run_start returns */
void run_set_stdout_fd (Run *run, int fd);
/* Called from run_wait, instead of capturing stdout; stderr's tail is kept. Lines over 64 KiB come in pieces. */
void run_on_line (Run *run, RunLineFunc func, gpointer user);

/* Starts without waiting. HARNESS_ERROR_HOST if there is no such program. argv[0] with a '/' is relative to our folder, not to cwd. */
gboolean run_start (Run *run, GError **error);
GPid run_pid (const Run *run);
/* A pidfd of the started child, readable when it has ended; owned by the run. */
int run_pidfd (const Run *run);
/* Starts if not started; waits for the end; FALSE unless exit status is 0. */
gboolean run_wait (Run *run, GError **error);
/* The same, but any end is a success: *status is the exit status, or -signal. */
gboolean run_wait_status (Run *run, int *status, GError **error);
/*
 * For whoever reads a started child's stdout from a pipe of his own (run_set_stdout_fd): at most `size` bytes of fd; *got is 0 at
 * the end. What the child writes to stderr meanwhile is taken, so that it never waits for us; deadline and interruption kill it.
 */
gboolean run_read (Run *run, int fd, void *data, gsize size, gsize *got, GError **error);
void run_kill (Run *run); /* SIGTERM to the group, SIGKILL after 500 ms, reaped */

const char *run_stdout (const Run *run); /* captured, NUL-terminated */
const char *run_stdout_bytes (const Run *run, gsize *size);
const char *run_stderr_tail (const Run *run);

/* One line: run and return stdout stripped of trailing white space. */
gboolean run_capture (const char *const *argv, char **out, GError **error);
/* Absolute path of a program in PATH and the sbin folders, or NULL. */
char *run_find_program (const char *name);
