/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How L2's run ended, told from the records alone: a panic, a hang and a silent power-off of L2 are told apart, and
 * from an L1 that failed or was lost.
 */
#pragma once
#include "timeline/timeline.h"

typedef enum {
  OUTCOME_OK,         /* booted, powered off by itself, all was recorded */
  OUTCOME_L1_FAILED,  /* L1's agent could not do its work: a module, QEMU, the record device */
  OUTCOME_L1_LOST,    /* the records stop without an end: L1 died */
  OUTCOME_L2_PANIC,   /* L2's kernel panicked */
  OUTCOME_L2_HANG,    /* L2 still ran at its deadline */
  OUTCOME_L2_RESET,   /* L2 was reset and had not said that it would reboot */
  OUTCOME_L2_SILENT,  /* L2 powered off before it was ready */
  OUTCOME_QEMU_DIED,  /* QEMU in L1 ended with an error or by a signal */
  OUTCOME_NO_EXITS,   /* L2 was never entered */
  OUTCOME_INCOMPLETE, /* exits were dropped, or the agent says that not all was recorded */
} Outcome;

/* *detail: one line for a person, newly allocated; may be NULL. */
Outcome timeline_outcome (const Timeline *timeline, char **detail);
const char *outcome_name (Outcome outcome);
/* TRUE, or FALSE with the outcome and its detail as the error. */
gboolean timeline_check_complete (const Timeline *timeline, GError **error);
