/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows, pieces, and the gzip members that they make (RFC 1952). Pieces are used again and again: their pages stay. */
#include "report/exits.h"

#include <libdeflate.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "report/csv.h"
#include "timeline/cursor.h"

#define NUMBER_MAX 21u /* 20 digits and a comma */
#define LEVEL 1
#define THREADS_MAX 8u
#define IN_FLIGHT 3u /* pieces a thread */

#define STEP 16u

/* ",48,EPT_VIOLATION," for each reason, followed by as many bytes as make it a multiple of STEP */
typedef struct {
  char *text;
  gsize length;
} Label;

typedef struct {
  Label of[TIMELINE_REASONS];
  gsize longest; /* of the multiples */
} Labels;

typedef struct {
  guint64 seq; /* of the first row */
  guint n;
  const struct kvm_exit_log_record *exits[EXITS_PIECE_ROWS];
} PieceRows;

/* A piece goes through the pool when it has rows. */
typedef struct {
  const Timeline *timeline;
  const Labels *labels;
  struct libdeflate_compressor *deflate;
  gboolean done;
  gsize content_size, packed_size, packed_room;
  char *content; /* uncompressed */
  guint8 *packed;
  PieceRows rows;
} Piece;

typedef struct {
  GMutex lock;
  GCond ended; /* a piece is done */
  GThreadPool *pool;
  GQueue pieces; /* of Piece, under way, in order; the first is the oldest */
  GQueue idle;   /* of Piece */
  Labels labels;
} Work;

static void
piece_free (gpointer data)
{
  Piece *piece = data;
  libdeflate_free_compressor (piece->deflate);
  g_free (piece->content);
  g_free (piece->packed);
  g_free (piece);
}

/* With room for the longest rows, of which only what rows really take is ever touched. */
static Piece *
piece_new (const Timeline *t, const Labels *labels)
{
  const gsize room = strlen (EXITS_HEADER) + EXITS_PIECE_ROWS * (6 * NUMBER_MAX + labels->longest);
  Piece *piece = g_new (Piece, 1);

  piece->timeline = t;
  piece->labels = labels;
  piece->deflate = libdeflate_alloc_compressor (LEVEL);
  if (piece->deflate == NULL)
    g_error ("libdeflate: out of memory");
  piece->packed_room = libdeflate_gzip_compress_bound (piece->deflate, room);
  piece->content = g_malloc (room);
  piece->packed = g_malloc (piece->packed_room);
  return piece;
}

static void
labels_fill (Labels *labels, const Timeline *t, const ReasonNames *names)
{
  for (guint i = 0; i < TIMELINE_REASONS; i++)
    if (t->reason_exits[i] > 0)
      {
        g_autoptr (GString) text = g_string_new (",");
        csv_unsigned (text, t->reason_codes[i]);
        g_string_append_c (text, ',');
        csv_text (text, reason_name (names, t->reason_codes[i]));
        g_string_append_c (text, ',');
        const gsize length = text->len;
        while (text->len % STEP != 0)
          g_string_append_c (text, ' ');
        labels->longest = MAX (labels->longest, text->len);
        labels->of[i] = (Label) { g_string_free (g_steal_pointer (&text), FALSE), length };
      }
}

static inline char *
put_label (char *at, const Label *label)
{
  for (gsize i = 0; i < label->length; i += STEP)
    memcpy (at + i, label->text + i, STEP);
  return at + label->length;
}

static char *
put_row (char *at, const Piece *piece, guint i)
{
  const struct kvm_exit_log_record *exit = piece->rows.exits[i];
  const Label *label = &piece->labels->of[timeline_reason (piece->timeline, exit->reason)];

  at = csv_digits (at, piece->rows.seq + i);
  *at++ = ',';
  at = csv_digits (at, (guint64) timeline_ns (piece->timeline, exit->tsc));
  at = put_label (at, label);
  at = csv_digits (at, exit->info1);
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
  char *at = piece->rows.seq == 1 ? g_stpcpy (piece->content, EXITS_HEADER) : piece->content;

  for (guint i = 0; i < piece->rows.n; i++)
    at = put_row (at, piece, i);
  piece->content_size = (gsize) (at - piece->content);
}

static void
run_piece (gpointer data, gpointer user)
{
  Piece *piece = data;
  Work *work = user;

  format_piece (piece);
  piece->packed_size = libdeflate_gzip_compress (piece->deflate, piece->content, piece->content_size, piece->packed, piece->packed_room);
  g_mutex_lock (&work->lock);
  piece->done = TRUE;
  g_cond_signal (&work->ended);
  g_mutex_unlock (&work->lock);
}

static void
labels_clear (Labels *labels)
{
  for (guint i = 0; i < TIMELINE_REASONS; i++)
    g_free (labels->of[i].text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Labels, labels_clear)

static void
work_free (Work *work)
{
  if (work->pool != NULL)
    g_thread_pool_free (work->pool, FALSE, TRUE);
  g_queue_clear_full (&work->pieces, piece_free);
  g_queue_clear_full (&work->idle, piece_free);
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
  g_queue_init (&work->idle);
  labels_fill (&work->labels, t, names);
  work->pool = g_thread_pool_new (run_piece, work, (gint) threads, TRUE, error);
  return work->pool != NULL ? g_steal_pointer (&work) : NULL;
}

static void
take_rows (Piece *piece, ExitCursor *cursor, guint64 seq)
{
  PieceRows *rows = &piece->rows;

  rows->seq = seq;
  for (rows->n = 0; rows->n < EXITS_PIECE_ROWS && (rows->exits[rows->n] = exit_cursor_next (cursor, NULL)) != NULL; rows->n++)
    continue;
}

/* The next rows, or none at the end: the header alone is a piece too. */
static Piece *
next_piece (Work *work, ExitCursor *cursor, guint64 seq)
{
  Piece *piece = work->idle.length > 0 ? g_queue_pop_head (&work->idle) : piece_new (cursor->timeline, &work->labels);

  piece->done = FALSE;
  take_rows (piece, cursor, seq);
  if (piece->rows.n > 0 || seq == 1)
    return piece;
  piece_free (piece);
  return NULL;
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
  Hash *sha256; /* of the content */
  ExitsSink sink;
  gpointer user;
} Output;

static gboolean
emit_oldest (Work *work, const Output *out, GError **error)
{
  Piece *piece = wait_oldest (work);
  gboolean ok = piece->packed_size > 0;

  if (!ok)
    fail (error, HARNESS_ERROR_FAILED, "exits.csv.gz: libdeflate failed");
  hash_add (out->sha256, piece->content, piece->content_size);
  ok = ok && out->sink (piece->packed, piece->packed_size, out->user, error);
  g_queue_push_head (&work->idle, piece);
  return ok;
}

/* Keeps the threads busy and the memory bounded: so many pieces under way, the oldest is waited for. */
static gboolean
pump (Work *work, const Timeline *t, guint threads, const Output *out, GError **error)
{
  ExitCursor cursor;
  guint64 seq = 1;
  Piece *piece;

  exit_cursor_init (&cursor, t);
  while ((piece = next_piece (work, &cursor, seq)) != NULL)
    {
      const guint n = piece->rows.n;
      seq += n;
      g_queue_push_tail (&work->pieces, piece);
      if (!g_thread_pool_push (work->pool, piece, error))
        return FALSE;
      if (work->pieces.length >= threads * IN_FLIGHT && !emit_oldest (work, out, error))
        return FALSE;
      if (n < EXITS_PIECE_ROWS)
        break;
    }
  while (work->pieces.length > 0)
    if (!emit_oldest (work, out, error))
      return FALSE;
  return TRUE;
}

gboolean
exits_write_gz (const Timeline *t, const ReasonNames *names, ExitsSink sink, gpointer user, char **sha256, GError **error)
{
  const guint threads = CLAMP (g_get_num_processors (), 1, THREADS_MAX);
  g_autoptr (Work) work = work_new (t, names, threads, error);
  g_autoptr (Hash) hash = hash_new ();
  const Output out = { hash, sink, user };

  if (work == NULL || !pump (work, t, threads, &out, error))
    return FALSE;
  *sha256 = hash_end (hash);
  return TRUE;
}

gboolean
exits_write_csv (const Timeline *t, const ReasonNames *names, ExitsSink sink, gpointer user, GError **error)
{
  g_auto (Labels) labels = { 0 };
  ExitCursor cursor;
  gboolean ok = TRUE;

  labels_fill (&labels, t, names);
  exit_cursor_init (&cursor, t);
  Piece *piece = piece_new (t, &labels);
  for (guint64 seq = 1; ok && seq <= MAX (t->exits, 1); seq += piece->rows.n)
    {
      take_rows (piece, &cursor, seq);
      format_piece (piece);
      ok = sink (piece->content, piece->content_size, user, error);
      if (piece->rows.n == 0)
        break;
    }
  piece_free (piece);
  return ok;
}
