/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two sides of a change, item by item; see changed-code.h. */
#include "submission/changed-code.h"

#include "submission/carry-private.h"
#include "submission/csource.h"

void
changed_code_clear (ChangedCode *code)
{
  g_clear_pointer (&code->changed, g_free);
  g_clear_pointer (&code->base, g_free);
}

/* What is somebody's work: not which headers are there, nor under which condition it is built. */
static gboolean
counts (const CItem *item)
{
  return item->kind != C_INCLUDE && item->kind != C_CONDITION && item->kind != C_DIRECTIVE;
}

static GHashTable *
normal_items (const CSource *source)
{
  GHashTable *normals = c_words_new ();
  for (guint i = 0; i < source->items->len; i++)
    g_hash_table_add (normals, c_source_normal_item (source, g_ptr_array_index (source->items, i)));
  return normals;
}

/* With the comment right above it. */
static void
put_item (GString *out, const CSource *source, const CItem *item)
{
  g_autofree char *text = c_source_lines (source, item->lead, item->end);
  g_string_append (out, text);
  g_string_append (out, g_str_has_suffix (text, "\n") ? "\n" : "\n\n");
}

static gboolean
has_room (const GString *out, const CSource *source, const CItem *item)
{
  const gsize size = g_array_index (source->line_starts, guint, item->end) -
                     g_array_index (source->line_starts, guint, item->lead);
  return out->len + size + 2 <= CHANGED_CODE_MAX;
}

/* What of `source` is not in `other`, under the file's name. A path may hold what ends a comment. */
static void
put_differing (GString *out, const char *path, const CSource *source, GHashTable *other)
{
  gboolean named = FALSE;
  for (guint i = 0; i < source->items->len; i++)
    {
      const CItem *item = g_ptr_array_index (source->items, i);
      g_autofree char *normal = counts (item) ? c_source_normal_item (source, item) : NULL;
      if (normal == NULL || g_hash_table_contains (other, normal) || !has_room (out, source, item))
        continue;
      if (!named)
        {
          g_autofree char *plain = g_strcanon (g_strdup (path), G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_./-", '_');
          g_string_append_printf (out, "// %s\n\n", plain);
        }
      named = TRUE;
      put_item (out, source, item);
    }
}

static void
compare (const char *path, const char *text, const char *lab_text, GString *changed, GString *base)
{
  g_autoptr (CSource) source = c_source_new (text);
  g_autoptr (CSource) lab = c_source_new (lab_text);
  g_autoptr (GHashTable) normals = normal_items (source);
  g_autoptr (GHashTable) lab_normals = normal_items (lab);
  put_differing (changed, path, source, lab_normals);
  put_differing (base, path, lab, normals);
}

gboolean
changed_code_find (const Carried *carried, const char *lab_dir, ChangedCode *code, GError **error)
{
  g_autoptr (GString) changed = g_string_new (NULL);
  g_autoptr (GString) base = g_string_new (NULL);
  for (guint i = 0; i < carried->files->len; i++)
    {
      const CarriedFile *file = g_ptr_array_index (carried->files, i);
      g_autofree char *lab_text = NULL;
      if (!carry_is_c (file->path) || file->text == NULL)
        continue;
      if (!carry_read (lab_dir, file->path, &lab_text, error))
        return FALSE;
      compare (file->path, file->text, lab_text != NULL ? lab_text : "", changed, base);
    }
  code->changed = g_string_free (g_steal_pointer (&changed), FALSE);
  code->base = g_string_free (g_steal_pointer (&base), FALSE);
  return TRUE;
}

void
changed_code_join (GString *out, GHashTable *seen, const char *text)
{
  g_autoptr (CSource) source = c_source_new (text);
  for (guint i = 0; i < source->items->len; i++)
    {
      const CItem *item = g_ptr_array_index (source->items, i);
      if (g_hash_table_add (seen, c_source_normal_item (source, item)))
        put_item (out, source, item);
    }
}
