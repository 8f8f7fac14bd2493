/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One record of any type, taken into a timeline that is being loaded. Internal to timeline/. */
#pragma once
#include "timeline/timeline.h"

/* The record has the shape of its type (record.h); everything else is checked here. */
gboolean timeline_take (Timeline *timeline, const struct record_header *header, const void *body, GError **error);
