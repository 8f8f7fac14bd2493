/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pictures by name, and as files of their own. */
#include "report/pictures.h"

#include <string.h>

#include "report/svg.h"

const PictureKind picture_kinds[] = {
  { "rate", "exits per second over the boot, by kind", .of_lab = picture_rate },
  { "cumulative", "exits so far, over each lab's boot", .of_labs = picture_cumulative },
  { "heat", "each exit reason over the whole run", .of_lab = picture_heat },
  { "costs", "what an exit costs, by reason", .of_lab = picture_costs },
  { "operations", "exits that an operation takes", .of_labs = picture_operations },
  { "units", "the starts of systemd's units and their exits", .of_lab = picture_units },
  { "share", "time inside and outside of exits", .of_labs = picture_share },
  { .name = NULL },
};

GString *
picture_by_name (const char *name, const AnswersLab *labs, gsize n, const char *lab)
{
  for (const PictureKind *kind = picture_kinds; kind->name != NULL; kind++)
    {
      if (strcmp (kind->name, name) != 0)
        continue;
      if (kind->of_labs != NULL)
        return kind->of_labs (labs, n);
      for (gsize i = 0; i < n; i++)
        if (lab == NULL || strcmp (labs[i].name, lab) == 0)
          return kind->of_lab (&labs[i]);
      return NULL;
    }
  return NULL;
}

/* Attributes are escaped: the first '>' ends the element's own tag. */
char *
picture_standalone (const GString *svg)
{
  static const char start[] = "<svg";
  const char *body = strchr (svg->str, '>');
  g_autofree char *style = svg_style ();
  GString *out = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"");

  g_assert (g_str_has_prefix (svg->str, start) && body != NULL);
  g_string_append_len (out, svg->str + strlen (start), body + 1 - svg->str - (gssize) strlen (start));
  g_string_append_printf (out, "<style>%s</style>%s", style, body + 1);
  return g_string_free (out, FALSE);
}
