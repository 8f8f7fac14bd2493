/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cycles that are kept in 32 bits. */
#pragma once
#include "grade/scan-module.h"

void scan_cycles (ScanModule *scan);
