/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence: all that a grade is judged from, as building and booting gave it. It is collected once
 * (src/cli), judged (verdict.h), and kept (evidence-file.h), so that it can be judged again by
 * another rubric or a newer harness. Plain data; nothing in it is a judgement.
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "grade/judge.h"
#include "machine/machine.h"

#define EVIDENCE_BOOTS_MAX 3u /* of a lab: a map has two leaves that take a number, which is what kills */

/* One boot of a lab. */
typedef struct {
  Program *program, *last_program;
  ProgramLess less;  /* what was left out of both, as it killed L1's kernel in a boot before */
  MachineResult end; /* how L1 ended */
  GBytes *log;       /* the emulator's exit log, as it wrote it */
  GArray *exits;     /* of L0Exit: the same, read */
  char *log_sha256;
  char *report;   /* the agent's: valid UTF-8, not trusted */
  char *console;  /* L1's, its last 16 KiB, the same */
  char *resolved; /* what addr2line said of crash_frame()'s frame (crash.h); NULL: it was not asked */
} EvidenceBoot;
EvidenceBoot *evidence_boot_new (void);
void evidence_boot_free (EvidenceBoot *boot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EvidenceBoot, evidence_boot_free)

typedef struct {
  Isa isa;
  Baseline baseline;   /* of the lab's own kernel */
  GPtrArray *boots;    /* of EvidenceBoot, in order */
  GPtrArray *findings; /* of ScanFinding, in the compiled modules */
} EvidenceLab;
EvidenceLab *evidence_lab_new (Isa isa);
void evidence_lab_free (EvidenceLab *lab);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EvidenceLab, evidence_lab_free)

/*
 * What of a rubric decides what is collected: another rubric that wants something else of it cannot
 * judge this.
 */
typedef struct {
  gboolean told_by_log;
  Isa isa;
  char *again[2];        /* by Isa */
  char *names, *allowed; /* with blanks between */
  char *leaf_map;        /* --leaf-map: a map's name, or "auto" */
} EvidenceAsked;

typedef struct {
  Grade *collected;  /* known before the judge: names, notes, the change, warnings, times; how it ended */
  gboolean ended;    /* it ended before a lab had run: there is nothing to judge */
  gboolean early;    /* the last lab left nothing to judge: its modules were not scanned, nor another run */
  gboolean last_try; /* what looks like a hang was tried before, and is believed */
  EvidenceAsked asked;
  GArray *leaves;    /* of guint32: what the programs read */
  GPtrArray *labs;   /* of EvidenceLab */
} Evidence;
Evidence *evidence_new (void); /* as grade_new(), without leaves or labs */
void evidence_free (Evidence *evidence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Evidence, evidence_free)

void evidence_ask (Evidence *evidence, const Rubric *rubric, const char *leaf_map);
/*
 * NULL if this rubric's grades are judged from it; else why not: "its rubric's again_svm is another
 * than when the labs were run". Newly allocated.
 */
char *evidence_misfit (const Evidence *evidence, const Rubric *rubric);
/* Whether a second round was run in a lab. */
gboolean evidence_has_again (const Evidence *evidence, Isa isa);
