/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of Linux's include/uapi/linux/landlock.h what headers of Linux 6.1 do not have yet. */
#pragma once
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * struct landlock_ruleset_attr as of ABI 6; older kernels take its first 8 (ABI 1 to 3) or 16
 * bytes.
 */
typedef struct
{
  uint64_t handled_access_fs, handled_access_net, scoped;
} LandlockRuleset;

#define ACCESS_FS_TRUNCATE (1ULL << 14)        /* ABI 3 */
#define ACCESS_FS_IOCTL_DEV (1ULL << 15)       /* ABI 5 */
#define ACCESS_NET_BIND_TCP (1ULL << 0)        /* ABI 4 */
#define ACCESS_NET_CONNECT_TCP (1ULL << 1)     /* ABI 4 */
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0) /* ABI 6 */
#define SCOPE_SIGNAL (1ULL << 1)               /* ABI 6 */

#define ABI_TRUNCATE 3
#define ABI_NET 4
#define ABI_IOCTL 5
#define ABI_SCOPE 6

/* The ABI of the kernel here; below 1: it has no Landlock, and errno says why. */
static inline int
landlock_abi (void)
{
  return (int) syscall (SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}
