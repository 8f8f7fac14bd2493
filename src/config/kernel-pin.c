/* SPDX-License-Identifier: GPL-2.0-or-later */
/* configs/kernels/VERSION.source: which tarball is that lab kernel's source. */
#include "config/config.h"

#include <string.h>

#include "config/conf.h"

#define DIGEST_DIGITS 64u

static const ConfField fields[] = {
  { "source", "version", CONF_TEXT, G_STRUCT_OFFSET (KernelPin, version), 0, 0 },
  { "source", "sha256", CONF_TEXT, G_STRUCT_OFFSET (KernelPin, sha256), 0, 0 },
};

void
kernel_pin_free (KernelPin *pin)
{
  if (pin == NULL)
    return;
  g_free (pin->version);
  g_free (pin->sha256);
  g_free (pin);
}

gboolean
kernel_pin_load (const char *path, KernelPin **pin, GError **error)
{
  g_autoptr (Conf) conf = conf_load (path, fields, G_N_ELEMENTS (fields), error);
  g_autoptr (KernelPin) read = g_new0 (KernelPin, 1);
  if (conf == NULL || !conf_fill (conf, read, error))
    return FALSE;
  if (!g_regex_match_simple ("^[0-9]+\\.[0-9]+\\.[0-9]+\\z", read->version, 0, 0))
    return conf_fail (conf, "source", "version", error, "version is \"%s\"; try: all of a release's numbers, 7.2.6", read->version);
  if (strlen (read->sha256) != DIGEST_DIGITS || strspn (read->sha256, G_CSET_DIGITS "abcdef") != DIGEST_DIGITS)
    return conf_fail (conf, "source", "sha256", error, "sha256 is not %u digits of 0-9 and a-f", DIGEST_DIGITS);
  *pin = g_steal_pointer (&read);
  return TRUE;
}
