/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody calls an exit, held against the manual's and the kernel's names and what else is usual. */
#pragma once
#include <glib.h>

#include "config/config.h"

typedef enum {
  LOG_NAME_NONE,   /* there is none, or it says that there is none: "UNKNOWN" */
  LOG_NAME_RIGHT,
  LOG_NAME_OTHERS, /* it is another reason's */
  LOG_NAME_FREE,   /* words that no table has: a person may know */
} LogNameKind;

typedef struct LogNames LogNames;
/* names: borrowed. */
LogNames *log_names_new (const ReasonNames *names);
void log_names_free (LogNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LogNames, log_names_free)
/* *other: with LOG_NAME_OTHERS, whose it is. */
LogNameKind log_names_judge (const LogNames *names, guint32 code, const char *text, guint32 *other);
/* The reason that is called exactly so; FALSE: none, or several. */
gboolean log_names_find (const LogNames *names, const char *text, guint32 *code);
gboolean log_names_has (const LogNames *names, guint32 code); /* the manual has it */
const ReasonNames *log_names_table (const LogNames *names);
