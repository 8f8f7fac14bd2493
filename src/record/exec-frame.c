/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of the exec channel; see exec-frame.h. */
#include "record/exec-frame.h"

#include <string.h>

#include "record/crc32c.h"

static const uint8_t magic[2] = { 0xe5, 0x4c };

static uint32_t checksum(const uint8_t *wire, size_t length)
{
        return record_crc32c(record_crc32c(0, wire, 8), wire + EXEC_HEADER_BYTES, length);
}

size_t exec_frame_write(uint8_t wire[EXEC_WIRE_MAX], enum exec_type type, uint16_t sequence, const void *data, size_t length)
{
        memcpy(wire, magic, 2);
        wire[2] = (uint8_t)type;
        wire[3] = 0;
        wire[4] = (uint8_t)length;
        wire[5] = (uint8_t)(length >> 8);
        wire[6] = (uint8_t)sequence;
        wire[7] = (uint8_t)(sequence >> 8);
        if (length)
                memcpy(wire + EXEC_HEADER_BYTES, data, length);
        exec_put32(wire + 8, checksum(wire, length));
        return EXEC_HEADER_BYTES + length;
}

static size_t data_length(const struct exec_parser *parser)
{
        return parser->wire[4] | (size_t)parser->wire[5] << 8;
}

/* Could what is there be the beginning of a frame? */
static bool may_begin(const struct exec_parser *parser)
{
        const uint8_t *wire = parser->wire;

        if (memcmp(wire, magic, parser->used < 2 ? parser->used : 2) != 0 || (parser->used > 3 && wire[3] != 0))
                return false;
        return parser->used < 6 || data_length(parser) <= EXEC_DATA_MAX;
}

static void drop_first(struct exec_parser *parser)
{
        parser->used--;
        parser->skipped++;
        memmove(parser->wire, parser->wire + 1, parser->used);
}

/* How many bytes are missing: to the end of the header, then to the end of the data. */
static size_t wanted(const struct exec_parser *parser)
{
        if (parser->used < EXEC_HEADER_BYTES)
                return EXEC_HEADER_BYTES - parser->used;
        return EXEC_HEADER_BYTES + data_length(parser) - parser->used;
}

/* Settles what is there: a frame, the beginning of one, or neither, until it is one of the former. */
static bool settle(struct exec_parser *parser, struct exec_frame *frame)
{
        for (;;) {
                while (parser->used && !may_begin(parser))
                        drop_first(parser);
                if (parser->used < EXEC_HEADER_BYTES || parser->used < EXEC_HEADER_BYTES + data_length(parser))
                        return false;
                if (exec_get32(parser->wire + 8) == checksum(parser->wire, data_length(parser)))
                        break;
                drop_first(parser);
        }
        frame->type = parser->wire[2];
        frame->length = (uint16_t)data_length(parser);
        frame->sequence = (uint16_t)(parser->wire[6] | parser->wire[7] << 8);
        memcpy(frame->data, parser->wire + EXEC_HEADER_BYTES, frame->length);
        parser->used -= EXEC_HEADER_BYTES + frame->length; /* more than a frame is there when its beginning was none */
        memmove(parser->wire, parser->wire + EXEC_HEADER_BYTES + frame->length, parser->used);
        return true;
}

size_t exec_parser_take(struct exec_parser *parser, const void *bytes, size_t size, struct exec_frame *frame, bool *whole)
{
        const uint8_t *from = bytes;
        size_t taken = 0;

        *whole = settle(parser, frame);
        while (!*whole && taken < size) {
                const size_t want = wanted(parser), part = want < size - taken ? want : size - taken;

                memcpy(parser->wire + parser->used, from + taken, part);
                parser->used += part;
                taken += part;
                *whole = settle(parser, frame);
        }
        return taken;
}
