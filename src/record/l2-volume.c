/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The volume's text, read strictly: a line that is not as l2-volume.h says is an error. And its texts, found on L2's console. */
#include "record/l2-volume.h"

#include <stdlib.h>
#include <string.h>

static bool take_format(const char *name, enum l2_part_format *format)
{
        static const char *const names[] = {
                [L2_PART_RAW] = "raw", [L2_PART_QCOW2] = "qcow2", [L2_PART_CDROM] = "cdrom", [L2_PART_FILE] = "file",
        };

        for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
                if (strcmp(name, names[i]) == 0) {
                        *format = (enum l2_part_format)i;
                        return true;
                }
        return false;
}

/* "NAME OFFSET SIZE FORMAT" */
static bool take_part(struct l2_volume *v, char *rest)
{
        struct l2_part *part = &v->parts[v->nr_parts];
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

static bool take_ready(struct l2_volume *v, const char *text)
{
        if (v->nr_ready == L2_VOLUME_READY_MAX || !*text || strlen(text) >= L2_VOLUME_READY_BYTES_MAX)
                return false;
        v->ready[v->nr_ready++] = text;
        return true;
}

static bool take_stop(struct l2_volume *v, const char *how)
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

static bool take_line(struct l2_volume *v, char *line)
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

unsigned l2_volume_parse(struct l2_volume *v, char *text)
{
        unsigned number = 1;
        char *line = text, *end;

        *v = (struct l2_volume){ .nr_parts = 0 };

        for (; (end = strchr(line, '\n')); line = end + 1, number++) {
                *end = '\0';
                if (strcmp(line, "end") == 0)
                        return number > 1 ? 0 : number;
                if (number == 1 ? strcmp(line, L2_VOLUME_FIRST_LINE) != 0 : !take_line(v, line))
                        return number;
        }
        return number;
}

bool l2_ready_take(struct l2_ready *r, const struct l2_volume *v, const char *bytes, size_t size)
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
