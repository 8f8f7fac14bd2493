/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exits.csv.gz: every exit, one row each. It is the one large file, so it is made in pieces of a fixed number
 * of rows that several threads format and compress at once. The bytes depend on neither the number of threads
 * nor the time: each piece is compressed by itself (zlib level 1) and the gzip header has no time, no name and
 * the operating system "unknown". They may differ between versions of zlib; the content does not.
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "timeline/timeline.h"

#define EXITS_HEADER "seq,t_ns,reason,name,info1,info2,rip,cycles\n"

/* Takes the bytes in order; FALSE ends the work. */
typedef gboolean (*ExitsSink) (const void *data, gsize size, gpointer user, GError **error);

/* *sha256: of the uncompressed content, newly allocated. seq counts from 1: it is the number of exits so far. */
gboolean exits_write_gz (const Timeline *timeline, const ReasonNames *names, ExitsSink sink, gpointer user, char **sha256, GError **error);
/* The same content, not compressed. */
gboolean exits_write_csv (const Timeline *timeline, const ReasonNames *names, ExitsSink sink, gpointer user, GError **error);
