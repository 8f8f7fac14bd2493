/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marks and phases of a loaded timeline.
 *
 *   firmware      from L2's first entry
 *   loader        from the first access to QEMU's fw_cfg ports from real mode (RIP below 64 KiB): the option ROM that
 *                 loads the kernel; SeaBIOS itself reads fw_cfg from 32-bit code in its own segment only
 *   decompressor  from the first exit of the loader with a RIP above 1 MiB: the kernel's entry code, which unpacks it
 *   early-kernel  from the first exit whose RIP lies in the kernel's own mapping
 *   devices       from the kernel's one-byte OUT to port 0xcfb, by which it probes for PCI (pci_check_type1() in
 *                 arch/x86/pci/direct.c), the first of its arch_initcalls that exits: from here initcalls run
 *   user-space    from mark USER_SPACE
 *   ready         from mark READY: here the boot window ends
 *   leaves        from mark LEAVES
 *   report        from mark LEAVES_END: L2 writes its report
 *   idle          from mark IDLE
 *   operations    from mark IDLE_END or OPERATIONS
 *   reboot        from the mark of the operation of that name: L2 goes down and up again
 *   shutdown      from mark POWEROFF, or from IDLE_END if no operations follow
 *   off           from the end of the last exit: L1 starts another guest
 *   known-answer  from the first exit of the guest of that kind to the end of the last exit
 *
 * An L2 that is no guest of ours has other phases up to `off`: see boot.h.
 *
 * A phase that does not occur is left out; the others close up.
 */
#pragma once
#include "timeline/timeline.h"

/* Start of the kernel text mapping: Documentation/x86/x86_64/mm.rst. */
#define PHASE_KERNEL_RIP 0xffffffff80000000ull

/* Fills marks, stray_marks, operations and phases. */
void timeline_find_phases (Timeline *timeline);

/* The port of an exit that IN or OUT caused, bits 31:16 for both vendors: TRUE, and *port. */
gboolean exit_port (Isa isa, const struct kvm_exit_log_record *exit, guint *port);

/*
 * The port of a one-byte OUT that is no string instruction, or 0. VMX: I/O exit qualification, SDM vol. 3, table 28-5; SVM: EXITINFO1,
 * APM vol. 2, figure 15-2.
 */
guint exit_byte_out (Isa isa, const struct kvm_exit_log_record *exit);
