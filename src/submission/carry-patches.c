/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patches: strictly on the lab's kernel; on another source and merged; with fuzz; see carry.h. */
#include <string.h>

#include "submission/carry-private.h"
#include "submission/patch-apply.h"

#define FUZZ 2

/* --- faults ----------------------------------------------------------------------------------- */

static gboolean
has_line (const char *text, const char *line, gsize length)
{
  for (const char *at = text; *at != '\0';)
    {
      const gsize here = strcspn (at, "\n");
      if (here == length && memcmp (at, line, length) == 0)
        return TRUE;
      at += here + (at[here] == '\n' ? 1 : 0);
    }
  return FALSE;
}

/* TRUE if the lines that a hunk wants to find are not all in the lab's file: it was made from another version. */
static gboolean
is_of_another_version (const Carrying *carrying, const PatchOutcome *outcome)
{
  g_autofree char *text = NULL;
  if (outcome->hunk_path == NULL || !carry_read (carrying->spec->lab_dir, outcome->hunk_path, &text, NULL) || text == NULL)
    return !outcome->malformed;
  for (const char *at = outcome->hunk; *at != '\0';)
    {
      const gsize length = strcspn (at, "\n");
      if ((*at == ' ' || *at == '-') && length > 1 && !has_line (text, at + 1, length - 1))
        return TRUE;
      at += length + (at[length] == '\n' ? 1 : 0);
    }
  return FALSE;
}

static Fault *
does_not_apply (const Carrying *carrying, const PatchOutcome *outcome)
{
  const SubmissionPatch *patch = g_ptr_array_index (carrying->submission->patches, outcome->failed);
  g_autofree char *details = g_strconcat (outcome->said != NULL ? outcome->said : "", outcome->hunk != NULL ? outcome->hunk : "", NULL);
  if (outcome->malformed)
    return fault_new (STAGE_CARRY, details, "%s: no patch that can be read: %s; hand in what `git diff` or `git format-patch` writes", patch->from, outcome->failure);
  const gboolean other = is_of_another_version (carrying, outcome);
  Fault *fault = fault_new (STAGE_CARRY, details, "%s: does not apply to Linux %s: %s; try: %s", patch->from, carrying->lab_name, outcome->failure,
                            other ? "--base with the kernel that it was made from" : "make the patch anew, against the kernel's own files");
  fault->needs_base = other;
  return fault;
}

/* --- applying --------------------------------------------------------------------------------- */

/* What whole files of the same submission were carried to goes before the lab's own. */
static GPtrArray *
carried_so_far (const Carrying *carrying)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < carrying->out->files->len; i++)
    {
      const CarriedFile *carried = g_ptr_array_index (carrying->out->files, i);
      SubmissionFile *file = g_new0 (SubmissionFile, 1); /* the strings stay the carried file's */
      file->path = carried->path;
      file->text = carried->text;
      g_ptr_array_add (files, file);
    }
  return files;
}

static void
drop_carried (Carrying *carrying, const char *path)
{
  for (guint i = carrying->out->files->len; i-- > 0;)
    {
      if (strcmp (((const CarriedFile *) g_ptr_array_index (carrying->out->files, i))->path, path) == 0)
        g_ptr_array_remove_index (carrying->out->files, i);
    }
}

static void
take (Carrying *carrying, const PatchOutcome *outcome, const char *how)
{
  for (guint i = 0; i < outcome->files->len; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (outcome->files, i);
      if (g_strcmp0 (file->text, file->base_text) == 0)
        continue;
      drop_carried (carrying, file->path);
      carry_add (carrying, file->path, file->text, how);
    }
  for (guint i = 0; i < outcome->notes->len; i++)
    carry_note (carrying, "%s", (const char *) g_ptr_array_index (outcome->notes, i));
  if (carrying->out->files->len == 0)
    g_ptr_array_add (carrying->unchanged, g_strdup_printf ("Linux %s: the patches change nothing", carrying->lab_name));
}

static gboolean
try_lab (Carrying *carrying, guint fuzz, const char *how, gboolean *done, PatchOutcome **outcome, GError **error)
{
  g_autoptr (GPtrArray) files = carried_so_far (carrying);
  const PatchGround ground = { files, carrying->spec->lab_dir };
  if (!patches_apply (carrying->submission->patches, &ground, fuzz, carrying->spec->scratch_dir, outcome, error))
    return FALSE;
  *done = (*outcome)->files != NULL;
  if (*done)
    take (carrying, *outcome, how);
  return TRUE;
}

/* If another source takes them all, the files that come out are merged like any whole file with a base. */
static gboolean
try_base (Carrying *carrying, const char *dir, const char *name, gboolean *done, Fault **fault, GError **error)
{
  const PatchGround ground = { NULL, dir };
  g_autoptr (PatchOutcome) outcome = NULL;
  if (!patches_apply (carrying->submission->patches, &ground, 0, carrying->spec->scratch_dir, &outcome, error))
    return FALSE;
  *done = outcome->files != NULL;
  if (!*done)
    return TRUE;
  carry_note (carrying, "the patches are for Linux %s: applied there, and merged", name);
  return carry_files (carrying, outcome->files, fault, error);
}

static gboolean
try_bases (Carrying *carrying, gboolean *done, Fault **fault, GError **error)
{
  const CarrySpec *spec = carrying->spec;
  if (spec->given_base_dir != NULL)
    {
      g_autofree char *version = carry_version (spec->given_base_dir, "the given one");
      return try_base (carrying, spec->given_base_dir, version, done, fault, error);
    }
  for (guint i = 0; spec->base_dirs != NULL && spec->base_dirs[i] != NULL && !*done; i++)
    {
      if (!try_base (carrying, spec->base_dirs[i], spec->base_names != NULL ? spec->base_names[i] : "another", done, fault, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
carry_patches (Carrying *carrying, Fault **fault, GError **error)
{
  g_autoptr (PatchOutcome) strict = NULL;
  g_autoptr (PatchOutcome) loose = NULL;
  gboolean done = FALSE;
  if (carrying->submission->patches->len == 0)
    return TRUE;
  if (!try_lab (carrying, 0, "patched", &done, &strict, error) || (!done && !strict->malformed && !try_bases (carrying, &done, fault, error))
      || (!done && !strict->malformed && !try_lab (carrying, FUZZ, "patched, with some lines of context ignored", &done, &loose, error)))
    return FALSE;
  if (!done)
    *fault = does_not_apply (carrying, strict);
  return TRUE;
}
