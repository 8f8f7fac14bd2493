/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the host a program in either sandbox may read besides what is bound: its programs and
 * their libraries; awk and the libraries' places are found through the two of /etc.
 */
#pragma once

#define SYSTEM_FOLDERS                                                                             \
  "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/alternatives",             \
      "/etc/ld.so.cache"
