/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that no merge can carry: all of them are looked at before any is transplanted, because one says what the other needs. */
#include <string.h>

#include "kernel/bases.h"
#include "submission/carry-private.h"
#include "submission/csource.h"
#include "submission/transplant.h"

#define ROUNDS_MAX 5
#define NAMES_MAX 40 /* that are told */

void
later_file_free (gpointer data)
{
  LaterFile *later = data;
  g_free (later->path);
  g_free (later->text);
  g_free (later->lab_text);
  g_free (later->base_text);
  g_free (later);
}

void
carry_put_off (Carrying *carrying, const SubmissionFile *file, const char *lab_text, const char *base_text)
{
  LaterFile *later = g_new0 (LaterFile, 1);
  later->path = g_strdup (file->path);
  later->text = g_strdup (file->text);
  later->lab_text = g_strdup (lab_text);
  later->base_text = g_strdup (base_text);
  g_ptr_array_add (carrying->later, later);
}

/* --- headers ---------------------------------------------------------------------------------- */

static gboolean
lab_has (const Carrying *carrying, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (carrying->spec->lab_dir, folder, name, NULL);
  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

static gboolean
is_handed_in (const Carrying *carrying, const char *name)
{
  g_autofree char *base = g_path_get_basename (name);
  for (guint i = 0; i < carrying->submission->files->len; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (carrying->submission->files, i);
      g_autofree char *other = g_path_get_basename (file->path);
      if (file->text != NULL && strcmp (base, other) == 0)
        return TRUE;
    }
  return FALSE;
}

/* name: "<linux/atomic.h>". In a source that has no headers but KVM's, the kernel's are taken to be there. */
static gboolean
has_header (gpointer user, const char *path, const char *name)
{
  static const char *const folders[] = { "include", "arch/x86/include", "include/uapi", "arch/x86/include/uapi", "arch/x86/include/generated", "arch/x86/kvm",
                                         "virt/kvm" };
  const Carrying *carrying = user;
  const gsize length = strlen (name);
  g_autofree char *bare = length > 2 ? g_strndup (name + 1, length - 2) : g_strdup ("");
  g_autofree char *folder = g_path_get_dirname (path);
  if (bare[0] == '\0' || bare[0] == '/' || strstr (bare, "..") != NULL)
    return FALSE;
  if (lab_has (carrying, folder, bare) || is_handed_in (carrying, bare))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      if (lab_has (carrying, folders[i], bare))
        return TRUE;
    }
  return name[0] == '<' && !lab_has (carrying, "include", "linux/kernel.h");
}

/* --- transplanting ---------------------------------------------------------------------------- */

static Transplant *
transplant (Carrying *carrying, const LaterFile *later)
{
  const TransplantSpec spec = { .path = later->path, .text = later->text, .lab_text = later->lab_text, .base_text = later->base_text,
                                .index = carrying->spec->index, .own = carrying->own, .wanted = carrying->wanted,
                                .has_header = has_header, .user = carrying };
  return transplant_file (&spec);
}

static char *
join (const GPtrArray *lines, const char *path)
{
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (out, "%s: %s\n", path, (const char *) g_ptr_array_index (lines, i));
  return g_string_free (out, FALSE);
}

static char *
version_of (const Carrying *carrying, const Transplant *transplant)
{
  return transplant->version < 0 ? g_strdup ("no known version") : g_strdup_printf ("Linux %s", kernel_index_version (carrying->spec->index, (guint) transplant->version));
}

/* The source of that version is at hand, or was given. */
static gboolean
is_at_hand (const Carrying *carrying, const char *release)
{
  const CarrySpec *spec = carrying->spec;
  for (guint i = 0; spec->base_dirs != NULL && spec->base_dirs[i] != NULL; i++)
    {
      g_autofree char *version = carry_version (spec->base_dirs[i], "");
      if (strcmp (version, release) == 0)
        return TRUE;
    }
  g_autofree char *given = spec->given_base_dir != NULL ? carry_version (spec->given_base_dir, "") : g_strdup ("");
  return strcmp (given, release) == 0 || strcmp (carrying->lab_name, release) == 0;
}

/* The index may hold a distribution's: "5.15.0-204.214"; what can be fetched is a release. NULL: no base would help. */
static char *
remedy_for (const Carrying *carrying, const LaterFile *later, const Transplant *transplant)
{
  if (later->base_text != NULL || transplant->exact)
    return NULL;
  if (transplant->version < 0)
    return g_strdup ("--base with the kernel that it was made from");
  const char *name = kernel_index_version (carrying->spec->index, (guint) transplant->version);
  g_autofree char *release = g_strndup (name, strcspn (name, "-"));
  return is_at_hand (carrying, release) ? NULL : kernel_bases_command (release);
}

static Fault *
cannot (const Carrying *carrying, const LaterFile *later, const Transplant *transplant)
{
  const GPtrArray *doubts = transplant->doubts;
  g_autofree char *details = join (doubts, later->path);
  g_autofree char *version = version_of (carrying, transplant);
  g_autofree char *remedy = remedy_for (carrying, later, transplant);
  g_autofree char *base = later->base_text != NULL ? g_strdup ("its base is known") : g_strdup_printf ("made from about %s, not Linux %s", version, carrying->lab_name);
  g_autofree char *more = doubts->len > 1 ? g_strdup_printf (" (and %u more)", doubts->len - 1) : g_strdup ("");
  g_autofree char *what = remedy != NULL ? g_strdup_printf ("try: %s", remedy)
                                         : g_strdup_printf ("no other base helps: make the change for Linux %s, or judge it by hand", carrying->lab_name);
  Fault *fault = fault_new (STAGE_CARRY, details, "%s: %s, and part of the change has no sure place there: %s%s; %s", later->path, base,
                            (const char *) doubts->pdata[0], more, what);
  fault->needs_base = TRUE;
  return fault;
}

static void
note_version (Carrying *carrying, const LaterFile *later, const Transplant *transplant)
{
  g_autofree char *version = version_of (carrying, transplant);
  g_autofree char *name = g_path_get_basename (later->path);
  if (transplant->unchanged)
    {
      g_ptr_array_add (carrying->unchanged, g_strdup_printf ("%s of %s", name, version));
      carry_note (carrying, "%s: unchanged, that of %s", later->path, version);
    }
  else
    carry_note (carrying, "%s: nearest is %s (%u of its functions and declarations are as they are there)", later->path, version, transplant->items);
}

gboolean
carry_is_of_lab (Carrying *carrying, const SubmissionFile *file, const char *lab_text)
{
  gpointer known;
  if (g_hash_table_lookup_extended (carrying->of_lab_each, file, NULL, &known))
    return GPOINTER_TO_INT (known);
  const TransplantSpec spec = { .path = file->path, .text = file->text, .lab_text = lab_text, .index = carrying->spec->index };
  const gboolean of_lab = transplant_is_of_lab (&spec);
  g_hash_table_insert (carrying->of_lab_each, (gpointer) file, GINT_TO_POINTER (of_lab));
  return of_lab;
}

gboolean
carry_is_kernels (Carrying *carrying, const char *path, const char *text)
{
  g_autofree char *lab_text = NULL;
  g_autoptr (GHashTable) own = c_words_new ();
  g_autoptr (GHashTable) wanted = c_words_new ();
  if (!carry_read (carrying->spec->lab_dir, path, &lab_text, NULL) || lab_text == NULL)
    return FALSE;
  const TransplantSpec spec = { .path = path, .text = text, .lab_text = lab_text, .index = carrying->spec->index, .own = own, .wanted = wanted,
                                .has_header = has_header, .user = carrying };
  g_autoptr (Transplant) done = transplant_file (&spec);
  return done->version >= 0 && done->text == NULL && done->doubts->len == 0;
}

/* A list that is told: of a long one its first, and how many more. Of char *; it is ended. Newly allocated. */
static char *
list_names (GPtrArray *names)
{
  if (names->len > NAMES_MAX)
    {
      const guint more = names->len - NAMES_MAX;
      g_ptr_array_set_size (names, NAMES_MAX);
      g_ptr_array_add (names, g_strdup_printf ("and %u more", more));
    }
  g_ptr_array_add (names, NULL);
  return g_strjoinv (", ", (char **) names->pdata);
}

static void
tell_unrelated (Carrying *carrying, const LaterFile *later, const Transplant *transplant)
{
  g_autofree char *version = version_of (carrying, transplant);
  for (guint i = 0; i < transplant->unrelated->len; i++)
    g_string_append_printf (carrying->left, "%s: %s: changed, and nothing else of the change needs it\n", later->path,
                            (const char *) g_ptr_array_index (transplant->unrelated, i));
  if (transplant->unrelated->len == 0)
    return;
  g_autofree char *names = list_names (transplant->unrelated);
  carry_note (carrying, "%s: not as in %s, but not needed to count exits or to answer CPUID, and so left out: %s", later->path, version, names);
}

static void
take (Carrying *carrying, const LaterFile *later, const Transplant *transplant)
{
  g_autofree char *left = join (transplant->left, later->path);
  g_string_append (carrying->left, left);
  if (transplant->unchanged)
    return;
  tell_unrelated (carrying, later, transplant);
  if (transplant->text == NULL)
    {
      carry_note (carrying, "%s: nothing of the change was found in it; Linux %s's own is built", later->path, carrying->lab_name);
      return;
    }
  g_autofree char *names = list_names (transplant->carried);
  g_autofree char *how = g_strconcat ("transplanted: ", names, NULL);
  carry_add (carrying, later->path, transplant->text, how);
  if (transplant->left->len > 0)
    carry_note (carrying, "%s: what else differs from Linux %s was taken for the other version's own, and left out (%u entries)", later->path,
                carrying->lab_name, transplant->left->len);
}

/* Until no file tells of words of the student's that the others have not seen. */
static void
learn_all (Carrying *carrying)
{
  guint known = G_MAXUINT;
  for (guint round = 0; round < ROUNDS_MAX && known != g_hash_table_size (carrying->own) + g_hash_table_size (carrying->wanted); round++)
    {
      known = g_hash_table_size (carrying->own) + g_hash_table_size (carrying->wanted);
      for (guint i = 0; i < carrying->later->len; i++)
        transplant_free (transplant (carrying, g_ptr_array_index (carrying->later, i)));
    }
}

gboolean
carry_later (Carrying *carrying, Fault **fault, GError **error)
{
  (void) error;
  if (carrying->later->len > 1)
    learn_all (carrying);
  for (guint i = 0; i < carrying->later->len && *fault == NULL; i++)
    {
      const LaterFile *later = g_ptr_array_index (carrying->later, i);
      g_autoptr (Transplant) done = transplant (carrying, later);
      if (later->base_text == NULL)
        note_version (carrying, later, done);
      if (done->doubts->len > 0)
        *fault = cannot (carrying, later, done);
      else
        take (carrying, later, done);
    }
  return TRUE;
}
