/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a unified diff that are the submission's own: those that it adds, and where it takes some away. Pure. */
#pragma once
#include <glib.h>

typedef struct {
  char *path;    /* "arch/x86/kvm/cpuid.c" */
  guint number;  /* in the new file; of a line that was removed: that of the line that follows */
  gboolean removed;
  char *text;    /* without '+' or '-'; "" where it is so long that nobody reads it */
} DiffLine;

/* As `git diff` writes it. Of DiffLine, in order. */
GPtrArray *diff_lines (const char *diff);
/* The line that is added there; NULL if none is. */
const DiffLine *diff_lines_find (const GPtrArray *lines, const char *path, guint number);
/* Whether the line is added, or stands where some were removed. */
gboolean diff_lines_touch (const GPtrArray *lines, const char *path, guint number);
gboolean diff_lines_have_path (const GPtrArray *lines, const char *path);
/* Whether an added line has `word`, whole. */
gboolean diff_lines_have_word (const GPtrArray *lines, const char *word);
