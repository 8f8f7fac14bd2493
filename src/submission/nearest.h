/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How near a file is to what it may be made from. Internal to submission/. */
#pragma once
#include <glib.h>

typedef struct {
  guint missing; /* lines of the base that the file has not */
  guint added;   /* lines of the file that the base has not */
  guint common;
} Nearness;
/* White space and lines of braces alone do not count. Of n lines, in n log n. */
Nearness nearness_measure (const char *text, const char *base);
/* TRUE if so little of the base is gone that the file was made from it, and all that differs is the student's. */
gboolean nearness_is_base (const Nearness *nearness);
/* TRUE if the file is some version of the other at all. */
gboolean nearness_is_kin (const Nearness *nearness);
/* Of those lines of the text that the base has not, all words; into a set of owned strings. */
void nearness_add_new_words (const char *text, const char *base, GHashTable *words);
/* TRUE for the lines of the text that the base has not; an array by line. */
gboolean *nearness_new_lines (const char *text, const char *base, guint *count);
/* TRUE if they differ in white space at most. */
gboolean nearness_is_same (const char *text, const char *base);
