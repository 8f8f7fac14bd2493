/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program's closure, asked of the dynamic loader; see closure.h. */
#include "image/closure.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/run.h"

#define LOADER "/lib64/ld-linux-x86-64.so.2"

/* The ROMs that `pc` without VGA and network reads, and the packages that hold them. */
static const struct {
  const char *name, *package;
} roms[] = {
  { "bios-256k.bin", "seabios" },
  { "linuxboot_dma.bin", "qemu-system-data" },
  { "multiboot_dma.bin", "qemu-system-data" },
  { "kvmvapic.bin", "qemu-system-data" },
};
static const char *const rom_dirs[] = { "/usr/share/qemu", "/usr/share/seabios" };

/* "\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x…)": the path, or NULL for lines without one. */
static char *
library_path (const char *line)
{
  const char *start = strchr (line, '/');
  const char *end = start ? strstr (start, " (0x") : NULL;

  return end ? g_strndup (start, (gsize) (end - start)) : NULL;
}

gboolean
closure_add_program (Contents *contents, const char *program, GError **error)
{
  const char *const argv[] = { LOADER, "--list", program, NULL };
  g_autofree char *list = NULL;
  g_auto (GStrv) lines = NULL;

  if (!run_capture (argv, &list, error))
    {
      g_prefix_error (error, "libraries of %s: ", program);
      return FALSE;
    }
  contents_add_file (contents, program + 1, program, 0755);
  contents_add_file (contents, &LOADER[1], LOADER, 0755);
  lines = g_strsplit (list, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    {
      g_autofree char *path = library_path (lines[i]);

      if (path)
        contents_add_file (contents, path + 1, path, 0755);
      else if (strstr (lines[i], "not found"))
        return fail (error, HARNESS_ERROR_HOST, "%s needs a library that is not there: %s", program, g_strstrip (lines[i]));
    }
  return TRUE;
}

gboolean
closure_add_roms (Contents *contents, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (roms); i++)
    {
      g_autofree char *path = files_find (rom_dirs, G_N_ELEMENTS (rom_dirs), roms[i].name);
      g_autofree char *target = g_build_filename ("usr/share/qemu", roms[i].name, NULL);

      if (!path)
        return fail (error, HARNESS_ERROR_HOST, "QEMU's ROM %s is not on this host; try: apt-get install %s", roms[i].name,
                     roms[i].package);
      contents_add_file (contents, target, path, 0644);
    }
  return TRUE;
}
