/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel's release is called in a repository. Pure. Internal to submission/. */
#pragma once
#include <glib.h>

/* "Linux 6.1-rc3", "UBUNTU: Ubuntu-5.15.0-91.101", "Prepare to release linux (6.1.90-1)": whole, a commit's subject. */
gboolean release_is_subject (const char *subject);
/* For `git rev-list --extended-regexp --grep`: finds those, and others too. */
#define RELEASE_GREP "^(Linux [0-9]+\\.[0-9]|UBUNTU: Ubuntu-|(Prepare to release|Releasing) linux |linux \\()"
/* Has a tree with this Makefile the version that the tag ("v6.1", "v6.1-rc3") names? */
gboolean release_is_tag_of (const char *tag, const char *makefile);
