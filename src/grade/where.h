/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the student's own lines to look at for a row that lost points: lines that the carried diff adds, by what the row is about. */
#pragma once
#include <glib.h>

#include "grade/grade.h"
#include "grade/judge.h"

#define WHERE_LINES_MAX 3u

/* Fills `where` of the rows that failed, from grade->carried. findings: of ScanFinding (module-scan.h), whose symbols lead to their lines. */
void where_fill (Grade *grade, const GPtrArray *findings);
/* The line that L1's kernel died at, if it is the submission's, for the row that tells of it. crash: NULL: none. */
void where_add_crash (Grade *grade, const Crash *crash);
/* The first line where exits are handled (not cpuid.c) that writes a register of the guest's: "arch/…/vmx.c:6530: kvm_rax_write(…);". NULL: none. */
char *where_guest_registers (const char *carried);
