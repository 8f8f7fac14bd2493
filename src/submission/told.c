/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leaves and prints in what was handed in; see told.h. */
#include "submission/told.h"

#include <string.h>

static gboolean
has_leaf (const char *text, const guint32 *leaves, guint nr_leaves)
{
  g_autofree char *lower = g_ascii_strdown (text != NULL ? text : "", -1);
  for (guint i = 0; i < nr_leaves; i++)
    {
      g_autofree char *hex = g_strdup_printf ("0x%x", leaves[i]), *decimal = g_strdup_printf ("%u", leaves[i]);
      if (strstr (lower, hex) != NULL || strstr (lower, decimal) != NULL)
        return TRUE;
    }
  return FALSE;
}

static gboolean
has_print (const char *text)
{
  static const char *const prints[] = { "printk",  "pr_info",  "pr_notice", "pr_warn", "pr_err", "pr_alert",
                                        "pr_crit", "pr_emerg", "pr_debug",  "pr_cont", "trace_" };
  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (prints); i++)
    if (strstr (text, prints[i]) != NULL)
      return TRUE;
  return FALSE;
}

/* A kernel's own files print too: what counts is that the student changed the one in which exits are handled.
 */
static gboolean
is_vendors (const char *path)
{
  return strstr (path, "/vmx/") != NULL || strstr (path, "/svm/") != NULL || g_str_has_suffix (path, "x86.c");
}

static gboolean
patch_adds_print (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (**line == '+' && has_print (*line))
      return TRUE;
  return FALSE;
}

gboolean
submission_tells_by_log (const Submission *submission, const guint32 *leaves, guint nr_leaves)
{
  gboolean prints = FALSE;
  for (guint i = 0; i < submission->files->len; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (submission->files, i);
      if (has_leaf (file->text, leaves, nr_leaves))
        return FALSE;
      prints |= is_vendors (file->path) && has_print (file->text);
    }
  for (guint i = 0; i < submission->patches->len; i++)
    {
      const SubmissionPatch *patch = g_ptr_array_index (submission->patches, i);
      if (has_leaf (patch->text, leaves, nr_leaves))
        return FALSE;
      prints |= patch_adds_print (patch->text);
    }
  return prints;
}
