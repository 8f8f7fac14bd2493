/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of a Bochs log: "%t%e%d": 11 or more digits of instruction count, one letter for the event's
 * kind, the device in brackets padded to five characters, a blank and the message. A guest can make
 * Bochs print text of its own choice (the BIOS message ports), but only behind another device's
 * bracket: the prefix is what cannot be forged, so it is matched whole.
 */
#pragma once
#include <glib.h>

typedef enum
{
  BOCHS_LINE_OTHER,
  BOCHS_LINE_DEBUG,    /* level d, of no interest */
  BOCHS_LINE_EXIT,     /* "…d[CPU0  ] VMEXIT reason = …" */
  BOCHS_LINE_POWEROFF, /* the panic by which ACPI power-off ends Bochs */
  BOCHS_LINE_PANIC,    /* any other panic: Bochs ends */
  BOCHS_LINE_RESET,    /* L1 reset itself; the reset at power-on is not told */
} BochsLine;

BochsLine bochs_line_classify (const char *line);
/* The part behind the device's bracket; the whole line if it has none. */
const char *bochs_line_message (const char *line);
