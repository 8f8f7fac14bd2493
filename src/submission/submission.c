/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A submission as data; see submission.h. */
#include "submission/submission.h"

#include <string.h>

#include "submission/parts.h"

void
submission_file_free (SubmissionFile *file)
{
  if (file == NULL)
    return;
  g_free (file->path);
  g_free (file->from);
  g_free (file->text);
  g_free (file->base_text);
  g_free (file);
}

void
submission_patch_free (SubmissionPatch *patch)
{
  if (patch == NULL)
    return;
  g_free (patch->from);
  g_free (patch->text);
  if (patch->paths != NULL)
    g_ptr_array_unref (patch->paths);
  g_free (patch);
}

Submission *
submission_new (const char *path)
{
  Submission *submission = g_new0 (Submission, 1);
  submission->path = g_strdup (path);
  submission->kind = "file";
  submission->files = g_ptr_array_new_with_free_func ((GDestroyNotify) submission_file_free);
  submission->untouched = g_ptr_array_new_with_free_func ((GDestroyNotify) submission_file_free);
  submission->patches = g_ptr_array_new_with_free_func ((GDestroyNotify) submission_patch_free);
  submission->notes = g_ptr_array_new_with_free_func (g_free);
  return submission;
}

void
submission_free (Submission *submission)
{
  if (submission == NULL)
    return;
  g_free (submission->path);
  g_free (submission->sha256);
  g_free (submission->absent);
  g_ptr_array_unref (submission->files);
  g_ptr_array_unref (submission->untouched);
  g_ptr_array_unref (submission->patches);
  g_ptr_array_unref (submission->notes);
  g_free (submission);
}

SubmissionFile *
submission_find (const Submission *submission, const char *path)
{
  for (guint i = 0; i < submission->files->len; i++)
    {
      SubmissionFile *file = g_ptr_array_index (submission->files, i);
      if (strcmp (file->path, path) == 0)
        return file;
    }
  return NULL;
}

void
submission_note (GPtrArray *notes, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_ptr_array_add (notes, g_strdup_vprintf (format, args));
  va_end (args);
}
