/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L1's command line: golden for each lab, and what it cannot carry. */
#include "cli/l1-cmdline.h"
#include "unit/golden.h"

typedef struct {
  LabConfig *lab;
  LeafMap *map;
} Given;

static int
setup (void **state)
{
  Given *given = g_new0 (Given, 1);
  gboolean ok = lab_config_load ("configs/labs/svm.conf", &given->lab, NULL) && leaf_map_load ("configs/leaf-maps/A.conf", &given->map, NULL);

  *state = given;
  return ok ? 0 : -1;
}

static int
teardown (void **state)
{
  Given *given = *state;

  lab_config_free (given->lab);
  leaf_map_free (given->map);
  g_free (given);
  return 0;
}

/* Words on lines of their own: a change is seen for what it is. */
static void
assert_golden_cmdline (const char *name, const L1CmdlineSpec *spec)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *cmdline = NULL;
  g_autofree char *text = NULL;

  assert_true (l1_cmdline (spec, &cmdline, &error));
  text = g_strconcat (cmdline, "\n", NULL);
  g_strdelimit (text, " ", '\n');
  assert_golden (name, text, strlen (text));
}

static void
test_svm (void **state)
{
  const Given *given = *state;
  const L1CmdlineSpec spec = { given->lab, given->map, MACHINE_LIBVIRT, ACCEL_EMULATED, NULL, TRUE, FALSE, FALSE };

  assert_golden_cmdline ("cmdline/svm", &spec);
}

static void
test_hardware_has_no_way_around_tcg (void **state)
{
  const Given *given = *state;
  const L1CmdlineSpec spec = { given->lab, given->map, MACHINE_LIBVIRT, ACCEL_KVM, NULL, TRUE, TRUE, FALSE };
  g_autofree char *cmdline = NULL;

  assert_true (l1_cmdline (&spec, &cmdline, NULL));
  assert_null (strstr (cmdline, "tcg_event_injection"));
  assert_text_has (cmdline, "lab.trace=1");
}

static void
test_vmx (void **state)
{
  const Given *given = *state;
  g_autoptr (LabConfig) lab = NULL;

  assert_true (lab_config_load ("configs/labs/vmx.conf", &lab, NULL));
  const L1CmdlineSpec spec = { lab, given->map, MACHINE_BOCHS, ACCEL_EMULATED, NULL, TRUE, FALSE, FALSE };
  assert_golden_cmdline ("cmdline/vmx", &spec);
}

/* Map C answers two questions in one leaf, which is read once. */
static void
test_leaf_read_once (void **state)
{
  const Given *given = *state;
  g_autoptr (LeafMap) map = NULL;
  g_autofree char *cmdline = NULL;

  assert_true (leaf_map_load ("configs/leaf-maps/C.conf", &map, NULL));
  const L1CmdlineSpec spec = { given->lab, map, MACHINE_LIBVIRT, ACCEL_EMULATED, NULL, TRUE, FALSE, FALSE };
  assert_true (l1_cmdline (&spec, &cmdline, NULL));
  assert_text_has (cmdline, "lab.totals=4fffffff;");
  assert_text_has (cmdline, "lab.reasons=4ffffffe;");
}

static void
test_unpatched (void **state)
{
  const Given *given = *state;
  const L1CmdlineSpec spec = { given->lab, given->map, MACHINE_LIBVIRT, ACCEL_EMULATED, NULL, FALSE, FALSE, FALSE };
  g_autofree char *cmdline = NULL;

  assert_true (l1_cmdline (&spec, &cmdline, NULL));
  assert_null (strstr (cmdline, "exit_log_records"));
  assert_null (strstr (cmdline, "exit_leaf_abi"));
  assert_null (strstr (cmdline, "tcg_event_injection"));
}

/* What L2 is stands in its volume: the command line tells where that is. */
static void
test_volume (void **state)
{
  const Given *given = *state;
  const L1CmdlineSpec spec = { given->lab, given->map, MACHINE_BOCHS, ACCEL_EMULATED, NULL, TRUE, FALSE, TRUE };
  g_autofree char *cmdline = NULL;

  assert_true (l1_cmdline (&spec, &cmdline, NULL));
  assert_null (strstr (cmdline, " lab.l2="));
  assert_non_null (strstr (cmdline, " lab.volume=/dev/sdc "));
}

static void
test_cannot_carry (void **state)
{
  static const char *const values[] = { "a;b", "\"quoted\"" };
  const Given *given = *state;
  const L1CmdlineSpec spec = { given->lab, given->map, MACHINE_LIBVIRT, ACCEL_EMULATED, NULL, TRUE, FALSE, FALSE };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *cmdline = NULL;

      g_free (given->lab->vendor_params);
      given->lab->vendor_params = g_strdup (values[i]);
      assert_false (l1_cmdline (&spec, &cmdline, &error));
      assert_failed (error, HARNESS_ERROR_USAGE, values[i]);
      assert_null (cmdline);
    }
}

/* One byte more than the kernel takes is an error, one less is not. */
static void
test_length (void **state)
{
  const Given *given = *state;
  const L1CmdlineSpec spec = { given->lab, given->map, MACHINE_LIBVIRT, ACCEL_EMULATED, NULL, TRUE, FALSE, FALSE };
  g_autoptr (GError) error = NULL;
  g_autofree char *plain = NULL;
  g_autofree char *fits = NULL;
  g_autofree char *too_long = NULL;

  assert_true (l1_cmdline (&spec, &plain, NULL));
  const gsize room = L1_CMDLINE_MAX - 1 - strlen (plain);
  const gsize had = strlen (given->lab->l1_cmdline);
  g_autofree char *filler = g_strnfill (room, 'x');
  g_autofree char *whole = g_strconcat (given->lab->l1_cmdline, filler, NULL);
  g_free (given->lab->l1_cmdline);
  given->lab->l1_cmdline = g_strdup (whole);
  assert_int_equal (strlen (whole), had + room);
  assert_true (l1_cmdline (&spec, &fits, NULL));
  assert_int_equal (strlen (fits), L1_CMDLINE_MAX - 1);

  g_free (given->lab->l1_cmdline);
  given->lab->l1_cmdline = g_strconcat (whole, "x", NULL);
  assert_false (l1_cmdline (&spec, &too_long, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "2048 bytes");
}

/* What modprobe.d is told is what the agent is told; each vendor's module by its own name. */
static void
test_modprobe_options (void **state)
{
  const Given *given = *state;
  const L1CmdlineSpec spec = { given->lab, given->map, MACHINE_LIBVIRT, ACCEL_EMULATED, NULL, TRUE, FALSE, FALSE };
  g_autofree char *options = l1_modprobe_options (&spec);

  assert_true (g_str_has_prefix (options, "options kvm exit_log_records="));
  assert_non_null (strstr (options, " exit_leaf_abi=0x4fffffff:exits,"));
  assert_non_null (strstr (options, "\noptions kvm_amd tcg_event_injection=1\n"));
  assert_null (strchr (options, ';'));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_svm, setup, teardown),
    cmocka_unit_test_setup_teardown (test_hardware_has_no_way_around_tcg, setup, teardown),
    cmocka_unit_test_setup_teardown (test_vmx, setup, teardown),
    cmocka_unit_test_setup_teardown (test_modprobe_options, setup, teardown),
    cmocka_unit_test_setup_teardown (test_leaf_read_once, setup, teardown),
    cmocka_unit_test_setup_teardown (test_unpatched, setup, teardown),
    cmocka_unit_test_setup_teardown (test_volume, setup, teardown),
    cmocka_unit_test_setup_teardown (test_cannot_carry, setup, teardown),
    cmocka_unit_test_setup_teardown (test_length, setup, teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
