/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hardware probe on made-up hosts, and the real one (whose answer depends on the host) for its manners. */
#include "unit/unit.h"

#include "machine/hardware.h"

static gboolean
guest_runs (char **finding)
{
  *finding = g_strdup ("it ran");
  return TRUE;
}

static gboolean
guest_hangs (char **finding)
{
  *finding = g_strdup ("it hung");
  return FALSE;
}

static void
make_host (const char *dir, const char *flags, const char *module, const char *nested)
{
  g_autofree char *text = g_strdup_printf ("processor\t: 0\nflags\t\t: fpu %s sse2\nbugs\t\t: vmx svm\n", flags);
  g_autofree char *path = g_strdup_printf ("sys/module/%s/parameters/nested", module);
  g_free (put_file (dir, "proc/cpuinfo", text));
  g_free (put_file (dir, path, nested));
}

static void
assert_probe (const char *dir, HardwareGuestFunc guest, Isa isa, gboolean usable, const char *reason)
{
  g_auto (Hardware) hardware = { 0 };
  hardware_probe_at (dir, guest, &hardware);
  assert_int_equal (hardware.isa[isa].usable, usable);
  assert_string_equal (hardware_reason (&hardware, isa), reason);
}

static void
test_usable (void **state)
{
  make_host (*state, "vmx", "kvm_intel", "Y\n");
  assert_probe (*state, guest_runs, ISA_VMX, TRUE, "usable");
  assert_probe (*state, guest_runs, ISA_SVM, FALSE, "the CPU does not have the flag svm");
  assert_probe (*state, guest_hangs, ISA_VMX, FALSE, "it hung");
}

static void
test_nested_off (void **state)
{
  make_host (*state, "svm", "kvm_amd", "0\n");
  assert_probe (*state, guest_runs, ISA_SVM, FALSE, "kvm_amd: nested=0");
  make_host (*state, "svm", "kvm_amd", "1\n");
  assert_probe (*state, guest_runs, ISA_SVM, TRUE, "usable");
}

/* /dev/kvm of another make: the flag may be there, the module is not. */
static void
test_other_kvm (void **state)
{
  make_host (*state, "vmx svm", "kvm_pvm", "Y\n");
  assert_probe (*state, guest_runs, ISA_VMX, FALSE, "the module kvm_intel is not loaded (loaded: kvm_pvm)");
  assert_probe (*state, guest_runs, ISA_SVM, FALSE, "the module kvm_amd is not loaded (loaded: kvm_pvm)");
}

static void
test_empty_host (void **state)
{
  assert_probe (*state, guest_hangs, ISA_VMX, FALSE, "/proc/cpuinfo cannot be read");
}

/* Whatever this host is: an answer for each step, soon, and no child left. */
static void
test_this_host (void **state)
{
  (void) state;
  g_auto (Hardware) hardware = { 0 };
  const gint64 start_us = g_get_monotonic_time ();
  hardware_probe (&hardware);
  assert_true (g_get_monotonic_time () - start_us < 60 * G_USEC_PER_SEC);
  for (guint i = 0; i < HARDWARE_ISAS; i++)
    {
      for (guint j = 0; j < HARDWARE_STEPS; j++)
        assert_true (strlen (hardware.isa[i].steps[j].finding) > 0);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_usable, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_nested_off, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_other_kvm, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_empty_host, folder_setup, folder_teardown),
    cmocka_unit_test (test_this_host),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
