/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the exit logs of both emulators. No L1 program can write them, but a hostile L1 decides how
 * long they are and, in part, what their numbers say: every line is matched whole and the count is bounded.
 *
 * QEMU 7.2 (target/i386/tcg/sysemu/svm_helper.c, misc_helper.c), every number hexadecimal:
 *   vmrun! VMCB                               each entry; skipped
 *   Injecting(E): KIND                        an event injected at entry; skipped. KIND is INTR, NMI, EXEPT or
 *                                             SOFT, and " VECTOR CODE" follows, or nothing at all: delivery
 *                                             leaves the function before the rest is printed, and then
 *                                             the next text stands on the same line
 *   vmexit(CODE, INFO1, INFO2, RIP)!          an exit
 *
 * Bochs 2.7 (cpu/vmx.cc), filtered by bochs.c:
 *   CLOCKd[CPU0  ] VMEXIT reason = N (NAME) qualification=0xHEX
 *
 * A fake machine replays either; a line tells by its first character which it is.
 *
 * A last line without its newline is what a killed emulator leaves: it is dropped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "machine/bochs-log.h"
#include "machine/machine.h"

#define LINE_MAX_BYTES 512
#define EXITS_MAX (32u << 20)
#define VMX_REASON_MAX 0xffff /* SDM vol. 3, 25.9.1: the basic exit reason has 16 bits */

typedef enum
{
  LINE_BAD,
  LINE_SKIPPED,
  LINE_EXIT,
} LineKind;

/* --- the smallest parts: each moves *p behind what it matched ------------------------------------ */

static gboolean
take_text (const char **p, const char *text)
{
  if (!g_str_has_prefix (*p, text))
    return FALSE;
  *p += strlen (text);
  return TRUE;
}

/* Digits only: no sign, no blanks, no prefix; an overflow is no match. */
static gboolean
take_number (const char **p, guint base, guint64 max, guint64 *value)
{
  char *end = NULL;
  if (base == 16 ? !g_ascii_isxdigit (**p) : !g_ascii_isdigit (**p))
    return FALSE;
  if (base == 16 && (*p)[0] == '0' && (*p)[1] == 'x')
    return FALSE;
  errno = 0;
  const guint64 number = g_ascii_strtoull (*p, &end, base);
  if (errno != 0 || number > max)
    return FALSE;
  *value = number;
  *p = end;
  return TRUE;
}

/* printf's %#x: "0x1f", but "0" for zero. */
static gboolean
take_prefixed_hex (const char **p)
{
  guint64 ignored;
  take_text (p, "0x");
  return take_number (p, 16, G_MAXUINT64, &ignored);
}

/* --- QEMU ------------------------------------------------------------------------------------- */

static gboolean
take_injection (const char **p)
{
  static const char *const kinds[] = { "INTR", "NMI", "EXEPT", "SOFT" };
  const char *q = *p;
  if (!take_text (&q, "Injecting(") || !take_prefixed_hex (&q) || !take_text (&q, "): "))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      if (take_text (&q, kinds[i]))
        break;
    }
  *p = q;
  if (take_text (&q, " ") && take_prefixed_hex (&q) && take_text (&q, " ") && take_prefixed_hex (&q))
    *p = q;
  return TRUE;
}

static gboolean
take_vmexit (const char **p, L0Exit *out)
{
  guint64 code;
  if (!take_text (p, "vmexit(") || !take_number (p, 16, G_MAXUINT32, &code) || !take_text (p, ", ")
      || !take_number (p, 16, G_MAXUINT64, &out->info1) || !take_text (p, ", ")
      || !take_number (p, 16, G_MAXUINT64, &out->info2) || !take_text (p, ", ")
      || !take_number (p, 16, G_MAXUINT64, &out->rip) || !take_text (p, ")!"))
    return FALSE;
  out->reason = (guint32) code;
  out->clock = -1;
  return TRUE;
}

static LineKind
parse_qemu (const char *line, L0Exit *out)
{
  guint64 ignored;
  const char *p = line;
  gboolean injected = FALSE;
  while (take_injection (&p))
    injected = TRUE;
  if (injected && *p == '\0')
    return LINE_SKIPPED;
  if (take_text (&p, "vmrun! "))
    return take_number (&p, 16, G_MAXUINT64, &ignored) && *p == '\0' ? LINE_SKIPPED : LINE_BAD;
  return take_vmexit (&p, out) && *p == '\0' ? LINE_EXIT : LINE_BAD;
}

/* --- Bochs ------------------------------------------------------------------------------------ */

/* The name may hold anything but a closing bracket: which name is L0's business, the number counts. */
static gboolean
take_reason_name (const char **p)
{
  const char *end = **p == '(' ? strchr (*p, ')') : NULL;
  if (end == NULL)
    return FALSE;
  *p = end + 1;
  return TRUE;
}

static LineKind
parse_bochs (const char *line, L0Exit *out)
{
  guint64 clock, reason;
  const char *p = line;
  if (bochs_line_classify (line) != BOCHS_LINE_EXIT || !take_number (&p, 10, G_MAXINT64, &clock)
      || !take_text (&p, "d[CPU0  ] VMEXIT reason = ") || !take_number (&p, 10, VMX_REASON_MAX, &reason)
      || !take_text (&p, " ") || !take_reason_name (&p) || !take_text (&p, " qualification=0x")
      || !take_number (&p, 16, G_MAXUINT64, &out->info1) || *p != '\0')
    return LINE_BAD;
  out->reason = (guint32) reason;
  out->clock = (gint64) clock;
  return LINE_EXIT;
}

/* --- files ------------------------------------------------------------------------------------ */

static gboolean
bad_line (const char *path, guint64 number, const char *why, GError **error)
{
  return fail (error, HARNESS_ERROR_FAILED, "%s:%" G_GUINT64_FORMAT ": %s", path, number, why);
}

static gboolean
take_line (const char *path, guint64 number, const char *line, MachineKind kind, GArray *exits, GError **error)
{
  L0Exit out = { 0 };
  const gboolean bochs = kind == MACHINE_BOCHS || (kind == MACHINE_FAKE && g_ascii_isdigit (*line));
  const LineKind found = bochs ? parse_bochs (line, &out) : parse_qemu (line, &out);
  if (found == LINE_SKIPPED)
    return TRUE;
  if (found == LINE_BAD)
    return bad_line (path, number, "not a line of this emulator's exit log", error);
  if (exits->len >= EXITS_MAX)
    return bad_line (path, number, "more exits than are read", error);
  if (exits->len > 0 && out.clock >= 0 && out.clock < g_array_index (exits, L0Exit, exits->len - 1).clock)
    return bad_line (path, number, "the clock runs backwards", error);
  g_array_append_val (exits, out);
  return TRUE;
}

/* A NUL inside a line would hide what follows it. A last line without its newline is dropped. */
static gboolean
read_lines (const char *data, gsize size, const char *path, MachineKind kind, GArray *exits, GError **error)
{
  char line[LINE_MAX_BYTES];
  const char *const end = data + size;
  for (guint64 number = 1; data < end; number++)
    {
      const char *newline = memchr (data, '\n', (gsize) (end - data));
      const gsize length = (gsize) ((newline != NULL ? newline : end) - data);
      if (length >= sizeof line - 1)
        return bad_line (path, number, "a line is too long", error);
      if (newline == NULL)
        break;
      if (memchr (data, '\0', length) != NULL)
        return bad_line (path, number, "a NUL byte", error);
      memcpy (line, data, length);
      line[length] = '\0';
      if (!take_line (path, number, line, kind, exits, error))
        return FALSE;
      data = newline + 1;
    }
  return TRUE;
}

gboolean
l0_log_parse (const char *data, gsize size, const char *path, MachineKind kind, GArray **exits, GError **error)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (L0Exit));
  if (size > 0 && !read_lines (data, size, path, kind, found, error))
    return FALSE;
  *exits = g_steal_pointer (&found);
  return TRUE;
}

gboolean
l0_log_read (const char *path, MachineKind kind, GArray **exits, GError **error)
{
  AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail_errno (error, errno, "%s: opening", path);
  g_autoptr (GMappedFile) file = g_mapped_file_new_from_fd (fd, FALSE, error);
  if (file == NULL)
    return FALSE;
  return l0_log_parse (g_mapped_file_get_contents (file), g_mapped_file_get_length (file), path, kind, exits, error);
}
