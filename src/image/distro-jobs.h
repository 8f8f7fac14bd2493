/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of the ways to a disk beside how they work. Internal to image/distro*.c. */
#pragma once
#include "image/distro-private.h"

/* To be raised when this code makes other bits of the same inputs. */
#define DISTRO_PACKAGES_RECIPE "2"

void distro_job_free (DistroJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DistroJob, distro_job_free)
/* What is known to be no disk is refused here already. */
gboolean distro_job_of_file (const DistroSpec *spec, const char *path, DistroJob **job, GError **error);
gboolean distro_job_of_url (const DistroSpec *spec, DistroJob **job, GError **error);
gboolean distro_job_of_download (const DistroSpec *spec, const char *config_path, DistroJob **job, GError **error);
gboolean distro_job_of_packages (const DistroSpec *spec, const char *config_path, DistroJob **job, GError **error);
guint64 distro_disk_bytes (const DistroSpec *spec, const DistributionConfig *config);
