/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns of exits; see html-pack.h. */
#include "report/html-pack.h"

#include <string.h>
#include <zlib.h>

#include "timeline/cursor.h"

#define LEVEL 9
#define NO_REASON G_MAXUINT

enum { REASON, TIME_LOW, TIME_HIGH, CYCLES_LOW, CYCLES_HIGH, RIP_VALUES, RIP, INFO_VALUES, INFO, COLUMNS };

typedef struct {
  GByteArray *columns[COLUMNS];
  GHashTable *rips, *infos;       /* guint64 * -> its number */
  guint reasons[TIMELINE_REASONS * EXIT_KINDS_MAX]; /* by reason and kind: number in the order of first occurrence */
  guint n_reasons;
  GByteArray *reason_table;
} Pack;

static void
pack_free (Pack *pack)
{
  for (guint i = 0; i < COLUMNS; i++)
    g_byte_array_unref (pack->columns[i]);
  g_hash_table_unref (pack->rips);
  g_hash_table_unref (pack->infos);
  g_byte_array_unref (pack->reason_table);
  g_free (pack);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pack, pack_free)

static Pack *
pack_new (void)
{
  Pack *pack = g_new0 (Pack, 1);

  for (guint i = 0; i < COLUMNS; i++)
    pack->columns[i] = g_byte_array_new ();
  for (guint i = 0; i < G_N_ELEMENTS (pack->reasons); i++)
    pack->reasons[i] = NO_REASON;
  pack->rips = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  pack->infos = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  pack->reason_table = g_byte_array_new ();
  return pack;
}

static void
put_varint (GByteArray *out, guint64 value)
{
  guint8 bytes[10];
  guint n = 0;

  for (; value >= 0x80; value >>= 7)
    bytes[n++] = (guint8) (value | 0x80);
  bytes[n++] = (guint8) value;
  g_byte_array_append (out, bytes, n);
}

static void
put_u32 (GByteArray *out, guint32 value)
{
  const guint32 le = GUINT32_TO_LE (value);
  g_byte_array_append (out, (const guint8 *) &le, sizeof le);
}

static void
put_u64 (GByteArray *out, guint64 value)
{
  const guint64 le = GUINT64_TO_LE (value);
  g_byte_array_append (out, (const guint8 *) &le, sizeof le);
}

static void
put_bytes (GByteArray *out, const void *data, gsize size)
{
  put_u32 (out, (guint32) size);
  g_byte_array_append (out, data, (guint) size);
}

/* Low bytes are noise and the rest is mostly zero: apart, both deflate better. */
static void
put_split (Pack *pack, guint low, guint64 value)
{
  const guint8 byte = (guint8) value;
  g_byte_array_append (pack->columns[low], &byte, 1);
  put_varint (pack->columns[low + 1], value >> 8);
}

static void
put_known (Pack *pack, GHashTable *known, guint values, guint64 value)
{
  gpointer number;

  if (g_hash_table_lookup_extended (known, &value, NULL, &number))
    {
      put_varint (pack->columns[values + 1], (guint64) GPOINTER_TO_UINT (number) + 1);
      return;
    }
  g_hash_table_insert (known, g_memdup2 (&value, sizeof value), GUINT_TO_POINTER (g_hash_table_size (known)));
  put_u64 (pack->columns[values], value);
  put_varint (pack->columns[values + 1], 0);
}

static guint
reason_number (Pack *pack, const Timeline *t, const ReasonNames *names, const ExitKinds *kinds, const struct kvm_exit_log_record *exit)
{
  const guint32 code = exit->reason;
  const guint kind_number = exit_kind (kinds, code, exit->info1);
  const guint index = timeline_reason (t, code) * EXIT_KINDS_MAX + kind_number;

  if (pack->reasons[index] == NO_REASON)
    {
      const char *name = reason_name (names, code), *kind = exit_kind_name (kinds, kind_number);
      pack->reasons[index] = pack->n_reasons++;
      put_u32 (pack->reason_table, code);
      put_bytes (pack->reason_table, name, strlen (name));
      put_bytes (pack->reason_table, kind, strlen (kind));
    }
  return pack->reasons[index];
}

/* What divides all differences of time between the first exits; 1 if there are none. */
static guint64
time_unit (const Timeline *t, guint64 n)
{
  ExitCursor cursor;
  gint64 before = 0;
  guint64 unit = 0;

  exit_cursor_init (&cursor, t);
  for (guint64 i = 0; i < n; i++)
    {
      const gint64 now = timeline_ns (t, exit_cursor_next (&cursor, NULL)->tsc);
      guint64 rest = i > 0 ? (guint64) (now - before) : 0;
      while (rest != 0)
        {
          const guint64 remainder = unit % rest;
          unit = rest;
          rest = remainder;
        }
      before = now;
    }
  return MAX (unit, 1);
}

/* Returns the time of the first exit. */
static gint64
fill (Pack *pack, const Timeline *t, const ReasonNames *names, const ExitKinds *kinds, guint64 n, guint64 unit)
{
  ExitCursor cursor;
  gint64 base = 0, before = 0;

  exit_cursor_init (&cursor, t);
  for (guint64 i = 0; i < n; i++)
    {
      const struct kvm_exit_log_record *exit = exit_cursor_next (&cursor, NULL);
      const gint64 now = timeline_ns (t, exit->tsc);
      if (i == 0)
        base = before = now;
      put_varint (pack->columns[REASON], reason_number (pack, t, names, kinds, exit));
      put_split (pack, TIME_LOW, (guint64) (now - before) / unit);
      put_split (pack, CYCLES_LOW, exit->cycles);
      put_known (pack, pack->rips, RIP_VALUES, exit->rip);
      put_known (pack, pack->infos, INFO_VALUES, exit->info1);
      before = now;
    }
  return base;
}

/* Cannot fail but for want of memory, which ends a program of GLib's everywhere. */
static GBytes *
deflated (const GByteArray *plain)
{
  uLongf size = compressBound (plain->len);
  g_autofree guint8 *out = g_malloc (size);
  const int status = compress2 (out, &size, plain->data, plain->len, LEVEL);

  g_assert (status == Z_OK);
  return g_bytes_new (out, size);
}

void
html_pack_exits (const Timeline *timeline, const ReasonNames *names, const ExitKinds *kinds, guint64 max_exits, GBytes **packed, guint64 *n)
{
  const guint64 count = MIN (MIN (timeline->exits, max_exits), HTML_PACK_MAX);
  const guint64 unit = time_unit (timeline, count);
  g_autoptr (Pack) pack = pack_new ();
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  const gint64 base = fill (pack, timeline, names, kinds, count, unit);

  g_byte_array_append (plain, (const guint8 *) "HXP1", 4);
  put_u32 (plain, (guint32) count);
  put_u32 (plain, pack->n_reasons);
  put_u64 (plain, unit);
  put_u64 (plain, (guint64) base);
  g_byte_array_append (plain, pack->reason_table->data, pack->reason_table->len);
  for (guint i = 0; i < COLUMNS; i++)
    put_bytes (plain, pack->columns[i]->data, pack->columns[i]->len);
  *packed = deflated (plain);
  *n = count;
}
