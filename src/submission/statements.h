/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A top-level item of a C file as a tree of statements: what line breaks, blanks, comments and braces around a single
 * statement do not change. An `if`, a loop, a switch and a block are a head with the statements below it, so a condition
 * never parts from its body. A struct, an enum and a table are a head with their members. Internal to submission/.
 */
#pragma once
#include <glib.h>

#include "submission/csource.h"

typedef struct Statement Statement;
struct Statement {
  guint32 key;          /* of the head's tokens; the same in every process and on every machine */
  guint64 full;         /* of the head and all that is below */
  GPtrArray *children;  /* of Statement; NULL: a simple statement */
  /* Where it stands, in tokens of `source`; NULL where only its hashes are known (kernel-index.h). */
  const CSource *source;
  guint first, head_end, end;
  guint open, close;    /* the tokens '{' and '}' around the children; 0: there are none */
};

/* NULL if its braces are in no order. */
Statement *statement_of_item (const CSource *source, const CItem *item);
/* One without a text; children: taken over, NULL for a simple one. */
Statement *statement_of_hashes (guint32 key, GPtrArray *children);
void statement_free (Statement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Statement, statement_free)

guint statement_count (const Statement *statement); /* itself and all below */
gboolean statement_same (const Statement *a, const Statement *b);
/* A return, a break, a goto: what everybody writes, so that some version has it too says nothing. */
gboolean statement_is_jump (const Statement *statement);
gboolean statement_is_declaration (const Statement *statement); /* of a variable, as far as its first tokens tell */
/* The token that a declaration's first name is, its end if there is none: "u64 *a = b;" declares a. */
guint statement_declared_name (const Statement *statement);

/* A preprocessor's line that begins so: "if" is #if, #ifdef and #ifndef, "el" #else and #elif. */
gboolean statement_is_directive (const Statement *statement, const char *prefix);

/* How much of its text (the three below) stands before its first token. */
gsize statement_lead (const Statement *statement);
/* Its text as it stands, with the comments and blank lines before it and the rest of its last line. Exact: all texts in a row are the file. */
char *statement_text (const Statement *statement);
/* The same of several that follow each other, first to last. */
char *statement_text_to (const Statement *first, const Statement *last);
/* The same up to and with its opening brace; from its closing brace on; its head without a brace. */
char *statement_text_before (const Statement *statement);
char *statement_text_after (const Statement *statement);
char *statement_text_head (const Statement *statement);
/* The blanks before its first token on that token's line. */
char *statement_indent (const Statement *statement);

/* Of tokens [first, end), as the keys are made. Adjacent strings are one. */
guint32 statement_hash (const CSource *source, guint first, guint end);
/* The hash of a word. */
guint32 statement_word_hash (const char *word, gsize length);
