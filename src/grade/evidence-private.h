/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the writer and the reader of evidence, and for the tests of the latter. Internal to
 * grade/evidence-*.c.
 */
#pragma once
#include "base/bundle.h"
#include "grade/evidence.h"

#define EVIDENCE_SCHEMA "evidence-1"
#define EVIDENCE_JSON "evidence.json"
#define EVIDENCE_COLLECTED "collected.json"

/* "vmx-1-log"; boot from 0. Newly allocated. */
char *evidence_item_name (Isa isa, guint boot, const char *what);
Bundle *evidence_bundle (const Evidence *evidence);
gboolean evidence_of_bundle (const Bundle *bundle, Evidence **evidence, GError **error);
/*
 * A program from its bytes and the ranges of its steps, which were read already: FALSE if a step or
 * a range is none that program_draw() makes.
 */
gboolean evidence_program_is_sound (const Program *program, gboolean last);
