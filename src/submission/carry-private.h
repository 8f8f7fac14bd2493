/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of carrying share. Internal to carry. */
#pragma once
#include "submission/carry.h"

#define CARRY_FILE_LIMIT (16 * 1024 * 1024)

typedef struct {
  const Submission *submission;
  const CarrySpec *spec;
  char *lab_name;       /* "6.1.192" */
  Carried *out;
  GPtrArray *later;     /* of LaterFile: to be transplanted when all files have been looked at */
  GPtrArray *unchanged; /* of char *: "cpuid.c of Linux 6.1.192" */
  GPtrArray *others;    /* of char *: paths of files that are another version's own; told in one line */
  GString *left;        /* left_out */
  GHashTable *own;      /* the student's words that no kernel knows */
  GHashTable *wanted;   /* transplant.h */
  GHashTable *of_lab_each; /* SubmissionFile -> whether it was made from the lab's own, of what was looked at */
  gboolean of_lab;      /* every file of known items was made from the lab's own: what else differs may be meant */
} Carrying;

typedef struct {
  char *path, *text;
  char *lab_text;
  char *base_text;  /* NULL: not known */
} LaterFile;

/* A file of a source, *text NULL if it is not there. */
gboolean carry_read (const char *dir, const char *path, char **text, GError **error);
/* "6.12.117", from the Makefile; a word for it if there is none. Newly allocated. */
char *carry_version (const char *dir, const char *otherwise);
gboolean carry_is_c (const char *path);
/* Puts a file into out->files (text NULL: removed), if C allows; else *fault. */
void carry_add (Carrying *carrying, const char *path, const char *text, const char *how);
void carry_note (Carrying *carrying, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Words of the student's that no kernel knows, from the lines that the base has not. */
void carry_learn (Carrying *carrying, const char *text, const char *base);

/* --- carry-files.c: whole files --- */
gboolean carry_untouched (Carrying *carrying, GError **error);
gboolean carry_files (Carrying *carrying, const GPtrArray *files, Fault **fault, GError **error);
/* A word that no kernel has, in lines that `base` has not. */
gboolean carry_has_own_words (const Carrying *carrying, const char *text, const char *base);
/* --- carry-kbuild.c --- */
gboolean carry_is_kbuild (const char *path);
/* The lab's Makefile with what the submission's has for files that are new in it; NULL: it has nothing. Newly allocated. */
char *carry_kbuild (const Carrying *carrying, const SubmissionFile *file, const char *lab_text);
/* --- carry-patches.c --- */
gboolean carry_patches (Carrying *carrying, Fault **fault, GError **error);
/* --- carry-later.c: what has to be transplanted --- */
/* base_text NULL: not known. */
void carry_put_off (Carrying *carrying, const SubmissionFile *file, const char *lab_text, const char *base_text);
/* TRUE if the file was made from the lab's own. */
gboolean carry_is_of_lab (Carrying *carrying, const SubmissionFile *file, const char *lab_text);
/* TRUE if nothing in the text is anybody's own but the kernels'. */
gboolean carry_is_kernels (Carrying *carrying, const char *path, const char *text);
void later_file_free (gpointer file);
gboolean carry_later (Carrying *carrying, Fault **fault, GError **error);
