/* SPDX-License-Identifier: GPL-2.0-or-later */
/* git on plain files in a scratch folder: no repository, nobody's settings; see merge.h. */
#include "submission/merge.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/run.h"

#define GIT_DEADLINE_S 60

static Run *
git (const char *dir, const char *command)
{
  Run *run = run_new ("git", "-c", "core.quotePath=false", command, NULL);
  run_set_cwd (run, dir);
  run_set_env (run, "LC_ALL", "C");
  run_set_env (run, "HOME", dir);
  run_set_env (run, "XDG_CONFIG_HOME", dir);
  run_set_env (run, "GIT_CONFIG_NOSYSTEM", "1");
  run_set_env (run, "GIT_CONFIG_GLOBAL", "/dev/null");
  run_set_env (run, "GIT_ATTR_NOSYSTEM", "1");
  run_set_env (run, "GIT_CEILING_DIRECTORIES", dir);
  run_set_env (run, "GIT_DIR", NULL);
  run_set_env (run, "GIT_WORK_TREE", NULL);
  run_set_env (run, "GIT_EXTERNAL_DIFF", NULL);
  run_set_env (run, "GIT_DIFF_OPTS", NULL);
  run_set_env (run, "GIT_PAGER", NULL);
  run_set_deadline_s (run, GIT_DEADLINE_S);
  return run;
}

static gboolean
write_in (const Scratch *scratch, const char *name, const char *text, GError **error)
{
  g_autofree char *path = scratch_file (scratch, name);
  g_autofree char *parent = g_path_get_dirname (path);
  return files_make_dir (parent, error) && files_write (path, text, -1, error);
}

gboolean
merge_texts (const char *scratch_dir, const char *ours, const char *base, const char *theirs, char **merged, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (scratch_dir, "merge", error);
  int status;
  if (scratch == NULL || !write_in (scratch, "ours", ours, error) || !write_in (scratch, "base", base, error)
      || !write_in (scratch, "theirs", theirs, error))
    return FALSE;
  g_autoptr (Run) run = git (scratch_path (scratch), "merge-file");
  run_add (run, "-p");
  run_add (run, "-q");
  run_add (run, "ours");
  run_add (run, "base");
  run_add (run, "theirs");
  if (!run_wait_status (run, &status, error))
    return FALSE;
  if (status < 0 || status >= 128)
    return fail (error, HARNESS_ERROR_FAILED, "git merge-file: %s", run_stderr_tail (run));
  *merged = status == 0 ? g_strdup (run_stdout (run)) : NULL;
  return TRUE;
}

gboolean
merge_diff (const char *scratch_dir, const char *path, const char *before, const char *after, char **diff, GError **error)
{
  if (g_strcmp0 (before, after) == 0)
    {
      *diff = g_strdup ("");
      return TRUE;
    }
  g_autoptr (Scratch) scratch = scratch_new (scratch_dir, "diff", error);
  g_autofree char *a = g_strconcat ("a/", path, NULL);
  g_autofree char *b = g_strconcat ("b/", path, NULL);
  int status;
  if (scratch == NULL || (before != NULL && !write_in (scratch, a, before, error)) || (after != NULL && !write_in (scratch, b, after, error)))
    return FALSE;
  g_autoptr (Run) run = git (scratch_path (scratch), "diff");
  static const char *const options[] = { "--no-index", "--no-ext-diff", "--no-textconv", "--no-color", "--no-prefix", "--text", "--full-index",
                                         "--unified=3", "--diff-algorithm=myers", "--no-renames", "--" };
  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    run_add (run, options[i]);
  run_add (run, before != NULL ? a : "/dev/null");
  run_add (run, after != NULL ? b : "/dev/null");
  if (!run_wait_status (run, &status, error))
    return FALSE;
  if (status != 0 && status != 1)
    return fail (error, HARNESS_ERROR_FAILED, "git diff: %s", run_stderr_tail (run));
  *diff = g_strdup (run_stdout (run));
  return TRUE;
}

gboolean
merge_has_markers (const char *text, guint *line)
{
  guint number = 0, found = 0;
  for (const char *at = text; *at != '\0' && found < 3; number++)
    {
      static const char *const markers[] = { "<<<<<<< ", "=======", ">>>>>>> " };
      const gsize length = strcspn (at, "\n");
      if (g_str_has_prefix (at, markers[found]) && (found != 1 || length == 7))
        {
          if (found == 0)
            *line = number + 1;
          found++;
        }
      at += length + (at[length] == '\n' ? 1 : 0);
    }
  return found == 3;
}
