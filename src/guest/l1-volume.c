/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L2's volume, read strictly: a line that is not as record/l2-volume.h says is an error. And its texts, found on L2's console. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l1.h"

static bool take_format(const char *name, enum l1_part_format *format)
{
        static const char *const names[] = {
                [L1_PART_RAW] = "raw", [L1_PART_QCOW2] = "qcow2", [L1_PART_CDROM] = "cdrom", [L1_PART_FILE] = "file",
        };

        for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
                if (strcmp(name, names[i]) == 0) {
                        *format = (enum l1_part_format)i;
                        return true;
                }
        return false;
}

/* "NAME OFFSET SIZE FORMAT" */
static bool take_part(struct l1_volume *v, char *rest)
{
        struct l1_part *part = &v->parts[v->nr_parts];
        char *name = strtok(rest, " "), *offset = strtok(NULL, " "), *size = strtok(NULL, " "), *format = strtok(NULL, " "), *end;

        if (v->nr_parts == L2_VOLUME_PARTS_MAX || !format || strtok(NULL, " ") || !take_format(format, &part->format))
                return false;
        if (strlen(name) >= L2_VOLUME_NAME_MAX || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
                return false;
        part->name = name;
        part->offset = strtoull(offset, &end, 10);
        if (*end)
                return false;
        part->size = strtoull(size, &end, 10);
        v->nr_parts++;
        return !*end && part->size > 0;
}

static bool take_ready(struct l1_volume *v, const char *text)
{
        if (v->nr_ready == L2_VOLUME_READY_MAX || !*text || strlen(text) >= L2_VOLUME_READY_BYTES_MAX)
                return false;
        v->ready[v->nr_ready++] = text;
        return true;
}

static bool take_stop(struct l1_volume *v, const char *how)
{
        static const char word[] = "powerdown ";
        char *end;

        if (strcmp(how, "off") == 0)
                return true;
        if (strncmp(how, word, sizeof word - 1) != 0)
                return false;
        v->powerdown = true;
        v->idle_ms = strtol(how + sizeof word - 1, &end, 10);
        return !*end && v->idle_ms >= 0 && v->idle_ms <= (long)L2_VOLUME_IDLE_MS_MAX;
}

static bool take_line(struct l1_volume *v, char *line)
{
        char *rest = strchr(line, ' ');

        if (!rest)
                return false;
        *rest++ = '\0';
        if (strcmp(line, "part") == 0)
                return take_part(v, rest);
        if (strcmp(line, "ready") == 0)
                return take_ready(v, rest);
        if (strcmp(line, "stop") == 0)
                return take_stop(v, rest);
        if (strcmp(line, "report") == 0) {
                v->report_port = strcmp(rest, "port") == 0;
                return v->report_port || strcmp(rest, "serial") == 0;
        }
        if (strcmp(line, "arg") != 0 || v->nr_args == L2_VOLUME_ARGS_MAX)
                return false;
        v->args[v->nr_args++] = rest;
        return true;
}

/* The text's lines, cut apart where they stand. 0, or the number of the bad one. */
static unsigned parse(struct l1_volume *v)
{
        unsigned number = 1;
        char *line = v->text, *end;

        for (; (end = strchr(line, '\n')); line = end + 1, number++) {
                *end = '\0';
                if (strcmp(line, "end") == 0)
                        return number > 1 ? 0 : number;
                if (number == 1 ? strcmp(line, L2_VOLUME_FIRST_LINE) != 0 : !take_line(v, line))
                        return number;
        }
        return number;
}

static int copy(int from, const struct l1_part *part, int to)
{
        static char buffer[1 << 20];
        uint64_t done = 0;

        while (done < part->size) {
                const size_t want = part->size - done < sizeof buffer ? (size_t)(part->size - done) : sizeof buffer;
                const ssize_t got = pread(from, buffer, want, (off_t)(part->offset + done));

                if (got == 0)
                        errno = ENODATA;
                if (got <= 0 || write(to, buffer, (size_t)got) != got)
                        return -1;
                done += (uint64_t)got;
        }
        return 0;
}

static int copy_file(int from, const struct l1_part *part)
{
        char path[sizeof L2_VOLUME_DIR + L2_VOLUME_NAME_MAX + 1];
        int to, status;

        snprintf(path, sizeof path, L2_VOLUME_DIR "/%s", part->name);
        to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (to < 0)
                return -1;
        status = copy(from, part, to);
        close(to);
        return status;
}

static int load(struct l1_volume *v, int fd)
{
        unsigned bad;

        if (pread(fd, v->text, L2_VOLUME_TEXT_BYTES, 0) != (ssize_t)L2_VOLUME_TEXT_BYTES)
                return -1;
        bad = parse(v);
        if (bad) {
                guest_say("L2's volume: line %u is not as it should be", bad);
                errno = EBADMSG;
                return -1;
        }
        if (mkdir(L2_VOLUME_DIR, 0700) < 0)
                return -1;
        for (unsigned i = 0; i < v->nr_parts; i++)
                if (v->parts[i].format == L1_PART_FILE && copy_file(fd, &v->parts[i]) < 0)
                        return -1;
        return 0;
}

int l1_volume_load(struct l1_stream *s, struct l1_volume *v)
{
        const int fd = open(v->device, O_RDONLY | O_CLOEXEC);
        int status = fd < 0 ? -1 : load(v, fd);

        if (status < 0)
                l1_error(s, v->device);
        if (fd >= 0)
                close(fd);
        for (unsigned i = 0; status == 0 && i < v->nr_ready; i++)
                status = l1_event(s, RECORD_EVENT_L2_READY_TEXT, (int32_t)i, v->ready[i]);
        return status;
}

/* Written blocks go to a temporary file in TMPDIR, which is L1's memory. */
void l1_volume_drive(const struct l1_volume *v, const struct l1_part *part, char *value, size_t size)
{
        static const char *const drivers[] = {
                [L1_PART_RAW] = "snapshot=on,driver=raw",
                [L1_PART_QCOW2] = "snapshot=on,driver=qcow2",
                [L1_PART_CDROM] = "media=cdrom,readonly=on,driver=raw",
        };

        snprintf(value, size,
                 "if=none,id=%s,%s,cache.direct=on,file.driver=raw,file.offset=%" PRIu64 ",file.size=%" PRIu64
                 ",file.file.driver=host_device,file.file.filename=%s",
                 part->name, drivers[part->format], part->offset, part->size, v->device);
}

bool l1_ready_take(struct l1_ready *r, const struct l1_volume *v, const char *bytes, size_t size)
{
        const unsigned all = (1u << v->nr_ready) - 1, before = r->seen;
        char window[L2_VOLUME_READY_BYTES_MAX + 4096];

        if (size > sizeof window - sizeof r->tail || before == all)
                return false;
        memcpy(window, r->tail, r->tail_used);
        memcpy(window + r->tail_used, bytes, size);
        size += r->tail_used;
        for (unsigned i = 0; i < v->nr_ready; i++)
                if (memmem(window, size, v->ready[i], strlen(v->ready[i])))
                        r->seen |= 1u << i;
        r->tail_used = size < sizeof r->tail ? size : sizeof r->tail;
        memcpy(r->tail, window + size - r->tail_used, r->tail_used);
        return r->seen == all;
}
