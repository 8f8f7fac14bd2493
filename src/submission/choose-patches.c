/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patches to be applied; see choose-patches.h. */
#include "submission/choose-patches.h"

#include <string.h>

#include "submission/choose.h"
#include "submission/paths.h"

typedef struct
{
  guint unknown;        /* parts that are none of the kernel's */
  GPtrArray *outvoted;  /* of char *: paths that are there whole */
} Left;

static gboolean
keep_part (const PatchPart *part, const Submission *submission, Left *left)
{
  if (part->path == NULL || kernel_path_is_document (part->path) || name_is_litter (part->path))
    {
      left->unknown++;
      return FALSE;
    }
  if (submission_find (submission, part->path) == NULL)
    return TRUE;
  if (!g_ptr_array_find_with_equal_func (left->outvoted, part->path, g_str_equal, NULL))
    g_ptr_array_add (left->outvoted, g_strdup (part->path));
  return FALSE;
}

static void
add_path (GPtrArray *paths, const char *path)
{
  if (path != NULL && !g_ptr_array_find_with_equal_func (paths, path, g_str_equal, NULL))
    g_ptr_array_add (paths, g_strdup (path));
}

/* NULL if nothing of it is left. */
static SubmissionPatch *
make_patch (const PatchMail *mail, const Submission *submission, Left *left)
{
  g_autoptr (SubmissionPatch) patch = g_new0 (SubmissionPatch, 1);
  g_autoptr (GString) text = g_string_new (NULL);
  patch->from = g_strdup (mail->from);
  patch->paths = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < mail->parts->len; i++)
    {
      const PatchPart *part = g_ptr_array_index (mail->parts, i);
      if (!keep_part (part, submission, left))
        continue;
      g_string_append (text, part->text);
      add_path (patch->paths, part->path);
      add_path (patch->paths, part->old_path);
    }
  if (text->len == 0)
    return NULL;
  patch->text = g_string_free (g_steal_pointer (&text), FALSE);
  return g_steal_pointer (&patch);
}

static const SubmissionPatch *
find_equal (const Submission *submission, const char *text)
{
  for (guint i = 0; i < submission->patches->len; i++)
    {
      const SubmissionPatch *patch = g_ptr_array_index (submission->patches, i);
      if (strcmp (patch->text, text) == 0)
        return patch;
    }
  return NULL;
}

static void
add_mail (Submission *submission, const PatchMail *mail, Left *left)
{
  g_autoptr (SubmissionPatch) patch = make_patch (mail, submission, left);
  const SubmissionPatch *same = patch != NULL ? find_equal (submission, patch->text) : NULL;
  if (same != NULL)
    submission_note (submission->notes, "\"%s\" is ignored: the same as \"%s\"", patch->from, same->from);
  else if (patch != NULL)
    g_ptr_array_add (submission->patches, g_steal_pointer (&patch));
}

static gboolean
read_patch (const RawFile *file, Submission *submission, GPtrArray *mails, Fault **fault)
{
  const char *what;
  g_autofree char *shown = name_shown (file->name);
  g_autofree char *text = submission_text (file, shown, submission->notes, &what);
  if (text != NULL)
    return patch_read (shown, text, mails, fault);
  *fault = fault_new (STAGE_INGEST, NULL, "%s is %s, not a patch: hand in the output of git format-patch or diff -u", shown, what);
  return FALSE;
}

gboolean
submission_choose_patches (const GPtrArray *files, Submission *submission, Fault **fault)
{
  g_autoptr (GPtrArray) outvoted = g_ptr_array_new_with_free_func (g_free);
  Left left = { .outvoted = outvoted };
  for (guint i = 0; i < files->len; i++)
    {
      g_autoptr (GPtrArray) mails = g_ptr_array_new_with_free_func ((GDestroyNotify) patch_mail_free);
      g_autoptr (Fault) own = NULL;
      if (!read_patch (g_ptr_array_index (files, i), submission, mails, &own))
        {
          if (submission->files->len == 0)
            {
              *fault = g_steal_pointer (&own);
              return FALSE;
            }
          submission_note (submission->notes, "a patch beside the whole files is ignored: %s", own->reason);
          continue;
        }
      for (guint m = 0; m < mails->len; m++)
        add_mail (submission, g_ptr_array_index (mails, m), &left);
    }
  for (guint i = 0; i < outvoted->len; i++)
    submission_note (submission->notes, "%s is there whole: what a patch changes in it is ignored", (const char *) g_ptr_array_index (outvoted, i));
  if (left.unknown > 0)
    submission_note (submission->notes, "%u %s of the patches that %s no kernel code: ignored", left.unknown, left.unknown == 1 ? "file" : "files",
                     left.unknown == 1 ? "is" : "are");
  return TRUE;
}
