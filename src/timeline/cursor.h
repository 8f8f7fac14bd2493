/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks the exits of a timeline in merged order, without a copy of them. A cursor is a plain value: copy it to
 * look ahead.
 */
#pragma once
#include "base/pages.h"
#include "timeline/timeline.h"

typedef struct {
  const struct kvm_exit_log_record *at, *end; /* at == end: no more */
  guint vcpu, chunk;
} VcpuCursor;

typedef struct {
  const Timeline *timeline;
  PagesWalk pages;
  guint n; /* vCPUs that have exits */
  VcpuCursor vcpus[TIMELINE_VCPUS_MAX];
} ExitCursor;

void exit_cursor_init (ExitCursor *cursor, const Timeline *timeline);
/* Only the exits of one vCPU. */
void exit_cursor_init_vcpu (ExitCursor *cursor, const Timeline *timeline, guint vcpu);
void exit_cursor_next_chunk (ExitCursor *cursor, VcpuCursor *v);
VcpuCursor *exit_cursor_earliest (ExitCursor *cursor);

/* The next exit, NULL after the last; *vcpu (may be NULL) is whose it is. */
static inline const struct kvm_exit_log_record *
exit_cursor_next (ExitCursor *cursor, guint *vcpu)
{
  VcpuCursor *v = cursor->n == 1 ? &cursor->vcpus[0] : exit_cursor_earliest (cursor);
  if (v == NULL || v->at == v->end)
    return NULL;
  const struct kvm_exit_log_record *exit = v->at++;
  if (vcpu != NULL)
    *vcpu = v->vcpu;
  if (v->at == v->end)
    exit_cursor_next_chunk (cursor, v);
  return exit;
}
