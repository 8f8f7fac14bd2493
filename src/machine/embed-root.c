/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roots for the embedded driver: taking, furnishing and sweeping them. */
#include "machine/embed-root.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"

#define ROOTS_MAX 64
#define ROOT_PATH_MAX 48 /* sun_path has 108 bytes; libvirt adds up to "/lib/qemu/domain-99999-<20 of the name>/monitor.sock" */
#define CMDLINE_MAX (256 * 1024)
#define DEATH_WAIT_MS 5000

struct EmbedRoot
{
  char *path;
  int lock; /* descriptor */
};

/* --- where ------------------------------------------------------------------------------------ */

static char *
base_path (void)
{
  const char *chosen = g_getenv ("HARNESS_RUNTIME_DIR");
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  if (chosen != NULL && *chosen != '\0')
    return g_canonicalize_filename (chosen, NULL);
  if (runtime != NULL && *runtime == '/' && g_file_test (runtime, G_FILE_TEST_IS_DIR))
    return g_build_filename (runtime, "harness", NULL);
  return g_strdup_printf ("/tmp/harness-%u", (guint) getuid ());
}

/* In /tmp somebody else might have made it first, with links in it that lead anywhere: nothing below is touched then. */
static gboolean
is_ours (const char *base)
{
  struct stat st;
  return lstat (base, &st) == 0 && S_ISDIR (st.st_mode) && st.st_uid == getuid () && (st.st_mode & 022) == 0;
}

static gboolean
make_base (const char *base, GError **error)
{
  if (mkdir (base, 0700) < 0 && errno != EEXIST)
    return fail_errno (error, errno, "%s: creating", base);
  if (!is_ours (base))
    return fail (error, HARNESS_ERROR_HOST,
                 "%s: not a folder of ours alone; try: remove it, or set HARNESS_RUNTIME_DIR to a short path", base);
  if (strlen (base) > ROOT_PATH_MAX)
    return fail (error, HARNESS_ERROR_HOST,
                 "%s: too long for libvirt's sockets; try: set HARNESS_RUNTIME_DIR to a path of at most %d bytes", base,
                 ROOT_PATH_MAX);
  return TRUE;
}

/* A root whose lock is free, or NULL. */
static EmbedRoot *
try_root (const char *base, guint number, gboolean create)
{
  g_autofree char *lock = g_strdup_printf ("%s/%u.lock", base, number);
  const int fd = open (lock, O_RDWR | (create ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return NULL;
  if (flock (fd, LOCK_EX | LOCK_NB) < 0)
    {
      close (fd);
      return NULL;
    }
  EmbedRoot *root = g_new0 (EmbedRoot, 1);
  root->path = g_strdup_printf ("%s/%u", base, number);
  root->lock = fd;
  return root;
}

void
embed_root_free (EmbedRoot *root)
{
  if (root == NULL)
    return;
  close (root->lock);
  g_free (root->path);
  g_free (root);
}

const char *
embed_root_path (const EmbedRoot *root)
{
  return root->path;
}

/* --- sweeping --------------------------------------------------------------------------------- */

/* Does an argument of that process name the driver's folder below this root? Its arguments are separated by NULs. */
static gboolean
belongs_to (const char *pid, const char *root)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/cmdline", pid);
  g_autofree char *mark = g_strdup_printf ("%s/lib/qemu/", root);
  g_autofree char *text = g_malloc (CMDLINE_MAX);
  const int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return FALSE;
  const gssize got = read (fd, text, CMDLINE_MAX);
  close (fd);
  return got > 0 && memmem (text, (gsize) got, mark, strlen (mark)) != NULL;
}

/* The same path in another root, a container's that shares our processes, is another folder with another lock. */
static gboolean
shares_our_root (const char *pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/root", pid);
  struct stat theirs, ours;

  return stat (path, &theirs) == 0 && stat ("/", &ours) == 0 && theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

/* The pidfd is opened before the look: what is killed is what was looked at. */
static gboolean
end_process (const char *pid, const char *root)
{
  const int fd = (int) syscall (SYS_pidfd_open, (pid_t) atoi (pid), 0);
  if (fd < 0)
    return FALSE;
  const gboolean ours = belongs_to (pid, root) && shares_our_root (pid) && syscall (SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0;
  struct pollfd gone = { .fd = fd, .events = POLLIN };
  if (ours)
    poll (&gone, 1, DEATH_WAIT_MS);
  close (fd);
  return ours;
}

static guint
end_processes (const char *root)
{
  guint ended = 0;
  g_autofree char *self = g_strdup_printf ("%d", (int) getpid ());
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  for (const char *name = proc != NULL ? g_dir_read_name (proc) : NULL; name != NULL; name = g_dir_read_name (proc))
    {
      if (g_ascii_isdigit (*name) && strcmp (name, self) != 0 && belongs_to (name, root) && end_process (name, root))
        ended++;
    }
  return ended;
}

/* Everything but the cache of QEMU's capabilities: a domain's state there would be taken up again. */
static guint
sweep_root (const EmbedRoot *root)
{
  static const char *const stale[] = { "run", "lib", "log" };
  const guint ended = end_processes (root->path);
  for (guint i = 0; i < G_N_ELEMENTS (stale); i++)
    {
      g_autofree char *path = g_build_filename (root->path, stale[i], NULL);
      files_remove_tree (path, NULL);
    }
  return ended;
}

guint
machine_sweep (void)
{
  guint ended = 0;
  g_autofree char *base = base_path ();
  if (!is_ours (base))
    return 0;
  for (guint i = 0; i < ROOTS_MAX; i++)
    {
      g_autoptr (EmbedRoot) root = try_root (base, i, FALSE);
      if (root != NULL)
        ended += sweep_root (root);
    }
  return ended;
}

/* --- furnishing ------------------------------------------------------------------------------- */

/*
 * As whom libvirt starts QEMU; an ordinary user's driver does not ask. Where a user namespace has
 * one id alone, as Apptainer's fakeroot, the kernel lets nobody set supplementary groups: libvirt
 * leaves them alone if the group is (gid_t) -1, "none".
 */
static const char *
whose_qemu (void)
{
  g_autofree char *groups = NULL;
  if (getuid () != 0)
    return "";
  if (g_file_get_contents ("/proc/self/setgroups", &groups, NULL, NULL) && g_str_has_prefix (groups, "deny"))
    return "user = \"root\"\ngroup = \"+4294967295\"\n";
  return "user = \"root\"\ngroup = \"root\"\n";
}

static gboolean
write_conf (const char *root, GError **error)
{
  static const char common[] = "# Written by harness.\n"
                               "stdio_handler = \"file\"\n"
                               "security_driver = \"none\"\n"
                               "namespaces = []\n"
                               "cgroup_controllers = []\n"
                               "remember_owner = 0\n"
                               "max_core = 0\n";
  g_autofree char *dir = g_build_filename (root, "etc", NULL);
  g_autofree char *path = g_build_filename (dir, "qemu.conf", NULL);
  g_autofree char *text = g_strconcat (common, whose_qemu (), NULL);
  return files_make_dir (dir, error) && files_write (path, text, -1, error);
}

/* A new root starts with what the first one knows about QEMU; libvirt checks whether it is still true. */
static void
copy_cache (const char *base, const char *root)
{
  g_autofree char *from = g_build_filename (base, "0", "cache", "qemu", "capabilities", NULL);
  g_autofree char *to = g_build_filename (root, "cache", "qemu", "capabilities", NULL);
  g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
  if (dir == NULL || g_file_test (to, G_FILE_TEST_EXISTS) || !files_make_dir (to, NULL))
    return;
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *source = g_build_filename (from, name, NULL);
      g_autofree char *target = g_build_filename (to, name, NULL);
      files_copy (source, target, NULL);
    }
}

static EmbedRoot *
find_root (const char *base)
{
  for (guint i = 0; i < ROOTS_MAX; i++)
    {
      EmbedRoot *root = try_root (base, i, TRUE);
      if (root != NULL)
        return root;
    }
  return NULL;
}

EmbedRoot *
embed_root_take (GError **error)
{
  g_autofree char *base = base_path ();
  if (!make_base (base, error))
    return NULL;
  g_autoptr (EmbedRoot) root = find_root (base);
  if (root == NULL)
    {
      fail (error, HARNESS_ERROR_HOST, "%s: none of %d roots for libvirt is free", base, ROOTS_MAX);
      return NULL;
    }
  sweep_root (root);
  if (!write_conf (root->path, error))
    return NULL;
  copy_cache (base, root->path);
  return g_steal_pointer (&root);
}
