/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers to an assignment, made up: what everybody must write, and what each writes in their own way. */
#pragma once
#include "unit/unit.h"

/* The lines as a diff that adds them. */
static inline char *
answer_diff (const char *lines)
{
  g_auto (GStrv) all = g_strsplit (lines, "\n", -1);
  const guint n = g_strv_length (all);
  GString *out = g_string_new ("--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n");

  g_string_append_printf (out, "@@ -10,1 +10,%u @@\n #include \"cpuid.h\"\n", n + 1);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (out, "+%s\n", all[i]);
  return g_string_free (out, FALSE);
}

/* Names and reading of the totals, which the assignment prescribes but for names. */
static inline void
answer_obligatory (GString *out, const char *exits, const char *cycles)
{
  g_string_append_printf (out, "atomic64_t %s = ATOMIC64_INIT(0);\natomic64_t %s = ATOMIC64_INIT(0);\nEXPORT_SYMBOL(%s);\nEXPORT_SYMBOL(%s);\n", exits, cycles, exits, cycles);
  g_string_append_printf (out, "\tif (eax == 0x4fffffff) {\n\t\teax = atomic64_read(&%s);\n\t} else if (eax == 0x4ffffffe) {\n", exits);
  g_string_append_printf (out, "\t\tebx = (atomic64_read(&%s) >> 32);\n\t\tecx = (atomic64_read(&%s) & 0xffffffff);\n\t} else {\n", cycles, cycles);
  g_string_append (out, "\t\tkvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, false);\n\t}\n");
}

/* Some 40 statements of a kind that such answers have, drawn by a seed; `names` is put into each name. */
static inline void
answer_own (GString *out, guint seed, const char *names)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  g_string_append_printf (out, "static void %s_account(struct kvm_vcpu *vcpu)\n{\n\tu64 %s_a, %s_b;\n", names, names, names);
  for (guint i = 0; i < 40; i++)
    {
      const guint a = (guint) g_rand_int_range (rand, 0, 80), b = (guint) g_rand_int_range (rand, 0, 9);
      switch (g_rand_int_range (rand, 0, 8))
        {
        case 0: g_string_append_printf (out, "\t%s_a = rdtsc() - %u;\n", names, a); break;
        case 1: g_string_append_printf (out, "\tif (ecx == %u || ecx > %u)\n\t\tedx = 0xffffffff;\n", a, b); break;
        case 2: g_string_append_printf (out, "\tatomic64_add(%s_b - %s_a, &per_reason[%u]);\n", names, names, a); break;
        case 3: g_string_append_printf (out, "\t%s_b = vmx->exit_reason.basic + %u;\n", names, b); break;
        case 4: g_string_append_printf (out, "\tswitch (ecx) {\n\tcase %u:\n\t\tebx = %u;\n\t\tbreak;\n\t}\n", a, b); break;
        case 5: g_string_append_printf (out, "\tpr_debug(\"%u %u\", %s_a);\n", a, b, names); break;
        case 6: g_string_append_printf (out, "\tfor (%s_a = 0; %s_a < %u; %s_a++)\n\t\t%s_b += counts[%s_a];\n", names, names, a, names, names, names); break;
        default: g_string_append_printf (out, "\teax = (u32)atomic64_read(&counts[%u]);\n", a); break;
        }
    }
  g_string_append (out, "}\n");
}

/* own FALSE: the obligatory lines alone. */
static inline char *
answer (guint seed, const char *names, gboolean own)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autofree char *exits = g_strconcat (names, "_exits", NULL), *cycles = g_strconcat (names, "_cycles", NULL);

  answer_obligatory (lines, exits, cycles);
  if (own)
    answer_own (lines, seed, names);
  return answer_diff (lines->str);
}
