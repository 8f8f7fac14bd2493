/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where L1's kernel died; see crash.h. */
#include "grade/crash.h"

#include <string.h>

#include "grade/diff-lines.h"

#define TREE "/lab/linux/"
#define RESOLVED_LINES_MAX 64u

void
crash_frame_free (CrashFrame *frame)
{
  if (frame == NULL)
    return;
  g_free (frame->function);
  g_free (frame->module);
  g_free (frame);
}

void
crash_free (Crash *crash)
{
  if (crash == NULL)
    return;
  g_free (crash->name);
  g_free (crash->words);
  g_free (crash->place);
  g_free (crash->line);
  g_free (crash);
}

/* --- the kernel's words ----------------------------------------------------------------------- */

/* The module's name as a file has it. NULL: none of KVM's. */
static const char *
module_of (const char *name)
{
  static const char *const modules[][2] = { { "kvm", "kvm" }, { "kvm_intel", "kvm-intel" }, { "kvm_amd", "kvm-amd" } };
  for (guint i = 0; i < G_N_ELEMENTS (modules); i++)
    if (strcmp (name, modules[i][0]) == 0)
      return modules[i][1];
  return NULL;
}

/* A line of the trace: NULL for what is not in KVM, and for what the kernel itself doubts ("? "). */
static CrashFrame *
frame_of (const GRegex *regex, const char *line)
{
  g_autoptr (GMatchInfo) match = NULL;
  if (!g_regex_match (regex, line, 0, &match))
    return NULL;
  g_autofree char *doubt = g_match_info_fetch (match, 1), *name = g_match_info_fetch (match, 5);
  const char *module = module_of (name);
  if (module == NULL || doubt[0] != '\0')
    return NULL;
  g_autofree char *offset = g_match_info_fetch (match, 3), *size = g_match_info_fetch (match, 4);
  CrashFrame *frame = g_new0 (CrashFrame, 1);
  const gboolean rip = strstr (line, "RIP: ") != NULL;
  const guint64 at = g_ascii_strtoull (offset, NULL, 16);
  /* A caller's address is where it goes on: the call is before it. */
  *frame = (CrashFrame){ .function = g_match_info_fetch (match, 2), .module = g_strdup (module), .offset = rip || at == 0 ? at : at - 1, .size = g_ascii_strtoull (size, NULL, 16) };
  return frame;
}

CrashFrame *
crash_frame (const char *trouble)
{
  g_autoptr (GRegex) regex = g_regex_new ("(?:RIP: 0010:|(?:^|\\])\\s*(\\? )?)([A-Za-z_][A-Za-z0-9_.]*)\\+0x([0-9a-f]{1,8})/0x([0-9a-f]{1,8}) \\[([a-z_]+)", 0, 0, NULL);
  g_auto (GStrv) lines = g_strsplit (trouble, "\n", -1);
  gboolean traced = FALSE; /* before RIP only the line of a warning names a function, and it is the same */
  for (char **line = lines; *line != NULL; line++)
    {
      traced = traced || strstr (*line, "RIP: 0010:") != NULL || strstr (*line, "Call Trace:") != NULL;
      if (strstr (*line, "---[ end ") != NULL)
        return NULL;
      CrashFrame *frame = traced ? frame_of (regex, *line) : NULL;
      if (frame != NULL)
        return frame;
    }
  return NULL;
}

/* --- whose line it is ------------------------------------------------------------------------- */

/* "/lab/linux/./arch/x86/kvm/cpuid.c:1605 (discriminator 3)". FALSE: "??:0" */
static gboolean
parse_place (const char *text, char **path, guint *number)
{
  const char *colon = strrchr (text, ':');
  const char *below = g_str_has_prefix (text, TREE) ? text + strlen (TREE) : text;
  if (colon == NULL || colon < below || !g_ascii_isdigit (colon[1]) || text[0] == '?')
    return FALSE;
  *number = (guint) g_ascii_strtoull (colon + 1, NULL, 10);
  g_autofree char *given = g_strndup (below, (gsize) (colon - below));
  g_autofree char *whole = g_canonicalize_filename (given, "/");
  *path = g_strdup (whole + 1);
  return *number > 0;
}

static char *
place_text (const char *path, guint number, const char *function)
{
  return g_strdup_printf ("%s:%u, in %s()", path, number, function);
}

/* The innermost line that the submission wrote or touched is the place; else the outermost, of the function that is no inlined one. */
static gboolean
take_resolved (Crash *crash, const CrashFrame *frame, const char *resolved, const GPtrArray *lines)
{
  g_auto (GStrv) said = g_strsplit (resolved, "\n", RESOLVED_LINES_MAX);
  gboolean known = FALSE;
  for (guint i = 0; said[0] != NULL && said[i] != NULL && said[i + 1] != NULL; i += 2)
    {
      g_autofree char *path = NULL;
      guint number;
      if (!parse_place (said[i + 1], &path, &number))
        continue;
      known = TRUE;
      g_free (crash->place);
      crash->place = place_text (path, number, frame->function);
      if (!diff_lines_touch (lines, path, number))
        continue;
      const DiffLine *line = diff_lines_find (lines, path, number);
      g_autofree char *text = line != NULL ? g_strstrip (g_strdup (line->text)) : NULL;
      crash->line = text != NULL && text[0] != '\0' ? g_strdup_printf ("%s:%u: %s", path, number, text) : NULL;
      crash->theirs = TRUE;
      return TRUE;
    }
  return known;
}

/* Of a change of .c files alone all that was compiled anew has lines (kernel/modules.c), and what has none is not theirs. Else that is not known. */
static gboolean
has_lines (const GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++)
    if (!g_str_has_suffix (((const DiffLine *) g_ptr_array_index (lines, i))->path, ".c"))
      return FALSE;
  return TRUE;
}

Crash *
crash_new (const char *name, const char *words, const CrashFrame *frame, const char *resolved, const char *diff)
{
  Crash *crash = g_new0 (Crash, 1);
  g_autoptr (GPtrArray) lines = diff_lines (diff);
  crash->name = g_strdup (name);
  crash->words = g_strdup (words);
  crash->theirs = frame == NULL; /* the lab's own kernel does not die */
  if (frame == NULL || (resolved != NULL && take_resolved (crash, frame, resolved, lines)))
    return crash;
  crash->theirs = resolved == NULL || !has_lines (lines);
  crash->place = g_strdup_printf ("%s()+0x%" G_GINT64_MODIFIER "x, in %s.ko", frame->function, frame->offset, frame->module);
  return crash;
}

/* --- what to leave out ------------------------------------------------------------------------ */

gboolean
crash_add_culprit (const Account *account, ProgramLess *less)
{
  const struct challenge_step *step;
  if (!account->began || account->complete || account->reached == 0)
    return FALSE;
  step = program_step (account->program, account->reached - 1);
  if (step->kind == CHALLENGE_FLUSH || (step->kind == CHALLENGE_READ ? program_less_leaf (less, step->a) : program_less_op (less, step->op)))
    return FALSE;
  if (step->kind != CHALLENGE_READ)
    less->ops |= 1u << step->op;
  else
    {
      if (less->leaves == NULL)
        less->leaves = g_array_new (FALSE, FALSE, sizeof (guint32));
      g_array_append_val (less->leaves, step->a);
    }
  return TRUE;
}
