/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot report, line by line; each kind of line has a function. */
#include "timeline/boot-report.h"

#include <string.h>

#include "base/error.h"
#include "record/boot-report.h"
#include "timeline/text.h"

#define BRACKETS_MAX 1024u
#define MESSAGES_MAX 256u
#define UNIT_NAME_MAX 256u /* as systemd's UNIT_NAME_MAX */
#define WORD_MAX 64u

#define BAD(...) fail (error, HARNESS_ERROR_FAILED, __VA_ARGS__)

static void
clear_message (gpointer message)
{
  g_free (((BootMessage *) message)->text);
}

static void
clear_unit (gpointer unit)
{
  g_free (((BootUnit *) unit)->name);
}

static BootReport *
report_new (void)
{
  BootReport *r = g_new0 (BootReport, 1);

  r->clocks = g_array_new (FALSE, FALSE, sizeof (BootBracket));
  r->printks = g_array_new (FALSE, FALSE, sizeof (BootBracket));
  r->messages = g_array_new (FALSE, FALSE, sizeof (BootMessage));
  r->units = g_array_new (FALSE, FALSE, sizeof (BootUnit));
  r->failed = g_ptr_array_new_with_free_func (g_free);
  g_array_set_clear_func (r->messages, clear_message);
  g_array_set_clear_func (r->units, clear_unit);
  return r;
}

void
boot_report_free (BootReport *r)
{
  if (r == NULL)
    return;
  g_free (r->id);
  g_free (r->version);
  g_free (r->cloud_init);
  g_array_unref (r->clocks);
  g_array_unref (r->printks);
  g_array_unref (r->messages);
  g_array_unref (r->units);
  g_ptr_array_unref (r->failed);
  g_free (r);
}

static gboolean
at_end (const TextLines *line)
{
  return line->at == line->end;
}

/* A time of at most BOOT_REPORT_NS_MAX, in units of `scale` nanoseconds, after a blank. */
static gboolean
take_time (TextLines *line, gint64 scale, gint64 *time)
{
  guint64 value;

  if (at_end (line) || *line->at != ' ' || !text_decimal (line, &value) || value > (guint64) (BOOT_REPORT_NS_MAX / scale))
    return FALSE;
  *time = (gint64) value;
  return TRUE;
}

/* The letters of unit names: systemd.unit(5). */
static gboolean
take_unit_name (TextLines *line, char **name)
{
  const char *from = line->at + 1;

  if (at_end (line) || *line->at != ' ')
    return FALSE;
  for (line->at = from; line->at < line->end && *line->at != ' '; line->at++)
    if (!g_ascii_isalnum (*line->at) && (*line->at == '\0' || strchr (":-_.\\@", *line->at) == NULL))
      return FALSE;
  if (line->at == from || line->at - from >= (gssize) UNIT_NAME_MAX)
    return FALSE;
  *name = g_strndup (from, (gsize) (line->at - from));
  return TRUE;
}

/* The rest of the line, made printable; NULL if there is none. */
static char *
take_rest (TextLines *line, gsize limit)
{
  if (at_end (line) || *line->at != ' ' || line->end - line->at < 2)
    return NULL;
  g_autofree char *rest = text_printable (line->at + 1, (gsize) (line->end - line->at - 1), limit);
  line->at = line->end;
  return *rest != '\0' ? g_steal_pointer (&rest) : NULL;
}

static gboolean
take_distribution (BootReport *r, TextLines *line, GError **error)
{
  char id[WORD_MAX];

  if (r->id != NULL || !text_name (line, id, sizeof id))
    return BAD ("not one \"distribution ID VERSION\"");
  r->id = g_strdup (id);
  r->version = take_rest (line, WORD_MAX); /* rolling ones have none */
  return at_end (line) || BAD ("more than \"distribution ID VERSION\"");
}

static gboolean
take_bracket (GArray *brackets, TextLines *line, gboolean printk, const char *shape, GError **error)
{
  BootBracket bracket = { 0 };

  if (!take_time (line, 1, &bracket.before_ns) || (printk && !take_time (line, 1, &bracket.printk_ns)) || !take_time (line, 1, &bracket.after_ns) ||
      !at_end (line) || bracket.after_ns < bracket.before_ns)
    return BAD ("not \"%s\"", shape);
  if (brackets->len == BRACKETS_MAX)
    return BAD ("more than %u lines \"%s\"", BRACKETS_MAX, shape);
  g_array_append_val (brackets, bracket);
  return TRUE;
}

static gboolean
take_clock (BootReport *r, TextLines *line, GError **error)
{
  return take_bracket (r->clocks, line, FALSE, "clock BEFORE_NS AFTER_NS", error);
}

static gboolean
take_clock_rip (BootReport *r, TextLines *line, GError **error)
{
  if (r->clock_rip != 0 || r->clocks->len > 0 || !text_decimal (line, &r->clock_rip) || r->clock_rip == 0 || !at_end (line))
    return BAD ("not one \"clock-rip ADDRESS\" before the first clock");
  return TRUE;
}

static gboolean
take_printk (BootReport *r, TextLines *line, GError **error)
{
  return take_bracket (r->printks, line, TRUE, "printk BEFORE_NS PRINTK_NS AFTER_NS", error);
}

static gboolean
take_kernel (BootReport *r, TextLines *line, GError **error)
{
  BootMessage message = { 0 };

  if (!take_time (line, 1, &message.printk_ns))
    return BAD ("not \"kernel PRINTK_NS TEXT\"");
  if (r->messages->len == MESSAGES_MAX)
    return BAD ("more than %u messages of the kernel's", MESSAGES_MAX);
  message.text = take_rest (line, BOOT_REPORT_LINE_MAX);
  if (message.text == NULL)
    return at_end (line) || line->end - line->at == 1 || BAD ("not \"kernel PRINTK_NS TEXT\"");
  g_array_append_val (r->messages, message);
  return TRUE;
}

/* Timestamps that nobody asks for are passed over: there are many, and one that is unset may be the greatest number there is. */
static gboolean
take_systemd (BootReport *r, TextLines *line, GError **error)
{
  char name[WORD_MAX];
  guint64 us;

  if (!text_name (line, name, sizeof name) || !text_decimal (line, &us) || !at_end (line))
    return BAD ("not \"systemd NAME US\"");
  gint64 *wanted = strcmp (name, "UserspaceTimestampMonotonic") == 0 ? &r->userspace_us : strcmp (name, "FinishTimestampMonotonic") == 0 ? &r->finish_us : NULL;
  if (wanted != NULL && us > BOOT_REPORT_NS_MAX / 1000)
    return BAD ("%s is beyond a week", name);
  if (wanted != NULL)
    *wanted = (gint64) us;
  return TRUE;
}

static gboolean
take_unit (BootReport *r, TextLines *line, GError **error)
{
  g_autofree char *name = NULL;
  BootUnit unit = { 0 };

  if (!take_unit_name (line, &name) || !take_time (line, 1000, &unit.start_us) || !take_time (line, 1000, &unit.active_us) || !at_end (line))
    return BAD ("not \"unit NAME START_US ACTIVE_US\"");
  if (r->units->len == BOOT_REPORT_UNITS_MAX)
    return BAD ("more than %u units", BOOT_REPORT_UNITS_MAX);
  if (unit.active_us < unit.start_us)
    unit.active_us = 0; /* of an earlier time that it was started */
  unit.name = g_steal_pointer (&name);
  g_array_append_val (r->units, unit);
  return TRUE;
}

static gboolean
take_cloud_init (BootReport *r, TextLines *line, GError **error)
{
  if (r->cloud_init != NULL || (r->cloud_init = take_rest (line, WORD_MAX)) == NULL)
    return BAD ("not one \"cloud-init STATUS\"");
  return TRUE;
}

static gboolean
take_failed (BootReport *r, TextLines *line, GError **error)
{
  g_autofree char *name = NULL;

  if (!take_unit_name (line, &name) || !at_end (line))
    return BAD ("not \"failed UNIT\"");
  if (r->failed->len == BOOT_REPORT_UNITS_MAX)
    return BAD ("more than %u units that failed", BOOT_REPORT_UNITS_MAX);
  g_ptr_array_add (r->failed, g_steal_pointer (&name));
  return TRUE;
}

static gboolean
take_line (BootReport *r, TextLines *line, GError **error)
{
  static const struct {
    const char *word;
    gboolean (*take) (BootReport *, TextLines *, GError **);
  } kinds[] = {
    { "distribution", take_distribution }, { "clock-rip", take_clock_rip }, { "clock", take_clock }, { "printk", take_printk }, { "kernel", take_kernel },
    { "systemd", take_systemd }, { "unit", take_unit }, { "cloud-init", take_cloud_init }, { "failed", take_failed },
  };
  char word[WORD_MAX];

  if (!text_name (line, word, sizeof word))
    return BAD ("a line without a word");
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (word, kinds[i].word) == 0)
      return kinds[i].take (r, line, error);
  return BAD ("\"%s\" is no line of a boot report", word);
}

static gint
compare_units (gconstpointer a, gconstpointer b)
{
  const BootUnit *x = a, *y = b;
  if (x->start_us != y->start_us)
    return x->start_us < y->start_us ? -1 : 1;
  return strcmp (x->name, y->name);
}

/* A unit that is told twice alike is one unit. */
static gboolean
sort_units (BootReport *r, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  guint kept = 0;

  g_array_sort (r->units, compare_units);
  for (guint i = 0; i < r->units->len; i++)
    {
      BootUnit *unit = &g_array_index (r->units, BootUnit, i), *before = kept > 0 ? &g_array_index (r->units, BootUnit, kept - 1) : NULL;
      if (before != NULL && compare_units (before, unit) == 0 && before->active_us == unit->active_us)
        {
          g_clear_pointer (&unit->name, g_free);
          continue;
        }
      if (!g_hash_table_add (seen, unit->name))
        return BAD ("unit %s is told twice", unit->name);
      const BootUnit moved = *unit;
      unit->name = NULL;
      g_array_index (r->units, BootUnit, kept++) = moved;
    }
  g_array_set_size (r->units, kept);
  return TRUE;
}

/* Cuts the next line off. FALSE: there is no line feed any more. */
static gboolean
next_line (TextLines *text, TextLines *line)
{
  const char *feed = memchr (text->at, '\n', (gsize) (text->end - text->at));

  if (feed == NULL)
    return FALSE;
  *line = text_lines (text->at, (gsize) (feed - text->at));
  if (line->end > line->at && line->end[-1] == '\r')
    line->end--;
  text->at = feed + 1;
  return TRUE;
}

static gboolean
is_line (const TextLines *line, const char *wanted)
{
  return (gsize) (line->end - line->at) == strlen (wanted) && memcmp (line->at, wanted, strlen (wanted)) == 0;
}

static gboolean
read_lines (BootReport *r, TextLines *text, GError **error)
{
  TextLines line;

  for (guint number = 2; next_line (text, &line); number++)
    {
      if (is_line (&line, "end"))
        return sort_units (r, error);
      if (line.end - line.at > (gssize) BOOT_REPORT_LINE_MAX)
        return BAD ("line %u: longer than %u bytes", number, BOOT_REPORT_LINE_MAX);
      if (!take_line (r, &line, error))
        {
          g_prefix_error (error, "line %u: ", number);
          return FALSE;
        }
    }
  return BAD ("it is cut: there is no line \"end\"");
}

gboolean
boot_report_parse (const char *bytes, gsize size, BootReport **report, GError **error)
{
  g_autoptr (BootReport) r = report_new ();
  TextLines text = text_lines (bytes, size), line;

  if (size == 0)
    return BAD ("there is none");
  while (next_line (&text, &line))
    if (is_line (&line, BOOT_REPORT_FIRST_LINE))
      {
        if (!read_lines (r, &text, error))
          return FALSE;
        *report = g_steal_pointer (&r);
        return TRUE;
      }
  return BAD ("it has no line \"%s\"", BOOT_REPORT_FIRST_LINE);
}
