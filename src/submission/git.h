/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A git repository that somebody made. Its configuration is never read: git gets a repository of ours with its references, beside its objects,
 * and works on them in a sandbox. So there are no hooks, filters, helpers, alternates, grafts or replacements. Internal to submission/.
 */
#pragma once
#include <glib.h>

#include "submission/raw.h"

typedef struct Git Git;
/* *git NULL: there is no commit in it. Where the repository cannot be read, *fault. */
gboolean git_open (const RawRepo *repo, const char *scratch_dir, Git **git, Fault **fault, GError **error);
void git_free (Git *git);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Git, git_free)
/* The bundle's repository, added to set->repos. */
gboolean git_unbundle (const char *shown, const char *data, gsize size, const char *scratch_dir, RawSet *set, Fault **fault, GError **error);

const char *git_head (const Git *git); /* the commit's id */
const char *git_head_note (const Git *git); /* what was taken in HEAD's place, a sentence; NULL: HEAD itself */
gboolean git_is_kernel (const Git *git); /* HEAD has a Makefile and arch/x86/kvm/cpuid.c, or a folder was set */
/* Where in the repository the kernel is: "", or "linux/" once it was found there. */
const char *git_folder (const Git *git);
void git_set_folder (Git *git, const char *folder);
/* *commit: the revision's id; NULL: there is none. *is_kernel: it has Makefile and arch/x86/kvm/cpuid.c, below the folder. */
gboolean git_look_up (Git *git, const char *revision, char **commit, gboolean *is_kernel, Fault **fault, GError **error);
/* What git says to these arguments. *out NULL: git failed, which is an answer. */
gboolean git_ask (Git *git, char **out, Fault **fault, GError **error, ...) G_GNUC_NULL_TERMINATED;

/* A file in a commit. */
typedef struct {
  char *path;
  guint mode, base_mode;    /* 0: not there; 0120000: a link; 0160000: a submodule */
  char *id, *base_id;       /* of blobs */
} GitFile;
void git_file_free (GitFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GitFile, git_file_free)
/* Below `paths` (NULL-terminated; none: all) in the commit. *files is of GitFile without base. */
gboolean git_list (Git *git, const char *commit, const char *const *paths, GPtrArray **files, Fault **fault, GError **error);
/* What differs between two commits, below a folder ("": everywhere). *files NULL: git cannot tell, as in a clone without all trees. */
gboolean git_differences (Git *git, const char *base, const char *commit, const char *below, GPtrArray **files, Fault **fault, GError **error);
/*
 * The blobs of these ids (of char *; NULL stays NULL) in order: *blobs is of RawFile (name: the id), NULL data where it is larger than a file
 * may be, or not there (what: GIT_BLOB_MISSING).
 */
#define GIT_BLOB_MISSING "not there (a partial clone leaves contents out)"
gboolean git_blobs (Git *git, const GPtrArray *ids, ArchiveWalk *account, GPtrArray **blobs, Fault **fault, GError **error);
