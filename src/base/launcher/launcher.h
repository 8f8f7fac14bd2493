/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox-launch: the sandbox where nothing can be mounted and no namespace be made, as in a
 * container without privileges. A program of its own, small and without threads, that
 * base/sandbox-landlock.c starts:
 *
 *   sandbox-launch --root DIR --id ID --memory BYTES --processes COUNT --file BYTES
 *                  (--bind HOST-PATH PATH | --scratch BYTES PATH)…
 *                  [--pid-namespace 1] [--first WORD]… [--cwd PATH] -- PROGRAM ARGUMENT…
 *
 * PATHs are below DIR, which it makes and removes. Three processes: the front, which whoever
 * started it kills; the guardian, in a session of its own, which lays out DIR, watches, and ends
 * all that was started, also when the front was killed; and the program, under rules.c, filter.c
 * and limits. The program's end is its own: exit status, or 128 + signal, or one of those in
 * status.h.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define MOUNTS_MAX 1024
#define WORDS_MAX 512

typedef struct
{
  const char *host_path; /* NULL: a scratch folder */
  const char *path;      /* "/lab/linux" */
  uint64_t bytes;
  bool copied; /* the program's id could not reach the host's */
} Mount;

typedef struct
{
  const char *root;
  uid_t id;    /* the program's: ours, if no other can be had */
  bool own_id; /* it is another than ours */
  bool pid_namespace; /* the program's processes are to end at once with their first */
  uint64_t memory_bytes, processes, file_bytes;
  Mount mounts[MOUNTS_MAX];
  int mount_count;
  const char *cwd;
  char *first[WORDS_MAX + 1]; /* run before the program, free to set times and modes; or NULL */
  char **program;
  pid_t front;
  struct stat input; /* what it reads from: ours, and nothing that it took */
} Plan;

/* Says "sandbox: WHAT: why" by errno. Returns false. */
bool complain (const char *what);
/* "DIR/lab/linux", in a buffer of the caller's of PATH_MAX bytes. */
const char *place_of (const Plan *plan, const char *path, char *buffer);
