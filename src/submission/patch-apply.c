/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Applying what was handed in; see patch-apply.h. */
#include "submission/patch-apply.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/run.h"
#include "submission/parts.h"

#define FILE_LIMIT (16 * 1024 * 1024)
#define DEADLINE_S 60

void
patch_outcome_free (PatchOutcome *outcome)
{
  if (outcome == NULL)
    return;
  g_clear_pointer (&outcome->files, g_ptr_array_unref);
  g_ptr_array_unref (outcome->notes);
  g_free (outcome->failure);
  g_free (outcome->said);
  g_free (outcome->hunk);
  g_free (outcome->hunk_path);
  g_free (outcome);
}

/* --- the scratch tree ------------------------------------------------------------------------- */

static gboolean
ground_text (const PatchGround *ground, const char *path, char **text, GError **error)
{
  for (guint i = 0; ground->files != NULL && i < ground->files->len; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (ground->files, i);
      if (strcmp (file->path, path) == 0)
        {
          *text = g_strdup (file->text);
          return TRUE;
        }
    }
  g_autofree char *on_disk = g_build_filename (ground->dir, path, NULL);
  *text = NULL;
  return !g_file_test (on_disk, G_FILE_TEST_IS_REGULAR) || files_read (on_disk, FILE_LIMIT, text, NULL, error);
}

/* Adds what the patch touches, as it is on the ground, and writes it into the tree. */
static gboolean
stage_patch (const SubmissionPatch *patch, const PatchGround *ground, const char *tree, GHashTable *staged, GPtrArray *files, GError **error)
{
  for (guint i = 0; i < patch->paths->len; i++)
    {
      const char *path = g_ptr_array_index (patch->paths, i);
      g_autofree char *text = NULL;
      if (g_hash_table_contains (staged, path))
        continue;
      if (!ground_text (ground, path, &text, error))
        return FALSE;
      g_autofree char *target = g_build_filename (tree, path, NULL);
      g_autofree char *parent = g_path_get_dirname (target);
      if (text != NULL && (!files_make_dir (parent, error) || !files_write (target, text, -1, error)))
        return FALSE;
      SubmissionFile *file = g_new0 (SubmissionFile, 1);
      file->path = g_strdup (path);
      file->from = g_strdup (patch->from);
      file->base_text = g_steal_pointer (&text);
      g_ptr_array_add (files, file);
      g_hash_table_add (staged, file->path);
    }
  return TRUE;
}

/* What came out; links and the like count as nothing. */
static gboolean
collect (const char *tree, GPtrArray *files, GError **error)
{
  for (guint i = 0; i < files->len; i++)
    {
      SubmissionFile *file = g_ptr_array_index (files, i);
      g_autofree char *path = g_build_filename (tree, file->path, NULL);
      struct stat st;
      if (lstat (path, &st) == 0 && S_ISREG (st.st_mode) && !files_read (path, FILE_LIMIT, &file->text, NULL, error))
        return FALSE;
    }
  return TRUE;
}

/* --- the patch -------------------------------------------------------------------------------- */

/* How many leading parts of its names the patch has before the kernel's: 1 of "a/arch/x86/kvm/cpuid.c". */
static guint
strip_count (const SubmissionPatch *patch)
{
  g_auto (GStrv) lines = g_strsplit (patch->text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      if (!g_str_has_prefix (*line, "+++ ") && !g_str_has_prefix (*line, "--- "))
        continue;
      g_autofree char *name = g_strndup (*line + 4, strcspn (*line + 4, "\t"));
      g_strchomp (name);
      for (guint i = 0; i < patch->paths->len; i++)
        {
          const char *path = g_ptr_array_index (patch->paths, i);
          const gsize length = strlen (path), name_length = strlen (name);
          if (name_length < length || strcmp (name + name_length - length, path) != 0 || (name_length > length && name[name_length - length - 1] != '/'))
            continue;
          guint count = 0;
          for (const char *c = name; c < name + name_length - length; c++)
            count += *c == '/' && (c == name || c[-1] != '/') ? 1 : 0;
          return count;
        }
    }
  return 1;
}

/* Of all hunks the fewest lines of context on their longer side: fuzz must leave one of them, or a hunk fits anywhere. */
static guint
fewest_context (const SubmissionPatch *patch)
{
  g_auto (GStrv) lines = g_strsplit (patch->text, "\n", -1);
  guint fewest = G_MAXUINT, leading = 0, trailing = 0;
  gboolean in_hunk = FALSE, changed = FALSE;
  for (char **line = lines; TRUE; line++)
    {
      const char c = *line != NULL ? **line : '\0';
      if (in_hunk && c == ' ')
        {
          leading += changed ? 0 : 1;
          trailing++;
          continue;
        }
      if (in_hunk && (c == '+' || c == '-') && !g_str_has_prefix (*line, "--- "))
        {
          changed = TRUE;
          trailing = 0;
          continue;
        }
      if (in_hunk && changed && c != '\\')
        fewest = MIN (fewest, MAX (leading, trailing));
      if (*line == NULL)
        return fewest;
      in_hunk = g_str_has_prefix (*line, "@@ ") || (in_hunk && c == '\\');
      leading = trailing = 0;
      changed = FALSE;
    }
}

/* Links, devices and submodules are no files of a kernel that a student changes. */
static gboolean
makes_links (const SubmissionPatch *patch)
{
  g_auto (GStrv) lines = g_strsplit (patch->text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      if ((g_str_has_prefix (*line, "new file mode ") && !g_str_has_prefix (*line, "new file mode 100"))
          || (g_str_has_prefix (*line, "new mode ") && !g_str_has_prefix (*line, "new mode 100")))
        return TRUE;
    }
  return FALSE;
}

/* The text of the n-th hunk of that file. */
static char *
find_hunk (const SubmissionPatch *patch, const char *path, guint number)
{
  g_auto (GStrv) lines = g_strsplit (patch->text, "\n", -1);
  GString *out = g_string_new (NULL);
  gboolean here = FALSE;
  guint at = 0;
  for (char **line = lines; *line != NULL; line++)
    {
      if (g_str_has_prefix (*line, "+++ "))
        {
          g_autofree char *name = g_strndup (*line + 4, strcspn (*line + 4, "\t"));
          here = g_str_has_suffix (g_strchomp (name), path);
          at = 0;
          continue;
        }
      if (g_str_has_prefix (*line, "diff ") || g_str_has_prefix (*line, "--- a/"))
        here = FALSE;
      at += here && g_str_has_prefix (*line, "@@ ") ? 1 : 0;
      if (here && at == number && out->len < 16 * 1024)
        g_string_append_printf (out, "%s\n", *line);
    }
  return g_string_free (out, FALSE);
}

static void
read_failure (PatchOutcome *outcome, const SubmissionPatch *patch, const char *output, const char *errors)
{
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
  const char *file = "";
  outcome->said = g_strndup (output, 4096);
  outcome->malformed = strstr (errors, "malformed patch") != NULL || strstr (errors, "Only garbage was found") != NULL
                       || strstr (errors, "unexpectedly ends") != NULL || strstr (output, "Only garbage was found") != NULL;
  for (char **line = lines; *line != NULL && outcome->failure == NULL; line++)
    {
      guint hunk;
      if (g_str_has_prefix (*line, "patching file ") || g_str_has_prefix (*line, "checking file "))
        file = *line + 14;
      else if (sscanf (*line, "Hunk #%u", &hunk) == 1 && strstr (*line, " FAILED at ") != NULL)
        {
          outcome->failure = g_strdup_printf ("%s, hunk %u", file, hunk);
          outcome->hunk = find_hunk (patch, file, hunk);
          outcome->hunk_path = g_strdup (file);
        }
      else if (strstr (*line, "previously applied") != NULL || strstr (*line, "already exists!") != NULL)
        outcome->failure = g_strdup_printf ("%s: it is there already", file);
      else if (g_str_has_prefix (*line, "can't find file to patch"))
        outcome->failure = g_strdup ("a file that it changes is not in this kernel");
    }
  if (outcome->failure == NULL)
    outcome->failure = g_strstrip (g_strndup (errors, 400));
  if (outcome->hunk == NULL)
    outcome->hunk = g_strdup ("");
}

static void
read_notes (PatchOutcome *outcome, const char *output)
{
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
  const char *file = "";
  for (char **line = lines; *line != NULL && outcome->notes->len < 50; line++)
    {
      if (g_str_has_prefix (*line, "patching file "))
        file = *line + 14;
      else if (g_str_has_prefix (*line, "Hunk #") && strstr (*line, " succeeded ") != NULL)
        g_ptr_array_add (outcome->notes, g_strdup_printf ("%s: %s", file, *line));
    }
}

static gboolean
apply_one (const SubmissionPatch *patch, const char *tree, const PatchHow *how, PatchOutcome *outcome, gboolean *ok, GError **error)
{
  g_autoptr (Run) run = run_new ("patch", "--unified", "--forward", "--batch", "--no-backup-if-mismatch", "--reject-file=-", NULL);
  int status;
  run_addf (run, "-p%u", strip_count (patch));
  const guint context = fewest_context (patch);
  run_addf (run, "--fuzz=%u", context > 0 ? MIN (how->fuzz, context - 1) : 0);
  if (how->any_blanks)
    run_add (run, "--ignore-whitespace");
  if (how->reversed)
    run_add (run, "--reverse");
  run_set_stdin_data (run, patch->text, strlen (patch->text));
  run_set_cwd (run, tree);
  run_set_env (run, "LC_ALL", "C");
  run_set_env (run, "POSIXLY_CORRECT", NULL);
  run_set_env (run, "PATCH_GET", NULL);
  run_set_deadline_s (run, DEADLINE_S);
  if (!run_wait_status (run, &status, error))
    return FALSE;
  *ok = status == 0;
  if (status == 0)
    read_notes (outcome, run_stdout (run));
  else
    read_failure (outcome, patch, run_stdout (run), run_stderr_tail (run));
  return TRUE;
}

static gboolean
apply_all (const GPtrArray *patches, const PatchGround *ground, const PatchHow *how, const char *tree, PatchOutcome *outcome, GPtrArray *files,
           GError **error)
{
  g_autoptr (GHashTable) staged = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint n = 0; n < patches->len; n++)
    {
      const guint i = how->reversed ? patches->len - 1 - n : n;
      const SubmissionPatch *patch = g_ptr_array_index (patches, i);
      gboolean ok = FALSE;
      outcome->failed = i;
      if (makes_links (patch))
        {
          outcome->failure = g_strdup ("it makes something other than a file");
          outcome->malformed = TRUE;
          return TRUE;
        }
      if (!stage_patch (patch, ground, tree, staged, files, error) || !apply_one (patch, tree, how, outcome, &ok, error))
        return FALSE;
      if (!ok)
        return TRUE;
    }
  if (!collect (tree, files, error))
    return FALSE;
  outcome->files = g_ptr_array_ref (files);
  return TRUE;
}

gboolean
patches_apply (const GPtrArray *patches, const PatchGround *ground, const PatchHow *how, const char *scratch_dir, PatchOutcome **outcome, GError **error)
{
  g_autoptr (PatchOutcome) made = g_new0 (PatchOutcome, 1);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify) submission_file_free);
  made->notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Scratch) scratch = scratch_new (scratch_dir, "patch", error);
  if (scratch == NULL || !apply_all (patches, ground, how, scratch_path (scratch), made, files, error))
    return FALSE;
  *outcome = g_steal_pointer (&made);
  return TRUE;
}
