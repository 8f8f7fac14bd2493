/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Updates of shared memory that two vCPUs at once can lose. */
#pragma once
#include "grade/scan-module.h"

void scan_updates (ScanModule *scan);
