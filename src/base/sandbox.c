/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of a sandbox:  bwrap MOUNTS -- [chroot] choom prlimit [setpriv] env PROGRAM…
 *
 * An ordinary user gets a user namespace, in which no further one can be made. Root gets none: it is root who may bind what lies
 * below folders that only root may enter, and who can then become an id that owns nothing. For root the tree is made below /sandbox
 * and entered by chroot, because the kernel refuses a user namespace to whoever has been chrooted: in a user namespace
 * of its own the program could mount memory without limit.
 *
 * What bounds memory is the address space of each process, the number of processes and the size of each scratch folder. All of it together may be
 * more than the host has: then the kernel takes these processes first (oom_score_adj).
 */
#include "base/sandbox.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"

#define ROOT_TREE "/sandbox"
#define TMP_BYTES (G_GUINT64_CONSTANT (64) << 20)
#define OPEN_FILES_MAX 1024
#define CHECK_DEADLINE_S 30

/* gcc 12 needs some 350 MiB of address space for the largest file of KVM, with -g; each compilation, with make and the shells that kbuild starts, some 10 processes. */
const SandboxLimits sandbox_limits_default = {
  .memory_bytes = G_GUINT64_CONSTANT (1) << 30,
  .processes = 128,
  .file_bytes = G_GUINT64_CONSTANT (256) << 20,
  .deadline_s = 180,
};

/* --- what is asked for ------------------------------------------------------------------------ */

typedef struct
{
  char *host_path; /* NULL: a scratch folder */
  char *path;
  guint64 bytes;
} Mount;

struct Sandbox
{
  SandboxLimits limits;
  GPtrArray *mounts; /* of Mount, in order */
  GPtrArray *env;    /* of char *: name, value, name, value … */
  char *cwd;         /* or NULL */
};

static void
mount_free (gpointer data)
{
  Mount *mount = data;
  g_free (mount->host_path);
  g_free (mount->path);
  g_free (mount);
}

Sandbox *
sandbox_new (void)
{
  Sandbox *sandbox = g_new0 (Sandbox, 1);
  sandbox->limits = sandbox_limits_default;
  sandbox->mounts = g_ptr_array_new_with_free_func (mount_free);
  sandbox->env = g_ptr_array_new_with_free_func (g_free);
  return sandbox;
}

void
sandbox_free (Sandbox *sandbox)
{
  if (sandbox == NULL)
    return;
  g_ptr_array_unref (sandbox->mounts);
  g_ptr_array_unref (sandbox->env);
  g_free (sandbox->cwd);
  g_free (sandbox);
}

void
sandbox_limit (Sandbox *sandbox, const SandboxLimits *limits)
{
  sandbox->limits = *limits;
}

static void
add_mount (Sandbox *sandbox, const char *host_path, const char *path, guint64 bytes)
{
  Mount *mount = g_new0 (Mount, 1);
  mount->host_path = host_path != NULL ? g_canonicalize_filename (host_path, NULL) : NULL;
  mount->path = g_strdup (path);
  mount->bytes = bytes;
  g_ptr_array_add (sandbox->mounts, mount);
}

void
sandbox_bind_read_only (Sandbox *sandbox, const char *host_path, const char *path)
{
  add_mount (sandbox, host_path, path, 0);
}

void
sandbox_scratch (Sandbox *sandbox, const char *path, guint64 bytes)
{
  add_mount (sandbox, NULL, path, bytes);
}

void
sandbox_cwd (Sandbox *sandbox, const char *path)
{
  g_free (sandbox->cwd);
  sandbox->cwd = g_strdup (path);
}

void
sandbox_env (Sandbox *sandbox, const char *name, const char *value)
{
  g_ptr_array_add (sandbox->env, g_strdup (name));
  g_ptr_array_add (sandbox->env, g_strdup (value));
}

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
  static const char *const common[] = { "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
                                        "--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv", NULL };
  static const char *const root[] = { "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP",
                                      "--cap-add", "CAP_SYS_CHROOT", NULL };
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

/* Programs find their libraries, and awk is found, through these two of /etc. */
static void
add_system (Run *run)
{
  static const char *const folders[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/alternatives", "/etc/ld.so.cache" };
  if (is_root ()) /* chroot itself is found outside of the tree */
    add_all (run, (const char *const[]){ "--ro-bind", "/usr", "/usr", "--ro-bind-try", "/lib", "/lib", "--ro-bind-try", "/lib64", "/lib64", NULL });
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
  add_scratch (run, "/tmp", TMP_BYTES);
  for (guint i = 0; i < mounts->len; i++)
    {
      const Mount *mount = g_ptr_array_index (mounts, i);
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

static void
add_environment (Run *run, const GPtrArray *env)
{
  add_all (run, (const char *const[]){ "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "--setenv", "LC_ALL", "C.UTF-8", NULL });
  for (guint i = 0; i + 1 < env->len; i += 2)
    add_all (run, (const char *const[]){ "--setenv", g_ptr_array_index (env, i), g_ptr_array_index (env, i + 1), NULL });
}

/* --- limits and rights ------------------------------------------------------------------------ */

/* Nobody may raise a hard limit but root. */
static void
add_limit (Run *run, const char *name, __rlimit_resource_t resource, guint64 value)
{
  struct rlimit limit;
  const gboolean known = getrlimit (resource, &limit) == 0;
  run_addf (run, "--%s=%" G_GUINT64_FORMAT, name, known ? MIN (value, (guint64) limit.rlim_max) : value);
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

/* How many ids, from 0 on, are there for us: all, or what a container was given. */
static guint64
ids_here (void)
{
  g_autofree char *map = NULL;
  unsigned long long inside = 0, outside = 0, count = 0;
  if (!g_file_get_contents ("/proc/self/uid_map", &map, NULL, NULL) || sscanf (map, "%llu %llu %llu", &inside, &outside, &count) != 3)
    return G_MAXUINT32;
  return inside == 0 ? count : 0;
}

/* An id of nobody, another one for each sandbox at a time where there are enough of them: the kernel counts processes by id. */
static guint
nobodys_id (void)
{
  static gint made;
  const guint number = ((guint) getpid () << 8 | ((guint) g_atomic_int_add (&made, 1) & 0xff)) & 0x3fffffff;
  return ids_here () > 0x7fffffff ? 0x40000000 + number : 20000 + number % 40000;
}

static void
add_rights (Run *run)
{
  if (!is_root ())
    return;
  const guint id = nobodys_id ();
  run_add (run, "setpriv");
  run_addf (run, "--reuid=%u", id);
  run_addf (run, "--regid=%u", id);
  add_all (run, (const char *const[]){ "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--", NULL });
}

/* --- the run ---------------------------------------------------------------------------------- */

/* bwrap stays inside as process 1, and what may read its /proc folder reads its environment. */
static void
clear_environment (Run *run)
{
  g_auto (GStrv) names = g_listenv ();
  for (char **name = names; *name != NULL; name++)
    run_set_env (run, *name, NULL);
}

static Run *
make_run (const Sandbox *sandbox)
{
  Run *run = run_new ("bwrap", NULL);
  clear_environment (run);
  run_set_deadline_s (run, sandbox->limits.deadline_s);
  add_namespaces (run);
  add_system (run);
  add_mounts (run, sandbox->mounts);
  add_environment (run, sandbox->env);
  run_add (run, "--");
  if (is_root ())
    add_all (run, (const char *const[]){ "chroot", ROOT_TREE, NULL });
  add_limits (run, &sandbox->limits);
  add_rights (run);
  run_add (run, "env");
  run_addf (run, "--chdir=%s", sandbox->cwd != NULL ? sandbox->cwd : "/");
  return run;
}

Run *
sandbox_run (const Sandbox *sandbox, const char *program, ...)
{
  Run *run = make_run (sandbox);
  va_list args;
  va_start (args, program);
  for (const char *arg = program; arg != NULL; arg = va_arg (args, const char *))
    run_add (run, arg);
  va_end (args);
  return run;
}

gboolean
sandbox_check (GError **error)
{
  g_autofree char *bwrap = run_find_program ("bwrap");
  if (bwrap == NULL)
    return fail (error, HARNESS_ERROR_HOST, "bwrap is not here, and nothing that is not trusted is run without it; try: apt-get install bubblewrap");

  g_autoptr (Sandbox) sandbox = sandbox_new ();
  const SandboxLimits limits = { .memory_bytes = 1 << 30, .processes = 16, .file_bytes = 1 << 20, .deadline_s = CHECK_DEADLINE_S };
  sandbox_limit (sandbox, &limits);
  g_autoptr (Run) run = sandbox_run (sandbox, "true", NULL);
  g_autoptr (GError) cause = NULL;
  if (run_wait (run, &cause))
    return TRUE;
  if (g_error_matches (cause, HARNESS_ERROR, HARNESS_ERROR_INTERRUPTED))
    return fail (error, HARNESS_ERROR_INTERRUPTED, "%s", cause->message);
  return fail (error, HARNESS_ERROR_HOST, "no sandbox can be made here: %s; try: root, or user namespaces (sysctl kernel.unprivileged_userns_clone=1), not inside an unprivileged container",
               cause->message);
}
