/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L2 as a domain of L1's libvirt: to the byte, taken by libvirt's own schema, and text that XML would choke on. */
#include "unit/golden.h"

#include "base/run.h"
#include "image/l2-domain.h"

#define SCHEMA "/usr/share/libvirt/schemas/domain.rng"

static L2DomainConfig
micro (void)
{
  return (L2DomainConfig){
    .memory_mib = 128,
    .cpus = 1,
    .kernel = "/l2/bzImage",
    .initrd = "/l2/initrd",
    .cmdline = "console=ttyS0 quiet nokaslr panic=-1",
    .disk = "/var/tmp/l2-disk",
    .disk_format = "raw",
    .devices = L2_DEVICES_VIRTIO,
  };
}

static L2DomainConfig
distribution (void)
{
  return (L2DomainConfig){
    .memory_mib = 512,
    .cpus = 2,
    .disk = "/var/tmp/l2.qcow2",
    .disk_format = "qcow2",
    .seed = "/var/tmp/seed.qcow2",
    .seed_format = "qcow2",
    .report_serial = TRUE,
    .loader_rom = "/usr/lib/harness/loader.rom",
    .devices = L2_DEVICES_EMULATED,
  };
}

static void
check_golden (const L2DomainConfig *config, const char *name)
{
  g_autofree char *xml = l2_domain_xml (config);
  assert_golden (name, xml, strlen (xml));
}

static void
test_golden (void **state)
{
  (void) state;
  L2DomainConfig config = micro ();
  check_golden (&config, "image/l2-domain-micro.xml");
  config = distribution ();
  check_golden (&config, "image/l2-domain-distribution.xml");
  config.exec_socket = "/run/l2-exec";
  config.devices = L2_DEVICES_VIRTIO;
  check_golden (&config, "image/l2-domain-person.xml");
}

static void
test_variants (void **state)
{
  (void) state;
  L2DomainConfig config = micro ();
  config.devices = L2_DEVICES_MINIMAL;
  config.firmware = L2_FIRMWARE_UEFI;
  config.cmdline = "a=\"<&>\"";
  g_autofree char *xml = l2_domain_xml (&config);
  assert_null (strstr (xml, "<interface"));
  assert_non_null (strstr (xml, "firmware=\"efi\""));
  assert_non_null (strstr (xml, "<cmdline>a=&quot;&lt;&amp;&gt;&quot;</cmdline>"));
}

static void
test_schema (void **state)
{
  (void) state;
  if (!g_file_test (SCHEMA, G_FILE_TEST_EXISTS))
    skip ();
  static const char *const names[] = { "micro", "distribution" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strdup_printf (GOLDEN_DIR "/image/l2-domain-%s.xml", names[i]);
      g_autoptr (Run) run = run_new ("xmllint", "--noout", "--relaxng", SCHEMA, path, NULL);
      g_autoptr (GError) error = NULL;
      if (!run_wait (run, &error))
        fail_msg ("%s", error->message);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_golden),
    cmocka_unit_test (test_variants),
    cmocka_unit_test (test_schema),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
