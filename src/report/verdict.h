/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one-sentence answers that answers.md and report.html share. Plain text without markup: whoever shows it escapes it.
 */
#pragma once
#include <glib.h>

#include "report/answers.h"

/*
 * Is the rate of exits stable over the boot window? Begins with "Stable:", "Not stable:" or "Too short to tell:", and gives
 * the reason in figures. The lab must have a summary. Newly allocated.
 */
GString *verdict_stability (const AnswersLab *lab);
