/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each account falsified in turn: the check that is there for it fails, names the place, and no rule excuses it. */
#include "unit/unit.h"
#include "unit/gen-records.h"
#include "unit/kinds.h"

#include "stats/checks.h"
#include "stats/summary.h"

typedef struct {
  Timeline *timeline;
  LabSummary *summary;
  Checks *checks;
} Checked;

static void
checked_clear (Checked *c)
{
  checks_free (c->checks);
  lab_summary_free (c->summary);
  timeline_free (c->timeline);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Checked, checked_clear)

static Checked
check (Gen *g, gboolean with_l0, const LeafMap *map)
{
  g_autoptr (GBytes) records = gen_end (g);
  g_autoptr (GError) error = NULL;
  Checked c = { .checks = checks_new () };

  timeline_load (records, &c.timeline, &error);
  assert_no_failure (error);
  lab_summary_make (c.timeline, committed_kinds (c.timeline->isa), SUMMARY_BIN_NS, &c.summary, &error);
  assert_no_failure (error);
  const CheckInputs inputs = { c.timeline, c.summary, with_l0 ? g->l0 : NULL, map };
  const gboolean agree = lab_checks_run (&inputs, c.checks);
  assert_int_equal (agree, c.checks->failed == 0);
  return c;
}

static const char *
verdict (const Checked *c, const char *name)
{
  for (guint i = 0; i < c->checks->rows->len; i++)
    {
      const CheckRow *row = g_ptr_array_index (c->checks->rows, i);
      if (strcmp (row->check, name) == 0)
        return row->verdict;
    }
  return "(no such row)";
}

static Gen *
boot (Isa isa)
{
  Gen *g = gen_new (isa, 1);
  g->trace = TRUE;
  gen_boot (g, 300);
  return g;
}

static void
assert_only_failure (const Checked *c, const char *name, const char *message)
{
  assert_string_equal (verdict (c, name), "fail");
  assert_int_equal (c->checks->failed, 1);
  assert_string_equal (c->checks->first_failure, message);
}

static void
test_all_agree (void **state)
{
  (void) state;
  for (Isa isa = ISA_VMX; isa <= ISA_SVM; isa++)
    {
      g_autoptr (Gen) g = boot (isa);
      g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
      if (c.checks->failed + c.checks->explained + c.checks->not_run > 0)
        fail_msg ("%s", c.checks->first_failure);
    }
}

static void
test_not_run_is_not_ok (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  (void) state;
  gen_boot (g, 10);
  g_auto (Checked) c = check (g, FALSE, NULL);
  assert_string_equal (verdict (&c, "l0-exits"), "not-run");
  assert_string_equal (verdict (&c, "leaves"), "not-run");
  assert_string_equal (verdict (&c, "trace-hist"), "not-run");
  assert_int_equal (c.checks->not_run, 3);
  assert_int_equal (c.checks->failed, 0);
}

static void
test_counter_lies (void **state)
{
  g_autoptr (Gen) g = boot (ISA_VMX);

  (void) state;
  g->vcpus[0].slots[48].exits++; /* one too many, the header does not agree: nothing is in flight */
  g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
  assert_string_equal (verdict (&c, "counters:exits:reason=48"), "fail");
  assert_string_equal (verdict (&c, "counters:exits:reason=30"), "ok");
  assert_string_equal (verdict (&c, "counters:exits"), "ok");
}

static void
test_histogram_lies (void **state)
{
  g_autoptr (Gen) g = boot (ISA_VMX);

  (void) state;
  g->vcpus[0].slots[10].buckets[10]--;
  g->vcpus[0].slots[10].buckets[11]++;
  g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
  assert_string_equal (verdict (&c, "counters:histogram:reason=10"), "fail");
  assert_int_equal (c.checks->failed, 1);
}

static void
test_cycles_lie (void **state)
{
  g_autoptr (Gen) g = boot (ISA_SVM);

  (void) state;
  g->vcpus[0].log.cycles += 7;
  g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
  assert_string_equal (verdict (&c, "counters:cycles"), "fail");
  assert_int_equal (c.checks->failed, 1);
}

/* QEMU was killed inside an exit: begun, never published. L0 saw it. */
static void
test_in_flight (void **state)
{
  g_autoptr (Gen) g = boot (ISA_VMX);
  const L0Exit last = { .reason = 12 };

  (void) state;
  g->vcpus[0].log.exits++;
  g->vcpus[0].slots[12].exits++;
  g_array_append_val (g->l0, last);
  g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
  assert_string_equal (verdict (&c, "counters:exits"), "explained:in-flight");
  assert_string_equal (verdict (&c, "counters:exits:reason=12"), "explained:in-flight");
  assert_string_equal (verdict (&c, "kvm-stats:exits"), "explained:in-flight");
  assert_string_equal (verdict (&c, "l0-exits"), "explained:after-last-record");
  assert_string_equal (verdict (&c, "l0-exits:reason=12"), "explained:after-last-record");
  assert_string_equal (verdict (&c, "l0-exits:reason=48"), "ok");
}

static void
test_l0_saw_more (void **state)
{
  g_autoptr (Gen) g = boot (ISA_VMX);
  const L0Exit last = { .reason = 12 };

  (void) state;
  g_array_append_val (g->l0, last);
  g_array_append_val (g->l0, last);
  g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
  assert_string_equal (verdict (&c, "l0-exits"), "fail");
  assert_string_equal (verdict (&c, "l0-exits:reason=12"), "fail");
}

/* One exit kept from every account in L1: only L0 knows. */
static void
test_l0_saw_one_inside (void **state)
{
  g_autoptr (Gen) g = boot (ISA_VMX);
  const L0Exit hidden = { .reason = 48 };

  (void) state;
  g_array_insert_val (g->l0, 100, hidden);
  g_array_remove_index (g->l0, g->l0->len - 1); /* and as many in all */
  g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
  assert_string_equal (verdict (&c, "l0-exits"), "ok");
  assert_string_equal (verdict (&c, "l0-exits:reason=48"), "fail");
  assert_string_equal (verdict (&c, "l0-sequence:reason"), "fail");
}

static void
test_l0_order_and_fields (void **state)
{
  static const struct {
    const char *name;
    L0Exit change;
  } cases[] = { { "l0-sequence:info1", { .info1 = 4 } }, { "l0-sequence:info2", { .info2 = 4 } }, { "l0-sequence:rip", { .rip = 4 } } };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Gen) g = boot (ISA_SVM);
      L0Exit *exit = &g_array_index (g->l0, L0Exit, 200);
      exit->info1 ^= cases[i].change.info1;
      exit->info2 ^= cases[i].change.info2;
      exit->rip ^= cases[i].change.rip;
      g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
      g_autofree char *message = g_strdup_printf ("%s: expected %u, actual 200", cases[i].name, g->l0->len);
      assert_only_failure (&c, cases[i].name, message);
    }
}

static void
test_stats_lie (void **state)
{
  g_autoptr (Gen) g = boot (ISA_VMX);
  g_autoptr (Gen) few = boot (ISA_VMX);

  (void) state;
  few->stat_exits_less = 3; /* there are MSR writes enough for a fast path */
  g_auto (Checked) explained = check (few, TRUE, &gen_leaf_map);
  assert_string_equal (verdict (&explained, "kvm-stats:exits"), "explained:fastpath");
  g->stat_exits_less = 300;
  g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
  assert_string_equal (verdict (&c, "kvm-stats:exits"), "fail");
}

/* Turns of emulation, in which L2 is not entered, count for KVM: on VMX, as many as instructions were emulated; windows among them. */
static void
test_stats_of_emulation (void **state)
{
  static const struct {
    Isa isa;
    guint64 more, windows, emulated;
    const char *exits, *window;
  } cases[] = {
    { ISA_VMX, 100, 30, 100, "explained:emulated-state", "explained:emulated-state" },
    { ISA_VMX, 100, 0, 100, "explained:emulated-state", "ok" },
    { ISA_VMX, 101, 30, 100, "fail", "fail" },
    { ISA_VMX, 10, 30, 100, "explained:emulated-state", "fail" },
    { ISA_VMX, 0, 30, 100, "ok", "fail" },
    { ISA_SVM, 100, 30, 100, "fail", "fail" },
  };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Gen) g = boot (cases[i].isa);
      g->stat_exits_more = cases[i].more;
      g->stat_windows_more = cases[i].windows;
      g->insn_emulation = cases[i].emulated;
      g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
      assert_string_equal (verdict (&c, "kvm-stats:exits"), cases[i].exits);
      assert_string_equal (verdict (&c, cases[i].isa == ISA_VMX ? "kvm-stats:irq_window_exits:reason=7" : "kvm-stats:irq_window_exits:reason=100"), cases[i].window);
    }
}

/* A submission that answers every leaf with a number of its own. */
static void
replace_report (Gen *g, const char *from, const char *to)
{
  char *at = memmem (g->bytes->data, g->bytes->len, from, strlen (from));
  assert_non_null (at);
  assert_int_equal (strlen (from), strlen (to));
  memcpy (at, to, strlen (to));
}

static void
reseal (GByteArray *bytes)
{
  for (guint at = 0; at + sizeof (struct record_block_header) <= bytes->len; at += RECORD_PAGE)
    {
      struct record_block_header *header = (struct record_block_header *) (bytes->data + at);
      if (header->magic != RECORD_BLOCK_MAGIC)
        continue;
      header->crc32c = 0;
      header->crc32c = record_crc32c (0, header, sizeof *header + header->length);
    }
}

static Checked
check_with_report (Isa isa, const char *from, const char *to)
{
  g_autoptr (Gen) g = boot (isa);
  g_bytes_unref (gen_end (g));
  g_autoptr (GError) error = NULL;
  Checked c = { .checks = checks_new () };

  replace_report (g, from, to);
  reseal (g->bytes);
  g_autoptr (GBytes) records = g_bytes_new (g->bytes->data, g->bytes->len);
  timeline_load (records, &c.timeline, &error);
  assert_no_failure (error);
  lab_summary_make (c.timeline, committed_kinds (c.timeline->isa), SUMMARY_BIN_NS, &c.summary, &error);
  const CheckInputs inputs = { c.timeline, c.summary, g->l0, &gen_leaf_map };
  lab_checks_run (&inputs, c.checks);
  return c;
}

static void
test_leaves_lie (void **state)
{
  (void) state;
  g_auto (Checked) undefined = check_with_report (ISA_VMX, "leaf 4ffffffd 23 0 0 0 ffffffff 1", "leaf 4ffffffd 23 0 0 0 fffffffe 1");
  assert_string_equal (verdict (&undefined, "leaves:undefined-reasons"), "fail");

  g_auto (Checked) zero = check_with_report (ISA_VMX, "leaf 4ffffffd 2 0 0 0 0 8", "leaf 4ffffffd 2 7 0 0 0 8");
  assert_string_equal (verdict (&zero, "leaves:nothing:leaf=0x4ffffffd:reason=2"), "fail");

  g_auto (Checked) few = check_with_report (ISA_VMX, "leaf 4ffffffd 2 0 0 0 0 8", "leaf 4ffffffd 2 0 0 0 0 7");
  assert_string_equal (verdict (&few, "leaves:answers"), "fail");

  g_auto (Checked) text = check_with_report (ISA_VMX, "leaf 4ffffffd 2 0 0 0 0 8", "leaf 4ffffffd 2 0 0 0 0 x");
  assert_string_equal (verdict (&text, "leaves:report"), "fail");

  g_auto (Checked) total = check_with_report (ISA_SVM, "leaf 4fffffff 0 180 0 0 0 1", "leaf 4fffffff 0 181 0 0 0 1");
  assert_string_equal (verdict (&total, "leaves:exits"), "fail");
  assert_int_equal (total.checks->failed, 1);
}

/* The agent read the counters, and was preempted by two exits before it read the time. */
static void
test_sample_preempted (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  (void) state;
  gen_exit (g, 10, 0, 0, GEN_KERNEL_RIP, 2000, 1000);
  g->tsc += 100000;
  gen_sample_vcpu (g, 0);
  g->tsc -= 100000;
  gen_exit (g, 10, 0, 0, GEN_KERNEL_RIP, 2000, 1000);
  gen_boot (g, 10);
  g_auto (Checked) c = check (g, FALSE, NULL);
  assert_string_equal (verdict (&c, "samples:equal-to-log"), "explained:preempted");
  assert_int_equal (c.checks->failed, 0);
}

static void
test_sample_lies (void **state)
{
  g_autoptr (Gen) g = boot (ISA_VMX);

  (void) state;
  g->vcpus[0].slots[48].exits -= 5;
  gen_sample_vcpu (g, 0);
  g->vcpus[0].slots[48].exits += 5;
  g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
  assert_string_equal (verdict (&c, "samples:equal-to-log"), "fail");
  assert_int_equal (c.checks->failed, 1);
}

/* As many in all, but of the wrong reasons. */
static void
test_sample_mixes_up (void **state)
{
  g_autoptr (Gen) g = boot (ISA_VMX);

  (void) state;
  g->vcpus[0].slots[48].exits -= 5;
  g->vcpus[0].slots[30].exits += 5;
  gen_sample_vcpu (g, 0);
  g->vcpus[0].slots[48].exits += 5;
  g->vcpus[0].slots[30].exits -= 5;
  g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
  assert_string_equal (verdict (&c, "samples:equal-to-log"), "fail");
}

/* The sample is read while an exit goes on: counted, its cycles not yet. */
static void
test_sample_inside_exit (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  (void) state;
  gen_exit (g, 10, 0, 0, GEN_KERNEL_RIP, 2000, 1000);
  gen_exit (g, 30, 0, 0, GEN_KERNEL_RIP, 2000, 5000);
  g->tsc -= 100;
  g->vcpus[0].log.cycles -= 5000;
  g->vcpus[0].slots[30].cycles -= 5000;
  gen_sample_vcpu (g, 0);
  g->vcpus[0].log.cycles += 5000;
  g->vcpus[0].slots[30].cycles += 5000;
  g->tsc += 100;
  gen_boot (g, 10);
  g_auto (Checked) c = check (g, FALSE, NULL);
  assert_string_equal (verdict (&c, "samples:equal-to-log"), "ok");
}

/* Two vCPUs: the other one exits while the leaves are read. */
static void
test_two_vcpus (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 2);

  (void) state;
  for (guint i = 0; i < 100; i++)
    gen_exit_on (g, i % 2, 48, 0, 0, GEN_KERNEL_RIP, 3000, 1000);
  gen_boot (g, 10);
  g_auto (Checked) c = check (g, TRUE, &gen_leaf_map);
  if (c.checks->failed > 0)
    fail_msg ("%s", c.checks->first_failure);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_all_agree),         cmocka_unit_test (test_not_run_is_not_ok),   cmocka_unit_test (test_counter_lies),
    cmocka_unit_test (test_histogram_lies),    cmocka_unit_test (test_cycles_lie),          cmocka_unit_test (test_in_flight),
    cmocka_unit_test (test_l0_saw_more),       cmocka_unit_test (test_l0_saw_one_inside),   cmocka_unit_test (test_l0_order_and_fields),
    cmocka_unit_test (test_stats_lie), cmocka_unit_test (test_stats_of_emulation),         cmocka_unit_test (test_leaves_lie),          cmocka_unit_test (test_sample_preempted),
    cmocka_unit_test (test_sample_mixes_up),   cmocka_unit_test (test_sample_lies),       cmocka_unit_test (test_sample_inside_exit),  cmocka_unit_test (test_two_vcpus),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
