/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a distribution tells of its boot, against what it can be held to. It tells it itself: a difference is a surprise, not a failure of
 * the lab. The exits need none of it; the phases and units that rest on it are as good as these rows are.
 */
#include "stats/checks.h"
#include "timeline/boot.h"

static void
check_report (const TimelineBoot *boot, Checks *checks)
{
  checks_expect_text (checks, "boot:report", "whole", boot->report != NULL ? "whole" : boot->report_error);
}

/* A message is on the console soon after its time, when its bytes and what was written before have gone out. Clocks may err to the other side. */
#define CONSOLE_DELAY_MAX_NS 100000000

/* The brackets of each clock that leave the offset open which the tightest tells. */
static void
check_clocks (const TimelineBoot *boot, Checks *checks)
{
  checks_compare_usual (checks, boot->report->clocks->len, boot->clock_marks, "boot:clock-marks");
  if (boot->clock.known)
    checks_compare_usual (checks, boot->clock.brackets, boot->clock.agree, "boot:clock-brackets-that-agree");
  else
    checks_expect_text (checks, "boot:clock-brackets-that-agree", "1 or more", "0");
  if (boot->printk.known)
    checks_compare_usual (checks, boot->printk.brackets, boot->printk.agree, "boot:printk-brackets-that-agree");
  else
    checks_not_run (checks, "boot:printk-brackets-that-agree");
  if (boot->init_twice)
    checks_compare_usual (checks, 1, ABS (boot->init_delay_ns) <= CONSOLE_DELAY_MAX_NS, "boot:init-message-on-the-console-when-told");
}

static void
check_state (const TimelineBoot *boot, Checks *checks)
{
  checks_compare_usual (checks, 0, boot->report->failed->len, "boot:failed-units");
  if (boot->report->cloud_init == NULL)
    checks_not_run (checks, "boot:cloud-init");
  else
    checks_expect_text (checks, "boot:cloud-init", "done", boot->report->cloud_init);
}

/* Whether each instant of the console is that of a byte, or merely of when it was read. */
static void
check_texts (const TimelineBoot *boot, Checks *checks)
{
  guint by_byte = 0;

  for (guint i = 0; i < boot->n_ready; i++)
    by_byte += boot->ready[i].by_byte ? 1 : 0;
  checks_compare_usual (checks, boot->n_ready, by_byte, "boot:ready-texts-timed-by-byte");
}

void
check_boot (const CheckInputs *in, Checks *checks)
{
  const TimelineBoot *boot = in->timeline->boot;

  if (boot == NULL)
    return;
  check_texts (boot, checks);
  check_report (boot, checks);
  if (boot->report == NULL)
    return;
  check_clocks (boot, checks);
  check_state (boot, checks);
}
