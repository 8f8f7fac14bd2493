/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L2's volume: a disk of L1's, read only, that says what L2 is and holds what it boots from. GLib-free: written by the host, read by the
 * L1 agent. It begins with a text of at most L2_VOLUME_TEXT_BYTES (NUL bytes behind it); parts follow, each at a multiple of a page.
 *
 *   harness-l2 1
 *   part NAME OFFSET SIZE FORMAT    a part: bytes [OFFSET, OFFSET + SIZE) of this device. FORMAT raw or qcow2: QEMU gets a block node NAME of
 *                                   it, which L2 may write: the writes stay in L1's memory. FORMAT cdrom: the same, read-only.
 *                                   FORMAT file: it is copied to L2_VOLUME_DIR/NAME
 *   arg TEXT                        an argument of QEMU's, as it stands, in order, after the agent's own (see guest/l1-qemu.c)
 *   ready TEXT                      L2 is ready when it has written TEXT to its console (at most L2_VOLUME_READY_MAX lines; when all have been)
 *   stop off|powerdown IDLE_MS      how L2 ends: it powers off by itself; or its power button is pressed so long after it was ready
 *   report port|serial              where L2 reports: at the debug port (micro L2), or on its second serial port (the default)
 *   end
 */
#ifndef HARNESS_L2_VOLUME_H
#define HARNESS_L2_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define L2_VOLUME_FIRST_LINE "harness-l2 1"
#define L2_VOLUME_TEXT_BYTES 65536u
#define L2_VOLUME_LINE_MAX 4096u
#define L2_VOLUME_ARGS_MAX 160u
#define L2_VOLUME_PARTS_MAX 8u
#define L2_VOLUME_NAME_MAX 16u /* with its NUL: a-z, 0-9, '-' */
#define L2_VOLUME_READY_MAX 4u
#define L2_VOLUME_READY_BYTES_MAX 128u
#define L2_VOLUME_IDLE_MS_MAX 3600000u
#define L2_VOLUME_DIR "/tmp/l2"

enum l2_part_format { L2_PART_RAW, L2_PART_QCOW2, L2_PART_CDROM, L2_PART_FILE };

struct l2_part {
        const char *name;
        enum l2_part_format format;
        uint64_t offset, size;
};

struct l2_volume {
        struct l2_part parts[L2_VOLUME_PARTS_MAX];
        unsigned nr_parts;
        const char *args[L2_VOLUME_ARGS_MAX];
        unsigned nr_args;
        const char *ready[L2_VOLUME_READY_MAX];
        unsigned nr_ready;
        bool powerdown;
        long idle_ms; /* before it */
        bool report_port;
};

/* The text, NUL-terminated, is cut apart where it stands: *v points into it. 0, or the number of the line that is not as it should be. */
unsigned l2_volume_parse(struct l2_volume *v, char *text);

/* Whether L2 has written the volume's texts to its console. */
struct l2_ready {
        char tail[L2_VOLUME_READY_BYTES_MAX]; /* what may be the beginning of one */
        size_t tail_used;
        unsigned seen; /* bits */
};
/* The console's next bytes, at most 4096. TRUE once, when the last of the texts was completed; never if there are none. */
bool l2_ready_take(struct l2_ready *r, const struct l2_volume *v, const char *bytes, size_t size);

#endif
