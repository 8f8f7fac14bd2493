/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Makefile of another kernel version: of its lines those that build what was handed in; see carry-private.h. */
#include <string.h>

#include "submission/carry-private.h"

typedef struct
{
  const Carrying *carrying;
  const char *path, *lab_text;
  GString *own;       /* lines for the lab's */
  guint conditions;   /* ifdef and the like that are open */
} Kbuild;

gboolean
carry_is_kbuild (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  return strcmp (name, "Makefile") == 0 || strcmp (name, "Kbuild") == 0;
}

/* Of "vmx/stats.o" the source is a file of the submission's, none of the lab's, and not another version's own. */
static gboolean
builds_new_file (const Kbuild *kbuild, const char *object)
{
  const GPtrArray *files = kbuild->carrying->submission->files;
  g_autofree char *folder = g_path_get_dirname (kbuild->path);
  g_autofree char *stem = g_str_has_suffix (object, ".o") ? g_strndup (object, strlen (object) - 2) : NULL;
  for (guint i = 0; stem != NULL && i < files->len; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (files, i);
      g_autofree char *c = g_strdup_printf ("%s/%s.c", folder, stem);
      g_autofree char *assembly = g_strdup_printf ("%s/%s.S", folder, stem);
      g_autofree char *in_lab = g_build_filename (kbuild->carrying->spec->lab_dir, file->path, NULL);
      if (file->text != NULL && (strcmp (file->path, c) == 0 || strcmp (file->path, assembly) == 0))
        return !g_file_test (in_lab, G_FILE_TEST_EXISTS) && carry_has_own_words (kbuild->carrying, file->text, "");
    }
  return FALSE;
}

/* The kernel's Makefiles of KVM define no macro. */
static gboolean
defines_macro (const Kbuild *kbuild, const char *word)
{
  return g_str_has_prefix (word, "-D") && strstr (kbuild->lab_text, word) == NULL;
}

/* "kvm-intel-y += vmx/vmx.o vmx/stats.o": the variable, and of the words those that are the student's. */
static void
take_assignment (Kbuild *kbuild, const char *line)
{
  const char *equals = strchr (line, '=');
  if (equals == NULL || kbuild->conditions > 0 || line[0] == '\t' || line[0] == '#')
    return;
  g_autofree char *left = g_strndup (line, (gsize) (equals - line));
  g_strchomp (g_strdelimit (left, "+:?", ' '));
  g_auto (GStrv) words = g_strsplit_set (equals + 1, " \t", -1);
  const char *underline = strchr (left, '_');
  const gboolean of_new = underline != NULL && builds_new_file (kbuild, underline + 1); /* CFLAGS_stats.o */
  g_autoptr (GString) own = g_string_new (NULL);
  for (guint i = 0; words[i] != NULL && words[i][0] != '#'; i++)
    {
      if (words[i][0] != '\0' && (of_new || builds_new_file (kbuild, words[i]) || defines_macro (kbuild, words[i])))
        g_string_append_printf (own, " %s", words[i]);
    }
  if (own->len > 0)
    g_string_append_printf (kbuild->own, "%s +=%s\n", left, own->str);
}

static void
follow (Kbuild *kbuild, const char *line)
{
  if (g_str_has_prefix (line, "ifdef") || g_str_has_prefix (line, "ifndef") || g_str_has_prefix (line, "ifeq") || g_str_has_prefix (line, "ifneq"))
    kbuild->conditions++;
  else if (g_str_has_prefix (line, "endif") && kbuild->conditions > 0)
    kbuild->conditions--;
}

char *
carry_kbuild (const Carrying *carrying, const SubmissionFile *file, const char *lab_text)
{
  g_autoptr (GString) own = g_string_new (NULL);
  g_autoptr (GString) text = g_string_new (file->text);
  Kbuild kbuild = { .carrying = carrying, .path = file->path, .lab_text = lab_text, .own = own };
  g_string_replace (text, "\r", "", 0);
  g_string_replace (text, "\\\n", " ", 0);
  g_auto (GStrv) lines = g_strsplit (text->str, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      follow (&kbuild, lines[i]);
      take_assignment (&kbuild, lines[i]);
    }
  if (own->len == 0)
    return NULL;
  const gboolean ended = lab_text[0] == '\0' || g_str_has_suffix (lab_text, "\n");
  return g_strconcat (lab_text, ended ? "" : "\n", own->str, NULL);
}
