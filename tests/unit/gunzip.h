/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The content of a gzip file in memory, by zlib, and of how many members it is made. */
#pragma once
#include "unit/unit.h"

#include <zlib.h>

static inline void
gunzip_member (z_stream *z, GString *content)
{
  static char out[1 << 16];
  int status;

  do
    {
      z->next_out = (Bytef *) out;
      z->avail_out = sizeof out;
      status = inflate (z, Z_NO_FLUSH);
      assert_true (status == Z_OK || status == Z_STREAM_END);
      g_string_append_len (content, out, (gssize) (sizeof out - z->avail_out));
    }
  while (status != Z_STREAM_END);
}

/* members may be NULL. */
static inline GString *
gunzip (GBytes *bytes, guint *members)
{
  GString *content = g_string_new (NULL);
  z_stream z = { 0 };
  gsize size;
  guint n = 0;

  z.next_in = (Bytef *) g_bytes_get_data (bytes, &size);
  z.avail_in = (uInt) size;
  assert_int_equal (inflateInit2 (&z, 31), Z_OK);
  for (; z.avail_in > 0; n++)
    {
      assert_int_equal (inflateReset (&z), Z_OK);
      gunzip_member (&z, content);
    }
  inflateEnd (&z);
  if (members != NULL)
    *members = n;
  return content;
}
