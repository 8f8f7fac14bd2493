/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes to text; see normalise.h. */
#include "submission/normalise.h"

#include <string.h>

#define HEAD 4096u
#define CTRL_Z 0x1a

/* --- what it is ------------------------------------------------------------------------------- */

typedef struct
{
  gsize offset;
  const char *magic;
  gsize size;
  Format format;
  const char *name;
} Magic;

#define MAGIC(offset, magic, format, name) { offset, magic, sizeof magic - 1, format, name }
static const Magic magics[] = {
  MAGIC (0, "%PDF", FORMAT_OTHER, "a PDF document"),
  MAGIC (0, "{\\rtf", FORMAT_OTHER, "an RTF document"),
  MAGIC (0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FORMAT_OTHER, "a Word document"),
  MAGIC (0, "Rar!\x1a\x07", FORMAT_ARCHIVE, "a RAR archive"),
  MAGIC (0, "\x7f""ELF", FORMAT_OTHER, "a compiled program or object"),
  MAGIC (0, "\x89PNG", FORMAT_OTHER, "a picture (PNG)"),
  MAGIC (0, "\xff\xd8\xff", FORMAT_OTHER, "a picture (JPEG)"),
  MAGIC (0, "GIF8", FORMAT_OTHER, "a picture (GIF)"),
  MAGIC (0, "bplist0", FORMAT_OTHER, "a property list"),
  MAGIC (0, "version https://git-lfs.github.com/spec/", FORMAT_OTHER, "a Git LFS pointer (its content was not handed in)"),
  MAGIC (0, "# v2 git bundle\n", FORMAT_BUNDLE, "a git bundle"),
  MAGIC (0, "# v3 git bundle\n", FORMAT_BUNDLE, "a git bundle"),
  MAGIC (0, "PK\003\004", FORMAT_ARCHIVE, "a zip archive"),
  MAGIC (0, "PK\005\006", FORMAT_ARCHIVE, "a zip archive"),
  MAGIC (0, "7z\xbc\xaf\x27\x1c", FORMAT_ARCHIVE, "a 7z archive"),
  MAGIC (0, "\x1f\x8b", FORMAT_ARCHIVE, "gzip data"),
  MAGIC (0, "BZh", FORMAT_ARCHIVE, "bzip2 data"),
  MAGIC (0, "\xfd""7zXZ", FORMAT_ARCHIVE, "xz data"),
  MAGIC (0, "\x28\xb5\x2f\xfd", FORMAT_ARCHIVE, "zstd data"),
  MAGIC (257, "ustar", FORMAT_ARCHIVE, "a tar archive"),
};

static gboolean
contains (const char *data, gsize size, const char *part)
{
  return memmem (data, MIN (size, HEAD), part, strlen (part)) != NULL;
}

/* Documents that are zip archives inside. */
static const char *
office_name (const char *data, gsize size)
{
  if (contains (data, size, "[Content_Types].xml") || contains (data, size, "word/document.xml"))
    return "a Word document (docx)";
  if (contains (data, size, "mimetypeapplication/vnd.oasis"))
    return "an OpenDocument text";
  return NULL;
}

/* A saved page begins with its doctype, <html>, or the headers of a web archive. */
static gboolean
is_page (const char *data, gsize size)
{
  static const char *const starts[] = { "<!doctype html", "<html", "<head", "from: <saved by", "mime-version: 1.0\ncontent-type: multipart/related" };
  gsize at = size >= 3 && memcmp (data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  while (at < MIN (size, HEAD) && g_ascii_isspace (data[at]))
    at++;
  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      if (size - at >= strlen (starts[i]) && g_ascii_strncasecmp (data + at, starts[i], strlen (starts[i])) == 0)
        return TRUE;
    }
  return FALSE;
}

Format
format_of (const char *data, gsize size, const char **name)
{
  *name = "text";
  for (guint i = 0; i < G_N_ELEMENTS (magics); i++)
    {
      const Magic *magic = &magics[i];
      if (size < magic->offset + magic->size || memcmp (data + magic->offset, magic->magic, magic->size) != 0)
        continue;
      const char *office = data[0] == 'P' ? office_name (data, size) : NULL;
      *name = office != NULL ? office : magic->name;
      return office != NULL ? FORMAT_OTHER : magic->format;
    }
  if (size > 0 && is_page (data, size))
    {
      *name = "a web page (HTML)";
      return FORMAT_OTHER;
    }
  return FORMAT_TEXT;
}

/* --- text ------------------------------------------------------------------------------------- */

/* A BOM tells; without one, text of ASCII letters has a NUL in every second byte. */
static gboolean
is_utf16 (const char *data, gsize size, gboolean *big)
{
  if (size >= 2 && (memcmp (data, "\xff\xfe", 2) == 0 || memcmp (data, "\xfe\xff", 2) == 0))
    {
      *big = data[0] == '\xfe';
      return TRUE;
    }
  gsize even = 0, odd = 0;
  const gsize looked = MIN (size, HEAD) & ~(gsize) 1;
  for (gsize i = 0; i < looked; i += 2)
    {
      even += data[i] == '\0';
      odd += data[i + 1] == '\0';
    }
  *big = even > odd;
  return looked >= 16 && MAX (even, odd) * 10 >= looked / 2 * 9 && MIN (even, odd) * 10 < looked / 2;
}

static char *
from_utf16 (const char *data, gsize size, gboolean big, gsize *length)
{
  g_autoptr (GString) text = g_string_sized_new (size / 2 + 1);
  for (gsize i = 0; i + 1 < size; i += 2)
    {
      const guint first = (guint8) data[i], second = (guint8) data[i + 1];
      gunichar unit = big ? first << 8 | second : second << 8 | first;
      if (unit >= 0xd800 && unit < 0xdc00 && i + 3 < size)
        {
          const guint third = (guint8) data[i + 2], fourth = (guint8) data[i + 3];
          const gunichar low = big ? third << 8 | fourth : fourth << 8 | third;
          if (low >= 0xdc00 && low < 0xe000)
            {
              unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
              i += 2;
            }
        }
      g_string_append_unichar (text, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit);
    }
  *length = text->len;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Windows-1252 where it differs from Latin-1: 0x80 to 0x9f. What it leaves undefined stays as Latin-1 has it. */
static const guint16 cp1252[32] = {
  0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
  0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

/* Valid UTF-8 stays, each other byte is a character of Windows-1252: a file may be of two minds. */
static void
append_utf8 (GString *text, const char *data, gsize size, guint *changes)
{
  for (gsize at = 0; at < size;)
    {
      const char *end;
      g_utf8_validate_len (data + at, size - at, &end);
      g_string_append_len (text, data + at, end - (data + at));
      at = (gsize) (end - data);
      if (at == size)
        break;
      const guint8 byte = (guint8) data[at++];
      if (byte == 0)
        {
          *changes |= TEXT_NULS;
          g_string_append (text, "\xef\xbf\xbd");
          continue;
        }
      *changes |= TEXT_CP1252;
      g_string_append_unichar (text, byte >= 0x80 && byte < 0xa0 ? cp1252[byte - 0x80] : byte);
    }
}

/* CRLF whose LF became CR too: no LF, and CRs come in pairs alone. */
static gboolean
has_paired_returns (const char *text)
{
  if (strchr (text, '\n') != NULL)
    return FALSE;
  for (const char *at = strchr (text, '\r'); at != NULL; at = strchr (at, '\r'))
    {
      const gsize returns = strspn (at, "\r");
      if (returns % 2 != 0)
        return FALSE;
      at += returns;
    }
  return TRUE;
}

/* In place. Of CRs and LFs in a row each LF is a line's end, whatever CRs a terminal, an editor or a transfer put around it; without an LF each CR is. */
static void
unify_line_ends (GString *text, guint *changes)
{
  if (memchr (text->str, '\r', text->len) == NULL)
    return;
  *changes |= TEXT_CRLF;
  const gsize per_end = has_paired_returns (text->str) ? 2 : 1;
  gsize to = 0;
  for (gsize at = 0; at < text->len;)
    {
      const gsize ends = strspn (text->str + at, "\r\n");
      gsize feeds = 0;
      for (gsize i = 0; i < ends; i++)
        feeds += text->str[at + i] == '\n';
      at += ends;
      if (ends == 0)
        text->str[to++] = text->str[at++];
      for (gsize i = 0; i < (feeds > 0 ? feeds : ends / per_end); i++)
        text->str[to++] = '\n';
    }
  g_string_truncate (text, to);
}

/* Unicode's own line ends (LINE SEPARATOR, PARAGRAPH SEPARATOR) are none to a compiler; they are taken for that where a text has no others. */
static void
unify_separators (GString *text, guint *changes)
{
  if (strpbrk (text->str, "\r\n") != NULL)
    return;
  const guint count = g_string_replace (text, "\xe2\x80\xa8", "\n", 0) + g_string_replace (text, "\xe2\x80\xa9", "\n", 0);
  *changes |= count > 0 ? TEXT_CRLF : 0;
}

/* More than one control character in a hundred, or more than a stray NUL: a program's data. */
static gboolean
is_binary (const char *data, gsize size)
{
  gsize controls = 0, nuls = 0;
  for (gsize i = 0; i < size; i++)
    {
      const guint8 c = (guint8) data[i];
      controls += c < 32 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v' && c != '\033';
      nuls += c == 0;
    }
  return nuls > 8 || controls * 100 > size;
}

static gsize
without_trailing (const char *data, gsize size, guint *changes)
{
  gsize length = size;
  while (length > 0 && (data[length - 1] == '\0' || data[length - 1] == CTRL_Z))
    length--;
  if (length != size)
    *changes |= TEXT_TRAILING;
  return length;
}

static char *
finish_text (const char *data, gsize size, guint *changes)
{
  GString *text = g_string_sized_new (size + 16);
  append_utf8 (text, data, size, changes);
  for (; g_str_has_prefix (text->str, "\xef\xbb\xbf"); *changes |= TEXT_BOM)
    g_string_erase (text, 0, 3);
  unify_separators (text, changes);
  unify_line_ends (text, changes);
  if (text->len > 0 && text->str[text->len - 1] != '\n')
    {
      *changes |= TEXT_NO_NEWLINE;
      g_string_append_c (text, '\n');
    }
  return g_string_free (text, FALSE);
}

char *
text_normalise (const char *data, gsize size, guint *changes, const char **name)
{
  g_autofree char *wide = NULL;
  gboolean big = FALSE;
  *changes = 0;
  if (format_of (data, size, name) != FORMAT_TEXT)
    return NULL;
  if (is_utf16 (data, size, &big))
    {
      *changes |= TEXT_UTF16;
      wide = from_utf16 (data, size, big, &size);
      data = wide;
      if (format_of (data, size, name) != FORMAT_TEXT)
        return NULL;
    }
  size = without_trailing (data, size, changes);
  if (is_binary (data, size))
    {
      *name = "binary data";
      return NULL;
    }
  return finish_text (data, size, changes);
}

char *
text_changes (guint changes)
{
  static const char *const words[] = { "CRLF or CR line ends", "a byte order mark", "UTF-16", "Windows-1252 or Latin-1 characters", "NUL or ^Z bytes at the end",
                                       "no newline at the end", "NUL bytes" };
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if ((changes & 1u << i) != 0)
        g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", words[i]);
    }
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/* --- names ------------------------------------------------------------------------------------ */

char *
name_shown (const char *name)
{
  GString *shown = g_string_new (NULL);
  for (const char *at = name; *at != '\0';)
    {
      const gunichar c = g_utf8_get_char_validated (at, -1);
      if (c != (gunichar) -1 && c != (gunichar) -2 && g_unichar_isprint (c))
        {
          g_string_append_unichar (shown, c);
          at = g_utf8_next_char (at);
        }
      else
        g_string_append_printf (shown, "\\x%02x", (guint8) *at++);
    }
  return g_string_free (shown, FALSE);
}
