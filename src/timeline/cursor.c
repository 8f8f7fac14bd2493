/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slow paths of the cursor: the end of a chunk, and the merge over several vCPUs. */
#include "timeline/cursor.h"

/* What lies before the next exit of every vCPU is done with. At the end all is, but a walk's last step is not worth the call. */
static void
leave_behind (ExitCursor *cursor)
{
  const struct kvm_exit_log_record *first = NULL;

  for (guint i = 0; i < cursor->n; i++)
    {
      const VcpuCursor *v = &cursor->vcpus[i];
      if (v->at != v->end && (first == NULL || v->at < first))
        first = v->at;
    }
  if (first != NULL)
    pages_walked (&cursor->pages, first);
}

/* Moves on to the next chunk that is not empty; stays at the end after the last. */
void
exit_cursor_next_chunk (ExitCursor *cursor, VcpuCursor *v)
{
  const GArray *chunks = cursor->timeline->vcpus[v->vcpu].chunks;
  while (v->at == v->end && v->chunk < chunks->len)
    {
      const TimelineChunk *chunk = &g_array_index (chunks, TimelineChunk, v->chunk++);
      v->at = chunk->exits;
      v->end = chunk->exits + chunk->n;
    }
  if (cursor->pages.data != NULL)
    leave_behind (cursor);
}

/* The vCPU whose next exit is the earliest; of equals the lowest vCPU. NULL if none has any. */
VcpuCursor *
exit_cursor_earliest (ExitCursor *cursor)
{
  VcpuCursor *best = NULL;
  for (guint i = 0; i < cursor->n; i++)
    {
      VcpuCursor *v = &cursor->vcpus[i];
      if (v->at != v->end && (best == NULL || v->at->tsc < best->at->tsc))
        best = v;
    }
  return best;
}

void
exit_cursor_init_vcpu (ExitCursor *cursor, const Timeline *timeline, guint vcpu)
{
  cursor->timeline = timeline;
  cursor->pages = (PagesWalk) { .data = timeline->mapped };
  cursor->n = 0;
  if (timeline->vcpus[vcpu].exits == 0)
    return;
  cursor->vcpus[0] = (VcpuCursor) { .vcpu = vcpu };
  cursor->n = 1;
  exit_cursor_next_chunk (cursor, &cursor->vcpus[0]);
}

void
exit_cursor_init (ExitCursor *cursor, const Timeline *timeline)
{
  cursor->timeline = timeline;
  cursor->pages = (PagesWalk) { .data = timeline->mapped };
  cursor->n = 0;
  for (guint i = 0; i < timeline->n_vcpus; i++)
    if (timeline->vcpus[i].exits > 0)
      {
        VcpuCursor *v = &cursor->vcpus[cursor->n++];
        *v = (VcpuCursor) { .vcpu = i };
        exit_cursor_next_chunk (cursor, v);
      }
}
