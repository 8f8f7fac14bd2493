/* SPDX-License-Identifier: GPL-2.0-or-later */
/* configs/reasons/NAME.csv: code,name,kind,defined. '#' lines are comments; the header row is required. */
#include "config/config.h"

#include <string.h>

#include "base/error.h"
#include "config/rows.h"

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
  GHashTable *aliases; /* code to GPtrArray of char * */
  GArray *codes;       /* of guint32: the defined ones, ascending */
  GArray *listed;      /* of guint32: all that have a row, ascending */
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
  g_hash_table_unref (names->aliases);
  g_hash_table_unref (names->unlisted);
  g_array_unref (names->codes);
  g_array_unref (names->listed);
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
  names->aliases = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  names->codes = g_array_new (FALSE, FALSE, sizeof (guint32));
  names->listed = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_mutex_init (&names->lock);
  return names;
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

static gboolean
add_row (char **fields, guint line, gpointer user, GError **error)
{
  ReasonNames *names = user;
  guint32 code;
  if (!parse_code (fields[0], &code))
    return rows_fail (names->path, line, error, "the code is no number; try: decimal or 0x and hexadecimal digits");
  if (!rows_is_word (fields[1], G_CSET_A_2_Z G_CSET_DIGITS "_"))
    return rows_fail (names->path, line, error, "bad name; try: upper-case letters, digits and _");
  if (!rows_is_word (fields[2], G_CSET_a_2_z G_CSET_DIGITS "-"))
    return rows_fail (names->path, line, error, "bad kind; try: lower-case letters, digits and -");
  const gboolean defined = strcmp (fields[3], "yes") == 0;
  if (!defined && strcmp (fields[3], "no") != 0)
    return rows_fail (names->path, line, error, "defined is neither yes nor no");

  Reason *reason = g_new0 (Reason, 1);
  reason->name = g_strdup (fields[1]);
  reason->kind = g_strdup (fields[2]);
  if (!g_hash_table_insert (names->reasons, GUINT_TO_POINTER (code), reason))
    return rows_fail (names->path, line, error, "the code is there already");
  g_array_append_val (names->listed, code);
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

gboolean
reason_names_load (const char *path, ReasonNames **names, GError **error)
{
  g_autoptr (ReasonNames) loaded = reason_names_new (path);
  if (!rows_read (path, HEADER, add_row, loaded, error))
    return FALSE;
  if (loaded->codes->len == 0)
    return fail (error, HARNESS_ERROR_USAGE, "%s: no exit reason is defined in it", path);
  g_array_sort (loaded->codes, compare_codes);
  g_array_sort (loaded->listed, compare_codes);
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

const GArray *
reason_listed (const ReasonNames *names)
{
  return names->listed;
}

const char *
reason_kind (const ReasonNames *names, guint32 code)
{
  const Reason *reason = g_hash_table_lookup (names->reasons, GUINT_TO_POINTER (code));
  return reason != NULL ? reason->kind : "other";
}

/* --- aliases ---------------------------------------------------------------------------------- */

typedef struct
{
  const char *path;
  ReasonNames *names;
} Aliases;

static gboolean
reads_alike (const char *name, const char *other)
{
  g_autofree char *left = g_strcanon (g_ascii_strup (name, -1), G_CSET_A_2_Z G_CSET_DIGITS, ' ');
  g_autofree char *right = g_strcanon (g_ascii_strup (other, -1), G_CSET_A_2_Z G_CSET_DIGITS, ' ');
  return strcmp (left, right) == 0;
}

/* A name of one reason is no alias of another: what has the one would be taken for the other. */
static gboolean
is_anothers_name (const ReasonNames *names, guint32 code, const char *alias)
{
  GHashTableIter iter;
  gpointer other, reason;
  g_hash_table_iter_init (&iter, names->reasons);
  while (g_hash_table_iter_next (&iter, &other, &reason))
    if (GPOINTER_TO_UINT (other) != code && reads_alike (((const Reason *) reason)->name, alias))
      return TRUE;
  return FALSE;
}

static gboolean
add_alias (char **fields, guint line, gpointer user, GError **error)
{
  const Aliases *aliases = user;
  guint32 code;
  if (!parse_code (fields[0], &code) || !g_hash_table_contains (aliases->names->reasons, GUINT_TO_POINTER (code)))
    return rows_fail (aliases->path, line, error, "the code is no number of a reason that has a name; try: decimal or 0x and hexadecimal digits");
  if (!rows_is_word (fields[1], G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-/ "))
    return rows_fail (aliases->path, line, error, "bad alias; try: words of letters and digits");
  if (is_anothers_name (aliases->names, code, fields[1]))
    return rows_fail (aliases->path, line, error, "the alias is another reason's own name; try: leave it out");
  GPtrArray *known = g_hash_table_lookup (aliases->names->aliases, GUINT_TO_POINTER (code));
  if (known == NULL)
    g_hash_table_insert (aliases->names->aliases, GUINT_TO_POINTER (code), known = g_ptr_array_new_with_free_func (g_free));
  g_ptr_array_add (known, g_strdup (fields[1]));
  return TRUE;
}

gboolean
reason_aliases_load (const char *path, ReasonNames *names, GError **error)
{
  Aliases aliases = { path, names };
  return rows_read (path, "code,alias", add_alias, &aliases, error);
}

const GPtrArray *
reason_aliases (const ReasonNames *names, guint32 code)
{
  return g_hash_table_lookup (names->aliases, GUINT_TO_POINTER (code));
}
