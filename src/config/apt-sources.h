/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apt's sources as configs have them: "SUITE COMPONENT…" of an archive that is known by name, whose address is found when it is needed
 * (base/apt-archive.h), or "deb URL SUITE COMPONENT…". No options, which could switch apt's checks off.
 */
#pragma once
#include "config/conf.h"

/* What stands between separators, without blanks around it; no empty ones. */
char **apt_sources_split (const char *text, const char *separators);
/* archive and mirror may be "": then each source has to have its address. */
gboolean apt_sources_check (const Conf *conf, const char *group, const char *archive, const char *mirror, char **sources, GError **error);
