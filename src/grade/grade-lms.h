/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scores for a learning platform's import. Whose a score is, is read from the name that the platform gave the download (cli/grade-group.h): "doejane_12345",
 * "Jane Doe_1234567". What has no such number, and what is no score, has no line: an import leaves those as they are.
 *
 *   Canvas   Student,ID,SIS Login ID,Section,TITLE, and a line of points possible; ID is Canvas's number of the student.
 *   Moodle   an assignment's grading worksheet: Identifier ("Participant 1234567"), Full name, Grade, Maximum grade, Last modified (grade), Feedback
 *            comments. The importer needs the first, third and fifth (mod/assign/feedback/offline/importgradeslib.php).
 */
#pragma once
#include <glib.h>

#include "grade/grade.h"

/*
 * grades: of Grade, each of a submission that the platform's name is known of. title: the assignment's. most: its points, in hundredths; a grade of fewer, where
 * optional rows were not judged, is scaled to them, as a platform has one maximum for all.
 */
GString *grades_canvas (const GPtrArray *grades, const char *title, gint64 most);
GString *grades_moodle (const GPtrArray *grades, gint64 most);
