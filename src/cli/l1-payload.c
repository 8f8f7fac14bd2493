/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent, its parameters and its guests, as files of the payload; see l1-payload.h. */
#include "cli/l1-payload.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "cli/artefacts.h"
#include "image/contents.h"
#include "record/payload.h"

static gboolean
add_domain (Payload *payload, const char *name, const L2DomainConfig *config, GError **error)
{
  g_autofree char *xml = l2_domain_xml (config);

  return payload_add (payload, name, xml, strlen (xml), error);
}

static gboolean
add_file (Payload *payload, const char *name, const char *path, GError **error)
{
  g_autofree char *data = NULL;
  gsize size;

  return files_read (path, PAYLOAD_DEVICE_BYTES, &data, &size, error) && payload_add (payload, name, data, size, error);
}

static gboolean
add_program (Payload *payload, const char *name, const char *program, GError **error)
{
  g_autofree char *path = NULL;

  return artefacts_guest_program (program, &path, error) && add_file (payload, name, path, error);
}

/* Kernel and initramfs as they stand in the small L1's image. */
static gboolean
add_micro (App *app, Payload *payload, const KernelArtefact *kernel, GError **error)
{
  g_autofree char *bzimage = g_build_filename (kernel->dir, "bzImage", NULL);
  g_autofree char *init = NULL;
  g_autoptr (Contents) contents = contents_new ();
  g_autoptr (Scratch) scratch = scratch_new (app->cache, "initrd", error);
  g_autofree char *initrd = scratch ? scratch_file (scratch, "initrd") : NULL;

  if (!initrd || !artefacts_guest_program ("l2-init", &init, error))
    return FALSE;
  contents_add_file (contents, "init", init, 0755);
  contents_add_device (contents, "dev/console", 5, 1);
  contents_add_dir (contents, "proc");
  contents_add_dir (contents, "sys");
  return contents_write (contents, CONTENTS_CPIO, initrd, error) && add_file (payload, PAYLOAD_KERNEL, bzimage, error) && add_file (payload, PAYLOAD_INITRD, initrd, error);
}

#define MICRO_KERNEL PAYLOAD_DIR "/" PAYLOAD_KERNEL
#define MICRO_INITRD PAYLOAD_DIR "/" PAYLOAD_INITRD
#define MICRO_DISK PAYLOAD_OVERLAY_DIR "/disk"

Payload *
l1_payload_make (App *app, const LabConfig *lab, const char *cmdline, const KernelArtefact *micro_kernel, const L2DomainConfig *l2, GError **error)
{
  g_autoptr (Payload) payload = payload_new ();
  const L2DomainConfig known_answer
      = { .memory_mib = lab->l2_memory_mib, .cpus = 1, .kernel = PAYLOAD_DIR "/" PAYLOAD_KNOWN_ANSWER, .devices = L2_DEVICES_MINIMAL };

  if (!payload_add (payload, PAYLOAD_CMDLINE, cmdline, strlen (cmdline), error) || !add_program (payload, PAYLOAD_AGENT, "l1-agent-libvirt", error) ||
      !add_domain (payload, PAYLOAD_L2_XML, l2, error) || (micro_kernel && !add_micro (app, payload, micro_kernel, error)))
    return NULL;
  if (lab->l2_operations && (!add_domain (payload, PAYLOAD_KNOWN_ANSWER_XML, &known_answer, error) ||
                             !add_program (payload, PAYLOAD_KNOWN_ANSWER, "known-answer", error)))
    return NULL;
  return g_steal_pointer (&payload);
}

void
l2_domain_micro (const LabConfig *lab, const char *cmdline, L2DomainConfig *l2)
{
  *l2 = (L2DomainConfig){
    .memory_mib = lab->l2_memory_mib,
    .cpus = lab->l2_cpus,
    .kernel = MICRO_KERNEL,
    .initrd = MICRO_INITRD,
    .cmdline = cmdline,
    .disk = MICRO_DISK,
    .disk_format = "raw",
    .devices = L2_DEVICES_VIRTIO,
  };
}

gboolean
l2_domain_of_volume (const L2Spec *spec, const LabConfig *lab, L2DomainConfig *l2, GError **error)
{
  if (spec->firmware == L2_FIRMWARE_UEFI)
    return fail (error, HARNESS_ERROR_USAGE, "L2 by UEFI goes with the small L1 only; try: without --l1, or --firmware bios");
  l2_domain_micro (lab, spec->cmdline, l2);
  l2->devices = spec->devices;
  l2->loader_rom = spec->loader_rom ? PAYLOAD_DIR "/loader-rom" : NULL;
  l2->report_serial = !spec->micro;
  if (spec->micro)
    return TRUE;
  l2->kernel = spec->kernel ? MICRO_KERNEL : NULL; /* the volume's files have the same names */
  l2->initrd = spec->initrd ? MICRO_INITRD : NULL;
  l2->disk = spec->disk ? PAYLOAD_OVERLAY_DIR "/disk.qcow2" : NULL;
  l2->disk_format = l2->seed_format = "qcow2";
  l2->seed = spec->seed ? PAYLOAD_OVERLAY_DIR "/seed.qcow2" : NULL;
  return TRUE;
}
