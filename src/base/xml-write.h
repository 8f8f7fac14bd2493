/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XML documents, element by element, through libxml2's writer, which is the one escaper. Writing to memory fails for want of memory alone. */
#pragma once
#include <glib.h>

typedef struct XmlWrite XmlWrite;
XmlWrite *xml_write_new (void);
/* Closes what is open, frees `xml`; newly allocated. */
char *xml_write_finish (XmlWrite *xml);
void xml_start (XmlWrite *xml, const char *name);
void xml_end (XmlWrite *xml);
void xml_attr (XmlWrite *xml, const char *name, const char *value);
void xml_attrf (XmlWrite *xml, const char *name, const char *format, ...) G_GNUC_PRINTF (3, 4);
void xml_text (XmlWrite *xml, const char *text);
void xml_textf (XmlWrite *xml, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* <name>text</name> */
void xml_element (XmlWrite *xml, const char *name, const char *text);
/* <name attribute='value' …/>: pairs of strings, then NULL */
void xml_empty (XmlWrite *xml, const char *name, ...) G_GNUC_NULL_TERMINATED;
