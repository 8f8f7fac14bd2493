/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allowed paths; see policy.h. */
#include "submission/policy.h"

#include <string.h>

#include "submission/parts.h"

#define LISTED_MAX 10u

static gboolean
is_allowed (const char *path, const char *const *allowed)
{
  for (; *allowed != NULL; allowed++)
    {
      const gboolean folder = g_str_has_suffix (*allowed, "/");
      if (folder ? g_str_has_prefix (path, *allowed) : strcmp (path, *allowed) == 0)
        return TRUE;
    }
  return FALSE;
}

void
submission_policy_trim (Submission *submission, const char *const *allowed)
{
  guint taken = 0;
  for (guint i = submission->files->len; i > 0 && allowed != NULL; i--)
    {
      if (is_allowed (((SubmissionFile *) g_ptr_array_index (submission->files, i - 1))->path, allowed))
        continue;
      g_ptr_array_remove_index (submission->files, i - 1);
      taken++;
    }
  if (taken > 0)
    submission_note (submission->notes, "%u %s of the tree that may not be changed: the lab's own %s used", taken, taken == 1 ? "file" : "files", taken == 1 ? "is" : "are");
}

static void
collect (GPtrArray *others, const char *path, const char *const *allowed)
{
  if (!is_allowed (path, allowed) && !g_ptr_array_find_with_equal_func (others, path, g_str_equal, NULL))
    g_ptr_array_add (others, (gpointer) path);
}

static gint
by_text (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

Fault *
submission_policy (const Submission *submission, const char *const *allowed)
{
  g_autoptr (GPtrArray) others = g_ptr_array_new ();
  if (allowed == NULL)
    return NULL;
  for (guint i = 0; i < submission->files->len; i++)
    collect (others, ((SubmissionFile *) g_ptr_array_index (submission->files, i))->path, allowed);
  for (guint i = 0; i < submission->patches->len; i++)
    {
      const SubmissionPatch *patch = g_ptr_array_index (submission->patches, i);
      for (guint p = 0; p < patch->paths->len; p++)
        collect (others, g_ptr_array_index (patch->paths, p), allowed);
    }
  if (others->len == 0)
    return NULL;

  g_ptr_array_sort (others, by_text);
  g_autoptr (GString) list = g_string_new (NULL);
  for (guint i = 0; i < MIN (others->len, LISTED_MAX); i++)
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", (const char *) g_ptr_array_index (others, i));
  if (others->len > LISTED_MAX)
    g_string_append_printf (list, " and %u more", others->len - LISTED_MAX);
  g_autofree char *allow = g_strjoinv (", ", (char **) allowed);
  return fault_new (STAGE_POLICY, NULL, "changes what may not be changed: %s; allowed: %s", list->str, allow);
}
