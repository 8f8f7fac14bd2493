/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The volume's text and its parts; see l2-volume.h and record/l2-volume.h. */
#include "image/l2-volume.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/files.h"
#include "base/hash.h"
#include "record/l2-volume.h"

#define ALIGN (2u << 20) /* what an NVDIMM and a Bochs disk take */
#define PAGE 4096u
#define SECTOR 512u
#define COPY_BYTES (1u << 20)
#define ROM_BYTES 512u

typedef struct {
  const char *name, *format;
  const char *path; /* borrowed, or interned */
  const guint8 *data; /* what to write instead of the file's content, or NULL; borrowed */
  guint64 offset, bytes; /* as told */
} Part;

static guint64
round_up (guint64 value, guint64 unit)
{
  return (value + unit - 1) / unit * unit;
}

static gboolean
add_part (GArray *parts, const char *name, const char *path, const char *format, GError **error)
{
  struct stat st;

  if (!path)
    return TRUE;
  if (stat (path, &st) < 0)
    return fail_errno (error, errno, "L2's %s: %s", name, path);
  if (!S_ISREG (st.st_mode) || st.st_size == 0)
    return fail (error, HARNESS_ERROR_USAGE, "L2's %s: %s is %s; try: a file that boots", name, path, st.st_size ? "no regular file" : "empty");
  /* A disk ends with a whole sector; what is added is zeroes. A file ends where it ends. */
  const Part part = { name, format, path, NULL, 0, strcmp (format, "file") == 0 ? (guint64) st.st_size : round_up ((guint64) st.st_size, SECTOR) };
  g_array_append_val (parts, part);
  return TRUE;
}

static gboolean
add_uefi (GArray *parts, GError **error)
{
  static const char *const dirs[] = { "/usr/share/OVMF" };
  g_autofree char *code = files_find (dirs, 1, "OVMF_CODE_4M.fd");
  g_autofree char *vars = files_find (dirs, 1, "OVMF_VARS_4M.fd");

  if (!code || !vars)
    return fail (error, HARNESS_ERROR_HOST, "UEFI firmware for L2 (OVMF_CODE_4M.fd, OVMF_VARS_4M.fd) is not on this host; try: apt-get install ovmf");
  return add_part (parts, "uefi-code", g_intern_string (code), "file", error) && add_part (parts, "uefi-vars", g_intern_string (vars), "file", error);
}

/* The sum of an option ROM's bytes is 0. */
static gboolean
add_rom (const char *path, guint8 rom[ROM_BYTES], GArray *parts, GError **error)
{
  g_autofree char *bytes = NULL;
  gsize size;
  guint8 sum = 0;

  if (!files_read (path, ROM_BYTES, &bytes, &size, error) || !add_part (parts, "loader-rom", path, "file", error))
    return FALSE;
  if (size != ROM_BYTES)
    return fail (error, HARNESS_ERROR_FAILED, "%s: %" G_GSIZE_FORMAT " bytes are no option ROM of %u; try: make", path, size, ROM_BYTES);
  memcpy (rom, bytes, ROM_BYTES);
  for (guint i = 0; i < ROM_BYTES - 1; i++)
    sum = (guint8) (sum + rom[i]);
  rom[ROM_BYTES - 1] = (guint8) -sum;
  g_array_index (parts, Part, parts->len - 1).data = rom;
  return TRUE;
}

static gboolean
gather (const L2Spec *spec, guint8 rom[ROM_BYTES], GArray *parts, GError **error)
{
  if (spec->firmware == L2_FIRMWARE_UEFI && !add_uefi (parts, error))
    return FALSE;
  return add_part (parts, "disk", spec->disk, spec->disk_format, error) && add_part (parts, "seed", spec->seed, "cdrom", error) &&
         add_part (parts, "kernel", spec->kernel, "file", error) && add_part (parts, "initrd", spec->initrd, "file", error) &&
         (spec->firmware != L2_FIRMWARE_BIOS || !spec->loader_rom || add_rom (spec->loader_rom, rom, parts, error));
}

/* Returns where the last part ends. */
static guint64
lay_out (GArray *parts)
{
  guint64 at = L2_VOLUME_TEXT_BYTES;

  for (guint i = 0; i < parts->len; i++)
    {
      Part *part = &g_array_index (parts, Part, i);

      part->offset = at;
      at = round_up (at + part->bytes, PAGE);
    }
  return round_up (at, ALIGN);
}

static gboolean
add_line (GString *text, const char *word, const char *value, GError **error)
{
  if (strpbrk (value, "\n\r") || strlen (value) + strlen (word) + 2 > L2_VOLUME_LINE_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "L2: \"%.40s…\" has a line break or more than %u bytes", value, L2_VOLUME_LINE_MAX);
  g_string_append_printf (text, "%s %s\n", word, value);
  return TRUE;
}

static gboolean
add_ready (GString *text, const L2Spec *spec, GError **error)
{
  for (guint i = 0; spec->ready && spec->ready[i]; i++)
    {
      if (i == L2_VOLUME_READY_MAX)
        return fail (error, HARNESS_ERROR_USAGE, "L2 is to be ready by more than %u texts on its console", L2_VOLUME_READY_MAX);
      if (!*spec->ready[i] || strlen (spec->ready[i]) >= L2_VOLUME_READY_BYTES_MAX)
        return fail (error, HARNESS_ERROR_USAGE, "\"%.40s\": a text by which L2 is ready has 1 to %u bytes", spec->ready[i], L2_VOLUME_READY_BYTES_MAX - 1);
      if (!add_line (text, "ready", spec->ready[i], error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
make_text (const L2Spec *spec, const GArray *parts, GString *text, GError **error)
{
  g_auto (GStrv) args = l2_qemu_arguments (spec);

  g_string_assign (text, L2_VOLUME_FIRST_LINE "\n");
  for (guint i = 0; i < parts->len; i++)
    {
      const Part *part = &g_array_index (parts, Part, i);

      g_string_append_printf (text, "part %s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s\n", part->name, part->offset, part->bytes, part->format);
    }
  for (guint i = 0; args[i]; i++)
    if (!add_line (text, "arg", args[i], error))
      return FALSE;
  if (!add_ready (text, spec, error))
    return FALSE;
  if (spec->powers_off || spec->micro)
    g_string_append (text, "stop off\n");
  else
    g_string_append_printf (text, "stop powerdown %u\n", spec->idle_ms);
  g_string_append_printf (text, "report %s\nend\n", spec->micro ? "port" : "serial");
  return text->len <= L2_VOLUME_TEXT_BYTES || fail (error, HARNESS_ERROR_USAGE, "L2's description has more than %u bytes", L2_VOLUME_TEXT_BYTES);
}

/* Bytes [from, end) of in to `shift` further on in out, in pieces. */
static gboolean
copy_range (int in, int out, off_t from, off_t end, off_t shift)
{
  g_autofree char *buffer = g_malloc (COPY_BYTES);

  while (from < end)
    {
      const gssize got = pread (in, buffer, (gsize) MIN ((off_t) COPY_BYTES, end - from), from);

      if (got <= 0 || pwrite (out, buffer, (gsize) got, from + shift) != got)
        return FALSE;
      from += got;
    }
  return TRUE;
}

/* Holes stay holes. Of a file that grows meanwhile only what was told is copied: the next part lies behind it. */
static gboolean
copy_part (const Part *part, int out, const char *path, GError **error)
{
  AUTO_FD in = open (part->path, O_RDONLY | O_CLOEXEC);
  off_t data, hole = 0;

  if (part->data)
    return pwrite (out, part->data, part->bytes, (off_t) part->offset) == (gssize) part->bytes || fail_errno (error, errno, "%s: writing", path);
  if (in < 0)
    return fail_errno (error, errno, "L2's %s: %s", part->name, part->path);
  while (hole < (off_t) part->bytes && (data = lseek (in, hole, SEEK_DATA)) >= 0)
    {
      hole = lseek (in, data, SEEK_HOLE);
      hole = MIN (hole, (off_t) part->bytes);
      errno = 0;
      if (hole < 0 || !copy_range (in, out, data, hole, (off_t) part->offset))
        return fail_errno (error, errno ? errno : EIO, "copying %s to %s", part->path, path);
    }
  return hole >= (off_t) part->bytes || errno == ENXIO || fail_errno (error, errno, "%s", part->path);
}

static gboolean
write_parts (const GString *text, const GArray *parts, guint64 bytes, const char *path, GError **error)
{
  AUTO_FD out = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (out < 0)
    return fail_errno (error, errno, "%s: creating", path);
  if (ftruncate (out, (off_t) bytes) < 0)
    return fail_errno (error, errno, "%s: making it %" G_GUINT64_FORMAT " bytes long", path, bytes);
  if (!files_write_fd (out, path, text->str, text->len, error))
    return FALSE;
  for (guint i = 0; i < parts->len; i++)
    if (!copy_part (&g_array_index (parts, Part, i), out, path, error))
      return FALSE;
  return TRUE;
}

static gboolean
hash_inputs (const GString *text, const GArray *parts, char **inputs, GError **error)
{
  g_autoptr (InputHash) hash = input_hash_new ("l2-volume");

  input_hash_add (hash, "text", text->str);
  for (guint i = 0; i < parts->len; i++)
    if (!input_hash_add_file (hash, g_array_index (parts, Part, i).name, g_array_index (parts, Part, i).path, error))
      return FALSE;
  *inputs = input_hash_end (hash);
  return TRUE;
}

gboolean
l2_volume_write (const L2Spec *spec, const char *path, char **inputs, GError **error)
{
  g_autoptr (GArray) parts = g_array_new (FALSE, TRUE, sizeof (Part));
  g_autoptr (GString) text = g_string_new (NULL);
  guint8 rom[ROM_BYTES];
  guint64 bytes;

  if (!gather (spec, rom, parts, error))
    return FALSE;
  bytes = lay_out (parts);
  return make_text (spec, parts, text, error) && write_parts (text, parts, bytes, path, error) && hash_inputs (text, parts, inputs, error);
}
