/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An apt of our own; see apt-root.h. */
#include "kernel/apt-root.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/run.h"

#define HELPER "/usr/lib/apt/apt-helper"
#define CONF "apt.conf"
#define KEYRING_MAX (1u << 20)
#define LOG_MAX (1u << 20)
#define UPDATE_DEADLINE_S 1800
#define DOWNLOAD_DEADLINE_S G_GINT64_CONSTANT (21600)
#define READ_DEADLINE_S 600
#define LOOK_MS 300
#define UPDATE_EXPECTED_S 60

/* --- making it -------------------------------------------------------------------------------- */

/* How the host's apt reaches the network, as lines of a configuration; "" if it does not say. */
static char *
host_settings (void)
{
  static const char *const kept[] = { "Acquire::http", "Acquire::socks", "Acquire::Retries ", "Acquire::ForceIPv", "Acquire::Check-Date " };
  g_autoptr (Run) run = run_new ("apt-config", "dump", NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  if (!run_wait (run, NULL))
    return g_strdup ("");
  g_auto (GStrv) lines = g_strsplit (run_stdout (run), "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
        {
          if (g_str_has_prefix (*line, kept[i]))
            g_string_append_printf (text, "%s\n", *line);
        }
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Old suites' lists say until when they are valid, which is long ago: an old kernel is what is wanted. */
static char *
conf_text (const char *dir)
{
  g_autofree char *settings = host_settings ();
  return g_strdup_printf ("%s"
                          "Dir \"%s/\";\n"
                          "Dir::Etc \"etc/\";\n"
                          "Dir::Etc::netrc \"/etc/apt/auth.conf\";\n"
                          "Dir::Etc::netrcparts \"/etc/apt/auth.conf.d\";\n"
                          "Dir::State \"state/\";\n"
                          "Dir::State::status \"%s/status\";\n"
                          "Dir::Cache \"cache/\";\n"
                          "APT::Sandbox::User \"root\";\n"
                          "APT::Architecture \"amd64\";\n"
                          "APT::Architectures { \"amd64\"; };\n"
                          "Acquire::Languages \"none\";\n"
                          "Acquire::Check-Valid-Until \"false\";\n"
                          "Acquire::GzipIndexes \"true\";\n"
                          "pkgCacheFile::Generate \"false\";\n",
                          settings, dir, dir);
}

static gboolean
make_folders (const char *dir, GError **error)
{
  static const char *const folders[] = { "etc/trusted.gpg.d",  "etc/apt.conf.d",         "etc/preferences.d",
                                         "etc/sources.list.d", "state/lists/partial",    "cache/archives/partial" };
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = g_build_filename (dir, folders[i], NULL);
      if (!files_make_dir (path, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
put (const char *dir, const char *name, const char *text, gssize size, GError **error)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  return files_write (path, text, size, error);
}

gboolean
apt_root_make (const char *dir, const char *const *sources, const char *keyring, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_autofree char *keys = NULL;
  gsize size;
  if (strpbrk (dir, "\"\\\n") != NULL)
    return fail (error, HARNESS_ERROR_USAGE, "%s: apt cannot work in a folder with quotes or backslashes in its name", dir);
  g_autofree char *conf = conf_text (dir);
  for (; *sources != NULL; sources++)
    g_string_append_printf (list, "deb-src %s\n", *sources + strlen ("deb "));
  return files_read (keyring, KEYRING_MAX, &keys, &size, error) && make_folders (dir, error) && put (dir, CONF, conf, -1, error)
         && put (dir, "status", "", 0, error) && put (dir, "etc/trusted.gpg.d/archive.gpg", keys, (gssize) size, error)
         && put (dir, "etc/sources.list", list->str, -1, error);
}

static Run *
root_run (const char *dir, const char *program, const char *command)
{
  g_autofree char *conf = g_build_filename (dir, CONF, NULL);
  Run *run = run_new (program, command, NULL);
  run_set_env (run, "APT_CONFIG", conf);
  run_set_env (run, "LC_ALL", "C.UTF-8");
  return run;
}

/* --- lists ------------------------------------------------------------------------------------ */

static void
list_free (gpointer data)
{
  AptList *list = data;
  g_free (list->file);
  g_free (list->url);
  g_free (list);
}

/* "Get:9 http://… bookworm/main Sources [8500 kB]" */
static void
on_update_line (const char *line, gboolean is_stderr, gpointer user)
{
  const char *rest = strchr (line, ' ');
  if (!is_stderr && g_str_has_prefix (line, "Get:") && rest != NULL)
    progress_update (user, "", -1, "%s", rest + 1);
}

/* apt's first error, or, without one, its first warning (a route that is missing is one); "" if it has neither. */
static char *
first_complaint (const char *text)
{
  static const char *const letters[] = { "E: ", "W: " };
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    {
      for (char **line = lines; *line != NULL; line++)
        {
          if (g_str_has_prefix (*line, letters[i]))
            return g_strstrip (g_strdup (*line + strlen (letters[i])));
        }
    }
  return g_strdup ("");
}

/* Any end is one: a suite that is gone makes it fail for the others too, which it has nevertheless fetched. */
static gboolean
update (const char *dir, Progress *progress, char **complaint, GError **error)
{
  g_autoptr (Run) run = root_run (dir, "apt-get", "update");
  int status;
  run_add (run, "--quiet");
  run_set_deadline_s (run, UPDATE_DEADLINE_S);
  run_on_line (run, on_update_line, progress);
  if (!run_wait_status (run, &status, error))
    return FALSE;
  *complaint = first_complaint (run_stderr_tail (run));
  return TRUE;
}

/* Where apt keeps the list: as it is, or compressed. NULL: it has not come. */
static char *
find_list (const char *dir, const char *name)
{
  static const char *const ends[] = { "", ".xz", ".gz", ".lz4", ".zst", ".bz2" };
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/state/lists/%s%s", dir, name, ends[i]);
      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  return NULL;
}

/* Adds those lists of a source, "deb URL SUITE …", that have come. uris: "'URL/dists/SUITE/main/source/Sources.xz' NAME 0", as apt says it. */
static guint
add_lists (const char *dir, const char *source, char **uris, GPtrArray *lists)
{
  g_auto (GStrv) words = g_strsplit (source, " ", 4);
  const char *slash = g_str_has_suffix (words[1], "/") ? "" : "/";
  g_autofree char *begin = g_strdup_printf ("'%s%sdists/%s/", words[1], slash, words[2]);
  guint count = 0;
  for (; *uris != NULL; uris++)
    {
      g_auto (GStrv) fields = g_strsplit (*uris, " ", 3);
      g_autofree char *file = NULL;
      if (!g_str_has_prefix (*uris, begin) || strstr (*uris, "/source/Sources") == NULL || g_strv_length (fields) != 3)
        continue;
      if ((file = find_list (dir, fields[1])) == NULL)
        continue;
      AptList *list = g_new0 (AptList, 1);
      list->url = g_strconcat (words[1], slash, NULL);
      list->file = g_steal_pointer (&file);
      g_ptr_array_add (lists, list);
      count++;
    }
  return count;
}

/* `indextargets` would say it better, but reads all lists for it. */
static gboolean
read_uris (const char *dir, char ***uris, GError **error)
{
  g_autoptr (Run) run = root_run (dir, "apt-get", "update");
  run_add (run, "--print-uris");
  run_set_deadline_s (run, READ_DEADLINE_S);
  if (!run_wait (run, error))
    return FALSE;
  *uris = g_strsplit (run_stdout (run), "\n", -1);
  return TRUE;
}

gboolean
apt_root_update (const char *dir, const char *const *sources, Progress *progress, GPtrArray **lists, char **passed_over, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (list_free);
  g_autoptr (GString) missing = g_string_new (NULL);
  g_autofree char *complaint = NULL;
  g_auto (GStrv) uris = NULL;
  progress_begin (progress, "", "lists of the archive", UPDATE_EXPECTED_S);
  const gboolean ok = update (dir, progress, &complaint, error);
  progress_end (progress, "", ok, NULL);
  if (!ok || !read_uris (dir, &uris, error))
    return FALSE;
  for (; *sources != NULL; sources++)
    {
      if (add_lists (dir, *sources, uris, found) == 0)
        g_string_append_printf (missing, "%s%s", missing->len > 0 ? "; " : "", *sources + strlen ("deb "));
    }
  if (found->len == 0)
    return fail (error, HARNESS_ERROR_HOST, "the archive's lists cannot be had: %s", complaint);
  if (missing->len > 0)
    g_string_append_printf (missing, " (%s)", complaint);
  *lists = g_steal_pointer (&found);
  *passed_over = g_string_free (g_steal_pointer (&missing), FALSE);
  return TRUE;
}

typedef struct
{
  AptLineFunc func;
  gpointer user;
} Reading;

static void
on_list_line (const char *line, gboolean is_stderr, gpointer user)
{
  const Reading *reading = user;
  if (!is_stderr)
    reading->func (line, reading->user);
}

gboolean
apt_root_read (const char *dir, const AptList *list, AptLineFunc func, gpointer user, GError **error)
{
  g_autoptr (Run) run = root_run (dir, HELPER, "cat-file");
  Reading reading = { func, user };
  run_add (run, list->file);
  run_set_deadline_s (run, READ_DEADLINE_S);
  run_on_line (run, on_list_line, &reading);
  return run_wait (run, error);
}

/* --- a file ----------------------------------------------------------------------------------- */

/* Until it ends: what has come so far is the file's size. */
static gboolean
watch (Run *run, const AptFile *file, const char *path, Progress *progress, GError **error)
{
  const gint64 end_us = g_get_monotonic_time () + DOWNLOAD_DEADLINE_S * G_USEC_PER_SEC;
  for (;;)
    {
      struct pollfd fds[] = { { .fd = run_pidfd (run), .events = POLLIN }, { .fd = cancel_fd (), .events = POLLIN } };
      struct stat st;
      const int ready = poll (fds, G_N_ELEMENTS (fds), LOOK_MS);
      if (!cancel_check (error))
        return FALSE;
      if (ready > 0 && fds[0].revents != 0)
        return TRUE;
      if (g_get_monotonic_time () > end_us)
        return fail (error, HARNESS_ERROR_HOST, "%s: not here after %d hours", file->url, (int) (DOWNLOAD_DEADLINE_S / 3600));
      if (stat (path, &st) == 0)
        progress_update (progress, "", MIN ((double) st.st_size / (double) file->bytes, 0.99), "%d MiB", (int) (st.st_size >> 20));
    }
}

/* "Failed to fetch URL  WHY" */
static gboolean
download_failed (const AptFile *file, const char *log, GError **error)
{
  g_autofree char *said = first_complaint (log);
  const char *why = g_str_has_prefix (said, "Failed to fetch ") ? strstr (said, "  ") : NULL;
  why = why != NULL ? why + 2 : said[0] != '\0' ? said : "apt does not say why";
  const gboolean is_gone = g_str_has_prefix (why, "404 ") || g_str_has_prefix (why, "410 ") || strstr (why, "File not found") != NULL;
  const gboolean is_other = strstr (why, "Hash Sum mismatch") != NULL || strstr (why, "unexpected size") != NULL;
  return fail (error, is_gone || is_other ? HARNESS_ERROR_FAILED : HARNESS_ERROR_HOST, "%s: %.*s", file->url, (int) strcspn (why, "\n"), why);
}

static gboolean
download (const char *dir, const AptFile *file, const char *path, Progress *progress, GError **error)
{
  g_autoptr (Run) run = root_run (dir, HELPER, "download-file");
  g_autofree char *log = g_build_filename (dir, "download.log", NULL);
  g_autofree char *text = NULL;
  int status;
  run_add (run, "--quiet");
  run_add (run, file->url);
  run_add (run, path);
  run_addf (run, "SHA256:%s", file->sha256);
  run_set_output_file (run, log); /* a pipe that nobody reads while we watch would fill */
  if (!files_remove_tree (log, error) || !run_start (run, error) || !watch (run, file, path, progress, error) || !run_wait_status (run, &status, error))
    return FALSE;
  if (status == 0)
    return TRUE;
  return download_failed (file, files_read (log, LOG_MAX, &text, NULL, NULL) ? text : "", error);
}

gboolean
apt_root_download (const char *dir, const AptFile *file, const char *path, Progress *progress, GError **error)
{
  progress_begin (progress, "", file->what, 0);
  const gboolean ok = download (dir, file, path, progress, error);
  progress_end (progress, "", ok, NULL);
  return ok;
}
