/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines to look at; see where.h. */
#include "grade/where.h"

#include <string.h>

#include "grade/diff-lines.h"
#include "grade/module-scan.h"
#include "grade/named-leaves.h"

#define LINE_CHARS 120

/* What lines a row is about: regular expressions over the line, and whether they stand where exits are counted (not cpuid.c) or answered (cpuid.c). */
static const struct {
  const char *pattern;
  gboolean counting, answering;
} about[GRADE_ROWS] = {
  [ROW_TOTAL_EXITS] = { "\\+\\+|inc\\s*\\(|\\+= *1\\b", TRUE, FALSE },
  [ROW_TOTAL_CYCLES] = { "rdtsc|cycle|time", TRUE, TRUE },
  [ROW_EXITS_PER_REASON] = { "\\[[^]]*\\].*(\\+\\+|\\+=)|inc\\s*\\(.*\\[|\\+\\+.*\\[", TRUE, FALSE },
  [ROW_CYCLES_PER_REASON] = { "rdtsc|cycle.*\\[|time.*\\[", TRUE, TRUE },
  [ROW_SUMS] = { "\\+\\+|inc\\s*\\(|\\+=|add\\s*\\(", TRUE, FALSE },
  [ROW_UNDEFINED_REASONS] = { "\\b(35|38|42|65|68|69)\\b|0xffffffff|ecx\\s*[<>=]|reason\\s*[<>=]", FALSE, TRUE },
  [ROW_NOT_ENABLED] = { "\\b(35|38|42|65|68|69)\\b|\\bcase\\b|0xffffffff|= *0\\s*;", FALSE, TRUE },
  [ROW_REGISTERS] = { "\\be[abcd]x\\s*=[^=]", FALSE, TRUE },
  [ROW_OTHER_LEAVES] = { "0x4[fF]|\\beax\\s*[<>=]=?|kvm_cpuid", FALSE, TRUE },
  [ROW_LOG_VOLUME] = { "printk|pr_[a-z]+\\s*\\(|dev_info|trace_printk", TRUE, TRUE },
  [ROW_PLACEMENT] = { "\\+\\+|inc\\s*\\(|\\+=|add\\s*\\(|rdtsc", TRUE, FALSE },
  [ROW_LOG_INTERVAL] = { "% *[A-Z0-9_a-z]+|10000|do_div|printk|pr_[a-z]+\\s*\\(", TRUE, FALSE },
  [ROW_LOG_TOTALS] = { "\\+\\+|inc[a-z_]*\\s*\\(|\\+= *1\\b", TRUE, FALSE },
  [ROW_LOG_COUNTS] = { "\\[[^]]*\\].*(\\+\\+|\\+=)|inc[a-z_]*\\s*\\(.*\\[|\\+\\+.*\\[", TRUE, FALSE },
  [ROW_LOG_TYPES] = { "\\bfor\\b|\\bif\\b.*<|\\[[^]]*\\].*(\\+\\+|\\+=)|inc[a-z_]*\\s*\\(.*\\[", TRUE, FALSE },
  [ROW_LOG_NAMES] = { "\\bcase\\b|\\bname|%s", TRUE, FALSE },
  [ROW_LOG_RAW_REASON] = { "\\[[^]]*\\].*(\\+\\+|\\+=)|inc[a-z_]*\\s*\\(.*\\[|\\.full\\b", TRUE, FALSE },
  [ROW_COST] = { "printk|pr_[a-z]+\\s*\\(|\\bfor\\b|\\bwhile\\b|lock\\s*\\(", TRUE, TRUE },
};

/* Lines that do something: what is added, but comments, declarations and what the preprocessor reads. */
static gboolean
is_statement (const DiffLine *line)
{
  static const char *const others[] = { "//", "/*", "*", "#", "extern ", "EXPORT_SYMBOL", "static ", "atomic", "u64 ", "u32 ", "int ", "unsigned ", "struct ", "DEFINE_" };
  const char *text = line->text + strspn (line->text, " \t");
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (g_str_has_prefix (text, others[i]) && (strchr (text, '(') == NULL || i < 6) && strchr (text, '=') == NULL)
      return FALSE;
  return !line->removed && text[0] != '\0';
}

static GPtrArray *
statements (const GPtrArray *lines)
{
  GPtrArray *found = g_ptr_array_new ();
  for (guint i = 0; i < lines->len; i++)
    if (is_statement (g_ptr_array_index (lines, i)))
      g_ptr_array_add (found, g_ptr_array_index (lines, i));
  return found;
}

static gboolean
is_answering (const DiffLine *line)
{
  return g_str_has_suffix (line->path, "cpuid.c");
}

static char *
place_of (const DiffLine *line)
{
  g_autofree char *text = g_strstrip (g_strdup (line->text));
  g_autofree char *cut = g_utf8_strlen (text, -1) > LINE_CHARS ? g_utf8_substring (text, 0, LINE_CHARS) : g_strdup (text);
  return g_strdup_printf ("%s:%u: %s", line->path, line->number, cut);
}

static void
add_where (GradeRow *row, const DiffLine *line)
{
  g_autofree char *entry = place_of (line);
  if (row->where->len < WHERE_LINES_MAX && line->text[strspn (line->text, " \t")] != '\0' && !g_ptr_array_find_with_equal_func (row->where, entry, g_str_equal, NULL))
    g_ptr_array_add (row->where, g_steal_pointer (&entry));
}

/* Of each line the leaf whose answer it is: that of the last line above, or its own, which names one. 0: none. */
static GArray *
leaf_of_each (const GPtrArray *added)
{
  GArray *leaves = g_array_sized_new (FALSE, FALSE, sizeof (guint32), added->len);
  const char *path = "";
  guint32 leaf = 0;
  for (guint i = 0; i < added->len; i++)
    {
      const DiffLine *line = g_ptr_array_index (added, i);
      const guint32 named = named_leaf_of_line (line->text);
      if (named != 0 || strcmp (line->path, path) != 0)
        leaf = named;
      path = line->path;
      g_array_append_val (leaves, leaf);
    }
  return leaves;
}

static void
add_matching (GradeRow *row, const GPtrArray *added, const GArray *leaves)
{
  const gboolean by_leaf = row->leaf != 0 && named_leaves_have (leaves, row->leaf);
  g_autoptr (GRegex) regex = about[row->kind].pattern != NULL ? g_regex_new (about[row->kind].pattern, 0, 0, NULL) : NULL;
  for (guint i = 0; regex != NULL && i < added->len && row->where->len < WHERE_LINES_MAX; i++)
    {
      const DiffLine *line = g_ptr_array_index (added, i);
      if ((is_answering (line) ? about[row->kind].answering : about[row->kind].counting) && g_regex_match (regex, line->text, 0, NULL)
          && (!by_leaf || !is_answering (line) || g_array_index (leaves, guint32, i) == row->leaf))
        add_where (row, line);
    }
}

/* Lines with the symbol of a finding as a word. */
static void
add_symbols (GradeRow *row, const GPtrArray *added, const GPtrArray *findings)
{
  const ScanKind kind = row->kind == ROW_CONCURRENCY ? SCAN_UNLOCKED_UPDATE : SCAN_NARROW_CYCLES;
  for (guint i = 0; i < findings->len; i++)
    {
      const ScanFinding *finding = g_ptr_array_index (findings, i);
      if (finding->kind != kind)
        continue;
      g_autofree char *escaped = g_regex_escape_string (finding->symbol, -1);
      g_autofree char *pattern = g_strdup_printf ("\\b%s\\b", escaped);
      g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
      for (guint j = 0; regex != NULL && j < added->len && row->where->len < WHERE_LINES_MAX; j++)
        {
          const DiffLine *line = g_ptr_array_index (added, j);
          if (!is_answering (line) && g_regex_match (regex, line->text, 0, NULL))
            add_where (row, line);
        }
    }
}

void
where_fill (Grade *grade, const GPtrArray *findings)
{
  g_autoptr (GPtrArray) all = diff_lines (grade->carried);
  g_autoptr (GPtrArray) added = statements (all);
  g_autoptr (GArray) leaves = leaf_of_each (added);
  for (guint i = 0; i < grade->rows->len; i++)
    {
      GradeRow *row = g_ptr_array_index (grade->rows, i);
      if (row->status != ROW_FAILED || row->follows)
        continue;
      if (row->kind == ROW_CONCURRENCY || row->kind == ROW_TOTAL_CYCLES || row->kind == ROW_CYCLES_PER_REASON)
        add_symbols (row, added, findings);
      add_matching (row, added, leaves);
    }
}

void
where_add_crash (Grade *grade, const Crash *crash)
{
  for (guint i = 0; crash != NULL && crash->line != NULL && i < grade->rows->len; i++)
    {
      GradeRow *row = g_ptr_array_index (grade->rows, i);
      if (row->kind == ROW_STABILITY && row->status == ROW_FAILED)
        g_ptr_array_add (row->where, g_strdup (crash->line));
    }
}

char *
where_guest_registers (const char *carried)
{
  g_autoptr (GPtrArray) lines = diff_lines (carried);
  g_autoptr (GRegex) writes = g_regex_new ("\\bkvm_r[abcd]x_write\\s*\\(|\\bkvm_e[abcd]x_write\\s*\\(|\\bkvm_register_write\\s*\\(|regs\\[VCPU_REGS_\\w+\\]\\s*=[^=]", 0, 0, NULL);
  for (guint i = 0; i < lines->len; i++)
    {
      const DiffLine *line = g_ptr_array_index (lines, i);
      if (!line->removed && !is_answering (line) && g_regex_match (writes, line->text, 0, NULL))
        return place_of (line);
    }
  return NULL;
}
