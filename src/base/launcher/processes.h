/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that descends from the guardian, whatever its session: whose parent has died is the
 * guardian's child (PR_SET_CHILD_SUBREAPER).
 */
#pragma once
#include "base/launcher/launcher.h"

#define PROCESSES_MAX 65536

typedef struct
{
  pid_t pids[PROCESSES_MAX];
  int count;
  uint64_t tasks; /* of all of them, threads counted */
} Processes;
/* One buffer, filled anew at each call. */
const Processes *processes_find (void);
/* Tasks on this host that have our id, as far as they can be seen. */
uint64_t processes_of_ours (void);
/* Ends all of them and waits for their end, whatever they do meanwhile. */
void processes_end (const Plan *plan);
