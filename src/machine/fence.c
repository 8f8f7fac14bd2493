/* SPDX-License-Identifier: GPL-2.0-or-later */
/* It is built with the harness, in the folder machine/ beside it; tests' programs have that further up. */
#include "machine/fence.h"

char *
fence_find (const MachineSpec *spec)
{
  static const char *const places[] = { "machine", "../machine", "../../machine" };
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = program != NULL ? g_path_get_dirname (program) : NULL;
  for (guint i = 0; dir != NULL && spec->uri == NULL && spec->accel == ACCEL_EMULATED && !spec->interactive && i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path = g_build_filename (dir, places[i], "icount-fence.so", NULL);
      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return g_canonicalize_filename (path, NULL);
    }
  return NULL;
}
