/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other kernels' sources at hand. */
#pragma once
#include <glib.h>
typedef struct {
  char *dir;
  char *name;
} KernelSourceAtHand;
