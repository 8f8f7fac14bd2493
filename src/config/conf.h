/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict GKeyFile reading by table. GKeyFile alone forgets line numbers, takes the last of two
 * equal keys and ignores what it does not know; here each of these is an error with file and line.
 */
#pragma once
#include <glib.h>

typedef enum {
  CONF_TEXT,          /* char *, not empty */
  CONF_OPTIONAL_TEXT, /* char *, "" when missing */
  CONF_UINT,          /* guint in min…max */
  CONF_OPTIONAL_UINT, /* the same; what the target has when missing */
  CONF_OPTIONAL_HEX32 /* guint32, "0x" and hexadecimal digits; 0 when missing */
} ConfType;

typedef struct {
  const char *group, *key;
  ConfType type;
  gsize offset; /* of the member in the struct that conf_fill fills */
  guint min, max;
} ConfField;

typedef struct Conf Conf;
/* Knows the keys of `fields` and no others. */
Conf *conf_load (const char *path, const ConfField *fields, guint count, GError **error);
void conf_free (Conf *conf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Conf, conf_free)
/* Strings are newly allocated into target, which must be zeroed; on failure some may be set. */
gboolean conf_fill (const Conf *conf, gpointer target, GError **error);
/* FALSE with "file:line: …" of that key (of its group, or of the file, if it is not there). */
gboolean conf_fail (const Conf *conf, const char *group, const char *key, GError **error, const char *format, ...) G_GNUC_PRINTF (5, 6);
/* "configs/labs/vmx.conf": "vmx". Newly allocated. */
char *conf_name (const char *path);
/* "a, b, …": the keys that the group knows; newly allocated. */
char *conf_known_keys (const Conf *conf, const char *group);
