/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The error domain and the two ways to fail. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>

G_DEFINE_QUARK (harness-error-quark, harness_error)

gboolean
fail (GError **error, HarnessError code, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error_literal (error, HARNESS_ERROR, (gint) code, message);
  return FALSE;
}

gboolean
fail_again (const GError *failure, GError **error)
{
  if (error != NULL)
    *error = g_error_copy (failure);
  return FALSE;
}

/* What the person can do about an errno that means a resource of the host is not there or ran out; else NULL. */
static const char *
remedy (int errnum)
{
  switch (errnum)
    {
    case ENOSPC:
      return "free space there, or use a larger disk";
    case EDQUOT:
      return "free space within your disk quota, or keep images/cache and results on another disk";
    case EROFS:
      return "work in a folder that is mounted read-write";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    case ENOMEM:
      return "free memory, or give the lab's machines less";
    default:
      return NULL;
    }
}

/* A disk that fills up while work goes on is a failure of the work: what is needed was there when it began (files_need_bytes()). */
static HarnessError
code_of (int errnum)
{
  if (errnum == ENOSPC || errnum == EDQUOT || remedy (errnum) == NULL)
    return HARNESS_ERROR_FAILED;
  return HARNESS_ERROR_HOST;
}

gboolean
fail_errno (GError **error, int errnum, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);

  g_autofree char *why = g_strdup (g_strerror (errnum));
  why[0] = g_ascii_tolower (why[0]); /* "…: no such file or directory" reads on */

  const char *advice = remedy (errnum);
  return fail (error, code_of (errnum), "%s: %s%s%s", what, why, advice != NULL ? "; try: " : "", advice != NULL ? advice : "");
}

int
error_exit_code (const GError *error)
{
  if (error == NULL)
    return 0;
  if (error->domain != HARNESS_ERROR)
    return 1;
  switch ((HarnessError) error->code)
    {
    case HARNESS_ERROR_USAGE:
      return 2;
    case HARNESS_ERROR_HOST:
      return 3;
    case HARNESS_ERROR_INTERRUPTED:
      return 130;
    case HARNESS_ERROR_FAILED:
      break;
    }
  return 1;
}
