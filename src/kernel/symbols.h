/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel's symbols as gdb takes them. The artefact keeps System.map beside the bzImage that it belongs to, a tenth of vmlinux, and the lab's
 * kernel has no debugging information that vmlinux would hold: so an ELF file with sections without content and a symbol table, made of
 * System.map, tells gdb all that vmlinux could. Its code gdb reads from the machine.
 */
#pragma once
#include <glib.h>

/* Reads System.map at `map`, writes the ELF file `path`. FAILED for a map that is none (file:line). */
gboolean kernel_symbols_write (const char *map, const char *path, GError **error);
