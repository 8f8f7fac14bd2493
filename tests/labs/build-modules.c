/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's modules built from the kit of the grading kernel: the same bits always, in both kinds of sandbox; faults told; and hostile Makefiles that harm nobody.
 * tests/labs/modules.sh runs it, once for each kind that HARNESS_SANDBOX can name.
 */
#include "unit/unit.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/run.h"
#include "base/sandbox.h"
#include "kernel/kit.h"
#include "kernel/lab-kernels.h"
#include "unit/marked.h"

static KernelKit *kit;

/* --- building --------------------------------------------------------------------------------- */

static char *
kit_text (const char *path)
{
  g_autofree char *full = g_build_filename (kit->dir, path, NULL);
  char *text = NULL;
  assert_true (g_file_get_contents (full, &text, NULL, NULL));
  return text;
}

/* The kit's file with the first `from` replaced; NULL: `to` added at its end. */
static KernelFile *
changed (const char *path, const char *from, const char *to)
{
  KernelFile *file = g_new0 (KernelFile, 1);
  g_autofree char *text = kit_text (path);
  g_autoptr (GString) edited = g_string_new (text);
  file->path = g_strdup (path);
  if (from == NULL)
    g_string_append (edited, to);
  else
    assert_int_equal (g_string_replace (edited, from, to, 1), 1);
  file->text = g_strdup (edited->str);
  return file;
}

static KernelFile *
file_of (const char *path, const char *text)
{
  KernelFile *file = g_new0 (KernelFile, 1);
  file->path = g_strdup (path);
  file->text = g_strdup (text);
  return file;
}

/* Takes the files over. */
static KernelModules *
build_with (const KernelKit *with, const char *out_dir, guint jobs, guint deadline_s, KernelFile *first, KernelFile *second)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify) kernel_file_free);
  g_autoptr (GError) error = NULL;
  KernelModules *modules = NULL;
  if (first != NULL)
    g_ptr_array_add (files, first);
  if (second != NULL)
    g_ptr_array_add (files, second);
  const KernelModulesSpec spec = { .kit = with, .files = files, .jobs = jobs, .deadline_s = deadline_s, .out_dir = out_dir };
  const gint64 start_us = g_get_monotonic_time ();
  kernel_modules_build (&spec, &modules, &error);
  assert_no_failure (error);
  printf ("  %.1f s with %u jobs\n", (double) (g_get_monotonic_time () - start_us) / G_USEC_PER_SEC, jobs);
  return modules;
}

static void
assert_built (const KernelModules *modules)
{
  if (!modules->ok)
    fail_msg ("not built: %s\n%s", (const char *) g_ptr_array_index (modules->errors, 0), modules->log);
  assert_int_equal (modules->errors->len, 0);
}

/* One of the errors has that part, and nothing was left in the folder. */
static void
assert_not_built (const KernelModules *modules, const char *part, const char *out_dir)
{
  assert_false (modules->ok);
  assert_true (modules->errors->len > 0);
  g_autoptr (GString) all = g_string_new (NULL);
  for (guint i = 0; i < modules->errors->len; i++)
    g_string_append_printf (all, "%s\n", (const char *) g_ptr_array_index (modules->errors, i));
  assert_text_has (all->str, part);
  assert_int_equal (count_entries (out_dir), 0);
}

static char *
hash_of (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  char *hex = NULL;
  g_autoptr (GError) error = NULL;
  hash_file (path, &hex, &error);
  assert_no_failure (error);
  return hex;
}

static gboolean
same_file (const char *dir_a, const char *dir_b, const char *name)
{
  g_autofree char *a = hash_of (dir_a, name);
  g_autofree char *b = hash_of (dir_b, name);
  return strcmp (a, b) == 0;
}

static char *
section_of (const char *dir, const char *name, const char *section)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *only = g_strconcat ("--only-section=", section, NULL);
  g_autofree char *raw = g_build_filename (dir, "section", NULL);
  g_autoptr (Run) run = run_new ("objcopy", "-O", "binary", only, path, raw, NULL);
  assert_true (run_wait (run, NULL));
  char *hex = hash_of (dir, "section");
  unlink (raw);
  return hex;
}

static char *
new_folder (const char *parent, const char *name)
{
  char *path = g_build_filename (parent, name, NULL);
  assert_int_equal (mkdir (path, 0700), 0);
  return path;
}

static const char *const names[] = { "kvm.ko", "kvm-intel.ko", "kvm-amd.ko" };

/* --- what is right ---------------------------------------------------------------------------- */

/* Nothing changed: the kernel's own modules, bit for bit. */
static void
test_unchanged (void **state)
{
  const char *out = *state;
  g_autofree char *artefact = g_build_filename (kit->kernel->dir, "modules", NULL);
  g_autoptr (KernelModules) modules = build_with (kit, out, 2, 0, changed ("arch/x86/kvm/cpuid.c", NULL, ""), NULL);
  assert_built (modules);
  assert_int_equal (modules->warning_count, 0);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *debug = g_strconcat (names[i], ".debug", NULL);
      assert_true (same_file (out, artefact, names[i]));
      assert_true (same_file (out, kit->base_modules_dir, debug));
    }
  assert_true (same_file (out, artefact, "irqbypass.ko"));
}

/* A file is compiled with source lines if it was changed, and that changes no instruction. */
static void
test_source_lines (void **state)
{
  const char *out = *state;
  g_autoptr (KernelModules) modules = build_with (kit, out, 2, 0, changed ("arch/x86/kvm/cpuid.c", NULL, "/* the end */\n"), NULL);
  assert_built (modules);
  g_autofree char *text = section_of (out, "kvm.ko.debug", ".text");
  g_autofree char *base_text = section_of (kit->base_modules_dir, "kvm.ko.debug", ".text");
  assert_string_equal (text, base_text);
  g_autofree char *path = g_build_filename (out, "kvm.ko.debug", NULL);
  g_autofree char *lines = NULL;
  assert_true (run_capture ((const char *const[]){ "readelf", "--debug-dump=decodedline", path, NULL }, &lines, NULL));
  assert_text_has (lines, "cpuid.c");
  assert_null (strstr (lines, "/x86.c"));
  assert_true (same_file (out, kit->base_modules_dir, "kvm-amd.ko.debug"));
}

static KernelFile *
one_line (void)
{
  return changed ("arch/x86/kvm/cpuid.c", "int kvm_emulate_cpuid(struct kvm_vcpu *vcpu)\n{", "int kvm_emulate_cpuid(struct kvm_vcpu *vcpu)\n{\n\tint unused;\n");
}

static KernelKit *
copy_kit (const char *where)
{
  g_autoptr (Run) run = run_new ("cp", "-a", "--", kit->dir, where, NULL);
  assert_true (run_wait (run, NULL));
  KernelKit *copy = g_new0 (KernelKit, 1);
  copy->dir = g_build_filename (where, "linux", NULL);
  copy->kernel = kit->kernel;
  return copy;
}

/* The other kind of sandbox, where it can be had: elsewhere the modules are compared with themselves. */
static KernelModules *
build_in_other_kind (const char *out)
{
  g_autofree char *asked = g_strdup (g_getenv ("HARNESS_SANDBOX"));
  const gboolean is_landlock = strcmp (sandbox_kind_name (), "landlock") == 0;
  g_setenv ("HARNESS_SANDBOX", is_landlock ? "bubblewrap" : "landlock", TRUE);
  if (!sandbox_check (NULL))
    g_setenv ("HARNESS_SANDBOX", is_landlock ? "landlock" : "bubblewrap", TRUE);
  printf ("  in %s:\n", sandbox_kind_name ());
  KernelModules *modules = build_with (kit, out, 2, 0, one_line (), NULL);
  if (asked != NULL)
    g_setenv ("HARNESS_SANDBOX", asked, TRUE);
  else
    g_unsetenv ("HARNESS_SANDBOX");
  return modules;
}

/*
 * One line of cpuid.c, built five times: by two compilers and by one, in the other kind of sandbox, from a kit elsewhere in a folder that is closed to others,
 * whatever the umask.
 */
static void
test_same_bits (void **state)
{
  g_autofree char *other = new_folder (*state, "other");
  g_autofree char *two = new_folder (*state, "two");
  g_autofree char *one = new_folder (*state, "one");
  g_autofree char *closed = new_folder (*state, "closed");
  g_autofree char *elsewhere = new_folder (closed, "out");
  g_autoptr (KernelModules) by_two = build_with (kit, two, 2, 0, one_line (), NULL);
  g_autoptr (KernelModules) by_one = build_with (kit, one, 1, 0, one_line (), NULL);
  g_autoptr (KernelModules) by_other = build_in_other_kind (other);
  KernelKit *copy = copy_kit (closed);
  const mode_t umask_before = umask (0077);
  g_autoptr (KernelModules) by_copy = build_with (copy, elsewhere, 2, 0, one_line (), NULL);
  umask (umask_before);
  copy->kernel = NULL;
  kernel_kit_free (copy);
  assert_built (by_two);
  assert_built (by_one);
  assert_built (by_other);
  assert_built (by_copy);
  assert_string_equal (g_ptr_array_index (by_other->warnings, 0), g_ptr_array_index (by_two->warnings, 0));
  assert_int_equal (by_two->warning_count, 1);
  assert_text_has (g_ptr_array_index (by_two->warnings, 0), "arch/x86/kvm/cpuid.c:");
  assert_text_has (g_ptr_array_index (by_two->warnings, 0), "warning: unused variable 'unused'");
  assert_string_equal (g_ptr_array_index (by_copy->warnings, 0), g_ptr_array_index (by_two->warnings, 0));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *debug = g_strconcat (names[i], ".debug", NULL);
      assert_true (same_file (two, one, names[i]) && same_file (two, one, debug));
      assert_true (same_file (two, other, names[i]) && same_file (two, other, debug));
      assert_true (same_file (two, elsewhere, names[i]) && same_file (two, elsewhere, debug));
    }
}

/* Headers outside of KVM's folders: one that is changed, and a new one. A few files alone include the first. */
static void
test_headers (void **state)
{
  g_autoptr (KernelModules) modules = build_with (kit, *state, 2, 0, changed ("include/linux/psp-sev.h", NULL, "#include <asm/lab-new.h>\n"),
                                                  file_of ("arch/x86/include/asm/lab-new.h", "static int lab_new __attribute__((used));\n"));
  assert_built (modules);
  assert_false (same_file (*state, kit->base_modules_dir, "kvm-amd.ko.debug"));
  assert_true (same_file (*state, kit->base_modules_dir, "kvm-intel.ko.debug"));
}

/* --- what is wrong with files ----------------------------------------------------------------- */

static void
test_compiler_errors (void **state)
{
  g_autoptr (KernelModules) modules = build_with (kit, *state, 2, 0, changed ("arch/x86/kvm/cpuid.c", NULL, "int broken = missing;\n"),
                                                  changed ("arch/x86/kvm/vmx/vmx.c", NULL, "int broken = missing;\n"));
  assert_not_built (modules, "arch/x86/kvm/cpuid.c:", *state);
  assert_int_equal (modules->errors->len, 2);
  assert_text_has (g_ptr_array_index (modules->errors, 1), "arch/x86/kvm/vmx/vmx.c:");
  assert_text_has (g_ptr_array_index (modules->errors, 1), "error: 'missing' undeclared");
}

static void
test_missing_symbol (void **state)
{
  g_autoptr (KernelModules) modules = build_with (kit, *state, 2, 0, changed ("arch/x86/kvm/vmx/vmx.c", NULL, "extern int missing; int *here = &missing;\n"), NULL);
  assert_not_built (modules, "ERROR: modpost: \"missing\" [arch/x86/kvm/kvm-intel.ko] undefined!", *state);
}

static void
test_removed_file (void **state)
{
  g_autoptr (KernelModules) modules = build_with (kit, *state, 2, 0, file_of ("arch/x86/kvm/debugfs.c", NULL), NULL);
  assert_not_built (modules, "debugfs.o", *state);
}

static void
test_odd_paths (void **state)
{
  static const char *const paths[] = { "../cpuid.c", "/etc/passwd", "arch/x86/kvm/../../../../x.c", "arch/x86/kvm/a b.c", "arch/x86/kvm/$(shell x).c", "arch/x86/kvm/-o.c",
                                       "arch/x86/kvm//x.c", "", "arch/x86/kvm/", "new/x.c", "x.c" };
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (KernelModules) modules = build_with (kit, *state, 2, 0, file_of (paths[i], "x\n"), NULL);
      assert_not_built (modules, strstr (paths[i], "x.c") == paths[i] || strstr (paths[i], "new/") == paths[i] ? "no folder of the kernel" : "cannot be called that", *state);
    }
}

/* --- hostile files ---------------------------------------------------------------------------- */

static KernelFile *
hostile (const char *lines)
{
  return changed ("arch/x86/kvm/Makefile", NULL, lines);
}

/* All of the kit, with sizes and times. */
static char *
kit_listing (void)
{
  char *listing = NULL;
  assert_true (run_capture ((const char *const[]){ "find", kit->dir, "-printf", "%P %m %s %T@\n", NULL }, &listing, NULL));
  return listing;
}

/* It reads, writes and calls what it can reach, and that is nothing. */
static void
test_hostile_probes (void **state)
{
  AUTO_FD listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  assert_int_equal (bind (listener, (struct sockaddr *) &address, size) | listen (listener, 1) | getsockname (listener, (struct sockaddr *) &address, &size), 0);
  g_autofree char *lines = g_strdup_printf (
    "\n$(info PROBE:[$(shell cat /etc/shadow /etc/passwd 2>/dev/null; ls /root /home 2>/dev/null; "
    "for f in ../kit ../linux ../linux/include ../files .. /usr/bin /dev / /tmp/.. /var/tmp/..; do touch $$f/x 2>/dev/null && echo $$f; done; "
    "for f in ../kit/Makefile Makefile include/linux/kvm_host.h; do { echo >>$$f; touch -d 2001-01-01 $$f && [ $$f -ot scripts/Makefile.build ]; } 2>/dev/null && echo written; done; "
    "bash -c 'echo >/dev/tcp/127.0.0.1/%d' 2>/dev/null && echo connected; unshare -Ur true 2>/dev/null && echo unshared)])\n",
    ntohs (address.sin_port));
  g_autofree char *before = kit_listing ();
  g_autoptr (KernelModules) modules = build_with (kit, *state, 2, 0, hostile (lines), NULL);
  g_autofree char *after = kit_listing ();
  assert_built (modules);
  assert_text_has (modules->log, "PROBE:[]");
  assert_string_equal (before, after);
  struct pollfd fd = { .fd = listener, .events = POLLIN };
  assert_int_equal (poll (&fd, 1, 0), 0);
}

/* Built, where `refused` allows that; else told with the expected part. */
static void
expect_harmless (const char *out, const char *lines, guint deadline_s, const char *expected, gboolean refused)
{
  g_autofree char *before = kit_listing ();
  const gint64 start_us = g_get_monotonic_time ();
  g_autofree char *with_mark = g_strdup_printf ("\n$(shell : mark-of-hostility; %s)\n", lines);
  g_autoptr (KernelModules) modules = build_with (kit, out, 2, deadline_s, hostile (with_mark), NULL);
  g_autofree char *after = kit_listing ();
  printf ("  %s: %s\n", lines, modules->ok ? "built" : (const char *) g_ptr_array_index (modules->errors, 0));
  if (!modules->ok || !refused)
    assert_not_built (modules, expected, out);
  assert_true (modules->doubtful || !g_str_has_prefix (expected, "took longer"));
  assert_string_equal (before, after);
  assert_all_gone ("mark-of-hostility");
  assert_true (g_get_monotonic_time () - start_us < (deadline_s + 60) * (gint64) G_USEC_PER_SEC);
}

/* For what another limit than time ends: filling the memory takes 13 s on a quiet machine, minutes on a loaded one. */
#define ENOUGH_S 300

static void
test_hostile_makefiles (void **state)
{
  expect_harmless (*state, "sleep 1000", 2, "took longer than 2 s", FALSE);
  expect_harmless (*state, "bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 1000", 3, "", FALSE);
  expect_harmless (*state, "yes >&2", ENOUGH_S, "wrote more than 4096 KiB of messages", FALSE);
  expect_harmless (*state, "yes", ENOUGH_S, "irtual memory exhausted", FALSE);
  expect_harmless (*state, "head -c 10G /dev/zero >arch/x86/kvm/big", ENOUGH_S, "No space left on device", FALSE);
  expect_harmless (*state, "kill -9 -1", ENOUGH_S, "the build ended without a result", FALSE);
  expect_harmless (*state, "rm -rf ../out/* ../log/make; mkdir ../out/status", ENOUGH_S, "the build ended without a result", FALSE);
}

/* Takes the stream that the script keeps for its tar (process 2, descriptor 10: pidfd_open, pidfd_getfd), where the kernel allows that. */
#define STOLEN "perl -e 'open(STDOUT, \">&\" . syscall(438, syscall(434, 2, 0), 10, 0)) or exit 1; exec @ARGV' "

static void
test_hostile_streams (void **state)
{
  expect_harmless (*state, STOLEN "echo rubbish", ENOUGH_S, "the build ended without a result: it is no tar", TRUE);
  expect_harmless (*state, STOLEN "yes", ENOUGH_S, "more than 64 MiB of output", TRUE);
  expect_harmless (*state, "cd $$TMPDIR; echo 0 >status; ln -s /etc/shadow kvm.ko; touch log; " STOLEN "tar c status log kvm.ko && kill -9 2", ENOUGH_S, "kvm.ko is no plain file", TRUE);
  expect_harmless (*state, "cd $$TMPDIR; touch passwd; " STOLEN "tar cP ../tmp/passwd && kill -9 2", ENOUGH_S, "a member \"../tmp/passwd\"", TRUE);
}

/* What stays in the background does not hold anybody up. */
static void
test_hostile_daemon (void **state)
{
  g_autoptr (KernelModules) modules = build_with (kit, *state, 2, 60, hostile ("\n$(shell setsid sh -c ': mark-of-the-daemon; sleep 1000' >/dev/null 2>&1 &)\n"), NULL);
  assert_built (modules);
  assert_all_gone ("mark-of-the-daemon");
}

/* Nothing hostile is tried unless it is seen to be among few, in a process namespace, and not root; or to reach nothing of ours. */
static gboolean
is_tight (void)
{
  const gboolean is_landlock = strcmp (sandbox_kind_name (), "landlock") == 0;
  g_autofree char *unreachable = g_strdup_printf ("! cat /etc/passwd 2>/dev/null && ! kill -0 %d 2>/dev/null && [ $(id -u) -ne 0 ]", (int) getpid ());
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  g_autoptr (Run) run = sandbox_run (sandbox, "sh", "-c", is_landlock ? unreachable : "set -- /proc/[0-9]*; [ $# -lt 8 ] && [ $(id -u) -ne 0 ] && [ $(ulimit -p) -le 128 ]", NULL);
  printf ("in %s\n", sandbox_kind_name ());
  return run_wait (run, NULL);
}

static gboolean
open_kit (const LabKernel *lab, GError **error)
{
  const KernelSpec spec = { .source = lab->source, .series_dir = lab->grading_dir, .config_dir = "configs/kernel", .cache_dir = "images/cache" };
  return kernel_kit_open (&spec, &kit, error);
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_unchanged, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_source_lines, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_same_bits, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_headers, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_compiler_errors, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_missing_symbol, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_removed_file, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_odd_paths, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_hostile_probes, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_hostile_makefiles, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_hostile_streams, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_hostile_daemon, folder_setup, folder_teardown),
  };
  g_autoptr (GError) error = NULL;
  if (!sandbox_check (&error))
    {
      printf ("%s\n", error->message);
      return 77;
    }
  if (!is_tight ())
    {
      printf ("the sandbox does not hold: no test is run in it\n");
      return 1;
    }
  g_autoptr (GPtrArray) kernels = NULL;
  const LabKernel *lab;
  const gint64 start_us = g_get_monotonic_time ();
  if (!lab_kernels_load ("kernel-patches", "configs/kernels", "images/cache", &kernels, &error) || !lab_kernels_find (kernels, LAB_KERNEL_DEFAULT, &lab, &error)
      || !open_kit (lab, &error))
    {
      printf ("%s\n", error->message);
      return 1;
    }
  printf ("the kit took %.3f s\n", (double) (g_get_monotonic_time () - start_us) / G_USEC_PER_SEC);
  if (argc > 1)
    cmocka_set_test_filter (argv[1]);
  const int failed = cmocka_run_group_tests (tests, NULL, NULL);
  kernel_kit_free (kit);
  return failed;
}
