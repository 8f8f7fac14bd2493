/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a distribution as L2 tells of its boot, once that is over: text lines on its second serial port, which the agent streams as
 * RECORD_L2_DATA. A program that comes with cloud-init's seed writes them. Hostile like all that a guest says. Times are L2's
 * CLOCK_MONOTONIC unless said otherwise; decimal.
 *
 *   harness-boot 1
 *   distribution ID VERSION              of os-release: debian 12
 *   clock-rip ADDRESS                    marks are made by the CPUID at this address (decimal), which exits wherever a guest executes it: there may
 *                                        be no way to a port (no /dev/port, no I/O bitmap in a nested guest of QEMU's TCG). Without this
 *                                        line they are RECORD_MARK_CLOCK. Before the first `clock`
 *   clock BEFORE_NS AFTER_NS             a mark was made between these two; the n-th line is of the n-th such mark
 *   printk BEFORE_NS PRINTK_NS AFTER_NS  a kernel message that was written between BEFORE and AFTER has the time PRINTK; a multiple of 1000 is
 *                                        one of which what is less than a microsecond was cut off
 *   kernel PRINTK_NS TEXT                a message of the kernel's: "Run /init as init process", "Freeing unused kernel image …"
 *   systemd NAME US                      manager timestamps: UserspaceTimestampMonotonic, FinishTimestampMonotonic
 *   unit NAME START_US ACTIVE_US         when the unit began to be started (InactiveExit) and was (ActiveEnter; of what ran once and is over:
 *                                        InactiveEnter; 0: never). In order of START; a name is told once, or twice alike
 *   cloud-init STATUS                    done, error, unknown: as `cloud-init status` would say
 *   failed UNIT                          a unit that failed
 *   end
 */
#ifndef HARNESS_BOOT_REPORT_H
#define HARNESS_BOOT_REPORT_H

#define BOOT_REPORT_FIRST_LINE "harness-boot 1"
#define BOOT_REPORT_LINE_MAX 512u
#define BOOT_REPORT_UNITS_MAX 1024u

#endif
