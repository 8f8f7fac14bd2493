/* SPDX-License-Identifier: GPL-2.0-or-later */
/* configs/reasons/NAME.csv: code,name,kind,defined. '#' lines are comments; the header row is required. */
#include "config/config.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"

#define REASONS_LIMIT (1024 * 1024)
#define HEADER "code,name,kind,defined"

typedef struct
{
  char *name;
  char *kind; /* "" for a code that is only named on demand */
} Reason;

struct ReasonNames
{
  char *path;
  GHashTable *reasons; /* code to Reason */
  GArray *codes;       /* of guint32: the defined ones, ascending */
  /* Names made up for unlisted codes, so that they live as long as the rest. */
  GMutex lock;
  GHashTable *unlisted;
};

static void
reason_free (gpointer data)
{
  Reason *reason = data;
  g_free (reason->name);
  g_free (reason->kind);
  g_free (reason);
}

void
reason_names_free (ReasonNames *names)
{
  if (names == NULL)
    return;
  g_free (names->path);
  g_hash_table_unref (names->reasons);
  g_hash_table_unref (names->unlisted);
  g_array_unref (names->codes);
  g_mutex_clear (&names->lock);
  g_free (names);
}

static ReasonNames *
reason_names_new (const char *path)
{
  ReasonNames *names = g_new0 (ReasonNames, 1);
  names->path = g_strdup (path);
  names->reasons = g_hash_table_new_full (NULL, NULL, NULL, reason_free);
  names->unlisted = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  names->codes = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_mutex_init (&names->lock);
  return names;
}

static gboolean
fail_line (const ReasonNames *names, guint line, GError **error, const char *what)
{
  return fail (error, HARNESS_ERROR_USAGE, "%s:%u: %s", names->path, line, what);
}

static gboolean
parse_code (const char *text, guint32 *code)
{
  const gboolean hex = g_str_has_prefix (text, "0x");
  guint64 number;
  if (!g_ascii_string_to_unsigned (hex ? text + 2 : text, hex ? 16 : 10, 0, G_MAXUINT32, &number, NULL))
    return FALSE;
  *code = (guint32) number;
  return TRUE;
}

/* Names go into CSV and HTML unescaped. */
static gboolean
is_name (const char *text, const char *alphabet)
{
  return text[0] != '\0' && strspn (text, alphabet) == strlen (text);
}

static gboolean
add_row (ReasonNames *names, char **fields, guint line, GError **error)
{
  guint32 code;
  if (g_strv_length (fields) != 4)
    return fail_line (names, line, error, "not four fields; try: " HEADER);
  if (!parse_code (fields[0], &code))
    return fail_line (names, line, error, "the code is no number; try: decimal or 0x and hexadecimal digits");
  if (!is_name (fields[1], G_CSET_A_2_Z G_CSET_DIGITS "_"))
    return fail_line (names, line, error, "bad name; try: upper-case letters, digits and _");
  if (!is_name (fields[2], G_CSET_a_2_z G_CSET_DIGITS "-"))
    return fail_line (names, line, error, "bad kind; try: lower-case letters, digits and -");
  const gboolean defined = strcmp (fields[3], "yes") == 0;
  if (!defined && strcmp (fields[3], "no") != 0)
    return fail_line (names, line, error, "defined is neither yes nor no");

  Reason *reason = g_new0 (Reason, 1);
  reason->name = g_strdup (fields[1]);
  reason->kind = g_strdup (fields[2]);
  if (!g_hash_table_insert (names->reasons, GUINT_TO_POINTER (code), reason))
    return fail_line (names, line, error, "the code is there already");
  if (defined)
    g_array_append_val (names->codes, code);
  return TRUE;
}

static gint
compare_codes (gconstpointer a, gconstpointer b)
{
  const guint32 left = *(const guint32 *) a, right = *(const guint32 *) b;
  return left < right ? -1 : left > right;
}

static gboolean
parse (ReasonNames *names, const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean header_seen = FALSE;
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strchomp (lines[i]);
      if (line[0] == '\0' || line[0] == '#')
        continue;
      if (!header_seen && strcmp (line, HEADER) != 0)
        return fail_line (names, i + 1, error, "no header row; try: " HEADER);
      g_auto (GStrv) fields = g_strsplit (line, ",", -1);
      if (header_seen && !add_row (names, fields, i + 1, error))
        return FALSE;
      header_seen = TRUE;
    }
  g_array_sort (names->codes, compare_codes);
  return names->codes->len > 0 || fail (error, HARNESS_ERROR_USAGE, "%s: no exit reason is defined in it", names->path);
}

gboolean
reason_names_load (const char *path, ReasonNames **names, GError **error)
{
  g_autofree char *text = NULL;
  if (!files_read (path, REASONS_LIMIT, &text, NULL, error))
    return FALSE;
  g_autoptr (ReasonNames) loaded = reason_names_new (path);
  if (!parse (loaded, text, error))
    return FALSE;
  *names = g_steal_pointer (&loaded);
  return TRUE;
}

static const char *
unlisted_name (const ReasonNames *names, guint32 code)
{
  ReasonNames *cache = (ReasonNames *) names; /* a cache behind a lock: const to callers */
  g_mutex_lock (&cache->lock);
  char *name = g_hash_table_lookup (cache->unlisted, GUINT_TO_POINTER (code));
  if (name == NULL)
    {
      name = g_strdup_printf ("REASON_%u", code);
      g_hash_table_insert (cache->unlisted, GUINT_TO_POINTER (code), name);
    }
  g_mutex_unlock (&cache->lock);
  return name;
}

const char *
reason_name (const ReasonNames *names, guint32 code)
{
  const Reason *reason = g_hash_table_lookup (names->reasons, GUINT_TO_POINTER (code));
  return reason != NULL ? reason->name : unlisted_name (names, code);
}

const GArray *
reason_codes (const ReasonNames *names)
{
  return names->codes;
}

const char *
reason_kind (const ReasonNames *names, guint32 code)
{
  const Reason *reason = g_hash_table_lookup (names->reasons, GUINT_TO_POINTER (code));
  return reason != NULL ? reason->kind : "other";
}
