/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Students by the names of their files; see grade-group.h. */
#include "cli/grade-group.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"

#define LEVELS 2 /* of folders around a download: Gradescope's archive has one of its own */

/* Who (1), a mark that it came late (2, may be empty), the file (3, may be empty), the attempt (4, may be missing). */
static const struct {
  GroupKind kind;
  const char *name, *title, *pattern;
} platforms[] = {
  { GROUP_MOODLE, "moodle", "Moodle", "^(?<who>.+_\\d+)_assignsubmission_(?:file|onlinetext)(?:_(?<file>.*))?$" },
  { GROUP_CANVAS, "canvas", "Canvas", "^(?<who>.+?)(?:_(?<late>LATE))?(?<id>_\\d{2,})_\\d{2,}_(?<file>.+)$" },
  { GROUP_BLACKBOARD, "blackboard", "Blackboard", "^(?<who>.+)_attempt_(?<attempt>\\d{4}(?:-\\d{2}){5})(?:_(?<file>.+)|\\.txt)$" },
  { GROUP_GRADESCOPE, "gradescope", "Gradescope", "^(?<who>submission_\\d+)$" },
};

static GRegex *regexes[G_N_ELEMENTS (platforms)];

/* What a name says. */
typedef struct {
  guint platform;
  char *who, *file, *attempt;
  gboolean late;
} Said;

static void
said_clear (Said *said)
{
  g_free (said->who);
  g_free (said->file);
  g_free (said->attempt);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Said, said_clear)

static void
group_free (gpointer data)
{
  Group *group = data;

  g_free (group->name);
  g_free (group->attempt);
  g_clear_pointer (&group->parts, g_ptr_array_unref);
  g_free (group);
}

static void
part_free (gpointer data)
{
  GroupPart *part = data;

  g_free (part->path);
  g_free (part->shown);
  g_free (part);
}

gboolean
group_parse (const char *text, GroupKind *kind, GError **error)
{
  if (!text || strcmp (text, "none") == 0 || strcmp (text, "auto") == 0)
    {
      *kind = text && strcmp (text, "auto") == 0 ? GROUP_AUTO : GROUP_NONE;
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (platforms); i++)
    if (strcmp (text, platforms[i].name) == 0)
      {
        *kind = platforms[i].kind;
        return TRUE;
      }
  return fail (error, HARNESS_ERROR_USAGE, "--group is \"%s\"; try: auto, none, canvas, moodle, gradescope or blackboard", text);
}

/* --- names ------------------------------------------------------------------------------------------- */

static void
compile (void)
{
  static gsize once;

  if (!g_once_init_enter (&once))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (platforms); i++)
    regexes[i] = g_regex_new (platforms[i].pattern, G_REGEX_RAW | G_REGEX_DOTALL, 0, NULL);
  g_once_init_leave (&once, 1);
}

static char *
named (const GMatchInfo *info, const char *name)
{
  char *text = g_match_info_fetch_named (info, name);

  return text ? text : g_strdup ("");
}

/* FALSE: nothing of one of these platforms. */
static gboolean
read_name (GroupKind kind, const char *path, Said *said)
{
  g_autofree char *base = g_path_get_basename (path);

  compile ();
  for (guint i = 0; i < G_N_ELEMENTS (platforms); i++)
    {
      g_autoptr (GMatchInfo) info = NULL;

      if ((kind != GROUP_AUTO && kind != platforms[i].kind) || !g_regex_match (regexes[i], base, 0, &info))
        continue;
      g_autofree char *who = named (info, "who"), *id = named (info, "id"), *late = named (info, "late");
      said->platform = i;
      said->who = g_strconcat (who, id, NULL);
      said->file = named (info, "file");
      said->attempt = named (info, "attempt");
      said->late = *late != '\0';
      return TRUE;
    }
  return FALSE;
}

/* --- groups ------------------------------------------------------------------------------------------ */

typedef struct {
  GroupKind kind;
  GPtrArray *groups;
  GHashTable *by_name; /* of Group, by platform and who */
  guint matched, left;
} Grouping;

static void
grouping_clear (Grouping *grouping)
{
  g_clear_pointer (&grouping->groups, g_ptr_array_unref);
  g_clear_pointer (&grouping->by_name, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Grouping, grouping_clear)

static Group *
group_of (Grouping *grouping, const Said *said)
{
  g_autofree char *key = g_strdup_printf ("%u %s", said->platform, said->who);
  Group *group = g_hash_table_lookup (grouping->by_name, key);

  if (group)
    return group;
  group = g_new0 (Group, 1);
  group->name = g_strdup (said->who);
  group->parts = g_ptr_array_new_with_free_func (part_free);
  g_hash_table_insert (grouping->by_name, g_steal_pointer (&key), group);
  g_ptr_array_add (grouping->groups, group);
  return group;
}

/* Of several attempts the latest counts. */
static gboolean
is_outdated (Group *group, const Said *said)
{
  const int order = g_strcmp0 (said->attempt, group->attempt ? group->attempt : "");

  if (order > 0)
    {
      g_free (group->attempt);
      group->attempt = g_strdup (said->attempt);
      g_ptr_array_set_size (group->parts, 0);
    }
  return order < 0;
}

static void
add_said (Grouping *grouping, const char *path, const Said *said)
{
  Group *group = group_of (grouping, said);
  const gboolean folder = g_file_test (path, G_FILE_TEST_IS_DIR);
  GroupPart *part;

  grouping->matched++;
  group->late = group->late || said->late;
  if (is_outdated (group, said) || (!folder && !*said->file))
    return; /* Blackboard's own account of the attempt */
  part = g_new0 (GroupPart, 1);
  part->path = g_strdup (path);
  part->shown = folder ? g_strdup ("") : g_strdup (said->file);
  g_ptr_array_add (group->parts, part);
}

static void
add_alone (Grouping *grouping, const char *path)
{
  Group *group = g_new0 (Group, 1);

  group->name = g_strdup (path);
  g_ptr_array_add (grouping->groups, group);
}

static GPtrArray *
list_folder (const char *path, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  GPtrArray *paths = NULL;

  if (!dir)
    {
      fail (error, HARNESS_ERROR_USAGE, "%s: the folder cannot be read", path);
      return NULL;
    }
  paths = g_ptr_array_new_with_free_func (g_free);
  for (const char *name; (name = g_dir_read_name (dir));)
    g_ptr_array_add (paths, g_build_filename (path, name, NULL));
  files_sort_names (paths);
  return paths;
}

static gboolean
has_said (GroupKind kind, const GPtrArray *paths)
{
  for (guint i = 0; i < paths->len; i++)
    {
      g_auto (Said) said = { 0 };

      if (read_name (kind, g_ptr_array_index (paths, i), &said))
        return TRUE;
    }
  return FALSE;
}

/* The download in a folder, or in the folder within: what it holds; NULL without error: there is none. */
static GPtrArray *
find_download (GroupKind kind, const char *path, int levels, GError **error)
{
  g_autoptr (GPtrArray) paths = g_file_test (path, G_FILE_TEST_IS_DIR) ? list_folder (path, error) : NULL;

  if (!paths || levels == 0)
    return NULL;
  if (has_said (kind, paths))
    return g_steal_pointer (&paths);
  return paths->len == 1 ? find_download (kind, g_ptr_array_index (paths, 0), levels - 1, error) : NULL;
}

/* *found FALSE: it is no download. */
static gboolean
add_download (Grouping *grouping, const char *path, gboolean *found, GError **error)
{
  GError *cause = NULL;
  g_autoptr (GPtrArray) paths = find_download (grouping->kind, path, LEVELS, &cause);

  *found = paths != NULL;
  if (cause)
    {
      g_propagate_error (error, cause);
      return FALSE;
    }
  for (guint i = 0; paths && i < paths->len; i++)
    {
      g_auto (Said) said = { 0 };

      if (read_name (grouping->kind, g_ptr_array_index (paths, i), &said))
        add_said (grouping, g_ptr_array_index (paths, i), &said);
      else
        grouping->left++;
    }
  return TRUE;
}

static gboolean
add_path (Grouping *grouping, const char *path, GError **error)
{
  g_auto (Said) said = { 0 };
  gboolean found = FALSE;

  if (grouping->kind == GROUP_NONE)
    {
      add_alone (grouping, path);
      return TRUE;
    }
  if (read_name (grouping->kind, path, &said))
    {
      add_said (grouping, path, &said);
      return TRUE;
    }
  if (!add_download (grouping, path, &found, error))
    return FALSE;
  if (!found)
    add_alone (grouping, path);
  return TRUE;
}

gboolean
group_paths (GroupKind kind, char **paths, GPtrArray **groups, guint *left, GError **error)
{
  g_auto (Grouping) grouping = { .kind = kind, .groups = g_ptr_array_new_with_free_func (group_free) };

  grouping.by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (char **path = paths; *path; path++)
    if (!add_path (&grouping, *path, error))
      return FALSE;
  if (kind != GROUP_NONE && grouping.matched == 0)
    return fail (error, HARNESS_ERROR_USAGE, "--group: nothing is named as the platforms name what they let you download; try: unpack the download, and name the folder");
  *left = grouping.left;
  *groups = g_steal_pointer (&grouping.groups);
  return TRUE;
}

/* --- without being asked ----------------------------------------------------------------------------- */

const char *
group_suspect (char **paths)
{
  g_auto (Grouping) grouping = { .kind = GROUP_AUTO, .groups = g_ptr_array_new_with_free_func (group_free) };
  const gboolean alone = !paths[1];

  grouping.by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (char **path = paths; *path; path++)
    {
      g_auto (Said) said = { 0 };
      gboolean found;

      if (read_name (GROUP_AUTO, *path, &said))
        add_said (&grouping, *path, &said);
      else if (alone && !add_download (&grouping, *path, &found, NULL))
        return NULL;
    }
  for (guint i = 0; i < grouping.groups->len; i++)
    {
      const Group *group = g_ptr_array_index (grouping.groups, i);
      const GroupPart *part = group->parts->len > 0 ? g_ptr_array_index (group->parts, 0) : NULL;
      g_auto (Said) said = { 0 };

      if (part && (group->parts->len > 1 || (alone && grouping.groups->len > 1)) && read_name (GROUP_AUTO, part->path, &said))
        return platforms[said.platform].title;
    }
  return NULL;
}

char *
group_given (const Group *group)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; group->parts && i < group->parts->len; i++)
    {
      const GroupPart *part = g_ptr_array_index (group->parts, i);
      g_autofree char *quoted = g_shell_quote (part->path);

      g_string_append_printf (out, " %s", quoted);
    }
  if (out->len > 0)
    g_string_prepend (out, "--group auto");
  return g_string_free (out, FALSE);
}
