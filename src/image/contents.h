/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes into an image: an ordered set of target path, source file or bytes, and mode. */
#pragma once
#include <glib.h>

typedef struct {
  char *target;   /* "usr/bin/qemu-system-x86_64", no leading slash */
  char *source;   /* file to copy; NULL for a folder, a device or bytes */
  GBytes *bytes;  /* or NULL */
  guint mode;     /* S_IFREG | 0755, S_IFDIR | 0755, S_IFCHR | 0600 */
  guint major, minor;
} ContentItem;

typedef struct Contents Contents;
Contents *contents_new (void);
void contents_free (Contents *contents);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Contents, contents_free)

/* A target that is there already is left as it is. Parents are added as folders. */
void contents_add_dir (Contents *contents, const char *target);
void contents_add_file (Contents *contents, const char *target, const char *source, guint permissions);
void contents_add_bytes (Contents *contents, const char *target, GBytes *bytes, guint permissions);
void contents_add_device (Contents *contents, const char *target, guint major, guint minor);

/* "sha256 mode target" lines in order of target: what the image's input hash is taken of. */
gboolean contents_describe (const Contents *contents, char **text, GError **error);

/*
 * Writes all items in order of target, owned by root, dated 1970, as a tar (for libguestfs) or as
 * a cpio in newc format (for the kernel).
 */
typedef enum { CONTENTS_TAR, CONTENTS_CPIO } ContentsFormat;
gboolean contents_write (const Contents *contents, ContentsFormat format, const char *path, GError **error);
