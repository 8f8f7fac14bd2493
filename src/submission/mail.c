/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splitting an mbox; see mail.h. No line of a unified diff begins with a letter, so "From " at a line's begin is never one of a hunk. */
#include "submission/mail.h"

#include <string.h>

#include "submission/normalise.h"

static void
mail_free (gpointer data)
{
  Mail *mail = data;
  g_free (mail->subject);
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
  return strncmp (line, "From ", 5) == 0 && is_header (next_line (line));
}

/* The value of a header, with its folded lines; NULL if it is not among [at, end). */
static char *
header_value (const char *at, const char *end, const char *name)
{
  const gsize length = strlen (name);
  for (; at < end; at = next_line (at))
    {
      if (g_ascii_strncasecmp (at, name, length) != 0 || at[length] != ':')
        continue;
      const char *last = next_line (at);
      while (last < end && (*last == ' ' || *last == '\t'))
        last = next_line (last);
      char *value = g_strndup (at + length + 1, (gsize) (last - at) - length - 1);
      return g_strstrip (g_strdelimit (value, "\n\t", ' '));
    }
  return NULL;
}

static char *
without_tag (const char *subject)
{
  const char *end = subject[0] == '[' ? strchr (subject, ']') : NULL;
  return g_strstrip (g_strdup (end != NULL ? end + 1 : subject));
}

static char *
decode_body (const char *encoding, const char *body, gsize size)
{
  gsize length = 0;
  guint changes;
  const char *name;
  g_autofree char *decoded = encoding != NULL ? mail_decode (encoding, body, size, &length) : NULL;
  char *text = decoded != NULL ? text_normalise (decoded, length, &changes, &name) : NULL;
  return text != NULL ? text : g_strndup (body, size);
}

static guint
count_lines (const char *from, const char *to)
{
  guint lines = 0;
  for (; from < to; from++)
    lines += *from == '\n';
  return lines;
}

/* [at, end), beginning in *line, is a mail, or the text before the first, which may have headers too. */
static void
add_mail (GPtrArray *mails, guint *line, const char *at, const char *end)
{
  Mail *mail = g_new0 (Mail, 1);
  const char *headers = begins_mail (at) ? next_line (at) : at;
  const char *body = headers;
  while (body < end && (is_header (body) || ((*body == ' ' || *body == '\t') && body > headers)))
    body = next_line (body);
  g_autofree char *subject = header_value (headers, body, "Subject");
  g_autofree char *encoding = header_value (headers, body, "Content-Transfer-Encoding");
  mail->subject = subject != NULL ? without_tag (subject) : NULL;
  mail->body = decode_body (encoding, body, (gsize) (end - body));
  mail->line = *line + count_lines (at, body);
  *line += count_lines (at, end);
  g_ptr_array_add (mails, mail);
}

GPtrArray *
mail_split (const char *text)
{
  GPtrArray *mails = g_ptr_array_new_with_free_func (mail_free);
  const char *begin = text;
  guint number = 1;
  for (const char *line = next_line (text); *line != '\0'; line = next_line (line))
    {
      if (!begins_mail (line))
        continue;
      add_mail (mails, &number, begin, line);
      begin = line;
    }
  add_mail (mails, &number, begin, begin + strlen (begin));
  return mails;
}
