/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot report's parser: what it takes, and each way in which a report is refused. */
#include "unit/unit.h"

#include "record/boot-report.h"
#include "timeline/boot-report.h"

static BootReport *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  BootReport *report = NULL;

  boot_report_parse (text, strlen (text), &report, &error);
  assert_no_failure (error);
  return report;
}

static void
assert_refused (const char *lines, const char *why)
{
  g_autofree char *text = g_strconcat ("harness-boot 1\n", lines, NULL);
  g_autoptr (GError) error = NULL;
  BootReport *report = NULL;

  assert_false (boot_report_parse (text, strlen (text), &report, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, why);
  assert_null (report);
}

static void
test_whole (void **state)
{
  g_autoptr (BootReport) r = parse ("harness-boot 1\n"
                                    "distribution debian 12\n"
                                    "clock 61000000000 61000004000\n"
                                    "clock 61000009000 61000009900\n"
                                    "printk 61000100000 60990100000 61000101000\n"
                                    "kernel 5480019000 Run /init as init process\n"
                                    "kernel 6000000000 \n"
                                    "systemd KernelTimestampMonotonic 0\n"
                                    "systemd UserspaceTimestampMonotonic 7853087\n"
                                    "systemd FinishTimestampMonotonic 60000001\n"
                                    "unit ssh.service 900 1000\n"
                                    "unit dev-disk-by\\x2duuid-6c1d.device 800 800\n"
                                    "unit -.mount 800 0\n"
                                    "unit again.service 900 700\n"
                                    "unit ssh.service 900 1000\n"
                                    "cloud-init degraded done\n"
                                    "failed modprobe@fuse.service\n"
                                    "end\n");

  (void) state;
  assert_string_equal (r->id, "debian");
  assert_string_equal (r->version, "12");
  assert_int_equal (r->clocks->len, 2);
  assert_int_equal (g_array_index (r->clocks, BootBracket, 1).after_ns, 61000009900);
  assert_int_equal (g_array_index (r->printks, BootBracket, 0).printk_ns, 60990100000);
  assert_int_equal (r->messages->len, 1); /* one without a text is none */
  assert_string_equal (g_array_index (r->messages, BootMessage, 0).text, "Run /init as init process");
  assert_int_equal (r->userspace_us, 7853087);
  assert_int_equal (r->finish_us, 60000001);
  assert_int_equal (r->units->len, 4);
  assert_string_equal (g_array_index (r->units, BootUnit, 0).name, "-.mount"); /* by start, then by name */
  assert_string_equal (g_array_index (r->units, BootUnit, 1).name, "dev-disk-by\\x2duuid-6c1d.device");
  assert_string_equal (g_array_index (r->units, BootUnit, 2).name, "again.service");
  assert_int_equal (g_array_index (r->units, BootUnit, 2).active_us, 0); /* of an earlier start */
  assert_string_equal (g_array_index (r->units, BootUnit, 3).name, "ssh.service");
  assert_string_equal (r->cloud_init, "degraded done");
  assert_string_equal (g_ptr_array_index (r->failed, 0), "modprobe@fuse.service");
}

static void
test_terminal (void **state)
{
  g_autoptr (BootReport) r = parse ("\xff noise\r\nharness-boot 1\r\ndistribution arch\r\nend\r\n\x01\x02 and more");

  (void) state;
  assert_string_equal (r->id, "arch");
  assert_null (r->version);
}

static BootReport *
parse_file (const char *path)
{
  g_autofree char *text = NULL;

  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return parse (text);
}

/* What seed/boot-report.py wrote in real boots. */
static void
test_real (void **state)
{
  g_autoptr (BootReport) r12 = parse_file ("tests/data/boot-report/debian-12.txt"), r13 = parse_file ("tests/data/boot-report/debian-13.txt");

  (void) state;
  assert_string_equal (r12->version, "12");
  assert_int_equal (r12->units->len, 88);
  assert_int_equal (r12->clocks->len, 0); /* without /dev/port */
  assert_string_equal (r12->cloud_init, "error");
  assert_string_equal (g_ptr_array_index (r12->failed, 0), "cloud-config.service");
  assert_string_equal (r13->version, "13");
  assert_int_equal (r13->units->len, 86);
  assert_int_equal (r13->clocks->len, 4);
  assert_int_equal (r13->userspace_us, 9061779);
  assert_string_equal (r13->cloud_init, "done");
}

static void
test_refused (void **state)
{
  static const struct {
    const char *lines, *why;
  } cases[] = {
    { "", "it is cut" },
    { "distribution debian 12\nend", "it is cut" },
    { "distribution\nend\n", "line 2: not one \"distribution" },
    { "distribution a 1\ndistribution a 1\nend\n", "line 3: not one \"distribution" },
    { "clock-rip 0\nend\n", "line 2: not one \"clock-rip" },
    { "clock-rip 5\nclock-rip 5\nend\n", "line 3: not one \"clock-rip" },
    { "clock 5 6\nclock-rip 5\nend\n", "line 3: not one \"clock-rip" },
    { "clock 5\nend\n", "line 2: not \"clock" },
    { "clock 5 4\nend\n", "line 2: not \"clock" },
    { "clock 5 6 7\nend\n", "line 2: not \"clock" },
    { "clock -5 6\nend\n", "line 2: not \"clock" },
    { "clock 5  6\nend\n", "line 2: not \"clock" },
    { "clock 0 604800000000001\nend\n", "line 2: not \"clock" }, /* more than a week */
    { "clock 0 99999999999999999999\nend\n", "line 2: not \"clock" },
    { "printk 1 2\nend\n", "line 2: not \"printk" },
    { "kernel text\nend\n", "line 2: not \"kernel" },
    { "systemd A\nend\n", "line 2: not \"systemd" },
    { "systemd A 1 2\nend\n", "line 2: not \"systemd" },
    { "systemd FinishTimestampMonotonic 18446744073709551615\nend\n", "line 2: FinishTimestampMonotonic is beyond" },
    { "unit a.service 1\nend\n", "line 2: not \"unit" },
    { "unit a,b.service 1 2\nend\n", "line 2: not \"unit" },
    { "unit <b> 1 2\nend\n", "line 2: not \"unit" },
    { "unit  1 2\nend\n", "line 2: not \"unit" },
    { "unit a.service 604800000001 2\nend\n", "line 2: not \"unit" },
    { "unit a.service 1 2\nunit a.service 1 3\nend\n", "unit a.service is told twice" },
    { "cloud-init\nend\n", "line 2: not one \"cloud-init" },
    { "cloud-init done\ncloud-init done\nend\n", "line 3: not one \"cloud-init" },
    { "failed\nend\n", "line 2: not \"failed" },
    { "failed a b\nend\n", "line 2: not \"failed" },
    { "\nend\n", "line 2: a line without a word" },
    { "reboot 1\nend\n", "line 2: \"reboot\" is no line" },
    { "end 1\n", "\"end\" is no line" },
  };
  g_autoptr (GError) error = NULL;
  BootReport *report = NULL;

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_refused (cases[i].lines, cases[i].why);
  assert_false (boot_report_parse ("", 0, &report, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "there is none");
  g_clear_error (&error);
  assert_false (boot_report_parse ("harness-boot 2\nend\n", 19, &report, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "no line \"harness-boot 1\"");
}

static char *
repeat (const char *format, guint n)
{
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", i);
      g_auto (GStrv) parts = g_strsplit (format, "#", -1);
      g_autofree char *line = g_strjoinv (number, parts);
      g_string_append (out, line);
    }
  g_string_append (out, "end\n");
  return g_string_free (out, FALSE);
}

static void
test_limits (void **state)
{
  static const struct {
    const char *line, *why;
    guint most;
  } cases[] = {
    { "unit a#.service 1 2\n", "more than 1024 units", BOOT_REPORT_UNITS_MAX },
    { "clock # #\n", "more than 1024 lines", 1024 },
    { "kernel # x\n", "more than 256 messages", 256 },
    { "failed a#\n", "more than 1024 units that failed", BOOT_REPORT_UNITS_MAX },
  };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *most = repeat (cases[i].line, cases[i].most), *more = repeat (cases[i].line, cases[i].most + 1);
      g_autofree char *text = g_strconcat ("harness-boot 1\n", most, NULL);
      boot_report_free (parse (text));
      assert_refused (more, cases[i].why);
    }
  g_autofree char *letters = g_strnfill (BOOT_REPORT_LINE_MAX, 'x');
  g_autofree char *line = g_strconcat ("kernel 1 ", letters, "\nend\n", NULL);
  assert_refused (line, "line 2: longer than 512 bytes");
  g_autofree char *name = g_strnfill (256, 'u');
  g_autofree char *unit = g_strconcat ("unit ", name, " 1 2\nend\n", NULL);
  assert_refused (unit, "not \"unit");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_whole),
    cmocka_unit_test (test_terminal),
    cmocka_unit_test (test_real),
    cmocka_unit_test (test_refused),
    cmocka_unit_test (test_limits),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
