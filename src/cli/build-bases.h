/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness build bases: kernels' sources that students' files may have been made from. harness build source: those of the labs' kernels. */
#pragma once
#include "cli/app.h"

/* versions and trees may be NULL; without any: lists what is here and what can be had, fetching no kernel. */
gboolean build_bases (App *app, char **versions, char **trees, gboolean refresh, GError **error);
/* Of the labs' kernels that name one. USAGE: none is named, or one that has no pinned source. */
gboolean build_sources (App *app, char **versions, gboolean refresh, GError **error);
