/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of git share. Internal to git. */
#pragma once
#include "submission/git.h"

/* Runs git with these arguments (NULL-terminated) and this input (or NULL). *text NULL: git failed, which is an answer. */
gboolean git_run (Git *git, const char *const *args, const GString *input, char **text, gsize *size, Fault **fault, GError **error);
const char *git_shown (const Git *git); /* the repository's name, for messages */
gboolean git_unreadable (const Git *git, Fault **fault); /* sets *fault; FALSE */
