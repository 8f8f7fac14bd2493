/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leaves in a change's lines; see named-leaves.h. */
#include "grade/named-leaves.h"

#include "grade/diff-lines.h"

#define LEAVES_MASK 0xfffff000u /* all maps' leaves are 0x4FFFFxxx: in the range that no processor and no hypervisor answers */
#define LEAVES_BASE 0x4ffff000u
#define DIGITS 8

/* Of the number that begins at "0x"; 0: none of them. */
static guint32
leaf_at (const char *text)
{
  char *end;
  const guint64 number = g_ascii_strtoull (text, &end, 16);

  return end == text + 2 + DIGITS && (number & LEAVES_MASK) == LEAVES_BASE ? (guint32) number : 0;
}

guint32
named_leaf_of_line (const char *line)
{
  guint32 leaf = 0;

  for (const char *at = line; *at != '\0'; at++)
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
      {
        const guint32 here = leaf_at (at);

        if (here != 0)
          leaf = here;
      }
  return leaf;
}

GArray *
named_leaves (const GPtrArray *lines)
{
  GArray *leaves = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint i = 0; i < lines->len; i++)
    {
      const DiffLine *line = g_ptr_array_index (lines, i);
      const guint32 leaf = line->removed ? 0 : named_leaf_of_line (line->text);

      if (leaf != 0 && !named_leaves_have (leaves, leaf))
        g_array_append_val (leaves, leaf);
    }
  return leaves;
}

gboolean
named_leaves_have (const GArray *leaves, guint32 leaf)
{
  for (guint i = 0; i < leaves->len; i++)
    if (g_array_index (leaves, guint32, i) == leaf)
      return TRUE;
  return FALSE;
}
