/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON documents of ours read back, member by member. What is in them may have been edited: types
 * and ranges are checked, and json-glib's parser, which recurses, gets nothing that nests deeper
 * than it may. Errors are "damaged: …"; what is given is written only on success.
 */
#pragma once
#include <glib.h>
#include <json-glib/json-glib.h>

/* Valid UTF-8, at most `max` bytes, an object that nests at most so deep. */
gboolean json_take_open (const char *text, gsize size, gsize max, guint depth_max, JsonParser **parser,
                         GError **error);
JsonObject *json_take_root (JsonParser *parser); /* borrowed */
/* A member of that type; NULL and an error if there is none. */
JsonNode *json_take_member (JsonObject *object, const char *name, JsonNodeType type, GError **error);
gboolean json_take_text (JsonObject *object, const char *name, char **text, GError **error);
gboolean json_take_text_or_null (JsonObject *object, const char *name, char **text,
                                 GError **error); /* null: *text stays */
gboolean json_take_number (JsonObject *object, const char *name, gint64 max, gint64 *value,
                           GError **error); /* 0 … max */
gboolean json_take_flag (JsonObject *object, const char *name, gboolean *value, GError **error);
/* The place of a name in 0 … n - 1, as `name_of` gives them. */
gboolean json_take_name (JsonObject *object, const char *member_name, const char *(*name_of) (guint),
                         guint n, guint *value, GError **error);
gboolean json_take_texts (JsonObject *object, const char *name, GPtrArray *texts, GError **error);
/* An array of at most n_max numbers, each 0 … max: numbers of gint64. */
gboolean json_take_numbers (JsonObject *object, const char *name, guint n_max, gint64 max, GArray *numbers,
                            GError **error);
/* An array of at most n_max objects: of JsonObject, borrowed. */
gboolean json_take_objects (JsonObject *object, const char *name, guint n_max, GPtrArray *objects,
                            GError **error);
