/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows, pieces, and the gzip stream that they make: RFC 1952 around RFC 1951 blocks. */
#include "report/exits.h"

#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "report/csv.h"
#include "timeline/cursor.h"

#define PIECE_ROWS 8192u
#define NUMBER_MAX 21u /* 20 digits and a comma */
#define LEVEL 1
#define THREADS_MAX 8u
#define IN_FLIGHT 4u /* pieces a thread */

/* ",48,EPT_VIOLATION," for each reason */
typedef struct {
  GString *text[TIMELINE_REASONS];
  gsize longest;
} Labels;

typedef struct {
  guint64 seq; /* of the first row */
  guint n;
  const struct kvm_exit_log_record *exits[PIECE_ROWS];
} PieceRows;

/* A piece goes through the pool once; `done` wakes whoever waits for it. */
typedef struct {
  const Timeline *timeline;
  const Labels *labels;
  PieceRows rows;
  gboolean done, failed;
  char *content; /* uncompressed */
  gsize content_size;
  GByteArray *packed;
  uLong crc;
} Piece;

typedef struct {
  GMutex lock;
  GCond ended;
  GThreadPool *pool;
  GQueue pieces; /* of Piece, in order; the first is the oldest */
  Labels labels;
} Work;

static void
piece_free (gpointer data)
{
  Piece *piece = data;
  g_free (piece->content);
  if (piece->packed != NULL)
    g_byte_array_unref (piece->packed);
  g_free (piece);
}

static void
labels_fill (Labels *labels, const Timeline *t, const ReasonNames *names)
{
  for (guint i = 0; i < TIMELINE_REASONS; i++)
    if (t->reason_exits[i] > 0)
      {
        GString *text = labels->text[i] = g_string_new (",");
        csv_unsigned (text, t->reason_codes[i]);
        g_string_append_c (text, ',');
        csv_text (text, reason_name (names, t->reason_codes[i]));
        g_string_append_c (text, ',');
        labels->longest = MAX (labels->longest, text->len);
      }
}

static char *
put_row (char *at, const Piece *piece, guint i)
{
  const struct kvm_exit_log_record *exit = piece->rows.exits[i];
  const GString *label = piece->labels->text[timeline_reason (piece->timeline, exit->reason)];

  at = csv_digits (at, piece->rows.seq + i);
  *at++ = ',';
  at = csv_digits (at, (guint64) timeline_ns (piece->timeline, exit->tsc));
  memcpy (at, label->str, label->len);
  at = csv_digits (at + label->len, exit->info1);
  *at++ = ',';
  at = csv_digits (at, exit->info2);
  *at++ = ',';
  at = csv_digits (at, exit->rip);
  *at++ = ',';
  at = csv_digits (at, exit->cycles);
  *at++ = '\n';
  return at;
}

static void
format_piece (Piece *piece)
{
  const gboolean first = piece->rows.seq == 1;

  piece->content = g_malloc (strlen (EXITS_HEADER) + piece->rows.n * (6 * NUMBER_MAX + piece->labels->longest));
  char *at = first ? g_stpcpy (piece->content, EXITS_HEADER) : piece->content;
  for (guint i = 0; i < piece->rows.n; i++)
    at = put_row (at, piece, i);
  piece->content_size = (gsize) (at - piece->content);
  piece->crc = crc32 (0, (const Bytef *) piece->content, (uInt) piece->content_size);
}

/* Whole bytes, and nothing in it refers to the piece before: Z_FULL_FLUSH. */
static gboolean
compress_piece (Piece *piece)
{
  z_stream z = { 0 };
  gboolean ok;

  if (deflateInit2 (&z, LEVEL, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
    return FALSE;
  const uLong bound = deflateBound (&z, (uLong) piece->content_size) + 16;
  piece->packed = g_byte_array_sized_new ((guint) bound);
  g_byte_array_set_size (piece->packed, (guint) bound);
  z.next_in = (Bytef *) piece->content;
  z.avail_in = (uInt) piece->content_size;
  z.next_out = piece->packed->data;
  z.avail_out = (uInt) bound;
  ok = deflate (&z, Z_FULL_FLUSH) == Z_OK && z.avail_in == 0 && z.avail_out > 0;
  g_byte_array_set_size (piece->packed, (guint) (bound - z.avail_out));
  deflateEnd (&z);
  return ok;
}

static void
run_piece (gpointer data, gpointer user)
{
  Piece *piece = data;
  Work *work = user;

  format_piece (piece);
  const gboolean ok = compress_piece (piece);
  g_mutex_lock (&work->lock);
  piece->failed = !ok;
  piece->done = TRUE;
  g_cond_broadcast (&work->ended);
  g_mutex_unlock (&work->lock);
}

static void
labels_clear (Labels *labels)
{
  for (guint i = 0; i < TIMELINE_REASONS; i++)
    if (labels->text[i] != NULL)
      g_string_free (labels->text[i], TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Labels, labels_clear)

static void
work_free (Work *work)
{
  if (work->pool != NULL)
    g_thread_pool_free (work->pool, FALSE, TRUE);
  g_queue_clear_full (&work->pieces, piece_free);
  labels_clear (&work->labels);
  g_mutex_clear (&work->lock);
  g_cond_clear (&work->ended);
  g_free (work);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Work, work_free)

static Work *
work_new (const Timeline *t, const ReasonNames *names, guint threads, GError **error)
{
  g_autoptr (Work) work = g_new0 (Work, 1);

  g_mutex_init (&work->lock);
  g_cond_init (&work->ended);
  g_queue_init (&work->pieces);
  labels_fill (&work->labels, t, names);
  work->pool = g_thread_pool_new (run_piece, work, (gint) threads, TRUE, error);
  return work->pool != NULL ? g_steal_pointer (&work) : NULL;
}

/* The next rows, or none at the end. */
static Piece *
next_piece (const Labels *labels, const Timeline *t, ExitCursor *cursor, guint64 seq)
{
  Piece *piece = g_new (Piece, 1);
  PieceRows *rows = &piece->rows;

  memset (piece, 0, offsetof (Piece, rows));
  rows->seq = seq;
  for (rows->n = 0; rows->n < PIECE_ROWS && (rows->exits[rows->n] = exit_cursor_next (cursor, NULL)) != NULL; rows->n++)
    continue;
  if (rows->n == 0)
    {
      g_free (piece);
      return NULL;
    }
  piece->timeline = t;
  piece->labels = labels;
  piece->done = piece->failed = FALSE;
  piece->content = NULL;
  piece->packed = NULL;
  return piece;
}

static Piece *
wait_oldest (Work *work)
{
  Piece *piece = g_queue_pop_head (&work->pieces);

  g_mutex_lock (&work->lock);
  while (!piece->done)
    g_cond_wait (&work->ended, &work->lock);
  g_mutex_unlock (&work->lock);
  return piece;
}

typedef struct {
  GChecksum *sha256;
  uLong crc;
  guint64 size;
} Totals;

static gboolean
emit_oldest (Work *work, Totals *totals, ExitsSink sink, gpointer user, GError **error)
{
  Piece *piece = wait_oldest (work);
  gboolean ok = !piece->failed;

  if (!ok)
    fail (error, HARNESS_ERROR_FAILED, "exits.csv.gz: zlib failed");
  else
    {
      g_checksum_update (totals->sha256, (const guchar *) piece->content, (gssize) piece->content_size);
      totals->crc = crc32_combine (totals->crc, piece->crc, (z_off_t) piece->content_size);
      totals->size += piece->content_size;
      ok = sink (piece->packed->data, piece->packed->len, user, error);
    }
  piece_free (piece);
  return ok;
}

/* Keeps the threads busy and the memory bounded: so many pieces under way, the oldest is waited for. */
static gboolean
pump (Work *work, const Timeline *t, guint threads, Totals *totals, ExitsSink sink, gpointer user, GError **error)
{
  ExitCursor cursor;
  guint64 seq = 1;
  Piece *piece;

  exit_cursor_init (&cursor, t);
  while ((piece = next_piece (&work->labels, t, &cursor, seq)) != NULL)
    {
      seq += piece->rows.n;
      g_queue_push_tail (&work->pieces, piece);
      if (!g_thread_pool_push (work->pool, piece, error))
        return FALSE;
      if (work->pieces.length >= threads * IN_FLIGHT && !emit_oldest (work, totals, sink, user, error))
        return FALSE;
    }
  while (work->pieces.length > 0)
    if (!emit_oldest (work, totals, sink, user, error))
      return FALSE;
  return TRUE;
}

/* An empty last block, then CRC-32 and size. */
static gboolean
emit_trailer (const Totals *totals, ExitsSink sink, gpointer user, GError **error)
{
  const guint32 crc = GUINT32_TO_LE ((guint32) totals->crc), size = GUINT32_TO_LE ((guint32) totals->size);
  guint8 trailer[10] = { 0x03, 0x00 };

  memcpy (trailer + 2, &crc, 4);
  memcpy (trailer + 6, &size, 4);
  return sink (trailer, sizeof trailer, user, error);
}

gboolean
exits_write_gz (const Timeline *t, const ReasonNames *names, ExitsSink sink, gpointer user, char **sha256, GError **error)
{
  /* magic, deflate, no flags, no time, fastest, operating system unknown */
  static const guint8 header[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255 };
  const guint threads = CLAMP (g_get_num_processors (), 1, THREADS_MAX);
  g_autoptr (Work) work = work_new (t, names, threads, error);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  Totals totals = { sum, crc32 (0, NULL, 0), 0 };

  if (work == NULL || !sink (header, sizeof header, user, error))
    return FALSE;
  if (!pump (work, t, threads, &totals, sink, user, error) || !emit_trailer (&totals, sink, user, error))
    return FALSE;
  *sha256 = g_strdup (g_checksum_get_string (sum));
  return TRUE;
}

gboolean
exits_write_csv (const Timeline *t, const ReasonNames *names, ExitsSink sink, gpointer user, GError **error)
{
  g_auto (Labels) labels = { 0 };
  ExitCursor cursor;
  gboolean ok = t->exits > 0 || sink (EXITS_HEADER, strlen (EXITS_HEADER), user, error);
  Piece *piece;

  labels_fill (&labels, t, names);
  exit_cursor_init (&cursor, t);
  for (guint64 seq = 1; ok && (piece = next_piece (&labels, t, &cursor, seq)) != NULL; piece_free (piece))
    {
      format_piece (piece);
      ok = sink (piece->content, piece->content_size, user, error);
      seq += piece->rows.n;
    }
  return ok;
}
