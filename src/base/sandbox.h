/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that is not trusted, or that works on what is not trusted, run without network, with a
 * file system in which nothing is there (or can be reached) but the host's programs (read-only) and
 * what was bound, under limits of time, memory, processes, output and disk. Works as root and as an
 * ordinary user.
 *
 *   g_autoptr (Sandbox) sandbox = sandbox_new ();
 *   sandbox_bind_read_only (sandbox, tree, "/lab/linux");
 *   sandbox_scratch (sandbox, "/lab/linux/arch/x86/kvm", 256 << 20);
 *   g_autofree char *inside = sandbox_path (sandbox, "/lab/linux");
 *   g_autoptr (Run) run = sandbox_run (sandbox, "make", "-C", inside, NULL);   // a Run as any
 * other (base/run.h)
 *
 * There are two kinds. bubblewrap makes namespaces: paths inside are those that were asked for.
 * Where it cannot, as in a container without privileges, sandbox-launch (launcher/launcher.h) does
 * it with Landlock and seccomp, and paths inside are below a folder of its own. The first that can
 * be had is taken; the environment variable HARNESS_SANDBOX names one. What ran as root outside
 * runs as an id without rights inside, so that the limit of processes holds for it too.
 */
#pragma once
#include <glib.h>

#include "base/run.h"

typedef struct Sandbox Sandbox;

typedef struct
{
  guint64 memory_bytes; /* address space of each process */
  guint processes;      /* at once */
  guint64 file_bytes;   /* of one file */
  double deadline_s;
} SandboxLimits;
extern const SandboxLimits sandbox_limits_default; /* a compilation's: see sandbox.c */

/*
 * HARNESS_ERROR_HOST if neither kind can be had here, with what to do about it; HARNESS_ERROR_USAGE
 * if HARNESS_SANDBOX names none.
 */
gboolean sandbox_check (GError **error);
/* "bubblewrap" or "landlock": what sandbox_new() makes. */
const char *sandbox_kind_name (void);

Sandbox *sandbox_new (void);
void sandbox_free (Sandbox *sandbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sandbox, sandbox_free)
void sandbox_limit (Sandbox *sandbox, const SandboxLimits *limits);
/* Mounts are made in the order of these calls; a later one may lie inside an earlier one. */
void sandbox_bind_read_only (Sandbox *sandbox, const char *host_path, const char *path);
/* An empty folder that may be written, of at most so many bytes. Gone with the sandbox. */
void sandbox_scratch (Sandbox *sandbox, const char *path, guint64 bytes);
/*
 * What is in the folder `from` is copied into the folder `to`, with its times, before the program
 * starts.
 */
void sandbox_fill (Sandbox *sandbox, const char *from, const char *to);
void sandbox_cwd (Sandbox *sandbox, const char *path);
void sandbox_env (
    Sandbox *sandbox, const char *name,
    const char *value); /* nothing else of ours is in its environment but PATH, LC_ALL and TMPDIR */
/*
 * What the path is called inside. For what the program is told; the calls above take paths as they
 * were asked for.
 */
char *sandbox_path (const Sandbox *sandbox, const char *path);
/* The program's run, not started, with the deadline set; the sandbox may be freed then. One at a time. */
Run *sandbox_run (const Sandbox *sandbox, const char *program, ...) G_GNUC_NULL_TERMINATED;
/*
 * What the run's exit status says: FALSE if the sandbox itself failed, or the host's disk is full,
 * which is not the program's doing.
 */
gboolean sandbox_check_end (const Run *run, int status, GError **error);
/*
 * It was ended because a scratch folder held more than it may. Never in a sandbox whose folders are
 * bounded by the kernel: there the program is told.
 */
gboolean sandbox_was_full (int status);
/*
 * What a program says when the host, and not a limit of the sandbox's, was short of something that
 * this kind of sandbox shares with it: NULL-terminated.
 */
const char *const *sandbox_words_of_host (void);
