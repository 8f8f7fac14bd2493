/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the scan of compiled modules: whatever the bytes are, it ends with findings that are whole or with an error. LLVMFuzzerTestOneInput is the usual
 * entry; the plain main (left out with -DFUZZ_ENGINE) compiles the fixtures of tests/data/scan and damages them:   fuzz-module-scan [seconds [seed]]
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"

#include "base/files.h"
#include "base/run.h"
#include "grade/module-scan.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static char *folder, *base;

static void
check_findings (const GPtrArray *findings)
{
  for (guint i = 0; i < findings->len; i++)
    {
      const ScanFinding *f = g_ptr_array_index (findings, i);
      if (f->module == NULL || f->function == NULL || f->symbol == NULL || f->instruction == NULL || !g_utf8_validate (f->instruction, -1, NULL) ||
          strpbrk (f->function, "<>&\n") != NULL || strpbrk (f->symbol, "<&\n") != NULL)
        abort ();
    }
}

static void
scan (const char *ours, const char *theirs)
{
  g_autoptr (GPtrArray) findings = g_ptr_array_new_with_free_func ((GDestroyNotify) scan_finding_free);
  g_autoptr (GError) error = NULL;
  const gboolean ok = module_scan (ours, theirs, "kvm", findings, &error);

  if (ok == (error != NULL) || (!ok && findings->len > 0))
    abort ();
  check_findings (findings);
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  if (folder == NULL && (folder = g_dir_make_tmp ("fuzz-module-scan-XXXXXX", NULL)) == NULL)
    abort ();
  g_autofree char *path = g_build_filename (folder, "damaged.ko", NULL);
  FILE *file = fopen (path, "we");

  if (file == NULL || fwrite (data, 1, size, file) != size || fclose (file) != 0)
    abort ();
  scan (base != NULL ? base : path, path);
  if (draw (8) == 0)
    scan (path, path);
  return 0;
}

#ifndef FUZZ_ENGINE
#define SEEDS 4u

/* One fixture as a module: its bytes. FALSE if there is no compiler. */
static gboolean
compile (const char *fixture, gboolean submission, const char *object, char **data, gsize *size)
{
  g_autofree char *source = g_strdup_printf ("tests/data/scan/%s.c", fixture);
  g_autoptr (GError) error = NULL;
  g_autoptr (Run) run = run_new ("gcc", "-O2", "-c", "-mcmodel=kernel", "-fno-pie", "-mno-red-zone", "-mno-sse", "-ffreestanding", "-fno-strict-aliasing",
                                 "-fno-asynchronous-unwind-tables", "-o", object, source, NULL);

  if (submission)
    run_add (run, "-DSUBMISSION");
  if (run_wait (run, &error) && g_file_get_contents (object, data, size, &error))
    return TRUE;
  fprintf (stderr, "%s\n", error->message);
  return FALSE;
}

static void
set_extreme (guint8 *at, gsize width)
{
  static const guint64 extremes[] = { 0, 1, 4, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff };
  const guint64 value = draw (3) ? extremes[draw (G_N_ELEMENTS (extremes))] : draw (0x10000);

  memcpy (at, &value, width);
}

/* Where damage matters: a section's header, or what some section has: symbols, relocations, code, names. */
static gsize
choose_place (const guint8 *data, gsize size)
{
  Elf64_Ehdr header;
  Elf64_Shdr section;

  memcpy (&header, data, sizeof header);
  if (draw (16) == 0)
    return draw (sizeof header);
  if (header.e_shnum == 0 || header.e_shoff > size || size - header.e_shoff < (gsize) header.e_shnum * sizeof section)
    return draw ((unsigned) size);
  const gsize at = header.e_shoff + (gsize) draw (header.e_shnum) * sizeof section;
  if (draw (4) == 0)
    return at + draw (sizeof section);
  memcpy (&section, data + at, sizeof section);
  return section.sh_size > 0 && section.sh_size <= size && section.sh_offset < size ? section.sh_offset + draw ((unsigned) section.sh_size) : draw ((unsigned) size);
}

static void
run_one (const char *seed, gsize seed_size)
{
  /* In a block of its own size, so that reading beyond its end is seen. */
  g_autofree guint8 *data = g_memdup2 (seed, seed_size);
  const gsize size = draw (16) == 0 ? sizeof (Elf64_Ehdr) + draw ((unsigned) (seed_size - sizeof (Elf64_Ehdr))) : seed_size;

  for (guint n = draw (6); n > 0; n--)
    {
      static const gsize widths[] = { 1, 2, 4, 8 };
      const gsize width = widths[draw (4)], at = choose_place (data, seed_size) & ~(width - 1);
      if (at + width > seed_size)
        continue;
      if (draw (3) == 0)
        data[at] = (guint8) draw (256);
      else
        set_extreme (data + at, width);
    }
  LLVMFuzzerTestOneInput (data, size);
}

int
main (int argc, char **argv)
{
  static const char *const fixtures[SEEDS] = { "updates", "members", "innocent", "cycles" };
  const double seconds = argc > 1 ? g_ascii_strtod (argv[1], NULL) : 2;
  char *seeds[SEEDS] = { NULL };
  gsize sizes[SEEDS];
  gulong runs = 0;

  fuzz_state = argc > 2 ? g_ascii_strtoull (argv[2], NULL, 0) | 1 : 1;
  folder = g_dir_make_tmp ("fuzz-module-scan-XXXXXX", NULL);
  g_autofree char *object = g_build_filename (folder, "seed.ko", NULL);
  gboolean ok = TRUE;
  for (guint i = 0; i < SEEDS && ok; i++)
    ok = compile (fixtures[i], TRUE, object, &seeds[i], &sizes[i]);
  g_autofree char *unused = NULL;
  gsize unused_size;
  base = g_build_filename (folder, "base.ko", NULL);
  ok = ok && compile ("members", FALSE, base, &unused, &unused_size);
  for (const gint64 until = g_get_monotonic_time () + (gint64) (seconds * 1e6); ok && g_get_monotonic_time () < until; runs++)
    run_one (seeds[runs % SEEDS], sizes[runs % SEEDS]);
  printf ("fuzz-module-scan: %lu inputs\n", runs);
  for (guint i = 0; i < SEEDS; i++)
    g_free (seeds[i]);
  files_remove_tree (folder, NULL);
  g_free (folder);
  g_free (base);
  return ok ? 0 : 2;
}
#endif
