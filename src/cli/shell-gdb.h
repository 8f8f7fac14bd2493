/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What gdb is given of a lab's L1: files in the shell's folder. */
#pragma once
#include <glib.h>

#include "kernel/kernel.h"

#define SHELL_GDB_MODULES "modules.gdb"

/* DIR/l1.gdb, which attaches to `socket` with the kernel's symbols (NULL: none) and defines lab-modules. *path: newly allocated. */
gboolean shell_gdb_write (const char *dir, const char *socket, const KernelArtefact *kernel, char **path, GError **error);
/* The command that L1's agent is asked for: a line "MODULE SECTION ADDRESS" for each section of each of KVM's modules. */
extern const char shell_gdb_sections_command[];
/*
 * The commands that add the modules' symbols, from what that command printed in L1. Hostile input: only names and addresses of the right
 * form are taken. Pure; newly allocated.
 */
char *shell_gdb_modules (const char *sections, const char *modules_dir);
