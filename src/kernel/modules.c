/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building modules in the sandbox. There, /lab/kit and /lab/linux are the kit, /lab/linux/arch/x86/kvm and /lab/linux/virt/kvm are
 * scratch folders that begin as the kit's, and build-modules.sh does the work. All that comes out is one stream of bytes (modules-tar.h).
 * Paths on command lines are relative, and what the compiler and its messages say of /lab is mapped to that, so the bits are the same in every sandbox.
 */
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/run.h"
#include "base/sandbox.h"
#include "kernel/kit.h"
#include "kernel/make.h"
#include "kernel/modules-log.h"
#include "kernel/modules-tar.h"

#define LAB "/lab"
#define LINUX LAB "/linux"
#define TREE LINUX "/"
#define KVM "arch/x86/kvm/"
#define VIRT "virt/kvm/"
#define KVM_BYTES (G_GUINT64_CONSTANT (192) << 20)
#define OTHER_BYTES (G_GUINT64_CONSTANT (64) << 20) /* virt/kvm; a folder elsewhere that gets a new file */
#define OUT_BYTES (G_GUINT64_CONSTANT (128) << 20)
#define LOG_KIB 4096
#define DEADLINE_S 180
#define DEADLINE_ALL_S 300
#define GRACE_S 30         /* for what the script does besides make */

GResource *kernel_resources_get_resource (void);

void
kernel_file_free (KernelFile *file)
{
  if (file == NULL)
    return;
  g_free (file->path);
  g_free (file->text);
  g_free (file);
}

void
kernel_modules_free (KernelModules *modules)
{
  if (modules == NULL)
    return;
  g_ptr_array_unref (modules->errors);
  g_ptr_array_unref (modules->warnings);
  g_free (modules->log);
  g_free (modules);
}

static KernelModules *
modules_new (void)
{
  KernelModules *modules = g_new0 (KernelModules, 1);
  modules->errors = g_ptr_array_new_with_free_func (g_free);
  modules->warnings = g_ptr_array_new_with_free_func (g_free);
  modules->log = g_strdup ("");
  return modules;
}

static void
blame (KernelModules *modules, const char *format, ...) G_GNUC_PRINTF (2, 3);
static void
blame (KernelModules *modules, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_ptr_array_insert (modules->errors, 0, g_strdup_vprintf (format, args));
  va_end (args);
}

/* --- where each file goes --------------------------------------------------------------------- */

typedef struct
{
  const KernelModulesSpec *spec;
  KernelModules *modules;
  Scratch *scratch;
  GPtrArray *changed;  /* of const KernelFile *: those that are other than the kit's */
  GPtrArray *folders;  /* of char *: scratch folders in the tree, "arch/x86/kvm" */
  GString *removed;    /* paths, a space after each */
  char *lab;           /* what LAB is called in the sandbox */
  gboolean only_code;  /* nothing but .c files changed */
} Plan;

static void
plan_clear (Plan *plan)
{
  g_clear_pointer (&plan->changed, g_ptr_array_unref);
  g_clear_pointer (&plan->folders, g_ptr_array_unref);
  g_clear_pointer (&plan->scratch, scratch_free);
  if (plan->removed != NULL)
    g_string_free (plan->removed, TRUE);
  g_free (plan->lab);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Plan, plan_clear)

/* A plain relative path: it stands on command lines. */
static gboolean
is_plain_path (const char *path)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-/";
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  for (char **part = parts; *part != NULL; part++)
    {
      if (**part == '\0' || **part == '-' || strcmp (*part, ".") == 0 || strcmp (*part, "..") == 0)
        return FALSE;
    }
  return path[0] != '\0' && strlen (path) < 200 && path[strspn (path, letters)] == '\0';
}

static char *
kit_path (const Plan *plan, const char *path)
{
  return g_build_filename (plan->spec->kit->dir, path, NULL);
}

static gboolean
is_as_in_kit (const Plan *plan, const KernelFile *file)
{
  g_autofree char *path = kit_path (plan, file->path);
  g_autofree char *text = NULL;
  gsize size;
  const gboolean there = g_file_get_contents (path, &text, &size, NULL);
  if (file->text == NULL)
    return !there;
  return there && size == strlen (file->text) && memcmp (text, file->text, size) == 0;
}

static gboolean
is_in_scratch (const Plan *plan, const char *path)
{
  for (guint i = 0; i < plan->folders->len; i++)
    {
      const char *folder = g_ptr_array_index (plan->folders, i);
      if (g_str_has_prefix (path, folder) && path[strlen (folder)] == '/')
        return TRUE;
    }
  return FALSE;
}

/* A file that is new or gone, outside of KVM's folders, needs its folder to be a scratch folder; a changed one is bound over the kit's. */
static gboolean
plan_folder (Plan *plan, const KernelFile *file)
{
  g_autofree char *path = kit_path (plan, file->path);
  if (is_in_scratch (plan, file->path) || (file->text != NULL && g_file_test (path, G_FILE_TEST_IS_REGULAR)))
    return TRUE;
  g_autofree char *parent = g_path_get_dirname (path);
  if (!g_file_test (parent, G_FILE_TEST_IS_DIR) || strchr (file->path, '/') == NULL)
    {
      blame (plan->modules, "%s: no folder of the kernel that KVM's modules are built from", file->path);
      return FALSE;
    }
  g_ptr_array_add (plan->folders, g_path_get_dirname (file->path));
  return TRUE;
}

/* One inside another is filled with it. */
static void
drop_nested_folders (const Plan *plan)
{
  for (guint i = plan->folders->len; i-- > 0;)
    {
      if (is_in_scratch (plan, g_ptr_array_index (plan->folders, i)))
        g_ptr_array_remove_index (plan->folders, i);
    }
}

/* FALSE if it is said in modules->errors why this cannot be built. */
static gboolean
plan_files (Plan *plan)
{
  plan->only_code = TRUE;
  for (guint i = 0; i < plan->spec->files->len; i++)
    {
      const KernelFile *file = g_ptr_array_index (plan->spec->files, i);
      if (!is_plain_path (file->path))
        {
          g_autofree char *escaped = g_strescape (file->path, NULL);
          blame (plan->modules, "%.200s: a file cannot be called that in the kernel", escaped);
          return FALSE;
        }
      if (is_as_in_kit (plan, file))
        continue;
      g_ptr_array_add (plan->changed, (gpointer) file);
      plan->only_code = plan->only_code && file->text != NULL && g_str_has_suffix (file->path, ".c");
      if (!plan_folder (plan, file))
        return FALSE;
    }
  drop_nested_folders (plan);
  return TRUE;
}

/* --- files for the sandbox -------------------------------------------------------------------- */

/* For whatever id to read, whatever our umask is. */
static gboolean
write_open (const char *root, const char *path, const char *text, GError **error)
{
  g_autofree char *target = g_build_filename (root, path, NULL);
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  g_autoptr (GString) folder = g_string_new (root);
  for (char **part = parts; part[0] != NULL && part[1] != NULL; part++)
    {
      g_string_append_printf (folder, "/%s", *part);
      if (!files_make_dir (folder->str, error))
        return FALSE;
      chmod (folder->str, 0755);
    }
  if (!files_write (target, text, -1, error))
    return FALSE;
  chmod (target, 0644);
  return TRUE;
}

/* `files` is copied into the scratch folders by the script; `bound` is mounted file by file. */
static gboolean
write_files (Plan *plan, GError **error)
{
  g_autofree char *files = scratch_file (plan->scratch, "files");
  g_autofree char *bound = scratch_file (plan->scratch, "bound");
  if (!files_make_dir (files, error) || !files_make_dir (bound, error))
    return FALSE;
  chmod (files, 0755);
  for (guint i = 0; i < plan->changed->len; i++)
    {
      const KernelFile *file = g_ptr_array_index (plan->changed, i);
      if (file->text == NULL)
        g_string_append_printf (plan->removed, "%s ", file->path);
      else if (!write_open (is_in_scratch (plan, file->path) ? files : bound, file->path, file->text, error))
        return FALSE;
    }
  return TRUE;
}

static void
add_folders (const Plan *plan, Sandbox *sandbox)
{
  for (guint i = 0; i < plan->folders->len; i++)
    {
      const char *folder = g_ptr_array_index (plan->folders, i);
      g_autofree char *path = g_strconcat (TREE, folder, NULL);
      g_autofree char *from = g_build_filename (LAB "/kit", folder, NULL);
      sandbox_scratch (sandbox, path, i == 0 ? KVM_BYTES : OTHER_BYTES);
      sandbox_fill (sandbox, from, path);
    }
}

static void
add_bound (const Plan *plan, Sandbox *sandbox)
{
  for (guint i = 0; i < plan->changed->len; i++)
    {
      const KernelFile *file = g_ptr_array_index (plan->changed, i);
      g_autofree char *host_path = g_build_filename (scratch_path (plan->scratch), "bound", file->path, NULL);
      g_autofree char *path = g_strconcat (TREE, file->path, NULL);
      if (file->text != NULL && !is_in_scratch (plan, file->path))
        sandbox_bind_read_only (sandbox, host_path, path);
    }
}

/* --- the run ---------------------------------------------------------------------------------- */

/* Objects of changed files get source lines: -g changes nothing else in them. Not where a Makefile changed, whose own CFLAGS_ this would hide. */
static void
add_debug_flags (const Plan *plan, Run *run)
{
  g_autofree char *flags = g_strdup_printf ("-g -fdebug-prefix-map=%s=" LAB, plan->lab);
  for (guint i = 0; i < plan->changed->len; i++)
    {
      const KernelFile *file = g_ptr_array_index (plan->changed, i);
      if (!plan->only_code)
        return;
      g_autofree char *stem = g_strndup (file->path, strlen (file->path) - strlen (".c"));
      if (g_str_has_prefix (stem, KVM))
        run_addf (run, "CFLAGS_%s.o=%s", stem + strlen (KVM), flags);
      else if (g_str_has_prefix (stem, VIRT))
        run_addf (run, "CFLAGS_../../../%s.o=%s", stem, flags);
    }
}

static guint
make_seconds (const Plan *plan)
{
  if (plan->spec->deadline_s > 0)
    return plan->spec->deadline_s;
  return plan->only_code ? DEADLINE_S : DEADLINE_ALL_S;
}

static Run *
make_run (const Plan *plan, const Sandbox *sandbox)
{
  const KernelModulesSpec *spec = plan->spec;
  g_autoptr (GBytes) script = g_resource_lookup_data (kernel_resources_get_resource (), "/harness/kernel/build-modules.sh", G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  g_assert (script != NULL);
  g_autofree char *text = g_strndup (g_bytes_get_data (script, NULL), g_bytes_get_size (script));
  g_auto (GStrv) args = make_args (NULL);

  Run *run = sandbox_run (sandbox, "sh", "-c", text, "build-modules.sh", plan->lab, plan->removed->str, NULL);
  run_addf (run, "%u", make_seconds (plan));
  run_addf (run, "%d", LOG_KIB);
  run_add (run, "-k"); /* all errors of all files, whoever comes first */
  run_addf (run, "-j%u", spec->jobs > 0 ? spec->jobs : g_get_num_processors ());
  for (char **arg = args; *arg != NULL; arg++)
    run_add (run, *arg);
  run_add (run, "M=arch/x86/kvm");
  add_debug_flags (plan, run);
  run_add (run, "modules");
  return run;
}

static Run *
sandboxed_make (Plan *plan)
{
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  plan->lab = sandbox_path (sandbox, LAB);
  SandboxLimits limits = sandbox_limits_default;
  limits.deadline_s = make_seconds (plan) + GRACE_S;
  sandbox_limit (sandbox, &limits);
  g_autofree char *files = g_build_filename (scratch_path (plan->scratch), "files", NULL);
  sandbox_bind_read_only (sandbox, plan->spec->kit->dir, LAB "/kit");
  sandbox_bind_read_only (sandbox, plan->spec->kit->dir, LINUX);
  add_folders (plan, sandbox);
  add_bound (plan, sandbox);
  sandbox_bind_read_only (sandbox, files, LAB "/files");
  sandbox_scratch (sandbox, LAB "/out", OUT_BYTES);
  sandbox_scratch (sandbox, LAB "/log", (guint64) LOG_KIB * 1024);
  for (guint i = 0; make_environment[i] != NULL; i += 2)
    sandbox_env (sandbox, make_environment[i], make_environment[i + 1]);
  return make_run (plan, sandbox);
}

/* --- what came of it -------------------------------------------------------------------------- */

/* The script says so before anything of the submission runs. */
static gboolean
was_ready (const Run *run)
{
  const char *said = run_stderr_tail (run);
  return g_str_has_prefix (said, "ready\n") || strlen (said) > 8192;
}

static gboolean
write_modules (const Plan *plan, const ModulesTar *tar, GError **error)
{
  GHashTableIter iter;
  gpointer name, bytes;
  g_hash_table_iter_init (&iter, tar->modules);
  while (g_hash_table_iter_next (&iter, &name, &bytes))
    {
      g_autofree char *path = g_build_filename (plan->spec->out_dir, name, NULL);
      if (!files_write (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), error))
        return FALSE;
    }
  g_autofree char *irqbypass = g_build_filename (plan->spec->kit->kernel->dir, "modules/irqbypass.ko", NULL);
  g_autofree char *copy = g_build_filename (plan->spec->out_dir, "irqbypass.ko", NULL);
  return !g_file_test (irqbypass, G_FILE_TEST_EXISTS) || files_copy (irqbypass, copy, error);
}

/* For each module itself and .debug. */
static gboolean
has_all (const ModulesTar *tar)
{
  return g_hash_table_size (tar->modules) == 2 * (g_strv_length ((char **) kernel_kit_modules));
}

static void
blame_flood (KernelModules *modules)
{
  blame (modules, "wrote more than %d KiB of messages", LOG_KIB);
}

/* What else is to be said than what make said. */
static void
judge_status (const Plan *plan, const ModulesTar *tar)
{
  KernelModules *modules = plan->modules;
  modules->doubtful = strcmp (tar->status, "124") == 0;
  if (modules->doubtful)
    blame (modules, "took longer than %u s", make_seconds (plan));
  else if (strcmp (tar->status, "flood") == 0)
    blame_flood (modules);
  else if (g_strv_contains (kernel_kit_modules, tar->status))
    blame (modules, "make made no %s.ko that is a module", tar->status);
}

/* What was said in the sandbox, with paths as they are in every sandbox. */
static GString *
said_inside (const Plan *plan, const char *said, gsize size)
{
  GString *text = g_string_new_len (said, (gssize) size);
  for (gsize i = 0; i < text->len; i++)
    text->str[i] = text->str[i] != '\0' ? text->str[i] : '?';
  if (strcmp (plan->lab, LAB) != 0)
    g_string_replace (text, plan->lab, LAB, 0);
  return text;
}

/* Who was short of something is told by who bounds it. */
static gboolean
check_host (const GString *log, GError **error)
{
  if (modules_log_tells_of_kill (log->str, log->len))
    return fail (error, HARNESS_ERROR_FAILED, "building modules: a compiler was killed, as when this host's memory is used up; try: fewer jobs");
  if (modules_log_has_one_of (log->str, sandbox_words_of_host ()))
    return fail (error, HARNESS_ERROR_FAILED, "building modules: this host's disk is full, or it lets its user have no more processes; try: more room in TMPDIR, fewer jobs");
  return TRUE;
}

static gboolean
take_tar (const Plan *plan, const Run *run, const ModulesTar *tar, GError **error)
{
  gsize size;
  const char *bytes = g_bytes_get_data (tar->log, &size);
  g_autoptr (GString) log = said_inside (plan, bytes != NULL ? bytes : "", size);
  g_autoptr (GString) aside = said_inside (plan, run_stderr_tail (run), strlen (run_stderr_tail (run)));
  const gboolean ok = strcmp (tar->status, "0") == 0 && has_all (tar);
  if (!ok && (!check_host (log, error) || !check_host (aside, error)))
    return FALSE;
  modules_log_read (log->str, log->len, !ok, plan->modules);
  plan->modules->ok = ok;
  if (ok)
    return write_modules (plan, tar, error);
  judge_status (plan, tar);
  return TRUE;
}

/* The sandbox did not live to give its tar. Whose fault that is depends on whether anything of the submission has run. */
static gboolean
judge_end (const Plan *plan, const Run *run, const char *why, GError **error)
{
  g_autoptr (GString) said = said_inside (plan, run_stderr_tail (run), strlen (run_stderr_tail (run)));
  if (!was_ready (run))
    return fail (error, HARNESS_ERROR_FAILED, "building modules: the sandbox failed: %s: %s", why, said->str);
  if (!check_host (said, error))
    return FALSE;
  modules_log_read (said->str, said->len, FALSE, plan->modules);
  plan->modules->doubtful = TRUE;
  blame (plan->modules, "the build ended without a result: %s", why);
  return TRUE;
}

/* The sandbox ended it at a limit that the kernel does not keep. Its own words are the last that were said. */
static gboolean
judge_full (const Plan *plan, const Run *run)
{
  g_autoptr (GString) said = said_inside (plan, run_stderr_tail (run), strlen (run_stderr_tail (run)));
  g_strchomp (said->str);
  const char *last = strrchr (said->str, '\n');
  g_autofree char *words = g_utf8_make_valid (last != NULL ? last + 1 : said->str, -1);
  modules_log_read (said->str, strlen (said->str), FALSE, plan->modules);
  if (g_str_has_prefix (words, "sandbox: " LAB "/log: "))
    blame_flood (plan->modules);
  else
    blame (plan->modules, "%.300s", g_str_has_prefix (words, "sandbox: " TREE) ? words + strlen ("sandbox: " TREE) : words);
  return TRUE;
}

static gboolean
run_and_take (Plan *plan, GError **error)
{
  g_autoptr (Run) run = sandboxed_make (plan);
  g_autoptr (GError) cause = NULL;
  int status;
  if (!run_wait_status (run, &status, &cause))
    {
      if (!g_error_matches (cause, HARNESS_ERROR, HARNESS_ERROR_FAILED))
        {
          g_propagate_error (error, g_steal_pointer (&cause));
          return FALSE;
        }
      return judge_end (plan, run, cause->message, error);
    }
  if (!sandbox_check_end (run, status, error))
    return FALSE;
  if (sandbox_was_full (status))
    return judge_full (plan, run);
  gsize size;
  const char *data = run_stdout_bytes (run, &size);
  g_autofree char *wrong = NULL;
  g_autoptr (ModulesTar) tar = modules_tar_read (data, size, &wrong);
  if (tar != NULL && status == 0)
    return take_tar (plan, run, tar, error);
  g_autofree char *why = status < 0 ? g_strdup_printf ("killed by signal %d", -status) : g_strdup_printf ("%s (exit status %d)", wrong != NULL ? wrong : "cut short", status);
  return judge_end (plan, run, why, error);
}

gboolean
kernel_modules_build (const KernelModulesSpec *spec, KernelModules **modules, GError **error)
{
  g_autoptr (KernelModules) made = modules_new ();
  g_auto (Plan) plan = { .spec = spec, .modules = made };
  plan.changed = g_ptr_array_new ();
  plan.folders = g_ptr_array_new_with_free_func (g_free);
  plan.removed = g_string_new (NULL);
  g_ptr_array_add (plan.folders, g_strdup ("arch/x86/kvm"));
  g_ptr_array_add (plan.folders, g_strdup ("virt/kvm"));
  if (plan_files (&plan))
    {
      g_autofree char *kit_dir = g_path_get_dirname (spec->kit->dir);
      g_autofree char *cache = g_path_get_dirname (kit_dir);
      plan.scratch = scratch_new (cache, "modules", error); /* there, so that nobody trims the cache meanwhile */
      if (plan.scratch == NULL || !sandbox_check (error) || !write_files (&plan, error) || !run_and_take (&plan, error))
        return FALSE;
    }
  *modules = g_steal_pointer (&made);
  return TRUE;
}
