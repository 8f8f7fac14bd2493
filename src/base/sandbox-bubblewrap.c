/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sandbox of namespaces. Its command line:  bwrap MOUNTS -- [chroot] choom prlimit [setpriv]
 * env PROGRAM…
 *
 * An ordinary user gets a user namespace, in which no further one can be made. Root gets none: it
 * is root who may bind what lies below folders that only root may enter, and who can then become an
 * id that owns nothing. For root the tree is made below /sandbox and entered by chroot, because the
 * kernel refuses a user namespace to whoever has been chrooted: in a user namespace of its own the
 * program could mount memory without limit.
 *
 * What bounds memory is the address space of each process, the number of processes and the size of
 * each scratch folder, which is in memory. All of it together may be more than the host has: then
 * the kernel takes these processes first (oom_score_adj).
 */
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/launcher/system-folders.h"
#include "base/sandbox-private.h"

#define ROOT_TREE "/sandbox"
#define OPEN_FILES_MAX 1024

/* --- namespaces and mounts -------------------------------------------------------------------- */

static gboolean
is_root (void)
{
  return geteuid () == 0;
}

static void
add_path (Run *run, const char *path)
{
  run_addf (run, "%s%s", is_root () ? ROOT_TREE : "", path);
}

static void
add_all (Run *run, const char *const *args)
{
  for (; *args != NULL; args++)
    run_add (run, *args);
}

static void
add_namespaces (Run *run)
{
  static const char *const common[] = {
    "--unshare-ipc", "--unshare-pid", "--unshare-net",     "--unshare-uts", "--unshare-cgroup-try",
    "--hostname",    "sandbox",       "--die-with-parent", "--new-session", NULL
  };
  static const char *const root[] = { "--cap-drop",     "ALL",         "--cap-add",
                                      "CAP_SETUID",     "--cap-add",   "CAP_SETGID",
                                      "--cap-add",      "CAP_SETPCAP", "--cap-add",
                                      "CAP_SYS_CHROOT", NULL };
  static const char *const user[] = { "--unshare-user", "--disable-userns", NULL };
  add_all (run, common);
  add_all (run, is_root () ? root : user);
}

/* Folders that bwrap makes unasked may be for root alone. One that is there stays as it is. */
static void
add_parents (Run *run, const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);
  add_all (run, (const char *const[]){ "--perms", "0755", "--dir", NULL });
  add_path (run, parent);
}

/* As the host has it: /bin is a link into /usr, or a folder of its own. */
static void
add_system_folder (Run *run, const char *path)
{
  g_autofree char *target = g_file_read_link (path, NULL);
  if (target != NULL)
    {
      run_add (run, "--symlink");
      run_add (run, target);
    }
  else
    {
      run_add (run, "--ro-bind-try");
      run_add (run, path);
    }
  add_path (run, path);
}

static void
add_system (Run *run)
{
  static const char *const folders[] = { SYSTEM_FOLDERS };
  if (is_root ()) /* chroot itself is found outside of the tree */
    add_all (run, (const char *const[]){ "--ro-bind", "/usr", "/usr", "--ro-bind-try", "/lib",
                                         "/lib", "--ro-bind-try", "/lib64", "/lib64", NULL });
  add_parents (run, "/etc/alternatives");
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    add_system_folder (run, folders[i]);
  run_add (run, "--proc");
  add_path (run, "/proc");
  run_add (run, "--dev");
  add_path (run, "/dev");
}

static void
add_scratch (Run *run, const char *path, guint64 bytes)
{
  add_parents (run, path);
  add_all (run, (const char *const[]){ "--perms", "1777", "--size", NULL });
  run_addf (run, "%" G_GUINT64_FORMAT, bytes);
  run_add (run, "--tmpfs");
  add_path (run, path);
}

static void
add_mounts (Run *run, const GPtrArray *mounts)
{
  for (guint i = 0; i < mounts->len; i++)
    {
      const SandboxMount *mount = g_ptr_array_index (mounts, i);
      if (mount->host_path == NULL)
        add_scratch (run, mount->path, mount->bytes);
      else
        {
          add_parents (run, mount->path);
          run_add (run, "--ro-bind");
          run_add (run, mount->host_path);
          add_path (run, mount->path);
        }
    }
  /* The tree's top and /dev are memory too, and of no set size. */
  run_add (run, "--remount-ro");
  add_path (run, "/dev");
  run_add (run, "--remount-ro");
  run_add (run, "/");
}

/* --- limits and rights ------------------------------------------------------------------------ */

/* Nobody may raise a hard limit but root. */
static void
add_limit (Run *run, const char *name, __rlimit_resource_t resource, guint64 value)
{
  struct rlimit limit;
  const gboolean known = getrlimit (resource, &limit) == 0;
  run_addf (run, "--%s=%" G_GUINT64_FORMAT, name,
            known ? MIN (value, (guint64) limit.rlim_max) : value);
}

static void
add_limits (Run *run, const SandboxLimits *limits)
{
  add_all (run, (const char *const[]){ "choom", "-n", "1000", "--", "prlimit", NULL });
  add_limit (run, "as", RLIMIT_AS, limits->memory_bytes);
  add_limit (run, "nproc", RLIMIT_NPROC, limits->processes);
  add_limit (run, "fsize", RLIMIT_FSIZE, limits->file_bytes);
  add_limit (run, "nofile", RLIMIT_NOFILE, OPEN_FILES_MAX);
  add_limit (run, "core", RLIMIT_CORE, 0);
  run_add (run, "--");
}

/* Where there is no id of nobody, setpriv fails, and so does the check. */
static void
add_rights (Run *run)
{
  guint id;
  if (!is_root ())
    return;
  sandbox_nobodys_id (&id);
  run_add (run, "setpriv");
  run_addf (run, "--reuid=%u", id);
  run_addf (run, "--regid=%u", id);
  add_all (run, (const char *const[]){ "--clear-groups", "--no-new-privs", "--bounding-set=-all",
                                       "--inh-caps=-all", "--", NULL });
}

/* --- the kind --------------------------------------------------------------------------------- */

static char *
no_root (void)
{
  return NULL;
}

/* Namespaces and memory of its own bound it. */
static const char *const *
words_of_host (void)
{
  static const char *const none[] = { NULL };
  return none;
}

/*
 * bwrap stays inside as process 1, and what may read its /proc folder reads its environment: it is
 * the program's.
 */
static Run *
make (const Sandbox *sandbox)
{
  Run *run = run_new ("bwrap", NULL);
  sandbox_set_environment (sandbox, run);
  add_namespaces (run);
  add_system (run);
  add_mounts (run, sandbox->mounts);
  run_add (run, "--");
  if (is_root ())
    add_all (run, (const char *const[]){ "chroot", ROOT_TREE, NULL });
  add_limits (run, &sandbox->limits);
  add_rights (run);
  run_add (run, "env");
  run_addf (run, "--chdir=%s", sandbox->cwd);
  g_autoptr (GPtrArray) words = sandbox_fill_words (sandbox);
  for (guint i = 0; words != NULL && i < words->len; i++)
    run_add (run, g_ptr_array_index (words, i));
  return run;
}

static gboolean
check (GError **error)
{
  g_autofree char *bwrap = run_find_program ("bwrap");
  g_autoptr (GError) cause = NULL;
  if (bwrap == NULL)
    return fail (error, HARNESS_ERROR_HOST, "bwrap is not here; try: apt-get install bubblewrap");
  if (sandbox_try (&sandbox_bubblewrap, &cause))
    return TRUE;
  if (g_error_matches (cause, HARNESS_ERROR, HARNESS_ERROR_INTERRUPTED))
    return fail (error, HARNESS_ERROR_INTERRUPTED, "%s", cause->message);
  return fail (error, HARNESS_ERROR_HOST,
               "%s; try: root, or user namespaces (sysctl kernel.unprivileged_userns_clone=1)",
               cause->message);
}

const SandboxKind sandbox_bubblewrap = {
  .name = "bubblewrap",
  .check = check,
  .root = no_root,
  .make = make,
  .words_of_host = words_of_host,
};
