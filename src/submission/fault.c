/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults; see fault.h. */
#include "submission/fault.h"

#include <stdarg.h>

const char *
stage_name (Stage stage)
{
  static const char *const names[] = {
    [STAGE_INGEST] = "ingest", [STAGE_POLICY] = "policy",   [STAGE_CARRY] = "carry",     [STAGE_BUILD] = "build",
    [STAGE_LOAD] = "load",     [STAGE_L1_BOOT] = "l1-boot", [STAGE_L2_BOOT] = "l2-boot", [STAGE_CHECKS] = "checks",
  };
  return (guint) stage < G_N_ELEMENTS (names) ? names[stage] : "?";
}

Fault *
fault_new (Stage stage, const char *details, const char *format, ...)
{
  Fault *fault = g_new0 (Fault, 1);
  va_list args;
  va_start (args, format);
  fault->stage = stage;
  fault->reason = g_strdup_vprintf (format, args);
  fault->details = g_strdup (details);
  va_end (args);
  return fault;
}

void
fault_free (Fault *fault)
{
  if (fault == NULL)
    return;
  g_free (fault->reason);
  g_free (fault->details);
  g_free (fault);
}
