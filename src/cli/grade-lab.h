/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A grading lab: modules and a challenge in, the emulator's exit log out. Always emulated, and exact: the same on every machine, and told by
 * a log that is none of L1's.
 */
#pragma once
#include "cli/app.h"
#include "config/config.h"
#include "grade/program.h"
#include "machine/machine.h"

typedef struct {
  App *app;
  const char *lane, *stage; /* of the progress */
  const LabConfig *lab;    /* its [l1] */
  const char *kernel;      /* bzImage */
  const char *root_image;  /* the grading image */
  const char *modules_dir; /* kvm.ko, kvm-intel.ko, kvm-amd.ko */
  const Program *program, *last_program;
  const char *kvm_params, *vendor_params;
  const char *again_params; /* the vendor module's in a second round; NULL: one round */
  gboolean entry_first;     /* the VM entry that is refused comes before the last program */
  const char *dir;          /* existing folder for the logs */
  double expected_s;
  double deadline_s, stall_s; /* wall time: of all; without an exit of L2 */
} GradeLabSpec;

typedef struct {
  gint64 ran_us;     /* wall time from the machine's start to its end */
  MachineResult end;
  GBytes *log;       /* the emulator's exit log, mapped: its file may go */
  GArray *exits;     /* of L0Exit: all of it */
  char *report;      /* the agent's: valid UTF-8, not trusted */
  char *console;     /* L1's, its last 16 KiB, the same */
  char *log_sha256;  /* of l0-exits.log */
} GradeLab;
void grade_lab_free (GradeLab *lab);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GradeLab, grade_lab_free)

/* Whether the record device takes the modules, which are `bytes` long, and how much it takes: a change can make them as large as it likes. */
gboolean grade_lab_has_room (const char *modules_dir, Isa isa, guint64 *bytes, guint64 *room);
/* FALSE for what is not L1's doing: no emulator, the disk, interruption, a log that its emulator did not write. However L1 ends is a result. */
gboolean grade_lab_run (const GradeLabSpec *spec, GradeLab **lab, GError **error);
