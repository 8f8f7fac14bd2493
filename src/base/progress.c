/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls the progress ops, if there are any; formats outside the ops so that those only show. */
#include "base/progress.h"

#include <stdarg.h>

static char *
format_note (const char *format, va_list args)
{
  return format != NULL ? g_strdup_vprintf (format, args) : NULL;
}

void
progress_begin (Progress *p, const char *lane, const char *stage, double expected_s)
{
  if (p != NULL && p->ops->begin != NULL)
    p->ops->begin (p->user, lane, stage, expected_s);
}

void
progress_update (Progress *p, const char *lane, double fraction, const char *note_format, ...)
{
  if (p == NULL || p->ops->update == NULL)
    return;
  va_list args;
  va_start (args, note_format);
  g_autofree char *note = format_note (note_format, args);
  va_end (args);
  p->ops->update (p->user, lane, MIN (fraction, 1.0), note);
}

void
progress_end (Progress *p, const char *lane, gboolean ok, const char *note_format, ...)
{
  if (p == NULL || p->ops->end == NULL)
    return;
  va_list args;
  va_start (args, note_format);
  g_autofree char *note = format_note (note_format, args);
  va_end (args);
  p->ops->end (p->user, lane, ok, note);
}

void
progress_say (Progress *p, const char *lane, const char *format, ...)
{
  if (p == NULL || p->ops->say == NULL)
    return;
  va_list args;
  va_start (args, format);
  g_autofree char *text = format_note (format, args);
  va_end (args);
  p->ops->say (p->user, lane, text);
}

void
progress_overall (Progress *p, const char *text)
{
  if (p != NULL && p->ops->overall != NULL)
    p->ops->overall (p->user, text);
}
