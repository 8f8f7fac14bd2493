/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the reader of the index of kernels. LLVMFuzzerTestOneInput takes its bytes unpacked; the plain main (left out with
 * -DFUZZ_ENGINE) draws them:   fuzz-kernel-index [seconds [seed]]
 *
 * Besides not crashing: what was read can be written, and is read again.
 */
#include <gio/gio.h>

#include "fuzz/fuzz.h"

#include "submission/kernel-index.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static GBytes *
pack (const unsigned char *data, size_t size)
{
  g_autoptr (GConverter) gzip = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1));
  g_autoptr (GInputStream) from = g_memory_input_stream_new_from_data (data, (gssize) size, NULL);
  g_autoptr (GInputStream) through = g_converter_input_stream_new (from, gzip);
  g_autoptr (GOutputStream) to = g_memory_output_stream_new_resizable ();

  if (g_output_stream_splice (to, through, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, NULL) < 0)
    abort ();
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (to));
}

static KernelIndex *
read_bytes (GBytes *bytes)
{
  static char *path;
  GError *error = NULL;

  if (path == NULL)
    path = g_strdup_printf ("%s/fuzz-kernel-index-%d", g_get_tmp_dir (), (int) getpid ());
  if (!g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), NULL))
    abort ();
  KernelIndex *index = kernel_index_read (path, &error);
  if ((index == NULL) != (error != NULL))
    abort ();
  g_clear_error (&error);
  unlink (path);
  return index;
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  g_autoptr (GBytes) packed = pack (data, size);
  g_autoptr (KernelIndex) index = read_bytes (packed);

  if (index == NULL)
    return 0;
  kernel_index_bodies (index, "f");
  g_autoptr (GBytes) written = kernel_index_write (index, NULL);
  if (written == NULL)
    abort ();
  g_autoptr (KernelIndex) again = read_bytes (written);
  if (again == NULL)
    abort ();
  return 0;
}

#ifndef FUZZ_ENGINE
/* A small index, with some bytes turned. */
static void
run_one (void)
{
  static const unsigned char small[] = { 1, 1, 3, '6', '.', '1', 1, 9, 2, 'k', 'e', 'y', 's', 'm', 'o', 'r', 'e', 1, 1, 'f', 2, 1, 3, 8, 5, 0, 2, 1, 5 };
  g_autofree unsigned char *data = g_memdup2 (small, sizeof small);
  const size_t size = draw (4) == 0 ? draw (sizeof small) : sizeof small;

  for (unsigned n = draw (4); n > 0; n--)
    data[draw (sizeof small)] = (unsigned char) (draw (2) ? draw (16) : draw (256));
  g_autofree unsigned char *exact = g_memdup2 (data, size);
  LLVMFuzzerTestOneInput (exact != NULL ? exact : (const unsigned char *) "", size);
}

int
main (int argc, char **argv)
{
  return fuzz_main (argc, argv, "fuzz-kernel-index", 10, run_one);
}
#endif
