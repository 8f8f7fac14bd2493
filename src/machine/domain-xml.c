/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The domain's XML, one small function per subtree.
 *
 * An exact lab (TCG): time is the instruction count (-icount shift=1,sleep=off), every random number
 * of QEMU comes from a seed, the clock starts at a fixed date and runs with the guest, RDRAND and RDSEED
 * are off, and the SMBIOS UUID is fixed, because Linux feeds it to its random pool.
 * Both disks are NVDIMMs: QEMU completes nothing asynchronously for them.
 */
#include "machine/domain-xml.h"

#include <string.h>

#include "base/xml-write.h"

#define QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"
#define START_TIME "1577836800" /* 2020-01-01T00:00:00Z */
#define L1_UUID "6e657374-6c61-4b00-8000-000000000001"

/*
 * QEMU numbers NVDIMMs (and L1 its /dev/pmemN) in the order of a GLib hash table of device ids, not in that of
 * the XML. These names come in this order for every size of that table from 8 to 128 (g_str_hash
 * modulo 7, 13, 31, 61 and 127, with and without GLib's factor of 11). libvirt wants the prefix "ua-".
 */
#define ROOT_ALIAS "ua-l1-root1"
#define ROOT_DEVICE "nvdimm,id=" ROOT_ALIAS ",memdev=mem" ROOT_ALIAS ",node=0,slot=" /* behind those that libvirt hands out */
#define RECORDS_ALIAS "ua-l1-records4"
#define VOLUME_ALIAS "ua-l2-volume16436"

static void
size_element (XmlWrite *xml, const char *name, guint64 size, const char *unit)
{
  xml_start (xml, name);
  xml_attr (xml, "unit", unit);
  xml_textf (xml, "%" G_GUINT64_FORMAT, size);
  xml_end (xml);
}

static void
write_memory (XmlWrite *xml, const DomainConfig *config)
{
  const guint64 disks_mib = (config->root_bytes + config->record_bytes + config->volume_bytes) >> 20;
  if (config->disk == NULL)
    {
      xml_start (xml, "maxMemory");
      xml_attr (xml, "slots", config->volume != NULL ? "3" : "2");
      xml_attr (xml, "unit", "MiB");
      xml_textf (xml, "%" G_GUINT64_FORMAT, config->memory_mib + disks_mib + 1024);
      xml_end (xml);
    }
  size_element (xml, "memory", config->memory_mib, "MiB");
  xml_start (xml, "vcpu");
  xml_attr (xml, "placement", "static");
  xml_textf (xml, "%u", config->cpus);
  xml_end (xml);
}

static void
write_os (XmlWrite *xml, const DomainConfig *config)
{
  xml_start (xml, "os");
  xml_start (xml, "type");
  xml_attr (xml, "arch", "x86_64");
  xml_attr (xml, "machine", "pc");
  xml_text (xml, "hvm");
  xml_end (xml);
  if (config->disk != NULL)
    xml_empty (xml, "boot", "dev", "hd", NULL);
  else
    {
      xml_element (xml, "kernel", config->kernel);
      xml_element (xml, "cmdline", config->cmdline);
    }
  xml_end (xml);
}

static void
write_features (XmlWrite *xml)
{
  xml_start (xml, "features");
  xml_empty (xml, "acpi", NULL);
  xml_empty (xml, "apic", NULL);
  xml_empty (xml, "vmport", "state", "off", NULL);
  xml_end (xml);
}

static void
write_feature (XmlWrite *xml, const char *policy, const char *name)
{
  xml_empty (xml, "feature", "policy", policy, "name", name, NULL);
}

/* libvirt takes NVDIMMs only for a guest with NUMA cells. */
static void
write_numa (XmlWrite *xml, const DomainConfig *config)
{
  xml_start (xml, "numa");
  xml_start (xml, "cell");
  xml_attr (xml, "id", "0");
  if (config->cpus > 1)
    xml_attrf (xml, "cpus", "0-%u", config->cpus - 1);
  else
    xml_attr (xml, "cpus", "0");
  xml_attrf (xml, "memory", "%u", config->memory_mib);
  xml_attr (xml, "unit", "MiB");
  xml_end (xml);
  xml_end (xml);
}

static void
write_cpu (XmlWrite *xml, const DomainConfig *config)
{
  xml_start (xml, "cpu");
  if (config->accel == ACCEL_KVM)
    {
      xml_attr (xml, "mode", "host-passthrough");
      xml_attr (xml, "check", "none");
      write_feature (xml, "require", isa_name (config->isa));
    }
  else
    {
      xml_attr (xml, "mode", "custom");
      xml_attr (xml, "match", "exact");
      xml_attr (xml, "check", "none");
      xml_start (xml, "model");
      xml_attr (xml, "fallback", "forbid");
      xml_text (xml, config->cpu_model);
      xml_end (xml);
      write_feature (xml, "require", "svm");
      write_feature (xml, "require", "npt");
      if (!config->interactive)
        {
          write_feature (xml, "disable", "rdrand");
          write_feature (xml, "disable", "rdseed");
        }
    }
  if (config->disk == NULL)
    write_numa (xml, config);
  xml_end (xml);
}

static void
write_clock (XmlWrite *xml, const DomainConfig *config)
{
  xml_start (xml, "clock");
  if (config->accel == ACCEL_KVM || config->interactive)
    xml_attr (xml, "offset", "utc");
  else
    {
      xml_attr (xml, "offset", "absolute");
      xml_attr (xml, "start", START_TIME);
      xml_empty (xml, "timer", "name", "rtc", "track", "guest", NULL);
    }
  xml_end (xml);
}

static void
write_events (XmlWrite *xml, const DomainConfig *config)
{
  xml_element (xml, "on_poweroff", "destroy");
  xml_element (xml, "on_reboot", "destroy");
  xml_element (xml, "on_crash", config->start == DOMAIN_STOPS ? "preserve" : "destroy");
}

static void
write_nvdimm (XmlWrite *xml, const char *access, gboolean read_only, const char *path, guint64 bytes, const char *alias)
{
  xml_start (xml, "memory");
  xml_attr (xml, "model", "nvdimm");
  xml_attr (xml, "access", access);
  xml_start (xml, "source");
  xml_element (xml, "path", path);
  xml_end (xml);
  xml_start (xml, "target");
  size_element (xml, "size", bytes >> 10, "KiB");
  xml_element (xml, "node", "0");
  if (read_only)
    xml_empty (xml, "readonly", NULL);
  xml_end (xml);
  xml_empty (xml, "alias", "name", alias, NULL);
  xml_end (xml);
}

static void
write_serial (XmlWrite *xml, const char *path)
{
  xml_start (xml, "serial");
  xml_attr (xml, "type", "file");
  xml_empty (xml, "source", "path", path, "append", "off", NULL);
  xml_empty (xml, "target", "type", "isa-serial", "port", "0", NULL);
  xml_end (xml);
}

/* path, if there is one, gets a copy of what the port says. */
static void
write_pty (XmlWrite *xml, const char *port, const char *path)
{
  xml_start (xml, "serial");
  xml_attr (xml, "type", "pty");
  if (path != NULL)
    xml_empty (xml, "log", "file", path, "append", "off", NULL);
  xml_empty (xml, "target", "type", "isa-serial", "port", port, NULL);
  xml_end (xml);
}

static void
write_disk (XmlWrite *xml, const char *device, const char *format, const char *path, const char *target, const char *bus, gboolean read_only)
{
  xml_start (xml, "disk");
  xml_attr (xml, "type", "file");
  xml_attr (xml, "device", device);
  xml_empty (xml, "driver", "name", "qemu", "type", format, "cache", "unsafe", NULL); /* it is thrown away with the machine */
  xml_empty (xml, "source", "file", path, NULL);
  xml_empty (xml, "target", "dev", target, "bus", bus, NULL);
  if (read_only)
    xml_empty (xml, "readonly", NULL);
  xml_end (xml);
}

static void
write_random (XmlWrite *xml)
{
  xml_start (xml, "rng");
  xml_attr (xml, "model", "virtio");
  xml_start (xml, "backend");
  xml_attr (xml, "model", "random");
  xml_text (xml, "/dev/urandom");
  xml_end (xml);
  xml_end (xml);
}

/* The only way in is by what L1 itself has begun. */
static void
write_network (XmlWrite *xml)
{
  xml_start (xml, "interface");
  xml_attr (xml, "type", "user");
  xml_empty (xml, "model", "type", "virtio", NULL);
  xml_empty (xml, "rom", "enabled", "no", NULL);
  xml_end (xml);
}

static void
write_storage (XmlWrite *xml, const DomainConfig *config)
{
  if (config->disk != NULL)
    {
      write_disk (xml, "disk", "qcow2", config->disk, "vda", "virtio", FALSE);
      if (config->second_disk != NULL)
        write_disk (xml, "disk", "raw", config->second_disk, "vdb", "virtio", TRUE);
      if (config->seed != NULL)
        write_disk (xml, "cdrom", "raw", config->seed, "hda", "ide", TRUE);
      write_random (xml);
      return;
    }
  /* private: L1's writes stay in memory; the image file is never written */
  if (config->start == DOMAIN_BOOTS)
    write_nvdimm (xml, "private", FALSE, config->root_image, config->root_bytes, ROOT_ALIAS);
  if (config->records != NULL)
    write_nvdimm (xml, "shared", FALSE, config->records, config->record_bytes, RECORDS_ALIAS);
  if (config->volume != NULL)
    write_nvdimm (xml, "shared", TRUE, config->volume, config->volume_bytes, VOLUME_ALIAS);
}

static void
write_devices (XmlWrite *xml, const DomainConfig *config)
{
  xml_start (xml, "devices");
  xml_empty (xml, "controller", "type", "usb", "model", "none", NULL);
  if (config->console_pty)
    write_pty (xml, "0", config->console);
  else
    write_serial (xml, config->console);
  if (config->agent_pty)
    write_pty (xml, "1", NULL);
  xml_empty (xml, "memballoon", "model", "none", NULL);
  write_storage (xml, config);
  if (config->network)
    write_network (xml);
  xml_end (xml);
}

static void
write_argument (XmlWrite *xml, const char *value)
{
  xml_empty (xml, "qemu:arg", "value", value, NULL);
}

/* A comma in a value of QEMU's options is written twice. */
static char *
comma_doubled (const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ",", -1);
  return g_strjoinv (",,", parts);
}

static void
write_l0_log (XmlWrite *xml, const char *path)
{
  write_argument (xml, "-d");
  write_argument (xml, "in_asm");
  write_argument (xml, "-dfilter"); /* an address where no code is: of in_asm only the vmexit lines remain */
  write_argument (xml, "0x1+0x1");
  write_argument (xml, "-D");
  write_argument (xml, path);
}

/*
 * A distribution's disk is GiBs, which libvirt would have QEMU copy to memory at its start (prealloc). The panic device stops L1 at the instruction that
 * writes to it, so that a snapshot is always of the same one.
 */
static void
write_snapshot (XmlWrite *xml, const DomainConfig *config)
{
  g_autofree char *path = comma_doubled (config->root_image);
  g_autofree char *object = g_strdup_printf ("memory-backend-file,id=mem" ROOT_ALIAS ",mem-path=%s,size=%" G_GUINT64_FORMAT ",share=%s", path, config->root_bytes,
                                             config->start == DOMAIN_STOPS ? "on" : "off");
  write_argument (xml, "-object");
  write_argument (xml, object);
  write_argument (xml, "-device");
  write_argument (xml, config->volume != NULL ? ROOT_DEVICE "2" : ROOT_DEVICE "1");
  write_argument (xml, "-device");
  write_argument (xml, "pvpanic");
  write_argument (xml, "-action");
  write_argument (xml, "panic=pause");
  if (config->start == DOMAIN_GOES_ON)
    {
      write_argument (xml, "-incoming");
      write_argument (xml, "defer");
    }
}

static void
write_gdb (XmlWrite *xml, const char *path)
{
  g_autofree char *doubled = comma_doubled (path);
  g_autofree char *listen = g_strdup_printf ("unix:%s,server=on,wait=off", doubled);
  write_argument (xml, "-gdb");
  write_argument (xml, listen);
}

/*
 * Instructions are counted here too: without it TCG's L2 starves, for its timer's interrupts come faster than L1 gets to run it. With sleep=on
 * an idle L1 waits as long as its clock says; a busy one's clock goes as fast as TCG does. More CPUs than one cannot be had that way.
 */
static void
write_interactive (XmlWrite *xml, const DomainConfig *config)
{
  const gboolean counts = config->accel == ACCEL_EMULATED && config->cpus == 1;
  if (!counts && config->gdb_socket == NULL)
    return;
  xml_start (xml, "qemu:commandline");
  if (counts)
    {
      g_autofree char *icount = g_strdup_printf ("shift=%u,sleep=on", config->icount_shift);
      write_argument (xml, "-icount");
      write_argument (xml, icount);
    }
  if (config->gdb_socket != NULL)
    write_gdb (xml, config->gdb_socket);
  xml_end (xml);
}

static void
write_qemu (XmlWrite *xml, const DomainConfig *config)
{
  if (config->interactive)
    {
      write_interactive (xml, config);
      return;
    }
  if (config->accel == ACCEL_KVM)
    return;
  g_autofree char *icount = g_strdup_printf ("shift=%u,sleep=off", config->icount_shift);
  xml_start (xml, "qemu:commandline");
  write_argument (xml, "-icount");
  write_argument (xml, icount);
  write_argument (xml, "-seed");
  write_argument (xml, "42");
  write_argument (xml, "-smbios");
  write_argument (xml, "type=1,uuid=" L1_UUID);
  if (config->start != DOMAIN_BOOTS)
    write_snapshot (xml, config);
  if (config->l0_log != NULL)
    write_l0_log (xml, config->l0_log);
  if (config->fence != NULL)
    xml_empty (xml, "qemu:env", "name", "LD_PRELOAD", "value", config->fence, NULL);
  xml_end (xml);
}

static void
write_domain (XmlWrite *xml, const DomainConfig *config)
{
  xml_start (xml, "domain");
  xml_attr (xml, "type", config->accel == ACCEL_KVM ? "kvm" : "qemu");
  xml_attr (xml, "xmlns:qemu", QEMU_NAMESPACE);
  xml_element (xml, "name", config->name);
  xml_element (xml, "uuid", config->uuid);
  write_memory (xml, config);
  write_os (xml, config);
  write_features (xml);
  write_cpu (xml, config);
  write_clock (xml, config);
  write_events (xml, config);
  write_devices (xml, config);
  xml_empty (xml, "seclabel", "type", "none", NULL);
  write_qemu (xml, config);
  xml_end (xml);
}

char *
domain_xml_generate (const DomainConfig *config)
{
  XmlWrite *xml = xml_write_new ();
  write_domain (xml, config);
  return xml_write_finish (xml);
}
