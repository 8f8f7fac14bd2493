/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The account of a challenge, from the emulator's exit log alone: where in it each step of the program stands, and what the guest said that CPUID
 * had answered. L1 cannot write that log; it can only run the guest or not.
 */
#pragma once
#include <glib.h>

#include "grade/program.h"

typedef struct {
  gboolean done;        /* it was performed, and the report that tells its answer is whole */
  guint at;             /* READ: index in the log of its CPUID exit; others: of their begin */
  guint end;            /* others than READ: index of their end */
  guint32 registers[4]; /* eax, ebx, ecx, edx */
  gint64 tsc;           /* READ with CHALLENGE_FLAG_TIME: before the CPUID; else -1 */
} AccountStep;

typedef struct {
  const Program *program; /* borrowed, as the exits are */
  const GArray *exits;    /* of L0Exit */
  GArray *steps;          /* of AccountStep, as many as the program has */
  guint first, last;      /* exits of the guest's program in the log: [first, last] */
  gboolean began, complete;
  guint reached;          /* so many steps were begun: the last of them is where it stopped, if it is not complete */
  char *stopped;          /* why it is not complete; else NULL */
} Account;
void account_free (Account *account);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Account, account_free)

/* The first program in the log from index `from` on. Never fails: what is not there is not done. */
Account *account_read (const Program *program, const GArray *exits, guint from);
const AccountStep *account_step (const Account *account, guint number);

#define ACCOUNT_ALL_REASONS G_MAXUINT64
/* How many exits the log has in (from, to], of one reason or of all. */
guint64 account_count (const Account *account, guint from, guint to, guint64 reason);
