/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a lab's kernel log tells, held against the emulator's: each print with the exits that it speaks of.
 * Internal to grade/judge*.c.
 */
#pragma once
#include "grade/judge.h"
#include "grade/log-read.h"

#define LOG_INTERVAL 10000u
#define LOG_VIEWS 3u

typedef enum { LOG_TOTAL_MISSING, LOG_TOTAL_RIGHT, LOG_TOTAL_WRONG, LOG_TOTAL_UNKNOWN } LogTotal;

typedef struct {
  const LogPrint *print;
  const LogView *view; /* the one that fits best */
  guint64 n;           /* its counts are judged as those of the first n exits … */
  guint64 until;       /* … or up to these many: while one vCPU printed, another went on; else n */
  LogTotal total;
} LogMoment;

/* Exits of the log, [from, to), among which are those of two vCPUs at work. */
typedef struct {
  guint from, to;
} LogSpan;

typedef struct {
  LogNames *names;
  LogTruth *truth;
  LogView views[LOG_VIEWS];
  guint n_views;
  guint refused;       /* index of the refused VM entry's exit; G_MAXUINT: there is none */
  guint32 refused_code;
  GArray *concurrent;  /* of LogSpan */
  LogReading *reading;
  GArray *moments;     /* of LogMoment */
} LogLook;
LogLook *log_look_new (const JudgedLab *lab);
void log_look_free (LogLook *look);
/* Exits happened, and a print is due. */
gboolean log_look_is_due (const LogLook *look);
/* The print's entry of that type; NULL. */
const LogEntry *log_moment_entry (const LogMoment *moment, guint32 code);
/* It is right: that of the exits that the print speaks of. */
gboolean log_moment_fits (const LogLook *look, const LogMoment *moment, const LogEntry *entry);
/* Its exits go beyond that index of the log. */
gboolean log_moment_is_behind (const LogMoment *moment, guint index);
