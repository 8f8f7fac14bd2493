/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes out of the sandbox in which modules are built: a tar that is not trusted. Internal to kernel/. */
#pragma once
#include <glib.h>

typedef struct {
  char *status;     /* of make: "0", "2", "flood" … */
  GBytes *log;
  GHashTable *modules; /* of "kvm.ko", "kvm.ko.debug" … to GBytes */
} ModulesTar;
void modules_tar_free (ModulesTar *tar);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ModulesTar, modules_tar_free)

/*
 * Reads it whole: files of the few names that there are, plain, each once and none too large, or NULL with what is wrong with it.
 * `status` and `log` must be there.
 */
ModulesTar *modules_tar_read (const void *data, gsize size, char **wrong);
