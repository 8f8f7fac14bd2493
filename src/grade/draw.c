/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The challenges' random numbers; see draw.h. */
#include "grade/draw.h"

#include <string.h>

void
draw_seed (Draw *draw, const char *secret, const char *text)
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *) secret, strlen (secret));
  guint8 digest[sizeof draw->state];
  gsize size = sizeof digest;
  g_hmac_update (hmac, (const guchar *) text, -1);
  g_hmac_get_digest (hmac, digest, &size);
  memcpy (draw->state, digest, sizeof digest);
  for (guint i = 0; i < G_N_ELEMENTS (draw->state); i++)
    draw->state[i] = GUINT64_FROM_LE (draw->state[i]);
}

static guint64
rotate (guint64 value, guint by)
{
  return value << by | value >> (64 - by);
}

guint64
draw_bits (Draw *draw)
{
  guint64 *s = draw->state;
  const guint64 result = rotate (s[1] * 5, 7) * 9;
  const guint64 t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate (s[3], 45);
  return result;
}

/* The upper bits, scaled: the bias is below 2^-32 of the range and the same everywhere. */
guint32
draw_between (Draw *draw, guint32 low, guint32 high)
{
  const guint64 range = (guint64) high - low + 1;
  return low + (guint32) (((draw_bits (draw) >> 32) * range) >> 32);
}
