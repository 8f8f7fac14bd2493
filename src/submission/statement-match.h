/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which statements of two lists are the same, in order. Internal to submission/. */
#pragma once
#include "submission/statements.h"

/* What each pair of lists and of their sublists costs is bounded: a hostile file is not worth minutes. */
#define STATEMENT_MATCH_BUDGET (32u << 20)

/*
 * partner[i]: of a's statement i the one of b, -1. A statement with others below matches by its head; of several ways the
 * one in which the most below is the same. Where `like` is not NULL, a's statements that have no equal may match one that
 * is like theirs: like[i] is a form of a's statement i that has a text, or NULL. FALSE if the budget does not suffice.
 */
gboolean statement_match (const GPtrArray *a, const GPtrArray *b, const Statement *const *like, guint *budget, gint *partner);
/* How much of two heads' tokens is common, in percent; 0 if no word is. Both have texts. */
guint statement_likeness (const Statement *a, const Statement *b);
/* How many statements below the two roots are not matched: of a, of b. FALSE as above. */
gboolean statement_distance (const Statement *a, const Statement *b, guint *budget, guint *only_a, guint *only_b);
