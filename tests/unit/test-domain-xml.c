/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L1's domain: the three kinds of lab to the byte, and text that XML would choke on. */
#include "unit/golden.h"

#include <libxml/parser.h>

#include "machine/domain-xml.h"

static DomainConfig
exact_svm (void)
{
  return (DomainConfig){
    .icount_shift = MACHINE_ICOUNT_SHIFT,
    .name = "harness-svm-1-0",
    .uuid = "11111111-2222-4333-8444-555555555555",
    .isa = ISA_SVM,
    .accel = ACCEL_EMULATED,
    .cpus = 1,
    .memory_mib = 1024,
    .cpu_model = "EPYC",
    .kernel = "/lab/bzImage",
    .cmdline = "console=ttyS0 root=/dev/pmem0 ro quiet",
    .root_image = "/lab/root.img",
    .root_bytes = 6u << 20,
    .records = "/run/records.bin",
    .record_bytes = 64u << 20,
    .console = "/run/l1-console.log",
    .l0_log = "/run/l0-exits.log",
  };
}

static void
check_golden (const DomainConfig *config, const char *name)
{
  g_autofree char *xml = domain_xml_generate (config);
  assert_golden (name, xml, strlen (xml));
}

static void
test_exact (void **state)
{
  (void) state;
  DomainConfig config = exact_svm ();
  check_golden (&config, "machine/domain-exact-svm.xml");
  config.l0_log = NULL;
  config.fence = "/lab/fence.so";
  g_autofree char *xml = domain_xml_generate (&config);
  assert_null (strstr (xml, "in_asm"));
  assert_non_null (strstr (xml, "<qemu:env name=\"LD_PRELOAD\" value=\"/lab/fence.so\"/>"));
  assert_non_null (strstr (xml, "shift=1,sleep=off"));
}

static void
test_volume (void **state)
{
  (void) state;
  DomainConfig config = exact_svm ();
  config.volume = "/run/l2-volume";
  config.volume_bytes = 600u << 20;
  check_golden (&config, "machine/domain-exact-volume.xml");
}

/* Commas in a path are doubled for QEMU; the machine that goes on differs from the one that stops in nothing that L1 could see. */
static void
test_snapshot (void **state)
{
  (void) state;
  DomainConfig config = exact_svm ();
  config.start = DOMAIN_STOPS;
  config.root_image = "/snapshot,1/root.raw";
  check_golden (&config, "machine/domain-stops.xml");
  config.start = DOMAIN_GOES_ON;
  check_golden (&config, "machine/domain-goes-on.xml");
  config.volume = "/run/volume";
  config.volume_bytes = 2u << 20;
  g_autofree char *xml = domain_xml_generate (&config);
  assert_non_null (strstr (xml, "slot=2"));
}

static void
test_hardware (void **state)
{
  (void) state;
  DomainConfig config = exact_svm ();
  config.accel = ACCEL_KVM;
  config.cpus = 4;
  config.l0_log = NULL;
  check_golden (&config, "machine/domain-kvm-svm.xml");
  config.isa = ISA_VMX;
  config.cpus = 1;
  check_golden (&config, "machine/domain-kvm-vmx.xml");
}

/* Hostile text stays text: it comes back out of a parser as it went in, and adds no element. */
static void
test_escapes (void **state)
{
  (void) state;
  DomainConfig config = exact_svm ();
  config.cmdline = "a='<b>' & \"c\" </cmdline><qemu:commandline/>";
  config.records = "/run/<&'\">/records.bin";
  config.l0_log = "/run/<&'\">/l0";
  check_golden (&config, "machine/domain-escapes.xml");

  g_autofree char *xml = domain_xml_generate (&config);
  xmlDocPtr doc = xmlReadMemory (xml, (int) strlen (xml), NULL, NULL, XML_PARSE_NONET);
  assert_non_null (doc);
  guint commandlines = 0;
  for (xmlNodePtr node = xmlDocGetRootElement (doc)->children; node != NULL; node = node->next)
    commandlines += xmlStrEqual (node->name, BAD_CAST "commandline") ? 1 : 0;
  assert_int_equal (commandlines, 1);
  xmlFreeDoc (doc);
}

/* A person's: pseudo terminals, gdb (a comma in its path is doubled), time that goes on while L1 idles; more CPUs without a count. */
static void
test_interactive (void **state)
{
  (void) state;
  DomainConfig config = exact_svm ();
  config.l0_log = NULL;
  config.interactive = config.console_pty = config.agent_pty = TRUE;
  config.gdb_socket = "/run/a,b/gdb";
  config.records = NULL;
  config.record_bytes = 0;
  check_golden (&config, "machine/domain-interactive.xml");
  config.cpus = 2;
  config.gdb_socket = NULL;
  config.agent_pty = FALSE;
  g_autofree char *xml = domain_xml_generate (&config);
  assert_null (strstr (xml, "icount"));
  assert_null (strstr (xml, "qemu:arg"));
  assert_null (strstr (xml, "tcp"));
}

/* L1 from a disk of its own: no kernel, no NVDIMMs; another disk's bytes; a network that only goes out. */
static void
test_disk (void **state)
{
  (void) state;
  DomainConfig config = exact_svm ();
  config.l0_log = config.kernel = config.cmdline = config.root_image = config.records = NULL;
  config.root_bytes = config.record_bytes = 0;
  config.interactive = config.console_pty = config.agent_pty = TRUE;
  config.disk = "/run/l1.qcow2";
  config.seed = "/run/seed.iso";
  config.second_disk = "/run/l2.qcow2";
  config.network = TRUE;
  check_golden (&config, "machine/domain-disk.xml");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_exact),
    cmocka_unit_test (test_snapshot),
    cmocka_unit_test (test_volume),
    cmocka_unit_test (test_hardware),
    cmocka_unit_test (test_escapes),
    cmocka_unit_test (test_interactive),
    cmocka_unit_test (test_disk),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
