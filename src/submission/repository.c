/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A repository's change, or its files; see repository.h. A kernel may be all of it or in one folder. HEAD differs from a base in few files, else
 * the base is none.
 */
#include "submission/repository-private.h"

#include <string.h>

#include "base/error.h"
#include "submission/choose.h"
#include "submission/paths.h"

#define DIFFERING_MAX 200u
#define NAMES_MAX 1000000u
#define KERNELS_MAX 20u
#define SUBMODULES_MAX 5u

static void
repository_clear (Repository *repository)
{
  git_free (repository->git);
  g_free (repository->base);
  g_free (repository->base_how);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Repository, repository_clear)

/* --- the change ------------------------------------------------------------------------------- */

static gboolean
is_regular (guint mode)
{
  return (mode & 0170000) == 0100000;
}

/* Of blobs alone: a submodule's commit is not there, a link's target is no text. First all of HEAD, then all of the base. */
static GPtrArray *
ids_of (const GPtrArray *files)
{
  GPtrArray *ids = g_ptr_array_new ();
  for (guint i = 0; i < 2 * files->len; i++)
    {
      const GitFile *file = g_ptr_array_index (files, i % files->len);
      const gboolean base = i >= files->len;
      g_ptr_array_add (ids, is_regular (base ? file->base_mode : file->mode) ? (base ? file->base_id : file->id) : NULL);
    }
  return ids;
}

/* Its name below the kernel's folder. */
static const char *
path_in_kernel (const Repository *repository, const GitFile *file)
{
  const char *folder = git_folder (repository->git);
  return g_str_has_prefix (file->path, folder) ? file->path + strlen (folder) : file->path;
}

/* What is in no folder of the kernel, documents and the products of a build are counted and left. */
static GPtrArray *
kernel_files_of (Repository *repository, GPtrArray *differences)
{
  GPtrArray *files = g_ptr_array_new ();
  guint ignored = 0;
  for (guint i = 0; i < differences->len; i++)
    {
      GitFile *file = g_ptr_array_index (differences, i);
      const char *path = path_in_kernel (repository, file);
      const gboolean wanted = kernel_path_is_kernels (path) && !kernel_path_is_document (path) && !name_is_litter (path);
      /* A change of mode alone is none. */
      if (wanted && g_strcmp0 (file->id, file->base_id) != 0)
        g_ptr_array_add (files, file);
      else
        ignored += !wanted;
    }
  if (ignored > 0)
    note (repository, "%u %s of the repository that %s no kernel code: ignored", ignored, ignored == 1 ? "file" : "files", ignored == 1 ? "is" : "are");
  return files;
}

static gboolean
refuse (Repository *repository, const char *path, const char *what)
{
  g_autofree char *shown = name_shown (path);
  *repository->fault = fault_new (STAGE_INGEST, NULL, "%s is %s in the repository's HEAD; commit a plain source file", shown, what);
  (*repository->fault)->needs_base = strcmp (what, GIT_BLOB_MISSING) == 0;
  return FALSE;
}

/* NULL stays NULL: not there. */
static gboolean
blob_text (Repository *repository, const RawFile *blob, const char *path, GPtrArray *notes, char **text)
{
  const char *what;
  *text = NULL;
  if (blob == NULL)
    return TRUE;
  g_autofree char *shown = name_shown (path);
  *text = submission_text (blob, shown, notes, &what);
  return *text != NULL || refuse (repository, path, what);
}

/* What the file was in the base. A clone may lack it, which makes it a file whose base is not known. */
static gboolean
add_base (Repository *repository, SubmissionFile *file, const GitFile *git_file, const RawFile *blob)
{
  g_autoptr (GPtrArray) unsaid = g_ptr_array_new_with_free_func (g_free);
  if (repository->base == NULL)
    return TRUE;
  if (blob != NULL && blob->data == NULL)
    {
      note (repository, "what \"%s\" was before is %s", file->from, blob->what);
      return TRUE;
    }
  file->base_trust = repository->base_trust;
  return blob_text (repository, is_regular (git_file->base_mode) ? blob : NULL, git_file->path, unsaid, &file->base_text);
}

/* The path in the kernel, and both texts. */
static gboolean
fill_file (Repository *repository, SubmissionFile *file, const GitFile *git_file, const RawFile *blob, const RawFile *base_blob)
{
  g_auto (KernelPath) path = { 0 };
  if (git_file->mode != 0 && !is_regular (git_file->mode))
    return refuse (repository, git_file->path, git_file->mode == 0160000 ? "a submodule" : "a symbolic link");
  const char *in_kernel = path_in_kernel (repository, git_file);
  kernel_path_find (in_kernel, &path);
  file->from = name_shown (git_file->path);
  file->path = g_strdup (path.old_layout ? path.path : in_kernel);
  if (!kernel_path_is_sound (file->path))
    return refuse (repository, git_file->path, "of a name that no kernel file has");
  if (!blob_text (repository, blob, git_file->path, repository->submission->notes, &file->text) || !add_base (repository, file, git_file, base_blob))
    return FALSE;
  if (path.old_layout)
    note (repository, "\"%s\" lies where Linux 5.6 and older have it: taken for %s", file->from, file->path);
  return TRUE;
}

static gboolean
add_file (Repository *repository, const GitFile *git_file, const RawFile *blob, const RawFile *base_blob)
{
  g_autoptr (SubmissionFile) file = g_new0 (SubmissionFile, 1);
  if (!fill_file (repository, file, git_file, blob, base_blob))
    return FALSE;
  if (file->text == NULL && file->base_text == NULL)
    return TRUE;
  if (g_strcmp0 (file->text, file->base_text) == 0)
    {
      note (repository, "%s differs from the base in line ends or the like alone: ignored", file->path);
      return TRUE;
    }
  if (submission_find (repository->submission, file->path) != NULL)
    return refuse (repository, git_file->path, "there twice, in the place of Linux 5.6 and in today's,");
  g_ptr_array_add (repository->submission->files, g_steal_pointer (&file));
  return TRUE;
}

static gboolean
add_files (Repository *repository, const GPtrArray *files, GError **error)
{
  g_autoptr (GPtrArray) ids = ids_of (files);
  g_autoptr (GPtrArray) blobs = NULL;
  if (!git_blobs (repository->git, ids, &repository->set->walk, &blobs, repository->fault, error))
    return FALSE;
  for (guint i = 0; i < files->len; i++)
    {
      if (!add_file (repository, g_ptr_array_index (files, i), g_ptr_array_index (blobs, i), g_ptr_array_index (blobs, files->len + i)))
        return FALSE;
    }
  return TRUE;
}

/* Those of HEAD's files that are there, of names below the kernel's folder. */
static gboolean
list_named (Repository *repository, const char *const *names, GPtrArray **files, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  for (; *names != NULL; names++)
    g_ptr_array_add (paths, g_strconcat (git_folder (repository->git), *names, NULL));
  g_ptr_array_add (paths, NULL);
  return git_list (repository->git, git_head (repository->git), (const char *const *) paths->pdata, files, repository->fault, error);
}

/* Without a base: the files that the courses change. */
static gboolean
add_usual_files (Repository *repository, GError **error)
{
  static const char *const names[] = { "arch/x86/kvm/cpuid.c", "arch/x86/kvm/vmx/vmx.c", "arch/x86/kvm/svm/svm.c", "arch/x86/kvm/vmx.c", "arch/x86/kvm/svm.c", NULL };
  g_autoptr (GPtrArray) files = NULL;
  g_clear_pointer (&repository->base, g_free);
  return list_named (repository, names, &files, error) && add_files (repository, files, error);
}

/* KVM's main files that are as in the base, where the base may be the student's as well. What is no text is no matter here. */
static gboolean
add_untouched (Repository *repository, GError **error)
{
  static const char *const names[] = { "arch/x86/kvm/cpuid.c",   "arch/x86/kvm/cpuid.h",   "arch/x86/kvm/x86.c",     "arch/x86/kvm/x86.h", "arch/x86/kvm/vmx/vmx.c",
                                       "arch/x86/kvm/vmx/vmx.h", "arch/x86/kvm/vmx/main.c", "arch/x86/kvm/svm/svm.c", "arch/x86/kvm/svm/svm.h", "arch/x86/kvm/vmx.c",
                                       "arch/x86/kvm/svm.c",     "arch/x86/include/asm/kvm_host.h", NULL };
  g_autoptr (GPtrArray) files = NULL;
  g_autoptr (GPtrArray) blobs = NULL;
  g_autoptr (GPtrArray) unsaid = g_ptr_array_new_with_free_func (g_free);
  if (!list_named (repository, names, &files, error))
    return FALSE;
  g_autoptr (GPtrArray) ids = ids_of (files);
  if (!git_blobs (repository->git, ids, &repository->set->walk, &blobs, repository->fault, error))
    return FALSE;
  for (guint i = 0; i < files->len; i++)
    {
      const GitFile *git_file = g_ptr_array_index (files, i);
      const RawFile *blob = g_ptr_array_index (blobs, i);
      g_auto (KernelPath) path = { 0 };
      const char *what;
      kernel_path_find (path_in_kernel (repository, git_file), &path);
      char *text = blob != NULL && path.path != NULL ? submission_text (blob, "", unsaid, &what) : NULL;
      if (text == NULL || submission_find (repository->submission, path.path) != NULL)
        {
          g_free (text);
          continue;
        }
      SubmissionFile *file = g_new0 (SubmissionFile, 1);
      file->path = g_steal_pointer (&path.path);
      file->from = name_shown (git_file->path);
      file->text = text;
      file->base_text = g_strdup (text);
      file->base_trust = repository->base_trust;
      g_ptr_array_add (repository->submission->untouched, file);
    }
  return TRUE;
}

/* The differences are for HEAD's own change if they are few. */
static gboolean
add_change (Repository *repository, GPtrArray *differences, GError **error)
{
  g_autoptr (GPtrArray) files = kernel_files_of (repository, differences);
  if (files->len > DIFFERING_MAX)
    {
      note (repository, "HEAD differs from %s in %u files, so that is not what it builds on: HEAD's cpuid.c, vmx.c and svm.c are taken whole", repository->base_how,
            files->len);
      return add_usual_files (repository, error);
    }
  note (repository, "the base of HEAD is %s (%.12s)", repository->base_how, repository->base);
  if (!add_files (repository, files, error) || (repository->base_trust != BASE_RELEASE && !add_untouched (repository, error)))
    return FALSE;
  return repository->submission->files->len > 0 || repository_note_branches (repository, error);
}

static gboolean
read_kernel (Repository *repository, GError **error)
{
  g_autoptr (GPtrArray) differences = NULL;
  Git *git = repository->git;
  if (!repository_find_base (repository, error))
    return FALSE;
  if (repository->base == NULL)
    {
      note (repository, "no base is found in the repository (a release's tag, a commit \"Linux X.Y\"): HEAD's cpuid.c, vmx.c and svm.c are taken whole");
      return add_usual_files (repository, error) && (!repository->is_release || repository_note_branches (repository, error));
    }
  if (!git_differences (git, repository->base, git_head (git), git_folder (git), &differences, repository->fault, error))
    return FALSE;
  if (differences != NULL)
    return add_change (repository, differences, error);
  note (repository, "git cannot compare HEAD with %s (a partial clone?): HEAD's cpuid.c, vmx.c and svm.c are taken whole", repository->base_how);
  return add_usual_files (repository, error);
}

/* --- a repository that is no kernel, or has one in a folder ------------------------------------ */

/* "linux/" of "linux/arch/x86/kvm/cpuid.c" with "linux/Makefile". */
static GPtrArray *
find_kernels (const GPtrArray *files)
{
  GPtrArray *folders = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < files->len; i++)
    g_hash_table_add (names, ((GitFile *) g_ptr_array_index (files, i))->path);
  for (guint i = 0; i < files->len && folders->len < KERNELS_MAX; i++)
    {
      const char *path = ((GitFile *) g_ptr_array_index (files, i))->path;
      if (!g_str_has_suffix (path, "/" KERNEL_KVM_FOLDER "cpuid.c"))
        continue;
      g_autofree char *folder = g_strndup (path, strlen (path) - strlen (KERNEL_KVM_FOLDER "cpuid.c"));
      g_autofree char *makefile = g_strconcat (folder, "Makefile", NULL);
      if (g_hash_table_contains (names, makefile))
        g_ptr_array_add (folders, g_steal_pointer (&folder));
    }
  return folders;
}

static const char *
folder_of (const GPtrArray *folders, const char *path)
{
  for (guint i = 0; i < folders->len; i++)
    {
      if (g_str_has_prefix (path, g_ptr_array_index (folders, i)))
        return g_ptr_array_index (folders, i);
    }
  return NULL;
}

/* Might the file be meant for one of KVM's? */
static gboolean
may_be_kvms (const char *name)
{
  g_auto (KernelPath) path = { 0 };
  kernel_path_find (name, &path);
  return path.path != NULL && !name_is_litter (name) && !name_is_original (name);
}

/* The one kernel that is there, if nothing beside it may be meant; else the chooser decides. */
static const char *
only_kernel (const GPtrArray *folders, const GPtrArray *files)
{
  if (folders->len != 1)
    return NULL;
  for (guint i = 0; i < files->len; i++)
    {
      const char *path = ((GitFile *) g_ptr_array_index (files, i))->path;
      if (folder_of (folders, path) == NULL && may_be_kvms (path))
        return NULL;
    }
  return g_ptr_array_index (folders, 0);
}

/* Of a kernel's tree, KVM's files, and the Makefile that tells it is one. */
static gboolean
is_wanted (const GPtrArray *folders, const char *path)
{
  const char *folder = folder_of (folders, path);
  const char *below = folder != NULL ? path + strlen (folder) : NULL;
  return below == NULL || strcmp (below, "Makefile") == 0 || g_str_has_prefix (below, KERNEL_KVM_FOLDER)
         || strcmp (below, "arch/x86/include/asm/kvm_host.h") == 0 || strcmp (below, "include/linux/kvm_host.h") == 0;
}

static void
note_submodule (Repository *repository, const GitFile *file)
{
  g_autofree char *shown = name_shown (file->path);
  note (repository, "\"%s\" is a git submodule: its content is not in this repository", shown);
  if (repository->submission->absent == NULL)
    repository->submission->absent = g_strdup_printf ("%s is a git submodule (commit %.12s): its content is not in what was handed in; hand in that repository, "
                                                      "a patch, or the changed files",
                                                      shown, file->id);
}

/* Keeps what is to be read; a kernel's 80,000 names are no bomb. */
static gboolean
keep_wanted (Repository *repository, const GPtrArray *folders, GPtrArray *files)
{
  RawSet *set = repository->set;
  gsize count;
  guint submodules = 0;
  g_autofree gpointer *all = g_ptr_array_steal (files, &count);
  for (gsize i = 0; i < count; i++)
    {
      g_autoptr (GitFile) file = all[i];
      if (file->mode == 0160000 && submodules++ < SUBMODULES_MAX)
        note_submodule (repository, file);
      else if (!is_regular (file->mode))
        set->links++;
      else if (is_wanted (folders, file->path))
        g_ptr_array_add (files, g_steal_pointer (&file));
    }
  set->walk.entries += files->len;
  if (count <= NAMES_MAX && set->walk.entries <= set->walk.entries_max)
    return TRUE;
  *repository->fault = fault_new (STAGE_INGEST, NULL, "more than %d files in the repository; " SUBMISSION_WANTED, SUBMISSION_ENTRIES_MAX);
  return FALSE;
}

static void
take_blob (Repository *repository, const char *path, RawFile *blob)
{
  g_autofree char *shown = name_shown (path);
  if (blob->data == NULL && strcmp (blob->what, GIT_BLOB_MISSING) == 0)
    {
      if (may_be_kvms (path) && repository->submission->absent == NULL)
        repository->submission->absent = g_strdup_printf ("%s is %s; hand in the file itself, or a patch", shown, blob->what);
      return;
    }
  raw_set_add (repository->set, path, g_steal_pointer (&blob->data), blob->size);
}

static gboolean
read_folder (Repository *repository, const GPtrArray *folders, GPtrArray *files, GError **error)
{
  g_autoptr (GPtrArray) blobs = NULL;
  if (!keep_wanted (repository, folders, files))
    return FALSE;
  g_autoptr (GPtrArray) ids = ids_of (files);
  if (!git_blobs (repository->git, ids, &repository->set->walk, &blobs, repository->fault, error))
    return FALSE;
  for (guint i = 0; i < files->len; i++)
    {
      RawFile *blob = g_ptr_array_index (blobs, i);
      if (blob != NULL)
        take_blob (repository, ((GitFile *) g_ptr_array_index (files, i))->path, blob);
    }
  return TRUE;
}

static gboolean
read_below (Repository *repository, GError **error)
{
  g_autoptr (GPtrArray) files = NULL;
  if (!git_list (repository->git, git_head (repository->git), NULL, &files, repository->fault, error))
    return FALSE;
  g_autoptr (GPtrArray) folders = find_kernels (files);
  const char *only = only_kernel (folders, files);
  if (only == NULL)
    return read_folder (repository, folders, files, error);
  g_autofree char *shown = name_shown (only);
  note (repository, "the kernel is in the repository's folder %s", shown);
  git_set_folder (repository->git, only);
  return read_kernel (repository, error);
}

gboolean
submission_read_repository (const RawRepo *repo, const SubmissionSpec *spec, Submission *submission, RawSet *set, gboolean *found, Fault **fault, GError **error)
{
  g_auto (Repository) repository = { .spec = spec, .submission = submission, .set = set, .fault = fault };
  if (!git_open (repo, spec->scratch_dir, &repository.git, fault, error))
    return FALSE;
  *found = repository.git != NULL;
  if (!*found)
    return TRUE;
  if (git_head_note (repository.git) != NULL)
    note (&repository, "%s", git_head_note (repository.git));
  return git_is_kernel (repository.git) ? read_kernel (&repository, error) : read_below (&repository, error);
}
