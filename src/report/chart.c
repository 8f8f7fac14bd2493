/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements, numbers, ticks and colours of the pictures. */
#include "report/chart.h"

#include <math.h>
#include <string.h>

#include "report/svg.h"

void
chart_number (GString *out, double value)
{
  const gint64 hundredths = isfinite (value) && fabs (value) < 1e12 ? llround (value * 100) : 0;
  const guint64 all = (guint64) (hundredths < 0 ? -hundredths : hundredths);

  g_string_append_printf (out, "%s%" G_GUINT64_FORMAT, hundredths < 0 ? "-" : "", all / 100);
  if (all % 10 != 0)
    g_string_append_printf (out, ".%02u", (guint) (all % 100));
  else if (all % 100 != 0)
    g_string_append_printf (out, ".%u", (guint) (all % 100 / 10));
}

static void
put_attribute (GString *out, const char *name, double value)
{
  g_string_append_printf (out, " %s=\"", name);
  chart_number (out, value);
  g_string_append_c (out, '"');
}

static void
put_titled (GString *out, const char *element, const char *title)
{
  g_string_append_printf (out, "<%s>", element);
  svg_text (out, title);
  g_string_append_printf (out, "</%s>", element);
}

void
chart_begin (GString *out, double height, const char *title, const char *subtitle, const char *desc)
{
  g_string_append (out, "<svg class=\"pic\" role=\"img\" viewBox=\"0 0 ");
  chart_number (out, CHART_WIDTH);
  g_string_append_c (out, ' ');
  chart_number (out, height);
  g_string_append (out, "\">\n");
  put_titled (out, "title", title);
  put_titled (out, "desc", desc);
  g_string_append_c (out, '\n');
  chart_rect (out, "surface", 0, 0, CHART_WIDTH, height, NULL);
  chart_text_fitted (out, "t", CHART_X0, 28, (CHART_X1 - CHART_X0) * CHART_TEXT / 20, title);
  chart_text_fitted (out, "u", CHART_X0, 51, CHART_X1 - CHART_X0, subtitle);
}

void
chart_end (GString *out)
{
  g_string_append (out, "</svg>\n");
}

GString *
chart_empty (const char *title, const char *why)
{
  GString *out = g_string_new (NULL);
  chart_begin (out, CHART_TOP + 6, title, why, why);
  chart_end (out);
  return out;
}

void
chart_rect (GString *out, const char *class, double x, double y, double w, double h, const char *tooltip)
{
  g_string_append_printf (out, "<rect class=\"%s\"", class);
  put_attribute (out, "x", x);
  put_attribute (out, "y", y);
  put_attribute (out, "width", MAX (w, 0));
  put_attribute (out, "height", MAX (h, 0));
  if (tooltip == NULL)
    {
      g_string_append (out, "/>\n");
      return;
    }
  g_string_append_c (out, '>');
  put_titled (out, "title", tooltip);
  g_string_append (out, "</rect>\n");
}

void
chart_line (GString *out, const char *class, double x1, double y1, double x2, double y2)
{
  chart_path_begin (out, class);
  chart_point (out, 'M', x1, y1);
  chart_point (out, 'L', x2, y2);
  chart_path_end (out, NULL);
}

void
chart_text (GString *out, const char *class, double x, double y, const char *text)
{
  g_string_append (out, "<text");
  if (*class != '\0')
    g_string_append_printf (out, " class=\"%s\"", class);
  put_attribute (out, "x", x);
  put_attribute (out, "y", y);
  g_string_append_c (out, '>');
  svg_text (out, text);
  g_string_append (out, "</text>\n");
}

/* In widths of a letter; wide enough for the fonts that a system may have. */
static double
letter_width (gunichar c)
{
  if (c > 0x7f)
    return g_unichar_iswide (c) ? 1.1 : 0.7;
  if (strchr (" .,:;|'!ijl()[]", (int) c) != NULL)
    return 0.34;
  if (c == 'm' || c == 'w' || c == 'M' || c == 'W' || c == '%' || c == '@')
    return 0.93;
  return c == '_' ? 0.5 : g_unichar_isupper (c) ? 0.65 : 0.59;
}

double
chart_text_width (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  double width = 0;

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    width += letter_width (g_utf8_get_char (at));
  return width * CHART_TEXT;
}

void
chart_text_fitted (GString *out, const char *class, double x, double y, double width, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) cut = g_string_new (NULL);
  double used = 0;

  if (*class == 'b' || *class == 't')
    width *= 0.92; /* bold is wider */
  if (chart_text_width (valid) <= width)
    {
      chart_text (out, class, x, y, valid);
      return;
    }
  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      used += letter_width (g_utf8_get_char (at)) * CHART_TEXT;
      if (used + CHART_TEXT * 0.9 > width)
        break;
      g_string_append_unichar (cut, g_utf8_get_char (at));
    }
  g_string_append (cut, "…");
  chart_text (out, class, x, y, cut->str);
}

void
chart_path_begin (GString *out, const char *class)
{
  g_string_append_printf (out, "<path class=\"%s\" d=\"", class);
}

void
chart_point (GString *out, char command, double x, double y)
{
  g_string_append_c (out, command);
  chart_number (out, x);
  g_string_append_c (out, ' ');
  chart_number (out, y);
}

void
chart_step (GString *out, char command, double at)
{
  g_string_append_c (out, command);
  chart_number (out, round (at * 10) / 10);
}

void
chart_path_end (GString *out, const char *tooltip)
{
  if (tooltip == NULL)
    {
      g_string_append (out, "\"/>\n");
      return;
    }
  g_string_append (out, "\">");
  put_titled (out, "title", tooltip);
  g_string_append (out, "</path>\n");
}

static const struct {
  const char *kind, *class;
} kind_classes[] = {
  { "memory", "k-memory" }, { "ept", "k-memory" }, { "npt", "k-memory" }, { "mmio", "k-mmio" },
  { "io-serial", "k-io-serial" }, { "io-pci", "k-io-pci" }, { "io-fw-cfg", "k-io-fw-cfg" }, { "io-other", "k-io" }, { "io", "k-io" },
  { "cpuid", "k-cpuid" }, { "msr", "k-msr" }, { "interrupt", "k-interrupt" }, { "interrupt-window", "k-window" }, { "window", "k-window" },
  { "hlt", "k-hlt" }, { "cr", "k-cr" }, { "exception", "k-exception" }, { "other", "k-other" },
};

const char *
chart_kind_class (const char *kind)
{
  static const char *const rest[] = { "k-x0", "k-x1", "k-x2", "k-x3", "k-x4", "k-x5" };

  for (guint i = 0; i < G_N_ELEMENTS (kind_classes); i++)
    if (strcmp (kind_classes[i].kind, kind) == 0)
      return kind_classes[i].class;
  return rest[g_str_hash (kind) % G_N_ELEMENTS (rest)];
}

/* The ISAs have a colour each; a second lab of the same gets one of the others. */
const char *
chart_lab_class (const AnswersLab *labs, gsize i)
{
  static const char *const classes[] = { "lab-0", "lab-1", "lab-2", "lab-3", "lab-4" };
  guint later = 0;

  for (gsize j = 0; j <= i; j++)
    {
      gboolean again = FALSE;
      for (gsize k = 0; k < j; k++)
        again = again || (labs[k].summary != NULL && labs[j].summary != NULL && labs[k].summary->isa == labs[j].summary->isa);
      later += again;
      if (j == i && again)
        return classes[2 + (later - 1) % 3];
    }
  return classes[labs[i].summary != NULL && labs[i].summary->isa == ISA_SVM];
}
