/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The snapshot that a distribution as L1 goes on from, in an emulated lab. */
#pragma once
#include "cli/l1-distribution.h"

/* *dir: the cache's, or made now: a minute or two, under the lane's name. spec is as the lab will have it, but for snapshot_from; its volume may get longer, by a hole. */
gboolean l1_snapshot_find (App *app, const L1Distribution *l1, const char *lane, const MachineSpec *spec, char **dir, GError **error);
