/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A handful of grades for what writes them: full marks, partial, one that does not build, one without its base, a failed infrastructure, a hostile one. */
#pragma once
#include "unit/unit.h"

#include "grade/grade.h"

#define FIXTURE_DIFF \
  "--- a/arch/x86/kvm/cpuid.c\n" \
  "+++ b/arch/x86/kvm/cpuid.c\n" \
  "@@ -16,6 +16,9 @@\n" \
  " #include <linux/export.h>\n" \
  " #include \"cpuid.h\"\n" \
  " \n" \
  "+atomic64_t total_exits;\n" \
  "+u32 total_cycles;\n" \
  "+EXPORT_SYMBOL(total_exits);\n" \
  " \n" \
  " /*\n" \
  "  * Unlike \"struct cpuinfo_x86.x86_capability\", kvm_cpu_caps doesn't need to be\n" \
  "@@ -1520,7 +1523,16 @@ int kvm_emulate_cpuid(struct kvm_vcpu *vcpu)\n" \
  " \n" \
  " \teax = kvm_rax_read(vcpu);\n" \
  " \tecx = kvm_rcx_read(vcpu);\n" \
  "-\tkvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, false);\n" \
  "+\tif (eax == 0x4fffffff) {\n" \
  "+\t\teax = atomic64_read(&total_exits);\n" \
  "+\t} else if (eax == 0x4ffffffe) {\n" \
  "+\t\tebx = 0;\n" \
  "+\t\tecx = total_cycles;\n" \
  "+\t} else {\n" \
  "+\t\tkvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, false);\n" \
  "+\t}\n" \
  "+\n" \
  " \tkvm_rax_write(vcpu, eax);\n" \
  " \tkvm_rbx_write(vcpu, ebx);\n" \
  " \tkvm_rcx_write(vcpu, ecx);\n"

static inline void
fixture_text (char **text, const char *value)
{
  g_free (*text);
  *text = g_strdup (value);
}

static inline GradeRow *
fixture_row (Grade *grade, RowKind kind, RowStatus status, gint64 points, gint64 max_points, const char *reason)
{
  GradeRow *row = grade_row_new (kind);
  row->status = status;
  row->points = points;
  row->max_points = max_points;
  fixture_text (&row->reason, reason);
  g_ptr_array_add (grade->rows, row);
  return row;
}

static inline void
fixture_case (GradeRow *row, gboolean ok, const char *what, const char *expected, const char *seen)
{
  grade_case_add (row, ok, g_strdup (what), g_strdup (expected), g_strdup (seen));
}

/* The head that all have. */
static inline Grade *
fixture_head (const char *submission, Verdict verdict, Stage stage, Blame blame, const char *reason)
{
  Grade *grade = grade_new ();
  g_autofree char *sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, submission, -1);

  fixture_text (&grade->submission, submission);
  fixture_text (&grade->sha256, sha256);
  fixture_text (&grade->assignment, "a3");
  fixture_text (&grade->reason, reason);
  fixture_text (&grade->isa, "vmx");
  fixture_text (&grade->kernel, "6.1.192");
  grade->verdict = verdict;
  grade->stage = stage;
  grade->blame = blame;
  grade->max_points = 10000;
  grade->begun = 1769860800; /* 2026-01-31T12:00:00Z */
  grade->build_ms = 8123;
  grade->total_ms = 9001;
  return grade;
}

static inline void
fixture_judged (Grade *grade)
{
  g_autofree char *fingerprint = g_compute_checksum_for_string (G_CHECKSUM_SHA256, grade->sha256, -1);

  fixture_text (&grade->leaf_map, "A");
  fixture_text (&grade->leaf_map_how, "found: every answer of leaf 0x4fffffff grew with the exits, and of maps A and C only A has cycles in 0x4ffffffe");
  fixture_text (&grade->fingerprint, fingerprint);
  fixture_text (&grade->carried, FIXTURE_DIFF);
  g_ptr_array_add (grade->notes, g_strdup ("hw 2/cpuid (1).c was taken for arch/x86/kvm/cpuid.c"));
  g_ptr_array_add (grade->notes, g_strdup ("line ends of cpuid (1).c were CRLF"));
  grade->lab_ms = 20456;
  grade->total_ms = 29001;
}

static inline Grade *
fixture_passed (void)
{
  Grade *grade = fixture_head ("alice.zip", VERDICT_PASSED, STAGE_CHECKS, BLAME_NONE, "4 of 4 rows passed");
  GradeRow *row;

  fixture_judged (grade);
  row = fixture_row (grade, ROW_TOTAL_EXITS, ROW_PASSED, 2500, 2500, "all 24 windows agree");
  for (guint i = 0; i < 24; i++)
    fixture_case (row, TRUE, "vmx: 317 × CPUID, total exits", "317 more", "317 more");
  fixture_row (grade, ROW_TOTAL_CYCLES, ROW_PASSED, 2500, 2500, "cycles grow with the time that exits take");
  fixture_row (grade, ROW_REGISTERS, ROW_PASSED, 2500, 2500, "no register holds what it should not");
  fixture_row (grade, ROW_STABILITY, ROW_PASSED, 2500, 2500, "no panic, warning or hang");
  grade->points = 10000;
  return grade;
}

static inline Grade *
fixture_partial (void)
{
  Grade *grade = fixture_head ("hw/bob smith/assignment-3.zip", VERDICT_PARTIAL, STAGE_CHECKS, BLAME_STUDENT, "3 of 6 rows passed");
  GradeRow *row;

  fixture_judged (grade);
  row = fixture_row (grade, ROW_TOTAL_EXITS, ROW_PASSED, 2000, 2000, "all 24 windows agree");
  for (guint i = 0; i < 24; i++)
    fixture_case (row, TRUE, "vmx: 317 × CPUID, total exits", "317 more", "317 more");
  row = fixture_row (grade, ROW_TOTAL_CYCLES, ROW_FAILED, 500, 2000, "the cycles wrap around: they are kept in 32 bits somewhere on their way to the guest");
  g_ptr_array_add (row->where, g_strdup ("arch/x86/kvm/cpuid.c:20: u32 total_cycles;"));
  g_ptr_array_add (row->where, g_strdup ("arch/x86/kvm/cpuid.c:1530: ebx = 0;"));
  fixture_case (row, TRUE, "vmx: 12 × CPUID, total cycles", "36,000 to 1,200,000 more", "51,023 more");
  for (guint i = 0; i < 15; i++)
    {
      g_autofree char *what = g_strdup_printf ("vmx: window %u, total cycles", i + 2);
      fixture_case (row, FALSE, what, "4,294,967,296 or more", "1,203,441 less");
    }
  row = fixture_row (grade, ROW_REGISTERS, ROW_FAILED, 0, 2000, "edx holds what the guest had in it before: an answer must set all four registers");
  g_ptr_array_add (row->where, g_strdup ("arch/x86/kvm/cpuid.c:1527: eax = atomic64_read(&total_exits);"));
  fixture_case (row, FALSE, "vmx: leaf 0x4fffffff, edx", "0x00000000", "0x9d40beef");
  fixture_case (row, TRUE, "vmx: leaf 0x4fffffff, eax", "317 more", "317 more");
  fixture_row (grade, ROW_OTHER_LEAVES, ROW_PASSED, 1000, 1000, "39 leaves answer as before");
  fixture_row (grade, ROW_COST, ROW_SKIPPED, 0, 0, "this lab has no clock for it");
  fixture_row (grade, ROW_STABILITY, ROW_PASSED, 3000, 3000, "no panic, warning or hang");
  g_ptr_array_add (grade->warnings, g_strdup ("arch/x86/kvm/cpuid.c:17:5: warning: no previous declaration for 'total_exits' [-Wmissing-declarations]"));
  fixture_text (&grade->left_out, "--- a/arch/x86/kvm/vmx/vmx.c\n+++ b/arch/x86/kvm/vmx/vmx.c\n@@ -1,1 +1,2 @@\n static int x;\n+#define DEBUG_MINE 1\n");
  grade->points = 6500;
  return grade;
}

static inline Grade *
fixture_no_build (void)
{
  Grade *grade = fixture_head ("carol.tar.gz", VERDICT_FAILED, STAGE_BUILD, BLAME_STUDENT, "it does not compile: vmx.c uses total_exit, which nothing declares");

  fixture_text (&grade->details, "arch/x86/kvm/vmx/vmx.c:6311:9: error: 'total_exit' undeclared (first use in this function); did you mean 'total_exits'?\n"
                                 " 6311 |         total_exit++;\n      |         ^~~~~~~~~~\n\ttotal_exits\n");
  fixture_text (&grade->carried, FIXTURE_DIFF);
  fixture_text (&grade->sandbox, "landlock");
  return grade;
}

static inline Grade *
fixture_needs_base (void)
{
  Grade *grade = fixture_head ("dave.zip", VERDICT_NEEDS_BASE, STAGE_CARRY, BLAME_NONE,
                               "the files are of a kernel that is not at hand (near 5.12): name its source with --base");
  g_ptr_array_add (grade->notes, g_strdup ("nearest source at hand: 6.1.192, 71 % of the lines"));
  grade->build_ms = 0;
  return grade;
}

static inline Grade *
fixture_infrastructure (void)
{
  Grade *grade = fixture_head ("erin.mbox", VERDICT_INFRASTRUCTURE, STAGE_L1_BOOT, BLAME_INFRASTRUCTURE, "the emulator was killed twice before L1 was up");

  fixture_text (&grade->details, "bochs: killed by signal 9\nbochs: killed by signal 9");
  g_ptr_array_add (grade->notes, g_strdup ("the lab was retried once"));
  return grade;
}

#define HOSTILE_TEXT "\"><script>alert(1)</script>'; ]]> `</pre>` ``` | *x* _y_ <!-- \x01\x1b[31m\x7f \xff\xfe \xe2\x80\xae &amp; %s"
#define HOSTILE_NAME "evil, \"<script>alert(1)</script>\"\n]]>' | `x`\x1b[31m\xff.zip"

static inline Grade *
fixture_hostile (void)
{
  Grade *grade = fixture_head (HOSTILE_NAME, VERDICT_FAILED, STAGE_L2_BOOT, BLAME_STUDENT, HOSTILE_TEXT);
  GradeRow *row = fixture_row (grade, ROW_SUMS, ROW_FAILED, 0, 10000, HOSTILE_TEXT);

  for (guint i = 0; i < 100000; i++)
    fixture_case (row, i % 100 == 0, HOSTILE_TEXT, HOSTILE_TEXT, "\n\t\n");
  g_ptr_array_add (row->where, g_strdup (HOSTILE_TEXT));
  fixture_text (&grade->details, HOSTILE_TEXT "\n" HOSTILE_TEXT);
  fixture_text (&grade->leaf_map_how, HOSTILE_TEXT);
  fixture_text (&grade->kernel, HOSTILE_TEXT);
  fixture_text (&grade->carried, "+" HOSTILE_TEXT "\n-" HOSTILE_TEXT);
  fixture_text (&grade->left_out, HOSTILE_TEXT);
  g_ptr_array_add (grade->notes, g_strdup (HOSTILE_TEXT));
  g_ptr_array_add (grade->warnings, g_strdup (HOSTILE_TEXT));
  return grade;
}

/* All of them: an array of Grade. */
static inline GPtrArray *
fixture_grades (void)
{
  GPtrArray *grades = g_ptr_array_new_with_free_func ((GDestroyNotify) grade_free);
  Grade *(*const makers[]) (void) = { fixture_passed, fixture_partial, fixture_no_build, fixture_needs_base, fixture_infrastructure, fixture_hostile };

  for (guint i = 0; i < G_N_ELEMENTS (makers); i++)
    g_ptr_array_add (grades, makers[i]());
  return grades;
}
static const char *const fixture_names[] = { "passed", "partial", "no-build", "needs-base", "infrastructure", "hostile" };
