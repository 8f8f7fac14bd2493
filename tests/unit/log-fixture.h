/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab whose kernel prints statistics: the challenge's exits, by challenge-fixture.h, and a model of a submission that counts them and prints, in one of many shapes,
 * right or with one mistake.
 */
#pragma once
#include "unit/judge-fixture.h"

typedef enum {
  LOG_RIGHT,
  LOG_PER_VM,          /* right: counters of a VM's own */
  LOG_REFUSED_LEFT_OUT, /* right: what the processor refused is no exit */
  LOG_AT_FIRST,        /* right: prints at the first exit too, and then one behind each 10,000th */
  LOG_AND_ZEROES,      /* right: types that never occurred are printed with a 0 */
  LOG_OTHER_GOES_ON,   /* right: the counts are read while the second vCPU makes more exits */
  LOG_SUMS_GO_ON,      /* the same, and there is no total */
  LOG_FIRST_GOES_ON,   /* right: the same, and prints one behind each 10,000th */
  LOG_FIRST_SUMS,      /* prints one behind each 10,000th, and there is no total */
  LOG_WRONG_GOES_ON,   /* counts of the second processor's exits are printed 500 exits late */
  LOG_SILENT,
  LOG_INTERVAL_1000,
  LOG_ONE_VCPU,        /* a print is missing here and there */
  LOG_EVERY_EXIT,      /* beyond the first 300 it prints at each */
  LOG_TOTAL_ONE_MORE,  /* the total is read anew for the text */
  LOG_NO_TOTAL,
  LOG_TOTALS_ALONE,
  LOG_TABLE_ONLY,      /* interrupts and MSRs are not counted */
  LOG_TYPES_TABLE_ONLY, /* the same, but in the total they are */
  LOG_LOST,            /* a type loses an update now and then */
  LOG_TWICE,
  LOG_TYPE_LEFT_OUT,   /* the array ends before the last one */
  LOG_TYPE_BEHIND,     /* the exit at which it prints is in the total and not in its type */
  LOG_NAMES_SHIFTED,
  LOG_NAME_WRONG,      /* of one */
  LOG_NAMES_UNKNOWN,
  LOG_OTHER_WORDS,     /* names that no table has */
  LOG_RAW,             /* the refused entry's number is printed as it is */
  LOG_DEAD_AFTER,      /* nothing is printed after the refused entry */
  LOG_SINCE_LAST,      /* counts by type begin anew at each print */
  LOG_ASKING_ONLY,     /* the second vCPU's exits are not counted */
  LOG_UPDATE_FOUND,    /* the module has an unlocked update */
  LOG_MISTAKES
} LogMistake;

typedef struct {
  guint32 code;
  const char *name;
  guint64 count;
} LogRow;

/* Appends the messages of one print. total: G_MAXUINT64: none. */
typedef void (*LogShapeFunc) (GPtrArray *log, guint64 total, const LogRow *rows, guint n, gboolean svm);

static inline void G_GNUC_PRINTF (2, 3)
say (GPtrArray *log, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_ptr_array_add (log, g_strdup_vprintf (format, args));
  va_end (args);
}

typedef struct {
  guint64 counts[0x500], total, shown;
  guint prints;
} LogCounters;

static inline gboolean
has_no_total (LogMistake mistake)
{
  return mistake == LOG_NO_TOTAL || mistake == LOG_SUMS_GO_ON || mistake == LOG_FIRST_SUMS;
}

static inline gboolean
prints_one_behind (LogMistake mistake)
{
  return mistake == LOG_AT_FIRST || mistake == LOG_FIRST_SUMS || mistake == LOG_FIRST_GOES_ON;
}

/* So many exits of the other vCPU come while one prints. */
static inline guint
exits_beside (LogMistake mistake)
{
  return mistake == LOG_OTHER_GOES_ON || mistake == LOG_SUMS_GO_ON || mistake == LOG_FIRST_GOES_ON ? 9 : mistake == LOG_WRONG_GOES_ON ? 500 : 0;
}

static inline const char *
printed_name (const World *world, guint32 code, LogMistake mistake)
{
  static const char *const words[] = { "sleepy page", "big door", "red lamp", "small boat" };
  const GArray *listed = reason_listed (world->names);
  guint at = 0;
  while (at + 1 < listed->len && g_array_index (listed, guint32, at) != code)
    at++;
  if (mistake == LOG_NAMES_UNKNOWN)
    return "UNKNOWN";
  if (mistake == LOG_OTHER_WORDS)
    return words[code % G_N_ELEMENTS (words)];
  if (mistake == LOG_NAMES_SHIFTED)
    at++;
  if (mistake == LOG_NAME_WRONG && (code == 10 || code == 0x72))
    return "HLT";
  return reason_name (world->names, g_array_index (listed, guint32, at));
}

static inline void
print_statistics (const World *world, LogCounters *counters, LogMistake mistake, LogShapeFunc shape, GPtrArray *log)
{
  static LogRow rows[0x500];
  const gboolean svm = world->isa == ISA_SVM;
  guint n = 0;
  for (guint32 code = 0; code < G_N_ELEMENTS (counters->counts); code++)
    {
      const gboolean zero = mistake == LOG_AND_ZEROES && code < 70;
      if ((counters->counts[code] > 0 || zero) && mistake != LOG_TOTALS_ALONE && (mistake != LOG_TYPE_LEFT_OUT || code != (svm ? 0x400 : 48)))
        rows[n++] = (LogRow){ code, printed_name (world, code, mistake), counters->counts[code] };
    }
  if (mistake == LOG_RAW && counters->shown > 0)
    rows[n++] = (LogRow){ 0x80000021, "UNKNOWN", counters->shown };
  shape (log, has_no_total (mistake) ? G_MAXUINT64 : counters->total + (mistake == LOG_TOTAL_ONE_MORE ? 1 : 0), rows, n, svm);
  counters->prints++;
  if (mistake == LOG_SINCE_LAST)
    memset (counters->counts, 0, sizeof counters->counts);
}

static inline gboolean
is_printed (const LogCounters *counters, LogMistake mistake)
{
  const guint64 every = mistake == LOG_INTERVAL_1000 ? 1000 : 10000;
  if (mistake == LOG_SILENT || (mistake == LOG_ONE_VCPU && counters->total == 40000) || (mistake == LOG_DEAD_AFTER && counters->shown > 0))
    return FALSE;
  if (mistake == LOG_EVERY_EXIT)
    return counters->total < 300;
  return counters->total % every == (prints_one_behind (mistake) ? 1 : 0);
}

static inline gboolean
is_in_table (gboolean svm, guint32 code)
{
  return svm ? code != 0x60 && code != 0x7c : code != 1 && code != 32;
}

static inline void
count_exit (LogCounters *counters, const L0Exit *exit, gboolean svm, gboolean refused, LogMistake mistake)
{
  const gboolean table = is_in_table (svm, exit->reason);
  if ((refused && mistake == LOG_REFUSED_LEFT_OUT) || (mistake == LOG_TABLE_ONLY && !table))
    return;
  counters->total += mistake == LOG_TWICE ? 2 : 1;
  counters->shown += refused ? 1 : 0;
  if ((mistake == LOG_TYPES_TABLE_ONLY && !table) || exit->reason >= G_N_ELEMENTS (counters->counts) || (refused && mistake == LOG_RAW))
    return;
  if (mistake == LOG_LOST && exit->reason == (svm ? 0x72 : 10) && counters->total % 500 == 0)
    return;
  if (mistake == LOG_TYPE_BEHIND && is_printed (counters, mistake))
    return;
  counters->counts[exit->reason] += mistake == LOG_TWICE ? 2 : 1;
}

/* The kernel's messages for those exits. other: exits of the second vCPU are from the first to the last of these. */
static inline GPtrArray *
print_log (const World *world, const GArray *exits, guint refused, const guint other[2], LogMistake mistake, LogShapeFunc shape)
{
  GPtrArray *log = g_ptr_array_new_with_free_func (g_free);
  g_autofree LogCounters *counters = g_new0 (LogCounters, 1);
  const gboolean svm = world->isa == ISA_SVM;
  guint32 behind = G_MAXUINT32;
  say (log, "kvm: Nested Virtualization enabled");
  for (guint i = 0; i < exits->len; i++)
    {
      const L0Exit *exit = &g_array_index (exits, L0Exit, i);
      if (mistake == LOG_PER_VM && i == refused + 1)
        memset (counters, 0, sizeof *counters);
      if (mistake == LOG_ASKING_ONLY && i > other[0] && i < other[1] && exit->reason == (svm ? 0x72 : 10))
        continue;
      const guint64 before = counters->total;
      count_exit (counters, exit, svm, i == refused, mistake);
      behind = mistake == LOG_TYPE_BEHIND && is_printed (counters, mistake) ? exit->reason : G_MAXUINT32;
      if (counters->total != before && is_printed (counters, mistake))
        {
          const guint beside = exits_beside (mistake);
          const gboolean goes_on = beside > 0 && i > other[0] && i + beside < other[1];
          g_autofree LogCounters *seen = g_memdup2 (counters, sizeof *counters);
          for (guint k = 1; goes_on && k <= beside; k += beside > 9 ? 1 : 2)
            seen->counts[g_array_index (exits, L0Exit, i + k).reason]++;
          print_statistics (world, goes_on ? seen : counters, mistake, shape, log);
        }
      if (behind < G_N_ELEMENTS (counters->counts))
        counters->counts[behind]++;
    }
  return log;
}

/* --- a lab ------------------------------------------------------------------------------------ */

typedef struct {
  World *world;
  Program *program, *last_program;
  Fixture *fixture;
  Account *last;
  Baseline baseline;
  AgentReport report;
  GPtrArray *findings, *none;
  ScanFinding finding;
  guint refused, other[2];
  JudgedLab judged;
} LogLab;

static inline void
log_lab_free (LogLab *lab)
{
  g_ptr_array_unref (lab->judged.accounts);
  g_ptr_array_unref (lab->findings);
  g_ptr_array_unref (lab->none);
  account_free (lab->last);
  fixture_free (lab->fixture);
  program_free (lab->program);
  program_free (lab->last_program);
  world_free (lab->world);
  g_free (lab);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LogLab, log_lab_free)

static inline Program *
log_program (const World *world, gboolean last)
{
  ProgramSpec spec = world_spec (world, "log");
  spec.log = TRUE;
  spec.last = last;
  return program_draw (&spec);
}

static inline void
run_log_guest (LogLab *lab, gboolean svm)
{
  const L0Exit refused = { .reason = svm ? G_MAXUINT32 : 33, .clock = -1 };
  fixture_run (lab->fixture);
  lab->refused = lab->fixture->exits->len;
  g_array_append_val (lab->fixture->exits, refused);
  lab->fixture->program = lab->last_program;
  fixture_run (lab->fixture);
}

/* One run of the guest serves all shapes and mistakes. */
static inline LogLab *
log_lab_new (gboolean svm)
{
  LogLab *lab = g_new0 (LogLab, 1);
  lab->world = world_new (svm ? ISA_SVM : ISA_VMX);
  lab->program = log_program (lab->world, FALSE);
  lab->last_program = log_program (lab->world, TRUE);
  lab->fixture = fixture_new (lab->world, lab->program, world_map (lab->world, "A"), RIGHT);
  take_baseline (lab->world, &lab->baseline);
  run_log_guest (lab, svm);
  Account *account = account_read (lab->program, lab->fixture->exits, 0);
  assert_true (account->complete);
  lab->last = account_read (lab->last_program, lab->fixture->exits, account->last + 1);
  assert_true (lab->last->complete);
  lab->findings = g_ptr_array_new ();
  lab->none = g_ptr_array_new ();
  lab->finding = (ScanFinding){ SCAN_UNLOCKED_UPDATE, (char *) "kvm-amd", (char *) "svm_handle_exit", (char *) "total", NULL, (char *) "incq total" };
  g_ptr_array_add (lab->findings, &lab->finding);
  const ProgramWindow *window = &g_array_index (lab->program->windows, ProgramWindow, lab->program->windows->len - 2);
  lab->other[0] = account_step (account, window->between.first)->at;
  lab->other[1] = account_step (account, window->between.first)->end;
  lab->judged = (JudgedLab){
    .isa = lab->world->isa, .program = lab->program, .last_program = lab->last_program, .last = lab->last, .report = &lab->report,
    .accounts = g_ptr_array_new_with_free_func ((GDestroyNotify) account_free), .baseline = &lab->baseline, .names = lab->world->names,
    .leaves = (const guint32 *) (const void *) lab->world->leaves->data, .nr_leaves = lab->world->leaves->len, .findings = lab->none,
  };
  g_ptr_array_add (lab->judged.accounts, account);
  return lab;
}

/* What the lab's kernel prints in that shape, judged by the committed rubric. */
static inline Grade *
judge_log (LogLab *lab, GPtrArray *kernel, GPtrArray *traced, gboolean found)
{
  g_autoptr (GPtrArray) labs = g_ptr_array_new (), nothing = g_ptr_array_new ();
  g_autoptr (Rubric) rubric = load_rubric ("a2-log");
  Grade *grade = grade_new ();
  lab->report = (AgentReport){ .began = TRUE, .ended = TRUE, .guest_done = TRUE, .kernel = kernel, .traced = traced != NULL ? traced : nothing, .kernel_count = BASELINE_LINES + kernel->len };
  lab->judged.findings = found ? lab->findings : lab->none;
  g_ptr_array_add (labs, &lab->judged);
  judge_labs (labs, rubric, world_map (lab->world, "A"), grade);
  return grade;
}
