/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A course's download: the files that one student handed in are one submission. Learning platforms write who it was into the names of files or folders:
 *   Canvas      doejane_LATE_12345_67890_cpuid.c
 *   Moodle      Jane Doe_1234567_assignsubmission_file_/…, or the same before a file's name
 *   Gradescope  submission_123456/…
 *   Blackboard  Homework 2_jdoe_attempt_2026-03-04-12-13-14_cpuid.c
 */
#pragma once
#include <glib.h>

typedef enum { GROUP_NONE, GROUP_AUTO, GROUP_CANVAS, GROUP_MOODLE, GROUP_GRADESCOPE, GROUP_BLACKBOARD } GroupKind;

/* "auto", "canvas" …; NULL: none. USAGE for a name that is none. */
gboolean group_parse (const char *text, GroupKind *kind, GError **error);

/* One submission: of a student, or a path that is nobody's by its name. */
typedef struct {
  char *name;       /* "doejane_12345"; a path as given where it was not grouped */
  GPtrArray *parts; /* of GroupPart; NULL: the path alone */
  gboolean late;    /* a file of it is marked so */
  char *attempt;    /* Blackboard's, the latest; NULL */
} Group;

typedef struct {
  char *path;
  char *shown; /* without the platform's marks: "cpuid.c", "hw/cpuid.c" */
} GroupPart;

/*
 * *groups is of Group, by order of their first file. A folder that holds a download is looked into. *left: how many files in such folders are nobody's. USAGE: nothing is
 * named so, or a folder cannot be read.
 */
gboolean group_paths (GroupKind kind, char **paths, GPtrArray **groups, guint *left, GError **error);
/* "Canvas" where the paths, taken one by one, would make one student several submissions, or all students one; NULL: they would not. */
const char *group_suspect (char **paths);
/* What the shell is told for them, quoted. */
char *group_given (const Group *group);
