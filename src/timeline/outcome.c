/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a run, from events, marks and L2's console. */
#include "timeline/outcome.h"

#include <string.h>

#include "base/error.h"
#include "timeline/boot.h"
#include "timeline/text.h"

#define PANIC "Kernel panic - not syncing"
#define LAST_LINES 3

static const TimelineEvent *
find_event (const Timeline *t, enum record_event_code code)
{
  for (guint i = 0; i < t->events->len; i++)
    {
      const TimelineEvent *event = &g_array_index (t->events, TimelineEvent, i);
      if (event->code == (guint32) code)
        return event;
    }
  return NULL;
}

/* The first guest whose QEMU did not end with status 0, or the last that ended. */
static const TimelineEvent *
find_end_of_l2 (const Timeline *t)
{
  const TimelineEvent *found = NULL;

  for (guint i = 0; i < t->events->len && (found == NULL || found->value == 0); i++)
    {
      const TimelineEvent *event = &g_array_index (t->events, TimelineEvent, i);
      if (event->code == RECORD_EVENT_L2_ENDED)
        found = event;
    }
  return found;
}

static char *
console_tail (const Timeline *t)
{
  return text_last_lines (t->console->str, t->console->len, LAST_LINES);
}

/* The panic's line on L2's console, or NULL. */
static char *
panic_line (const Timeline *t)
{
  const char *at = memmem (t->console->str, t->console->len, PANIC, strlen (PANIC));
  if (at == NULL)
    return NULL;
  const char *end = memchr (at, '\n', (gsize) (t->console->str + t->console->len - at));
  return text_printable (at, end != NULL ? (gsize) (end - at) : strlen (at), 256);
}

/* Any 32 bits may come, the least number among them. */
static guint
magnitude (gint32 value)
{
  return value < 0 ? 0u - (guint) value : (guint) value;
}

static Outcome
outcome_of_l1 (const Timeline *t, char **detail)
{
  const TimelineEvent *event;

  if ((event = find_event (t, RECORD_EVENT_MODULE_FAILED)) != NULL)
    {
      *detail = g_strdup_printf ("L1 could not load a module: %s: %s", event->text, g_strerror ((int) MIN (magnitude (event->value), 4095)));
      return OUTCOME_L1_FAILED;
    }
  if ((event = find_event (t, RECORD_EVENT_ERROR)) != NULL)
    {
      *detail = g_strdup_printf ("L1's agent failed: %s", event->text);
      return OUTCOME_L1_FAILED;
    }
  return OUTCOME_OK;
}

/* " and never wrote "login:"": what L2 was to do to be ready; empty if it is. */
static char *
never_ready (const Timeline *t)
{
  GString *out = g_string_new (NULL);

  if (t->boot == NULL && !t->marks[RECORD_MARK_READY].seen)
    g_string_append (out, "never became ready");
  for (guint i = 0; t->boot != NULL && i < t->boot->n_ready; i++)
    {
      const BootText *text = &t->boot->ready[i];
      g_autofree char *printable = text_printable (text->bytes, text->size, text->size);
      if (!text->on_console)
        g_string_append_printf (out, "%s \"%s\"", out->len > 0 ? " nor" : "never wrote", printable);
    }
  return g_string_free (out, FALSE);
}

static char *
say_hang (const Timeline *t, gint32 seconds)
{
  g_autofree char *missing = never_ready (t);
  g_autofree char *tail = console_tail (t);
  const gboolean pressed = find_event (t, RECORD_EVENT_L2_POWERDOWN) != NULL;

  return g_strdup_printf ("L2 hangs: it still ran after %d s%s%s%s; last console lines: %s", seconds, *missing != '\0' ? " and " : "", missing,
                          pressed ? " though its power button was pressed" : "", tail);
}

/* A distribution's clue is the text it did not write, a guest's of ours its mark. */
static char *
say_silent (const Timeline *t, const char *what_it_did)
{
  g_autofree char *missing = never_ready (t);
  g_autofree char *tail = console_tail (t);

  if (t->boot == NULL)
    return g_strdup_printf ("no ready mark: L2 %s; last console lines: %s", what_it_did, tail);
  return g_strdup_printf ("L2 %s%s%s; last console lines: %s", what_it_did, *missing != '\0' ? ": it " : "", missing, tail);
}

static Outcome
outcome_of_l2 (const Timeline *t, char **detail)
{
  g_autofree char *panic = panic_line (t);
  g_autofree char *tail = console_tail (t);
  const TimelineEvent *event;

  if (panic != NULL)
    {
      *detail = g_strdup_printf ("L2's kernel panicked: %s", panic);
      return OUTCOME_L2_PANIC;
    }
  if ((event = find_event (t, RECORD_EVENT_L2_DEADLINE)) != NULL)
    {
      *detail = say_hang (t, event->value);
      return OUTCOME_L2_HANG;
    }
  if ((event = find_event (t, RECORD_EVENT_L2_RESET)) != NULL && event->value != 0)
    {
      *detail = g_strdup_printf ("L2 was reset %s: a triple fault, or its kernel restarted; last console lines: %s",
                                 t->marks[RECORD_MARK_READY].seen ? "unasked" : "before it became ready", tail);
      return OUTCOME_L2_RESET;
    }
  if ((event = find_end_of_l2 (t)) != NULL && event->value != 0)
    {
      *detail = g_strdup_printf ("QEMU in L1 ended with %s %u: %s", event->value < 0 ? "signal" : "status", magnitude (event->value), event->text);
      return OUTCOME_QEMU_DIED;
    }
  if (event != NULL && t->exits > 0 && !t->marks[RECORD_MARK_READY].seen)
    {
      *detail = say_silent (t, "powered off before it became ready");
      return OUTCOME_L2_SILENT;
    }
  return OUTCOME_OK;
}

static guint64
overruns (const Timeline *t)
{
  guint64 sum = 0;
  for (guint i = 0; i < t->n_vcpus; i++)
    sum += t->vcpus[i].log.overruns;
  return MAX (sum, t->end.overruns);
}

static guint
rounds_of (const Timeline *t, guint number)
{
  guint rounds = 0;
  for (guint i = 0; i < t->operations->len; i++)
    rounds += g_array_index (t->operations, TimelineOperation, i).number == number ? 1 : 0;
  return rounds;
}

/* What was begun was performed in all its rounds, and each guest came to its last operation: Linux's has no condition, nor has the other's. */
static gboolean
operations_ended (const Timeline *t, char **detail)
{
  const gboolean of_linux = t->marks[RECORD_MARK_OPERATIONS].seen, known_answer = t->guests[t->n_guests - 1].kind == RECORD_GUEST_KNOWN_ANSWER;

  if (t->unended_rounds > 0)
    {
      *detail = g_strdup ("L2 began an operation that has no end in the records");
      return FALSE;
    }
  for (guint i = 0; i < OPERATIONS; i++)
    {
      const struct record_operation *operation = &record_operations[i];
      const guint rounds = rounds_of (t, i);
      const gboolean must = (i == OPERATION_CALIBRATION_LINUX && of_linux) || (i == OPERATION_FIRST_TOUCH && known_answer);

      if (rounds == operation->rounds || (rounds == 0 && !must))
        continue;
      *detail = g_strdup_printf ("operation %s: %u of %u rounds were recorded: L2 did not come to its end", operation->name, rounds, operation->rounds);
      return FALSE;
    }
  return TRUE;
}

/* What is left when neither L1's events nor L2's end tell of a failure. */
static Outcome
outcome_of_records (const Timeline *t, char **detail)
{
  g_autofree char *tail = console_tail (t);

  if (!t->whole)
    {
      *detail = g_strdup_printf ("the records stop after %" G_GUINT64_FORMAT " exits without an end: L1 died; last lines of L2's console: %s", t->exits, tail);
      return OUTCOME_L1_LOST;
    }
  if (t->exits == 0)
    {
      *detail = g_strdup ("L2 was never entered: not one exit was recorded");
      return OUTCOME_NO_EXITS;
    }
  if (overruns (t) > 0)
    {
      *detail = g_strdup_printf ("the exit log dropped %" G_GUINT64_FORMAT " exits; try: a larger exit_log_records", overruns (t));
      return OUTCOME_INCOMPLETE;
    }
  if (!t->marks[RECORD_MARK_READY].seen)
    {
      *detail = say_silent (t, "never became ready");
      return OUTCOME_L2_SILENT;
    }
  if (!operations_ended (t, detail))
    return OUTCOME_INCOMPLETE;
  if (t->end.status != 0)
    {
      *detail = g_strdup_printf ("L1's agent ended with status %d: not all was recorded", t->end.status);
      return OUTCOME_INCOMPLETE;
    }
  return OUTCOME_OK;
}

Outcome
timeline_outcome (const Timeline *t, char **detail)
{
  g_autofree char *why = NULL;
  Outcome outcome = outcome_of_l2 (t, &why);

  /* A failed agent is the cause of all that follows, but a dying L2 makes the agent report errors too. */
  if (outcome == OUTCOME_OK)
    outcome = outcome_of_l1 (t, &why);
  if (outcome == OUTCOME_OK)
    outcome = outcome_of_records (t, &why);
  if (detail != NULL)
    *detail = g_steal_pointer (&why);
  return outcome;
}

const char *
outcome_name (Outcome outcome)
{
  static const char *const names[] = {
    [OUTCOME_OK] = "ok",
    [OUTCOME_L1_FAILED] = "l1-failed",
    [OUTCOME_L1_LOST] = "l1-lost",
    [OUTCOME_L2_PANIC] = "l2-panic",
    [OUTCOME_L2_HANG] = "l2-hang",
    [OUTCOME_L2_RESET] = "l2-reset",
    [OUTCOME_L2_SILENT] = "l2-silent-poweroff",
    [OUTCOME_QEMU_DIED] = "qemu-died",
    [OUTCOME_NO_EXITS] = "no-exits",
    [OUTCOME_INCOMPLETE] = "incomplete",
  };
  return names[outcome];
}

gboolean
timeline_check_complete (const Timeline *t, GError **error)
{
  g_autofree char *detail = NULL;
  if (timeline_outcome (t, &detail) == OUTCOME_OK)
    return TRUE;
  return fail (error, HARNESS_ERROR_FAILED, "%s", detail);
}
