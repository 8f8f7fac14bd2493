/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L2's volume as the host writes it, read back by the reader that L1 has; QEMU's arguments to the byte; texts on a console. */
#include "unit/golden.h"

#include <sys/stat.h>

#include "image/l2-volume.h"
#include "record/l2-volume.h"

/* The volume's text, NUL-terminated. */
static char *
read_text (const char *path)
{
  g_autofree char *all = NULL;

  assert_true (g_file_get_contents (path, &all, NULL, NULL));
  return g_strndup (all, L2_VOLUME_TEXT_BYTES);
}

static void
assert_part (const char *path, const struct l2_part *part, const char *content)
{
  g_autofree char *all = NULL;
  gsize size;

  assert_true (g_file_get_contents (path, &all, &size, NULL));
  assert_int_equal (part->offset % 4096, 0);
  assert_true (part->offset + strlen (content) <= size);
  assert_memory_equal (all + part->offset, content, strlen (content));
}

static void
test_disk (void **state)
{
  const char *const ready[] = { "login: ", "# ", NULL };
  g_autofree char *disk = put_file (*state, "disk", "the disk"), *seed = put_file (*state, "seed", "the seed");
  g_autofree char *path = g_build_filename (*state, "volume", NULL), *inputs = NULL;
  const L2Spec spec = { .disk = disk, .disk_format = "qcow2", .seed = seed, .ready = ready, .idle_ms = 1500 };
  struct l2_volume volume;
  struct stat st;

  assert_true (l2_volume_write (&spec, path, &inputs, NULL));
  assert_int_equal (strlen (inputs), 64);
  assert_int_equal (stat (path, &st), 0);
  assert_int_equal (st.st_size, 2 << 20);
  g_autofree char *text = read_text (path);
  assert_int_equal (l2_volume_parse (&volume, text), 0);
  assert_int_equal (volume.nr_parts, 2);
  assert_string_equal (volume.parts[0].name, "disk");
  assert_int_equal (volume.parts[0].format, L2_PART_QCOW2);
  assert_int_equal (volume.parts[0].size, 512); /* a whole sector */
  assert_part (path, &volume.parts[0], "the disk");
  assert_int_equal (volume.parts[1].format, L2_PART_CDROM);
  assert_part (path, &volume.parts[1], "the seed");
  assert_int_equal (volume.nr_ready, 2);
  assert_string_equal (volume.ready[0], "login: ");
  assert_true (volume.powerdown);
  assert_int_equal (volume.idle_ms, 1500);
  assert_false (volume.report_port);
}

static void
test_kernel (void **state)
{
  g_autofree char *kernel = put_file (*state, "kernel", "a kernel"), *path = g_build_filename (*state, "volume", NULL), *inputs = NULL;
  const L2Spec spec = { .kernel = kernel, .cmdline = "console=ttyS0 a=\"b c\"", .powers_off = TRUE };
  struct l2_volume volume;

  assert_true (l2_volume_write (&spec, path, &inputs, NULL));
  g_autofree char *text = read_text (path);
  assert_int_equal (l2_volume_parse (&volume, text), 0);
  assert_int_equal (volume.parts[0].format, L2_PART_FILE);
  assert_int_equal (volume.parts[0].size, 8);
  assert_false (volume.powerdown);
  assert_string_equal (volume.args[0], "-kernel");
  assert_string_equal (volume.args[1], L2_VOLUME_DIR "/kernel");
  assert_string_equal (volume.args[2], "-append");
  assert_string_equal (volume.args[3], "console=ttyS0 a=\"b c\"");
}

/* An option ROM whose bytes do not sum up to 0 is none. */
static void
test_rom (void **state)
{
  g_autofree char *disk = put_file (*state, "disk", "the disk"), *rom = g_build_filename (*state, "rom", NULL);
  g_autofree char *path = g_build_filename (*state, "volume", NULL), *inputs = NULL, *all = NULL;
  const L2Spec spec = { .disk = disk, .disk_format = "raw", .loader_rom = rom };
  struct l2_volume volume;
  char bytes[512] = { 0x55, (char) 0xaa, 1, 7, 9 };
  guint8 sum = 0;

  assert_true (g_file_set_contents (rom, bytes, sizeof bytes, NULL));
  assert_true (l2_volume_write (&spec, path, &inputs, NULL));
  g_autofree char *text = read_text (path);
  assert_int_equal (l2_volume_parse (&volume, text), 0);
  assert_string_equal (volume.parts[1].name, "loader-rom");
  assert_true (g_file_get_contents (path, &all, NULL, NULL));
  for (guint i = 0; i < 512; i++)
    sum = (guint8) (sum + (guint8) all[volume.parts[1].offset + i]);
  assert_int_equal (sum, 0);
}

/* Holes stay holes, and what is behind them comes along. */
static void
test_sparse (void **state)
{
  g_autofree char *disk = put_file (*state, "disk", "begin"), *path = g_build_filename (*state, "volume", NULL), *inputs = NULL, *all = NULL;
  const L2Spec spec = { .disk = disk, .disk_format = "raw" };
  FILE *file = fopen (disk, "r+e");
  struct stat st;
  gsize size;

  assert_int_equal (fseek (file, 64 << 20, SEEK_SET), 0);
  assert_int_equal (fputs ("end", file) < 0, 0);
  fclose (file);
  assert_true (l2_volume_write (&spec, path, &inputs, NULL));
  assert_int_equal (stat (path, &st), 0);
  assert_true (st.st_blocks * 512 < 2 << 20);
  assert_true (g_file_get_contents (path, &all, &size, NULL));
  assert_memory_equal (all + L2_VOLUME_TEXT_BYTES + (64 << 20), "end", 3);
}

static void
test_refused (void **state)
{
  const char *const empty[] = { "", NULL }, *const many[] = { "a", "b", "c", "d", "e", NULL };
  g_autofree char *disk = put_file (*state, "disk", "x"), *nothing = put_file (*state, "nothing", ""), *path = g_build_filename (*state, "volume", NULL);
  const struct {
    L2Spec spec;
    int code;
    const char *words;
  } cases[] = {
    { { .disk = "/no/such/disk", .disk_format = "raw" }, HARNESS_ERROR_FAILED, "/no/such/disk" },
    { { .disk = *state, .disk_format = "raw" }, HARNESS_ERROR_USAGE, "no regular file" },
    { { .disk = nothing, .disk_format = "raw" }, HARNESS_ERROR_USAGE, "empty" },
    { { .kernel = disk, .cmdline = "a\nstop off" }, HARNESS_ERROR_USAGE, "line break" },
    { { .disk = disk, .disk_format = "raw", .ready = empty }, HARNESS_ERROR_USAGE, "1 to" },
    { { .disk = disk, .disk_format = "raw", .ready = many }, HARNESS_ERROR_USAGE, "more than 4" },
    { { .disk = disk, .disk_format = "raw", .loader_rom = disk }, HARNESS_ERROR_FAILED, "option ROM" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *inputs = NULL;
      assert_false (l2_volume_write (&cases[i].spec, path, &inputs, &error));
      assert_failed (error, cases[i].code, cases[i].words);
    }
}

static void
append_arguments (GString *text, const char *title, const L2Spec *spec)
{
  g_auto (GStrv) arguments = l2_qemu_arguments (spec);
  g_autofree char *joined = g_strjoinv ("\n  ", arguments);

  g_string_append_printf (text, "%s\n  %s\n", title, joined);
}

static void
test_arguments (void **state)
{
  g_autoptr (GString) text = g_string_new (NULL);
  L2Spec disk = { .disk = "d", .seed = "s", .loader_rom = "r" }, micro = { .micro = TRUE, .cmdline = "quiet" };
  const L2Spec kernel = { .kernel = "k", .initrd = "i", .disk = "d", .cmdline = "ro" };

  (void) state;
  append_arguments (text, "disk, minimal, BIOS", &disk);
  disk.devices = L2_DEVICES_VIRTIO;
  disk.firmware = L2_FIRMWARE_UEFI;
  append_arguments (text, "disk, virtio, UEFI", &disk);
  disk.devices = L2_DEVICES_EMULATED;
  disk.firmware = L2_FIRMWARE_BIOS;
  append_arguments (text, "disk, emulated, BIOS", &disk);
  append_arguments (text, "kernel, minimal", &kernel);
  append_arguments (text, "micro, minimal", &micro);
  micro.devices = L2_DEVICES_EMULATED;
  append_arguments (text, "micro, emulated", &micro);
  assert_golden ("machine/l2-arguments", text->str, text->len);
}

/* What another program could have written: each a line that the reader must not take. */
static void
test_strict (void **state)
{
  static const char *const bad[] = {
    "", "harness-l2 2\nend\n", "end\n", "harness-l2 1\n", "harness-l2 1\nstop off\n", "harness-l2 1\npart a 0 1\nend\n", "harness-l2 1\npart a 0 1 qcow3\nend\n",
    "harness-l2 1\npart a 0 0 raw\nend\n", "harness-l2 1\npart a x 1 raw\nend\n", "harness-l2 1\npart ../a 0 1 file\nend\n", "harness-l2 1\npart a 0 1 raw more\nend\n",
    "harness-l2 1\npart abcdefghijklmnop 0 1 raw\nend\n", "harness-l2 1\nready \nend\n", "harness-l2 1\nstop never\nend\n", "harness-l2 1\nstop powerdown -1\nend\n",
    "harness-l2 1\nstop powerdown 1x\nend\n", "harness-l2 1\nreport loud\nend\n", "harness-l2 1\nsay hello\nend\n", "harness-l2 1\nend", "harness-l2 1\narg\nend\n",
    "harness-l2 1\nready a\nready b\nready c\nready d\nready e\nend\n",
  };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *text = g_strdup (bad[i]);
      struct l2_volume volume;
      assert_true (l2_volume_parse (&volume, text) > 0);
    }
}

/* A text may come in two pieces, or twice; the last one that was missing counts. */
static void
test_ready (void **state)
{
  g_autofree char *text = g_strdup ("harness-l2 1\nready login: \nready finished\nend\n"), *none = g_strdup ("harness-l2 1\nstop off\nend\n");
  struct l2_volume volume;
  struct l2_ready ready = { .seen = 0 };

  (void) state;
  assert_int_equal (l2_volume_parse (&volume, text), 0);
  assert_false (l2_ready_take (&ready, &volume, "debian log", 10));
  assert_false (l2_ready_take (&ready, &volume, "in: ", 4));
  assert_false (l2_ready_take (&ready, &volume, "login: finishe", 14));
  assert_true (l2_ready_take (&ready, &volume, "d\n", 2));
  assert_false (l2_ready_take (&ready, &volume, "login: finished", 15));
  ready = (struct l2_ready){ .seen = 0 };
  assert_int_equal (l2_volume_parse (&volume, none), 0);
  assert_false (l2_ready_take (&ready, &volume, "login: ", 7));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_disk, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_kernel, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_rom, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_sparse, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_refused, folder_setup, folder_teardown),
    cmocka_unit_test (test_arguments),
    cmocka_unit_test (test_strict),
    cmocka_unit_test (test_ready),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
