/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From names and contents to kernel files; see choose.h. Several files of one name are decided by rules that whoever handed them in would agree
 * with: equal ones are one, the nearest to the top, the later copy. Where no such rule holds nobody guesses.
 */
#include "submission/choose.h"

#include <string.h>

#include "submission/choose-patches.h"
#include "submission/paths.h"

/* A kernel has 100 files of KVM. More than these many are no submission, and comparing them all would take long. */
#define CANDIDATES_MAX 1000u
#define GROUP_MAX 50u
#define PATCHES_MAX 500u
#define AMBIGUOUS_NOTES_MAX 10u

/* A file that may be the one for a path of the kernel. */
typedef struct
{
  const RawFile *raw;
  char *shown, *folder, *text;
  KernelPath path;
  guint depth;
} Candidate;

typedef struct
{
  const RawSet *set;
  Submission *submission;
  GPtrArray *candidates; /* of Candidate */
  GPtrArray *patches;    /* of RawFile, not owned */
  guint ignored, ambiguous;
  Fault **fault;
} Choice;

static void
candidate_free (gpointer data)
{
  Candidate *candidate = data;
  g_free (candidate->shown);
  g_free (candidate->folder);
  g_free (candidate->text);
  kernel_path_clear (&candidate->path);
  g_free (candidate);
}

static void
choice_clear (Choice *choice)
{
  g_ptr_array_unref (choice->candidates);
  g_ptr_array_unref (choice->patches);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Choice, choice_clear)

#define note(choice, ...) submission_note ((choice)->submission->notes, __VA_ARGS__)

/* --- text ------------------------------------------------------------------------------------- */

char *
submission_text (const RawFile *file, const char *shown, GPtrArray *notes, const char **what)
{
  guint changes;
  *what = file->what;
  char *text = file->data != NULL ? text_normalise (file->data, file->size, &changes, what) : NULL;
  if (text != NULL && file->size > SUBMISSION_FILE_MAX)
    {
      *what = "a file of more than 4 MiB";
      g_clear_pointer (&text, g_free);
    }
  g_autofree char *words = text != NULL ? text_changes (changes) : NULL;
  if (words != NULL)
    submission_note (notes, "\"%s\" was normalised: %s", shown, words);
  return text;
}

/* A program for user space that happens to be called cpuid.c: the kernel has none of these headers. */
static gboolean
is_user_program (const char *text)
{
  g_autoptr (GRegex) regex = g_regex_new ("^[ \\t]*#[ \\t]*include[ \\t]*<(stdio|stdlib|unistd|iostream|cpuid)\\.?h?>", G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
  return g_regex_match (regex, text, 0, NULL);
}

/* --- sorting the heap ------------------------------------------------------------------------- */

static gboolean
has_suffix (const char *name, const char *const *suffixes)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);
  for (; *suffixes != NULL; suffixes++)
    {
      if (g_str_has_suffix (lower, *suffixes))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_source_name (const char *path)
{
  static const char *const suffixes[] = { ".c", ".h", ".s", "/makefile", "/kconfig", "/kbuild", NULL };
  return has_suffix (path, suffixes);
}

/* By its name, or, where the name tells nothing (changes.txt, a name without suffix), by what is in it. */
static gboolean
is_patch (const RawFile *file, gboolean is_candidate)
{
  static const char *const sure[] = { ".patch", ".diff", ".mbox", ".eml", NULL };
  static const char *const maybe[] = { ".txt", ".c", ".log", ".mail", NULL };
  const char *slash = strrchr (file->name, '/');
  if (file->format != FORMAT_TEXT)
    return FALSE;
  if (has_suffix (file->name, sure))
    return TRUE;
  if (!has_suffix (file->name, maybe) && strchr (slash != NULL ? slash : file->name, '.') != NULL)
    return FALSE;
  guint changes;
  const char *what;
  g_autofree char *text = text_normalise (file->data, file->size, &changes, &what);
  return text != NULL && patch_is_in (text, is_candidate ? 40 : 400);
}

/* A bare kvm_host.h is one of two. */
static void
tell_host_header (const RawFile *file, KernelPath *path)
{
  if (path->by_path || !g_str_has_suffix (path->path, "/kvm_host.h") || file->data == NULL || strstr (file->data, "struct kvm_vcpu_arch {") != NULL
      || strstr (file->data, "struct kvm_vcpu {") == NULL)
    return;
  g_free (path->path);
  path->path = g_strdup ("include/linux/kvm_host.h");
}

static void
add_candidate (Choice *choice, const RawFile *file, KernelPath *path)
{
  Candidate *candidate = g_new0 (Candidate, 1);
  tell_host_header (file, path);
  candidate->raw = file;
  candidate->shown = name_shown (file->name);
  candidate->folder = g_path_get_dirname (file->name);
  candidate->path = *path;
  candidate->depth = raw_depth (file->name);
  *path = (KernelPath){ 0 };
  g_ptr_array_add (choice->candidates, candidate);
}

static void
sort_in (Choice *choice, const RawFile *file)
{
  g_auto (KernelPath) path = { 0 };
  kernel_path_find (file->name, &path);
  const gboolean known = path.path != NULL && is_source_name (path.path);
  if (!name_is_litter (file->name) && is_patch (file, known))
    g_ptr_array_add (choice->patches, (gpointer) file);
  else if (known && !name_is_litter (file->name))
    add_candidate (choice, file, &path);
  else
    {
      g_autofree char *shown = path.match == PATH_AMBIGUOUS && file->format == FORMAT_TEXT ? name_shown (file->name) : NULL;
      if (shown != NULL && choice->ambiguous++ < AMBIGUOUS_NOTES_MAX)
        note (choice, "\"%s\" is ignored: the name alone does not tell which kernel file it is; keep it in its folder", shown);
      choice->ignored++;
    }
}

/* --- one file of several ---------------------------------------------------------------------- */

static void
drop (Choice *choice, GPtrArray *group, guint index, const char *why)
{
  const Candidate *candidate = g_ptr_array_index (group, index);
  note (choice, "\"%s\" is ignored: %s", candidate->shown, why);
  g_ptr_array_remove_index (group, index);
}

/* Reads the texts; what is none, or none of the kernel's, leaves. FALSE with a fault if nothing readable was left of what was surely meant. */
static gboolean
read_texts (Choice *choice, GPtrArray *group)
{
  g_autofree char *refused = NULL;
  for (guint i = 0; i < group->len;)
    {
      Candidate *candidate = g_ptr_array_index (group, i);
      const char *what;
      candidate->text = submission_text (candidate->raw, candidate->shown, choice->submission->notes, &what);
      if (candidate->text != NULL && candidate->text[0] == '\0')
        {
          what = "empty";
          g_clear_pointer (&candidate->text, g_free);
        }
      if (candidate->text == NULL && refused == NULL && candidate->path.match != PATH_LIKELY)
        refused = g_strdup_printf ("%s is %s, not C source", candidate->shown, what);
      if (candidate->text == NULL)
        drop (choice, group, i, what);
      else if (is_user_program (candidate->text))
        drop (choice, group, i, "a program for user space");
      else if (candidate->path.match == PATH_LIKELY && strstr (candidate->text, "kvm") == NULL)
        drop (choice, group, i, "nothing of KVM is in it");
      else
        i++;
    }
  if (group->len > 0 || refused == NULL)
    return TRUE;
  *choice->fault = fault_new (STAGE_INGEST, NULL, "%s: hand in the file itself, as text (on GitHub: the Raw button)", refused);
  return FALSE;
}

static gint
by_nearness (gconstpointer a, gconstpointer b)
{
  const Candidate *left = *(Candidate *const *) a, *right = *(Candidate *const *) b;
  if (left->depth != right->depth)
    return left->depth < right->depth ? -1 : 1;
  if (left->path.match != right->path.match)
    return left->path.match < right->path.match ? -1 : 1;
  return strcmp (left->raw->name, right->raw->name);
}

static void
drop_equal (Choice *choice, GPtrArray *group)
{
  for (guint i = 0; i < group->len; i++)
    {
      const Candidate *kept = g_ptr_array_index (group, i);
      g_autofree char *why = g_strdup_printf ("the same as \"%s\"", kept->shown);
      for (guint j = i + 1; j < group->len;)
        {
          const Candidate *other = g_ptr_array_index (group, j);
          if (strcmp (kept->text, other->text) == 0)
            drop (choice, group, j, why);
          else
            j++;
        }
    }
}

static void
drop_originals (Choice *choice, GPtrArray *group)
{
  guint originals = 0;
  for (guint i = 0; i < group->len; i++)
    originals += name_is_original (((Candidate *) g_ptr_array_index (group, i))->raw->name);
  if (originals == group->len)
    return;
  for (guint i = 0; i < group->len;)
    {
      if (name_is_original (((Candidate *) g_ptr_array_index (group, i))->raw->name))
        drop (choice, group, i, "its name says that it is the original");
      else
        i++;
    }
}

static void
drop_deeper (Choice *choice, GPtrArray *group)
{
  const Candidate *nearest = g_ptr_array_index (group, 0);
  g_autofree char *why = g_strdup_printf ("\"%s\" is nearer to the top", nearest->shown);
  for (guint i = 1; i < group->len;)
    {
      if (((Candidate *) g_ptr_array_index (group, i))->depth > nearest->depth)
        drop (choice, group, i, why);
      else
        i++;
    }
}

static char *
without_digits (const char *name)
{
  GString *rest = g_string_new (NULL);
  for (; *name != '\0'; name++)
    {
      if (!g_ascii_isdigit (*name))
        g_string_append_c (rest, *name);
    }
  return g_string_free (rest, FALSE);
}

/* Copies in one folder ("vmx.c", "vmx (1).c"), or names that differ in a number alone ("assignment2/…", "assignment3/…"). */
static gboolean
are_versions (const GPtrArray *group)
{
  const Candidate *first = g_ptr_array_index (group, 0);
  g_autofree char *plain = without_digits (first->raw->name);
  gboolean copies = TRUE, numbered = TRUE;
  for (guint i = 0; i < group->len; i++)
    {
      const Candidate *other = g_ptr_array_index (group, i);
      g_autofree char *rest = without_digits (other->raw->name);
      numbered = numbered && strcmp (plain, rest) == 0;
      copies = copies && strcmp (first->folder, other->folder) == 0 && other->path.match != PATH_LIKELY;
    }
  return copies || numbered;
}

static gint
by_version (gconstpointer a, gconstpointer b)
{
  const Candidate *left = *(Candidate *const *) a, *right = *(Candidate *const *) b;
  if (left->path.copy != right->path.copy)
    return left->path.copy > right->path.copy ? -1 : 1;
  return strverscmp (right->raw->name, left->raw->name);
}

/* The one that stays is the group's first. */
static gboolean
decide (Choice *choice, GPtrArray *group)
{
  g_ptr_array_sort (group, by_nearness);
  drop_equal (choice, group);
  drop_originals (choice, group);
  drop_deeper (choice, group);
  if (group->len <= 1)
    return TRUE;
  const Candidate *first = g_ptr_array_index (group, 0), *second = g_ptr_array_index (group, 1);
  if (!are_versions (group))
    {
      *choice->fault = fault_new (STAGE_INGEST, NULL, "\"%s\" and \"%s\" are different, and both may be %s: hand in the one that counts", first->shown,
                                  second->shown, first->path.path);
      return FALSE;
    }
  g_ptr_array_sort (group, by_version);
  first = g_ptr_array_index (group, 0);
  g_autofree char *why = g_strdup_printf ("\"%s\" is the later one", first->shown);
  while (group->len > 1)
    drop (choice, group, 1, why);
  return TRUE;
}

/* --- files ------------------------------------------------------------------------------------ */

static void
add_file (Choice *choice, Candidate *candidate)
{
  SubmissionFile *file = g_new0 (SubmissionFile, 1);
  if (candidate->path.old_layout)
    note (choice, "\"%s\" lies where Linux 5.6 and older have it: taken for %s", candidate->shown, candidate->path.path);
  else if (candidate->path.match != PATH_EXACT)
    note (choice, "\"%s\" is taken for %s", candidate->shown, candidate->path.path);
  file->path = g_strdup (candidate->path.path);
  file->from = g_strdup (candidate->shown);
  file->text = g_steal_pointer (&candidate->text);
  g_ptr_array_add (choice->submission->files, file);
}

/* Candidates of the first one's path, taken out of the heap. */
static GPtrArray *
take_group (GPtrArray *candidates)
{
  GPtrArray *group = g_ptr_array_new_with_free_func (candidate_free);
  g_ptr_array_add (group, g_ptr_array_steal_index (candidates, 0));
  const Candidate *first = g_ptr_array_index (group, 0);
  for (guint i = 0; i < candidates->len;)
    {
      const Candidate *other = g_ptr_array_index (candidates, i);
      if (strcmp (first->path.path, other->path.path) == 0)
        g_ptr_array_add (group, g_ptr_array_steal_index (candidates, i));
      else
        i++;
    }
  return group;
}

static gboolean
check_amount (Choice *choice, const GPtrArray *group)
{
  const Candidate *first = group != NULL ? g_ptr_array_index (group, 0) : NULL;
  if (choice->candidates->len <= CANDIDATES_MAX && choice->patches->len <= PATCHES_MAX && (group == NULL || group->len <= GROUP_MAX))
    return TRUE;
  if (first != NULL)
    *choice->fault = fault_new (STAGE_INGEST, NULL, "%u files may be %s; " SUBMISSION_WANTED, group->len, first->path.path);
  else
    *choice->fault = fault_new (STAGE_INGEST, NULL, "%u kernel files and %u patches are too many; " SUBMISSION_WANTED, choice->candidates->len, choice->patches->len);
  return FALSE;
}

static gboolean
choose_whole (Choice *choice)
{
  if (!check_amount (choice, NULL))
    return FALSE;
  while (choice->candidates->len > 0)
    {
      g_autoptr (GPtrArray) group = take_group (choice->candidates);
      if (!check_amount (choice, group) || !read_texts (choice, group))
        return FALSE;
      if (group->len > 0 && !decide (choice, group))
        return FALSE;
      if (group->len > 0)
        add_file (choice, g_ptr_array_index (group, 0));
    }
  return TRUE;
}

/* Headers that are none of KVM's, by their names as they are shown. */
static GHashTable *
own_headers (const RawSet *set)
{
  GHashTable *headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < set->files->len; i++)
    {
      RawFile *raw = g_ptr_array_index (set->files, i);
      g_auto (KernelPath) known = { 0 };
      if (!g_str_has_suffix (raw->name, ".h") || raw->format != FORMAT_TEXT || name_is_litter (raw->name))
        continue;
      kernel_path_find (raw->name, &known);
      if (known.match == PATH_UNKNOWN)
        g_hash_table_insert (headers, name_shown (raw->name), raw);
    }
  return headers;
}

/* A header of the student's own that stands beside the file that includes it by name. */
static void
add_own_header (Choice *choice, GHashTable *headers, const SubmissionFile *includer, const char *header)
{
  g_autofree char *folder = g_path_get_dirname (includer->from);
  g_autofree char *name = strcmp (folder, ".") == 0 ? g_strdup (header) : g_strconcat (folder, "/", header, NULL);
  const RawFile *raw = g_hash_table_lookup (headers, name);
  const char *what;
  g_autoptr (SubmissionFile) file = g_new0 (SubmissionFile, 1);
  file->text = raw != NULL ? submission_text (raw, name, choice->submission->notes, &what) : NULL;
  if (file->text == NULL)
    return;
  g_autofree char *kernel_folder = g_path_get_dirname (includer->path);
  file->path = g_strconcat (kernel_folder, "/", header, NULL);
  file->from = g_strdup (name);
  note (choice, "\"%s\" is taken for %s: \"%s\" includes it", name, file->path, includer->from);
  g_hash_table_remove (headers, name);
  choice->ignored--;
  g_ptr_array_add (choice->submission->files, g_steal_pointer (&file));
}

static void
add_own_headers (Choice *choice)
{
  g_autoptr (GRegex) regex = g_regex_new ("^[ \\t]*#[ \\t]*include[ \\t]*\"([A-Za-z0-9_-]{1,60}\\.h)\"", G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
  g_autoptr (GHashTable) headers = own_headers (choice->set);
  const guint chosen = g_hash_table_size (headers) > 0 ? choice->submission->files->len : 0;
  for (guint i = 0; i < chosen; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (choice->submission->files, i);
      g_autoptr (GMatchInfo) info = NULL;
      g_regex_match (regex, file->text, 0, &info);
      for (; g_match_info_matches (info); g_match_info_next (info, NULL))
        {
          g_autofree char *header = g_match_info_fetch (info, 1);
          add_own_header (choice, headers, file, header);
        }
    }
}

static gint
by_path (gconstpointer a, gconstpointer b)
{
  const SubmissionFile *const *left = a, *const *right = b;
  return strcmp ((*left)->path, (*right)->path);
}

gboolean
submission_choose (const RawSet *set, Submission *submission, Fault **fault)
{
  g_auto (Choice) choice = { .set = set, .submission = submission, .fault = fault };
  choice.candidates = g_ptr_array_new_with_free_func (candidate_free);
  choice.patches = g_ptr_array_new ();
  for (guint i = 0; i < set->files->len; i++)
    sort_in (&choice, g_ptr_array_index (set->files, i));
  if (!choose_whole (&choice))
    return FALSE;
  add_own_headers (&choice);
  g_ptr_array_sort (submission->files, by_path);
  if (!submission_choose_patches (choice.patches, submission, fault))
    return FALSE;
  if (choice.ignored > 0)
    note (&choice, choice.ignored == 1 ? "%u other file was ignored" : "%u other files were ignored", choice.ignored);
  return TRUE;
}
