/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pass over the lines finds where each key stands; GKeyFile then reads the values. */
#include "config/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"

#define CONF_LIMIT (1024 * 1024)

struct Conf
{
  char *path;
  const ConfField *fields;
  guint count;
  GKeyFile *file;
  GHashTable *lines; /* "group" or "group\nkey" to its line, from 1 */
};

void
conf_free (Conf *conf)
{
  if (conf == NULL)
    return;
  g_free (conf->path);
  g_clear_pointer (&conf->file, g_key_file_unref);
  g_hash_table_unref (conf->lines);
  g_free (conf);
}

/* --- errors with a place ---------------------------------------------------------------------- */

static char *
line_key (const char *group, const char *key)
{
  return key != NULL ? g_strconcat (group, "\n", key, NULL) : g_strdup (group);
}

static guint
line_of (const Conf *conf, const char *group, const char *key)
{
  g_autofree char *name = line_key (group, key);
  return GPOINTER_TO_UINT (g_hash_table_lookup (conf->lines, name));
}

static gboolean
fail_at (const Conf *conf, guint line, GError **error, const char *message)
{
  if (line == 0)
    return fail (error, HARNESS_ERROR_USAGE, "%s: %s", conf->path, message);
  return fail (error, HARNESS_ERROR_USAGE, "%s:%u: %s", conf->path, line, message);
}

gboolean
conf_fail (const Conf *conf, const char *group, const char *key, GError **error, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  const guint line = line_of (conf, group, key);
  return fail_at (conf, line != 0 ? line : line_of (conf, group, NULL), error, message);
}

char *
conf_known_keys (const Conf *conf, const char *group)
{
  g_autoptr (GString) keys = g_string_new (NULL);
  for (guint i = 0; i < conf->count; i++)
    {
      if (strcmp (conf->fields[i].group, group) == 0)
        g_string_append_printf (keys, "%s%s", keys->len > 0 ? ", " : "", conf->fields[i].key);
    }
  return g_string_free (g_steal_pointer (&keys), FALSE);
}

static char *
known_groups (const Conf *conf)
{
  g_autoptr (GString) groups = g_string_new (NULL);
  for (guint i = 0; i < conf->count; i++)
    {
      if (i == 0 || strcmp (conf->fields[i].group, conf->fields[i - 1].group) != 0)
        g_string_append_printf (groups, "%s[%s]", i > 0 ? ", " : "", conf->fields[i].group);
    }
  return g_string_free (g_steal_pointer (&groups), FALSE);
}

/* --- the pass over the lines ------------------------------------------------------------------ */

static gboolean
note_line (Conf *conf, const char *group, const char *key, guint line, GError **error)
{
  const guint first = line_of (conf, group, key);
  if (first != 0)
    {
      g_autofree char *message = g_strdup_printf ("\"%s\" is there already, in line %u", key != NULL ? key : group, first);
      return fail_at (conf, line, error, message);
    }
  g_hash_table_insert (conf->lines, line_key (group, key), GUINT_TO_POINTER (line));
  return TRUE;
}

static gboolean
knows_group (const Conf *conf, const char *group)
{
  g_autofree char *keys = conf_known_keys (conf, group);
  return keys[0] != '\0';
}

static gboolean
scan_group (Conf *conf, const char *text, guint line, char **group, GError **error)
{
  const gsize length = strlen (text);
  g_free (*group);
  *group = text[length - 1] == ']' ? g_strndup (text + 1, length - 2) : g_strdup (text + 1);
  if (text[length - 1] == ']' && knows_group (conf, *group))
    return note_line (conf, *group, NULL, line, error);

  g_autofree char *groups = known_groups (conf);
  g_autofree char *message = g_strdup_printf ("unknown group %s; try: one of %s", text, groups);
  return fail_at (conf, line, error, message);
}

static gboolean
knows_key (const Conf *conf, const char *group, const char *key)
{
  for (guint i = 0; i < conf->count; i++)
    {
      if (strcmp (conf->fields[i].group, group) == 0 && strcmp (conf->fields[i].key, key) == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
scan_key (Conf *conf, const char *text, guint line, const char *group, GError **error)
{
  const char *equals = strchr (text, '=');
  if (equals == NULL || equals == text)
    return fail_at (conf, line, error, "neither \"key = value\", [group] nor # comment");
  if (group == NULL)
    return fail_at (conf, line, error, "a key before the first [group]");

  g_autofree char *key = g_strchomp (g_strndup (text, (gsize) (equals - text)));
  if (knows_key (conf, group, key))
    return note_line (conf, group, key, line, error);
  g_autofree char *keys = conf_known_keys (conf, group);
  g_autofree char *message = g_strdup_printf ("unknown key \"%s\" in [%s]; try: one of %s", key, group, keys);
  return fail_at (conf, line, error, message);
}

static gboolean
scan_lines (Conf *conf, const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *group = NULL;
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strstrip (lines[i]);
      if (line[0] == '\0' || line[0] == '#')
        continue;
      const gboolean ok = line[0] == '[' ? scan_group (conf, line, i + 1, &group, error)
                                         : scan_key (conf, line, i + 1, group, error);
      if (!ok)
        return FALSE;
    }
  return TRUE;
}

static gboolean
load (Conf *conf, GError **error)
{
  g_autofree char *text = NULL;
  gsize size;
  if (!files_read (conf->path, CONF_LIMIT, &text, &size, error))
    return FALSE;
  if (!g_utf8_validate_len (text, size, NULL))
    return fail (error, HARNESS_ERROR_USAGE, "%s: not UTF-8 text", conf->path);
  if (!scan_lines (conf, text, error))
    return FALSE;

  g_autoptr (GError) parse_error = NULL;
  if (!g_key_file_load_from_data (conf->file, text, size, G_KEY_FILE_NONE, &parse_error))
    return fail (error, HARNESS_ERROR_USAGE, "%s: %s", conf->path, parse_error->message);
  return TRUE;
}

Conf *
conf_load (const char *path, const ConfField *fields, guint count, GError **error)
{
  g_autoptr (Conf) conf = g_new0 (Conf, 1);
  conf->path = g_strdup (path);
  conf->fields = fields;
  conf->count = count;
  conf->file = g_key_file_new ();
  conf->lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!load (conf, error))
    {
      if (error != NULL && *error != NULL)
        (*error)->code = HARNESS_ERROR_USAGE; /* a file that cannot be read, too */
      return NULL;
    }
  return g_steal_pointer (&conf);
}

/* --- values ----------------------------------------------------------------------------------- */

static gboolean
is_optional (const ConfField *field)
{
  return field->type == CONF_OPTIONAL_TEXT || field->type == CONF_OPTIONAL_HEX32 || field->type == CONF_OPTIONAL_UINT;
}

static gboolean
fill_uint (const Conf *conf, const ConfField *field, const char *text, guint *value, GError **error)
{
  guint64 number;
  if (!g_ascii_string_to_unsigned (text, 10, field->min, field->max, &number, NULL))
    return conf_fail (conf, field->group, field->key, error, "%s is \"%s\"; try: a whole number from %u to %u", field->key, text,
                      field->min, field->max);
  *value = (guint) number;
  return TRUE;
}

static gboolean
fill_hex32 (const Conf *conf, const ConfField *field, const char *text, guint32 *value, GError **error)
{
  guint64 number;
  if (!g_str_has_prefix (text, "0x") || !g_ascii_string_to_unsigned (text + 2, 16, 1, G_MAXUINT32, &number, NULL))
    return conf_fail (conf, field->group, field->key, error, "%s is \"%s\"; try: 0x and up to 8 hexadecimal digits, not 0", field->key,
                      text);
  *value = (guint32) number;
  return TRUE;
}

static gboolean
fill_field (const Conf *conf, const ConfField *field, const char *text, gpointer member, GError **error)
{
  switch (field->type)
    {
    case CONF_UINT:
    case CONF_OPTIONAL_UINT:
      return fill_uint (conf, field, text, member, error);
    case CONF_OPTIONAL_HEX32:
      return fill_hex32 (conf, field, text, member, error);
    case CONF_TEXT:
    case CONF_OPTIONAL_TEXT:
      break;
    }
  if (field->type == CONF_TEXT && text[0] == '\0')
    return conf_fail (conf, field->group, field->key, error, "%s is empty", field->key);
  g_free (*(char **) member);
  *(char **) member = g_strdup (text);
  return TRUE;
}

static gboolean
fill_missing (const Conf *conf, const ConfField *field, gpointer member, GError **error)
{
  if (!is_optional (field))
    return conf_fail (conf, field->group, NULL, error, "no \"%s\" in [%s]; try: add the line \"%s = …\"", field->key, field->group,
                      field->key);
  if (field->type == CONF_OPTIONAL_TEXT)
    *(char **) member = g_strdup ("");
  return TRUE;
}

gboolean
conf_fill (const Conf *conf, gpointer target, GError **error)
{
  for (guint i = 0; i < conf->count; i++)
    {
      const ConfField *field = &conf->fields[i];
      gpointer member = (char *) target + field->offset;
      if (line_of (conf, field->group, field->key) == 0)
        {
          if (!fill_missing (conf, field, member, error))
            return FALSE;
          continue;
        }
      g_autoptr (GError) value_error = NULL;
      g_autofree char *text = g_key_file_get_string (conf->file, field->group, field->key, &value_error);
      if (text == NULL)
        return conf_fail (conf, field->group, field->key, error, "%s", value_error->message);
      if (!fill_field (conf, field, g_strstrip (text), member, error))
        return FALSE;
    }
  return TRUE;
}

char *
conf_name (const char *path)
{
  char *name = g_path_get_basename (path);
  if (g_str_has_suffix (name, ".conf"))
    name[strlen (name) - strlen (".conf")] = '\0';
  return name;
}
