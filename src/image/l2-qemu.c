/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's arguments for an L2 of its own; see l2-volume.h. Drives come from the volume's parts: disk, seed; files lie in L2_VOLUME_DIR. */
#include <string.h>

#include "image/l2-volume.h"
#include "record/l2-volume.h"

#define MICRO_DISK "/tmp/disk" /* the agent makes it for every L2 */

static const char *const devices_names[] = { [L2_DEVICES_MINIMAL] = "minimal", [L2_DEVICES_VIRTIO] = "virtio", [L2_DEVICES_EMULATED] = "emulated" };
static const char *const firmware_names[] = { [L2_FIRMWARE_BIOS] = "bios", [L2_FIRMWARE_UEFI] = "uefi" };

static gboolean
parse (const char *const *names, guint n, const char *name, guint *index)
{
  for (guint i = 0; i < n; i++)
    if (strcmp (names[i], name) == 0)
      {
        *index = i;
        return TRUE;
      }
  return FALSE;
}

gboolean
l2_devices_parse (const char *name, L2Devices *devices)
{
  guint index;
  if (!parse (devices_names, G_N_ELEMENTS (devices_names), name, &index))
    return FALSE;
  *devices = (L2Devices) index;
  return TRUE;
}

gboolean
l2_firmware_parse (const char *name, L2Firmware *firmware)
{
  guint index;
  if (!parse (firmware_names, G_N_ELEMENTS (firmware_names), name, &index))
    return FALSE;
  *firmware = (L2Firmware) index;
  return TRUE;
}

static void
add (GStrvBuilder *args, const char *name, const char *value)
{
  g_strv_builder_add (args, name);
  g_strv_builder_add (args, value);
}

static void
add_firmware (GStrvBuilder *args, const L2Spec *spec)
{
  if (spec->firmware == L2_FIRMWARE_UEFI)
    {
      add (args, "-drive", "if=pflash,unit=0,format=raw,readonly=on,file.locking=off,file=" L2_VOLUME_DIR "/uefi-code");
      add (args, "-drive", "if=pflash,unit=1,format=raw,file.locking=off,file=" L2_VOLUME_DIR "/uefi-vars");
    }
  else if (spec->loader_rom)
    add (args, "-option-rom", L2_VOLUME_DIR "/loader-rom");
}

static void
add_kernel (GStrvBuilder *args, const L2Spec *spec)
{
  if (!spec->kernel && !spec->micro)
    return;
  add (args, "-kernel", spec->micro ? "/l2/bzImage" : L2_VOLUME_DIR "/kernel");
  if (spec->micro || spec->initrd)
    add (args, "-initrd", spec->micro ? "/l2/initrd" : L2_VOLUME_DIR "/initrd");
  if (spec->cmdline && *spec->cmdline)
    add (args, "-append", spec->cmdline);
}

static void
add_disks (GStrvBuilder *args, const L2Spec *spec)
{
  const gboolean ide = spec->devices == L2_DEVICES_EMULATED;

  if (spec->micro)
    add (args, "-drive", "if=none,id=disk,format=raw,file.locking=off,file=" MICRO_DISK);
  if (spec->micro || spec->disk)
    add (args, "-device", ide ? "ide-hd,drive=disk,bus=ide.0,unit=0" : "virtio-blk-pci,drive=disk");
  if (spec->seed)
    add (args, "-device", ide ? "ide-cd,drive=seed,bus=ide.1,unit=0" : "virtio-blk-pci,drive=seed");
}

/* minimal: what it boots from, and a console. virtio: what a virtual machine usually has. emulated: the same as a PC of 1996 had it. */
static void
add_devices (GStrvBuilder *args, const L2Spec *spec)
{
  if (spec->devices == L2_DEVICES_MINIMAL)
    return;
  add (args, "-netdev", "user,id=net,restrict=on,ipv6=off");
  if (spec->devices == L2_DEVICES_VIRTIO)
    {
      add (args, "-device", "virtio-net-pci,netdev=net,romfile=");
      add (args, "-device", "virtio-rng-pci");
      add (args, "-device", "virtio-balloon-pci");
      add (args, "-device", "virtio-serial-pci");
      return;
    }
  add (args, "-device", "e1000,netdev=net,romfile=");
  add (args, "-device", "VGA,romfile=");
  add (args, "-device", "piix3-usb-uhci");
  add (args, "-device", "usb-tablet");
}

char **
l2_qemu_arguments (const L2Spec *spec)
{
  g_autoptr (GStrvBuilder) args = g_strv_builder_new ();

  add_firmware (args, spec);
  add_kernel (args, spec);
  add_disks (args, spec);
  add_devices (args, spec);
  return g_strv_builder_end (args);
}
