/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of reading submissions share: stand-ins for kernel files, archives made in memory, and reading with the usual policy. */
#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include "unit.h"

#include "submission/submission.h"

#define CPUID_C "#include <linux/kvm_host.h>\nint kvm_emulate_cpuid(struct kvm_vcpu *vcpu)\n{\n\treturn 1;\n}\n"
#define CPUID_C_2 "#include <linux/kvm_host.h>\nint kvm_emulate_cpuid(struct kvm_vcpu *vcpu)\n{\n\treturn 2;\n}\n"
#define VMX_C "#include <linux/kvm_host.h>\nstatic int vmx_handle_exit(struct kvm_vcpu *vcpu)\n{\n\treturn 1;\n}\n"
#define SVM_C "#include <linux/kvm_host.h>\nstatic int svm_handle_exit(struct kvm_vcpu *vcpu)\n{\n\treturn 1;\n}\n"

static const char *const usual_policy[] = { "arch/x86/kvm/", "arch/x86/include/asm/kvm_host.h", NULL };

static const char *const *asked_names; /* what the assignment is called; a test may set it */

/* DIR/name read, DIR/scratch-… being the scratch folder. Exactly one of the two is set. */
static inline void
read_submission (const char *dir, const char *name, const char *base, Submission **submission, Fault **fault)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *scratch = g_build_filename (dir, "scratch-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;
  assert_non_null (g_mkdtemp (scratch));
  const SubmissionSpec spec = { .path = path, .scratch_dir = scratch, .base = base, .names = asked_names, .allowed = usual_policy };
  *submission = NULL;
  *fault = NULL;
  const gboolean ok = submission_read (&spec, submission, fault, &error);
  assert_no_failure (error);
  assert_true (ok);
  assert_true ((*submission == NULL) != (*fault == NULL));
}

static inline Submission *
read_good (const char *dir, const char *name)
{
  Submission *submission;
  g_autoptr (Fault) fault = NULL;
  read_submission (dir, name, NULL, &submission, &fault);
  if (fault != NULL)
    fail_msg ("unexpected: %s: %s", stage_name (fault->stage), fault->reason);
  return submission;
}

static inline void
expect_fault (const char *dir, const char *name, Stage stage, const char *part)
{
  g_autoptr (Submission) submission = NULL;
  g_autoptr (Fault) fault = NULL;
  read_submission (dir, name, NULL, &submission, &fault);
  if (fault == NULL)
    fail_msg ("%s: no fault, but %u files, expected: %s", name, submission->files->len, part);
  assert_text_has (fault->reason, part);
  assert_string_equal (stage_name (fault->stage), stage_name (stage));
}

static inline void
assert_note (const Submission *submission, const char *part)
{
  for (guint i = 0; i < submission->notes->len; i++)
    {
      if (strstr (g_ptr_array_index (submission->notes, i), part) != NULL)
        return;
    }
  for (guint i = 0; i < submission->notes->len; i++)
    print_message ("note: %s\n", (char *) g_ptr_array_index (submission->notes, i));
  fail_msg ("no note has \"%s\"", part);
}

static inline void
assert_no_notes (const Submission *submission)
{
  if (submission->notes->len > 0)
    fail_msg ("unexpected note: %s", (char *) g_ptr_array_index (submission->notes, 0));
}

static inline void
assert_file (const Submission *submission, const char *path, const char *from, const char *text)
{
  const SubmissionFile *file = submission_find (submission, path);
  if (file == NULL)
    fail_msg ("%s is not there", path);
  assert_string_equal (file->from, from);
  assert_string_equal (file->text, text);
}

/* --- archives --------------------------------------------------------------------------------- */

typedef struct
{
  const char *name;
  const char *data;   /* or a link's target */
  mode_t type;        /* 0: AE_IFREG */
  const char *hardlink;
  gsize size;         /* 0: the data's length */
} Packed;

/* Of a format by libarchive's name ("zip", "gnutar", "7zip") and a filter ("none", "gzip", …). */
static inline char *
pack (const char *path, const char *format, const char *filter, const char *password, const Packed *entries, gsize n)
{
  struct archive *writer = archive_write_new ();
  assert_int_equal (archive_write_set_format_by_name (writer, format), ARCHIVE_OK);
  assert_true (strcmp (filter, "none") == 0 || archive_write_add_filter_by_name (writer, filter) >= ARCHIVE_WARN);
  if (password != NULL)
    {
      assert_int_equal (archive_write_set_options (writer, "zip:encryption=zipcrypt"), ARCHIVE_OK);
      assert_int_equal (archive_write_set_passphrase (writer, password), ARCHIVE_OK);
    }
  assert_int_equal (archive_write_open_filename (writer, path), ARCHIVE_OK);
  for (gsize i = 0; i < n; i++)
    {
      struct archive_entry *entry = archive_entry_new ();
      const mode_t type = entries[i].type != 0 ? entries[i].type : AE_IFREG;
      const gsize size = type != AE_IFREG || entries[i].hardlink != NULL || entries[i].data == NULL ? 0 : entries[i].size != 0 ? entries[i].size : strlen (entries[i].data);
      archive_entry_set_pathname (entry, entries[i].name);
      archive_entry_set_filetype (entry, type);
      archive_entry_set_perm (entry, 0644);
      archive_entry_set_size (entry, (la_int64_t) size);
      if (type == AE_IFLNK)
        archive_entry_set_symlink (entry, entries[i].data);
      if (entries[i].hardlink != NULL)
        archive_entry_set_hardlink (entry, entries[i].hardlink);
      assert_true (archive_write_header (writer, entry) >= ARCHIVE_WARN);
      if (size > 0)
        assert_int_equal (archive_write_data (writer, entries[i].data, size), size);
      archive_entry_free (entry);
    }
  assert_int_equal (archive_write_close (writer), ARCHIVE_OK);
  archive_write_free (writer);
  return g_strdup (path);
}

static inline void
pack_in (const char *dir, const char *name, const char *format, const char *filter, const Packed *entries, gsize n)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_free (pack (path, format, filter, NULL, entries, n));
}
