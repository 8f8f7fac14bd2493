/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tarball, git work tree or folder to a plain tree, through one libarchive writer that stays in its folder. */
#include "kernel/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/archive.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/files.h"
#include "base/hash-memo.h"
#include "base/hash.h"
#include "base/run.h"

/* Linux 6.12 has 88,000 entries and 1.5 GB. */
#define ENTRIES_MAX 400000
#define BYTES_MAX (G_GINT64_CONSTANT (6) << 30)
#define BLOCK_BYTES (128 * 1024)

/* --- what is there ---------------------------------------------------------------------------- */

void
kernel_source_free (KernelSource *source)
{
  if (source == NULL)
    return;
  g_free (source->path);
  g_free (source->sha256);
  g_free (source);
}

static gboolean
has (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

gboolean
kernel_source_check_tree (const char *dir, GError **error)
{
  static const char *const parts[] = { "Makefile", "Kbuild", "Kconfig", "arch/x86/kvm/x86.c", "scripts/kconfig", "kernel/configs" };
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      if (!has (dir, parts[i]))
        return fail (error, HARNESS_ERROR_USAGE, "%s: no kernel source: %s is missing; try: the top folder of a Linux tree, its git work tree or tarball",
                     dir, parts[i]);
    }
  return TRUE;
}

/* What a build leaves: `make mrproper` removes all of these. */
static gboolean
check_unbuilt (const char *dir, GError **error)
{
  static const char *const traces[] = { ".config", "include/config", "include/generated", "vmlinux.o" };
  for (guint i = 0; i < G_N_ELEMENTS (traces); i++)
    {
      if (has (dir, traces[i]))
        return fail (error, HARNESS_ERROR_USAGE, "%s: a kernel was built in it (%s is there); try: make -C %s mrproper", dir, traces[i], dir);
    }
  return TRUE;
}

/* --- hashing ---------------------------------------------------------------------------------- */

static gboolean
git (const char *dir, const char *const *args, char **out, GError **error)
{
  g_autoptr (Run) run = run_new ("git", "-C", dir, NULL);
  for (; *args != NULL; args++)
    run_add (run, *args);
  run_set_deadline_s (run, 300);
  if (!run_wait (run, error))
    return FALSE;
  *out = g_strchomp (g_strdup (run_stdout (run)));
  return TRUE;
}

static gboolean
hash_git (KernelSource *source, GError **error)
{
  g_autofree char *changes = NULL;
  g_autofree char *tree = NULL;
  if (!git (source->path, (const char *const[]){ "status", "--porcelain", "--untracked-files=no", NULL }, &changes, error)
      || !git (source->path, (const char *const[]){ "rev-parse", "HEAD^{tree}", NULL }, &tree, error))
    return FALSE;
  if (changes[0] != '\0')
    return fail (error, HARNESS_ERROR_USAGE, "%s: uncommitted changes, the first is \"%.*s\"; try: git commit or git stash (what is built is HEAD)",
                 source->path, (int) strcspn (changes, "\n"), changes);
  g_autoptr (InputHash) hash = input_hash_new ("git-tree");
  input_hash_add (hash, "tree", tree);
  source->sha256 = input_hash_end (hash);
  return TRUE;
}

static GPtrArray *
sorted_names (const char *dir, GError **error)
{
  g_autoptr (GDir) handle = g_dir_open (dir, 0, NULL);
  if (handle == NULL)
    {
      fail_errno (error, errno, "%s: listing", dir);
      return NULL;
    }
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  for (const char *name; (name = g_dir_read_name (handle)) != NULL;)
    g_ptr_array_add (names, g_strdup (name));
  files_sort_names (names);
  return names;
}

static gboolean hash_folder (const char *dir, const char *rel, InputHash *hash, GError **error);

static gboolean
hash_entry (const char *path, const char *rel, InputHash *hash, GError **error)
{
  struct stat st;
  if (lstat (path, &st) < 0)
    return fail_errno (error, errno, "%s: looking at", path);
  if (S_ISDIR (st.st_mode))
    return hash_folder (path, rel, hash, error);
  if (!S_ISREG (st.st_mode) && !S_ISLNK (st.st_mode)) /* to open a FIFO is to wait */
    return fail (error, HARNESS_ERROR_USAGE, "%s: neither a file nor a folder nor a link; try: remove it", path);
  input_hash_add (hash, "mode", (st.st_mode & S_IXUSR) != 0 ? "x" : "-");
  if (!S_ISLNK (st.st_mode))
    return input_hash_add_file (hash, rel, path, error);
  g_autofree char *target = g_file_read_link (path, NULL);
  input_hash_add (hash, rel, target);
  return TRUE;
}

static gboolean
hash_folder (const char *dir, const char *rel, InputHash *hash, GError **error)
{
  if (!cancel_check (error))
    return FALSE;
  g_autoptr (GPtrArray) names = sorted_names (dir, error);
  if (names == NULL)
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *path = g_build_filename (dir, name, NULL);
      g_autofree char *below = g_strconcat (rel, "/", name, NULL);
      if (strcmp (below, "/.git") != 0 && !hash_entry (path, below, hash, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
hash_source (KernelSource *source, const char *memo_dir, GError **error)
{
  if (source->kind == KERNEL_SOURCE_TARBALL)
    return hash_file_remembered (memo_dir, source->path, &source->sha256, error);
  if (source->kind == KERNEL_SOURCE_GIT)
    return hash_git (source, error);

  g_autoptr (InputHash) hash = input_hash_new ("folder");
  if (!hash_folder (source->path, "", hash, error))
    return FALSE;
  source->sha256 = input_hash_end (hash);
  return TRUE;
}

static gboolean
classify (KernelSource *source, GError **error)
{
  if (g_file_test (source->path, G_FILE_TEST_IS_REGULAR))
    {
      source->kind = KERNEL_SOURCE_TARBALL;
      return TRUE;
    }
  if (!g_file_test (source->path, G_FILE_TEST_IS_DIR))
    return fail (error, HARNESS_ERROR_USAGE, "%s: no kernel source: there is no such file or folder", source->path);
  if (!kernel_source_check_tree (source->path, error))
    return FALSE;
  source->kind = has (source->path, ".git") ? KERNEL_SOURCE_GIT : KERNEL_SOURCE_FOLDER;
  return source->kind == KERNEL_SOURCE_GIT || check_unbuilt (source->path, error);
}

gboolean
kernel_source_open (const char *path, KernelSource **source, GError **error)
{
  return kernel_source_open_remembered (path, NULL, source, error);
}

gboolean
kernel_source_open_remembered (const char *path, const char *memo_dir, KernelSource **source, GError **error)
{
  g_autoptr (KernelSource) opened = g_new0 (KernelSource, 1);
  opened->path = g_canonicalize_filename (path, NULL);
  if (!classify (opened, error) || !hash_source (opened, memo_dir, error))
    return FALSE;
  *source = g_steal_pointer (&opened);
  return TRUE;
}

/* --- unpacking -------------------------------------------------------------------------------- */

typedef struct
{
  ArchiveWalk walk;
  char *dir;         /* without symbolic links: libarchive refuses to pass through one */
  guint strip;       /* leading components to drop */
  Archive *disk;
} Unpack;

static void
unpack_clear (Unpack *unpack)
{
  if (unpack->disk != NULL)
    archive_write_free (unpack->disk);
  g_free (unpack->dir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Unpack, unpack_clear)

/* The path below the folder, NULL if nothing is left. */
static const char *
strip_components (const char *path, guint count)
{
  while (g_str_has_prefix (path, "./"))
    path += 2;
  for (; count > 0 && path != NULL; count--)
    {
      path = strchr (path, '/');
      path = path != NULL ? path + 1 : NULL;
    }
  return path != NULL && path[0] != '\0' && strcmp (path, ".") != 0 ? path : NULL;
}

/* Renames the entry to its place. *skip for the top folder itself. */
static gboolean
place_entry (const Unpack *unpack, struct archive_entry *entry, gboolean *skip, GError **error)
{
  const char *name = archive_entry_pathname (entry);
  const char *link = archive_entry_hardlink (entry);
  const char *rel = name != NULL ? strip_components (name, unpack->strip) : NULL;
  const char *link_rel = link != NULL ? strip_components (link, unpack->strip) : NULL;
  *skip = rel == NULL;
  if (rel == NULL)
    return TRUE;
  if (!archive_path_is_inside (rel) || (link != NULL && (link_rel == NULL || !archive_path_is_inside (link_rel))))
    return fail (error, HARNESS_ERROR_USAGE, "%s: \"%s\" would leave the folder it is unpacked in", unpack->walk.what, name);
  const mode_t type = archive_entry_filetype (entry);
  if (link == NULL && type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK)
    return fail (error, HARNESS_ERROR_USAGE, "%s: \"%s\" is a device or the like", unpack->walk.what, name);

  g_autofree char *path = g_build_filename (unpack->dir, rel, NULL);
  g_autofree char *link_path = link_rel != NULL ? g_build_filename (unpack->dir, link_rel, NULL) : NULL;
  archive_entry_set_pathname (entry, path);
  if (link_path != NULL)
    archive_entry_set_hardlink (entry, link_path);
  return TRUE;
}

static gboolean
disk_failed (const Unpack *unpack, GError **error)
{
  const int errnum = archive_errno (unpack->disk);
  if (errnum == ENOSPC || errnum == EDQUOT)
    return fail_errno (error, errnum, "%s: unpacking to %s", unpack->walk.what, unpack->dir);
  return fail (error, HARNESS_ERROR_FAILED, "%s: unpacking to %s: %s", unpack->walk.what, unpack->dir, archive_error_string (unpack->disk));
}

static gboolean
write_block (const void *block, gsize size, gint64 offset, gpointer user, GError **error)
{
  Unpack *unpack = user;
  return archive_write_data_block (unpack->disk, block, size, offset) >= ARCHIVE_OK || disk_failed (unpack, error);
}

static gboolean
unpack_entry (ArchiveWalk *walk, Archive *reader, struct archive_entry *entry, gpointer user, GError **error)
{
  Unpack *unpack = user;
  gboolean skip;
  if (!place_entry (unpack, entry, &skip, error))
    return FALSE;
  if (skip)
    return TRUE;
  if (archive_write_header (unpack->disk, entry) < ARCHIVE_OK)
    return disk_failed (unpack, error);
  if (archive_entry_size (entry) > 0 && !archive_walk_data (walk, reader, write_block, unpack, error))
    return FALSE;
  return archive_write_finish_entry (unpack->disk) >= ARCHIVE_WARN || disk_failed (unpack, error);
}

static gboolean
unpack_init (Unpack *unpack, const char *what, const char *dir, guint strip, GError **error)
{
  char real[PATH_MAX];
  if (realpath (dir, real) == NULL)
    return fail_errno (error, errno, "%s", dir);
  unpack->walk = (ArchiveWalk){ .what = what, .entries_max = ENTRIES_MAX, .bytes_max = BYTES_MAX };
  unpack->dir = g_strdup (real);
  unpack->strip = strip;
  unpack->disk = archive_write_disk_new ();
  archive_write_disk_set_options (unpack->disk, ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT
                                                    | ARCHIVE_EXTRACT_NO_OVERWRITE);
  return TRUE;
}

static gboolean
unpack_tarball (const KernelSource *source, const char *dir, GError **error)
{
  g_auto (Unpack) unpack = { 0 };
  g_autoptr (Archive) reader = archive_read_new ();
  archive_read_support_filter_all (reader);
  archive_read_support_format_tar (reader);
  if (!unpack_init (&unpack, source->path, dir, 1, error))
    return FALSE;
  if (archive_read_open_filename (reader, source->path, BLOCK_BYTES) != ARCHIVE_OK)
    return archive_read_failed (&unpack.walk, reader, error);
  return archive_walk (&unpack.walk, reader, unpack_entry, &unpack, error);
}

/* What a process writes, for libarchive to read. */
typedef struct
{
  Run *run;
  int fd;
  GError *error; /* why reading failed */
  char block[BLOCK_BYTES];
} Pipe;

static void
pipe_free (Pipe *pipe)
{
  fd_close (&pipe->fd);
  run_free (pipe->run);
  g_clear_error (&pipe->error);
  g_free (pipe);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pipe, pipe_free)

static la_ssize_t
read_pipe (Archive *reader, void *user, const void **data)
{
  Pipe *pipe = user;
  gsize got;
  *data = pipe->block;
  if (run_read (pipe->run, pipe->fd, pipe->block, sizeof pipe->block, &got, &pipe->error))
    return (la_ssize_t) got;
  archive_set_error (reader, EIO, "%s", pipe->error->message);
  return ARCHIVE_FATAL;
}

static gboolean
unpack_pipe (const KernelSource *source, const char *dir, Pipe *pipe, GError **error)
{
  g_auto (Unpack) unpack = { 0 };
  g_autoptr (Archive) reader = archive_read_new ();
  archive_read_support_format_tar (reader);
  if (!unpack_init (&unpack, source->path, dir, 0, error))
    return FALSE;
  if (archive_read_open (reader, pipe, NULL, read_pipe, NULL) != ARCHIVE_OK)
    return archive_read_failed (&unpack.walk, reader, error);
  return archive_walk (&unpack.walk, reader, unpack_entry, &unpack, error);
}

/* Whose failure it is: of reading the pipe; git's own, which cuts the archive short; else that of unpacking. */
static gboolean
unpack_git_failed (Pipe *pipe, GError *unpacking, GError **error)
{
  g_autoptr (GError) own = unpacking;
  int status;
  if (pipe->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&pipe->error));
      return FALSE;
    }
  fd_close (&pipe->fd); /* git has nobody to write to, and ends by a signal if it was not at its end */
  if (run_wait_status (pipe->run, &status, NULL) && status > 0)
    return run_wait (pipe->run, error);
  g_propagate_error (error, g_steal_pointer (&own));
  return FALSE;
}

static gboolean
unpack_git (const KernelSource *source, const char *dir, GError **error)
{
  int fds[2];
  if (pipe2 (fds, O_CLOEXEC) < 0)
    return fail_errno (error, errno, "pipe");
  g_autoptr (Pipe) pipe = g_new0 (Pipe, 1);
  GError *unpacking = NULL;
  pipe->fd = fds[0];
  pipe->run = run_new ("git", "-C", source->path, "archive", "--format=tar", "HEAD", NULL);
  run_set_stdout_fd (pipe->run, fds[1]);
  const gboolean started = run_start (pipe->run, error);
  close (fds[1]);
  if (!started)
    return FALSE;
  if (!unpack_pipe (source, dir, pipe, &unpacking))
    return unpack_git_failed (pipe, unpacking, error);
  fd_close (&pipe->fd);
  return run_wait (pipe->run, error);
}

static gboolean
copy_folder (const KernelSource *source, const char *dir, GError **error)
{
  g_autoptr (Run) run = run_new ("cp", "-a", "--reflink=auto", "--no-preserve=ownership", "-T", "--", source->path, dir, NULL);
  return run_wait (run, error);
}

gboolean
kernel_source_unpack (const KernelSource *source, const char *dir, GError **error)
{
  gboolean ok = FALSE;
  switch (source->kind)
    {
    case KERNEL_SOURCE_TARBALL:
      ok = unpack_tarball (source, dir, error);
      break;
    case KERNEL_SOURCE_GIT:
      ok = unpack_git (source, dir, error);
      break;
    case KERNEL_SOURCE_FOLDER:
      ok = copy_folder (source, dir, error);
      break;
    }
  if (ok && !kernel_source_check_tree (dir, error))
    {
      g_prefix_error (error, "%s: ", source->path);
      return FALSE;
    }
  return ok;
}
