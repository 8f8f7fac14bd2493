/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Heads of pages; see html-page.h. */
#include "report/html-page.h"

#include <gio/gio.h>
#include <string.h>

#include "report/html-parts.h"

/* Made by glib-compile-resources from html/html.gresource.xml. */
GResource *html_resources_get_resource (void);

char *
html_resource (const char *name)
{
  g_autofree char *path = g_strconcat ("/harness/report/", name, NULL);
  g_autoptr (GBytes) bytes = g_resource_lookup_data (html_resources_get_resource (), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  gsize size;

  g_assert (bytes != NULL); /* it was built in */
  const char *text = g_bytes_get_data (bytes, &size);
  return g_strndup (text, size);
}

/*
 * Nothing in it ends the element or begins a comment in which the parser would look for a nested one. In JavaScript's and CSS's strings
 * the backslash changes nothing; elsewhere neither text can stand. Carriage returns go: the parser would turn them into line
 * feeds, and the hash would be another's.
 */
char *
html_inlined (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_sized_new (strlen (valid));

  for (const char *at = valid; *at != '\0'; at++)
    if (g_ascii_strncasecmp (at, "</script", 8) == 0 || g_ascii_strncasecmp (at, "</style", 7) == 0)
      g_string_append (out, "<\\");
    else if (strncmp (at, "<!--", 4) == 0)
      {
        g_string_append (out, "<\\!");
        at++;
      }
    else if (*at != '\r')
      g_string_append_c (out, *at);
  return g_string_free (out, FALSE);
}

/* 'sha256-…' as a Content-Security-Policy takes it. */
static char *
policy_hash (const char *text)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize size = sizeof digest;

  g_checksum_update (sum, (const guchar *) text, (gssize) strlen (text));
  g_checksum_get_digest (sum, digest, &size);
  g_autofree char *base64 = g_base64_encode (digest, size);
  return g_strdup_printf ("'sha256-%s'", base64);
}

/* Nothing is fetched, and only the page's scripts run. Styles need no hash: without a fetch they can harm nobody. */
static void
put_policy (GString *out, const char *const *scripts)
{
  g_string_append (out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:");
  for (guint i = 0; scripts != NULL && scripts[i] != NULL; i++)
    {
      g_autofree char *hash = policy_hash (scripts[i]);
      g_string_append_printf (out, "%s %s", i == 0 ? "; script-src" : "", hash);
    }
  g_string_append (out, "; base-uri 'none'; form-action 'none'\">\n");
}

void
html_page_head (GString *out, const HtmlPageHead *head)
{
  g_string_append (out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  put_policy (out, head->scripts);
  g_string_append (out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
  html_format (out, "<meta name=\"generator\" content=\"harness %s\">\n<title>%s</title>\n", head->harness, head->title);
  for (guint i = 0; head->styles[i] != NULL; i++)
    {
      g_autofree char *style = html_inlined (head->styles[i]);
      g_string_append_printf (out, "<style>\n%s</style>\n", style);
    }
  g_string_append (out, "</head>\n");
}
