/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A distribution's own account of its boot, record/boot-report.h, read: strict, bounded, and of one piece. What stands before its first
 * line or behind `end` is none of it; a carriage return before a line feed is passed over, for it came through a terminal.
 */
#pragma once
#include <glib.h>

#define BOOT_REPORT_NS_MAX (G_GINT64_CONSTANT (1000000000) * 86400 * 7)

/* Both of L2's CLOCK_MONOTONIC. */
typedef struct {
  gint64 before_ns, after_ns;
  gint64 printk_ns; /* of `printk` lines */
} BootBracket;

typedef struct {
  gint64 printk_ns;
  char *text;
} BootMessage;

typedef struct {
  char *name; /* "ssh.service"; of a unit's letters alone */
  gint64 start_us, active_us; /* active_us 0: never; else not before start_us */
} BootUnit;

typedef struct {
  char *id, *version; /* "debian", "12"; NULL: not told */
  guint64 clock_rip;  /* of the CPUID that makes the marks; 0: they are RECORD_MARK_CLOCK */
  GArray *clocks;     /* of BootBracket */
  GArray *printks;    /* of BootBracket */
  GArray *messages;   /* of BootMessage */
  gint64 userspace_us, finish_us; /* 0: not told */
  GArray *units;      /* of BootUnit, by start, of equals by name; no name twice */
  char *cloud_init;   /* "done"; NULL: not told */
  GPtrArray *failed;  /* of char *: units */
} BootReport;

void boot_report_free (BootReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BootReport, boot_report_free)

/* Errors say the line: "line 7: …". An empty text: "there is none". */
gboolean boot_report_parse (const char *bytes, gsize size, BootReport **report, GError **error);
