/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of a submission in memory; see raw.h. */
#include "submission/raw.h"

#include <string.h>

#include "submission/paths.h"
#include "submission/wanted.h"

#define GIT_SMALL_MAX (4u << 20) /* packed-refs of a kernel's clone with all its tags: 100 KiB */
#define REFERENCE_BYTES_MAX 1024u
#define USELESS_LISTED_MAX 1000u /* that are told by name where nothing else is there */

RawFile *
raw_file_new (const char *name, char *data, gsize size)
{
  RawFile *file = g_new0 (RawFile, 1);
  file->name = g_strdup (name);
  file->data = data;
  file->size = size;
  file->format = data != NULL ? format_of (data, size, &file->what) : FORMAT_OTHER;
  if (data == NULL)
    file->what = "a file of more than 4 MiB";
  return file;
}

void
raw_file_free (RawFile *file)
{
  if (file == NULL)
    return;
  g_free (file->name);
  g_free (file->data);
  g_free (file->base);
  g_free (file);
}

static void
repo_free (gpointer data)
{
  RawRepo *repo = data;
  g_free (repo->name);
  g_ptr_array_unref (repo->files);
  g_free (repo->objects_dir);
  g_free (repo);
}

RawSet *
raw_set_new (void)
{
  RawSet *set = g_new0 (RawSet, 1);
  set->files = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_file_free);
  set->repos = g_ptr_array_new_with_free_func (repo_free);
  set->walk = (ArchiveWalk){
    .entries_max = SUBMISSION_ENTRIES_MAX,
    .bytes_max = SUBMISSION_BYTES_MAX,
    .names_max = SUBMISSION_NAMES_MAX,
    .skipped_max = SUBMISSION_SKIPPED_MAX,
    .end_us = archive_thread_us () + SUBMISSION_SECONDS_MAX * G_USEC_PER_SEC,
  };
  return set;
}

void
raw_set_free (RawSet *set)
{
  if (set == NULL)
    return;
  g_ptr_array_unref (set->files);
  g_ptr_array_unref (set->repos);
  g_free (set);
}

static gint
by_name (gconstpointer a, gconstpointer b)
{
  const RawFile *const *left = a, *const *right = b;
  return strverscmp ((*left)->name, (*right)->name); /* "2-b.patch" before "10-c.patch" */
}

void
raw_set_sort (RawSet *set)
{
  g_ptr_array_sort (set->files, by_name);
}

guint
raw_depth (const char *name)
{
  guint depth = 0;
  for (; *name != '\0'; name++)
    depth += *name == '/';
  return depth;
}

/* --- repositories ----------------------------------------------------------------------------- */

static gboolean
is_hex (const char *text, gsize length)
{
  return strspn (text, "0123456789abcdef") >= length;
}

static gboolean
wants_object (const char *name)
{
  if (is_hex (name, 2) && name[2] == '/')
    return is_hex (name + 3, 38) && name[41] == '\0';
  if (!g_str_has_prefix (name, "pack/pack-") || !is_hex (name + strlen ("pack/pack-"), 40))
    return FALSE;
  const char *rest = name + strlen ("pack/pack-") + 40;
  return strcmp (rest, ".pack") == 0 || strcmp (rest, ".idx") == 0;
}

/* Every name that git-check-ref-format(1) allows; a replacement is none that anybody handed in. */
static gboolean
wants_reference (const char *name)
{
  if (!g_str_has_prefix (name, "refs/") || g_str_has_prefix (name, "refs/replace/") || strlen (name) > REFERENCE_BYTES_MAX)
    return FALSE;
  for (const char *at = name; *at != '\0'; at++)
    {
      if ((guchar) *at <= ' ' || *at == 0x7f || strchr ("~^:?*[\\", *at) != NULL)
        return FALSE;
    }
  return strstr (name, "..") == NULL && strstr (name, "/.") == NULL && strstr (name, "//") == NULL && strstr (name, "@{") == NULL
         && strstr (name, ".lock/") == NULL && !g_str_has_suffix (name, ".lock") && !g_str_has_suffix (name, ".") && !g_str_has_suffix (name, "/");
}

gboolean
raw_repo_wants (const char *name)
{
  static const char *const plain[] = { "HEAD", "packed-refs", "shallow", NULL };
  if (g_strv_contains (plain, name))
    return TRUE;
  if (g_str_has_prefix (name, "objects/"))
    return wants_object (name + strlen ("objects/"));
  return wants_reference (name);
}

RawRepo *
raw_set_repo (RawSet *set, const char *name)
{
  for (guint i = 0; i < set->repos->len; i++)
    {
      RawRepo *repo = g_ptr_array_index (set->repos, i);
      if (strcmp (repo->name, name) == 0)
        return repo;
    }
  RawRepo *repo = g_new0 (RawRepo, 1);
  repo->name = g_strdup (name);
  repo->files = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_file_free);
  g_ptr_array_add (set->repos, repo);
  return repo;
}

/* The end of the first folder whose name ends in ".git": what follows is a repository's. NULL if there is none. */
static const char *
find_repo_end (const char *name)
{
  const char *end = strstr (name, ".git/");
  return end != NULL ? end + strlen (".git") : NULL;
}

static gboolean
add_to_repo (RawSet *set, const char *name, const char *end, char *data, gsize size)
{
  const char *below = end + 1;
  if (!raw_repo_wants (below))
    {
      g_free (data);
      return FALSE;
    }
  g_autofree char *folder = g_strndup (name, (gsize) (end - name));
  RawRepo *repo = raw_set_repo (set, folder);
  if (data == NULL)
    repo->cut = TRUE;
  else
    g_ptr_array_add (repo->files, raw_file_new (below, data, size));
  return data != NULL;
}

/* --- files ------------------------------------------------------------------------------------ */

gboolean
raw_name_is_packed (const char *name)
{
  static const char *const suffixes[] = { ".zip", ".tar", ".gz", ".tgz", ".xz", ".txz", ".bz2", ".tbz", ".tbz2", ".zst", ".7z", ".rar", ".bundle", NULL };
  return name_ends (name, suffixes);
}

gsize
raw_size_max (const char *name)
{
  const char *git = find_repo_end (name);
  if (git != NULL)
    return !raw_repo_wants (git + 1) ? 0 : g_str_has_prefix (git + 1, "objects/") ? (gsize) SUBMISSION_BYTES_MAX : GIT_SMALL_MAX;
  return raw_name_is_packed (name) ? (gsize) SUBMISSION_BYTES_MAX : SUBMISSION_FILE_MAX;
}

gboolean
raw_set_add (RawSet *set, const char *name, char *data, gsize size)
{
  const char *git = find_repo_end (name);
  if (git != NULL)
    return add_to_repo (set, name, git, data, size);
  g_autoptr (RawFile) file = raw_file_new (name, data, size);
  const gboolean useful = wanted_by_content (file);
  if (!useful)
    g_clear_pointer (&file->data, g_free);
  if (useful || set->files->len < USELESS_LISTED_MAX)
    g_ptr_array_add (set->files, g_steal_pointer (&file));
  else
    set->others++;
  return useful;
}

void
raw_set_pass_over (RawSet *set)
{
  set->others++;
}

void
raw_set_cut (RawSet *set, guint files, guint repos)
{
  g_ptr_array_set_size (set->files, (gint) files);
  g_ptr_array_set_size (set->repos, (gint) repos);
}
