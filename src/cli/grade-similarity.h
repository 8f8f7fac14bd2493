/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A batch's code in the folders that JPlag and Dolos read (docs/grading.md):
 *   submissions/NAME/change.c   what a submission changed: one file, as Dolos compares files
 *   base/base.c                 the same of the labs' kernels: one file, as Dolos takes one template
 *   info.csv                    Dolos's list of them
 */
#pragma once
#include <glib.h>

#define SIMILARITY_DIR "similarity.d" /* no submission's folder has a dot in its name */

/*
 * DIR/similarity.d anew, from what is kept in DIR/NAME/logs, which may have been edited, and the
 * grades. Without any code no folder is left. *told: what was written and whose is not there.
 */
gboolean grade_similarity_write (const char *dir, const GPtrArray *entries, char **told, GError **error);
