/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bundle: a few named pieces of data in one file, a tar compressed by zstd, whose last piece
 * tells size and SHA-256 of all others. So whoever likes may look into it with tar, and what was
 * cut, damaged or edited is seen. Equal pieces give equal bytes.
 */
#pragma once
#include <glib.h>

#define BUNDLE_ITEMS_MAX 64u

typedef struct Bundle Bundle;
Bundle *bundle_new (void);
void bundle_free (Bundle *bundle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Bundle, bundle_free)

/* At most BUNDLE_ITEMS_MAX, in this order; names are plain and different. */
void bundle_add (Bundle *bundle, const char *name, GBytes *bytes);
void bundle_add_text (Bundle *bundle, const char *name, const char *text);
guint bundle_count (const Bundle *bundle);
GBytes *bundle_find (const Bundle *bundle, const char *name); /* borrowed; NULL: there is none */

gboolean bundle_write (const Bundle *bundle, GBytes **file, GError **error);
/*
 * Trusts nothing: pieces of at most `max` bytes together, plain files alone, as the manifest says.
 * Errors are "damaged: …", FAILED.
 */
gboolean bundle_read (const void *data, gsize size, gint64 max, Bundle **bundle, GError **error);
