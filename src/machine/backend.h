/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine backend gives to machine.c. Slots are called by machine.c alone, in this order:
 *
 *   check, open, start, then event_fd, poll and peak_rss_bytes in a loop, stop, close
 *
 * stop and close come in any case once open has succeeded, also when start failed.
 * A backend has no idea of deadlines, panics or interruption: machine.c watches the console file
 * and the clock, and calls stop.
 */
#pragma once
#include <glib.h>

#include "machine/machine.h"

#define MACHINE_CONSOLE_FILE "l1-console.log"
#define MACHINE_RECORDS_FILE "records.bin"
#define MACHINE_L0_LOG_FILE "l0-exits.log"
#define MACHINE_STATE_FILE "state" /* of a snapshot */
#define MACHINE_ROOT_FILE "root.raw"

/* How the emulator ended, as far as the emulator itself can tell. */
typedef struct
{
  MachineEnd end; /* POWEROFF, RESET, KILLED or SNAPSHOT */
  char *detail;   /* one line for a person, or NULL; owned by who receives it */
} BackendEnd;

typedef struct
{
  const char *name;
  MachineDisks disks;     /* L1's names for them */
  MachineDisks kvm_disks; /* the same on hardware; {0} where it cannot run there */
  MachineDisks (*disks_of) (const char *kernel); /* in place of `disks`, where they depend on L1's kernel; NULL */
  const char *console_device;
  guint64 disk_unit; /* sizes of all disks must be multiples of this many bytes */

  /* Is what this spec needs there (programs, files, CPU)? No side effects. HARNESS_ERROR_HOST if not. */
  gboolean (*check) (const MachineSpec *spec, GError **error);

  /* Private state; cannot fail and starts nothing. The spec outlives it. */
  gpointer (*open) (const MachineSpec *spec);

  /* Switches the machine on. The record file exists by now, zeroed and of the right size. */
  gboolean (*start) (gpointer state, GError **error);

  /* A descriptor that becomes readable when poll may have news, or -1: then poll is asked ten times a second. */
  int (*event_fd) (gpointer state);

  /* TRUE once the machine has ended by itself; *end is filled in then, once. Never blocks. */
  gboolean (*poll) (gpointer state, BackendEnd *end);

  /* Largest resident set of the emulator so far; 0 if unknown. Asked while it runs and remembered by machine.c. */
  gint64 (*peak_rss_bytes) (gpointer state);

  /* Ends the machine if it still runs; when this returns its files are complete. Idempotent. */
  void (*stop) (gpointer state);

  /* Our end of L1's serial port 0 or 1, where that is a pseudo terminal, and its name (may be NULL); -1 where not. NULL slot: never one. */
  int (*serial) (gpointer state, guint port, const char **tty);

  /* Presses L1's power button. From any thread. NULL slot: there is none. */
  gboolean (*press_power) (gpointer state, GError **error);

  /* Frees the state and every temporary file. */
  void (*close) (gpointer state);

  /* "QEMU 7.2.22 (Debian …)". Newly allocated. */
  char *(*version) (GError **error);
} MachineBackend;

extern const MachineBackend machine_fake;
extern const MachineBackend machine_libvirt;
extern const MachineBackend machine_bochs;

/* VmHWM of a process from /proc, in bytes; 0 if it cannot be read. */
gint64 process_peak_rss_bytes (GPid pid);
