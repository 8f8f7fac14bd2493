/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that the added lines themselves declare are the author's own. They are numbered by their first appearance within each shingle, not
 * within the diff: so a renamed copy gives the same shingles, and a line put in anywhere changes none but those it is in.
 */
#include "grade/similar-tokens.h"

#include <string.h>

typedef struct {
  guint64 hash;
  char *name; /* of an identifier; owned by the chunk; NULL for other tokens */
  gboolean own;
  char first; /* the token's first letter */
} Token;

/* --- added lines ------------------------------------------------------------------------------ */

/* "@@ -1,7 +1,9 @@": how many lines of each side follow. */
static gboolean
read_hunk (const char *line, guint64 *old_lines, guint64 *new_lines)
{
  char *end;

  if (strncmp (line, "@@ -", 4) != 0)
    return FALSE;
  g_ascii_strtoull (line + 4, &end, 10);
  *old_lines = *end == ',' ? g_ascii_strtoull (end + 1, &end, 10) : 1;
  if (strncmp (end, " +", 2) != 0)
    return FALSE;
  g_ascii_strtoull (end + 2, &end, 10);
  *new_lines = *end == ',' ? g_ascii_strtoull (end + 1, &end, 10) : 1;
  return TRUE;
}

/* Within hunks alone: "+++ b/file" is none, and an added line that looks like it is one. */
GString *
similar_added_lines (const char *diff)
{
  GString *out = g_string_new (NULL);
  guint64 old_lines = 0, new_lines = 0;

  while (*diff != '\0')
    {
      const gsize size = strcspn (diff, "\n");
      if (old_lines == 0 && new_lines == 0)
        {
          if (!read_hunk (diff, &old_lines, &new_lines))
            old_lines = new_lines = 0;
        }
      else if (*diff == '+' || *diff == '-' || *diff == ' ' || size == 0)
        {
          new_lines -= *diff != '-' && new_lines > 0 ? 1 : 0;
          old_lines -= *diff != '+' && old_lines > 0 ? 1 : 0;
          if (*diff == '+')
            g_string_append_len (out, diff + 1, (gssize) size); /* with the line feed, or the NUL */
        }
      diff += size + (diff[size] == '\n' ? 1 : 0);
    }
  return out;
}

/* --- tokens ----------------------------------------------------------------------------------- */

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/, 64 bits. */
#define HASH_START 0xcbf29ce484222325u

static guint64
hash_on (guint64 hash, const void *data, gsize size)
{
  const guchar *bytes = data;

  for (gsize i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}

static const char *
skip_comment (const char *at)
{
  if (at[1] == '/')
    return at + strcspn (at, "\n");
  const char *end = strstr (at + 2, "*/");
  return end != NULL ? end + 2 : at + strlen (at);
}

/* Behind the closing quote; a line's end ends it too. */
static const char *
skip_quoted (const char *at)
{
  const char quote = *at++;

  while (*at != '\0' && *at != '\n' && *at != quote)
    at += *at == '\\' && at[1] != '\0' ? 2 : 1;
  return *at == quote ? at + 1 : at;
}

static gboolean
is_word (char c)
{
  return g_ascii_isalnum (c) || c == '_';
}

static const char *
read_word (const char *at, GStringChunk *chunk, Token *token)
{
  gsize size = 0;

  while (is_word (at[size]))
    size++;
  g_autofree char *text = g_strndup (at, size);
  if (!g_ascii_isdigit (*at))
    token->name = g_string_chunk_insert_const (chunk, text);
  else
    for (char *c = text; *c != '\0'; c++)
      *c = g_ascii_tolower (*c);
  token->hash = hash_on (HASH_START, text, size);
  return at + size;
}

/* An operator of several letters is as many tokens: nothing hangs on it. */
static GArray *
read_tokens (const char *text, GStringChunk *chunk)
{
  GArray *tokens = g_array_new (FALSE, FALSE, sizeof (Token));

  for (const char *at = text; *at != '\0' && tokens->len < SHINGLE_TOKENS;)
    {
      Token token = { .first = *at };
      if (g_ascii_isspace (*at) || *at == '\\')
        {
          at++;
          continue;
        }
      if (*at == '/' && (at[1] == '/' || at[1] == '*'))
        {
          at = skip_comment (at);
          continue;
        }
      if (is_word (*at))
        at = read_word (at, chunk, &token);
      else
        {
          token.hash = hash_on (HASH_START, at, 1);
          at = *at == '"' || *at == '\'' ? skip_quoted (at) : at + 1;
        }
      g_array_append_val (tokens, token);
    }
  return tokens;
}

/* --- whose names ------------------------------------------------------------------------------ */

/* Keywords that may stand before a name without declaring it. */
static gboolean
is_statement (const char *name)
{
  static const char *const words[] = { "return", "goto", "else", "case", "sizeof", "if", "while", "for", "do", "switch", "typeof", "define", "include", NULL };
  return g_strv_contains (words, name);
}

static const Token *
token_at (const GArray *tokens, gint64 i)
{
  static const Token none = { 0 };
  return i >= 0 && i < tokens->len ? &g_array_index (tokens, Token, i) : &none;
}

/* `u64 NAME =`, `struct s *NAME;`, `int NAME(`, `u32 a, NAME;` with a declared, `#define NAME`, `struct NAME {`. `a * NAME` in an expression passes too: harmless. */
static gboolean
is_declared (const GArray *tokens, gint64 i, const GHashTable *own)
{
  const Token *next = token_at (tokens, i + 1), *before = token_at (tokens, i - 1), *earlier = token_at (tokens, i - 2);

  if (before->name != NULL && strcmp (before->name, "define") == 0)
    return TRUE;
  if (next->first == '\0' || strchr ("=;[,(){:", next->first) == NULL)
    return FALSE;
  if (before->first == '*' && earlier->name != NULL)
    return !is_statement (earlier->name);
  if (before->first == ',' && earlier->name != NULL && g_hash_table_contains ((GHashTable *) own, earlier->name))
    return next->first != '(' && next->first != ')';
  return before->name != NULL && !is_statement (before->name);
}

static void
mark_own (GArray *tokens)
{
  g_autoptr (GHashTable) own = g_hash_table_new (g_direct_hash, g_direct_equal); /* of names: equal ones are one string of the chunk */

  for (guint i = 0; i < tokens->len; i++)
    {
      char *name = g_array_index (tokens, Token, i).name;
      if (name != NULL && !is_statement (name) && is_declared (tokens, i, own))
        g_hash_table_add (own, name);
    }
  for (guint i = 0; i < tokens->len; i++)
    {
      Token *token = &g_array_index (tokens, Token, i);
      token->own = token->name != NULL && g_hash_table_contains (own, token->name);
    }
}

/* --- shingles --------------------------------------------------------------------------------- */

/* Which of the shingle's own names this is: the first place where it stands. */
static guint64
place_of (const Token *shingle, guint i)
{
  for (guint p = 0; p < i; p++)
    if (shingle[p].own && shingle[p].name == shingle[i].name)
      return p;
  return i;
}

static guint64
hash_of (const Token *shingle)
{
  guint64 hash = HASH_START;

  for (guint i = 0; i < SHINGLE; i++)
    {
      const guint64 value = shingle[i].own ? place_of (shingle, i) : shingle[i].hash;
      hash = hash_on (hash, &value, sizeof value);
    }
  return hash;
}

static int
compare_hashes (gconstpointer a, gconstpointer b)
{
  const guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;
  return x < y ? -1 : x > y;
}

GArray *
similar_shingles (const char *diff)
{
  GArray *hashes = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GString) text = similar_added_lines (diff);
  GStringChunk *chunk = g_string_chunk_new (4096);
  g_autoptr (GArray) tokens = read_tokens (text->str, chunk);
  guint kept = 0;

  mark_own (tokens);
  for (guint i = 0; i + SHINGLE <= tokens->len; i++)
    {
      const guint64 hash = hash_of (&g_array_index (tokens, Token, i));
      g_array_append_val (hashes, hash);
    }
  g_string_chunk_free (chunk);
  g_array_sort (hashes, compare_hashes);
  for (guint i = 0; i < hashes->len; i++)
    if (i == 0 || g_array_index (hashes, guint64, i) != g_array_index (hashes, guint64, kept - 1))
      g_array_index (hashes, guint64, kept++) = g_array_index (hashes, guint64, i);
  g_array_set_size (hashes, kept);
  return hashes;
}
