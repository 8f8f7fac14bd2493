/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See build-index.c. Internal to cmd-build. */
#pragma once
#include <glib.h>

/* Writes the index of the kernels in these folders, NULL-terminated, whose names are their versions. */
gboolean build_index (const char *output, char **dirs, GError **error);
