/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a line of Bochs's log means. Texts are those of Bochs 2.7 (cpu/vmx.cc, iodev/acpi.cc, pc_system.cc). */
#include "machine/bochs-log.h"

#include <string.h>

#define DEVICE_LENGTH 7 /* "[CPU0  ]" less its first character */

/* Where the kind's letter stands, or NULL if the line does not begin as a log line does. */
static const char *
find_kind (const char *line)
{
  const gsize digits = strspn (line, "0123456789");
  const char *kind = line + digits;
  if (digits < 11 || *kind == '\0' || kind[1] != '[' || strnlen (kind + 1, DEVICE_LENGTH + 2) < DEVICE_LENGTH + 2)
    return NULL;
  return kind[1 + DEVICE_LENGTH] == ']' && kind[2 + DEVICE_LENGTH] == ' ' ? kind : NULL;
}

/* A reset before the first instruction is the power-on. */
static gboolean
at_power_on (const char *line)
{
  return line[strspn (line, "0")] < '1' || line[strspn (line, "0")] > '9';
}

static BochsLine
classify_panic (const char *kind)
{
  return g_str_has_prefix (kind + 1, "[ACPI  ] >>PANIC<< ACPI control: soft power off") ? BOCHS_LINE_POWEROFF
                                                                                          : BOCHS_LINE_PANIC;
}

BochsLine
bochs_line_classify (const char *line)
{
  const char *kind = find_kind (line);
  if (kind == NULL)
    return BOCHS_LINE_OTHER;
  switch (*kind)
    {
    case 'd':
      return g_str_has_prefix (kind + 1, "[CPU0  ] VMEXIT reason = ") ? BOCHS_LINE_EXIT : BOCHS_LINE_DEBUG;
    case 'p':
      return classify_panic (kind);
    case 'i':
      if (g_str_has_prefix (kind + 1, "[SYS   ] bx_pc_system_c::Reset(") && !at_power_on (line))
        return BOCHS_LINE_RESET;
      return BOCHS_LINE_OTHER;
    default:
      return BOCHS_LINE_OTHER;
    }
}

const char *
bochs_line_message (const char *line)
{
  const char *kind = find_kind (line);
  return kind != NULL ? kind + DEVICE_LENGTH + 3 : line;
}
