/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index in memory, and how a source is added to it; see kernel-index.h. Its file: kernel-index-file.c. */
#include "submission/kernel-index.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "submission/kernel-index-private.h"

#define FILE_MAX_BYTES (16 * 1024 * 1024)
#define DEPTH_MAX 12

const char *const kernel_index_files[] = {
  "arch/x86/kvm/cpuid.c",     "arch/x86/kvm/cpuid.h",     "arch/x86/kvm/vmx/vmx.c", "arch/x86/kvm/vmx/vmx.h", "arch/x86/kvm/vmx/main.c",
  "arch/x86/kvm/vmx/common.h", "arch/x86/kvm/svm/svm.c",  "arch/x86/kvm/svm/svm.h", "arch/x86/kvm/svm.c",     "arch/x86/kvm/x86.c",
  "arch/x86/kvm/x86.h",       "arch/x86/include/asm/kvm_host.h", "include/linux/kvm_host.h", "virt/kvm/kvm_main.c", NULL,
};

/* Headers that KVM's files can include; a student's own words are in none. */
static const char *const word_folders[] = { "arch/x86/kvm", "arch/x86/include", "virt/kvm" };
static const char *const word_files[] = { "include/linux/kvm_host.h", "include/linux/kvm_types.h", "include/uapi/linux/kvm.h", "include/linux/perf_event.h",
                                          "arch/x86/kvm/Makefile",    "arch/x86/kvm/Kconfig",      "virt/kvm/Makefile.kvm",  "virt/kvm/Kconfig" };

static void
item_free (gpointer data)
{
  IndexItem *item = data;
  g_ptr_array_unref (item->bodies);
  g_clear_pointer (&item->trees, g_ptr_array_unref);
  g_free (item);
}

static void
body_free (gpointer data)
{
  IndexBody *body = data;
  g_array_unref (body->sequence);
  g_free (body);
}

static void
tree_free (gpointer data)
{
  KernelBody *body = data;
  statement_free (body->tree);
  g_free (body);
}

KernelIndex *
kernel_index_new (void)
{
  KernelIndex *index = g_new0 (KernelIndex, 1);
  index->versions = g_ptr_array_new_with_free_func (g_free);
  index->items = g_hash_table_new_full (c_word_hash, g_str_equal, g_free, item_free);
  index->words = g_hash_table_new (g_direct_hash, g_direct_equal);
  g_mutex_init (&index->lock);
  return index;
}

void
kernel_index_free (KernelIndex *index)
{
  if (index == NULL)
    return;
  g_ptr_array_unref (index->versions);
  g_hash_table_unref (index->items);
  g_hash_table_unref (index->words);
  g_mutex_clear (&index->lock);
  g_free (index);
}

/* --- sequences -------------------------------------------------------------------------------- */

/* Before its children and after them: 0 closes what has children. */
static void
flatten (const Statement *statement, GArray *sequence)
{
  const guint64 element = ((guint64) statement->key << 1) | (statement->children != NULL ? 1 : 0);
  const guint64 close = 0;
  g_array_append_val (sequence, element);
  if (statement->children == NULL)
    return;
  for (guint i = 0; i < statement->children->len; i++)
    flatten (g_ptr_array_index (statement->children, i), sequence);
  g_array_append_val (sequence, close);
}

static Statement *
unflatten (const GArray *sequence, guint *at, guint depth)
{
  const guint64 element = g_array_index (sequence, guint64, (*at)++);
  GPtrArray *children = (element & 1) != 0 ? g_ptr_array_new_with_free_func ((GDestroyNotify) statement_free) : NULL;
  while (children != NULL && *at < sequence->len && g_array_index (sequence, guint64, *at) != 0 && depth < INDEX_DEPTH_MAX)
    g_ptr_array_add (children, unflatten (sequence, at, depth + 1));
  *at += children != NULL ? 1 : 0;
  return statement_of_hashes ((guint32) (element >> 1), children);
}

static gboolean
same_sequence (const GArray *a, const GArray *b)
{
  return a->len == b->len && memcmp (a->data, b->data, a->len * sizeof (guint64)) == 0;
}

void
kernel_index_take (KernelIndex *index, const char *name, GArray *sequence, guint64 versions)
{
  IndexItem *item = g_hash_table_lookup (index->items, name);
  if (item == NULL)
    {
      item = g_new0 (IndexItem, 1);
      item->bodies = g_ptr_array_new_with_free_func (body_free);
      g_hash_table_insert (index->items, g_strdup (name), item);
    }
  g_clear_pointer (&item->trees, g_ptr_array_unref);
  for (guint i = 0; i < item->bodies->len; i++)
    {
      IndexBody *body = g_ptr_array_index (item->bodies, i);
      if (!same_sequence (body->sequence, sequence))
        continue;
      body->versions |= versions;
      g_array_unref (sequence);
      return;
    }
  IndexBody *body = g_new0 (IndexBody, 1);
  body->sequence = sequence;
  body->versions = versions;
  g_ptr_array_add (item->bodies, body);
}

/* --- a source --------------------------------------------------------------------------------- */

static void
add_items (KernelIndex *index, const CSource *source, guint version)
{
  for (guint i = 0; i < source->items->len; i++)
    {
      const CItem *item = g_ptr_array_index (source->items, i);
      g_autoptr (Statement) tree = item->kind != C_CONDITION ? statement_of_item (source, item) : NULL;
      if (tree == NULL)
        continue;
      GArray *sequence = g_array_new (FALSE, FALSE, sizeof (guint64));
      flatten (tree, sequence);
      kernel_index_take (index, item->name, sequence, G_GUINT64_CONSTANT (1) << version);
    }
}

static gboolean
add_file (KernelIndex *index, const char *dir, const char *path, guint version, GError **error)
{
  g_autofree char *full = g_build_filename (dir, path, NULL);
  g_autofree char *text = NULL;
  if (!g_file_test (full, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  if (!files_read (full, FILE_MAX_BYTES, &text, NULL, error))
    return FALSE;
  g_autoptr (CSource) source = c_source_new (text);
  add_items (index, source, version);
  return TRUE;
}

static gboolean
add_words_of (KernelIndex *index, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  if (!files_read (path, FILE_MAX_BYTES, &text, NULL, error))
    return FALSE;
  g_autoptr (CSource) source = c_source_new (text);
  for (guint i = 0; i < source->tokens->len; i++)
    {
      const CToken *token = &g_array_index (source->tokens, CToken, i);
      if (token->kind == C_WORD)
        g_hash_table_add (index->words, GUINT_TO_POINTER (statement_word_hash (source->text + token->start, token->end - token->start)));
    }
  return TRUE;
}

static gboolean
add_words_below (KernelIndex *index, const char *path, guint depth, GError **error)
{
  g_autoptr (GDir) dir = depth < DEPTH_MAX ? g_dir_open (path, 0, NULL) : NULL;
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *below = g_build_filename (path, name, NULL);
      const gboolean is_folder = g_file_test (below, G_FILE_TEST_IS_DIR);
      if (g_file_test (below, G_FILE_TEST_IS_SYMLINK) || (!is_folder && !g_str_has_suffix (name, ".h") && !g_str_has_suffix (name, ".c") && !g_str_has_suffix (name, ".S")))
        continue;
      if (!(is_folder ? add_words_below (index, below, depth + 1, error) : add_words_of (index, below, error)))
        return FALSE;
    }
  return TRUE;
}

gboolean
kernel_index_add (KernelIndex *index, const char *name, const char *dir, guint *version, GError **error)
{
  if (index->versions->len == KERNEL_INDEX_VERSIONS_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "%s: the index of kernels holds %u versions at the most; try: fewer", name, KERNEL_INDEX_VERSIONS_MAX);
  const guint number = index->versions->len;
  for (guint i = 0; kernel_index_files[i] != NULL; i++)
    {
      if (!add_file (index, dir, kernel_index_files[i], number, error))
        return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (word_folders); i++)
    {
      g_autofree char *folder = g_build_filename (dir, word_folders[i], NULL);
      if (!add_words_below (index, folder, 0, error))
        return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (word_files); i++)
    {
      g_autofree char *path = g_build_filename (dir, word_files[i], NULL);
      if (!add_words_of (index, path, error))
        return FALSE;
    }
  g_ptr_array_add (index->versions, g_strdup (name));
  *version = number;
  return TRUE;
}

/* --- looking ---------------------------------------------------------------------------------- */

guint
kernel_index_versions (const KernelIndex *index)
{
  return index->versions->len;
}

const char *
kernel_index_version (const KernelIndex *index, guint version)
{
  return g_ptr_array_index (index->versions, version);
}

gint
kernel_index_find (const KernelIndex *index, const char *name)
{
  for (guint i = 0; i < index->versions->len; i++)
    {
      if (strcmp (g_ptr_array_index (index->versions, i), name) == 0)
        return (gint) i;
    }
  return -1;
}

static GPtrArray *
make_trees (const IndexItem *item)
{
  GPtrArray *trees = g_ptr_array_new_with_free_func (tree_free);
  for (guint i = 0; i < item->bodies->len; i++)
    {
      const IndexBody *body = g_ptr_array_index (item->bodies, i);
      KernelBody *tree = g_new0 (KernelBody, 1);
      guint at = 0;
      tree->versions = body->versions;
      tree->tree = unflatten (body->sequence, &at, 0);
      g_ptr_array_add (trees, tree);
    }
  return trees;
}

const GPtrArray *
kernel_index_bodies (KernelIndex *index, const char *name)
{
  IndexItem *item = g_hash_table_lookup (index->items, name);
  if (item == NULL)
    return NULL;
  g_mutex_lock (&index->lock);
  if (item->trees == NULL)
    item->trees = make_trees (item);
  g_mutex_unlock (&index->lock);
  return item->trees;
}

gboolean
kernel_index_count (KernelIndex *index, const char *item, const Statement *tree, guint *counts)
{
  const GPtrArray *bodies = kernel_index_bodies (index, item);
  for (guint i = 0; bodies != NULL && i < bodies->len; i++)
    {
      const KernelBody *body = g_ptr_array_index (bodies, i);
      for (guint version = 0; version < index->versions->len && statement_same (body->tree, tree); version++)
        counts[version] += (body->versions >> version) & 1;
    }
  return bodies != NULL;
}

gboolean
kernel_index_knows_word (const KernelIndex *index, const char *word)
{
  return g_hash_table_contains (index->words, GUINT_TO_POINTER (statement_word_hash (word, strlen (word))));
}

gboolean
kernel_index_is_own_word (const KernelIndex *index, const char *word)
{
  return !g_ascii_isdigit (word[0]) && !c_is_keyword (word) && !kernel_index_knows_word (index, word);
}
