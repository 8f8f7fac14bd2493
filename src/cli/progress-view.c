/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bars on a terminal, lines elsewhere; see progress-view.h. */
#include "cli/progress-view.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/files.h"
#include "cli/terminal.h"

#define LANES 16
#define BAR_CELLS 10
#define REDRAW_US 100000
#define LINE_US 30000000 /* between plain lines about one stage */

typedef struct {
  gboolean active;
  char lane[8];
  char stage[48];
  char note[80];
  double fraction, expected_s;
  gint64 begin_us, said_us;
} Lane;

typedef struct {
  GMutex mutex;
  Lane lanes[LANES];
  char overall[80];
  gboolean terminal, dirty;
  int verbosity;
  gint64 begin_us, drawn_us;
  GKeyFile *timings;
  char *timings_path;
} View;

/* The process's one display: commands run one at a time. */
static View view;

static double
seconds_since (gint64 begin_us)
{
  return (double) (g_get_monotonic_time () - begin_us) / 1e6;
}

static int
terminal_columns (void)
{
  struct winsize size;

  return ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

static void
erase (void)
{
  if (view.terminal && view.dirty)
    fputs ("\r\033[K", stderr);
  view.dirty = FALSE;
}

static void
draw_lane (GString *line, const Lane *lane)
{
  const double elapsed_s = seconds_since (lane->begin_us);
  double fraction = lane->fraction;

  if (fraction < 0 && lane->expected_s > 0)
    fraction = MIN (elapsed_s / lane->expected_s, 0.99);
  g_string_append_printf (line, "%s%s%s ", line->len ? "  " : "", lane->lane, *lane->lane ? ":" : "");
  g_string_append (line, lane->stage);
  if (fraction >= 0)
    {
      g_string_append (line, " [");
      for (int i = 0; i < BAR_CELLS; i++)
        g_string_append_c (line, i < (int) (fraction * BAR_CELLS + 0.5) ? '#' : '.');
      g_string_append_c (line, ']');
    }
  if (lane->expected_s > 0)
    g_string_append_printf (line, " %.0f of about %.0f s", elapsed_s, lane->expected_s);
  else
    g_string_append_printf (line, " %.0f s", elapsed_s);
  if (*lane->note)
    g_string_append_printf (line, ", %s", lane->note);
}

static void
draw (gboolean now)
{
  g_autoptr (GString) line = g_string_new (NULL);
  const gint64 time_us = g_get_monotonic_time ();

  if (!view.terminal || (!now && time_us - view.drawn_us < REDRAW_US))
    return;
  g_string_append (line, view.overall);
  for (int i = 0; i < LANES; i++)
    if (view.lanes[i].active)
      draw_lane (line, &view.lanes[i]);
  if ((int) line->len >= terminal_columns ())
    g_string_truncate (line, (gsize) terminal_columns () - 1);
  fprintf (stderr, "\r\033[K%s", line->str);
  fflush (stderr);
  view.dirty = line->len > 0;
  view.drawn_us = time_us;
}

static Lane *
find_lane (const char *lane)
{
  Lane *unused = NULL;

  for (int i = 0; i < LANES; i++)
    {
      if (view.lanes[i].active && strcmp (view.lanes[i].lane, lane) == 0)
        return &view.lanes[i];
      if (!view.lanes[i].active && !unused)
        unused = &view.lanes[i];
    }
  return unused ? unused : &view.lanes[0];
}

/* "[ 12.3 s] vmx: text" */
static void
print_line (const char *lane, const char *text)
{
  g_autofree char *clean = terminal_text (text);

  erase ();
  fprintf (stderr, "[%6.1f s] %s%s%s\n", seconds_since (view.begin_us), lane, *lane ? ": " : "", clean);
  draw (TRUE);
}

static void
on_begin (gpointer user, const char *lane, const char *stage, double expected_s)
{
  Lane *slot;
  g_autofree char *key = g_strdup_printf ("%s%s%s", lane, *lane ? " " : "", stage);
  double known_s;

  (void) user;
  g_mutex_lock (&view.mutex);
  known_s = view.timings ? g_key_file_get_double (view.timings, "seconds", key, NULL) : 0;
  slot = find_lane (lane);
  *slot = (Lane) { .active = TRUE, .fraction = -1, .expected_s = known_s > 0 ? known_s : expected_s, .begin_us = g_get_monotonic_time () };
  slot->said_us = slot->begin_us;
  g_strlcpy (slot->lane, lane, sizeof slot->lane);
  g_strlcpy (slot->stage, stage, sizeof slot->stage);
  if (!view.terminal && view.verbosity >= 0)
    {
      g_autofree char *text = slot->expected_s > 0 ? g_strdup_printf ("%s … (about %.0f s)", stage, slot->expected_s) : g_strdup_printf ("%s …", stage);

      print_line (lane, text);
    }
  draw (TRUE);
  g_mutex_unlock (&view.mutex);
}

/* Where there is no bar, a line every half minute tells that the stage is alive. */
static void
say_now_and_then (Lane *lane)
{
  const gint64 now_us = g_get_monotonic_time ();
  g_autoptr (GString) text = NULL;

  if (view.terminal || view.verbosity < 0 || now_us - lane->said_us < LINE_US)
    return;
  lane->said_us = now_us;
  text = g_string_new (lane->stage);
  if (lane->fraction >= 0)
    g_string_append_printf (text, ": %.0f %%", lane->fraction * 100);
  g_string_append_printf (text, ", %.0f s", (double) (now_us - lane->begin_us) / 1e6);
  if (*lane->note)
    g_string_append_printf (text, ", %s", lane->note);
  print_line (lane->lane, text->str);
}

static void
on_update (gpointer user, const char *lane, double fraction, const char *note)
{
  Lane *slot;

  (void) user;
  g_mutex_lock (&view.mutex);
  slot = find_lane (lane);
  slot->fraction = fraction;
  if (note)
    {
      g_autofree char *clean = terminal_text (note);

      g_strlcpy (slot->note, clean, sizeof slot->note);
    }
  say_now_and_then (slot);
  draw (FALSE);
  g_mutex_unlock (&view.mutex);
}

static void
on_end (gpointer user, const char *lane, gboolean ok, const char *note)
{
  Lane *slot;
  g_autofree char *text = NULL;
  g_autofree char *key = NULL;
  double elapsed_s;

  (void) user;
  g_mutex_lock (&view.mutex);
  slot = find_lane (lane);
  elapsed_s = seconds_since (slot->begin_us);
  text = g_strdup_printf ("%s: %s, %.1f s%s%s", slot->stage, ok ? "done" : "FAILED", elapsed_s, note ? ", " : "", note ? note : "");
  key = g_strdup_printf ("%s%s%s", lane, *lane ? " " : "", slot->stage);
  if (ok && view.timings)
    g_key_file_set_double (view.timings, "seconds", key, elapsed_s);
  slot->active = FALSE;
  if (view.verbosity >= 0)
    print_line (lane, text);
  g_mutex_unlock (&view.mutex);
}

static void
on_say (gpointer user, const char *lane, const char *text)
{
  (void) user;
  g_mutex_lock (&view.mutex);
  if (view.verbosity >= 0)
    print_line (lane, text);
  g_mutex_unlock (&view.mutex);
}

static void
on_overall (gpointer user, const char *text)
{
  (void) user;
  g_mutex_lock (&view.mutex);
  g_strlcpy (view.overall, text, sizeof view.overall);
  draw (FALSE);
  g_mutex_unlock (&view.mutex);
}

static const ProgressOps ops = { .begin = on_begin, .update = on_update, .end = on_end, .say = on_say, .overall = on_overall };

/* One that says it has no control sequences (Emacs's shell, a CI with a pty) gets whole lines, as a file does. */
static gboolean
is_terminal (void)
{
  const char *term = g_getenv ("TERM");

  return isatty (STDERR_FILENO) && term && *term && strcmp (term, "dumb") != 0;
}

void
progress_view_init (Progress *progress, const char *cache_dir, int verbosity)
{
  g_mutex_init (&view.mutex);
  view.terminal = verbosity >= 0 && is_terminal ();
  view.verbosity = verbosity;
  view.overall[0] = '\0';
  view.begin_us = g_get_monotonic_time ();
  view.timings_path = g_build_filename (cache_dir, "timings.ini", NULL);
  view.timings = g_key_file_new ();
  g_key_file_load_from_file (view.timings, view.timings_path, G_KEY_FILE_NONE, NULL);
  progress->ops = &ops;
  progress->user = &view;
}

void
progress_view_end (Progress *progress)
{
  g_autofree char *text = NULL;
  gsize size;

  if (!progress->ops)
    return;
  erase ();
  fflush (stderr);
  /* Only a memory of how long things take: not worth an error. */
  text = g_key_file_to_data (view.timings, &size, NULL);
  if (text && size)
    files_write (view.timings_path, text, (gssize) size, NULL);
  g_clear_pointer (&view.timings, g_key_file_free);
  g_clear_pointer (&view.timings_path, g_free);
  progress->ops = NULL;
}
