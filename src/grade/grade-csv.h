/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grades.csv: a row per submission, in the order given. `submission` is the path as given and nothing else, so that it can be joined with other
 * lists: in a name that begins with "=", "+", "-" or "@" a spreadsheet that opens the file sees a formula; import the column as text.
 * Where nothing may be scored `score` is empty, never 0.
 */
#pragma once
#include <glib.h>

#include "grade/grade.h"

/* With the header row. grades: of Grade. */
GString *grades_csv (const GPtrArray *grades);
