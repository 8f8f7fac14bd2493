/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bases on demand without a network: versions, archives' lists, what is kept, where archives are. tests/integration/bases.sh fetches. */
#include "unit.h"

#include <unistd.h>

#include "base/apt-archive.h"
#include "base/run.h"
#include "config/config.h"
#include "kernel/base-offers.h"
#include "kernel/bases.h"

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* --- versions ---------------------------------------------------------------------------------- */

static void
test_versions (void **state)
{
  (void) state;
  static const char *const ascending[] = { "4.20.9", "5.4", "5.4.1", "5.13.0", "6.2-rc3", "6.2.0-rc10", "6.2.0", "6.12.118" };
  static const char *const wrong[] = { "", "5", "5.", "5.x", ".5", "5.13.", "5.13.0.1", "5.13-rc", "5.13-rc0", "5.13 ", "-5.13", "5.99999", "5.13-generic" };
  KernelVersion a, b;
  for (guint i = 0; i + 1 < G_N_ELEMENTS (ascending); i++)
    {
      assert_true (kernel_version_parse (ascending[i], &a) && kernel_version_parse (ascending[i + 1], &b));
      assert_true (kernel_version_compare (&a, &b) < 0 && kernel_version_compare (&b, &a) > 0);
    }
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_false (kernel_version_parse (wrong[i], &a));
  assert_true (kernel_version_parse ("6.2", &a) && kernel_version_parse ("6.2.5", &b));
  assert_true (kernel_version_is (&a, &b));
  assert_true (kernel_version_parse ("6.2-rc3", &b));
  assert_false (kernel_version_is (&a, &b));
  assert_true (kernel_version_parse ("6.2.0", &a) && kernel_version_parse ("6.2.5", &b));
  assert_false (kernel_version_is (&a, &b));
}

/* --- archives' lists --------------------------------------------------------------------------- */

static char *packages[] = { "linux", "linux-hwe", "linux-oem", NULL };

static GPtrArray *
read_sources (const char *text)
{
  GPtrArray *offers = base_offers_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_auto (SourcesReader) reader = { 0 };
  sources_reader_init (&reader, "http://a.b/x/", packages, offers);
  for (char **line = lines; *line != NULL; line++)
    sources_reader_line (*line, &reader);
  sources_reader_end (&reader);
  base_offers_sort (offers, packages);
  return offers;
}

#define STANZA(package, directory, file) \
  "Package: " package "\nBinary: p\nFiles:\n 0123 77 " file "\nChecksums-Sha256:\n " SHA " 11 x.dsc\n " SHA " 77 " file "\nDirectory: " directory "\n\n"

static void
test_lists (void **state)
{
  (void) state;
  g_autoptr (GPtrArray) offers = read_sources (
    STANZA ("linux-oem-5.13", "pool/o", "linux-oem-5.13_5.13.0.orig.tar.gz") STANZA ("linux", "pool/l", "linux_7.2~rc3.orig.tar.xz")
    STANZA ("linux-hwe-5.13", "pool/h", "linux-hwe-5.13_5.13.0.orig.tar.gz") STANZA ("linux", "pool/l", "linux_6.1.8.orig.tar.xz")
    STANZA ("linux", "pool/l", "linux_6.1.4.orig.tar.xz") STANZA ("linux", "pool/l", "linux_6.1.4.orig.tar.xz")
    /* What is no kernel, or no plain name. */
    STANZA ("linux-atm", "pool/a", "linux-atm_2.5.1.orig.tar.gz") STANZA ("linux-hwe-edge", "pool/e", "linux-hwe-edge_5.1.0.orig.tar.gz")
    STANZA ("linux", "pool/l", "linux_6.1.8-1.debian.tar.xz") STANZA ("linux", "pool/l", "linux_6.1.9.orig.tar.gz.asc")
    STANZA ("linux", "pool/'l", "linux_6.1.10.orig.tar.gz") "Package: linux\n\nDirectory: pool/l\n");
  static const char *const expected[] = { "5.13.0 linux-hwe-5.13 http://a.b/x/pool/h/linux-hwe-5.13_5.13.0.orig.tar.gz",
                                          "5.13.0 linux-oem-5.13 http://a.b/x/pool/o/linux-oem-5.13_5.13.0.orig.tar.gz",
                                          "6.1.4 linux http://a.b/x/pool/l/linux_6.1.4.orig.tar.xz", "6.1.8 linux http://a.b/x/pool/l/linux_6.1.8.orig.tar.xz",
                                          "7.2.0-rc3 linux http://a.b/x/pool/l/linux_7.2~rc3.orig.tar.xz" };
  assert_int_equal (offers->len, G_N_ELEMENTS (expected));
  for (guint i = 0; i < offers->len; i++)
    {
      const KernelBaseOffer *offer = g_ptr_array_index (offers, i);
      g_autofree char *text = g_strdup_printf ("%s %s %s", offer->version, offer->package, offer->url);
      assert_string_equal (text, expected[i]);
      assert_int_equal (offer->bytes, 77);
      assert_string_equal (offer->sha256, SHA);
    }

  static const struct {
    const char *wanted, *first, *next;
    guint count;
  } cases[] = { { "5.13", "5.13.0", NULL, 2 }, { "6.1", "6.1.4", NULL, 1 }, { "6.1.8", "6.1.8", NULL, 1 }, { "7.2-rc3", "7.2.0-rc3", NULL, 1 },
                { "6.1.6", NULL, "6.1.4 and 6.1.8", 0 }, { "4.4", NULL, "5.13.0", 0 }, { "8.0", NULL, "7.2.0-rc3", 0 }, { "7.2", NULL, "7.2.0-rc3", 0 } };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      KernelVersion wanted;
      assert_true (kernel_version_parse (cases[i].wanted, &wanted));
      g_autoptr (GPtrArray) found = base_offers_of (offers, &wanted);
      assert_int_equal (found->len, cases[i].count);
      if (cases[i].first != NULL)
        assert_string_equal (((KernelBaseOffer *) g_ptr_array_index (found, 0))->version, cases[i].first);
      g_autofree char *next = base_offers_next (offers, &wanted);
      if (cases[i].next != NULL)
        assert_string_equal (next, cases[i].next);
    }
}

static void
test_list_kept (void **state)
{
  g_autofree char *cache = g_build_filename (*state, "cache", NULL);
  g_autoptr (GPtrArray) offers = read_sources (STANZA ("linux", "pool/l", "linux_6.1.8.orig.tar.xz"));
  g_autofree char *text = base_offers_text (offers);
  g_autoptr (GPtrArray) read = NULL;
  assert_true (base_offers_parse (text, &read));
  assert_int_equal (read->len, 1);
  g_autofree char *again = base_offers_text (read);
  assert_string_equal (again, text);
  static const char *const changes[][2] = { { "6.1.8", "6.1" }, { "77", "0" }, { "77", "seven" }, { "e3b0", "E3B0" }, { "e3b0", "3b0" }, { "version", "vers" }, { "\thttp", "http" } };
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_auto (GStrv) parts = g_strsplit (text, changes[i][0], 2);
      g_autofree char *bad = g_strjoinv (changes[i][1], parts);
      g_autoptr (GPtrArray) none = NULL;
      assert_false (base_offers_parse (bad, &none));
    }

  /* What is known offline: without a list, mainline's releases as they were known; with one, what it says. */
  assert_true (kernel_bases_has (cache, "5.13") && kernel_bases_has (cache, "5.13.0"));
  assert_false (kernel_bases_has (cache, "6.1.8") || kernel_bases_has (cache, "5.12") || kernel_bases_has (cache, "x"));
  g_free (put_file (cache, "kernel-bases.list", text));
  assert_true (kernel_bases_has (cache, "6.1.8"));
  assert_false (kernel_bases_has (cache, "5.13"));
  g_free (put_file (cache, "kernel-bases.list", "nonsense"));
  g_autoptr (GPtrArray) known = kernel_bases_known (cache);
  assert_int_equal (known->len, 0);
}

static void
test_commands (void **state)
{
  (void) state;
  static const char *const cases[][2] = { { "5.13", "./harness build bases 5.13" }, { "5.13.0", "./harness build bases 5.13" }, { "6.12.118", "./harness build bases 6.12.118" },
                                          { "6.2.0-rc3", "./harness build bases 6.2.0-rc3" }, { "; rm", "./harness build bases --tree DIR" } };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *command = kernel_bases_command (cases[i][0]);
      assert_string_equal (command, cases[i][1]);
    }
}

/* --- what is kept ------------------------------------------------------------------------------ */

static char *
make_tree (const char *dir, const char *name, const char *extra)
{
  static const char *const files[] = { "arch/x86/kvm/x86.c", "arch/x86/kvm/cpuid.c", "arch/x86/kvm/vmx/vmx.c", "arch/x86/include/asm/kvm_host.h", "include/linux/kvm_host.h",
                                       "virt/kvm/kvm_main.c", "arch/x86/kernel/cpu.c", "tools/virt/kvm/kvm_main.c", "Documentation/virt/kvm/api.rst", "arch/x86/kvm/x86.o" };
  char *tree = g_build_filename (dir, name, NULL);
  g_autofree char *makefile = g_strdup_printf ("VERSION = 6\nPATCHLEVEL = 2\nSUBLEVEL = 0\nEXTRAVERSION =%s\n", extra);
  g_free (put_file (tree, "Makefile", makefile));
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    g_free (put_file (tree, files[i], files[i]));
  return tree;
}

static KernelAtHand *
keep_tree (const char *dir, const char *path)
{
  g_autofree char *cache = g_build_filename (dir, "cache", NULL);
  const KernelBasesSpec spec = { .cache_dir = cache };
  KernelAtHand *base = NULL;
  g_autoptr (GError) error = NULL;
  kernel_bases_keep_tree (&spec, path, &base, &error);
  assert_no_failure (error);
  return base;
}

static void
assert_part (const KernelAtHand *base)
{
  static const struct {
    const char *name;
    gboolean there;
  } files[] = { { "arch/x86/kvm/vmx/vmx.c", TRUE }, { "virt/kvm/kvm_main.c", TRUE },  { "include/linux/kvm_host.h", TRUE }, { "Makefile", TRUE },
                { "arch/x86/kernel/cpu.c", FALSE }, { "virt/kvm/api.rst", FALSE },    { "tools", FALSE } };
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (base->dir, files[i].name, NULL);
      assert_int_equal (g_file_test (path, G_FILE_TEST_EXISTS), files[i].there);
    }
}

/* A folder, a tarball of it, and one without a folder at its top, as `git archive` makes it. */
static void
test_trees (void **state)
{
  const char *dir = *state;
  g_autofree char *cache = g_build_filename (dir, "cache", NULL);
  g_autofree char *tree = make_tree (dir, "linux-mine", " -rc3");
  g_autofree char *object = g_build_filename (tree, "arch/x86/kvm/x86.o", NULL);
  g_autofree char *tarball = g_build_filename (dir, "mine.tar.gz", NULL);
  g_autofree char *flat = g_build_filename (dir, "flat.tar", NULL);
  g_autoptr (KernelAtHand) first = keep_tree (dir, tree);
  assert_string_equal (first->name, "6.2.0-rc3 (linux-mine)");
  assert_string_equal (first->version, "6.2.0-rc3");
  assert_part (first);
  assert_int_equal (g_unlink (object), 0);

  g_autoptr (Run) pack = run_new ("tar", "-C", dir, "-czf", tarball, "linux-mine", NULL);
  g_autoptr (Run) pack_flat = run_new ("tar", "-C", tree, "-cf", flat, "Documentation", "Makefile", "arch", "include", "tools", "virt", NULL);
  assert_true (run_wait (pack, NULL) && run_wait (pack_flat, NULL));
  g_autoptr (KernelAtHand) second = keep_tree (dir, tarball);
  g_autoptr (KernelAtHand) third = keep_tree (dir, flat);
  assert_string_equal (second->dir, first->dir);
  assert_string_equal (third->dir, first->dir);
  assert_part (third);

  g_autoptr (GPtrArray) kept = NULL;
  assert_true (kernel_sources_kept (cache, NULL, &kept, NULL));
  assert_int_equal (kept->len, 1);
  assert_string_equal (((KernelAtHand *) g_ptr_array_index (kept, 0))->name, first->name);
}

/* What is kept is an input of grades; what was changed in it since is no longer kept. */
static void
test_damaged (void **state)
{
  const char *dir = *state;
  g_autofree char *cache = g_build_filename (dir, "cache", NULL);
  g_autofree char *tree = make_tree (dir, "linux", "");
  g_autoptr (InputHash) before = input_hash_new ("t");
  g_autoptr (InputHash) after = input_hash_new ("t");
  kernel_sources_hash_kept (cache, before);
  g_autoptr (KernelAtHand) base = keep_tree (dir, tree);
  kernel_sources_hash_kept (cache, after);
  g_autofree char *before_hex = input_hash_end (before);
  g_autofree char *after_hex = input_hash_end (after);
  assert_string_not_equal (before_hex, after_hex);

  g_free (put_file (base->dir, "arch/x86/kvm/x86.c", "changed"));
  g_autoptr (GPtrArray) kept = NULL;
  g_autoptr (GError) error = NULL;
  kernel_sources_kept (cache, NULL, &kept, &error);
  assert_no_failure (error);
  assert_int_equal (kept->len, 0);
  assert_false (g_file_test (base->dir, G_FILE_TEST_EXISTS));
}

static void
test_no_tree (void **state)
{
  const char *dir = *state;
  g_autofree char *cache = g_build_filename (dir, "cache", NULL);
  const KernelBasesSpec spec = { .cache_dir = cache };
  g_autofree char *tree = make_tree (dir, "linux", "");
  g_autofree char *file = g_build_filename (tree, "arch/x86/kvm/cpuid.c", NULL);
  g_autofree char *deep = g_build_filename (tree, "arch/x86/kvm/1/2/3/4/5/6/7/8/9/10", NULL);
  g_autofree char *none = g_build_filename (dir, "none", NULL);
  g_autofree char *text = put_file (dir, "text", "no archive");
  g_autoptr (KernelAtHand) base = NULL;
  struct {
    const char *path, *says;
  } cases[] = { { none, "no such folder" }, { text, "not a readable archive" }, { dir, "arch/x86/kvm/x86.c is missing" }, { tree, "arch/x86/kvm/cpuid.c is missing" } };
  /* A link may lead anywhere: it is no file. */
  assert_int_equal (g_unlink (file), 0);
  assert_int_equal (symlink ("/etc/passwd", file), 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      assert_false (kernel_bases_keep_tree (&spec, cases[i].path, &base, &error));
      assert_failed (error, HARNESS_ERROR_USAGE, cases[i].says);
    }
  g_autoptr (GError) error = NULL;
  assert_int_equal (g_mkdir_with_parents (deep, 0777), 0);
  assert_false (kernel_bases_keep_tree (&spec, tree, &base, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "folders deep");
  assert_int_equal (count_entries (cache), 0);
}

/* --- where archives are ------------------------------------------------------------------------ */

#define URI(address, suite) "'" address "/dists/" suite "/InRelease' name 0 \n"

static void
test_host (void **state)
{
  (void) state;
  static const struct {
    const char *uris, *name, *address;
    gboolean own;
  } cases[] = {
    { URI ("http://m.x/debian", "bookworm") URI ("http://m.x/debian", "bookworm-updates"), "debian", "http://m.x/debian", TRUE },
    { URI ("http://other.x/debian", "bookworm") URI ("http://m.x/debian", "bookworm-updates"), "debian", "http://m.x/debian", TRUE },
    { URI ("http://m.x/debian", "sid"), "debian", "http://m.x/debian", TRUE },
    { URI ("http://other.x/ubuntu", "jammy"), "ubuntu", NULL, FALSE },
    { URI ("http://m.x/debian", "bookworm-updates"), "ubuntu", NULL, FALSE },
    { URI ("http://m.x/debian", "bookworm-updates") URI ("https://s.x/debian-security", "bookworm-security"), "debian-security", "https://s.x/debian-security", TRUE },
    { URI ("http://m.x/debian", "bookworm-updates"), "debian-security", NULL, TRUE },
    { URI ("cdrom:[x]/debian", "bookworm-updates") URI ("http://m.x/notdebian", "bookworm-updates"), "debian", NULL, TRUE },
    { "'http://m.x/debian/dists/bookworm-updates/main/Packages.xz' name 0 \n", "debian", NULL, TRUE },
    { "", "debian", NULL, TRUE },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *address = apt_archive_of_uris (cases[i].uris, cases[i].name, cases[i].own);
      assert_int_equal (address == NULL, cases[i].address == NULL);
      if (address != NULL)
        assert_string_equal (address, cases[i].address);
    }
}

static void
test_debootstrap (void **state)
{
  g_autofree char *ran = g_build_filename (*state, "ran", NULL);
  g_autofree char *text = g_strdup_printf ("case $ARCH in\n amd64)\n case $SUITE in\n old) default_mirror http://old.x/ubuntu ;;\n *) default_mirror http://m.x/ubuntu ;;\n esac ;;\n"
                                           " *) default_mirror http://ports.x/ ;;\nesac\nmirror_style release\ntouch %s\n", ran);
  g_autofree char *script = put_file (*state, "gutsy", text);
  g_autofree char *silent = put_file (*state, "sid", "mirror_style release\nvariants - buildd\n");
  g_autofree char *program = put_file (*state, "debootstrap", "#!/bin/sh\nDEF_MIRROR=\"http://m.x/debian\"\nDEF_HTTPS_MIRROR=\"https://n.x/debian\"\n");
  g_autofree char *other = put_file (*state, "other", "DEF_MIRROR=\"file:/etc\"\n");
  g_autofree char *noble = apt_archive_of_script (script, "noble");
  g_autofree char *old = apt_archive_of_script (script, "old");
  g_autofree char *none = apt_archive_of_script (silent, "sid");
  g_autofree char *debian = apt_archive_of_program (program);
  g_autofree char *wrong = apt_archive_of_program (other);
  assert_string_equal (noble, "http://m.x/ubuntu");
  assert_string_equal (old, "http://old.x/ubuntu");
  assert_null (none);
  assert_string_equal (debian, "http://m.x/debian");
  assert_null (wrong);
  assert_false (g_file_test (ran, G_FILE_TEST_EXISTS));
}

static void
test_mirror (void **state)
{
  (void) state;
  static const char *const sources[] = { "bookworm main", "bookworm-security main contrib", "deb http://own.x/y z main", NULL };
  g_auto (GStrv) debian = NULL;
  g_auto (GStrv) ubuntu = NULL;
  assert_true (apt_archive_lines ("debian", "http://m.x/debian/", sources, &debian, NULL));
  assert_string_equal (debian[0], "deb http://m.x/debian bookworm main");
  assert_string_equal (debian[1], "deb http://m.x/debian-security bookworm-security main contrib");
  assert_string_equal (debian[2], sources[2]);
  assert_true (apt_archive_lines ("ubuntu", "http://m.x/ubuntu", (const char *const[]){ "noble-security main", NULL }, &ubuntu, NULL));
  assert_string_equal (ubuntu[0], "deb http://m.x/ubuntu noble-security main");
}

/* --- its config -------------------------------------------------------------------------------- */

#define CONFIG "[bases]\npackages = linux linux-hwe\n[debian]\nsources = sid main; forky main\nkeyring = k.gpg\nmirror = http://m.x/debian\n"

static void
test_config (void **state)
{
  static const struct {
    const char *from, *to, *line, *says;
  } mistakes[] = {
    { "linux-hwe", "--linux", ":2:", "no package's name" }, { "sid main", "sid", ":4:", "SUITE COMPONENT" },      { "sid main", "[trusted=yes] sid main", ":4:", "SUITE COMPONENT" },
    { "http://m.x", "ftp://m.x", ":6:", "http://" },        { "keyring = k.gpg\n", "", ":3:", "keyring" },        { "[debian]", "[gentoo]", ":3:", "unknown group" },
  };
  g_autofree char *path = put_file (*state, "bases.conf", CONFIG);
  g_autoptr (BasesConfig) config = NULL;
  g_autoptr (BasesConfig) committed = NULL;
  g_autoptr (GError) error = NULL;
  bases_config_load (path, &config, &error);
  assert_no_failure (error);
  assert_string_equal (config->archives[1].sources[1], "forky main");
  assert_true (g_str_has_prefix (config->archives[1].keyring, *state));
  assert_null (config->archives[0].sources[0]);
  bases_config_load ("configs/bases.conf", &committed, &error);
  assert_no_failure (error);
  assert_true (g_file_test (committed->archives[0].keyring, G_FILE_TEST_IS_REGULAR));
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_auto (GStrv) parts = g_strsplit (CONFIG, mistakes[i].from, 2);
      g_autofree char *text = g_strjoinv (mistakes[i].to, parts);
      g_autofree char *bad = put_file (*state, "bad.conf", text);
      g_autoptr (BasesConfig) none = NULL;
      g_autoptr (GError) failure = NULL;
      assert_false (bases_config_load (bad, &none, &failure));
      assert_failed (failure, HARNESS_ERROR_USAGE, mistakes[i].says);
      assert_text_has (failure->message, mistakes[i].line);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_versions),
    cmocka_unit_test (test_lists),
    cmocka_unit_test_setup_teardown (test_list_kept, folder_setup, folder_teardown),
    cmocka_unit_test (test_commands),
    cmocka_unit_test_setup_teardown (test_trees, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_damaged, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_no_tree, folder_setup, folder_teardown),
    cmocka_unit_test (test_host),
    cmocka_unit_test_setup_teardown (test_debootstrap, folder_setup, folder_teardown),
    cmocka_unit_test (test_mirror),
    cmocka_unit_test_setup_teardown (test_config, folder_setup, folder_teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
