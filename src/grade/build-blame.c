/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose fault a failed build is; see build-blame.h. */
#include "grade/build-blame.h"

#include <string.h>

#include "grade/diff-lines.h"
#include "kernel/said-place.h"

typedef struct {
  const GPtrArray *lines; /* of DiffLine */
  KernelKnowsWord knows;
  gpointer user;
} Court;

typedef enum { FAULT_OTHER, FAULT_KERNELS, FAULT_THEIRS } FaultOf; /* somebody else's line; a word of another kernel's; theirs */

void
build_blame_free (BuildBlame *blame)
{
  if (blame == NULL)
    return;
  g_free (blame->error);
  g_free (blame->reason);
  g_ptr_array_unref (blame->errors);
  g_free (blame);
}

/* --- one error -------------------------------------------------------------------------------- */

/* The first word in quotes, which gcc, ld and modpost each have their own sort of. NULL: none. */
static char *
quoted_word (const char *error)
{
  static const char *const opens[] = { "\xe2\x80\x98", "'", "`", "\"" };
  const char *first = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (opens); i++)
    {
      const char *at = strstr (error, opens[i]);
      if (at != NULL && (first == NULL || at + strlen (opens[i]) < first))
        first = at + strlen (opens[i]);
    }
  if (first != NULL && g_str_has_prefix (first, "struct "))
    first += strlen ("struct ");
  const gsize size = first != NULL ? strspn (first, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_") : 0;
  return size > 0 ? g_strndup (first, size) : NULL;
}

/* The member that a struct lacks stands second: "'struct kvm_vcpu' has no member named 'x'". */
static char *
missing_word (const char *error)
{
  static const char *const second[] = { "has no member named ", "no member named " };
  for (guint i = 0; i < G_N_ELEMENTS (second); i++)
    {
      const char *at = strstr (error, second[i]);
      if (at != NULL)
        return quoted_word (at);
    }
  return quoted_word (error);
}

static gboolean
says_one_of (const char *error, const char *const *parts)
{
  for (; *parts != NULL; parts++)
    if (strstr (error, *parts) != NULL)
      return TRUE;
  return FALSE;
}

/* What a declaration that is not there, or is another one, makes the compiler say. */
static gboolean
is_about_a_declaration (const char *error)
{
  static const char *const parts[] = {
    "implicit declaration of function", "undeclared", "unknown type name", "has no member named", "no member named", "too few arguments to function", "too many arguments to function",
    "conflicting types for", "incomplete type", "storage size of", "undefined type", "undefined reference to", "incompatible type for argument", "from incompatible pointer type",
    "undefined!", "No such file or directory", NULL,
  };
  return says_one_of (error, parts);
}

/* What a brace, a comment or a quote that does not end does to lines that follow, whoever wrote them. */
static gboolean
is_about_structure (const char *error)
{
  static const char *const parts[] = {
    "expected ", "invalid storage class", "at end of input", "unterminated", "missing terminating", "stray ", "old-style function definition", "a function-definition is not allowed here",
    "without a previous", "label at end of compound statement", "#endif", "#else", "#if", NULL,
  };
  return says_one_of (error, parts);
}

/*
 * A limit of the sandbox, which the lab's own build is far from; what the host is short of never
 * comes here (kernel/modules.c). Where the compiler was then says nothing.
 */
static gboolean
is_about_a_limit (const char *error)
{
  static const char *const parts[] = {
    "No space left on device", "File too large", "virtual memory exhausted", "out of memory allocating", "Cannot allocate memory", "annot fork", NULL,
  };
  return says_one_of (error, parts);
}

/* A word of a kernel's that this one lacks, or has otherwise, and that the submission does not declare itself. */
static gboolean
is_kernels_word (const Court *court, const char *word)
{
  return word != NULL && court->knows != NULL && court->knows (word, court->user);
}

static gboolean
follows_theirs (const Court *court, const char *path, guint number)
{
  for (guint i = 0; i < court->lines->len; i++)
    {
      const DiffLine *line = g_ptr_array_index (court->lines, i);
      if (strcmp (line->path, path) == 0 && line->number <= number)
        return TRUE;
    }
  return FALSE;
}

static FaultOf
fault_without_place (const Court *court, const char *error, const char *word)
{
  if (word == NULL || diff_lines_have_word (court->lines, word))
    return is_about_a_declaration (error) && is_kernels_word (court, word) ? FAULT_KERNELS : FAULT_THEIRS;
  return FAULT_OTHER;
}

static FaultOf
fault_of (const Court *court, const char *error)
{
  g_autofree char *path = NULL, *word = missing_word (error);
  const char *rest;
  guint64 line;
  if (is_about_a_limit (error))
    return FAULT_THEIRS;
  if (!said_place (error, &path, &line, &rest))
    return fault_without_place (court, error, word);
  const guint number = (guint) line;
  if (diff_lines_touch (court->lines, path, number))
    return is_about_a_declaration (error) && is_kernels_word (court, word) ? FAULT_KERNELS : FAULT_THEIRS;
  if (is_about_structure (error) && follows_theirs (court, path, number))
    return FAULT_THEIRS;
  /* A line of the kernel's own about a word that only the submission has: a macro or a declaration of theirs. */
  if (word != NULL && diff_lines_have_word (court->lines, word) && !is_kernels_word (court, word))
    return FAULT_THEIRS;
  return FAULT_OTHER;
}

/* --- all of them ------------------------------------------------------------------------------ */

static void
set_reason (BuildBlame *blame, FaultOf fault)
{
  g_autofree char *word = missing_word (blame->error);
  if (blame->theirs)
    blame->reason = g_strdup ("KVM's modules cannot be built with this change: see the compiler's first errors.");
  else if (fault == FAULT_KERNELS)
    blame->reason = g_strdup_printf ("KVM's modules cannot be built: the change uses %s, which another kernel version has and the lab's has not, or has otherwise; "
                                     "try: --base with the kernel that it was made for, or hand in a change for the lab's kernel.", word);
  else
    blame->reason = g_strdup ("KVM's modules cannot be built, and every error lies in lines that the submission did not write; try: --base with the kernel that it was made for.");
}

BuildBlame *
build_blame (const GPtrArray *errors, const char *diff, KernelKnowsWord knows, gpointer user)
{
  g_autoptr (GPtrArray) lines = diff_lines (diff);
  const Court court = { lines, knows, user };
  BuildBlame *blame = g_new0 (BuildBlame, 1);
  FaultOf worst = FAULT_OTHER;
  guint theirs = 0;
  blame->errors = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < errors->len; i++)
    {
      const char *error = g_ptr_array_index (errors, i);
      const FaultOf fault = fault_of (&court, error);
      if (blame->error == NULL || fault > worst)
        {
          g_free (blame->error);
          blame->error = g_strdup (error);
          worst = fault;
        }
      g_ptr_array_insert (blame->errors, fault == FAULT_THEIRS ? (gint) theirs++ : -1, g_strdup (error));
    }
  blame->theirs = worst == FAULT_THEIRS;
  set_reason (blame, worst);
  return blame;
}

/* --- warnings --------------------------------------------------------------------------------- */

GPtrArray *
build_blame_warnings (const GPtrArray *warnings, const char *diff)
{
  g_autoptr (GPtrArray) lines = diff_lines (diff);
  GPtrArray *theirs = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < warnings->len; i++)
    {
      const char *warning = g_ptr_array_index (warnings, i), *rest;
      g_autofree char *path = NULL;
      guint64 line;
      if (!said_place (warning, &path, &line, &rest) || diff_lines_touch (lines, path, (guint) line))
        g_ptr_array_add (theirs, g_strdup (warning));
    }
  return theirs;
}

/* --- where it is in what was handed in --------------------------------------------------------- */

static char *
without_blanks (const char *text)
{
  GString *out = g_string_new (NULL);
  for (; *text != '\0'; text++)
    if (!g_ascii_isspace (*text))
      g_string_append_c (out, *text);
  return g_string_free (out, FALSE);
}

guint
build_blame_own_line (const char *text, const char *line)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *wanted = without_blanks (line);
  guint found = 0;
  for (guint i = 0; wanted[0] != '\0' && lines[i] != NULL; i++)
    {
      g_autofree char *one = without_blanks (lines[i]);
      if (strcmp (one, wanted) != 0)
        continue;
      if (found != 0)
        return 0;
      found = i + 1;
    }
  return found;
}
