/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence as data; see evidence.h. */
#include "grade/evidence.h"

#include <string.h>

#include "grade/module-scan.h"

EvidenceBoot *
evidence_boot_new (void)
{
  return g_new0 (EvidenceBoot, 1);
}

void
evidence_boot_free (EvidenceBoot *boot)
{
  if (!boot)
    return;
  program_free (boot->program);
  program_free (boot->last_program);
  g_clear_pointer (&boot->less.leaves, g_array_unref);
  machine_result_clear (&boot->end);
  g_clear_pointer (&boot->log, g_bytes_unref);
  g_clear_pointer (&boot->exits, g_array_unref);
  g_free (boot->log_sha256);
  g_free (boot->report);
  g_free (boot->console);
  g_free (boot->resolved);
  g_free (boot);
}

EvidenceLab *
evidence_lab_new (Isa isa)
{
  EvidenceLab *lab = g_new0 (EvidenceLab, 1);

  lab->isa = isa;
  lab->boots = g_ptr_array_new_with_free_func ((GDestroyNotify) evidence_boot_free);
  lab->findings = g_ptr_array_new_with_free_func ((GDestroyNotify) scan_finding_free);
  return lab;
}

void
evidence_lab_free (EvidenceLab *lab)
{
  if (!lab)
    return;
  g_ptr_array_unref (lab->boots);
  g_ptr_array_unref (lab->findings);
  g_free (lab);
}

Evidence *
evidence_new (void)
{
  Evidence *evidence = g_new0 (Evidence, 1);

  evidence->collected = grade_new ();
  evidence->leaves = g_array_new (FALSE, FALSE, sizeof (guint32));
  evidence->labs = g_ptr_array_new_with_free_func ((GDestroyNotify) evidence_lab_free);
  return evidence;
}

void
evidence_free (Evidence *evidence)
{
  EvidenceAsked *asked = evidence ? &evidence->asked : NULL;

  if (!evidence)
    return;
  grade_free (evidence->collected);
  g_array_unref (evidence->leaves);
  g_ptr_array_unref (evidence->labs);
  g_free (asked->again[ISA_VMX]);
  g_free (asked->again[ISA_SVM]);
  g_free (asked->names);
  g_free (asked->allowed);
  g_free (asked->leaf_map);
  g_free (evidence);
}

/* --- what was asked --------------------------------------------------------------------------- */

void
evidence_ask (Evidence *evidence, const Rubric *rubric, const char *leaf_map)
{
  EvidenceAsked *asked = &evidence->asked;
  g_autofree char *names = g_strjoinv (" ", rubric->names + 1),
                  *allowed = g_strjoinv (" ", rubric->allowed);

  asked->told_by_log = rubric->told_by_log;
  asked->isa = rubric->isa;
  grade_set_text (&asked->again[ISA_VMX], rubric->again_vmx);
  grade_set_text (&asked->again[ISA_SVM], rubric->again_svm);
  grade_set_text (&asked->names, names);
  grade_set_text (&asked->allowed, allowed);
  grade_set_text (&asked->leaf_map, leaf_map);
}

/* The first key of the rubric that asks for something else; NULL: none. */
static const char *
other_key (const EvidenceAsked *asked, const EvidenceAsked *now)
{
  const struct {
    const char *key;
    gboolean same;
  } keys[] = {
    { "told_by", asked->told_by_log == now->told_by_log },
    { "isa", asked->isa == now->isa },
    { "again_vmx", strcmp (asked->again[ISA_VMX], now->again[ISA_VMX]) == 0 },
    { "again_svm", strcmp (asked->again[ISA_SVM], now->again[ISA_SVM]) == 0 },
    { "names", strcmp (asked->names, now->names) == 0 },
    { "allowed", strcmp (asked->allowed, now->allowed) == 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (!keys[i].same)
      return keys[i].key;
  return NULL;
}

char *
evidence_misfit (const Evidence *evidence, const Rubric *rubric)
{
  g_autoptr (Evidence) now = evidence_new ();
  const char *key;

  evidence_ask (now, rubric, "");
  key = other_key (&evidence->asked, &now->asked);
  return key ? g_strdup_printf ("the rubric's %s is another than when it was built and run", key) : NULL;
}

gboolean
evidence_has_again (const Evidence *evidence, Isa isa)
{
  return evidence->asked.again[isa][0] != '\0';
}
