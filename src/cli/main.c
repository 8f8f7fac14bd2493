/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/command.h"

/*
 * libvirt writes warnings to stderr, unless the environment says otherwise when the library is loaded (libguestfs
 * initialises it in a constructor): so the program begins once more with that said. ps and pgrep know it by the name that it was
 * executed by, which is "exe" then: main names it again.
 */
static void
silence_libvirt (char **argv)
{
  if (getenv ("LIBVIRT_LOG_OUTPUTS") || setenv ("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null", 0) < 0)
    return;
  execv ("/proc/self/exe", argv);
}

int
main (int argc, char **argv)
{
  silence_libvirt (argv);
  prctl (PR_SET_NAME, "harness");
  /* Letters are UTF-8 in every locale, so that names, and grades, do not depend on it; numbers always with a point. */
  if (!setlocale (LC_CTYPE, "") || strcmp (nl_langinfo (CODESET), "UTF-8") != 0)
    setlocale (LC_CTYPE, "C.UTF-8");
  return command_main (argc, argv);
}
