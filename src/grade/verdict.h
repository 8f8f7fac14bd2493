/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From evidence to a grade: how a lab that ended early is explained, by which leaf map the rows are
 * made, what warnings cost, and what it comes to. The one way to a grade, whether the evidence was
 * collected now or kept. Pure.
 */
#pragma once
#include <glib.h>

#include "grade/evidence.h"

typedef struct {
  const Rubric *rubric;
  const char *assignment;      /* as the grade calls it */
  const GPtrArray *maps;       /* of LeafMap; the rubric's is among them */
  const LeafMap *map;          /* as asked; NULL: the one that the answers fit best */
  const ReasonNames *names[2]; /* by Isa */
} VerdictSpec;

/* NULL if the evidence can be judged so; else why not. Newly allocated. */
char *verdict_misfit (const Evidence *evidence, const VerdictSpec *spec);
/* *doubtful: what ended it may be the machine's doing, and another try tells. The evidence fits. */
Grade *verdict_of (const Evidence *evidence, const VerdictSpec *spec, gboolean *doubtful);
/*
 * Whether a lab, the last of the evidence's, ended so early that there is nothing to judge and no
 * other lab is needed.
 */
gboolean verdict_is_early (const Evidence *evidence, const VerdictSpec *spec, const EvidenceLab *lab);
