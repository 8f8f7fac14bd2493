/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the bits are the same everywhere: the tree is built in place, so that every path on a command line is
 * relative; user, host, time and build number are fixed; nothing of the caller's environment that Kbuild reads is left.
 */
#include "kernel/make.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/run.h"

#define BUILD_DEADLINE_S 7200
#define ERROR_LINES_MAX 20
/* Lines that make prints for configs/kernel on Linux 6.1 (6.1.192), from nothing. */
#define REFERENCE_STEPS 1690
#define REFERENCE_SECONDS 225.0
#define REBUILD_SECONDS 8.0
#define KVM_STEPS 70
#define KVM_SECONDS 25.0

const char *const make_environment[] = {
  "KBUILD_BUILD_USER", "harness",
  "KBUILD_BUILD_HOST", "lab",
  "KBUILD_BUILD_VERSION", "1",
  "KBUILD_BUILD_TIMESTAMP", "Wed Jan  1 00:00:00 UTC 2020",
  "LC_ALL", "C",
  NULL,
};

/* What Kbuild or gcc would read from the caller's environment. */
static const char *const unwanted[] = {
  "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "GNUMAKEFLAGS", "V", "W", "C", "M", "O", "KBUILD_OUTPUT", "KBUILD_VERBOSE", "KBUILD_EXTMOD",
  "KCONFIG_CONFIG", "KCONFIG_ALLCONFIG", "ARCH", "SUBARCH", "CROSS_COMPILE", "LLVM", "LOCALVERSION", "KCFLAGS", "KAFLAGS", "KCPPFLAGS", "CFLAGS",
  "CPPFLAGS", "LDFLAGS", "HOSTCFLAGS", "HOSTLDFLAGS", "GCC_COLORS", "LANG", "LANGUAGE",
  "LC_CTYPE", "LC_MESSAGES", "CPATH", "C_INCLUDE_PATH", "SOURCE_DATE_EPOCH", "TZ", NULL,
};

/* --- tools ------------------------------------------------------------------------------------ */

void
toolchain_clear (Toolchain *toolchain)
{
  g_free (toolchain->compiler);
  g_free (toolchain->linker);
  g_free (toolchain->ccache);
}

static gboolean
check_programs (GError **error)
{
  static const char *const programs[] = { "make", "gcc", "ld", "strip", "flex", "bison", "bc", "lz4", "patch", "perl" };
  g_autoptr (GString) missing = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autofree char *path = run_find_program (programs[i]);
      if (path == NULL)
        g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", programs[i]);
    }
  if (missing->len == 0)
    return TRUE;
  return fail (error, HARNESS_ERROR_HOST, "building a kernel needs programs that are not here: %s; try: ./harness doctor, which names the packages",
               missing->str);
}

static gboolean
version_line (const char *program, char **line, GError **error)
{
  g_autofree char *text = NULL;
  if (!run_capture ((const char *const[]){ program, "--version", NULL }, &text, error))
    return FALSE;
  text[strcspn (text, "\n")] = '\0';
  *line = g_steal_pointer (&text);
  return TRUE;
}

gboolean
toolchain_probe (Toolchain *toolchain, GError **error)
{
  toolchain->ccache = run_find_program ("ccache");
  return check_programs (error) && version_line ("gcc", &toolchain->compiler, error) && version_line ("ld", &toolchain->linker, error);
}

char **
make_args (const Toolchain *toolchain)
{
  const char *gcc = toolchain != NULL && toolchain->ccache != NULL ? "CC=ccache gcc" : "CC=gcc";
  const char *const args[] = { "ARCH=x86", "LOCALVERSION=", gcc, NULL };
  return g_strdupv ((char **) args);
}

/* --- following make --------------------------------------------------------------------------- */

typedef struct
{
  Progress *progress;
  FILE *log;
  guint steps, expected_steps; /* 0 expected: unknown */
  GPtrArray *errors;
} Follow;

/* "  CC [M]  arch/x86/kvm/x86.o" */
static gboolean
is_step (const char *line)
{
  return line[0] == ' ' && line[1] == ' ' && g_ascii_isupper (line[2]);
}

static gboolean
is_error (const char *line)
{
  static const char *const marks[] = { "error: ", "ERROR: ", "undefined reference", "No space left on device", "command not found", "*** No rule" };
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      if (strstr (line, marks[i]) != NULL)
        return TRUE;
    }
  return FALSE;
}

static void
follow_line (const char *line, gboolean is_stderr, gpointer user)
{
  (void) is_stderr;
  Follow *follow = user;
  fprintf (follow->log, "%s\n", line);
  if (is_error (line) && follow->errors->len < ERROR_LINES_MAX)
    g_ptr_array_add (follow->errors, g_utf8_make_valid (line, -1));
  if (!is_step (line))
    return;
  follow->steps++;
  const double fraction = follow->expected_steps > 0 ? (double) follow->steps / follow->expected_steps : -1;
  const char *object = strrchr (line, ' ');
  progress_update (follow->progress, "", MIN (fraction, 0.99), "%s", object + 1);
}

/* --- what the last build from nothing took ---------------------------------------------------- */

typedef struct
{
  gboolean from_nothing;
  guint steps;
  double seconds;
} Expectation;

static Expectation
expect (const Worktree *worktree)
{
  g_autofree char *path = worktree_file (worktree, "built");
  g_autofree char *text = NULL;
  Expectation expectation = { .from_nothing = TRUE, .steps = REFERENCE_STEPS, .seconds = REFERENCE_SECONDS };
  if (files_read (path, 1024, &text, NULL, NULL))
    expectation = (Expectation){ .from_nothing = FALSE, .steps = 0, .seconds = REBUILD_SECONDS };
  return expectation;
}

/* --- running it ------------------------------------------------------------------------------- */

void
make_set_environment (Run *run)
{
  for (guint i = 0; unwanted[i] != NULL; i++)
    run_set_env (run, unwanted[i], NULL);
  for (guint i = 0; make_environment[i] != NULL; i += 2)
    run_set_env (run, make_environment[i], make_environment[i + 1]);
}

/* Depend mode: a miss costs a look at the compiler's own list of headers, not a second preprocessing (a third of the build). */
static void
set_ccache (Run *run, const MakeSpec *spec)
{
  run_set_env (run, "CCACHE_DEPEND", "1");
  if (spec->toolchain->ccache != NULL && g_getenv ("CCACHE_DIR") == NULL)
    {
      g_autofree char *absolute = g_canonicalize_filename (spec->cache_dir, NULL);
      g_autofree char *dir = g_build_filename (absolute, "ccache", NULL);
      run_set_env (run, "CCACHE_DIR", dir);
      run_set_env (run, "CCACHE_MAXSIZE", "1G");
    }
}

static Run *
make_run (const MakeSpec *spec, const Toolchain *toolchain, const char *tree, const char *const *targets)
{
  Run *run = run_new ("make", NULL);
  run_addf (run, "-j%u", spec->jobs);
  g_auto (GStrv) args = make_args (toolchain);
  for (char **arg = args; *arg != NULL; arg++)
    run_add (run, *arg);
  for (; *targets != NULL; targets++)
    run_add (run, *targets);
  run_set_cwd (run, tree);
  run_set_deadline_s (run, BUILD_DEADLINE_S);
  make_set_environment (run);
  return run;
}

static gboolean
build_failed (const GPtrArray *errors, const char *log_path, GError **error)
{
  if (errors->len == 0) /* interrupted, or make's own words */
    {
      g_prefix_error (error, "building the kernel (log: %s): ", log_path);
      return FALSE;
    }
  g_autoptr (GString) lines = g_string_new (NULL);
  for (guint i = 0; i < errors->len; i++)
    g_string_append_printf (lines, "\n  %s", (const char *) g_ptr_array_index (errors, i));
  g_clear_error (error);
  return fail (error, HARNESS_ERROR_FAILED, "building the kernel failed (log: %s):%s", log_path, lines->str);
}

static gboolean
was_interrupted (GError **error)
{
  return error != NULL && g_error_matches (*error, HARNESS_ERROR, HARNESS_ERROR_INTERRUPTED);
}

static gboolean
follow_run (Run *run, Follow *follow, const char *log_path, GError **error)
{
  run_on_line (run, follow_line, follow);
  g_autoptr (GError) run_error = NULL;
  const gboolean ok = run_wait (run, &run_error);
  if (ok)
    return TRUE;
  const gboolean interrupted = was_interrupted (&run_error);
  g_propagate_error (error, g_steal_pointer (&run_error));
  if (interrupted)
    g_ptr_array_set_size (follow->errors, 0);
  return build_failed (follow->errors, log_path, error);
}

typedef struct
{
  const char *what;
  Expectation expectation;
  const char *log_name;
} Task;

static gboolean
follow_task (const MakeSpec *spec, const Worktree *worktree, Run *run, const Task *task, GError **error)
{
  g_autofree char *log_path = worktree_file (worktree, task->log_name);
  g_autoptr (GPtrArray) errors = g_ptr_array_new_with_free_func (g_free);
  Follow follow = { .progress = spec->progress, .log = fopen (log_path, "we"), .expected_steps = task->expectation.steps, .errors = errors };
  if (follow.log == NULL)
    return fail_errno (error, errno, "%s: writing", log_path);

  progress_begin (spec->progress, "", task->what, task->expectation.seconds);
  const gboolean ok = follow_run (run, &follow, log_path, error);
  fclose (follow.log);
  progress_end (spec->progress, "", ok, "%u steps", follow.steps);
  return ok;
}

gboolean
make_kernel (const MakeSpec *spec, const Worktree *worktree, GError **error)
{
  static const char *const targets[] = { "bzImage", "modules", NULL };
  const Expectation expectation = expect (worktree);
  const Task task = { expectation.from_nothing ? "kernel" : "kernel, what changed", expectation, "build.log" };
  g_autofree char *built = worktree_file (worktree, "built");
  g_autoptr (Run) run = make_run (spec, spec->toolchain, worktree_tree (worktree), targets);
  set_ccache (run, spec);
  return follow_task (spec, worktree, run, &task, error) && (!expectation.from_nothing || files_write (built, "1\n", -1, error));
}

gboolean
make_kvm (const MakeSpec *spec, const Worktree *worktree, const char *kit, GError **error)
{
  static const char *const targets[] = { "M=arch/x86/kvm", "modules", NULL };
  const Task task = { "the kernel's KVM modules", { .steps = KVM_STEPS, .seconds = KVM_SECONDS }, "kvm.log" };
  g_autoptr (Run) run = make_run (spec, NULL, kit, targets);
  return follow_task (spec, worktree, run, &task, error);
}
