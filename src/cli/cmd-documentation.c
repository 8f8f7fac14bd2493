/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness documentation: the manual page and the bash completion, from the command table. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/command.h"

const GOptionEntry documentation_options[] = { { 0 } };

/* Text for roff: backslashes and leading dots escaped. */
static char *
roff (const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (const char *c = text; *c; c++)
    {
      if (*c == '\\' || *c == '-')
        g_string_append_c (out, '\\');
      else if ((*c == '.' || *c == '\'') && (c == text || c[-1] == '\n'))
        g_string_append (out, "\\&");
      g_string_append_c (out, *c);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
man_option (const GOptionEntry *option)
{
  g_autofree char *name = roff (option->long_name);
  g_autofree char *description = roff (option->description);

  printf (".TP\n");
  if (option->short_name)
    printf ("\\fB\\-%c\\fR, ", option->short_name);
  printf ("\\fB\\-\\-%s\\fR%s%s\n%s\n", name, option->arg_description ? "=" : "", option->arg_description ? option->arg_description : "",
          description);
}

static void
man_command (const Command *command)
{
  g_autofree char *name = roff (command->name);
  g_autofree char *description = roff (command->description);

  printf (".SS harness %s [OPTION...] %s\n%s\n", name, command->arguments, description);
  for (const GOptionEntry *option = command->options; option->long_name; option++)
    man_option (option);
}

static void
print_man (void)
{
  printf (".TH HARNESS 1 \"\" \"harness %s\" \"User Commands\"\n.SH NAME\nharness \\- where the VM exits of a boot come from\n"
          ".SH SYNOPSIS\n.B harness\nCOMMAND [OPTION...]\n.SH DESCRIPTION\n"
          "Boots a virtual machine inside a virtual machine, on hardware or without, and counts every VM exit.\n.SH COMMANDS\n",
          HARNESS_VERSION);
  for (const Command *command = commands; command->name; command++)
    man_command (command);
  printf (".SS Every command\n.TP\n\\fB\\-\\-help\\fR\nWhat the command takes.\n.TP\n\\fB\\-v\\fR, \\fB\\-\\-verbose\\fR\nSay more.\n"
          ".TP\n\\fB\\-q\\fR, \\fB\\-\\-quiet\\fR\nNo progress: only results and what went wrong.\n");
  printf (".SH EXIT STATUS\n0 done, 1 the work failed, 2 bad usage or configuration, 3 the host lacks something, 130 interrupted.\n"
          ".SH ENVIRONMENT\n.TP\n.B HARNESS_TREE\nThe folder with configs/ and kernel\\-patches/, if it is not the program's own.\n"
          ".TP\n.B HARNESS_RUNTIME_DIR\nWhere libvirt's embedded driver keeps its sockets; a short path of your own.\n");
}

/* "kernel images" of "kernel|images [VERSION…]": what is no placeholder can be completed. */
static void
print_words (const char *arguments)
{
  g_auto (GStrv) words = g_strsplit (strchr (arguments, '|') ? arguments : "", "|", -1);

  for (char **word = words; *word; word++)
    printf (" %.*s", (int) strcspn (*word, " "), *word);
}

static void
print_bash (void)
{
  printf ("_harness ()\n{\n  local word=${COMP_WORDS[COMP_CWORD]} words\n  case ${COMP_WORDS[1]} in\n");
  for (const Command *command = commands; command->name; command++)
    {
      printf ("    %s) words=\"--help --verbose --quiet", command->name);
      for (const GOptionEntry *option = command->options; option->long_name; option++)
        printf (" --%s", option->long_name);
      print_words (command->arguments);
      printf ("\" ;;\n");
    }
  printf ("  esac\n  [ \"$COMP_CWORD\" = 1 ] && words=\"--help --version");
  for (const Command *command = commands; command->name; command++)
    printf (" %s", command->name);
  printf ("\"\n  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -o default -F _harness harness ./harness\n");
}

gboolean
cmd_documentation (App *app, char **arguments, GError **error)
{
  (void) app;
  if (arguments[0] && !arguments[1] && strcmp (arguments[0], "man") == 0)
    print_man ();
  else if (arguments[0] && !arguments[1] && strcmp (arguments[0], "bash") == 0)
    print_bash ();
  else
    return fail (error, HARNESS_ERROR_USAGE, "documentation takes \"man\" or \"bash\"");
  return TRUE;
}
