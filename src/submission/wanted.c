/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is of use in a submission; see wanted.h. */
#include "submission/wanted.h"

#include <string.h>

#include "submission/patch.h"
#include "submission/paths.h"

#define LOOKED_BYTES 65536u /* of a file of which nothing tells that it is a patch */
#define HEADER_BYTES_MAX (1u << 20)

static const char *const sure[] = { ".patch", ".diff", ".mbox", ".eml", NULL };
static const char *const maybe[] = { ".txt", ".c", ".log", ".mail", NULL };

static gboolean
may_be_patch (const char *name)
{
  const char *slash = strrchr (name, '/');
  return name_ends (name, maybe) || strchr (slash != NULL ? slash : name, '.') == NULL;
}

/* Every diff has one of these; UTF-16 is looked at whole. */
static gboolean
has_diff_marks (const char *data, gsize size)
{
  static const char *const marks[] = { "@@", "diff ", "--- ", "***" };
  const gsize looked = MIN (size, LOOKED_BYTES);
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      if (memmem (data, looked, marks[i], strlen (marks[i])) != NULL)
        return TRUE;
    }
  return memchr (data, '\0', looked) != NULL;
}

gboolean
wanted_as_patch (const RawFile *file, gboolean is_kernel_file)
{
  if (file->format != FORMAT_TEXT || file->data == NULL)
    return FALSE;
  if (name_ends (file->name, sure))
    return TRUE;
  if (!may_be_patch (file->name) || !has_diff_marks (file->data, file->size))
    return FALSE;
  guint changes;
  const char *what;
  g_autofree char *text = text_normalise (file->data, file->size, &changes, &what);
  return text != NULL && patch_is_in (text, is_kernel_file ? 40 : 400);
}

gboolean
wanted_by_name (const char *name)
{
  return strstr (name, ".git/") != NULL || name_ends (name, sure) || raw_name_is_packed (name) || (!name_is_litter (name) && !kernel_path_is_other_part (name));
}

/* A kernel's own, at the top of its tree. */
static gboolean
is_top_makefile (const RawFile *file)
{
  const char *slash = strrchr (file->name, '/');
  return strcmp (slash != NULL ? slash + 1 : file->name, "Makefile") == 0
         && (g_str_has_prefix (file->data, "VERSION =") || strstr (file->data, "\nVERSION =") != NULL);
}

gboolean
wanted_by_content (const RawFile *file)
{
  g_auto (KernelPath) known = { 0 };
  if (file->data == NULL || file->format != FORMAT_TEXT)
    return file->data != NULL && file->format != FORMAT_OTHER;
  kernel_path_find (file->name, &known);
  const gboolean is_kernel_file = known.path != NULL && kernel_path_is_source (known.path);
  return is_kernel_file || is_top_makefile (file) || (g_str_has_suffix (file->name, ".h") && file->size <= HEADER_BYTES_MAX)
         || wanted_as_patch (file, FALSE);
}
