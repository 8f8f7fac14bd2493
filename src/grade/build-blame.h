/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose fault it is that modules cannot be built: the compiler's errors against the lines that the submission wrote. Pure. */
#pragma once
#include <glib.h>

/* Whether any kernel's headers or KVM have this word, the lab's or another version's. */
typedef gboolean (*KernelKnowsWord) (const char *word, gpointer user);

typedef struct {
  gboolean theirs;   /* an error lies in what the submission wrote, or comes from it */
  char *error;       /* the one that says so: the first that is theirs, else the first of all */
  char *reason;      /* one sentence for the grade */
  GPtrArray *errors; /* of char *: all of them, those that are theirs first */
} BuildBlame;
void build_blame_free (BuildBlame *blame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BuildBlame, build_blame_free)

/*
 * errors: of char *, as modules_log_read() gives them ("arch/x86/kvm/cpuid.c:17:5: error: …"), at least one. diff: unified, of what was built against the lab's
 * kernel. knows: NULL: no word is known.
 */
BuildBlame *build_blame (const GPtrArray *errors, const char *diff, KernelKnowsWord knows, gpointer user);
/* Of the compiler's warnings those that lie in what the submission wrote, or tell no place. Of char *, newly allocated. */
GPtrArray *build_blame_warnings (const GPtrArray *warnings, const char *diff);
/* The number of the only line of `text` that says the same, blanks aside; 0 if none or several do. */
guint build_blame_own_line (const char *text, const char *line);
