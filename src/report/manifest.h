/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest.json of a run: struct in, string out, and back again for those who read a results folder. It holds no
 * time and no host name of itself; what the caller puts in is written as it is.
 *
 *   schema       MANIFEST_SCHEMA; a reader refuses a newer one
 *   run          the run's id
 *   status       "complete", "failed", "incomplete"
 *   command      the command line, an array
 *   versions     object: tool -> version
 *   inputs       object: name -> sha256, of kernel source, each patch, config and image
 *   files        object: path relative to the run's folder -> sha256, of every other file there
 *   labs         array of objects: name, isa, machine, accel, determinism, reason (why this machine was chosen),
 *                parameters (object of strings), fingerprint, exits_csv_sha256, outcome, failure (may be absent),
 *                totals (numbers)
 */
#pragma once
#include <glib.h>

#define MANIFEST_SCHEMA 1

typedef struct {
  char *name, *value;
} ManifestPair;

typedef struct {
  char *name, *isa, *machine, *accel, *determinism, *reason;
  GPtrArray *parameters;   /* of ManifestPair */
  char *fingerprint;       /* NULL if the lab did not get so far; so are the next two */
  char *exits_csv_sha256;  /* of exits.csv uncompressed */
  char *outcome;           /* "ok", "l2-panic", … */
  guint64 boot_exits, all_exits, boot_ns;
  char *failure;           /* why the lab failed, paths in it relative to the run's folder; NULL: it did not, or an earlier schema's writer did not say */
} ManifestLab;

typedef struct {
  guint64 schema;
  char *run, *status;
  GPtrArray *command;                  /* of char * */
  GPtrArray *versions, *inputs, *files; /* of ManifestPair */
  GPtrArray *labs;                     /* of ManifestLab */
} Manifest;

Manifest *manifest_new (void);
void manifest_free (Manifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Manifest, manifest_free)
ManifestLab *manifest_add_lab (Manifest *manifest, const char *name); /* owned by the manifest */
GPtrArray *manifest_pairs_new (void); /* of ManifestPair, owned */
void manifest_add (GPtrArray *pairs, const char *name, const char *value); /* copies */
void manifest_set (GPtrArray *pairs, const char *name, const char *value); /* replaces, or adds */
/* NULL if there is none. */
const char *manifest_get (const GPtrArray *pairs, const char *name);
const ManifestLab *manifest_lab (const Manifest *manifest, const char *name);

/* JSON, indented by 2, ending in a line feed. Pairs keep their order. Newly allocated. */
char *manifest_to_json (const Manifest *manifest);
/* Strict: wrong types, missing members, deep nesting and newer schemas are errors; unknown members are not. */
gboolean manifest_parse (const char *json, gssize size, Manifest **manifest, GError **error);
