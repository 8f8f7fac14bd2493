/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts that pictures are made of. Every picture is one <svg> element: a viewBox, no fixed size, role="img", <title> and <desc>
 * for who cannot see it, colours as CSS classes and custom properties only (svg_style() defines them, for light and dark). Numbers are written
 * without locale and with at most two digits after the point; text is escaped here and nowhere else.
 */
#pragma once
#include <glib.h>

/* Text as XML or HTML character data or as a quoted attribute; control characters become U+FFFD. */
void svg_text (GString *out, const char *text);
/* The style sheet of all pictures: the content of a <style> element. Newly allocated. */
char *svg_style (void);
