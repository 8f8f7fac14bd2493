/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the two instruction sets. */
#include "base/isa.h"

static const char *const names[] = { [ISA_VMX] = "vmx", [ISA_SVM] = "svm" };

const char *
isa_name (Isa isa)
{
  g_return_val_if_fail ((guint) isa < G_N_ELEMENTS (names), "?");
  return names[isa];
}

gboolean
isa_parse (const char *name, Isa *isa)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (g_strcmp0 (name, names[i]) == 0)
        {
          *isa = (Isa) i;
          return TRUE;
        }
    }
  return FALSE;
}
