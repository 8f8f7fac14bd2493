/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Submitted git repositories and bundles: how the base is found, what HEAD's change is, and configurations made to run programs. */
#include "submissions.h"

#include <unistd.h>

#include "base/run.h"
#include "base/sandbox.h"

#define KVM "arch/x86/kvm/"

/* git in DIR/r, with names and dates that are always the same. */
static void
git (const char *dir, const char *first, ...)
{
  static const char *const env[][2] = { { "GIT_CONFIG_GLOBAL", "/dev/null" },         { "GIT_CONFIG_NOSYSTEM", "1" },           { "GIT_AUTHOR_NAME", "A" },
                                        { "GIT_AUTHOR_EMAIL", "a@example.org" },      { "GIT_COMMITTER_NAME", "A" },            { "GIT_COMMITTER_EMAIL", "a@example.org" },
                                        { "GIT_AUTHOR_DATE", "2022-01-01T00:00:00Z" }, { "GIT_COMMITTER_DATE", "2022-01-01T00:00:00Z" } };
  g_autofree char *repo = g_build_filename (dir, "r", NULL);
  g_autoptr (Run) run = run_new ("git", "-c", "init.defaultBranch=main", "-c", "advice.detachedHead=false", first, NULL);
  g_autoptr (GError) error = NULL;
  va_list args;
  va_start (args, first);
  for (const char *arg; (arg = va_arg (args, const char *)) != NULL;)
    run_add (run, arg);
  va_end (args);
  for (guint i = 0; i < G_N_ELEMENTS (env); i++)
    run_set_env (run, env[i][0], env[i][1]);
  run_set_cwd (run, repo);
  const gboolean ok = run_wait (run, &error);
  assert_no_failure (error);
  assert_true (ok);
}

static void
put (const char *dir, const char *name, const char *text)
{
  g_autofree char *full = g_strconcat ("r/", name, NULL);
  g_free (put_file (dir, full, text));
}

static void
commit (const char *dir, const char *subject)
{
  git (dir, "add", "-A", NULL);
  git (dir, "commit", "-q", "-m", subject, NULL);
}

/* A kernel in small, as upstream left it, in r/. */
static void
make_kernel (const char *dir, const char *subject)
{
  put (dir, "Makefile", "VERSION = 6\n");
  put (dir, KVM "cpuid.c", CPUID_C);
  put (dir, KVM "vmx/vmx.c", VMX_C);
  put (dir, KVM "svm/svm.c", SVM_C);
  put (dir, KVM "old.c", "int kvm;\n");
  git (dir, "init", "-q", NULL);
  commit (dir, subject);
}

static void
expect_change (const Submission *submission)
{
  assert_int_equal (submission->files->len, 2);
  assert_file (submission, KVM "cpuid.c", KVM "cpuid.c", CPUID_C_2);
  assert_string_equal (submission_find (submission, KVM "cpuid.c")->base_text, CPUID_C);
  const SubmissionFile *added = submission_find (submission, KVM "vmx/count.h");
  assert_non_null (added);
  assert_null (added->base_text);
}

static void
make_change (const char *dir)
{
  put (dir, KVM "cpuid.c", CPUID_C_2);
  put (dir, KVM "vmx/count.h", "extern int kvm;\n");
  commit (dir, "count");
}

static void
test_tag (void **state)
{
  make_kernel (*state, "first");
  put (*state, KVM "vmx/vmx.c", VMX_C "int later;\n");
  commit (*state, "upstream goes on");
  git (*state, "tag", "v6.1", NULL);
  make_change (*state);
  git (*state, "tag", "v1.0", NULL); /* the student's own, on HEAD */
  g_autoptr (Submission) submission = read_good (*state, "r");
  assert_string_equal (submission->kind, "git");
  expect_change (submission);
  assert_true (submission->touches_vmx);
  assert_note (submission, "the base of HEAD is tag v6.1");
}

static void
test_release_commit (void **state)
{
  make_kernel (*state, "first");
  put (*state, KVM "vmx/vmx.c", VMX_C "int later;\n");
  commit (*state, "Linux 6.1.7");
  make_change (*state);
  put (*state, KVM "svm/svm.c", SVM_C "int mine;\n");
  commit (*state, "Linux is fun\n\nLinux 6.1 is not the subject.");
  g_autoptr (Submission) submission = read_good (*state, "r");
  assert_int_equal (submission->files->len, 3);
  assert_note (submission, "the base of HEAD is commit \"Linux 6.1.7\"");
}

static void
test_root (void **state)
{
  make_kernel (*state, "first");
  make_change (*state);
  g_autoptr (Submission) submission = read_good (*state, "r");
  expect_change (submission);
  assert_note (submission, "the base of HEAD is the first commit");
}

static void
test_given_base (void **state)
{
  g_autoptr (Submission) submission = NULL;
  g_autoptr (Submission) none = NULL;
  g_autoptr (Fault) fault = NULL;
  g_autoptr (Fault) other = NULL;
  make_kernel (*state, "first");
  git (*state, "branch", "upstream", NULL);
  put (*state, "mine.txt", "x\n");
  commit (*state, "Linux 6.1");
  make_change (*state);
  read_submission (*state, "r", "upstream", &submission, &fault);
  assert_null (fault);
  expect_change (submission);
  assert_note (submission, "the base of HEAD is upstream, as given");
  assert_note (submission, "1 file of the repository that is no kernel code: ignored");
  read_submission (*state, "r", "--all", &none, &other);
  assert_non_null (other);
  assert_text_has (other->reason, "no commit \"--all\"");
}

static void
test_no_base (void **state)
{
  make_kernel (*state, "all of it");
  g_autoptr (Submission) submission = read_good (*state, "r");
  assert_int_equal (submission->files->len, 3);
  assert_null (submission_find (submission, KVM "cpuid.c")->base_text);
  assert_note (submission, "no base is found in the repository");
}

static void
test_wrong_base (void **state)
{
  make_kernel (*state, "first");
  for (guint i = 0; i < 201; i++)
    {
      g_autofree char *name = g_strdup_printf ("drivers/%u.c", i);
      put (*state, name, "int x;\n");
    }
  make_change (*state);
  g_autoptr (Submission) submission = read_good (*state, "r");
  assert_int_equal (submission->files->len, 3);
  assert_null (submission_find (submission, KVM "cpuid.c")->base_text);
  assert_note (submission, "differs from the first commit in 203 files");
}

static void
test_removed_and_line_ends (void **state)
{
  make_kernel (*state, "first");
  git (*state, "rm", "-q", KVM "old.c", NULL);
  put (*state, KVM "svm/svm.c", "#include <linux/kvm_host.h>\r\nstatic int svm_handle_exit(struct kvm_vcpu *vcpu)\r\n{\r\n\treturn 1;\r\n}\r\n");
  make_change (*state);
  g_autoptr (Submission) submission = read_good (*state, "r");
  assert_int_equal (submission->files->len, 3);
  const SubmissionFile *old = submission_find (submission, KVM "old.c");
  assert_null (old->text);
  assert_string_equal (old->base_text, "int kvm;\n");
  assert_note (submission, "svm.c differs from the base in line ends or the like alone");
}

static void
test_policy (void **state)
{
  make_kernel (*state, "first");
  put (*state, "Makefile", "VERSION = 6\n$(shell touch /harm)\n");
  put (*state, "kernel/x.c", "int x;\n");
  put (*state, "Documentation/x.rst", "x\n");
  make_change (*state);
  expect_fault (*state, "r", STAGE_POLICY, "changes what may not be changed: Makefile, kernel/x.c; allowed");
}

/* Whole files in a repository that is no kernel: what most courses' repositories are. */
static void
test_no_kernel (void **state)
{
  put (*state, "README.md", "x\n");
  put (*state, "a2/cpuid.c", CPUID_C);
  put (*state, "a2/vmx.c", VMX_C);
  git (*state, "init", "-q", NULL);
  commit (*state, "all");
  put (*state, "a2/vmx.c", VMX_C "int uncommitted;\n");
  g_autoptr (Submission) submission = read_good (*state, "r");
  assert_string_equal (submission->kind, "git");
  assert_file (submission, KVM "vmx/vmx.c", "a2/vmx.c", VMX_C);
  assert_note (submission, "what counts is HEAD");
}

static void
test_no_commit (void **state)
{
  put (*state, "cpuid.c", CPUID_C);
  git (*state, "init", "-q", NULL);
  g_autoptr (Submission) submission = read_good (*state, "r");
  assert_string_equal (submission->kind, "folder");
  assert_file (submission, KVM "cpuid.c", "cpuid.c", CPUID_C);
  assert_note (submission, "the git repository has no commit");
}

static void
test_bare_and_below (void **state)
{
  make_kernel (*state, "first");
  make_change (*state);
  git (*state, "clone", "-q", "--bare", ".", "../bare.git", NULL);
  git (*state, "clone", "-q", ".", "../below/hw 2/linux", NULL);
  g_autoptr (Submission) bare = read_good (*state, "bare.git");
  g_autoptr (Submission) below = read_good (*state, "below");
  g_autoptr (Submission) plain = read_good (*state, "r");
  expect_change (bare);
  expect_change (below);
  assert_string_equal (bare->sha256, plain->sha256);
  assert_string_equal (below->sha256, plain->sha256);
  git (*state, "clone", "-q", ".", "../below/hw 3/linux", NULL);
  expect_fault (*state, "below", STAGE_INGEST, "two git repositories, \"hw 2/linux/.git\" and \"hw 3/linux/.git\"");
}

/* Somebody's umask was 077: nothing is wrong with the repository. */
static void
test_for_the_owner_alone (void **state)
{
  make_kernel (*state, "first");
  make_change (*state);
  g_autofree char *path = g_build_filename (*state, "r/.git", NULL);
  g_autoptr (Run) run = run_new ("chmod", "-R", "go=", path, NULL);
  assert_true (run_wait (run, NULL));
  g_autoptr (Submission) submission = read_good (*state, "r");
  expect_change (submission);
}

static void
test_shallow (void **state)
{
  make_kernel (*state, "long ago");
  put (*state, KVM "svm/svm.c", SVM_C "int upstream;\n");
  commit (*state, "yesterday");
  make_change (*state);
  g_autofree char *url = g_strdup_printf ("file://%s/r", (char *) *state);
  git (*state, "clone", "-q", "--depth=2", url, "../shallow", NULL);
  g_autoptr (Submission) submission = read_good (*state, "shallow");
  expect_change (submission);
}

static void
test_archived (void **state)
{
  make_kernel (*state, "first");
  make_change (*state);
  git (*state, "gc", "-q", NULL);
  g_autoptr (Run) run = run_new ("tar", "-C", *state, "-cf", NULL);
  run_addf (run, "%s/x.tar", (char *) *state);
  run_add (run, "r");
  assert_true (run_wait (run, NULL));
  g_autoptr (Submission) packed = read_good (*state, "x.tar");
  assert_string_equal (packed->kind, "git");
  expect_change (packed);
}

static void
test_bundle (void **state)
{
  make_kernel (*state, "first");
  make_change (*state);
  git (*state, "bundle", "create", "-q", "../all.bundle", "HEAD", "main", NULL);
  git (*state, "bundle", "create", "-q", "../branch.bundle", "main", NULL);
  git (*state, "bundle", "create", "-q", "../part.bundle", "HEAD^..HEAD", NULL);
  g_autoptr (Submission) all = read_good (*state, "all.bundle");
  g_autoptr (Submission) branch = read_good (*state, "branch.bundle");
  g_autoptr (Submission) plain = read_good (*state, "r");
  assert_string_equal (all->kind, "bundle");
  expect_change (all);
  assert_string_equal (all->sha256, plain->sha256);
  assert_string_equal (branch->sha256, plain->sha256);
  expect_fault (*state, "part.bundle", STAGE_INGEST, "part.bundle: the bundle lacks the commits that its own build on");
  g_free (put_file (*state, "bad.bundle", "# v2 git bundle\nnonsense\n"));
  expect_fault (*state, "bad.bundle", STAGE_INGEST, "bad.bundle: git cannot read the bundle");
}

/* --- hostile ---------------------------------------------------------------------------------- */

/* Everything in a configuration that starts a program would leave a file "harm" here. */
static void
test_hostile_configuration (void **state)
{
  make_kernel (*state, "first");
  put (*state, ".gitattributes", "*.c filter=harm diff=harm\n");
  make_change (*state);
  g_autofree char *harm = g_build_filename (*state, "harm", NULL);
  g_autofree char *touch = g_strdup_printf ("touch %s", harm);
  g_autofree char *config = g_strdup_printf ("[core]\n\trepositoryformatversion = 1\n\tfsmonitor = %s\n\thooksPath = .\n\tpager = %s\n\tsshCommand = %s\n"
                                             "[alias]\n\trev-parse = !%s\n[filter \"harm\"]\n\tclean = %s\n\tsmudge = %s\n[diff]\n\texternal = %s\n[diff \"harm\"]\n\ttextconv = %s\n"
                                             "[extensions]\n\tpartialClone = origin\n[remote \"origin\"]\n\tpromisor = true\n\turl = ext::%s\n[protocol]\n\tallow = always\n",
                                             touch, touch, touch, touch, touch, touch, touch, touch, touch);
  put (*state, ".git/config", config);
  put (*state, ".git/info/grafts", "nonsense\n");
  g_autoptr (Submission) submission = read_good (*state, "r");
  expect_change (submission);
  assert_false (g_file_test (harm, G_FILE_TEST_EXISTS));
}

/* Objects of another repository, and a commit that another one stands in for. */
static void
test_alternates_and_replacements (void **state)
{
  make_kernel (*state, "first");
  make_change (*state);
  g_autofree char *objects = g_build_filename (*state, "r/.git/objects\n", NULL);
  git (*state, "clone", "-q", "--bare", ".", "../other.git", NULL);
  git (*state, "replace", "HEAD", "HEAD^", NULL);
  g_autoptr (Submission) replaced = read_good (*state, "r");
  expect_change (replaced);

  g_autofree char *theirs = g_build_filename (*state, "other.git/objects", NULL);
  assert_true (files_remove_tree (theirs, NULL));
  g_free (put_file (*state, "other.git/objects/info/alternates", objects));
  expect_fault (*state, "other.git", STAGE_INGEST, "the folder: the git repository is damaged or incomplete");
}

static void
test_links (void **state)
{
  make_kernel (*state, "first");
  make_change (*state);
  g_autofree char *git_dir = g_build_filename (*state, "r/.git", NULL);
  g_autofree char *elsewhere = g_build_filename (*state, "elsewhere", NULL);
  g_autofree char *link = g_build_filename (*state, "linked/.git", NULL);
  g_autofree char *objects = g_build_filename (*state, "elsewhere/objects", NULL);
  assert_int_equal (rename (git_dir, elsewhere), 0);
  g_free (put_file (*state, "linked/cpuid.c", CPUID_C));
  assert_int_equal (symlink (elsewhere, link), 0);
  g_autoptr (Submission) linked = read_good (*state, "linked");
  assert_string_equal (linked->kind, "folder");
  assert_int_equal (linked->files->len, 1);

  g_autofree char *moved = g_build_filename (*state, "moved", NULL);
  assert_int_equal (rename (objects, moved), 0);
  assert_int_equal (symlink (moved, objects), 0);
  expect_fault (*state, "elsewhere", STAGE_INGEST, "no change of KVM in it");
}

static void
test_link_in_commit (void **state)
{
  make_kernel (*state, "first");
  g_autofree char *file = g_build_filename (*state, "r/" KVM "cpuid.c", NULL);
  assert_int_equal (unlink (file), 0);
  assert_int_equal (symlink ("/etc/passwd", file), 0);
  commit (*state, "count");
  expect_fault (*state, "r", STAGE_INGEST, "arch/x86/kvm/cpuid.c is a symbolic link in the repository's HEAD");
}

static void
test_damaged (void **state)
{
  make_kernel (*state, "first");
  make_change (*state);
  git (*state, "gc", "-q", NULL);
  g_autofree char *packs = g_build_filename (*state, "r/.git/objects/pack", NULL);
  g_autoptr (GDir) dir = g_dir_open (packs, 0, NULL);
  for (const char *name; (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *path = g_build_filename (packs, name, NULL);
      if (g_str_has_suffix (name, ".pack"))
        {
          assert_int_equal (g_chmod (path, 0644), 0);
          assert_int_equal (truncate (path, 300), 0);
        }
    }
  expect_fault (*state, "r", STAGE_INGEST, ".git: the git repository is damaged or incomplete");
}

static int
need_sandbox (void **state G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  return sandbox_check (&error) ? 0 : -1;
}

int
main (void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown (test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
    WITH_FOLDER (test_tag),
    WITH_FOLDER (test_release_commit),
    WITH_FOLDER (test_root),
    WITH_FOLDER (test_given_base),
    WITH_FOLDER (test_no_base),
    WITH_FOLDER (test_wrong_base),
    WITH_FOLDER (test_removed_and_line_ends),
    WITH_FOLDER (test_policy),
    WITH_FOLDER (test_no_kernel),
    WITH_FOLDER (test_no_commit),
    WITH_FOLDER (test_bare_and_below),
    WITH_FOLDER (test_for_the_owner_alone),
    WITH_FOLDER (test_shallow),
    WITH_FOLDER (test_archived),
    WITH_FOLDER (test_bundle),
    WITH_FOLDER (test_hostile_configuration),
    WITH_FOLDER (test_alternates_and_replacements),
    WITH_FOLDER (test_links),
    WITH_FOLDER (test_link_in_commit),
    WITH_FOLDER (test_damaged),
  };
  if (need_sandbox (NULL) != 0)
    return 77;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
