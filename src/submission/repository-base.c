/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding the base of a repository's change. In this order: what the user named; the nearest tag of a release or
 * commit called "Linux X.Y" that HEAD builds on; in a short history, the commit that brought the kernel. A base has
 * KVM's cpuid.c.
 */
#include <stdlib.h>
#include <string.h>

#include "submission/normalise.h"
#include "submission/release.h"
#include "submission/repository-private.h"

#define SHORT_HISTORY 1000
#define TAGS_MAX 20u
#define BRANCHES_MAX 10u

/* Takes `how`. HEAD is no base of its own, and what is no kernel is none. */
static gboolean
try_base (Repository *repository, const char *revision, char *how, BaseTrust trust, GError **error)
{
  g_autofree char *own_how = how;
  g_autofree char *commit = NULL;
  gboolean kernel;
  if (!git_look_up (repository->git, revision, &commit, &kernel, repository->fault, error))
    return FALSE;
  if (commit == NULL || !kernel || strcmp (commit, git_head (repository->git)) == 0)
    return TRUE;
  g_free (repository->base);
  g_free (repository->base_how);
  repository->base = g_steal_pointer (&commit);
  repository->base_how = g_steal_pointer (&own_how);
  repository->base_trust = trust;
  return TRUE;
}

static gboolean
use_given_base (Repository *repository, GError **error)
{
  const char *base = repository->spec->base;
  if (!try_base (repository, base, g_strdup_printf ("%s, as given", base), BASE_GIVEN, error))
    return FALSE;
  if (repository->base != NULL)
    return TRUE;
  *repository->fault = fault_new (
      STAGE_INGEST, NULL,
      "the repository has no commit \"%s\" with a kernel that HEAD could be compared with; name another --base",
      base);
  return FALSE;
}

/* What a tag stands for: a release by its commit's subject, or by the version in the tree's Makefile; BASE_NONE:
 * something of the student's. */
static gboolean
judge_tag (Repository *repository, const char *tag, const char *revision, BaseTrust *trust, GError **error)
{
  g_autofree char *subject = NULL;
  g_autofree char *makefile = NULL;
  g_autofree char *path = g_strdup_printf ("%s:%sMakefile", revision, git_folder (repository->git));
  *trust = BASE_NONE;
  if (!git_ask (repository->git, &subject, repository->fault, error, "rev-list", "--max-count=1",
                "--no-commit-header", "--format=%s", revision, NULL))
    return FALSE;
  if (subject != NULL && release_is_subject (subject))
    *trust = BASE_RELEASE;
  if (*trust != BASE_NONE)
    return TRUE;
  if (!git_ask (repository->git, &makefile, repository->fault, error, "cat-file", "blob", path, NULL))
    return FALSE;
  if (makefile != NULL && release_is_tag_of (tag, makefile))
    *trust = BASE_TAG;
  return TRUE;
}

static gboolean
try_tag (Repository *repository, const char *tag, const char *revision, GError **error)
{
  BaseTrust trust;
  if (!judge_tag (repository, tag, revision, &trust, error))
    return FALSE;
  if (trust != BASE_NONE)
    return try_base (repository, revision, g_strconcat ("tag ", tag, NULL), trust, error);
  g_autofree char *shown = name_shown (tag);
  note (repository, "tag %s is no release of the kernel's: passed over", shown);
  return TRUE;
}

/* The nearest of the release tags behind HEAD. */
static gboolean
find_tag (Repository *repository, GError **error)
{
  g_autofree char *from = g_strdup (git_head (repository->git));
  for (guint i = 0; i < TAGS_MAX && repository->base == NULL; i++)
    {
      g_autofree char *tag = NULL;
      if (!git_ask (repository->git, &tag, repository->fault, error, "describe", "--tags", "--abbrev=0",
                    "--match=v[0-9]*", "--match=Ubuntu-*", from, NULL))
        return FALSE;
      if (tag == NULL)
        return TRUE;
      g_autofree char *revision = g_strconcat ("refs/tags/", tag, NULL);
      if (!try_tag (repository, tag, revision, error))
        return FALSE;
      g_free (from);
      from = g_strconcat (revision, "^", NULL);
    }
  return TRUE;
}

/* Is the commit nearer to HEAD than the base so far? */
static gboolean
is_nearer (Repository *repository, const char *commit, gboolean *nearer, GError **error)
{
  g_autofree char *out = NULL;
  *nearer = repository->base == NULL;
  if (*nearer)
    return TRUE;
  if (!git_ask (repository->git, &out, repository->fault, error, "merge-base", "--is-ancestor", repository->base,
                commit, NULL))
    return FALSE;
  *nearer = out != NULL && strcmp (repository->base, commit) != 0;
  return TRUE;
}

/* A commit called "Linux X.Y", if it is nearer than the tag that was found: clones have not all tags. */
static gboolean
find_release (Repository *repository, GError **error)
{
  g_autofree char *out = NULL;
  const char *head = git_head (repository->git);
  if (!git_ask (repository->git, &out, repository->fault, error, "rev-list", "--max-count=20", "--no-commit-header",
                "--format=%H %s", "--extended-regexp", "--grep=" RELEASE_GREP, head, NULL))
    return FALSE;
  g_auto (GStrv) lines = g_strsplit (out != NULL ? out : "", "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *subject = strchr (lines[i], ' ');
      g_autofree char *before = g_strdup (repository->base);
      gboolean nearer;
      if (subject == NULL || !release_is_subject (subject + 1) || g_str_has_prefix (lines[i], head))
        continue;
      g_autofree char *commit = g_strndup (lines[i], (gsize) (subject - lines[i]));
      g_autofree char *shown = name_shown (subject + 1);
      if (!is_nearer (repository, commit, &nearer, error))
        return FALSE;
      if (!nearer)
        return TRUE;
      if (!try_base (repository, commit, g_strdup_printf ("commit \"%s\"", shown), BASE_NAMED_COMMIT, error))
        return FALSE;
      if (g_strcmp0 (before, repository->base) != 0)
        return TRUE;
    }
  return TRUE;
}

/* In a short history, the commit that brought the kernel. */
static gboolean
find_root (Repository *repository, GError **error)
{
  g_autofree char *count = NULL;
  g_autofree char *commits = NULL;
  g_autofree char *path = g_strconcat (git_folder (repository->git), "arch/x86/kvm/cpuid.c", NULL);
  const char *head = git_head (repository->git);
  if (!git_ask (repository->git, &count, repository->fault, error, "rev-list", "--count", head, NULL))
    return FALSE;
  if (count == NULL || atoi (count) > SHORT_HISTORY)
    return TRUE;
  if (!git_ask (repository->git, &commits, repository->fault, error, "--literal-pathspecs", "log", "--no-renames",
                "--diff-filter=A", "--format=%H", head, "--", path, NULL))
    return FALSE;
  if (commits == NULL || commits[0] == '\0')
    return TRUE;
  const char *last = strrchr (commits, '\n');
  return try_base (repository, last != NULL ? last + 1 : commits, g_strdup ("the first commit with the kernel"),
                   BASE_FIRST_COMMIT, error);
}

/* A kernel as it was released, or as somebody put his change into that commit: nothing before it is what HEAD builds
 * on. */
static gboolean
head_is_release (Repository *repository, GError **error)
{
  g_autofree char *subject = NULL;
  if (!git_ask (repository->git, &subject, repository->fault, error, "rev-list", "--max-count=1",
                "--no-commit-header", "--format=%s", git_head (repository->git), NULL))
    return FALSE;
  repository->is_release = subject != NULL && release_is_subject (subject);
  if (!repository->is_release)
    return TRUE;
  g_autofree char *shown = name_shown (subject);
  note (repository, "HEAD is commit \"%s\" itself", shown);
  return TRUE;
}

gboolean
repository_find_base (Repository *repository, GError **error)
{
  if (repository->spec->base != NULL)
    return use_given_base (repository, error);
  if (!head_is_release (repository, error))
    return FALSE;
  return repository->is_release
         || (find_tag (repository, error) && find_release (repository, error)
             && (repository->base != NULL || find_root (repository, error)));
}

/* What HEAD lacks may be what was meant: the branches that have commits of their own are named. A kernel's own
 * branches are not. */
gboolean
repository_note_branches (Repository *repository, GError **error)
{
  g_autofree char *out = NULL;
  g_autoptr (GString) names = g_string_new (NULL);
  guint count = 0;
  if (!git_ask (repository->git, &out, repository->fault, error, "for-each-ref", "--no-merged",
                git_head (repository->git), "--format=%(refname:short)", "refs/heads", "refs/remotes", NULL))
    return FALSE;
  g_auto (GStrv) lines = g_strsplit (out != NULL ? out : "", "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *slash = strrchr (lines[i], '/');
      if (lines[i][0] == '\0' || g_str_has_prefix (slash != NULL ? slash + 1 : lines[i], "linux-")
          || ++count > BRANCHES_MAX)
        continue;
      g_autofree char *shown = name_shown (lines[i]);
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", shown);
    }
  if (count > BRANCHES_MAX)
    g_string_append_printf (names, " and %u more", count - BRANCHES_MAX);
  if (count > 0)
    note (repository,
          "HEAD has no change of its own, but these branches have commits that it lacks: %s; check out the one that "
          "counts",
          names->str);
  return TRUE;
}
