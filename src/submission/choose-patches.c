/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patches to be applied; see choose-patches.h. */
#include "submission/choose-patches.h"

#include <string.h>

#include "submission/choose.h"
#include "submission/mail.h"
#include "submission/patch-order.h"
#include "submission/paths.h"

#define IDLE_NOTES_MAX 10u

typedef struct
{
  guint unknown;        /* parts that are none of the kernel's */
  guint binary;         /* and those that are no text: products of a build, pictures */
  GPtrArray *outvoted;  /* of char *: paths that are there whole */
} Left;

static gboolean
keep_part (const PatchPart *part, const Submission *submission, Left *left)
{
  if (part->path == NULL || kernel_path_is_document (part->path) || name_is_litter (part->path))
    {
      left->unknown += !part->is_binary;
      left->binary += part->is_binary;
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

/* A mail's attachment that is a kernel file as a whole. What stands beside the mail as a file goes before it. */
static gboolean
take_attached (const char *shown, const char *text, Submission *submission)
{
  const guint before = submission->files->len;
  g_autoptr (GPtrArray) parts = mail_split (text);
  for (guint i = 0; i < parts->len; i++)
    {
      Mail *mail = g_ptr_array_index (parts, i);
      g_auto (KernelPath) path = { 0 };
      if (mail->name == NULL || mail->body[0] == '\0' || patch_is_in (mail->body, G_MAXUINT))
        continue;
      kernel_path_find (mail->name, &path);
      if (path.path == NULL || path.match == PATH_LIKELY || name_is_litter (mail->name) || submission_find (submission, path.path) != NULL)
        continue;
      g_autofree char *name = name_shown (mail->name);
      SubmissionFile *file = g_new0 (SubmissionFile, 1);
      file->path = g_steal_pointer (&path.path);
      file->from = g_strdup_printf ("%s: %s", shown, name);
      file->text = g_steal_pointer (&mail->body);
      g_ptr_array_add (submission->files, file);
      submission_note (submission->notes, "\"%s\" is attached to \"%s\": taken for %s", name, shown, file->path);
    }
  return submission->files->len > before;
}

/* *idle: why there is nothing in it: what stands beside others that have a change makes nothing of them a fault. */
static gboolean
read_patch (const RawFile *file, Submission *submission, GPtrArray *mails, char **idle, Fault **fault)
{
  const char *what;
  const guint before = mails->len;
  g_autofree char *shown = name_shown (file->name);
  g_autofree char *text = submission_text (file, shown, submission->notes, &what);
  if (text == NULL)
    *idle = g_strdup_printf ("%s is %s, not a patch: hand in the output of git format-patch or diff -u", shown, what);
  else if (!patch_read (shown, text, mails, submission->notes, fault))
    return FALSE;
  else if (!take_attached (shown, text, submission) && mails->len == before)
    *idle = g_strdup_printf ("%s: a patch is expected, and there is no change in it; make it with git format-patch or diff -u", shown);
  return TRUE;
}

/* Damage of one is everyone's, as the others may build on it; but not where the files are there whole. */
static gboolean
read_all (const GPtrArray *files, Submission *submission, GPtrArray *mails, GPtrArray *idle, Fault **fault)
{
  for (guint i = 0; i < files->len; i++)
    {
      g_autoptr (Fault) own = NULL;
      char *why = NULL;
      const gboolean ok = read_patch (g_ptr_array_index (files, i), submission, mails, &why, &own);
      if (why != NULL)
        g_ptr_array_add (idle, why);
      if (!ok && submission->files->len == 0)
        {
          *fault = g_steal_pointer (&own);
          return FALSE;
        }
      if (!ok)
        submission_note (submission->notes, "a patch beside the whole files is ignored: %s", own->reason);
    }
  return TRUE;
}

static gboolean
check_idle (const GPtrArray *idle, const GPtrArray *mails, Submission *submission, Fault **fault)
{
  if (idle->len > 0 && mails->len == 0 && submission->files->len == 0)
    {
      *fault = fault_new (STAGE_INGEST, NULL, "%s", (const char *) g_ptr_array_index (idle, 0));
      return FALSE;
    }
  for (guint i = 0; i < MIN (idle->len, IDLE_NOTES_MAX); i++)
    submission_note (submission->notes, "passed over: %s", (const char *) g_ptr_array_index (idle, i));
  return TRUE;
}

static void
note_left (const Left *left, GPtrArray *notes)
{
  for (guint i = 0; i < left->outvoted->len; i++)
    submission_note (notes, "%s is there whole: what a patch changes in it is ignored", (const char *) g_ptr_array_index (left->outvoted, i));
  if (left->unknown > 0)
    submission_note (notes, "%u %s of the patches that %s no kernel code: ignored", left->unknown, left->unknown == 1 ? "file" : "files",
                     left->unknown == 1 ? "is" : "are");
  if (left->binary > 0)
    submission_note (notes, "%u binary %s of the patches (what a build makes, pictures): ignored", left->binary, left->binary == 1 ? "file" : "files");
}

gboolean
submission_choose_patches (const GPtrArray *files, Submission *submission, Fault **fault)
{
  g_autoptr (GPtrArray) outvoted = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) mails = g_ptr_array_new_with_free_func ((GDestroyNotify) patch_mail_free);
  g_autoptr (GPtrArray) idle = g_ptr_array_new_with_free_func (g_free);
  Left left = { .outvoted = outvoted };
  if (!read_all (files, submission, mails, idle, fault) || !check_idle (idle, mails, submission, fault))
    return FALSE;
  if (patch_order (mails))
    submission_note (submission->notes, "the patches are applied in the order that their \"index\" lines tell");
  for (guint i = 0; i < mails->len; i++)
    add_mail (submission, g_ptr_array_index (mails, i), &left);
  note_left (&left, submission->notes);
  return TRUE;
}
