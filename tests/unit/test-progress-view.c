/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress where there is no terminal: a plain line at the beginning and the end of a stage, and what stages took is kept. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/progress-view.h"
#include "unit/unit.h"

/* Shows stages on a stderr that is a file, and returns what was shown. */
static char *
shown (const char *dir, int verbosity)
{
  g_autofree char *path = g_build_filename (dir, "stderr", NULL);
  const int kept = dup (STDERR_FILENO);
  const int file = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Progress progress = { 0 };
  char *text = NULL;

  assert_true (kept >= 0 && file >= 0 && dup2 (file, STDERR_FILENO) >= 0);
  progress_view_init (&progress, dir, verbosity);
  progress_begin (&progress, "vmx", "boot", 40);
  progress_begin (&progress, "", "build", 0);
  progress_update (&progress, "vmx", 0.5, "%d exits", 7);
  progress_say (&progress, "svm", "a word");
  progress_overall (&progress, "3 of 9");
  progress_end (&progress, "vmx", TRUE, "%d exits", 14);
  progress_end (&progress, "", FALSE, NULL);
  progress_view_end (&progress);
  dup2 (kept, STDERR_FILENO);
  close (kept);
  close (file);
  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
test_plain_lines (void **state)
{
  g_autofree char *text = shown (*state, 0);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  assert_null (strpbrk (text, "\r\033"));
  assert_int_equal (g_strv_length (lines), 6); /* five lines, each ended */
  assert_text_has (lines[0], " s] vmx: boot … (about 40 s)");
  assert_text_has (lines[1], " s] build …");
  assert_text_has (lines[2], " s] svm: a word");
  assert_text_has (lines[3], " s] vmx: boot: done, 0.0 s, 14 exits");
  assert_text_has (lines[4], " s] build: FAILED, 0.0 s");
}

/* On a terminal of that name: what it was sent. */
static char *
shown_on_terminal (const char *dir, const char *term)
{
  const int master = posix_openpt (O_RDWR | O_NOCTTY), kept = dup (STDERR_FILENO);
  char name[64], buffer[8192];
  Progress progress = { 0 };
  assert_true (master >= 0 && grantpt (master) == 0 && unlockpt (master) == 0 && ptsname_r (master, name, sizeof name) == 0);
  const int slave = open (name, O_RDWR | O_NOCTTY);
  assert_true (slave >= 0 && dup2 (slave, STDERR_FILENO) >= 0);
  if (term != NULL)
    g_setenv ("TERM", term, TRUE);
  else
    g_unsetenv ("TERM");
  progress_view_init (&progress, dir, 0);
  progress_overall (&progress, "3 of 9");
  progress_begin (&progress, "", "build", 0);
  progress_end (&progress, "", TRUE, NULL);
  progress_view_end (&progress);
  dup2 (kept, STDERR_FILENO);
  const gssize got = read (master, buffer, sizeof buffer);
  close (slave);
  close (master);
  close (kept);
  assert_true (got > 0);
  return g_strndup (buffer, (gsize) got);
}

/* What has said that it knows no control sequences is sent none. */
static void
test_dumb_terminal (void **state)
{
  static const char *const dumb[] = { "dumb", "", NULL };
  for (guint i = 0; i < G_N_ELEMENTS (dumb); i++)
    {
      g_autofree char *text = shown_on_terminal (*state, dumb[i]);
      assert_null (strchr (text, '\033'));
      assert_text_has (text, " s] build …");
    }
  g_autofree char *clever = shown_on_terminal (*state, "xterm");
  assert_text_has (clever, "\033[K3 of 9   build [");
}

static void
test_quiet (void **state)
{
  g_autofree char *text = shown (*state, -1);

  assert_string_equal (text, "");
}

/* What succeeded is what the next run expects; what failed early says nothing of how long it takes. */
static void
test_timings (void **state)
{
  g_autofree char *path = g_build_filename (*state, "timings.ini", NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *damaged = NULL;

  g_free (shown (*state, 0));
  assert_true (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL));
  assert_true (g_key_file_has_key (file, "seconds", "vmx boot", NULL));
  assert_false (g_key_file_has_key (file, "seconds", "build", NULL));
  assert_true (g_file_set_contents (path, "no [ini] at all", -1, NULL));
  damaged = shown (*state, 0);
  assert_text_has (damaged, "vmx: boot … (about 40 s)");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_plain_lines, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_dumb_terminal, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_quiet, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_timings, folder_setup, folder_teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
