/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot of a distribution that never was, as gen-records.h makes records: SeaBIOS, GRUB, a kernel, systemd and cloud-init,
 * which tell of themselves by console, marks and report. Times of the report come from the generator's clock, so that they are right.
 */
#pragma once
#include "unit/gen-records.h"

#include "record/boot-report.h"
#include "record/l2-volume.h"

/* L2's CLOCK_MONOTONIC starts so long after its first entry, its kernel log's clock so much before that. */
#define GEN_MONOTONIC_NS 40000000
#define GEN_PRINTK_NS 2000000

typedef struct {
  Gen *gen;
  GString *report;
  GString *typed;     /* bytes of the console that L1 has not read yet */
  gint64 init_ns, systemd_ns, unit_ns[8], login_ns, ready_ns; /* t_ns */
} GenBoot;

static inline gint64
gen_now_ns (const Gen *g)
{
  return (gint64) ((g->tsc - GEN_FIRST_ENTRY) * 1000000 / GEN_TSC_KHZ);
}

static inline void
gen_ready_text (Gen *g, const char *text)
{
  gen_event (g, RECORD_EVENT_L2_READY_TEXT, 0, text);
}

/* Bytes to an 8250, one OUT each. */
static inline void
gen_serial (Gen *g, guint port, const char *text, GString *typed)
{
  for (; *text != '\0'; text++)
    {
      gen_exit (g, g->isa == ISA_VMX ? 30 : 0x7b, gen_out_info (g->isa, port), 0, GEN_KERNEL_RIP + 0x1000, 3000, 9000);
      if (typed != NULL)
        g_string_append_c (typed, *text);
    }
}

/* L1 reads the console. */
static inline void
gen_read_console (Gen *g, GString *typed)
{
  gen_put (g, RECORD_CONSOLE, 0, &g->tsc, sizeof g->tsc, typed->str, typed->len);
  g_string_truncate (typed, 0);
}

static inline void
gen_some (Gen *g, guint n)
{
  while (n-- > 0)
    gen_kernel_exit (g);
}

/* BIOS and boot loader: RIPs below 1 MiB, high ones of SeaBIOS between; then the kernel's entry code above it. */
static inline void
gen_firmware (Gen *g)
{
  const guint32 io = g->isa == ISA_VMX ? 30 : 0x7b;

  for (guint i = 0; i < 300; i++)
    gen_exit (g, io, gen_out_info (g->isa, 0x70), 0, i % 10 == 0 ? 0x6ff0000 : 0xf0000 + i, 40000, 3000 + i);
  gen_mark (g, RECORD_MARK_LOADER);
  for (guint i = 0; i < 100; i++)
    gen_exit (g, io, gen_out_info (g->isa, 0x1f0), 0, i % 3 == 0 ? 0x7f000000 : 0x9000 + i, 90000, 3000 + i);
  gen_exit (g, io, gen_out_info (g->isa, 0x1f0), 0, 0x9000, 90000, 3000);
  for (guint i = 0; i < 20; i++)
    gen_exit (g, g->isa == ISA_VMX ? 10 : 0x72, 0, 0, 0x1000000 + i, 90000, 3000);
}

static inline void
gen_unit (GenBoot *b, const char *name, gint64 start_ns, gint64 active_ns)
{
  g_string_append_printf (b->report, "unit %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", name, (start_ns - GEN_MONOTONIC_NS) / 1000,
                          active_ns > 0 ? (active_ns - GEN_MONOTONIC_NS) / 1000 : 0);
}

/* Kernel to cloud-init's end; the report's lines about it are in b->report. */
static inline void
gen_linux (GenBoot *b)
{
  Gen *g = b->gen;

  gen_some (g, 400);
  gen_serial (g, 0x3f8, "Run /init\n", b->typed);
  gen_read_console (g, b->typed);
  b->init_ns = gen_now_ns (g);
  gen_some (g, 120);
  b->systemd_ns = gen_now_ns (g);
  gen_some (g, 40);
  b->unit_ns[0] = gen_now_ns (g); /* journald alone */
  gen_some (g, 60);
  b->unit_ns[1] = gen_now_ns (g); /* udevd too */
  gen_some (g, 50);
  b->unit_ns[2] = gen_now_ns (g); /* journald is active */
  gen_some (g, 30);
  b->unit_ns[3] = gen_now_ns (g); /* udevd is active: nothing starts */
  gen_some (g, 25);
  b->unit_ns[4] = gen_now_ns (g); /* cloud-init-local */
  gen_some (g, 80);
  b->unit_ns[5] = gen_now_ns (g); /* cloud-final begins, getty has begun */
  gen_serial (g, 0x3f8, "debian login: ", b->typed);
  b->login_ns = gen_now_ns (g);
  gen_serial (g, 0x3f8, "\r\n[ok]", b->typed);
  gen_some (g, 12);
  gen_read_console (g, b->typed);
  gen_some (g, 70);
  b->ready_ns = b->unit_ns[6] = gen_now_ns (g); /* cloud-final is active */
}

static inline void
gen_tell (GenBoot *b)
{
  g_string_append (b->report, "distribution debian 12\n");
  g_string_append_printf (b->report, "kernel %" G_GINT64_FORMAT " Run /init as init process\n", b->init_ns - GEN_MONOTONIC_NS - GEN_PRINTK_NS);
  g_string_append_printf (b->report, "systemd UserspaceTimestampMonotonic %" G_GINT64_FORMAT "\n", (b->systemd_ns - GEN_MONOTONIC_NS) / 1000);
  gen_unit (b, "systemd-journald.service", b->unit_ns[0], b->unit_ns[2]);
  gen_unit (b, "systemd-udevd.service", b->unit_ns[1], b->unit_ns[3]);
  gen_unit (b, "cloud-init-local.service", b->unit_ns[4], b->unit_ns[5]);
  gen_unit (b, "cloud-final.service", b->unit_ns[5], b->unit_ns[6]);
  gen_unit (b, "modprobe@fuse.service", b->unit_ns[1], 0);
  gen_unit (b, "multi-user.target", b->unit_ns[5], b->unit_ns[5]);
  g_string_append (b->report, "cloud-init done\n");
}

/* A clock mark, bracketed by `slack` on both sides. */
static inline void
gen_clock (GenBoot *b, gint64 slack_ns)
{
  gen_mark (b->gen, RECORD_MARK_CLOCK);
  const gint64 mark_ns = gen_now_ns (b->gen) - 2000 - GEN_MONOTONIC_NS; /* a mark's exit takes 4000 cycles */
  g_string_append_printf (b->report, "clock %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", mark_ns - slack_ns, mark_ns + slack_ns);
}

/* The report goes out by the second serial port and is read in two pieces; then L2 powers off. */
static inline void
gen_send_report (GenBoot *b)
{
  Gen *g = b->gen;

  for (const char *at = b->report->str; *at != '\0';)
    {
      const gsize n = MIN (strlen (at), b->report->len / 2 + 1);
      g_autofree char *piece = g_strndup (at, n);
      gen_serial (g, 0x2f8, piece, NULL);
      gen_some (g, 2);
      gen_put (g, RECORD_L2_DATA, 0, &g->tsc, sizeof g->tsc, piece, n);
      at += n;
    }
}

static inline GenBoot *
gen_boot_new (Gen *g)
{
  GenBoot *b = g_new0 (GenBoot, 1);
  b->gen = g;
  b->typed = g_string_new (NULL);
  b->report = g_string_new (BOOT_REPORT_FIRST_LINE "\n");
  return b;
}

static inline void
gen_boot_free (GenBoot *b)
{
  g_string_free (b->typed, TRUE);
  g_string_free (b->report, TRUE);
  g_free (b);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenBoot, gen_boot_free)

/* The whole boot with its report. */
static inline void
gen_distribution (GenBoot *b)
{
  Gen *g = b->gen;

  gen_ready_text (g, "login:");
  gen_firmware (g);
  gen_linux (b);
  gen_some (g, 20);
  gen_tell (b);
  gen_clock (b, 5000);
  gen_clock (b, 900);
  g_string_append_printf (b->report, "printk %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", gen_now_ns (g) - GEN_MONOTONIC_NS - 1000,
                          gen_now_ns (g) - GEN_MONOTONIC_NS - GEN_PRINTK_NS, gen_now_ns (g) - GEN_MONOTONIC_NS + 1000);
  g_string_append (b->report, "end\n");
  gen_send_report (b);
  gen_some (g, 30);
}
