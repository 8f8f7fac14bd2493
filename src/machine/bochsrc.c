/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bochsrc. What makes a run exact: no clock synchronisation, a fixed start time, a CPU model without
 * RDRAND, a VGA timer driven by the instruction count (realtime=0), and no device that looks at the host.
 *
 * The disks: root is ata0-master in mode volatile, whose writes go to a journal that Bochs unlinks as
 * soon as it is open, so that the image is opened read-only; L2's volume likewise. The boot disk hangs on the third
 * ATA channel, which ata_piix does not drive: L1's kernel never sees it.
 *
 * Linux names disks in the order in which their drivers get to it, several at once. A kernel that does not preempt its own code takes them in the channels' order,
 * one that does in any. For such a kernel the root is a CD-ROM, which has a name of its own.
 */
#include "machine/bochsrc.h"

#include <string.h>

#include "base/error.h"

#define START_TIME_S 1577836800 /* 2020-01-01T00:00:00Z */

/*
 * A bochsrc has no escapes: a value in double quotes may hold blanks and commas, but no quote, no newline
 * and no '$', which begins an environment variable.
 */
static gboolean
can_write (const char *what, const char *value, GError **error)
{
  if (value == NULL || *value == '\0')
    return fail (error, HARNESS_ERROR_USAGE, "bochsrc: %s is empty", what);
  const char *bad = strpbrk (value, "\"$\n\r");
  if (bad != NULL)
    return fail (error, HARNESS_ERROR_USAGE, "bochsrc: %s: Bochs cannot take a path with %s in it: %s", what,
                 *bad == '$' ? "a dollar sign" : *bad == '"' ? "a double quote" : "a line break", value);
  return TRUE;
}

#define FIRST_OPTIONAL 12 /* of the values below */

static gboolean
check_values (const BochsConfig *config, GError **error)
{
  const struct
  {
    const char *what, *value;
  } values[] = {
    { "BIOS", config->bios },         { "VGA BIOS", config->vga_bios },      { "boot ROM", config->boot_rom },
    { "boot image", config->boot_image }, { "root image", config->root_image }, { "root journal", config->root_journal },
    { "record file", config->records }, { "console file", config->console },  { "log file", config->log },
    { "CPU model", config->cpu_model },
    { "L2's volume", config->volume != NULL ? config->volume : "-" },
    { "L2's volume's journal", config->volume != NULL ? config->volume_journal : "-" },
    { "console", config->console_tty },
    { "second serial port", config->agent_tty },
  };
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      if (values[i].value == NULL && (config->interactive || i >= FIRST_OPTIONAL))
        continue;
      if (!can_write (values[i].what, values[i].value, error))
        return FALSE;
    }
  return TRUE;
}

static void
add_machine (GString *out, const BochsConfig *config)
{
  g_string_append_printf (out, "cpu: model=%s, count=%u, ips=%u, reset_on_triple_fault=0, ignore_bad_msrs=1\n",
                          config->cpu_model, config->cpus, config->mips * 1000000);
  g_string_append_printf (out, "memory: guest=%u, host=%u\n", config->memory_mib, config->memory_mib);
  if (config->interactive)
    g_string_append (out, "clock: sync=realtime, time0=utc\n");
  else
    g_string_append_printf (out, "clock: sync=none, time0=%d\n", START_TIME_S);
  g_string_append_printf (out, "romimage: file=\"%s\", options=fastboot\n", config->bios);
  g_string_append_printf (out, "vgaromimage: file=\"%s\"\n", config->vga_bios);
  g_string_append_printf (out, "optromimage1: file=\"%s\", address=0xd0000\n", config->boot_rom);
}

static void
add_devices (GString *out)
{
  g_string_append (out, "config_interface: textconfig\n"
                        "display_library: term\n"
                        "plugin_ctrl: biosdev=0, gameport=0, iodebug=0, parallel=0, speaker=0\n"
                        "pci: enabled=1, chipset=i440fx\n"
                        "vga: extension=vbe, update_freq=1, realtime=0\n"
                        "mouse: enabled=0\n"
                        "sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy\n"
                        "port_e9_hack: enabled=0\n"
                        "boot: disk\n");
}

static void
add_disk (GString *out, const char *where, const char *mode, const char *path, guint64 bytes)
{
  g_string_append_printf (out, "%s: type=disk, %s, path=\"%s\", cylinders=%" G_GUINT64_FORMAT ", heads=%d, spt=%d\n", where,
                          mode, path, bytes / BOCHS_CYLINDER_BYTES, BOCHS_DISK_HEADS, BOCHS_DISK_SPT);
}

static void
add_volatile_disk (GString *out, const char *where, const char *path, guint64 bytes, const char *journal)
{
  g_autofree char *mode = g_strdup_printf ("mode=volatile, journal=\"%s\"", journal);
  add_disk (out, where, mode, path, bytes);
}

static void
add_disks (GString *out, const BochsConfig *config)
{
  g_string_append (out, "ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n"
                        "ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15\n"
                        "ata2: enabled=1, ioaddr1=0x1e8, ioaddr2=0x3e0, irq=10\n");
  if (config->root_is_cdrom)
    g_string_append_printf (out, "ata0-master: type=cdrom, path=\"%s\", status=inserted\n", config->root_image);
  else
    add_volatile_disk (out, "ata0-master", config->root_image, config->root_bytes, config->root_journal);
  if (config->records != NULL)
    add_disk (out, "ata0-slave", "mode=flat", config->records, config->record_bytes);
  if (config->volume != NULL)
    add_volatile_disk (out, "ata1-master", config->volume, config->volume_bytes, config->volume_journal);
  add_disk (out, "ata2-master", "mode=flat", config->boot_image, config->boot_bytes);
}

static void
add_output (GString *out, const BochsConfig *config)
{
  if (config->console_tty != NULL)
    g_string_append_printf (out, "com1: enabled=1, mode=term, dev=\"%s\"\n", config->console_tty);
  else
    g_string_append_printf (out, "com1: enabled=1, mode=file, dev=\"%s\"\n", config->console);
  if (config->agent_tty != NULL)
    g_string_append_printf (out, "com2: enabled=1, mode=term, dev=\"%s\"\n", config->agent_tty);
  g_string_append_printf (out, "log: \"%s\"\n", config->log);
  g_string_append (out, "logprefix: %t%e%d\n"
                        "panic: action=fatal\n"
                        "error: action=ignore\n"
                        "info: action=report\n");
  g_string_append_printf (out, "debug: action=ignore%s\n", config->l0_log ? ", cpu0=report" : "");
}

/* What is beyond the line that Bochs reads is lost there without a word. */
static gboolean
check_lines (const char *text, GError **error)
{
  for (const char *line = text; *line != '\0';)
    {
      const int length = (int) strcspn (line, "\n");
      if (length > BOCHSRC_LINE_MAX)
        return fail (error, HARNESS_ERROR_USAGE, "bochsrc: Bochs reads %d characters of a line, and this one has %d; try: shorter paths: %.*s", BOCHSRC_LINE_MAX, length,
                     length, line);
      line += length + (line[length] == '\n');
    }
  return TRUE;
}

char *
bochsrc_generate (const BochsConfig *config, GError **error)
{
  if (!check_values (config, error))
    return NULL;
  g_autoptr (GString) out = g_string_new (config->interactive ? "# Written by harness.\n" : "# Written by harness. An exact lab: every line counts.\n");
  add_machine (out, config);
  add_devices (out);
  add_disks (out, config);
  add_output (out, config);
  return check_lines (out->str, error) ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}
