/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is printed may quote a build's or a guest's own words: nothing in it steers the terminal. */
#pragma once

/* A copy in UTF-8 with control characters, C1's too, as '?', tabs as blanks, lines as they are. */
char *terminal_text (const char *text);
