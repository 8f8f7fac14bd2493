/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A person's machine: its console on the terminal, or a command in it, and how it is ended. */
#pragma once
#include "cli/app.h"
#include "kernel/kernel.h"
#include "machine/machine.h"

typedef struct {
  App *app;
  MachineSpec machine;  /* all but dir, disk, seed, console_pty, agent_pty and gdb_socket */
  const char *own_disk; /* L1 is this disk, with a layer over it, in place of kernel and image; NULL: it is not */
  const char *exec_agent; /* with own_disk: what cloud-init installs in it */
  gboolean (*fill_seed) (const char *dir, gconstpointer user, GError **error); /* with own_disk: puts more files for the seed (image/own-disk.h) into dir; NULL: none */
  gconstpointer fill_user;
  const char *guest;    /* "L1", "L2": whose console or command it is */
  gboolean has_agent;   /* L1 has the exec channel's agent on its second serial port */
  gboolean through_l1;  /* commands are L2's: L1's agent asks L2's */
  const char *const *ask; /* with through_l1: what in L1 takes the command as its arguments; NULL: the lab's own L1's way */
  const char *const *argv; /* the command; NULL: the console */
  double timeout_s;     /* of the command; 0: none */
  double boot_s;        /* how long an agent is waited for */
  gboolean gdb;
  const KernelArtefact *kernel; /* L1's, for gdb; NULL: not ours */
} ShellSpec;

/* Of the harness with a command, as env, timeout and docker run have it: the command's own codes are left to it. */
#define SHELL_FAILURE_CODE 125

/* With argv the app's exit code is the command's. */
gboolean shell_run (ShellSpec *spec, GError **error);
