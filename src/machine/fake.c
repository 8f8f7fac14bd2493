/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine that replays a folder: its records.bin, l1-console.log and l0-exits.log appear in the run
 * folder as if L1 had written them, then it powers off. A file `fault` there holds one word:
 *
 *   panic            the console ends in a kernel panic, then a reset
 *   reset            a reset in place of the power-off
 *   hang             never ends
 *   killed           the emulator dies of a signal, half-way through the records
 *   poweroff-early   powers off half-way through the records
 *   truncate-records the last 1000 bytes of the stream are zeroes
 *   corrupt-records  one bit in the middle of the stream is flipped
 *   no-space         writing the records fails with ENOSPC
 *
 * "The stream" ends at the last byte of the replayed file that is not zero.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "machine/backend.h"

#define REPLAY_MAX (G_GINT64_CONSTANT (1) << 30)
#define TRUNCATED_BYTES 1000

typedef enum
{
  FAULT_NONE,
  FAULT_PANIC,
  FAULT_RESET,
  FAULT_HANG,
  FAULT_KILLED,
  FAULT_POWEROFF_EARLY,
  FAULT_TRUNCATE_RECORDS,
  FAULT_CORRUPT_RECORDS,
  FAULT_NO_SPACE,
} Fault;

static const char *const fault_names[] = {
  [FAULT_NONE] = "none",
  [FAULT_PANIC] = "panic",
  [FAULT_RESET] = "reset",
  [FAULT_HANG] = "hang",
  [FAULT_KILLED] = "killed",
  [FAULT_POWEROFF_EARLY] = "poweroff-early",
  [FAULT_TRUNCATE_RECORDS] = "truncate-records",
  [FAULT_CORRUPT_RECORDS] = "corrupt-records",
  [FAULT_NO_SPACE] = "no-space",
};

static const char panic_text[] = "[    9.999999] Kernel panic - not syncing: Fatal exception injected by the fake machine\n";

typedef struct
{
  const MachineSpec *spec;
  Fault fault;
} Fake;

static gboolean
fake_check (const MachineSpec *spec, GError **error)
{
  if (spec->replay_dir == NULL || !g_file_test (spec->replay_dir, G_FILE_TEST_IS_DIR))
    return fail (error, HARNESS_ERROR_USAGE, "%s: no such folder to replay",
                 spec->replay_dir != NULL ? spec->replay_dir : "(none)");
  return TRUE;
}

static gpointer
fake_open (const MachineSpec *spec)
{
  Fake *fake = g_new0 (Fake, 1);
  fake->spec = spec;
  return fake;
}

static gboolean
read_fault (const char *dir, Fault *fault, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "fault", NULL);
  g_autofree char *text = NULL;
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!files_read (path, 256, &text, NULL, error))
    return FALSE;
  g_strstrip (text);
  for (guint i = 0; i < G_N_ELEMENTS (fault_names); i++)
    {
      if (strcmp (fault_names[i], text) == 0)
        {
          *fault = (Fault) i;
          return TRUE;
        }
    }
  return fail (error, HARNESS_ERROR_USAGE, "%s: unknown fault \"%s\"", path, text);
}

/* A file that is not there is empty. */
static gboolean
read_replayed (const Fake *fake, const char *name, char **data, gsize *size, GError **error)
{
  g_autofree char *path = g_build_filename (fake->spec->replay_dir, name, NULL);
  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return files_read (path, REPLAY_MAX, data, size, error);
  *data = g_strdup ("");
  *size = 0;
  return TRUE;
}

static gboolean
write_replay (const Fake *fake, const char *name, const char *data, gsize size, GError **error)
{
  g_autofree char *path = g_build_filename (fake->spec->dir, name, NULL);
  return files_write (path, data, (gssize) size, error);
}

static void
spoil_records (Fault fault, char *data, gsize stream_bytes)
{
  gsize keep = stream_bytes;
  if (fault == FAULT_KILLED || fault == FAULT_POWEROFF_EARLY)
    keep = stream_bytes / 2;
  else if (fault == FAULT_TRUNCATE_RECORDS)
    keep = stream_bytes - MIN (stream_bytes, TRUNCATED_BYTES);
  memset (data + keep, 0, stream_bytes - keep);
  if (fault == FAULT_CORRUPT_RECORDS && stream_bytes > 0)
    data[stream_bytes / 2] ^= 1;
}

static gsize
stream_length (const char *data, gsize size)
{
  while (size > 0 && data[size - 1] == '\0')
    size--;
  return size;
}

static gboolean
replay_records (const Fake *fake, GError **error)
{
  g_autofree char *data = NULL;
  gsize size = 0;
  if (fake->fault == FAULT_NO_SPACE)
    return fail_errno (error, ENOSPC, "%s/%s: writing", fake->spec->dir, MACHINE_RECORDS_FILE);
  if (!read_replayed (fake, MACHINE_RECORDS_FILE, &data, &size, error))
    return FALSE;
  if (size > fake->spec->record_bytes)
    return fail (error, HARNESS_ERROR_USAGE, "%s/%s: %zu bytes do not fit in a record device of %" G_GUINT64_FORMAT,
                 fake->spec->replay_dir, MACHINE_RECORDS_FILE, size, fake->spec->record_bytes);
  spoil_records (fake->fault, data, stream_length (data, size));
  g_autofree char *device = g_malloc0 (fake->spec->record_bytes);
  memcpy (device, data, size);
  return write_replay (fake, MACHINE_RECORDS_FILE, device, fake->spec->record_bytes, error);
}

static gboolean
replay_console (const Fake *fake, GError **error)
{
  g_autofree char *data = NULL;
  gsize size = 0;
  if (!read_replayed (fake, MACHINE_CONSOLE_FILE, &data, &size, error))
    return FALSE;
  g_autoptr (GString) text = g_string_new_len (data, (gssize) size);
  if (fake->fault == FAULT_PANIC)
    g_string_append (text, panic_text);
  return write_replay (fake, MACHINE_CONSOLE_FILE, text->str, text->len, error);
}

static gboolean
replay_l0_log (const Fake *fake, GError **error)
{
  g_autofree char *data = NULL;
  gsize size = 0;
  if (!fake->spec->l0_log)
    return TRUE;
  return read_replayed (fake, MACHINE_L0_LOG_FILE, &data, &size, error)
         && write_replay (fake, MACHINE_L0_LOG_FILE, data, size, error);
}

static gboolean
fake_start (gpointer state, GError **error)
{
  Fake *fake = state;
  return read_fault (fake->spec->replay_dir, &fake->fault, error) && replay_records (fake, error)
         && replay_console (fake, error) && replay_l0_log (fake, error);
}

static int
fake_event_fd (gpointer state)
{
  (void) state;
  return -1;
}

static gboolean
fake_poll (gpointer state, BackendEnd *end)
{
  const Fake *fake = state;
  *end = (BackendEnd){ .end = MACHINE_END_POWEROFF };
  if (fake->fault == FAULT_RESET || fake->fault == FAULT_PANIC)
    end->end = MACHINE_END_RESET;
  else if (fake->fault == FAULT_KILLED)
    *end = (BackendEnd){ MACHINE_END_KILLED, g_strdup ("the emulator died of signal 9 (Killed)") };
  return fake->fault != FAULT_HANG;
}

static gint64
fake_peak_rss_bytes (gpointer state)
{
  (void) state;
  return 0;
}

static void
fake_stop (gpointer state)
{
  (void) state;
}

static char *
fake_version (GError **error)
{
  (void) error;
  return g_strdup ("fake " HARNESS_VERSION);
}

const MachineBackend machine_fake = {
  .name = "replay",
  .disks = { "/dev/pmem0", "/dev/pmem1", "/dev/pmem2" },
  .console_device = "ttyS0",
  .disk_unit = 4096,
  .check = fake_check,
  .open = fake_open,
  .start = fake_start,
  .event_fd = fake_event_fd,
  .poll = fake_poll,
  .peak_rss_bytes = fake_peak_rss_bytes,
  .stop = fake_stop,
  .close = g_free,
  .version = fake_version,
};
