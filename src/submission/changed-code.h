/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What C a submission changed, as whole functions and declarations, and what the lab's kernel has
 * in their place: for programs that compare the code of many with each other.
 */
#pragma once
#include <glib.h>

#include "submission/carry.h"

#define CHANGED_CODE_MAX (1u << 20) /* bytes of one side; what is beyond is left out, in whole items */

typedef struct {
  char *changed; /* functions and declarations that the lab's kernel has not so; "" */
  char *base;    /* those of the lab's kernel that the change has not so; "" */
} ChangedCode;
void changed_code_clear (ChangedCode *code);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ChangedCode, changed_code_clear)

/* Comments and layout alone are no change. `code` is to be empty, and is filled on success only. */
gboolean changed_code_find (const Carried *carried, const char *lab_dir, ChangedCode *code, GError **error);

/*
 * Several bases as one: appends what of a text is not in `seen` (c_words_new()), and adds it there.
 * The text may be anything.
 */
void changed_code_join (GString *out, GHashTable *seen, const char *text);
