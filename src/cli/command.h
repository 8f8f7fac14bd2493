/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one table of commands: parsing, --help, the man page and shell completion all come from it. */
#pragma once
#include <glib.h>

#include "cli/app.h"

typedef struct {
  const char *name;
  const char *arguments;   /* "[RUN]…" after the options, or "" */
  const char *summary;     /* one line */
  const char *description; /* a paragraph or two; exit codes and files where they matter */
  const GOptionEntry *options;
  gboolean (*run) (App *app, char **arguments, GError **error); /* arguments: what is left after the options */
} Command;

/* Ends with a NULL name. */
extern const Command commands[];

const Command *command_find (const char *name);
/* Parses and runs; returns the exit code. Errors are printed here, once. */
int command_main (int argc, char **argv);

gboolean cmd_full_run (App *app, char **arguments, GError **error);
gboolean cmd_build (App *app, char **arguments, GError **error);
gboolean cmd_doctor (App *app, char **arguments, GError **error);
gboolean cmd_fingerprint (App *app, char **arguments, GError **error);
gboolean cmd_export (App *app, char **arguments, GError **error);
gboolean cmd_documentation (App *app, char **arguments, GError **error);
gboolean cmd_report (App *app, char **arguments, GError **error);
gboolean cmd_compare (App *app, char **arguments, GError **error);
gboolean cmd_list (App *app, char **arguments, GError **error);
gboolean cmd_show (App *app, char **arguments, GError **error);
gboolean cmd_clean (App *app, char **arguments, GError **error);
gboolean cmd_grade (App *app, char **arguments, GError **error);
gboolean cmd_shell (App *app, char **arguments, GError **error);
extern const GOptionEntry shell_options[];
extern const GOptionEntry full_run_options[], build_options[], doctor_options[], fingerprint_options[], export_options[], documentation_options[];
extern const GOptionEntry report_options[], compare_options[], list_options[], show_options[], clean_options[], grade_options[];
