/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wrappers over the fake machine: each fault ends as it should, and the console is watched with care. */
#include "unit/unit.h"

#include "base/cancel.h"
#include "machine/console.h"
#include "machine/machine.h"
#include "record/payload.h"

#define RECORD_BYTES 65536
#define STREAM_BYTES 20000

typedef struct
{
  char *dir;
  char *replay, *run;
} Folders;

static int
setup (void **state)
{
  Folders *folders = g_new0 (Folders, 1);
  folders->dir = g_dir_make_tmp ("harness-unit-XXXXXX", NULL);
  folders->replay = g_build_filename (folders->dir, "replay", NULL);
  folders->run = g_build_filename (folders->dir, "run", NULL);
  g_mkdir (folders->run, 0777);
  g_autofree char *stream = g_strnfill (STREAM_BYTES, 'r');
  g_free (put_file (folders->replay, "records.bin", stream));
  g_free (put_file (folders->replay, "l1-console.log", "[    0.1] hello\ninit: ready\n"));
  g_free (put_file (folders->replay, "l0-exits.log", "vmexit(00000072, 0, 0, 2)!\n"));
  *state = folders;
  return 0;
}

static int
teardown (void **state)
{
  Folders *folders = *state;
  const gboolean ok = files_remove_tree (folders->dir, NULL);
  g_free (folders->dir);
  g_free (folders->replay);
  g_free (folders->run);
  g_free (folders);
  return ok ? 0 : -1;
}

static MachineSpec
fake_spec (const Folders *folders)
{
  return (MachineSpec){
    .kind = MACHINE_FAKE,
    .isa = ISA_SVM,
    .cpus = 1,
    .memory_mib = 512,
    .cmdline = "quiet",
    .record_bytes = RECORD_BYTES,
    .dir = folders->run,
    .replay_dir = folders->replay,
    .l0_log = TRUE,
    .deadline_ns = 300 * 1000 * 1000,
  };
}

static void
count_tick (gpointer user)
{
  guint *ticks = user;
  (*ticks)++;
}

/* Runs it and returns what became of the records; *end and *detail as told. */
static char *
run_fault (const Folders *folders, const char *fault, MachineEnd end, const char *detail)
{
  const MachineSpec spec = fake_spec (folders);
  g_autoptr (GError) error = NULL;
  MachineResult result = { 0 };
  guint ticks = 0;
  g_free (put_file (folders->replay, "fault", fault));
  g_autoptr (Machine) machine = machine_new (&spec, &error);
  assert_no_failure (error);
  assert_true (machine_start (machine, &error));
  assert_true (machine_wait (machine, count_tick, &ticks, &result, &error));
  assert_string_equal (machine_end_name (result.end), machine_end_name (end));
  assert_text_has (result.detail, detail);
  assert_true (end == MACHINE_END_DEADLINE ? ticks > 1 && ticks < 10 : ticks == 0);
  machine_result_clear (&result);

  g_autofree char *path = g_build_filename (folders->run, "records.bin", NULL);
  char *records = NULL;
  gsize size = 0;
  assert_true (files_read (path, RECORD_BYTES, &records, &size, &error));
  assert_int_equal (size, RECORD_BYTES);
  return records;
}

static gsize
stream_length (const char *records, gsize length)
{
  while (length > 0 && records[length - 1] == '\0')
    length--;
  return length;
}

static void
test_faults (void **state)
{
  static const struct
  {
    const char *fault;
    MachineEnd end;
    const char *detail;
    gsize length;
  } cases[] = {
    { "none", MACHINE_END_POWEROFF, "init: ready", STREAM_BYTES },
    { "panic\n", MACHINE_END_PANIC, "Kernel panic - not syncing: Fatal exception", STREAM_BYTES },
    { "reset", MACHINE_END_RESET, "", STREAM_BYTES },
    { "hang", MACHINE_END_DEADLINE, "init: ready", STREAM_BYTES },
    { "killed", MACHINE_END_KILLED, "signal 9", STREAM_BYTES / 2 },
    { "poweroff-early", MACHINE_END_POWEROFF, "", STREAM_BYTES / 2 },
    { "truncate-records", MACHINE_END_POWEROFF, "", STREAM_BYTES - 1000 },
    { "corrupt-records", MACHINE_END_POWEROFF, "", STREAM_BYTES },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *records = run_fault (*state, cases[i].fault, cases[i].end, cases[i].detail);
      assert_int_equal (stream_length (records, RECORD_BYTES), cases[i].length);
      assert_int_equal (records[STREAM_BYTES / 2] == 'r' || records[STREAM_BYTES / 2] == '\0',
                        strcmp (cases[i].fault, "corrupt-records") != 0);
    }
}

static void
test_no_space (void **state)
{
  const MachineSpec spec = fake_spec (*state);
  g_autoptr (GError) error = NULL;
  g_free (put_file (spec.replay_dir, "fault", "no-space"));
  g_autoptr (Machine) machine = machine_new (&spec, &error);
  assert_false (machine_start (machine, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "records.bin: writing: no space left");
}

static void
test_unknown_fault (void **state)
{
  const MachineSpec spec = fake_spec (*state);
  g_autoptr (GError) error = NULL;
  g_free (put_file (spec.replay_dir, "fault", "earthquake"));
  g_autoptr (Machine) machine = machine_new (&spec, NULL);
  assert_false (machine_start (machine, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "unknown fault \"earthquake\"");
}

static void
assert_bad_spec (const MachineSpec *spec, HarnessError code, const char *part)
{
  g_autoptr (GError) error = NULL;
  assert_null (machine_new (spec, &error));
  assert_failed (error, code, part);
}

static void
test_bad_specs (void **state)
{
  const MachineSpec good = fake_spec (*state);
  MachineSpec spec = good;
  spec.cpus = 0;
  assert_bad_spec (&spec, HARNESS_ERROR_USAGE, "L1's CPUs: 0");
  spec = good;
  spec.memory_mib = 1;
  assert_bad_spec (&spec, HARNESS_ERROR_USAGE, "L1's memory: 1 MiB");
  spec = good;
  spec.record_bytes = 4097;
  assert_bad_spec (&spec, HARNESS_ERROR_USAGE, "record device: 4097");
  spec = good;
  spec.cmdline = "a\nb";
  assert_bad_spec (&spec, HARNESS_ERROR_USAGE, "command line: has a control character");
  spec = good;
  spec.replay_dir = "/nonexistent";
  assert_bad_spec (&spec, HARNESS_ERROR_USAGE, "/nonexistent: no such folder");
  spec = good;
  spec.dir = "/nonexistent";
  assert_bad_spec (&spec, HARNESS_ERROR_FAILED, "run folder");
  spec = good;
  spec.kind = MACHINE_BOCHS;
  spec.accel = ACCEL_KVM;
  spec.record_bytes = 1 << 20;
  assert_bad_spec (&spec, HARNESS_ERROR_USAGE, "no hardware acceleration");
}

/* The payload stands on the record device before L1 starts, and nothing else does. Seen where the fake starts without replaying: it writes the device anew. */
static void
test_payload (void **state)
{
  static const char payload[] = "HPY1 and what follows";
  MachineSpec spec = fake_spec (*state);
  g_autoptr (GError) error = NULL;
  g_free (put_file (spec.replay_dir, "fault", "no-space"));
  spec.payload = payload;
  spec.payload_bytes = sizeof payload;
  spec.record_bytes = PAYLOAD_OFFSET;
  assert_bad_spec (&spec, HARNESS_ERROR_USAGE, "record device: 1048576 bytes hold no payload of 22");
  spec.record_bytes = PAYLOAD_OFFSET + 4096;
  spec.payload_bytes = 4097;
  assert_bad_spec (&spec, HARNESS_ERROR_USAGE, "hold no payload of 4097");
  spec.payload_bytes = sizeof payload;
  g_autoptr (Machine) machine = machine_new (&spec, &error);
  assert_no_failure (error);
  assert_false (machine_start (machine, NULL));
  g_autofree char *path = g_build_filename (spec.dir, "records.bin", NULL), *records = NULL;
  gsize size = 0;
  assert_true (files_read (path, spec.record_bytes, &records, &size, &error));
  assert_int_equal (size, spec.record_bytes);
  assert_memory_equal (records + PAYLOAD_OFFSET, payload, sizeof payload);
  memset (records + PAYLOAD_OFFSET, 0, sizeof payload);
  assert_int_equal (stream_length (records, size), 0);
}

/* An earlier run's console in the same folder must not be taken for this one's. */
static void
test_stale_console (void **state)
{
  const Folders *folders = *state;
  g_free (put_file (folders->run, "l1-console.log", "Kernel panic - not syncing: yesterday's\n"));
  g_free (run_fault (folders, "none", MACHINE_END_POWEROFF, "init: ready"));
}

static void
test_console (void **state)
{
  const Folders *folders = *state;
  g_autofree char *path = put_file (folders->dir, "console", "one\r\n\033[2Jtwo\r\n\n  \n");
  g_autoptr (Console) console = console_new (path);
  console_update (console);
  assert_string_equal (console_last_line (console), "[2Jtwo");
  assert_null (console_panic (console));

  g_autofree char *flood = g_strnfill (100000, 'x');
  g_autofree char *text = g_strconcat ("one\r\n\033[2Jtwo\r\n\n  \n", flood, "\n[1.0] Kernel panic - not syncing: At", NULL);
  FILE *file = fopen (path, "w"); /* grows in place, as a console does */
  assert_true (fputs (text, file) >= 0);
  fclose (file);
  console_update (console);
  assert_string_equal (console_panic (console), "Kernel panic - not syncing: At");
  file = fopen (path, "a");
  assert_true (fputs ("tempted\nKernel panic - not syncing: another\n", file) >= 0);
  fclose (file);
  console_update (console);
  assert_string_equal (console_panic (console), "Kernel panic - not syncing: Attempted");
}

/* A machine that goes on, and what ends it before its deadline. */
static void
assert_stopped (const MachineSpec *spec, MachineEnd end, const char *detail)
{
  g_autoptr (GError) error = NULL;
  MachineResult result = { 0 };
  g_free (put_file (spec->replay_dir, "fault", "hang"));
  g_autoptr (Machine) machine = machine_new (spec, &error);
  assert_no_failure (error);
  assert_true (machine_start (machine, &error) && machine_wait (machine, NULL, NULL, &result, &error));
  assert_string_equal (machine_end_name (result.end), machine_end_name (end));
  assert_text_has (result.detail, detail);
  machine_result_clear (&result);
}

static void
test_flood_and_stall (void **state)
{
  MachineSpec flood = fake_spec (*state), stall = flood;
  flood.l0_log_max = 10;
  assert_stopped (&flood, MACHINE_END_FLOOD, "the exit log of L0 exceeds 0 MiB");
  stall.stall_ns = 100 * 1000 * 1000;
  assert_stopped (&stall, MACHINE_END_DEADLINE, "no VM exit for 0.1 s");
}

/* Last: an interruption cannot be taken back. */
static void
test_interruption (void **state)
{
  const MachineSpec spec = fake_spec (*state);
  g_autoptr (GError) error = NULL;
  MachineResult result = { 0 };
  g_free (put_file (spec.replay_dir, "fault", "hang"));
  g_autoptr (Machine) machine = machine_new (&spec, NULL);
  assert_true (machine_start (machine, NULL));
  g_autoptr (GError) killed = NULL;
  g_free (put_file (spec.replay_dir, "fault", "killed"));
  g_autoptr (Machine) dies = machine_new (&spec, NULL);
  assert_true (machine_start (dies, NULL));
  cancel_request ();
  assert_false (machine_wait (machine, NULL, NULL, &result, &error));
  assert_failed (error, HARNESS_ERROR_INTERRUPTED, "interrupted");
  assert_null (result.detail);
  /* The emulator that dies of the same Ctrl-C is no finding about L1. */
  assert_false (machine_wait (dies, NULL, NULL, &result, &killed));
  assert_failed (killed, HARNESS_ERROR_INTERRUPTED, "interrupted");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_faults, setup, teardown),
    cmocka_unit_test_setup_teardown (test_no_space, setup, teardown),
    cmocka_unit_test_setup_teardown (test_unknown_fault, setup, teardown),
    cmocka_unit_test_setup_teardown (test_bad_specs, setup, teardown),
    cmocka_unit_test_setup_teardown (test_payload, setup, teardown),
    cmocka_unit_test_setup_teardown (test_stale_console, setup, teardown),
    cmocka_unit_test_setup_teardown (test_console, setup, teardown),
    cmocka_unit_test_setup_teardown (test_flood_and_stall, setup, teardown),
    cmocka_unit_test_setup_teardown (test_interruption, setup, teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
