/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A submission read and carried, without the lab: `carry-one ASSIGNMENT LAB_DIR OUT_DIR SUBMISSION [BASE_DIR…]`. It is run from the tree's
 * root; ASSIGNMENT is a rubric's name. LAB_DIR is the lab's kernel, at least the files of KVM in it;
 * the BASE_DIRs are other sources at hand. Into OUT_DIR go the carried files under their paths in the kernel (one that is removed as PATH.removed), carried.diff,
 * left_out, notes and, if it is not carried, fault. Prints one line: "carried", "needs-base: REASON" or "fault: STAGE: REASON". Exit status: 0 carried, 1 not, 2 trouble.
 * tests/labs/carry.sh runs it.
 */
#include <locale.h>
#include <stdio.h>

#include "base/files.h"
#include "config/config.h"
#include "submission/carry.h"
#include "submission/submission.h"

static gboolean
put (const char *dir, const char *name, const char *text, GError **error)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  return files_make_dir (parent, error) && files_write (path, text, (gssize) strlen (text), error);
}

static gboolean
put_notes (const char *dir, const GPtrArray *submission_notes, const GPtrArray *carry_notes, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < submission_notes->len; i++)
    g_string_append_printf (text, "read: %s\n", (const char *) g_ptr_array_index (submission_notes, i));
  for (guint i = 0; carry_notes && i < carry_notes->len; i++)
    g_string_append_printf (text, "carry: %s\n", (const char *) g_ptr_array_index (carry_notes, i));
  return put (dir, "notes", text->str, error);
}

static gboolean
put_carried (const char *dir, const Carried *carried, GError **error)
{
  g_autoptr (GString) how = g_string_new (NULL);

  for (guint i = 0; i < carried->files->len; i++)
    {
      const CarriedFile *file = g_ptr_array_index (carried->files, i);
      g_autofree char *removed = g_strconcat (file->path, ".removed", NULL);

      g_string_append_printf (how, "%s: %s\n", file->path, file->how);
      if (!put (dir, file->text ? file->path : removed, file->text ? file->text : "", error))
        return FALSE;
    }
  return put (dir, "how", how->str, error) && put (dir, "carried.diff", carried->diff, error) && put (dir, "left_out", carried->left_out, error);
}

static gboolean
tell_fault (const char *dir, const Fault *fault, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%s\n%s\n", fault->reason, fault->details ? fault->details : "");

  if (fault->needs_base)
    printf ("needs-base: %s\n", fault->reason);
  else
    printf ("fault: %s: %s\n", stage_name (fault->stage), fault->reason);
  return put (dir, "fault", text, error);
}

static gboolean
carry (const Rubric *rubric, char **arguments, const char *scratch, gboolean *ok, GError **error)
{
  const char *lab_dir = arguments[0], *out_dir = arguments[1], *path = arguments[2];
  char **bases = arguments + 3;
  g_autofree char *unpacked = g_build_filename (scratch, "unpacked", NULL);
  g_autofree char *work = g_build_filename (scratch, "work", NULL);
  const SubmissionSpec read_spec = { .path = path, .scratch_dir = unpacked, .names = (const char *const *) rubric->names, .allowed = (const char *const *) rubric->allowed };
  g_autoptr (KernelIndex) index = kernel_index_read ("configs/kernels.index", error);
  if (index == NULL)
    return FALSE;
  const CarrySpec spec = { .lab_dir = lab_dir, .base_dirs = (const char *const *) bases, .base_names = (const char *const *) bases, .index = index, .scratch_dir = work };
  g_autoptr (Submission) submission = NULL;
  g_autoptr (Carried) carried = NULL;
  g_autoptr (Fault) fault = NULL;

  if (!files_make_dir (unpacked, error) || !files_make_dir (work, error) || !submission_read (&read_spec, &submission, &fault, error))
    return FALSE;
  if (fault)
    return tell_fault (out_dir, fault, error);
  if (!submission_carry (submission, &spec, &carried, &fault, error) || !put_notes (out_dir, submission->notes, carried ? carried->notes : NULL, error))
    return FALSE;
  if (fault)
    return tell_fault (out_dir, fault, error);
  *ok = TRUE;
  puts ("carried");
  return put_carried (out_dir, carried, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Scratch) scratch = NULL;
  g_autoptr (Rubric) rubric = NULL;
  g_autofree char *rubric_path = NULL;
  gboolean ok = FALSE, worked;

  setlocale (LC_ALL, "");
  if (argc < 5)
    {
      fputs ("usage: carry-one ASSIGNMENT LAB_DIR OUT_DIR SUBMISSION [BASE_DIR...]\n", stderr);
      return 2;
    }
  scratch = scratch_new (g_get_tmp_dir (), "carry-one", &error);
  rubric_path = g_strdup_printf ("configs/rubrics/%s.conf", argv[1]);
  worked = scratch && rubric_load (rubric_path, &rubric, &error) && files_make_dir (argv[3], &error)
           && carry (rubric, argv + 2, scratch_path (scratch), &ok, &error);
  if (!worked)
    fprintf (stderr, "carry-one: %s\n", error->message);
  return worked ? !ok : 2;
}
