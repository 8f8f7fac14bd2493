/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers that are the same everywhere: xoshiro256** (Blackman and Vigna, 2018), its state an HMAC-SHA-256. */
#pragma once
#include <glib.h>

typedef struct {
  guint64 state[4];
} Draw;
/* Who does not know the secret cannot foresee them; who does can repeat them. */
void draw_seed (Draw *draw, const char *secret, const char *text);
guint64 draw_bits (Draw *draw);
/* low…high, both included. */
guint32 draw_between (Draw *draw, guint32 low, guint32 high);
