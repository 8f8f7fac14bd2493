/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a lab ended where it was not as it should: whose doing it was, and in what words. Pure. */
#pragma once
#include <glib.h>

#include "grade/reading.h"

/*
 * TRUE: there is nothing to judge, and the grade is settled. last_try: what looks like a hang in
 * the middle was tried before, and is judged by how far it came. *doubtful: set where another try
 * may fare better.
 */
gboolean early_end (const LabReading *lab, gboolean last_try, Grade *grade, gboolean *doubtful);
