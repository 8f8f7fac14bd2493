/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of the student's own; see choose-headers.h. */
#include "submission/choose-headers.h"

#include <string.h>

#include "submission/choose.h"
#include "submission/paths.h"

/* Headers that are none of KVM's, by their names as they are shown. */
static GHashTable *
own_headers (const RawSet *set)
{
  GHashTable *headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < set->files->len; i++)
    {
      RawFile *raw = g_ptr_array_index (set->files, i);
      g_auto (KernelPath) known = { 0 };
      if (!g_str_has_suffix (raw->name, ".h") || raw->format != FORMAT_TEXT || raw->data == NULL || name_is_litter (raw->name))
        continue;
      kernel_path_find (raw->name, &known);
      if (known.match == PATH_UNKNOWN)
        g_hash_table_insert (headers, name_shown (raw->name), raw);
    }
  return headers;
}

/* A header of the student's own that stands beside the file that includes it by name. */
static gboolean
add_header (Submission *submission, GHashTable *headers, const SubmissionFile *includer, const char *header)
{
  g_autofree char *folder = g_path_get_dirname (includer->from);
  g_autofree char *name = strcmp (folder, ".") == 0 ? g_strdup (header) : g_strconcat (folder, "/", header, NULL);
  const RawFile *raw = g_hash_table_lookup (headers, name);
  const char *what;
  g_autoptr (SubmissionFile) file = g_new0 (SubmissionFile, 1);
  file->text = raw != NULL ? submission_text (raw, name, submission->notes, &what) : NULL;
  if (file->text == NULL)
    return FALSE;
  g_autofree char *kernel_folder = g_path_get_dirname (includer->path);
  file->path = g_strconcat (kernel_folder, "/", header, NULL);
  file->from = g_strdup (name);
  submission_note (submission->notes, "\"%s\" is taken for %s: \"%s\" includes it", name, file->path, includer->from);
  g_hash_table_remove (headers, name);
  g_ptr_array_add (submission->files, g_steal_pointer (&file));
  return TRUE;
}

guint
submission_choose_headers (const RawSet *set, Submission *submission)
{
  g_autoptr (GRegex) regex = g_regex_new ("^[ \\t]*#[ \\t]*include[ \\t]*\"([A-Za-z0-9_-]{1,60}\\.h)\"", G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
  g_autoptr (GHashTable) headers = own_headers (set);
  const guint chosen = g_hash_table_size (headers) > 0 ? submission->files->len : 0;
  guint taken = 0;
  for (guint i = 0; i < chosen; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (submission->files, i);
      g_autoptr (GMatchInfo) info = NULL;
      g_regex_match (regex, file->text, 0, &info);
      for (; g_match_info_matches (info); g_match_info_next (info, NULL))
        {
          g_autofree char *header = g_match_info_fetch (info, 1);
          taken += add_header (submission, headers, file, header);
        }
    }
  return taken;
}
