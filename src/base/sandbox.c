/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of a sandbox, and which kind makes it. */
#include "base/sandbox.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/launcher/status.h"
#include "base/sandbox-private.h"

#define TMP_BYTES (G_GUINT64_CONSTANT (64) << 20)
#define CHECK_DEADLINE_S 30
#define VARIABLE "HARNESS_SANDBOX"

/*
 * gcc 12 needs some 350 MiB of address space for the largest file of KVM, with -g; each
 * compilation, with make and the shells that kbuild starts, some 10 processes.
 */
const SandboxLimits sandbox_limits_default = {
  .memory_bytes = G_GUINT64_CONSTANT (1) << 30,
  .processes = 128,
  .file_bytes = G_GUINT64_CONSTANT (256) << 20,
  .deadline_s = 180,
};

/* --- which kind ------------------------------------------------------------------------------- */

static const SandboxKind *const kinds[] = { &sandbox_bubblewrap, &sandbox_landlock };

/* What was found before holds for who we were then. */
static struct
{
  GMutex lock;
  const SandboxKind *kind;
  uid_t id;
  char *asked;
} chosen;

/* One that is named, or the first that can be had. */
static const SandboxKind *
find_kind (const char *asked, GError **error)
{
  g_autoptr (GString) why = g_string_new (NULL);
  gboolean known = asked == NULL;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (GError) cause = NULL;
      if (asked != NULL && strcmp (asked, kinds[i]->name) != 0)
        continue;
      known = TRUE;
      if (kinds[i]->check (&cause))
        return kinds[i];
      if (!g_error_matches (cause, HARNESS_ERROR, HARNESS_ERROR_HOST))
        {
          g_propagate_error (error, g_steal_pointer (&cause));
          return NULL;
        }
      g_string_append_printf (why, "%s%s: %s", why->len > 0 ? "; " : "", kinds[i]->name,
                              cause->message);
    }
  if (!known)
    fail (error, HARNESS_ERROR_USAGE,
          VARIABLE "=%s: there is no such sandbox; it is bubblewrap or landlock", asked);
  else
    fail (error, HARNESS_ERROR_HOST,
          "no sandbox can be made here, and nothing that is not trusted is run without one: %s",
          why->str);
  return NULL;
}

/*
 * Looked for anew each time, for a host changes. But what one kind has begun it goes on with: how
 * its runs end is told by the kind that is chosen.
 */
static const SandboxKind *
choose (gboolean anew, GError **error)
{
  const char *asked = g_getenv (VARIABLE);
  if (asked != NULL && asked[0] == '\0')
    asked = NULL;
  g_mutex_lock (&chosen.lock);
  const gboolean begun = chosen.kind != NULL && chosen.id == geteuid () && g_strcmp0 (chosen.asked, asked) == 0;
  const SandboxKind *kind = chosen.kind;
  if (!begun || anew)
    kind = find_kind (begun ? kind->name : asked, error);
  if (!begun)
    {
      g_free (chosen.asked);
      chosen.asked = g_strdup (asked);
      chosen.id = geteuid ();
      chosen.kind = kind;
    }
  g_mutex_unlock (&chosen.lock);
  return kind;
}

gboolean
sandbox_check (GError **error)
{
  return choose (TRUE, error) != NULL;
}

/* Where none can be had, it is the first: its run says so. */
static const SandboxKind *
kind_here (void)
{
  g_autoptr (GError) ignored = NULL;
  const SandboxKind *kind = choose (FALSE, &ignored);
  return kind != NULL ? kind : kinds[0];
}

const char *
sandbox_kind_name (void)
{
  return kind_here ()->name;
}

/* --- what is asked for ------------------------------------------------------------------------ */

static void
mount_free (gpointer data)
{
  SandboxMount *mount = data;
  g_free (mount->host_path);
  g_free (mount->path);
  g_free (mount);
}

static Sandbox *
new_of_kind (const SandboxKind *kind)
{
  Sandbox *sandbox = g_new0 (Sandbox, 1);
  sandbox->kind = kind;
  sandbox->root = kind->root ();
  sandbox->limits = sandbox_limits_default;
  sandbox->mounts = g_ptr_array_new_with_free_func (mount_free);
  sandbox->fills = g_ptr_array_new_with_free_func (g_free);
  sandbox->env = g_ptr_array_new_with_free_func (g_free);
  sandbox->cwd = g_strdup ("/");
  sandbox_scratch (sandbox, "/tmp", TMP_BYTES);
  return sandbox;
}

Sandbox *
sandbox_new (void)
{
  return new_of_kind (kind_here ());
}

void
sandbox_free (Sandbox *sandbox)
{
  if (sandbox == NULL)
    return;
  g_ptr_array_unref (sandbox->mounts);
  g_ptr_array_unref (sandbox->fills);
  g_ptr_array_unref (sandbox->env);
  g_free (sandbox->root);
  g_free (sandbox->cwd);
  g_free (sandbox);
}

void
sandbox_limit (Sandbox *sandbox, const SandboxLimits *limits)
{
  sandbox->limits = *limits;
}

static void
add_mount (Sandbox *sandbox, const char *host_path, const char *path, guint64 bytes)
{
  SandboxMount *mount = g_new0 (SandboxMount, 1);
  mount->host_path = host_path != NULL ? g_canonicalize_filename (host_path, NULL) : NULL;
  mount->path = g_strdup (path);
  mount->bytes = bytes;
  g_ptr_array_add (sandbox->mounts, mount);
}

void
sandbox_bind_read_only (Sandbox *sandbox, const char *host_path, const char *path)
{
  add_mount (sandbox, host_path, path, 0);
}

void
sandbox_scratch (Sandbox *sandbox, const char *path, guint64 bytes)
{
  add_mount (sandbox, NULL, path, bytes);
}

void
sandbox_fill (Sandbox *sandbox, const char *from, const char *to)
{
  g_ptr_array_add (sandbox->fills, sandbox_path (sandbox, from));
  g_ptr_array_add (sandbox->fills, sandbox_path (sandbox, to));
}

void
sandbox_cwd (Sandbox *sandbox, const char *path)
{
  g_free (sandbox->cwd);
  sandbox->cwd = g_strdup (path);
}

void
sandbox_env (Sandbox *sandbox, const char *name, const char *value)
{
  g_ptr_array_add (sandbox->env, g_strdup (name));
  g_ptr_array_add (sandbox->env, g_strdup (value));
}

char *
sandbox_path (const Sandbox *sandbox, const char *path)
{
  return g_strconcat (sandbox->root != NULL ? sandbox->root : "", path, NULL);
}

/* --- what the kinds share --------------------------------------------------------------------- */

/* Of the scratch folder itself nothing is set: it may be another's. */
static const char fill_script[] =
    "while [ \"$1\" != / ]; do find \"$1\" -mindepth 1 -maxdepth 1 -exec cp -a -t \"$2\" '{}' + || "
    "exit; shift 2; done; shift; [ $# = 0 ] || exec \"$@\"";

GPtrArray *
sandbox_fill_words (const Sandbox *sandbox)
{
  if (sandbox->fills->len == 0)
    return NULL;
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  static const char *const start[] = { "sh", "-c", fill_script, "fill" };
  for (guint i = 0; i < G_N_ELEMENTS (start); i++)
    g_ptr_array_add (words, g_strdup (start[i]));
  for (guint i = 0; i < sandbox->fills->len; i++)
    g_ptr_array_add (words, g_strdup (g_ptr_array_index (sandbox->fills, i)));
  g_ptr_array_add (words, g_strdup ("/"));
  return words;
}

void
sandbox_set_environment (const Sandbox *sandbox, Run *run)
{
  g_auto (GStrv) names = g_listenv ();
  g_autofree char *tmp = sandbox_path (sandbox, "/tmp");
  for (char **name = names; *name != NULL; name++)
    run_set_env (run, *name, NULL);
  run_set_env (run, "PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
  run_set_env (run, "LC_ALL", "C.UTF-8");
  run_set_env (run, "TMPDIR", tmp);
  for (guint i = 0; i + 1 < sandbox->env->len; i += 2)
    run_set_env (run, g_ptr_array_index (sandbox->env, i), g_ptr_array_index (sandbox->env, i + 1));
}

/* Whether our user namespace has this id. */
static gboolean
has_id (guint id)
{
  g_autofree char *map = NULL;
  if (!g_file_get_contents ("/proc/self/uid_map", &map, NULL, NULL))
    return TRUE;
  g_auto (GStrv) lines = g_strsplit (map, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      unsigned long long inside, outside, count;
      if (sscanf (*line, "%llu %llu %llu", &inside, &outside, &count) == 3 && id >= inside
          && id - inside < count)
        return TRUE;
    }
  return FALSE;
}

gboolean
sandbox_nobodys_id (guint *id)
{
  const guint number = g_random_int () & 0x1fffffff;
  const guint high = 0x40000000 + 2 * number, low = 20000 + 2 * (number % 20000);
  *id = has_id (high) ? high : low;
  return has_id (*id);
}

gboolean
sandbox_try (const SandboxKind *kind, GError **error)
{
  g_autoptr (Sandbox) sandbox = new_of_kind (kind);
  const SandboxLimits limits = {
    .memory_bytes = 1 << 30, .processes = 16, .file_bytes = 1 << 20, .deadline_s = CHECK_DEADLINE_S
  };
  sandbox_limit (sandbox, &limits);
  g_autoptr (Run) run = sandbox_run (sandbox, "true", NULL);
  return run_wait (run, error);
}

/* --- the run ---------------------------------------------------------------------------------- */

Run *
sandbox_run (const Sandbox *sandbox, const char *program, ...)
{
  Run *run = sandbox->kind->make (sandbox);
  run_set_deadline_s (run, sandbox->limits.deadline_s);
  va_list args;
  va_start (args, program);
  for (const char *arg = program; arg != NULL; arg = va_arg (args, const char *))
    run_add (run, arg);
  va_end (args);
  return run;
}

gboolean
sandbox_check_end (const Run *run, int status, GError **error)
{
  return !kind_here ()->has_statuses || status != LAUNCH_FAILED
         || fail (error, HARNESS_ERROR_FAILED, "the sandbox failed: %s", run_stderr_tail (run));
}

gboolean
sandbox_was_full (int status)
{
  return kind_here ()->has_statuses && status == LAUNCH_FULL;
}

const char *const *
sandbox_words_of_host (void)
{
  return kind_here ()->words_of_host ();
}
