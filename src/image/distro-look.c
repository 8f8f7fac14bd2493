/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img's view and libguestfs's; see distro-look.h. */
#include "image/distro-look.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/run.h"
#include "image/appliance.h"
#include "image/distro-info.h"

#define INFO_DEADLINE_S 60
#define CHECK_DEADLINE_S 1800
#define MEMORY_LIMIT "--as=4294967296"
#define LOOK_EXPECTED_S 30.0
#define SECTOR 512
#define CONFIG_LIMIT (1 << 20)
#define CONFIGS_MAX 64u

/* --- the file ---------------------------------------------------------------------------------- */

/* qemu-img on a file that may be made to harm it. */
static Run *
qemu_img (const char *command, double deadline_s)
{
  Run *run = run_new ("prlimit", MEMORY_LIMIT, "--core=0", "qemu-img", command, "--output=json", NULL);

  run_set_deadline_s (run, deadline_s);
  return run;
}

static gboolean
read_info (const char *path, DistroInfo *info, GError **error)
{
  g_autoptr (Run) run = qemu_img ("info", INFO_DEADLINE_S);
  int status;

  run_add (run, path);
  if (!run_wait_status (run, &status, error))
    return FALSE;
  if (status != 0)
    return fail (error, HARNESS_ERROR_USAGE, "%s: no disk image that qemu-img could open: %s; try: a qcow2 or raw image of a whole disk", path, run_stderr_tail (run));
  return distro_info_parse (run_stdout (run), info, error);
}

/* A raw file is a disk if its first sector ends as a boot sector does; one with GPT has it too. */
static gboolean
check_raw (const char *path, GError **error)
{
  guchar sector[SECTOR];
  AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return fail_errno (error, errno, "%s", path);
  if (pread (fd, sector, SECTOR, 0) == SECTOR && sector[510] == 0x55 && sector[511] == 0xaa)
    return TRUE;
  return fail (error, HARNESS_ERROR_USAGE, "%s: this is no disk: no qcow2, and no partition table; try: a qcow2 or raw image of a whole disk (unpacked, if it is compressed)", path);
}

static gboolean
check_info (const char *path, const DistroInfo *info, GError **error)
{
  if (info->elsewhere)
    return fail (error, HARNESS_ERROR_USAGE, "%s: it is not whole: it refers to %.200s; try: qemu-img convert -O qcow2 %s WHOLE.qcow2, where that is", path, info->elsewhere, path);
  if (strcmp (info->format, "raw") != 0 && strcmp (info->format, "qcow2") != 0)
    return fail (error, HARNESS_ERROR_USAGE, "%s: its format is %s; try: qemu-img convert -f %s -O qcow2 %s NEW.qcow2", path, info->format, info->format, path);
  if (info->encrypted)
    return fail (error, HARNESS_ERROR_USAGE, "%s: it is encrypted; try: qemu-img convert, with its key", path);
  if (info->virtual_bytes > DISTRO_VIRTUAL_BYTES_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "%s: a disk of %" G_GUINT64_FORMAT " GiB; try: one of at most 1024 GiB", path, info->virtual_bytes >> 30);
  return strcmp (info->format, "raw") != 0 || check_raw (path, error);
}

/* qemu-img(1): check ends with 2 if the image is corrupt, with 3 if clusters are leaked, which harms nobody. */
static gboolean
check_clusters (const char *path, const char *format, GError **error)
{
  g_autoptr (Run) run = qemu_img ("check", CHECK_DEADLINE_S);
  int status;

  if (strcmp (format, "raw") == 0)
    return TRUE;
  run_add (run, "-f");
  run_add (run, format);
  run_add (run, path);
  if (!run_wait_status (run, &status, error))
    return FALSE;
  return status == 0 || status == 3 || fail (error, HARNESS_ERROR_FAILED, "%s: the image is damaged: qemu-img check ends with %d %s; try: another copy of it", path, status, run_stderr_tail (run));
}

gboolean
distro_look_at_file (const char *path, char **format, GError **error)
{
  g_auto (DistroInfo) info = { 0 };
  struct stat st;

  if (stat (path, &st) < 0)
    return fail_errno (error, errno, "%s", path);
  if (!S_ISREG (st.st_mode) || st.st_size < SECTOR)
    return fail (error, HARNESS_ERROR_USAGE, "%s: this is no disk: %s; try: a qcow2 or raw image", path, S_ISREG (st.st_mode) ? "smaller than a sector" : "no regular file");
  if (!read_info (path, &info, error) || !check_info (path, &info, error) || !check_clusters (path, info.format, error))
    return FALSE;
  *format = g_steal_pointer (&info.format);
  return TRUE;
}

/* --- what is in it ----------------------------------------------------------------------------- */

DistroConsole
distro_look_for_console (const char *config)
{
  g_auto (GStrv) lines = g_strsplit (config, "\n", -1);
  gboolean arguments = FALSE;

  for (guint i = 0; lines[i]; i++)
    {
      const char *line = g_strstrip (lines[i]);

      if (line[0] == '#')
        continue;
      if (strstr (line, "console=ttyS0"))
        return DISTRO_CONSOLE_THERE;
      arguments = arguments || g_str_has_prefix (line, "linux") || g_str_has_prefix (line, "options ") || g_ascii_strncasecmp (line, "append", 6) == 0;
    }
  return arguments ? DISTRO_CONSOLE_MISSING : DISTRO_CONSOLE_UNKNOWN;
}

static const char *const config_globs[] = {
  "/boot/grub/grub.cfg",     "/boot/grub2/grub.cfg",         "/boot/grub2/grubenv",   "/boot/loader/entries/*.conf", "/boot/efi/EFI/*/grub.cfg",
  "/boot/efi/loader/entries/*.conf", "/boot/extlinux/extlinux.conf", "/boot/extlinux.conf", "/boot/syslinux/syslinux.cfg",
};
static const char *const kernel_globs[] = { "/boot/vmlinu[xz]*", "/boot/kernel-*", "/boot/efi/EFI/Linux/*.efi", "/usr/lib/modules/*/vmlinuz" };

static gboolean
has_any (guestfs_h *g, const char *glob)
{
  g_auto (GStrv) found = guestfs_glob_expand (g, glob);

  return found && found[0];
}

/* One configuration file, if it is of a sensible size. */
static void
look_at_config (guestfs_h *g, const char *path, gboolean *there, gboolean *missing)
{
  g_autofree char *data = NULL, *text = NULL;
  size_t size = 0;

  if (guestfs_is_file (g, path) != 1 || guestfs_filesize (g, path) > CONFIG_LIMIT || !(data = guestfs_read_file (g, path, &size)))
    return;
  text = g_strndup (data, size);
  const DistroConsole console = distro_look_for_console (text);
  *there = *there || console == DISTRO_CONSOLE_THERE;
  *missing = *missing || console == DISTRO_CONSOLE_MISSING;
}

static gboolean
check_boot (guestfs_h *g, const char *disk, DistroAbout *about, GError **error)
{
  gboolean kernel = FALSE, there = FALSE, missing = FALSE;
  guint configs = 0;

  for (guint i = 0; i < G_N_ELEMENTS (kernel_globs); i++)
    kernel = kernel || has_any (g, kernel_globs[i]);
  if (!kernel)
    return fail (error, HARNESS_ERROR_USAGE, "%s: no kernel in it (looked in /boot); try: a cloud image for virtual machines, not one for containers", disk);
  for (guint i = 0; i < G_N_ELEMENTS (config_globs); i++)
    {
      g_auto (GStrv) found = guestfs_glob_expand (g, config_globs[i]);

      for (guint j = 0; found && found[j] && configs < CONFIGS_MAX; j++, configs++)
        look_at_config (g, found[j], &there, &missing);
    }
  if (configs == 0 && !has_any (g, "/boot/efi/EFI/*"))
    return fail (error, HARNESS_ERROR_USAGE, "%s: no boot loader in it (looked for GRUB, extlinux and UEFI's); try: an image that boots by itself", disk);
  if (!there && missing)
    return fail (error, HARNESS_ERROR_USAGE,
                 "%s: its boot loader gives the kernel no console=ttyS0: nothing of its boot could be heard; try, on a copy: virt-customize -a COPY --run-command "
                 "\"sed -i 's/^GRUB_CMDLINE_LINUX=\\\"/&console=ttyS0 /' /etc/default/grub && update-grub\"",
                 disk);
  if (!there)
    distro_about_unverified (about, "that its kernel has a console on ttyS0: its boot loader's configuration does not tell");
  return TRUE;
}

/* What its fstab says is mounted where, shortest paths first, all of it read-only; what cannot be is left out. */
static gboolean
mount_root (Appliance *appliance, const char *disk, GError **error)
{
  guestfs_h *g = appliance_handle (appliance);
  g_auto (GStrv) partitions = guestfs_list_partitions (g);
  g_auto (GStrv) roots = partitions && partitions[0] ? guestfs_inspect_os (g) : NULL;
  g_auto (GStrv) mounts = roots && roots[0] ? guestfs_inspect_get_mountpoints (g, roots[0]) : NULL;

  if (!partitions || (partitions[0] && !roots) || (roots && roots[0] && !mounts))
    return appliance_fail (appliance, "looking for a system in the disk", error);
  if (!partitions[0])
    return fail (error, HARNESS_ERROR_USAGE, "%s: no partitions in it, so it does not boot by itself; try: an image of a whole disk", disk);
  if (!mounts)
    return fail (error, HARNESS_ERROR_USAGE, "%s: no operating system in it; try: a cloud image", disk);
  for (gsize depth = 1; depth < 64; depth++)
    for (guint i = 0; mounts[i] && mounts[i + 1]; i += 2)
      if (strlen (mounts[i]) == depth)
        guestfs_mount_ro (g, mounts[i + 1], mounts[i]);
  return guestfs_is_dir (g, "/etc") == 1 || appliance_fail (appliance, "mounting the disk's file systems", error);
}

static gboolean
look (Appliance *appliance, const char *disk, DistroAbout *about, GError **error)
{
  const struct guestfs_add_drive_opts_argv options = {
    .bitmask = GUESTFS_ADD_DRIVE_OPTS_FORMAT_BITMASK | GUESTFS_ADD_DRIVE_OPTS_READONLY_BITMASK,
    .format = "qcow2",
    .readonly = 1,
  };

  if (guestfs_add_drive_opts_argv (appliance_handle (appliance), disk, &options) < 0)
    return appliance_fail (appliance, "cannot add the disk", error);
  return appliance_launch (appliance, error) && mount_root (appliance, about->source, error) && distro_about_look (about, appliance, error) &&
         check_boot (appliance_handle (appliance), about->source, about, error);
}

gboolean
distro_look_inside (const char *disk, const char *tmpdir, gboolean hardware, Progress *progress, DistroAbout *about, GError **error)
{
  g_autoptr (Appliance) appliance = NULL;
  gboolean ok;

  progress_begin (progress, "", "a look inside (libguestfs)", LOOK_EXPECTED_S);
  appliance = appliance_new (tmpdir, hardware, progress, error);
  ok = appliance && look (appliance, disk, about, error);
  progress_end (progress, "", ok, NULL);
  return ok;
}
