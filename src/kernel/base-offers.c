/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of kernels' sources; see base-offers.h. */
#include "kernel/base-offers.h"

#include <string.h>

#define HEADER "version\tpackage\tbytes\tsha256\turl"
#define FIELDS 5u
#define BYTES_MAX (G_GUINT64_CONSTANT (4) << 30)
#define DIGEST_DIGITS 64u
#define PATH_LETTERS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "+-./_~"

/* --- versions --------------------------------------------------------------------------------- */

/* At most four digits; moves *at behind them. */
static gboolean
take_number (const char **at, guint *number)
{
  const gsize digits = strspn (*at, G_CSET_DIGITS);
  if (digits < 1 || digits > 4)
    return FALSE;
  *number = (guint) g_ascii_strtoull (*at, NULL, 10);
  *at += digits;
  return TRUE;
}

gboolean
kernel_version_parse (const char *text, KernelVersion *version)
{
  KernelVersion read = { 0 };
  const char *at = text;
  if (!take_number (&at, &read.major) || *at++ != '.' || !take_number (&at, &read.minor))
    return FALSE;
  read.has_sublevel = *at == '.';
  if (read.has_sublevel && (at++, !take_number (&at, &read.sublevel)))
    return FALSE;
  if (g_str_has_prefix (at, "-rc") || g_str_has_prefix (at, "~rc"))
    {
      at += strlen ("-rc");
      read.has_sublevel = TRUE;
      if (!take_number (&at, &read.rc) || read.rc == 0)
        return FALSE;
    }
  if (*at != '\0')
    return FALSE;
  *version = read;
  return TRUE;
}

static gint
compare_numbers (guint a, guint b)
{
  return a < b ? -1 : a > b;
}

gint
kernel_version_compare (const KernelVersion *a, const KernelVersion *b)
{
  gint order = compare_numbers (a->major, b->major);
  order = order != 0 ? order : compare_numbers (a->minor, b->minor);
  order = order != 0 ? order : compare_numbers (a->sublevel, b->sublevel);
  return order != 0 ? order : compare_numbers (a->rc != 0 ? a->rc : G_MAXUINT, b->rc != 0 ? b->rc : G_MAXUINT);
}

gboolean
kernel_version_is (const KernelVersion *wanted, const KernelVersion *version)
{
  if (wanted->has_sublevel)
    return kernel_version_compare (wanted, version) == 0;
  return wanted->major == version->major && wanted->minor == version->minor && version->rc == 0;
}

/* --- offers ----------------------------------------------------------------------------------- */

static void
offer_free (gpointer data)
{
  KernelBaseOffer *offer = data;
  g_free (offer->version);
  g_free (offer->package);
  g_free (offer->sha256);
  g_free (offer->url);
  g_free (offer);
}

GPtrArray *
base_offers_new (void)
{
  return g_ptr_array_new_with_free_func (offer_free);
}

/* The place in `packages` of the name that the package has, alone or with a version; their count: it has none. */
static guint
rank_of (const char *package, char **packages)
{
  guint rank = 0;
  for (; packages[rank] != NULL; rank++)
    {
      const char *rest = package + strlen (packages[rank]);
      if (g_str_has_prefix (package, packages[rank]) && (rest[0] == '\0' || (rest[0] == '-' && g_ascii_isdigit (rest[1]))))
        break;
    }
  return rank;
}

static gint
compare_offers (gconstpointer a, gconstpointer b, gpointer packages)
{
  const KernelBaseOffer *left = *(KernelBaseOffer *const *) a, *right = *(KernelBaseOffer *const *) b;
  KernelVersion left_version, right_version;
  g_assert (kernel_version_parse (left->version, &left_version) && kernel_version_parse (right->version, &right_version));
  const gint order = kernel_version_compare (&left_version, &right_version);
  return order != 0 ? order : compare_numbers (rank_of (left->package, packages), rank_of (right->package, packages));
}

/* The sort keeps the order of equal ones. */
void
base_offers_sort (GPtrArray *offers, char **packages)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < offers->len;)
    {
      const KernelBaseOffer *offer = g_ptr_array_index (offers, i);
      if (g_hash_table_add (seen, offer->url))
        i++;
      else
        g_ptr_array_remove_index (offers, i);
    }
  g_ptr_array_sort_with_data (offers, compare_offers, packages);
}

static gboolean
is_offer (const char *version, const char *package, const char *bytes, const char *sha256, const char *url)
{
  KernelVersion parsed;
  guint64 size;
  return kernel_version_parse (version, &parsed) && parsed.has_sublevel && package[0] != '\0' && strspn (package, PATH_LETTERS) == strlen (package)
         && g_ascii_string_to_unsigned (bytes, 10, 1, BYTES_MAX, &size, NULL) && strlen (sha256) == DIGEST_DIGITS
         && strspn (sha256, G_CSET_DIGITS "abcdef") == DIGEST_DIGITS && url[0] != '\0' && strpbrk (url, " \t\"'\\") == NULL;
}

static gboolean
add_offer (GPtrArray *offers, const char *version, const char *package, const char *bytes, const char *sha256, const char *url)
{
  if (!is_offer (version, package, bytes, sha256, url))
    return FALSE;
  KernelBaseOffer *offer = g_new0 (KernelBaseOffer, 1);
  offer->version = g_strdup (version);
  offer->package = g_strdup (package);
  offer->bytes = g_ascii_strtoull (bytes, NULL, 10);
  offer->sha256 = g_strdup (sha256);
  offer->url = g_strdup (url);
  g_ptr_array_add (offers, offer);
  return TRUE;
}

char *
base_offers_text (const GPtrArray *offers)
{
  GString *text = g_string_new (HEADER "\n");
  for (guint i = 0; i < offers->len; i++)
    {
      const KernelBaseOffer *offer = g_ptr_array_index (offers, i);
      g_string_append_printf (text, "%s\t%s\t%" G_GUINT64_FORMAT "\t%s\t%s\n", offer->version, offer->package, offer->bytes, offer->sha256, offer->url);
    }
  return g_string_free (text, FALSE);
}

gboolean
base_offers_parse (const char *text, GPtrArray **offers)
{
  g_autoptr (GPtrArray) read = base_offers_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  if (lines[0] == NULL || strcmp (lines[0], HEADER) != 0)
    return FALSE;
  for (char **line = lines + 1; *line != NULL && **line != '\0'; line++)
    {
      g_auto (GStrv) f = g_strsplit (*line, "\t", -1);
      if (g_strv_length (f) != FIELDS || !add_offer (read, f[0], f[1], f[2], f[3], f[4]))
        return FALSE;
    }
  *offers = g_steal_pointer (&read);
  return TRUE;
}

/* Mainline's release is the lowest; stable ones follow. */
GPtrArray *
base_offers_of (const GPtrArray *offers, const KernelVersion *wanted)
{
  GPtrArray *found = g_ptr_array_new ();
  for (guint i = 0; i < offers->len; i++)
    {
      KernelBaseOffer *offer = g_ptr_array_index (offers, i);
      const KernelBaseOffer *first = found->len > 0 ? g_ptr_array_index (found, 0) : offer;
      KernelVersion version;
      if (kernel_version_parse (offer->version, &version) && kernel_version_is (wanted, &version) && strcmp (first->version, offer->version) == 0)
        g_ptr_array_add (found, offer);
    }
  return found;
}

char *
base_offers_next (const GPtrArray *offers, const KernelVersion *wanted)
{
  const char *below = NULL, *above = NULL;
  for (guint i = 0; i < offers->len && above == NULL; i++)
    {
      const KernelBaseOffer *offer = g_ptr_array_index (offers, i);
      KernelVersion version;
      if (kernel_version_parse (offer->version, &version) && kernel_version_compare (&version, wanted) > 0)
        above = offer->version;
      else
        below = offer->version;
    }
  if (below == NULL || above == NULL)
    return g_strdup (below != NULL ? below : above);
  return g_strdup_printf ("%s and %s", below, above);
}

/* --- lists of source packages ----------------------------------------------------------------- */

void
sources_reader_init (SourcesReader *reader, const char *url, char **packages, GPtrArray *offers)
{
  *reader = (SourcesReader){ .url = url, .packages = packages, .offers = offers };
  reader->files = g_ptr_array_new_with_free_func (g_free);
}

void
sources_reader_clear (SourcesReader *reader)
{
  g_free (reader->package);
  g_free (reader->directory);
  if (reader->files != NULL)
    g_ptr_array_unref (reader->files);
}

/* "linux-oem-5.13_5.13.0.orig.tar.gz", "linux_7.2~rc3.orig.tar.xz": "5.13.0", "7.2.0-rc3"; NULL: another file. */
static char *
version_of_name (const char *name)
{
  static const char *const ends[] = { ".orig.tar.xz", ".orig.tar.gz", ".orig.tar.bz2" };
  const char *at = strchr (name, '_');
  KernelVersion version;
  for (guint i = 0; at != NULL && i < G_N_ELEMENTS (ends); i++)
    {
      if (!g_str_has_suffix (name, ends[i]))
        continue;
      g_autofree char *text = g_strndup (at + 1, strlen (at + 1) - strlen (ends[i]));
      if (!kernel_version_parse (text, &version))
        return NULL;
      g_autofree char *rc = version.rc != 0 ? g_strdup_printf ("-rc%u", version.rc) : g_strdup ("");
      return g_strdup_printf ("%u.%u.%u%s", version.major, version.minor, version.sublevel, rc);
    }
  return NULL;
}

static void
add_file (SourcesReader *reader, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line + 1, " ", -1);
  if (g_strv_length (words) != 3 || strspn (words[2], PATH_LETTERS) != strlen (words[2]))
    return;
  g_autofree char *version = version_of_name (words[2]);
  g_autofree char *url = g_strdup_printf ("%s%s/%s", reader->url, reader->directory, words[2]);
  if (version != NULL)
    add_offer (reader->offers, version, reader->package, words[1], words[0], url);
}

void
sources_reader_end (SourcesReader *reader)
{
  const gboolean is_plain = reader->directory != NULL && strspn (reader->directory, PATH_LETTERS) == strlen (reader->directory);
  const gboolean is_kernel = reader->package != NULL && reader->packages[rank_of (reader->package, reader->packages)] != NULL;
  for (guint i = 0; is_plain && is_kernel && i < reader->files->len; i++)
    add_file (reader, g_ptr_array_index (reader->files, i));
  g_clear_pointer (&reader->package, g_free);
  g_clear_pointer (&reader->directory, g_free);
  g_ptr_array_set_size (reader->files, 0);
  reader->in_files = FALSE;
}

static void
take_value (const char *line, const char *key, char **value)
{
  if (!g_str_has_prefix (line, key))
    return;
  g_free (*value);
  *value = g_strstrip (g_strdup (line + strlen (key)));
}

void
sources_reader_line (const char *line, gpointer user)
{
  SourcesReader *reader = user;
  if (line[0] == '\0')
    sources_reader_end (reader);
  else if (line[0] != ' ')
    {
      reader->in_files = g_str_has_prefix (line, "Checksums-Sha256:");
      take_value (line, "Package:", &reader->package);
      take_value (line, "Directory:", &reader->directory);
    }
  else if (reader->in_files && strstr (line, ".orig.tar.") != NULL)
    g_ptr_array_add (reader->files, g_strdup (line));
}
