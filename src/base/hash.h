/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 as 64 lower-case hexadecimal digits, of files, strings, streams, and of an ordered set of named inputs. */
#pragma once
#include <glib.h>

gboolean hash_file (const char *path, char **hex, GError **error);
char *hash_data (const void *data, gsize size);

/* Of what comes piece by piece. hash_end() gives the digits of all since the hash was made; it can be used no more then. */
typedef struct Hash Hash;
Hash *hash_new (void);
void hash_free (Hash *hash);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Hash, hash_free)
void hash_add (Hash *hash, const void *data, gsize size);
char *hash_end (Hash *hash);

/* An input hash: the same names and values in the same order give the same digits. Unambiguous: lengths are hashed too. */
typedef struct InputHash InputHash;
InputHash *input_hash_new (const char *kind);
void input_hash_free (InputHash *hash);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InputHash, input_hash_free)
void input_hash_add (InputHash *hash, const char *name, const char *value);
gboolean input_hash_add_file (InputHash *hash, const char *name, const char *path, GError **error);
char *input_hash_end (InputHash *hash);
