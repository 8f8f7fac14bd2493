/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A C file as lines, tokens and top-level items. A scanner and no parser: it takes anything, in time linear in the text, and knows of C
 * what the kernel's style needs: comments, strings, directives with their continuations, #if that splits braces, brace depth.
 */
#pragma once
#include <glib.h>

typedef enum { C_WORD, C_NUMBER, C_STRING, C_PUNCTUATION } CTokenKind;

typedef struct {
  guint start, end; /* bytes of the text */
  guint line;       /* from 0 */
  CTokenKind kind;
  gboolean in_directive, begins_directive;
} CToken;

typedef enum {
  C_INCLUDE,
  C_DEFINE,
  C_CONDITION,   /* #if, #else, #endif */
  C_DIRECTIVE,   /* any other */
  C_FUNCTION,
  C_TYPE,        /* struct, union, enum, typedef with a body */
  C_VARIABLE,
  C_DECLARATION, /* prototype, extern, typedef */
  C_CALL,        /* EXPORT_SYMBOL_GPL (x); module_param (…); */
  C_STRAY,       /* a statement where none can stand */
} CItemKind;

typedef struct {
  CItemKind kind;
  char *name;       /* what tells it from others: "kvm_cpuid", "include <linux/mm.h>", "EXPORT_SYMBOL_GPL ( kvm_cpuid ) ;" */
  char *key;        /* the same, and its number where the file has several of that name: unique but for directives */
  GPtrArray *names; /* of char *: what it makes known, or exports */
  guint lead;       /* its first line, with the comment right above it */
  guint first, end; /* its lines: [first, end) */
  guint body;       /* the line of the brace that opens its body; `end` if it has none */
  guint first_token, end_token;
  guint conditions; /* how many #if it stands in */
} CItem;

typedef struct {
  char *text;
  gsize size;
  guint line_count;
  GArray *line_starts; /* of guint, line_count + 1 of them */
  GArray *tokens;      /* of CToken */
  GArray *line_tokens; /* of guint: the first token of each line, and the end */
  GPtrArray *items;    /* of CItem, in order */
  char *problem;       /* why it cannot be C: "line 12: a brace closes nothing"; NULL if all is balanced */
} CSource;

CSource *c_source_new (const char *text);
void c_source_free (CSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CSource, c_source_free)

char *c_source_line (const CSource *source, guint line);                         /* without its line end */
char *c_source_lines (const CSource *source, guint first, guint end);            /* with line ends */
/* An item's tokens with one space between them. */
char *c_source_normal_item (const CSource *source, const CItem *item);
gboolean c_token_is (const CSource *source, const CToken *token, const char *text);
char *c_token_text (const CSource *source, const CToken *token);
/* Adds words and numbers of tokens [first, end) to a set of owned strings. */
void c_source_add_words (const CSource *source, guint first, guint end, GHashTable *words);
/* The same but for the names of fields, behind "." and "->". */
void c_source_add_names (const CSource *source, guint first, guint end, GHashTable *words);
gboolean c_token_is_field (const CSource *source, guint index); /* it stands behind "." or "->" */
/* A set of owned words. Its hash has a seed of this process's own: nobody can write words that all collide. */
GHashTable *c_words_new (void);
guint c_word_hash (gconstpointer word);
gboolean c_is_keyword (const char *word);
/* "if", "return": what only a function can have. */
gboolean c_is_keyword_of_statement (const CSource *source, guint token);
