/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the library is that makes QEMU's instruction count exact (fence/icount-fence.c). Internal to machine/. */
#pragma once
#include "machine/machine.h"

/* NULL where there is none, or QEMU is a daemon's or a person's. Newly allocated. */
char *fence_find (const MachineSpec *spec);
