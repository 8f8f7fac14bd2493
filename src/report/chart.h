/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the pictures share: elements, numbers for people, ticks, phases along a time axis, a lab's series in columns.
 * Coordinates are units of a viewBox CHART_WIDTH wide, downwards; layouts leave room for letters of CHART_TEXT units. `class` is
 * trusted, every other string is escaped. Fields of a LabSummary may be empty or NULL.
 */
#pragma once
#include <glib.h>

#include "report/answers.h"

#define CHART_WIDTH 640.0
#define CHART_X0 16.0               /* margins */
#define CHART_X1 (CHART_WIDTH - 16)
#define CHART_TEXT 15.0
#define CHART_TOP 66.0              /* below title and subtitle */

/* The picture's element, its title (shown, too), what it says in words, and a line below the title. */
void chart_begin (GString *out, double height, const char *title, const char *subtitle, const char *desc);
void chart_end (GString *out);
/* A picture that has nothing to show, and says why. */
GString *chart_empty (const char *title, const char *why);

/* At most two digits after the point; what is not finite becomes 0. */
void chart_number (GString *out, double value);
/* tooltip: NULL for none. */
void chart_rect (GString *out, const char *class, double x, double y, double w, double h, const char *tooltip);
void chart_line (GString *out, const char *class, double x1, double y1, double x2, double y2);
void chart_text (GString *out, const char *class, double x, double y, const char *text);
/* Cut, with an ellipsis, to what fits. */
void chart_text_fitted (GString *out, const char *class, double x, double y, double width, const char *text);
/* <path class="…" d=" …; then points; then the end. */
void chart_path_begin (GString *out, const char *class);
void chart_point (GString *out, char command, double x, double y); /* 'M' or 'L' */
void chart_step (GString *out, char command, double at);           /* 'H' or 'V' */
void chart_path_end (GString *out, const char *tooltip);
/* How wide a text of CHART_TEXT units is; rather too much than too little. */
double chart_text_width (const char *text);

/* Numbers for people, appended to text that is not escaped yet. */
void say_round (GString *out, double value);    /* "13,914" of what is not whole; words_count() of what is */
void say_short (GString *out, double value);    /* "1.5k", "20M", "0.01" */
void say_seconds (GString *out, double ns);     /* "1.03 s", "66.4 ms" */
void say_percent (GString *out, double part, double whole); /* "27 %", "0.4 %" */
void say_value (GString *out, double value);    /* three significant digits, "0" only for 0: "<0.01"; "12M" from ten millions on */

/* The step of 1, 2 or 5 times a power of ten that cuts `range` into at most n parts; 1 for a range of 0. */
double chart_tick_step (double range, guint n);

typedef struct {
  double x0, x1;
  gint64 end_ns; /* at x1 */
} TimeScale;
double time_x (const TimeScale *scale, gint64 t_ns);
/* Ticks in seconds below y, with the unit at the last one. */
void chart_time_axis (GString *out, const TimeScale *scale, double y);

#define CHART_PHASE_ROW 19.0
/* Rows of names that the first n phases need: 1 to 3. */
guint chart_phase_rows (const LabSummary *s, guint n, const TimeScale *scale);
/* Tinted bands from y to y + height, with tooltips; the names above y. What finds no room is left to the tooltip. */
void chart_phases (GString *out, const LabSummary *s, guint n, const TimeScale *scale, double y, double height);
/* "devices: 0.31 s to 1.03 s, 3,486 exits, 4,897 exits/s". */
void say_phase (GString *out, const SpanSummary *phase);

/* Columns along a stretch of the run that starts at 0: between one edge and the next. */
#define EDGE_START (-1) /* nothing was counted yet */
#define EDGE_END (-2)   /* all that the stretch has was counted */
typedef struct {
  gint64 t_ns;
  gint64 row; /* into rows */
} ColumnEdge;
/* At most max columns, each of as many rows; the last may be half as long as the others to one and a half times so. Array of ColumnEdge; less than 2: no columns. */
GArray *chart_columns (const LabSummary *s, gint64 end_ns, guint max);

/* Classes that give a colour: always the same for a name. */
const char *chart_kind_class (const char *kind);
const char *chart_lab_class (const AnswersLab *labs, gsize i);

static inline guint
chart_len (const GArray *array)
{
  return array != NULL ? array->len : 0;
}
