/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder of this host, read into memory without following any link. Internal to submission/. */
#pragma once
#include <glib.h>

#include "submission/raw.h"

/*
 * Adds the folder's files to the set, every name with `prefix` ("", "hw/") before it. With `with_git`, a folder that is a git repository gives a repo and none of its files; else .git
 * is passed over. Of a kernel's tree only KVM's files are taken. FALSE with *fault: over a limit; with *error: unreadable, interrupted.
 */
gboolean submission_read_folder (const char *path, const char *prefix, gboolean with_git, RawSet *set, Fault **fault, GError **error);
/* A regular file, opened without waiting or following a last link if `follow` is FALSE. Larger than max: *data is NULL, *size its size. */
gboolean submission_load (int dir, const char *name, gboolean follow, gsize max, char **data, gsize *size, GError **error);
/* A regular file's descriptor, size and first bytes. */
gboolean submission_open (const char *path, gsize head_max, int *fd, char **head, gsize *size, GError **error);
