/* SPDX-License-Identifier: GPL-2.0-or-later */
/* curl, its output written by us: so the limit holds whatever a server says, and progress is known. See distro-fetch.h. */
#include "image/distro-fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/run.h"

#define BLOCK (256u << 10)
#define HEADERS_LIMIT (256u << 10)
#define ETAG_MAX 200u
#define TEXT_DEADLINE_S 120
#define FILE_DEADLINE_S (12 * 3600)
#define GROUP "download"
/* curl(1), EXIT CODES */
#define CURL_NO_RANGE 33

typedef struct {
  char *part, *note, *headers;
  char *etag;
  guint64 have, length; /* length 0: unknown */
} Download;

static void
download_clear (Download *d)
{
  g_free (d->part);
  g_free (d->note);
  g_free (d->headers);
  g_free (d->etag);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Download, download_clear)

static void
download_init (Download *d, const FetchSpec *spec)
{
  g_autofree char *hex = hash_data (spec->url, strlen (spec->url));

  d->part = g_strdup_printf ("%s/%.16s.part", spec->dir, hex);
  d->note = g_strdup_printf ("%s/%.16s.note", spec->dir, hex);
  d->headers = g_strdup_printf ("%s/%.16s.headers", spec->dir, hex);
}

static void
forget (const Download *d)
{
  unlink (d->part);
  unlink (d->note);
  unlink (d->headers);
}

void
fetch_forget (const FetchSpec *spec)
{
  g_auto (Download) d = { 0 };

  download_init (&d, spec);
  forget (&d);
}

/* --- what was got before ----------------------------------------------------------------------- */

/* Without an ETag nobody can say that the rest is of the same file: then it begins anew. */
static void
recall (Download *d, const FetchSpec *spec)
{
  g_autoptr (GKeyFile) note = g_key_file_new ();
  g_autofree char *url = NULL, *etag = NULL;
  struct stat st;

  if (lstat (d->part, &st) < 0 || !S_ISREG (st.st_mode) || !g_key_file_load_from_file (note, d->note, G_KEY_FILE_NONE, NULL))
    return;
  url = g_key_file_get_string (note, GROUP, "url", NULL);
  etag = g_key_file_get_string (note, GROUP, "etag", NULL);
  if (!url || strcmp (url, spec->url) != 0 || !etag || !*etag)
    return;
  d->length = g_key_file_get_uint64 (note, GROUP, "length", NULL);
  d->have = (guint64) st.st_size;
  d->etag = g_steal_pointer (&etag);
}

/* A header of the last answer (redirections come before it): its value, or NULL. */
static char *
last_header (const char *headers, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (headers, "\n", -1);
  const gsize length = strlen (name);
  char *value = NULL;

  for (guint i = 0; lines[i]; i++)
    {
      if (g_str_has_prefix (lines[i], "HTTP/"))
        g_clear_pointer (&value, g_free);
      if (g_ascii_strncasecmp (lines[i], name, length) != 0 || lines[i][length] != ':')
        continue;
      g_free (value);
      value = g_strstrip (g_strdup (lines[i] + length + 1));
    }
  return value;
}

/* A strong ETag that may be said again in a header; anything else is as none. */
static gboolean
is_etag (const char *text)
{
  const gsize size = text ? strlen (text) : 0;

  if (size < 2 || size > ETAG_MAX || text[0] != '"' || text[size - 1] != '"')
    return FALSE;
  for (const char *at = text; *at; at++)
    if (*at < '!' || *at > '~')
      return FALSE;
  return TRUE;
}

/* The answer's headers are there before its first byte is. */
static gboolean
note_headers (Download *d, const FetchSpec *spec, GError **error)
{
  g_autoptr (GKeyFile) note = g_key_file_new ();
  g_autofree char *headers = NULL, *length = NULL, *etag = NULL, *text = NULL;
  guint64 rest = 0;

  if (!files_read (d->headers, HEADERS_LIMIT, &headers, NULL, error))
    return FALSE;
  length = last_header (headers, "Content-Length");
  etag = last_header (headers, "ETag");
  d->length = length && g_ascii_string_to_unsigned (length, 10, 0, G_MAXINT64 / 2, &rest, NULL) ? d->have + rest : 0;
  if (d->length > spec->bytes_max)
    return fail (error, HARNESS_ERROR_FAILED, "%s: it has %" G_GUINT64_FORMAT " bytes, more than %" G_GUINT64_FORMAT, spec->url, d->length, spec->bytes_max);
  g_key_file_set_string (note, GROUP, "url", spec->url);
  g_key_file_set_string (note, GROUP, "etag", is_etag (etag) ? etag : "");
  g_key_file_set_uint64 (note, GROUP, "length", d->length);
  text = g_key_file_to_data (note, NULL, NULL);
  return files_write (d->note, text, -1, error) && (!d->length || files_need_bytes (spec->dir, d->length - d->have, "the download", error));
}

/* --- curl -------------------------------------------------------------------------------------- */

static Run *
curl_run (const char *url)
{
  Run *run = run_new ("curl", "--disable", "--no-buffer", "--silent", "--show-error", "--fail", "--globoff", "--location", "--max-redirs", "5", "--connect-timeout", "20", "--speed-limit", "1024",
                      "--speed-time", "60", "--proto", "=http,https", "--proto-redir", NULL);

  run_add (run, g_str_has_prefix (url, "https:") ? "=https" : "=http,https"); /* what was asked for safely is not answered otherwise */
  return run;
}

/* curl(1), EXIT CODES: nobody there, or nobody that answers. */
static gboolean
is_unreachable (int status)
{
  static const int codes[] = { 5, 6, 7, 28, 35, 52, 56, 60, 97 };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (status == codes[i])
      return TRUE;
  return FALSE;
}

/* got: in this go; have: in all. */
static gboolean
curl_failed (const char *url, Run *run, int status, guint64 got, guint64 have, GError **error)
{
  const char *text = run_stderr_tail (run);
  g_autofree char *words = g_strchomp (g_strdup (text + (g_str_has_prefix (text, "curl: ") ? strlen ("curl: ") : 0)));

  if (status < 0)
    return fail (error, HARNESS_ERROR_FAILED, "%s: curl was ended by signal %d", url, -status);
  if (got == 0 && is_unreachable (status))
    return fail (error, HARNESS_ERROR_HOST, "%s: cannot be reached: %s", url, words);
  if (got > 0 && status != 22)
    return fail (error, HARNESS_ERROR_FAILED, "%s: cut short after %" G_GUINT64_FORMAT " bytes: %s; try: the same command again, which goes on from there", url, have, words);
  return fail (error, HARNESS_ERROR_FAILED, "%s: %s", url, words);
}

gboolean
fetch_text (const char *url, gsize bytes_max, char **text, gsize *size, GError **error)
{
  g_autoptr (Run) run = curl_run (url);
  const char *data;
  gsize got;
  int status;

  run_add (run, "--max-filesize");
  run_addf (run, "%" G_GSIZE_FORMAT, bytes_max);
  run_add (run, url);
  run_set_deadline_s (run, TEXT_DEADLINE_S);
  if (!run_wait_status (run, &status, error))
    return FALSE;
  data = run_stdout_bytes (run, &got);
  if (status != 0)
    return curl_failed (url, run, status, got, got, error);
  if (got > bytes_max)
    return fail (error, HARNESS_ERROR_FAILED, "%s: more than %" G_GSIZE_FORMAT " bytes", url, bytes_max);
  *text = g_strndup (data, got);
  memcpy (*text, data, got);
  *size = got;
  return TRUE;
}

/* Bytes from curl to the file, until its end; headers are noted when the first has come. */
static gboolean
copy_out (Download *d, const FetchSpec *spec, Run *run, int from, int to, GError **error)
{
  g_autofree guchar *block = g_malloc (BLOCK);
  gboolean noted = FALSE;
  gsize got;

  for (;;)
    {
      if (!run_read (run, from, block, BLOCK, &got, error))
        return FALSE;
      if (got == 0)
        return TRUE;
      if (!noted && !note_headers (d, spec, error))
        return FALSE;
      noted = TRUE;
      if (d->have + got > spec->bytes_max)
        return fail (error, HARNESS_ERROR_FAILED, "%s: more than %" G_GUINT64_FORMAT " bytes", spec->url, spec->bytes_max);
      if (!files_write_fd (to, d->part, block, got, error))
        return FALSE;
      d->have += got;
      progress_update (spec->progress, "", d->length ? (double) d->have / (double) d->length : -1, "%" G_GUINT64_FORMAT " MiB", d->have >> 20);
    }
}

static Run *
start (Download *d, const FetchSpec *spec, int *pipe_end, GError **error)
{
  g_autoptr (Run) run = curl_run (spec->url);
  int ends[2];

  run_add (run, "--dump-header");
  run_add (run, d->headers);
  if (d->have > 0)
    {
      run_add (run, "--continue-at");
      run_addf (run, "%" G_GUINT64_FORMAT, d->have);
      run_add (run, "--header");
      run_addf (run, "If-Range: %s", d->etag);
    }
  run_add (run, spec->url);
  run_set_deadline_s (run, FILE_DEADLINE_S);
  if (pipe2 (ends, O_CLOEXEC) < 0)
    {
      fail_errno (error, errno, "pipe");
      return NULL;
    }
  run_set_stdout_fd (run, ends[1]);
  const gboolean ok = run_start (run, error);
  close (ends[1]);
  if (!ok)
    close (ends[0]);
  *pipe_end = ok ? ends[0] : -1;
  return ok ? g_steal_pointer (&run) : NULL;
}

/* One go. *again: the server does not go on where we were; nothing is kept then. */
static gboolean
get (Download *d, const FetchSpec *spec, gboolean *again, GError **error)
{
  const guint64 before = d->have;
  AUTO_FD to = open (d->part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (before ? O_APPEND : O_TRUNC), 0666);
  AUTO_FD from = -1;
  g_autoptr (Run) run = NULL;
  int status;

  if (to < 0)
    return fail_errno (error, errno, "%s", d->part);
  unlink (d->headers);
  run = start (d, spec, &from, error);
  if (!run || !copy_out (d, spec, run, from, to, error) || !run_wait_status (run, &status, error))
    return FALSE;
  *again = before > 0 && d->have == before && (status == CURL_NO_RANGE || status == 22);
  if (status != 0 && !*again)
    return curl_failed (spec->url, run, status, d->have - before, d->have, error);
  if (!*again && d->length && d->have != d->length)
    return fail (error, HARNESS_ERROR_FAILED, "%s: %" G_GUINT64_FORMAT " bytes came, not %" G_GUINT64_FORMAT, spec->url, d->have, d->length);
  return TRUE;
}

static gboolean
get_whole (Download *d, const FetchSpec *spec, GError **error)
{
  gboolean again = FALSE;

  if (d->have > 0 && d->have == d->length)
    return TRUE; /* whole, but not looked at yet */
  if (d->have > 0)
    progress_say (spec->progress, "", "%s: going on after %" G_GUINT64_FORMAT " MiB", spec->url, d->have >> 20);
  if (!get (d, spec, &again, error))
    return FALSE;
  if (!again)
    return TRUE;
  progress_say (spec->progress, "", "%s: it is not what it was, or cannot be gone on with: from its beginning", spec->url);
  d->have = d->length = 0;
  return get (d, spec, &again, error);
}

gboolean
fetch_file (const FetchSpec *spec, char **path, GError **error)
{
  g_auto (Download) d = { 0 };
  g_autofree char *lock_path = NULL;
  g_autoptr (FileLock) lock = NULL;
  gboolean ok;

  if (!files_make_dir (spec->dir, error))
    return FALSE;
  download_init (&d, spec);
  lock_path = g_strconcat (d.part, ".lock", NULL);
  if (!(lock = file_lock (lock_path, error)))
    return FALSE;
  recall (&d, spec);
  progress_begin (spec->progress, "", "download", 0);
  ok = get_whole (&d, spec, error);
  progress_end (spec->progress, "", ok, NULL);
  unlink (d.headers);
  if (!ok)
    return FALSE;
  *path = g_strdup (d.part);
  return TRUE;
}
