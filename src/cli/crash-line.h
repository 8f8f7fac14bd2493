/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What line an instruction of a module comes from, by the module's own table, which is the submission's work: addr2line reads it in the sandbox. */
#pragma once
#include "grade/crash.h"

/* What crash_new() takes as `resolved`, of MODULES_DIR/MODULE.ko.debug; NULL if the function is not there or nothing can be said. */
char *crash_line_resolve (const CrashFrame *frame, const char *modules_dir);
