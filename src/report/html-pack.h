/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single exits for the page: column by column, deflated (RFC 1950), small enough to be inlined and quickly read by report.js.
 * Little-endian; a varint is LEB128, unsigned:
 *
 *   "HXP1", u32 exits, u32 reasons, u64 unit, i64 base
 *   a reason, of one kind: u32 code, u32 length and bytes of its name, u32 length and bytes of its kind
 *   nine columns, each u32 length and bytes:
 *     reason       varint, into the reasons
 *     time         low bytes, then varints of what is above them: (t_ns - t_ns of the exit before, at first base) / unit
 *     cycles       low bytes, then varints of what is above them
 *     RIP          u64 each different value, then varints: 0 is the next new value, i + 1 is value i
 *     info1        as RIP
 *
 * unit is what divides all differences of time: a slow TSC has no need of nanoseconds.
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "timeline/timeline.h"

#define HTML_PACK_MAX (4u * 1000 * 1000)

/* The first exits, at most max_exits and HTML_PACK_MAX; *n: how many these are. */
void html_pack_exits (const Timeline *timeline, const ReasonNames *names, const ExitKinds *kinds, guint64 max_exits, GBytes **packed, guint64 *n);
