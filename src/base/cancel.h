/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interruption. A signal handler sets one flag and writes to an eventfd; everything that waits
 * polls that descriptor too. Safe from several threads.
 */
#pragma once
#include <glib.h>

/* Installs handlers for SIGINT, SIGTERM and SIGHUP. Call once, from main. */
void cancel_install (void);
gboolean cancel_requested (void);
/* Readable once an interruption was requested; never read from it. */
int cancel_fd (void);
/* TRUE, or FALSE with HARNESS_ERROR_INTERRUPTED. */
gboolean cancel_check (GError **error);
/* As if SIGINT had come (for tests). */
void cancel_request (void);
