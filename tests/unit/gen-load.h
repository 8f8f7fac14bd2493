/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as the timeline that they must be. */
#pragma once
#include "unit/gen-records.h"
#include "unit/unit.h"

static inline Timeline *
load_timeline (GBytes *records)
{
  g_autoptr (GError) error = NULL;
  Timeline *t = NULL;

  timeline_load (records, &t, &error);
  assert_no_failure (error);
  return t;
}

/* What was generated so far; ends it. */
static inline Timeline *
load_generated (Gen *g)
{
  g_autoptr (GBytes) records = gen_end (g);
  return load_timeline (records);
}
