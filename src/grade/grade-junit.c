/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Suites, cases, and XML's escaping, which has no way to write most control characters; see grade-junit.h. */
#include "grade/grade-junit.h"

#include <string.h>

#include "grade/grade-words.h"
#include "report/csv.h"

#define LOG_MAX 100000u /* bytes */
#define NAME_MAX_BYTES 400u

/* --- escaping --------------------------------------------------------------------------------- */

/* What XML 1.0 (section 2.2) cannot hold, what no reader would see, and what turns the text around it. */
static gboolean
is_unprintable (gunichar c)
{
  return (g_unichar_iscntrl (c) && c != '\n' && c != '\t') || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
}

static void
put_unprintable (GString *out, gunichar c)
{
  g_string_append_printf (out, c < 0x100 ? "\\x%02x" : "\\u%04x", (guint) c);
}

static void
put_attribute (GString *out, const char *name, const char *text)
{
  g_autofree char *valid = words_capped (text, NAME_MAX_BYTES);

  g_string_append_printf (out, " %s=\"", name);
  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);
      switch (c)
        {
        case '<': g_string_append (out, "&lt;"); break;
        case '>': g_string_append (out, "&gt;"); break;
        case '&': g_string_append (out, "&amp;"); break;
        case '"': g_string_append (out, "&quot;"); break;
        case '\n': case '\t': g_string_append_printf (out, "&#%u;", c); break;
        default:
          if (is_unprintable (c))
            put_unprintable (out, c);
          else
            g_string_append_unichar (out, c);
        }
    }
  g_string_append_c (out, '"');
}

/* As one CDATA section, or more where "]]>" would end it. */
static void
put_cdata (GString *out, const char *text)
{
  g_autofree char *capped = words_capped (text, LOG_MAX);

  g_string_append (out, "<![CDATA[");
  for (const char *at = capped; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);
      if (strncmp (at, "]]>", 3) == 0)
        {
          g_string_append (out, "]]]]><![CDATA[");
          at++;
        }
      else if (is_unprintable (c))
        put_unprintable (out, c);
      else
        g_string_append_unichar (out, c);
    }
  g_string_append (out, "]]>");
}

/* --- cases ------------------------------------------------------------------------------------ */

typedef struct {
  guint tests, failures, errors, skipped;
} Counts;

static void
put_property (GString *out, const char *indent, const char *name, const char *value)
{
  g_string_append_printf (out, "%s<property", indent);
  put_attribute (out, "name", name);
  put_attribute (out, "value", value);
  g_string_append (out, "/>\n");
}

static void
begin_case (GString *out, const Grade *grade, const char *name)
{
  g_string_append (out, "    <testcase");
  put_attribute (out, "classname", grade->submission);
  put_attribute (out, "name", name);
  g_string_append (out, " time=\"0.000\">\n");
}

/* <failure>, <error> or <skipped>: the case's one verdict. text NULL: none. */
static void
put_outcome (GString *out, const char *element, const char *type, const char *message, const char *text)
{
  g_string_append_printf (out, "      <%s", element);
  put_attribute (out, "message", message);
  if (type != NULL)
    put_attribute (out, "type", type);
  if (text == NULL || text[0] == '\0')
    {
      g_string_append (out, "/>\n");
      return;
    }
  g_string_append_c (out, '>');
  put_cdata (out, text);
  g_string_append_printf (out, "</%s>\n", element);
}

static char *
failure_text (const GradeRow *row)
{
  GString *text = g_string_new (row->reason);
  const guint failed = row->cases_total - row->cases_ok;
  guint shown = 0;

  g_string_append_c (text, '\n');
  for (guint i = 0; i < row->cases->len && shown < WORDS_CASES; i++)
    {
      const GradeCase *one = g_ptr_array_index (row->cases, i);
      if (one->ok)
        continue;
      g_string_append_printf (text, "%s: expected %s, seen %s\n", one->what, one->expected, one->seen);
      shown++;
    }
  if (failed > shown)
    g_string_append_printf (text, "… and %u more\n", failed - shown);
  for (guint i = 0; i < row->where->len; i++)
    g_string_append_printf (text, "look at %s\n", (const char *) g_ptr_array_index (row->where, i));
  return g_string_free (text, FALSE);
}

static void
put_row (GString *out, const Grade *grade, const GradeRow *row, Counts *counts)
{
  g_autofree char *points = grade_points_text (row->points), *max_points = grade_points_text (row->max_points);

  counts->tests++;
  begin_case (out, grade, row_name (row->kind));
  g_string_append (out, "      <properties>\n");
  put_property (out, "        ", "score", points);
  put_property (out, "        ", "max_score", max_points);
  g_string_append (out, "      </properties>\n");
  if (row->status == ROW_FAILED)
    {
      g_autofree char *text = failure_text (row);
      put_outcome (out, "failure", row_name (row->kind), row->reason, text);
      counts->failures++;
    }
  else if (row->status == ROW_SKIPPED)
    {
      put_outcome (out, "skipped", NULL, row->reason, NULL);
      counts->skipped++;
    }
  g_string_append (out, "    </testcase>\n");
}

/* Of a submission that was not judged whole, or that has no row to show for it. */
static void
put_stage (GString *out, const Grade *grade, Counts *counts)
{
  const char *stage = stage_name (grade->stage);

  if (grade_is_scored (grade) && grade->stage == STAGE_CHECKS)
    return;
  counts->tests++;
  begin_case (out, grade, stage);
  if (grade->verdict == VERDICT_INFRASTRUCTURE || grade->blame == BLAME_INFRASTRUCTURE)
    {
      put_outcome (out, "error", "infrastructure", grade->reason, grade->details);
      counts->errors++;
    }
  else if (grade->verdict == VERDICT_NEEDS_BASE || grade->verdict == VERDICT_NEEDS_LOOK)
    {
      put_outcome (out, "skipped", NULL, grade->reason, grade->details);
      counts->skipped++;
    }
  else
    {
      put_outcome (out, "failure", stage, grade->reason, grade->details != NULL ? grade->details : grade->reason);
      counts->failures++;
    }
  g_string_append (out, "    </testcase>\n");
}

/* --- suites ----------------------------------------------------------------------------------- */

static void
put_counts (GString *out, const Counts *counts, gint64 time_ms)
{
  g_string_append_printf (out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"", counts->tests, counts->failures, counts->errors,
                          counts->skipped);
  csv_fixed (out, (guint64) MAX (time_ms, 0), 3);
  g_string_append_c (out, '"');
}

static void
put_properties (GString *out, const Grade *grade)
{
  g_autofree char *points = grade_points_text (grade->points), *max_points = grade_points_text (grade->max_points);
  const char *const properties[][2] = {
    { "score", grade_is_scored (grade) ? points : "" }, { "max_score", max_points },       { "verdict", verdict_name (grade->verdict) },
    { "blame", blame_name (grade->blame) },             { "assignment", grade->assignment }, { "leaf_map", grade->leaf_map },
    { "isa", grade->isa },                              { "kernel", grade->kernel },       { "sha256", grade->sha256 },
    { "fingerprint", grade->fingerprint },
  };

  g_string_append (out, "    <properties>\n");
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    put_property (out, "      ", properties[i][0], properties[i][1]);
  g_string_append (out, "    </properties>\n");
}

static void
put_texts (GString *text, const GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (text, "%s\n", (const char *) g_ptr_array_index (lines, i));
}

/* What was noted and built; on the other stream what the compiler warned of. */
static void
put_logs (GString *out, const Grade *grade)
{
  g_autoptr (GString) log = g_string_new (grade->reason), warnings = g_string_new (NULL);

  g_string_append_c (log, '\n');
  put_texts (log, grade->notes);
  g_string_append (log, grade->left_out);
  g_string_append (log, grade->carried);
  put_texts (warnings, grade->warnings);
  g_string_append (out, "    <system-out>");
  put_cdata (out, log->str);
  g_string_append (out, "</system-out>\n");
  if (warnings->len == 0)
    return;
  g_string_append (out, "    <system-err>");
  put_cdata (out, warnings->str);
  g_string_append (out, "</system-err>\n");
}

static void
put_suite (GString *out, const Grade *grade, Counts *all)
{
  g_autoptr (GString) cases = g_string_new (NULL);
  g_autoptr (GDateTime) begun = g_date_time_new_from_unix_utc (grade->begun);
  g_autofree char *timestamp = begun != NULL ? g_date_time_format (begun, "%Y-%m-%dT%H:%M:%S") : g_strdup ("");
  Counts counts = { 0 };

  put_stage (cases, grade, &counts);
  for (guint i = 0; i < grade->rows->len; i++)
    put_row (cases, grade, g_ptr_array_index (grade->rows, i), &counts);
  g_string_append (out, "  <testsuite");
  put_attribute (out, "name", grade->submission);
  put_counts (out, &counts, grade->total_ms);
  put_attribute (out, "timestamp", timestamp);
  g_string_append (out, ">\n");
  put_properties (out, grade);
  g_string_append_len (out, cases->str, (gssize) cases->len);
  put_logs (out, grade);
  g_string_append (out, "  </testsuite>\n");
  all->tests += counts.tests;
  all->failures += counts.failures;
  all->errors += counts.errors;
  all->skipped += counts.skipped;
}

GString *
grades_junit (const GPtrArray *grades)
{
  GString *out = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"harness grade\"");
  g_autoptr (GString) suites = g_string_new (NULL);
  Counts counts = { 0 };
  gint64 total_ms = 0;

  for (guint i = 0; i < grades->len; i++)
    {
      const Grade *grade = g_ptr_array_index (grades, i);
      put_suite (suites, grade, &counts);
      total_ms += grade->total_ms;
    }
  put_counts (out, &counts, total_ms);
  g_string_append (out, ">\n");
  g_string_append_len (out, suites->str, (gssize) suites->len);
  g_string_append (out, "</testsuites>\n");
  return out;
}
