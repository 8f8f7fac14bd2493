/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Code for other programs to compare: what of a change is taken, and the folders of a batch. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "cli/grade-files.h"
#include "cli/grade-similarity.h"
#include "submission/changed-code.h"
#include "submission/csource.h"

#define LAB "#include <linux/kvm.h>\n\nstruct counts {\n\tint a;\n};\n\nint first(int a)\n{\n\treturn a;\n}\n\nint last(void)\n{\n\treturn 2;\n}\n"
#define CPUID "arch/x86/kvm/cpuid.c"

/* --- what of a change is taken ---------------------------------------------------------------- */

static void
carried_add (Carried *carried, const char *path, const char *text)
{
  CarriedFile *file = g_new0 (CarriedFile, 1);

  file->path = g_strdup (path);
  file->text = g_strdup (text);
  g_ptr_array_add (carried->files, file);
}

static void
carried_file_free (gpointer data)
{
  CarriedFile *file = data;

  g_free (file->path);
  g_free (file->text);
  g_free (file);
}

static Carried *
carried_new (void)
{
  Carried *carried = g_new0 (Carried, 1);

  carried->files = g_ptr_array_new_with_free_func (carried_file_free);
  carried->notes = g_ptr_array_new ();
  return carried;
}

static void
assert_code (const char *dir, const Carried *carried, const char *changed, const char *base)
{
  g_auto (ChangedCode) code = { 0 };
  g_autoptr (GError) error = NULL;

  assert_true (changed_code_find (carried, dir, &code, &error));
  assert_string_equal (code.changed, changed);
  assert_string_equal (code.base, base);
}

/* Whole functions, and no more than those: neither layout nor comments nor headers count. */
static void
test_changed (void **state)
{
  const char *dir = *state;
  g_autoptr (Carried) carried = carried_new ();

  g_free (put_file (dir, CPUID, LAB));
  carried_add (carried, CPUID,
               "#include <linux/atomic.h>\n#include <linux/kvm.h>\n\n/* mine */\nstatic atomic_t total;\n\nstruct counts {\n\tint a; /* one */\n};\n\n"
               "int first(int a)\n{\n\tatomic_inc(&total);\n\treturn a;\n}\n\nint last(void) { return 2; }\n");
  assert_code (dir, carried, "// " CPUID "\n\n/* mine */\nstatic atomic_t total;\n\nint first(int a)\n{\n\tatomic_inc(&total);\n\treturn a;\n}\n\n",
               "// " CPUID "\n\nint first(int a)\n{\n\treturn a;\n}\n\n");
}

/* A function that the student renamed is the kernel's all the same: base has it under its old name. */
static void
test_renamed (void **state)
{
  const char *dir = *state;
  g_autoptr (Carried) carried = carried_new ();

  g_free (put_file (dir, CPUID, "int first(int a)\n{\n\treturn a;\n}\n"));
  carried_add (carried, CPUID, "int __first(int a)\n{\n\treturn a;\n}\n");
  assert_code (dir, carried, "// " CPUID "\n\nint __first(int a)\n{\n\treturn a;\n}\n\n", "// " CPUID "\n\nint first(int a)\n{\n\treturn a;\n}\n\n");
}

static void
test_files (void **state)
{
  const char *dir = *state;
  g_autoptr (Carried) carried = carried_new ();

  g_free (put_file (dir, CPUID, LAB));
  carried_add (carried, "arch/x86/kvm/Makefile", "kvm-y += mine.o\n");
  carried_add (carried, CPUID, LAB);
  carried_add (carried, "arch/x86/kvm/gone.c", NULL);
  carried_add (carried, "arch/x86/kvm/*/mine.h", "int mine;");
  assert_code (dir, carried, "// arch/x86/kvm/_/mine.h\n\nint mine;\n\n", "");
}

/* Whole items alone, however many are written. */
static void
test_bound (void **state)
{
  g_autoptr (Carried) carried = carried_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (ChangedCode) code = { 0 };

  for (guint i = 0; i < 100000; i++)
    g_string_append_printf (text, "int number_%u = %u;\n", i, i);
  carried_add (carried, "arch/x86/kvm/new.c", text->str);
  assert_true (changed_code_find (carried, *state, &code, NULL));
  assert_true (strlen (code.changed) <= CHANGED_CODE_MAX && strlen (code.changed) > CHANGED_CODE_MAX - 64);
  assert_true (g_str_has_suffix (code.changed, ";\n\n"));
}

static void
test_join (void **state)
{
  (void) state;
  g_autoptr (GHashTable) seen = c_words_new ();
  g_autoptr (GString) out = g_string_new (NULL);

  changed_code_join (out, seen, "// a\n\nint f(void)\n{\n}\n\nint g;\n");
  changed_code_join (out, seen, "int  f ( void ) { }\nint h;");
  changed_code_join (out, seen, "} \xff\" {");
  assert_true (g_str_has_prefix (out->str, "int f(void)\n{\n}\n\nint g;\n\nint h;\n\n"));
}

/* --- folders ---------------------------------------------------------------------------------- */

static char *paths[] = { (char *) "jane.zip", (char *) "similarity.zip", (char *) "none.zip", NULL };

static GPtrArray *
graded (void)
{
  GPtrArray *entries = grade_entries_new (paths);

  for (guint i = 0; i < entries->len; i++)
    ((GradeEntry *) g_ptr_array_index (entries, i))->grade = grade_new ();
  return entries;
}

static char *
text_of (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, SIMILARITY_DIR, name, NULL);
  char *text = NULL;

  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
assert_written (const char *dir, const GPtrArray *entries, const char *told)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *said = NULL;

  assert_true (grade_similarity_write (dir, entries, &said, &error));
  assert_no_failure (error);
  assert_text_has (said, told);
}

static void
test_folders (void **state)
{
  const char *dir = *state;
  g_autoptr (GPtrArray) entries = graded ();
  GradeEntry *second = g_ptr_array_index (entries, 1);

  g_free (put_file (dir, "jane/logs/changed.c", "int mine;\n"));
  g_free (put_file (dir, "jane/logs/changed-base.c", "int f(void)\n{\n}\n"));
  g_free (put_file (dir, "similarity/logs/changed-base.c", "int f(void) { }\nint g;\n"));
  g_free (put_file (dir, SIMILARITY_DIR "/submissions/gone/change.c", "int old;\n"));
  grade_set_text (&second->grade->own_lines, "@@ -0,0 +1,2 @@\n+int mine;\n+mine++;\n");
  assert_written (dir, entries, "code to compare: 2 of 3 submissions, in ");
  assert_written (dir, entries, "similarity.d; without code that can be told for the student's: none");
  g_autofree char *whole = text_of (dir, "submissions/jane/change.c"), *lines = text_of (dir, "submissions/similarity/change.c");
  g_autofree char *base = text_of (dir, "base/base.c"), *info = text_of (dir, "info.csv");
  assert_string_equal (whole, "int mine;\n");
  assert_string_equal (lines, "int mine;\nmine++;\n");
  assert_string_equal (base, "int f(void)\n{\n}\n\nint g;\n\n");
  assert_string_equal (info, "filename,full_name,ignored\nsubmissions/jane/change.c,jane,false\nsubmissions/similarity/change.c,similarity,false\n"
                             "base/base.c,the lab's kernel,true\n");
  g_autofree char *submissions = g_build_filename (dir, SIMILARITY_DIR, "submissions", NULL);
  assert_int_equal (count_entries (submissions), 2);
}

/* What an older harness kept has no functions: the lines that the change adds stand for them. */
static void
test_added_lines (void **state)
{
  g_autoptr (GPtrArray) entries = graded ();
  GradeEntry *first = g_ptr_array_index (entries, 0);

  grade_set_text (&first->grade->carried, "--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,2 @@\n one\n-two\n+int three;\n");
  assert_written (*state, entries, "1 of 3 submissions");
  g_autofree char *text = text_of (*state, "submissions/jane/change.c"), *info = text_of (*state, "info.csv");
  assert_string_equal (text, "int three;\n");
  assert_null (strstr (info, "base.c"));
}

/* No folder where nothing is told; what an earlier one left goes. Links are not followed, neither to read nor to write. */
static void
test_nothing (void **state)
{
  const char *dir = *state;
  g_autoptr (GPtrArray) entries = graded ();
  g_autofree char *secret = put_file (dir, "elsewhere/secret", "int secret;\n");
  g_autofree char *link = g_build_filename (dir, "jane", "logs", "changed.c", NULL);
  g_autofree char *folder = g_build_filename (dir, SIMILARITY_DIR, NULL), *elsewhere = g_build_filename (dir, "elsewhere", NULL);

  g_free (put_file (dir, "jane/logs/x", ""));
  assert_int_equal (symlink (secret, link), 0);
  assert_int_equal (symlink (elsewhere, folder), 0);
  g_free (put_file (dir, "none/logs/changed.c", " \n"));
  assert_written (dir, entries, "0 of 3 submissions; without code that can be told for the student's: jane, similarity, none");
  assert_false (g_file_test (folder, G_FILE_TEST_IS_SYMLINK) || g_file_test (folder, G_FILE_TEST_EXISTS));
  assert_true (g_file_test (secret, G_FILE_TEST_EXISTS));
}

/* Not graded: not told. A file that is too large was not written by us. */
static void
test_kept (void **state)
{
  g_autoptr (GPtrArray) entries = graded ();
  GradeEntry *last = g_ptr_array_index (entries, 2);
  g_autofree char *large = g_strnfill (CHANGED_CODE_MAX + 1, 'x');

  g_clear_pointer (&last->grade, grade_free);
  g_free (put_file (*state, "jane/logs/changed.c", large));
  g_free (put_file (*state, "similarity/logs/changed.c", "int mine;\n"));
  assert_written (*state, entries, "1 of 2 submissions");
}

static void
test_fails (void **state)
{
  g_autofree char *file = put_file (*state, "file", "");
  g_autoptr (GPtrArray) entries = graded ();
  GradeEntry *first = g_ptr_array_index (entries, 0);
  g_autoptr (GError) error = NULL;
  char *told = NULL;

  grade_set_text (&first->grade->carried, "@@ -1,0 +1,1 @@\n+int three;\n");
  assert_false (grade_similarity_write (file, entries, &told, &error));
  assert_non_null (error);
  assert_null (told);
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    FOLDER_TEST (test_changed), FOLDER_TEST (test_renamed),     FOLDER_TEST (test_files),   FOLDER_TEST (test_bound), cmocka_unit_test (test_join),
    FOLDER_TEST (test_folders), FOLDER_TEST (test_added_lines), FOLDER_TEST (test_nothing), FOLDER_TEST (test_kept),  FOLDER_TEST (test_fails),
  };
  return cmocka_run_group_tests_name ("similarity", tests, NULL, NULL);
}
