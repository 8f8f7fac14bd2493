/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fingerprint of a lab: what was measured, in 64 hexadecimal digits. It is the SHA-256 of the text that
 *
 *     sha256sum timeline.csv timeline-reasons.csv exits.csv phases.csv reasons.csv operations.csv units.csv
 *
 * prints in the lab's folder, with exits.csv the uncompressed content of exits.csv.gz, and operations.csv and units.csv left out
 * if there is none. checks.csv is no part of it: it tells which accounts were compared, and the L0 log may come
 * from a second run which this very fingerprint proves to be the same. Nor are kinds.csv, segments.csv and operations-reasons.csv:
 * they are views of exits.csv, the first by a table that users edit, the second by floating point. A folder without exits.csv.gz
 * (a committed reference) is verified with the digest of exits.csv that the manifest keeps.
 */
#pragma once
#include <glib.h>

typedef struct {
  const char *name;   /* "timeline.csv" */
  const char *sha256; /* NULL: there is no such file */
} FingerprintFile;

/* The names, in order, NULL-terminated. */
extern const char *const fingerprint_names[];
#define FINGERPRINT_FILES 7

/* Any order; newly allocated. */
char *fingerprint_make (const FingerprintFile *files, gsize n);
/*
 * From a lab's folder. exits_sha256: the manifest's digest of exits.csv; may be NULL if the folder has exits.csv.gz.
 * If it has both and they differ, that is an error.
 */
gboolean fingerprint_of_folder (const char *dir, const char *exits_sha256, char **fingerprint, GError **error);
