/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that leaves in pieces; see export.h. */
#include "report/export.h"

#include "record/operations.h"

#define PIECE_BYTES (64u << 10)
#define VMX_IO_INSTRUCTION 30u
#define SVM_IOIO 0x7bu

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

/* SDM volume 3, table 28-5, and APM volume 2, section 15.10.2: the port stands in bits 31:16 of both. */
gboolean
export_exit_port (Isa isa, const struct kvm_exit_log_record *exit, guint *port)
{
  if (exit->reason != (isa == ISA_VMX ? VMX_IO_INSTRUCTION : SVM_IOIO))
    return FALSE;
  *port = (guint) (exit->info1 >> 16 & 0xffff);
  return TRUE;
}

gboolean
export_knows_operation (guint number)
{
  return number < OPERATIONS && record_operations[number].name != NULL;
}
