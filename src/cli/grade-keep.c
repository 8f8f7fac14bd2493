/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files beside a grade; see grade-keep.h. */
#include "cli/grade-keep.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "grade/evidence-file.h"

static const char *const names[] = { EVIDENCE_FILE, JUDGED_FILE };

gboolean
grade_keep_clear (const char *logs, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (logs, names[i], NULL);

      if (unlink (path) < 0 && errno != ENOENT)
        return fail_errno (error, errno, "%s: removing", path);
    }
  return TRUE;
}

gboolean
grade_keep_write (const char *logs, GBytes *evidence, const JudgedBy *by, GError **error)
{
  g_autofree char *file = g_build_filename (logs, EVIDENCE_FILE, NULL),
                  *judged = g_build_filename (logs, JUDGED_FILE, NULL);
  g_autoptr (GString) text = judged_by_json (by);

  return (!evidence || files_write (file, g_bytes_get_data (evidence, NULL),
                                    (gssize) g_bytes_get_size (evidence), error)) &&
         files_write (judged, text->str, (gssize) text->len, error);
}

gboolean
grade_keep_read (const char *dir, const char *name, gsize max, char **data, gsize *size, GError **error)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  struct stat st;

  if (lstat (path, &st) < 0)
    return fail_errno (error, errno, "%s: looking at", name);
  if (!S_ISREG (st.st_mode))
    return fail (error, HARNESS_ERROR_FAILED, "%s: not a plain file", name);
  return files_read (path, max, data, size, error);
}

gboolean
grade_keep_copy (const char *from, const char *to, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *source = g_build_filename (from, names[i], NULL),
                      *target = g_build_filename (to, names[i], NULL);
      struct stat st;

      if (lstat (source, &st) == 0 && S_ISREG (st.st_mode) && !files_copy (source, target, error))
        return FALSE;
    }
  return TRUE;
}
