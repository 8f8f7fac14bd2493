/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fault is what is wrong with a submission: it is somebody else's, a result and no error of ours. Stages that judge a submission return
 * FALSE with a GError only for what is not its doing (disk, host, interruption), and TRUE with a fault for what is.
 */
#pragma once
#include <glib.h>

typedef enum { STAGE_INGEST, STAGE_POLICY, STAGE_CARRY, STAGE_BUILD, STAGE_LOAD, STAGE_L1_BOOT, STAGE_L2_BOOT, STAGE_CHECKS } Stage;
const char *stage_name (Stage stage); /* "ingest", "policy", "carry", "build", "load", "l1-boot", "l2-boot", "checks" */

typedef struct {
  Stage stage;
  gboolean needs_base; /* nobody's fault. Of carry: another --base may do; of ingest: which of the files counts cannot be told, or a part of the repository is not there */
  char *reason;        /* one sentence that a student can act on */
  char *details;       /* more lines: the compiler's, the kernel's; or NULL */
} Fault;
Fault *fault_new (Stage stage, const char *details, const char *format, ...) G_GNUC_PRINTF (3, 4);
void fault_free (Fault *fault);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fault, fault_free)
