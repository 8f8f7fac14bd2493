/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walking a submitted folder; see folder.h. Every step is openat() without links, so that a folder that is changed meanwhile leads nowhere. */
#include "submission/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/files.h"
#include "submission/paths.h"
#include "submission/wanted.h"

typedef struct
{
  const char *path;   /* the top, for messages */
  const char *prefix; /* before the names in the set; `rel` is without it */
  gboolean with_git;
  RawSet *set;
  Fault **fault;
} Walk;

static gboolean walk_folder (Walk *walk, int dir, const char *rel, guint depth, GError **error);

/* --- opening ---------------------------------------------------------------------------------- */

static gboolean
read_all (int fd, const char *name, gsize size, char **data, GError **error)
{
  g_autofree char *bytes = g_malloc (size + 1);
  gsize got = 0;
  while (got < size)
    {
      const gssize n = read (fd, bytes + got, size - got);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail_errno (error, errno, "%s: reading", name);
      if (n == 0)
        break;
      got += (gsize) n;
    }
  memset (bytes + got, 0, size + 1 - got);
  *data = g_steal_pointer (&bytes);
  return TRUE;
}

static gboolean
open_regular (int dir, const char *name, gboolean follow, int *out, gsize *size, GError **error)
{
  struct stat st;
  AUTO_FD fd = openat (dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
  if (fd < 0 || fstat (fd, &st) < 0)
    return fail_errno (error, errno, "%s: opening", name);
  if (!S_ISREG (st.st_mode))
    return fail (error, HARNESS_ERROR_USAGE, "%s: neither a file nor a folder", name);
  *size = (gsize) st.st_size;
  *out = g_steal_fd (&fd);
  return TRUE;
}

gboolean
submission_load (int dir, const char *name, gboolean follow, gsize max, char **data, gsize *size, GError **error)
{
  AUTO_FD fd = -1;
  if (!open_regular (dir, name, follow, &fd, size, error))
    return FALSE;
  *data = NULL;
  return *size > max || read_all (fd, name, *size, data, error);
}

gboolean
submission_open (const char *path, gsize head_max, int *out, char **head, gsize *size, GError **error)
{
  AUTO_FD fd = -1;
  if (!open_regular (AT_FDCWD, path, TRUE, &fd, size, error) || !read_all (fd, path, MIN (*size, head_max), head, error))
    return FALSE;
  *out = g_steal_fd (&fd);
  return TRUE;
}

static int
open_folder (int dir, const char *name)
{
  return openat (dir, name, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW);
}

static gboolean
is_type (int dir, const char *name, mode_t type)
{
  struct stat st;
  return fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & S_IFMT) == type;
}

static gboolean
refuse (Walk *walk, const char *what, GError **error)
{
  *walk->fault = fault_new (STAGE_INGEST, NULL, "%s: %s; " SUBMISSION_WANTED, walk->path, what);
  return fail (error, HARNESS_ERROR_USAGE, "%s", (*walk->fault)->reason);
}

static GPtrArray *
sorted_names (int dir, GError **error)
{
  const int copy = openat (dir, ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  DIR *handle = copy >= 0 ? fdopendir (copy) : NULL;
  if (handle == NULL)
    {
      fail_errno (error, errno, "listing");
      return NULL;
    }
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  for (const struct dirent *entry; (entry = readdir (handle)) != NULL && names->len <= SUBMISSION_ENTRIES_MAX;)
    {
      if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
        g_ptr_array_add (names, g_strdup (entry->d_name));
    }
  closedir (handle);
  files_sort_names (names);
  return names;
}

/* --- files ------------------------------------------------------------------------------------ */

static char *
join (const char *rel, const char *name)
{
  return rel[0] != '\0' ? g_strconcat (rel, "/", name, NULL) : g_strdup (name);
}

static gboolean
take_file (Walk *walk, int dir, const char *name, const char *rel, GError **error)
{
  g_autofree char *data = NULL;
  gsize size;
  if (!submission_load (dir, name, FALSE, raw_size_max (rel), &data, &size, error))
    return FALSE;
  const gint64 read = data != NULL ? (gint64) size : 0;
  g_autofree char *full = g_strconcat (walk->prefix, rel, NULL);
  if (raw_set_add (walk->set, full, g_steal_pointer (&data), size))
    walk->set->walk.bytes += read;
  else
    walk->set->walk.skipped += read;
  if (walk->set->walk.bytes > walk->set->walk.bytes_max)
    return refuse (walk, "more than 512 MiB in it that may be a part of the change", error);
  return walk->set->walk.skipped <= walk->set->walk.skipped_max || refuse (walk, "more than 8 GiB in it", error);
}

static gboolean
count_entry (Walk *walk, const char *rel, GError **error)
{
  ArchiveWalk *account = &walk->set->walk;
  account->names += (gint64) strlen (rel);
  if (++account->entries > account->entries_max || account->names > account->names_max)
    return refuse (walk, "more than 1000000 files and folders in it", error);
  return archive_thread_us () < account->end_us || fail (error, HARNESS_ERROR_FAILED, "reading it takes too long; try: fewer files in it");
}

/* --- repositories ----------------------------------------------------------------------------- */

static gboolean
take_refs (RawRepo *repo, Walk *walk, int dir, const char *rel, guint depth, GError **error)
{
  g_autoptr (GPtrArray) names = sorted_names (dir, error);
  if (names == NULL)
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *path = join (rel, name);
      g_autofree char *data = NULL;
      gsize size;
      AUTO_FD sub = is_type (dir, name, S_IFDIR) && depth < SUBMISSION_DEPTH_MAX ? open_folder (dir, name) : -1;
      if (!count_entry (walk, path, error))
        return FALSE;
      if (sub >= 0 && !take_refs (repo, walk, sub, path, depth + 1, error))
        return FALSE;
      if (is_type (dir, name, S_IFREG) && raw_repo_wants (path) && submission_load (dir, name, FALSE, 4096, &data, &size, NULL) && data != NULL)
        g_ptr_array_add (repo->files, raw_file_new (path, g_steal_pointer (&data), size));
    }
  return TRUE;
}

static gboolean
is_repo (int dir)
{
  return is_type (dir, "HEAD", S_IFREG) && is_type (dir, "objects", S_IFDIR) && is_type (dir, "refs", S_IFDIR);
}

static gboolean
take_repo (Walk *walk, int dir, const char *rel, GError **error)
{
  static const char *const small[] = { "HEAD", "packed-refs", "shallow" };
  g_autofree char *full = g_strconcat (walk->prefix, rel, NULL);
  RawRepo *repo = raw_set_repo (walk->set, full);
  repo->objects_dir = rel[0] != '\0' ? g_build_filename (walk->path, rel, "objects", NULL) : g_build_filename (walk->path, "objects", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (small); i++)
    {
      g_autofree char *data = NULL;
      gsize size;
      if (is_type (dir, small[i], S_IFREG) && submission_load (dir, small[i], FALSE, SUBMISSION_FILE_MAX, &data, &size, NULL) && data != NULL)
        g_ptr_array_add (repo->files, raw_file_new (small[i], g_steal_pointer (&data), size));
    }
  AUTO_FD refs = open_folder (dir, "refs");
  return refs < 0 || take_refs (repo, walk, refs, "refs", 1, error);
}

/* Is the folder a repository, or a repository's work tree? */
static gboolean
look_for_repo (Walk *walk, int dir, const char *rel, gboolean *found, GError **error)
{
  AUTO_FD git = is_type (dir, ".git", S_IFDIR) ? open_folder (dir, ".git") : -1;
  const gboolean work_tree = git >= 0 && is_repo (git);
  *found = work_tree || is_repo (dir);
  if (!*found)
    return TRUE;
  g_autofree char *below = work_tree ? join (rel, ".git") : g_strdup (rel);
  return take_repo (walk, work_tree ? git : dir, below, error);
}

/* --- a kernel's tree -------------------------------------------------------------------------- */

static gboolean
is_kernel_top (int dir)
{
  g_autofree char *makefile = NULL;
  gsize size;
  return is_type (dir, "Makefile", S_IFREG) && is_type (dir, "arch/x86/kvm", S_IFDIR) && submission_load (dir, "Makefile", FALSE, SUBMISSION_FILE_MAX, &makefile, &size, NULL)
         && makefile != NULL && (strstr (makefile, "\nVERSION =") != NULL || g_str_has_prefix (makefile, "VERSION ="));
}

/* Opens a/b/c one by one, so that no link is passed. */
static int
open_below (int dir, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  int fd = open_folder (dir, ".");
  for (guint i = 0; parts[i] != NULL && fd >= 0; i++)
    {
      const int next = open_folder (fd, parts[i]);
      close (fd);
      fd = next;
    }
  return fd;
}

static gboolean
take_tree (Walk *walk, int dir, const char *rel, guint depth, GError **error)
{
  static const char *const headers[] = { "arch/x86/include/asm", "include/linux" };
  AUTO_FD kvm = open_below (dir, "arch/x86/kvm");
  g_autofree char *kvm_rel = join (rel, "arch/x86/kvm");
  walk->set->is_tree = TRUE;
  if (kvm >= 0 && !walk_folder (walk, kvm, kvm_rel, depth + 3, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      AUTO_FD folder = open_below (dir, headers[i]);
      g_autofree char *path = g_strconcat (headers[i], "/kvm_host.h", NULL);
      g_autofree char *header_rel = join (rel, path);
      if (folder >= 0 && is_type (folder, "kvm_host.h", S_IFREG) && !take_file (walk, folder, "kvm_host.h", header_rel, error))
        return FALSE;
    }
  return TRUE;
}

/* --- the walk --------------------------------------------------------------------------------- */

static gboolean
walk_entry (Walk *walk, int dir, const char *name, const char *rel, guint depth, GError **error)
{
  struct stat st;
  if (fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return fail_errno (error, errno, "%s: looking at", name);
  if (!count_entry (walk, rel, error))
    return FALSE;
  if (S_ISREG (st.st_mode) && !wanted_by_name (rel))
    {
      raw_set_pass_over (walk->set);
      return TRUE;
    }
  if (S_ISREG (st.st_mode))
    return take_file (walk, dir, name, rel, error);
  if (!S_ISDIR (st.st_mode))
    {
      if (S_ISLNK (st.st_mode))
        walk->set->links++;
      else
        walk->set->specials++;
      return TRUE;
    }
  if (strcmp (name, ".git") == 0)
    return TRUE;
  if (depth >= SUBMISSION_DEPTH_MAX)
    return refuse (walk, "folders more than 40 deep in it", error);
  AUTO_FD sub = open_folder (dir, name);
  if (sub < 0)
    return fail_errno (error, errno, "%s: opening", name);
  return walk_folder (walk, sub, rel, depth + 1, error);
}

static gboolean
walk_folder (Walk *walk, int dir, const char *rel, guint depth, GError **error)
{
  gboolean is_repository = FALSE;
  if (!cancel_check (error) || (walk->with_git && !look_for_repo (walk, dir, rel, &is_repository, error)))
    return FALSE;
  if (is_repository)
    return TRUE;
  if (is_kernel_top (dir))
    return take_tree (walk, dir, rel, depth, error);
  g_autoptr (GPtrArray) names = sorted_names (dir, error);
  if (names == NULL)
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *below = join (rel, name);
      if (!walk_entry (walk, dir, name, below, depth, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
submission_read_folder (const char *path, const char *prefix, gboolean with_git, RawSet *set, Fault **fault, GError **error)
{
  Walk walk = { .path = path, .prefix = prefix, .with_git = with_git, .set = set, .fault = fault };
  g_autoptr (GError) cause = NULL;
  AUTO_FD dir = open (path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  if (dir < 0)
    return fail_errno (error, errno, "%s: opening", path);
  if (walk_folder (&walk, dir, "", 0, &cause))
    return TRUE;
  if (*fault == NULL)
    g_propagate_prefixed_error (error, g_steal_pointer (&cause), "%s: ", path);
  return FALSE;
}
