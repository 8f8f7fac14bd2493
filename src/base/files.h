/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that are whole or not there: a thing is made in a scratch folder beside its final place
 * and renamed. Scratch folders carry the maker's pid and are locked (flock) while in use; the kernel
 * drops a dead maker's lock, and files_sweep removes what nobody locks. Content-addressed caches are built on that.
 * (files.c: plain files; scratch.c: scratch folders and locks; cache.c: cache entries.)
 */
#pragma once
#include <glib.h>
#include <sys/types.h>

/* Removes a tree without following links. A missing path is success. */
gboolean files_remove_tree (const char *path, GError **error);
gboolean files_make_dir (const char *path, GError **error); /* with parents */
/* What no file of ours may be more readable than; read without setting it, which another thread would see. */
mode_t files_umask (void);
gboolean files_write (const char *path, const void *data, gssize size, GError **error); /* atomic: temporary, fsync, rename */
/* All of it, at the descriptor's position; path is for the message. */
gboolean files_write_fd (int fd, const char *path, const void *data, gsize size, GError **error);
gboolean files_read (const char *path, gsize limit, char **data, gsize *size, GError **error); /* NUL-terminated; larger than limit: an error */
gboolean files_copy (const char *from, const char *to, GError **error);
gboolean files_free_bytes (const char *path, guint64 *bytes, GError **error);
/* FALSE with HARNESS_ERROR_HOST if fewer than `bytes` are free where path lives; names what needs them. */
gboolean files_need_bytes (const char *path, guint64 bytes, const char *what, GError **error);

/* Sorts an array of char * by their bytes: the same order in every locale. */
void files_sort_names (GPtrArray *names);
/* The first of `dirs` (n of them, any may be NULL) that has a regular file of that name: its path, newly allocated; NULL if none has. */
char *files_find (const char *const *dirs, gsize n, const char *name);

/* A scratch folder PARENT/.tmp-<what>-<pid>-<random>; removed with its owner unless committed. */
typedef struct Scratch Scratch;
Scratch *scratch_new (const char *parent, const char *what, GError **error);
void scratch_free (Scratch *scratch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Scratch, scratch_free)
const char *scratch_path (const Scratch *scratch);
char *scratch_file (const Scratch *scratch, const char *name); /* newly allocated path inside */
/* Renames the folder to its final name (replaces nothing: an existing target wins for a cache and the scratch is dropped if `keep_existing`). */
gboolean scratch_commit (Scratch *scratch, const char *target, gboolean keep_existing, GError **error);
/* Removes scratch folders in `parent` whose maker is gone; tells how many. */
guint files_sweep (const char *parent);

/* A content-addressed cache entry: DIR/<kind>-<first 16 hex digits of key>/ holding files and `manifest` (name, size and sha256 a line). */
typedef struct CacheEntry CacheEntry;
/* Found and whole: *path is set. Not there: TRUE with *path NULL. Damaged (size or sha256 differs): removed, *damaged set, *path NULL. */
gboolean cache_lookup (const char *cache_dir, const char *kind, const char *key, char **path, gboolean *damaged, GError **error);
/* Seals a filled scratch folder into the cache under key; *path is the entry. Two makers at once: the first wins, both get a whole entry. */
gboolean cache_seal (const char *cache_dir, const char *kind, const char *key, Scratch *scratch, char **path, GError **error);
/* An exclusive lock on building KIND-KEY, so that two commands do not build it twice; waits, cancellable. */
typedef struct FileLock FileLock;
FileLock *file_lock (const char *path, GError **error);
void file_lock_free (FileLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FileLock, file_lock_free)
