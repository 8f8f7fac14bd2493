/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <locale.h>
#include <stdlib.h>
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
  /* Messages in the user's character set; numbers always with a point. */
  setlocale (LC_CTYPE, "");
  return command_main (argc, argv);
}
