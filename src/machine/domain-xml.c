/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The domain's XML, one small function per subtree. Text passes libxml2's writer, which is the one escaper.
 *
 * An exact lab (TCG): time is the instruction count (-icount shift=1,sleep=off), every random number
 * of QEMU comes from a seed, the clock starts at a fixed date and runs with the guest, RDRAND and RDSEED
 * are off, and the SMBIOS UUID is fixed, because Linux feeds it to its random pool.
 * Both disks are NVDIMMs: QEMU completes nothing asynchronously for them.
 */
#include "machine/domain-xml.h"

#include <libxml/xmlwriter.h>
#include <string.h>

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

#define NEED(call) g_assert ((call) >= 0) /* writing to memory fails for want of memory alone */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlTextWriter, xmlFreeTextWriter)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlBuffer, xmlBufferFree)

static void
start (xmlTextWriter *xml, const char *name)
{
  NEED (xmlTextWriterStartElement (xml, BAD_CAST name));
}

static void
end (xmlTextWriter *xml)
{
  NEED (xmlTextWriterEndElement (xml));
}

static void
attr (xmlTextWriter *xml, const char *name, const char *value)
{
  NEED (xmlTextWriterWriteAttribute (xml, BAD_CAST name, BAD_CAST value));
}

static void
text_element (xmlTextWriter *xml, const char *name, const char *text)
{
  NEED (xmlTextWriterWriteElement (xml, BAD_CAST name, BAD_CAST text));
}

/* <name attribute='value'/> */
static void
flag (xmlTextWriter *xml, const char *name, const char *attribute, const char *value)
{
  start (xml, name);
  if (attribute != NULL)
    attr (xml, attribute, value);
  end (xml);
}

static void
size_element (xmlTextWriter *xml, const char *name, guint64 size, const char *unit)
{
  start (xml, name);
  attr (xml, "unit", unit);
  NEED (xmlTextWriterWriteFormatString (xml, "%" G_GUINT64_FORMAT, size));
  end (xml);
}

static void
write_memory (xmlTextWriter *xml, const DomainConfig *config)
{
  const guint64 disks_mib = (config->root_bytes + config->record_bytes + config->volume_bytes) >> 20;
  if (config->disk == NULL)
    {
      start (xml, "maxMemory");
      attr (xml, "slots", config->volume != NULL ? "3" : "2");
      attr (xml, "unit", "MiB");
      NEED (xmlTextWriterWriteFormatString (xml, "%" G_GUINT64_FORMAT, config->memory_mib + disks_mib + 1024));
      end (xml);
    }
  size_element (xml, "memory", config->memory_mib, "MiB");
  start (xml, "vcpu");
  attr (xml, "placement", "static");
  NEED (xmlTextWriterWriteFormatString (xml, "%u", config->cpus));
  end (xml);
}

static void
write_os (xmlTextWriter *xml, const DomainConfig *config)
{
  start (xml, "os");
  start (xml, "type");
  attr (xml, "arch", "x86_64");
  attr (xml, "machine", "pc");
  NEED (xmlTextWriterWriteString (xml, BAD_CAST "hvm"));
  end (xml);
  if (config->disk != NULL)
    flag (xml, "boot", "dev", "hd");
  else
    {
      text_element (xml, "kernel", config->kernel);
      text_element (xml, "cmdline", config->cmdline);
    }
  end (xml);
}

static void
write_features (xmlTextWriter *xml)
{
  start (xml, "features");
  flag (xml, "acpi", NULL, NULL);
  flag (xml, "apic", NULL, NULL);
  flag (xml, "vmport", "state", "off");
  end (xml);
}

static void
write_feature (xmlTextWriter *xml, const char *policy, const char *name)
{
  start (xml, "feature");
  attr (xml, "policy", policy);
  attr (xml, "name", name);
  end (xml);
}

/* libvirt takes NVDIMMs only for a guest with NUMA cells. */
static void
write_numa (xmlTextWriter *xml, const DomainConfig *config)
{
  start (xml, "numa");
  start (xml, "cell");
  attr (xml, "id", "0");
  if (config->cpus > 1)
    NEED (xmlTextWriterWriteFormatAttribute (xml, BAD_CAST "cpus", "0-%u", config->cpus - 1));
  else
    attr (xml, "cpus", "0");
  NEED (xmlTextWriterWriteFormatAttribute (xml, BAD_CAST "memory", "%u", config->memory_mib));
  attr (xml, "unit", "MiB");
  end (xml);
  end (xml);
}

static void
write_cpu (xmlTextWriter *xml, const DomainConfig *config)
{
  start (xml, "cpu");
  if (config->accel == ACCEL_KVM)
    {
      attr (xml, "mode", "host-passthrough");
      attr (xml, "check", "none");
      write_feature (xml, "require", isa_name (config->isa));
    }
  else
    {
      attr (xml, "mode", "custom");
      attr (xml, "match", "exact");
      attr (xml, "check", "none");
      start (xml, "model");
      attr (xml, "fallback", "forbid");
      NEED (xmlTextWriterWriteString (xml, BAD_CAST config->cpu_model));
      end (xml);
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
  end (xml);
}

static void
write_clock (xmlTextWriter *xml, const DomainConfig *config)
{
  start (xml, "clock");
  if (config->accel == ACCEL_KVM || config->interactive)
    attr (xml, "offset", "utc");
  else
    {
      attr (xml, "offset", "absolute");
      attr (xml, "start", START_TIME);
      start (xml, "timer");
      attr (xml, "name", "rtc");
      attr (xml, "track", "guest");
      end (xml);
    }
  end (xml);
}

static void
write_events (xmlTextWriter *xml, const DomainConfig *config)
{
  text_element (xml, "on_poweroff", "destroy");
  text_element (xml, "on_reboot", "destroy");
  text_element (xml, "on_crash", config->start == DOMAIN_STOPS ? "preserve" : "destroy");
}

static void
write_nvdimm (xmlTextWriter *xml, const char *access, gboolean read_only, const char *path, guint64 bytes, const char *alias)
{
  start (xml, "memory");
  attr (xml, "model", "nvdimm");
  attr (xml, "access", access);
  start (xml, "source");
  text_element (xml, "path", path);
  end (xml);
  start (xml, "target");
  size_element (xml, "size", bytes >> 10, "KiB");
  text_element (xml, "node", "0");
  if (read_only)
    flag (xml, "readonly", NULL, NULL);
  end (xml);
  flag (xml, "alias", "name", alias);
  end (xml);
}

static void
write_serial (xmlTextWriter *xml, const char *path)
{
  start (xml, "serial");
  attr (xml, "type", "file");
  start (xml, "source");
  attr (xml, "path", path);
  attr (xml, "append", "off");
  end (xml);
  start (xml, "target");
  attr (xml, "type", "isa-serial");
  attr (xml, "port", "0");
  end (xml);
  end (xml);
}

/* path, if there is one, gets a copy of what the port says. */
static void
write_pty (xmlTextWriter *xml, const char *port, const char *path)
{
  start (xml, "serial");
  attr (xml, "type", "pty");
  if (path != NULL)
    {
      start (xml, "log");
      attr (xml, "file", path);
      attr (xml, "append", "off");
      end (xml);
    }
  start (xml, "target");
  attr (xml, "type", "isa-serial");
  attr (xml, "port", port);
  end (xml);
  end (xml);
}

static void
write_disk (xmlTextWriter *xml, const char *device, const char *format, const char *path, const char *target, const char *bus, gboolean read_only)
{
  start (xml, "disk");
  attr (xml, "type", "file");
  attr (xml, "device", device);
  start (xml, "driver");
  attr (xml, "name", "qemu");
  attr (xml, "type", format);
  attr (xml, "cache", "unsafe"); /* it is thrown away with the machine */
  end (xml);
  flag (xml, "source", "file", path);
  start (xml, "target");
  attr (xml, "dev", target);
  attr (xml, "bus", bus);
  end (xml);
  if (read_only)
    flag (xml, "readonly", NULL, NULL);
  end (xml);
}

static void
write_random (xmlTextWriter *xml)
{
  start (xml, "rng");
  attr (xml, "model", "virtio");
  start (xml, "backend");
  attr (xml, "model", "random");
  NEED (xmlTextWriterWriteString (xml, BAD_CAST "/dev/urandom"));
  end (xml);
  end (xml);
}

/* The only way in is by what L1 itself has begun. */
static void
write_network (xmlTextWriter *xml)
{
  start (xml, "interface");
  attr (xml, "type", "user");
  flag (xml, "model", "type", "virtio");
  flag (xml, "rom", "enabled", "no");
  end (xml);
}

static void
write_storage (xmlTextWriter *xml, const DomainConfig *config)
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
write_devices (xmlTextWriter *xml, const DomainConfig *config)
{
  start (xml, "devices");
  start (xml, "controller");
  attr (xml, "type", "usb");
  attr (xml, "model", "none");
  end (xml);
  if (config->console_pty)
    write_pty (xml, "0", config->console);
  else
    write_serial (xml, config->console);
  if (config->agent_pty)
    write_pty (xml, "1", NULL);
  flag (xml, "memballoon", "model", "none");
  write_storage (xml, config);
  if (config->network)
    write_network (xml);
  end (xml);
}

static void
write_argument (xmlTextWriter *xml, const char *value)
{
  start (xml, "qemu:arg");
  attr (xml, "value", value);
  end (xml);
}

/* A comma in a value of QEMU's options is written twice. */
static char *
comma_doubled (const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ",", -1);
  return g_strjoinv (",,", parts);
}

static void
write_l0_log (xmlTextWriter *xml, const char *path)
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
write_snapshot (xmlTextWriter *xml, const DomainConfig *config)
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
write_gdb (xmlTextWriter *xml, const char *path)
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
write_interactive (xmlTextWriter *xml, const DomainConfig *config)
{
  const gboolean counts = config->accel == ACCEL_EMULATED && config->cpus == 1;
  if (!counts && config->gdb_socket == NULL)
    return;
  start (xml, "qemu:commandline");
  if (counts)
    {
      g_autofree char *icount = g_strdup_printf ("shift=%u,sleep=on", config->icount_shift);
      write_argument (xml, "-icount");
      write_argument (xml, icount);
    }
  if (config->gdb_socket != NULL)
    write_gdb (xml, config->gdb_socket);
  end (xml);
}

static void
write_qemu (xmlTextWriter *xml, const DomainConfig *config)
{
  if (config->interactive)
    {
      write_interactive (xml, config);
      return;
    }
  if (config->accel == ACCEL_KVM)
    return;
  g_autofree char *icount = g_strdup_printf ("shift=%u,sleep=off", config->icount_shift);
  start (xml, "qemu:commandline");
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
    {
      start (xml, "qemu:env");
      attr (xml, "name", "LD_PRELOAD");
      attr (xml, "value", config->fence);
      end (xml);
    }
  end (xml);
}

static void
write_domain (xmlTextWriter *xml, const DomainConfig *config)
{
  start (xml, "domain");
  attr (xml, "type", config->accel == ACCEL_KVM ? "kvm" : "qemu");
  attr (xml, "xmlns:qemu", QEMU_NAMESPACE);
  text_element (xml, "name", config->name);
  text_element (xml, "uuid", config->uuid);
  write_memory (xml, config);
  write_os (xml, config);
  write_features (xml);
  write_cpu (xml, config);
  write_clock (xml, config);
  write_events (xml, config);
  write_devices (xml, config);
  flag (xml, "seclabel", "type", "none");
  write_qemu (xml, config);
  end (xml);
}

char *
domain_xml_generate (const DomainConfig *config)
{
  g_autoptr (xmlBuffer) buffer = xmlBufferCreate ();
  g_autoptr (xmlTextWriter) xml = xmlNewTextWriterMemory (buffer, 0);
  g_assert (xml != NULL);
  NEED (xmlTextWriterSetIndent (xml, 1));
  NEED (xmlTextWriterSetIndentString (xml, BAD_CAST "  "));
  write_domain (xml, config);
  NEED (xmlTextWriterEndDocument (xml));
  return g_strdup ((const char *) xmlBufferContent (buffer));
}
