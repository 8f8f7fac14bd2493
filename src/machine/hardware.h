/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is this host's VMX or SVM really usable for a lab, nesting included? /dev/kvm alone proves nothing (it
 * opens and makes vCPUs on hosts that then run nothing), so four things are asked, in this order:
 *
 *   cpu     /proc/cpuinfo has the flag vmx or svm
 *   module  kvm_intel or kvm_amd is loaded
 *   nested  its parameter `nested` is Y or 1
 *   guest   a real-mode guest of two instructions (OUT, HLT) runs through /dev/kvm, in a child process
 *           with a deadline
 *
 * All steps are carried out and told, also after one that failed.
 */
#pragma once
#include <glib.h>

#include "base/isa.h"

#define HARDWARE_STEPS 4
#define HARDWARE_ISAS 2

typedef struct
{
  const char *name; /* "cpu", "module", "nested", "guest" */
  gboolean ok;
  char *finding; /* one line for a person */
} HardwareStep;

typedef struct
{
  gboolean usable; /* every step is ok */
  HardwareStep steps[HARDWARE_STEPS];
} HardwareVerdict;

typedef struct
{
  HardwareVerdict isa[HARDWARE_ISAS]; /* indexed by Isa */
} Hardware;

void hardware_clear (Hardware *hardware);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Hardware, hardware_clear)

/* Runs the tiny guest: TRUE if both exits came; *finding is newly allocated in any case. */
typedef gboolean (*HardwareGuestFunc) (char **finding);
gboolean hardware_run_guest (char **finding);

/* Cannot fail: what cannot be found out is a finding. Takes a second at most. */
void hardware_probe (Hardware *hardware);
/* The same on another root folder ("" is the host's) and with another guest, for tests. */
void hardware_probe_at (const char *root, HardwareGuestFunc run_guest, Hardware *hardware);
/* The first failed step's finding, or "usable". Borrowed. */
const char *hardware_reason (const Hardware *hardware, Isa isa);
