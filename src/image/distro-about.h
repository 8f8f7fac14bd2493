/* SPDX-License-Identifier: GPL-2.0-or-later */
/* about.json beside a distribution's disk: where it came from, what was verified of it, and what is in it. What a disk says of itself is hostile: bounded and strict. */
#pragma once
#include <glib.h>

#include "image/appliance.h"

#define DISTRO_TEXT_MAX 200u        /* of what a disk says: cut there */
#define DISTRO_PACKAGES_MAX 20000u

typedef struct {
  char *name, *version;
} DistroPackage;

typedef struct {
  char *name;       /* "debian-12" */
  char *way;        /* "packages", "download", "file" */
  char *origin;     /* one line for people and manifests */
  char *source;     /* URL, file or apt's lines */
  char *key;
  char *os;         /* PRETTY_NAME of its os-release; "" if it has none */
  char *kernel;     /* "vmlinuz-6.1.0-50-cloud-amd64": the newest in /boot; "" if none */
  char *sha256;     /* of disk.qcow2 */
  guint64 virtual_bytes;
  GPtrArray *verified, *unverified; /* of char *: sentences */
  GPtrArray *packages;              /* of DistroPackage *, in order of name; empty if it is no Debian */
} DistroAbout;
DistroAbout *distro_about_new (const char *name, const char *way);
void distro_about_free (DistroAbout *about);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DistroAbout, distro_about_free)
void distro_about_verified (DistroAbout *about, const char *format, ...) G_GNUC_PRINTF (2, 3);
void distro_about_unverified (DistroAbout *about, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Fills os, kernel and packages from what is mounted. What it has not is left empty. FALSE: the appliance failed, or we were interrupted. */
gboolean distro_about_look (DistroAbout *about, Appliance *appliance, GError **error);

/* The installed packages of dpkg's status file; what is no status file gives none. Pure. */
GPtrArray *distro_about_packages (const char *status);
/* The value of a key of os-release, unquoted, printable, at most DISTRO_TEXT_MAX bytes; "" if it is not there. Newly allocated. Pure. */
char *distro_about_os (const char *os_release, const char *key);

char *distro_about_json (const DistroAbout *about); /* newly allocated */
/* Reads back all but the packages. FAILED: damaged. */
gboolean distro_about_load (const char *path, DistroAbout **about, GError **error);
