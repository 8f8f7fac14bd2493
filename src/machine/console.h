/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows a console file while it grows. L1 writes that file and is hostile: what is kept is bounded,
 * control characters never reach a person's terminal, and a flood is told, not stored.
 */
#pragma once
#include <glib.h>

typedef struct Console Console;

Console *console_new (const char *path);
void console_free (Console *console);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Console, console_free)

/* Takes in what was appended since the last call. A file that is not there yet is empty. */
void console_update (Console *console);
/* The panic's message ("Kernel panic - not syncing: …"), or NULL. */
const char *console_panic (const Console *console);
/* The last line that is not blank, or "". */
const char *console_last_line (const Console *console);
guint64 console_bytes (const Console *console);
