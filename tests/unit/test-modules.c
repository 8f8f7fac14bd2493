/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a build of modules says and gives, both not trusted: warnings and errors out of its log, modules out of its tar. */
#include "unit.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include "kernel/modules-log.h"
#include "kernel/modules-tar.h"

/* --- logs ------------------------------------------------------------------------------------- */

static KernelModules *
read_log (const char *log, gboolean failed)
{
  KernelModules *modules = g_new0 (KernelModules, 1);
  modules->errors = g_ptr_array_new_with_free_func (g_free);
  modules->warnings = g_ptr_array_new_with_free_func (g_free);
  modules_log_read (log, strlen (log), failed, modules);
  return modules;
}

static void
assert_lines (const GPtrArray *lines, const char *expected)
{
  g_autoptr (GString) all = g_string_new (NULL);
  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (all, "%s\n", (const char *) g_ptr_array_index (lines, i));
  assert_string_equal (all->str, expected);
}

static const char compiled[] = "  CC [M]  arch/x86/kvm/cpuid.o\n"
                               "arch/x86/kvm/vmx/vmx.c: In function 'vmx_handle_exit':\n"
                               "arch/x86/kvm/vmx/vmx.c:6543:12: error: 'total' undeclared (first use in this function)\n"
                               " 6543 |            total++;\n"
                               "arch/x86/kvm/vmx/vmx.c:6543:12: note: each undeclared identifier is reported only once\n"
                               "In file included from ./include/linux/a.h:3,\n"
                               "./include/linux/b.h:9:2: warning: \"B\" redefined\n"
                               "/lab/linux/arch/x86/kvm/cpuid.c:1500:7: warning: unused variable 'x' [-Wunused-variable]\n"
                               "./include/linux/b.h:9:2: warning: \"B\" redefined\n"
                               "arch/x86/kvm/cpuid.c:90:7: warning: unused variable 'y' [-Wunused-variable]\n"
                               "arch/x86/kvm/../../../virt/kvm/kvm_main.c:7:1: error: expected ';' before 'int'\n"
                               "make[1]: *** [scripts/Makefile.build:255: arch/x86/kvm/vmx/vmx.o] Error 1\n"
                               "make: *** [Makefile:2065: arch/x86/kvm] Error 2\n";

/* In the order of files and lines, each once, whoever was compiled first; and each file has one name. */
static void
test_compiler_lines (void **state)
{
  (void) state;
  g_autoptr (KernelModules) modules = read_log (compiled, TRUE);
  assert_lines (modules->errors, "arch/x86/kvm/vmx/vmx.c:6543:12: error: 'total' undeclared (first use in this function)\n"
                                 "virt/kvm/kvm_main.c:7:1: error: expected ';' before 'int'\n");
  assert_lines (modules->warnings, "arch/x86/kvm/cpuid.c:90:7: warning: unused variable 'y' [-Wunused-variable]\n"
                                   "arch/x86/kvm/cpuid.c:1500:7: warning: unused variable 'x' [-Wunused-variable]\n"
                                   "include/linux/b.h:9:2: warning: \"B\" redefined\n");
  assert_int_equal (modules->warning_count, 3);
  assert_string_equal (modules->log, compiled);
}

static void
test_linker_lines (void **state)
{
  (void) state;
  g_autoptr (KernelModules) modules = read_log ("WARNING: modpost: missing MODULE_LICENSE() in x\n"
                                                "ERROR: modpost: \"total_exits\" [arch/x86/kvm/kvm-intel.ko] undefined!\n"
                                                "ld: arch/x86/kvm/x86.o:(.bss+0x0): multiple definition of `n'; arch/x86/kvm/cpuid.o:(.bss+0x8): first defined here\n"
                                                "make[1]: *** [scripts/Makefile.modpost:126: arch/x86/kvm/Module.symvers] Error 1\n",
                                                TRUE);
  assert_lines (modules->errors, "ERROR: modpost: \"total_exits\" [arch/x86/kvm/kvm-intel.ko] undefined!\n"
                                 "ld: arch/x86/kvm/x86.o:(.bss+0x0): multiple definition of `n'; arch/x86/kvm/cpuid.o:(.bss+0x8): first defined here\n");
  assert_lines (modules->warnings, "WARNING: modpost: missing MODULE_LICENSE() in x\n");
}

/* make's own words count where nobody else said anything. */
static void
test_make_lines (void **state)
{
  (void) state;
  g_autoptr (KernelModules) separator = read_log ("arch/x86/kvm/Makefile:3: *** missing separator.  Stop.\nmake: *** [Makefile:2065: arch/x86/kvm] Error 2\n", TRUE);
  assert_lines (separator->errors, "arch/x86/kvm/Makefile:3: *** missing separator.  Stop.\n");
  g_autoptr (KernelModules) strange = read_log ("strange\n\n", TRUE);
  assert_lines (strange->errors, "strange\n");
  g_autoptr (KernelModules) silent = read_log ("", TRUE);
  assert_lines (silent->errors, "make failed and said nothing\n");
  g_autoptr (KernelModules) fine = read_log ("arch/x86/kvm/Makefile:3: *** missing separator.  Stop.\n", FALSE);
  assert_int_equal (fine->errors->len, 0);
}

static void
test_hostile_lines (void **state)
{
  (void) state;
  g_autoptr (KernelModules) modules = g_new0 (KernelModules, 1);
  modules->errors = g_ptr_array_new_with_free_func (g_free);
  modules->warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) log = g_string_new (NULL);
  g_string_append_len (log, "a.c:1:1: error: \x1b[2J\0\xff end\n", 28);
  g_string_append (log, "/x/");
  for (guint i = 0; i < 100000; i++)
    g_string_append (log, "long/../");
  g_string_append (log, ": error: long\n");
  for (guint i = 0; i < 70000; i++)
    g_string_append_printf (log, "b.c:%u: warning: w\nb.c:%u: error: e\n", i, i);
  modules_log_read (log->str, log->len, TRUE, modules);
  assert_string_equal (g_ptr_array_index (modules->errors, 0), "a.c:1:1: error:  [2J?\357\277\275 end");
  assert_int_equal (modules->errors->len, MODULES_ERRORS_MAX);
  assert_int_equal (modules->warnings->len, MODULES_WARNINGS_MAX);
  assert_int_equal (modules->warning_count, 70000);
  assert_true (strlen (modules->log) <= MODULES_LOG_MAX + 100);
  assert_true (g_utf8_validate (modules->log, -1, NULL));
  assert_true (g_str_has_suffix (modules->log, "b.c:69999: error: e\n"));
  assert_text_has (modules->log, "bytes left out");
}

static void
test_killed_compiler (void **state)
{
  (void) state;
  const char killed[] = "x\ngcc: fatal error: Killed signal terminated program cc1\n", other[] = "a.c:1: error: gcc: fatal error: Killed signal terminated program cc1\n";
  assert_true (modules_log_tells_of_kill (killed, strlen (killed)));
  assert_false (modules_log_tells_of_kill (other, strlen (other)));
  static const char *const words[] = { "No space left on device", "annot fork", NULL };
  assert_true (modules_log_has_one_of ("x\nas: a.o: No space left on device\n", words));
  assert_true (modules_log_has_one_of ("sh: 1: Cannot fork\n", words));
  assert_false (modules_log_has_one_of (killed, words));
}

/* --- tars ------------------------------------------------------------------------------------- */

typedef struct
{
  char data[256 * 1024];
  size_t size;
  struct archive *archive;
} Tar;

static Tar *
tar_new (void)
{
  Tar *tar = g_new0 (Tar, 1);
  tar->archive = archive_write_new ();
  archive_write_set_format_pax_restricted (tar->archive);
  assert_int_equal (archive_write_open_memory (tar->archive, tar->data, sizeof tar->data, &tar->size), ARCHIVE_OK);
  return tar;
}

static void
tar_free (Tar *tar)
{
  archive_write_free (tar->archive);
  g_free (tar);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tar, tar_free)

/* link: its target, of a symbolic one or, with hard, of a hard one; NULL: a plain file. */
static void
add_member (Tar *tar, const char *name, const char *text, const char *link, gboolean hard)
{
  struct archive_entry *entry = archive_entry_new ();
  archive_entry_set_pathname (entry, name);
  archive_entry_set_mode (entry, link != NULL && !hard ? AE_IFLNK | 0777 : AE_IFREG | 0644);
  archive_entry_set_size (entry, link != NULL ? 0 : (gint64) strlen (text));
  if (link != NULL && hard)
    archive_entry_set_hardlink (entry, link);
  else if (link != NULL)
    archive_entry_set_symlink (entry, link);
  assert_int_equal (archive_write_header (tar->archive, entry), ARCHIVE_OK);
  if (link == NULL)
    assert_int_equal (archive_write_data (tar->archive, text, strlen (text)), (int) strlen (text));
  archive_entry_free (entry);
}

static Tar *
good_tar (void)
{
  Tar *tar = tar_new ();
  add_member (tar, "status", "0\n", NULL, FALSE);
  add_member (tar, "log", "said\n", NULL, FALSE);
  add_member (tar, "kvm.ko", "module", NULL, FALSE);
  return tar;
}

static void
expect_wrong (Tar *tar, const char *expected)
{
  g_autofree char *wrong = NULL;
  archive_write_close (tar->archive);
  assert_null (modules_tar_read (tar->data, tar->size, &wrong));
  assert_non_null (wrong);
  assert_text_has (wrong, expected);
}

static void
test_good_tar (void **state)
{
  (void) state;
  g_autoptr (Tar) tar = good_tar ();
  g_autofree char *wrong = NULL;
  archive_write_close (tar->archive);
  g_autoptr (ModulesTar) read = modules_tar_read (tar->data, tar->size, &wrong);
  assert_non_null (read);
  assert_string_equal (read->status, "0");
  assert_int_equal (g_bytes_get_size (read->log), 5);
  assert_int_equal (g_hash_table_size (read->modules), 1);
  GBytes *module = g_hash_table_lookup (read->modules, "kvm.ko");
  assert_int_equal (g_bytes_get_size (module), 6);
}

static void
test_odd_members (void **state)
{
  (void) state;
  static const char *const names[] = { "../kvm.ko", "/etc/passwd", "./kvm.ko", "sub/kvm.ko", "kvm.ko.", "\x1b[2J" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (Tar) tar = good_tar ();
      add_member (tar, names[i], "x", NULL, FALSE);
      expect_wrong (tar, "a member \"");
    }
  g_autoptr (Tar) twice = good_tar ();
  add_member (twice, "kvm.ko", "x", NULL, FALSE);
  expect_wrong (twice, "kvm.ko twice");
  g_autoptr (Tar) status = tar_new ();
  add_member (status, "status", "000000000000000000000000000000000000000000000", NULL, FALSE);
  expect_wrong (status, "status is larger than 32 bytes");
}

static void
test_links (void **state)
{
  (void) state;
  g_autoptr (Tar) symbolic = good_tar ();
  add_member (symbolic, "kvm-intel.ko", NULL, "/etc/shadow", FALSE);
  expect_wrong (symbolic, "kvm-intel.ko is no plain file");
  g_autoptr (Tar) hard = good_tar ();
  add_member (hard, "kvm-intel.ko", NULL, "/etc/shadow", TRUE);
  expect_wrong (hard, "kvm-intel.ko is no plain file");
}

static void
test_no_tar (void **state)
{
  (void) state;
  g_autofree char *wrong = NULL;
  assert_null (modules_tar_read ("", 0, &wrong));
  g_clear_pointer (&wrong, g_free);
  assert_null (modules_tar_read ("rubbish\n", 8, &wrong));
  assert_text_has (wrong, "no tar");

  g_autoptr (Tar) tar = good_tar ();
  archive_write_close (tar->archive);
  for (gsize size = 0; size < tar->size; size += 128) /* cut anywhere: read, or told to be wrong */
    {
      g_autofree char *cut_wrong = NULL;
      g_autofree char *cut = g_memdup2 (tar->data, size);
      g_autoptr (ModulesTar) read = modules_tar_read (cut, size, &cut_wrong);
      assert_true ((read == NULL) == (cut_wrong != NULL));
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_compiler_lines), cmocka_unit_test (test_linker_lines),    cmocka_unit_test (test_make_lines), cmocka_unit_test (test_hostile_lines),
    cmocka_unit_test (test_killed_compiler), cmocka_unit_test (test_good_tar), cmocka_unit_test (test_odd_members), cmocka_unit_test (test_links),
    cmocka_unit_test (test_no_tar),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
