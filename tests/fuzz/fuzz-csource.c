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

#include "base/files.h"
#include "submission/csource.h"
#include "submission/statement-merge.h"
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

/* The texts of a statement's parts are its text. */
static void
check_statement (const Statement *statement)
{
  g_autoptr (GString) all = g_string_new (NULL);
  g_autofree char *whole = statement_text (statement);

  for (guint i = 0; statement->children != NULL && i < statement->children->len; i++)
    {
      const Statement *child = g_ptr_array_index (statement->children, i);
      g_autofree char *text = statement_text (child);

      check_statement (child);
      g_string_append (all, text);
    }
  if (statement->open == 0)
    return;
  g_autofree char *before = statement_text_before (statement);
  g_autofree char *after = statement_text_after (statement);
  g_autofree char *made = g_strconcat (before, all->str, after, NULL);
  if (strcmp (made, whole) != 0)
    abort ();
}

static void
check_trees (const CSource *source)
{
  for (guint i = 0; i < source->items->len; i++)
    {
      g_autoptr (Statement) tree = statement_of_item (source, g_ptr_array_index (source->items, i));

      if (tree != NULL)
        check_statement (tree);
    }
}

static Statement *
tree_of (const CSource *source, const char *name)
{
  for (guint i = 0; i < source->items->len; i++)
    {
      const CItem *item = g_ptr_array_index (source->items, i);

      if (item->kind == C_FUNCTION && strcmp (item->name, name) == 0)
        return statement_of_item (source, item);
    }
  return NULL;
}

/* What a merge gives out has braces in order, and no doubt. */
static void
check_merge (const CSource *base, const CSource *theirs, const CSource *lab, const char *name)
{
  g_autoptr (Statement) base_tree = tree_of (base, name);
  g_autoptr (Statement) their_tree = tree_of (theirs, name);
  g_autoptr (Statement) lab_tree = tree_of (lab, name);
  g_autoptr (KvmRewriter) rewriter = kvm_rewriter_new (theirs, lab);
  const StatementMergeSpec spec = { .base = base_tree, .theirs = their_tree, .lab = lab_tree, .rewriter = rewriter, .function = name };

  if (base_tree == NULL || their_tree == NULL || lab_tree == NULL)
    return;
  g_autoptr (StatementMerge) merge = statement_merge (&spec);
  if (merge->text == NULL)
    return;
  g_autoptr (CSource) made = c_source_new (merge->text);
  if (made->problem != NULL || merge->doubts->len > 0)
    abort ();
}

static void
check_transplant (const char *text, const char *lab, const char *base, KernelIndex *index)
{
  g_autoptr (GHashTable) own = c_words_new ();
  g_autoptr (GHashTable) wanted = c_words_new ();
  const TransplantSpec spec = { .path = "arch/x86/kvm/vmx/vmx.c", .text = text, .lab_text = lab, .base_text = base, .index = index,
                                .own = own, .wanted = wanted, .has_header = has_header };
  g_autoptr (Transplant) done = transplant_file (&spec);

  if (done->text == NULL)
    return;
  g_autoptr (CSource) made = c_source_new (done->text);
  if (made->problem != NULL || done->doubts->len > 0)
    abort ();
}

/* 5.10, 5.12 and 6.1, through a folder that is gone when they are read. */
static KernelIndex *
make_index (void)
{
  static const guint versions[] = { 510, 512, 61 };
  KernelIndex *index = kernel_index_new ();
  g_autofree char *dir = g_dir_make_tmp ("fuzz-csource-XXXXXX", NULL);
  g_autofree char *folder = g_build_filename (dir, "arch/x86/kvm/vmx", NULL);
  g_autofree char *path = g_build_filename (folder, "vmx.c", NULL);

  if (g_mkdir_with_parents (folder, 0700) != 0)
    abort ();
  for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autofree char *text = kernel_vmx (versions[i]);
      guint version;

      if (!g_file_set_contents (path, text, -1, NULL) || !kernel_index_add (index, i == 2 ? "6.1.0" : "5.1x.0", dir, &version, NULL))
        abort ();
    }
  if (!files_remove_tree (dir, NULL))
    abort ();
  return index;
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  static char *lab, *base;
  static CSource *lab_source, *base_source;
  static KernelIndex *index;
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (CSource) source = c_source_new (text);

  if (lab == NULL)
    {
      lab = kernel_vmx (61);
      base = kernel_vmx (512);
      lab_source = c_source_new (lab);
      base_source = c_source_new (base);
      index = make_index ();
    }
  check_items (source);
  check_trees (source);
  check_merge (base_source, source, lab_source, "__vmx_handle_exit");
  check_merge (source, lab_source, base_source, "__vmx_handle_exit");
  check_merge (base_source, lab_source, source, "__vmx_handle_exit");
  check_transplant (text, lab, NULL, index);
  check_transplant (text, lab, base, index);
  check_transplant (lab, text, NULL, index);
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
