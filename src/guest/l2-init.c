/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L2's init: marks the phases of the boot, says `ready`, reads the CPUID leaves, idles, performs the operations, powers off.
 *
 * Kernel command line:
 *   lab.totals=LEAF,…    leaves read once each (hexadecimal), with ecx = 0
 *   lab.reasons=LEAF,…   leaves read once for each code of lab.codes, in that order
 *   lab.codes=A-B,C,…    exit reasons, hexadecimal, ranges in ascending order
 *   lab.idle_ms=N        how long to idle
 *   lab.operations=1     perform the operations, reboot, and power off then
 */
#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l2.h"

#define REPORT_MAX 65536u

struct answer {
        uint32_t leaf, input, eax, ebx, ecx, edx;
        unsigned count;
};

static char report[REPORT_MAX];
static size_t report_used;

static void report_answer(const struct answer *a)
{
        int length;

        if (!a->count || report_used >= REPORT_MAX)
                return;
        length = snprintf(report + report_used, REPORT_MAX - report_used, "leaf %x %x %x %x %x %x %u\n", a->leaf, a->input, a->eax,
                          a->ebx, a->ecx, a->edx, a->count);
        if (length > 0 && report_used + (size_t)length < REPORT_MAX)
                report_used += (size_t)length;
}

/* Joins an answer to the run before it, or reports that run and begins another. */
static void take_answer(struct answer *run, const struct answer *a)
{
        if (run->count && run->leaf == a->leaf && run->input + run->count == a->input && run->eax == a->eax && run->ebx == a->ebx &&
            run->ecx == a->ecx && run->edx == a->edx) {
                run->count++;
                return;
        }
        report_answer(run);
        *run = *a;
}

static void read_leaf(struct answer *run, uint32_t leaf, uint32_t input)
{
        struct answer a = { .leaf = leaf, .input = input, .count = 1 };

        __cpuid_count(leaf, input, a.eax, a.ebx, a.ecx, a.edx);
        take_answer(run, &a);
}

static void read_leaf_for_codes(struct answer *run, uint32_t leaf, const char *codes)
{
        for (const char *at = codes; *at;) {
                char *end;
                unsigned long first = strtoul(at, &end, 16), last = first;

                if (end == at)
                        return;
                if (*end == '-')
                        last = strtoul(end + 1, &end, 16);
                for (unsigned long code = first; code <= last; code++)
                        read_leaf(run, leaf, (uint32_t)code);
                at = *end == ',' ? end + 1 : end;
        }
}

/* Calls read_leaf once, or once for each code, for every leaf of the list. */
static void read_leaves(struct answer *run, const char *leaves, const char *codes)
{
        for (const char *at = leaves; *at;) {
                char *end;
                const uint32_t leaf = (uint32_t)strtoul(at, &end, 16);

                if (end == at)
                        return;
                if (codes)
                        read_leaf_for_codes(run, leaf, codes);
                else
                        read_leaf(run, leaf, 0);
                at = *end == ',' ? end + 1 : end;
        }
}

static void read_all_leaves(void)
{
        char totals[128] = "", reasons[128] = "", codes[512] = "";
        struct answer run = { 0 };

        if (guest_param("lab.totals", totals, sizeof totals) < 0 || guest_param("lab.reasons", reasons, sizeof reasons) < 0 ||
            guest_param("lab.codes", codes, sizeof codes) < 0) {
                guest_say("a lab.* parameter is too long; no leaf is read");
                return;
        }
        l2_mark(RECORD_MARK_LEAVES);
        read_leaves(&run, totals, NULL);
        read_leaves(&run, reasons, codes);
        l2_mark(RECORD_MARK_LEAVES_END);
        report_answer(&run);
        for (size_t i = 0; i < report_used; i++)
                l2_port_out(RECORD_REPORT_PORT, (unsigned char)report[i]);
}

static void idle(long idle_ms)
{
        struct timespec left = { .tv_sec = idle_ms / 1000, .tv_nsec = idle_ms % 1000 * 1000000 };

        l2_mark(RECORD_MARK_IDLE);
        while (nanosleep(&left, &left) < 0 && errno == EINTR)
                continue;
        l2_mark(RECORD_MARK_IDLE_END);
}

static void end(void) __attribute__((noreturn));
static void end(void)
{
        l2_mark(RECORD_MARK_POWEROFF);
        guest_power_off();
}

int main(void)
{
        bool operations;
        long idle_ms;

        if (guest_mount_basics() < 0)
                guest_say("cannot mount /dev, /proc and /sys: %s", strerror(errno));
        if (l2_ports_open() < 0) {
                guest_say("/dev/port: %s", strerror(errno));
                guest_power_off();
        }
        operations = guest_param_number("lab.operations", 0, 1, 0) == 1;
        if (operations && l2_rebooted())
                end();
        l2_mark(RECORD_MARK_USER_SPACE);
        guest_say("ready");
        l2_mark(RECORD_MARK_READY);
        idle_ms = guest_param_number("lab.idle_ms", 0, 3600000, 2000);
        read_all_leaves();
        idle(idle_ms < 0 ? 2000 : idle_ms);
        if (operations) {
                l2_mark(RECORD_MARK_OPERATIONS);
                l2_perform_operations();
                l2_reboot();
        }
        end();
}
