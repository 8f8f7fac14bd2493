/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of a repository, readable for the nobody that git runs as in its sandbox. Internal to submission/. */
#pragma once
#include <glib.h>

/*
 * May everybody read the folder and what is in it? If not (somebody's umask was 077, and root grades): it is copied to `copy`, which must not be there,
 * and *copied is TRUE. An ordinary user's sandbox reads what the user may read: nothing is copied.
 */
gboolean git_objects_share (const char *objects, const char *copy, gboolean *copied, GError **error);
