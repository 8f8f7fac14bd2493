/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bases on demand; see bases.h. */
#include "kernel/bases.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/apt-archive.h"
#include "base/error.h"
#include "base/files.h"
#include "config/config.h"
#include "kernel/apt-root.h"
#include "kernel/base-offers.h"
#include "kernel/kvm-part.h"

#define LIST "kernel-bases.list"
#define LIST_MAX (4u << 20)
#define LIST_FRESH_S (7 * 86400)
#define LIST_NEW_S 3600
#define LISTS_BYTES (G_GUINT64_CONSTANT (160) << 20)
#define WHOLE_KIND "kernel-source"
#define PART_BYTES (G_GUINT64_CONSTANT (16) << 20)
#define ORIGIN_MAX 200u

/* --- what is offered -------------------------------------------------------------------------- */

static char *
list_path (const char *cache_dir)
{
  return g_build_filename (cache_dir, LIST, NULL);
}

/* The kept list; NULL: none that can be read. *age_s: since it was made. */
static GPtrArray *
read_list (const char *cache_dir, gint64 *age_s)
{
  g_autofree char *path = list_path (cache_dir);
  g_autofree char *text = NULL;
  GPtrArray *offers;
  struct stat st;
  if (stat (path, &st) < 0 || !files_read (path, LIST_MAX, &text, NULL, NULL) || !base_offers_parse (text, &offers))
    return NULL;
  *age_s = MAX (0, g_get_real_time () / G_USEC_PER_SEC - (gint64) st.st_mtime);
  return offers;
}

GPtrArray *
kernel_bases_known (const char *cache_dir)
{
  gint64 age_s;
  GPtrArray *offers = read_list (cache_dir, &age_s);
  return offers != NULL ? offers : base_offers_new ();
}

static gboolean
read_lists (const char *dir, const GPtrArray *lists, char **packages, GPtrArray *offers, GError **error)
{
  for (guint i = 0; i < lists->len; i++)
    {
      const AptList *list = g_ptr_array_index (lists, i);
      g_auto (SourcesReader) reader = { 0 };
      sources_reader_init (&reader, list->url, packages, offers);
      if (!apt_root_read (dir, list, sources_reader_line, &reader, error))
        return FALSE;
      sources_reader_end (&reader);
    }
  return TRUE;
}

static gboolean
check_keyring (const BasesArchive *archive, GError **error)
{
  if (access (archive->keyring, R_OK) == 0)
    return TRUE;
  return fail (error, HARNESS_ERROR_HOST, "%s: the keys that sign it are not there; try: %s%s", archive->keyring,
               archive->keyring_package[0] != '\0' ? "apt-get install " : "another keyring in the config", archive->keyring_package);
}

static gboolean
ask_archive (const KernelBasesSpec *spec, const BasesArchive *archive, char **packages, GPtrArray *offers, GError **error)
{
  g_auto (GStrv) sources = NULL;
  g_autoptr (GPtrArray) lists = NULL;
  g_autofree char *passed_over = NULL;
  g_autoptr (Scratch) scratch = scratch_new (spec->cache_dir, "apt", error);
  if (scratch == NULL || !check_keyring (archive, error)
      || !apt_archive_lines (archive->archive, archive->mirror, (const char *const *) archive->sources, &sources, error))
    return FALSE;
  const char *dir = scratch_path (scratch);
  const char *const *lines = (const char *const *) sources;
  if (!apt_root_make (dir, lines, archive->keyring, error) || !apt_root_update (dir, lines, spec->progress, &lists, &passed_over, error)
      || !read_lists (dir, lists, packages, offers, error))
    return FALSE;
  if (passed_over[0] != '\0')
    progress_say (spec->progress, "", "passed over, as they cannot be had: %s", passed_over);
  return TRUE;
}

/* An archive that cannot be asked is no reason to do without the other, nor to forget what it had. */
static gboolean
ask_archives (const KernelBasesSpec *spec, const BasesConfig *config, GPtrArray *offers, GError **error)
{
  g_autoptr (GError) first = NULL;
  guint asked = 0;
  for (guint i = 0; i < G_N_ELEMENTS (config->archives); i++)
    {
      const BasesArchive *archive = &config->archives[i];
      g_autoptr (GError) failure = NULL;
      if (archive->sources[0] == NULL)
        continue;
      if (ask_archive (spec, archive, config->packages, offers, &failure))
        asked++;
      else if (!g_error_matches (failure, HARNESS_ERROR, HARNESS_ERROR_HOST))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      else
        {
          progress_say (spec->progress, "", "%s: %s", archive->archive, failure->message);
          if (first == NULL)
            first = g_steal_pointer (&failure);
        }
    }
  if (asked > 0 && first != NULL)
    g_ptr_array_extend_and_steal (offers, kernel_bases_known (spec->cache_dir));
  if (asked > 0)
    return TRUE;
  if (first == NULL)
    return fail (error, HARNESS_ERROR_USAGE, "%s: no sources; try: sources = SUITE COMPONENT…", config->path);
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

static gboolean
make_list (const KernelBasesSpec *spec, GPtrArray **offers, GError **error)
{
  g_autofree char *path = list_path (spec->cache_dir);
  g_autoptr (GPtrArray) made = base_offers_new ();
  g_autoptr (BasesConfig) config = NULL;
  if (!bases_config_load (spec->config_path, &config, error) || !files_make_dir (spec->cache_dir, error)
      || !files_need_bytes (spec->cache_dir, LISTS_BYTES, "the archives' lists", error) || !ask_archives (spec, config, made, error))
    return FALSE;
  base_offers_sort (made, config->packages);
  g_autofree char *text = base_offers_text (made);
  if (!files_write (path, text, -1, error))
    return FALSE;
  *offers = g_steal_pointer (&made);
  return TRUE;
}

gboolean
kernel_bases_offers (const KernelBasesSpec *spec, GPtrArray **offers, GError **error)
{
  gint64 age_s = 0;
  g_autoptr (GPtrArray) kept = read_list (spec->cache_dir, &age_s);
  g_autoptr (GError) failure = NULL;
  if (kept == NULL || spec->refresh)
    return make_list (spec, offers, error);
  if (age_s > LIST_FRESH_S && !make_list (spec, offers, &failure))
    {
      if (!g_error_matches (failure, HARNESS_ERROR, HARNESS_ERROR_HOST))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      progress_say (spec->progress, "", "the list of %d days ago is taken: %s", (int) (age_s / 86400), failure->message);
      *offers = g_steal_pointer (&kept);
    }
  else if (age_s <= LIST_FRESH_S)
    *offers = g_steal_pointer (&kept);
  return TRUE;
}

/* --- keeping ---------------------------------------------------------------------------------- */

static gboolean
keep (const KernelBasesSpec *spec, Scratch *scratch, const char *what, const char *origin, KernelAtHand **base, GError **error)
{
  return kvm_part_check (scratch_path (scratch), what, error) && kernel_at_hand_keep (scratch, origin, spec->cache_dir, base, error);
}

/* A word for people: no control characters, which a name may have. */
static char *
origin_of (const char *path)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *name = g_path_get_basename (absolute);
  char *origin = g_utf8_make_valid (name, MIN ((gssize) strlen (name), (gssize) ORIGIN_MAX));
  for (char *at = origin; *at != '\0'; at++)
    {
      if (g_ascii_iscntrl (*at))
        *at = '?';
    }
  return origin;
}

gboolean
kernel_bases_keep_tree (const KernelBasesSpec *spec, const char *path, KernelAtHand **base, GError **error)
{
  g_autofree char *origin = origin_of (path);
  const gboolean is_folder = g_file_test (path, G_FILE_TEST_IS_DIR);
  if (!is_folder && !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return fail (error, HARNESS_ERROR_USAGE, "%s: there is no such folder or tarball", path);
  g_autoptr (Scratch) scratch = scratch_new (spec->cache_dir, "base", error);
  if (scratch == NULL || !files_need_bytes (spec->cache_dir, PART_BYTES, "KVM's part of a kernel", error))
    return FALSE;
  if (is_folder ? !kvm_part_copy (path, scratch, error) : !kvm_part_unpack (path, scratch, spec->progress, error))
    return FALSE;
  return keep (spec, scratch, path, origin, base, error);
}

/* --- fetching --------------------------------------------------------------------------------- */

/* The scratch folder of the download holds the apt that does it, too. */
static gboolean
download (const KernelBasesSpec *spec, const KernelBaseOffer *offer, const Scratch *scratch, char **tarball, GError **error)
{
  static const char *const none[] = { NULL };
  g_autofree char *name = g_path_get_basename (offer->url);
  g_autofree char *path = scratch_file (scratch, name);
  g_autofree char *size = g_format_size_full (offer->bytes, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *what = g_strdup_printf ("Linux %s (%s)", offer->version, size);
  const AptFile file = { .url = offer->url, .sha256 = offer->sha256, .what = what, .bytes = offer->bytes };
  progress_say (spec->progress, "", "Linux %s: %s of %s, %s", offer->version, name, offer->package, size);
  if (!files_need_bytes (spec->cache_dir, offer->bytes + PART_BYTES, what, error)
      || !apt_root_make (scratch_path (scratch), none, "/dev/null", error)
      || !apt_root_download (scratch_path (scratch), &file, path, spec->progress, error))
    return FALSE;
  *tarball = g_steal_pointer (&path);
  return TRUE;
}

static gboolean
keep_part (const KernelBasesSpec *spec, const KernelBaseOffer *offer, const char *tarball, KernelAtHand **base, GError **error)
{
  g_autoptr (Scratch) part = scratch_new (spec->cache_dir, "base", error);
  if (part == NULL || !kvm_part_unpack (tarball, part, spec->progress, error) || !kvm_part_check (scratch_path (part), offer->url, error))
    return FALSE;
  g_autofree char *version = kvm_part_version (scratch_path (part));
  if (strcmp (version, offer->version) != 0)
    return fail (error, HARNESS_ERROR_FAILED, "%s: its Makefile says that it is %s", offer->url, version);
  return kernel_at_hand_keep (part, offer->package, spec->cache_dir, base, error);
}

static gboolean
fetch_part (const KernelBasesSpec *spec, const KernelBaseOffer *offer, gpointer base, GError **error)
{
  g_autofree char *tarball = NULL;
  g_autoptr (Scratch) fetched = scratch_new (spec->cache_dir, "fetch", error);
  return fetched != NULL && download (spec, offer, fetched, &tarball, error) && keep_part (spec, offer, tarball, base, error);
}

typedef gboolean (*FetchFunc) (const KernelBasesSpec *spec, const KernelBaseOffer *offer, gpointer out, GError **error);

/* An archive's list names files that are gone: another package has the same version. Who is not reached is not asked again. */
static gboolean
fetch_first (const KernelBasesSpec *spec, const GPtrArray *offers, FetchFunc fetch_offer, gpointer out, GError **error)
{
  for (guint i = 0; i < offers->len; i++)
    {
      g_autoptr (GError) failure = NULL;
      if (fetch_offer (spec, g_ptr_array_index (offers, i), out, &failure))
        return TRUE;
      if (i + 1 == offers->len || !g_error_matches (failure, HARNESS_ERROR, HARNESS_ERROR_FAILED))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      progress_say (spec->progress, "", "%s", failure->message);
    }
  g_assert_not_reached ();
}

/* The one that is wanted among those that are kept; NULL: none. "5.13" is none but 5.13.0 here: whether another will do, the offers say. */
static KernelAtHand *
find_kept (GPtrArray *kept, const char *version)
{
  KernelVersion wanted, own;
  if (!kernel_version_parse (version, &wanted))
    return NULL;
  wanted.has_sublevel = TRUE;
  for (guint i = 0; i < kept->len; i++)
    {
      const KernelAtHand *base = g_ptr_array_index (kept, i);
      if (base->version != NULL && kernel_version_parse (base->version, &own) && kernel_version_is (&wanted, &own))
        return g_ptr_array_steal_index (kept, i);
    }
  return NULL;
}

static gboolean
not_published (const char *version, const KernelVersion *wanted, const GPtrArray *offers, GError **error)
{
  g_autofree char *next = base_offers_next (offers, wanted);
  return fail (error, HARNESS_ERROR_USAGE, "Linux %s: no archive that is asked publishes it%s%s; try: ./harness build bases for the list, --refresh for a newer "
               "one, or --tree with a source that you have", version, next != NULL ? "; next to it are " : "", next != NULL ? next : "");
}

/* What the kept list lacks a new one may have. */
static gboolean
find_offers (const KernelBasesSpec *spec, const KernelVersion *wanted, GPtrArray **offers, GError **error)
{
  gint64 age_s = 0;
  g_autoptr (GPtrArray) kept = spec->refresh ? NULL : read_list (spec->cache_dir, &age_s);
  g_autoptr (GPtrArray) matches = kept != NULL ? base_offers_of (kept, wanted) : NULL;
  if (matches == NULL || (matches->len == 0 && age_s > LIST_NEW_S))
    return make_list (spec, offers, error);
  *offers = g_steal_pointer (&kept);
  return TRUE;
}

static gboolean
fetch (const KernelBasesSpec *spec, const char *version, const KernelVersion *wanted, GPtrArray *kept, KernelAtHand **base, GError **error)
{
  g_autoptr (GPtrArray) offers = NULL;
  if (!find_offers (spec, wanted, &offers, error))
    return FALSE;
  g_autoptr (GPtrArray) matches = base_offers_of (offers, wanted);
  if (matches->len == 0)
    return not_published (version, wanted, offers, error);
  const KernelBaseOffer *offer = g_ptr_array_index (matches, 0);
  *base = find_kept (kept, offer->version);
  return *base != NULL || fetch_first (spec, matches, fetch_part, base, error);
}

gboolean
kernel_bases_fetch (const KernelBasesSpec *spec, const char *version, KernelAtHand **base, GError **error)
{
  g_autoptr (GPtrArray) kept = NULL;
  g_autoptr (KernelAtHand) found = NULL;
  KernelVersion wanted;
  if (!kernel_version_parse (version, &wanted))
    return fail (error, HARNESS_ERROR_USAGE, "\"%s\" is no kernel's version; try: 5.13, 6.12.118 or 6.2-rc3", version);
  if (!kernel_sources_kept (spec->cache_dir, spec->progress, &kept, error))
    return FALSE;
  found = find_kept (kept, version);
  if (found == NULL && !fetch (spec, version, &wanted, kept, &found, error))
    return FALSE;
  *base = g_steal_pointer (&found);
  return TRUE;
}

/* --- a whole source --------------------------------------------------------------------------- */

static char *
whole_name (const char *version)
{
  return g_strdup_printf ("linux-%s.tar", version);
}

/* Of an archive that is a folder of this host, apt gives a link to its file. */
static gboolean
take_file (const char *from, const char *to, GError **error)
{
  if (g_file_test (from, G_FILE_TEST_IS_SYMLINK))
    return files_copy (from, to, error);
  return g_rename (from, to) == 0 || fail_errno (error, errno, "%s: renaming to %s", from, to);
}

/* The name does not tell how it is compressed: archives differ, and libarchive looks for itself. */
static gboolean
fetch_whole (const KernelBasesSpec *spec, const KernelBaseOffer *offer, gpointer entry, GError **error)
{
  g_autofree char *tarball = NULL;
  g_autofree char *name = whole_name (offer->version);
  g_autoptr (KernelAtHand) base = NULL;
  g_autoptr (Scratch) fetched = scratch_new (spec->cache_dir, "fetch", error);
  g_autoptr (Scratch) whole = fetched != NULL ? scratch_new (spec->cache_dir, WHOLE_KIND, error) : NULL;
  if (whole == NULL || !download (spec, offer, fetched, &tarball, error) || !keep_part (spec, offer, tarball, &base, error))
    return FALSE;
  g_autofree char *path = scratch_file (whole, name);
  if (!take_file (tarball, path, error))
    return FALSE;
  return cache_seal (spec->cache_dir, WHOLE_KIND, offer->sha256, whole, entry, error);
}

/* Borrowed: of those the ones that are this file, in whichever package. */
static GPtrArray *
offers_of_file (const GPtrArray *offers, const char *sha256)
{
  GPtrArray *found = g_ptr_array_new ();
  for (guint i = 0; i < offers->len; i++)
    {
      KernelBaseOffer *offer = g_ptr_array_index (offers, i);
      if (strcmp (offer->sha256, sha256) == 0)
        g_ptr_array_add (found, offer);
    }
  return found;
}

static gboolean
fetch_pinned (const KernelBasesSpec *spec, const KernelPin *pin, char **entry, GError **error)
{
  KernelVersion wanted;
  g_autoptr (GPtrArray) offers = NULL;
  if (!kernel_version_parse (pin->version, &wanted) || !wanted.has_sublevel)
    return fail (error, HARNESS_ERROR_USAGE, "\"%s\" is not all of a kernel's version; try: 7.2.6", pin->version);
  if (!find_offers (spec, &wanted, &offers, error))
    return FALSE;
  g_autoptr (GPtrArray) matches = base_offers_of (offers, &wanted);
  g_autoptr (GPtrArray) same = offers_of_file (matches, pin->sha256);
  if (same->len == 0)
    return fail (error, HARNESS_ERROR_FAILED, "Linux %s: no archive that is asked publishes the tarball with SHA-256 %s; try: --refresh for a newer list, or build with "
                 "--source and a source that you have", pin->version, pin->sha256);
  return fetch_first (spec, same, fetch_whole, entry, error);
}

gboolean
kernel_source_fetched (const char *cache_dir, const KernelPin *pin, char **tarball, GError **error)
{
  g_autofree char *entry = NULL;
  g_autofree char *name = whole_name (pin->version);
  if (!cache_lookup (cache_dir, WHOLE_KIND, pin->sha256, &entry, NULL, error))
    return FALSE;
  *tarball = entry != NULL ? g_build_filename (entry, name, NULL) : NULL;
  return TRUE;
}

gboolean
kernel_source_fetch (const KernelBasesSpec *spec, const KernelPin *pin, char **tarball, GError **error)
{
  g_autofree char *kept = NULL;
  g_autofree char *entry = NULL;
  if (!kernel_source_fetched (spec->cache_dir, pin, &kept, error))
    return FALSE;
  if (kept == NULL && (!fetch_pinned (spec, pin, &entry, error) || !kernel_source_fetched (spec->cache_dir, pin, &kept, error)))
    return FALSE;
  *tarball = g_steal_pointer (&kept);
  return TRUE;
}

/* --- what to say ------------------------------------------------------------------------------ */

char *
kernel_bases_command (const char *version)
{
  KernelVersion wanted;
  if (!kernel_version_parse (version, &wanted))
    return g_strdup ("./harness build bases --tree DIR");
  if (wanted.rc == 0 && wanted.sublevel == 0)
    return g_strdup_printf ("./harness build bases %u.%u", wanted.major, wanted.minor);
  return g_strdup_printf ("./harness build bases %s", version);
}

gboolean
kernel_bases_has (const char *cache_dir, const char *version)
{
  /* Mainline's releases among the source packages of Ubuntu's focal to resolute, November 2026. */
  static const char *const mainline[] = { "5.4.0",  "5.6.0", "5.8.0", "5.10.0", "5.11.0", "5.13.0", "5.14.0", "5.15.0", "5.17.0", "5.19.0",
                                          "6.0.0",  "6.1.0", "6.2.0", "6.5.0",  "6.8.0",  "6.11.0", "6.14.0", "6.17.0", "7.0.0" };
  g_autoptr (GPtrArray) offers = kernel_bases_known (cache_dir);
  KernelVersion wanted, one;
  if (!kernel_version_parse (version, &wanted))
    return FALSE;
  wanted.has_sublevel = TRUE;
  g_autoptr (GPtrArray) matches = base_offers_of (offers, &wanted);
  if (matches->len > 0 || offers->len > 0)
    return matches->len > 0;
  for (guint i = 0; i < G_N_ELEMENTS (mainline); i++)
    {
      if (kernel_version_parse (mainline[i], &one) && kernel_version_is (&wanted, &one))
        return TRUE;
    }
  return FALSE;
}
