/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine is what L1 runs on: libvirt (TCG or hardware KVM), bochs, or fake (replays files).
 * Callers go through these wrappers, which check state and order; backends are const ops tables.
 *
 * A machine is given a kernel, a root disk (read-only for L1, holds all of L1's files) and a
 * record device (a zeroed file that L1 writes; the host reads it while and after the run).
 *
 * How L1 is booted: bzImage + command line, no initramfs; root is the root disk: /dev/pmem0 (libvirt, an NVDIMM
 * with share=off) or /dev/sda (bochs, ATA; a CD-ROM, /dev/sr0, for a kernel that preempts); records go to /dev/pmem1 (NVDIMM, share=on) or /dev/sdb.
 * machine_disks() tells these names, for the command line that the caller composes.
 */
#pragma once
#include <glib.h>

#include "base/isa.h"

typedef enum { ACCEL_EMULATED, ACCEL_KVM } Accel;
typedef enum { MACHINE_FAKE, MACHINE_LIBVIRT, MACHINE_BOCHS } MachineKind;

#define MACHINE_ICOUNT_SHIFT 1u
#define MACHINE_MIPS 50u
typedef struct {
  MachineKind kind;
  Isa isa;
  Accel accel;
  guint cpus;              /* L1's; an exact lab has 1 */
  guint memory_mib;        /* L1's */
  const char *cpu_model;   /* emulator's CPU model (libvirt: EPYC; bochs: corei5_arrandale_m520) */
  const char *kernel;      /* bzImage */
  const char *root_image;  /* squashfs */
  const char *volume;      /* L2's volume (record/l2-volume.h), which L1 reads as machine_disks().volume; NULL: none. Never written */
  const char *cmdline;     /* L1's kernel command line, whole */
  guint64 record_bytes;    /* size of the record device */
  const void *payload;     /* what stands on the record device from PAYLOAD_OFFSET on (record/payload.h) when L1 starts; NULL: nothing. Borrowed until machine_start() */
  gsize payload_bytes;
  const char *dir;         /* existing folder: records.bin, l1-console.log, l0-exits.log, and the backend's own files go here */
  const char *uri;         /* libvirt: NULL = embedded, else the user's URI */
  /*
   * Snapshots: libvirt, emulated, embedded. L1 stops for one by itself, by an OUT to the panic device (guest/l1-service.c); a machine that goes on from it
   * repeats itself as one that boots does. A snapshot is a folder: "state" (memory and devices), "root.raw" (the root disk as it then is). It fits machines of
   * the same spec, but for folder, payload, volume's content and L0 log.
   */
  const char *snapshot_to;   /* existing folder that gets one: the run ends with MACHINE_END_SNAPSHOT; NULL: L1 is not expected to stop */
  const char *snapshot_from; /* L1 goes on from this one, with its root disk in place of root_image; NULL: L1 boots */
  guint icount_shift;      /* libvirt, emulated: an instruction takes 2^shift ns of guest time; 0: MACHINE_ICOUNT_SHIFT */
  guint mips;              /* bochs: a million instructions take 1/mips s of guest time; 0: MACHINE_MIPS */
  gboolean l0_log;         /* write the emulator's own exit log (l0-exits.log) */
  guint64 l0_log_max;      /* bytes of it that are taken; 0: 8 GiB */
  gint64 deadline_ns;      /* wall time, from start; 0 = none */
  gint64 stall_ns;         /* wall time without a new line in the emulator's exit log, which is a hang too; 0 = any */
  /*
   * A person's machine, which need not repeat: its time is the host's, several CPUs are allowed, and a record device, with record_bytes 0, is not there.
   * What follows is for such a machine alone.
   */
  gboolean interactive;
  gboolean console_pty;    /* L1's first serial port is a pseudo terminal: machine_console_fd() */
  gboolean agent_pty;      /* and there is a second one: machine_agent_fd() */
  const char *gdb_socket;  /* libvirt: QEMU's gdb stub listens on this Unix socket; NULL: none */
  gboolean gdb_wait;       /* L1 does not run before gdb lets it */
  const char *disk;        /* libvirt: qcow2 that L1 boots from and writes, in place of kernel, root image and command line; NULL: none */
  const char *seed;        /* with disk: ISO for cloud-init, read-only; NULL: none */
  const char *second_disk; /* with disk: any file, whose bytes L1 can read as /dev/vdb; NULL: none */
  gboolean network;        /* libvirt: a network card behind QEMU's address translation (user networking): L1 gets out, nothing gets in */
  const char *replay_dir;  /* fake: folder whose records.bin, l1-console.log, l0-exits.log are replayed; a file `fault` there injects one */
} MachineSpec;

typedef enum {
  MACHINE_END_POWEROFF,     /* L1 powered itself off: ACPI power-off was seen */
  MACHINE_END_PANIC,        /* L1's kernel panicked: "Kernel panic" on the console */
  MACHINE_END_RESET,        /* L1 reset or triple-faulted */
  MACHINE_END_DEADLINE,     /* still running at the deadline: hang */
  MACHINE_END_KILLED,       /* the emulator died of a signal or exited by itself without power-off */
  MACHINE_END_SNAPSHOT,     /* L1 stopped for its snapshot, which is whole */
  MACHINE_END_FLOOD,        /* L1 wrote more to its console, or made the emulator write a longer exit log, than is taken */
} MachineEnd;

typedef struct {
  MachineEnd end;
  char *detail;        /* one line for a person: the panic's message, the signal, the last console line… */
  gint64 peak_rss_bytes; /* of the emulator, 0 if unknown */
} MachineResult;
void machine_result_clear (MachineResult *result);

typedef struct Machine Machine;
Machine *machine_new (const MachineSpec *spec, GError **error); /* copies the spec; checks that what it needs is there (HARNESS_ERROR_HOST) */
void machine_free (Machine *machine);                           /* leaves no VM, process or temporary file */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Machine, machine_free)

gboolean machine_start (Machine *machine, GError **error);
/* Waits for the end of L1, interruption or deadline. `tick` (may be NULL) is called about ten times a second, for progress. */
gboolean machine_wait (Machine *machine, void (*tick) (gpointer user), gpointer user, MachineResult *result, GError **error);


/*
 * Of an interactive machine, from start to end: our ends of L1's serial ports, raw, not blocking, -1 if it has none. Borrowed. At the machine's
 * end they may be at their end too, or silent: machine_wait() tells.
 */
int machine_console_fd (const Machine *machine);
int machine_agent_fd (const Machine *machine);
/* The console's device on the host: "/dev/pts/7"; NULL if it is no pseudo terminal. Borrowed. */
const char *machine_console_tty (const Machine *machine);
/* From another thread than machine_wait()'s: presses L1's power button (FAILED where the machine has none), or bounds the time that it has left. */
gboolean machine_press_power (Machine *machine, GError **error);
void machine_end_within (Machine *machine, gint64 ns);

const char *machine_kind_name (MachineKind kind);
const char *machine_end_name (MachineEnd end);
/* What L1's kernel calls its disks: "/dev/pmem0" … or "/dev/sda" …. kernel: its bzImage, on which that may depend; NULL: any. */
typedef struct { const char *root, *records, *volume; } MachineDisks;
MachineDisks machine_disks (MachineKind kind, Accel accel, const char *kernel);
const char *machine_console_device (MachineKind kind);             /* "ttyS0" */
/* The emulator's version as it stands in the manifest: "QEMU 7.2.22 (Debian …)", "Bochs 2.7". Newly allocated. */
char *machine_emulator_version (MachineKind kind, GError **error);

/* One exit as the emulator itself tells it. */
typedef struct {
  guint32 reason;
  guint64 info1; /* exit qualification, EXITINFO1 */
  guint64 info2; /* SVM only: EXITINFO2 */
  guint64 rip;   /* 0 if not told */
  gint64 clock;  /* bochs: instruction count; qemu: -1 */
} L0Exit;
/* Reads l0-exits.log of either backend. Hostile input: bounded, strict; errors name file and line. *exits: array of L0Exit. */
gboolean l0_log_read (const char *path, MachineKind kind, GArray **exits, GError **error);
/* The same of what was read already; path is for the message. */
gboolean l0_log_parse (const char *data, gsize size, const char *path, MachineKind kind, GArray **exits, GError **error);
