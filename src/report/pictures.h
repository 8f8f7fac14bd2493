/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pictures: struct in, one <svg> element out. Where a picture shows labs side by side, those without a summary are
 * left out. Each also exists as a file of its own: picture_standalone() adds the style and the XML declaration.
 */
#pragma once
#include <glib.h>

#include "report/answers.h"

GString *picture_rate (const AnswersLab *lab);       /* exits/s over the boot window, stacked by kind; phases shaded, changes of the rate marked */
GString *picture_cumulative (const AnswersLab *labs, gsize n); /* exits so far, over the boot window of each lab scaled to its length */
GString *picture_heat (const AnswersLab *lab);       /* one strip a reason, exits/s over the whole run, log scale */
GString *picture_costs (const AnswersLab *lab);      /* one row a reason: histogram of cycles, log2, with median and 99th percentile */
GString *picture_operations (const AnswersLab *labs, gsize n); /* exits per repetition, log scale, labs side by side */
GString *picture_units (const AnswersLab *lab);      /* one bar a unit of systemd's that was started in the boot, with its exits */
GString *picture_share (const AnswersLab *labs, gsize n); /* each phase's time inside and outside of exits */

/* The table of them: of one lab or of all. Ends with a name of NULL. */
typedef struct {
  const char *name, *what;
  GString *(*of_lab) (const AnswersLab *lab);
  GString *(*of_labs) (const AnswersLab *labs, gsize n);
} PictureKind;
extern const PictureKind picture_kinds[];

/* lab: for a picture of one lab, which; NULL for the first. NULL if there is no such picture or lab. */
GString *picture_by_name (const char *name, const AnswersLab *labs, gsize n, const char *lab);

/* svg: what one of the above gave. Newly allocated. */
char *picture_standalone (const GString *svg);
