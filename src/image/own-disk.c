/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk of the user's; see own-disk.h. */
#include "image/own-disk.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/run.h"

#define HEAD_BYTES 512
/* QEMU's docs/interop/qcow2.txt */
#define BACKING_OFFSET 8
#define VERSION 4
#define INCOMPATIBLE_FEATURES 72
#define EXTERNAL_DATA (1u << 2)

static guint64
big_endian (const guchar *at, guint bytes)
{
  guint64 value = 0;

  for (guint i = 0; i < bytes; i++)
    value = value << 8 | at[i];
  return value;
}

static gboolean
read_head (const char *path, guchar head[HEAD_BYTES], GError **error)
{
  AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat st;

  if (fd < 0)
    return fail (error, HARNESS_ERROR_USAGE, "%s: %s", path, g_strerror (errno));
  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode))
    return fail (error, HARNESS_ERROR_USAGE, "%s: no regular file; try: a disk image, qcow2 or raw", path);
  memset (head, 0, HEAD_BYTES);
  if (pread (fd, head, HEAD_BYTES, 0) < 0)
    return fail_errno (error, errno, "%s: reading", path);
  return TRUE;
}

static gboolean
check_qcow2 (const char *path, const guchar *head, GError **error)
{
  const guint64 version = big_endian (head + VERSION, 4);

  if (version != 2 && version != 3)
    return fail (error, HARNESS_ERROR_USAGE, "%s: a qcow2 of version %" G_GUINT64_FORMAT ", where 2 and 3 are known", path, version);
  if (big_endian (head + BACKING_OFFSET, 8) == 0 && (version == 2 || (head[INCOMPATIBLE_FEATURES + 7] & EXTERNAL_DATA) == 0))
    return TRUE;
  return fail (error, HARNESS_ERROR_USAGE, "%s: has its data in another file; try: qemu-img convert -O qcow2 %s whole.qcow2", path, path);
}

gboolean
own_disk_check (const char *path, const char **format, GError **error)
{
  guchar head[HEAD_BYTES];

  if (!read_head (path, head, error))
    return FALSE;
  if (memcmp (head, "QFI\xfb", 4) == 0)
    {
      *format = "qcow2";
      return check_qcow2 (path, head, error);
    }
  *format = "raw";
  if (head[510] == 0x55 && head[511] == 0xaa)
    return TRUE;
  return fail (error, HARNESS_ERROR_USAGE, "%s: neither a qcow2 nor a raw disk with a boot sector; try: qemu-img convert -O qcow2 %s disk.qcow2", path, path);
}

gboolean
own_disk_layer (const char *path, const char *format, const char *layer, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autoptr (Run) run = run_new ("qemu-img", "create", "-q", "-f", "qcow2", "-F", format, "-b", absolute, layer, NULL);

  return run_wait (run, error);
}

/* --- the seed --------------------------------------------------------------------------------- */

#define FILES_MAX 32

/*
 * Before the login prompts are started. The agent is copied: the ISO may be ejected, and /run may not be executed from. An RSA key would take an emulator
 * up to minutes to find, and another locale would be generated first.
 */
static const char user_data[] =
  "#cloud-config\n"
  "ssh_genkeytypes: [ed25519]\n"
  "locale: C.UTF-8\n"
  "bootcmd:\n"
  "  - |\n"
  "    mkdir -p /run/harness-seed /etc/systemd/system/serial-getty@ttyS0.service.d\n"
  "    mount -o ro LABEL=cidata /run/harness-seed\n"
  "    install -m 755 /run/harness-seed/" OWN_DISK_AGENT " /usr/local/sbin/harness-exec-agent\n"
  "    printf '[Service]\\nExecStart=\\nExecStart=-/sbin/agetty --autologin root --keep-baud 115200 - $TERM\\n' "
  ">/etc/systemd/system/serial-getty@ttyS0.service.d/harness.conf\n"
  "    printf '[Service]\\nExecStart=/usr/local/sbin/harness-exec-agent /dev/ttyS1\\nEnvironment=HOME=/root TERM=linux\\nWorkingDirectory=/root\\n"
  "KillMode=process\\n' >/etc/systemd/system/harness-exec-agent.service\n"
  "    [ ! -e /run/harness-seed/" OWN_DISK_SETUP " ] || sh /run/harness-seed/" OWN_DISK_SETUP " /run/harness-seed\n"
  "    umount /run/harness-seed\n"
  "    systemctl daemon-reload\n"
  "    systemctl --no-block start harness-exec-agent.service\n";

static gboolean
put (struct archive *iso, const char *name, const void *data, gsize size)
{
  struct archive_entry *entry = archive_entry_new ();
  gboolean ok;

  archive_entry_set_pathname (entry, name);
  archive_entry_set_mode (entry, S_IFREG | 0644);
  archive_entry_set_mtime (entry, 0, 0);
  archive_entry_set_size (entry, (gint64) size);
  ok = archive_write_header (iso, entry) == ARCHIVE_OK && archive_write_data (iso, data, size) == (la_ssize_t) size;
  archive_entry_free (entry);
  return ok;
}

static gboolean
put_files (struct archive *iso, const char *dir, GError **error)
{
  g_autoptr (GDir) folder = g_dir_open (dir, 0, error);
  const char *name;
  guint count = 0;

  if (!folder)
    return FALSE;
  while ((name = g_dir_read_name (folder)))
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);
      g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, error);

      if (!file)
        return FALSE;
      if (++count > FILES_MAX || !put (iso, name, g_mapped_file_get_contents (file), g_mapped_file_get_length (file)))
        return fail (error, HARNESS_ERROR_FAILED, "%s: %s", path, archive_error_string (iso) ? archive_error_string (iso) : "too many files");
    }
  return TRUE;
}

static gboolean
write_iso (struct archive *iso, const char *hostname, const char *dir, const char *path, GError **error)
{
  g_autofree char *meta_data = g_strdup_printf ("instance-id: harness-shell\nlocal-hostname: %s\n", hostname);
  const gboolean begun = archive_write_set_format_iso9660 (iso) == ARCHIVE_OK && archive_write_set_options (iso, "volume-id=cidata,rockridge=useful") == ARCHIVE_OK &&
                         archive_write_open_filename (iso, path) == ARCHIVE_OK && put (iso, "meta-data", meta_data, strlen (meta_data)) &&
                         put (iso, "user-data", user_data, sizeof user_data - 1);

  if (begun && !put_files (iso, dir, error))
    return FALSE;
  if (begun && archive_write_close (iso) == ARCHIVE_OK)
    return TRUE;
  return fail (error, HARNESS_ERROR_FAILED, "%s: %s", path, archive_error_string (iso) ? archive_error_string (iso) : "cannot be written");
}

gboolean
own_disk_seed (const char *hostname, const char *dir, const char *path, GError **error)
{
  struct archive *iso = archive_write_new ();
  const gboolean ok = write_iso (iso, hostname, dir, path, error);

  archive_write_free (iso);
  return ok;
}
