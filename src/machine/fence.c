/* SPDX-License-Identifier: GPL-2.0-or-later */
/* It is built with the harness, in the folder machine/ beside it; tests' programs have that further up. */
#include "machine/fence.h"

#include "base/error.h"

#define LIBRARY "icount-fence.so"

gboolean
fence_find (const MachineSpec *spec, char **path, GError **error)
{
  static const char *const places[] = { "machine", "../machine", "../../machine" };
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = g_path_get_dirname (program != NULL ? program : ".");

  *path = NULL;
  if (spec->uri != NULL || spec->accel != ACCEL_EMULATED || spec->interactive)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *found = g_build_filename (dir, places[i], LIBRARY, NULL);
      if (!g_file_test (found, G_FILE_TEST_EXISTS))
        continue;
      *path = g_canonicalize_filename (found, NULL);
      return TRUE;
    }
  return fail (error, HARNESS_ERROR_HOST, "%s/machine/" LIBRARY " is not there, without which QEMU's instruction count is not exact; try: make", dir);
}
