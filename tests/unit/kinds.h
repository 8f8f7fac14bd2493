/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The committed names and kinds of each ISA, loaded once and kept. */
#pragma once
#include "unit/unit.h"

#include "config/config.h"

static inline const ReasonNames *
committed_names (Isa isa)
{
  static ReasonNames *names[2];
  g_autofree char *path = g_strdup_printf ("configs/reasons/%s.csv", isa_name (isa));
  g_autoptr (GError) error = NULL;

  if (names[isa] == NULL && !reason_names_load (path, &names[isa], &error))
    fail_msg ("%s", error->message);
  return names[isa];
}

static inline const ExitKinds *
committed_kinds (Isa isa)
{
  static ExitKinds *kinds[2];
  g_autoptr (GError) error = NULL;

  if (kinds[isa] == NULL && !exit_kinds_load ("configs/reasons/ports.csv", isa, committed_names (isa), &kinds[isa], &error))
    fail_msg ("%s", error->message);
  return kinds[isa];
}

/* The number of a kind by its name. */
static inline guint
kind_number (const ExitKinds *kinds, const char *name)
{
  for (guint i = 0; i < exit_kinds_count (kinds); i++)
    if (strcmp (exit_kind_name (kinds, i), name) == 0)
      return i;
  fail_msg ("there is no kind %s", name);
  return 0;
}
