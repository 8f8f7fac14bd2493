/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rubrics by assignment, each opened once; see regrade-rubrics.h. */
#include "cli/regrade-rubrics.h"

#include <string.h>

#include "base/error.h"

#define DEFAULT "a3"

/* A session borrows its options. */
typedef struct {
  GradeOptions options;
  char *assignment;
  GradeSession *session;
} Opened;

struct RegradeRubrics {
  App *app;
  const GradeOptions *options;
  Opened *asked;  /* NULL: each its own */
  GMutex lock;    /* of `own` */
  GPtrArray *own; /* of Opened */
};

static void
opened_free (gpointer data)
{
  Opened *opened = data;

  if (!opened)
    return;
  grade_session_free (opened->session);
  g_free (opened->assignment);
  g_free (opened);
}

static Opened *
open_rubric (App *app, const GradeOptions *options, const char *assignment, GError **error)
{
  Opened *opened = g_new0 (Opened, 1);

  opened->assignment = g_strdup (assignment);
  opened->options = *options;
  opened->options.assignment = opened->assignment;
  opened->options.leaf_map = options->leaf_map ? options->leaf_map : (char *) "auto";
  if (grade_session_open_judge (app, &opened->options, &opened->session, error))
    return opened;
  opened_free (opened);
  return NULL;
}

void
regrade_rubrics_free (RegradeRubrics *rubrics)
{
  if (!rubrics)
    return;
  opened_free (rubrics->asked);
  g_ptr_array_unref (rubrics->own);
  g_mutex_clear (&rubrics->lock);
  g_free (rubrics);
}

/*
 * Without one, configs and --leaf-map are looked at all the same: what is wrong there is wrong for
 * all.
 */
RegradeRubrics *
regrade_rubrics_open (App *app, const GradeOptions *options, GError **error)
{
  g_autoptr (RegradeRubrics) rubrics = g_new0 (RegradeRubrics, 1);
  const gboolean own = !options->rubric &&
                       (!options->assignment || strcmp (options->assignment, "auto") == 0);
  Opened *first = NULL;

  rubrics->app = app;
  rubrics->options = options;
  rubrics->own = g_ptr_array_new_with_free_func (opened_free);
  g_mutex_init (&rubrics->lock);
  first = open_rubric (app, options, own ? DEFAULT : options->assignment, error);
  if (!first)
    return NULL;
  if (own)
    g_ptr_array_add (rubrics->own, first);
  else
    rubrics->asked = first;
  return g_steal_pointer (&rubrics);
}

static const GradeSession *
find_own (RegradeRubrics *rubrics, const char *assignment, GError **error)
{
  Opened *opened;

  for (guint i = 0; i < rubrics->own->len; i++)
    {
      opened = g_ptr_array_index (rubrics->own, i);
      if (strcmp (opened->assignment, assignment) == 0)
        return opened->session;
    }
  opened = open_rubric (rubrics->app, rubrics->options, assignment, error);
  if (!opened)
    return NULL;
  g_ptr_array_add (rubrics->own, opened);
  return opened->session;
}

static gboolean
is_committed (const App *app, const char *assignment)
{
  g_autofree char *file = g_strconcat (assignment, ".conf", NULL);
  g_autofree char *path = app_path (app, "configs", "rubrics", file, NULL);

  return assignment[0] != '\0' && !strchr (assignment, '/') && g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

const GradeSession *
regrade_rubrics_find (RegradeRubrics *rubrics, const char *assignment, GError **error)
{
  const GradeSession *session;

  if (rubrics->asked)
    return rubrics->asked->session;
  if (!is_committed (rubrics->app, assignment))
    {
      fail (error, HARNESS_ERROR_USAGE,
            "it was judged by the rubric %s, which is not in configs/rubrics; try: --rubric FILE",
            assignment);
      return NULL;
    }
  g_mutex_lock (&rubrics->lock);
  session = find_own (rubrics, assignment, error);
  g_mutex_unlock (&rubrics->lock);
  return session;
}
