/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands run inside a guest over a serial line, and what is said on it. GLib-free: the host and the guest's agent share it.
 *
 * Both sides send frames: EXEC_HEADER_BYTES of header, then at most EXEC_DATA_MAX bytes, integers little-endian:
 *
 *   0 magic 0xe5 0x4c | 2 type | 3 zero | 4 u16 length of the data | 6 u16 sequence | 8 u32 CRC-32C of these 8 bytes and the data
 *
 * Each side numbers its frames from 0, beginning anew with EXEC_HELLO and EXEC_WELCOME. What comes before these and is no frame (a boot
 * loader's or a kernel's words) is passed over; afterwards a byte that is no frame's, or a number left out, is an error: bytes were lost.
 *
 * The guest's receiver has no flow control below it, so the host has one frame under way at a time: the guest answers each but EXEC_HELLO
 * by EXEC_ACK when it can take the next. The other way the emulator waits for us: no answers are needed.
 */
#ifndef HARNESS_EXEC_FRAME_H
#define HARNESS_EXEC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXEC_HEADER_BYTES 12u
#define EXEC_DATA_MAX 1024u
#define EXEC_WIRE_MAX (EXEC_HEADER_BYTES + EXEC_DATA_MAX)
#define EXEC_ARGUMENTS_MAX (128u * 1024) /* bytes of all arguments, NULs included: Linux's limit for one */
#define EXEC_COUNT_MAX 1024u             /* arguments */

enum exec_type {
        /* host to guest */
        EXEC_HELLO = 1,     /* 8 bytes that the answer repeats. What runs is killed */
        EXEC_ARGUMENT = 2,  /* a part of the arguments: strings, each with its NUL, one after the other */
        EXEC_RUN = 3,       /* u32: how many arguments there are. The command begins */
        EXEC_INPUT = 4,     /* for its standard input */
        EXEC_INPUT_END = 5,
        EXEC_KILL = 6,      /* the command and its process group */
        EXEC_POWER_OFF = 7, /* the guest shuts down in order */
        /* guest to host */
        EXEC_WELCOME = 16,  /* the 8 bytes */
        EXEC_ACK = 17,
        EXEC_OUTPUT = 18,
        EXEC_ERRORS = 19,
        EXEC_ENDED = 20,    /* u8 enum exec_end, u32 value */
};

enum exec_end {
        EXEC_END_STATUS = 0,  /* value: its exit status */
        EXEC_END_SIGNAL = 1,  /* value: the signal */
        EXEC_END_NO_START = 2, /* value: errno */
};

struct exec_frame {
        uint8_t type;
        uint16_t length, sequence;
        uint8_t data[EXEC_DATA_MAX];
};

/* The frame's bytes in wire, which has room for EXEC_WIRE_MAX; how many. length: at most EXEC_DATA_MAX. */
size_t exec_frame_write(uint8_t wire[EXEC_WIRE_MAX], enum exec_type type, uint16_t sequence, const void *data, size_t length);

struct exec_parser {
        uint8_t wire[EXEC_WIRE_MAX];
        size_t used;
        uint64_t skipped; /* bytes that were no frame's, in all */
};
/* Takes bytes up to the end of a frame; how many. *whole: *frame is one. Any bytes are taken. */
size_t exec_parser_take(struct exec_parser *parser, const void *bytes, size_t size, struct exec_frame *frame, bool *whole);

static inline uint32_t exec_get32(const uint8_t *at)
{
        return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void exec_put32(uint8_t *at, uint32_t value)
{
        for (unsigned i = 0; i < 4; i++)
                at[i] = (uint8_t)(value >> 8 * i);
}

#endif
