/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures in sentences. */
#include "report/words.h"

#include <string.h>

#include "report/csv.h"
#include "stats/arith.h"

void
words_count (GString *out, guint64 value)
{
  char digits[20];
  const gsize n = (gsize) (csv_digits (digits, value) - digits);

  for (gsize i = 0; i < n; i++)
    {
      if (i > 0 && (n - i) % 3 == 0)
        g_string_append_c (out, ',');
      g_string_append_c (out, digits[i]);
    }
}

void
words_fixed (GString *out, guint64 value, guint digits)
{
  g_autoptr (GString) plain = g_string_new (NULL);
  guint64 unit = 1;

  for (guint i = 0; i < digits; i++)
    unit *= 10;
  csv_fixed (plain, value % unit, digits);
  words_count (out, value / unit);
  if (digits > 0)
    g_string_append (out, plain->str + 1); /* all but the 0 before the point */
}

void
words_amount (GString *out, guint64 n, const char *one, const char *many)
{
  words_count (out, n);
  g_string_append_c (out, ' ');
  g_string_append (out, n == 1 ? one : many);
}

/* Tenths: with a digit after the point if there are less than 100 of them. */
static void
put_tenths (GString *out, guint64 num, guint64 scale, guint64 den)
{
  const guint64 tenths = arith_ratio (num, 10 * scale, den);

  if (tenths < 100)
    words_fixed (out, tenths, 1);
  else
    words_count (out, arith_ratio (num, scale, den));
}

void
words_percent (GString *out, guint64 part, guint64 whole)
{
  if (part == 0 || whole == 0)
    g_string_append_c (out, '0');
  else if (part < whole && arith_ratio (part, 100, whole) == 100)
    g_string_append (out, "more than 99");
  else if (arith_ratio (part, 1000, whole) == 0)
    g_string_append (out, "less than 0.1");
  else
    put_tenths (out, part, 100, whole);
  g_string_append (out, " %");
}

void
words_seconds (GString *out, gint64 ns)
{
  const guint64 span = ns > 0 ? (guint64) ns : 0;

  if (span > 0 && span < 1000000)
    {
      words_fixed (out, arith_ratio (span, 1, 100), 1);
      g_string_append (out, " µs");
      return;
    }
  words_fixed (out, arith_ratio (span, 1, 1000000), 3);
  g_string_append (out, " s");
}

void
words_factor (GString *out, guint64 num, guint64 den)
{
  put_tenths (out, num, 1, den);
}

void
words_rate (GString *out, guint64 milli)
{
  if (milli == 0)
    {
      g_string_append (out, "no exits");
      return;
    }
  if (milli < 50)
    g_string_append (out, "less than 0.1");
  else
    put_tenths (out, milli, 1, 1000);
  g_string_append (out, " exits/s");
}

static const struct {
  const char *kind, *meaning;
} meanings[] = {
  { "cpuid", "CPUID instructions" },
  { "cr", "control registers" },
  { "dr", "debug registers" },
  { "exception", "exceptions of the guest" },
  { "hlt", "the guest halts" },
  { "interrupt", "interrupts of the host" },
  { "interrupt-window", "the guest can take an interrupt again" },
  { "io-acpi", "ports of power management" },
  { "io-clock", "ports of the clock and CMOS memory" },
  { "io-debug", "ports of debug consoles" },
  { "io-dma", "ports of the DMA controllers" },
  { "io-fw-cfg", "ports of QEMU's firmware configuration" },
  { "io-ide", "ports of the IDE disks" },
  { "io-keyboard", "ports of the keyboard controller" },
  { "io-marks", "the lab's own marks" },
  { "io-parallel", "parallel ports" },
  { "io-pci", "ports of PCI configuration" },
  { "io-pic", "ports of the interrupt controllers" },
  { "io-post", "port 0x80: POST codes and delays" },
  { "io-reset", "ports that reset the machine" },
  { "io-serial", "serial ports" },
  { "io-timer", "ports of the interval timer" },
  { "io-vga", "ports of the display" },
  { "io-virtio", "ports of virtio devices" },
  { "memory", "EPT/NPT violations" },
  { "mmio", "devices in memory" },
  { "msr", "model-specific registers" },
  { "smi", "system management mode" },
  { "wbinvd", "write-backs of the caches" },
};

void
words_kind (GString *out, const char *kind)
{
  g_string_append (out, kind);
  for (guint i = 0; i < G_N_ELEMENTS (meanings); i++)
    if (strcmp (meanings[i].kind, kind) == 0)
      g_string_append_printf (out, " (%s)", meanings[i].meaning);
}
