/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding the base of a repository's change; see repository.h. In this order: what the user named; the newest release tag that HEAD
 * builds on; the newest commit called "Linux X.Y"; the first commit of a short history. A base has KVM's cpuid.c and differs in few files.
 */
#include "submission/repository.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "submission/choose.h"
#include "submission/git.h"
#include "submission/paths.h"

#define DIFFERING_MAX 200u
#define SHORT_HISTORY 1000
#define TAGS_MAX 8u

typedef struct
{
  Git *git;
  const SubmissionSpec *spec;
  Submission *submission;
  RawSet *set;
  Fault **fault;
  char *base;     /* the commit's id; NULL: none */
  char *base_how; /* "tag v6.1" */
} Repository;

static void
repository_clear (Repository *repository)
{
  git_free (repository->git);
  g_free (repository->base);
  g_free (repository->base_how);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Repository, repository_clear)

#define note(repository, ...) submission_note ((repository)->submission->notes, __VA_ARGS__)

/* --- the base --------------------------------------------------------------------------------- */

/* Takes `how`. HEAD is no base of its own, and what is no kernel is none. */
static gboolean
try_base (Repository *repository, const char *revision, char *how, GError **error)
{
  g_autofree char *own_how = how;
  g_autofree char *commit = NULL;
  gboolean kernel;
  if (!git_look_up (repository->git, revision, &commit, &kernel, repository->fault, error))
    return FALSE;
  if (commit != NULL && kernel && strcmp (commit, git_head (repository->git)) != 0)
    {
      repository->base = g_steal_pointer (&commit);
      repository->base_how = g_steal_pointer (&own_how);
    }
  return TRUE;
}

static gboolean
use_given_base (Repository *repository, GError **error)
{
  const char *base = repository->spec->base;
  if (!try_base (repository, base, g_strdup_printf ("%s, as given", base), error))
    return FALSE;
  if (repository->base != NULL)
    return TRUE;
  *repository->fault = fault_new (STAGE_INGEST, NULL, "the repository has no commit \"%s\" with a kernel that HEAD could be compared with; name another --base", base);
  return FALSE;
}

/* The nearest of the release tags behind HEAD. A tag on HEAD itself is the student's own. */
static gboolean
find_tag (Repository *repository, GError **error)
{
  g_autofree char *from = g_strdup (git_head (repository->git));
  for (guint i = 0; i < TAGS_MAX && repository->base == NULL; i++)
    {
      g_autofree char *tag = NULL;
      if (!git_ask (repository->git, &tag, repository->fault, error, "describe", "--tags", "--abbrev=0", "--match=v[0-9]*", from, NULL))
        return FALSE;
      if (tag == NULL)
        return TRUE;
      g_autofree char *revision = g_strconcat ("refs/tags/", tag, NULL);
      if (!try_base (repository, revision, g_strconcat ("tag ", tag, NULL), error))
        return FALSE;
      g_free (from);
      from = g_strconcat (revision, "^", NULL);
    }
  return TRUE;
}

/* "ID Linux 6.1-rc3 …". */
static gboolean
is_release (const char *line, const char *head)
{
  const char *subject = strchr (line, ' ');
  if (subject == NULL || !g_str_has_prefix (subject, " Linux ") || g_str_has_prefix (line, head))
    return FALSE;
  const char *version = subject + strlen (" Linux ");
  const gsize major = strspn (version, "0123456789");
  return major > 0 && version[major] == '.' && g_ascii_isdigit (version[major + 1]);
}

static gboolean
find_release (Repository *repository, GError **error)
{
  g_autofree char *out = NULL;
  const char *head = git_head (repository->git);
  if (!git_ask (repository->git, &out, repository->fault, error, "rev-list", "--max-count=20", "--no-commit-header", "--format=%H %s", "--extended-regexp",
                "--grep=^Linux [0-9]+\\.[0-9]", head, NULL))
    return FALSE;
  g_auto (GStrv) lines = g_strsplit (out != NULL ? out : "", "\n", -1);
  for (guint i = 0; lines[i] != NULL && repository->base == NULL; i++)
    {
      if (!is_release (lines[i], head))
        continue;
      g_autofree char *commit = g_strndup (lines[i], strcspn (lines[i], " "));
      g_autofree char *subject = name_shown (lines[i] + strlen (commit) + 1);
      if (!try_base (repository, commit, g_strdup_printf ("commit \"%s\"", subject), error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
find_root (Repository *repository, GError **error)
{
  g_autofree char *count = NULL;
  g_autofree char *roots = NULL;
  const char *head = git_head (repository->git);
  if (!git_ask (repository->git, &count, repository->fault, error, "rev-list", "--count", head, NULL))
    return FALSE;
  if (count == NULL || atoi (count) > SHORT_HISTORY)
    return TRUE;
  if (!git_ask (repository->git, &roots, repository->fault, error, "rev-list", "--max-parents=0", head, NULL))
    return FALSE;
  if (roots == NULL || strchr (roots, '\n') != NULL)
    return TRUE;
  return try_base (repository, roots, g_strdup ("the first commit"), error);
}

static gboolean
find_base (Repository *repository, GError **error)
{
  if (repository->spec->base != NULL)
    return use_given_base (repository, error);
  return find_tag (repository, error) && (repository->base != NULL || find_release (repository, error))
         && (repository->base != NULL || find_root (repository, error));
}

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

/* What is in no folder of the kernel, documents and the products of a build are counted and left. */
static GPtrArray *
kernel_files_of (Repository *repository, GPtrArray *differences)
{
  GPtrArray *files = g_ptr_array_new ();
  guint ignored = 0;
  for (guint i = 0; i < differences->len; i++)
    {
      GitFile *file = g_ptr_array_index (differences, i);
      const gboolean wanted = kernel_path_is_kernels (file->path) && !kernel_path_is_document (file->path) && !name_is_litter (file->path);
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

static gboolean
add_file (Repository *repository, const GitFile *git_file, const RawFile *blob, const RawFile *base_blob)
{
  g_autoptr (SubmissionFile) file = g_new0 (SubmissionFile, 1);
  g_autoptr (GPtrArray) unsaid = g_ptr_array_new_with_free_func (g_free);
  g_auto (KernelPath) path = { 0 };
  if ((git_file->mode != 0 && !is_regular (git_file->mode)))
    return refuse (repository, git_file->path, git_file->mode == 0160000 ? "a submodule" : "a symbolic link");
  kernel_path_find (git_file->path, &path);
  file->from = name_shown (git_file->path);
  file->path = g_strdup (path.old_layout ? path.path : git_file->path);
  if (!kernel_path_is_sound (file->path))
    return refuse (repository, git_file->path, "of a name that no kernel file has");
  if (!blob_text (repository, blob, git_file->path, repository->submission->notes, &file->text)
      || !blob_text (repository, is_regular (git_file->base_mode) ? base_blob : NULL, git_file->path, unsaid, &file->base_text))
    return FALSE;
  if (file->text == NULL && file->base_text == NULL)
    return TRUE;
  if (g_strcmp0 (file->text, file->base_text) == 0)
    {
      note (repository, "%s differs from the base in line ends or the like alone: ignored", file->path);
      return TRUE;
    }
  if (path.old_layout)
    note (repository, "\"%s\" lies where Linux 5.6 and older have it: taken for %s", file->from, file->path);
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

/* Without a base: the files that the courses change. */
static gboolean
add_usual_files (Repository *repository, GError **error)
{
  static const char *const paths[] = { "arch/x86/kvm/cpuid.c", "arch/x86/kvm/vmx/vmx.c", "arch/x86/kvm/svm/svm.c", "arch/x86/kvm/vmx.c", "arch/x86/kvm/svm.c", NULL };
  g_autoptr (GPtrArray) files = NULL;
  if (!git_list (repository->git, git_head (repository->git), paths, &files, repository->fault, error))
    return FALSE;
  return add_files (repository, files, error);
}

static gboolean
read_kernel (Repository *repository, GError **error)
{
  g_autoptr (GPtrArray) differences = NULL;
  if (!find_base (repository, error))
    return FALSE;
  if (repository->base == NULL)
    {
      note (repository, "no base is found in the repository (a tag v*, a commit \"Linux X.Y\"): HEAD's cpuid.c, vmx.c and svm.c are taken whole");
      return add_usual_files (repository, error);
    }
  if (!git_differences (repository->git, repository->base, git_head (repository->git), &differences, repository->fault, error))
    return FALSE;
  if (differences->len > DIFFERING_MAX)
    {
      note (repository, "HEAD differs from %s in %u files, so that is not what it builds on: HEAD's cpuid.c, vmx.c and svm.c are taken whole", repository->base_how,
            differences->len);
      return add_usual_files (repository, error);
    }
  note (repository, "the base of HEAD is %s (%.12s)", repository->base_how, repository->base);
  g_autoptr (GPtrArray) files = kernel_files_of (repository, differences);
  return add_files (repository, files, error);
}

/* --- a repository that is no kernel ----------------------------------------------------------- */

static gboolean
read_folder (Repository *repository, GError **error)
{
  g_autoptr (GPtrArray) files = NULL;
  g_autoptr (GPtrArray) blobs = NULL;
  RawSet *set = repository->set;
  if (!git_list (repository->git, git_head (repository->git), NULL, &files, repository->fault, error))
    return FALSE;
  set->walk.entries += files->len;
  if (set->walk.entries > set->walk.entries_max)
    {
      *repository->fault = fault_new (STAGE_INGEST, NULL, "more than %d files in the repository; " SUBMISSION_WANTED, SUBMISSION_ENTRIES_MAX);
      return FALSE;
    }
  g_autoptr (GPtrArray) ids = ids_of (files);
  for (guint i = 0; i < files->len; i++)
    set->links += !is_regular (((GitFile *) g_ptr_array_index (files, i))->mode);
  if (!git_blobs (repository->git, ids, &set->walk, &blobs, repository->fault, error))
    return FALSE;
  for (guint i = 0; i < files->len; i++)
    {
      RawFile *blob = g_ptr_array_index (blobs, i);
      if (blob != NULL)
        raw_set_add (set, ((GitFile *) g_ptr_array_index (files, i))->path, g_steal_pointer (&blob->data), blob->size);
    }
  return TRUE;
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
  return git_is_kernel (repository.git) ? read_kernel (&repository, error) : read_folder (&repository, error);
}
