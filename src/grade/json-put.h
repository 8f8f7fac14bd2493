/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON to a string, member by member, in bytes that depend on the values alone: points have two decimals always, which a double has not.
 * Strings are report/json-write.h's.
 */
#pragma once
#include <glib.h>

typedef struct {
  GString *out;
  guint depth;
  guint flat;      /* how many of the innermost stand on one line */
  gboolean filled; /* something stands in the innermost */
} JsonPut;

/* name NULL: an element of an array, or the document. '{' or '['. */
void json_put_begin (JsonPut *json, const char *name, char bracket);
/* The same, all on one line. */
void json_put_begin_flat (JsonPut *json, const char *name, char bracket);
void json_put_end (JsonPut *json, char bracket); /* '}' or ']' */
void json_put_text (JsonPut *json, const char *name, const char *value); /* NULL: null */
void json_put_number (JsonPut *json, const char *name, gint64 value);
void json_put_flag (JsonPut *json, const char *name, gboolean value);
/* Hundredths, as "87.50"; thousandths, as "12.345". */
void json_put_hundredths (JsonPut *json, const char *name, gint64 value);
void json_put_thousandths (JsonPut *json, const char *name, gint64 value);
/* An array of char *, an element a line. */
void json_put_texts (JsonPut *json, const char *name, const GPtrArray *texts);
