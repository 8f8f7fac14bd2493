/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of numbers and ranges as leaf maps have them ("35,38,69-79,0x100-0x1ff", "" or "none"), which config/ has checked. */
#pragma once
#include <glib.h>

typedef struct {
  guint32 first, last;
} NumberRange;
GArray *ranges_parse (const char *text); /* of NumberRange */
gboolean ranges_have (const GArray *ranges, guint32 number);
