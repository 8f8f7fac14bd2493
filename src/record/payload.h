/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record device of a grading lab: the first part is the grader agent's report, text in lines, NUL bytes behind it; then stands the
 * payload, which the host put there before L1 started: the modules under test and the challenge. GLib-free, shared by both.
 *
 * Lines of the report (nothing of it decides a grade but what went wrong in L1, which L1 may tell as it likes):
 *   event NAME [VALUE [TEXT]]     see grader-agent.c
 *   kernel SEQ LEVEL TEXT         a message of L1's kernel since the modules were about to be loaded
 *   traced TEXT                   what trace_printk() wrote
 */
#ifndef HARNESS_PAYLOAD_H
#define HARNESS_PAYLOAD_H

#include <stdint.h>

#define PAYLOAD_REPORT_BYTES (1u << 20)
#define PAYLOAD_OFFSET PAYLOAD_REPORT_BYTES /* where the header stands on the device; a multiple of a page */
#define PAYLOAD_DEVICE_BYTES (16u << 20)
#define PAYLOAD_MAGIC 0x31595048u /* "HPY1" */
#define PAYLOAD_ENTRIES_MAX 8u
/*
 * A lab whose L1 is a distribution has one too (the stream of records overwrites it once it was read): its entries become files of that name in
 * PAYLOAD_DIR of L1. There is no program.
 */
#define PAYLOAD_DIR "/run/harness"
#define PAYLOAD_CMDLINE "cmdline"                     /* the lab.* parameters, as on a kernel command line */
#define PAYLOAD_L2_XML "l2.xml"                       /* L2 as a libvirt domain */
#define PAYLOAD_KNOWN_ANSWER_XML "known-answer.xml"   /* the guest without an operating system; only if the lab has operations */
#define PAYLOAD_AGENT "l1-agent"                      /* what goes on from there */
#define PAYLOAD_KNOWN_ANSWER "known-answer"
#define PAYLOAD_KERNEL "kernel"                       /* of the micro L2 */
#define PAYLOAD_INITRD "initrd"
#define PAYLOAD_OVERLAY_DIR "/var/tmp"
#define PAYLOAD_DOMAIN "l2"                           /* the name of both domains */
#define PAYLOAD_PROGRAM "program"           /* the challenge's; any other name is a module's: "kvm.ko" */
#define PAYLOAD_PROGRAM_LAST "program-last" /* what L1's kernel may not survive */

struct payload_entry {
        char name[56];   /* NUL-terminated */
        uint32_t offset; /* from the header */
        uint32_t size;
};

struct payload_header {
        uint32_t magic, entries;
        struct payload_entry entry[PAYLOAD_ENTRIES_MAX];
};

#endif
