/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for grades; see grade-words.h. */
#include "grade/grade-words.h"

#include <string.h>

#define LINE_MAX_BYTES 1000u
#define TAB 8u

static const struct {
  const char *title, *about;
} rows[GRADE_ROWS] = {
  [ROW_TOTAL_EXITS] = { "Total exits", "The guest causes a known number of exits; your total must grow by exactly the number that really happened." },
  [ROW_TOTAL_CYCLES] = { "Total cycles", "Your total must grow with the time that handling the exits took, as a 64-bit number whose two halves are where the assignment puts them." },
  [ROW_EXITS_PER_REASON] = { "Exits per reason", "For each exit reason that the guest can cause, the count of that reason must grow by what really happened." },
  [ROW_CYCLES_PER_REASON] = { "Cycles per reason", "For each exit reason that the guest can cause, the cycles of that reason must grow with the time its handling took." },
  [ROW_SUMS] = { "Sums", "The numbers of all reasons together must be the totals." },
  [ROW_UNDEFINED_REASONS] = { "Reasons that are not defined", "Asked for a number that the manual does not define, anywhere in 32 bits, the answer must be the one that the assignment prescribes." },
  [ROW_NOT_ENABLED] = { "Reasons that KVM does not enable", "Asked for a reason that is defined but never handled by KVM, the answer must be the one that the assignment prescribes." },
  [ROW_REGISTERS] = { "Registers", "Every register that an answer does not use must come back as 0; nothing that was in it before, and nothing of the kernel's, may be seen." },
  [ROW_CONCURRENCY] = { "Several vCPUs at once", "Exits of two vCPUs at the same time must all be counted." },
  [ROW_OTHER_LEAVES] = { "Other CPUID leaves", "Leaves that the assignment does not speak of must answer as before." },
  [ROW_LOG_VOLUME] = { "Kernel log", "Counting must not fill the kernel's log." },
  [ROW_PLACEMENT] = { "Where it counts", "All exits must be counted, those too that are handled early or return early, and their cycles must include the handling." },
  [ROW_COST] = { "Cost", "Counting must not make exits noticeably slower." },
  [ROW_STABILITY] = { "Stability", "L1 and L2 must run to their end without a panic, an oops, a warning or a hang." },
  [ROW_LOG_INTERVAL] = { "Every 10,000 exits", "The statistics must be printed at every 10,000th exit, and at no other." },
  [ROW_LOG_TOTALS] = { "Printed totals", "Each print must tell the total of all exits at that instant." },
  [ROW_LOG_COUNTS] = { "Printed counts", "Each printed count of an exit type must be what really happened by then." },
  [ROW_LOG_TYPES] = { "Exit types", "Each exit type that occurred must be in each print from then on, and none that did not occur." },
  [ROW_LOG_NAMES] = { "Numbers and names", "Each exit type must be told by its number and by a name that is its own." },
  [ROW_LOG_RAW_REASON] = { "Refused VM entries", "An exit reason with more in it than a small number must not break or mix up the statistics." },
};

const char *
words_row_title (RowKind kind)
{
  return rows[kind].title;
}

const char *
words_row_about (RowKind kind)
{
  return rows[kind].about;
}

const char *
words_verdict (const Grade *grade)
{
  static const char *const words[] = {
    [VERDICT_PASSED] = "Full marks",
    [VERDICT_PARTIAL] = "Partly right",
    [VERDICT_FAILED] = "Not working yet",
    [VERDICT_NEEDS_BASE] = "Not judged, it needs its base",
    [VERDICT_NEEDS_LOOK] = "Not judged, somebody has to look",
    [VERDICT_INFRASTRUCTURE] = "Not judged, the grading failed",
  };
  if (grade->verdict == VERDICT_NEEDS_BASE && grade->stage == STAGE_INGEST)
    return "Not judged, it does not tell what counts";
  return words[grade->verdict];
}

const char *
words_unscored (const Grade *grade)
{
  const Verdict verdict = grade->verdict;

  if (verdict == VERDICT_NEEDS_BASE && grade->stage == STAGE_INGEST)
    return "This is no grade and no zero. Which of the files counts could not be told; it can be judged when that one alone is handed in.";
  if (verdict == VERDICT_NEEDS_BASE)
    return "This is no grade and no zero. The change could not be carried onto the lab's kernel. Hand in a change for that kernel, or have it judged with the source of the kernel that it was made for.";
  if (verdict == VERDICT_NEEDS_LOOK)
    return "This is no grade and no zero. What the kernel printed could not be read with certainty; a person has to look at the kernel log.";
  if (verdict == VERDICT_INFRASTRUCTURE)
    return "This is no grade and no zero. Something of the grading itself failed, not the submission; it has to be graded again.";
  return NULL;
}

gboolean
words_row_lost (const GradeRow *row)
{
  return row->status != ROW_SKIPPED && row->points < row->max_points;
}

/* "svm: 317 × CPUID" of "svm: 317 × CPUID: total cycles". FALSE: it is no window. */
static gboolean
window_of (const GradeCase *one, GHashTable *windows)
{
  const char *times = strstr (one->what, " × ");
  const char *end = times != NULL ? strstr (times, ": ") : NULL;

  if (times == NULL)
    return FALSE;
  g_hash_table_add (windows, end != NULL ? g_strndup (one->what, (gsize) (end - one->what)) : g_strdup (one->what));
  return TRUE;
}

/* The windows in which a row is wrong; NULL where other cases are too, or not all are kept. */
static GHashTable *
wrong_windows (const GradeRow *row)
{
  g_autoptr (GHashTable) windows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < row->cases->len; i++)
    {
      const GradeCase *one = g_ptr_array_index (row->cases, i);
      if (!one->ok && !window_of (one, windows))
        return NULL;
    }
  return g_hash_table_size (windows) > 0 && row->cases_total - row->cases_ok < GRADE_CASES_MAX ? g_steal_pointer (&windows) : NULL;
}

static gboolean
are_equal (GHashTable *a, GHashTable *b)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, a);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (!g_hash_table_contains (b, key))
      return FALSE;
  return g_hash_table_size (a) == g_hash_table_size (b);
}

const GradeRow *
words_same_windows (const Grade *grade, const GradeRow *row)
{
  g_autoptr (GHashTable) windows = wrong_windows (row);

  for (guint i = 0; windows != NULL && i < grade->rows->len && g_ptr_array_index (grade->rows, i) != row; i++)
    {
      const GradeRow *before = g_ptr_array_index (grade->rows, i);
      g_autoptr (GHashTable) others = words_row_lost (before) ? wrong_windows (before) : NULL;
      if (others != NULL && are_equal (windows, others))
        return before;
    }
  return NULL;
}

gint64
words_warnings_cost (const Grade *grade)
{
  gint64 sum = 0;

  if (!grade_is_scored (grade) || grade->stage != STAGE_CHECKS || grade->warnings->len == 0)
    return 0;
  for (guint i = 0; i < grade->rows->len; i++)
    sum += ((const GradeRow *) g_ptr_array_index (grade->rows, i))->points;
  return MAX (sum - grade->points, 0);
}

char *
words_name (const Grade *grade)
{
  return grade->submission[0] != '\0' ? g_path_get_basename (grade->submission) : g_strdup ("");
}

/* What was found by itself is not asked for: the grade says how the map was come by. "vmx+svm" is no ISA that can be asked for: it is what the files tell. */
char *
words_command (const Grade *grade)
{
  /* A sheet is for the student: where it lay at the instructor's is of no use there. */
  g_autofree char *name = g_path_is_absolute (grade->submission) ? g_path_get_basename (grade->submission) : g_strdup (grade->submission);
  g_autofree char *path = grade->given[0] != '\0' ? g_strdup (grade->given) : g_shell_quote (name);
  GString *out = g_string_new ("./harness grade ");

  g_string_append (out, path);
  if (grade->assignment[0] != '\0')
    g_string_append_printf (out, g_str_has_suffix (grade->assignment, ".conf") ? " --rubric %s" : " --assignment %s", grade->assignment);
  if (strcmp (grade->leaf_map_how, "as asked") == 0)
    g_string_append_printf (out, " --leaf-map %s", grade->leaf_map);
  if (strcmp (grade->isa, "vmx") == 0 || strcmp (grade->isa, "svm") == 0)
    g_string_append_printf (out, " --isa %s", grade->isa);
  return g_string_free (out, FALSE);
}

/* --- the line for a terminal ------------------------------------------------------------------ */

static void
put_harmless (GString *out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);
      const gboolean turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
      g_string_append_unichar (out, g_unichar_iscntrl (c) || turns || c == 0x2028 || c == 0x2029 ? '?' : c);
    }
}

static void
put_lost (GString *out, const Grade *grade)
{
  const char *before = "  lost: ";

  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);
      if (!words_row_lost (row))
        continue;
      g_string_append_printf (out, "%s%s", before, row_name (row->kind));
      before = ", ";
    }
}

char *
grade_summary_line (const Grade *grade)
{
  GString *out = g_string_new (NULL);
  g_autofree char *points = grade_is_scored (grade) ? grade_points_text (grade->points) : g_strdup ("-");
  g_autofree char *max_points = grade_points_text (grade->max_points);

  put_harmless (out, grade->submission);
  g_string_append_printf (out, "  %s/%s  %s  ", points, max_points, verdict_name (grade->verdict));
  put_harmless (out, grade->assignment);
  if (grade->leaf_map[0] != '\0')
    g_string_append (out, " map ");
  put_harmless (out, grade->leaf_map);
  if (grade->isa[0] != '\0')
    g_string_append_c (out, ' ');
  put_harmless (out, grade->isa);
  if (grade->stage != STAGE_CHECKS || !grade_is_scored (grade))
    {
      g_string_append_printf (out, "  %s: ", stage_name (grade->stage));
      put_harmless (out, grade->reason);
    }
  put_lost (out, grade);
  return g_string_free (out, FALSE);
}

/* --- long texts ------------------------------------------------------------------------------- */

/* One line of `size` bytes, valid UTF-8: tabs to blanks; what is too long is cut at a letter's end. */
static char *
line_of (const char *text, gsize size)
{
  GString *out = g_string_sized_new (size);
  guint column = 0;

  for (const char *at = text; at < text + size && out->len < LINE_MAX_BYTES; at = g_utf8_next_char (at))
    {
      if (*at != '\t')
        {
          g_string_append_unichar (out, g_utf8_get_char (at));
          column++;
          continue;
        }
      do
        g_string_append_c (out, ' ');
      while (++column % TAB != 0);
    }
  if (out->len >= LINE_MAX_BYTES)
    g_string_append (out, "…");
  return g_string_free (out, FALSE);
}

char **
words_lines (const char *text, guint max, guint *more)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();
  guint n = 0;

  for (const char *at = valid; *at != '\0'; n++)
    {
      const gsize size = strcspn (at, "\n");
      if (n < max)
        {
          g_autofree char *line = line_of (at, size - (size > 0 && at[size - 1] == '\r' ? 1 : 0));
          g_strv_builder_add (lines, line);
        }
      at += size + (at[size] == '\n' ? 1 : 0);
    }
  if (more != NULL)
    *more = n > max ? n - max : 0;
  return g_strv_builder_end (lines);
}

char *
words_capped (const char *text, gsize limit)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  const gsize size = strlen (valid);

  if (size <= limit)
    return g_steal_pointer (&valid);
  const char *head_end = g_utf8_find_prev_char (valid, valid + limit * 3 / 5 + 1);
  const char *tail = g_utf8_find_next_char (valid + size - limit * 2 / 5 - 1, NULL);
  const char *line_end = g_strrstr_len (valid, head_end - valid, "\n"), *line_start = strchr (tail, '\n');
  if (line_end != NULL && (gsize) (line_end - valid) > limit / 2)
    head_end = line_end;
  if (line_start != NULL && line_start + 1 - tail < (gssize) (limit / 10))
    tail = line_start + 1;
  return g_strdup_printf ("%.*s\n[… %" G_GSIZE_FORMAT " bytes are left out here …]\n%s", (int) (head_end - valid), valid, (gsize) (tail - head_end), tail);
}
