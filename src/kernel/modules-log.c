/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of gcc, as, ld, modpost and make, told apart by what stands in them. */
#include "kernel/modules-log.h"

#include <string.h>

#include "kernel/said-place.h"

#define LINE_MAX_BYTES 600
#define HEAD_BYTES (64 * 1024)
#define TREE "/lab/linux/"

/* --- one line --------------------------------------------------------------------------------- */

typedef struct
{
  char *text;
  char *path; /* NULL: it tells no place */
  guint64 line, column;
} Said;

static void
said_free (gpointer data)
{
  Said *said = data;
  g_free (said->text);
  g_free (said->path);
  g_free (said);
}

static gboolean
has_one_of (const char *line, const char *const *parts)
{
  for (; *parts != NULL; parts++)
    {
      if (strstr (line, *parts) != NULL)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_warning (const char *line)
{
  static const char *const parts[] = { ": warning: ", "WARNING: modpost: ", NULL };
  return has_one_of (line, parts);
}

static gboolean
is_error (const char *line)
{
  static const char *const parts[] = { ": error: ", ": fatal error: ", ": Error: ", ": internal compiler error: ", "ERROR: modpost: ",
                                       "undefined reference to", "multiple definition of", "out of memory", "irtual memory exhausted",
                                       "No space left on device", "signal terminated program", "annot fork", NULL };
  return !is_warning (line) && has_one_of (line, parts);
}

/* make's own words, where they are not merely that what it ran has failed. */
static gboolean
is_makes_error (const char *line)
{
  return strstr (line, "*** ") != NULL && strstr (line, "] Error ") == NULL && strstr (line, "Waiting for unfinished jobs") == NULL;
}

/* "./include/x.h", "arch/x86/kvm/../../../virt/kvm/kvm_main.c": each file has one name. */
static char *
plain_path (const char *path, gsize size)
{
  g_autofree char *given = g_strndup (path, size);
  const char *below = g_str_has_prefix (given, TREE) ? given + strlen (TREE) : given;
  if (below[0] == '/' || strchr (below, ' ') != NULL)
    return g_strdup (below);
  g_autofree char *absolute = g_canonicalize_filename (below, "/");
  return g_strdup (absolute + 1);
}

/* "path:12:5: …", "path:12: …". */
static void
find_place (Said *said)
{
  const char *rest;
  if (!said_place (said->text, &said->path, &said->line, &rest))
    return;
  if (*rest == ':' && g_ascii_isdigit (rest[1]))
    said->column = g_ascii_strtoull (rest + 1, NULL, 10);
}

/* Printable UTF-8 of bounded length, with its first path plain. */
static Said *
said_new (const char *line)
{
  g_autofree char *bounded = g_strndup (line, LINE_MAX_BYTES);
  g_autofree char *valid = g_utf8_make_valid (bounded, -1);
  for (char *at = valid; *at != '\0'; at++)
    *at = g_ascii_iscntrl (*at) ? ' ' : *at;
  const gsize head = strcspn (valid, ":");
  g_autofree char *path = plain_path (valid, head);
  Said *said = g_new0 (Said, 1);
  said->text = g_strconcat (memchr (valid, '/', head) != NULL ? path : "", memchr (valid, '/', head) != NULL ? valid + head : valid, NULL);
  g_strchomp (said->text);
  find_place (said);
  return said;
}

/* --- many ------------------------------------------------------------------------------------- */

static gint
compare_numbers (guint64 a, guint64 b)
{
  return a < b ? -1 : a > b;
}

/* Places first. */
static gint
compare_said (gconstpointer a, gconstpointer b)
{
  const Said *left = *(Said *const *) a, *right = *(Said *const *) b;
  gint order = (left->path == NULL) - (right->path == NULL);
  if (order == 0)
    order = g_strcmp0 (left->path, right->path);
  if (order == 0)
    order = compare_numbers (left->line, right->line);
  if (order == 0)
    order = compare_numbers (left->column, right->column);
  return order != 0 ? order : strcmp (left->text, right->text);
}

static GPtrArray *
take_lines (char **lines, gboolean (*wanted) (const char *line))
{
  GPtrArray *taken = g_ptr_array_new_with_free_func (said_free);
  for (; *lines != NULL; lines++)
    {
      if (wanted (*lines))
        g_ptr_array_add (taken, said_new (*lines));
    }
  g_ptr_array_sort (taken, compare_said);
  for (guint i = taken->len; i-- > 1;)
    {
      const Said *said = g_ptr_array_index (taken, i), *before = g_ptr_array_index (taken, i - 1);
      if (strcmp (said->text, before->text) == 0)
        g_ptr_array_remove_index (taken, i);
    }
  return taken;
}

static void
add_texts (GPtrArray *texts, const GPtrArray *said, guint max)
{
  for (guint i = 0; i < said->len && texts->len < max; i++)
    g_ptr_array_add (texts, g_strdup (((const Said *) g_ptr_array_index (said, i))->text));
}

static void
add_last_line (GPtrArray *texts, char **lines)
{
  const char *last = NULL;
  for (; *lines != NULL; lines++)
    {
      if ((*lines)[strspn (*lines, " \t\r")] != '\0')
        last = *lines;
    }
  Said *said = said_new (last != NULL ? last : "make failed and said nothing");
  g_ptr_array_add (texts, g_strdup (said->text));
  said_free (said);
}

static void
add_errors (GPtrArray *errors, char **lines)
{
  g_autoptr (GPtrArray) said = take_lines (lines, is_error);
  g_autoptr (GPtrArray) makes = take_lines (lines, is_makes_error);
  add_texts (errors, said->len > 0 ? said : makes, MODULES_ERRORS_MAX);
  if (errors->len == 0)
    add_last_line (errors, lines);
}

/* --- the log ---------------------------------------------------------------------------------- */

/* A text of it: no byte of it is 0, so that nothing is hidden behind one. */
static char *
text_of (const char *log, gsize size)
{
  char *text = g_malloc (size + 1);
  for (gsize i = 0; i < size; i++)
    text[i] = log[i] != '\0' ? log[i] : '?';
  text[size] = '\0';
  return text;
}

/* The lines of `text`, which is cut up for it: an array of pointers into it, NULL at its end. */
static char **
cut_into_lines (char *text)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  while (text != NULL)
    {
      char *newline = strchr (text, '\n');
      g_ptr_array_add (lines, text);
      if (newline != NULL)
        *newline++ = '\0';
      text = newline;
    }
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}

static char *
head_and_tail (const char *text)
{
  const gsize size = strlen (text);
  if (size <= MODULES_LOG_MAX)
    return g_utf8_make_valid (text, -1);
  const gsize tail = MODULES_LOG_MAX - HEAD_BYTES - 100;
  g_autofree char *both = g_strdup_printf ("%.*s\n… %" G_GSIZE_FORMAT " bytes left out …\n%s", HEAD_BYTES, text, size - HEAD_BYTES - tail, text + size - tail);
  return g_utf8_make_valid (both, -1);
}

void
modules_log_read (const char *log, gsize size, gboolean failed, KernelModules *modules)
{
  g_autofree char *text = text_of (log, size);
  g_free (modules->log);
  modules->log = head_and_tail (text);
  g_autofree char **lines = cut_into_lines (text);
  g_autoptr (GPtrArray) warnings = take_lines (lines, is_warning);
  modules->warning_count = warnings->len;
  add_texts (modules->warnings, warnings, MODULES_WARNINGS_MAX);
  if (failed)
    add_errors (modules->errors, lines);
}

gboolean
modules_log_has_one_of (const char *log, const char *const *words)
{
  return has_one_of (log, words);
}

gboolean
modules_log_tells_of_kill (const char *log, gsize size)
{
  g_autofree char *text = text_of (log, size);
  g_autofree char **lines = cut_into_lines (text);
  for (char **line = lines; *line != NULL; line++)
    {
      if (g_str_has_prefix (*line, "gcc: fatal error: Killed signal terminated program "))
        return TRUE;
    }
  return FALSE;
}
