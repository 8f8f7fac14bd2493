/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distributions without a machine: configs, checksums, signatures, qemu-img's words, dpkg's status, boot loaders' configurations, seeds. */
#include "unit.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/run.h"
#include "config/config.h"
#include "image/appliance.h"
#include "image/distro-about.h"
#include "image/distro-disk.h"
#include "image/distro-info.h"
#include "image/distro-look.h"
#include "image/distro-packages.h"
#include "image/distro-sums.h"
#include "image/distro.h"
#include "image/seed-text.h"

#define CONFIG \
  "[distribution]\ntitle = T\n" \
  "[packages]\nsuite = bookworm\nsources = deb http://a.b/debian bookworm main; deb https://c.d/x bookworm-updates main contrib;\nkeyring = k.gpg\n" \
  "include = dpkg  apt,systemd-sysv\ncmdline = console=ttyS0\ndisk_mib = 2048\n" \
  "[download]\nurl = https://e.f/i.qcow2\nsums_url = https://e.f/SHA512SUMS\nsums = sha512\n"

/* --- configs ----------------------------------------------------------------------------------- */

static void
test_committed (void **state)
{
  (void) state;
  g_auto (GStrv) names = NULL;
  g_autoptr (GError) error = NULL;

  distro_names ("configs/distributions", &names, &error);
  assert_no_failure (error);
  assert_int_equal (g_strv_length (names), 3);
  assert_string_equal (names[0], "debian-12");
  assert_string_equal (names[2], "ubuntu-24.04");
  for (guint i = 0; names[i]; i++)
    {
      g_autofree char *path = g_strdup_printf ("configs/distributions/%s.conf", names[i]);
      g_autoptr (DistributionConfig) config = NULL;

      distribution_config_load (path, &config, &error);
      assert_no_failure (error);
      assert_string_equal (config->name, names[i]);
      assert_true (config->suite[0] != '\0' && g_file_test (config->keyring, G_FILE_TEST_EXISTS));
      assert_text_has (strrchr (config->cmdline, ' '), "console=ttyS0");
      assert_int_equal (strlen (config->signature_fingerprint), i < 2 ? 0 : 40);
      assert_true (i < 2 || g_file_test (config->signature_keyring, G_FILE_TEST_EXISTS));
    }
}

static void
test_values (void **state)
{
  g_autofree char *path = put_file (*state, "mine.conf", CONFIG);
  g_autofree char *keyring = g_build_filename (*state, "k.gpg", NULL);
  g_autoptr (DistributionConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  distribution_config_load (path, &config, &error);
  assert_no_failure (error);
  assert_string_equal (config->name, "mine");
  assert_int_equal (g_strv_length (config->sources), 2);
  assert_string_equal (config->sources[1], "deb https://c.d/x bookworm-updates main contrib");
  assert_int_equal (g_strv_length (config->include), 3);
  assert_string_equal (config->include[2], "systemd-sysv");
  assert_string_equal (config->keyring, keyring);
  assert_int_equal (config->disk_mib, 2048);
}

/* One line of the config replaced: refused, at that line, with that word. */
static void
test_mistakes (void **state)
{
  static const struct {
    const char *from, *to, *line, *says;
  } mistakes[] = {
    { "suite = bookworm", "suite = book worm", ":4:", "release's name" },
    { "deb http://a.b/debian bookworm main;", "deb [trusted=yes] http://a.b/debian bookworm main;", ":5:", "deb URL SUITE" },
    { "deb http://a.b/debian bookworm main;", "deb file:/srv bookworm main;", ":5:", "deb URL SUITE" },
    { "deb http://a.b/debian bookworm main;", "bookworm main;", ":5:", "archive = debian" },
    { "suite = bookworm", "suite = bookworm\narchive = gentoo", ":5:", "debian or ubuntu" },
    { "suite = bookworm", "suite = bookworm\nmirror = ftp://a", ":5:", "http://" },
    { "keyring = k.gpg", "keyring =", ":3:", "keyring" },
    { "dpkg  apt", "dpkg  --hook", ":7:", "no package's name" },
    { "console=ttyS0", "console=ttyS0\"; reboot", ":8:", "quotes" },
    { "disk_mib = 2048", "disk_mib = 12", ":9:", "1024" },
    { "url = https://e.f/i.qcow2", "url = ftp://e.f/i", ":11:", "https://" },
    { "sums = sha512", "sums = md5", ":13:", "sha256" },
    { "sums = sha512\n", "sums = sha512\nsignature_url = https://e.f/s\n", ":10:", "signature_keyring" },
    { "sums = sha512\n", "sums = sha512\nsignature_url = https://e.f/s\nsignature_keyring = k\nsignature_fingerprint = 00\n", ":16:", "40" },
    { "[download]", "[downloads]", ":10:", "unknown group" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_auto (GStrv) parts = g_strsplit (CONFIG, mistakes[i].from, 2);
      g_autofree char *text = g_strjoinv (mistakes[i].to, parts);
      g_autofree char *path = put_file (*state, "bad.conf", text);
      g_autoptr (DistributionConfig) config = NULL;
      g_autoptr (GError) error = NULL;

      assert_int_equal (g_strv_length (parts), 2);
      assert_false (distribution_config_load (path, &config, &error));
      assert_failed (error, HARNESS_ERROR_USAGE, mistakes[i].says);
      if (mistakes[i].line[1] != '3' && i != 12)
        assert_text_has (error->message, mistakes[i].line);
    }
}

/* --- checksums --------------------------------------------------------------------------------- */

#define SUM "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" /* of nothing */
#define OTHER "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"

static void
test_sums (void **state)
{
  (void) state;
  static const struct {
    const char *text, *says;
  } cases[] = {
    { SUM "  image\n", NULL },
    { OTHER " *other\n" SUM " *image\n", NULL },
    { SUM "  ./image\n" SUM "  image\n", NULL },
    { SUM "  image", NULL },
    { OTHER "  other\n", "no checksum" },
    { "", "no checksum" },
    { SUM "  image\n" OTHER "  image\n", "two checksums" },
    { SUM " image\n", "line 1" },
    { "<html>\n" SUM "  image\n", "line 1" },
    { OTHER "  other\n\n" SUM "  image\n", "line 2" },
    { "e3b0  image\n", "line 1" },
    { SUM "00  image\n", "line 1" },
    { SUM "  im age\n", "line 1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *hex = NULL;
      g_autoptr (GError) error = NULL;
      const gboolean ok = sums_find (cases[i].text, G_CHECKSUM_SHA256, "image", &hex, &error);

      assert_int_equal (ok, cases[i].says == NULL);
      if (ok)
        assert_string_equal (hex, SUM);
      else
        assert_failed (error, HARNESS_ERROR_FAILED, cases[i].says);
    }
}

static void
test_given_sum (void **state)
{
  static const char *const bad[] = { "", SUM, "md5:d41d8cd98f00b204e9800998ecf8427e", "sha512:" SUM, "sha256:" SUM "0", "sha256:x" };
  g_autofree char *empty = put_file (*state, "empty", "");
  g_autofree char *hex = NULL, *of_file = NULL;
  GChecksumType type;
  g_autoptr (GError) error = NULL;

  assert_true (sums_parse ("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", &type, &hex, &error));
  assert_string_equal (hex, SUM);
  assert_true (sums_of_file (empty, type, &of_file, &error));
  assert_string_equal (of_file, SUM);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) refused = NULL;

      assert_false (sums_parse (bad[i], &type, &hex, &refused));
      assert_failed (refused, HARNESS_ERROR_USAGE, "no checksum");
    }
}

#define KEY "D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81"
#define VALID "[GNUPG:] VALIDSIG 00EB44626FDDC30B513D5BB71A5D6C4C7DB87C00 2026-01-01 0 0 4 0 1 10 00 "

static void
test_signature (void **state)
{
  (void) state;
  assert_true (sums_signature_is_good ("[GNUPG:] NEWSIG\n" VALID KEY "\n", KEY));
  assert_false (sums_signature_is_good ("[GNUPG:] NEWSIG\n", KEY));
  assert_false (sums_signature_is_good ("", KEY));
  assert_false (sums_signature_is_good (VALID "00EB44626FDDC30B513D5BB71A5D6C4C7DB87C81\n", KEY));
  assert_false (sums_signature_is_good (VALID KEY "\n[GNUPG:] BADSIG 1A5D6C4C7DB87C81 x\n", KEY));
  assert_false (sums_signature_is_good ("x" VALID KEY "\n", KEY));
}

/* --- what disks and programs say ---------------------------------------------------------------- */

static void
test_info (void **state)
{
  (void) state;
  g_auto (DistroInfo) info = { 0 };
  g_autoptr (GError) error = NULL;
  static const char *const bad[] = { "", "[]", "{}", "{\"format\":\"raw\"}", "{\"format\":1,\"virtual-size\":1}", "{\"format\":\"raw\",\"virtual-size\":-1}", "{\"format\":\"raw\",\"virtual-size\":\"1\"}" };

  assert_true (distro_info_parse ("{\"format\":\"qcow2\",\"virtual-size\":1048576,\"encrypted\":true,\"format-specific\":{\"type\":\"qcow2\",\"data\":{\"data-file\":\"/etc/shadow\"}}}", &info, &error));
  assert_string_equal (info.format, "qcow2");
  assert_int_equal (info.virtual_bytes, 1048576);
  assert_true (info.encrypted);
  assert_string_equal (info.elsewhere, "/etc/shadow");
  distro_info_clear (&info);
  assert_true (distro_info_parse ("{\"format\":\"qcow2\",\"virtual-size\":1,\"backing-filename\":\"base\"}", &info, &error));
  assert_string_equal (info.elsewhere, "base");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_auto (DistroInfo) none = { 0 };
      g_autoptr (GError) refused = NULL;

      assert_false (distro_info_parse (bad[i], &none, &refused));
      assert_failed (refused, HARNESS_ERROR_FAILED, "cannot be read");
    }
}

static void
test_packages (void **state)
{
  (void) state;
  static const char status[] = "Package: b\nStatus: install ok installed\nVersion: 1:2-3\nDescription: x\n Package: not\n\n"
                               "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
                               "Package: a\nVersion: 4\nStatus: install ok installed\n\nPackage: half\n\nPackage: c\nStatus: install ok installed\nVersion: 5";
  g_autoptr (GPtrArray) packages = distro_about_packages (status);
  static const char *const expected[][2] = { { "a", "4" }, { "b", "1:2-3" }, { "c", "5" } };

  assert_int_equal (packages->len, 3);
  for (guint i = 0; i < packages->len; i++)
    {
      const DistroPackage *package = packages->pdata[i];

      assert_string_equal (package->name, expected[i][0]);
      assert_string_equal (package->version, expected[i][1]);
    }
  g_autoptr (GPtrArray) none = distro_about_packages ("");
  assert_int_equal (none->len, 0);
}

static void
test_os_release (void **state)
{
  (void) state;
  static const char text[] = "NAME=Debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID='debian'\nBAD=a\x1b[2Jb\n";
  g_autofree char *pretty = distro_about_os (text, "PRETTY_NAME"), *id = distro_about_os (text, "ID"), *bad = distro_about_os (text, "BAD"), *none = distro_about_os (text, "N");

  assert_string_equal (pretty, "Debian GNU/Linux 12 (bookworm)");
  assert_string_equal (id, "debian");
  assert_string_equal (bad, "a?[2Jb");
  assert_string_equal (none, "");
}

static void
test_about (void **state)
{
  g_autoptr (DistroAbout) about = distro_about_new ("n", "file"), again = NULL;
  g_autofree char *path = NULL, *text = NULL, *bad = NULL;
  g_autoptr (GError) error = NULL;

  about->key = g_strdup ("k");
  about->origin = g_strdup ("o \"\xff\"");
  about->source = g_strdup ("s");
  about->os = g_strdup ("os");
  about->kernel = g_strdup ("vmlinuz");
  about->sha256 = g_strdup (SUM);
  about->virtual_bytes = 42;
  distro_about_unverified (about, "all of %d", 1);
  text = distro_about_json (about);
  assert_text_has (text, "all of 1");
  path = put_file (*state, "about.json", text);
  distro_about_load (path, &again, &error);
  assert_no_failure (error);
  assert_string_equal (again->sha256, SUM);
  assert_int_equal (again->virtual_bytes, 42);
  bad = put_file (*state, "bad.json", "{\"name\":\"n\"}");
  assert_false (distro_about_load (bad, &again, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "not what tells");
}

static void
test_console (void **state)
{
  (void) state;
  assert_int_equal (distro_look_for_console ("\tlinux /vmlinuz root=x console=ttyS0,115200\n"), DISTRO_CONSOLE_THERE);
  assert_int_equal (distro_look_for_console ("options root=x console=ttyS0\n"), DISTRO_CONSOLE_THERE);
  assert_int_equal (distro_look_for_console ("\tlinux /vmlinuz root=x\n# console=ttyS0\n"), DISTRO_CONSOLE_MISSING);
  assert_int_equal (distro_look_for_console ("APPEND root=x\n"), DISTRO_CONSOLE_MISSING);
  assert_int_equal (distro_look_for_console ("search.fs_uuid x\nconfigfile y\n"), DISTRO_CONSOLE_UNKNOWN);
}

static void
test_release_date (void **state)
{
  (void) state;
  gint64 seconds = 0;
  static const char *const bad[] = { "", "Date:", "Date: Sat, 15 Foo 2025 09:47:11 UTC", "Date: Sat, 31 Feb 2025 09:47:11 UTC", "Date: Sat, 15 Nov 2025 09:47:11 CET", "Date: Sat, 15 Nov 1925 09:47:11 UTC", "Date: Sat, 15 anF 2025 09:47:11 UTC" };

  assert_true (distro_release_date ("Origin: Debian\nDate: Sat, 15 Nov 2025 09:47:11 UTC\nX: y\n", &seconds));
  assert_int_equal (seconds, 1763200031);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_false (distro_release_date (bad[i], &seconds));
}

static void
test_uuid (void **state)
{
  (void) state;
  g_autofree char *one = distro_disk_uuid ("k", "root"), *same = distro_disk_uuid ("k", "root"), *other = distro_disk_uuid ("k", "disk");

  assert_true (g_uuid_string_is_valid (one));
  assert_string_equal (one, same);
  assert_string_not_equal (one, other);
}

/* --- this host --------------------------------------------------------------------------------- */

static void
test_kernel (void **state)
{
  g_autoptr (GError) none = NULL, unreadable = NULL, error = NULL;
  g_autofree char *path = NULL;

  assert_false (appliance_check_kernel (*state, &none));
  assert_failed (none, HARNESS_ERROR_HOST, "apt-get install");
  path = put_file (*state, "vmlinuz-1", "x");
  assert_int_equal (g_chmod (path, 0), 0);
  if (geteuid () != 0)
    {
      assert_false (appliance_check_kernel (*state, &unreadable));
      assert_failed (unreadable, HARNESS_ERROR_HOST, "sudo chmod a+r");
    }
  assert_int_equal (g_chmod (path, 0644), 0);
  assert_true (appliance_check_kernel (*state, &error));
}

/* --- seeds ------------------------------------------------------------------------------------- */

static void
test_user_data (void **state)
{
  (void) state;
  g_autofree char *plain = seed_user_data (FALSE, NULL), *report = seed_user_data (TRUE, "#cloud-config\nruncmd:\n- [true]\n"), *meta = seed_meta_data ("vm");

  assert_true (g_str_has_prefix (plain, "#cloud-config-archive\n- type: text/cloud-config\n  content: \"#cloud-config\\n"));
  assert_null (strstr (plain, "boot-report"));
  assert_text_has (report, "systemd-run");
  assert_text_has (report, "merge-type");
  assert_text_has (report, "harness-boot 1");
  assert_string_equal (meta, "instance-id: harness-1\nlocal-hostname: vm\n");
}

static void
test_seed (void **state)
{
  g_autofree char *one_dir = g_build_filename (*state, "one", NULL), *other_dir = g_build_filename (*state, "other", NULL);
  g_autofree char *one = NULL, *other = NULL, *again = NULL, *sum = NULL, *other_sum = NULL, *again_sum = NULL;
  g_autofree char *program = run_find_program ("cloud-localds"), *xorriso = run_find_program ("xorrisofs");
  SeedSpec spec = { .hostname = "vm", .report = TRUE, .cache_dir = one_dir };
  g_autoptr (GError) error = NULL;
  struct stat before, after;

  if (!program || !xorriso)
    skip ();
  seed_build (&spec, &one, &sum, &error);
  assert_no_failure (error);
  assert_int_equal (stat (one, &before), 0);
  g_usleep (1100000); /* another second than the first was made in */
  spec.cache_dir = other_dir;
  seed_build (&spec, &other, &other_sum, &error);
  assert_no_failure (error);
  assert_string_equal (sum, other_sum);
  spec.cache_dir = one_dir;
  seed_build (&spec, &again, &again_sum, &error);
  assert_no_failure (error);
  assert_int_equal (stat (again, &after), 0);
  assert_int_equal (before.st_ino, after.st_ino);
  assert_int_equal (count_entries (one_dir), 1);
}

static void
test_seed_refused (void **state)
{
  static const struct {
    SeedSpec spec;
    const char *says;
  } cases[] = {
    { { .hostname = "" }, "host name" },
    { { .hostname = "a\nb: c" }, "host name" },
    { { .hostname = "-a" }, "host name" },
    { { .hostname = "a", .user_data = "#!/bin/sh\n" }, "#cloud-config" },
    { { .hostname = "a", .user_data = "#cloud-config\n\xff" }, "UTF-8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SeedSpec spec = cases[i].spec;
      g_autofree char *path = NULL, *sum = NULL;
      g_autoptr (GError) error = NULL;

      spec.cache_dir = *state;
      assert_false (seed_build (&spec, &path, &sum, &error));
      assert_failed (error, HARNESS_ERROR_USAGE, cases[i].says);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_committed),
    cmocka_unit_test_setup_teardown (test_values, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_mistakes, folder_setup, folder_teardown),
    cmocka_unit_test (test_sums),
    cmocka_unit_test_setup_teardown (test_given_sum, folder_setup, folder_teardown),
    cmocka_unit_test (test_signature),
    cmocka_unit_test (test_info),
    cmocka_unit_test (test_packages),
    cmocka_unit_test (test_os_release),
    cmocka_unit_test_setup_teardown (test_about, folder_setup, folder_teardown),
    cmocka_unit_test (test_console),
    cmocka_unit_test (test_release_date),
    cmocka_unit_test (test_uuid),
    cmocka_unit_test_setup_teardown (test_kernel, folder_setup, folder_teardown),
    cmocka_unit_test (test_user_data),
    cmocka_unit_test_setup_teardown (test_seed, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_seed_refused, folder_setup, folder_teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
