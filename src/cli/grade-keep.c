/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files beside a grade; see grade-keep.h. */
#include "cli/grade-keep.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "grade/evidence-file.h"

static const char *const names[] = { EVIDENCE_FILE, JUDGED_FILE, CHANGED_CODE_FILE, BASE_CODE_FILE };

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

static gboolean
write_below (const char *dir, const char *name, const void *data, gsize size, GError **error)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  return files_write (path, data, (gssize) size, error);
}

static gboolean
write_code (const char *dir, const char *name, const char *code, GError **error)
{
  return !code || code[0] == '\0' || write_below (dir, name, code, strlen (code), error);
}

gboolean
grade_keep_write (const char *dir, GBytes *evidence, const ChangedCode *code, GError **error)
{
  return (!evidence || write_below (dir, EVIDENCE_FILE, g_bytes_get_data (evidence, NULL),
                                    g_bytes_get_size (evidence), error)) &&
         write_code (dir, CHANGED_CODE_FILE, code->changed, error) &&
         write_code (dir, BASE_CODE_FILE, code->base, error);
}

gboolean
grade_keep_judged (const char *logs, const JudgedBy *by, GError **error)
{
  g_autoptr (GString) text = judged_by_json (by);

  return write_below (logs, JUDGED_FILE, text->str, text->len, error);
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
