/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tokens to statements; see statements.h. */
#include "submission/statements.h"

#include <string.h>

#define DEPTH_MAX 200

typedef struct
{
  const CSource *source;
  guint at, end;
  guint depth;
  gboolean broken;
} Parser;

/* --- hashes ----------------------------------------------------------------------------------- */

/* FNV-1a, 64 bits; folded where 32 are kept. */
#define FNV_BASIS G_GUINT64_CONSTANT (0xcbf29ce484222325)
#define FNV_PRIME G_GUINT64_CONSTANT (0x100000001b3)

static guint64
hash_bytes (guint64 hash, const void *bytes, gsize size)
{
  const guchar *at = bytes;
  for (gsize i = 0; i < size; i++)
    hash = (hash ^ at[i]) * FNV_PRIME;
  return hash;
}

static guint32
fold (guint64 hash)
{
  const guint32 folded = (guint32) (hash ^ (hash >> 32));
  return folded != 0 ? folded : 1; /* 0 is nobody's */
}

guint32
statement_word_hash (const char *word, gsize length)
{
  return fold (hash_bytes (FNV_BASIS, word, length));
}

static const CToken *
token_at (const CSource *source, guint index)
{
  return &g_array_index (source->tokens, CToken, index);
}

static gboolean
is_at (const CSource *source, guint index, guint end, const char *text)
{
  return index < end && c_token_is (source, token_at (source, index), text);
}

static gboolean
is_text (const CSource *source, const CToken *token)
{
  return token->kind == C_STRING && source->text[token->start] == '"' && token->end - token->start >= 2;
}

guint32
statement_hash (const CSource *source, guint first, guint end)
{
  guint64 hash = FNV_BASIS;
  for (guint i = first; i < end; i++)
    {
      const CToken *token = token_at (source, i);
      const gboolean joins_last = is_text (source, token) && i > first && is_text (source, token_at (source, i - 1));
      const gboolean joins_next = is_text (source, token) && i + 1 < end && is_text (source, token_at (source, i + 1));
      const guint from = token->start + (joins_last ? 1 : 0), to = token->end - (joins_next ? 1 : 0);
      if (!joins_last)
        hash = hash_bytes (hash, " ", 1);
      hash = hash_bytes (hash, source->text + from, to - from);
    }
  return fold (hash);
}

static void
make_full (Statement *statement)
{
  guint64 hash = hash_bytes (FNV_BASIS, &statement->key, sizeof statement->key);
  for (guint i = 0; statement->children != NULL && i < statement->children->len; i++)
    {
      const Statement *child = g_ptr_array_index (statement->children, i);
      hash = hash_bytes (hash, &child->full, sizeof child->full);
    }
  statement->full = hash_bytes (hash, statement->children != NULL ? "{}" : ";", statement->children != NULL ? 2 : 1);
}

/* --- making ----------------------------------------------------------------------------------- */

void
statement_free (Statement *statement)
{
  if (statement == NULL)
    return;
  g_clear_pointer (&statement->children, g_ptr_array_unref);
  g_free (statement);
}

static Statement *
statement_new (const CSource *source, guint first)
{
  Statement *statement = g_new0 (Statement, 1);
  statement->source = source;
  statement->first = first;
  return statement;
}

static GPtrArray *
children_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) statement_free);
}

static Statement *
finish (Statement *statement, guint head_end, guint end)
{
  statement->head_end = head_end;
  statement->end = end;
  statement->key = statement_hash (statement->source, statement->first, head_end);
  make_full (statement);
  return statement;
}

Statement *
statement_of_hashes (guint32 key, GPtrArray *children)
{
  Statement *statement = g_new0 (Statement, 1);
  statement->key = key;
  statement->children = children;
  make_full (statement);
  return statement;
}

/* --- scanning --------------------------------------------------------------------------------- */

static gboolean
here (const Parser *parser, const char *text)
{
  return is_at (parser->source, parser->at, parser->end, text);
}

/* From an opening bracket to after the one that closes it. */
static guint
after_bracket (const Parser *parser, guint index)
{
  guint depth = 0;
  for (; index < parser->end; index++)
    {
      const CToken *token = token_at (parser->source, index);
      if (token->kind != C_PUNCTUATION || token->end - token->start != 1)
        continue;
      const char c = parser->source->text[token->start];
      depth += c == '(' || c == '[' || c == '{' ? 1 : 0;
      if ((c == ')' || c == ']' || c == '}') && (depth == 0 || --depth == 0))
        return index + 1;
    }
  return index;
}

static guint
after_directive (const Parser *parser, guint index)
{
  for (index++; index < parser->end; index++)
    {
      const CToken *token = token_at (parser->source, index);
      if (!token->in_directive || token->begins_directive)
        break;
    }
  return index;
}

static Statement *parse_statement (Parser *parser);

/* Up to the '}' that closes them, or to the end. */
static GPtrArray *
parse_list (Parser *parser)
{
  GPtrArray *children = children_new ();
  while (!parser->broken && parser->at < parser->end && !here (parser, "}"))
    g_ptr_array_add (children, parse_statement (parser));
  return children;
}

/* A block, or one statement: what follows a head. */
static void
parse_body (Parser *parser, Statement *statement)
{
  if (here (parser, "{"))
    {
      statement->open = parser->at++;
      statement->children = parse_list (parser);
      statement->close = parser->at;
      parser->broken |= !here (parser, "}");
      parser->at++;
      return;
    }
  statement->children = children_new ();
  if (parser->at >= parser->end || here (parser, "}"))
    parser->broken = TRUE;
  else
    g_ptr_array_add (statement->children, parse_statement (parser));
}

static gboolean
is_head_word (const Parser *parser)
{
  static const char *const words[] = { "if", "while", "for", "switch" };
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (here (parser, words[i]))
        return TRUE;
    }
  /* kvm_for_each_vcpu (i, vcpu, kvm) */
  const CToken *token = token_at (parser->source, parser->at);
  g_autofree char *word = c_token_text (parser->source, token);
  return token->kind == C_WORD && strstr (word, "for_each") != NULL && is_at (parser->source, parser->at + 1, parser->end, "(");
}

static Statement *
parse_compound (Parser *parser, Statement *statement)
{
  if (here (parser, "else"))
    parser->at++;
  if (is_head_word (parser))
    parser->at = after_bracket (parser, parser->at + 1);
  const guint head_end = parser->at;
  parse_body (parser, statement);
  return finish (statement, head_end, MIN (parser->at, parser->end));
}

static Statement *
parse_do (Parser *parser, Statement *statement)
{
  const guint head_end = ++parser->at;
  parse_body (parser, statement);
  const guint tail = parser->at;
  while (parser->at < parser->end && !here (parser, ";"))
    parser->at++;
  parser->at = MIN (parser->at + 1, parser->end);
  finish (statement, head_end, parser->at);
  statement->key ^= statement_hash (parser->source, tail, parser->at); /* the condition stands behind the body */
  make_full (statement);
  return statement;
}

/* "case X:", "default:", "out:". */
static guint
label_end (const Parser *parser)
{
  const CSource *source = parser->source;
  if (here (parser, "case"))
    {
      guint index = parser->at + 1;
      while (index < parser->end && !is_at (source, index, parser->end, ":") && !is_at (source, index, parser->end, ";"))
        index++;
      return MIN (index + 1, parser->end);
    }
  const gboolean is_label = token_at (source, parser->at)->kind == C_WORD && is_at (source, parser->at + 1, parser->end, ":");
  return is_label ? parser->at + 2 : 0;
}

static gboolean
begins_type (const Parser *parser, guint first)
{
  for (guint i = first; i < MIN (first + 3, parser->end); i++)
    {
      if (is_at (parser->source, i, parser->end, "struct") || is_at (parser->source, i, parser->end, "union")
          || is_at (parser->source, i, parser->end, "enum"))
        return TRUE;
    }
  return FALSE;
}

/* To its ';', or to the '{' of something that looks like a head. */
static Statement *
parse_simple (Parser *parser, Statement *statement)
{
  gboolean assigned = FALSE;
  while (parser->at < parser->end)
    {
      if (here (parser, ";"))
        {
          parser->at++;
          break;
        }
      if (here (parser, "}"))
        break;
      if (here (parser, "{") && !assigned && !begins_type (parser, statement->first))
        return parse_compound (parser, statement);
      if (here (parser, "(") || here (parser, "[") || here (parser, "{"))
        {
          parser->at = after_bracket (parser, parser->at);
          continue;
        }
      assigned |= here (parser, "=");
      parser->at++;
    }
  if (parser->at == statement->first) /* a stray bracket: the scan goes on behind it */
    parser->at++;
  return finish (statement, parser->at, parser->at);
}

static Statement *
parse_one (Parser *parser)
{
  Statement *statement = statement_new (parser->source, parser->at);
  if (token_at (parser->source, parser->at)->begins_directive)
    {
      parser->at = after_directive (parser, parser->at);
      return finish (statement, parser->at, parser->at);
    }
  const guint label = label_end (parser);
  if (label != 0)
    {
      parser->at = label;
      return finish (statement, label, label);
    }
  if (here (parser, "do"))
    return parse_do (parser, statement);
  if (here (parser, "{") || here (parser, "else") || is_head_word (parser))
    return parse_compound (parser, statement);
  return parse_simple (parser, statement);
}

static Statement *
parse_statement (Parser *parser)
{
  parser->depth++;
  parser->broken |= parser->depth > DEPTH_MAX;
  if (parser->broken)
    parser->at = parser->end;
  Statement *statement = parser->broken ? finish (statement_new (parser->source, parser->end), parser->end, parser->end) : parse_one (parser);
  parser->depth--;
  return statement;
}

/* --- items ------------------------------------------------------------------------------------ */

/* Members of a struct, of an enum, of a table: up to ';' or ','. */
static GPtrArray *
parse_members (Parser *parser)
{
  GPtrArray *children = children_new ();
  while (parser->at < parser->end && !here (parser, "}"))
    {
      Statement *member = statement_new (parser->source, parser->at);
      if (token_at (parser->source, parser->at)->begins_directive)
        parser->at = after_directive (parser, parser->at);
      else
        {
          while (parser->at < parser->end && !here (parser, ";") && !here (parser, ",") && !here (parser, "}")
                 && !token_at (parser->source, parser->at)->begins_directive)
            parser->at = here (parser, "(") || here (parser, "[") || here (parser, "{") ? after_bracket (parser, parser->at) : parser->at + 1;
        }
      /* The last of a list may have its comma or not. */
      finish (member, parser->at, parser->at);
      if (here (parser, ";") || here (parser, ","))
        member->end = member->head_end = ++parser->at;
      g_ptr_array_add (children, member);
    }
  return children;
}

static guint
find_open (const CSource *source, const CItem *item)
{
  guint parens = 0;
  for (guint i = item->first_token; i < item->end_token; i++)
    {
      parens += is_at (source, i, item->end_token, "(") ? 1 : 0;
      parens -= parens > 0 && is_at (source, i, item->end_token, ")") ? 1 : 0;
      if (parens == 0 && is_at (source, i, item->end_token, "{"))
        return i;
    }
  return item->end_token;
}

Statement *
statement_of_item (const CSource *source, const CItem *item)
{
  Parser parser = { .source = source, .at = find_open (source, item), .end = item->end_token };
  g_autoptr (Statement) root = statement_new (source, item->first_token);
  const gboolean has_body = item->kind == C_FUNCTION || item->kind == C_TYPE || item->kind == C_VARIABLE;
  if (!has_body || parser.at == item->end_token)
    return finish (g_steal_pointer (&root), item->end_token, item->end_token);
  const guint head_end = parser.at;
  root->open = parser.at++;
  root->children = item->kind == C_FUNCTION ? parse_list (&parser) : parse_members (&parser);
  root->close = parser.at;
  if (parser.broken || !here (&parser, "}"))
    return NULL;
  return finish (g_steal_pointer (&root), head_end, item->end_token);
}

/* --- looking ---------------------------------------------------------------------------------- */

guint
statement_count (const Statement *statement)
{
  guint count = 1;
  for (guint i = 0; statement->children != NULL && i < statement->children->len; i++)
    count += statement_count (g_ptr_array_index (statement->children, i));
  return count;
}

gboolean
statement_same (const Statement *a, const Statement *b)
{
  return a->full == b->full;
}

gboolean
statement_is_directive (const Statement *statement, const char *prefix)
{
  const CSource *source = statement->source;
  const CToken *tokens = &g_array_index (source->tokens, CToken, statement->first);
  return tokens->begins_directive && statement->first + 1 < statement->end && g_str_has_prefix (source->text + tokens[1].start, prefix);
}

gboolean
statement_is_jump (const Statement *statement)
{
  static const char *const words[] = { "return", "break", "goto", "continue" };
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (is_at (statement->source, statement->first, statement->end, words[i]))
        return TRUE;
    }
  return FALSE;
}

gboolean
statement_is_declaration (const Statement *statement)
{
  static const char *const no_types[] = { "return", "goto", "else", "case", "default", "break", "continue", "if", "for", "while", "do", "switch" };
  const CSource *source = statement->source;
  guint i = statement->first;
  if (statement->children != NULL || i + 2 >= statement->end || token_at (source, i)->kind != C_WORD)
    return FALSE;
  for (guint w = 0; w < G_N_ELEMENTS (no_types); w++)
    {
      if (is_at (source, i, statement->end, no_types[w]))
        return FALSE;
    }
  for (i++; is_at (source, i, statement->end, "*"); i++)
    ;
  return i < statement->end && token_at (source, i)->kind == C_WORD;
}

guint
statement_declared_name (const Statement *statement)
{
  guint i = statement->first;
  if (!statement_is_declaration (statement))
    return statement->end;
  while (i < statement->end && (token_at (statement->source, i)->kind == C_WORD || is_at (statement->source, i, statement->end, "*")))
    i++;
  return i < statement->end ? i - 1 : statement->end;
}

/* --- text ------------------------------------------------------------------------------------- */

/* Where what belongs to the token before ends: with its line, if nothing else stands there but a comment. */
static guint
boundary (const CSource *source, guint index)
{
  if (index == 0)
    return 0;
  const guint limit = index < source->tokens->len ? token_at (source, index)->start : (guint) source->size;
  const char *text = source->text;
  guint at = token_at (source, index - 1)->end;
  const guint from = at;
  while (at < limit)
    {
      if (text[at] == '\n')
        return at + 1;
      if (text[at] == '/' && at + 1 < limit && text[at + 1] == '/')
        while (at < limit && text[at] != '\n')
          at++;
      else if (text[at] == '/' && at + 1 < limit && text[at + 1] == '*')
        {
          for (at += 2; at + 1 < limit && !(text[at] == '*' && text[at + 1] == '/'); at++)
            ;
          at = MIN (at + 2, limit);
        }
      else
        at++;
    }
  return index < source->tokens->len ? from : limit;
}

static char *
cut (const CSource *source, guint from, guint to)
{
  return g_strndup (source->text + from, to > from ? to - from : 0);
}

gsize
statement_lead (const Statement *statement)
{
  const guint from = boundary (statement->source, statement->first), start = token_at (statement->source, statement->first)->start;
  return start > from ? start - from : 0;
}

char *
statement_text_to (const Statement *first, const Statement *last)
{
  return cut (first->source, boundary (first->source, first->first), boundary (first->source, last->end));
}

char *
statement_text (const Statement *statement)
{
  return statement_text_to (statement, statement);
}

char *
statement_text_before (const Statement *statement)
{
  return cut (statement->source, boundary (statement->source, statement->first), boundary (statement->source, statement->open + 1));
}

char *
statement_text_after (const Statement *statement)
{
  return cut (statement->source, boundary (statement->source, statement->close), boundary (statement->source, statement->end));
}

char *
statement_text_head (const Statement *statement)
{
  const guint from = boundary (statement->source, statement->first);
  return cut (statement->source, from, statement->head_end > statement->first ? token_at (statement->source, statement->head_end - 1)->end : from);
}

char *
statement_indent (const Statement *statement)
{
  const guint start = token_at (statement->source, statement->first)->start;
  guint from = start;
  while (from > 0 && (statement->source->text[from - 1] == ' ' || statement->source->text[from - 1] == '\t'))
    from--;
  return cut (statement->source, from, start);
}
