/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A few folders of a kernel's source; see kvm-part.h. */
#include "kernel/kvm-part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/archive.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"

#define ENTRIES_MAX 400000
#define BYTES_MAX (G_GINT64_CONSTANT (6) << 30)
#define FILE_MAX (4 * 1024 * 1024)
#define FILES_MAX 2000u
#define DEPTH_MAX 8u
#define BLOCK_BYTES (128 * 1024)
#define UNPACK_SECONDS 12
#define EXTRA_MAX 40u

static const char *const wanted_folders[] = { "arch/x86/kvm", "virt/kvm" };
static const char *const wanted_files[] = { "arch/x86/include/asm/kvm_host.h", "include/linux/kvm_host.h", "Makefile" };

/* --- of a tarball ----------------------------------------------------------------------------- */

typedef struct
{
  const Scratch *scratch;
  GByteArray *file;
  gint64 size; /* of the tarball */
  Progress *progress;
  double shown;
} Part;

static gboolean
is_wanted (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (wanted_files); i++)
    {
      if (strcmp (path, wanted_files[i]) == 0)
        return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (wanted_folders); i++)
    {
      const gsize length = strlen (wanted_folders[i]);
      if (g_str_has_prefix (path, wanted_folders[i]) && path[length] == '/' && path[length + 1] != '\0')
        return TRUE;
    }
  return FALSE;
}

/* Of a file that is wanted, the path below the tree's top, which is the archive's or its one folder; else NULL. Two folders of a tree have ones like those that are wanted. */
static const char *
wanted_path (const char *name)
{
  const char *path = g_str_has_prefix (name, "./") ? name + 2 : name;
  if (!archive_path_is_inside (path) || g_str_has_prefix (path, "tools/") || g_str_has_prefix (path, "Documentation/"))
    return NULL;
  if (is_wanted (path))
    return path;
  path = strchr (path, '/');
  return path != NULL && is_wanted (path + 1) ? path + 1 : NULL;
}

static gboolean
add_block (const void *block, gsize size, gint64 offset, gpointer user, GError **error)
{
  Part *part = user;
  if (offset != (gint64) part->file->len || part->file->len + size > FILE_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "a file that is sparse or larger than %d MiB", FILE_MAX >> 20);
  g_byte_array_append (part->file, block, (guint) size);
  return TRUE;
}

static void
show (Part *part, Archive *reader)
{
  const double fraction = part->size > 0 ? (double) archive_filter_bytes (reader, -1) / (double) part->size : 0;
  if (fraction < part->shown + 0.01)
    return;
  part->shown = fraction;
  progress_update (part->progress, "", MIN (fraction, 0.99), NULL);
}

static gboolean
put (const Scratch *scratch, const char *path, const void *data, gsize size, GError **error)
{
  g_autofree char *target = scratch_file (scratch, path);
  g_autofree char *parent = g_path_get_dirname (target);
  return files_make_dir (parent, error) && files_write (target, data, (gssize) size, error);
}

static gboolean
take_entry (ArchiveWalk *walk, Archive *reader, struct archive_entry *entry, gpointer user, GError **error)
{
  Part *part = user;
  const char *name = archive_entry_pathname (entry);
  const char *path = name != NULL ? wanted_path (name) : NULL;
  show (part, reader);
  if (path == NULL || archive_entry_filetype (entry) != AE_IFREG || archive_entry_hardlink (entry) != NULL)
    return archive_walk_data (walk, reader, NULL, NULL, error);
  g_byte_array_set_size (part->file, 0);
  if (!archive_walk_data (walk, reader, add_block, part, error))
    {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }
  return put (part->scratch, path, part->file->data, part->file->len, error);
}

static gboolean
unpack (const char *tarball, Part *part, GError **error)
{
  ArchiveWalk walk = { .what = tarball, .entries_max = ENTRIES_MAX, .bytes_max = BYTES_MAX };
  g_autoptr (Archive) reader = archive_read_new ();
  archive_read_support_filter_all (reader);
  archive_read_support_format_tar (reader);
  if (archive_read_open_filename (reader, tarball, BLOCK_BYTES) != ARCHIVE_OK)
    return archive_read_failed (&walk, reader, error);
  return archive_walk (&walk, reader, take_entry, part, error);
}

gboolean
kvm_part_unpack (const char *tarball, const Scratch *scratch, Progress *progress, GError **error)
{
  struct stat st;
  if (stat (tarball, &st) < 0)
    return fail_errno (error, errno, "%s", tarball);
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autofree char *name = g_path_get_basename (tarball);
  g_autofree char *stage = g_strconcat ("KVM of ", name, NULL);
  Part part = { .scratch = scratch, .file = file, .size = st.st_size, .progress = progress };
  progress_begin (progress, "", stage, UNPACK_SECONDS);
  const gboolean ok = unpack (tarball, &part, error);
  progress_end (progress, "", ok, NULL);
  return ok;
}

/* --- of a tree -------------------------------------------------------------------------------- */

/* A link, a device or what is not there is passed over. */
static gboolean
copy_file (const char *tree, const char *path, const Scratch *scratch, GError **error)
{
  g_autofree char *from = g_build_filename (tree, path, NULL);
  g_autofree char *data = NULL;
  struct stat st;
  gsize size;
  if (lstat (from, &st) < 0 || !S_ISREG (st.st_mode))
    return TRUE;
  return cancel_check (error) && files_read (from, FILE_MAX, &data, &size, error) && put (scratch, path, data, size, error);
}

static gboolean
copy_folder (const char *tree, const char *path, const Scratch *scratch, guint depth, guint *files, GError **error)
{
  g_autofree char *folder = g_build_filename (tree, path, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *below = g_build_filename (path, name, NULL);
      g_autofree char *full = g_build_filename (tree, below, NULL);
      struct stat st;
      if (lstat (full, &st) < 0)
        continue;
      if (++*files > FILES_MAX || depth > DEPTH_MAX)
        return fail (error, HARNESS_ERROR_USAGE, "%s: more than %u files, or more than %u folders deep", folder, FILES_MAX, DEPTH_MAX);
      if (S_ISDIR (st.st_mode) && !copy_folder (tree, below, scratch, depth + 1, files, error))
        return FALSE;
      /* What a build left there is no source. */
      if (S_ISREG (st.st_mode) && name[0] != '.' && g_strrstr (name, ".o") == NULL && !g_str_has_suffix (name, ".ko")
          && !copy_file (tree, below, scratch, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
kvm_part_copy (const char *tree, const Scratch *scratch, GError **error)
{
  guint files = 0;
  for (guint i = 0; i < G_N_ELEMENTS (wanted_files); i++)
    {
      if (!copy_file (tree, wanted_files[i], scratch, error))
        return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (wanted_folders); i++)
    {
      if (!copy_folder (tree, wanted_folders[i], scratch, 0, &files, error))
        return FALSE;
    }
  return TRUE;
}

/* --- what it is ------------------------------------------------------------------------------- */

static gboolean
read_number (const char *makefile, const char *name, guint *number)
{
  g_autofree char *pattern = g_strdup_printf ("^%s = ([0-9]{1,4})$", name);
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  if (!g_regex_match (regex, makefile, 0, &match))
    return FALSE;
  g_autofree char *digits = g_match_info_fetch (match, 1);
  *number = (guint) g_ascii_strtoull (digits, NULL, 10);
  return TRUE;
}

char *
kvm_part_version (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "Makefile", NULL);
  g_autofree char *makefile = NULL;
  guint version, patchlevel, sublevel;
  if (!files_read (path, FILE_MAX, &makefile, NULL, NULL) || !g_utf8_validate (makefile, -1, NULL)
      || !read_number (makefile, "VERSION", &version)
      || !read_number (makefile, "PATCHLEVEL", &patchlevel) || !read_number (makefile, "SUBLEVEL", &sublevel))
    return NULL;
  g_autoptr (GRegex) regex = g_regex_new ("^EXTRAVERSION = ([A-Za-z0-9.+~_-]{1,40})$", G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *extra = g_regex_match (regex, makefile, 0, &match) ? g_match_info_fetch (match, 1) : g_strdup ("");
  return g_strdup_printf ("%u.%u.%u%s", version, patchlevel, sublevel, extra);
}

gboolean
kvm_part_check (const char *dir, const char *what, GError **error)
{
  static const char *const files[] = { "arch/x86/kvm/x86.c", "arch/x86/kvm/cpuid.c", "virt/kvm/kvm_main.c", "arch/x86/include/asm/kvm_host.h" };
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (dir, files[i], NULL);
      if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return fail (error, HARNESS_ERROR_USAGE, "%s: no kernel source: %s is missing; try: the top folder of a Linux tree, or its tarball", what, files[i]);
    }
  g_autofree char *version = kvm_part_version (dir);
  return version != NULL || fail (error, HARNESS_ERROR_USAGE, "%s: no kernel source: Makefile tells no version", what);
}

static void
list_files (const char *dir, const char *path, GPtrArray *names)
{
  g_autofree char *folder = g_build_filename (dir, path, NULL);
  g_autoptr (GDir) handle = g_dir_open (folder, 0, NULL);
  for (const char *name; handle != NULL && (name = g_dir_read_name (handle)) != NULL;)
    {
      g_autofree char *below = g_build_filename (path, name, NULL);
      g_autofree char *full = g_build_filename (dir, below, NULL);
      if (g_file_test (full, G_FILE_TEST_IS_DIR))
        list_files (dir, below, names);
      else
        g_ptr_array_add (names, g_steal_pointer (&below));
    }
}

gboolean
kvm_part_key (const char *dir, char **key, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (InputHash) hash = input_hash_new ("KVM's part");
  list_files (dir, "", names);
  files_sort_names (names);
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *path = g_build_filename (dir, name, NULL);
      if (!input_hash_add_file (hash, name, path, error))
        return FALSE;
    }
  *key = input_hash_end (hash);
  return TRUE;
}
