/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the reader of grade.json, what writes a grade, and the search for near-identical submissions. LLVMFuzzerTestOneInput is the usual
 * entry; the plain main (left out with -DFUZZ_ENGINE) mutates written grades at random:   fuzz-grade [seconds [seed]]
 *
 * Besides not crashing: what was read is written in the same bytes, and every other format of it is well-formed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-glib/json-glib.h>
#include <libxml/parser.h>

#include "fuzz/fuzz.h"

#include "grade/batch.h"
#include "grade/grade-classroom50.h"
#include "grade/grade-csv.h"
#include "grade/grade-gradescope.h"
#include "grade/grade-html.h"
#include "grade/grade-json.h"
#include "grade/grade-junit.h"
#include "grade/grade-lms.h"
#include "grade/grade-md.h"
#include "grade/grade-sarif.h"
#include "grade/grade-words.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static void
check_xml (const GString *text)
{
  xmlDoc *document = xmlReadMemory (text->str, (int) text->len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

  if (document == NULL)
    abort ();
  xmlFreeDoc (document);
}

static void
check_json (const GString *text)
{
  g_autoptr (JsonParser) parser = json_parser_new ();

  if (!json_parser_load_from_data (parser, text->str, (gssize) text->len, NULL))
    abort ();
}

static void
write_all (Grade *grade)
{
  g_autoptr (GPtrArray) grades = g_ptr_array_new ();
  const BatchEntry entry = { grade, grade->submission, FALSE };
  const Batch batch = { "fuzz", &entry, 1, 0 };

  g_ptr_array_add (grades, grade);
  g_autofree char *line = grade_summary_line (grade);
  if (!g_utf8_validate (line, -1, NULL) || strpbrk (line, "\n\r\x01\x1b") != NULL)
    abort ();
  GString *classroom50 = grade_classroom50 (grade);
  GString *const texts[] = {
    grades_csv (grades), grades_junit (grades), grade_md (grade), grade_html (grade), grade_gradescope (grade, NULL, FALSE),
    grade_gradescope (grade, NULL, TRUE), grade_sarif (grade), classroom50 != NULL ? classroom50 : g_string_new ("{}"),
    batch_html (&batch), batch_md (&batch), grades_canvas (grades, "fuzz", 10000), grades_moodle (grades, 10000),
  };
  check_xml (texts[1]);
  for (guint i = 4; i < 8; i++)
    check_json (texts[i]);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      if (!g_utf8_validate_len (texts[i]->str, texts[i]->len, NULL))
        abort ();
      g_string_free (texts[i], TRUE);
    }
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  g_autoptr (Grade) grade = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strndup ((const char *) data, size);
  const char *const diffs[] = { text, text };
  g_autoptr (GArray) pairs = similar_pairs (diffs, 2);

  for (guint i = 0; i < pairs->len; i++)
    if (!(g_array_index (pairs, SimilarPair, i).value > 0.999))
      abort ();
  if (!grade_json_read ((const char *) data, size, &grade, &error))
    {
      if (error == NULL || grade != NULL)
        abort ();
      return 0;
    }
  g_autoptr (GString) again = grade_json (grade);
  if (again->len != size || memcmp (again->str, data, size) != 0)
    abort ();
  write_all (grade);
  return 0;
}

#ifndef FUZZ_ENGINE
#define WORD 6u

/* Letters of all kinds; now and then many of them. */
static char *
draw_text (void)
{
  static const char *const parts[] = { "a", "<", "\"", "\\", "\n", "\t", "\x01", "\xff", "]]>", "```", "|", "@@ -1 +1,9 @@\n+", "+int x = 0x1F; /* ", "\u202e", "€", "&amp;", "%s", "--- ", "1234567" };
  GString *out = g_string_new (NULL);

  for (unsigned n = draw (10) == 0 ? draw (400) : draw (WORD); n > 0; n--)
    g_string_append (out, parts[draw (G_N_ELEMENTS (parts))]);
  return g_string_free (out, FALSE);
}

static void
draw_into (char **text)
{
  g_free (*text);
  *text = draw_text ();
}

static GradeRow *
draw_row (RowKind kind)
{
  GradeRow *row = grade_row_new (kind);

  row->status = (RowStatus) draw (ROW_SKIPPED + 1);
  row->points = draw (1000);
  row->max_points = draw (1000);
  draw_into (&row->reason);
  if (draw (2))
    g_ptr_array_add (row->where, draw_text ());
  for (unsigned n = draw (20) == 0 ? draw (500) : draw (4); n > 0; n--)
    grade_case_add (row, draw (2) != 0, draw_text (), draw_text (), draw_text ());
  return row;
}

static Grade *
draw_grade (void)
{
  Grade *grade = grade_new ();
  char **const texts[] = { &grade->submission, &grade->sha256, &grade->assignment, &grade->reason, &grade->leaf_map, &grade->leaf_map_how, &grade->isa, &grade->kernel,
                           &grade->fingerprint, &grade->carried, &grade->left_out };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    draw_into (texts[i]);
  if (draw (2))
    grade->details = draw_text ();
  grade->verdict = (Verdict) draw (VERDICT_INFRASTRUCTURE + 1);
  grade->stage = (Stage) draw (STAGE_CHECKS + 1);
  grade->blame = (Blame) draw (BLAME_INFRASTRUCTURE + 1);
  grade->points = draw (10000);
  grade->max_points = draw (10000);
  grade->begun = draw (2000000000);
  grade->total_ms = draw (100000);
  for (guint kind = 0; kind < GRADE_ROWS; kind++)
    if (draw (4) == 0)
      g_ptr_array_add (grade->rows, draw_row ((RowKind) kind));
  if (draw (2))
    g_ptr_array_add (grade->notes, draw_text ());
  if (draw (2))
    g_ptr_array_add (grade->warnings, draw_text ());
  return grade;
}

static void
damage (GString *text)
{
  static const char interesting[] = "\"\\{}[],:.-+0179ente /*'\n\t\0\377\302";

  for (unsigned n = draw (4); n > 0 && text->len > 0; n--)
    {
      const unsigned at = draw ((unsigned) text->len), kind = draw (4);
      const char c = interesting[draw (sizeof interesting - 1)];

      if (kind == 0)
        text->str[at] = c;
      else if (kind == 1)
        g_string_insert_c (text, at, c);
      else if (kind == 2)
        g_string_erase (text, at, 1 + draw ((unsigned) MIN (text->len - at, 30)));
      else
        g_string_truncate (text, at);
    }
}

/* A grade that nobody damaged is read. */
static void
run_one (void)
{
  g_autoptr (Grade) grade = draw_grade (), back = NULL;
  g_autoptr (GString) text = grade_json (grade);

  write_all (grade);
  if (!grade_json_read (text->str, text->len, &back, NULL))
    abort ();
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GString) damaged = g_string_new_len (text->str, (gssize) text->len);
      damage (damaged);
      /* In a block of its own size, so that reading beyond its end is seen. */
      g_autofree unsigned char *data = g_memdup2 (damaged->str, damaged->len);
      LLVMFuzzerTestOneInput (data != NULL ? data : (const unsigned char *) "", damaged->len);
    }
}

int
main (int argc, char **argv)
{
  return fuzz_main (argc, argv, "fuzz-grade", 1, run_one);
}
#endif
