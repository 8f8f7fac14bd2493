/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SHA-256 of a large file that seldom changes, remembered: a kernel's tarball takes a third of a second to hash, a look at its inode none. */
#pragma once
#include <glib.h>

/*
 * hash_file(), or what it gave before in `memo_dir` for the same path, device, inode, size, mtime and ctime, to the nanosecond. A file that changed less
 * than two seconds before it was hashed is not remembered: a further change could leave its times as they are. What is remembered is
 * as good as the folder: whoever may write there can lie. memo_dir is made if it is not there; NULL, or one that cannot be written: always hashed.
 */
gboolean hash_file_remembered (const char *memo_dir, const char *path, char **hex, GError **error);
