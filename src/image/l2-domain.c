/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L2's domain in L1; see l2-domain.h. What stands here is what guest/l1-qemu.c tells QEMU without libvirt, as near as libvirt lets it. */
#include "image/l2-domain.h"

#include "base/xml-write.h"
#include "record/payload.h"
#include "record/record.h"

#define QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"
#define L2_UUID "6e657374-6c61-4b00-8000-000000000002" /* Linux feeds it to its random pool */
#define L2_MAC "52:54:00:6c:32:01"

static void
write_os (XmlWrite *xml, const L2DomainConfig *config)
{
  xml_start (xml, "os");
  if (config->firmware == L2_FIRMWARE_UEFI)
    xml_attr (xml, "firmware", "efi");
  xml_start (xml, "type");
  xml_attr (xml, "arch", "x86_64");
  xml_attr (xml, "machine", "pc");
  xml_text (xml, "hvm");
  xml_end (xml);
  if (config->kernel != NULL)
    xml_element (xml, "kernel", config->kernel);
  if (config->initrd != NULL)
    xml_element (xml, "initrd", config->initrd);
  if (config->cmdline != NULL)
    xml_element (xml, "cmdline", config->cmdline);
  if (config->kernel == NULL)
    xml_empty (xml, "boot", "dev", "hd", NULL);
  xml_end (xml);
}

static void
write_machine (XmlWrite *xml, const L2DomainConfig *config)
{
  xml_start (xml, "memory");
  xml_attr (xml, "unit", "MiB");
  xml_textf (xml, "%u", config->memory_mib);
  xml_end (xml);
  g_autofree char *cpus = g_strdup_printf ("%u", config->cpus);
  xml_element (xml, "vcpu", cpus);
  write_os (xml, config);
  xml_start (xml, "features");
  xml_empty (xml, "acpi", NULL);
  xml_empty (xml, "apic", NULL);
  xml_empty (xml, "vmport", "state", "off", NULL);
  xml_end (xml);
  xml_empty (xml, "cpu", "mode", "host-passthrough", "check", "none", NULL);
  xml_element (xml, "on_poweroff", "destroy");
  xml_element (xml, "on_reboot", "restart");
  xml_element (xml, "on_crash", "destroy");
}

static void
write_disk (XmlWrite *xml, const char *device, const char *path, const char *format, const char *target, const char *bus)
{
  xml_start (xml, "disk");
  xml_attr (xml, "type", g_str_has_prefix (path, "/dev/") ? "block" : "file");
  xml_attr (xml, "device", device);
  xml_empty (xml, "driver", "name", "qemu", "type", format, NULL);
  xml_empty (xml, "source", g_str_has_prefix (path, "/dev/") ? "dev" : "file", path, NULL);
  xml_empty (xml, "target", "dev", target, "bus", bus, NULL);
  if (g_str_equal (device, "cdrom"))
    xml_empty (xml, "readonly", NULL);
  xml_end (xml);
}

static void
write_network (XmlWrite *xml, const L2DomainConfig *config)
{
  if (config->devices == L2_DEVICES_MINIMAL)
    return;
  xml_start (xml, "interface");
  xml_attr (xml, "type", "user");
  xml_empty (xml, "mac", "address", L2_MAC, NULL);
  xml_empty (xml, "model", "type", config->devices == L2_DEVICES_VIRTIO ? "virtio" : "e1000", NULL);
  xml_empty (xml, "rom", "enabled", "no", NULL);
  xml_end (xml);
}

static void
write_serial (XmlWrite *xml, const char *path, const char *port)
{
  xml_start (xml, "serial");
  xml_attr (xml, "type", "file");
  xml_empty (xml, "source", "path", path, "append", "on", NULL);
  xml_empty (xml, "target", "type", "isa-serial", "port", port, NULL);
  xml_end (xml);
}

static void
write_console_serial (XmlWrite *xml)
{
  xml_start (xml, "serial");
  xml_attr (xml, "type", "pty");
  xml_empty (xml, "target", "type", "isa-serial", "port", "0", NULL);
  xml_end (xml);
}

static void
write_socket_serial (XmlWrite *xml, const char *path)
{
  xml_start (xml, "serial");
  xml_attr (xml, "type", "unix");
  xml_empty (xml, "source", "mode", "bind", "path", path, NULL);
  xml_empty (xml, "target", "type", "isa-serial", "port", "1", NULL);
  xml_end (xml);
}

static void
write_serials (XmlWrite *xml, const L2DomainConfig *config)
{
  if (config->exec_socket != NULL)
    {
      write_console_serial (xml);
      write_socket_serial (xml, config->exec_socket);
      return;
    }
  write_serial (xml, PAYLOAD_DIR "/console", "0");
  if (config->report_serial)
    write_serial (xml, PAYLOAD_DIR "/report", "1");
}

static void
write_devices (XmlWrite *xml, const L2DomainConfig *config)
{
  const gboolean emulated = config->devices == L2_DEVICES_EMULATED;
  xml_start (xml, "devices");
  xml_element (xml, "emulator", "/usr/bin/qemu-system-x86_64");
  if (config->disk != NULL)
    write_disk (xml, "disk", config->disk, config->disk_format, emulated ? "hda" : "vda", emulated ? "ide" : "virtio");
  if (config->seed != NULL)
    write_disk (xml, "cdrom", config->seed, config->seed_format, "hdc", "ide");
  xml_empty (xml, "controller", "type", "usb", "model", "none", NULL);
  write_network (xml, config);
  write_serials (xml, config);
  xml_empty (xml, "memballoon", "model", "none", NULL);
  xml_end (xml);
}

static void
write_arguments (XmlWrite *xml, const char *option, const char *value)
{
  xml_empty (xml, "qemu:arg", "value", option, NULL);
  xml_empty (xml, "qemu:arg", "value", value, NULL);
}

/* What libvirt has no words for. */
static void
write_qemu (XmlWrite *xml, const L2DomainConfig *config)
{
  g_autofree char *report = g_strdup_printf ("isa-debugcon,iobase=0x%x,chardev=lab-report", RECORD_REPORT_PORT);
  xml_start (xml, "qemu:commandline");
  if (!config->report_serial)
    {
      write_arguments (xml, "-chardev", "file,id=lab-report,append=on,path=" PAYLOAD_DIR "/report");
      write_arguments (xml, "-device", report);
    }
  write_arguments (xml, "-chardev", "socket,id=lab-monitor,server=on,wait=off,path=" PAYLOAD_DIR "/monitor");
  write_arguments (xml, "-mon", "chardev=lab-monitor,mode=control");
  if (config->loader_rom != NULL)
    write_arguments (xml, "-option-rom", config->loader_rom);
  xml_end (xml);
}

char *
l2_domain_xml (const L2DomainConfig *config)
{
  XmlWrite *xml = xml_write_new ();
  xml_start (xml, "domain");
  xml_attr (xml, "type", "kvm");
  xml_attr (xml, "xmlns:qemu", QEMU_NAMESPACE);
  xml_element (xml, "name", PAYLOAD_DOMAIN);
  xml_element (xml, "uuid", L2_UUID);
  write_machine (xml, config);
  write_devices (xml, config);
  if (config->exec_socket == NULL)
    write_qemu (xml, config);
  xml_end (xml);
  return xml_write_finish (xml);
}
