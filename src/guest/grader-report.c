/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grader agent's report and its payload, both on the record device; record/payload.h tells how they lie there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "guest/grader.h"
#include "record/payload.h"

#define PAGE 4096u
#define KERNEL_LINES_MAX 4000u /* of a flood the rest is only counted, by its sequence numbers */
#define KERNEL_LINE_MAX 1200 /* LOG_LINE_MAX, kernel/printk/printk.c, with room for what is escaped */
#define KERNEL_BYTES_MAX (sizeof report - 65536) /* the rest is for events */
#define KMSG_MAX 8192 /* CONSOLE_EXT_LOG_MAX, include/linux/printk.h: a shorter buffer is refused a message that is longer */

static unsigned char report[PAYLOAD_REPORT_BYTES] __attribute__((aligned(PAGE)));
static size_t used, written; /* bytes; written: of whole pages that will not change */
static int device_fd = -1, kernel_fd = -1, trace_fd = -1;
static unsigned kernel_lines, traced_lines;

int report_open(const char *device)
{
        device_fd = open(device, O_WRONLY | O_DIRECT | O_CLOEXEC);
        kernel_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (device_fd < 0 || kernel_fd < 0 || lseek(kernel_fd, 0, SEEK_END) < 0)
                return -1;
        return 0;
}

/* The last byte stays 0. */
static void add_line(const char *line, size_t length)
{
        if (used + length + 1 >= sizeof report)
                return;
        memcpy(report + used, line, length);
        report[used + length] = '\n';
        used += length + 1;
}

void report_event(const char *name, long value, const char *text)
{
        char line[512];
        const int length = snprintf(line, sizeof line, "event %s %ld %s", name, value, text);

        for (int i = 0; i < length && i < (int)sizeof line - 1; i++)
                if (line[i] == '\n' || line[i] == '\0')
                        line[i] = ' ';
        if (length > 0)
                add_line(line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

void report_flush(void)
{
        const size_t end = (used + PAGE) / PAGE * PAGE;

        if (pwrite(device_fd, report + written, end - written, (off_t)written) == (ssize_t)(end - written))
                written = used / PAGE * PAGE;
}

/* "level,sequence,time,flag;text\n more": the first line of it. */
static bool take_message(char *message)
{
        static const char *const oopses[] = { "BUG:", "Oops:", "general protection fault", "kernel BUG at", "invalid opcode:", "stack guard page", "double fault" };
        char line[KERNEL_LINE_MAX], *text = strchr(message, ';');
        unsigned long long number;
        unsigned level;
        int length;

        if (!text || sscanf(message, "%u,%llu,", &level, &number) != 2)
                return false;
        text[strcspn(text, "\n")] = '\0';
        length = snprintf(line, sizeof line, "kernel %llu %u %s", number, level & 7, text + 1);
        if (length > 0 && kernel_lines++ < KERNEL_LINES_MAX && used < KERNEL_BYTES_MAX)
                add_line(line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
        for (size_t i = 0; i < sizeof oopses / sizeof *oopses; i++)
                if (strstr(text, oopses[i]))
                        return true;
        return false;
}

/* A message that may go on in pr_cont() is not handed out before another one has come: this one is it. */
void report_kernel_end(void)
{
        static const char words[] = "<6>harness: so far\n";
        const int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

        if (fd >= 0 && write(fd, words, sizeof words - 1) < 0)
                report_event("error", errno, "/dev/kmsg");
        close(fd);
}

/* "  qemu-77 [000] .....  3.141593: function: text": what stands behind the time. */
static void take_traced(char *line)
{
        char kept[KERNEL_LINE_MAX], *text = strstr(line, ": ");
        const int length = text ? snprintf(kept, sizeof kept, "traced %s", text + 2) : 0;

        if (length > 0 && traced_lines++ < KERNEL_LINES_MAX && used < KERNEL_BYTES_MAX)
                add_line(kept, (size_t)length < sizeof kept ? (size_t)length : sizeof kept - 1);
}

/* What trace_printk() wrote: the only tracer that needs nobody to turn it on. A read gives whole lines. */
static void report_trace(void)
{
        static char text[KMSG_MAX + 1];
        ssize_t got;

        if (trace_fd < 0) {
                mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
                trace_fd = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        }
        while (trace_fd >= 0 && (got = read(trace_fd, text, sizeof text - 1)) > 0) {
                text[got] = '\0';
                for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
                        take_traced(line);
        }
}

bool report_kernel_log(void)
{
        static char message[KMSG_MAX + 1];
        bool oops = false;
        ssize_t got;

        /* EPIPE: messages were overwritten before we came; the next read goes on behind them. */
        while ((got = read(kernel_fd, message, sizeof message - 1)) > 0 || (got < 0 && errno == EPIPE)) {
                if (got < 0)
                        continue;
                message[got] = '\0';
                oops |= take_message(message);
        }
        report_trace();
        return oops;
}

static int write_file(const char *path, const void *data, size_t size)
{
        const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        int status;

        if (fd < 0)
                return -1;
        status = write(fd, data, size) == (ssize_t)size ? 0 : -1;
        close(fd);
        return status;
}

static bool is_program(const char *name)
{
        return strcmp(name, PAYLOAD_PROGRAM) == 0 || strcmp(name, PAYLOAD_PROGRAM_LAST) == 0;
}

static int unpack_entry(int fd, const struct payload_entry *entry)
{
        char path[96];
        void *data;
        int status = -1;

        if (entry->name[sizeof entry->name - 1] || strchr(entry->name, '/') || entry->size > PAYLOAD_DEVICE_BYTES) {
                errno = EINVAL;
                return -1;
        }
        data = malloc(entry->size);
        if (!data)
                return -1;
        snprintf(path, sizeof path, "%s/%s", is_program(entry->name) ? "/tmp" : "/modules", entry->name);
        if (pread(fd, data, entry->size, (off_t)PAYLOAD_OFFSET + entry->offset) == (ssize_t)entry->size)
                status = write_file(path, data, entry->size);
        free(data);
        return status;
}

int payload_unpack(const char *device)
{
        struct payload_header header;
        const int fd = open(device, O_RDONLY | O_CLOEXEC);
        int status = 0;

        if (fd < 0)
                return -1;
        if (pread(fd, &header, sizeof header, PAYLOAD_OFFSET) != sizeof header || header.magic != PAYLOAD_MAGIC || header.entries > PAYLOAD_ENTRIES_MAX) {
                errno = EINVAL;
                status = -1;
        }
        for (uint32_t i = 0; status == 0 && i < header.entries; i++)
                status = unpack_entry(fd, &header.entry[i]);
        close(fd);
        return status;
}
