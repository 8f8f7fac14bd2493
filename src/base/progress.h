/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Progress as the work sees it: stages with a fraction and a note. What is shown is src/cli's business.
 * Thread-safe: the two labs report from threads of their own. A NULL progress is silent.
 */
#pragma once
#include <glib.h>

typedef struct Progress Progress;
typedef struct {
  /* A stage begins; expected_s is the measured time of the last such stage here, or a reference, or 0 if unknown. */
  void (*begin) (gpointer user, const char *lane, const char *stage, double expected_s);
  /* fraction 0…1, or negative if unknown; note may be NULL. */
  void (*update) (gpointer user, const char *lane, double fraction, const char *note);
  void (*end) (gpointer user, const char *lane, gboolean ok, const char *note);
  /* Something the person should see now, above the bars. */
  void (*say) (gpointer user, const char *lane, const char *text);
  /* How far all of it is, before the bars; "": no more. Nothing where there are no bars: lines say it. */
  void (*overall) (gpointer user, const char *text);
} ProgressOps;
struct Progress {
  const ProgressOps *ops;
  gpointer user;
};

/* lane: what runs side by side has different lanes: "", "vmx", "svm". */
void progress_begin (Progress *p, const char *lane, const char *stage, double expected_s);
void progress_update (Progress *p, const char *lane, double fraction, const char *note_format, ...) G_GNUC_PRINTF (4, 5);
void progress_end (Progress *p, const char *lane, gboolean ok, const char *note_format, ...) G_GNUC_PRINTF (4, 5);
void progress_overall (Progress *p, const char *text);
void progress_say (Progress *p, const char *lane, const char *format, ...) G_GNUC_PRINTF (3, 4);
