/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make-seed CACHE HOSTNAME: cloud-init's seed with the boot report, for tests that boot a distribution by themselves. Prints its path. */
#include <stdio.h>

#include "base/error.h"
#include "image/distro.h"

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL, *sha256 = NULL;
  const SeedSpec spec = { .hostname = argc > 2 ? argv[2] : "", .report = TRUE, .cache_dir = argc > 1 ? argv[1] : "." };

  if (!seed_build (&spec, &path, &sha256, &error))
    {
      fprintf (stderr, "%s\n", error->message);
      return error_exit_code (error);
    }
  puts (path);
  return 0;
}
