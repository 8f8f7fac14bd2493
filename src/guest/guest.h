/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs inside L1 and L2 share: the clock, the command line, and how they end. */
#ifndef HARNESS_GUEST_H
#define HARNESS_GUEST_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t guest_tsc(void)
{
        uint32_t low, high;

        __asm__ __volatile__("rdtsc" : "=a"(low), "=d"(high));
        return (uint64_t)high << 32 | low;
}

uint64_t guest_monotonic_ns(void);

/* One line on the console, "harness: …". */
void guest_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Mounts what every program here needs: proc, sysfs, devtmpfs if it is not there. 0 or -1 with errno. */
int guest_mount_basics(void);

/*
 * The value of `name=` on the kernel command line, copied into value with ';' turned into ' ' (a
 * command-line value cannot hold a space). 1 if found, 0 if not; a value that does not fit is an error: -1.
 */
int guest_param(const char *name, char *value, size_t size);
/* The same as a number between min and max; fallback if absent; -1 if it is no such number. */
long guest_param_number(const char *name, long min, long max, long fallback);

/* A small file's content, NUL-terminated; bytes read, or -1 with errno. */
long guest_read_file(const char *path, char *buffer, size_t size);

/* Syncs and powers off. Does not return. */
void guest_power_off(void) __attribute__((noreturn));

#endif
