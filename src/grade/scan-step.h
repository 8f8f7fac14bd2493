/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one instruction does to what is known. */
#pragma once
#include <glib.h>

#include "grade/scan-value.h"

void scan_step (ScanStepper *stepper, ScanState *state, guint insn);
