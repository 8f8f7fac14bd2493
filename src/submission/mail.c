/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Splitting an mbox, a mail's parts and a log; see mail.h. No line of a unified diff begins with a letter, so neither
 * "From " nor "commit " at a line's begin is ever one of a hunk.
 */
#include "submission/mail.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

#include "submission/normalise.h"

#define PARTS_MAX 200u
#define MESSAGES_MAX 5000u

typedef struct
{
  GPtrArray *mails;
  guint line; /* of the whole, from 1: where the message at hand begins */
  guint message;
} Splitting;

static void
mail_free (gpointer data)
{
  Mail *mail = data;
  g_free (mail->subject);
  g_free (mail->name);
  g_free (mail->body);
  g_free (mail);
}

static const char *
next_line (const char *line)
{
  const char *end = strchr (line, '\n');
  return end != NULL ? end + 1 : line + strlen (line);
}

/* "Subject: …", "X-Mailer: …". */
static gboolean
is_header (const char *line)
{
  const gsize name = strspn (line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
  return name > 0 && line[name] == ':' && (line[name + 1] == ' ' || line[name + 1] == '\t' || line[name + 1] == '\n');
}

static gboolean
begins_mail (const char *line)
{
  return g_str_has_prefix (line, "From ") && is_header (next_line (line));
}

static guint
count_lines (const char *from, const char *to)
{
  guint lines = 0;
  for (; from < to; from++)
    lines += *from == '\n';
  return lines;
}

/* --- a log ------------------------------------------------------------------------------------ */

/* "commit 1234567… (HEAD -> main)" with "Author: …" soon after. */
static gboolean
begins_commit (const char *line)
{
  if (!g_str_has_prefix (line, "commit "))
    return FALSE;
  const gsize digits = strspn (line + 7, "0123456789abcdef");
  if (digits < 7 || digits > 64 || (line[7 + digits] != '\n' && line[7 + digits] != ' '))
    return FALSE;
  const char *next = next_line (line);
  for (guint i = 0; i < 3 && !g_str_has_prefix (next, "Author:"); i++)
    next = next_line (next);
  return g_str_has_prefix (next, "Author:");
}

/* "abcdef1 subject" right above a diff, as --oneline has it. */
static gboolean
begins_short_commit (const char *line)
{
  const gsize digits = strspn (line, "0123456789abcdef");
  return digits >= 7 && digits <= 40 && line[digits] == ' ' && g_str_has_prefix (next_line (line), "diff --git ");
}

/* The commit's subject is the first line that is indented, below its headers. */
static char *
commit_subject (const char *line, const char *end)
{
  if (!g_str_has_prefix (line, "commit "))
    return g_strndup (strchr (line, ' ') + 1, strcspn (strchr (line, ' ') + 1, "\n"));
  for (; line < end && !g_str_has_prefix (line, "diff "); line = next_line (line))
    {
      if (g_str_has_prefix (line, "    ") && line[4] != '\n')
        return g_strndup (line + 4, strcspn (line + 4, "\n"));
    }
  return NULL;
}

static void
add_text (Splitting *splitting, const char *subject, const char *name, const char *body, const char *end, guint line)
{
  Mail *mail = g_new0 (Mail, 1);
  mail->subject = g_strdup (subject);
  mail->name = g_strdup (name);
  mail->body = g_strndup (body, (gsize) (end - body));
  mail->line = line;
  mail->message = splitting->message;
  g_ptr_array_add (splitting->mails, mail);
}

/* A text that may be a log of commits: each is its own. */
static void
add_log (Splitting *splitting, const char *subject, const char *name, const char *text, guint line)
{
  const char *begin = text;
  guint begin_line = line;
  gboolean in_commit = FALSE;
  for (const char *at = text;; at = next_line (at), line++)
    {
      const gboolean commit =
          *at != '\0' && (begins_commit (at) || begins_short_commit (at)) && splitting->mails->len < MESSAGES_MAX;
      if (*at != '\0' && !commit)
        continue;
      g_autofree char *own = in_commit ? commit_subject (begin, at) : NULL;
      if (at > begin || *at == '\0')
        {
          add_text (splitting, own != NULL ? own : subject, name, begin, at, begin_line);
          ((Mail *) g_ptr_array_index (splitting->mails, splitting->mails->len - 1))->is_commit = in_commit;
        }
      if (*at == '\0')
        return;
      begin = at;
      begin_line = line;
      in_commit = TRUE;
    }
}

/* --- MIME ------------------------------------------------------------------------------------- */

/* Lines that begin with a blank have one more in a text that is format=flowed (RFC 3676); there are mailers that say
 * so and do not do it. */
static char *
without_stuffing (char *text)
{
  g_autofree char *own = text;
  g_autoptr (GRegex) plain = g_regex_new ("^ [^ \\n]", G_REGEX_RAW | G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GRegex) stuffed = g_regex_new ("^ ", G_REGEX_RAW | G_REGEX_MULTILINE, 0, NULL);
  if (g_regex_match (plain, own, 0, NULL))
    return g_steal_pointer (&own);
  char *out = g_regex_replace_literal (stuffed, own, -1, 0, "", 0, NULL);
  return out != NULL ? out : g_steal_pointer (&own);
}

/* What was sent as 8bit was made UTF-8 with the whole; what was encoded is still in the charset that the part names.
 */
static char *
to_text (GMimePart *part, const char *data, gsize size)
{
  const GMimeContentEncoding encoding = g_mime_part_get_content_encoding (part);
  const gboolean encoded =
      encoding == GMIME_CONTENT_ENCODING_BASE64 || encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
  const char *charset = g_mime_object_get_content_type_parameter (GMIME_OBJECT (part), "charset");
  const char *format = g_mime_object_get_content_type_parameter (GMIME_OBJECT (part), "format");
  guint changes;
  const char *what;
  gsize length = size;
  g_autofree char *converted = encoded && charset != NULL && !g_utf8_validate_len (data, size, NULL)
                                       && g_ascii_strncasecmp (charset, "utf-16", 6) != 0
                                   ? g_convert (data, (gssize) size, "UTF-8", charset, NULL, &length, NULL)
                                   : NULL;
  char *text = converted != NULL ? text_normalise (converted, length, &changes, &what)
                                 : text_normalise (data, size, &changes, &what);
  return text != NULL && g_strcmp0 (format, "flowed") == 0 ? without_stuffing (text) : text;
}

/* Where the content begins; 1 for what is encoded in an attachment, whose lines are not the mail's. */
static guint
line_of (const Splitting *splitting, GMimePart *part, const char *chunk, const char *name)
{
  const GMimeContentEncoding encoding = g_mime_part_get_content_encoding (part);
  GMimeStream *stream = g_mime_data_wrapper_get_stream (g_mime_part_get_content (part));
  if (name != NULL
      && (encoding == GMIME_CONTENT_ENCODING_BASE64 || encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE))
    return 1;
  const gint64 start = stream != NULL ? stream->bound_start : 0;
  return splitting->line + count_lines (chunk, chunk + CLAMP (start, 0, (gint64) strlen (chunk)));
}

static void
add_part (Splitting *splitting, GMimePart *part, const char *subject, const char *chunk)
{
  GMimeContentType *type = g_mime_object_get_content_type (GMIME_OBJECT (part));
  GMimeDataWrapper *content = g_mime_part_get_content (part);
  if (content == NULL || g_mime_content_type_is_type (type, "text", "html") || splitting->mails->len >= MESSAGES_MAX)
    return;
  GMimeStream *stream = g_mime_stream_mem_new ();
  g_mime_data_wrapper_write_to_stream (content, stream);
  const GByteArray *bytes = g_mime_stream_mem_get_byte_array (GMIME_STREAM_MEM (stream));
  g_autofree char *text = to_text (part, bytes->len > 0 ? (const char *) bytes->data : "", bytes->len);
  const char *name = g_mime_part_get_filename (part);
  if (text != NULL)
    add_log (splitting, subject, name, text, line_of (splitting, part, chunk, name));
  g_object_unref (stream);
}

static guint
number_of (const char *subject)
{
  g_autoptr (GRegex) regex = g_regex_new ("^\\s*(?:\\w+: *)*\\[[^]]*?\\b0*([0-9]{1,4})/[0-9]+[^]]*\\]", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  if (subject == NULL || !g_utf8_validate (subject, -1, NULL) || !g_regex_match (regex, subject, 0, &match))
    return 0;
  g_autofree char *number = g_match_info_fetch (match, 1);
  return (guint) atoi (number);
}

static char *
without_tag (const char *subject)
{
  const char *end = subject[0] == '[' ? strchr (subject, ']') : NULL;
  char *text = g_strdup (end != NULL ? end + 1 : subject);
  return g_strstrip (g_strdelimit (text, "\n\t", ' '));
}

static void
add_message (Splitting *splitting, GMimeMessage *message, const char *chunk)
{
  const guint first = splitting->mails->len;
  const char *full = g_mime_message_get_subject (message);
  g_autofree char *subject = full != NULL ? without_tag (full) : NULL;
  GDateTime *date = g_mime_message_get_date (message);
  GMimePartIter *iter = g_mime_part_iter_new (GMIME_OBJECT (message));
  guint parts = 0;
  do
    {
      GMimeObject *object = g_mime_part_iter_get_current (iter);
      if (object != NULL && GMIME_IS_PART (object))
        add_part (splitting, GMIME_PART (object), subject, chunk);
    }
  while (++parts < PARTS_MAX && g_mime_part_iter_next (iter));
  g_mime_part_iter_free (iter);
  for (guint i = first; i < splitting->mails->len; i++)
    {
      Mail *mail = g_ptr_array_index (splitting->mails, i);
      mail->number = number_of (full);
      mail->time = date != NULL ? g_date_time_to_unix (date) : 0;
    }
}

static void
parse_mail (Splitting *splitting, const char *chunk, const char *end)
{
  static gsize ready;
  if (g_once_init_enter (&ready))
    {
      g_mime_init ();
      g_once_init_leave (&ready, 1);
    }
  GMimeStream *stream = g_mime_stream_mem_new_with_buffer (chunk, (gsize) (end - chunk));
  GMimeParser *parser = g_mime_parser_new_with_stream (stream);
  GMimeMessage *message = g_mime_parser_construct_message (parser, NULL);
  if (message != NULL)
    {
      add_message (splitting, message, chunk);
      g_object_unref (message);
    }
  g_object_unref (parser);
  g_object_unref (stream);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Headers that a mail has, ended by an empty line; "Index: x" above a diff is none. */
static gboolean
is_mail (const char *chunk, const char *end)
{
  static const char *const names[] = {
    "From:",       "Subject:", "Date:", "To:", "MIME-Version:", "Content-Type:", "Content-Transfer-Encoding:",
    "Message-ID:", "Received:"
  };
  gboolean known = FALSE;
  const char *line = chunk;
  for (; line < end && (is_header (line) || ((*line == ' ' || *line == '\t') && line > chunk));
       line = next_line (line))
    {
      for (guint i = 0; i < G_N_ELEMENTS (names) && !known; i++)
        known = g_ascii_strncasecmp (line, names[i], strlen (names[i])) == 0;
    }
  return known && line < end && *line == '\n';
}

/* [at, end) is a mail, or the text before the first, which may have headers too. */
static void
add_chunk (Splitting *splitting, const char *at, const char *end)
{
  const char *chunk = begins_mail (at) ? next_line (at) : at;
  while (chunk < end && *chunk == '\n')
    chunk++;
  if (is_mail (chunk, end))
    {
      splitting->line += count_lines (at, chunk);
      parse_mail (splitting, chunk, end);
      splitting->line += count_lines (chunk, end);
    }
  else
    {
      g_autofree char *text = g_strndup (at, (gsize) (end - at));
      add_log (splitting, NULL, NULL, text, splitting->line);
      splitting->line += count_lines (at, end);
    }
  splitting->message++;
}

GPtrArray *
mail_split (const char *text)
{
  Splitting splitting = { .mails = g_ptr_array_new_with_free_func (mail_free), .line = 1 };
  const char *begin = text;
  for (const char *line = next_line (text); *line != '\0'; line = next_line (line))
    {
      if (!begins_mail (line) || splitting.message >= MESSAGES_MAX)
        continue;
      add_chunk (&splitting, begin, line);
      begin = line;
    }
  add_chunk (&splitting, begin, begin + strlen (begin));
  return splitting.mails;
}
