/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XML through libxml2's writer; see xml-write.h. */
#include "base/xml-write.h"

#include <libxml/xmlwriter.h>

#define NEED(call) g_assert ((call) >= 0)

struct XmlWrite
{
  xmlBuffer *buffer;
  xmlTextWriter *writer;
};

XmlWrite *
xml_write_new (void)
{
  XmlWrite *xml = g_new0 (XmlWrite, 1);
  xml->buffer = xmlBufferCreate ();
  xml->writer = xmlNewTextWriterMemory (xml->buffer, 0);
  g_assert (xml->writer != NULL);
  NEED (xmlTextWriterSetIndent (xml->writer, 1));
  NEED (xmlTextWriterSetIndentString (xml->writer, BAD_CAST "  "));
  return xml;
}

char *
xml_write_finish (XmlWrite *xml)
{
  NEED (xmlTextWriterEndDocument (xml->writer));
  char *text = g_strdup ((const char *) xmlBufferContent (xml->buffer));
  xmlFreeTextWriter (xml->writer);
  xmlBufferFree (xml->buffer);
  g_free (xml);
  return text;
}

void
xml_start (XmlWrite *xml, const char *name)
{
  NEED (xmlTextWriterStartElement (xml->writer, BAD_CAST name));
}

void
xml_end (XmlWrite *xml)
{
  NEED (xmlTextWriterEndElement (xml->writer));
}

void
xml_attr (XmlWrite *xml, const char *name, const char *value)
{
  NEED (xmlTextWriterWriteAttribute (xml->writer, BAD_CAST name, BAD_CAST value));
}

void
xml_attrf (XmlWrite *xml, const char *name, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *value = g_strdup_vprintf (format, args);
  va_end (args);
  xml_attr (xml, name, value);
}

void
xml_text (XmlWrite *xml, const char *text)
{
  NEED (xmlTextWriterWriteString (xml->writer, BAD_CAST text));
}

void
xml_textf (XmlWrite *xml, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  xml_text (xml, text);
}

void
xml_element (XmlWrite *xml, const char *name, const char *text)
{
  NEED (xmlTextWriterWriteElement (xml->writer, BAD_CAST name, BAD_CAST text));
}

void
xml_empty (XmlWrite *xml, const char *name, ...)
{
  va_list args;
  xml_start (xml, name);
  va_start (args, name);
  for (const char *attribute; (attribute = va_arg (args, const char *)) != NULL;)
    xml_attr (xml, attribute, va_arg (args, const char *));
  va_end (args);
  xml_end (xml);
}
