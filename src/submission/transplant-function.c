/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab's function with the student's lines, written out; see transplant-function.h. */
#include "submission/transplant-function.h"

#include <string.h>

#include "submission/function-lines.h"

typedef struct
{
  const FunctionSpec *spec;
  FunctionLines *lines;
  FunctionResult *result;
  GString *out;
  gint *anchor;     /* of their lines: the lab's line in the same gap that this one is a form of, -1 */
  gboolean *taken;  /* of the lab's lines: the student's has its place */
} Writer;

void
function_result_free (FunctionResult *result)
{
  if (result == NULL)
    return;
  g_free (result->text);
  g_hash_table_unref (result->words);
  g_ptr_array_unref (result->left);
  g_ptr_array_unref (result->doubts);
  g_free (result);
}

static char *
their_line (const Writer *writer, guint line)
{
  const guint at = writer->lines->theirs.first + line;
  g_autofree char *text = c_source_lines (writer->spec->theirs.source, at, at + 1);
  return kvm_rewriter_line (writer->spec->rewriter, writer->spec->lab.item->name, text);
}

static char *
lab_line (const Writer *writer, guint line)
{
  const guint at = writer->lines->lab.first + line;
  return c_source_lines (writer->spec->lab.source, at, at + 1);
}

static void
put_theirs (Writer *writer, guint line)
{
  g_autofree char *text = their_line (writer, line);
  g_string_append (writer->out, text);
  writer->result->own_lines += writer->lines->state[line] == LINE_OWN ? 1 : 0;
}

static void
put_lab (Writer *writer, guint line)
{
  g_autofree char *text = lab_line (writer, line);
  g_string_append (writer->out, text);
}

/* The lab's line, with braces at its ends where the student's has them. */
static void
put_same (Writer *writer, guint line)
{
  const guint lab = (guint) writer->lines->partner[line];
  const gint opener = writer->lines->opener[line];
  if (!writer->lines->braced[line])
    {
      if (opener >= 0 && writer->lines->state[opener] == LINE_OWN) /* in a block of the student's, indented there */
        put_theirs (writer, line);
      else
        put_lab (writer, lab);
      return;
    }
  const char *form = writer->lines->theirs.forms[line];
  const char *lab_form = writer->lines->lab.forms[lab];
  g_autofree char *text = lab_line (writer, lab);
  g_strchomp (text);
  const gsize indent = strspn (text, " \t");
  const gboolean closes = g_str_has_prefix (form, "} ") && !g_str_has_prefix (lab_form, "} ");
  const gboolean opens = g_str_has_suffix (form, " {") && !g_str_has_suffix (lab_form, " {");
  g_string_append_printf (writer->out, "%.*s%s%s%s\n", (int) indent, text, closes ? "} " : "", text + indent, opens ? " {" : "");
  writer->result->own_lines++;
}

/* --- gaps ------------------------------------------------------------------------------------- */

/* A declaration, as far as one line tells: two words in a row, or a word, stars and a word. */
static gboolean
is_declaration (const char *form)
{
  static const char *const no_types[] = { "return", "goto", "else", "case", "if", "for", "while", "do", "switch", "#", NULL };
  g_auto (GStrv) parts = g_strsplit (form, " ", -1);
  guint i = 1;
  if (parts[0] == NULL || g_strv_contains (no_types, parts[0]) || !(g_ascii_isalpha (parts[0][0]) || parts[0][0] == '_'))
    return FALSE;
  while (parts[i] != NULL && strcmp (parts[i], "*") == 0)
    i++;
  return parts[i] != NULL && (g_ascii_isalpha (parts[i][0]) || parts[i][0] == '_');
}

static gboolean
is_dropped (const Writer *writer, guint lab)
{
  return writer->taken[lab] || g_hash_table_contains (writer->lines->removed, writer->lines->lab.keys[lab]);
}

/* Lines [*at, end) of the lab's, but those that the student removed. */
static void
put_lab_until (Writer *writer, guint *at, guint end)
{
  for (; *at < end; (*at)++)
    {
      if (!is_dropped (writer, *at))
        put_lab (writer, *at);
    }
}

static void
put_lab_declarations (Writer *writer, guint *at, guint end)
{
  while (*at < end && is_declaration (writer->lines->lab.forms[*at]))
    {
      const guint next = *at + 1;
      put_lab_until (writer, at, next);
    }
}

static LineState
beside (const FunctionLines *lines, guint line, gint step)
{
  gint i = (gint) line + step;
  while (i >= 0 && i < (gint) lines->theirs.count && lines->state[i] == LINE_IDLE)
    i += step;
  return i >= 0 && i < (gint) lines->theirs.count ? lines->state[i] : LINE_SAME;
}

/* A comment or blank line goes with the student's lines around it; between those and the kernel's only where the lab has nothing else. */
static gboolean
takes_idle (const FunctionLines *lines, guint line, gboolean lab_has_none)
{
  const LineState before = beside (lines, line, -1), after = beside (lines, line, 1);
  const gboolean blank = strcmp (lines->theirs.keys[line], "/") == 0;
  if (blank && before == LINE_OWN)
    return TRUE;
  return (before == LINE_OWN && after == LINE_OWN) || (lab_has_none && (before == LINE_OWN || after == LINE_OWN));
}

static void
find_anchors (Writer *writer, guint first, guint end, guint lab)
{
  FunctionLines *lines = writer->lines;
  for (guint i = first; i < end; i++)
    {
      writer->anchor[i] = -1;
      if (lines->state[i] == LINE_OLD || (lines->state[i] == LINE_OWN && !lines->exact))
        writer->anchor[i] = function_lines_like (lines, i, lab, 60);
      if (writer->anchor[i] < 0)
        continue;
      lab = (guint) writer->anchor[i] + 1;
      writer->taken[writer->anchor[i]] = lines->state[i] == LINE_OWN;
    }
}

static gboolean
any_old (const FunctionLines *lines, guint first, guint end)
{
  for (guint i = first; i < end; i++)
    {
      if (lines->state[i] == LINE_OLD)
        return TRUE;
    }
  return FALSE;
}

/*
 * Where the student's statement stands among lines of another version that are no form of any of the lab's: after all of those, it comes after what the
 * lab has in their place; else after the lab's declarations at least.
 */
static void
put_lab_before (Writer *writer, guint line, guint passed, guint end, guint *lab, guint lab_end)
{
  guint next = line + 1;
  while (next < end && writer->anchor[next] < 0)
    next++;
  const guint limit = next < end ? (guint) writer->anchor[next] : lab_end;
  if (any_old (writer->lines, passed, line) && !any_old (writer->lines, line, next))
    put_lab_until (writer, lab, limit);
  else
    put_lab_declarations (writer, lab, limit);
}

/* Between two lines that both have: their lines [first, end), the lab's [lab, lab_end). */
static void
put_gap (Writer *writer, guint first, guint end, guint lab, guint lab_end)
{
  const FunctionLines *lines = writer->lines;
  const gboolean lab_has_none = lab == lab_end;
  guint passed = first; /* after the last line that has a form in the lab */
  find_anchors (writer, first, end, lab);
  for (guint i = first; i < end; i++)
    {
      if (writer->anchor[i] >= 0)
        {
          put_lab_until (writer, &lab, (guint) writer->anchor[i] + 1);
          passed = i + 1;
        }
      else if (lines->state[i] == LINE_OWN && !is_declaration (lines->theirs.forms[i]) && lab < lab_end)
        put_lab_before (writer, i, passed, end, &lab, lab_end);
      if (lines->state[i] == LINE_OWN || (lines->state[i] == LINE_IDLE && takes_idle (lines, i, lab_has_none)))
        put_theirs (writer, i);
    }
  put_lab_until (writer, &lab, lab_end);
}

static void
put_body (Writer *writer)
{
  const FunctionLines *lines = writer->lines;
  guint first = 0, lab = 0;
  for (guint i = 0; i < lines->theirs.count; i++)
    {
      if (lines->state[i] != LINE_SAME)
        continue;
      put_gap (writer, first, i, lab, (guint) lines->partner[i]);
      put_same (writer, i);
      first = i + 1;
      lab = (guint) lines->partner[i] + 1;
    }
  put_gap (writer, first, lines->theirs.count, lab, lines->lab.count);
}

/* --- checks ----------------------------------------------------------------------------------- */

static void
doubt (FunctionResult *result, const char *function, const char *what, const char *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  g_ptr_array_add (result->doubts, g_strdup_printf ("%s: %s%s", function, what, stripped));
}

static void
collect (Writer *writer)
{
  const FunctionLines *lines = writer->lines;
  const char *name = writer->spec->theirs.item->name;
  for (guint i = 0; i < lines->theirs.count; i++)
    {
      g_autofree char *text = c_source_line (lines->theirs.at.source, lines->theirs.first + i);
      if (lines->state[i] == LINE_OPEN)
        doubt (writer->result, name, "neither this kernel's nor clearly the student's: ", text);
      else if (lines->state[i] == LINE_OLD)
        g_ptr_array_add (writer->result->left, g_strdup_printf ("%s: %s", name, g_strstrip (text)));
    }
}

static guint
count_word (const CSource *source, guint first, guint end, const char *word)
{
  guint count = 0;
  for (guint i = first; i < end; i++)
    count += c_token_is (source, &g_array_index (source->tokens, CToken, i), word) ? 1 : 0;
  return count;
}

/* The result is one item with its braces in order, and dispatches as often as the student's. */
static void
check_result (Writer *writer)
{
  static const char *const dispatches[] = { "kvm_vmx_exit_handlers", "svm_exit_handlers", "__vmx_handle_exit", "svm_invoke_exit_handler" };
  const FunctionSpec *spec = writer->spec;
  g_autoptr (CSource) made = c_source_new (writer->out->str);
  if (made->problem != NULL || made->items->len != 1)
    {
      doubt (writer->result, spec->theirs.item->name, "the student's lines do not fit into this kernel's function", "");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (dispatches); i++)
    {
      const guint lab = count_word (spec->lab.source, spec->lab.item->first_token, spec->lab.item->end_token, dispatches[i]);
      const guint theirs = count_word (spec->theirs.source, spec->theirs.item->first_token, spec->theirs.item->end_token, dispatches[i]);
      const guint got = count_word (made, 0, made->tokens->len, dispatches[i]);
      if (lab != got && theirs != got && strcmp (dispatches[i], spec->lab.item->name) != 0)
        doubt (writer->result, spec->theirs.item->name, "it would dispatch an exit otherwise than in the student's kernel, by ", dispatches[i]);
    }
}

/* What stands before the body is the lab's; words there that nobody knows are the student's, and are not placed. */
static void
check_signature (Writer *writer)
{
  const FunctionSpec *spec = writer->spec;
  const guint end = MIN (spec->theirs.item->body + 1, spec->theirs.item->end);
  g_autoptr (GHashTable) words = c_words_new ();
  const CSource *source = spec->theirs.source;
  c_source_add_words (source, spec->theirs.item->first_token,
                      MIN (spec->theirs.item->end_token, g_array_index (source->line_tokens, guint, end)), words);
  g_autoptr (GList) sorted = g_list_sort (g_hash_table_get_keys (words), (GCompareFunc) strcmp);
  for (const GList *node = sorted; node != NULL; node = node->next)
    {
      const char *word = node->data;
      if (!g_hash_table_contains (spec->known, word) && !c_is_keyword (word) && !kvm_changes_is_old_word (word))
        doubt (writer->result, spec->theirs.item->name, "its head was changed: ", word);
    }
}

static void
take_words (Writer *writer)
{
  GHashTableIter iter;
  gpointer word;
  g_hash_table_iter_init (&iter, writer->lines->own_words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    g_hash_table_add (writer->result->words, g_strdup (word));
}

static void
write_function (Writer *writer)
{
  const CItem *lab = writer->spec->lab.item;
  g_autofree char *head = c_source_lines (writer->spec->lab.source, lab->first, MIN (lab->body + 1, lab->end));
  g_string_append (writer->out, head);
  put_body (writer);
  if (lab->end > lab->body + 1)
    {
      g_autofree char *tail = c_source_lines (writer->spec->lab.source, lab->end - 1, lab->end);
      g_string_append (writer->out, tail);
    }
}

FunctionResult *
transplant_function (const FunctionSpec *spec)
{
  FunctionResult *result = g_new0 (FunctionResult, 1);
  result->words = c_words_new ();
  result->left = g_ptr_array_new_with_free_func (g_free);
  result->doubts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (FunctionLines) lines = function_lines_new (spec);
  g_autoptr (GString) out = g_string_new (NULL);
  if (lines == NULL)
    {
      doubt (result, spec->theirs.item->name, "too long or too different from this kernel's to be compared", "");
      return result;
    }
  g_autofree gint *anchor = g_new0 (gint, lines->theirs.count + 1);
  g_autofree gboolean *taken = g_new0 (gboolean, lines->lab.count + 1);
  Writer writer = { .spec = spec, .lines = lines, .result = result, .out = out, .anchor = anchor, .taken = taken };
  function_lines_decide (lines, spec);
  take_words (&writer);
  collect (&writer);
  write_function (&writer);
  check_signature (&writer);
  if (result->own_lines == 0 && g_hash_table_size (lines->removed) == 0)
    return result;
  check_result (&writer);
  if (result->doubts->len == 0)
    result->text = g_string_free (g_steal_pointer (&out), FALSE);
  return result;
}
