/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernels' sources the archives publish: from their lists of source packages, and as a list of our own that is kept. Internal to kernel/. */
#pragma once
#include <glib.h>

#include "kernel/bases.h"

/* A version as people and Makefiles write it: "5.13", "5.13.0", "6.2-rc3", "6.2.0-rc3". */
typedef struct {
  guint major, minor, sublevel;
  guint rc;              /* 0: none */
  gboolean has_sublevel; /* FALSE: only "5.13" was said */
} KernelVersion;
gboolean kernel_version_parse (const char *text, KernelVersion *version);
/* Release candidates come before their release. */
gint kernel_version_compare (const KernelVersion *a, const KernelVersion *b);
/* Whether this is what is wanted; without a sublevel any of its releases is. */
gboolean kernel_version_is (const KernelVersion *wanted, const KernelVersion *version);

/* Reads a list of source packages line by line. */
typedef struct {
  const char *url;       /* of the archive, ends in "/" */
  char **packages;       /* names that count, alone or with a version */
  GPtrArray *offers;     /* of KernelBaseOffer; what is new is appended */
  char *package, *directory;
  GPtrArray *files;      /* of char *, " SHA256 SIZE NAME" */
  gboolean in_files;
} SourcesReader;
void sources_reader_init (SourcesReader *reader, const char *url, char **packages, GPtrArray *offers);
void sources_reader_clear (SourcesReader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SourcesReader, sources_reader_clear)
void sources_reader_line (const char *line, gpointer reader);
void sources_reader_end (SourcesReader *reader);

GPtrArray *base_offers_new (void);
/* By version, those of one version in the packages' order. One of each file. */
void base_offers_sort (GPtrArray *offers, char **packages);
char *base_offers_text (const GPtrArray *offers);
/* FALSE: this is no such text. */
gboolean base_offers_parse (const char *text, GPtrArray **offers);
/* Of KernelBaseOffer, borrowed: all of the one version that is wanted; empty if there is none. */
GPtrArray *base_offers_of (const GPtrArray *offers, const KernelVersion *wanted);
/* "5.13.0 and 5.14.0": what is next to it; NULL: nothing is offered. */
char *base_offers_next (const GPtrArray *offers, const KernelVersion *wanted);
