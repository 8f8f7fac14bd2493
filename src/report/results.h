/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the raw records of a lab to the files of its results folder, in memory: src/cli writes them. This is the one
 * entry for full-run, report and grade.
 *
 *   g_autoptr (LabResults) results = NULL;
 *   if (!results_lab (&inputs, &results, error)) return FALSE;      // the records are damaged
 *   … write results->files into results/RUN/LAB/ …
 *   if (results->outcome != OUTCOME_OK) …results->detail…            // L2 did not boot; there are only logs
 *   if (results->checks->failed > 0) …results->checks->first_failure…
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "report/answers.h"
#include "report/exits.h"
#include "report/manifest.h"
#include "stats/checks.h"
#include "stats/summary.h"
#include "timeline/outcome.h"

typedef struct {
  GBytes *records;          /* records.bin; best mapped: g_mapped_file_get_bytes() */
  Isa isa;                  /* that the lab is meant to be; records of the other are an error */
  const GArray *l0;         /* of L0Exit, from l0_log_read(); NULL: its checks are not run */
  const ReasonNames *names; /* of that ISA */
  const LeafMap *leaf_map;  /* that L1's kernel was told; NULL: its checks are not run */
  gint64 sample_ns;         /* between rows of timeline.csv */
  ExitsSink exits_sink;     /* where exits.csv.gz goes; NULL: among the files */
  gpointer exits_user;
  const ExitKinds *kinds;   /* of that ISA; must outlive the results */
  gboolean without_files;   /* no files and no fingerprint: summary and checks alone */
  gboolean records_are_mapped; /* the bytes are a file's mapping, to be read only: see timeline_load_mapped() */
} ResultsInputs;

/* So many of a lab's exits can be pointed at one by one in report.html. */
#define RESULTS_PAGE_EXITS 250000u

typedef struct {
  char *name; /* "timeline.csv" */
  GBytes *content;
} ResultsFile;

typedef struct {
  Timeline *timeline; /* what all else was made of */
  Outcome outcome;
  char *detail;       /* one line; NULL if OUTCOME_OK */
  char *l1_release;   /* L1's kernel release */
  guint64 exits;      /* recorded, also if the outcome is bad */
  LabSummary *summary; /* NULL unless OUTCOME_OK, as are the next three */
  Checks *checks;
  char *fingerprint;
  char *exits_sha256; /* of exits.csv uncompressed */
  GPtrArray *files;   /* of ResultsFile, in a fixed order */
  GBytes *page_exits; /* html_pack_exits(), for report.html; NULL as the files */
  guint64 page_exits_packed;
} LabResults;

void lab_results_free (LabResults *results);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LabResults, lab_results_free)

gboolean results_lab (const ResultsInputs *inputs, LabResults **results, GError **error);
/* What the manifest says of a lab's outcome; the rest of `lab` is the caller's. */
void results_fill_manifest (const LabResults *results, ManifestLab *lab);
