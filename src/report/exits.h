/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exits.csv.gz: every exit, one row each. It is the one large file, so it is made in pieces of EXITS_PIECE_ROWS rows
 * that several threads format and compress at once: each piece is a gzip member of its own (RFC 1952 allows any number
 * of them in a file), with its own CRC-32 and size, so that nothing limits the length. The bytes depend on neither the
 * number of threads nor the time: libdeflate's level 1, a gzip header without time and name and with the operating system
 * "unknown". They may differ between versions of libdeflate; the content does not. A timeline without exits
 * makes one member of the header row alone.
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "timeline/timeline.h"

#define EXITS_PIECE_ROWS 8192u
#define EXITS_HEADER "seq,t_ns,reason,name,info1,info2,rip,cycles\n"

/* Takes the bytes in order; FALSE ends the work. */
typedef gboolean (*ExitsSink) (const void *data, gsize size, gpointer user, GError **error);

/* *sha256: of the uncompressed content, newly allocated. seq counts from 1: it is the number of exits so far. */
gboolean exits_write_gz (const Timeline *timeline, const ReasonNames *names, ExitsSink sink, gpointer user, char **sha256, GError **error);
/* The same content, not compressed. */
gboolean exits_write_csv (const Timeline *timeline, const ReasonNames *names, ExitsSink sink, gpointer user, GError **error);
