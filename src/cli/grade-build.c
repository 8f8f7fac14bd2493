/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying and building; see grade-build.h. */
#include "cli/grade-build.h"

#include <string.h>

#include "base/sandbox.h"
#include "grade/build-blame.h"
#include "grade/diff-lines.h"
#include "kernel/at-hand.h"

#define BUILD_S 7.0

gboolean
way_carry (Way *way, const char *scratch, GError **error)
{
  const GradeSession *session = way->session;
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (Fault) fault = NULL;

  for (guint i = 0; session->bases && i < session->bases->len; i++)
    {
      const KernelAtHand *source = g_ptr_array_index (session->bases, i);

      g_ptr_array_add (dirs, source->dir);
      g_ptr_array_add (names, source->name);
    }
  g_ptr_array_add (dirs, NULL);
  g_ptr_array_add (names, NULL);
  const CarrySpec spec = {
    .lab_dir = way->kernel->kit->dir,
    .base_dirs = (const char *const *) dirs->pdata,
    .base_names = (const char *const *) names->pdata,
    .given_base_dir = session->given_base,
    .index = session->index,
    .scratch_dir = scratch,
  };
  if (!submission_carry (way->submission, &spec, &way->carried, &fault, error))
    return FALSE;
  if (fault)
    {
      way_end_with_fault (way, fault);
      return TRUE;
    }
  grade_set_text (&way->grade->carried, way->carried->diff);
  grade_set_text (&way->grade->left_out, way->carried->left_out);
  way_take_notes (way, way->carried->notes);
  way_keep_log (way, "carried.diff", way->carried->diff);
  return changed_code_find (way->carried, spec.lab_dir, &way->code, error);
}

static GPtrArray *
kernel_files (const Carried *carried)
{
  GPtrArray *files = g_ptr_array_new_with_free_func ((GDestroyNotify) kernel_file_free);

  for (guint i = 0; i < carried->files->len; i++)
    {
      const CarriedFile *from = g_ptr_array_index (carried->files, i);
      KernelFile *file = g_new0 (KernelFile, 1);

      file->path = g_strdup (from->path);
      file->text = g_strdup (from->text);
      g_ptr_array_add (files, file);
    }
  return files;
}

/* Where the error's line stands in the file that was handed in; "" where that cannot be told. */
static char *
own_place (const Way *way, const char *error)
{
  g_autoptr (GPtrArray) lines = diff_lines (way->carried->diff);
  const char *colon = strchr (error, ':');
  g_autofree char *path = colon ? g_strndup (error, (gsize) (colon - error)) : NULL;
  const DiffLine *line = path ? diff_lines_find (lines, path, (guint) g_ascii_strtoull (colon + 1, NULL, 10)) : NULL;
  const SubmissionFile *file = line ? submission_find (way->submission, path) : NULL;
  const guint own = file && file->text ? build_blame_own_line (file->text, line->text) : 0;

  return own > 0 ? g_strdup_printf (" The first is line %u of %s.", own, file->from) : g_strdup ("");
}

static gboolean
knows_word (const char *word, gpointer user)
{
  const GradeSession *session = user;

  return kernel_index_knows_word (session->index, word);
}

/* Made from the lab's own kernel: what it names and this kernel has not, its own has not either. */
static gboolean
is_of_lab (const Carried *carried)
{
  for (guint i = 0; i < carried->files->len; i++)
    if (!g_str_has_prefix (((const CarriedFile *) g_ptr_array_index (carried->files, i))->how, "as it is"))
      return FALSE;
  return TRUE;
}

static void
take_errors (Way *way, const KernelModules *modules)
{
  g_autoptr (BuildBlame) blame = build_blame (modules->errors, way->carried->diff, is_of_lab (way->carried) ? NULL : knows_word, (gpointer) way->session);
  g_autofree char *place = blame->theirs ? own_place (way, blame->error) : g_strdup ("");
  g_autofree char *reason = g_strconcat (blame->reason, place, NULL);
  g_autofree char *details = NULL;

  g_ptr_array_add (blame->errors, NULL);
  details = g_strjoinv ("\n", (char **) blame->errors->pdata);
  g_ptr_array_remove_index (blame->errors, blame->errors->len - 1);
  way_end (way, STAGE_BUILD, blame->theirs ? VERDICT_FAILED : VERDICT_NEEDS_BASE, blame->theirs ? BLAME_STUDENT : BLAME_NONE, reason, details);
}

static void
take_build (Way *way, const KernelModules *modules)
{
  g_ptr_array_extend_and_steal (way->grade->warnings, build_blame_warnings (modules->warnings, way->carried->diff));
  way_keep_log (way, "build.log", modules->log);
  if (modules->ok)
    return;
  way->retry = modules->doubtful;
  take_errors (way, modules);
}

gboolean
way_build (Way *way, const char *out_dir, GError **error)
{
  g_autoptr (GPtrArray) files = kernel_files (way->carried);
  g_autoptr (KernelModules) modules = NULL;
  const gint64 begin_us = g_get_monotonic_time ();
  const KernelModulesSpec spec = { .kit = way->kernel->kit, .files = files, .jobs = way->session->compilers, .out_dir = out_dir };
  gboolean ok;

  progress_begin (&way->session->app->progress, way->lane, "KVM's modules", BUILD_S);
  grade_set_text (&way->grade->sandbox, sandbox_kind_name ());
  ok = kernel_modules_build (&spec, &modules, error);
  progress_end (&way->session->app->progress, way->lane, ok && modules->ok, NULL);
  if (!ok)
    return FALSE;
  take_build (way, modules);
  way->grade->build_ms = (g_get_monotonic_time () - begin_us) / 1000;
  return TRUE;
}

/* What the lab cannot take is the change's doing: the lab's own modules fill a tenth of it. */
void
way_check_size (Way *way, Isa isa, const char *modules_dir)
{
  guint64 bytes, room;
  g_autofree char *reason = NULL;

  if (way->ended || grade_lab_has_room (modules_dir, isa, &bytes, &room))
    return;
  reason = g_strdup_printf ("KVM's modules are %" G_GUINT64_FORMAT " MiB large with this change, and the lab loads at most %" G_GUINT64_FORMAT
                            " MiB: is there a large table with initial values?", bytes >> 20, room >> 20);
  way_end (way, STAGE_BUILD, VERDICT_FAILED, BLAME_STUDENT, reason, NULL);
}
