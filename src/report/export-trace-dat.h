/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab's exits as trace-cmd's trace.dat, file format version 6: what `trace-cmd record -e kvm` would have written
 * on L1. Events kvm:kvm_exit and kvm:kvm_entry with the fields of Linux 6.1; one CPU and one task a vCPU of L2; times
 * in nanoseconds from L2's first entry.
 *
 *   info1      the exit log's
 *   info2      VMX: the guest-physical address for reasons 48 and 49 (the kernel's event has it nowhere), else IDT-vectoring
 *              information, as the kernel has it; SVM: EXITINFO2
 *   intr_info  VMX: exit interruption information, but 0 for reasons 48 and 49; SVM: 0, not recorded
 *   error_code 0, not recorded
 *   kvm_entry  where the exit's cycles end, unless they end with a return to user space: when L2 was entered
 *              after that is not recorded; nor is the entry's rip: 0
 */
#pragma once
#include "report/export.h"

gboolean export_trace_dat (const ExportLab *lab, ExitsSink sink, gpointer user, GError **error);
