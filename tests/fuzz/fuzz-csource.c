/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the scanner of C and the transplanting that rests on it. LLVMFuzzerTestOneInput is the usual entry; the plain main (left
 * out with -DFUZZ_ENGINE) mutates stand-ins for KVM's files at random:   fuzz-csource [seconds [seed]]
 *
 * Besides not crashing: items lie in order and within the text, and what a transplant gives out is balanced.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz/fuzz.h"
#include "unit/carry-kernels.h"

#include "submission/csource.h"
#include "submission/transplant.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static void
check_items (const CSource *source)
{
  guint token = 0;

  for (guint i = 0; i < source->items->len; i++)
    {
      const CItem *item = g_ptr_array_index (source->items, i);

      if (item->first_token < token || item->end_token <= item->first_token || item->end_token > source->tokens->len)
        abort ();
      if (item->lead > item->first || item->first >= item->end || item->end > source->line_count || item->body > item->end || item->name == NULL)
        abort ();
      token = item->end_token;
    }
  g_autofree char *all = c_source_lines (source, 0, source->line_count);
  if (strcmp (all, source->text) != 0)
    abort ();
}

static gboolean
has_header (gpointer user, const char *path, const char *name)
{
  (void) user;
  (void) path;
  return strlen (name) % 2 == 0;
}

static void
check_transplant (const char *text, const char *lab, const char *base)
{
  g_autoptr (GHashTable) known = c_words_new ();
  g_autoptr (GHashTable) own = c_words_new ();
  g_autoptr (GPtrArray) others = g_ptr_array_new ();
  const TransplantSpec spec = { .path = "arch/x86/kvm/vmx/vmx.c", .text = text, .lab_text = lab, .base_text = base, .others = others,
                                .known = known, .own = own, .has_header = has_header };
  g_autoptr (Transplant) done = transplant_file (&spec);

  if (done->text == NULL)
    return;
  g_autoptr (CSource) made = c_source_new (done->text);
  if (made->problem != NULL || done->doubts->len > 0)
    abort ();
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  static char *lab, *base;
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (CSource) source = c_source_new (text);

  if (lab == NULL)
    {
      lab = kernel_vmx (61);
      base = kernel_vmx (512);
    }
  check_items (source);
  check_transplant (text, lab, NULL);
  check_transplant (text, lab, base);
  check_transplant (lab, text, NULL);
  return 0;
}

#ifndef FUZZ_ENGINE
static char *
seed (void)
{
  switch (draw (4))
    {
    case 0:
      return student_inside (kernel_vmx (510), TRUE);
    case 1:
      return student_around (kernel_vmx (518));
    case 2:
      return student_inside (kernel_vmx (512), FALSE);
    default:
      return student_cpuid (kernel_cpuid ("v59"));
    }
}

static void
run_one (void)
{
  static const char *const interesting[] = { "{", "}", "(", ")", ";", "\"", "'", "/*", "*/", "//", "\\\n", "#if X\n", "#else\n", "#endif\n", "#define A ", "\n", "=",
                                             "total_exits", "else", "return", "exit_reason", ",", "\200", "__a(" };
  g_autofree char *chosen = seed ();
  g_autoptr (GString) text = g_string_new (chosen);

  for (unsigned n = draw (8); n > 0 && text->len > 0; n--)
    {
      const unsigned at = draw ((unsigned) text->len), kind = draw (4);

      if (kind == 0)
        g_string_insert (text, at, interesting[draw (G_N_ELEMENTS (interesting))]);
      else if (kind == 1)
        {
          const gssize length = (gssize) draw (40) + 1;
          g_string_erase (text, at, MIN (length, (gssize) (text->len - at)));
        }
      else if (kind == 2)
        {
          g_autofree char *piece = g_strndup (text->str + at, draw (200));
          g_string_insert (text, draw ((unsigned) text->len), piece);
        }
      else
        text->str[at] = interesting[draw (G_N_ELEMENTS (interesting))][0];
    }
  /* In a block of its own size, so that reading beyond its end is seen. */
  g_autofree unsigned char *data = g_memdup2 (text->str, text->len);
  LLVMFuzzerTestOneInput (data != NULL ? data : (const unsigned char *) "", text->len);
}

int
main (int argc, char **argv)
{
  return fuzz_main (argc, argv, "fuzz-csource", 10, run_one);
}
#endif
