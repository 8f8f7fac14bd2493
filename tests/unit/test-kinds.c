/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of exits: the committed ones of both vendors, ones made up, and every mistake in a file of ports. */
#include "unit/kinds.h"

#include "record/operations.h"
#include "record/record.h"

#define VMX_IO 30u
#define SVM_IOIO 0x7bu
#define SVM_NPF 0x400u

static void
assert_kind (const ExitKinds *kinds, guint32 code, guint64 info1, const char *wanted)
{
  assert_string_equal (exit_kind_name (kinds, exit_kind (kinds, code, info1)), wanted);
}

/* Through both vendors' I/O exits, with what else stands in their info. */
static void
assert_port (guint port, const char *wanted)
{
  assert_kind (committed_kinds (ISA_VMX), VMX_IO, (guint64) port << 16 | 0x48, wanted);
  assert_kind (committed_kinds (ISA_SVM), SVM_IOIO, (guint64) port << 16 | 0x211, wanted);
}

static void
test_ports (void **state)
{
  static const struct {
    guint first, last;
    const char *kind;
  } ports[] = {
    { 0x0, 0xf, "io-dma" },         { 0x20, 0x21, "io-pic" },     { 0x40, 0x43, "io-timer" },   { 0x60, 0x60, "io-keyboard" },
    { 0x61, 0x61, "io-timer" },     { 0x64, 0x64, "io-keyboard" },  { 0x70, 0x73, "io-clock" },   { 0x80, 0x80, "io-post" },
    { 0x81, 0x8f, "io-dma" },       { 0xa0, 0xa1, "io-pic" },     { 0xb2, 0xb3, "io-acpi" },    { 0xc0, 0xdf, "io-dma" },
    { 0x1f0, 0x1f7, "io-ide" },     { 0x2f8, 0x2ff, "io-serial" },  { 0x3c0, 0x3df, "io-vga" },   { 0x3f6, 0x3f6, "io-ide" },
    { 0x3f8, 0x3ff, "io-serial" },  { 0x402, 0x402, "io-debug" },   { 0x4d0, 0x4d1, "io-pic" },   { 0x510, 0x51b, "io-fw-cfg" },
    { 0x600, 0x63f, "io-acpi" },    { 0xcf8, 0xcf8, "io-pci" },   { 0xcf9, 0xcf9, "io-reset" }, { 0xcfc, 0xcff, "io-pci" },
    { 0xe00, 0xe7f, "io-marks" },   { 0xef0, 0xef0, "io-debug" }, { 0xaf00, 0xaf1f, "io-acpi" }, { 0xc000, 0xffff, "io-virtio" },
    { 0x10, 0x1f, "io-other" },     { 0x400, 0x401, "io-other" }, { 0x403, 0x403, "io-other" },   { 0xdff, 0xdff, "io-other" },
    { 0xe80, 0xe80, "io-other" },   { 0xbfff, 0xbfff, "io-other" },
  };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    for (guint port = ports[i].first; port <= ports[i].last; port++)
      assert_port (port, ports[i].kind);
}

/* What the lab itself writes to is the lab's. */
static void
test_own_ports (void **state)
{
  (void) state;
  for (guint mark = 0; mark < RECORD_MARK_COUNT; mark++)
    assert_port (RECORD_MARK_PORT + mark, "io-marks");
  for (guint number = 0; number < RECORD_OPERATION_MAX; number++)
    assert_port (RECORD_OPERATION_PORT + number, "io-marks");
  assert_port (RECORD_REPORT_PORT, "io-debug");
}

static void
test_common_vocabulary (void **state)
{
  static const struct {
    guint32 vmx, svm;
    const char *kind;
  } pairs[] = {
    { 10, 0x72, "cpuid" },        { 12, 0x78, "hlt" },          { 31, 0x7c, "msr" },          { 32, 0x7c, "msr" },      { 28, 0x0, "cr" },
    { 28, 0x65, "cr" },           { 29, 0x37, "dr" },           { 7, 0x64, "interrupt-window" }, { 8, 0x74, "interrupt-window" },
    { 1, 0x60, "interrupt" },     { 0, 0x4e, "exception" },     { 18, 0x81, "hypercall" },    { 2, 0x7f, "triple-fault" },
    { 48, SVM_NPF, "memory" },    { 54, 0x89, "wbinvd" },       { 55, 0x8d, "xsetbv" },       { 40, 0x77, "pause" },
    { 14, 0x79, "invlpg" },       { 33, 0xffffffff, "entry-failure" }, { 9, 0x7d, "task-switch" }, { 36, 0x8b, "mwait" },
    { 16, 0x6e, "rdtsc" },        { 27, 0x80, "nested" },       { 46, 0x66, "dtr" },          { 44, 0x402, "apic" },
    { 1234, 1234, "other" },      { 0xfffffffa, 0xfffffffa, "other" },
  };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      assert_kind (committed_kinds (ISA_VMX), pairs[i].vmx, 0, pairs[i].kind);
      assert_kind (committed_kinds (ISA_SVM), pairs[i].svm, 0, pairs[i].kind);
    }
}

/* VMX has a reason for it, SVM a bit. */
static void
test_mmio (void **state)
{
  const ExitKinds *vmx = committed_kinds (ISA_VMX), *svm = committed_kinds (ISA_SVM);

  (void) state;
  assert_kind (vmx, 49, 0, "mmio");
  assert_kind (vmx, 48, 0x188, "memory");
  assert_kind (svm, SVM_NPF, 0x10000000c, "mmio");
  assert_kind (svm, SVM_NPF, 0x10000000e, "mmio");
  assert_kind (svm, SVM_NPF, 0x100000014, "memory");
  assert_kind (svm, 0x4e, 8, "exception");
  /* more than a port in info1: a guest says what it likes */
  assert_kind (svm, SVM_IOIO, G_MAXUINT64 << 32 | 0x3f8u << 16, "io-serial");
}

/* What a reason's row and the port say, and SVM's one reason for two kinds. */
static void
test_kinds_of_reasons (void **state)
{
  const ReasonNames *vmx = committed_names (ISA_VMX), *svm = committed_names (ISA_SVM);

  (void) state;
  assert_true (reason_may_be_of_kind (vmx, ISA_VMX, 30, "io-serial"));
  assert_false (reason_may_be_of_kind (vmx, ISA_VMX, 48, "io-serial"));
  assert_true (reason_may_be_of_kind (vmx, ISA_VMX, 48, "memory"));
  assert_false (reason_may_be_of_kind (vmx, ISA_VMX, 48, "mmio"));
  assert_true (reason_may_be_of_kind (vmx, ISA_VMX, 49, "mmio"));
  assert_true (reason_may_be_of_kind (svm, ISA_SVM, SVM_NPF, "memory"));
  assert_true (reason_may_be_of_kind (svm, ISA_SVM, SVM_NPF, "mmio"));
  assert_false (reason_may_be_of_kind (svm, ISA_SVM, SVM_IOIO, "mmio"));
  assert_true (reason_may_be_of_kind (svm, ISA_SVM, SVM_IOIO, "io-other"));
}

static void
test_numbers (void **state)
{
  (void) state;
  for (Isa isa = ISA_VMX; isa <= ISA_SVM; isa++)
    {
      const ExitKinds *kinds = committed_kinds (isa);
      assert_in_range (exit_kinds_count (kinds), 20, EXIT_KINDS_MAX);
      for (guint i = 1; i < exit_kinds_count (kinds); i++)
        assert_true (strcmp (exit_kind_name (kinds, i - 1), exit_kind_name (kinds, i)) < 0);
    }
}

/* --- other files ------------------------------------------------------------------------------ */

#define PORTS_HEADER "first,last,kind,device\n"

static gboolean
load (const char *dir, const char *reasons, const char *ports, ReasonNames **names, ExitKinds **kinds, GError **error)
{
  g_autofree char *reasons_text = g_strconcat ("code,name,kind,defined\n", reasons, NULL);
  g_autofree char *reasons_path = put_file (dir, "r.csv", reasons_text);
  g_autofree char *ports_path = put_file (dir, "p.csv", ports);

  if (!reason_names_load (reasons_path, names, error))
    return FALSE;
  return exit_kinds_load (ports_path, ISA_VMX, *names, kinds, error);
}

/* A new kind is a new word in a file, also for a code that is high or not defined. */
static void
test_kinds_are_data (void **state)
{
  g_autoptr (ReasonNames) names = NULL;
  g_autoptr (ExitKinds) kinds = NULL;
  g_autoptr (GError) error = NULL;

  load (*state, "418,TEA,teapot,yes\n0x80000000,HIGH,kettle,no\n30,IO,io,yes\n", "# c\n" PORTS_HEADER "0x10,0x10,io-spoon,a spoon\n", &names, &kinds, &error);
  assert_no_failure (error);
  assert_kind (kinds, 418, 0, "teapot");
  assert_kind (kinds, 0x80000000, 0, "kettle");
  assert_kind (kinds, 0x80000001, 0, "other");
  assert_kind (kinds, 30, 0x100000, "io-spoon");
  assert_kind (kinds, 30, 0x110000, "io-other");
  assert_int_equal (exit_kinds_count (kinds), 5);
  assert_int_equal (kind_number (kinds, "io-other"), 0);
  assert_int_equal (kind_number (kinds, "teapot"), 4);
}

static void
port_mistake (const char *dir, const char *text, const char *expected)
{
  g_autoptr (ReasonNames) names = NULL;
  g_autoptr (ExitKinds) kinds = NULL;
  g_autoptr (GError) error = NULL;

  assert_false (load (dir, "1,A,x,yes\n", text, &names, &kinds, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, expected);
  assert_null (kinds);
}

static void
test_mistakes (void **state)
{
  port_mistake (*state, "", "p.csv: empty");
  port_mistake (*state, "0x1,0x1,io-a,a\n", "p.csv:1: no header row");
  port_mistake (*state, PORTS_HEADER "0x1,0x1,io-a\n", "p.csv:2: not 4 fields");
  port_mistake (*state, PORTS_HEADER "0x1,0x1,io-a,a,b\n", "p.csv:2: not 4 fields");
  port_mistake (*state, PORTS_HEADER "1,0x1,io-a,a\n", "p.csv:2: no port");
  port_mistake (*state, PORTS_HEADER "0x1,0x10000,io-a,a\n", "p.csv:2: no port");
  port_mistake (*state, PORTS_HEADER "0x-1,0x1,io-a,a\n", "p.csv:2: no port");
  port_mistake (*state, PORTS_HEADER "0x2,0x1,io-a,a\n", "p.csv:2: the last port is below");
  port_mistake (*state, PORTS_HEADER "0x1,0x2,io-a,a\n# c\n0x2,0x3,io-b,b\n", "p.csv:4: the ports are not above");
  port_mistake (*state, PORTS_HEADER "0x5,0x6,io-a,a\n0x1,0x2,io-b,b\n", "p.csv:3: the ports are not above");
  port_mistake (*state, PORTS_HEADER "0x1,0x2,serial,a\n", "p.csv:2: bad kind");
  port_mistake (*state, PORTS_HEADER "0x1,0x2,io-,a\n", "p.csv:2: bad kind");
  port_mistake (*state, PORTS_HEADER "0x1,0x2,io-<b>,a\n", "p.csv:2: bad kind");
  port_mistake (*state, PORTS_HEADER "0x1,0x2,io-a,\n", "p.csv:2: no device");

  g_autoptr (GString) many = g_string_new (PORTS_HEADER);
  for (guint i = 0; i < 62; i++)
    g_string_append_printf (many, "0x%x,0x%x,io-%u,device\n", i, i, i);
  port_mistake (*state, many->str, "p.csv: with the kinds of the reasons these are 65 kinds; at most 64");
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_ports), cmocka_unit_test (test_own_ports),  cmocka_unit_test (test_common_vocabulary), cmocka_unit_test (test_mmio),
    cmocka_unit_test (test_kinds_of_reasons),
    cmocka_unit_test (test_numbers), FOLDER_TEST (test_kinds_are_data), FOLDER_TEST (test_mistakes),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
