/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the library is that makes QEMU's instruction count exact (fence/icount-fence.c). Internal to machine/. */
#pragma once
#include "machine/machine.h"

/* *path: newly allocated; NULL where QEMU needs none: it is a daemon's or a person's, or does not emulate. HOST if it is not there. */
gboolean fence_find (const MachineSpec *spec, char **path, GError **error);
