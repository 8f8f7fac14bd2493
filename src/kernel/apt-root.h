/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An apt of our own: sources, keys, lists and state in a folder. The host's stay as they are, no lock of theirs is taken, and no right of root's
 * is needed. apt verifies all: lists by the keyring, files by the lists. Of the host's settings it takes how the network is reached: proxies,
 * logins, retries.
 *
 * One root holds one archive and the keys that sign it.
 */
#pragma once
#include <glib.h>

#include "base/progress.h"

/* `sources`: "deb URL SUITE COMPONENT…"; here they are of source packages. dir exists. */
gboolean apt_root_make (const char *dir, const char *const *sources, const char *keyring, GError **error);

/* Of one suite's component: its list of source packages, and where their files are. */
typedef struct {
  char *file;
  char *url; /* ends in "/"; a package's "Directory:" goes on from there */
} AptList;

/*
 * Fetches the lists. *lists: of AptList, in the sources' order; *passed_over: the sources that gave none, and why, one a line, or "".
 * HARNESS_ERROR_HOST if there is none at all: no route, no apt, a wrong key.
 */
gboolean apt_root_update (const char *dir, const char *const *sources, Progress *progress, GPtrArray **lists, char **passed_over, GError **error);
/* A list's lines to func. */
typedef void (*AptLineFunc) (const char *line, gpointer user);
gboolean apt_root_read (const char *dir, const AptList *list, AptLineFunc func, gpointer user, GError **error);

typedef struct {
  const char *url, *sha256, *what; /* what: for progress */
  guint64 bytes;
} AptFile;
/* To `path`. HARNESS_ERROR_HOST if nobody can be reached; HARNESS_ERROR_FAILED if it is gone, or is not what the list says. */
gboolean apt_root_download (const char *dir, const AptFile *file, const char *path, Progress *progress, GError **error);
