/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the exporters share: a small run of two vCPUs with all that a text can do wrong, and a sink. */
#pragma once
#include "unit/gen-load.h"
#include "unit/kinds.h"

#include "report/export.h"

/* A string with all that wants escaping, and a byte that is no UTF-8. */
#define HOSTILE "a\"b\\c\nd\xff\x1b[0m</script>"

static gboolean
collect (const void *data, gsize size, gpointer user, GError **error)
{
  (void) error;
  g_string_append_len (user, data, (gssize) size);
  return TRUE;
}

/* Takes so many bytes and no more. */
static gboolean G_GNUC_UNUSED
full_disk (const void *data, gsize size, gpointer user, GError **error)
{
  gsize *room = user;
  (void) data;
  if (size > *room)
    return (fail) (error, HARNESS_ERROR_FAILED, "no space left");
  *room -= size;
  return TRUE;
}

static inline void
flag_last (Gen *g, guint v, guint32 flags)
{
  g->vcpus[v].batch[g->vcpus[v].batched - 1].flags = flags;
}

/*
 * Eight exits on two vCPUs, 2 GHz: EPT violations, I/O that returns to user space, an interrupt, a failed entry, a reason
 * that no manual has, and half a second of nothing, which is beyond what 27 bits of nanoseconds tell.
 */
static Timeline *
small_run (Isa isa)
{
  g_autoptr (Gen) g = gen_new (isa, 2);
  const gboolean vmx = isa == ISA_VMX;

  gen_console (g, "SeaBIOS\r\n");
  gen_exit_on (g, 0, vmx ? 48 : 0x400, 0x184, 0xfffffff0, 0xfff0, 177041, 3842);
  gen_exit_on (g, 0, vmx ? 30 : 0x7b, gen_out_info (isa, 0x3f8), 0, 0xec16, 10000, 1164);
  flag_last (g, 0, KVM_EXIT_LOG_F_TO_USER);
  gen_exit_on (g, 1, vmx ? 1 : 0x60, 0, 0x8000020b800000ecu, GEN_KERNEL_RIP + 1, 1, 1);
  gen_console (g, HOSTILE);
  gen_exit_on (g, 1, vmx ? 33 : 0xffffffff, 0, 0, G_MAXUINT64, 3000, 0);
  flag_last (g, 1, KVM_EXIT_LOG_F_FAILED_ENTRY);
  gen_exit_on (g, 0, vmx ? 49 : 0x64, 1, 0x1000, GEN_KERNEL_RIP, 1000000000, 2000);
  gen_exit_on (g, 0, 0x12345, 7, 8, 9, 20, 2);
  gen_exit_on (g, 1, vmx ? 10 : 0x72, 0, 0, 0x401000, 25000000, 2400);
  gen_exit_on (g, 0, vmx ? 10 : 0x72, 0, 0, 0x401002, 1000, 2200);
  return load_generated (g);
}
