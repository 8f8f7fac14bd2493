/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The project's one error domain. A function that can fail is
 *     gboolean f (in…, T *out, GError **error)
 * and writes *out only on success. Each layer prefixes the object it worked on (g_prefix_error).
 * The message says what failed, on what, and why; where a remedy is known it ends in "; try: …".
 */
#pragma once
#include <glib.h>

#define HARNESS_ERROR (harness_error_quark ())
GQuark harness_error_quark (void);

typedef enum {
  HARNESS_ERROR_FAILED,      /* the work failed: exit code 1 */
  HARNESS_ERROR_USAGE,       /* bad usage or configuration: exit code 2 */
  HARNESS_ERROR_HOST,        /* the host lacks something: exit code 3 */
  HARNESS_ERROR_INTERRUPTED, /* exit code 130 */
} HarnessError;

/* FALSE and an error; for `return fail (error, HARNESS_ERROR_FAILED, "…", …)`. In parentheses: cmocka has a macro of the name. */
gboolean (fail) (GError **error, HarnessError code, const char *format, ...) G_GNUC_PRINTF (3, 4);
gboolean fail_errno (GError **error, int errnum, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* FALSE and a copy: what failed for one thread is not tried again by those that waited for it. */
gboolean fail_again (const GError *failure, GError **error);
/* The exit code of a command that ended with this error; NULL gives 0. */
int error_exit_code (const GError *error);
