/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exit logs of both emulators: real lines, the odd ones among them, and hostile ones. */
#include "unit/unit.h"

#include "machine/bochs-log.h"
#include "machine/machine.h"

#define BOCHS_CPUID "00239356404d[CPU0  ] VMEXIT reason = 10 (CPUID) qualification=0x0\n"
#define BOCHS_EPT "00239352671d[CPU0  ] VMEXIT reason = 48 (EPT Violation) qualification=0x184\n"

static GArray *
read_log (const char *dir, MachineKind kind, const char *text, gssize size, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "l0-exits.log", NULL);
  GArray *exits = NULL;
  assert_true (g_file_set_contents (path, text, size, NULL));
  const gboolean ok = l0_log_read (path, kind, &exits, error);
  assert_int_equal (ok, exits != NULL);
  return exits;
}

static void
assert_bad (const char *dir, MachineKind kind, const char *text, const char *part)
{
  g_autoptr (GError) error = NULL;
  assert_null (read_log (dir, kind, text, -1, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "l0-exits.log:");
  assert_text_has (error->message, part);
}

static void
assert_exit (const GArray *exits, guint index, guint32 reason, guint64 info1, guint64 info2, guint64 rip, gint64 clock)
{
  assert_true (index < exits->len);
  const L0Exit *e = &g_array_index (exits, L0Exit, index);
  assert_int_equal (e->reason, reason);
  assert_int_equal (e->info1, info1);
  assert_int_equal (e->info2, info2);
  assert_int_equal (e->rip, rip);
  assert_int_equal (e->clock, clock);
}

static void
test_qemu (void **state)
{
  g_autoptr (GArray) exits = read_log (*state, MACHINE_LIBVIRT,
                                       "vmrun! 0000000000c7c000\n"
                                       "vmexit(00000400, 0000000100000014, 0000000000001000, 0000000000001002)!\n"
                                       "vmrun! 0000000000c7c000\n"
                                       "vmexit(ffffffff, 0000000000000000, ffffffffffffffff, 000000000000100a)!\n",
                                       -1, NULL);
  assert_non_null (exits);
  assert_int_equal (exits->len, 2);
  assert_exit (exits, 0, 0x400, 0x100000014, 0x1000, 0x1002, -1);
  assert_exit (exits, 1, 0xffffffff, 0, G_MAXUINT64, 0x100a, -1);
}

/* Delivery of an injected event may leave before the newline is printed: the exit is on the same line then. */
static void
test_qemu_injection (void **state)
{
  g_autoptr (GArray) exits = read_log (*state, MACHINE_LIBVIRT,
                                       "Injecting(0): INTR 0x30 0\n"
                                       "Injecting(0x800): EXEPTvmexit(0000004e, 0, 0, 1)!\n"
                                       "Injecting(0): NMIInjecting(0): SOFTvmexit(00000072, 0, 0, 2)!\n"
                                       "Injecting(0): NMIvmrun! 0000000000c7c000\n",
                                       -1, NULL);
  assert_non_null (exits);
  assert_int_equal (exits->len, 2);
  assert_exit (exits, 0, 0x4e, 0, 0, 1, -1);
  assert_exit (exits, 1, 0x72, 0, 0, 2, -1);
}

static void
test_bochs (void **state)
{
  g_autoptr (GArray) exits = read_log (*state, MACHINE_BOCHS, BOCHS_EPT BOCHS_CPUID, -1, NULL);
  assert_non_null (exits);
  assert_int_equal (exits->len, 2);
  assert_exit (exits, 0, 48, 0x184, 0, 0, 239352671);
  assert_exit (exits, 1, 10, 0, 0, 0, 239356404);
}

/* An emulator that was killed leaves half a line; a fake machine replays either kind. */
static void
test_ends (void **state)
{
  g_autoptr (GArray) torn = read_log (*state, MACHINE_BOCHS, BOCHS_EPT "00239356404d[CPU0  ] VMEXIT rea", -1, NULL);
  assert_int_equal (torn->len, 1);
  g_autoptr (GArray) none = read_log (*state, MACHINE_LIBVIRT, "", -1, NULL);
  assert_int_equal (none->len, 0);
  g_autoptr (GArray) fake = read_log (*state, MACHINE_FAKE, BOCHS_EPT, -1, NULL);
  assert_int_equal (fake->len, 1);
  g_autoptr (GArray) fake2 = read_log (*state, MACHINE_FAKE, "vmexit(00000072, 0, 0, 2)!\n", -1, NULL);
  assert_int_equal (fake2->len, 1);
}

static void
test_hostile_qemu (void **state)
{
  static const char *const lines[] = {
    "hello\n",
    "\n",
    "vmexit(00000072, 0, 0, 2)\n",
    "vmexit(00000072, 0, 0, 2)! \n",
    " vmexit(00000072, 0, 0, 2)!\n",
    "vmexit(100000000, 0, 0, 2)!\n",
    "vmexit(72, 10000000000000000, 0, 2)!\n",
    "vmexit(-1, 0, 0, 2)!\n",
    "vmexit(0x72, 0, 0, 2)!\n",
    "vmexit( 72, 0, 0, 2)!\n",
    "vmexit(72, 0, 0)!\n",
    "vmrun! \n",
    "vmrun! 1 2\n",
    "Injecting(): INTR\n",
    "Injecting(0): WHAT\n",
    "Injecting(0): INTR 0x30\n",
    "vmexit(72, 0, 0, 2)!vmexit(72, 0, 0, 2)!\n",
    "0x00000001:  90  nop\n",
  };
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *text = g_strconcat ("vmrun! 0\n", lines[i], NULL);
      assert_bad (*state, MACHINE_LIBVIRT, text, "l0-exits.log:2: not a line of");
    }
}

static void
test_hostile_bochs (void **state)
{
  static const char *const lines[] = {
    "00239356404i[BIOS  ] VMEXIT reason = 10 (CPUID) qualification=0x0\n",
    "00239356404d[CPU0  ] VMEXIT reason = 10 (CPUID qualification=0x0\n",
    "00239356404d[CPU0  ] VMEXIT reason = 65536 (X) qualification=0x0\n",
    "00239356404d[CPU0  ] VMEXIT reason = -1 (X) qualification=0x0\n",
    "00239356404d[CPU0  ] VMEXIT reason = 10 (CPUID) qualification=0x\n",
    "00239356404d[CPU0  ] VMEXIT reason = 10 (CPUID) qualification=0x0x1\n",
    "00239356404d[CPU0  ] VMEXIT reason = 10 (CPUID) qualification=0x0 \n",
    "99999999999999999999d[CPU0  ] VMEXIT reason = 10 (CPUID) qualification=0x0\n",
    "239356404d[CPU0  ] VMEXIT reason = 10 (CPUID) qualification=0x0\n",
  };
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *text = g_strconcat (BOCHS_EPT, lines[i], NULL);
      assert_bad (*state, MACHINE_BOCHS, text, "l0-exits.log:2: not a line of");
    }
  assert_bad (*state, MACHINE_BOCHS, BOCHS_CPUID BOCHS_EPT, "clock runs backwards");
}

static void
test_hostile_bytes (void **state)
{
  g_autoptr (GError) nul = NULL;
  static const char with_nul[] = "vmrun! 0\0vmexit(72, 0, 0, 2)!\n";
  assert_null (read_log (*state, MACHINE_LIBVIRT, with_nul, sizeof with_nul - 1, &nul));
  assert_failed (nul, HARNESS_ERROR_FAILED, ":1: a NUL byte");

  g_autofree char *digits = g_strnfill (100000, '0');
  g_autofree char *text = g_strdup_printf ("vmrun! %s\n", digits);
  assert_bad (*state, MACHINE_LIBVIRT, text, ":1: a line is too long");
}

static void
test_missing (void **state)
{
  g_autofree char *path = g_build_filename (*state, "none", NULL);
  g_autoptr (GError) error = NULL;
  GArray *exits = NULL;
  assert_false (l0_log_read (path, MACHINE_BOCHS, &exits, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "none: opening: no such file");
}

/* What bochs.c makes of a log line; a guest's own text stands behind another device's bracket. */
static void
test_bochs_lines (void **state)
{
  static const struct
  {
    const char *line;
    BochsLine kind;
  } lines[] = {
    { "00239356404d[CPU0  ] VMEXIT reason = 10 (CPUID) qualification=0x0", BOCHS_LINE_EXIT },
    { "1239356404000d[CPU0  ] VMEXIT reason = 10 (CPUID) qualification=0x0", BOCHS_LINE_EXIT },
    { "00239352671d[CPU0  ] VMEXIT to x86-64 host", BOCHS_LINE_DEBUG },
    { "00239352671i[BIOS  ] 00239356404d[CPU0  ] VMEXIT reason = 10 (CPUID) qualification=0x0", BOCHS_LINE_OTHER },
    { "00000000000i[SYS   ] bx_pc_system_c::Reset(HARDWARE) called", BOCHS_LINE_OTHER },
    { "00150000000i[SYS   ] bx_pc_system_c::Reset(SOFTWARE) called", BOCHS_LINE_RESET },
    { "01091193597p[ACPI  ] >>PANIC<< ACPI control: soft power off", BOCHS_LINE_POWEROFF },
    { "01091193597p[CPU0  ] >>PANIC<< exception(): 3rd (13) exception with no resolution", BOCHS_LINE_PANIC },
    { "01091193597p[BIOS  ] >>PANIC<< ACPI control: soft power off", BOCHS_LINE_PANIC },
    { "", BOCHS_LINE_OTHER },
    { "00239356404", BOCHS_LINE_OTHER },
    { "00239356404d[", BOCHS_LINE_OTHER },
  };
  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    assert_int_equal (bochs_line_classify (lines[i].line), lines[i].kind);
  assert_string_equal (bochs_line_message (lines[6].line), ">>PANIC<< ACPI control: soft power off");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_qemu, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_qemu_injection, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_bochs, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_ends, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_hostile_qemu, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_hostile_bochs, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_hostile_bytes, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_missing, folder_setup, folder_teardown),
    cmocka_unit_test (test_bochs_lines),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
