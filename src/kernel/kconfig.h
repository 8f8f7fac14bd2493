/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tinyconfig plus fragments, and that every line of them really holds. Internal to kernel/. */
#pragma once
#include <glib.h>

/* One line of a fragment. value: "y", "m", "100", "\"text\"", or "n" for "# … is not set". */
typedef struct {
  char *file;
  guint line;
  char *option; /* "CONFIG_SMP" */
  char *value;
} KconfigLine;

typedef struct {
  GPtrArray *lines; /* of KconfigLine, in order; of two for one option the later counts */
  char *text;       /* all fragments, one after the other */
} KconfigFragments;
void kconfig_fragments_free (KconfigFragments *fragments);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KconfigFragments, kconfig_fragments_free)

/* DIR/NAME.config in the order of their names, then `last`, if it is not NULL. HARNESS_ERROR_USAGE with file:line for a line that is none. */
gboolean kconfig_fragments_load (const char *dir, const char *last, KconfigFragments **fragments, GError **error);
/* FALSE with HARNESS_ERROR_FAILED and file:line, asked and got, for the lines that do not hold in `config` (at most five, and how many). */
gboolean kconfig_check (const KconfigFragments *fragments, const char *config, GError **error);
/* Makes the configuration in a kernel tree, as its .config, and checks it; *config is its text. On failure .config may be anything. */
gboolean kconfig_make (const char *tree, const KconfigFragments *fragments, char **config, GError **error);
