/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a build of modules said: not trusted, any bytes. Pure. Internal to kernel/. */
#pragma once
#include "kernel/kit.h"

#define MODULES_ERRORS_MAX 20
#define MODULES_WARNINGS_MAX 50
#define MODULES_LOG_MAX (256 * 1024)

/*
 * Sets warnings and warning_count, and log to its head and tail; if `failed`, adds to errors at least one line. Paths are below the kernel's top folder
 * and written one way; lines are in the order of file, line, column and text, each once, so that it does not matter who compiled what first.
 */
void modules_log_read (const char *log, gsize size, gboolean failed, KernelModules *modules);
/* One of these words stands in it. */
gboolean modules_log_has_one_of (const char *log, const char *const *words);
/* A compiler was killed by the kernel, as it is when memory is short: nobody's fault. */
gboolean modules_log_tells_of_kill (const char *log, gsize size);
