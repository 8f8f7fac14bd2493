/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that somebody calls a source file: what they are, and as text in one form: UTF-8, LF, a newline at the end, no BOM.
 * Pure and total: any bytes are taken. Internal to submission/.
 */
#pragma once
#include <glib.h>

typedef enum { FORMAT_TEXT, FORMAT_ARCHIVE, FORMAT_BUNDLE, FORMAT_OTHER } Format;

/* By content. *name: "a PDF document", "a web page (HTML)"; static; also for archives. An empty file is text. */
Format format_of (const char *data, gsize size, const char **name);

#define TEXT_CRLF 1u       /* CR or CRLF at line ends */
#define TEXT_BOM 2u
#define TEXT_UTF16 4u
#define TEXT_CP1252 8u     /* bytes that were no UTF-8 */
#define TEXT_TRAILING 16u  /* NULs or ^Z at the end */
#define TEXT_NO_NEWLINE 32u
#define TEXT_NULS 64u      /* NULs inside: replaced by U+FFFD */

/* The text, NUL-terminated, newly allocated; NULL with *name if it is no text. *changes: what was changed, TEXT_… */
char *text_normalise (const char *data, gsize size, guint *changes, const char **name);
/* "CRLF line ends, a byte order mark": for a note; NULL if nothing was changed. */
char *text_changes (guint changes);

/* A name as it may be shown: what is not printable UTF-8 as \xNN. */
char *name_shown (const char *name);
