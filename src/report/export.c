/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that leaves in pieces; see export.h. */
#include "report/export.h"

#include "record/operations.h"

#define PIECE_BYTES (64u << 10)

void
export_out_init (ExportOut *out, ExitsSink sink, gpointer user)
{
  *out = (ExportOut) { sink, user, g_string_sized_new (PIECE_BYTES + 4096) };
}

void
export_out_clear (ExportOut *out)
{
  if (out->text != NULL)
    g_string_free (g_steal_pointer (&out->text), TRUE);
}

gboolean
export_out_flush (ExportOut *out, GError **error)
{
  if (out->text->len > 0 && !out->sink (out->text->str, out->text->len, out->user, error))
    return FALSE;
  g_string_truncate (out->text, 0);
  return TRUE;
}

gboolean
export_out_spill (ExportOut *out, GError **error)
{
  return out->text->len < PIECE_BYTES || export_out_flush (out, error);
}

gboolean
export_knows_operation (guint number)
{
  return number < OPERATIONS && record_operations[number].name != NULL;
}
