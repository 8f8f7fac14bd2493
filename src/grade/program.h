/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program of a challenge: drawn at random for one submission, and what each part of it is for. No leaf map is assumed: all leaves
 * that any map knows are read everywhere, and which map a submission implements is found in the answers.
 *
 * The main program, in this order:
 *   other leaves    CPUID leaves that are none of the submission's, read once each
 *   windows         before: the leaves, for reason 0 and for the operation's own; the operation, a random number of times; the same reads
 *   snapshots       the leaves for every reason that the manual defines; some operations; the same reads
 *   concurrent      as windows, with both processors at work
 * The last one, for a boot of its own, as an unchecked index may not survive it:
 *   undefined       the leaves for reasons that the manual does not define, up to the edges of 32 bits
 *
 * Where counts are told in the kernel log, leaves are not read, and there are many more exits. The main program: windows of operations, each operation in two of them; then
 * as many exits again with both processors at work. The last one, after a VM entry that the processor refuses: more of them.
 *
 * What killed L1 in a boot before can be left out, so that the rest is judged.
 */
#pragma once
#include <glib.h>

#include "base/isa.h"
#include "config/config.h"
#include "record/challenge.h"

#define PROGRAM_LEAVES_MAX 16u
#define PROGRAM_RANGES_MAX 24u /* of undefined reasons: a challenge takes no more steps */
#define PROGRAM_REASONS_MAX 200u

/* What is not asked for any more. */
typedef struct {
  GArray *leaves; /* of guint32; NULL: none */
  guint32 ops;    /* a bit for each CHALLENGE_OP */
} ProgramLess;
gboolean program_less_leaf (const ProgramLess *less, guint32 leaf); /* less: NULL: nothing */
gboolean program_less_op (const ProgramLess *less, guint op);

typedef struct {
  guint first, count; /* steps */
} ProgramRange;

/* Reads before and after, in the same order: before.count == after.count. */
typedef struct {
  ProgramRange before, between, after;
  gboolean concurrent;
} ProgramWindow;

typedef struct {
  Isa isa;
  GArray *steps;      /* of struct challenge_step */
  ProgramRange other; /* reads */
  GArray *windows;    /* of ProgramWindow */
  ProgramWindow snapshot;
  ProgramRange undefined; /* of the last program: reads and flushes */
} Program;
void program_free (Program *program);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Program, program_free)

typedef struct {
  Isa isa;
  const guint32 *leaves;      /* of all maps, ascending */
  guint nr_leaves;            /* at most PROGRAM_LEAVES_MAX */
  const GArray *defined;      /* of guint32: the reasons of the snapshots, at most PROGRAM_REASONS_MAX */
  const char *undefined;      /* ranges, as in a leaf map, at most PROGRAM_RANGES_MAX */
  const char *secret, *seed;  /* keys of the random numbers */
  const ProgramLess *less;    /* NULL: nothing is left out */
  gboolean log;               /* the counts are told in the kernel log */
  gboolean last;              /* the last program; else the main one */
} ProgramSpec;
Program *program_draw (const ProgramSpec *spec);
/* As the guest takes it: header and steps, little-endian. */
GBytes *program_bytes (const Program *program);
const struct challenge_step *program_step (const Program *program, guint number);
