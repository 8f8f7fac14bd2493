/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is handed in, a stand-in for the lab's kernel to carry it onto, and what came of it. */
#pragma once
#include "unit.h"

#include "submission/carry.h"
#include "submission/parts.h"
#include "unit/carry-kernels.h"

#define CPUID "arch/x86/kvm/cpuid.c"
#define VMX "arch/x86/kvm/vmx/vmx.c"
#define MAKEFILE "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 192\n"

typedef struct
{
  char *dir, *lab, *other, *scratch;
  const char *bases[2], *names[2];
  KernelIndex *index;
  Submission submission;
  CarrySpec spec;
  Carried *carried;
  Fault *fault;
} Fixture;

static inline void
put_kernel (const char *dir, const char *cpuid_version, guint vmx_version, const char *makefile)
{
  g_autofree char *cpuid = kernel_cpuid (cpuid_version);
  g_autofree char *vmx = kernel_vmx (vmx_version);
  g_free (put_file (dir, CPUID, cpuid));
  g_free (put_file (dir, VMX, vmx));
  g_free (put_file (dir, "arch/x86/kvm/Makefile", "kvm-y += x86.o cpuid.o\n"));
  g_free (put_file (dir, "Makefile", makefile));
}

/* What the index is made of; each one's folder is "in-NAME". */
static const struct
{
  const char *name, *cpuid;
  guint vmx;
} kernels[] = { { "5.10.0", "v59", 510 }, { "5.12.0", "v512", 512 }, { "5.18.0", "v518", 518 }, { "6.1.192", "v61", 61 }, { "6.12.0", "v612", 612 } };

static inline char *
indexed_dir (const Fixture *fixture, const char *name)
{
  g_autofree char *folder = g_strconcat ("in-", name, NULL);
  return g_build_filename (fixture->dir, folder, NULL);
}

/* Another text for a file of an indexed kernel. */
static inline void
put_indexed (const Fixture *fixture, const char *name, const char *path, const char *text)
{
  g_autofree char *dir = indexed_dir (fixture, name);
  g_free (put_file (dir, path, text));
}

/* What vmx.c is in the lab's kernel and in the one of 5.12. */
static inline void
put_vmx (const Fixture *fixture, const char *lab, const char *old)
{
  g_free (put_file (fixture->lab, VMX, lab));
  put_indexed (fixture, "6.1.192", VMX, lab);
  put_indexed (fixture, "5.12.0", VMX, old);
}

static inline void
index_kernels (Fixture *fixture)
{
  fixture->index = kernel_index_new ();
  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *dir = indexed_dir (fixture, kernels[i].name);
      guint version;
      const gboolean ok = kernel_index_add (fixture->index, kernels[i].name, dir, &version, &error);
      assert_no_failure (error);
      assert_true (ok);
    }
  fixture->spec.index = fixture->index;
}

/* The lab is 6.1; 6.12 is at hand. */
static inline int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  fixture->dir = g_dir_make_tmp ("harness-unit-XXXXXX", NULL);
  fixture->lab = g_build_filename (fixture->dir, "lab", NULL);
  fixture->other = g_build_filename (fixture->dir, "other", NULL);
  fixture->scratch = g_build_filename (fixture->dir, "scratch", NULL);
  if (g_mkdir (fixture->scratch, 0700) < 0)
    return -1;
  put_kernel (fixture->lab, "v61", 61, MAKEFILE);
  put_kernel (fixture->other, "v612", 612, "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\n");
  fixture->bases[0] = fixture->other;
  fixture->names[0] = "6.12.0 (linux-source-6.12)";
  fixture->submission.files = g_ptr_array_new_with_free_func ((GDestroyNotify) submission_file_free);
  fixture->submission.patches = g_ptr_array_new_with_free_func ((GDestroyNotify) submission_patch_free);
  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    {
      g_autofree char *dir = indexed_dir (fixture, kernels[i].name);
      put_kernel (dir, kernels[i].cpuid, kernels[i].vmx, "");
    }
  fixture->spec = (CarrySpec){ .lab_dir = fixture->lab, .base_dirs = fixture->bases, .base_names = fixture->names, .scratch_dir = fixture->scratch };
  *state = fixture;
  return 0;
}

static inline int
teardown (void **state)
{
  Fixture *fixture = *state;
  const guint left = count_entries (fixture->scratch);
  const gboolean ok = files_remove_tree (fixture->dir, NULL);
  g_ptr_array_unref (fixture->submission.files);
  g_ptr_array_unref (fixture->submission.patches);
  carried_free (fixture->carried);
  kernel_index_free (fixture->index);
  fault_free (fixture->fault);
  g_free (fixture->dir);
  g_free (fixture->lab);
  g_free (fixture->other);
  g_free (fixture->scratch);
  g_free (fixture);
  return ok && left == 0 ? 0 : -1;
}

/* Takes text. */
static inline SubmissionFile *
hand_in (Fixture *fixture, const char *path, char *text)
{
  SubmissionFile *file = g_new0 (SubmissionFile, 1);
  file->path = g_strdup (path);
  file->from = g_path_get_basename (path);
  file->text = text;
  g_ptr_array_add (fixture->submission.files, file);
  return file;
}

static inline void
hand_in_patch (Fixture *fixture, const char *path, const char *text)
{
  SubmissionPatch *patch = g_new0 (SubmissionPatch, 1);
  patch->from = g_strdup ("my.patch");
  patch->text = g_strdup (text);
  patch->paths = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (patch->paths, g_strdup (path));
  g_ptr_array_add (fixture->submission.patches, patch);
}

static inline void
carry (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  index_kernels (fixture);
  const gboolean ok = submission_carry (&fixture->submission, &fixture->spec, &fixture->carried, &fixture->fault, &error);
  assert_no_failure (error);
  assert_true (ok);
  assert_true ((fixture->carried != NULL) != (fixture->fault != NULL));
}

static inline const CarriedFile *
carried_file (const Fixture *fixture, const char *path)
{
  if (fixture->fault != NULL)
    fail_msg ("unexpected: %s\n%s", fixture->fault->reason, fixture->fault->details);
  for (guint i = 0; i < fixture->carried->files->len; i++)
    {
      const CarriedFile *file = g_ptr_array_index (fixture->carried->files, i);
      if (strcmp (file->path, path) == 0)
        return file;
    }
  fail_msg ("%s was not carried", path);
  return NULL;
}

/* Carried, in this way, to exactly this text. Takes text. */
static inline void
assert_carried (const Fixture *fixture, const char *path, const char *how, char *text)
{
  g_autofree char *expected = text;
  const CarriedFile *file = carried_file (fixture, path);
  gsize same = 0;
  while (expected[same] != '\0' && expected[same] == file->text[same])
    same++;
  if (strcmp (file->text, expected) != 0)
    fail_msg ("%s differs: expected\n%.400s\ngot\n%.400s", path, expected + same - MIN (same, 100), file->text + same - MIN (same, 100));
  assert_true (g_str_has_prefix (file->how, how));
}

/* The part is in the carried file; else what is there instead, from `near` on. */
static inline void
assert_carried_has (const Fixture *fixture, const char *path, const char *near, const char *part)
{
  const char *text = carried_file (fixture, path)->text;
  const char *from = strstr (text, near);
  if (strstr (text, part) == NULL)
    fail_msg ("not in %s:\n%s\nbut:\n%.600s", path, part, from != NULL ? from : "nothing near it");
}

static inline void
assert_fault (const Fixture *fixture, Stage stage, gboolean needs_base, const char *reason)
{
  assert_non_null (fixture->fault);
  assert_text_has (fixture->fault->reason, reason);
  assert_int_equal (fixture->fault->stage, stage);
  assert_int_equal (fixture->fault->needs_base, needs_base);
}

static inline char *
with_function (guint version, const char *body)
{
  g_autofree char *function = g_strconcat ("static int handle_one(struct kvm_vcpu *vcpu)\n{\n", body, "}\n\nstatic int later_0(", NULL);
  return with (kernel_vmx (version), "static int later_0(", function);
}

/* Of no version: some of its functions are as in none. Takes text. */
static inline char *
between_versions (char *text)
{
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *from = g_strdup_printf ("shared_base[%u]", i);
      text = with (text, from, "shared_base[99]");
    }
  return text;
}

/* Takes text. */
static inline char *
without (char *text, const char *from, const char *to)
{
  const char *begin = strstr (text, from), *end = strstr (text, to);
  assert_true (begin != NULL && end != NULL && begin < end);
  char *rest = g_strdup_printf ("%.*s%s", (int) (begin - text), text, end);
  g_free (text);
  return rest;
}

#define TEST(f) cmocka_unit_test_setup_teardown (f, setup, teardown)
