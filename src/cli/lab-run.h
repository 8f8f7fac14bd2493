/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One lab of a run: its configuration, the machine chosen for it, its execution, its results. */
#pragma once
#include "cli/app.h"
#include "cli/guest.h"
#include "cli/l1-distribution.h"
#include "cli/lab-files.h"
#include "config/config.h"
#include "image/image.h"
#include "kernel/kernel.h"
#include "machine/hardware.h"
#include "machine/machine.h"
#include "machine/payload.h"
#include "report/results.h"

typedef struct {
  App *app;
  char *name; /* "vmx": the lab's folder and its lane of progress */
  LabConfig *config;
  LabTerms terms;
  MachineKind machine;
  Accel accel;
  char *reason; /* why this machine */
  gboolean exact;
  gboolean trace;      /* count by the tracepoint too */
  const char *uri;     /* libvirt's, or NULL */
  const char *replay;  /* folder with recorded labs instead of a machine, or NULL */
  const KernelArtefact *kernel; /* the micro L2's, and the small L1's; NULL with replay; so is image, also with a distribution as L1 */
  const ImageArtefact *image;
  const L1Distribution *l1; /* NULL: the small L1, which image is */
  const GuestOptions *guest_options; /* what L2 the user wants; borrowed */
  const Guest *guest;  /* NULL: the micro L2, as the lab has it */
  char *dir; /* the lab's folder in the unfinished run */
  guint repeats; /* how often the lab runs; 0 as 1 */

  /* What came of it. */
  char *emulator; /* "Bochs 2.7" */
  char *cmdline;  /* L1's */
  Payload *payload;    /* what a distribution as L1 is told */
  char *volume_inputs; /* what L2's volume was made of; NULL: none */
  MachineResult end;
  LabResults *results; /* NULL if nothing was recorded; of the first run */
  GPtrArray *repeated; /* of RepeatedMetric; NULL if the lab ran once */
  GError *error;       /* NULL: the lab is complete and all checks agree */
} LabRun;

typedef enum { ACCEL_WANT_ANY, ACCEL_WANT_KVM, ACCEL_WANT_EMULATED } AccelWanted;

/* --accel's value; NULL: ANY. */
gboolean accel_wanted_parse (const char *text, AccelWanted *wanted, GError **error);

/* config_path: NULL for configs/labs/NAME.conf. HARNESS_ERROR_HOST if KVM is wanted and not usable. */
LabRun *lab_run_new (App *app, const char *name, const char *config_path, const GuestOptions *guest_options, const Hardware *hardware, AccelWanted wanted, const char *replay, GError **error);
void lab_run_free (LabRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LabRun, lab_run_free)

/* The same lab once more, not yet run: for a repeat. */
LabRun *lab_run_again (const LabRun *run, GError **error);
/* A kernel without patches has neither exit log nor leaves; one with patches is taken to have both. */
gboolean lab_run_is_patched (const LabRun *run);
/* Runs the lab in run->dir and writes its files there. What went wrong is in run->error. Safe beside other labs in other threads. */
void lab_run_execute (LabRun *run);
