/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The student's part of a C file of another kernel version, put into the lab's file: what is new in it, and the student's
 * statements in functions that both have. Where the file's base is known, all that differs from it is the student's; where
 * not, what no kernel ever had there, and what the functions that count exits or answer CPUID lead to. Internal to submission/.
 */
#pragma once
#include <glib.h>

#include "submission/kernel-index.h"

typedef struct {
  const char *path;
  const char *text;       /* the student's */
  const char *lab_text;
  const char *base_text;  /* what the student's was, or NULL */
  KernelIndex *index;     /* what other versions have */
  GHashTable *own;        /* the student's words in all files, unknown to every kernel; it is added to, and so other files may have more to carry */
  GHashTable *wanted;     /* the words of the student's lines in all files that those functions have not otherwise; it is added to */
  gboolean (*has_header) (gpointer user, const char *path, const char *name); /* name: "<linux/atomic.h>" or "\"exits.h\"" */
  gpointer user;
} TransplantSpec;

typedef struct {
  char *text;         /* NULL: nothing of the student's was found, or there is a doubt */
  GPtrArray *carried; /* of char *: names, in the file's order */
  GPtrArray *left;    /* of char *: lines and items that were taken for another version's own */
  GPtrArray *unrelated; /* of char *: names; the file's version is sure, and somebody changed these, but nothing in them is needed or counts */
  GPtrArray *doubts;  /* of char *: what could not be placed */
  gint version;       /* of the index: the one that most of the file is of; -1: none */
  guint items;        /* how many top-level items are that version's */
  gboolean exact;     /* the file is of that version but for what somebody changed: its source could tell no more */
  gboolean unchanged; /* every item is some kernel's */
} Transplant;
Transplant *transplant_file (const TransplantSpec *spec);
/* TRUE if the text was made from the lab's own file: it has all of that one's items, and none as another version has it. */
gboolean transplant_is_of_lab (const TransplantSpec *spec);
void transplant_free (Transplant *transplant);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Transplant, transplant_free)
