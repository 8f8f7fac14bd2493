/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marks and phases of a loaded timeline.
 *
 *   firmware    from L2's first entry: firmware, loader and the kernel's decompressor
 *   kernel      from the first exit whose RIP lies in the kernel's own mapping
 *   user-space  from mark USER_SPACE
 *   post-ready  from mark READY: here the boot window ends
 *   leaves      from mark LEAVES
 *   report      from mark LEAVES_END: L2 writes its report
 *   idle        from mark IDLE
 *   shutdown    from mark IDLE_END or POWEROFF to the end of the last exit
 *
 * A phase that does not occur is left out; the others close up.
 */
#pragma once
#include "timeline/timeline.h"

/* Start of the kernel text mapping: Documentation/x86/x86_64/mm.rst. */
#define PHASE_KERNEL_RIP 0xffffffff80000000ull

/* Fills marks, stray_marks and phases. */
void timeline_find_phases (Timeline *timeline);

/*
 * The mark that an exit is, or 0. VMX: I/O exit qualification, SDM vol. 3, table 28-5; SVM: EXITINFO1,
 * APM vol. 2, figure 15-2. Only a one-byte OUT that is no string instruction is a mark.
 */
guint exit_mark (Isa isa, const struct kvm_exit_log_record *exit);
