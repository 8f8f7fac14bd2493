/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ordering patches by the contents that git names; see patch-order.h. */
#include "submission/patch-order.h"

#include <string.h>

#include "submission/patch.h"

#define ID_DIGITS 7

typedef struct
{
  guint waits_for;   /* how many others have to come first */
  GArray *followers; /* of guint: indices of those that wait for this one */
  gboolean placed;
} Node;

static void
node_clear (gpointer data)
{
  g_array_unref (((Node *) data)->followers);
}

/* "arch/x86/kvm/cpuid.c 1234567"; NULL: no content that is named, or none at all. */
static char *
content_key (const PatchPart *part, const char *id)
{
  if (id == NULL || part->path == NULL || strspn (id, "0") >= ID_DIGITS)
    return NULL;
  return g_strdup_printf ("%s %.*s", part->path, ID_DIGITS, id);
}

/* Which mail starts from which content: the key to a GArray of indices. */
static GHashTable *
starters (const GPtrArray *mails)
{
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_array_unref);
  for (guint i = 0; i < mails->len; i++)
    {
      const PatchMail *mail = g_ptr_array_index (mails, i);
      for (guint p = 0; p < mail->parts->len; p++)
        {
          const PatchPart *part = g_ptr_array_index (mail->parts, p);
          char *key = content_key (part, part->old_id);
          if (key == NULL)
            continue;
          GArray *indices = g_hash_table_lookup (table, key);
          if (indices == NULL)
            g_hash_table_insert (table, g_strdup (key), indices = g_array_new (FALSE, FALSE, sizeof (guint)));
          if (indices->len < 16)
            g_array_append_val (indices, i);
          g_free (key);
        }
    }
  return table;
}

static GArray *
make_nodes (const GPtrArray *mails)
{
  g_autoptr (GHashTable) table = starters (mails);
  GArray *nodes = g_array_new (FALSE, TRUE, sizeof (Node));
  g_array_set_clear_func (nodes, node_clear);
  g_array_set_size (nodes, mails->len);
  for (guint i = 0; i < mails->len; i++)
    g_array_index (nodes, Node, i).followers = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < mails->len; i++)
    {
      const PatchMail *mail = g_ptr_array_index (mails, i);
      for (guint p = 0; p < mail->parts->len; p++)
        {
          const PatchPart *part = g_ptr_array_index (mail->parts, p);
          g_autofree char *key = content_key (part, part->new_id);
          const GArray *next = key != NULL ? g_hash_table_lookup (table, key) : NULL;
          for (guint n = 0; next != NULL && n < next->len; n++)
            {
              const guint follower = g_array_index (next, guint, n);
              if (follower == i)
                continue;
              g_array_append_val (g_array_index (nodes, Node, i).followers, follower);
              g_array_index (nodes, Node, follower).waits_for++;
            }
        }
    }
  return nodes;
}

/* The first of those that wait for nothing; nodes->len: all are placed, or they wait for each other. */
static guint
first_free (const GArray *nodes)
{
  for (guint i = 0; i < nodes->len; i++)
    {
      const Node *node = &g_array_index (nodes, Node, i);
      if (!node->placed && node->waits_for == 0)
        return i;
    }
  return nodes->len;
}

gboolean
patch_order (GPtrArray *mails)
{
  g_autoptr (GArray) nodes = make_nodes (mails);
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (guint));
  gboolean moved = FALSE;
  for (guint i; (i = first_free (nodes)) < nodes->len;)
    {
      Node *node = &g_array_index (nodes, Node, i);
      node->placed = TRUE;
      for (guint f = 0; f < node->followers->len; f++)
        g_array_index (nodes, Node, g_array_index (node->followers, guint, f)).waits_for--;
      moved = moved || i != order->len;
      g_array_append_val (order, i);
    }
  if (!moved || order->len < mails->len)
    return FALSE;
  g_autofree gpointer *old = g_memdup2 (mails->pdata, mails->len * sizeof (gpointer));
  for (guint i = 0; i < mails->len; i++)
    mails->pdata[i] = old[g_array_index (order, guint, i)];
  return TRUE;
}
