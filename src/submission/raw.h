/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lies in a submission, before anybody knows what it means: files in memory, and git repositories. An archive's files never
 * touch the disk. Internal to submission/.
 */
#pragma once
#include <glib.h>

#include "base/archive.h"
#include "submission/normalise.h"
#include "submission/parts.h"

typedef struct {
  char *name;         /* bytes, '/' between folders, relative to the submission's top: "hw/cpuid.c", "code.zip/cpuid.c" */
  char *data;         /* NUL-terminated; NULL where it is of no use: a picture, or larger than a file may be */
  gsize size;
  Format format;
  const char *what;   /* static: "a PDF document" */
  char *base;         /* normalised; what it was in the base of a git repository; NULL: not known */
} RawFile;

/* A git repository that is there as a folder. */
typedef struct {
  char *name;         /* of the folder with HEAD: ".git", "linux/.git", "x.git" */
  GPtrArray *files;   /* of RawFile: HEAD, packed-refs, shallow, refs/…, and from an archive objects/… too; named below that folder */
  gboolean cut;       /* an object file was too large: it cannot be read */
  char *objects_dir;  /* on this host, no link; NULL: they are in `files` */
} RawRepo;

typedef struct {
  GPtrArray *files;   /* of RawFile, by name */
  GPtrArray *repos;   /* of RawRepo */
  ArchiveWalk walk;   /* the account of entries and bytes */
  guint links, specials; /* passed over: links; FIFOs, sockets, devices */
  guint others;       /* files that are of no use, and not in `files` */
  gboolean is_tree;   /* there is a kernel's top folder in it */
} RawSet;
RawSet *raw_set_new (void);
void raw_set_free (RawSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawSet, raw_set_free)
void raw_set_sort (RawSet *set);

RawFile *raw_file_new (const char *name, char *data, gsize size); /* takes data */
void raw_file_free (RawFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawFile, raw_file_free)
/* Takes data. What is in a .git folder goes to its repository, if it is of use there. FALSE: the data is of no use, and was freed. */
gboolean raw_set_add (RawSet *set, const char *name, char *data, gsize size);
/* A file of that name is there, and of no use. */
void raw_set_pass_over (RawSet *set);
/* Takes out what was added since there were so many files and repositories. */
void raw_set_cut (RawSet *set, guint files, guint repos);
RawRepo *raw_set_repo (RawSet *set, const char *name); /* made if it is not there */
/* A file of a repository's folder that is looked at: "HEAD", "refs/heads/main", "objects/ab/…". */
gboolean raw_repo_wants (const char *name);
guint raw_depth (const char *name); /* folders above it */
/* Its suffix says that something is packed in it: "x.zip", "x.tar.gz", "x.bundle". */
gboolean raw_name_is_packed (const char *name);
/* How much of a file of that name is of use. */
gsize raw_size_max (const char *name);
