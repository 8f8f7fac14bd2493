/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Documents in JSON: members of json-glib's builder, which writes and escapes them; and strings for what is too long for a
 * document in memory. Text need not be UTF-8: bytes that are none become U+FFFD.
 */
#pragma once
#include <glib.h>
#include <json-glib/json-glib.h>

/* value NULL: null. */
void json_write_text (JsonBuilder *builder, const char *name, const char *value);
/* JSON's numbers end at G_MAXINT64 here: what is more is that. */
void json_write_number (JsonBuilder *builder, const char *name, guint64 value);
void json_write_flag (JsonBuilder *builder, const char *name, gboolean value);
/* The member's object or array begins; json_builder_end_object() or json_builder_end_array() ends it. */
void json_write_object (JsonBuilder *builder, const char *name);
void json_write_array (JsonBuilder *builder, const char *name);
/* An object of ManifestPair. */
void json_write_pairs (JsonBuilder *builder, const char *name, const GPtrArray *pairs);
/* The whole document, indented, with a line feed at the end. Newly allocated. */
char *json_write_finish (JsonBuilder *builder);

/* A string, quotes and all; size -1: up to the NUL. Beyond what JSON asks for, "<", ">" and "&" are escaped: it may stand in a <script>. */
void json_write_string (GString *out, const char *text, gssize size);
