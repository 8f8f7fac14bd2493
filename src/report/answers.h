/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answers.md: the questions answered in plain sentences, the labs side by side. Each sentence cites the CSV rows it
 * rests on, as [vmx/reasons.csv: window=boot, reason=48]. Every count names its window.
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "stats/checks.h"
#include "stats/summary.h"

typedef struct {
  const char *name;        /* the lab's folder */
  const char *machine;     /* "Bochs 2.7" */
  const char *accel;       /* "emulated", "kvm" */
  const char *determinism; /* "exact", "statistical" */
  const char *fingerprint; /* NULL if there is none */
  const char *failure;     /* why there is no summary; else NULL */
  const LabSummary *summary; /* NULL if the lab failed; so are the next two */
  const Checks *checks;
  const ReasonNames *names;
  const GPtrArray *repeats; /* of RepeatedMetric, if the lab was run more than once; else NULL */
} AnswersLab;

/* Newly allocated. */
GString *answers_make (const AnswersLab *labs, gsize n);
/* Text of a guest's, made harmless in Markdown. Newly allocated. */
char *markdown_text (const char *text);
