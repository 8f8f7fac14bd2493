/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence of the fixture's kernels: what would have been collected of them, the emulator's log as
 * text included.
 */
#pragma once
#include "unit/judge-fixture.h"

#include "base/hash.h"
#include "grade/evidence-file.h"
#include "grade/evidence-private.h"
#include "grade/verdict.h"

#define EVIDENCE_REPORT                                                                                    \
  "event begin 0 \nkernel 1 6 kvm: loaded\nevent modules-loaded 0 \nevent guest-started 0 \nevent end 0 "  \
  "\n"

/* As the emulator of that ISA writes it. */
static inline char *
emulator_log (Isa isa, const GArray *exits)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < exits->len; i++)
    {
      const L0Exit *exit = &g_array_index (exits, L0Exit, i);
      if (isa == ISA_VMX)
        g_string_append_printf (
          text, "%011ud[CPU0  ] VMEXIT reason = %u (X) qualification=0x%" G_GINT64_MODIFIER "x\n", i,
          exit->reason, exit->info1);
      else
        g_string_append_printf (text, "vmexit(%08x, %016" G_GINT64_MODIFIER "x, 0, 0)!\n", exit->reason,
                                exit->info1);
    }
  return g_string_free (text, FALSE);
}

static inline ProgramLess
copy_of_less (const ProgramLess *less)
{
  return (ProgramLess){ less != NULL && less->leaves != NULL ? g_array_copy (less->leaves)
                                                             : g_array_new (FALSE, FALSE, sizeof (guint32)),
                        less != NULL ? less->ops : 0 };
}

static inline EvidenceBoot *
boot_of_run (LabRun *run, const Subject *subject)
{
  EvidenceBoot *boot = evidence_boot_new ();
  const char *seed = subject->seed != NULL ? subject->seed : "submission";
  char *log = emulator_log (run->judged.isa, run->fixture->exits);
  boot->program = world_program_without (run->world, seed, subject->less, FALSE);
  boot->last_program = world_program_without (run->world, seed, subject->less, TRUE);
  boot->less = copy_of_less (subject->less);
  boot->end = (MachineResult){ MACHINE_END_POWEROFF, NULL, 0 };
  boot->log_sha256 = hash_data (log, strlen (log));
  boot->log = g_bytes_new_take (log, strlen (log));
  assert_true (l0_log_parse (log, g_bytes_get_size (boot->log), "log",
                             run->judged.isa == ISA_VMX ? MACHINE_BOCHS : MACHINE_LIBVIRT, &boot->exits,
                             NULL));
  boot->report = g_strdup (EVIDENCE_REPORT);
  boot->console = g_strdup ("");
  return boot;
}

static inline Evidence *
evidence_of (const Subject *subject, const Rubric *rubric)
{
  g_autoptr (GPtrArray) runs = run_labs (subject);
  Evidence *evidence = evidence_new ();
  evidence_ask (evidence, rubric, "auto");
  grade_set_text (&evidence->collected->submission, "alice.zip");
  grade_set_text (&evidence->collected->sha256, "aa");
  grade_set_text (&evidence->collected->assignment, "a3");
  grade_set_text (&evidence->collected->sandbox, "landlock");
  g_ptr_array_add (evidence->collected->notes, g_strdup ("a note"));
  for (guint i = 0; i < runs->len; i++)
    {
      LabRun *run = g_ptr_array_index (runs, i);
      EvidenceLab *lab = evidence_lab_new (run->judged.isa);
      lab->baseline = run->baseline;
      g_ptr_array_add (lab->boots, boot_of_run (run, subject));
      g_ptr_array_add (evidence->labs, lab);
      if (i == 0)
        g_array_append_vals (evidence->leaves, run->judged.leaves, run->judged.nr_leaves);
    }
  return evidence;
}

/* What judges it: all that is committed. */
typedef struct {
  World *worlds[2];
  Rubric *rubric;
  VerdictSpec spec;
} Bench;

static inline Bench
bench_new (const char *rubric)
{
  Bench bench = { { world_new (ISA_VMX), world_new (ISA_SVM) }, load_rubric (rubric), { 0 } };
  bench.spec = (VerdictSpec){ bench.rubric,
                              rubric,
                              bench.worlds[0]->maps,
                              NULL,
                              { bench.worlds[ISA_VMX]->names, bench.worlds[ISA_SVM]->names } };
  return bench;
}

static inline void
bench_clear (Bench *bench)
{
  world_free (bench->worlds[0]);
  world_free (bench->worlds[1]);
  rubric_free (bench->rubric);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bench, bench_clear)

static inline Grade *
bench_judge (const Bench *bench, const Evidence *evidence)
{
  gboolean doubtful;
  return verdict_of (evidence, &bench->spec, &doubtful);
}
