/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index of kernels: what it knows of sources, its file and that file damaged, and the one that comes with the harness. */
#include "unit.h"

#include <gio/gio.h>

#include "submission/kernel-index.h"

#define CPUID "arch/x86/kvm/cpuid.c"

static void
put_source (const char *dir, const char *name, const char *text)
{
  g_autofree char *folder = g_build_filename (dir, name, NULL);
  g_free (put_file (folder, CPUID, text));
  g_free (put_file (folder, "arch/x86/include/asm/msr.h", "#define MSR_ONE 1\n"));
}

static gboolean
add (KernelIndex *index, const char *dir, const char *name, guint *version, GError **error)
{
  g_autofree char *folder = g_build_filename (dir, name, NULL);
  return kernel_index_add (index, name, folder, version, error);
}

/* Three versions: the first two have the same f(), the third another one; g() is of the second alone. */
static KernelIndex *
make_index (const char *dir)
{
  static const char *const names[] = { "5.4.0", "5.10.0", "6.1.0" };
  static const char *const texts[] = { "int f(void)\n{\n\tif (a)\n\t\told_call();\n}\nint v = 3;\n",
                                       "int f(void) { if (a) { old_call(); } }\nint g(void) { return 2; }\nint v = 3;\n",
                                       "int f(void)\n{\n\tif (a)\n\t\tnew_call();\n}\nint v = 3;\n" };
  KernelIndex *index = kernel_index_new ();
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      guint version = 99;
      put_source (dir, names[i], texts[i]);
      const gboolean ok = add (index, dir, names[i], &version, &error);
      assert_no_failure (error);
      assert_true (ok);
      assert_int_equal (version, i);
    }
  return index;
}

static void
assert_bodies (KernelIndex *index, const char *name, guint count, guint64 first, guint64 second)
{
  const GPtrArray *bodies = kernel_index_bodies (index, name);
  assert_non_null (bodies);
  assert_int_equal (bodies->len, count);
  assert_int_equal (((const KernelBody *) g_ptr_array_index (bodies, 0))->versions, first);
  if (count > 1)
    assert_int_equal (((const KernelBody *) g_ptr_array_index (bodies, 1))->versions, second);
}

static void
assert_all (KernelIndex *index)
{
  assert_int_equal (kernel_index_versions (index), 3);
  assert_string_equal (kernel_index_version (index, 1), "5.10.0");
  assert_int_equal (kernel_index_find (index, "6.1.0"), 2);
  assert_int_equal (kernel_index_find (index, "6.1"), -1);
  assert_bodies (index, "f", 2, 3, 4);
  assert_bodies (index, "g", 1, 2, 0);
  assert_bodies (index, "v", 1, 7, 0);
  assert_null (kernel_index_bodies (index, "h"));
  assert_true (kernel_index_knows_word (index, "old_call"));
  assert_true (kernel_index_knows_word (index, "MSR_ONE"));
  assert_false (kernel_index_knows_word (index, "my_call"));
  assert_false (kernel_index_knows_word (index, ""));
}

static void
test_added (void **state)
{
  g_autoptr (KernelIndex) index = make_index (*state);
  assert_all (index);
  const KernelBody *body = g_ptr_array_index (kernel_index_bodies (index, "f"), 0);
  g_autoptr (CSource) source = c_source_new ("int f(void) { if (a) old_call(); }");
  g_autoptr (Statement) tree = statement_of_item (source, g_ptr_array_index (source->items, 0));
  assert_true (statement_same (body->tree, tree));
}

static char *
write_index (const KernelIndex *index, const char *dir)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = kernel_index_write (index, &error);
  assert_no_failure (error);
  char *path = g_build_filename (dir, "index", NULL);
  assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), NULL));
  return path;
}

static void
test_round_trip (void **state)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (KernelIndex) index = make_index (*state);
  g_autofree char *path = write_index (index, *state);
  g_autoptr (KernelIndex) back = kernel_index_read (path, &error);
  assert_no_failure (error);
  assert_all (back);
  g_autoptr (GBytes) first = kernel_index_write (index, NULL);
  g_autoptr (GBytes) again = kernel_index_write (index, NULL);
  g_autoptr (GBytes) of_back = kernel_index_write (back, NULL);
  assert_true (g_bytes_equal (first, again));
  assert_true (g_bytes_equal (first, of_back));
}

/* Refused with our words or gzip's; or read: what a flipped bit makes may be an index too. */
static void
try_bytes (const char *path, const guint8 *data, gsize size, gboolean must_fail)
{
  g_autoptr (GError) error = NULL;
  assert_true (g_file_set_contents (path, (const char *) data, (gssize) size, NULL));
  g_autoptr (KernelIndex) index = kernel_index_read (path, &error);
  assert_true ((index == NULL) == (error != NULL));
  if (must_fail)
    assert_null (index);
  if (index != NULL)
    kernel_index_bodies (index, "f");
  else
    assert_text_has (error->message, path);
}

static GBytes *
convert (GConverter *converter, const guint8 *data, gsize size)
{
  g_autoptr (GInputStream) from = g_memory_input_stream_new_from_data (data, (gssize) size, NULL);
  g_autoptr (GInputStream) through = g_converter_input_stream_new (from, converter);
  g_autoptr (GOutputStream) to = g_memory_output_stream_new_resizable ();
  assert_true (g_output_stream_splice (to, through, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, NULL) >= 0);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (to));
}

static void
try_unpacked (const char *path, const guint8 *data, gsize size, gboolean must_fail)
{
  g_autoptr (GConverter) gzip = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1));
  g_autoptr (GBytes) packed = convert (gzip, data, size);
  try_bytes (path, g_bytes_get_data (packed, NULL), g_bytes_get_size (packed), must_fail);
}

static void
test_damaged (void **state)
{
  g_autoptr (KernelIndex) index = make_index (*state);
  g_autofree char *path = write_index (index, *state);
  g_autoptr (GBytes) packed = kernel_index_write (index, NULL);
  g_autoptr (GConverter) gunzip = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  g_autoptr (GBytes) plain = convert (gunzip, g_bytes_get_data (packed, NULL), g_bytes_get_size (packed));
  gsize size, packed_size;
  const guint8 *data = g_bytes_get_data (plain, &size), *packed_data = g_bytes_get_data (packed, &packed_size);
  for (gsize length = 0; length < packed_size; length++)
    try_bytes (path, packed_data, length, TRUE);
  for (gsize length = 0; length < size; length++)
    try_unpacked (path, data, length, TRUE);
  for (gsize at = 0; at < size; at++)
    for (guint bit = 0; bit < 8; bit++)
      {
        g_autofree guint8 *bad = g_memdup2 (data, size);
        bad[at] ^= (guint8) (1u << bit);
        try_unpacked (path, bad, size, FALSE);
      }
  g_autofree guint8 *more = g_malloc0 (size + 1);
  memcpy (more, data, size);
  try_unpacked (path, more, size + 1, TRUE);
}

/* Numbers that ask for memory which the file does not fill. */
static void
test_large_counts (void **state)
{
  g_autofree char *path = g_build_filename (*state, "index", NULL);
  static const guint8 large[] = { 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f };
  static const guint8 words[] = { 1, 0, 0xff, 0xff, 0xff, 0x07 }; /* and none follows */
  static const guint8 keys[] = { 1, 0, 0, 0xff, 0xff, 0xff, 0x07 };
  static const guint8 format[] = { 2, 0, 0, 0, 0 };
  static const guint8 empty[] = { 1, 0, 0, 0, 0 };
  try_unpacked (path, large, sizeof large, TRUE);
  try_unpacked (path, words, sizeof words, TRUE);
  try_unpacked (path, keys, sizeof keys, TRUE);
  try_unpacked (path, format, sizeof format, TRUE);
  g_autoptr (GConverter) gzip = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1));
  g_autoptr (GBytes) packed = convert (gzip, empty, sizeof empty);
  assert_true (g_file_set_contents (path, g_bytes_get_data (packed, NULL), (gssize) g_bytes_get_size (packed), NULL));
  g_autoptr (KernelIndex) index = kernel_index_read (path, NULL);
  assert_non_null (index);
  assert_int_equal (kernel_index_versions (index), 0);
}

/* A body that is one head in another, deeper than a stack: cut, not followed. */
static void
test_deep (void **state)
{
  g_autofree char *path = g_build_filename (*state, "index", NULL);
  g_autoptr (GByteArray) data = g_byte_array_new ();
  static const guint8 begin[] = { 1, 0, 0, 1, 'k', 'e', 'y', 's', 1, 1, 'f', 1, 1, 0xc0, 0x84, 0x3d }; /* one key, f, one body of 1000000 */
  static const guint8 first = 8, next = 4; /* the key's number with children; the same again */
  g_byte_array_append (data, begin, sizeof begin);
  g_byte_array_append (data, &first, 1);
  for (guint i = 1; i < 1000000; i++)
    g_byte_array_append (data, &next, 1);
  g_autoptr (GConverter) gzip = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1));
  g_autoptr (GBytes) packed = convert (gzip, data->data, data->len);
  assert_true (g_file_set_contents (path, g_bytes_get_data (packed, NULL), (gssize) g_bytes_get_size (packed), NULL));
  g_autoptr (GError) error = NULL;
  g_autoptr (KernelIndex) index = kernel_index_read (path, &error);
  assert_no_failure (error);
  assert_non_null (kernel_index_bodies (index, "f"));
}

static void
test_full (void **state)
{
  g_autoptr (KernelIndex) index = kernel_index_new ();
  g_autoptr (GError) error = NULL;
  guint version;
  put_source (*state, "one", "int f(void) { return 1; }\n");
  for (guint i = 0; i < KERNEL_INDEX_VERSIONS_MAX; i++)
    assert_true (add (index, *state, "one", &version, NULL));
  assert_int_equal (version, KERNEL_INDEX_VERSIONS_MAX - 1);
  assert_bodies (index, "f", 1, G_MAXUINT64, 0);
  assert_false (add (index, *state, "one", &version, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "64 versions at the most");
}

static void
test_of_the_harness (void **state)
{
  (void) state;
  g_autoptr (GError) error = NULL;
  g_autoptr (KernelIndex) index = kernel_index_read ("configs/kernels.index", &error);
  assert_no_failure (error);
  assert_true (kernel_index_versions (index) > 10);
  const GPtrArray *bodies = kernel_index_bodies (index, "kvm_emulate_cpuid");
  guint64 versions = 0;
  assert_non_null (bodies);
  for (guint i = 0; i < bodies->len; i++)
    versions |= ((const KernelBody *) g_ptr_array_index (bodies, i))->versions;
  for (guint i = 0; i < kernel_index_versions (index); i++)
    assert_true ((versions >> i & 1) != 0);
  assert_true (kernel_index_knows_word (index, "kvm_emulate_cpuid"));
  assert_null (kernel_index_bodies (index, "total_exits"));
}

#define TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_added), TEST (test_round_trip), TEST (test_damaged), TEST (test_large_counts), TEST (test_deep), TEST (test_full), cmocka_unit_test (test_of_the_harness),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
