/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tokens to top-level items. Internal to csource. */
#pragma once
#include "submission/csource.h"

/* Fills items and problem of a source that has its tokens. */
void c_source_make_items (CSource *source);
