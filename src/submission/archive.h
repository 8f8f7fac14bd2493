/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Zip, tar (gzip, bzip2, xz, zstd), 7z and single compressed files, read into memory. Internal to submission/. */
#pragma once
#include <glib.h>

#include "submission/raw.h"

/*
 * Adds what is in the archive to the set, every name with `prefix` before it. `shown` is the archive's name for messages. FALSE with *fault: damaged,
 * encrypted, over a limit, or a name that would leave its folder; FALSE with *error: interrupted, or out of time.
 */
gboolean submission_read_archive (const char *shown, const char *prefix, const char *data, gsize size, RawSet *set, Fault **fault, GError **error);
/* The same of a file of this host, which may be larger than memory; `head`: its first bytes, by which it is told what it is. */
gboolean submission_read_archive_file (const char *shown, int fd, const char *head, gsize head_size, RawSet *set, Fault **fault, GError **error);
