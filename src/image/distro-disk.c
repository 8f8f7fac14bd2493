/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libguestfs: partitions, file systems, files, boot loader; see distro-disk.h. */
#include "image/distro-disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "image/appliance.h"

#define SECTORS_PER_MIB 2048
#define ESP_MIB 64
/* UEFI specification 5.3.3 and GRUB's manual, "BIOS installation"; the last is Linux's own. */
#define TYPE_BIOS_BOOT "21686148-6449-6E6F-744E-656564454649"
#define TYPE_ESP "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
#define TYPE_LINUX "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
/* libguestfs's calls know the disk by its order, whichever name Linux gave it; a script in the disk does not, and finds it by this label. */
#define DISK "/dev/sda"
#define LABEL "lab"
#define ESP "/dev/sda2"
#define ROOT "/dev/sda3"
/* A cloud image has some 30 thousand files in 0.5 GiB. Few inodes are soon written, and all are written now, lest the guest's kernel does it while it is measured. */
#define BYTES_PER_INODE 32768
#define FAT_VOLUME_ID_AT 0x27 /* FAT12 and FAT16, Microsoft's FAT specification 1.03; FAT32 would have it at 0x43 */
#define FAT_NAME_AT 0x36      /* "FAT16   " */
#define OUTPUT_LINES 12

#define STAGE_APPLIANCE_S 12.0
#define STAGE_FILES_S 45.0
#define STAGE_BOOT_S 30.0

char *
distro_disk_uuid (const char *key, const char *role)
{
  g_autofree char *seed = g_strconcat (key, "/", role, NULL);
  g_autofree char *hex = hash_data (seed, strlen (seed));

  return g_strdup_printf ("%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15, hex + 18);
}

static gboolean
make_empty (const char *path, guint64 bytes, GError **error)
{
  const int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  gboolean ok;

  if (fd < 0)
    return fail_errno (error, errno, "%s", path);
  ok = ftruncate (fd, (off_t) bytes) == 0 || fail_errno (error, errno, "%s: making it %" G_GUINT64_FORMAT " bytes long", path, bytes);
  close (fd);
  return ok;
}

static gboolean
set_partition (guestfs_h *g, const char *key, int number, gint64 first, gint64 last, const char *type)
{
  g_autofree char *role = g_strdup_printf ("partition %d", number);
  g_autofree char *uuid = distro_disk_uuid (key, role);

  return guestfs_part_add (g, DISK, "p", first, last) == 0 && guestfs_part_set_gpt_type (g, DISK, number, type) == 0 &&
         guestfs_part_set_gpt_guid (g, DISK, number, uuid) == 0;
}

static gboolean
make_partitions (Appliance *appliance, const char *key, GError **error)
{
  guestfs_h *g = appliance_handle (appliance);
  const gint64 esp = 2 * SECTORS_PER_MIB, root = esp + ESP_MIB * SECTORS_PER_MIB;
  g_autofree char *uuid = distro_disk_uuid (key, "disk");

  if (guestfs_part_init (g, DISK, "gpt") < 0 || !set_partition (g, key, 1, SECTORS_PER_MIB, esp - 1, TYPE_BIOS_BOOT) ||
      !set_partition (g, key, 2, esp, root - 1, TYPE_ESP) || !set_partition (g, key, 3, root, -SECTORS_PER_MIB, TYPE_LINUX) ||
      guestfs_part_set_disk_guid (g, DISK, uuid) < 0)
    return appliance_fail (appliance, "cannot partition the disk", error);
  return TRUE;
}

/* FAT's volume id is the time it was made otherwise; libguestfs has no option for it. */
static gboolean
set_fat_id (guestfs_h *g, const char *key)
{
  g_autofree char *uuid = distro_disk_uuid (key, "esp");
  const guint32 id = GUINT32_TO_LE ((guint32) g_ascii_strtoull (uuid, NULL, 16));
  size_t size = 0;
  g_autofree char *name = guestfs_pread_device (g, ESP, 5, FAT_NAME_AT, &size);

  if (!name)
    return FALSE;
  return size != 5 || memcmp (name, "FAT16", 5) != 0 || guestfs_pwrite_device (g, ESP, (const char *) &id, sizeof id, FAT_VOLUME_ID_AT) == sizeof id;
}

/* The seed of directory hashes decides the order in which a directory's files are found. */
static gboolean
set_hash_seed (guestfs_h *g, const char *key)
{
  g_autofree char *uuid = distro_disk_uuid (key, "hash seed");
  g_autofree char *command = g_strdup_printf ("debugfs -w -R 'ssv hash_seed %s' " ROOT, uuid);
  char *arguments[] = { command, NULL };
  g_autofree char *output = guestfs_debug (g, "sh", arguments);

  return output != NULL;
}

static gboolean
make_file_systems (Appliance *appliance, const char *key, GError **error)
{
  guestfs_h *g = appliance_handle (appliance);
  g_autofree char *uuid = distro_disk_uuid (key, "root");
  const struct guestfs_mke2fs_argv options = {
    .bitmask = GUESTFS_MKE2FS_FSTYPE_BITMASK | GUESTFS_MKE2FS_LABEL_BITMASK | GUESTFS_MKE2FS_UUID_BITMASK | GUESTFS_MKE2FS_BYTESPERINODE_BITMASK |
               GUESTFS_MKE2FS_LAZYITABLEINIT_BITMASK | GUESTFS_MKE2FS_LAZYJOURNALINIT_BITMASK,
    .fstype = "ext4",
    .label = "root",
    .uuid = uuid,
    .bytesperinode = BYTES_PER_INODE,
    .lazyitableinit = 0,
    .lazyjournalinit = 0,
  };
  const struct guestfs_mkfs_opts_argv fat = { .bitmask = GUESTFS_MKFS_OPTS_LABEL_BITMASK, .label = "ESP" };

  if (guestfs_mke2fs_argv (g, ROOT, &options) < 0 || !set_hash_seed (g, key))
    return appliance_fail (appliance, "mke2fs", error);
  if (guestfs_mkfs_opts_argv (g, "vfat", ESP, &fat) < 0 || !set_fat_id (g, key))
    return appliance_fail (appliance, "mkfs.fat", error);
  if (guestfs_mount (g, ROOT, "/") < 0)
    return appliance_fail (appliance, "cannot mount the root file system", error);
  return TRUE;
}

static gboolean
unpack (Appliance *appliance, const char *tar, GError **error)
{
  g_autofree char *what = g_strdup_printf ("cannot unpack %s", tar);

  if (guestfs_tar_in (appliance_handle (appliance), tar, "/") == 0)
    return TRUE;
  appliance_fail (appliance, what, error);
  if (error && *error && strstr ((*error)->message, "No space left"))
    g_prefix_error (error, "the disk is too small (try: a larger disk_mib in the distribution's config): ");
  return FALSE;
}

static gboolean
put (guestfs_h *g, const char *path, const char *text)
{
  return guestfs_write (g, path, text, strlen (text)) == 0;
}

static gboolean
write_settings (Appliance *appliance, const DistroDiskSpec *spec, GError **error)
{
  guestfs_h *g = appliance_handle (appliance);
  g_autofree char *hostname = g_strconcat (spec->hostname, "\n", NULL);
  g_autofree char *hosts = g_strdup_printf ("127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\t\tlocalhost ip6-localhost ip6-loopback\n", spec->hostname);
  g_autofree char *grub = g_strdup_printf ("GRUB_DEFAULT=0\nGRUB_TIMEOUT=0\nGRUB_RECORDFAIL_TIMEOUT=0\nGRUB_DISTRIBUTOR=$(. /etc/os-release; echo \"${NAME%%%% *}\")\n"
                                           "GRUB_CMDLINE_LINUX_DEFAULT=\"\"\nGRUB_CMDLINE_LINUX=\"%s\"\nGRUB_TERMINAL=\"console serial\"\n"
                                           "GRUB_SERIAL_COMMAND=\"serial --speed=115200\"\n",
                                           spec->cmdline);

  if (guestfs_mkdir_p (g, "/boot/efi") < 0 || guestfs_mount (g, ESP, "/boot/efi") < 0 || guestfs_mkdir_p (g, "/etc/cloud/cloud.cfg.d") < 0 ||
      !put (g, "/etc/fstab", "LABEL=root / ext4 rw,errors=remount-ro 0 1\nLABEL=ESP /boot/efi vfat umask=0077 0 1\n") || !put (g, "/etc/hostname", hostname) ||
      !put (g, "/etc/hosts", hosts) || !put (g, "/etc/machine-id", "") || !put (g, "/etc/default/locale", "LANG=C.UTF-8\n") || !put (g, "/etc/default/grub", grub) ||
      !put (g, "/etc/cloud/cloud.cfg.d/90_dpkg.cfg", "datasource_list: [ NoCloud, None ]\n"))
    return appliance_fail (appliance, "cannot write the disk's settings", error);
  return TRUE;
}

/* The last lines of what a command in the disk printed. */
static char *
last_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  const guint count = g_strv_length (lines);

  return g_strjoinv ("\n", lines + (count > OUTPUT_LINES ? count - OUTPUT_LINES : 0));
}

/* With set -e, in the disk's root, without network. */
static gboolean
run_script (Appliance *appliance, const char *what, const char *script, GError **error)
{
  g_autofree char *command = g_strdup_printf ("exec >&2 </dev/null\nexport LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive\nset -e\n%s", script);
  g_autofree char *output = guestfs_sh (appliance_handle (appliance), command);
  g_autofree char *tail = NULL;

  if (output)
    return TRUE;
  if (!cancel_check (error))
    return FALSE;
  tail = last_lines (guestfs_last_error (appliance_handle (appliance)) ?: "unknown error");
  return fail (error, HARNESS_ERROR_FAILED, "%s: %s", what, tail);
}

static gboolean
install_files (Appliance *appliance, const DistroDiskSpec *spec, GError **error)
{
  if (!make_partitions (appliance, spec->key, error) || !make_file_systems (appliance, spec->key, error) || !unpack (appliance, spec->tar, error) ||
      !write_settings (appliance, spec, error))
    return FALSE;
  return (!spec->overlay_tar || unpack (appliance, spec->overlay_tar, error)) &&
         (!spec->script || run_script (appliance, "the script for the disk", spec->script, error));
}

static const char boot_script[] = "rm -f /etc/ssh/ssh_host_* /etc/resolv.conf.dpkg-*\n"
                                  "grub-install --target=i386-pc /dev/disk/guestfs/" LABEL "\n"
                                  "grub-install --target=x86_64-efi --removable --no-nvram --efi-directory=/boot/efi\n"
                                  "update-grub\n"
                                  "ls /boot/vmlinuz-* >/dev/null || { echo no kernel in /boot; exit 1; }\n";

static gboolean
install_boot (Appliance *appliance, DistroAbout *about, GError **error)
{
  guestfs_h *g = appliance_handle (appliance);

  if (!run_script (appliance, "installing the boot loader", boot_script, error) || !distro_about_look (about, appliance, error))
    return FALSE;
  if (guestfs_umount_all (g) < 0 || guestfs_shutdown (g) < 0)
    return appliance_fail (appliance, "shutdown", error);
  return TRUE;
}

static Appliance *
start (const DistroDiskSpec *spec, const char *disk, GError **error)
{
  g_autoptr (Appliance) appliance = appliance_new (spec->tmpdir, spec->hardware, spec->progress, error);
  /* Whoever interrupts it gets no disk at all, so that nothing need be written through. */
  const struct guestfs_add_drive_opts_argv options = {
    .bitmask = GUESTFS_ADD_DRIVE_OPTS_FORMAT_BITMASK | GUESTFS_ADD_DRIVE_OPTS_CACHEMODE_BITMASK | GUESTFS_ADD_DRIVE_OPTS_LABEL_BITMASK,
    .format = "raw",
    .cachemode = "unsafe",
    .label = LABEL,
  };

  if (!appliance)
    return NULL;
  if (guestfs_add_drive_opts_argv (appliance_handle (appliance), disk, &options) < 0)
    {
      appliance_fail (appliance, "cannot add the disk", error);
      return NULL;
    }
  return appliance_launch (appliance, error) ? g_steal_pointer (&appliance) : NULL;
}

gboolean
distro_disk_make (const DistroDiskSpec *spec, const char *disk, DistroAbout *about, GError **error)
{
  g_autoptr (Appliance) appliance = NULL;
  gboolean ok;

  if (!make_empty (disk, spec->bytes, error))
    return FALSE;
  progress_begin (spec->progress, "", "appliance (libguestfs)", STAGE_APPLIANCE_S);
  appliance = start (spec, disk, error);
  progress_end (spec->progress, "", appliance != NULL, NULL);
  if (!appliance)
    return FALSE;
  progress_begin (spec->progress, "", "files onto the disk", STAGE_FILES_S);
  ok = install_files (appliance, spec, error);
  progress_end (spec->progress, "", ok, NULL);
  if (!ok)
    return FALSE;
  progress_begin (spec->progress, "", "boot loader", STAGE_BOOT_S);
  ok = install_boot (appliance, about, error);
  progress_end (spec->progress, "", ok, NULL);
  return ok;
}
