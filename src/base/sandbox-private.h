/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sandbox, as what is asked for (sandbox.c) and the kinds share it. */
#pragma once
#include "base/sandbox.h"

typedef struct
{
  char *host_path; /* NULL: a scratch folder */
  char *path;
  guint64 bytes;
} SandboxMount;

typedef struct
{
  const char *name;
  /* Whether it can be had here; the error is one sentence with what to do. */
  gboolean (*check) (GError **error);
  /* What is before each path inside; NULL: nothing. */
  char *(*root) (void);
  /* The run up to where the program's words follow. */
  Run *(*make) (const Sandbox *sandbox);
  /* Whether it ends a run by the statuses of launcher/status.h, and no program can. */
  gboolean has_statuses;
  /* sandbox_words_of_host() */
  const char *const *(*words_of_host) (void);
} SandboxKind;
extern const SandboxKind sandbox_bubblewrap, sandbox_landlock;

struct Sandbox
{
  const SandboxKind *kind;
  char *root; /* or NULL */
  SandboxLimits limits;
  GPtrArray *mounts; /* of SandboxMount, in order; the first is /tmp */
  GPtrArray *fills;  /* of char *: from, to, from, to … */
  GPtrArray *env;    /* of char *: name, value, name, value … */
  char *cwd;
};

/* Runs `true` in a sandbox of this kind. */
gboolean sandbox_try (const SandboxKind *kind, GError **error);
/*
 * The words of what fills folders; what is added behind them is run then, if it is anything. NULL:
 * there is nothing to fill.
 */
GPtrArray *sandbox_fill_words (const Sandbox *sandbox);
/* Nothing of ours is left but what a program needs. */
void sandbox_set_environment (const Sandbox *sandbox, Run *run);
/*
 * An id of nobody, drawn: another one each time where there are enough of them, on all that share
 * this kernel; FALSE: this user namespace has none. The one that differs in the last bit is nobody's too.
 */
gboolean sandbox_nobodys_id (guint *id);
