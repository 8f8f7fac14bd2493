/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What somebody handed in, read and put in order: a patch or mbox; a git repository, bundle or kernel tree with commits; a folder, zip or
 * tar with cpuid.c, vmx.c, svm.c (and whatever else of arch/x86/kvm) as whole files at any depth. Everything in it is hostile: it is unpacked without
 * following links, leaving its folder or exceeding limits, and git works on it in a sandbox only.
 */
#pragma once
#include <glib.h>

#include "submission/fault.h"

/*
 * How it is known that base_text is a kernel's own. All but the first may hold a student's lines too: whoever relies on them looks whether the text
 * is near a kernel's.
 */
typedef enum {
  BASE_NONE,         /* there is no base_text, and none is known */
  BASE_RELEASE,      /* a tag of a release, on a commit that is called so */
  BASE_TAG,          /* a tag whose version is the tree's, on a commit called otherwise: an imported kernel */
  BASE_NAMED_COMMIT, /* a commit called "Linux X.Y", without a tag */
  BASE_GIVEN,        /* --base */
  BASE_FIRST_COMMIT, /* nothing but that the kernel is there from this commit on */
} BaseTrust;

/* A file as a whole. */
typedef struct {
  char *path;      /* in the kernel: "arch/x86/kvm/cpuid.c" */
  char *from;      /* as it stands in the submission: "hw 2/cpuid (1).c" */
  char *text;      /* valid UTF-8, LF, no BOM; NULL: removed by the submission (git alone can tell that) */
  char *base_text; /* what it was before the student's change, if the submission itself tells that (git, or a folder "original"); NULL if not or if it is a new file */
  BaseTrust base_trust; /* of base_text; not BASE_NONE with base_text NULL: the file is not in the base */
} SubmissionFile;

/* A patch, to be applied in order. */
typedef struct {
  char *from;      /* its name in the submission */
  char *text;      /* unified diff, with a mail's headers or without */
  GPtrArray *paths; /* of char *: what it touches */
} SubmissionPatch;

typedef struct {
  char *path;          /* as given */
  const char *kind;    /* "patch", "mbox", "file" (one whole file), "archive", "folder", "git", "bundle", "tree" */
  char *sha256;        /* of the normalised content alone, not of names, times or packing: what seeds and caches are made from */
  GPtrArray *files;    /* of SubmissionFile, by path */
  GPtrArray *untouched; /* of SubmissionFile: KVM's main files that are as in a base that is no BASE_RELEASE. No part of the submission, unless
                           somebody who knows kernels finds lines in them that no kernel has */
  GPtrArray *patches;  /* of SubmissionPatch, in order */
  GPtrArray *notes;    /* of char *: what was normalised, ignored or guessed, one sentence each */
  char *absent;        /* "linux is a submodule: …": what is named in it and not there; or NULL */
  gboolean touches_vmx, touches_svm; /* which lab it is for: by vmx/ and svm/ files; neither: the rubric decides */
} Submission;
void submission_free (Submission *submission);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Submission, submission_free)
SubmissionFile *submission_find (const Submission *submission, const char *path); /* NULL if it is not there */

/* A file or folder of a submission that lies in several, and under which name it counts; "" for a folder: what is in it. */
typedef struct {
  const char *path, *name;
} SubmissionPart;

typedef struct {
  const char *path;        /* what the user named; with parts: what the whole is called */
  const SubmissionPart *parts; /* NULL: `path` is all */
  guint n_parts;
  const char *scratch_dir; /* an existing folder for what is unpacked; the caller removes it */
  const char *base;        /* --base: a git revision of the submission's own repository, or NULL */
  const char *const *names; /* what the assignment is called ("a3", "final"), NULL-terminated, for submissions that have several; NULL: not told */
  const char *const *allowed; /* path patterns ("arch/x86/kvm/" for all below, or a file), NULL-terminated: others are a fault of policy */
} SubmissionSpec;

/*
 * *submission or *fault is set (stage ingest or policy). Never waits for a FIFO, never follows a link out of the submission.
 * GError: the path is not there or cannot be read (USAGE), disk, host, interruption.
 */
gboolean submission_read (const SubmissionSpec *spec, Submission **submission, Fault **fault, GError **error);
