/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sharing objects with the sandbox; see git-objects.h. */
#include "submission/git-objects.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/run.h"

#define DEPTH_MAX 3u /* objects/pack/x.pack, objects/info/commit-graphs/x */
#define COPY_BYTES_MAX (G_GUINT64_CONSTANT (4) << 30)

/* Links are no matter: git follows none out of its sandbox. */
static void
look_at (const char *path, guint depth, gboolean *open_to_all, guint64 *bytes)
{
  struct stat st;
  if (lstat (path, &st) < 0)
    return;
  *bytes += S_ISREG (st.st_mode) ? (guint64) st.st_size : 0;
  if (!S_ISLNK (st.st_mode) && (st.st_mode & S_IROTH) == 0)
    *open_to_all = FALSE;
  if (!S_ISDIR (st.st_mode) || depth > DEPTH_MAX)
    return;
  if ((st.st_mode & S_IXOTH) == 0)
    *open_to_all = FALSE;
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *below = g_build_filename (path, name, NULL);
      look_at (below, depth + 1, open_to_all, bytes);
    }
}

gboolean
git_objects_share (const char *objects, const char *copy, gboolean *copied, GError **error)
{
  gboolean open_to_all = TRUE;
  guint64 bytes = 0;
  *copied = FALSE;
  if (geteuid () != 0)
    return TRUE;
  look_at (objects, 0, &open_to_all, &bytes);
  if (open_to_all)
    return TRUE;
  g_autofree char *parent = g_path_get_dirname (copy);
  if (bytes > COPY_BYTES_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "%s: not readable for all, and too large for a copy; try: chmod -R a+rX %s", objects, objects);
  if (!files_need_bytes (parent, bytes, "a copy of a submitted repository", error))
    return FALSE;
  g_autoptr (Run) cp = run_new ("cp", "-R", "-P", "--no-preserve=all", "-T", "--", objects, copy, NULL);
  g_autoptr (Run) chmod_run = run_new ("chmod", "-R", "a+rX", "--", copy, NULL);
  *copied = TRUE;
  return run_wait (cp, error) && run_wait (chmod_run, error);
}
