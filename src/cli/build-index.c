/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness build index: what every kernel's KVM has, as hashes, from unpacked sources. */
#include "cli/build-index.h"

#include <stdio.h>

#include "base/error.h"
#include "base/files.h"
#include "submission/kernel-index.h"

/* A source is named by its folder: "linux/6.1.192". */
static gboolean
add_source (KernelIndex *index, const char *dir, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (dir, NULL);
  g_autofree char *name = g_path_get_basename (absolute);
  g_autofree char *cpuid = g_build_filename (dir, "arch/x86/kvm/cpuid.c", NULL);
  guint version;
  if (!g_file_test (cpuid, G_FILE_TEST_IS_REGULAR))
    return fail (error, HARNESS_ERROR_USAGE, "%s: no kernel source: arch/x86/kvm/cpuid.c is missing; try: the top of an unpacked tree, in a folder of its version's name", dir);
  return kernel_index_add (index, name, dir, &version, error);
}

gboolean
build_index (const char *output, char **dirs, GError **error)
{
  g_autoptr (KernelIndex) index = kernel_index_new ();
  gsize size;
  if (output == NULL || dirs[0] == NULL)
    return fail (error, HARNESS_ERROR_USAGE, "build index takes --output FILE and the kernels' unpacked sources, oldest first; try: build index --output configs/kernels.index DIR…");
  for (guint i = 0; dirs[i] != NULL; i++)
    {
      if (!add_source (index, dirs[i], error))
        return FALSE;
    }
  g_autoptr (GBytes) bytes = kernel_index_write (index, error);
  if (bytes == NULL)
    return FALSE;
  const char *data = g_bytes_get_data (bytes, &size);
  if (!files_write (output, data, (gssize) size, error))
    return FALSE;
  printf ("%s: %u kernels, %zu KiB\n", output, kernel_index_versions (index), size / 1024);
  return TRUE;
}
