/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cloud-init's NoCloud seed, by cloud-localds; see distro.h. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/run.h"
#include "image/distro.h"
#include "image/seed-text.h"

#define KIND "seed"
#define SEED "seed.iso"
#define DEADLINE_S 60
/* 2020-01-01, as the exact labs' clocks have it. */
#define ISO_DATE "2020010100000000"
#define ISO_EPOCH "1577836800"

GResource *image_resources_get_resource (void);

static char *
resource_text (const char *name)
{
  g_autofree char *path = g_strconcat ("/harness/image/", name, NULL);
  g_autoptr (GBytes) bytes = g_resource_lookup_data (image_resources_get_resource (), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  g_assert (bytes != NULL);
  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

/* --- texts ------------------------------------------------------------------------------------- */

static void
append_string (GString *out, const char *text)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), text);
  g_autofree char *quoted = json_to_string (node, FALSE);

  g_string_append (out, quoted);
}

/* "lab", as crypt(3)'s SHA-512 with a fixed salt: it is no secret. */
static const char users[] = "ssh_pwauth: false\n"
                            "users:\n"
                            "- name: lab\n"
                            "  gecos: Lab\n"
                            "  shell: /bin/bash\n"
                            "  sudo: \"ALL=(ALL) NOPASSWD:ALL\"\n"
                            "  lock_passwd: false\n"
                            "  passwd: \"$6$harness$gRA1ctkBvReusqu565LZxY47Lu3x01Ywo75oCdnL1VTZMRLaRkKKB6TVABQaJeGvIfwC56NxHP.L2NHOWYn9/.\"\n";

/*
 * An RSA key is found by luck, within 0.1 to 100 s of an emulator's time: the boot's length would tell of little else. The locale is the one
 * that the disk has: another would be generated first.
 */
static const char settings[] = "ssh_genkeytypes: [ecdsa, ed25519]\n"
                               "locale: C.UTF-8\n";

/* systemd-run lets it wait for the rest of the boot, which cloud-init's last stage is part of. */
static const char start_report[] = "runcmd:\n"
                                   "- [systemd-run, --quiet, --no-block, --unit=harness-boot-report, --property=After=cloud-final.service, --property=After=multi-user.target,"
                                   " --property=StandardOutput=journal+console, /usr/bin/python3, -I, -S, " SEED_REPORT_PATH "]\n";

static char *
own_part (gboolean report)
{
  g_autoptr (GString) part = g_string_new ("#cloud-config\n");

  g_string_append (part, users);
  g_string_append (part, settings);
  if (report)
    {
      g_autofree char *program = resource_text ("boot-report.py");

      g_string_append (part, "write_files:\n- path: " SEED_REPORT_PATH "\n  permissions: \"0755\"\n  content: ");
      append_string (part, program);
      g_string_append_printf (part, "\n%s", start_report);
    }
  return g_string_free (g_steal_pointer (&part), FALSE);
}

static void
append_part (GString *archive, const char *content, gboolean merge)
{
  g_string_append (archive, "- type: text/cloud-config\n");
  if (merge)
    g_string_append (archive, "  merge-type: \"list(append)+dict(no_replace,recurse_list)+str()\"\n");
  g_string_append (archive, "  content: ");
  append_string (archive, content);
  g_string_append (archive, "\n");
}

char *
seed_user_data (gboolean report, const char *more)
{
  g_autoptr (GString) archive = g_string_new ("#cloud-config-archive\n");
  g_autofree char *own = own_part (report);

  append_part (archive, own, FALSE);
  if (more)
    append_part (archive, more, TRUE);
  return g_string_free (g_steal_pointer (&archive), FALSE);
}

char *
seed_meta_data (const char *hostname)
{
  return g_strdup_printf ("instance-id: harness-1\nlocal-hostname: %s\n", hostname);
}

/* --- the ISO ----------------------------------------------------------------------------------- */

static gboolean
check_spec (const SeedSpec *spec, GError **error)
{
  const gsize length = strlen (spec->hostname);

  if (length == 0 || length > 63 || spec->hostname[0] == '-' || strspn (spec->hostname, G_CSET_a_2_z G_CSET_DIGITS "-.") != length)
    return fail (error, HARNESS_ERROR_USAGE, "\"%s\" is no host name; try: lower-case letters, digits and -", spec->hostname);
  if (spec->user_data && (!g_utf8_validate (spec->user_data, -1, NULL) || !g_str_has_prefix (spec->user_data, "#cloud-config\n")))
    return fail (error, HARNESS_ERROR_USAGE, "the user-data is no #cloud-config in UTF-8; try: a first line \"#cloud-config\"");
  return TRUE;
}

static gboolean
check_programs (GError **error)
{
  static const char *const programs[][2] = { { "cloud-localds", "cloud-image-utils" }, { "xorrisofs", "xorriso" } };

  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autofree char *found = run_find_program (programs[i][0]);

      if (!found)
        return fail (error, HARNESS_ERROR_HOST, "%s is not on this host; try: apt-get install %s", programs[i][0], programs[i][1]);
    }
  return TRUE;
}

static gboolean
put (Scratch *work, const char *name, const char *text, guint mode, GError **error)
{
  g_autofree char *path = scratch_file (work, name);

  return files_write (path, text, -1, error) && (g_chmod (path, (int) mode) == 0 || fail (error, HARNESS_ERROR_FAILED, "%s: cannot be made a program", path));
}

static gboolean
run_localds (Scratch *work, const char *iso, GError **error)
{
  g_autofree char *user_data = scratch_file (work, "user-data");
  g_autofree char *meta_data = scratch_file (work, "meta-data");
  g_autofree char *path = g_strconcat (scratch_path (work), ":", g_getenv ("PATH"), NULL);
  g_autoptr (Run) run = run_new ("cloud-localds", iso, user_data, meta_data, NULL);

  run_set_env (run, "PATH", path);
  run_set_env (run, "TMPDIR", scratch_path (work));
  run_set_env (run, "TZ", "UTC");
  run_set_env (run, "SOURCE_DATE_EPOCH", ISO_EPOCH);
  run_set_env (run, "HARNESS_ISO_DATE", ISO_DATE);
  run_set_deadline_s (run, DEADLINE_S);
  return run_wait (run, error);
}

/* The folder of cloud-localds's own files is not what is sealed. */
static gboolean
make_iso (const SeedSpec *spec, const char *user_data, const char *meta_data, Scratch *entry, GError **error)
{
  g_autoptr (Scratch) work = scratch_new (spec->cache_dir, KIND, error);
  g_autofree char *iso = scratch_file (entry, SEED);
  g_autofree char *wrapper = resource_text ("genisoimage");

  return work && put (work, "user-data", user_data, 0644, error) && put (work, "meta-data", meta_data, 0644, error) &&
         put (work, "genisoimage", wrapper, 0755, error) && run_localds (work, iso, error);
}

static gboolean
find_or_make (const SeedSpec *spec, const char *user_data, const char *meta_data, char **dir, GError **error)
{
  g_autoptr (InputHash) hash = input_hash_new (KIND);
  g_autofree char *wrapper = resource_text ("genisoimage");
  g_autofree char *key = NULL;
  g_autoptr (Scratch) entry = NULL;

  input_hash_add (hash, "user-data", user_data);
  input_hash_add (hash, "meta-data", meta_data);
  input_hash_add (hash, "wrapper", wrapper);
  input_hash_add (hash, "date", ISO_DATE);
  key = input_hash_end (hash);
  if (!cache_lookup (spec->cache_dir, KIND, key, dir, NULL, error))
    return FALSE;
  if (*dir)
    return TRUE;
  entry = check_programs (error) ? scratch_new (spec->cache_dir, KIND, error) : NULL;
  return entry && make_iso (spec, user_data, meta_data, entry, error) && cache_seal (spec->cache_dir, KIND, key, entry, dir, error);
}

gboolean
seed_build (const SeedSpec *spec, char **path, char **sha256, GError **error)
{
  g_autofree char *user_data = NULL, *meta_data = NULL, *dir = NULL, *iso = NULL;

  if (!check_spec (spec, error))
    return FALSE;
  user_data = seed_user_data (spec->report, spec->user_data);
  meta_data = seed_meta_data (spec->hostname);
  if (!find_or_make (spec, user_data, meta_data, &dir, error))
    {
      g_prefix_error (error, "cloud-init's seed: ");
      return FALSE;
    }
  iso = g_build_filename (dir, SEED, NULL);
  if (!hash_file (iso, sha256, error))
    return FALSE;
  *path = g_steal_pointer (&iso);
  return TRUE;
}
