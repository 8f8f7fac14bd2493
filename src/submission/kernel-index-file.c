/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The index as a file: gzip of numbers as LEB128 and strings with their length. In order: the format's number; the versions'
 * names; the words' hashes, sorted, as differences; the statements' keys, four bytes each, in the order of their first use;
 * the items by name, each with its bodies: the versions, the length, and the statements as differences of their numbers.
 */
#include <gio/gio.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "submission/kernel-index-private.h"

#define FORMAT 1u
#define FILE_MAX_BYTES (64u << 20)
#define COUNT_MAX (16u << 20)
#define NAME_MAX_BYTES 4096u

/* --- writing ---------------------------------------------------------------------------------- */

static void
put (GByteArray *out, guint64 number)
{
  do
    {
      const guint8 byte = (guint8) ((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
      g_byte_array_append (out, &byte, 1);
      number >>= 7;
    }
  while (number != 0);
}

static void
put_signed (GByteArray *out, gint64 number)
{
  put (out, number < 0 ? ((guint64) -number << 1) - 1 : (guint64) number << 1);
}

static void
put_text (GByteArray *out, const char *text)
{
  put (out, strlen (text));
  g_byte_array_append (out, (const guint8 *) text, (guint) strlen (text));
}

static int
by_number (gconstpointer a, gconstpointer b)
{
  const guint32 left = *(const guint32 *) a, right = *(const guint32 *) b;
  return left < right ? -1 : left > right;
}

static void
put_words (GByteArray *out, GHashTable *words)
{
  g_autoptr (GArray) sorted = g_array_new (FALSE, FALSE, sizeof (guint32));
  GHashTableIter iter;
  gpointer word;
  g_hash_table_iter_init (&iter, words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    {
      const guint32 hash = GPOINTER_TO_UINT (word);
      g_array_append_val (sorted, hash);
    }
  g_array_sort (sorted, by_number);
  put (out, sorted->len);
  for (guint i = 0; i < sorted->len; i++)
    put (out, g_array_index (sorted, guint32, i) - (i > 0 ? g_array_index (sorted, guint32, i - 1) : 0));
}

typedef struct
{
  GHashTable *numbers; /* key -> number + 1 */
  GArray *keys;        /* of guint32 */
} Keys;

static gint64
number_of (Keys *keys, guint32 key)
{
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (keys->numbers, GUINT_TO_POINTER (key)));
  if (number == 0)
    {
      g_array_append_val (keys->keys, key);
      number = keys->keys->len;
      g_hash_table_insert (keys->numbers, GUINT_TO_POINTER (key), GUINT_TO_POINTER (number));
    }
  return number;
}

/* An element is 0, or the difference to the number before, with whether it has children, and 1. */
static void
put_body (GByteArray *out, const IndexBody *body, Keys *keys)
{
  gint64 last = 0;
  put (out, body->versions);
  put (out, body->sequence->len);
  for (guint i = 0; i < body->sequence->len; i++)
    {
      const guint64 element = g_array_index (body->sequence, guint64, i);
      if (element == 0)
        {
          put_signed (out, 0);
          continue;
        }
      const gint64 number = number_of (keys, (guint32) (element >> 1));
      const gint64 step = number - last;
      put_signed (out, step >= 0 ? (step << 1 | (gint64) (element & 1)) + 1 : -((-step << 1) | (gint64) (element & 1)));
      last = number;
    }
}

static void
put_items (GByteArray *out, GHashTable *items, Keys *keys)
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (items), (GCompareFunc) strcmp);
  put (out, g_hash_table_size (items));
  for (const GList *node = names; node != NULL; node = node->next)
    {
      const IndexItem *item = g_hash_table_lookup (items, node->data);
      put_text (out, node->data);
      put (out, item->bodies->len);
      for (guint i = 0; i < item->bodies->len; i++)
        put_body (out, g_ptr_array_index (item->bodies, i), keys);
    }
}

static GBytes *
convert (GConverter *converter, const guint8 *data, gsize size, GError **error)
{
  g_autoptr (GInputStream) from = g_memory_input_stream_new_from_data (data, (gssize) size, NULL);
  g_autoptr (GInputStream) through = g_converter_input_stream_new (from, converter);
  g_autoptr (GOutputStream) to = g_memory_output_stream_new_resizable ();
  if (g_output_stream_splice (to, through, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, error) < 0)
    return NULL;
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (to));
}

GBytes *
kernel_index_write (const KernelIndex *index, GError **error)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GByteArray) items = g_byte_array_new ();
  g_autoptr (GHashTable) numbers = g_hash_table_new (g_direct_hash, g_direct_equal);
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GConverter) gzip = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9));
  Keys keys = { numbers, list };
  put (out, FORMAT);
  put (out, index->versions->len);
  for (guint i = 0; i < index->versions->len; i++)
    put_text (out, g_ptr_array_index (index->versions, i));
  put_words (out, index->words);
  put_items (items, index->items, &keys);
  put (out, list->len);
  for (guint i = 0; i < list->len; i++)
    {
      const guint32 key = GUINT32_TO_LE (g_array_index (list, guint32, i));
      g_byte_array_append (out, (const guint8 *) &key, sizeof key);
    }
  g_byte_array_append (out, items->data, items->len);
  return convert (gzip, out->data, out->len, error);
}

/* --- reading ---------------------------------------------------------------------------------- */

typedef struct
{
  const guint8 *at, *end;
  gboolean bad;
} In;

static guint64
get (In *in)
{
  guint64 number = 0;
  for (guint shift = 0; shift < 64 && in->at < in->end; shift += 7)
    {
      const guint8 byte = *in->at++;
      number |= (guint64) (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0)
        return number;
    }
  in->bad = TRUE;
  return 0;
}

static guint
get_count (In *in)
{
  const guint64 count = get (in);
  in->bad |= count > COUNT_MAX;
  return in->bad ? 0 : (guint) count;
}

static gint64
get_signed (In *in)
{
  const guint64 number = get (in);
  return (number & 1) != 0 ? -(gint64) ((number + 1) >> 1) : (gint64) (number >> 1);
}

static char *
get_text (In *in)
{
  const guint length = get_count (in);
  if (in->bad || length > NAME_MAX_BYTES || length > (gsize) (in->end - in->at))
    {
      in->bad = TRUE;
      return g_strdup ("");
    }
  char *text = g_strndup ((const char *) in->at, length);
  in->at += length;
  return text;
}

static void
get_words (In *in, GHashTable *words)
{
  guint32 word = 0;
  for (guint left = get_count (in); left > 0 && !in->bad; left--)
    {
      word += (guint32) get (in);
      g_hash_table_add (words, GUINT_TO_POINTER (word));
    }
}

static const guint8 *
get_keys (In *in, guint *count)
{
  *count = get_count (in);
  const guint8 *keys = in->at;
  in->bad |= *count > (gsize) (in->end - in->at) / sizeof (guint32);
  in->at += in->bad ? 0 : *count * sizeof (guint32);
  return keys;
}

static guint64
get_element (In *in, const guint8 *keys, guint count, gint64 *last)
{
  const gint64 code = get_signed (in);
  if (code == 0)
    return 0;
  const guint64 step = (guint64) (code > 0 ? code - 1 : -code);
  const gint64 number = *last + (code > 0 ? (gint64) (step >> 1) : -(gint64) (step >> 1));
  guint32 key;
  if (number < 1 || number > (gint64) count)
    {
      in->bad = TRUE;
      return 0;
    }
  memcpy (&key, keys + (gsize) (number - 1) * sizeof key, sizeof key);
  *last = number;
  return ((guint64) GUINT32_FROM_LE (key) << 1) | (step & 1);
}

static void
get_body (In *in, KernelIndex *index, const char *name, const guint8 *keys, guint count)
{
  const guint64 versions = get (in);
  gint64 last = 0;
  GArray *sequence = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (guint left = get_count (in); left > 0 && !in->bad; left--)
    {
      const guint64 element = get_element (in, keys, count, &last);
      g_array_append_val (sequence, element);
    }
  in->bad |= sequence->len == 0 || g_array_index (sequence, guint64, 0) == 0;
  if (in->bad)
    g_array_unref (sequence);
  else
    kernel_index_take (index, name, sequence, versions);
}

static void
get_items (In *in, KernelIndex *index, const guint8 *keys, guint count)
{
  for (guint left = get_count (in); left > 0 && !in->bad; left--)
    {
      g_autofree char *name = get_text (in);
      for (guint bodies = get_count (in); bodies > 0 && !in->bad; bodies--)
        get_body (in, index, name, keys, count);
    }
}

KernelIndex *
kernel_index_read (const char *path, GError **error)
{
  g_autofree char *packed = NULL;
  gsize size;
  if (!files_read (path, FILE_MAX_BYTES, &packed, &size, error))
    return NULL;
  g_autoptr (GConverter) gunzip = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  g_autoptr (GBytes) bytes = convert (gunzip, (const guint8 *) packed, size, error);
  if (bytes == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }
  g_autoptr (KernelIndex) index = kernel_index_new ();
  gsize length;
  In in = { .at = g_bytes_get_data (bytes, &length) };
  guint count = 0;
  in.end = in.at + length;
  in.bad = get (&in) != FORMAT;
  for (guint left = get_count (&in); left > 0 && !in.bad; left--)
    g_ptr_array_add (index->versions, get_text (&in));
  get_words (&in, index->words);
  const guint8 *keys = get_keys (&in, &count);
  get_items (&in, index, keys, count);
  if (in.bad || in.at != in.end || index->versions->len > KERNEL_INDEX_VERSIONS_MAX)
    {
      fail (error, HARNESS_ERROR_USAGE, "%s: no index of kernels of format %u, or damaged; try: the one that this version came with", path, FORMAT);
      return NULL;
    }
  return g_steal_pointer (&index);
}
