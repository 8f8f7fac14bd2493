/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator's own exit log of an exact lab, kept for later runs of the same lab.
 *
 * Bochs's log costs half as much time again. An exact lab repeats itself: the log is taken in the first run of a
 * lab and kept in the cache under the hash of all that decides the run, with the digest of that run's exits.csv. A later run
 * takes the kept log for its own, and must then have the very same exits, or it fails: the digest is the proof
 * that the log tells of this run too.
 */
#pragma once
#include "cli/lab-run.h"

typedef struct Proof Proof;
void proof_free (Proof *proof);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Proof, proof_free)

/* Never NULL without an error; for labs that take their log in every run it does nothing. */
Proof *proof_find (const LabRun *run, GError **error);
/* The kept log, or NULL: this run is to take it. */
const char *proof_log (const Proof *proof);
/* Before the analysis: puts the kept log into the lab's folder. */
gboolean proof_use (Proof *proof, const LabRun *run, GError **error);
/* After it: keeps a log that was taken now; compares the digests where a kept one was used. */
gboolean proof_settle (Proof *proof, const LabRun *run, GError **error);
