/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kvm_exit tracepoint. As a second account it is counted inside the kernel by a histogram trigger.
 * For a kernel without the exit log it is the source of the exits: per-CPU ring-buffer pages are read
 * raw, stamped by the TSC. Page layout: kernel/trace/ring_buffer.c, struct buffer_data_page and
 * struct ring_buffer_event.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l1.h"

#define TRACEFS "/sys/kernel/tracing"
#define EXIT_EVENT TRACEFS "/events/kvm/kvm_exit"
#define ENTRY_EVENT TRACEFS "/events/kvm/kvm_entry"
#define CPUS_MAX 16
#define PAGE_HEADER 16u /* u64 time stamp, u64 commit */
#define COMMIT_MASK 0xfffffu

/* enum ring_buffer_type */
enum { TYPE_DATA_MAX = 28, TYPE_PADDING = 29, TYPE_TIME_EXTEND = 30, TYPE_TIME_STAMP = 31 };

struct field {
        unsigned offset, size;
};

static struct trace {
        int fds[CPUS_MAX];
        unsigned nr_cpus;
        unsigned exit_id, entry_id;
        struct field reason, rip, info1, info2;
        struct kvm_exit_log_record pending[CPUS_MAX]; /* an exit whose entry has not come yet */
        bool has_pending[CPUS_MAX];
} trace;

static int put(const char *path, const char *text)
{
        const int fd = open(path, O_WRONLY | O_CLOEXEC);
        ssize_t done;

        if (fd < 0)
                return -1;
        done = write(fd, text, strlen(text));
        close(fd);
        return done == (ssize_t)strlen(text) ? 0 : -1;
}

static int mount_tracefs(void)
{
        return mount("tracefs", TRACEFS, "tracefs", 0, NULL) < 0 && errno != EBUSY ? -1 : 0;
}

int l1_trace_hist_start(struct l1_stream *s)
{
        if (mount_tracefs() < 0 || put(EXIT_EVENT "/trigger", "hist:keys=exit_reason:size=512") < 0)
                return l1_error(s, "kvm_exit histogram");
        return 0;
}

int l1_trace_hist_end(struct l1_stream *s)
{
        static char text[65536], out[8192];
        size_t used = 0;
        char *save = NULL;

        if (guest_read_file(EXIT_EVENT "/hist", text, sizeof text) < 0)
                return l1_error(s, "kvm_exit histogram");
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                unsigned long long reason, count;

                if (sscanf(line, "{ exit_reason: %llu } hitcount: %llu", &reason, &count) != 2 || used + 48 > sizeof out)
                        continue;
                used += (size_t)snprintf(out + used, sizeof out - used, "%llu %llu\n", reason, count);
        }
        return record_put(&s->writer, RECORD_TRACE_HIST, 0, out, (uint32_t)used, NULL, 0);
}

/* "	field:unsigned long guest_rip;	offset:16;	size:8;	signed:0;" */
static int find_field(const char *format, const char *name, struct field *f)
{
        char wanted[48];
        const char *at;

        snprintf(wanted, sizeof wanted, " %s;", name);
        at = strstr(format, wanted);
        return at && sscanf(at + strlen(wanted), " offset:%u; size:%u;", &f->offset, &f->size) == 2 && (f->size == 4 || f->size == 8) ? 0 : -1;
}

static int read_formats(void)
{
        static char format[8192];
        const char *id;

        if (guest_read_file(ENTRY_EVENT "/format", format, sizeof format) < 0 || !(id = strstr(format, "ID: ")))
                return -1;
        trace.entry_id = (unsigned)atoi(id + 4);
        if (guest_read_file(EXIT_EVENT "/format", format, sizeof format) < 0 || !(id = strstr(format, "ID: ")))
                return -1;
        trace.exit_id = (unsigned)atoi(id + 4);
        if (find_field(format, "exit_reason", &trace.reason) < 0 || find_field(format, "guest_rip", &trace.rip) < 0)
                return -1;
        return find_field(format, "info1", &trace.info1) < 0 || find_field(format, "info2", &trace.info2) < 0 ? -1 : 0;
}

static int open_cpus(void)
{
        char path[96];

        for (trace.nr_cpus = 0; trace.nr_cpus < CPUS_MAX; trace.nr_cpus++) {
                snprintf(path, sizeof path, TRACEFS "/per_cpu/cpu%u/trace_pipe_raw", trace.nr_cpus);
                trace.fds[trace.nr_cpus] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
                if (trace.fds[trace.nr_cpus] < 0)
                        break;
        }
        return trace.nr_cpus ? 0 : -1;
}

int l1_trace_start(struct l1_stream *s, const struct l1_params *p)
{
        (void)p;
        l1_event(s, RECORD_EVENT_NO_EXIT_LOG, 0, "the kernel has no exit log; exits come from the kvm_exit tracepoint");
        if (mount_tracefs() < 0 || read_formats() < 0 || put(TRACEFS "/trace_clock", "x86-tsc") < 0 ||
            put(TRACEFS "/buffer_size_kb", "16384") < 0 || open_cpus() < 0 || put(EXIT_EVENT "/enable", "1") < 0 ||
            put(ENTRY_EVENT "/enable", "1") < 0)
                return l1_error(s, "kvm_exit tracepoint");
        return 0;
}

static uint64_t field_value(const unsigned char *event, unsigned size, struct field f)
{
        uint64_t value = 0;

        if (f.offset + f.size <= size)
                memcpy(&value, event + f.offset, f.size);
        return value;
}

static int emit_pending(struct l1_stream *s, unsigned cpu)
{
        if (!trace.has_pending[cpu])
                return 0;
        trace.has_pending[cpu] = false;
        s->exits_written++;
        return record_put(&s->writer, RECORD_EXITS, 0, NULL, 0, &trace.pending[cpu], sizeof trace.pending[cpu]);
}

static int take_event(struct l1_stream *s, unsigned cpu, const unsigned char *event, unsigned size, uint64_t tsc)
{
        uint16_t id;

        if (size < sizeof id)
                return 0;
        memcpy(&id, event, sizeof id);
        if (id == trace.entry_id && trace.has_pending[cpu]) {
                trace.pending[cpu].cycles = tsc - trace.pending[cpu].tsc;
                return emit_pending(s, cpu);
        }
        if (id != trace.exit_id)
                return 0;
        if (emit_pending(s, cpu) < 0)
                return -1;
        trace.pending[cpu] = (struct kvm_exit_log_record){
                .tsc = tsc,
                .rip = field_value(event, size, trace.rip),
                .info1 = field_value(event, size, trace.info1),
                .info2 = field_value(event, size, trace.info2),
                .reason = (uint32_t)field_value(event, size, trace.reason),
        };
        trace.has_pending[cpu] = true;
        return 0;
}

static int take_page(struct l1_stream *s, unsigned cpu, const unsigned char *page, size_t size)
{
        uint64_t tsc, commit;
        size_t at = PAGE_HEADER, end;

        memcpy(&tsc, page, sizeof tsc);
        memcpy(&commit, page + sizeof tsc, sizeof commit);
        end = PAGE_HEADER + (commit & COMMIT_MASK);
        while (at + 4 <= end && end <= size) {
                uint32_t head, array = 0, length, data = 4;

                memcpy(&head, page + at, sizeof head);
                if (at + 8 <= end)
                        memcpy(&array, page + at + 4, sizeof array);
                length = (head & 31) * 4;
                tsc += head >> 5;
                if ((head & 31) == TYPE_PADDING)
                        break;
                if ((head & 31) >= TYPE_TIME_EXTEND) {
                        const uint64_t high = (uint64_t)array << 27;

                        tsc = (head & 31) == TYPE_TIME_STAMP ? (high | head >> 5) : tsc + high;
                        at += 8;
                        continue;
                }
                if (!length) {
                        length = array - 4;
                        data = 8;
                }
                if (at + data + length > end || length > size)
                        break;
                if (take_event(s, cpu, page + at + data, length, tsc) < 0)
                        return -1;
                at += data + length;
        }
        return 0;
}

int l1_trace_drain(struct l1_stream *s, bool last)
{
        static unsigned char page[RECORD_PAGE];

        for (unsigned cpu = 0; cpu < trace.nr_cpus; cpu++) {
                ssize_t got;

                while ((got = read(trace.fds[cpu], page, sizeof page)) > (ssize_t)PAGE_HEADER)
                        if (take_page(s, cpu, page, (size_t)got) < 0)
                                return -1;
                /* An exit after which L2 was never entered again: what it cost is not known. */
                if (last && emit_pending(s, cpu) < 0)
                        return -1;
        }
        return 0;
}
