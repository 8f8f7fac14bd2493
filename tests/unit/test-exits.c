/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exits.csv.gz as a container: members at every border, read by zlib's gzread; and mapped records, whose pages are given back. */
#include "unit/gen-records.h"
#include "unit/gunzip.h"
#include "unit/kinds.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/pages.h"
#include "report/exits.h"
#include "report/results.h"
#include "timeline/cursor.h"

#define STEP_NS (10 * 1000 * 1000)

static ReasonNames *
load_names (void)
{
  g_autoptr (GError) error = NULL;
  ReasonNames *names = NULL;

  reason_names_load ("configs/reasons/vmx.csv", &names, &error);
  assert_no_failure (error);
  return names;
}

static gboolean
collect (const void *data, gsize size, gpointer user, GError **error)
{
  (void) error;
  g_byte_array_append (user, data, (guint) size);
  return TRUE;
}

/* So many exits, no more: no boot, no leaves. */
static Timeline *
load_exits (guint n)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (GError) error = NULL;
  Timeline *t = NULL;

  for (guint i = 0; i < n; i++)
    gen_kernel_exit (g);
  g_autoptr (GBytes) records = gen_end (g);
  timeline_load (records, &t, &error);
  assert_no_failure (error);
  assert_int_equal (t->exits, n);
  return t;
}

/* Each row begins with its number, and the last one ends the file. */
static void
assert_numbered (const GString *content, guint n)
{
  const char *at = content->str;

  assert_true (g_str_has_prefix (at, EXITS_HEADER));
  for (guint i = 0; i <= n; i++)
    {
      if (i > 0)
        assert_int_equal (g_ascii_strtoull (at, NULL, 10), i);
      at = strchr (at, '\n');
      assert_non_null (at);
      at++;
    }
  assert_ptr_equal (at, content->str + content->len);
}

static void
assert_gzread (const char *dir, const GByteArray *packed, const GString *content)
{
  g_autofree char *path = g_build_filename (dir, "exits.csv.gz", NULL);
  g_autofree char *read = g_malloc (content->len + 1);

  assert_true (g_file_set_contents (path, (const char *) packed->data, (gssize) packed->len, NULL));
  gzFile file = gzopen (path, "rb");
  assert_non_null (file);
  assert_int_equal (gzread (file, read, (unsigned) content->len + 1), content->len);
  assert_memory_equal (read, content->str, content->len);
  assert_int_equal (gzclose_r (file), Z_OK);
}

static void
test_members (void **state)
{
  static const struct {
    guint exits, members;
  } cases[] = {
    { 0, 1 },
    { 1, 1 },
    { EXITS_PIECE_ROWS - 1, 1 },
    { EXITS_PIECE_ROWS, 1 },
    { EXITS_PIECE_ROWS + 1, 2 },
    { 2 * EXITS_PIECE_ROWS, 2 },
    { 40 * EXITS_PIECE_ROWS + 7, 41 }, /* more than are under way at once, on as many threads as may be */
  };
  g_autoptr (ReasonNames) names = load_names ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Timeline) t = load_exits (cases[i].exits);
      g_autoptr (GByteArray) packed = g_byte_array_new ();
      g_autoptr (GError) error = NULL;
      g_autofree char *sha256 = NULL;
      guint members;

      assert_true (exits_write_gz (t, names, collect, packed, &sha256, &error));
      g_autoptr (GBytes) bytes = g_bytes_new_static (packed->data, packed->len);
      g_autoptr (GString) content = gunzip (bytes, &members);
      g_autofree char *wanted = g_compute_checksum_for_string (G_CHECKSUM_SHA256, content->str, (gssize) content->len);
      assert_int_equal (members, cases[i].members);
      assert_string_equal (sha256, wanted);
      assert_numbered (content, cases[i].exits);
      assert_gzread (*state, packed, content);
    }
}

/* The header of a member tells neither time nor name nor system. */
static void
test_same_bytes (void **state)
{
  static const guint8 header[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255 };
  g_autoptr (ReasonNames) names = load_names ();
  g_autoptr (Timeline) t = load_exits (30000);
  GByteArray *packed[2];

  (void) state;
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *sha256 = NULL;
      packed[i] = g_byte_array_new ();
      assert_true (exits_write_gz (t, names, collect, packed[i], &sha256, NULL));
    }
  assert_int_equal (packed[0]->len, packed[1]->len);
  assert_memory_equal (packed[0]->data, packed[1]->data, packed[0]->len);
  assert_memory_equal (packed[0]->data, header, sizeof header);
  g_byte_array_unref (packed[0]);
  g_byte_array_unref (packed[1]);
}

/* A boot of more bytes than a walk keeps, by two vCPUs in turns that differ in length. */
static GMappedFile *
map_boot (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "records.bin", NULL);
  g_autoptr (Gen) g = gen_new (ISA_VMX, 2);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 200000; i++)
    gen_exit_on (g, i % 7 == 0 ? 1 : 0, 48, i, 0, GEN_KERNEL_RIP, 20000, 1000 + i % 900);
  gen_boot (g, 200000);
  g_autoptr (GBytes) records = gen_end (g);
  gsize size;
  const char *data = g_bytes_get_data (records, &size);
  assert_true (size > 2 * (PAGES_LAG + PAGES_STEP));
  assert_true (g_file_set_contents (path, data, (gssize) size, NULL));
  GMappedFile *file = g_mapped_file_new (path, FALSE, &error);
  assert_no_failure (error);
  return file;
}

static LabResults *
analyse (GBytes *records, const ReasonNames *names, gboolean mapped)
{
  const ResultsInputs inputs = {
    .records = records, .isa = ISA_VMX, .names = names, .leaf_map = &gen_leaf_map, .sample_ns = STEP_NS, .kinds = committed_kinds (ISA_VMX), .records_are_mapped = mapped,
  };
  g_autoptr (GError) error = NULL;
  LabResults *results = NULL;

  results_lab (&inputs, &results, &error);
  assert_no_failure (error);
  assert_int_equal (results->outcome, OUTCOME_OK);
  return results;
}

static void
test_mapped_gives_the_same (void **state)
{
  g_autoptr (ReasonNames) names = load_names ();
  g_autoptr (GMappedFile) file = map_boot (*state);
  g_autoptr (GBytes) mapped = g_mapped_file_get_bytes (file);
  g_autoptr (GBytes) copy = g_bytes_new (g_bytes_get_data (mapped, NULL), g_bytes_get_size (mapped));
  g_autoptr (LabResults) plain = analyse (copy, names, FALSE);
  g_autoptr (LabResults) given_back = analyse (mapped, names, TRUE);

  assert_string_equal (given_back->fingerprint, plain->fingerprint);
  assert_int_equal (given_back->files->len, plain->files->len);
  for (guint i = 0; i < plain->files->len; i++)
    {
      const ResultsFile *a = g_ptr_array_index (plain->files, i), *b = g_ptr_array_index (given_back->files, i);
      assert_string_equal (a->name, b->name);
      assert_true (g_bytes_equal (a->content, b->content));
    }
}

/* Records that are not aligned are copied: a copy is plain memory, which giving back would empty. */
static void
test_copy_is_kept (void **state)
{
  g_autoptr (GMappedFile) file = map_boot (*state);
  g_autoptr (GBytes) mapped = g_mapped_file_get_bytes (file);
  gsize size;
  const char *data = g_bytes_get_data (mapped, &size);
  g_autofree char *shifted = g_malloc (size + 4);
  g_autoptr (GError) error = NULL;
  g_autoptr (Timeline) t = NULL;

  memcpy (shifted + 4, data, size);
  g_autoptr (GBytes) odd = g_bytes_new_static (shifted + 4, size);
  assert_true (timeline_load_mapped (odd, &t, &error));
  assert_null (t->mapped);
}

/* Pages of [data, data + size) in our page table: bit 63 of proc(5)'s pagemap. */
static gsize
count_present (const void *data, gsize size)
{
  const gsize page = (gsize) sysconf (_SC_PAGESIZE), n = (size + page - 1) / page;
  g_autofree guint64 *entries = g_new (guint64, n);
  const int fd = open ("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  gsize present = 0;

  if (fd < 0 || pread (fd, entries, n * sizeof *entries, (off_t) ((guintptr) data / page * sizeof *entries)) != (gssize) (n * sizeof *entries))
    skip ();
  close (fd);
  for (gsize i = 0; i < n; i++)
    present += entries[i] >> 63;
  return present * page;
}

static void
test_walk_gives_back (void **state)
{
  g_autoptr (GMappedFile) file = map_boot (*state);
  g_autoptr (GBytes) records = g_mapped_file_get_bytes (file);
  g_autoptr (Timeline) t = NULL;
  ExitCursor cursor;
  gsize size;
  const void *data = g_bytes_get_data (records, &size);
  const gsize most = PAGES_LAG + PAGES_STEP + (1 << 20); /* with what the kernel maps around a fault */

  assert_true (timeline_load_mapped (records, &t, NULL));
  assert_true (count_present (data, size) < most + most);
  exit_cursor_init (&cursor, t);
  guint64 cycles = 0;
  for (const struct kvm_exit_log_record *exit; (exit = exit_cursor_next (&cursor, NULL)) != NULL;)
    cycles += exit->cycles;
  assert_int_equal (cycles, t->cycles);
  assert_true (cursor.pages.given > size - most);
  assert_true (count_present (data, size) < most);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_members, folder_setup, folder_teardown),
    cmocka_unit_test (test_same_bytes),
    cmocka_unit_test_setup_teardown (test_mapped_gives_the_same, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_copy_is_kept, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_walk_gives_back, folder_setup, folder_teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
