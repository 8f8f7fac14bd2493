/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several assignments in one submission: which of them a name is of ("assignment2/cpuid.c", "hw-02", "Assignment Two", "cmpe283-2"), and
 * whether that is the one asked for. Pure. Internal to submission/.
 */
#pragma once
#include <glib.h>

typedef enum {
  ASKED_UNSAID, /* it names no assignment */
  ASKED_THIS,
  ASKED_OTHER,
} Asked;

/*
 * `names`: what the assignment is called, NULL-terminated: "a3", "assignment 3", "final"; NULL: nothing is asked for. A name that ends in a number stands for all usual
 * words with that number. Of a path the innermost folder that says anything counts, or the file's own name.
 */
Asked asked_of (const char *path, const char *const *names);
