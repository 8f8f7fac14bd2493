/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L1's root image, from the cache or built; see image.h. */
#include "image/image.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/run.h"
#include "image/closure.h"
#include "image/contents.h"
#include "image/squashfs.h"

#define ALIGN (2u << 20)
#define EXPECTED_S 22.0 /* with libguestfs's appliance under TCG, on two cores */
#define NEED_BYTES (512ull << 20)

void
image_artefact_free (ImageArtefact *artefact)
{
  if (!artefact)
    return;
  g_free (artefact->dir);
  g_free (artefact->key);
  g_free (artefact->root_image);
  g_free (artefact->sha256);
  g_free (artefact->qemu_version);
  g_free (artefact->host_files);
  g_free (artefact);
}

static gboolean
add_modules (Contents *contents, const char *kernel_dir, GError **error)
{
  g_autofree char *path = g_build_filename (kernel_dir, "modules", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  const char *name;

  if (!dir)
    return FALSE;
  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *source = g_build_filename (path, name, NULL);
      g_autofree char *target = g_build_filename ("modules", name, NULL);

      contents_add_file (contents, target, source, 0644);
    }
  return TRUE;
}

/* L2's initramfs: its init and a console to speak on. */
static gboolean
add_l2 (Contents *contents, const ImageSpec *spec, const char *scratch_dir, GError **error)
{
  g_autofree char *kernel = g_build_filename (spec->kernel->dir, "bzImage", NULL);
  g_autofree char *initrd = g_build_filename (scratch_dir, "initrd", NULL);
  g_autoptr (Contents) l2 = contents_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *data = NULL;
  gsize size;

  contents_add_file (l2, "init", spec->l2_init, 0755);
  contents_add_device (l2, "dev/console", 5, 1);
  contents_add_dir (l2, "proc");
  contents_add_dir (l2, "sys");
  if (!contents_write (l2, CONTENTS_CPIO, initrd, error) || !files_read (initrd, 64 << 20, &data, &size, error))
    return FALSE;
  bytes = g_bytes_new_take (g_steal_pointer (&data), size);
  contents_add_bytes (contents, "l2/initrd", bytes, 0644);
  contents_add_file (contents, "l2/bzImage", kernel, 0644);
  contents_add_file (contents, "l2/known-answer", spec->known_answer, 0644);
  return TRUE;
}

static void
add_shell_programs (Contents *contents, const ImageSpec *spec)
{
  contents_add_file (contents, "init", spec->exec_agent, 0755);
  contents_add_file (contents, "bin/busybox", spec->busybox, 0755);
  contents_add_file (contents, "bin/sh", spec->busybox, 0755);
}

/* L1 and L2 of a shell: the same programs in both. */
static gboolean
add_shell (Contents *contents, const ImageSpec *spec, const char *scratch_dir, GError **error)
{
  static const char *const mount_points[] = { "proc", "sys", "dev", "tmp" };
  g_autofree char *kernel = g_build_filename (spec->kernel->dir, "bzImage", NULL);
  g_autofree char *initrd = g_build_filename (scratch_dir, "initrd", NULL);
  g_autoptr (Contents) l2 = contents_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *data = NULL;
  gsize size;

  add_shell_programs (contents, spec);
  add_shell_programs (l2, spec);
  contents_add_device (l2, "dev/console", 5, 1);
  for (guint i = 0; i < G_N_ELEMENTS (mount_points); i++)
    contents_add_dir (l2, mount_points[i]);
  if (!contents_write (l2, CONTENTS_CPIO, initrd, error) || !files_read (initrd, 64 << 20, &data, &size, error))
    return FALSE;
  bytes = g_bytes_new_take (g_steal_pointer (&data), size);
  contents_add_bytes (contents, "l2/shell-initrd", bytes, 0644);
  contents_add_file (contents, "l2/bzImage", kernel, 0644);
  return add_modules (contents, spec->kernel->dir, error);
}

/* What decides who is /init and which guests there are. */
static gboolean
add_programs (const ImageSpec *spec, const char *scratch_dir, Contents *contents, GError **error)
{
  if (spec->exec_agent)
    return add_shell (contents, spec, scratch_dir, error);
  if (!spec->grader)
    {
      contents_add_file (contents, "init", spec->l1_agent, 0755);
      return add_modules (contents, spec->kernel->dir, error) && add_l2 (contents, spec, scratch_dir, error);
    }
  contents_add_dir (contents, "modules");
  contents_add_file (contents, "init", spec->grader, 0755);
  contents_add_file (contents, "l2/challenge", spec->challenge, 0644);
  contents_add_file (contents, "l2/rom", spec->rom, 0644);
  return TRUE;
}

static gboolean
gather (const ImageSpec *spec, const char *qemu, const char *scratch_dir, Contents *contents, GError **error)
{
  static const char *const mount_points[] = { "proc", "sys", "dev", "tmp" };

  for (guint i = 0; i < G_N_ELEMENTS (mount_points); i++)
    contents_add_dir (contents, mount_points[i]);
  return closure_add_program (contents, qemu, error) && closure_add_roms (contents, error) && add_programs (spec, scratch_dir, contents, error);
}

static gboolean
find_qemu (char **path, char **version, GError **error)
{
  g_autofree char *found = run_find_program ("qemu-system-x86_64");
  g_autofree char *text = NULL;
  const char *argv[] = { found, "--version", NULL };

  if (!found)
    return fail (error, HARNESS_ERROR_HOST, "qemu-system-x86_64 is not on this host; try: apt-get install qemu-system-x86");
  if (strcmp (found, "/usr/bin/qemu-system-x86_64") != 0)
    return fail (error, HARNESS_ERROR_HOST, "L1 runs the packaged QEMU at /usr/bin/qemu-system-x86_64, but %s comes first in PATH", found);
  if (!run_capture (argv, &text, error))
    return FALSE;
  *version = g_strndup (text, strcspn (text, "\n"));
  *path = g_steal_pointer (&found);
  return TRUE;
}

static gboolean
build (const ImageSpec *spec, Contents *contents, const char *description, Scratch *scratch, GError **error)
{
  g_autofree char *tar = scratch_file (scratch, "root.tar");
  g_autofree char *image = scratch_file (scratch, "root.squashfs");
  g_autofree char *list = scratch_file (scratch, "contents.txt");
  g_autofree char *initrd = scratch_file (scratch, "initrd");

  if (!files_need_bytes (spec->cache_dir, NEED_BYTES, "L1's image", error))
    return FALSE;
  if (!contents_write (contents, CONTENTS_TAR, tar, error) ||
      !squashfs_from_tar (tar, image, ALIGN, spec->hardware, spec->progress, error))
    return FALSE;
  return files_remove_tree (tar, error) && files_remove_tree (initrd, error) && files_write (list, description, -1, error);
}

/* The entry for this key: found, or built under a lock, so that two commands do not build it twice. */
static gboolean
find_or_build (const ImageSpec *spec, Contents *contents, const char *description, Scratch *scratch, ImageArtefact *artefact, GError **error)
{
  g_autofree char *lock_path = g_strdup_printf ("%s/image-%.16s.lock", spec->cache_dir, artefact->key);
  g_autoptr (FileLock) lock = NULL;
  gboolean damaged = FALSE, ok;

  lock = file_lock (lock_path, error);
  if (!lock || !cache_lookup (spec->cache_dir, "image", artefact->key, &artefact->dir, &damaged, error))
    return FALSE;
  artefact->from_cache = artefact->dir != NULL;
  if (artefact->from_cache)
    return TRUE;
  if (damaged)
    progress_say (spec->progress, "", "the cached L1 image was damaged and is built again");
  progress_begin (spec->progress, "", "L1 image (libguestfs)", EXPECTED_S);
  ok = build (spec, contents, description, scratch, error) &&
       cache_seal (spec->cache_dir, "image", artefact->key, scratch, &artefact->dir, error);
  progress_end (spec->progress, "", ok, NULL);
  return ok;
}

static char *
input_key (const char *description)
{
  g_autoptr (InputHash) hash = input_hash_new ("image");

  input_hash_add (hash, "contents", description);
  input_hash_add (hash, "format", "squashfs lz4, 2 MiB");
  return input_hash_end (hash);
}

/* The lines of the description that are of host packages, not of ours: another version of one of them is another tool. */
static char *
digest_host_files (const char *description)
{
  g_autoptr (InputHash) hash = input_hash_new ("host files");
  g_auto (GStrv) lines = g_strsplit (description, "\n", -1);

  for (guint i = 0; lines[i]; i++)
    {
      const char *target = strrchr (lines[i], ' ');

      if (target && (g_str_has_prefix (target, " usr/") || g_str_has_prefix (target, " lib")))
        input_hash_add (hash, "file", lines[i]);
    }
  return input_hash_end (hash);
}

gboolean
image_build (const ImageSpec *spec, ImageArtefact **artefact, GError **error)
{
  g_autoptr (ImageArtefact) result = g_new0 (ImageArtefact, 1);
  g_autoptr (Contents) contents = contents_new ();
  g_autoptr (Scratch) scratch = NULL;
  g_autofree char *qemu = NULL, *description = NULL;

  if (!find_qemu (&qemu, &result->qemu_version, error) || !files_make_dir (spec->cache_dir, error))
    return FALSE;
  scratch = scratch_new (spec->cache_dir, "image", error);
  if (!scratch || !gather (spec, qemu, scratch_path (scratch), contents, error) || !contents_describe (contents, &description, error))
    return FALSE;
  result->key = input_key (description);
  result->host_files = digest_host_files (description);
  if (!find_or_build (spec, contents, description, scratch, result, error))
    return FALSE;
  result->root_image = g_build_filename (result->dir, "root.squashfs", NULL);
  if (!hash_file (result->root_image, &result->sha256, error))
    return FALSE;
  *artefact = g_steal_pointer (&result);
  return TRUE;
}
