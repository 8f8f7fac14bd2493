/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the archives of Debian and Ubuntu are. No address of theirs stands in this tree: the host's apt knows its own distribution's,
 * debootstrap knows a default for each. Who uses them takes them through apt, by keys that the tree or the host has.
 *
 * Debian's "-security" suites lie in an archive of their own: the host's apt's, else the archive's address with "-security" appended.
 */
#pragma once
#include <glib.h>

/* Archives that are known by name: "debian", "ubuntu". */
gboolean apt_archive_is_known (const char *name);
/*
 * Sources as "SUITE COMPONENT…" become "deb URL SUITE COMPONENT…"; those that have an address already stay as they are. mirror: the archive's
 * address as the user gave it, or "". HARNESS_ERROR_HOST if nobody here knows an address that is needed.
 */
gboolean apt_archive_lines (const char *name, const char *mirror, const char *const *sources, char ***lines, GError **error);

/* Of what `apt-get update --print-uris` says: the archive's address; NULL: none. own: the host is of this distribution. */
char *apt_archive_of_uris (const char *uris, const char *name, gboolean own);
/* Of debootstrap's script for a suite, and of debootstrap itself; NULL: none. */
char *apt_archive_of_script (const char *script, const char *suite);
char *apt_archive_of_program (const char *program);
