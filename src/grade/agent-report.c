/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the grader agent's report; see agent-report.h. */
#include "grade/agent-report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "grade/grade.h"

#define KERNEL_LINES_MAX 4000
#define TROUBLE_LINES 14
#define TRACE_LINES 120
#define TROUBLE_LINE_MAX 200
#define MODULE_NAME_MAX 40

/* What of the kernel's words tells of trouble, most telling first where one report has several. */
static const struct {
  const char *words, *name; /* words: '*' stands for any text */
} troubles[] = {
  { "Kernel panic", "a kernel panic" },
  { "kernel BUG at", "a BUG" },
  { "BUG: KASAN", "a report of KASAN" },
  { "BUG: KCSAN", "a report of KCSAN" },
  { "UBSAN:", "a report of UBSAN" },
  { "BUG: unable to handle", "an oops" },
  { "BUG: kernel NULL pointer", "an oops" },
  { "general protection fault", "an oops" },
  { "Oops:", "an oops" },
  { "invalid opcode:", "an oops" },
  { "double fault", "an oops" },
  { "possible circular locking", "a report of lockdep" },
  { "inconsistent lock state", "a report of lockdep" },
  { "suspicious RCU usage", "a report of lockdep" },
  { "scheduling while atomic", "a sleep in atomic context" },
  { "sleeping function called from invalid context", "a sleep in atomic context" },
  { "soft lockup", "a lockup" },
  { "rcu: INFO: rcu", "a stall" },
  { "BUG:", "a BUG" },
  { "WARNING: CPU", "a kernel warning" },
  { "WARNING: *:* at *+0x*/0x", "a kernel warning" }, /* of 7.2: "WARNING: vmx/vmx.c:6868 at vmx_handle_exit+0x4ca/0x750" */
};

void
agent_report_free (AgentReport *report)
{
  if (report == NULL)
    return;
  g_free (report->module_failed);
  g_ptr_array_unref (report->kernel);
  g_ptr_array_unref (report->traced);
  g_free (report->trouble);
  g_free (report->trace);
  g_free (report->trouble_name);
  g_free (report);
}

/* As kmod says it: init_module(2) has meanings of its own for some numbers. */
static const char *
load_error (int errnum)
{
  switch (errnum)
    {
    case ENOENT:
      return "a symbol that it needs is nowhere defined, or only in a module that is loaded later";
    case ENOEXEC:
      return "not a module of this kernel";
    case EEXIST:
      return "a symbol that it exports is exported by another module already";
    default:
      return g_strerror (errnum);
    }
}

/* NULL for any other event. */
static char *
module_failure (const char *event, const char *text, int errnum)
{
  g_autofree char *module = grade_text_head (text, MODULE_NAME_MAX);
  if (g_strcmp0 (event, "module-failed") == 0)
    return g_strdup_printf ("%s: %s", module, load_error (errnum));
  if (g_strcmp0 (event, "unload-failed") == 0)
    return g_strdup_printf ("%s: it cannot be unloaded: %s", module, errnum == EWOULDBLOCK ? "it is still in use" : g_strerror (errnum));
  return NULL;
}

/* "NAME VALUE TEXT" */
static void
take_event (AgentReport *report, const char *line, gboolean *in_again)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 3);
  const char *name = words[0];
  const char *text = words[0] != NULL && words[1] != NULL && words[2] != NULL ? words[2] : "";
  const gint64 value = words[0] != NULL && words[1] != NULL ? g_ascii_strtoll (words[1], NULL, 10) : 0;
  const struct {
    const char *name;
    gboolean *flag;
  } flags[] = {
    { "begin", &report->began },         { "modules-loaded", *in_again ? &report->again_loaded : &report->modules_loaded },
    { "guest-started", &report->guest_started }, { "failed-entry", &report->guest_done },
    { "oops", &report->oops },           { "guest-deadline", &report->deadline },
    { "end", &report->ended },           { "again", &report->again },
  };
  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      if (g_strcmp0 (name, flags[i].name) == 0)
        *flags[i].flag = TRUE;
    }
  if (g_strcmp0 (name, "again") == 0)
    *in_again = TRUE;
  if (report->module_failed == NULL)
    report->module_failed = module_failure (name, text, (int) CLAMP (value, 0, 4095));
}

/* "SEQ LEVEL TEXT" */
static void
take_kernel (AgentReport *report, const char *line, guint64 *first)
{
  char *end;
  const guint64 number = g_ascii_strtoull (line, &end, 10);
  if (*end != ' ' || !g_ascii_isdigit (end[1]) || end[2] != ' ')
    return;
  if (report->kernel->len == 0)
    *first = number;
  /* Each line is one, whatever number it says. */
  report->kernel_count++;
  if (number >= *first && number - *first < G_MAXUINT32)
    report->kernel_count = MAX (report->kernel_count, number - *first + 1);
  if (report->kernel->len < KERNEL_LINES_MAX)
    g_ptr_array_add (report->kernel, g_strdup (end + 3));
}

static char *
lines_from (char **lines, guint at, guint count)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = at; lines[i] != NULL && i < at + count; i++)
    {
      g_autofree char *head = grade_text_head (lines[i], TROUBLE_LINE_MAX);
      g_string_append_printf (text, "%s\n", head);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
set_trouble (AgentReport *report, char **lines, guint at, const char *name)
{
  report->trouble = lines_from (lines, at, TROUBLE_LINES);
  report->trace = lines_from (lines, at, TRACE_LINES);
  report->trouble_name = g_strdup (name);
}

/* Parts between the stars, one after the other. */
static gboolean
has_words (const char *line, const char *words)
{
  const char *at = line;
  for (const char *part = words; at != NULL && *part != '\0';)
    {
      const gsize length = strcspn (part, "*");
      g_autofree char *wanted = g_strndup (part, length);
      at = strstr (at, wanted);
      at = at != NULL ? at + length : NULL;
      part += length + (part[length] == '*' ? 1 : 0);
    }
  return at != NULL;
}

static gboolean
find_trouble (AgentReport *report, char **lines)
{
  for (guint i = 0; lines[i] != NULL; i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (troubles); j++)
        {
          if (!has_words (lines[i], troubles[j].words))
            continue;
          set_trouble (report, lines, i, troubles[j].name);
          return TRUE;
        }
    }
  return FALSE;
}

AgentReport *
agent_report_read (const char *text, const char *console)
{
  AgentReport *report = g_new0 (AgentReport, 1);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_auto (GStrv) console_lines = g_strsplit (console, "\n", -1);
  gboolean in_again = FALSE;
  guint64 first = 0;
  report->traced = g_ptr_array_new_with_free_func (g_free);
  report->kernel = g_ptr_array_new_with_free_func (g_free);
  for (char **line = lines; *line != NULL; line++)
    {
      if (g_str_has_prefix (*line, "event "))
        take_event (report, *line + strlen ("event "), &in_again);
      else if (g_str_has_prefix (*line, "kernel "))
        take_kernel (report, *line + strlen ("kernel "), &first);
      else if (g_str_has_prefix (*line, "traced ") && report->traced->len < KERNEL_LINES_MAX)
        g_ptr_array_add (report->traced, g_strdup (*line + strlen ("traced ")));
    }
  g_ptr_array_add (report->kernel, NULL);
  if (!find_trouble (report, (char **) report->kernel->pdata))
    find_trouble (report, console_lines);
  g_ptr_array_remove_index (report->kernel, report->kernel->len - 1);
  return report;
}

char *
agent_report_kernel (const AgentReport *report)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < report->kernel->len; i++)
    g_string_append_printf (text, "%s\n", (const char *) g_ptr_array_index (report->kernel, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}
