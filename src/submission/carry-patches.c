/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patches: as they are, whatever their blanks, backwards; each on the lab's kernel, then on others and merged; see carry.h. */
#include <string.h>

#include "submission/carry-private.h"
#include "submission/patch-apply.h"

#define FUZZ 2

/* --- faults ----------------------------------------------------------------------------------- */

/* Without blanks: what differs in these alone is the same line. */
static char *
squeezed (const char *line, gsize length)
{
  GString *out = g_string_sized_new (length);
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isspace (line[i]))
        g_string_append_c (out, line[i]);
    }
  return g_string_free (out, FALSE);
}

static GHashTable *
squeezed_lines (const char *text)
{
  GHashTable *lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (const char *at = text; *at != '\0';)
    {
      const gsize length = strcspn (at, "\n");
      g_hash_table_add (lines, squeezed (at, length));
      at += length + (at[length] == '\n' ? 1 : 0);
    }
  return lines;
}

/* TRUE if the lines that a hunk wants to find are not all in the lab's file, whatever their blanks: it was made from another version. */
static gboolean
is_of_another_version (const Carrying *carrying, const PatchOutcome *outcome)
{
  g_autofree char *text = NULL;
  if (outcome->hunk_path == NULL || !carry_read (carrying->spec->lab_dir, outcome->hunk_path, &text, NULL) || text == NULL)
    return !outcome->malformed;
  g_autoptr (GHashTable) lines = squeezed_lines (text);
  for (const char *at = outcome->hunk; *at != '\0';)
    {
      const gsize length = strcspn (at, "\n");
      g_autofree char *wanted = (*at == ' ' || *at == '-') ? squeezed (at + 1, length - 1) : g_strdup ("");
      if (wanted[0] != '\0' && !g_hash_table_contains (lines, wanted))
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
  /* That all lines are there, but apart, may be another kernel's doing as well: nobody is blamed. */
  const gboolean other = is_of_another_version (carrying, outcome);
  Fault *fault = fault_new (STAGE_CARRY, details, "%s: does not apply to Linux %s: %s; try: %s", patch->from, carrying->lab_name, outcome->failure,
                            other ? "--base with the kernel that it was made from"
                                  : "--base with the kernel that it was made from, or a patch that is made anew, against the kernel's own files");
  fault->needs_base = TRUE;
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

/* The ways in which patches are tried, the first that fits wins: what is sure before what is guessed. */
typedef struct
{
  PatchHow how;
  const char *done; /* what is told of each file */
  const char *note;
} Way;

static const Way ways[] = {
  { { 0 }, "patched", NULL },
  { { .any_blanks = TRUE }, "patched, blanks and tabs not compared",
    "the blanks of the patches are not the kernel's (tabs became spaces, or diff -w): they were applied without a look at them" },
  { { .reversed = TRUE }, "patched, backwards", "the patches were made the wrong way round (from the new file to the old one): they were applied backwards" },
  { { .reversed = TRUE, .any_blanks = TRUE }, "patched, backwards, blanks and tabs not compared",
    "the patches were made the wrong way round, and their blanks are not the kernel's: they were applied backwards, without a look at blanks" },
  { { .fuzz = FUZZ }, "patched, with some lines of context ignored", NULL },
  { { .fuzz = FUZZ, .any_blanks = TRUE }, "patched, with some lines of context ignored",
    "the blanks of the patches are not the kernel's (tabs became spaces, or diff -w): they were applied without a look at them" },
};

static void
tell (Carrying *carrying, const Way *way)
{
  if (way->note != NULL)
    carry_note (carrying, "%s", way->note);
}

static gboolean
try_lab (Carrying *carrying, const Way *way, gboolean *done, PatchOutcome **outcome, GError **error)
{
  g_autoptr (GPtrArray) files = carried_so_far (carrying);
  const PatchGround ground = { files, carrying->spec->lab_dir };
  if (!patches_apply (carrying->submission->patches, &ground, &way->how, carrying->spec->scratch_dir, outcome, error))
    return FALSE;
  *done = (*outcome)->files != NULL;
  if (!*done)
    return TRUE;
  tell (carrying, way);
  take (carrying, *outcome, way->done);
  return TRUE;
}

/* If another source takes them all, the files that come out are merged like any whole file with a base. */
static gboolean
try_base (Carrying *carrying, const Way *way, const char *dir, const char *name, gboolean *done, Fault **fault, GError **error)
{
  const PatchGround ground = { NULL, dir };
  g_autoptr (PatchOutcome) outcome = NULL;
  if (!patches_apply (carrying->submission->patches, &ground, &way->how, carrying->spec->scratch_dir, &outcome, error))
    return FALSE;
  *done = outcome->files != NULL;
  if (!*done)
    return TRUE;
  tell (carrying, way);
  carry_note (carrying, "the patches are for Linux %s: applied there, and merged", name);
  return carry_files (carrying, outcome->files, fault, error);
}

static gboolean
try_bases (Carrying *carrying, const Way *way, gboolean *done, Fault **fault, GError **error)
{
  const CarrySpec *spec = carrying->spec;
  if (spec->given_base_dir != NULL)
    {
      g_autofree char *version = carry_version (spec->given_base_dir, "the given one");
      return try_base (carrying, way, spec->given_base_dir, version, done, fault, error);
    }
  for (guint i = 0; spec->base_dirs != NULL && spec->base_dirs[i] != NULL && !*done; i++)
    {
      if (!try_base (carrying, way, spec->base_dirs[i], spec->base_names != NULL ? spec->base_names[i] : "another", done, fault, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
carry_patches (Carrying *carrying, Fault **fault, GError **error)
{
  g_autoptr (PatchOutcome) strict = NULL;
  gboolean done = FALSE;
  if (carrying->submission->patches->len == 0)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (ways) && !done && (strict == NULL || !strict->malformed); i++)
    {
      g_autoptr (PatchOutcome) outcome = NULL;
      if (!try_lab (carrying, &ways[i], &done, &outcome, error))
        return FALSE;
      if (strict == NULL)
        strict = g_steal_pointer (&outcome);
      /* A context that is passed over says nothing of where the change belongs: on the lab's own files alone. */
      if (!done && !strict->malformed && ways[i].how.fuzz == 0 && !try_bases (carrying, &ways[i], &done, fault, error))
        return FALSE;
    }
  if (!done)
    *fault = does_not_apply (carrying, strict);
  return TRUE;
}
