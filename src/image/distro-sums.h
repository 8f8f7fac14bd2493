/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checksums as publishers and users write them, and those of files. */
#pragma once
#include <glib.h>

/* "sha256", "sha512". */
gboolean sums_type (const char *name, GChecksumType *type);
/*
 * The checksum of `file` in a SHA256SUMS or SHA512SUMS: lines of "HEX  NAME" or "HEX *NAME". Any other line, a file that is not there or is
 * there twice with different sums: FAILED. Pure. *hex is lower case, newly allocated.
 */
gboolean sums_find (const char *text, GChecksumType type, const char *file, char **hex, GError **error);
/* "sha256:HEX" or "sha512:HEX", as a user gives it. USAGE. */
gboolean sums_parse (const char *text, GChecksumType *type, char **hex, GError **error);
gboolean sums_of_file (const char *path, GChecksumType type, char **hex, GError **error);
/* Whether gpgv's --status-fd told of one good signature, by the key with this fingerprint. Pure. */
gboolean sums_signature_is_good (const char *gpgv_status, const char *fingerprint);
