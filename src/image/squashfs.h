/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tar turned into a squashfs by libguestfs, as any user, without a mount on this host. */
#pragma once
#include <glib.h>

#include "base/progress.h"

/*
 * `tar` (deterministic: see contents.h) into `image`, lz4-compressed, padded to a multiple of `align` bytes.
 * The creation time in the superblock is set to 0: equal tars give equal images.
 */
gboolean squashfs_from_tar (const char *tar, const char *image, gsize align, gboolean hardware, Progress *progress, GError **error);
