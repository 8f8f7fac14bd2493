/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that is not trusted, or that works on what is not trusted, run by bubblewrap: without network, in namespaces of its
 * own, with a file system in which nothing is there but the host's programs (read-only) and what was bound, under limits of time,
 * memory, processes, output and disk. Works as root and as an ordinary user.
 *
 *   g_autoptr (Sandbox) sandbox = sandbox_new ();
 *   sandbox_bind_read_only (sandbox, tree, "/lab/linux");
 *   sandbox_scratch (sandbox, "/lab/linux/arch/x86/kvm", 256 << 20);
 *   g_autoptr (Run) run = sandbox_run (sandbox, "make", "-C", "/lab/linux", NULL);   // a Run as any other (base/run.h)
 *
 * What runs as root outside runs as an id without rights inside, so that the limit of processes holds for it too.
 */
#pragma once
#include <glib.h>

#include "base/run.h"

typedef struct Sandbox Sandbox;

typedef struct {
  guint64 memory_bytes;  /* address space of each process */
  guint processes;       /* at once */
  guint64 file_bytes;    /* of one file */
  double deadline_s;
} SandboxLimits;
extern const SandboxLimits sandbox_limits_default; /* a compilation's: see sandbox.c */

/* HARNESS_ERROR_HOST if bubblewrap is missing or namespaces cannot be made here, with what to do about it. */
gboolean sandbox_check (GError **error);

Sandbox *sandbox_new (void);
void sandbox_free (Sandbox *sandbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sandbox, sandbox_free)
void sandbox_limit (Sandbox *sandbox, const SandboxLimits *limits);
/* Mounts are made in the order of these calls; a later one may lie inside an earlier one. */
void sandbox_bind_read_only (Sandbox *sandbox, const char *host_path, const char *path);
/* An empty folder in memory that may be written, of at most so many bytes. Gone with the sandbox. */
void sandbox_scratch (Sandbox *sandbox, const char *path, guint64 bytes);
void sandbox_cwd (Sandbox *sandbox, const char *path);
void sandbox_env (Sandbox *sandbox, const char *name, const char *value); /* nothing else of ours is in its environment but PATH and LC_ALL */
/* The program's run, not started, with the deadline set; the sandbox may be freed then. */
Run *sandbox_run (const Sandbox *sandbox, const char *program, ...) G_GNUC_NULL_TERMINATED;
