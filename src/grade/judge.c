/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From cases to rows and points; see judge.h. */
#include "grade/judge-private.h"

#include <string.h>

#include "grade/diff-lines.h"
#include "grade/module-scan.h"
#include "grade/named-leaves.h"

G_STATIC_ASSERT (RUBRIC_ROWS == GRADE_ROWS);

#define LUCK_DIVISOR 3u /* of the windows, fewer right ones than this part earn nothing */

typedef guint32 (*LeafOf) (const LeafMap *map);

static guint32 total_exits (const LeafMap *map) { return map->total_exits; }
static guint32 total_cycles (const LeafMap *map) { return map->total_cycles; }
static guint32 reason_exits (const LeafMap *map) { return map->reason_exits; }
static guint32 reason_cycles (const LeafMap *map) { return map->reason_cycles; }

/* How each row is judged and told. A row that is whole or nothing gives no points for a part. */
static const struct {
  void (*judge) (const Judge *judge, GradeRow *row);
  LeafOf leaf;       /* without which there is nothing to judge; NULL: none */
  gboolean whole;
  gboolean windows;  /* judged by the windows of one vCPU, each */
  const char *right; /* %u cases agree */
  const char *wrong;
} rows[GRADE_ROWS] = {
  [ROW_TOTAL_EXITS] = { judge_total_exits, total_exits, FALSE, TRUE, "The count of all exits grew exactly as the emulator's log says",
                        "The count of all exits does not grow as exits happen. Look at which operations are off: is every exit counted once, wherever KVM handles it?" },
  [ROW_TOTAL_CYCLES] = { judge_total_cycles, total_cycles, FALSE, TRUE, "The cycles of all exits grow, and stay within the time that passed",
                         "The cycles of all exits are not what they can be. Does the clock run from the beginning of an exit's handling to its end, are the differences added up in 64 bits, and does each half go into its register?" },
  [ROW_EXITS_PER_REASON] = { judge_exits_per_reason, reason_exits, FALSE, TRUE, "The counts of single exit reasons grew exactly as the emulator's log says",
                             "Counts of single exit reasons are off. Look at which reasons: is the counter picked by the exit's own reason, for every exit?" },
  [ROW_CYCLES_PER_REASON] = { judge_cycles_per_reason, reason_cycles, FALSE, TRUE, "The cycles of single exit reasons grow, and stay within the time that passed",
                              "The cycles of single exit reasons are not what they can be. Look at which reasons, and where their clock starts and stops." },
  [ROW_SUMS] = { judge_sums, total_exits, FALSE, FALSE, "The counts by reason add up to the total", "The counts by reason do not add up to the total: some exits are in one and not in the other." },
  [ROW_UNDEFINED_REASONS] = { judge_undefined, reason_exits, FALSE, FALSE, "Reasons that the manual does not define are answered as such",
                              "Reasons that the manual does not define want eax, ebx and ecx 0 and edx all ones, for any number in ecx, however large." },
  [ROW_NOT_ENABLED] = { judge_not_enabled, reason_exits, FALSE, FALSE, "Reasons that KVM has no handler for are answered with zeroes",
                        "Reasons that the manual defines but KVM has no handler for want zero in all four registers." },
  [ROW_REGISTERS] = { judge_registers, NULL, FALSE, FALSE, "Registers that a leaf does not define are 0",
                      "Registers that a leaf does not define hold something: every answer must set all four, and nothing of the kernel or of the question may stay in them." },
  [ROW_CONCURRENCY] = { judge_concurrency, NULL, TRUE, FALSE, "Exits of both vCPUs are in the counts, and the compiled module has no update that could get lost",
                        "With several vCPUs, exits are missing or can get lost: think of what happens when two CPUs change one counter at the same time, and of whose exits an answer is about." },
  [ROW_OTHER_LEAVES] = { judge_other_leaves, NULL, TRUE, FALSE, "Other CPUID leaves are what they were", "CPUID leaves that are none of the assignment's answer otherwise than without the change." },
  [ROW_LOG_VOLUME] = { judge_log_volume, NULL, TRUE, FALSE, "The kernel says little", "The kernel prints more than the assignment lets it." },
  [ROW_PLACEMENT] = { judge_placement, NULL, FALSE, FALSE, "What counts or times exits stands where all of them pass",
                      "Counting or timing stands where not every exit passes, or not around the handling. Follow the ways on which KVM leaves the exit handler." },
  [ROW_COST] = { judge_cost, NULL, TRUE, FALSE, "An exit takes hardly longer than before", "An exit takes much longer than before: what is done at each exit must be little." },
  [ROW_STABILITY] = { judge_stability, NULL, TRUE, FALSE, "L1 and its guest came to their end", "L1's kernel or its guest came to trouble: see the kernel's words." },
  [ROW_LOG_INTERVAL] = { judge_log_interval, NULL, FALSE, FALSE, "Statistics come at every 10,000th exit and at no other",
                         "Statistics do not come at each 10,000th exit: look at what is tested, at whether the total can jump past it, and at which vCPUs print." },
  [ROW_LOG_TOTALS] = { judge_log_totals, NULL, FALSE, FALSE, "The printed totals are those of the exits that happened",
                       "The printed totals are not those of the exits that happened: is every exit counted, once, and is what is printed what was tested?" },
  [ROW_LOG_COUNTS] = { judge_log_counts, NULL, FALSE, FALSE, "The printed counts are exactly what the emulator's log has at that exit",
                       "Printed counts are off. Look at which types: is each exit counted under its own type, on every way by which KVM handles it, before it is printed?" },
  [ROW_LOG_TYPES] = { judge_log_types, NULL, FALSE, FALSE, "Every exit type that occurred is in the prints", "Exit types that occurred are not in the prints, or others are." },
  [ROW_LOG_NAMES] = { judge_log_names, NULL, FALSE, FALSE, "Exit types are told by number and name", "Exit types lack a number or a name, or have another one's." },
  [ROW_LOG_RAW_REASON] = { judge_log_raw_reason, NULL, FALSE, FALSE, "A VM entry that the processor refuses does no harm",
                           "After a VM entry that the processor refuses the statistics are not what they should be: what the processor gives as a reason then is no small number." },
};

/* Rows of both forms that are judged otherwise where the log tells. */
static void (*const of_log[GRADE_ROWS]) (const Judge *judge, GradeRow *row) = {
  [ROW_CONCURRENCY] = judge_log_concurrency,
  [ROW_LOG_VOLUME] = judge_log_lines,
};

/* --- one row ---------------------------------------------------------------------------------- */

static const char *
undefined_of (const LeafMap *map, Isa isa)
{
  return isa == ISA_VMX ? map->undefined_vmx : map->undefined_svm;
}

static void
add_unreached_case (const Judge *judge, char *what, GradeRow *row)
{
  grade_case_add (row, FALSE, what, g_strdup ("an answer"), judge_crash_words (judge));
  row->unreached++;
}

/*
 * Windows that a guest which began did not get to are not right: else ending early would be a way around them. Nor are those of a round that never came after a
 * whole one, nor those that were left out because they killed L1 before. Unless it died at a line that is not the submission's.
 */
static void
add_unreached (const Judge *judge, GradeRow *row)
{
  const Account *before = judge->round > 0 ? g_ptr_array_index (judge->lab->accounts, judge->round - 1) : NULL;
  if (!judge_blames (judge) || (!judge->account->began && (before == NULL || !before->complete)))
    return;
  for (guint i = 0; i < judge_windows (judge); i++)
    {
      const ProgramWindow *window = judge_window (judge, i);
      if (judge_is_plain (judge, window) && !account_step (judge->account, window->between.first)->done)
        add_unreached_case (judge, judge_window_name (judge, window), row);
    }
  for (guint op = 0; op < CHALLENGE_OPS; op++)
    if (program_less_op (judge->lab->less, op) && judge_dispatch (judge->lab->isa, op) != DISPATCH_FASTPATH)
      add_unreached_case (judge, g_strdup_printf ("%s: %s", isa_name (judge->lab->isa), challenge_ops[op].what), row);
}

static void
judge_lab (const JudgedLab *lab, const LogLook *look, const Rubric *rubric, const LeafMap *map, GradeRow *row)
{
  g_autoptr (GArray) undefined = ranges_parse (undefined_of (map, lab->isa));
  g_autoptr (GArray) ungraded = ranges_parse (lab->isa == ISA_VMX ? map->ungraded_vmx : map->ungraded_svm);
  g_autoptr (GArray) not_enabled = ranges_parse (lab->isa == ISA_VMX ? rubric->not_enabled_vmx : rubric->not_enabled_svm);
  for (guint i = 0; i < lab->accounts->len; i++)
    {
      const Judge judge = {
        .lab = lab,
        .account = g_ptr_array_index (lab->accounts, i),
        .round = i,
        .rubric = rubric,
        .map = map,
        .undefined = undefined,
        .ungraded = ungraded,
        .not_enabled = not_enabled,
        .look = look,
      };
      (look != NULL && of_log[row->kind] != NULL ? of_log[row->kind] : rows[row->kind].judge) (&judge, row);
      if (rows[row->kind].windows)
        add_unreached (&judge, row);
    }
}

/* In every lab the leaf is what it is without the submission. */
static gboolean
leaf_is_missing (const GPtrArray *labs, const LeafMap *map, guint32 leaf)
{
  for (guint i = 0; i < labs->len; i++)
    {
      const JudgedLab *lab = g_ptr_array_index (labs, i);
      const Judge judge = { .lab = lab, .account = g_ptr_array_index (lab->accounts, 0), .map = map };
      if (!judge_leaf_is_missing (&judge, leaf))
        return FALSE;
    }
  return TRUE;
}

static gboolean
leaf_killed (const GPtrArray *labs, guint32 leaf)
{
  for (guint i = 0; i < labs->len; i++)
    if (program_less_leaf (((const JudgedLab *) g_ptr_array_index (labs, i))->less, leaf))
      return TRUE;
  return FALSE;
}

static gboolean
nothing_is_answered (const GPtrArray *labs, const LeafMap *map)
{
  const guint32 leaves[] = { map->total_exits, map->total_cycles, map->reason_exits, map->reason_cycles };
  for (guint i = 0; i < G_N_ELEMENTS (leaves); i++)
    if (leaves[i] != 0 && (leaf_killed (labs, leaves[i]) || !leaf_is_missing (labs, map, leaves[i])))
      return FALSE;
  return TRUE;
}

/* The compiled module has an update that can get lost, whatever the answers say. */
static gboolean
has_unlocked_update (const GPtrArray *labs)
{
  for (guint i = 0; i < labs->len; i++)
    {
      const GPtrArray *findings = ((const JudgedLab *) g_ptr_array_index (labs, i))->findings;
      for (guint j = 0; j < findings->len; j++)
        if (((const ScanFinding *) g_ptr_array_index (findings, j))->kind == SCAN_UNLOCKED_UPDATE)
          return TRUE;
    }
  return FALSE;
}

static gboolean
is_of_answers (RowKind kind)
{
  return kind == ROW_UNDEFINED_REASONS || kind == ROW_NOT_ENABLED || kind == ROW_REGISTERS || kind == ROW_CONCURRENCY || kind == ROW_PLACEMENT;
}

static void
set_reason (GradeRow *row, char *reason)
{
  g_free (row->reason);
  row->reason = reason;
}

/* The crash that a row which was not reached was not judged for; NULL: none in any lab. */
static const Crash *
crash_of (const GPtrArray *labs)
{
  const Crash *crash = NULL;
  for (guint i = 0; i < labs->len; i++)
    {
      const JudgedLab *lab = g_ptr_array_index (labs, i);
      if (crash == NULL || (lab->crash != NULL && lab->crash->theirs))
        crash = lab->crash;
    }
  return crash;
}

/* No points if the submission's own lines are why; if it is known that they are not, the row is not asked for. */
static void
not_judged (const GPtrArray *labs, GradeRow *row, gint64 points)
{
  const Crash *crash = crash_of (labs);
  row->status = crash != NULL && !crash->theirs ? ROW_SKIPPED : ROW_FAILED;
  row->max_points = row->status == ROW_SKIPPED ? 0 : points;
  if (crash == NULL)
    set_reason (row, g_strdup ("Nothing of this could be looked at: the guest did not get so far, or the leaves were not answered."));
  else
    set_reason (row, g_strdup_printf ("Not judged because of %s in L1's kernel, which is told above.", crash->name));
}

/* Right in some windows by luck: a constant, or what happens to lie there. */
static gboolean
is_luck (const GradeRow *row)
{
  return rows[row->kind].windows && row->cases_ok > 0 && row->cases_ok * LUCK_DIVISOR < row->cases_total - row->unreached;
}

/* Where all that is wrong was not reached, nothing is said of how it counts. */
static char *
reason_of (const GPtrArray *labs, const GradeRow *row)
{
  const guint wrong = row->cases_total - row->cases_ok;
  const Crash *crash = crash_of (labs);
  if (wrong == 0)
    return g_strdup_printf ("%s (%u looked at).", rows[row->kind].right, row->cases_total);
  if (wrong == row->unreached && crash != NULL)
    return g_strdup_printf ("%u of %u not judged because of %s in L1's kernel, which is told above.", wrong, row->cases_total, crash->name);
  if (wrong == row->unreached)
    return g_strdup_printf ("%u of %u not judged: the guest did not get so far.", wrong, row->cases_total);
  return g_strdup_printf ("%s (%u of %u wrong%s.)", rows[row->kind].wrong, wrong, row->cases_total,
                          is_luck (row) ? ": too many for the others to be more than luck" : "");
}

static void
settle (const GPtrArray *labs, GradeRow *row, gint64 points)
{
  row->max_points = points;
  if (row->cases_total == 0)
    {
      not_judged (labs, row, points);
      return;
    }
  row->status = row->cases_ok == row->cases_total ? ROW_PASSED : ROW_FAILED;
  if (row->status == ROW_PASSED)
    row->points = points;
  else if (!rows[row->kind].whole && !row->flawed && !is_luck (row))
    row->points = points * row->cases_ok / row->cases_total;
  set_reason (row, reason_of (labs, row));
}

static void
skip (GradeRow *row, char *reason)
{
  row->status = ROW_SKIPPED;
  set_reason (row, reason);
}

/* Of a leaf that answers what it does without the change. `lines`: what the change adds, of DiffLine. */
static char *
missing_words (const GPtrArray *lines, guint32 leaf)
{
  g_autoptr (GArray) named = named_leaves (lines);
  gboolean counts = FALSE;
  for (guint i = 0; i < lines->len; i++)
    counts |= !g_str_has_suffix (((const DiffLine *) g_ptr_array_index (lines, i))->path, "cpuid.c");
  if (lines->len > 0 && !named_leaves_have (named, leaf))
    return g_strdup_printf ("Leaf 0x%x always answers what it does without the change, and no line of the change names it.", leaf);
  if (lines->len > 0 && !counts)
    return g_strdup_printf ("Leaf 0x%x is in the change, but its numbers stay 0: nothing but cpuid.c was changed, so nothing counts.", leaf);
  return g_strdup_printf ("Leaf 0x%x always answers what it does without the change: it is not there, or its numbers stay 0.", leaf);
}

static gboolean
is_of_log (RowKind kind)
{
  return kind == ROW_CONCURRENCY || (kind >= ROW_LOG_INTERVAL && kind <= ROW_LOG_RAW_REASON);
}

/* One lab's log is enough. */
static gboolean
unread (const GPtrArray *looks)
{
  for (guint i = 0; i < looks->len; i++)
    if (((const LogLook *) g_ptr_array_index (looks, i))->reading->state == LOG_UNREAD)
      return TRUE;
  return FALSE;
}

static GPtrArray *
looks_of (const GPtrArray *labs)
{
  GPtrArray *looks = g_ptr_array_new_with_free_func ((GDestroyNotify) log_look_free);
  for (guint i = 0; i < labs->len; i++)
    g_ptr_array_add (looks, log_look_new (g_ptr_array_index (labs, i)));
  return looks;
}

static void
tell_reading (const GPtrArray *looks, Grade *grade)
{
  for (guint i = 0; i < looks->len; i++)
    {
      const LogReading *reading = ((const LogLook *) g_ptr_array_index (looks, i))->reading;
      if (reading->example != NULL)
        g_ptr_array_add (grade->notes, g_strdup_printf ("From the kernel log %u prints were read: %s.", reading->prints->len, reading->example));
    }
  g_clear_pointer (&grade->unread, g_free);
  if (unread (looks))
    grade->unread = g_strdup ("What the kernel printed could not be read with certainty.");
}

static GradeRow *
judge_row (const GPtrArray *labs, const GPtrArray *looks, const Rubric *rubric, const LeafMap *map, const GPtrArray *lines,
           RowKind kind)
{
  GradeRow *row = grade_row_new (kind);
  const guint32 leaf = rows[kind].leaf != NULL ? rows[kind].leaf (map) : 0;
  const gboolean needs_leaf = rows[kind].leaf != NULL, missing = needs_leaf && leaf_is_missing (labs, map, leaf);
  if (looks != NULL && is_of_log (kind) && unread (looks))
    {
      skip (row, g_strdup ("What the kernel printed could not be read with certainty: somebody has to look."));
      return row;
    }
  if (needs_leaf && leaf == 0)
    {
      skip (row, g_strdup_printf ("Leaf map %s has no such leaf.", map->name));
      return row;
    }
  if (missing && rubric->optional[kind])
    {
      skip (row, g_strdup_printf ("Leaf 0x%x is not answered, and this assignment does not ask for it.", leaf));
      return row;
    }
  if (needs_leaf && leaf_killed (labs, leaf) && (kind != ROW_UNDEFINED_REASONS && kind != ROW_NOT_ENABLED))
    {
      not_judged (labs, row, rubric->points[kind]);
      return row;
    }
  for (guint i = 0; i < labs->len; i++)
    judge_lab (g_ptr_array_index (labs, i), looks != NULL ? g_ptr_array_index (looks, i) : NULL, rubric, map, row);
  settle (labs, row, rubric->points[kind]);
  row->follows = looks == NULL && row->status == ROW_FAILED && is_of_answers (kind) && nothing_is_answered (labs, map)
                 && !(kind == ROW_CONCURRENCY && has_unlocked_update (labs));
  if (row->follows)
    set_reason (row, g_strdup ("Nothing of this can be seen while no leaf is answered: see the rows above."));
  else if (missing && row->status == ROW_FAILED)
    set_reason (row, missing_words (lines, leaf));
  return row;
}

/* lines: what the change adds, of DiffLine. */
static void
judge_rows (const GPtrArray *labs, const Rubric *rubric, const LeafMap *map, const GPtrArray *lines, Grade *grade)
{
  g_autoptr (GPtrArray) looks = rubric->told_by_log ? looks_of (labs) : NULL;
  grade->points = grade->max_points = 0;
  if (looks != NULL)
    tell_reading (looks, grade);
  for (guint kind = 0; kind < GRADE_ROWS; kind++)
    {
      if (rubric->points[kind] == 0)
        continue;
      GradeRow *row = judge_row (labs, looks, rubric, map, lines, (RowKind) kind);
      g_ptr_array_add (grade->rows, row);
      grade->points += row->points;
      grade->max_points += row->max_points;
    }
}

void
judge_labs (const GPtrArray *labs, const Rubric *rubric, const LeafMap *map, Grade *grade)
{
  g_autoptr (GPtrArray) lines = diff_lines (grade->carried);
  judge_rows (labs, rubric, map, lines, grade);
}

void
judge_take_unjudged (Grade *grade, Grade *from)
{
  for (guint i = 0; i < grade->rows->len; i++)
    {
      GradeRow *row = g_ptr_array_index (grade->rows, i), *other = g_ptr_array_index (from->rows, i);
      if (row->cases_total > 0 || other->cases_total == 0)
        continue;
      grade->points += other->points - row->points;
      grade->max_points += other->max_points - row->max_points;
      g_ptr_array_index (grade->rows, i) = other;
      g_ptr_array_index (from->rows, i) = row;
    }
}

/* --- the map ---------------------------------------------------------------------------------- */

static gboolean
is_better (const Grade *grade, const Grade *than)
{
  const gint64 left = grade->points * than->max_points, right = than->points * grade->max_points;
  return left > right || (left == right && grade->points > than->points);
}

static void
take_rows (Grade *grade, Grade *from, const LeafMap *map)
{
  g_ptr_array_set_size (grade->rows, 0);
  g_ptr_array_extend_and_steal (grade->rows, g_ptr_array_ref (from->rows));
  from->rows = g_ptr_array_new ();
  grade->points = from->points;
  grade->max_points = from->max_points;
  g_free (grade->leaf_map);
  grade->leaf_map = g_strdup (map->name);
}

static char *
names_of (const GPtrArray *maps)
{
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; i < maps->len; i++)
    g_string_append_printf (names, "%s%s", i == 0 ? "" : i + 1 == maps->len ? " and " : ", ", ((const LeafMap *) g_ptr_array_index (maps, i))->name);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

/* Leaves that the rubric asks for and the change names, less those that it does not name. Two maps may have the same leaves for other things. */
static gint
naming (const LeafMap *map, const GArray *named, const Rubric *rubric)
{
  const struct {
    guint32 leaf;
    RowKind row;
  } leaves[] = { { map->total_exits, ROW_TOTAL_EXITS }, { map->total_cycles, ROW_TOTAL_CYCLES }, { map->reason_exits, ROW_EXITS_PER_REASON }, { map->reason_cycles, ROW_CYCLES_PER_REASON } };
  gint score = 0;
  for (guint i = 0; i < G_N_ELEMENTS (leaves); i++)
    {
      const gboolean asked = rubric->points[leaves[i].row] > 0 && !rubric->optional[leaves[i].row];
      if (leaves[i].leaf != 0 && asked && (i == 0 || leaves[i].leaf != leaves[i - 1].leaf))
        score += named_leaves_have (named, leaves[i].leaf) ? 1 : -1;
    }
  return score;
}

typedef struct {
  const GArray *named;
  const Rubric *rubric;
} MapOrder;

/* How soon a map is tried: by the leaves that the change names, and the rubric's before others. Another must then be better. */
static gint
rank (const LeafMap *map, const MapOrder *order)
{
  return 2 * (order->named->len > 0 ? naming (map, order->named, order->rubric) : 0) + (strcmp (map->name, order->rubric->leaf_map) == 0);
}

static gint
by_rank (gconstpointer a, gconstpointer b, gpointer order)
{
  const LeafMap *const *left = a, *const *right = b;
  return rank (*right, order) - rank (*left, order);
}

static char *
how_found (const GPtrArray *maps, gboolean fits, gboolean by_lines, const char *name)
{
  g_autofree char *names = names_of (maps);
  if (by_lines && maps->len > 1)
    return g_strdup_printf ("found: its lines name the leaves of map %s best; its answers do not tell", name);
  if (!fits)
    return g_strdup_printf ("no answer fits any map; judged by map %s", name);
  if (maps->len == 1)
    return g_strdup_printf ("found: its answers fit map %s best", name);
  return g_strdup_printf ("found: its answers fit maps %s equally well; judged by %s, which gives no less than another", names, name);
}

void
judge_by_best_map (const GPtrArray *labs, const GPtrArray *maps, const Rubric *rubric, Grade *grade)
{
  gboolean fits;
  g_autoptr (GPtrArray) best = judge_find_maps (labs, maps, &fits);
  g_autoptr (GPtrArray) lines = diff_lines (grade->carried);
  g_autoptr (GArray) named = named_leaves (lines);
  const LeafMap *taken = NULL;
  const MapOrder order = { named, rubric };
  g_ptr_array_sort_with_data (best, by_rank, (gpointer) &order); /* a stable sort */
  for (guint i = 0; i < best->len && (fits || taken == NULL); i++)
    {
      const LeafMap *map = g_ptr_array_index (best, i);
      g_autoptr (Grade) one = grade_new ();
      judge_rows (labs, rubric, map, lines, one);
      if (taken != NULL && !is_better (one, grade))
        continue;
      take_rows (grade, one, map);
      taken = map;
    }
  g_free (grade->leaf_map_how);
  grade->leaf_map_how = how_found (best, fits, named->len > 0 && taken == g_ptr_array_index (best, 0), grade->leaf_map);
}
