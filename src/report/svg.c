/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Escaping, and the style sheet. Colours are custom properties of .pic: the light ones hold unless the reader prefers
 * dark or a data-theme attribute on the picture or around it says so; paper is always light.
 * Kinds and labs: derived from Okabe and Ito, "Color Universal Design", 2008; the heat scale from matplotlib's magma.
 */
#include "report/svg.h"

#include <string.h>

typedef struct {
  const char *name, *light, *dark;
} Colour;

static const Colour colours[] = {
  { "surface", "#ffffff", "#14181f" },
  { "ink", "#1c2430", "#e8ecf2" },
  { "muted", "#5b6675", "#a3afbf" },
  { "grid", "#e3e7ec", "#2b333f" },
  { "axis", "#aab3be", "#566273" },
  { "band", "#f3f5f8", "#1d232d" },
  { "accent", "#c2003f", "#ff6f8f" },
  /* Kinds, the classes of chart_kind_class(). */
  { "k-memory", "#0072b2", "#3c94d6" },
  { "k-mmio", "#56b4e9", "#9ad6f8" },
  { "k-io-serial", "#d55e00", "#ee7733" },
  { "k-io-pci", "#e69f00", "#f2b134" },
  { "k-io-fw-cfg", "#ddc81a", "#f0e442" },
  { "k-io", "#8c5a1e", "#b98b52" },
  { "k-cpuid", "#009e73", "#2cb98d" },
  { "k-msr", "#cc79a7", "#de95be" },
  { "k-interrupt", "#5b4bb5", "#8b7de6" },
  { "k-window", "#a79bdf", "#c5bcf6" },
  { "k-hlt", "#7a8797", "#8d9bac" },
  { "k-cr", "#8b961c", "#b4c03c" },
  { "k-exception", "#a3203a", "#dd566d" },
  { "k-x0", "#117733", "#54b377" },
  { "k-x1", "#882255", "#c1608f" },
  { "k-x2", "#44aa99", "#72c9bb" },
  { "k-x3", "#6b6b2f", "#a3a35e" },
  { "k-x4", "#4477aa", "#7ba3cf" },
  { "k-x5", "#aa7744", "#cd9f73" },
  { "k-other", "#b8bfc8", "#566070" },
  { "lab-0", "#0072b2", "#56b4e9" },
  { "lab-1", "#d55e00", "#f28e3c" },
  { "lab-2", "#009e73", "#2cb98d" },
  { "lab-3", "#a3568a", "#de95be" },
  { "lab-4", "#7a6a00", "#e0cf3a" },
  /* Heat, from few to many. */
  { "h-0", "#fdebc8", "#221a45" },
  { "h-1", "#fed6a0", "#3b1a6b" },
  { "h-2", "#feb57c", "#5c2380" },
  { "h-3", "#fb8861", "#822b81" },
  { "h-4", "#ec5860", "#ab377c" },
  { "h-5", "#c83e73", "#d3466b" },
  { "h-6", "#982d80", "#f0705c" },
  { "h-7", "#63197f", "#fca972" },
  { "h-8", "#2d1160", "#fcecae" },
};

/* Sizes are units of a viewBox 640 wide. Where that is drawn small, letters are larger in it: layouts leave room for these. */
static const char rules[] =
  ".pic{display:block;width:100%;height:auto;font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif;"
  "font-variant-numeric:tabular-nums;print-color-adjust:exact;-webkit-print-color-adjust:exact}\n"
  ".pic text{fill:var(--ink);font-size:15px}\n"
  ".pic .t{font-size:20px;font-weight:650}\n"
  ".pic .u,.pic .a{fill:var(--muted)}\n"
  ".pic .e{text-anchor:end}\n"
  ".pic .m{text-anchor:middle}\n"
  ".pic .b{font-weight:650}\n"
  ".pic .surface{fill:var(--picture-surface,var(--surface))}\n"
  ".pic .band{fill:var(--band)}\n"
  ".pic .strip{fill:var(--grid);fill-opacity:.6}\n"
  ".pic .grid{stroke:var(--grid);stroke-width:1;fill:none}\n"
  ".pic .axis{stroke:var(--axis);stroke-width:1;fill:none}\n"
  ".pic .hit{fill:#000;fill-opacity:0}\n"
  ".pic .hit:hover{fill:var(--ink);fill-opacity:.07}\n"
  ".pic .area{fill:var(--c)}\n"
  ".pic .tint{fill:var(--c);fill-opacity:.16}\n"
  ".pic .line{stroke:var(--c);stroke-width:2.5;fill:none;stroke-linejoin:round;stroke-linecap:round}\n"
  ".pic text.own{fill:var(--c)}\n"
  ".pic text.on{fill:var(--surface)}\n"
  ".pic .halo{stroke:var(--surface);stroke-width:3.6;stroke-opacity:.8;fill:none;stroke-linejoin:round}\n"
  ".pic .mean{stroke:var(--ink);stroke-width:1.4;fill:none;stroke-linejoin:round}\n"
  ".pic .mark{stroke:var(--ink);stroke-width:1.2;fill:none}\n"
  ".pic .burst{fill:var(--accent)}\n"
  ".pic .glow{fill:var(--accent);fill-opacity:.1}\n"
  ".pic .dot{fill:var(--surface);stroke:var(--c);stroke-width:2}\n"
  ".pic .one{stroke:var(--ink);stroke-width:1.2;stroke-dasharray:3 3;fill:none}\n"
  ".pic .heat{stroke:var(--c);stroke-width:19;fill:none}\n"
  "@media (min-width:600px){.pic text{font-size:13px}.pic .t{font-size:18px}.pic .a{font-size:12px}}\n";

void
svg_text (GString *out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);
      /* Neither are what XML has no way to write, nor what turns the direction of the text around it. */
      const gboolean bad = g_unichar_iscntrl (c) || (c & 0xfffe) == 0xfffe || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
      switch (c)
        {
        case '<': g_string_append (out, "&lt;"); break;
        case '>': g_string_append (out, "&gt;"); break;
        case '&': g_string_append (out, "&amp;"); break;
        case '"': g_string_append (out, "&quot;"); break;
        case '\'': g_string_append (out, "&#39;"); break;
        default: g_string_append_unichar (out, bad ? 0xfffd : c);
        }
    }
}

static void
put_colours (GString *out, const char *selector, gboolean dark)
{
  g_string_append_printf (out, "%s{color-scheme:%s", selector, dark ? "dark" : "light");
  for (guint i = 0; i < G_N_ELEMENTS (colours); i++)
    g_string_append_printf (out, ";--%s:%s", colours[i].name, dark ? colours[i].dark : colours[i].light);
  g_string_append (out, "}");
}

/* A class of a colour's name makes it the colour of what is drawn: var(--c). */
static void
put_colour_classes (GString *out)
{
  for (guint i = 0; i < G_N_ELEMENTS (colours); i++)
    if (strchr (colours[i].name, '-') != NULL)
      g_string_append_printf (out, ".pic .%s{--c:var(--%s)}\n", colours[i].name, colours[i].name);
}

char *
svg_style (void)
{
  GString *out = g_string_new ("\n");

  put_colours (out, ".pic", FALSE);
  g_string_append (out, "\n@media (prefers-color-scheme:dark){");
  put_colours (out, ".pic", TRUE);
  g_string_append (out, "}\n");
  put_colours (out, "[data-theme=light] .pic,.pic[data-theme=light]", FALSE);
  g_string_append_c (out, '\n');
  put_colours (out, "[data-theme=dark] .pic,.pic[data-theme=dark]", TRUE);
  g_string_append (out, "\n@media print{");
  put_colours (out, ".pic,[data-theme] .pic,.pic[data-theme]", FALSE);
  g_string_append (out, "}\n");
  put_colour_classes (out);
  g_string_append (out, rules);
  return g_string_free (out, FALSE);
}
