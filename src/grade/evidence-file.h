/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence in a file: a bundle (base/bundle.h) of
 *   evidence.json           schema "evidence-1": what was asked, leaves, labs, baselines, findings,
 *                           and of each boot how it ended and what its programs are for
 *   collected.json          the grade before it was judged, as grade.json (grade-json.h)
 * and, for the boots 1, 2 … of each lab,
 *   LAB-N-program, LAB-N-last-program   as the guest takes them (record/challenge.h)
 *   LAB-N-log               the emulator's exit log
 *   LAB-N-report, LAB-N-console
 * Another shape, or another meaning of an operation's number, of a frame's resolution or of a
 * baseline's figure, is another schema.
 */
#pragma once
#include <glib.h>

#include "grade/evidence.h"

#define EVIDENCE_FILE "evidence.tar.zst"
#define EVIDENCE_FILE_MAX (64 << 20)   /* bytes */
#define EVIDENCE_BYTES_MAX (192 << 20) /* of all that is in it */

/* *file: NULL, and TRUE, for what is too large to be kept: a flood. */
gboolean evidence_write (const Evidence *evidence, GBytes **file, GError **error);
/*
 * The file may have been edited: what is read is whole, within all bounds, and what the judge may
 * be given. "damaged: …", or another schema: FAILED.
 */
gboolean evidence_read (const void *data, gsize size, Evidence **evidence, GError **error);
