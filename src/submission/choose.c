/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From names and contents to kernel files; see choose.h. Several files of one name are decided by rules that whoever handed them in would agree
 * with: equal ones are one, the nearest to the top, the later copy. Where no such rule holds nobody guesses.
 */
#include "submission/choose.h"

#include <string.h>

#include "submission/choose-headers.h"
#include "submission/choose-patches.h"
#include "submission/choose-private.h"
#include "submission/wanted.h"

/* A kernel has 100 files of KVM. More than these many are no submission, and comparing them all would take long. */
#define CANDIDATES_MAX 1000u
#define GROUP_MAX 50u
#define PATCHES_MAX 500u
#define AMBIGUOUS_NOTES_MAX 10u

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
refused_free (gpointer data)
{
  Refused *refused = data;
  g_free (refused->path);
  g_free (refused->why);
  g_free (refused);
}

static void
choice_clear (Choice *choice)
{
  g_ptr_array_unref (choice->refused);
  g_ptr_array_unref (choice->candidates);
  g_ptr_array_unref (choice->patches);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Choice, choice_clear)

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
  candidate->asked = asked_of (file->name, choice->names);
  *path = (KernelPath){ 0 };
  g_ptr_array_add (choice->candidates, candidate);
}

static void
sort_in (Choice *choice, const RawFile *file)
{
  g_auto (KernelPath) path = { 0 };
  kernel_path_find (file->name, &path);
  const gboolean known = path.path != NULL && kernel_path_is_source (path.path);
  if (!name_is_litter (file->name) && wanted_as_patch (file, known))
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

static void
refuse (Choice *choice, const Candidate *candidate, const char *what)
{
  Refused *refused = g_new0 (Refused, 1);
  refused->path = g_strdup (candidate->path.path);
  refused->why = g_strdup_printf ("%s is %s, not C source", candidate->shown, what);
  g_ptr_array_add (choice->refused, refused);
}

static const char *
read_text (Choice *choice, Candidate *candidate)
{
  const char *what = NULL;
  candidate->text = submission_text (candidate->raw, candidate->shown, choice->submission->notes, &what);
  if (candidate->text != NULL && candidate->text[0] != '\0')
    return NULL;
  what = candidate->text != NULL ? "empty" : what;
  g_clear_pointer (&candidate->text, g_free);
  return what;
}

/* Reads the texts; what is none, or none of the kernel's, leaves. */
static void
read_texts (Choice *choice, GPtrArray *group)
{
  const guint refused = choice->refused->len;
  for (guint i = 0; i < group->len;)
    {
      Candidate *candidate = g_ptr_array_index (group, i);
      const char *what = read_text (choice, candidate);
      if (what != NULL && choice->refused->len == refused && candidate->path.match != PATH_LIKELY)
        refuse (choice, candidate, what);
      if (what != NULL)
        drop (choice, group, i, what);
      else if (is_user_program (candidate->text))
        drop (choice, group, i, "a program for user space");
      else if (candidate->path.match == PATH_LIKELY && strstr (candidate->text, "kvm") == NULL)
        drop (choice, group, i, "nothing of KVM is in it");
      else
        i++;
    }
  if (group->len > 0)
    g_ptr_array_set_size (choice->refused, (gint) refused);
}

static gboolean
has_vendors (const Choice *choice)
{
  return submission_find (choice->submission, KERNEL_KVM_FOLDER "vmx/vmx.c") != NULL || submission_find (choice->submission, KERNEL_KVM_FOLDER "svm/svm.c") != NULL;
}

/* What cannot be read is passed over where something else is there, unless it is what an answer cannot do without. FALSE with a fault. */
static gboolean
check_refused (Choice *choice)
{
  for (guint i = 0; i < choice->refused->len; i++)
    {
      const Refused *refused = g_ptr_array_index (choice->refused, i);
      const gboolean needed = is_cpuid (refused->path) || (is_vendors (refused->path) && !has_vendors (choice));
      if (choice->patches->len > 0 || (choice->submission->files->len > 0 && !needed))
        continue;
      *choice->fault = fault_new (STAGE_INGEST, NULL, "%s: hand in the file itself, as text (on GitHub: the Raw button)", refused->why);
      return FALSE;
    }
  return TRUE;
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

/* Who counts exits in it has changed it: it is no kernel's own. */
static gboolean
has_answers (const char *text)
{
  g_autoptr (GRegex) regex = g_regex_new ("0x4ffffff", G_REGEX_RAW | G_REGEX_CASELESS, 0, NULL);
  return g_regex_match (regex, text, 0, NULL);
}

/* The one original among them, if the others may have been made from it. */
static char *
find_base (Choice *choice, const GPtrArray *group)
{
  const Candidate *base = NULL;
  guint originals = 0;
  for (guint i = 0; i < group->len; i++)
    {
      const Candidate *candidate = g_ptr_array_index (group, i);
      originals += name_is_original (candidate->raw->name);
      if (name_is_base (candidate->raw->name))
        base = candidate;
    }
  if (base == NULL || originals != 1 || group->len < 2 || has_answers (base->text))
    return NULL;
  note (choice, "\"%s\" is taken for what the change was made from", base->shown);
  return g_strdup (base->text);
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

/* Of the assignment asked for, or else of none in particular. */
static void
drop_not_asked (Choice *choice, GPtrArray *group)
{
  Asked best = ASKED_OTHER;
  for (guint i = 0; i < group->len; i++)
    {
      const Asked asked = ((const Candidate *) g_ptr_array_index (group, i))->asked;
      if (asked == ASKED_THIS || (asked == ASKED_UNSAID && best != ASKED_THIS))
        best = asked;
    }
  for (guint i = 0; i < group->len;)
    {
      if (((const Candidate *) g_ptr_array_index (group, i))->asked != best)
        drop (choice, group, i, best == ASKED_THIS ? "another is of the assignment that is asked for" : "its name speaks of another assignment");
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

/* Nobody's fault: what counts is the student's to say, and nothing says that it is wrong. */
static void
set_undecided (Choice *choice, const Candidate *first, const Candidate *second)
{
  *choice->fault = fault_new (STAGE_INGEST, NULL, "\"%s\" and \"%s\" are different, and both may be %s: hand in the one that counts", first->shown, second->shown,
                              first->path.path);
  (*choice->fault)->needs_base = TRUE;
}

/* The one that stays is the group's first. *base: what it was made from, if one of the others says so. */
static gboolean
decide (Choice *choice, GPtrArray *group, char **base)
{
  g_ptr_array_sort (group, by_nearness);
  drop_equal (choice, group);
  *base = find_base (choice, group);
  drop_originals (choice, group);
  drop_not_asked (choice, group);
  drop_deeper (choice, group);
  if (group->len <= 1)
    return TRUE;
  const Candidate *first = g_ptr_array_index (group, 0), *second = g_ptr_array_index (group, 1);
  if (!are_versions (group))
    {
      set_undecided (choice, first, second);
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

/* Takes base. */
static void
add_file (Choice *choice, Candidate *candidate, char *base)
{
  SubmissionFile *file = g_new0 (SubmissionFile, 1);
  if (candidate->path.old_layout)
    note (choice, "\"%s\" lies where Linux 5.6 and older have it: taken for %s", candidate->shown, candidate->path.path);
  else if (candidate->path.match != PATH_EXACT)
    note (choice, "\"%s\" is taken for %s", candidate->shown, candidate->path.path);
  file->path = g_strdup (candidate->path.path);
  file->from = g_strdup (candidate->shown);
  file->text = g_steal_pointer (&candidate->text);
  file->base_text = base;
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
  (*choice->fault)->needs_base = TRUE;
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
      g_autofree char *base = NULL;
      if (!check_amount (choice, group))
        return FALSE;
      read_texts (choice, group);
      if (group->len > 0 && !decide (choice, group, &base))
        return FALSE;
      if (group->len > 0)
        add_file (choice, g_ptr_array_index (group, 0), g_steal_pointer (&base));
    }
  return check_refused (choice);
}

static gint
by_path (gconstpointer a, gconstpointer b)
{
  const SubmissionFile *const *left = a, *const *right = b;
  return strcmp ((*left)->path, (*right)->path);
}

gboolean
submission_choose (const RawSet *set, const char *const *names, Submission *submission, Fault **fault)
{
  g_auto (Choice) choice = { .set = set, .names = names, .submission = submission, .ignored = set->others, .fault = fault };
  choice.candidates = g_ptr_array_new_with_free_func (candidate_free);
  choice.patches = g_ptr_array_new ();
  choice.refused = g_ptr_array_new_with_free_func (refused_free);
  for (guint i = 0; i < set->files->len; i++)
    sort_in (&choice, g_ptr_array_index (set->files, i));
  choose_asked (&choice);
  if (!choose_whole (&choice))
    return FALSE;
  choice.ignored -= submission_choose_headers (set, submission);
  g_ptr_array_sort (submission->files, by_path);
  if (!submission_choose_patches (choice.patches, submission, fault))
    return FALSE;
  if (choice.ignored > 0)
    note (&choice, choice.ignored == 1 ? "%u other file was ignored" : "%u other files were ignored", choice.ignored);
  return TRUE;
}
