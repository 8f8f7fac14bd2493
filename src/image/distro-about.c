/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to tell of a disk; see distro-about.h. */
#include "image/distro-about.h"

#include <json-glib/json-glib.h>
#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"

#define SCHEMA "distribution-1"
#define JSON_LIMIT (8u << 20)
#define STATUS_LIMIT (32 << 20)
#define OS_RELEASE_LIMIT (64 << 10)

static void
package_free (gpointer data)
{
  DistroPackage *package = data;

  g_free (package->name);
  g_free (package->version);
  g_free (package);
}

DistroAbout *
distro_about_new (const char *name, const char *way)
{
  DistroAbout *about = g_new0 (DistroAbout, 1);

  about->name = g_strdup (name);
  about->way = g_strdup (way);
  about->verified = g_ptr_array_new_with_free_func (g_free);
  about->unverified = g_ptr_array_new_with_free_func (g_free);
  about->packages = g_ptr_array_new_with_free_func (package_free);
  return about;
}

void
distro_about_free (DistroAbout *about)
{
  if (!about)
    return;
  g_free (about->name);
  g_free (about->way);
  g_free (about->origin);
  g_free (about->source);
  g_free (about->key);
  g_free (about->os);
  g_free (about->kernel);
  g_free (about->sha256);
  g_ptr_array_unref (about->verified);
  g_ptr_array_unref (about->unverified);
  g_ptr_array_unref (about->packages);
  g_free (about);
}

void
distro_about_verified (DistroAbout *about, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (about->verified, g_strdup_vprintf (format, args));
  va_end (args);
}

void
distro_about_unverified (DistroAbout *about, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (about->unverified, g_strdup_vprintf (format, args));
  va_end (args);
}

/* --- what a disk says -------------------------------------------------------------------------- */

/* Printable ASCII alone, cut at DISTRO_TEXT_MAX. */
static char *
plain (const char *text, gsize size)
{
  char *result = g_strndup (text, MIN (size, DISTRO_TEXT_MAX));

  for (char *at = result; *at; at++)
    if (*at < ' ' || *at > '~')
      *at = '?';
  return result;
}

char *
distro_about_os (const char *os_release, const char *key)
{
  const gsize length = strlen (key);

  for (const char *line = os_release; *line; line += strcspn (line, "\n"), line += *line == '\n')
    {
      const char *value = line + length + 1;
      gsize size;

      if (strncmp (line, key, length) != 0 || line[length] != '=')
        continue;
      size = strcspn (value, "\n");
      if (size >= 2 && (value[0] == '"' || value[0] == '\'') && value[size - 1] == value[0])
        value++, size -= 2;
      return plain (value, size);
    }
  return g_strdup ("");
}

/* "Name: value" of one line. */
static gboolean
take_field (const char *line, gsize size, const char *name, char **value)
{
  const gsize length = strlen (name);

  if (size <= length || strncmp (line, name, length) != 0)
    return FALSE;
  g_free (*value);
  *value = g_strstrip (plain (line + length, size - length));
  return TRUE;
}

static int
compare_packages (gconstpointer a, gconstpointer b)
{
  const DistroPackage *const *one = a, *const *other = b;

  return strcmp ((*one)->name, (*other)->name);
}

GPtrArray *
distro_about_packages (const char *status)
{
  GPtrArray *packages = g_ptr_array_new_with_free_func (package_free);
  g_autofree char *name = NULL, *state = NULL, *version = NULL;

  for (const char *line = status; packages->len < DISTRO_PACKAGES_MAX; line++)
    {
      const gsize size = strcspn (line, "\n");

      if (!take_field (line, size, "Package:", &name) && !take_field (line, size, "Status:", &state))
        take_field (line, size, "Version:", &version);
      line += size;
      if (size > 0 && *line)
        continue;
      /* A stanza is over. */
      if (name && state && version && g_str_has_suffix (state, " installed"))
        {
          DistroPackage *package = g_new0 (DistroPackage, 1);

          package->name = g_steal_pointer (&name);
          package->version = g_steal_pointer (&version);
          g_ptr_array_add (packages, package);
        }
      g_clear_pointer (&name, g_free);
      g_clear_pointer (&state, g_free);
      g_clear_pointer (&version, g_free);
      if (!*line)
        break;
    }
  g_ptr_array_sort (packages, compare_packages);
  return packages;
}

/* NULL with *ok: there is none, or it is larger than that. NUL bytes end it. */
static char *
read_file (Appliance *appliance, const char *path, gint64 limit, gboolean *ok, GError **error)
{
  guestfs_h *g = appliance_handle (appliance);
  const int there = guestfs_is_file_opts (g, path, GUESTFS_IS_FILE_OPTS_FOLLOWSYMLINKS, 1, -1);
  const gint64 bytes = there == 1 ? guestfs_filesize (g, path) : -1;
  g_autofree char *data = NULL;
  size_t size = 0;

  *ok = TRUE;
  if (there == 1 && bytes >= 0 && bytes <= limit)
    data = guestfs_read_file (g, path, &size);
  if (there < 0 || (there == 1 && (bytes < 0 || (bytes <= limit && !data))))
    *ok = appliance_fail (appliance, path, error);
  return data ? g_strndup (data, size) : NULL;
}

static gboolean
look_for_kernel (DistroAbout *about, Appliance *appliance, GError **error)
{
  guestfs_h *g = appliance_handle (appliance);
  g_auto (GStrv) paths = guestfs_is_dir (g, "/boot") == 1 ? guestfs_glob_expand (g, "/boot/vmlinu[xz]*") : g_new0 (char *, 1);
  const guint count = paths ? g_strv_length (paths) : 0;

  if (!paths)
    return appliance_fail (appliance, "/boot", error);
  g_free (about->kernel);
  about->kernel = count > 0 ? plain (paths[count - 1] + strlen ("/boot/"), DISTRO_TEXT_MAX) : g_strdup ("");
  return TRUE;
}

gboolean
distro_about_look (DistroAbout *about, Appliance *appliance, GError **error)
{
  gboolean ok;
  g_autofree char *os = read_file (appliance, "/etc/os-release", OS_RELEASE_LIMIT, &ok, error);
  g_autofree char *status = ok ? read_file (appliance, "/var/lib/dpkg/status", STATUS_LIMIT, &ok, error) : NULL;

  if (!ok)
    return FALSE;
  g_free (about->os);
  about->os = distro_about_os (os ? os : "", "PRETTY_NAME");
  g_ptr_array_unref (about->packages);
  about->packages = distro_about_packages (status ? status : "");
  return look_for_kernel (about, appliance, error);
}

/* --- about.json -------------------------------------------------------------------------------- */

static void
add_text (JsonBuilder *json, const char *name, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value ? value : "", -1);

  if (name)
    json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, valid);
}

static void
add_sentences (JsonBuilder *json, const char *name, const GPtrArray *sentences)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_array (json);
  for (guint i = 0; i < sentences->len; i++)
    add_text (json, NULL, sentences->pdata[i]);
  json_builder_end_array (json);
}

static void
add_packages (JsonBuilder *json, const GPtrArray *packages)
{
  json_builder_set_member_name (json, "packages");
  json_builder_begin_object (json);
  for (guint i = 0; i < packages->len; i++)
    {
      const DistroPackage *package = packages->pdata[i];

      add_text (json, package->name, package->version);
    }
  json_builder_end_object (json);
}

char *
distro_about_json (const DistroAbout *about)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (json);
  add_text (json, "schema", SCHEMA);
  add_text (json, "name", about->name);
  add_text (json, "key", about->key);
  add_text (json, "way", about->way);
  add_text (json, "origin", about->origin);
  add_text (json, "source", about->source);
  add_text (json, "os", about->os);
  add_text (json, "kernel", about->kernel);
  add_text (json, "sha256", about->sha256);
  json_builder_set_member_name (json, "virtual_bytes");
  json_builder_add_int_value (json, (gint64) about->virtual_bytes);
  add_sentences (json, "verified", about->verified);
  add_sentences (json, "unverified", about->unverified);
  add_packages (json, about->packages);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, NULL);
  return g_strconcat (text, "\n", NULL);
}

static gboolean
take_text (JsonObject *object, const char *name, char **value)
{
  JsonNode *node = json_object_get_member (object, name);

  if (!node || json_node_get_value_type (node) != G_TYPE_STRING)
    return FALSE;
  g_free (*value);
  *value = json_node_dup_string (node);
  return TRUE;
}

static gboolean
take_all (JsonObject *object, DistroAbout *about)
{
  JsonNode *bytes = json_object_get_member (object, "virtual_bytes");

  if (!bytes || json_node_get_value_type (bytes) != G_TYPE_INT64)
    return FALSE;
  about->virtual_bytes = (guint64) json_node_get_int (bytes);
  return take_text (object, "name", &about->name) && take_text (object, "key", &about->key) && take_text (object, "way", &about->way) &&
         take_text (object, "origin", &about->origin) && take_text (object, "source", &about->source) && take_text (object, "os", &about->os) &&
         take_text (object, "kernel", &about->kernel) && take_text (object, "sha256", &about->sha256);
}

gboolean
distro_about_load (const char *path, DistroAbout **about, GError **error)
{
  g_autoptr (DistroAbout) loaded = distro_about_new ("", "");
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *text = NULL;
  JsonNode *root;

  if (!files_read (path, JSON_LIMIT, &text, NULL, error))
    return FALSE;
  root = json_parser_load_from_data (parser, text, -1, NULL) ? json_parser_get_root (parser) : NULL;
  if (!root || !JSON_NODE_HOLDS_OBJECT (root) || !take_all (json_node_get_object (root), loaded))
    return fail (error, HARNESS_ERROR_FAILED, "%s: not what tells of a distribution's disk; try: remove its folder", path);
  *about = g_steal_pointer (&loaded);
  return TRUE;
}
