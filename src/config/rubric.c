/* SPDX-License-Identifier: GPL-2.0-or-later */
/* configs/rubrics/NAME.conf: what a submission is judged by. */
#include "config/config.h"

#include <string.h>

#include "config/conf.h"

/* As read: the text of what is not text in the end. */
typedef struct
{
  Rubric rubric;
  char *isa, *allowed, *optional, *fastpath, *names, *told_by;
  char *visibility[RUBRIC_ROWS];
} Reading;

#define TEXT(group, key, member) { group, key, CONF_TEXT, G_STRUCT_OFFSET (Reading, member), 0, 0 }
#define OPTIONAL(group, key, member) { group, key, CONF_OPTIONAL_TEXT, G_STRUCT_OFFSET (Reading, member), 0, 0 }
#define NUMBER(group, key, member, max) { group, key, CONF_UINT, G_STRUCT_OFFSET (Reading, member), 0, max }
#define OPTIONAL_NUMBER(group, key, member, max) { group, key, CONF_OPTIONAL_UINT, G_STRUCT_OFFSET (Reading, member), 0, max }
#define LOG_POINTS(row, index) OPTIONAL_NUMBER ("points", row, rubric.points[index], 1000)
#define SHOWN(row, index) OPTIONAL ("visibility", row, visibility[index])
#define POINTS(row, index) NUMBER ("points", row, rubric.points[index], 1000)

#define AGAIN_MAX 160u /* grader-agent.c has room for 256 with what the lab adds */
#define AGAIN_LETTERS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_=,. "

static const char *const row_keys[RUBRIC_ROWS] = {
  "total-exits", "total-cycles",  "exits-per-reason", "cycles-per-reason", "sums",      "undefined-reasons", "not-enabled",
  "registers",   "concurrency",   "other-leaves",     "log-volume",        "placement", "cost",              "stability",
  "log-interval", "log-totals",   "log-counts",       "log-types",         "log-names", "log-raw-reason",
};

static const ConfField fields[] = {
  TEXT ("rubric", "title", rubric.title),
  OPTIONAL ("rubric", "names", names),
  OPTIONAL ("rubric", "told_by", told_by),
  TEXT ("rubric", "leaf_map", rubric.leaf_map),
  TEXT ("rubric", "isa", isa),
  TEXT ("rubric", "secret", rubric.secret),
  TEXT ("rubric", "allowed", allowed),
  OPTIONAL ("rubric", "optional", optional),
  OPTIONAL ("rubric", "again_vmx", rubric.again_vmx),
  OPTIONAL ("rubric", "again_svm", rubric.again_svm),
  TEXT ("rubric", "fastpath", fastpath),
  POINTS ("total-exits", 0),
  POINTS ("total-cycles", 1),
  POINTS ("exits-per-reason", 2),
  POINTS ("cycles-per-reason", 3),
  POINTS ("sums", 4),
  POINTS ("undefined-reasons", 5),
  POINTS ("not-enabled", 6),
  POINTS ("registers", 7),
  POINTS ("concurrency", 8),
  POINTS ("other-leaves", 9),
  POINTS ("log-volume", 10),
  POINTS ("placement", 11),
  POINTS ("cost", 12),
  POINTS ("stability", 13),
  LOG_POINTS ("log-interval", 14),
  LOG_POINTS ("log-totals", 15),
  LOG_POINTS ("log-counts", 16),
  LOG_POINTS ("log-types", 17),
  LOG_POINTS ("log-names", 18),
  LOG_POINTS ("log-raw-reason", 19),
  SHOWN ("total-exits", 0),
  SHOWN ("total-cycles", 1),
  SHOWN ("exits-per-reason", 2),
  SHOWN ("cycles-per-reason", 3),
  SHOWN ("sums", 4),
  SHOWN ("undefined-reasons", 5),
  SHOWN ("not-enabled", 6),
  SHOWN ("registers", 7),
  SHOWN ("concurrency", 8),
  SHOWN ("other-leaves", 9),
  SHOWN ("log-volume", 10),
  SHOWN ("placement", 11),
  SHOWN ("cost", 12),
  SHOWN ("stability", 13),
  SHOWN ("log-interval", 14),
  SHOWN ("log-totals", 15),
  SHOWN ("log-counts", 16),
  SHOWN ("log-types", 17),
  SHOWN ("log-names", 18),
  SHOWN ("log-raw-reason", 19),
  NUMBER ("limits", "warning_cost", rubric.warning_cost, 10000),
  NUMBER ("limits", "warning_cost_max", rubric.warning_cost_max, 100000),
  NUMBER ("limits", "cost_max_percent", rubric.cost_max_percent, 100000),
  NUMBER ("limits", "log_lines_max", rubric.log_lines_max, 1000000),
  OPTIONAL_NUMBER ("limits", "log_lines_per_query", rubric.log_lines_per_query, 1000000),
  NUMBER ("limits", "cycles_min_percent", rubric.cycles_min_percent, 100),
  OPTIONAL ("not-enabled", "vmx", rubric.not_enabled_vmx),
  OPTIONAL ("not-enabled", "svm", rubric.not_enabled_svm),
};

static void
clear (Rubric *rubric)
{
  g_free (rubric->name);
  g_free (rubric->path);
  g_free (rubric->title);
  g_free (rubric->leaf_map);
  g_free (rubric->secret);
  g_strfreev (rubric->allowed);
  g_strfreev (rubric->names);
  g_free (rubric->again_vmx);
  g_free (rubric->again_svm);
  g_free (rubric->not_enabled_vmx);
  g_free (rubric->not_enabled_svm);
}

static void
reading_clear (Reading *reading)
{
  clear (&reading->rubric);
  g_free (reading->isa);
  g_free (reading->allowed);
  g_free (reading->optional);
  g_free (reading->fastpath);
  g_free (reading->names);
  g_free (reading->told_by);
  for (guint row = 0; row < RUBRIC_ROWS; row++)
    g_free (reading->visibility[row]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

void
rubric_free (Rubric *rubric)
{
  if (rubric == NULL)
    return;
  clear (rubric);
  g_free (rubric);
}

/* Words between blanks; no empty ones. */
static char **
words (const char *text)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) parts = g_strsplit_set (text, " \t,", -1);
  for (char **part = parts; *part != NULL; part++)
    {
      if ((*part)[0] != '\0')
        g_strv_builder_add (builder, *part);
    }
  return g_strv_builder_end (builder);
}

static gboolean
parse_optional (const Conf *conf, Reading *reading, GError **error)
{
  g_auto (GStrv) names = words (reading->optional);
  for (char **name = names; *name != NULL; name++)
    {
      guint row = 0;
      while (row < RUBRIC_ROWS && strcmp (*name, row_keys[row]) != 0)
        row++;
      if (row == RUBRIC_ROWS)
        return conf_fail (conf, "rubric", "optional", error, "optional has \"%s\", which is no row; try: the names below [points]", *name);
      reading->rubric.optional[row] = TRUE;
    }
  return TRUE;
}

static const char *const visibilities[] = { [VISIBLE] = "visible", [VISIBLE_AFTER_DUE_DATE] = "after_due_date", [VISIBLE_AFTER_PUBLISHED] = "after_published", [VISIBLE_TO_STAFF] = "hidden" };

const char *
rubric_visibility_name (RubricVisibility visibility)
{
  return visibilities[visibility];
}

static gboolean
parse_visibility (const Conf *conf, Reading *reading, GError **error)
{
  for (guint row = 0; row < RUBRIC_ROWS; row++)
    {
      const char *text = reading->visibility[row][0] != '\0' ? reading->visibility[row] : visibilities[VISIBLE];
      guint i = 0;
      while (i < G_N_ELEMENTS (visibilities) && strcmp (text, visibilities[i]) != 0)
        i++;
      if (i == G_N_ELEMENTS (visibilities))
        return conf_fail (conf, "visibility", row_keys[row], error, "%s is \"%s\"; try: visible, after_due_date, after_published or hidden", row_keys[row], text);
      reading->rubric.visibility[row] = (RubricVisibility) i;
    }
  return TRUE;
}

static gboolean
check_ranges (const Conf *conf, const char *key, const char *text, GError **error)
{
  if (text[0] == '\0' || strcmp (text, "none") == 0 || is_range_list (text))
    return TRUE;
  return conf_fail (conf, "not-enabled", key, error, "%s is \"%s\"; try: reasons and ranges as in 3-6,11,33, or none", key, text);
}

/* They go through L1's kernel command line, where quotes, ';' and length have meanings of their own. */
static gboolean
check_again (const Conf *conf, const char *key, const char *text, GError **error)
{
  if (strlen (text) <= AGAIN_MAX && text[strspn (text, AGAIN_LETTERS)] == '\0')
    return TRUE;
  return conf_fail (conf, "rubric", key, error, "%s is \"%s\"; try: the vendor module's parameters as in ept=0 unrestricted_guest=0, at most %u letters", key, text, AGAIN_MAX);
}

static gboolean
check_allowed (const Conf *conf, const Reading *reading, GError **error)
{
  for (char **path = reading->rubric.allowed; *path != NULL; path++)
    {
      g_auto (GStrv) parts = g_strsplit (*path, "/", -1);
      if ((*path)[0] == '/' || g_strv_contains ((const char *const *) parts, ".."))
        return conf_fail (conf, "rubric", "allowed", error, "allowed has \"%s\"; try: paths below the kernel's top folder, as in arch/x86/kvm/", *path);
    }
  return TRUE;
}

static gboolean
parse (const Conf *conf, Reading *reading, GError **error)
{
  Rubric *rubric = &reading->rubric;
  guint64 sum = 0;
  if (!isa_parse (reading->isa, &rubric->isa))
    return conf_fail (conf, "rubric", "isa", error, "isa is \"%s\"; try: vmx or svm", reading->isa);
  rubric->fastpath_counted = strcmp (reading->fastpath, "counted") == 0;
  if (!rubric->fastpath_counted && strcmp (reading->fastpath, "either") != 0)
    return conf_fail (conf, "rubric", "fastpath", error, "fastpath is \"%s\"; try: counted or either", reading->fastpath);
  rubric->told_by_log = strcmp (reading->told_by, "log") == 0;
  if (!rubric->told_by_log && reading->told_by[0] != '\0' && strcmp (reading->told_by, "leaves") != 0)
    return conf_fail (conf, "rubric", "told_by", error, "told_by is \"%s\"; try: leaves or log", reading->told_by);
  if (rubric->told_by_log && (rubric->again_vmx[0] != '\0' || rubric->again_svm[0] != '\0'))
    return conf_fail (conf, "rubric", "told_by", error, "told_by is \"log\", which has one round; try: empty again_vmx and again_svm");
  rubric->allowed = words (reading->allowed);
  for (guint row = 0; row < RUBRIC_ROWS; row++)
    sum += rubric->points[row] *= 100;
  if (sum == 0)
    return conf_fail (conf, "points", "total-exits", error, "no row has any points; try: at least one");
  return check_again (conf, "again_vmx", rubric->again_vmx, error) && check_again (conf, "again_svm", rubric->again_svm, error)
         && check_allowed (conf, reading, error) && parse_optional (conf, reading, error) && parse_visibility (conf, reading, error) && check_ranges (conf, "vmx", rubric->not_enabled_vmx, error)
         && check_ranges (conf, "svm", rubric->not_enabled_svm, error);
}

/* The rubric's own name, and what stands between commas. */
static char **
names_of (const char *name, const char *text)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  g_strv_builder_add (builder, name);
  for (char **part = parts; *part != NULL; part++)
    {
      if (g_strstrip (*part)[0] != '\0')
        g_strv_builder_add (builder, *part);
    }
  return g_strv_builder_end (builder);
}

gboolean
rubric_load (const char *path, Rubric **rubric, GError **error)
{
  g_autoptr (Conf) conf = conf_load (path, fields, G_N_ELEMENTS (fields), error);
  g_auto (Reading) reading = { .rubric.log_lines_per_query = 1 };
  if (conf == NULL || !conf_fill (conf, &reading, error) || !parse (conf, &reading, error))
    return FALSE;
  reading.rubric.name = conf_name (path);
  reading.rubric.names = names_of (reading.rubric.name, reading.names);
  reading.rubric.path = g_strdup (path);
  *rubric = g_memdup2 (&reading.rubric, sizeof reading.rubric);
  reading.rubric = (Rubric){ 0 }; /* its strings are *rubric's now */
  return TRUE;
}

gint64
rubric_points (const Rubric *rubric)
{
  gint64 sum = 0;
  for (guint row = 0; row < RUBRIC_ROWS; row++)
    sum += rubric->points[row];
  return sum;
}
