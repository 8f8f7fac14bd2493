/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel log as lines, numbers and the places that numbers have: numbers with the same words and signs around
 * them have the same key, and so mean the
 * same. The log is hostile: what is looked at is bounded.
 */
#pragma once
#include <glib.h>

#define LOG_LINES_MAX 16384u
#define LOG_NUMBERS_MAX 65536u
#define LOG_KEYS_MAX 64u /* more are of the last */

typedef struct {
  guint line;
  guint begin, end;    /* bytes in the line */
  guint gap;           /* where the number before it in the line ends; 0 */
  guint64 value;       /* as written: decimal, or hexadecimal behind 0x; a negative one modulo 2^32 */
  guint64 hex;         /* read as hexadecimal */
  gboolean decimal;    /* `value` holds */
  gboolean hexadecimal; /* `hex` holds, and it has no 0x before it */
  guint key;
} LogNumber;

typedef struct {
  GPtrArray *lines;   /* of char *: a message may hold several; escapes of /dev/kmsg are undone */
  GArray *numbers;    /* of LogNumber, in their order */
  GPtrArray *keys;    /* of char *: "T:exits:" says total; "exit", "):" … */
  guint64 suppressed; /* messages that a rate limit kept back, by the kernel's words */
  gboolean cut;       /* there was more than is looked at */
} LogText;
/* messages: of char *, valid UTF-8. */
LogText *log_text_new (const GPtrArray *messages);
void log_text_free (LogText *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LogText, log_text_free)
/* The key says that its numbers are a total; that they are an exit's number; that they count. */
gboolean log_key_is_total (const char *key);
gboolean log_key_is_type (const char *key);
gboolean log_key_is_count (const char *key);
