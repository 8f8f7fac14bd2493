/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Git in a sandbox, over a repository of ours that borrows the submission's objects; see git.h. */
#include "submission/git-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/files.h"
#include "base/run.h"
#include "base/sandbox.h"
#include "submission/archive.h"
#include "submission/git-objects.h"

#define INSIDE "/git/repository"
#define INSIDE_OBJECTS "/git/objects"
#define INSIDE_BUNDLE "/git/bundle"
#define OUTPUT_MAX (G_GUINT64_CONSTANT (256) << 20)
#define DEADLINE_S 120
#define NAMES_MAX 5u

/* The index of a full kernel history's pack takes 250 MB of address space, its windows what is allowed in the configuration. */
static const SandboxLimits limits = { .memory_bytes = G_GUINT64_CONSTANT (3) << 30, .processes = 32, .file_bytes = OUTPUT_MAX, .deadline_s = DEADLINE_S };

static const char config[] = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tcommitGraph = false\n\tmultiPackIndex = false\n\thooksPath = /dev/null\n"
                             "\tfsmonitor = false\n\tattributesFile = /dev/null\n\tpackedGitLimit = 512m\n\tpackedGitWindowSize = 32m\n"
                             "[gc]\n\tauto = 0\n[protocol]\n\tallow = never\n[diff]\n\trenames = false\n";

struct Git
{
  char *shown;   /* the repository's name, for messages */
  char *dir;     /* ours */
  char *objects; /* theirs, on this host; NULL: below dir */
  char *head, *head_note;
  char *folder;  /* of the kernel: "", or "linux/" */
  gboolean is_kernel;
  gboolean has_alternates;
};

void
git_free (Git *git)
{
  if (git == NULL)
    return;
  g_free (git->shown);
  g_free (git->dir);
  g_free (git->objects);
  g_free (git->head);
  g_free (git->head_note);
  g_free (git->folder);
  g_free (git);
}

const char *
git_head (const Git *git)
{
  return git->head;
}

const char *
git_head_note (const Git *git)
{
  return git->head_note;
}

const char *
git_folder (const Git *git)
{
  return git->folder;
}

void
git_set_folder (Git *git, const char *folder)
{
  g_free (git->folder);
  git->folder = g_strdup (folder);
  git->is_kernel = TRUE;
}

const char *
git_shown (const Git *git)
{
  return git->shown;
}

gboolean
git_is_kernel (const Git *git)
{
  return git->is_kernel;
}

/* --- the repository of ours ------------------------------------------------------------------- */

/* Readable by the nobody that git runs as, whatever the umask is. */
static gboolean
make_dirs (const char *top, const char *rel, GError **error)
{
  for (const char *end = rel; end != NULL;)
    {
      end = strchr (end, '/');
      g_autofree char *part = end != NULL ? g_strndup (rel, (gsize) (end - rel)) : NULL;
      g_autofree char *path = part != NULL ? g_build_filename (top, part, NULL) : NULL;
      if (path != NULL && g_mkdir (path, 0755) < 0 && errno != EEXIST)
        return fail_errno (error, errno, "%s: making", path);
      if (path != NULL && g_chmod (path, 0755) < 0)
        return fail_errno (error, errno, "%s: changing the mode", path);
      end = end != NULL ? end + 1 : NULL;
    }
  return TRUE;
}

static gboolean
put (const char *top, const char *rel, const char *data, gsize size, GError **error)
{
  g_autofree char *path = g_build_filename (top, rel, NULL);
  if (!make_dirs (top, rel, error))
    return FALSE;
  AUTO_FD fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0 || fchmod (fd, 0644) < 0)
    return fail_errno (error, errno, "%s: making", path);
  return files_write_fd (fd, path, data, size, error);
}

static gboolean
make_repository (Git *git, const RawRepo *repo, GError **error)
{
  if (!put (git->dir, "config", config, strlen (config), error) || !put (git->dir, "empty", "", 0, error)
      || !make_dirs (git->dir, "objects/", error) || !make_dirs (git->dir, "refs/", error) || !put (git->dir, "HEAD", "ref: refs/heads/main\n", 21, error))
    return FALSE;
  for (guint i = 0; i < repo->files->len; i++)
    {
      const RawFile *file = g_ptr_array_index (repo->files, i);
      g_autoptr (GError) ignored = NULL;
      const gboolean is_ref = g_str_has_prefix (file->name, "refs/");
      /* References "x" and "x/y" at once, or an archive's folder in a file's place, cannot both be. */
      if (!put (git->dir, file->name, file->data, file->size, &ignored) && !is_ref)
        {
          g_propagate_error (error, g_steal_pointer (&ignored));
          return FALSE;
        }
    }
  return TRUE;
}

/* A folder, and no link, on the way that was walked; git finds no others in its sandbox. */
static gboolean
is_plain (const char *path, mode_t type)
{
  struct stat st;
  return lstat (path, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

/* --- running ---------------------------------------------------------------------------------- */

static void
set_path (Sandbox *sandbox, const char *name, const char *path)
{
  g_autofree char *inside = sandbox_path (sandbox, path);
  sandbox_env (sandbox, name, inside);
}

static Sandbox *
make_sandbox (const Git *git)
{
  static const char *const env[][2] = { { "GIT_CONFIG_NOSYSTEM", "1" }, { "GIT_CONFIG_GLOBAL", "/dev/null" }, { "GIT_NO_REPLACE_OBJECTS", "1" },
                                        { "GIT_ATTR_NOSYSTEM", "1" }, { "GIT_OPTIONAL_LOCKS", "0" }, { "GIT_NO_LAZY_FETCH", "1" }, { "GIT_TERMINAL_PROMPT", "0" } };
  Sandbox *sandbox = sandbox_new ();
  sandbox_limit (sandbox, &limits);
  sandbox_bind_read_only (sandbox, git->dir, INSIDE);
  if (git->objects != NULL)
    sandbox_bind_read_only (sandbox, git->objects, INSIDE_OBJECTS);
  g_autofree char *empty = g_build_filename (git->dir, "empty", NULL);
  if (git->has_alternates)
    sandbox_bind_read_only (sandbox, empty, INSIDE_OBJECTS "/info/alternates");
  for (guint i = 0; i < G_N_ELEMENTS (env); i++)
    sandbox_env (sandbox, env[i][0], env[i][1]);
  set_path (sandbox, "GIT_DIR", INSIDE);
  set_path (sandbox, "GIT_OBJECT_DIRECTORY", git->objects != NULL ? INSIDE_OBJECTS : INSIDE "/objects");
  set_path (sandbox, "HOME", "/tmp");
  return sandbox;
}

/* What stops git in the middle (its limits) is the repository's doing; the host's lacks and an interruption are not. */
static gboolean
blame_run (const char *shown, GError *cause, Fault **fault, GError **error)
{
  g_autoptr (GError) own = cause;
  if (g_error_matches (own, HARNESS_ERROR, HARNESS_ERROR_FAILED))
    *fault = fault_new (STAGE_INGEST, NULL, "%s: git cannot read the repository within its limits: %s; hand in git format-patch's output", shown, own->message);
  else
    g_propagate_error (error, g_steal_pointer (&own));
  return FALSE;
}

/* Runs to a file of the scratch folder, because what git says may be large and may have NULs. *text NULL if git failed. */
static gboolean
run_to_text (const Git *git, Run *run, char **text, gsize *size, Fault **fault, GError **error)
{
  g_autofree char *path = g_strconcat (git->dir, ".out", NULL);
  g_autoptr (GError) cause = NULL;
  int status;
  *text = NULL;
  {
    AUTO_FD fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
      return fail_errno (error, errno, "%s: making", path);
    run_set_stdout_fd (run, fd);
    if (!run_wait_status (run, &status, &cause))
      return blame_run (git->shown, g_steal_pointer (&cause), fault, error);
  }
  if (!sandbox_check_end (run, status, error))
    return FALSE;
  if (status == 0 && !files_read (path, OUTPUT_MAX, text, size, error))
    return FALSE;
  g_unlink (path);
  return TRUE;
}

gboolean
git_run (Git *git, const char *const *args, const GString *input, char **text, gsize *size, Fault **fault, GError **error)
{
  g_autoptr (Sandbox) sandbox = make_sandbox (git);
  g_autoptr (Run) run = sandbox_run (sandbox, "git", NULL);
  for (; *args != NULL; args++)
    run_add (run, *args);
  run_set_stdin_data (run, input != NULL ? input->str : "", input != NULL ? input->len : 0);
  return run_to_text (git, run, text, size, fault, error);
}

gboolean
git_ask (Git *git, char **out, Fault **fault, GError **error, ...)
{
  g_autoptr (GPtrArray) args = g_ptr_array_new ();
  gsize size;
  va_list list;
  va_start (list, error);
  for (char *arg; (arg = va_arg (list, char *)) != NULL;)
    g_ptr_array_add (args, arg);
  va_end (list);
  g_ptr_array_add (args, NULL);
  if (!git_run (git, (const char *const *) args->pdata, NULL, out, &size, fault, error))
    return FALSE;
  if (*out != NULL)
    g_strchomp (*out);
  return TRUE;
}

/* The type of the object that the line tells of; "": there is none. Moves on to the next line. */
static char *
take_type (const char **at)
{
  char kind[16] = "";
  const char *end = *at != NULL ? strchr (*at, '\n') : NULL;
  if (*at == NULL || sscanf (*at, "%*64[0-9a-f] %15[a-z]\n", kind) != 1)
    kind[0] = '\0';
  *at = end != NULL ? end + 1 : NULL;
  return g_strdup (kind);
}

/* What makes a tree a kernel's: its Makefile and cpuid.c, whose content a clone may have left out: folders are there then. */
static gboolean
tells_kernel (const char *lines)
{
  g_autofree char *makefile = take_type (&lines);
  g_autofree char *cpuid = take_type (&lines);
  g_autofree char *kvm = take_type (&lines);
  g_autofree char *other = take_type (&lines);
  return strcmp (makefile, "blob") == 0 && (strcmp (cpuid, "blob") == 0 || (strcmp (kvm, "tree") == 0 && strcmp (other, "tree") == 0));
}

/* The commit, and whether it is a kernel, in one run: starting a sandbox takes longer than what git does in it. */
gboolean
git_look_up (Git *git, const char *revision, char **commit, gboolean *is_kernel, Fault **fault, GError **error)
{
  static const char *const parts[] = { "Makefile", "arch/x86/kvm/cpuid.c", "arch/x86/kvm", "arch/x86/kernel" };
  const char *const args[] = { "cat-file", "--batch-check=%(objectname) %(objecttype)", NULL };
  g_autoptr (GString) input = g_string_new (NULL);
  g_autofree char *text = NULL;
  gsize size;
  char id[65], kind[16];
  *commit = NULL;
  *is_kernel = FALSE;
  if (strchr (revision, '\n') != NULL || revision[0] == '-' || strchr (git->folder, '\n') != NULL)
    return TRUE;
  g_string_append_printf (input, "%s^{commit}\n", revision);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    g_string_append_printf (input, "%s:%s%s\n", revision, git->folder, parts[i]);
  if (!git_run (git, args, input, &text, &size, fault, error))
    return FALSE;
  if (text == NULL || sscanf (text, "%64[0-9a-f] %15s", id, kind) != 2 || strcmp (kind, "commit") != 0)
    return TRUE;
  *commit = g_strdup (id);
  const char *rest = strchr (text, '\n');
  *is_kernel = rest != NULL && tells_kernel (rest + 1);
  return TRUE;
}

/* --- opening ---------------------------------------------------------------------------------- */

gboolean
git_unreadable (const Git *git, Fault **fault)
{
  *fault = fault_new (STAGE_INGEST, NULL,
                      git->has_alternates ? "%s: the git repository is incomplete: it borrows from another one (git clone --shared or --reference); run git repack -a -d in it, "
                                            "or hand in git format-patch's output"
                                          : "%s: the git repository is damaged or incomplete (a partial clone?); hand in git format-patch's output, or the changed files",
                      git->shown);
  return FALSE;
}

/* "refs/heads/main" of "ref: refs/heads/main"; NULL: HEAD is a commit, or nothing that can be read. */
static char *
head_reference (const RawRepo *repo)
{
  for (guint i = 0; i < repo->files->len; i++)
    {
      const RawFile *file = g_ptr_array_index (repo->files, i);
      if (strcmp (file->name, "HEAD") == 0 && file->data != NULL && g_str_has_prefix (file->data, "ref:"))
        return g_strstrip (g_strdup (file->data + strlen ("ref:")));
    }
  return NULL;
}

/* It is there, so that whoever finds no commit behind it looks at damage. */
static gboolean
has_reference (const RawRepo *repo, const char *reference)
{
  g_autofree char *packed = g_strdup_printf (" %s\n", reference);
  for (guint i = 0; i < repo->files->len; i++)
    {
      const RawFile *file = g_ptr_array_index (repo->files, i);
      if (strcmp (file->name, reference) == 0 || (strcmp (file->name, "packed-refs") == 0 && file->data != NULL && strstr (file->data, packed) != NULL))
        return TRUE;
    }
  return FALSE;
}

/* "main, assignment#3 and 4 more", of lines "ID NAME". */
static char *
list_names (char **lines)
{
  GString *text = g_string_new (NULL);
  const guint count = g_strv_length (lines);
  for (guint i = 0; i < MIN (count, NAMES_MAX); i++)
    {
      const char *space = strchr (lines[i], ' ');
      g_autofree char *shown = name_shown (space != NULL ? space + 1 : lines[i]);
      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", shown);
    }
  if (count > NAMES_MAX)
    g_string_append_printf (text, " and %u more", count - NAMES_MAX);
  return g_string_free (text, FALSE);
}

/* HEAD as `git init` leaves it, in a repository that was pushed to, or made from a bundle without a HEAD: not somebody's choice. */
static gboolean
is_initial (const char *reference)
{
  static const char *const names[] = { "refs/heads/master", "refs/heads/main", NULL };
  return g_strv_contains (names, reference);
}

/* No other branch is ever taken for the one that is meant. */
static gboolean
no_head (const Git *git, const char *reference, char **branches, Fault **fault)
{
  g_autofree char *shown = name_shown (reference);
  g_autofree char *others = list_names (branches);
  if (strcmp (reference, "refs/heads/.invalid") == 0)
    *fault = fault_new (STAGE_INGEST, NULL, "%s: git here cannot read the repository's references (reftable); hand in git format-patch's output, or a git bundle", git->shown);
  else
    *fault = fault_new (STAGE_INGEST, NULL, "%s: HEAD names no commit: there is none on %s (branches: %s); check out what counts (git checkout BRANCH), and hand in again",
                        git->shown, shown, others);
  (*fault)->needs_base = TRUE;
  return FALSE;
}

/* Where HEAD names no commit. A branch whose commit is not there is damage. */
static gboolean
find_branch (Git *git, const RawRepo *repo, Fault **fault, GError **error)
{
  g_autofree char *out = NULL;
  g_autofree char *reference = head_reference (repo);
  if (reference == NULL || has_reference (repo, reference))
    return git_unreadable (git, fault);
  /* The object's type is asked for, and not printed, because git looks for the object then. */
  if (!git_ask (git, &out, fault, error, "for-each-ref", "--format=%(objectname) %(refname:short)%(if)%(objecttype)%(then)%(end)", "refs/heads", "refs/remotes", NULL))
    return FALSE;
  if (out == NULL)
    return git_unreadable (git, fault);
  g_auto (GStrv) lines = g_strsplit (out, "\n", -1);
  if (lines[0] == NULL)
    return TRUE;
  if (lines[1] != NULL || !is_initial (reference))
    return no_head (git, reference, lines, fault);
  g_autofree char *only = list_names (lines);
  git->head = g_strndup (lines[0], strcspn (lines[0], " "));
  git->head_note = g_strdup_printf ("HEAD names no commit: the repository's only branch, %s, is taken", only);
  return TRUE;
}

static gboolean
find_head (Git *git, const RawRepo *repo, Fault **fault, GError **error)
{
  if (!git_look_up (git, "HEAD", &git->head, &git->is_kernel, fault, error))
    return FALSE;
  if (git->head != NULL)
    return TRUE;
  if (!find_branch (git, repo, fault, error))
    return FALSE;
  if (git->head == NULL)
    return TRUE;
  g_autofree char *branch = g_steal_pointer (&git->head);
  return git_look_up (git, branch, &git->head, &git->is_kernel, fault, error);
}

static char *
free_name (const char *scratch_dir, const char *what)
{
  for (guint i = 0;; i++)
    {
      char *path = g_strdup_printf ("%s/%s-%u", scratch_dir, what, i);
      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        return path;
      g_free (path);
    }
}

/* Both are the host's business. */
static gboolean
check_host (GError **error)
{
  static gint fine; /* asked once: what a host has does not go away */
  if (g_atomic_int_get (&fine))
    return TRUE;
  g_autofree char *program = run_find_program ("git");
  if (program == NULL)
    return fail (error, HARNESS_ERROR_HOST, "git is not here; try: apt-get install git");
  if (!sandbox_check (error))
    return FALSE;
  g_atomic_int_set (&fine, TRUE);
  return TRUE;
}

gboolean
git_open (const RawRepo *repo, const char *scratch_dir, Git **out, Fault **fault, GError **error)
{
  g_autoptr (Git) git = g_new0 (Git, 1);
  if (!check_host (error))
    return FALSE;
  git->shown = repo->name[0] != '\0' ? name_shown (repo->name) : g_strdup ("the folder");
  git->folder = g_strdup ("");
  git->dir = free_name (scratch_dir, "repository");
  git->objects = g_strdup (repo->objects_dir);
  if (git->objects != NULL)
    {
      g_autofree char *alternates = g_build_filename (git->objects, "info", "alternates", NULL);
      git->has_alternates = is_plain (alternates, S_IFREG);
    }
  if (!files_make_dir (git->dir, error) || g_chmod (git->dir, 0755) < 0 || !make_repository (git, repo, error))
    return FALSE;
  if (git->objects != NULL && !is_plain (git->objects, S_IFDIR))
    {
      *out = NULL;
      return TRUE;
    }
  g_autofree char *copy = g_build_filename (git->dir, "objects", "copy", NULL);
  gboolean copied = FALSE;
  if (git->objects != NULL && !git_objects_share (git->objects, copy, &copied, error))
    return FALSE;
  if (copied)
    {
      g_free (git->objects);
      git->objects = g_steal_pointer (&copy);
    }
  if (!find_head (git, repo, fault, error))
    return FALSE;
  *out = git->head != NULL ? g_steal_pointer (&git) : NULL;
  return TRUE;
}

/* --- bundles ---------------------------------------------------------------------------------- */

/* In the sandbox, whose scratch folder goes with it: so the repository leaves it as a tar on stdout. */
static const char unbundle_script[] = "git -c protocol.file.allow=always -c core.hooksPath=/dev/null clone --quiet --mirror --template= \"$1\" \"$2\" >&2 && "
                                      "git --git-dir=\"$2\" pack-refs --all >&2 && exec tar -C \"$2\" -cf - HEAD packed-refs objects";

static gboolean
run_unbundle (const Git *git, const char *bundle, char **text, gsize *size, char **said, Fault **fault, GError **error)
{
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  sandbox_limit (sandbox, &limits);
  sandbox_scratch (sandbox, "/git", G_GUINT64_CONSTANT (2) * OUTPUT_MAX);
  sandbox_bind_read_only (sandbox, bundle, INSIDE_BUNDLE);
  sandbox_env (sandbox, "GIT_CONFIG_NOSYSTEM", "1");
  sandbox_env (sandbox, "GIT_CONFIG_GLOBAL", "/dev/null");
  set_path (sandbox, "HOME", "/tmp");
  g_autofree char *from = sandbox_path (sandbox, INSIDE_BUNDLE);
  g_autofree char *to = sandbox_path (sandbox, "/git/new");
  g_autoptr (Run) run = sandbox_run (sandbox, "sh", "-c", unbundle_script, "unbundle", from, to, NULL);
  if (!run_to_text (git, run, text, size, fault, error))
    return FALSE;
  *said = g_strdup (run_stderr_tail (run));
  return TRUE;
}

gboolean
git_unbundle (const char *shown, const char *data, gsize size, const char *scratch_dir, RawSet *set, Fault **fault, GError **error)
{
  g_autoptr (Git) git = g_new0 (Git, 1);
  g_autofree char *text = NULL;
  g_autofree char *said = NULL;
  gsize length = 0;
  git->shown = g_strdup (shown);
  git->dir = free_name (scratch_dir, "bundle");
  g_autofree char *base = g_path_get_basename (git->dir);
  if (!check_host (error) || !put (scratch_dir, base, data, size, error) || !run_unbundle (git, git->dir, &text, &length, &said, fault, error))
    return FALSE;
  if (text == NULL && strstr (said, "lacks these prerequisite") != NULL)
    *fault = fault_new (STAGE_INGEST, said, "%s: the bundle lacks the commits that its own build on; make it with the whole history, or hand in git format-patch's output", shown);
  else if (text == NULL)
    *fault = fault_new (STAGE_INGEST, said, "%s: git cannot read the bundle; make it with git bundle create FILE HEAD, or hand in git format-patch's output", shown);
  if (text == NULL)
    return FALSE;
  g_autofree char *prefix = g_strconcat (shown, ".git/", NULL);
  return submission_read_archive (shown, prefix, text, length, set, fault, error);
}
