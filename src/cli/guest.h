/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L2 as the user wants it: from the options to what the labs boot. */
#pragma once
#include "base/isa.h"
#include "cli/app.h"
#include "config/config.h"
#include "image/l2-volume.h"
#include "machine/machine.h"

typedef struct {
  char *l1;        /* --l1: a distribution's name; NULL: the small L1 */
  char *what;      /* --l2: a distribution's name, or a disk */
  char *kernel, *initrd, *cmdline;
  char *seed;      /* --l2-seed: a file, or "none" */
  char **ready;    /* --l2-ready, as often as it is given */
  char *devices, *firmware;
  int cpus, memory_mib; /* 0: the lab's configuration */
} GuestOptions;

/* The options' part of a command's table. */
#define GUEST_OPTION_ENTRIES(o) \
  { "l1", 0, 0, G_OPTION_ARG_STRING, &(o).l1, "boot this distribution as L1, with systemd and libvirt, which starts L2; default: the small L1", "NAME" }, \
  { "l2", 0, 0, G_OPTION_ARG_FILENAME, &(o).what, "boot this as L2: a distribution (debian-12, debian-13, ubuntu-24.04) or a disk; default: the micro L2", "WHAT" }, \
  { "l2-kernel", 0, 0, G_OPTION_ARG_FILENAME, &(o).kernel, "boot this kernel as L2; with --l2, that is its disk", "FILE" }, \
  { "l2-initrd", 0, 0, G_OPTION_ARG_FILENAME, &(o).initrd, "with --l2-kernel: its initramfs", "FILE" }, \
  { "l2-cmdline", 0, 0, G_OPTION_ARG_STRING, &(o).cmdline, "with --l2-kernel: its command line", "TEXT" }, \
  { "l2-ready", 0, 0, G_OPTION_ARG_STRING_ARRAY, &(o).ready, "L2 is ready when it has written TEXT to its serial console (default: \"login: \"); may be given up to four times", "TEXT" }, \
  { "l2-seed", 0, 0, G_OPTION_ARG_FILENAME, &(o).seed, "cloud-init's seed for L2's disk (default: the harness's own, which makes L2 tell of its boot and power off); none: no seed", "FILE" }, \
  { "l2-cpus", 0, 0, G_OPTION_ARG_INT, &(o).cpus, "L2's CPUs (default: of the lab)", "N" }, \
  { "l2-memory", 0, 0, G_OPTION_ARG_INT, &(o).memory_mib, "L2's memory (default: of the lab, and 512 for a disk)", "MIB" }, \
  { "l2-devices", 0, 0, G_OPTION_ARG_STRING, &(o).devices, "minimal: a disk and a serial port; virtio: what virtual machines usually have; emulated: a PC's own", "SET" }, \
  { "firmware", 0, 0, G_OPTION_ARG_STRING, &(o).firmware, "bios (default) or uefi: what L2's disk is booted by", "KIND" }

/*
 * A distribution is a hundred times the micro L2's work: at Bochs's usual scale most of its exits, and a third of its instructions, would be
 * timer interrupts. This is the scale of the svm lab: an instruction takes 2 ns.
 */
#define GUEST_MIPS 500u

typedef struct Guest Guest;
void guest_free (Guest *guest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Guest, guest_free)

/* What can be wrong with the options alone, and with the files and names that they tell. USAGE. replay: nothing is booted. */
gboolean guest_check (const App *app, const GuestOptions *options, gboolean replay, GError **error);
/* Changes the lab as the options say. USAGE where the two do not go together. */
gboolean guest_configure (const GuestOptions *options, MachineKind machine, LabConfig *lab, GError **error);
/* Builds or takes from the cache what L2 boots. *guest is NULL if it is the micro L2 with the devices that it has by default. */
gboolean guest_prepare (App *app, const GuestOptions *options, Guest **guest, GError **error);

/* "debian-12", "a kernel", "micro": for the manifest. */
const char *guest_name (const Guest *guest);
const char *guest_origin (const Guest *guest);
/* Of its disk, as its distribution's `about.json` has it; NULL: it has none. */
const char *guest_disk_sha256 (const Guest *guest);
/* Whether it is a system of its own: not the micro L2 with other devices. */
gboolean guest_is_own (const Guest *guest);
/* What L2 is. micro_cmdline: the micro L2's kernel command line. All in it is of `guest` and these. */
L2Spec guest_l2_spec (const Guest *guest, const LabConfig *lab, const char *micro_cmdline);
/* Writes L2's volume. micro_cmdline: the micro L2's kernel command line. *inputs: what decides the run. Safe in several threads. */
gboolean guest_write_volume (const Guest *guest, const LabConfig *lab, const char *micro_cmdline, const char *path, char **inputs, GError **error);
