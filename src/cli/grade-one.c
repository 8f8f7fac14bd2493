/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of one submission; see grade-one.h. A stage that fails for what the submission did sets the grade and ends the way; one that fails for what
 * it did not do is an error, which grade_one() turns into a grade without a score after a second try.
 */
#include "cli/grade-one.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "cli/grade-lab.h"
#include "grade/grade-json.h"
#include "grade/module-scan.h"
#include "grade/where.h"
#include "kernel/at-hand.h"
#include "submission/carry.h"
#include "submission/submission.h"

#define KIND "grade"
#define BUILD_S 7.0
#define DEADLINE_FACTOR 6.0 /* of what the lab's own kernel took here: other jobs and a slow change have room */
#define DEADLINE_MORE_S 25.0
#define STALL_FACTOR 2.0 /* of the same: L2 exits all the time but for L1's boot and end, which are a part of it */
#define STALL_MORE_S 10.0
#define LOG_MAX (1 << 20)
#define MODULE_MAX (64 << 20)

typedef struct {
  GradeSession *session;
  const char *lane, *logs;
  const GradeWatch *watch;
  Grade *grade;
  Submission *submission;
  Carried *carried;
  GPtrArray *labs;     /* of Lab, judged together */
  gboolean ended;      /* the grade is settled: no later stage */
  gboolean retry;      /* what ended it may be the machine's doing: once more */
  gboolean hopeless;   /* an error that all other submissions would meet too */
  Stage stage;         /* what is under way */
  guint tries;
} Way;

/* A lab's run and what was read from it; the JudgedLab borrows the rest. */
typedef struct {
  JudgedLab judged;
  GradeLab *run;
  Program *program;
  AgentReport *report;
  GPtrArray *findings;
} Lab;

static void
lab_free (gpointer data)
{
  Lab *lab = data;

  g_clear_pointer (&lab->judged.accounts, g_ptr_array_unref);
  agent_report_free (lab->report);
  grade_lab_free (lab->run);
  program_free (lab->program);
  g_clear_pointer (&lab->findings, g_ptr_array_unref);
  g_free (lab);
}

static void
way_clear (Way *way)
{
  grade_free (way->grade);
  submission_free (way->submission);
  carried_free (way->carried);
  g_clear_pointer (&way->labs, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Way, way_clear)

/* --- the grade --------------------------------------------------------------------------------------- */

static void
set_text (char **member, const char *text)
{
  g_free (*member);
  *member = g_strdup (text);
}

static void
end_with (Way *way, Stage stage, Verdict verdict, Blame blame, const char *reason, const char *details)
{
  Grade *grade = way->grade;

  grade->stage = stage;
  grade->verdict = verdict;
  grade->blame = blame;
  set_text (&grade->reason, reason);
  set_text (&grade->details, details);
  way->ended = TRUE;
}

static void
end_with_fault (Way *way, const Fault *fault)
{
  end_with (way, fault->stage, fault->needs_base ? VERDICT_NEEDS_BASE : VERDICT_FAILED, fault->needs_base ? BLAME_NONE : BLAME_STUDENT, fault->reason, fault->details);
}

static void
take_notes (Way *way, const GPtrArray *notes)
{
  for (guint i = 0; notes && i < notes->len; i++)
    g_ptr_array_add (way->grade->notes, g_strdup (g_ptr_array_index (notes, i)));
}

static gint64
rubric_points (const Rubric *rubric)
{
  gint64 sum = 0;

  for (guint i = 0; i < RUBRIC_ROWS; i++)
    sum += rubric->points[i];
  return sum;
}

/* For a person who looks into it; a disk that is full fails the batch elsewhere. */
static void
keep_log (const Way *way, const char *name, const char *text)
{
  g_autofree char *path = way->logs && text ? g_build_filename (way->logs, name, NULL) : NULL;

  if (path && text[0])
    files_write (path, text, (gssize) MIN (strlen (text), LOG_MAX), NULL);
}

static void
told (Way *way)
{
  if (way->watch && way->watch->stage)
    way->watch->stage (way->grade, way->watch->user);
}

/* --- carrying and building ----------------------------------------------------------------------------- */

static gboolean
carry (Way *way, const char *scratch, GError **error)
{
  const GradeSession *session = way->session;
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (Fault) fault = NULL;

  for (guint i = 0; session->bases && i < session->bases->len; i++)
    {
      const KernelAtHand *source = g_ptr_array_index (session->bases, i);

      g_ptr_array_add (dirs, source->dir);
      g_ptr_array_add (names, source->name);
    }
  g_ptr_array_add (dirs, NULL);
  g_ptr_array_add (names, NULL);
  const CarrySpec spec = {
    .lab_dir = session->kit->dir,
    .base_dirs = (const char *const *) dirs->pdata,
    .base_names = (const char *const *) names->pdata,
    .given_base_dir = session->given_base,
    .scratch_dir = scratch,
  };
  if (!submission_carry (way->submission, &spec, &way->carried, &fault, error))
    return FALSE;
  if (fault)
    {
      end_with_fault (way, fault);
      return TRUE;
    }
  set_text (&way->grade->carried, way->carried->diff);
  set_text (&way->grade->left_out, way->carried->left_out);
  take_notes (way, way->carried->notes);
  keep_log (way, "carried.diff", way->carried->diff);
  return TRUE;
}

static GPtrArray *
kernel_files (const Carried *carried)
{
  GPtrArray *files = g_ptr_array_new_with_free_func ((GDestroyNotify) kernel_file_free);

  for (guint i = 0; i < carried->files->len; i++)
    {
      const CarriedFile *from = g_ptr_array_index (carried->files, i);
      KernelFile *file = g_new0 (KernelFile, 1);

      file->path = g_strdup (from->path);
      file->text = g_strdup (from->text);
      g_ptr_array_add (files, file);
    }
  return files;
}

static void
take_build (Way *way, const KernelModules *modules)
{
  g_autofree char *details = NULL;

  for (guint i = 0; i < modules->warnings->len; i++)
    g_ptr_array_add (way->grade->warnings, g_strdup (g_ptr_array_index (modules->warnings, i)));
  keep_log (way, "build.log", modules->log);
  if (modules->ok)
    return;
  g_ptr_array_add (modules->errors, NULL);
  details = g_strjoinv ("\n", (char **) modules->errors->pdata);
  g_ptr_array_remove_index (modules->errors, modules->errors->len - 1);
  end_with (way, STAGE_BUILD, VERDICT_FAILED, BLAME_STUDENT, "KVM's modules cannot be built with this change: see the compiler's first errors.", details);
}

static gboolean
build (Way *way, const char *out_dir, GError **error)
{
  g_autoptr (GPtrArray) files = kernel_files (way->carried);
  g_autoptr (KernelModules) modules = NULL;
  const gint64 begin_us = g_get_monotonic_time ();
  const KernelModulesSpec spec = { .kit = way->session->kit, .files = files, .jobs = way->session->compilers, .out_dir = out_dir };
  gboolean ok;

  progress_begin (&way->session->app->progress, way->lane, "KVM's modules", BUILD_S);
  ok = kernel_modules_build (&spec, &modules, error);
  progress_end (&way->session->app->progress, way->lane, ok && modules->ok, NULL);
  if (!ok)
    return FALSE;
  take_build (way, modules);
  way->grade->build_ms = (g_get_monotonic_time () - begin_us) / 1000;
  return TRUE;
}

/* What the lab cannot take is the change's doing: the lab's own modules fill a tenth of it. */
static void
check_size (Way *way, Isa isa, const char *modules_dir)
{
  guint64 bytes, room;
  g_autofree char *reason = NULL;

  if (way->ended || grade_lab_has_room (modules_dir, isa, &bytes, &room))
    return;
  reason = g_strdup_printf ("KVM's modules are %" G_GUINT64_FORMAT " MiB large with this change, and the lab loads at most %" G_GUINT64_FORMAT
                            " MiB: is there a large table with initial values?", bytes >> 20, room >> 20);
  end_with (way, STAGE_BUILD, VERDICT_FAILED, BLAME_STUDENT, reason, NULL);
}

/* --- the lab ---------------------------------------------------------------------------------------------- */

/* The project's own patch series, and what is built on it, answers its leaves only if a parameter of kvm.ko says which. */
static char *
kvm_params (const Way *way, const char *modules_dir)
{
  static const char parameter[] = "parmtype=exit_leaf_abi:";
  const LeafMap *map = grade_session_preferred_map (way->session);
  g_autofree char *path = g_build_filename (modules_dir, "kvm.ko", NULL);
  g_autofree char *data = NULL;
  g_autofree char *leaves = NULL;
  gsize size;

  if (!files_read (path, MODULE_MAX, &data, &size, NULL) || !memmem (data, size, parameter, sizeof parameter - 1))
    return g_strdup ("");
  leaves = leaf_map_kernel_spec (map);
  return g_strdup_printf ("exit_log_records=0 exit_leaf_abi=%s", leaves);
}

static gboolean
scan_modules (const Way *way, Isa isa, const char *modules_dir, GPtrArray *findings, GError **error)
{
  const char *const names[] = { "kvm", isa == ISA_VMX ? "kvm-intel" : "kvm-amd" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = g_strconcat (names[i], ".ko.debug", NULL);
      g_autofree char *base = g_build_filename (way->session->kit->base_modules_dir, file, NULL);
      g_autofree char *module = g_build_filename (modules_dir, file, NULL);

      if (!module_scan (base, module, names[i], findings, error))
        return FALSE;
    }
  return TRUE;
}

static void
read_accounts (Lab *lab, gboolean again)
{
  Account *first = account_read (lab->program, lab->run->exits, 0);

  lab->judged.accounts = g_ptr_array_new_with_free_func ((GDestroyNotify) account_free);
  g_ptr_array_add (lab->judged.accounts, first);
  if (again)
    g_ptr_array_add (lab->judged.accounts, account_read (lab->program, lab->run->exits, first->last + 1));
}

static char *
kernel_lines (const AgentReport *report)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < report->kernel->len; i++)
    g_string_append_printf (text, "%s\n", (const char *) g_ptr_array_index (report->kernel, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* The guest got so far that there is something to judge: past the first window of its program. */
static gboolean
has_window (const Lab *lab)
{
  const ProgramWindow *first = &g_array_index (lab->program->windows, ProgramWindow, 0);

  return account_step (g_ptr_array_index (lab->judged.accounts, 0), first->after.first)->done;
}

static gboolean
is_complete (const Lab *lab)
{
  for (guint i = 0; i < lab->judged.accounts->len; i++)
    if (!((const Account *) g_ptr_array_index (lab->judged.accounts, i))->complete)
      return FALSE;
  return TRUE;
}

/* Nothing of the submission runs before the agent has begun; a kernel that later wipes the agent's report cannot wipe its exits from the log. */
static gboolean
came_up (const Lab *lab)
{
  return lab->report->began || lab->run->exits->len > 0;
}

static void
blame_lab (Way *way, Stage stage, const char *what, const MachineResult *end)
{
  g_autofree char *reason = g_strdup_printf ("%s by %s.", what, machine_end_name (end->end));

  end_with (way, stage, VERDICT_INFRASTRUCTURE, BLAME_INFRASTRUCTURE, reason, end->detail);
  way->retry = TRUE;
}

/* What ended L1 too early, if anything did; the parts of a grade where the challenge hardly began. */
static void
explain_no_challenge (Way *way, const Lab *lab)
{
  const AgentReport *report = lab->report;
  const MachineResult *end = &lab->run->end;
  g_autofree char *reason = NULL;

  if (report->module_failed)
    {
      g_autofree char *words = kernel_lines (report);

      reason = g_strdup_printf ("A module does not load: %s.", report->module_failed);
      end_with (way, STAGE_LOAD, VERDICT_FAILED, BLAME_STUDENT, reason, report->trouble ? report->trouble : words);
      return;
    }
  const Stage stage = report->modules_loaded ? STAGE_L2_BOOT : STAGE_LOAD;
  const char *when = report->modules_loaded ? "when the guest was started" : "while the modules were loaded";
  if (report->trouble)
    reason = g_strdup_printf ("L1's kernel came to %s %s.", report->trouble_name, when);
  else if (end->end == MACHINE_END_DEADLINE || report->deadline)
    reason = g_strdup_printf ("L1 or its guest hung %s.", when);
  else if (end->end == MACHINE_END_FLOOD)
    reason = g_strdup_printf ("L1 went on without end %s, and was stopped.", when);
  else
    reason = g_strdup_printf ("The guest did not run: L1 ended by %s %s.", machine_end_name (end->end), when);
  end_with (way, stage, VERDICT_FAILED, BLAME_STUDENT, reason, report->trouble ? report->trouble : end->detail);
  way->retry = end->end == MACHINE_END_DEADLINE;
}

/*
 * How L1 ended, where it was not as it should: the grade, if there is nothing to judge, or another try. Only a machine under load, or one that lacks memory, makes the emulator
 * itself die; and the clock on the wall, which tells a hang, is the machine's too: what it ends in the middle is not believed at once.
 */
static void
explain_end (Way *way, const Lab *lab)
{
  const MachineResult *end = &lab->run->end;

  if (is_complete (lab))
    return;
  if (!came_up (lab))
    blame_lab (way, STAGE_L1_BOOT, "L1 did not come up: it ended", end);
  else if (end->end == MACHINE_END_KILLED)
    blame_lab (way, lab->report->modules_loaded ? STAGE_L2_BOOT : STAGE_LOAD, "The lab's emulator did not get to L1's end: it ended", end);
  else if (!has_window (lab))
    explain_no_challenge (way, lab);
  else if (end->end == MACHINE_END_DEADLINE && way->tries == 1)
    blame_lab (way, STAGE_CHECKS, "L1 or its guest hung in the middle of the challenge: it was ended", end);
}

static void
keep_lab_logs (const Way *way, const Lab *lab)
{
  g_autofree char *console = g_strdup_printf ("%s-console.log", isa_name (lab->judged.isa));
  g_autofree char *kernel = g_strdup_printf ("%s-kernel.log", isa_name (lab->judged.isa));
  g_autofree char *report = g_strdup_printf ("%s-report.txt", isa_name (lab->judged.isa));
  g_autofree char *lines = kernel_lines (lab->report);

  keep_log (way, console, lab->run->console);
  keep_log (way, kernel, lines);
  keep_log (way, report, lab->run->report);
}

static gboolean
run_lab (Way *way, Isa number, Lab *lab, const char *modules_dir, const char *dir, GError **error)
{
  GradeSession *session = way->session;
  const GradeIsa *isa = &session->isa[number];
  const char *again = number == ISA_VMX ? session->rubric->again_vmx : session->rubric->again_svm;
  g_autofree char *kernel = g_build_filename (session->kit->kernel->dir, "bzImage", NULL);
  g_autofree char *params = kvm_params (way, modules_dir);
  const double rounds = again[0] ? 2 : 1;
  const GradeLabSpec spec = {
    .app = session->app,
    .lane = way->lane,
    .stage = number == ISA_VMX ? "vmx lab" : "svm lab",
    .lab = isa->config,
    .kernel = kernel,
    .root_image = session->image->root_image,
    .modules_dir = modules_dir,
    .program = lab->program,
    .kvm_params = params,
    .vendor_params = "",
    .again_params = again[0] ? again : NULL,
    .dir = dir,
    .expected_s = isa->lab_s * rounds,
    .deadline_s = isa->lab_s * rounds * DEADLINE_FACTOR + DEADLINE_MORE_S,
    .stall_s = isa->lab_s * STALL_FACTOR + STALL_MORE_S,
  };

  return grade_lab_run (&spec, &lab->run, error);
}

static gboolean
judge_in_lab (Way *way, Isa number, const char *modules_dir, const char *dir, GError **error)
{
  GradeSession *session = way->session;
  const char *again = number == ISA_VMX ? session->rubric->again_vmx : session->rubric->again_svm;
  const gint64 begin_us = g_get_monotonic_time ();
  Lab *lab = g_new0 (Lab, 1);

  g_ptr_array_add (way->labs, lab);
  lab->findings = g_ptr_array_new_with_free_func ((GDestroyNotify) scan_finding_free);
  lab->program = grade_session_program (session, number, way->submission->sha256);
  way->stage = STAGE_L1_BOOT;
  way->hopeless = !grade_session_baseline (session, number, &lab->judged.baseline, error);
  if (way->hopeless || !run_lab (way, number, lab, modules_dir, dir, error))
    return FALSE;
  way->grade->lab_ms += (g_get_monotonic_time () - begin_us) / 1000;
  lab->report = agent_report_read (lab->run->report, lab->run->console);
  read_accounts (lab, again[0] != '\0');
  lab->judged.isa = number;
  lab->judged.program = lab->program;
  lab->judged.report = lab->report;
  lab->judged.names = session->isa[number].terms.names;
  lab->judged.leaves = (const guint32 *) (const void *) session->leaves->data;
  lab->judged.nr_leaves = session->leaves->len;
  lab->judged.findings = lab->findings;
  keep_lab_logs (way, lab);
  explain_end (way, lab);
  way->stage = STAGE_CHECKS;
  return way->ended || scan_modules (way, number, modules_dir, lab->findings, error);
}

/* --- the end ------------------------------------------------------------------------------------------------ */

static void
take_warnings (Way *way)
{
  const Rubric *rubric = way->session->rubric;
  const gint64 off = MIN ((gint64) way->grade->warnings->len * rubric->warning_cost, (gint64) rubric->warning_cost_max);
  g_autofree char *text = grade_points_text (off);

  if (off == 0)
    return;
  way->grade->points = MAX (way->grade->points - off, 0);
  g_ptr_array_add (way->grade->notes, g_strdup_printf ("%s points off for %u compiler warning%s.", text, way->grade->warnings->len, way->grade->warnings->len == 1 ? "" : "s"));
}

static char *
fingerprint (const Way *way)
{
  g_autoptr (InputHash) hash = input_hash_new ("grade labs");

  for (guint i = 0; i < way->labs->len; i++)
    {
      const Lab *lab = g_ptr_array_index (way->labs, i);

      input_hash_add (hash, isa_name (lab->judged.isa), lab->run->log_sha256);
    }
  return input_hash_end (hash);
}

static const Lab *
find_incomplete (const Way *way)
{
  for (guint i = 0; i < way->labs->len; i++)
    {
      const Lab *lab = g_ptr_array_index (way->labs, i);

      if (!is_complete (lab) || lab->report->trouble)
        return lab;
    }
  return NULL;
}

static void
settle (Way *way)
{
  Grade *grade = way->grade;
  const Lab *broken = find_incomplete (way);
  g_autofree char *reason = NULL;
  guint passed = 0, judged = 0;

  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);

      passed += row->status == ROW_PASSED;
      judged += row->status != ROW_SKIPPED;
    }
  reason = g_strdup_printf ("%u of %u rows passed%s%s.", passed, judged, broken && broken->report->trouble ? "; L1's kernel came to " : broken ? "; the guest did not come to its end" : "",
                            broken && broken->report->trouble ? broken->report->trouble_name : "");
  end_with (way, STAGE_CHECKS, grade->points == grade->max_points && passed == judged ? VERDICT_PASSED : grade->points > 0 ? VERDICT_PARTIAL : VERDICT_FAILED,
            passed == judged ? BLAME_NONE : BLAME_STUDENT, reason, broken ? broken->report->trouble : NULL);
}

static void
judge (Way *way)
{
  const GradeSession *session = way->session;
  g_autoptr (GPtrArray) judged = g_ptr_array_new ();
  const LeafMap *map;

  for (guint i = 0; i < way->labs->len; i++)
    g_ptr_array_add (judged, &((Lab *) g_ptr_array_index (way->labs, i))->judged);
  map = grade_session_map (session, session->options->leaf_map);
  g_free (way->grade->leaf_map_how);
  if (map)
    way->grade->leaf_map_how = g_strdup ("as asked");
  else
    map = judge_find_map (judged, session->maps, session->rubric->leaf_map, &way->grade->leaf_map_how);
  set_text (&way->grade->leaf_map, map->name);
  judge_labs (judged, session->rubric, map, way->grade);
  for (guint i = 0; i < way->labs->len; i++)
    where_fill (way->grade, ((Lab *) g_ptr_array_index (way->labs, i))->findings);
  take_warnings (way);
  settle (way);
}

/* --- all of it ------------------------------------------------------------------------------------------------ */

/* A whole kernel tree has both vendors' files: what counts is what was changed. */
static gboolean
changes_below (const Carried *carried, const char *folder)
{
  g_autofree char *mark = g_strdup_printf ("\ndiff --git a/%s", folder);

  return g_str_has_prefix (carried->diff, mark + 1) || strstr (carried->diff, mark);
}

static void
choose_labs (const Way *way, gboolean wanted[2])
{
  const GradeSession *session = way->session;
  Isa asked;

  wanted[ISA_VMX] = way->carried ? changes_below (way->carried, "arch/x86/kvm/vmx/") : way->submission->touches_vmx;
  wanted[ISA_SVM] = way->carried ? changes_below (way->carried, "arch/x86/kvm/svm/") : way->submission->touches_svm;
  if (session->options->isa && isa_parse (session->options->isa, &asked))
    {
      wanted[asked] = TRUE;
      wanted[asked == ISA_VMX ? ISA_SVM : ISA_VMX] = FALSE;
    }
  if (!wanted[ISA_VMX] && !wanted[ISA_SVM])
    wanted[session->rubric->isa] = TRUE;
}

static gboolean
run_labs (Way *way, const Scratch *scratch, const char *modules_dir, GError **error)
{
  gboolean wanted[2];

  choose_labs (way, wanted);
  for (guint isa = 0; isa < G_N_ELEMENTS (wanted) && !way->ended; isa++)
    {
      g_autofree char *dir = scratch_file (scratch, isa_name ((Isa) isa));

      if (wanted[isa])
        check_size (way, (Isa) isa, modules_dir);
      if (wanted[isa] && !way->ended && (!files_make_dir (dir, error) || !judge_in_lab (way, (Isa) isa, modules_dir, dir, error)))
        return FALSE;
    }
  if (way->ended)
    return TRUE;
  g_free (way->grade->fingerprint);
  way->grade->fingerprint = fingerprint (way);
  return TRUE;
}

static void
name_labs (Way *way)
{
  gboolean wanted[2];

  choose_labs (way, wanted);
  set_text (&way->grade->isa, wanted[ISA_VMX] && wanted[ISA_SVM] ? "vmx+svm" : wanted[ISA_VMX] ? "vmx" : "svm");
}

static gboolean
go (Way *way, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (way->session->app->cache, "grading", error);
  g_autofree char *modules = scratch ? scratch_file (scratch, "modules") : NULL;
  g_autofree char *work = scratch ? scratch_file (scratch, "work") : NULL;

  if (!scratch || !files_make_dir (modules, error) || !files_make_dir (work, error))
    return FALSE;
  set_text (&way->grade->kernel, way->session->kit->kernel->release);
  name_labs (way);
  if (!carry (way, work, error))
    return FALSE;
  name_labs (way);
  told (way);
  way->stage = STAGE_BUILD;
  if (!way->ended && !build (way, modules, error))
    return FALSE;
  told (way);
  if (!way->ended && !run_labs (way, scratch, modules, error))
    return FALSE;
  if (!way->ended)
    judge (way);
  told (way);
  return TRUE;
}

/* A grade as far as it is known before anything was done. */
static void
begin_grade (Way *way, const char *path)
{
  grade_free (way->grade);
  way->grade = grade_new ();
  set_text (&way->grade->submission, path);
  g_free (way->grade->assignment);
  way->grade->assignment = way->session->options->rubric ? g_path_get_basename (way->session->options->rubric) : g_strdup (way->session->rubric->name);
  way->grade->max_points = rubric_points (way->session->rubric);
  way->grade->begun = g_get_real_time () / G_USEC_PER_SEC;
  if (way->submission)
    {
      set_text (&way->grade->sha256, way->submission->sha256);
      take_notes (way, way->submission->notes);
    }
  way->ended = way->retry = way->hopeless = FALSE;
  way->stage = STAGE_CARRY;
  g_clear_pointer (&way->carried, carried_free);
  g_clear_pointer (&way->labs, g_ptr_array_unref);
  way->labs = g_ptr_array_new_with_free_func (lab_free);
}

/* What the host lacks it lacks for all others too. Once more all the same: an evening's batch should not end by what passes. */
static gboolean
is_final (const Way *way, const GError *error)
{
  return g_error_matches (error, HARNESS_ERROR, HARNESS_ERROR_INTERRUPTED) || way->hopeless || (way->tries == 2 && g_error_matches (error, HARNESS_ERROR, HARNESS_ERROR_HOST));
}

/* Infrastructure is tried twice; so is what looks like a hang, which a machine under load can fake. */
static gboolean
go_twice (Way *way, const char *path, GError **error)
{
  for (way->tries = 1; way->tries <= 2; way->tries++)
    {
      g_autoptr (GError) failure = NULL;

      begin_grade (way, path);
      if (way->tries == 2)
        g_ptr_array_add (way->grade->notes, g_strdup ("The first try failed for what may not have been the submission's doing; this is the second."));
      if (!go (way, &failure))
        {
          if (!cancel_check (error))
            return FALSE;
          if (is_final (way, failure))
            {
              g_propagate_error (error, g_steal_pointer (&failure));
              return FALSE;
            }
          end_with (way, way->stage, VERDICT_INFRASTRUCTURE, BLAME_INFRASTRUCTURE, failure->message, NULL);
          way->retry = TRUE;
        }
      if (!way->retry)
        return TRUE;
    }
  return TRUE;
}

/* --- the cache -------------------------------------------------------------------------------------------------- */

/* Names of files and what was normalised stand in the notes and reasons of a grade: the same content, packed otherwise, is graded by itself. */
static char *
cache_key (const Way *way)
{
  const Submission *submission = way->submission;
  g_autoptr (InputHash) hash = input_hash_new ("grade");

  input_hash_add (hash, "session", way->session->key);
  input_hash_add (hash, "submission", submission->sha256);
  for (guint i = 0; i < submission->notes->len; i++)
    input_hash_add (hash, "note", g_ptr_array_index (submission->notes, i));
  for (guint i = 0; i < submission->files->len; i++)
    input_hash_add (hash, "file", ((const SubmissionFile *) g_ptr_array_index (submission->files, i))->from);
  for (guint i = 0; i < submission->patches->len; i++)
    input_hash_add (hash, "patch", ((const SubmissionPatch *) g_ptr_array_index (submission->patches, i))->from);
  return input_hash_end (hash);
}

/* A damaged entry is graded again. */
static gboolean
find_kept (Way *way, const char *key, const char *path, Grade **grade, GError **error)
{
  g_autofree char *entry = NULL;
  g_autofree char *file = NULL;
  g_autofree char *text = NULL;
  gsize size;

  if (!cache_lookup (way->session->app->cache, KIND, key, &entry, NULL, error))
    return FALSE;
  file = entry ? g_build_filename (entry, "grade.json", NULL) : NULL;
  if (!file || !files_read (file, GRADE_JSON_MAX, &text, &size, NULL) || !grade_json_read (text, size, grade, NULL))
    return TRUE;
  set_text (&(*grade)->submission, path);
  return TRUE;
}

static gboolean
keep (const Way *way, const char *key, GError **error)
{
  g_autoptr (Scratch) scratch = NULL;
  g_autoptr (GString) text = NULL;
  g_autofree char *file = NULL, *entry = NULL;

  if (way->grade->verdict == VERDICT_INFRASTRUCTURE)
    return TRUE;
  scratch = scratch_new (way->session->app->cache, KIND, error);
  if (!scratch)
    return FALSE;
  text = grade_json (way->grade);
  file = scratch_file (scratch, "grade.json");
  return files_write (file, text->str, (gssize) text->len, error) && cache_seal (way->session->app->cache, KIND, key, scratch, &entry, error);
}

/* --- the way in --------------------------------------------------------------------------------------------------- */

/* What cannot be read is this submission's trouble and no other's: it is told in its row, for a person to look at. */
static gboolean
read_submission (Way *way, const char *path, const Scratch *scratch, GError **error)
{
  const GradeOptions *options = way->session->options;
  g_autoptr (Fault) fault = NULL;
  g_autoptr (GError) failure = NULL;
  const SubmissionSpec spec = {
    .path = path,
    .scratch_dir = scratch_path (scratch),
    .base = options->base && !way->session->given_base ? options->base : NULL,
    .allowed = (const char *const *) way->session->rubric->allowed,
  };

  begin_grade (way, path);
  if (!submission_read (&spec, &way->submission, &fault, &failure))
    {
      if (!cancel_check (error))
        return FALSE;
      if (g_error_matches (failure, HARNESS_ERROR, HARNESS_ERROR_HOST))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      end_with (way, STAGE_INGEST, VERDICT_INFRASTRUCTURE, BLAME_INFRASTRUCTURE, failure->message, NULL);
    }
  else if (fault)
    end_with_fault (way, fault);
  return TRUE;
}

static gboolean
grade_fresh (Way *way, const char *path, const char *key, GError **error)
{
  return grade_session_prepare (way->session, error) && go_twice (way, path, error) && keep (way, key, error);
}

gboolean
grade_one (GradeSession *session, const char *path, const char *lane, const char *logs, const GradeWatch *watch, Grade **grade, gboolean *from_cache, GError **error)
{
  g_auto (Way) way = { .session = session, .lane = lane, .logs = logs, .watch = watch };
  g_autoptr (Scratch) scratch = files_make_dir (session->app->cache, error) ? scratch_new (session->app->cache, "submission", error) : NULL;
  const gint64 begin_us = g_get_monotonic_time ();
  g_autofree char *key = NULL;

  *from_cache = FALSE;
  if (!scratch || !read_submission (&way, path, scratch, error))
    return FALSE;
  if (!way.ended)
    {
      g_autoptr (Grade) kept = NULL;

      key = cache_key (&way);
      if (!find_kept (&way, key, path, &kept, error))
        return FALSE;
      *from_cache = kept != NULL;
      if (kept)
        *grade = g_steal_pointer (&kept);
      if (*from_cache)
        return TRUE;
      if (!grade_fresh (&way, path, key, error))
        return FALSE;
    }
  way.grade->total_ms = (g_get_monotonic_time () - begin_us) / 1000;
  *grade = g_steal_pointer (&way.grade);
  return TRUE;
}
