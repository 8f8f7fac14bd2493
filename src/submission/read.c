/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a path to a submission: reads what is there, unpacks what is packed, and has the meaning found. See submission.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "submission/archive.h"
#include "submission/choose.h"
#include "submission/folder.h"
#include "submission/git.h"
#include "submission/paths.h"
#include "submission/policy.h"
#include "submission/repository.h"

#define FOUND_LISTED_MAX 5u
#define FILE_HEAD 65536u /* by which it is told what a file is */
#define NESTED_MAX 8u /* archives in archives */

typedef struct
{
  const SubmissionSpec *spec;
  Submission *submission;
  RawSet *set;
  Fault *packed; /* why an archive within was passed over, the first; or NULL */
  Fault **fault;
} Reader;

#define note(reader, ...) submission_note ((reader)->submission->notes, __VA_ARGS__)

/* --- archives within -------------------------------------------------------------------------- */

static GPtrArray *
take_packed (RawSet *set)
{
  GPtrArray *packed = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_file_free);
  for (guint i = 0; i < set->files->len;)
    {
      const RawFile *file = g_ptr_array_index (set->files, i);
      if ((file->format == FORMAT_ARCHIVE || file->format == FORMAT_BUNDLE) && file->data != NULL && !name_is_litter (file->name))
        g_ptr_array_add (packed, g_ptr_array_steal_index (set->files, i));
      else
        i++;
    }
  return packed;
}

static gboolean
unpack (Reader *reader, const RawFile *file, const char *shown, const char *prefix, GError **error)
{
  if (file->format == FORMAT_BUNDLE)
    return git_unbundle (shown, file->data, file->size, reader->spec->scratch_dir, reader->set, reader->fault, error);
  return submission_read_archive (shown, prefix, file->data, file->size, reader->set, reader->fault, error);
}

/* One that is damaged, encrypted or hostile is passed over whole: what lies beside it may be what was meant. */
static gboolean
unpack_one (Reader *reader, const RawFile *file, GError **error)
{
  RawSet *set = reader->set;
  const guint files = set->files->len, repos = set->repos->len;
  const gint64 bytes = set->walk.bytes;
  g_autofree char *shown = name_shown (file->name);
  g_autofree char *prefix = g_strconcat (file->name, "/", NULL);
  if (unpack (reader, file, shown, prefix, error))
    {
      set->walk.bytes -= (gint64) file->size;
      note (reader, "\"%s\", %s, was unpacked", shown, file->what);
      return TRUE;
    }
  if (*reader->fault == NULL)
    return FALSE;
  raw_set_cut (set, files, repos);
  set->walk.bytes = bytes - (gint64) file->size;
  note (reader, "passed over: %s", (*reader->fault)->reason);
  if (reader->packed != NULL)
    fault_free (*reader->fault);
  else
    reader->packed = *reader->fault;
  *reader->fault = NULL;
  return TRUE;
}

/* Puts what archives have in their place, level by level. */
static gboolean
unpack_nested (Reader *reader, GError **error)
{
  for (guint level = 0; level < NESTED_MAX; level++)
    {
      g_autoptr (GPtrArray) packed = take_packed (reader->set);
      for (guint i = 0; i < packed->len; i++)
        {
          if (!unpack_one (reader, g_ptr_array_index (packed, i), error))
            return FALSE;
        }
      if (packed->len == 0)
        return TRUE;
    }
  return TRUE;
}

/* --- a kernel's tree in an archive ------------------------------------------------------------ */

static gboolean
is_tree_file (const char *below)
{
  return g_str_has_prefix (below, KERNEL_KVM_FOLDER) || strcmp (below, "arch/x86/include/asm/kvm_host.h") == 0 || strcmp (below, "include/linux/kvm_host.h") == 0;
}

/* The folder ("linux-6.1/", "") whose Makefile is a kernel's and that has KVM; NULL if there is none. */
static char *
find_tree (const RawSet *set)
{
  for (guint i = 0; i < set->files->len; i++)
    {
      const RawFile *file = g_ptr_array_index (set->files, i);
      const char *slash = strrchr (file->name, '/');
      if (strcmp (slash != NULL ? slash + 1 : file->name, "Makefile") != 0 || file->data == NULL
          || !(g_str_has_prefix (file->data, "VERSION =") || strstr (file->data, "\nVERSION =") != NULL))
        continue;
      g_autofree char *top = g_strndup (file->name, slash != NULL ? (gsize) (slash + 1 - file->name) : 0);
      g_autofree char *kvm = g_strconcat (top, KERNEL_KVM_FOLDER, NULL);
      for (guint f = 0; f < set->files->len; f++)
        {
          if (g_str_has_prefix (((RawFile *) g_ptr_array_index (set->files, f))->name, kvm))
            return g_steal_pointer (&top);
        }
    }
  return NULL;
}

static void
keep_tree_alone (RawSet *set)
{
  g_autofree char *top = find_tree (set);
  if (top == NULL)
    return;
  set->is_tree = TRUE;
  for (guint i = set->files->len; i > 0; i--)
    {
      const RawFile *file = g_ptr_array_index (set->files, i - 1);
      if (g_str_has_prefix (file->name, top) && !is_tree_file (file->name + strlen (top)))
        g_ptr_array_remove_index (set->files, i - 1);
    }
}

/* --- repositories ----------------------------------------------------------------------------- */

static gint
by_depth (gconstpointer a, gconstpointer b)
{
  const RawRepo *const *left = a, *const *right = b;
  const guint left_depth = raw_depth ((*left)->name), right_depth = raw_depth ((*right)->name);
  if (left_depth != right_depth)
    return left_depth < right_depth ? -1 : 1;
  return strcmp ((*left)->name, (*right)->name);
}

/* Of repositories that can be read the one nearest to the top; NULL: there is none. FALSE with a fault: two are equally near. */
static gboolean
find_repo (Reader *reader, const RawRepo **repo)
{
  const RawRepo *second = NULL;
  *repo = NULL;
  for (guint i = 0; i < reader->set->repos->len; i++)
    {
      const RawRepo *one = g_ptr_array_index (reader->set->repos, i);
      if (one->cut)
        note (reader, "the git repository is larger than is looked at: the files beside it are taken");
      else if (*repo == NULL)
        *repo = one;
      else if (second == NULL)
        second = one;
    }
  if (second == NULL || raw_depth ((*repo)->name) < raw_depth (second->name))
    return TRUE;
  g_autofree char *one = name_shown ((*repo)->name);
  g_autofree char *other = name_shown (second->name);
  *reader->fault = fault_new (STAGE_INGEST, NULL, "there are two git repositories, \"%s\" and \"%s\": hand in the one that counts", one, other);
  (*reader->fault)->needs_base = TRUE;
  return FALSE;
}

/* *used FALSE: it gave nothing. */
static gboolean
use_repo (Reader *reader, const RawRepo *repo, gboolean *used, GError **error)
{
  g_autoptr (RawSet) set = raw_set_new ();
  gboolean found;
  *used = FALSE;
  if (!submission_read_repository (repo, reader->spec, reader->submission, set, &found, reader->fault, error))
    return FALSE;
  if (!found)
    {
      note (reader, "the git repository has no commit: the files beside it are looked at");
      return TRUE;
    }
  keep_tree_alone (set);
  raw_set_sort (set);
  if (!submission_choose (set, reader->spec->names, reader->submission, reader->fault))
    return FALSE;
  *used = reader->submission->files->len > 0 || reader->submission->patches->len > 0;
  if (*used)
    note (reader, "what counts is HEAD, not what lies uncommitted beside it");
  else
    note (reader, "the repository's HEAD has no kernel change: the files beside it are looked at");
  return TRUE;
}

/* --- folders and files of this host ----------------------------------------------------------- */

static gboolean
take_part (Reader *reader, const SubmissionPart *part, gboolean with_git, GError **error)
{
  struct stat st;
  g_autofree char *prefix = part->name[0] != '\0' ? g_strconcat (part->name, "/", NULL) : g_strdup ("");
  g_autofree char *data = NULL;
  gsize size;
  if (stat (part->path, &st) < 0)
    return fail (error, HARNESS_ERROR_USAGE, "%s: no such file: %s", part->path, g_strerror (errno));
  if (S_ISDIR (st.st_mode))
    return submission_read_folder (part->path, prefix, with_git, reader->set, reader->fault, error);
  const gint64 left = SUBMISSION_BYTES_MAX - reader->set->walk.bytes;
  if (!submission_load (AT_FDCWD, part->path, TRUE, (gsize) MIN ((gint64) raw_size_max (part->name), left), &data, &size, error))
    return FALSE;
  reader->set->walk.bytes += data != NULL ? (gint64) size : 0;
  raw_set_add (reader->set, part->name, g_steal_pointer (&data), size);
  return TRUE;
}

static gboolean
fill_set (Reader *reader, gboolean with_git, GError **error)
{
  const SubmissionSpec *spec = reader->spec;
  for (guint i = 0; i < spec->n_parts; i++)
    {
      if (!take_part (reader, &spec->parts[i], with_git, error))
        return FALSE;
    }
  return spec->parts != NULL || submission_read_folder (spec->path, "", with_git, reader->set, reader->fault, error);
}

/* --- the kinds -------------------------------------------------------------------------------- */

static gboolean
choose_from_set (Reader *reader, GError **error)
{
  gboolean used = FALSE;
  const RawRepo *repo;
  RawSet *set = reader->set;
  g_ptr_array_sort (set->repos, by_depth);
  if (!find_repo (reader, &repo) || (repo != NULL && !use_repo (reader, repo, &used, error)))
    return FALSE;
  if (used)
    {
      if (strcmp (reader->submission->kind, "bundle") != 0)
        reader->submission->kind = "git";
      return TRUE;
    }
  if (strcmp (reader->submission->kind, "folder") == 0 && set->repos->len > 0)
    {
      raw_set_free (reader->set);
      reader->set = set = raw_set_new ();
      if (!fill_set (reader, FALSE, error) || !unpack_nested (reader, error))
        return FALSE;
    }
  keep_tree_alone (set);
  raw_set_sort (set);
  if (set->is_tree)
    reader->submission->kind = "tree";
  return submission_choose (set, reader->spec->names, reader->submission, reader->fault);
}

static gboolean
read_folder (Reader *reader, GError **error)
{
  reader->submission->kind = "folder";
  return fill_set (reader, TRUE, error) && unpack_nested (reader, error) && choose_from_set (reader, error);
}

static gboolean
read_bundle (Reader *reader, const char *name, const RawFile *file, GError **error)
{
  g_autofree char *shown = name_shown (name);
  reader->submission->kind = "bundle";
  return unpack (reader, file, shown, "", error) && choose_from_set (reader, error);
}

static gboolean
read_archive (Reader *reader, const char *name, int fd, const char *head, gsize size, GError **error)
{
  g_autofree char *shown = name_shown (name);
  reader->submission->kind = "archive";
  return submission_read_archive_file (shown, fd, head, size, reader->set, reader->fault, error) && unpack_nested (reader, error) && choose_from_set (reader, error);
}

/* A file alone: a patch, or one whole file. */
static gboolean
read_plain (Reader *reader, GError **error)
{
  Submission *submission = reader->submission;
  if (!choose_from_set (reader, error))
    return FALSE;
  if (submission->patches->len > 0)
    submission->kind = submission->patches->len > 1 || g_str_has_suffix (submission->path, ".mbox") ? "mbox" : "patch";
  return TRUE;
}

/* An archive is read from the file: it may be a kernel's tree of a gigabyte. */
static gboolean
read_file (Reader *reader, GError **error)
{
  g_autofree char *head = NULL;
  g_autofree char *data = NULL;
  g_autofree char *name = g_path_get_basename (reader->spec->path);
  const char *what;
  gsize size;
  AUTO_FD fd = -1;
  if (!submission_open (reader->spec->path, FILE_HEAD, &fd, &head, &size, error))
    return FALSE;
  const gsize head_size = MIN (size, FILE_HEAD);
  if (format_of (head, head_size, &what) == FORMAT_ARCHIVE)
    return read_archive (reader, name, fd, head, head_size, error);
  if (!submission_load (AT_FDCWD, reader->spec->path, TRUE, (gsize) SUBMISSION_BYTES_MAX, &data, &size, error))
    return FALSE;
  if (data == NULL)
    {
      *reader->fault = fault_new (STAGE_INGEST, NULL, "%s: more than 512 MiB; " SUBMISSION_WANTED, name);
      return FALSE;
    }
  g_autoptr (RawFile) file = raw_file_new (name, g_steal_pointer (&data), size);
  if (file->format == FORMAT_BUNDLE)
    return read_bundle (reader, name, file, error);
  raw_set_add (reader->set, name, g_steal_pointer (&file->data), size);
  return read_plain (reader, error);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void
note_passed_over (Reader *reader)
{
  if (reader->set->links > 0)
    note (reader, "%u symbolic or hard %s not followed", reader->set->links, reader->set->links == 1 ? "link was" : "links were");
  if (reader->set->specials > 0)
    note (reader, "%u %s no plain file (FIFO, socket, device): ignored", reader->set->specials, reader->set->specials == 1 ? "entry that is" : "entries that are");
}

/* "found: a.docx (a Word document), b.png (a picture)". */
static char *
say_found (const RawSet *set)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < MIN (set->files->len, FOUND_LISTED_MAX); i++)
    {
      const RawFile *file = g_ptr_array_index (set->files, i);
      g_autofree char *shown = name_shown (file->name);
      g_string_append_printf (text, "%s%s (%s)", i > 0 ? ", " : "", shown, file->format == FORMAT_TEXT && file->size == 0 ? "empty" : file->what);
    }
  if (set->files->len > FOUND_LISTED_MAX)
    g_string_append_printf (text, " and %u more", set->files->len - FOUND_LISTED_MAX);
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : g_strdup ("nothing");
}

static gboolean
check_not_empty (Reader *reader)
{
  const Submission *submission = reader->submission;
  if (submission->files->len > 0 || submission->patches->len > 0)
    return TRUE;
  if (reader->packed != NULL)
    {
      *reader->fault = g_steal_pointer (&reader->packed);
      return FALSE;
    }
  g_autofree char *found = say_found (reader->set);
  g_autofree char *notes = NULL;
  g_ptr_array_add (submission->notes, NULL);
  notes = submission->notes->len > 1 ? g_strjoinv ("\n", (char **) submission->notes->pdata) : NULL;
  g_ptr_array_remove_index (submission->notes, submission->notes->len - 1);
  if (submission->absent != NULL)
    *reader->fault = fault_new (STAGE_INGEST, notes, "%s", submission->absent);
  else
    *reader->fault = fault_new (STAGE_INGEST, notes, "no change of KVM in it; found: %s; " SUBMISSION_WANTED, found);
  return FALSE;
}

static gboolean
touches (const Submission *submission, const char *folder)
{
  for (guint i = 0; i < submission->files->len; i++)
    {
      if (g_str_has_prefix (((SubmissionFile *) g_ptr_array_index (submission->files, i))->path, folder))
        return TRUE;
    }
  for (guint i = 0; i < submission->patches->len; i++)
    {
      const SubmissionPatch *patch = g_ptr_array_index (submission->patches, i);
      for (guint p = 0; p < patch->paths->len; p++)
        {
          if (g_str_has_prefix (g_ptr_array_index (patch->paths, p), folder))
            return TRUE;
        }
    }
  return FALSE;
}

static gint
by_path (gconstpointer a, gconstpointer b)
{
  const SubmissionFile *const *left = a, *const *right = b;
  return strcmp ((*left)->path, (*right)->path);
}

static void
finish (Submission *submission)
{
  g_autoptr (InputHash) hash = input_hash_new ("submission");
  g_ptr_array_sort (submission->files, by_path);
  for (guint i = 0; i < submission->files->len; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (submission->files, i);
      input_hash_add (hash, "path", file->path);
      input_hash_add (hash, "text", file->text);
      input_hash_add (hash, "base", file->base_text);
    }
  for (guint i = 0; i < submission->patches->len; i++)
    input_hash_add (hash, "patch", ((SubmissionPatch *) g_ptr_array_index (submission->patches, i))->text);
  submission->sha256 = input_hash_end (hash);
  submission->touches_vmx = touches (submission, KERNEL_KVM_FOLDER "vmx/");
  submission->touches_svm = touches (submission, KERNEL_KVM_FOLDER "svm/");
}

static gboolean
read_all (Reader *reader, GError **error)
{
  struct stat st;
  const char *path = reader->spec->path;
  const gboolean parts = reader->spec->parts != NULL;
  if (!parts && stat (path, &st) < 0)
    return fail (error, HARNESS_ERROR_USAGE, "%s: no such submission: %s", path, g_strerror (errno));
  if (!parts && !S_ISDIR (st.st_mode) && !S_ISREG (st.st_mode))
    return fail (error, HARNESS_ERROR_USAGE, "%s: no submission: neither a file nor a folder", path);
  if (!(parts || S_ISDIR (st.st_mode) ? read_folder (reader, error) : read_file (reader, error)))
    return FALSE;
  note_passed_over (reader);
  if (strcmp (reader->submission->kind, "tree") == 0)
    submission_policy_trim (reader->submission, reader->spec->allowed);
  return check_not_empty (reader);
}

gboolean
submission_read (const SubmissionSpec *spec, Submission **out, Fault **fault, GError **error)
{
  g_autoptr (Submission) submission = submission_new (spec->path);
  g_autoptr (Fault) own = NULL;
  Reader reader = { .spec = spec, .submission = submission, .set = raw_set_new (), .fault = &own };
  const gboolean ok = read_all (&reader, error);
  raw_set_free (reader.set);
  g_clear_pointer (&reader.packed, fault_free);
  if (ok)
    own = submission_policy (submission, spec->allowed);
  if (own != NULL)
    {
      *fault = g_steal_pointer (&own);
      return TRUE;
    }
  if (!ok)
    return FALSE;
  finish (submission);
  *out = g_steal_pointer (&submission);
  return TRUE;
}
