/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <locale.h>

#include "cli/command.h"

int
main (int argc, char **argv)
{
  /* Messages in the user's character set; numbers always with a point. */
  setlocale (LC_CTYPE, "");
  return command_main (argc, argv);
}
