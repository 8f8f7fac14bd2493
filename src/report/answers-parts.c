/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Escaping, citations, tables, and what several answers look up. */
#include "report/answers-parts.h"

#include <string.h>

#include "report/csv.h"

static gboolean
is_word (char c)
{
  return g_ascii_isalnum (c) || (c & 0x80) != 0;
}

/* A run of "_" inside a word marks nothing up. Returns its length. */
static gsize
put_underscores (GString *out, const char *text, char before)
{
  const gsize run = strspn (text, "_");
  const gboolean inside = is_word (before) && is_word (text[run]);

  for (gsize i = 0; i < run; i++)
    g_string_append (out, inside ? "_" : "\\_");
  return run;
}

static void
put_markdown (GString *out, char c, char next)
{
  if (c == '<')
    g_string_append (out, "&lt;");
  else if (c == '&' && (g_ascii_isalnum (next) || next == '#'))
    g_string_append (out, "&amp;");
  else if (strchr ("\\`*[]#|~", c) != NULL || (c == '>' && (out->len == 0 || out->str[out->len - 1] == '\n')))
    g_string_append_printf (out, "\\%c", c);
  else
    g_string_append_c (out, c == '\n' || c == '\r' ? ' ' : c);
}

void
answers_text (GString *out, const char *text)
{
  char before = '\0';

  while (*text != '\0')
    if (*text == '_')
      {
        text += put_underscores (out, text, before);
        before = '_';
      }
    else
      {
        before = *text++;
        put_markdown (out, before, *text);
      }
}

char *
markdown_text (const char *text)
{
  GString *out = g_string_new (NULL);
  answers_text (out, text);
  return g_string_free (out, FALSE);
}

void
answers_begin (GString *out, const AnswersLab *lab)
{
  g_string_append (out, "- **");
  answers_text (out, lab->name);
  g_string_append (out, "**: ");
}

void
answers_cite (GString *out, const AnswersLab *lab, const char *file, const char *rows_format, ...)
{
  va_list args;

  va_start (args, rows_format);
  g_autofree char *rows = g_strdup_vprintf (rows_format, args);
  va_end (args);
  g_string_append (out, " [");
  answers_text (out, lab->name);
  g_string_append_printf (out, "/%s: %s]", file, rows);
}

void
answers_sources (GString *out, const AnswersLab *labs, gsize n, const char *file, const char *rows)
{
  g_string_append (out, "\nSource:");
  for (gsize i = 0; i < n; i++)
    answers_cite (out, &labs[i], file, "%s", rows);
  g_string_append_c (out, '\n');
}

void
answers_cite_boot (GString *out, const AnswersLab *lab)
{
  g_autoptr (GString) rows = g_string_new (NULL);

  for (guint i = 0; i < lab->summary->boot_phases; i++)
    g_string_append_printf (rows, "%sphase=%s", i > 0 ? "; " : "", answers_phase (lab->summary, i)->name);
  answers_cite (out, lab, "phases.csv", "%s", rows->str);
}

void
answers_reason (GString *out, const AnswersLab *lab, guint32 code)
{
  g_string_append_printf (out, "%u %s", code, reason_name (lab->names, code));
}

void
answers_percent (GString *out, guint64 part, guint64 whole)
{
  csv_fixed (out, arith_ratio (part, 10000, whole), 2);
  g_string_append (out, " %");
}

void
answers_seconds (GString *out, gint64 ns)
{
  csv_fixed (out, arith_ratio ((guint64) ns, 1, 1000000), 3);
  g_string_append (out, " s");
}

static void
put_titles (GString *out, const AnswersLab *lab, const AnswersColumn *columns, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_string_append_c (out, ' ');
      if (lab != NULL)
        answers_text (out, lab->name);
      g_string_append_printf (out, "%s%s |", lab != NULL ? " " : "", columns[i].title);
    }
}

static void
put_rules (GString *out, const AnswersColumn *columns, gsize n)
{
  for (gsize i = 0; i < n; i++)
    g_string_append (out, columns[i].number ? "---:|" : "---|");
}

void
answers_table (GString *out, const AnswersColumn *first, gsize n_first, const AnswersColumn *per_lab, gsize n_per_lab, const AnswersLab *labs, gsize n_labs)
{
  g_string_append (out, "\n|");
  put_titles (out, NULL, first, n_first);
  for (gsize i = 0; i < n_labs; i++)
    put_titles (out, &labs[i], per_lab, n_per_lab);
  g_string_append (out, "\n|");
  put_rules (out, first, n_first);
  for (gsize i = 0; i < n_labs; i++)
    put_rules (out, per_lab, n_per_lab);
  g_string_append_c (out, '\n');
}

void
answers_no_cells (GString *out, guint n)
{
  for (guint i = 0; i < n; i++)
    g_string_append (out, " |");
}

gboolean
answers_of_ours (const AnswersLab *lab)
{
  return lab->summary->distribution == NULL;
}

const SpanSummary *
answers_phase (const LabSummary *s, guint i)
{
  return &g_array_index (s->phases, SpanSummary, i);
}

static void
add_name (GPtrArray *names, const char *name)
{
  if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
    g_ptr_array_add (names, (gpointer) name);
}

GPtrArray *
answers_phase_names (const AnswersLab *labs, gsize n, gboolean boot)
{
  GPtrArray *names = g_ptr_array_new ();
  for (gsize i = 0; i < n; i++)
    {
      const LabSummary *s = labs[i].summary;
      for (guint p = 0; p < (boot ? s->boot_phases : s->phases->len); p++)
        add_name (names, answers_phase (s, p)->name);
    }
  return names;
}

guint64
answers_kind_exits (const AnswersLab *lab, const char *name)
{
  const KindSummary *kind = lab_summary_kind (lab->summary, name);
  return kind != NULL ? kind->exits[WINDOW_BOOT] : 0;
}

typedef struct {
  const AnswersLab *labs;
  gsize n;
} Labs;

static guint64
kind_exits_of_all (const Labs *labs, const char *kind)
{
  guint64 exits = 0;
  for (gsize i = 0; i < labs->n; i++)
    exits += answers_kind_exits (&labs->labs[i], kind);
  return exits;
}

static gint
compare_kinds (gconstpointer a, gconstpointer b, gpointer labs)
{
  const char *x = *(const char *const *) a, *y = *(const char *const *) b;
  const guint64 of_x = kind_exits_of_all (labs, x), of_y = kind_exits_of_all (labs, y);
  if (of_x != of_y)
    return of_x > of_y ? -1 : 1;
  return strcmp (x, y);
}

GPtrArray *
answers_kind_names (const AnswersLab *labs, gsize n)
{
  GPtrArray *names = g_ptr_array_new ();
  Labs all = { labs, n };

  for (gsize i = 0; i < n; i++)
    for (guint k = 0; k < labs[i].summary->kinds->len; k++)
      {
        const KindSummary *kind = &g_array_index (labs[i].summary->kinds, KindSummary, k);
        if (kind->exits[WINDOW_BOOT] > 0)
          add_name (names, kind->name);
      }
  g_ptr_array_sort_with_data (names, compare_kinds, &all);
  return names;
}
