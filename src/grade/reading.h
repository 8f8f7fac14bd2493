/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence of a lab, read: the accounts of its boots, which of them got furthest, and what L1's
 * kernel died of. Pure.
 */
#pragma once
#include <glib.h>

#include "grade/crash.h"
#include "grade/evidence.h"
#include "grade/judge.h"

typedef struct {
  const EvidenceBoot *boot; /* borrowed */
  GPtrArray *accounts;      /* of Account: one for each round */
  Account *last;
  AgentReport *report;
} BootReading;
/* again: a second round was run. */
BootReading *boot_reading_new (const EvidenceBoot *boot, gboolean again);
void boot_reading_free (BootReading *reading);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BootReading, boot_reading_free)
gboolean boot_reading_is_whole (
  const BootReading *reading); /* the guest came to the end of the main program, in every round */
/* The first round that was not performed to its end; if there is none, the first. */
const Account *boot_reading_stopped (const BootReading *reading);

typedef struct {
  const EvidenceLab *lab; /* borrowed */
  JudgedLab judged;       /* the boot that got furthest */
  GPtrArray *boots;       /* of BootReading, in order */
  const BootReading *best;
  Crash *crash; /* the first of any boot; NULL: none */
} LabReading;
/* names: of the lab's ISA; borrowed as the evidence is. The lab has a boot. */
LabReading *lab_reading_new (const Evidence *evidence, const EvidenceLab *lab, const ReasonNames *names);
void lab_reading_free (LabReading *reading);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LabReading, lab_reading_free)
/* judged, of another of the lab's boots. */
JudgedLab lab_reading_boot (const LabReading *reading, const BootReading *boot);
gboolean lab_reading_is_complete (
  const LabReading *reading); /* the guest came to its end, in every round and in the last program */
