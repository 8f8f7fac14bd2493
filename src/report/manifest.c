/* SPDX-License-Identifier: GPL-2.0-or-later */
/* manifest.json, both ways, through json-glib. */
#include "report/manifest.h"

#include <string.h>

#include "base/error.h"
#include "report/json-write.h"

#define DEPTH_MAX 32

static void
pair_free (gpointer data)
{
  ManifestPair *pair = data;
  g_free (pair->name);
  g_free (pair->value);
  g_free (pair);
}

static void
lab_free (gpointer data)
{
  ManifestLab *lab = data;
  g_free (lab->name);
  g_free (lab->isa);
  g_free (lab->machine);
  g_free (lab->accel);
  g_free (lab->determinism);
  g_free (lab->reason);
  g_ptr_array_unref (lab->parameters);
  g_free (lab->fingerprint);
  g_free (lab->exits_csv_sha256);
  g_free (lab->outcome);
  g_free (lab->failure);
  g_free (lab);
}

Manifest *
manifest_new (void)
{
  Manifest *m = g_new0 (Manifest, 1);
  m->schema = MANIFEST_SCHEMA;
  m->command = g_ptr_array_new_with_free_func (g_free);
  m->versions = g_ptr_array_new_with_free_func (pair_free);
  m->inputs = g_ptr_array_new_with_free_func (pair_free);
  m->files = g_ptr_array_new_with_free_func (pair_free);
  m->labs = g_ptr_array_new_with_free_func (lab_free);
  return m;
}

void
manifest_free (Manifest *m)
{
  if (m == NULL)
    return;
  g_free (m->run);
  g_free (m->status);
  g_ptr_array_unref (m->command);
  g_ptr_array_unref (m->versions);
  g_ptr_array_unref (m->inputs);
  g_ptr_array_unref (m->files);
  g_ptr_array_unref (m->labs);
  g_free (m);
}

ManifestLab *
manifest_add_lab (Manifest *m, const char *name)
{
  ManifestLab *lab = g_new0 (ManifestLab, 1);
  lab->name = g_strdup (name);
  lab->parameters = g_ptr_array_new_with_free_func (pair_free);
  g_ptr_array_add (m->labs, lab);
  return lab;
}

void
manifest_add (GPtrArray *pairs, const char *name, const char *value)
{
  ManifestPair *pair = g_new0 (ManifestPair, 1);
  *pair = (ManifestPair) { g_strdup (name), g_strdup (value) };
  g_ptr_array_add (pairs, pair);
}

GPtrArray *
manifest_pairs_new (void)
{
  return g_ptr_array_new_with_free_func (pair_free);
}

void
manifest_set (GPtrArray *pairs, const char *name, const char *value)
{
  for (guint i = 0; i < pairs->len; i++)
    {
      ManifestPair *pair = g_ptr_array_index (pairs, i);
      if (strcmp (pair->name, name) == 0)
        {
          g_free (pair->value);
          pair->value = g_strdup (value);
          return;
        }
    }
  manifest_add (pairs, name, value);
}

const char *
manifest_get (const GPtrArray *pairs, const char *name)
{
  for (guint i = 0; i < pairs->len; i++)
    {
      const ManifestPair *pair = g_ptr_array_index (pairs, i);
      if (strcmp (pair->name, name) == 0)
        return pair->value;
    }
  return NULL;
}

const ManifestLab *
manifest_lab (const Manifest *m, const char *name)
{
  for (guint i = 0; i < m->labs->len; i++)
    {
      const ManifestLab *lab = g_ptr_array_index (m->labs, i);
      if (strcmp (lab->name, name) == 0)
        return lab;
    }
  return NULL;
}

static void
put_lab (JsonBuilder *b, const ManifestLab *lab)
{
  json_builder_begin_object (b);
  json_write_text (b, "name", lab->name);
  json_write_text (b, "isa", lab->isa);
  json_write_text (b, "machine", lab->machine);
  json_write_text (b, "accel", lab->accel);
  json_write_text (b, "determinism", lab->determinism);
  json_write_text (b, "reason", lab->reason);
  json_write_pairs (b, "parameters", lab->parameters);
  json_write_text (b, "fingerprint", lab->fingerprint);
  json_write_text (b, "exits_csv_sha256", lab->exits_csv_sha256);
  json_write_text (b, "outcome", lab->outcome);
  if (lab->failure != NULL)
    json_write_text (b, "failure", lab->failure);
  json_write_object (b, "totals");
  json_write_number (b, "boot_exits", lab->boot_exits);
  json_write_number (b, "all_exits", lab->all_exits);
  json_write_number (b, "boot_ns", lab->boot_ns);
  json_builder_end_object (b);
  json_builder_end_object (b);
}

static void
put_command (JsonBuilder *b, const GPtrArray *command)
{
  json_write_array (b, "command");
  for (guint i = 0; i < command->len; i++)
    json_builder_add_string_value (b, g_ptr_array_index (command, i));
  json_builder_end_array (b);
}

static void
put_labs (JsonBuilder *b, const GPtrArray *labs)
{
  json_write_array (b, "labs");
  for (guint i = 0; i < labs->len; i++)
    put_lab (b, g_ptr_array_index (labs, i));
  json_builder_end_array (b);
}

char *
manifest_to_json (const Manifest *m)
{
  g_autoptr (JsonBuilder) b = json_builder_new ();

  json_builder_begin_object (b);
  json_write_number (b, "schema", m->schema);
  json_write_text (b, "run", m->run);
  json_write_text (b, "status", m->status);
  put_command (b, m->command);
  json_write_pairs (b, "versions", m->versions);
  json_write_pairs (b, "inputs", m->inputs);
  put_labs (b, m->labs);
  json_write_pairs (b, "files", m->files);
  json_builder_end_object (b);
  return json_write_finish (b);
}

static JsonNode *
member (JsonObject *object, const char *name, GType type, gboolean may_be_null, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node != NULL && may_be_null && JSON_NODE_HOLDS_NULL (node))
    return node;
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != type)
    {
      fail (error, HARNESS_ERROR_FAILED, "manifest: \"%s\" is missing or of the wrong type", name);
      return NULL;
    }
  return node;
}

static gboolean
get_text (JsonObject *object, const char *name, char **value, GError **error)
{
  JsonNode *node = member (object, name, G_TYPE_STRING, TRUE, error);
  if (node == NULL)
    return FALSE;
  *value = JSON_NODE_HOLDS_NULL (node) ? NULL : json_node_dup_string (node);
  return TRUE;
}

static gboolean
get_number (JsonObject *object, const char *name, guint64 *value, GError **error)
{
  JsonNode *node = member (object, name, G_TYPE_INT64, FALSE, error);
  if (node == NULL)
    return FALSE;
  *value = (guint64) json_node_get_int (node);
  return TRUE;
}

/* The object or array of that name; NULL and an error if it is not there. */
static JsonNode *
container (JsonObject *object, const char *name, JsonNodeType type, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);
  if (node != NULL && json_node_get_node_type (node) == type)
    return node;
  fail (error, HARNESS_ERROR_FAILED, "manifest: \"%s\" is missing or of the wrong type", name);
  return NULL;
}

static gboolean
get_pairs (JsonObject *object, const char *name, GPtrArray *pairs, GError **error)
{
  JsonNode *node = container (object, name, JSON_NODE_OBJECT, error);
  if (node == NULL)
    return FALSE;
  g_autoptr (GList) names = json_object_get_members (json_node_get_object (node));
  for (GList *l = names; l != NULL; l = l->next)
    {
      g_autofree char *value = NULL;
      if (!get_text (json_node_get_object (node), l->data, &value, error))
        return FALSE;
      manifest_add (pairs, l->data, value);
    }
  return TRUE;
}

static gboolean
get_lab_texts (JsonObject *object, ManifestLab *lab, GError **error)
{
  return get_text (object, "isa", &lab->isa, error) && get_text (object, "machine", &lab->machine, error) &&
         get_text (object, "accel", &lab->accel, error) && get_text (object, "determinism", &lab->determinism, error) &&
         get_text (object, "reason", &lab->reason, error) && get_text (object, "fingerprint", &lab->fingerprint, error) &&
         get_text (object, "exits_csv_sha256", &lab->exits_csv_sha256, error) && get_text (object, "outcome", &lab->outcome, error) &&
         (!json_object_has_member (object, "failure") || get_text (object, "failure", &lab->failure, error)) &&
         get_pairs (object, "parameters", lab->parameters, error);
}

static gboolean
get_lab (JsonNode *node, Manifest *m, GError **error)
{
  g_autofree char *name = NULL;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, HARNESS_ERROR_FAILED, "manifest: a lab that is no object");
  JsonObject *object = json_node_get_object (node);
  if (!get_text (object, "name", &name, error))
    return FALSE;
  if (name == NULL)
    return fail (error, HARNESS_ERROR_FAILED, "manifest: a lab without a name");
  ManifestLab *lab = manifest_add_lab (m, name);
  JsonNode *totals = container (object, "totals", JSON_NODE_OBJECT, error);
  return totals != NULL && get_lab_texts (object, lab, error) &&
         get_number (json_node_get_object (totals), "boot_exits", &lab->boot_exits, error) &&
         get_number (json_node_get_object (totals), "all_exits", &lab->all_exits, error) &&
         get_number (json_node_get_object (totals), "boot_ns", &lab->boot_ns, error);
}

static gboolean
get_labs (JsonObject *object, Manifest *m, GError **error)
{
  JsonNode *node = container (object, "labs", JSON_NODE_ARRAY, error);
  if (node == NULL)
    return FALSE;
  JsonArray *labs = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (labs); i++)
    if (!get_lab (json_array_get_element (labs, i), m, error))
      return FALSE;
  return TRUE;
}

static gboolean
get_command (JsonObject *object, Manifest *m, GError **error)
{
  JsonNode *node = container (object, "command", JSON_NODE_ARRAY, error);
  if (node == NULL)
    return FALSE;
  JsonArray *words = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (words); i++)
    {
      JsonNode *word = json_array_get_element (words, i);
      if (!JSON_NODE_HOLDS_VALUE (word) || json_node_get_value_type (word) != G_TYPE_STRING)
        return fail (error, HARNESS_ERROR_FAILED, "manifest: \"command\" holds something else than strings");
      g_ptr_array_add (m->command, json_node_dup_string (word));
    }
  return TRUE;
}

static gboolean
get_manifest (JsonObject *object, Manifest *m, GError **error)
{
  if (!get_number (object, "schema", &m->schema, error))
    return FALSE;
  if (m->schema == 0 || m->schema > MANIFEST_SCHEMA)
    return fail (error, HARNESS_ERROR_FAILED, "manifest: schema %" G_GUINT64_FORMAT " is not known here (up to %d); try: a newer harness",
                 m->schema, MANIFEST_SCHEMA);
  return get_text (object, "run", &m->run, error) && get_text (object, "status", &m->status, error) && get_command (object, m, error) &&
         get_pairs (object, "versions", m->versions, error) && get_pairs (object, "inputs", m->inputs, error) &&
         get_pairs (object, "files", m->files, error) && get_labs (object, m, error);
}

/*
 * json-glib's parser calls itself at every bracket: the stack's size is not left to the file. Comments and single quotes, which
 * it would take, are no JSON; without them it is plain what is a string.
 */
static const char *
find_fault (const char *json, gsize size)
{
  gboolean quoted = FALSE;
  guint depth = 0;

  for (gsize i = 0; i < size; i++)
    {
      if (quoted && json[i] == '\\')
        i++;
      else if (json[i] == '"')
        quoted = !quoted;
      else if (quoted)
        continue;
      else if ((json[i] == '[' || json[i] == '{') && ++depth > DEPTH_MAX)
        return "nested too deep";
      else if ((json[i] == ']' || json[i] == '}') && depth > 0)
        depth--;
      else if (json[i] == '/' || json[i] == '\'' || json[i] == '#')
        return "not JSON: a comment, or a string in single quotes";
    }
  return NULL;
}

gboolean
manifest_parse (const char *json, gssize size, Manifest **manifest, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (Manifest) m = manifest_new ();
  g_autoptr (GError) why = NULL;
  const char *fault;

  fault = find_fault (json, size < 0 ? strlen (json) : (gsize) size);
  if (fault != NULL)
    return fail (error, HARNESS_ERROR_FAILED, "manifest: %s", fault);
  if (!json_parser_load_from_data (parser, json, size, &why))
    return fail (error, HARNESS_ERROR_FAILED, "manifest: %s", why->message);
  JsonNode *root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return fail (error, HARNESS_ERROR_FAILED, "manifest: not a JSON object");
  if (!get_manifest (json_node_get_object (root), m, error))
    return FALSE;
  *manifest = g_steal_pointer (&m);
  return TRUE;
}
