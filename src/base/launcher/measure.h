/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program has taken of what it may take, where the kernel does not count it. */
#pragma once
#include "base/launcher/launcher.h"
#include "base/launcher/processes.h"

typedef enum
{
  MEASURE_FINE,
  MEASURE_FULL,
  MEASURE_HOST_FULL
} Measure;
/* Says what is wrong, if something is. */
Measure measure (const Plan *plan, const Processes *processes);
