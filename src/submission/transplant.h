/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The student's part of a C file of another kernel version, put into the lab's file: what is new in it, and the student's lines in functions that
 * both have. Where the file's base is known, all that differs from it is the student's; where not, what the functions that count exits or
 * answer CPUID lead to. Internal to submission/.
 */
#pragma once
#include <glib.h>

typedef struct {
  const char *path;
  const char *text;       /* the student's */
  const char *lab_text;
  const char *base_text;  /* what the student's was, or NULL */
  const GPtrArray *others; /* of char *: the same file in other versions */
  GHashTable *known;      /* words of KVM's sources at hand */
  GHashTable *own;        /* the student's words in all files, unknown to KVM; it is added to, and so other files may have more to carry */
  gboolean (*has_header) (gpointer user, const char *path, const char *name); /* name: "<linux/atomic.h>" or "\"exits.h\"" */
  gpointer user;
} TransplantSpec;

typedef struct {
  char *text;         /* NULL: nothing of the student's was found, or there is a doubt */
  GPtrArray *carried; /* of char *: names, in the file's order */
  GPtrArray *left;    /* of char *: lines and items that were taken for another version's own */
  GPtrArray *doubts;  /* of char *: what could not be placed */
} Transplant;
Transplant *transplant_file (const TransplantSpec *spec);
void transplant_free (Transplant *transplant);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Transplant, transplant_free)
