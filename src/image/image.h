/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel + guest programs + QEMU -> L1's root image: a squashfs that holds only what runs L2.
 *
 *   /init                      the L1 agent
 *   /modules/NAME.ko           KVM's modules
 *   /usr/bin/qemu-system-x86_64, its libraries, /usr/share/qemu: its ROMs
 *   /l2/bzImage, /l2/initrd    the micro L2: the same kernel and an initramfs with the L2 init
 *   /l2/known-answer           the guest without an operating system
 * A grading lab's image has the grader agent for /init, /l2/challenge for a guest with /l2/rom for its firmware, and an empty /modules: what is under test
 * comes with the record device, so that one image serves all submissions and kernels.
 * A shell's image has exec-agent for /init, /bin/busybox with a shell, and /l2/shell-initrd, which makes an L2 of the same kind.
 *   /proc /sys /dev /tmp       to mount on
 *
 * L1 boots it from an NVDIMM or an ATA disk, read-only, nothing is unpacked: what is not touched costs
 * nothing. Equal inputs give equal bits. The image's size is a multiple of 2 MiB, as an NVDIMM wants.
 */
#pragma once
#include <glib.h>

#include "base/progress.h"
#include "kernel/kernel.h"

typedef struct {
  const KernelArtefact *kernel;
  const char *l1_agent, *l2_init; /* static programs */
  const char *known_answer;       /* a multiboot kernel */
  const char *exec_agent, *busybox; /* instead of l1_agent, l2_init and known_answer: a shell's image. Static programs */
  const char *grader, *challenge, *rom; /* instead of all above: a grading lab's image */
  const char *cache_dir;
  gboolean hardware;              /* libguestfs's appliance may use KVM */
  Progress *progress;
} ImageSpec;

typedef struct {
  char *dir; /* cache entry: root.squashfs, contents.txt */
  char *key;
  char *root_image;
  char *sha256;
  char *qemu_version; /* of the QEMU inside: "QEMU emulator version 7.2.22 (Debian …)" */
  char *host_files;   /* digest of what the image has of this host: QEMU, its libraries, its ROMs */
  gboolean from_cache;
} ImageArtefact;
void image_artefact_free (ImageArtefact *artefact);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImageArtefact, image_artefact_free)

/* Errors: no QEMU or ROM (HOST, names the package), libguestfs's own (HOST if its appliance cannot run, with its last lines), no space. */
gboolean image_build (const ImageSpec *spec, ImageArtefact **artefact, GError **error);
