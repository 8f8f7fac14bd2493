/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sandbox that needs no privilege: the command line of sandbox-launch (launcher/launcher.h),
 * where its folder is, and what this host must have for it.
 *
 * A root by name that can change its id (as in Docker) gives the program an id of nobody's. An
 * ordinary user, or the only id of a user namespace, keeps its own: then the kernel has to be
 * newer, because nothing but Landlock stands between the program and files of ours.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/launcher/landlock-abi.h"
#include "base/sandbox-private.h"

#define LAUNCHER "sandbox-launch"
#define PREFIX "harness-sandbox-"
#define LEFT_OVER_S 3600 /* no run in a sandbox is as long */

/* --- who the program can be ------------------------------------------------------------------- */

static gboolean
has_capability (int capability)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
  return syscall (SYS_capget, &header, data) == 0
         && (data[0].effective & (1u << capability)) != 0; /* all that are asked for are below 32 */
}

/* What it takes to give folders to another id, become it, and remove what it left. */
static gboolean
may_change_id (void)
{
  static const int needed[] = { CAP_SETUID, CAP_SETGID, CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER };
  for (guint i = 0; i < G_N_ELEMENTS (needed); i++)
    if (!has_capability (needed[i]))
      return FALSE;
  return TRUE;
}

static gboolean
own_id (guint *id)
{
  return may_change_id () && sandbox_nobodys_id (id);
}

static gboolean
has_own_id (void)
{
  guint id;
  return own_id (&id);
}

/* The kernel does not count the processes of the host's root. */
static gboolean
is_real_root (void)
{
  g_autofree char *map = NULL;
  g_auto (GStrv) words = NULL;
  if (geteuid () != 0)
    return FALSE;
  if (!g_file_get_contents ("/proc/self/uid_map", &map, NULL, NULL))
    return TRUE;
  g_strstrip (map);
  words = g_strsplit_set (map, " ", -1);
  for (guint i = 1; words[i] != NULL; i++)
    if (words[i][0] != '\0')
      return strcmp (words[i], "0") == 0;
  return TRUE;
}

/* --- its folder ------------------------------------------------------------------------------- */

/* Any id gets there. */
static gboolean
is_open_to_all (const char *folder)
{
  for (g_autofree char *path = g_strdup (folder); strcmp (path, "/") != 0;)
    {
      struct stat st;
      if (stat (path, &st) < 0 || (st.st_mode & S_IXOTH) == 0)
        return FALSE;
      char *parent = g_path_get_dirname (path);
      g_free (path);
      path = parent;
    }
  return TRUE;
}

/*
 * The only id of a user namespace that root made: its processes are not limited, so that it takes
 * a namespace of theirs to end them at once when they are too many.
 */
static gboolean
needs_pid_namespace (void)
{
  return !has_own_id () && is_real_root ();
}

/* Its name stands on make's command lines. */
static gboolean
has_plain_name (const char *folder)
{
  return folder[strspn (folder, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "/._-+")] == '\0';
}

/* Where temporary files go; elsewhere, where that is closed to the program's id. */
static char *
folder_for_roots (void)
{
  const char *const folders[] = { g_get_tmp_dir (), "/tmp", "/var/tmp" };
  const gboolean other = has_own_id ();
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      char *real = realpath (folders[i], NULL); /* as the compiler will call it */
      g_autofree char *folder = g_strdup (real);
      free (real);
      if (folder != NULL && has_plain_name (folder) && access (folder, W_OK) == 0
          && (!other || is_open_to_all (folder)))
        return g_steal_pointer (&folder);
    }
  return g_strdup (folders[0]);
}

static char *
make_root (void)
{
  g_autofree char *folder = folder_for_roots ();
  return g_strdup_printf ("%s/" PREFIX "%d-%08x", folder, (int) getpid (), g_random_int ());
}

/* sandbox-launch removes its folder, unless the machine went down under it. */
static void
sweep (void)
{
  g_autofree char *folder = folder_for_roots ();
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      struct stat st;
      g_autofree char *path = g_build_filename (folder, name, NULL);
      if (g_str_has_prefix (name, PREFIX) && lstat (path, &st) == 0 && S_ISDIR (st.st_mode)
          && st.st_uid == geteuid () && time (NULL) - st.st_mtime > LEFT_OVER_S)
        files_remove_tree (path, NULL);
    }
}

/* --- the run ---------------------------------------------------------------------------------- */

/* It is built with the harness, in base/ beside it; tests' programs have that further up. */
static char *
find_launcher (void)
{
  static const char *const places[] = { "base", "../base", "../../base" };
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = g_path_get_dirname (program != NULL ? program : ".");
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *found = g_build_filename (dir, places[i], LAUNCHER, NULL);
      if (g_file_test (found, G_FILE_TEST_IS_EXECUTABLE))
        return g_canonicalize_filename (found, NULL);
    }
  return NULL;
}

static void
add_mounts (Run *run, const GPtrArray *mounts)
{
  for (guint i = 0; i < mounts->len; i++)
    {
      const SandboxMount *mount = g_ptr_array_index (mounts, i);
      run_add (run, mount->host_path != NULL ? "--bind" : "--scratch");
      if (mount->host_path != NULL)
        run_add (run, mount->host_path);
      else
        run_addf (run, "%" G_GUINT64_FORMAT, mount->bytes);
      run_add (run, mount->path);
    }
}

/* No file need be larger than the largest folder, but for what goes to a file of ours, by a program that has /tmp alone. */
static guint64
file_bytes (const Sandbox *sandbox)
{
  guint64 largest = 0;
  guint folders = 0;
  for (guint i = 0; i < sandbox->mounts->len; i++)
    {
      const SandboxMount *mount = g_ptr_array_index (sandbox->mounts, i);
      largest = MAX (largest, mount->bytes);
      folders += mount->host_path == NULL;
    }
  return folders > 1 ? MIN (sandbox->limits.file_bytes, largest) : sandbox->limits.file_bytes;
}

static Run *
make (const Sandbox *sandbox)
{
  g_autofree char *launcher = find_launcher ();
  g_autoptr (GPtrArray) words = sandbox_fill_words (sandbox);
  guint id;
  Run *run = run_new (launcher != NULL ? launcher : LAUNCHER, "--root", sandbox->root, "--cwd",
                      sandbox->cwd, NULL);
  sandbox_set_environment (sandbox, run);
  run_add (run, "--id");
  run_addf (run, "%u", own_id (&id) ? id : geteuid ());
  run_add (run, "--memory");
  run_addf (run, "%" G_GUINT64_FORMAT, sandbox->limits.memory_bytes);
  run_add (run, "--processes");
  run_addf (run, "%u", sandbox->limits.processes);
  run_add (run, "--file");
  run_addf (run, "%" G_GUINT64_FORMAT, file_bytes (sandbox));
  if (needs_pid_namespace ())
    {
      run_add (run, "--pid-namespace");
      run_add (run, "1");
    }
  add_mounts (run, sandbox->mounts);
  for (guint i = 0; words != NULL && i < words->len; i++)
    {
      run_add (run, "--first");
      run_add (run, g_ptr_array_index (words, i));
    }
  run_add (run, "--");
  return run;
}

/*
 * Its folders are on the host's disk; full ones end the run. Without an id of its own its processes
 * are counted with ours.
 */
static const char *const *
words_of_host (void)
{
  static const char *const disk[] = { "No space left on device", "Disk quota exceeded", NULL };
  static const char *const both[] = { "No space left on device", "Disk quota exceeded", "annot fork", "fork: retry",
                                      "Resource temporarily unavailable", NULL };
  return has_own_id () ? disk : both;
}

/* --- whether it can be had -------------------------------------------------------------------- */

static gboolean
check_kernel (GError **error)
{
  const int abi = landlock_abi ();
  if (abi < 1)
    return fail (error, HARNESS_ERROR_HOST,
                 "the kernel here has no Landlock (%s); try: Linux 5.13 or later with landlock "
                 "among its lsm=, and a container that lets its calls through",
                 g_strerror (errno));
  if (has_own_id ())
    return TRUE;
  if (is_real_root () && !has_capability (CAP_SYS_ADMIN))
    return fail (error, HARNESS_ERROR_HOST,
                 "root here cannot become another id (it needs CHOWN, DAC_OVERRIDE, FOWNER, SETGID "
                 "and SETUID, which Docker gives by default); "
                 "try: those capabilities, or an ordinary user");
  return abi >= ABI_TRUNCATE
         || fail (error, HARNESS_ERROR_HOST,
                  "the kernel's Landlock (ABI %d) cannot protect files of the same user; try: "
                  "Linux 6.2 or later, or root with CAP_SETUID",
                  abi);
}

static gboolean
check (GError **error)
{
  g_autofree char *launcher = find_launcher ();
  g_autoptr (GError) cause = NULL;
  if (launcher == NULL)
    return fail (error, HARNESS_ERROR_HOST,
                 "base/" LAUNCHER " is not beside the harness; try: make");
  if (!check_kernel (error))
    return FALSE;
  sweep ();
  if (sandbox_try (&sandbox_landlock, &cause))
    return TRUE;
  if (g_error_matches (cause, HARNESS_ERROR, HARNESS_ERROR_INTERRUPTED))
    return fail (error, HARNESS_ERROR_INTERRUPTED, "%s", cause->message);
  return fail (error, HARNESS_ERROR_HOST, "%s", cause->message);
}

const SandboxKind sandbox_landlock = {
  .name = "landlock",
  .check = check,
  .root = make_root,
  .make = make,
  .has_statuses = TRUE,
  .words_of_host = words_of_host,
};
