/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kconfig silently drops what cannot hold: an option whose dependencies are off, or that a select turns on.
 * Every line asked for is therefore looked up in what came out.
 */
#include "kernel/kconfig.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/run.h"
#include "kernel/make.h"

#define CONFIG_LIMIT (4 * 1024 * 1024)
#define OPTION_PREFIX "CONFIG_"
#define NOT_SET " is not set"
#define REPORTED_MAX 5

/* --- fragments -------------------------------------------------------------------------------- */

static void
line_free (gpointer data)
{
  KconfigLine *line = data;
  g_free (line->file);
  g_free (line->option);
  g_free (line->value);
  g_free (line);
}

void
kconfig_fragments_free (KconfigFragments *fragments)
{
  if (fragments == NULL)
    return;
  g_ptr_array_unref (fragments->lines);
  g_free (fragments->text);
  g_free (fragments);
}

/* "CONFIG_X=value" or "# CONFIG_X is not set"; FALSE for anything else. */
static gboolean
parse_line (const char *text, char **option, char **value)
{
  const gboolean unset = g_str_has_prefix (text, "# " OPTION_PREFIX) && g_str_has_suffix (text, NOT_SET);
  const char *start = unset ? text + 2 : text;
  const gsize length = strspn (start, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_");
  if (!g_str_has_prefix (start, OPTION_PREFIX) || length == strlen (OPTION_PREFIX))
    return FALSE;
  if (unset ? strcmp (start + length, NOT_SET) != 0 : start[length] != '=' || start[length + 1] == '\0')
    return FALSE;
  *option = g_strndup (start, length);
  *value = g_strdup (unset ? "n" : start + length + 1);
  return TRUE;
}

static gboolean
load_fragment (KconfigFragments *fragments, const char *path, GString *all, GError **error)
{
  g_autofree char *text = NULL;
  if (!files_read (path, CONFIG_LIMIT, &text, NULL, error))
    return FALSE;
  g_string_append_printf (all, "%s\n", text);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *stripped = g_strstrip (lines[i]);
      g_autofree char *option = NULL;
      g_autofree char *value = NULL;
      if (!parse_line (stripped, &option, &value))
        {
          if (stripped[0] == '\0' || stripped[0] == '#')
            continue;
          return fail (error, HARNESS_ERROR_USAGE, "%s:%u: \"%s\"; try: CONFIG_NAME=value or # CONFIG_NAME is not set", path, i + 1, stripped);
        }
      KconfigLine *line = g_new0 (KconfigLine, 1);
      *line = (KconfigLine){ g_strdup (path), i + 1, g_steal_pointer (&option), g_steal_pointer (&value) };
      g_ptr_array_add (fragments->lines, line);
    }
  return TRUE;
}

static GPtrArray *
fragment_names (const char *dir)
{
  g_autoptr (GDir) handle = g_dir_open (dir, 0, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  for (const char *name; handle != NULL && (name = g_dir_read_name (handle)) != NULL;)
    {
      if (g_str_has_suffix (name, ".config") && name[0] != '.')
        g_ptr_array_add (names, g_strdup (name));
    }
  files_sort_names (names);
  return names;
}

gboolean
kconfig_fragments_load (const char *dir, const char *last, KconfigFragments **fragments, GError **error)
{
  g_autoptr (GPtrArray) names = fragment_names (dir);
  if (names->len == 0)
    return fail (error, HARNESS_ERROR_USAGE, "%s: no kernel configuration: no NAME.config in it", dir);

  g_autoptr (KconfigFragments) loaded = g_new0 (KconfigFragments, 1);
  loaded->lines = g_ptr_array_new_with_free_func (line_free);
  g_autoptr (GString) all = g_string_new (NULL);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *path = g_build_filename (dir, g_ptr_array_index (names, i), NULL);
      if (!load_fragment (loaded, path, all, error))
        return FALSE;
    }
  if (last != NULL && !load_fragment (loaded, last, all, error))
    return FALSE;
  loaded->text = g_string_free (g_steal_pointer (&all), FALSE);
  *fragments = g_steal_pointer (&loaded);
  return TRUE;
}

/* --- checking --------------------------------------------------------------------------------- */

static GHashTable *
parse_config (const char *config)
{
  GHashTable *values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) lines = g_strsplit (config, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      char *option, *value;
      if (parse_line (*line, &option, &value))
        g_hash_table_insert (values, option, value);
    }
  return values;
}

static const char *
value_of (GHashTable *values, const char *option)
{
  const char *value = g_hash_table_lookup (values, option);
  return value != NULL ? value : "n";
}

/* A later line for the same option overrides an earlier one. */
static gboolean
is_last (const KconfigFragments *fragments, guint index)
{
  const KconfigLine *line = g_ptr_array_index (fragments->lines, index);
  for (guint i = index + 1; i < fragments->lines->len; i++)
    {
      const KconfigLine *later = g_ptr_array_index (fragments->lines, i);
      if (strcmp (later->option, line->option) == 0)
        return FALSE;
    }
  return TRUE;
}

static void
report_line (GString *report, guint count, const KconfigLine *line, const char *got)
{
  if (count <= REPORTED_MAX)
    g_string_append_printf (report, "%s%s:%u: %s asked as %s, got %s", count > 1 ? "\n" : "", line->file, line->line, line->option, line->value,
                            got);
}

gboolean
kconfig_check (const KconfigFragments *fragments, const char *config, GError **error)
{
  g_autoptr (GHashTable) values = parse_config (config);
  g_autoptr (GString) report = g_string_new (NULL);
  guint count = 0;
  for (guint i = 0; i < fragments->lines->len; i++)
    {
      const KconfigLine *line = g_ptr_array_index (fragments->lines, i);
      const char *got = value_of (values, line->option);
      if (strcmp (got, line->value) != 0 && is_last (fragments, i))
        report_line (report, ++count, line, got);
    }
  if (count == 0)
    return TRUE;
  if (count > REPORTED_MAX)
    g_string_append_printf (report, "\nand %u more", count - REPORTED_MAX);
  return fail (error, HARNESS_ERROR_FAILED, "%s; try: what the option depends on, or what selects it (make menuconfig, /)", report->str);
}

/* --- making ----------------------------------------------------------------------------------- */

/* In place, in the tree's .config: tinyconfig's merge step does not honour KCONFIG_CONFIG. */
static gboolean
make_target (const char *tree, const char *target, GError **error)
{
  g_autoptr (Run) run = run_new ("make", "-s", NULL);
  g_auto (GStrv) args = make_args (NULL);
  for (char **arg = args; *arg != NULL; arg++)
    run_add (run, *arg);
  run_add (run, target);
  run_set_cwd (run, tree);
  make_set_environment (run);
  run_set_deadline_s (run, 300);
  if (run_wait (run, error))
    return TRUE;
  g_prefix_error (error, "kernel configuration: make %s: ", target);
  return FALSE;
}

static gboolean
append_fragments (const KconfigFragments *fragments, const char *path, GError **error)
{
  g_autofree char *tiny = NULL;
  if (!files_read (path, CONFIG_LIMIT, &tiny, NULL, error))
    return FALSE;
  g_autofree char *merged = g_strconcat (tiny, "\n", fragments->text, NULL);
  return files_write (path, merged, -1, error);
}

gboolean
kconfig_make (const char *tree, const KconfigFragments *fragments, char **config, GError **error)
{
  g_autofree char *path = g_build_filename (tree, ".config", NULL);
  g_autofree char *made = NULL;
  if (!make_target (tree, "tinyconfig", error) || !append_fragments (fragments, path, error) || !make_target (tree, "olddefconfig", error)
      || !files_read (path, CONFIG_LIMIT, &made, NULL, error) || !kconfig_check (fragments, made, error))
    return FALSE;
  *config = g_steal_pointer (&made);
  return TRUE;
}
