/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A diff that went through a terminal, a pager, a web page or somebody's answer to a mail: what these put into it is taken off.
 * Pure and total. Internal to submission/.
 */
#pragma once
#include <glib.h>

/* Is there a diff of any kind, beginning within so many lines? Looked for after cleaning too. */
gboolean patch_is_in (const char *text, guint lines);
/* "12,15c12,17" and "< old": what diff without -u says. */
gboolean patch_has_normal_diff (const char *text);

#define CLEANED_TERMINAL 1u /* escape sequences: colours, a pager's prompts */
#define CLEANED_BLANKS 2u   /* no-break spaces and the like */
#define CLEANED_HTML 4u     /* &lt; for < */
#define CLEANED_PREFIX 8u   /* "> " or an indentation before each line */

/* Normalised text, newly allocated, with as many lines or fewer. *changes: CLEANED_… */
char *patch_clean (const char *text, guint *changes);
/* A terminal's traces alone, which may stand before what parts a log's commits. */
char *patch_clean_terminal (const char *text, guint *changes);
/* "a terminal's colours, …" for a note; NULL: nothing was changed. */
char *patch_clean_words (guint changes);
