/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files: what each was made from, and the merge with the lab's; see carry.h. */
#include <string.h>

#include "submission/carry-private.h"
#include "submission/csource.h"
#include "submission/kvm-changes.h"
#include "submission/merge-locals.h"
#include "submission/merge.h"
#include "submission/nearest.h"

/* What a file may have been made from. */
typedef struct
{
  char *name; /* "6.12.117 (linux-source-6.12)" */
  char *text;
  Nearness nearness;
} Candidate;

typedef struct
{
  const SubmissionFile *file;
  char *lab_text;         /* NULL: the lab has no such file */
  GPtrArray *candidates;  /* of Candidate */
  const Candidate *base;  /* the nearest; NULL if there is none */
  gboolean told;          /* the submission or the user told the base: it is not guessed */
} Whole;

static void
candidate_free (gpointer data)
{
  Candidate *candidate = data;
  g_free (candidate->name);
  g_free (candidate->text);
  g_free (candidate);
}

static void
whole_clear (Whole *whole)
{
  g_free (whole->lab_text);
  g_ptr_array_unref (whole->candidates);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Whole, whole_clear)

/* --- bases ------------------------------------------------------------------------------------ */

static void
add_candidate (Whole *whole, const char *name, const char *text)
{
  if (text == NULL)
    return;
  Candidate *candidate = g_new0 (Candidate, 1);
  candidate->name = g_strdup (name);
  candidate->text = g_strdup (text);
  candidate->nearness = nearness_measure (whole->file->text, text);
  g_ptr_array_add (whole->candidates, candidate);
  const guint differ = candidate->nearness.missing + candidate->nearness.added;
  if (whole->base == NULL || differ < whole->base->nearness.missing + whole->base->nearness.added)
    whole->base = candidate;
}

static gboolean
add_from (Whole *whole, const char *dir, const char *name, GError **error)
{
  g_autofree char *text = NULL;
  if (!carry_read (dir, whole->file->path, &text, error))
    return FALSE;
  add_candidate (whole, name, text);
  return TRUE;
}

static gboolean
is_indexed (const char *path)
{
  return g_strv_contains (kernel_index_files, path);
}

/* What the submission began with, if that is a kernel's: a repository's first commit may have the student's lines already. */
static void
take_own_base (Carrying *carrying, Whole *whole)
{
  const SubmissionFile *file = whole->file;
  if (file->base_trust == BASE_RELEASE || !is_indexed (file->path) || carry_is_kernels (carrying, file->path, file->base_text))
    add_candidate (whole, "the submission's own base", file->base_text);
  else
    carry_note (carrying, "%s: what it was in the repository's beginning has lines that no kernel has: the nearest kernel is its base", file->path);
}

static gboolean
find_base (Carrying *carrying, Whole *whole, GError **error)
{
  const CarrySpec *spec = carrying->spec;
  if (whole->file->base_text != NULL)
    take_own_base (carrying, whole);
  else if (spec->given_base_dir != NULL)
    {
      g_autofree char *version = carry_version (spec->given_base_dir, "the given one");
      if (!add_from (whole, spec->given_base_dir, version, error))
        return FALSE;
    }
  whole->told = whole->candidates->len > 0;
  if (whole->told)
    return TRUE;
  add_candidate (whole, carrying->lab_name, whole->lab_text);
  for (guint i = 0; !is_indexed (whole->file->path) && spec->base_dirs != NULL && spec->base_dirs[i] != NULL; i++)
    {
      if (!add_from (whole, spec->base_dirs[i], spec->base_names != NULL ? spec->base_names[i] : "another", error))
        return FALSE;
    }
  return TRUE;
}

/* --- new files -------------------------------------------------------------------------------- */

static gboolean
names_it (const char *text, const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  if (text == NULL || strstr (text, name) != NULL)
    return text != NULL;
  if (!g_str_has_suffix (name, ".c"))
    return FALSE;
  name[strlen (name) - 1] = 'o';
  return strstr (text, name) != NULL;
}

/* By its name in an #include, or as an object in a Makefile. */
static gboolean
is_referred_to (const Submission *submission, const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  if (strcmp (base, "Makefile") == 0 || strcmp (base, "Kbuild") == 0 || strcmp (base, "Kconfig") == 0)
    return TRUE;
  for (guint i = 0; i < submission->files->len; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (submission->files, i);
      if (strcmp (file->path, path) != 0 && names_it (file->text, path))
        return TRUE;
    }
  for (guint i = 0; i < submission->patches->len; i++)
    {
      if (names_it (((const SubmissionPatch *) g_ptr_array_index (submission->patches, i))->text, path))
        return TRUE;
    }
  return FALSE;
}

gboolean
carry_has_own_words (const Carrying *carrying, const char *text, const char *base)
{
  g_autoptr (GHashTable) words = c_words_new ();
  GHashTableIter iter;
  gpointer word;
  nearness_add_new_words (text, base, words);
  g_hash_table_iter_init (&iter, words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    {
      if (kernel_index_is_own_word (carrying->spec->index, word))
        return TRUE;
    }
  return FALSE;
}

/* Of a whole tree most files are another version's, and nobody's own. */
static void
leave_out (Carrying *carrying, const SubmissionFile *file)
{
  g_ptr_array_add (carrying->others, g_strdup (file->path));
}

static void
take_new (Carrying *carrying, const SubmissionFile *file)
{
  if (carry_is_c (file->path) && !carry_has_own_words (carrying, file->text, ""))
    leave_out (carrying, file);
  else if (is_referred_to (carrying->submission, file->path))
    {
      carry_add (carrying, file->path, file->text, "as it is: a new file");
      if (carry_is_c (file->path))
        carry_learn (carrying, file->text, "");
    }
  else
    {
      carry_note (carrying, "%s: no kernel at hand has this file and nothing in the submission refers to it: it was left out", file->from);
      g_string_append_printf (carrying->left, "%s: the whole file: nothing refers to it\n", file->path);
    }
}

/* --- merging ---------------------------------------------------------------------------------- */

/* Lines that neither the lab nor the base has are the student's: they are put in the lab's terms. */
static char *
rewrite_new_lines (const char *merged, const Whole *whole)
{
  g_autoptr (CSource) theirs = c_source_new (whole->file->text);
  g_autoptr (CSource) lab = c_source_new (whole->lab_text);
  g_autoptr (KvmRewriter) rewriter = kvm_rewriter_new (theirs, lab);
  guint count;
  g_autofree gboolean *is_new = nearness_new_lines (merged, whole->lab_text, &count);
  GString *out = g_string_new (NULL);
  guint number = 0;
  for (const char *at = merged; *at != '\0'; number++)
    {
      const gsize length = strcspn (at, "\n") + (strchr (at, '\n') != NULL ? 1 : 0);
      g_autofree char *line = g_strndup (at, length);
      g_autofree char *rewritten = is_new[number] ? kvm_rewriter_line (rewriter, NULL, line) : g_strdup (line);
      g_string_append (out, rewritten);
      at += length;
    }
  return g_string_free (out, FALSE);
}

static gboolean
is_sound (const char *path, const char *text)
{
  guint line;
  if (merge_has_markers (text, &line) || !carry_is_c (path))
    return !merge_has_markers (text, &line);
  g_autoptr (CSource) source = c_source_new (text);
  return source->problem == NULL;
}

static Fault *
conflicts (const Carrying *carrying, const Whole *whole)
{
  const char *name = whole->base->name;
  const gboolean of_lab = strcmp (name, carrying->lab_name) == 0;
  g_autofree char *why = of_lab ? g_strdup_printf ("it is not Linux %s's, and of no other kernel at hand", name)
                                : g_strdup_printf ("its changes against %s do not fit into Linux %s", name, carrying->lab_name);
  Fault *fault = fault_new (STAGE_CARRY, NULL, "%s: %s; try: --base with the kernel that it was made from", whole->file->path, why);
  fault->needs_base = TRUE;
  return fault;
}

static gboolean
put_off (Carrying *carrying, const Whole *whole, const char *base_text)
{
  carry_put_off (carrying, whole->file, whole->lab_text, base_text);
  return TRUE;
}

static gboolean
merge (Carrying *carrying, const Whole *whole, Fault **fault, GError **error)
{
  const SubmissionFile *file = whole->file;
  g_autofree char *merged = NULL;
  g_autofree char *how = g_strdup_printf ("merged: base %s", whole->base->name);
  if (strcmp (whole->base->text, whole->lab_text) == 0)
    {
      carry_add (carrying, file->path, file->text, "as it is");
      carry_learn (carrying, file->text, whole->base->text);
      return TRUE;
    }
  if (!merge_texts (carrying->spec->scratch_dir, whole->lab_text, whole->base->text, file->text, &merged, error))
    return FALSE;
  if (merged == NULL && !carry_is_c (file->path))
    {
      *fault = conflicts (carrying, whole);
      return TRUE;
    }
  if (merged == NULL || !is_sound (file->path, merged) || (carry_is_c (file->path) && merge_lacks_locals (merged, file->text, whole->lab_text)))
    return put_off (carrying, whole, whole->base->text);
  g_autofree char *text = carry_is_c (file->path) ? rewrite_new_lines (merged, whole) : g_strdup (merged);
  carry_add (carrying, file->path, text, how);
  carry_learn (carrying, file->text, whole->base->text);
  return TRUE;
}

/* --- one file --------------------------------------------------------------------------------- */

/* "if (…) …" where only declarations can stand, and no #if decides whether it does: no kernel takes it. */
static Fault *
outside_of_function (const SubmissionFile *file, const CSource *source)
{
  for (guint i = 0; i < source->items->len; i++)
    {
      const CItem *item = g_ptr_array_index (source->items, i);
      if (item->kind == C_STRAY && item->conditions == 0 && c_is_keyword_of_statement (source, item->first_token))
        return fault_new (STAGE_CARRY, NULL, "%s:%u: a statement outside of any function: no compiler would take it", file->from, item->first + 1);
    }
  return NULL;
}

static Fault *
look_at_text (const SubmissionFile *file)
{
  guint line;
  if (merge_has_markers (file->text, &line))
    return fault_new (STAGE_CARRY, NULL, "%s: a merge's conflict markers stand in it (line %u); hand in the file with the conflict resolved", file->from, line);
  if (!carry_is_c (file->path))
    return NULL;
  g_autoptr (CSource) source = c_source_new (file->text);
  if (source->problem != NULL)
    return fault_new (STAGE_CARRY, NULL, "%s: no compiler would take it: %s", file->from, source->problem);
  return outside_of_function (file, source);
}

static void
take_removed (Carrying *carrying, const Whole *whole)
{
  if (whole->lab_text != NULL)
    carry_add (carrying, whole->file->path, NULL, "removed");
  else
    carry_note (carrying, "%s: removed by the submission, and not in Linux %s", whole->file->path, carrying->lab_name);
}

/* Says what it was made from; TRUE if it was changed at all. */
static gboolean
is_changed (Carrying *carrying, const Whole *whole)
{
  g_autofree char *name = g_path_get_basename (whole->file->path);
  const Candidate *base = whole->base;
  if (nearness_is_same (whole->file->text, base->text))
    {
      g_ptr_array_add (carrying->unchanged, g_strdup_printf ("%s of Linux %s", name, base->name));
      carry_note (carrying, "%s: unchanged, that of Linux %s", whole->file->path, base->name);
      return FALSE;
    }
  carry_note (carrying, "%s: %s base is %s (%u lines differ)", whole->file->path, whole->told ? "its" : "nearest", base->name,
              base->nearness.missing + base->nearness.added);
  return TRUE;
}

static Fault *
stranger (const Whole *whole)
{
  const char *which = whole->lab_text == NULL ? "only another version than the lab's" : "none";
  Fault *fault = fault_new (STAGE_CARRY, NULL,
                            "%s: %s of the kernels at hand has a file that it could have been made from; try: --base with the kernel that it was made from",
                            whole->file->from, which);
  fault->needs_base = TRUE;
  return fault;
}

/* --base, and it is not: what it has and the file has not would be taken for removed. */
static Fault *
is_far (const Carrying *carrying, const Whole *whole)
{
  const Nearness *nearness = &whole->base->nearness;
  if (whole->file->base_text != NULL || carrying->spec->given_base_dir == NULL || nearness_is_base (nearness))
    return NULL;
  Fault *fault = fault_new (STAGE_CARRY, NULL, "%s: --base, Linux %s, is not what it was made from: %u of that one's %u lines are not in it; try: without --base",
                            whole->file->path, whole->base->name, nearness->missing, nearness->missing + nearness->common);
  fault->needs_base = TRUE;
  return fault;
}

static gboolean
carry_told (Carrying *carrying, const Whole *whole, Fault **fault, GError **error)
{
  if (!is_changed (carrying, whole))
    return TRUE;
  *fault = whole->lab_text == NULL ? stranger (whole) : is_far (carrying, whole);
  return *fault != NULL || merge (carrying, whole, fault, error);
}

/* A Makefile of another version: what it has for the submission's new files is put into the lab's. */
static gboolean
take_kbuild (Carrying *carrying, const Whole *whole)
{
  const SubmissionFile *file = whole->file;
  if (!carry_is_kbuild (file->path) || whole->lab_text == NULL || (carrying->of_lab && nearness_is_base (&whole->base->nearness)))
    return FALSE;
  g_autofree char *text = carry_kbuild (carrying, file, whole->lab_text);
  if (text == NULL)
    return FALSE;
  carry_note (carrying, "%s: of another version: its lines for the submission's own files were put into Linux %s's", file->path, carrying->lab_name);
  carry_add (carrying, file->path, text, "its own objects, put into the lab's");
  return TRUE;
}

static gboolean
carry_untold (Carrying *carrying, const Whole *whole, Fault **fault, GError **error)
{
  if (is_indexed (whole->file->path) && whole->lab_text != NULL)
    {
      if (nearness_is_base (&whole->base->nearness) && carry_is_of_lab (carrying, whole->file, whole->lab_text))
        return !is_changed (carrying, whole) || merge (carrying, whole, fault, error);
      return put_off (carrying, whole, NULL);
    }
  if (take_kbuild (carrying, whole))
    return TRUE;
  if (!carrying->of_lab && !nearness_is_same (whole->file->text, whole->base->text) && !carry_has_own_words (carrying, whole->file->text, whole->lab_text != NULL ? whole->lab_text : ""))
    {
      leave_out (carrying, whole->file);
      return TRUE;
    }
  if (!is_changed (carrying, whole))
    return TRUE;
  if (whole->lab_text == NULL || !nearness_is_kin (&whole->base->nearness))
    *fault = stranger (whole);
  else if (!nearness_is_base (&whole->base->nearness))
    *fault = conflicts (carrying, whole);
  return *fault != NULL || merge (carrying, whole, fault, error);
}

static gboolean
carry_one (Carrying *carrying, const SubmissionFile *file, Fault **fault, GError **error)
{
  g_auto (Whole) whole = { .file = file, .candidates = g_ptr_array_new_with_free_func (candidate_free) };
  if (!carry_read (carrying->spec->lab_dir, file->path, &whole.lab_text, error))
    return FALSE;
  if (file->text == NULL)
    {
      take_removed (carrying, &whole);
      return TRUE;
    }
  *fault = look_at_text (file);
  if (*fault != NULL)
    return TRUE;
  if (!find_base (carrying, &whole, error))
    return FALSE;
  if (whole.base != NULL)
    return whole.told ? carry_told (carrying, &whole, fault, error) : carry_untold (carrying, &whole, fault, error);
  take_new (carrying, file);
  return TRUE;
}

/* What is as it was in a repository's beginning, which had the student's lines already. */
gboolean
carry_untouched (Carrying *carrying, GError **error)
{
  const GPtrArray *files = carrying->submission->untouched;
  for (guint i = 0; files != NULL && i < files->len; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (files, i);
      g_autofree char *lab_text = NULL;
      if (!carry_read (carrying->spec->lab_dir, file->path, &lab_text, error))
        return FALSE;
      if (file->text == NULL || lab_text == NULL || !is_indexed (file->path) || carry_is_kernels (carrying, file->path, file->text))
        continue;
      carry_note (carrying, "%s: it is as in the repository's first commit, and has lines that no kernel has: they count", file->path);
      carry_put_off (carrying, file, lab_text, NULL);
    }
  return TRUE;
}

/* Reading has seen to it; that nothing leaves the kernel's tree is worth a second look. */
static gboolean
is_inside (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  return path[0] != '\0' && path[0] != '/' && !g_strv_contains ((const char *const *) parts, "..");
}

static gboolean
is_of_lab (Carrying *carrying, const SubmissionFile *file)
{
  g_autofree char *lab_text = NULL;
  if (file->text == NULL || !is_indexed (file->path))
    return TRUE;
  return carry_read (carrying->spec->lab_dir, file->path, &lab_text, NULL) && lab_text != NULL
         && carry_is_of_lab (carrying, file, lab_text);
}

/* In one line, however many they are. */
static void
tell_others (Carrying *carrying)
{
  GPtrArray *others = carrying->others;
  const char *first = others->len > 0 ? g_ptr_array_index (others, 0) : NULL;
  if (others->len == 0)
    return;
  g_autofree char *which = others->len == 1 ? g_strdup (first) : g_strdup_printf ("%s and %u more", first, others->len - 1);
  carry_note (carrying, "%s: every word is some kernel's: taken for another version's own, and left out", which);
  g_string_append_printf (carrying->left, "%s: another version's\n", which);
  g_ptr_array_set_size (others, 0);
}

gboolean
carry_files (Carrying *carrying, const GPtrArray *files, Fault **fault, GError **error)
{
  carrying->of_lab = TRUE;
  for (guint i = 0; i < files->len && carrying->of_lab; i++)
    carrying->of_lab = is_of_lab (carrying, g_ptr_array_index (files, i));
  for (guint i = 0; i < files->len && *fault == NULL; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (files, i);
      if (!is_inside (file->path))
        *fault = fault_new (STAGE_POLICY, NULL, "%s: outside of the kernel's tree", file->path);
      else if (!carry_one (carrying, file, fault, error))
        return FALSE;
    }
  tell_others (carrying);
  return TRUE;
}
