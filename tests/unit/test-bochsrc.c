/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bochs's configuration to the byte, and the boot image and ROM made of good and bad kernels. */
#include "unit/golden.h"

#include "machine/bochs-boot.h"
#include "machine/bochsrc.h"

static BochsConfig
exact_vmx (void)
{
  return (BochsConfig){
    .bios = "/share/BIOS",
    .vga_bios = "/share/VGABIOS",
    .boot_rom = "/run/boot.rom",
    .boot_image = "/run/boot.img",
    .boot_bytes = 3 * BOCHS_CYLINDER_BYTES,
    .root_image = "/lab/my root, really.img",
    .root_bytes = 8 * BOCHS_CYLINDER_BYTES,
    .root_journal = "/run/root.redolog",
    .records = "/run/records.bin",
    .record_bytes = 256 * BOCHS_CYLINDER_BYTES,
    .console = "/run/l1-console.log",
    .log = "/run/bochs.fifo",
    .cpu_model = "corei5_arrandale_m520",
    .cpus = 1,
    .memory_mib = 1024,
    .mips = 50,
    .l0_log = TRUE,
  };
}

static void
test_exact (void **state)
{
  (void) state;
  BochsConfig config = exact_vmx ();
  g_autofree char *text = bochsrc_generate (&config, NULL);
  assert_golden ("machine/bochsrc", text, strlen (text));
  config.l0_log = FALSE;
  g_autofree char *quiet = bochsrc_generate (&config, NULL);
  assert_null (strstr (quiet, "cpu0=report"));
  config.volume = "/run/l2-volume";
  config.volume_bytes = 2400 * BOCHS_CYLINDER_BYTES;
  config.volume_journal = "/run/volume.redolog";
  g_autofree char *third = bochsrc_generate (&config, NULL);
  assert_golden ("machine/bochsrc-volume", third, strlen (third));
  config.root_is_cdrom = TRUE;
  g_autofree char *cdrom = bochsrc_generate (&config, NULL);
  assert_non_null (strstr (cdrom, "\nata0-master: type=cdrom, path=\"/lab/my root, really.img\", status=inserted\nata0-slave: "));
  assert_null (strstr (cdrom, "root.redolog"));
}

/* A person's: serial ports are pseudo terminals, time is the host's, nothing is recorded. */
static void
test_interactive (void **state)
{
  (void) state;
  BochsConfig config = exact_vmx ();
  config.l0_log = FALSE;
  config.interactive = TRUE;
  config.records = NULL;
  config.console_tty = "/dev/pts/7";
  config.agent_tty = "/dev/pts/8";
  g_autofree char *text = bochsrc_generate (&config, NULL);
  assert_golden ("machine/bochsrc-interactive", text, strlen (text));
}

/* A bochsrc has no escapes: what cannot be written is refused, never mangled. */
static void
test_unwritable (void **state)
{
  static const char *const bad[] = { "/run/a\"b", "/run/$HOME", "/run/a\nmegs: 1", "" };
  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      BochsConfig config = exact_vmx ();
      g_autoptr (GError) error = NULL;
      config.records = bad[i];
      assert_null (bochsrc_generate (&config, &error));
      assert_failed (error, HARNESS_ERROR_USAGE, "record file");
    }
}

/* What Bochs would cut off is refused: it would boot without its disk. */
static void
test_long_line (void **state)
{
  BochsConfig config = exact_vmx ();
  g_autofree char *path = g_strnfill (BOCHSRC_LINE_MAX - strlen ("log: \"\""), 'p');
  g_autofree char *longer = g_strconcat (path, "p", NULL);
  g_autoptr (GError) error = NULL;
  (void) state;
  config.log = path;
  g_autofree char *text = bochsrc_generate (&config, NULL);
  assert_non_null (text);
  config.log = longer;
  assert_null (bochsrc_generate (&config, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "reads 509 characters of a line, and this one has 510");
}

/* The smallest that passes for a bzImage: 1 setup sector besides the boot sector, then `high` bytes of 0xab. */
static GByteArray *
make_kernel (gsize high)
{
  GByteArray *kernel = g_byte_array_new ();
  g_byte_array_set_size (kernel, (guint) (1024 + high));
  memset (kernel->data, 0, 1024);
  memset (kernel->data + 1024, 0xab, high);
  kernel->data[0x1f1] = 1;
  memcpy (kernel->data + 0x202, "HdrS\x0f\x02", 6);
  kernel->data[0x211] = 1;
  return kernel;
}

/* How the kernel describes itself (boot.rst, kernel_version), wherever that is said to stand. */
static void
test_preempts (void **state)
{
  static const struct
  {
    guint at;
    const char *version;
    gboolean preempts;
  } cases[] = {
    { 0x100, "7.2.6 (harness@lab) #1 SMP PREEMPT Wed", TRUE },
    { 0x100, "6.12.9 (a@b) #2 SMP PREEMPT_DYNAMIC Thu", TRUE },
    { 0x100, "6.1.192 (harness@lab) #1 SMP Wed", FALSE },
    { 0x1f9, " PREEMPT", FALSE }, /* cut off by the setup code's end */
    { 0xfff0, "", FALSE },
  };
  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) kernel = make_kernel (1000);
      const gsize room = 1024 - MIN (1024, 0x200 + cases[i].at);
      kernel->data[0x20e] = cases[i].at & 0xff;
      kernel->data[0x20f] = (guint8) (cases[i].at >> 8);
      if (room > 0)
        memcpy (kernel->data + 0x200 + cases[i].at, cases[i].version, MIN (room, strlen (cases[i].version)));
      assert_int_equal (bochs_boot_preempts (kernel->data, kernel->len), cases[i].preempts);
    }
  assert_false (bochs_boot_preempts ("MZ", 2));
}

static void
test_boot_image (void **state)
{
  (void) state;
  g_autoptr (GByteArray) kernel = make_kernel (1000);
  g_autoptr (GByteArray) image = NULL;
  g_autoptr (GByteArray) rom = NULL;
  assert_true (bochs_boot_make (kernel->data, kernel->len, "root=/dev/sda", &image, &rom, NULL));

  assert_int_equal (image->len, BOCHS_CYLINDER_BYTES);
  assert_int_equal (image->data[0x210], 0xff);
  assert_int_equal (image->data[0x211], 0x81);
  assert_memory_equal (image->data + 0x228, "\x00\x90\x09\x00", 4); /* 0x99000 */
  assert_string_equal ((char *) image->data + 0x9000, "root=/dev/sda");
  assert_int_equal (image->data[0xa000], 0xab);
  assert_int_equal (image->data[0xa000 + 999], 0xab);
  assert_int_equal (image->data[0xa000 + 1000], 0);
}

static void
test_boot_rom (void **state)
{
  (void) state;
  g_autoptr (GByteArray) kernel = make_kernel (1000);
  g_autoptr (GByteArray) image = NULL;
  g_autoptr (GByteArray) rom = NULL;
  assert_true (bochs_boot_make (kernel->data, kernel->len, "", &image, &rom, NULL));

  guint8 sum = 0;
  for (guint i = 0; i < rom->len; i++)
    sum = (guint8) (sum + rom->data[i]);
  assert_int_equal (rom->len, 512);
  assert_int_equal (sum, 0);
  assert_memory_equal (rom->data, "\x55\xaa\x01\xeb", 4);
  assert_memory_equal (rom->data + 6, "\x00\x00\x09\x00\x50\x00\x00\x00", 8);  /* 0x90000, 80 sectors */
  assert_memory_equal (rom->data + 14, "\x00\x00\x10\x00\x02\x00\x00\x00", 8); /* 0x100000, 2 sectors */
}

static void
check_bad_kernel (GByteArray *kernel, const char *cmdline, const char *part)
{
  g_autoptr (GByteArray) owned = kernel;
  g_autoptr (GError) error = NULL;
  GByteArray *image = NULL, *rom = NULL;
  assert_false (bochs_boot_make (owned->data, owned->len, cmdline, &image, &rom, &error));
  assert_non_null (error);
  assert_text_has (error->message, part);
  assert_null (image);
  assert_null (rom);
}

static void
test_bad_kernels (void **state)
{
  (void) state;
  GByteArray *kernel = make_kernel (1);
  g_byte_array_set_size (kernel, 700);
  check_bad_kernel (kernel, "", "not a bzImage");
  kernel = make_kernel (1);
  kernel->data[0x202] = 'X';
  check_bad_kernel (kernel, "", "not a bzImage");
  kernel = make_kernel (1);
  kernel->data[0x211] = 0;
  check_bad_kernel (kernel, "", "not loaded high");
  kernel = make_kernel (1);
  kernel->data[0x1f1] = 255;
  check_bad_kernel (kernel, "", "255 setup sectors");
  kernel = make_kernel (100);
  kernel->data[0x1f1] = 9;
  check_bad_kernel (kernel, "", "9 setup sectors in a file of 1124 bytes");
  g_autofree char *long_line = g_strnfill (4096, 'a');
  check_bad_kernel (make_kernel (1), long_line, "too long");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_exact),
    cmocka_unit_test (test_interactive),      cmocka_unit_test (test_unwritable), cmocka_unit_test (test_long_line),  cmocka_unit_test (test_preempts),
    cmocka_unit_test (test_boot_image),
    cmocka_unit_test (test_boot_rom),   cmocka_unit_test (test_bad_kernels),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
