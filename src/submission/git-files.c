/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of commits, their differences and contents; see git.h. */
#include <stdio.h>
#include <string.h>

#include "submission/git-private.h"

void
git_file_free (GitFile *file)
{
  if (file == NULL)
    return;
  g_free (file->path);
  g_free (file->id);
  g_free (file->base_id);
  g_free (file);
}

static GPtrArray *
new_files (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) git_file_free);
}

/* "100644 blob ID<TAB>path". */
static GitFile *
parse_listed (const char *record)
{
  char id[65], kind[16];
  guint mode;
  const char *tab = strchr (record, '\t');
  if (tab == NULL || sscanf (record, "%o %15s %64[0-9a-f]", &mode, kind, id) != 3)
    return NULL;
  GitFile *file = g_new0 (GitFile, 1);
  file->path = g_strdup (tab + 1);
  file->mode = mode;
  file->id = g_strdup (id);
  return file;
}

gboolean
git_list (Git *git, const char *commit, const char *const *paths, GPtrArray **files, Fault **fault, GError **error)
{
  g_autoptr (GPtrArray) args = g_ptr_array_new ();
  g_autoptr (GPtrArray) found = new_files ();
  g_autofree char *text = NULL;
  gsize size = 0;
  for (const char *const *arg = (const char *const[]){ "--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", commit, "--", NULL }; *arg != NULL; arg++)
    g_ptr_array_add (args, (gpointer) *arg);
  for (; paths != NULL && *paths != NULL; paths++)
    g_ptr_array_add (args, (gpointer) *paths);
  g_ptr_array_add (args, NULL);
  if (!git_run (git, (const char *const *) args->pdata, NULL, &text, &size, fault, error))
    return FALSE;
  if (text == NULL)
    return git_unreadable (git, fault);
  for (const char *at = text; at < text + size; at += strlen (at) + 1)
    {
      GitFile *file = parse_listed (at);
      if (file != NULL)
        g_ptr_array_add (found, file);
    }
  *files = g_steal_pointer (&found);
  return TRUE;
}

/* ":100644 100644 ID ID M". */
static GitFile *
parse_difference (const char *record, const char *path)
{
  char old_id[65], new_id[65];
  guint old_mode, new_mode;
  if (sscanf (record, ":%o %o %64[0-9a-f] %64[0-9a-f]", &old_mode, &new_mode, old_id, new_id) != 4)
    return NULL;
  GitFile *file = g_new0 (GitFile, 1);
  file->path = g_strdup (path);
  file->mode = new_mode;
  file->base_mode = old_mode;
  file->id = new_mode != 0 ? g_strdup (new_id) : NULL;
  file->base_id = old_mode != 0 ? g_strdup (old_id) : NULL;
  return file;
}

gboolean
git_differences (Git *git, const char *base, const char *commit, const char *below, GPtrArray **files, Fault **fault, GError **error)
{
  const char *const args[] = { "--literal-pathspecs", "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv", base, commit, "--",
                               below[0] != '\0' ? below : NULL, NULL };
  g_autoptr (GPtrArray) found = new_files ();
  g_autofree char *text = NULL;
  gsize size = 0;
  if (!git_run (git, args, NULL, &text, &size, fault, error))
    return FALSE;
  *files = NULL;
  if (text == NULL)
    return TRUE;
  for (const char *at = text; at < text + size;)
    {
      const char *path = at + strlen (at) + 1;
      GitFile *file = path < text + size ? parse_difference (at, path) : NULL;
      if (file == NULL)
        break;
      g_ptr_array_add (found, file);
      at = path + strlen (path) + 1;
    }
  *files = g_steal_pointer (&found);
  return TRUE;
}

#define MISSING G_MAXUINT64

/* Sizes first, so that nothing large is asked for: "ID blob SIZE" a line. */
static gboolean
ask_sizes (Git *git, const GPtrArray *ids, GArray *sizes, Fault **fault, GError **error)
{
  const char *const args[] = { "cat-file", "--batch-check", NULL };
  g_autoptr (GString) input = g_string_new (NULL);
  g_autofree char *text = NULL;
  gsize size;
  for (guint i = 0; i < ids->len; i++)
    {
      const char *id = g_ptr_array_index (ids, i);
      if (id != NULL)
        g_string_append_printf (input, "%s\n", id);
    }
  if (!git_run (git, args, input, &text, &size, fault, error))
    return FALSE;
  const char *at = text;
  for (guint i = 0; i < ids->len; i++)
    {
      unsigned long long bytes = 0;
      if (g_ptr_array_index (ids, i) != NULL)
        {
          char kind[16] = "";
          const int got = at != NULL ? sscanf (at, "%*64[0-9a-f] %15s %llu", kind, &bytes) : 0;
          if (got >= 1 && strcmp (kind, "missing") == 0) /* what was read as a size is of the next line */
            bytes = MISSING;
          else if (got != 2 || strcmp (kind, "blob") != 0 || bytes == MISSING)
            return git_unreadable (git, fault);
          at = strchr (at, '\n');
          at = at != NULL ? at + 1 : NULL;
        }
      const guint64 value = bytes;
      g_array_append_val (sizes, value);
    }
  return TRUE;
}

static gboolean
take_blobs (const Git *git, const GPtrArray *ids, const GArray *sizes, const char *text, gsize length, GPtrArray *blobs, Fault **fault)
{
  const char *at = text;
  for (guint i = 0; i < ids->len; i++)
    {
      const char *id = g_ptr_array_index (ids, i);
      const guint64 stored = g_array_index (sizes, guint64, i);
      const gsize size = (gsize) stored;
      RawFile *blob = NULL;
      if (id != NULL && stored > SUBMISSION_FILE_MAX)
        blob = raw_file_new (id, NULL, stored == MISSING ? 0 : size);
      if (blob != NULL && stored == MISSING)
        blob->what = GIT_BLOB_MISSING;
      else if (blob == NULL && id != NULL)
        {
          const char *begin = at != NULL ? memchr (at, '\n', length - (gsize) (at - text)) : NULL;
          if (begin == NULL || length - (gsize) (begin + 1 - text) < size + 1)
            return git_unreadable (git, fault);
          char *data = g_malloc (size + 1);
          memcpy (data, begin + 1, size);
          data[size] = '\0';
          blob = raw_file_new (id, data, size);
          at = begin + 1 + size + 1;
        }
      g_ptr_array_add (blobs, blob);
    }
  return TRUE;
}

gboolean
git_blobs (Git *git, const GPtrArray *ids, ArchiveWalk *account, GPtrArray **out, Fault **fault, GError **error)
{
  const char *const args[] = { "cat-file", "--batch", NULL };
  g_autoptr (GArray) sizes = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GPtrArray) blobs = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_file_free);
  g_autoptr (GString) input = g_string_new (NULL);
  g_autofree char *text = NULL;
  gsize length = 0;
  if (!ask_sizes (git, ids, sizes, fault, error))
    return FALSE;
  for (guint i = 0; i < ids->len; i++)
    {
      const guint64 size = g_array_index (sizes, guint64, i);
      if (g_ptr_array_index (ids, i) == NULL || size > SUBMISSION_FILE_MAX)
        continue;
      account->bytes += (gint64) size;
      g_string_append_printf (input, "%s\n", (const char *) g_ptr_array_index (ids, i));
    }
  if (account->bytes > account->bytes_max)
    {
      *fault = fault_new (STAGE_INGEST, NULL, "%s: more than 200 MiB in the commit; " SUBMISSION_WANTED, git_shown (git));
      return FALSE;
    }
  if (!git_run (git, args, input, &text, &length, fault, error))
    return FALSE;
  if (text == NULL)
    return git_unreadable (git, fault);
  if (!take_blobs (git, ids, sizes, text, length, blobs, fault))
    return FALSE;
  *out = g_steal_pointer (&blobs);
  return TRUE;
}
