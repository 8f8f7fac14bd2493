/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the grader agent in L1 said (record/payload.h): why something failed, in L1's own words. Text of L1's: bounded, and nobody's proof. */
#pragma once
#include <glib.h>

typedef struct {
  gboolean began, modules_loaded, guest_started, guest_done, oops, deadline, again, again_loaded, ended;
  char *module_failed;    /* "kvm-intel: Unknown symbol in module" or NULL */
  GPtrArray *kernel;      /* of char *: the kernel's messages since the modules were about to be loaded */
  GPtrArray *traced;      /* of char *: what trace_printk() wrote meanwhile */
  guint64 kernel_count;   /* as many as there were, by their sequence numbers; kernel may have fewer */
  char *trouble;          /* the first lines that tell of an oops, warning, lockdep's or sanitizer's report, with some that follow; or NULL */
  char *trace;            /* the same, further on: as far as a call trace goes */
  char *trouble_name;     /* "an oops", "a kernel warning" … */
} AgentReport;
void agent_report_free (AgentReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentReport, agent_report_free)
/* console: L1's, for what its kernel could say there alone. Never fails: what cannot be read is not there. */
AgentReport *agent_report_read (const char *text, const char *console);
/* The kernel's messages, a line each. Newly allocated. */
char *agent_report_kernel (const AgentReport *report);
