/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shapes in which statistics of exits are printed: of our own making, each a way that somebody would write. */
#pragma once
#include "unit/log-fixture.h"

#define FOR_ROWS for (guint i = 0; i < n; i++)
#define N (long long) rows[i].count
#define C rows[i].code
#define NAME rows[i].name

static inline void
header (GPtrArray *log, const char *format, guint64 total)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, total);
  const char *at = strchr (format, '#');
  if (total == G_MAXUINT64)
    return;
  g_string_append_len (line, format, at - format);
  g_string_append_printf (line, "%s%s", number, at + 1);
  g_ptr_array_add (log, g_strdup (line->str));
}

#define SHAPE(name) static inline void shape_##name (GPtrArray *log, guint64 total, const LogRow *rows, guint n, gboolean svm)

SHAPE (lines) { (void) svm; header (log, "Total exits: #", total); FOR_ROWS say (log, "Exit %u (%s): %lld", C, NAME, N); }
SHAPE (footer) { (void) svm; FOR_ROWS say (log, "KVM exit %u (%s): %lld", C, NAME, N); header (log, "KVM total exits = #", total); }
SHAPE (pairs) { (void) svm; header (log, "kvm_stats: total=#", total); FOR_ROWS say (log, "kvm_stats: type=%u name=%s count=%lld", C, NAME, N); }
SHAPE (table) { (void) svm; header (log, "| all | TOTAL | # |", total); say (log, "|-----|------|------|"); FOR_ROWS say (log, "| %4u | %-24s | %10lld |", C, NAME, N); }
SHAPE (columns) { (void) svm; header (log, "=== # exits ===", total); FOR_ROWS say (log, "%-4u %-24s %10lld", C, NAME, N); }
SHAPE (bare) { (void) svm; header (log, "exits so far: #", total); FOR_ROWS say (log, "%u %lld", C, N); (void) rows; }
SHAPE (hex) { (void) svm; header (log, "svm: total exits #", total); FOR_ROWS say (log, "svm: exit 0x%x %s -> %lld", C, NAME, N); }
SHAPE (bare_hex) { (void) svm; header (log, "total exits: #", total); FOR_ROWS say (log, "exit %03x (%s): %lld", C, NAME, N); }
SHAPE (prefix) { (void) svm; header (log, "[CMPE 283] KVM exits so far: #", total); FOR_ROWS say (log, "[CMPE 283] exit number %u, %s, was seen %lld times", C, NAME, N); }
SHAPE (total_each) { (void) svm; FOR_ROWS say (log, "Exit %u: %s, count %lld, total %" G_GUINT64_FORMAT, C, NAME, N, total); }
SHAPE (name_first) { (void) svm; header (log, "VM exits: #", total); FOR_ROWS say (log, "%s (%u) = %lld", NAME, C, N); }
SHAPE (name_alone) { (void) svm; header (log, "VM exits: #", total); FOR_ROWS say (log, "%s: %lld", NAME, N); }
SHAPE (count_first) { (void) svm; header (log, "VM exits in total: #", total); FOR_ROWS say (log, "%lld x %s [%u]", N, NAME, C); }
SHAPE (percent) { (void) svm; header (log, "Exit statistics, total # exits", total); FOR_ROWS say (log, "  reason %2u %-20s %8lld (%lld.%lld%%)", C, NAME, N, N * 100 / 90000, N % 10); }
SHAPE (vcpu) { (void) svm; header (log, "vcpu 0: all exits: #", total); FOR_ROWS say (log, "vcpu 0: exit %u (%s): %lld", C, NAME, N); }
SHAPE (banner) { (void) svm; say (log, "---------- KVM exit statistics (every 10000 exits) ----------"); header (log, "Total: #", total); FOR_ROWS say (log, "exit_counts[%u] = %lld  /* %s */", C, N, NAME); say (log, "--------------------"); }
SHAPE (joined) { (void) svm; FOR_ROWS say (log, "Exit%u:%lld:%s", C, N, NAME); header (log, "Sum:#", total); }
SHAPE (both_ends) { (void) svm; header (log, "BEGIN total exits #", total); FOR_ROWS say (log, "Exit type %u - %s - %lld", C, NAME, N); header (log, "END total exits #", total); }
SHAPE (long_prefix) { (void) svm; header (log, "EXIT_STATS: exits handled by vmx.c since load: # (total)", total); FOR_ROWS say (log, "EXIT_STATS: EXIT_REASON_%s(%u) %lld", NAME, C, N); }

SHAPE (labels) { (void) svm; header (log, "Total Exits: #", total); FOR_ROWS say (log, "Exit Reason: %u, Name: %s, Count: %lld", C, NAME, N); }
SHAPE (number_first) { (void) svm; header (log, "Total: #", total); FOR_ROWS say (log, "%u: %s = %lld", C, NAME, N); }
SHAPE (dashes) { (void) svm; header (log, "-- # exits in all --", total); FOR_ROWS say (log, "%u - %s : %lld", C, NAME, N); }
SHAPE (commas) { (void) svm; header (log, "total,all,#", total); FOR_ROWS say (log, "%u,%s,%lld", C, NAME, N); }
SHAPE (hashes) { (void) svm; FOR_ROWS say (log, "kvm: #%u %s: %lld", C, NAME, N); header (log, "kvm: total number of exits: #", total); }
SHAPE (both_bases) { (void) svm; header (log, "Exits: #", total); FOR_ROWS say (log, "exit %u (0x%x) %s: %lld", C, C, NAME, N); }
SHAPE (process) { (void) svm; header (log, "qemu[771]: vm exits after load: #", total); FOR_ROWS say (log, "qemu[771]: %s [%u] -> %lld exits", NAME, C, N); }
SHAPE (interval) { (void) svm; header (log, "After # exits (interval 10000):", total); FOR_ROWS say (log, "\t[%03u] %-20s %lld", C, NAME, N); }
SHAPE (of_total) { (void) svm; FOR_ROWS say (log, "Exit %u (%s): %lld of %" G_GUINT64_FORMAT, C, NAME, N, total); }
SHAPE (three_lines) { (void) svm; header (log, "total exits #", total); FOR_ROWS { say (log, "Exit type: %u", C); say (log, "  name: %s", NAME); say (log, "  count: %lld", N); } }

SHAPE (semicolons)
{
  g_autoptr (GString) line = g_string_new (NULL);
  (void) svm;
  g_string_append_printf (line, "Total: %" G_GUINT64_FORMAT " exits", total);
  FOR_ROWS g_string_append_printf (line, "; %s(%u): %lld", NAME, C, N);
  g_ptr_array_add (log, g_strdup (line->str));
}
SHAPE (one_line)
{
  g_autoptr (GString) line = g_string_new ("kvm exits:");
  (void) svm;
  if (total != G_MAXUINT64)
    g_string_append_printf (line, " total=%" G_GUINT64_FORMAT, total);
  FOR_ROWS g_string_append_printf (line, " %u(%s)=%lld", C, NAME, N);
  g_ptr_array_add (log, g_strdup (line->str));
}
SHAPE (one_line_commas)
{
  g_autoptr (GString) line = g_string_new (NULL);
  (void) svm;
  FOR_ROWS g_string_append_printf (line, "%s%u:%s:%lld", i > 0 ? ", " : "Exit statistics: ", C, NAME, N);
  if (total != G_MAXUINT64)
    g_string_append_printf (line, ", total: %" G_GUINT64_FORMAT, total);
  g_ptr_array_add (log, g_strdup (line->str));
}
SHAPE (one_message)
{
  g_autoptr (GString) line = g_string_new (NULL);
  (void) svm;
  if (total != G_MAXUINT64)
    g_string_append_printf (line, "Total exits: %" G_GUINT64_FORMAT "\\x0a", total);
  FOR_ROWS g_string_append_printf (line, "\\x09%u\\x09%s\\x09%lld\\x0a", C, NAME, N);
  g_ptr_array_add (log, g_strdup (line->str));
}
SHAPE (other_messages)
{
  (void) svm;
  say (log, "kvm [77]: ignored rdmsr: 0x3a data 0x0");
  header (log, "Total exits: #", total);
  FOR_ROWS say (log, "Exit %u (%s): %lld", C, NAME, N);
  say (log, "random: 7 urandom warning(s) missed");
}
SHAPE (numbers_only) { (void) svm; header (log, "Total number of exits: #", total); FOR_ROWS say (log, "Exit reason %u: %lld", C, N); }
SHAPE (callbacks) { (void) svm; header (log, "Total exits: #", total); FOR_ROWS say (log, "Exit %u (%s): %lld", C, NAME, N); say (log, "svm_handle_exit: 3 callbacks suppressed"); }
SHAPE (unreadable) { (void) svm; header (log, "after # of them", total * 7 + 13); FOR_ROWS say (log, "%llx/%llx", N * 3 + 1, N + 77); (void) rows; }
