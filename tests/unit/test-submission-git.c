/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Submitted git repositories and bundles: how the base is found, what HEAD's change is, and configurations made to run programs. */
#include "submissions.h"

#include <unistd.h>

#include "base/run.h"
#include "base/sandbox.h"
#include "submission/release.h"

#define KVM "arch/x86/kvm/"

/* git in DIR/r, with names and dates that are always the same: what it says. */
static char *
run_git (const char *dir, const char *first, va_list args)
{
  static const char *const env[][2] = { { "GIT_CONFIG_GLOBAL", "/dev/null" },         { "GIT_CONFIG_NOSYSTEM", "1" },           { "GIT_AUTHOR_NAME", "A" },
                                        { "GIT_AUTHOR_EMAIL", "a@example.org" },      { "GIT_COMMITTER_NAME", "A" },            { "GIT_COMMITTER_EMAIL", "a@example.org" },
                                        { "GIT_AUTHOR_DATE", "2022-01-01T00:00:00Z" }, { "GIT_COMMITTER_DATE", "2022-01-01T00:00:00Z" } };
  g_autofree char *repo = g_build_filename (dir, "r", NULL);
  g_autoptr (Run) run = run_new ("git", "-c", "init.defaultBranch=main", "-c", "advice.detachedHead=false", first, NULL);
  g_autoptr (GError) error = NULL;
  for (const char *arg; (arg = va_arg (args, const char *)) != NULL;)
    run_add (run, arg);
  for (guint i = 0; i < G_N_ELEMENTS (env); i++)
    run_set_env (run, env[i][0], env[i][1]);
  run_set_cwd (run, repo);
  const gboolean ok = run_wait (run, &error);
  assert_no_failure (error);
  assert_true (ok);
  return g_strchomp (g_strdup (run_stdout (run)));
}

static G_GNUC_NULL_TERMINATED void
git (const char *dir, const char *first, ...)
{
  va_list args;
  va_start (args, first);
  g_free (run_git (dir, first, args));
  va_end (args);
}

static G_GNUC_NULL_TERMINATED char *
git_says (const char *dir, const char *first, ...)
{
  va_list args;
  va_start (args, first);
  char *out = run_git (dir, first, args);
  va_end (args);
  return out;
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
  commit (*state, "Linux 6.1");
  git (*state, "tag", "v6.1", NULL);
  put (*state, KVM "cpuid.c", CPUID_C "int half;\n");
  commit (*state, "Linux is fun");
  git (*state, "tag", "v0.9", NULL); /* the student's own */
  make_change (*state);
  git (*state, "tag", "v1.0", NULL); /* and on HEAD */
  g_autoptr (Submission) submission = read_good (*state, "r");
  assert_string_equal (submission->kind, "git");
  expect_change (submission);
  assert_true (submission->touches_vmx);
  assert_note (submission, "the base of HEAD is tag v6.1");
  assert_note (submission, "tag v0.9 is no release of the kernel's: passed over");
  assert_int_equal (submission_find (submission, KVM "cpuid.c")->base_trust, BASE_RELEASE);
  assert_int_equal (submission->untouched->len, 0);
}

/* An import that is tagged is a release if its Makefile says so; a release's commit that has no tag is nearer than an older tag. */
static void
test_other_releases (void **state)
{
  make_kernel (*state, "import");
  put (*state, "Makefile", "# SPDX\nVERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\nEXTRAVERSION = -rc3\n");
  commit (*state, "more of it");
  git (*state, "tag", "-a", "-m", "x", "v6.1-rc3", NULL);
  put (*state, KVM "cpuid.c", CPUID_C "int rc;\n");
  commit (*state, "between");
  git (*state, "branch", "imported", NULL);
  put (*state, KVM "cpuid.c", CPUID_C);
  commit (*state, "Linux 6.1");
  make_change (*state);
  g_autoptr (Submission) named = read_good (*state, "r");
  expect_change (named);
  assert_note (named, "the base of HEAD is commit \"Linux 6.1\"");
  assert_int_equal (submission_find (named, KVM "cpuid.c")->base_trust, BASE_NAMED_COMMIT);

  git (*state, "checkout", "-q", "imported", NULL);
  g_autoptr (Submission) tagged = read_good (*state, "r");
  assert_note (tagged, "the base of HEAD is tag v6.1-rc3");
  assert_int_equal (submission_find (tagged, KVM "cpuid.c")->base_trust, BASE_TAG);
}

static void
test_release_names (void **state G_GNUC_UNUSED)
{
  static const char *const good[] = { "Linux 6.1", "Linux 6.1.192", "Linux 5.4-rc7", "Linux 6.1.76-rt5", "UBUNTU: Ubuntu-5.15.0-91.101", "UBUNTU: Ubuntu-hwe-6.5-6.5.0-14.14~22.04.1",
                                      "Prepare to release linux (6.1.90-1).", "linux (6.1.76-1) bookworm; urgency=medium" };
  static const char *const bad[] = { "Linux", "Linux 6", "Linux 6.1 with my leaf", "Linux 6.1: first part", "my Linux 6.1", "UBUNTU: SAUCE: x", "linux (my)", "v6.1" };
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    assert_true (release_is_subject (good[i]));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_false (release_is_subject (bad[i]));
  const char *makefile = "# x\nVERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 192\nEXTRAVERSION =\nNAME = x\n";
  assert_true (release_is_tag_of ("v6.1.192", makefile));
  assert_false (release_is_tag_of ("v6.1", makefile));
  assert_false (release_is_tag_of ("v1.0", makefile));
  assert_false (release_is_tag_of ("v.", ""));
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
  assert_int_equal (submission_find (submission, KVM "cpuid.c")->base_trust, BASE_FIRST_COMMIT);
  assert_int_equal (submission_find (submission, KVM "vmx/count.h")->base_trust, BASE_FIRST_COMMIT);
  /* What the first commit may have had already is there to be looked at. */
  assert_int_equal (submission->untouched->len, 2);
  assert_string_equal (((SubmissionFile *) g_ptr_array_index (submission->untouched, 0))->path, KVM "svm/svm.c");
  assert_string_equal (((SubmissionFile *) g_ptr_array_index (submission->untouched, 1))->text, VMX_C);
}

/* --- what HEAD is ----------------------------------------------------------------------------- */

static void
test_any_branch_name (void **state)
{
  static const char *const names[] = { "assignment#3", "\xc3\x9c" "bung/3", "a@b", "50%", "x+y=z", "a/b/c/d/e/f", "#1", "-", "it's(mine)", "x,y;z!", "a{b}", "\xff\xfe" };
  make_kernel (*state, "Linux 6.1.192");
  git (*state, "checkout", "-q", "-b", "mine", NULL);
  make_change (*state);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *reference = g_strconcat ("refs/heads/", names[i], NULL);
      git (*state, "update-ref", reference, "mine", NULL);
      git (*state, "symbolic-ref", "HEAD", reference, NULL);
      g_autoptr (Submission) loose = read_good (*state, "r");
      expect_change (loose);
    }
  git (*state, "pack-refs", "--all", NULL);
  g_autoptr (Submission) packed = read_good (*state, "r");
  expect_change (packed);
  git (*state, "checkout", "-q", "--detach", "refs/heads/assignment#3", NULL);
  g_autoptr (Submission) detached = read_good (*state, "r");
  expect_change (detached);
}

/* Another branch is never taken for the one that HEAD names. */
static void
test_head_without_commit (void **state)
{
  make_kernel (*state, "Linux 6.1.192");
  git (*state, "branch", "second", NULL);
  git (*state, "symbolic-ref", "HEAD", "refs/heads/assignment#3", NULL);
  g_autoptr (Submission) none = NULL;
  g_autoptr (Fault) fault = NULL;
  read_submission (*state, "r", NULL, &none, &fault);
  assert_non_null (fault);
  assert_text_has (fault->reason, "HEAD names no commit: there is none on refs/heads/assignment#3 (branches: main, second)");
  assert_true (fault->needs_base);

  git (*state, "branch", "-q", "-D", "second", NULL);
  expect_fault (*state, "r", STAGE_INGEST, "there is none on refs/heads/assignment#3 (branches: main)");
  git (*state, "symbolic-ref", "HEAD", "refs/heads/main", NULL);
  git (*state, "checkout", "-q", "-b", "mine", NULL);
  make_change (*state);
  git (*state, "branch", "-q", "-D", "main", NULL);
  git (*state, "clone", "-q", "--bare", ".", "../bare.git", NULL);
  g_free (put_file (*state, "bare.git/HEAD", "ref: refs/heads/master\n"));
  g_autoptr (Submission) bare = read_good (*state, "bare.git");
  expect_change (bare);
  assert_note (bare, "HEAD names no commit: the repository's only branch, mine, is taken");
  g_free (put_file (*state, "bare.git/HEAD", "ref: refs/heads/.invalid\n"));
  expect_fault (*state, "bare.git", STAGE_INGEST, "(reftable)");
  g_free (put_file (*state, "bare.git/refs/heads/master", "nonsense\n"));
  g_free (put_file (*state, "bare.git/HEAD", "ref: refs/heads/master\n"));
  expect_fault (*state, "bare.git", STAGE_INGEST, "damaged or incomplete");
}

static void
test_other_branches (void **state)
{
  make_kernel (*state, "first");
  put (*state, "README", "x\n");
  commit (*state, "Linux 6.1.192");
  git (*state, "checkout", "-q", "-b", "a#3", NULL);
  make_change (*state);
  git (*state, "update-ref", "refs/remotes/origin/linux-6.1.y", "HEAD", NULL);
  git (*state, "checkout", "-q", "main", NULL);
  g_autoptr (Submission) release = read_good (*state, "r");
  assert_note (release, "HEAD is commit \"Linux 6.1.192\" itself");
  assert_note (release, "these branches have commits that it lacks: a#3; check out");
  put (*state, "notes.txt", "x\n");
  commit (*state, "notes");
  g_autoptr (Submission) notes = read_good (*state, "r");
  assert_note (notes, "the base of HEAD is commit \"Linux 6.1.192\"");
  assert_note (notes, "these branches have commits that it lacks: a#3; check out");
}

/* --- what is not there ------------------------------------------------------------------------ */

static void
test_submodule (void **state)
{
  put (*state, "README.md", "x\n");
  git (*state, "init", "-q", NULL);
  git (*state, "add", "-A", NULL);
  git (*state, "update-index", "--add", "--cacheinfo", "160000,1234567890123456789012345678901234567890,linux", NULL);
  git (*state, "commit", "-q", "-m", "all", NULL);
  expect_fault (*state, "r", STAGE_INGEST, "linux is a git submodule (commit 123456789012): its content is not in what was handed in");
  put (*state, "linux/cpuid.c", CPUID_C);
  g_autoptr (Submission) beside = read_good (*state, "r");
  assert_file (beside, KVM "cpuid.c", "linux/cpuid.c", CPUID_C);
  assert_note (beside, "\"linux\" is a git submodule");
}

#define LFS "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"

static void
test_lfs (void **state)
{
  make_kernel (*state, "Linux 6.1");
  put (*state, KVM "cpuid.c", LFS);
  commit (*state, "count");
  expect_fault (*state, "r", STAGE_INGEST, KVM "cpuid.c is a Git LFS pointer (its content was not handed in)");
  g_free (put_file (*state, "plain/cpuid.c", LFS));
  expect_fault (*state, "plain", STAGE_INGEST, "cpuid.c is a Git LFS pointer (its content was not handed in)");
}

/* As --filter=blob:none leaves out what was not checked out. */
static void
remove_object (const char *dir, const char *what)
{
  g_autofree char *id = git_says (dir, "rev-parse", what, NULL);
  g_autofree char *path = g_strdup_printf ("%s/r/.git/objects/%.2s/%s", dir, id, id + 2);
  assert_int_equal (unlink (path), 0);
}

static void
test_partial (void **state)
{
  put (*state, "arch/x86/kernel/x.c", "int x;\n");
  make_kernel (*state, "Linux 6.1");
  make_change (*state);
  remove_object (*state, "HEAD^:" KVM "cpuid.c");
  g_autoptr (Submission) base = read_good (*state, "r");
  assert_string_equal (submission_find (base, KVM "cpuid.c")->text, CPUID_C_2);
  assert_null (submission_find (base, KVM "cpuid.c")->base_text);
  assert_int_equal (submission_find (base, KVM "cpuid.c")->base_trust, BASE_NONE);
  assert_note (base, "what \"" KVM "cpuid.c\" was before is not there (a partial clone");
  remove_object (*state, "HEAD^:" KVM "vmx");
  g_autoptr (Submission) trees = read_good (*state, "r");
  assert_note (trees, "git cannot compare HEAD with");
  assert_string_equal (submission_find (trees, KVM "cpuid.c")->text, CPUID_C_2);
  remove_object (*state, "HEAD:" KVM "cpuid.c");
  expect_fault (*state, "r", STAGE_INGEST, KVM "cpuid.c is not there (a partial clone leaves contents out)");
}

/* --- a kernel in a folder --------------------------------------------------------------------- */

/* More files than anything but a kernel may have: each commit doubles them. */
static void
fill_tree (const char *dir, const char *below)
{
  for (guint i = 0; i < 150; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s/f%u.c", below, i);
      put (dir, name, "int x;\n");
    }
  git (dir, "add", "-A", NULL);
  for (guint i = 0; i < 8; i++)
    {
      g_autofree char *tree = git_says (dir, "write-tree", NULL);
      g_autofree char *from = g_strdup_printf ("%s:%s", tree, below);
      g_autofree char *prefix = g_strdup_printf ("--prefix=%s/d%u/", below, i);
      git (dir, "read-tree", prefix, from, NULL);
    }
  git (dir, "commit", "-q", "-m", "all of it", NULL);
}

static void
test_kernel_in_folder (void **state)
{
  put (*state, "README.md", "x\n");
  git (*state, "init", "-q", NULL);
  commit (*state, "readme");
  put (*state, "linux 6/Makefile", "VERSION = 6\n");
  put (*state, "linux 6/" KVM "cpuid.c", CPUID_C);
  put (*state, "linux 6/" KVM "vmx/vmx.c", VMX_C);
  fill_tree (*state, "linux 6/drivers");
  put (*state, "linux 6/" KVM "cpuid.c", CPUID_C_2);
  git (*state, "add", "linux 6/arch", NULL);
  g_autoptr (Submission) whole = read_good (*state, "r");
  assert_note (whole, "the kernel is in the repository's folder linux 6/");
  assert_file (whole, KVM "cpuid.c", "linux 6/" KVM "cpuid.c", CPUID_C);
  assert_null (submission_find (whole, KVM "cpuid.c")->base_text);
  git (*state, "commit", "-q", "-m", "change", NULL);
  g_autoptr (Submission) changed = read_good (*state, "r");
  assert_int_equal (changed->files->len, 1);
  assert_file (changed, KVM "cpuid.c", "linux 6/" KVM "cpuid.c", CPUID_C_2);
  assert_string_equal (submission_find (changed, KVM "cpuid.c")->base_text, CPUID_C);
  assert_int_equal (submission_find (changed, KVM "cpuid.c")->base_trust, BASE_FIRST_COMMIT);
}

/* What may be meant as well is the chooser's business; the tree's thousands of other files are not read. */
static void
test_kernel_beside_files (void **state)
{
  put (*state, "linux/Makefile", "VERSION = 6\n");
  put (*state, "linux/" KVM "cpuid.c", CPUID_C);
  put (*state, "cpuid.c", CPUID_C_2);
  git (*state, "init", "-q", NULL);
  fill_tree (*state, "linux/drivers");
  g_autoptr (Submission) submission = read_good (*state, "r");
  assert_file (submission, KVM "cpuid.c", "cpuid.c", CPUID_C_2);
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
  assert_note (submission, "differs from the first commit with the kernel in 203 files");
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
  expect_fault (*state, "other.git", STAGE_INGEST, "the folder: the git repository is incomplete: it borrows from another one");
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
    WITH_FOLDER (test_other_releases),
    cmocka_unit_test (test_release_names),
    WITH_FOLDER (test_any_branch_name),
    WITH_FOLDER (test_head_without_commit),
    WITH_FOLDER (test_other_branches),
    WITH_FOLDER (test_submodule),
    WITH_FOLDER (test_lfs),
    WITH_FOLDER (test_partial),
    WITH_FOLDER (test_kernel_in_folder),
    WITH_FOLDER (test_kernel_beside_files),
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
