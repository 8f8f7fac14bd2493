/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the raw files in a lab's folder to its other files: the one way that full-run and report share. */
#pragma once
#include "cli/app.h"
#include "config/config.h"
#include "report/results.h"

/* What configs/ says of an ISA's exits; the results borrow from it. */
typedef struct {
  ReasonNames *names;
  ExitKinds *kinds;
  LeafMap *map;
} LabTerms;
void lab_terms_clear (LabTerms *terms);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LabTerms, lab_terms_clear)
/* leaf_map: a name in configs/leaf-maps. *terms must be all zero. */
gboolean lab_terms_load (const App *app, Isa isa, const char *leaf_map, LabTerms *terms, GError **error);

typedef struct {
  Isa isa;
  const LabTerms *terms;
  gboolean patched; /* L1's kernel has the exit log and the leaves */
  guint sample_ms;  /* between rows of timeline.csv */
} LabAnalysis;

/*
 * Reads records.bin and, if there is one, l0-exits.log in dir. exits.csv.gz, which may be large, is written into the folder `into` on
 * the way; all else is in the results. into: NULL for results without files and fingerprint.
 */
gboolean lab_analyse (const char *dir, const LabAnalysis *analysis, const char *into, LabResults **results, GError **error);
/* Writes the results' other files into dir, each atomically. */
gboolean lab_write_files (const LabResults *results, const char *dir, GError **error);
/* FALSE with why if L2 did not boot or a cross-check failed. */
gboolean lab_judge (const LabResults *results, GError **error);
