/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program with all it needs to start elsewhere: the loader and the libraries it is linked to. */
#pragma once
#include "image/contents.h"

/* Adds `program` (absolute path) and its closure, each at its own path. */
gboolean closure_add_program (Contents *contents, const char *program, GError **error);
/* Adds QEMU's ROMs for L2's machine to usr/share/qemu. */
gboolean closure_add_roms (Contents *contents, GError **error);
