/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L2's volume (record/l2-volume.h) in L1: its text is read, its files are copied, its disks become QEMU's. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l1.h"

static int copy(int from, const struct l2_part *part, int to)
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

static int copy_file(int from, const struct l2_part *part)
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
        bad = l2_volume_parse(&v->is, v->text);
        if (bad) {
                guest_say("L2's volume: line %u is not as it should be", bad);
                errno = EBADMSG;
                return -1;
        }
        if (mkdir(L2_VOLUME_DIR, 0700) < 0)
                return -1;
        for (unsigned i = 0; i < v->is.nr_parts; i++)
                if (v->is.parts[i].format == L2_PART_FILE && copy_file(fd, &v->is.parts[i]) < 0)
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
        for (unsigned i = 0; status == 0 && i < v->is.nr_ready; i++)
                status = l1_event(s, RECORD_EVENT_L2_READY_TEXT, (int32_t)i, v->is.ready[i]);
        return status;
}

/* Written blocks go to a temporary file in TMPDIR, which is L1's memory. */
void l1_volume_drive(const struct l1_volume *v, const struct l2_part *part, char *value, size_t size)
{
        static const char *const drivers[] = {
                [L2_PART_RAW] = "snapshot=on,driver=raw",
                [L2_PART_QCOW2] = "snapshot=on,driver=qcow2",
                [L2_PART_CDROM] = "media=cdrom,readonly=on,driver=raw",
        };

        snprintf(value, size,
                 "if=none,id=%s,%s,cache.direct=on,file.driver=raw,file.offset=%" PRIu64 ",file.size=%" PRIu64
                 ",file.file.driver=host_device,file.file.filename=%s",
                 part->name, drivers[part->format], part->offset, part->size, v->device);
}
