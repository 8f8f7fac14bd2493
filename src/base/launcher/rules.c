/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that no rule names can be neither opened nor made nor removed. That they exist is seen. */
#include "base/launcher/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/launcher/landlock-abi.h"
#include "base/launcher/system-folders.h"

#define READ                                                                                       \
  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE)
#define OF_FILES                                                                                   \
  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE       \
   | ACCESS_FS_TRUNCATE)
#define NODES                                                                                      \
  (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK)

/* All that this kernel can forbid. */
static uint64_t
all_of_files (int abi)
{
  uint64_t access = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (abi >= 2)
    access |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= ABI_TRUNCATE)
    access |= ACCESS_FS_TRUNCATE;
  if (abi >= ABI_IOCTL)
    access |= ACCESS_FS_IOCTL_DEV;
  return access;
}

static int
make_ruleset (int abi)
{
  const LandlockRuleset ruleset = {
    .handled_access_fs = all_of_files (abi),
    .handled_access_net = abi >= ABI_NET ? ACCESS_NET_BIND_TCP | ACCESS_NET_CONNECT_TCP : 0,
    .scoped = abi >= ABI_SCOPE ? SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL : 0,
  };
  const size_t size = abi >= ABI_SCOPE ? sizeof ruleset : abi >= ABI_NET ? 16 : 8;
  return (int) syscall (SYS_landlock_create_ruleset, &ruleset, size, 0);
}

/* Below `path`, which need not be there. */
static bool
allow (int rules, const char *path, uint64_t access)
{
  struct stat st;
  const int fd = open (path, O_PATH | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT || complain (path);
  if (fstat (fd, &st) == 0 && !S_ISDIR (st.st_mode))
    access &= OF_FILES;
  struct landlock_path_beneath_attr rule = { .parent_fd = fd };
  rule.allowed_access = access & all_of_files (landlock_abi ());
  const bool ok = syscall (SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
  close (fd);
  return ok || complain (path);
}

static bool
allow_system (int rules)
{
  static const char *const folders[] = { SYSTEM_FOLDERS, "/dev/random", "/dev/urandom" };
  static const char *const sinks[] = { "/dev/null", "/dev/zero", "/dev/full" };
  bool ok = true;
  for (size_t i = 0; ok && i < sizeof folders / sizeof *folders; i++)
    ok = allow (rules, folders[i], READ);
  for (size_t i = 0; ok && i < sizeof sinks / sizeof *sinks; i++)
    ok = allow (rules, sinks[i], READ | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE);
  return ok;
}

static bool
allow_mounts (int rules, const Plan *plan)
{
  char place[PATH_MAX];
  bool ok = allow (rules, plan->root, READ);
  for (int i = 0; ok && i < plan->mount_count; i++)
    {
      const Mount *mount = &plan->mounts[i];
      if (mount->host_path == NULL)
        ok = allow (rules, place_of (plan, mount->path, place),
                    all_of_files (landlock_abi ()) & ~NODES);
      else if (!mount->copied)
        ok = allow (rules, mount->host_path, READ);
    }
  return ok;
}

int
rules_make (const Plan *plan)
{
  const int rules = make_ruleset (landlock_abi ());
  if (rules < 0)
    {
      complain ("Landlock");
      return -1;
    }
  if (allow_system (rules) && allow_mounts (rules, plan))
    return rules;
  close (rules);
  return -1;
}

bool
rules_enter (int rules)
{
  return syscall (SYS_landlock_restrict_self, rules, 0) == 0 || complain ("Landlock");
}
