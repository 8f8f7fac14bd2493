/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The labs of one submission; see grade-labs.h. */
#include "cli/grade-labs.h"

#include <string.h>

#include "cli/grade-boots.h"
#include "cli/grade-build.h"
#include "cli/grade-kernel.h"
#include "grade/module-scan.h"
#include "grade/verdict.h"

static gboolean
scan_modules (const Way *way, Isa isa, const char *modules_dir, GPtrArray *findings, GError **error)
{
  const char *const names[] = { "kvm", isa == ISA_VMX ? "kvm-intel" : "kvm-amd" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = g_strconcat (names[i], ".ko.debug", NULL);
      g_autofree char *base = g_build_filename (way->kernel->kit->base_modules_dir, file, NULL);
      g_autofree char *module = g_build_filename (modules_dir, file, NULL);

      if (!module_scan (base, module, names[i], findings, error))
        return FALSE;
    }
  return TRUE;
}

/* --- one lab -------------------------------------------------------------------------------------------- */

static gboolean
collect_lab (Way *way, Isa isa, EvidenceLab *lab, const char *modules_dir, const char *dir, GError **error)
{
  const gint64 begin_us = g_get_monotonic_time ();

  way->stage = STAGE_L1_BOOT;
  way->hopeless = !grade_kernel_baseline (way->session, way->kernel, isa, error);
  if (way->hopeless)
    return FALSE;
  lab->baseline = way->kernel->baselines[isa].baseline;
  if (!grade_boots_run (way, lab, modules_dir, dir, error))
    return FALSE;
  way->grade->lab_ms += (g_get_monotonic_time () - begin_us) / 1000;
  way->stage = STAGE_CHECKS;
  return TRUE;
}

/* *more: other labs are wanted too. */
static gboolean
run_lab (Way *way, Isa isa, const char *modules_dir, const char *dir, gboolean *more, GError **error)
{
  const VerdictSpec spec = grade_session_verdict (way->session);
  g_autoptr (EvidenceLab) lab = evidence_lab_new (isa);

  if (!files_make_dir (dir, error) || !collect_lab (way, isa, lab, modules_dir, dir, error))
    return FALSE;
  *more = !verdict_is_early (way->evidence, &spec, lab);
  way->evidence->early = !*more;
  if (*more && !scan_modules (way, isa, modules_dir, lab->findings, error))
    return FALSE;
  g_ptr_array_add (way->evidence->labs, g_steal_pointer (&lab));
  return TRUE;
}

/* --- all of them -------------------------------------------------------------------------------------------- */

/* A whole kernel tree has both vendors' files: what counts is what was changed. */
static gboolean
changes_below (const Carried *carried, const char *folder)
{
  g_autofree char *mark = g_strdup_printf ("\ndiff --git a/%s", folder);

  return g_str_has_prefix (carried->diff, mark + 1) || strstr (carried->diff, mark);
}

static void
choose_labs (const Way *way, gboolean wanted[2])
{
  const GradeSession *session = way->session;
  Isa asked;

  wanted[ISA_VMX] = way->carried ? changes_below (way->carried, "arch/x86/kvm/vmx/") : way->submission->touches_vmx;
  wanted[ISA_SVM] = way->carried ? changes_below (way->carried, "arch/x86/kvm/svm/") : way->submission->touches_svm;
  if (session->options->isa && isa_parse (session->options->isa, &asked))
    {
      wanted[asked] = TRUE;
      wanted[asked == ISA_VMX ? ISA_SVM : ISA_VMX] = FALSE;
    }
  if (!wanted[ISA_VMX] && !wanted[ISA_SVM])
    wanted[session->rubric->isa] = TRUE;
}

gboolean
way_run_labs (Way *way, const Scratch *scratch, const char *modules_dir, GError **error)
{
  gboolean wanted[2], more = TRUE;

  choose_labs (way, wanted);
  for (guint isa = 0; isa < G_N_ELEMENTS (wanted) && !way->ended && more; isa++)
    {
      g_autofree char *dir = scratch_file (scratch, isa_name ((Isa) isa));

      if (wanted[isa])
        way_check_size (way, (Isa) isa, modules_dir);
      if (wanted[isa] && !way->ended && !run_lab (way, (Isa) isa, modules_dir, dir, &more, error))
        return FALSE;
    }
  return TRUE;
}

void
way_name_labs (Way *way)
{
  gboolean wanted[2];

  choose_labs (way, wanted);
  grade_set_text (&way->grade->isa, wanted[ISA_VMX] && wanted[ISA_SVM] ? "vmx+svm" : wanted[ISA_VMX] ? "vmx" : "svm");
}
