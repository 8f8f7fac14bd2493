/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System calls that the program cannot make: seccomp. */
#pragma once
#include "base/launcher/launcher.h"

/*
 * From now on, for this process and all that it starts. `scoped`: the kernel keeps its signals
 * among its own (rules.c). What is of no use to a build is refused: sockets, other processes'
 * memory and signals, keys, namespaces, mounts, shared memory that would outlive it.
 */
bool filter_enter (const Plan *plan, bool scoped);
/*
 * For a program that has our own id: what changes a file's mode, owner, times or attributes does
 * nothing, and says that it was done, since neither Landlock nor the file's owner keeps it from
 * files of ours. Programs that keep times or modes (tar, git) go on.
 */
bool filter_freeze_files (void);
