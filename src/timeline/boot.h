/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot of an L2 that is no guest of ours: a disk's own system, which makes no marks of its own but tells of itself otherwise, by its
 * console, by RECORD_MARK_LOADER and RECORD_MARK_CLOCK, and by a report (boot-report.h).
 *
 * An instant on the console. Bytes go to an 8250 by one OUT to port 0x3f8 each, and each OUT is an exit with a time; L1's agent reads the
 * console later, in pieces. So the bytes of a piece are the last byte-OUTs to 0x3f8 before the piece was read: of a text behind whose end the
 * piece has k bytes more, the last byte is the (k+1)-th last of them. What this may be wrong by: a divisor latch that was set behind the text in
 * the same piece is an OUT to that port too (the instant told is as many OUTs too late); and an OUT whose exit was recorded but whose byte
 * QEMU had not passed on yet when the agent read (too late by one byte a vCPU). If there are fewer such OUTs since the piece before (a
 * console that is no 8250, or string instructions), the instant is the last exit before the piece was read: late by what the agent
 * waited, which is a tick of its sampling as a rule.
 *
 * L2's clocks. A `clock` line brackets the mark whose exit has a TSC: the tightest bracket's middle gives the offset from CLOCK_MONOTONIC to
 * t_ns. Both count the same TSC, L2 by the frequency that L1's KVM told it, the run by the exit log's. These may differ by some 50 parts in a
 * million, 3 ms a minute (KVM may have been loaded before L1 had measured the TSC well): L2's kernel says its own, "tsc: Detected 999.951 MHz
 * processor", in the report or on the console, and the rate is their ratio; if it does not, or says what is more than one percent off, 1.
 * `printk` lines map the kernel log's clock to CLOCK_MONOTONIC, at the same rate as that.
 *
 *   firmware    from L2's first entry
 *   grub        from mark LOADER; without one, from the console's first "BdsDxe: starting" (OVMF starts a boot loader) or "Booting from " (SeaBIOS)
 *   kernel      from the first exit after the last one with a RIP below 1 MiB, of those before the first exit in the kernel's own mapping: BIOS
 *               calls are the boot loader's last sign. Where these do not go on beyond the start of grub, or there are hardly any and
 *               no mark says that the firmware is a BIOS (UEFI firmware calls none): from the first exit in the kernel's mapping, and
 *               what decompresses it counts as grub's
 *   initramfs   from the kernel's message "Run /init as init process", by its own time or, without a report, by the console's
 *   systemd     from UserspaceTimestampMonotonic
 *   cloud-init  from when the first of cloud-init's units began to be started
 *   login       from the first ready text or cloud-init's end, whichever comes first
 *   report      from mark READY: the later of all ready texts and cloud-final.service's being active
 *   idle        instead of it where there is no report and the power button was pressed later
 *   shutdown    from the end of the report, or when the power button was pressed; else from READY
 *
 * A phase that cannot be told, or that would not begin after the one before, is left out, and its exits belong to that one.
 */
#pragma once
#include "record/l2-volume.h"
#include "timeline/boot-report.h"
#include "timeline/timeline.h"

/* A text that L2 has to write to be ready. Bytes as they stand. */
typedef struct {
  char bytes[L2_VOLUME_READY_BYTES_MAX];
  gsize size;
  gboolean on_console;
  TimelineMark mark;  /* the exit that wrote its last byte */
  gboolean by_byte;   /* else the last exit before it was read */
} BootText;

/* From one clock to another: to = from * from_khz / to_khz + offset_ns, known to error_ns. */
typedef struct {
  gboolean known;
  guint32 from_khz, to_khz; /* as each clock takes the same TSC to run; equal if that is not known */
  gint64 offset_ns, error_ns;
  guint brackets, agree; /* those that were told; those that leave the tightest one's offset open */
} BootClock;

/* A unit of systemd's, by the run's time. active_ns < start_ns: it never was. */
typedef struct {
  const char *name; /* the report's */
  gint64 start_ns, active_ns;
} TimelineUnit;

struct TimelineBoot {
  BootText ready[L2_VOLUME_READY_MAX];
  guint n_ready;
  BootReport *report;  /* NULL: there is none, or it is damaged */
  char *report_error;  /* why; NULL: it is whole */
  guint64 clock_marks; /* exits that are RECORD_MARK_CLOCK */
  BootClock clock;     /* CLOCK_MONOTONIC to t_ns */
  BootClock printk;    /* the kernel log's to CLOCK_MONOTONIC */
  TimelineMark login;      /* the first ready text */
  TimelineMark cloud_init; /* cloud-final.service was active */
  TimelineMark systemd;
  gboolean init_twice;     /* the kernel's message before systemd was both told with its time and seen on the console: */
  gint64 init_delay_ns;    /* so much later than told, a whole boot before the clocks were compared */
  GArray *units;       /* of TimelineUnit, by start, of equals by name; empty without a clock */
};

void timeline_boot_free (TimelineBoot *boot);

/* A text of RECORD_EVENT_L2_READY_TEXT: makes t->boot. */
gboolean timeline_boot_take_text (Timeline *timeline, const char *bytes, gsize size, GError **error);

/* What is sought while the exits are walked; internal to timeline/. */
typedef struct BootFind BootFind;
BootFind *boot_find_new (Timeline *timeline);
void boot_find_free (BootFind *find);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BootFind, boot_find_free)
/* Each exit of the first guest, in order. FALSE: it is a mark that a distribution does not make. */
gboolean boot_find_exit (BootFind *find, guint64 seq, const struct kvm_exit_log_record *exit);
/* After the last: boot and marks. */
void boot_find_end (BootFind *find);

typedef struct {
  const char *name;
  TimelineMark from;
} BootPhase;
#define BOOT_PHASES_MAX 12u
/* The phases after `firmware`, those that begin, in order and ascending; returns how many. */
guint boot_find_phases (const BootFind *find, BootPhase phases[BOOT_PHASES_MAX]);
