/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines and tokens; see csource.h. Items are made in csource-items.c. */
#include "submission/csource.h"

#include <string.h>

#include "submission/csource-items.h"

typedef struct
{
  CSource *source;
  guint at, line;
  gboolean in_directive;
  gboolean line_has_token;
} Scanner;

static void
item_free (gpointer data)
{
  CItem *item = data;
  g_free (item->name);
  g_free (item->key);
  g_ptr_array_unref (item->names);
  g_free (item);
}

void
c_source_free (CSource *source)
{
  if (source == NULL)
    return;
  g_free (source->text);
  g_free (source->problem);
  g_array_unref (source->line_starts);
  g_array_unref (source->tokens);
  g_array_unref (source->line_tokens);
  g_ptr_array_unref (source->items);
  g_free (source);
}

/* --- scanning --------------------------------------------------------------------------------- */

static gboolean
is_word_char (char c)
{
  return g_ascii_isalnum (c) || c == '_' || c == '$' || (c & 0x80) != 0;
}

static char
peek (const Scanner *scanner, guint ahead)
{
  return scanner->at + ahead < scanner->source->size ? scanner->source->text[scanner->at + ahead] : '\0';
}

static void
newline (Scanner *scanner, gboolean continued)
{
  scanner->at++;
  scanner->line++;
  g_array_append_val (scanner->source->line_starts, scanner->at);
  g_array_append_val (scanner->source->line_tokens, scanner->source->tokens->len);
  scanner->line_has_token = FALSE;
  if (!continued)
    scanner->in_directive = FALSE;
}

static void
skip_block_comment (Scanner *scanner)
{
  for (scanner->at += 2; scanner->at < scanner->source->size;)
    {
      if (peek (scanner, 0) == '*' && peek (scanner, 1) == '/')
        {
          scanner->at += 2;
          return;
        }
      if (peek (scanner, 0) == '\n')
        newline (scanner, TRUE);
      else
        scanner->at++;
    }
}

static void
skip_line_comment (Scanner *scanner)
{
  while (scanner->at < scanner->source->size && peek (scanner, 0) != '\n')
    scanner->at++;
}

/* To the closing quote, or to the end of the line if there is none. */
static guint
quoted_length (const Scanner *scanner, char quote)
{
  guint length = 1;
  for (; scanner->at + length < scanner->source->size; length++)
    {
      const char c = peek (scanner, length);
      if (c == '\n')
        return length;
      if (c == quote)
        return length + 1;
      if (c == '\\' && peek (scanner, length + 1) != '\n' && scanner->at + length + 1 < scanner->source->size)
        length++;
    }
  return length;
}

static guint
word_length (const Scanner *scanner, gboolean number)
{
  guint length = 1;
  while (scanner->at + length < scanner->source->size && (is_word_char (peek (scanner, length)) || (number && peek (scanner, length) == '.')))
    length++;
  return length;
}

/* C's operators of two and three characters (C11, 6.4.6). */
static guint
operator_length (const Scanner *scanner)
{
  static const char *const operators[] = { "<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
                                           "+=",  "-=",  "*=",  "/=", "%=", "&=", "^=", "|=", "##" };
  for (guint i = 0; i < G_N_ELEMENTS (operators); i++)
    {
      const guint length = (guint) strlen (operators[i]);
      guint same = 0;
      while (same < length && peek (scanner, same) == operators[i][same])
        same++;
      if (same == length)
        return length;
    }
  return 1;
}

static void
scan_token (Scanner *scanner)
{
  const char c = peek (scanner, 0);
  CToken token = { .start = scanner->at, .line = scanner->line, .kind = C_PUNCTUATION };
  guint length = operator_length (scanner);
  if (c == '"' || c == '\'')
    {
      token.kind = C_STRING;
      length = quoted_length (scanner, c);
    }
  else if (g_ascii_isdigit (c) || is_word_char (c))
    {
      token.kind = g_ascii_isdigit (c) ? C_NUMBER : C_WORD;
      length = word_length (scanner, token.kind == C_NUMBER);
    }
  token.begins_directive = c == '#' && !scanner->line_has_token && !scanner->in_directive;
  scanner->in_directive |= token.begins_directive;
  token.in_directive = scanner->in_directive;
  scanner->at += length;
  token.end = scanner->at;
  scanner->line_has_token = TRUE;
  g_array_append_val (scanner->source->tokens, token);
}

static void
scan (Scanner *scanner)
{
  while (scanner->at < scanner->source->size)
    {
      const char c = peek (scanner, 0);
      const char next = peek (scanner, 1);
      if (c == '\n')
        newline (scanner, FALSE);
      else if (c == '\\' && next == '\n')
        {
          scanner->at++;
          newline (scanner, TRUE);
        }
      else if (c == '/' && next == '*')
        skip_block_comment (scanner);
      else if (c == '/' && next == '/')
        skip_line_comment (scanner);
      else if (g_ascii_isspace (c) || c == '\\' || c == '\0')
        scanner->at++;
      else
        scan_token (scanner);
    }
}

CSource *
c_source_new (const char *text)
{
  CSource *source = g_new0 (CSource, 1);
  Scanner scanner = { .source = source };
  const guint zero = 0;
  source->text = g_strdup (text);
  source->size = strlen (text);
  source->line_starts = g_array_new (FALSE, FALSE, sizeof (guint));
  source->tokens = g_array_new (FALSE, FALSE, sizeof (CToken));
  source->line_tokens = g_array_new (FALSE, FALSE, sizeof (guint));
  source->items = g_ptr_array_new_with_free_func (item_free);
  g_array_append_val (source->line_starts, zero);
  g_array_append_val (source->line_tokens, zero);
  scan (&scanner);
  source->line_count = source->line_starts->len - 1;
  if (source->size > 0 && text[source->size - 1] != '\n')
    {
      const guint size = (guint) source->size;
      g_array_append_val (source->line_starts, size);
      g_array_append_val (source->line_tokens, source->tokens->len);
      source->line_count++;
    }
  c_source_make_items (source);
  return source;
}

/* --- looking ---------------------------------------------------------------------------------- */

char *
c_source_lines (const CSource *source, guint first, guint end)
{
  const guint from = g_array_index (source->line_starts, guint, first);
  const guint to = g_array_index (source->line_starts, guint, end);
  return g_strndup (source->text + from, to - from);
}

char *
c_source_line (const CSource *source, guint line)
{
  char *text = c_source_lines (source, line, line + 1);
  const gsize length = strlen (text);
  if (length > 0 && text[length - 1] == '\n')
    text[length - 1] = '\0';
  return text;
}

gboolean
c_token_is (const CSource *source, const CToken *token, const char *text)
{
  const gsize length = strlen (text);
  return token->end - token->start == length && memcmp (source->text + token->start, text, length) == 0;
}

char *
c_token_text (const CSource *source, const CToken *token)
{
  return g_strndup (source->text + token->start, token->end - token->start);
}

char *
c_source_normal_item (const CSource *source, const CItem *item)
{
  GString *out = g_string_new (NULL);
  for (guint i = item->first_token; i < item->end_token; i++)
    {
      const CToken *token = &g_array_index (source->tokens, CToken, i);
      if (out->len > 0)
        g_string_append_c (out, ' ');
      g_string_append_len (out, source->text + token->start, token->end - token->start);
    }
  return g_string_free (out, FALSE);
}

void
c_source_add_words (const CSource *source, guint first, guint end, GHashTable *words)
{
  for (guint i = first; i < end; i++)
    {
      const CToken *token = &g_array_index (source->tokens, CToken, i);
      if (token->kind == C_WORD || token->kind == C_NUMBER)
        g_hash_table_add (words, c_token_text (source, token));
    }
}

gboolean
c_token_is_field (const CSource *source, guint index)
{
  const CToken *before = index > 0 ? &g_array_index (source->tokens, CToken, index - 1) : NULL;
  return before != NULL && (c_token_is (source, before, ".") || c_token_is (source, before, "->"));
}

void
c_source_add_names (const CSource *source, guint first, guint end, GHashTable *words)
{
  for (guint i = first; i < end; i++)
    {
      if (!c_token_is_field (source, i))
        c_source_add_words (source, i, i + 1, words);
    }
}

/* FNV-1a, from a seed. */
guint
c_word_hash (gconstpointer word)
{
  static gsize seed = 0;
  if (g_once_init_enter (&seed))
    g_once_init_leave (&seed, ((gsize) g_random_int () << 32) | g_random_int () | 1);
  guint64 hash = seed;
  for (const guchar *c = word; *c != '\0'; c++)
    hash = (hash ^ *c) * G_GUINT64_CONSTANT (0x100000001b3);
  return (guint) (hash ^ (hash >> 32));
}

GHashTable *
c_words_new (void)
{
  return g_hash_table_new_full (c_word_hash, g_str_equal, g_free, NULL);
}

gboolean
c_is_keyword (const char *word)
{
  static const char *const keywords[] = { "if",     "else",     "for",   "while",    "do",     "switch", "case",  "default", "break",    "continue", "return",
                                          "goto",   "sizeof",   "int",   "unsigned", "signed", "long",   "short", "char",    "void",     "const",    "volatile",
                                          "static", "extern",   "inline", "struct",  "union",  "enum",   "typedef", "register", NULL };
  return g_strv_contains (keywords, word);
}
