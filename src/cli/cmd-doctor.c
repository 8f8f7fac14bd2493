/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness doctor: what this host has, which machine each lab would get, what to do about each lack. */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/files.h"
#include "base/run.h"
#include "base/sandbox.h"
#include "cli/artefacts.h"
#include "cli/command.h"
#include "config/config.h"
#include "machine/hardware.h"
#include "machine/libvirt-embed.h"
#include "machine/machine.h"

#define NEED_DISK_BYTES (6ull << 30)   /* kernel tree and objects 3.5 GiB, images, runs */
#define NEED_DISK_LATER_BYTES (1ull << 30)
#define NEED_MEMORY_BYTES (2ull << 30) /* both labs side by side */

static gboolean as_json;

const GOptionEntry doctor_options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, "machine-readable", NULL },
  { 0 },
};

typedef struct {
  char *item, *finding, *remedy; /* remedy: NULL if there is nothing to do */
  gboolean ok, needed;           /* needed: without it full-run cannot work */
} Finding;

static void
finding_free (gpointer data)
{
  Finding *finding = data;

  g_free (finding->item);
  g_free (finding->finding);
  g_free (finding->remedy);
  g_free (finding);
}

/* Takes `finding` over. */
static void
add (GPtrArray *findings, const char *item, gboolean ok, gboolean needed, char *text, const char *remedy)
{
  Finding *finding = g_new0 (Finding, 1);

  finding->item = g_strdup (item);
  finding->finding = text;
  finding->remedy = ok ? NULL : g_strdup (remedy);
  finding->ok = ok;
  finding->needed = needed;
  g_ptr_array_add (findings, finding);
}

static void
check_hardware (GPtrArray *findings, const Hardware *hardware)
{
  for (Isa isa = ISA_VMX; isa <= ISA_SVM; isa++)
    {
      const gboolean usable = hardware->isa[isa].usable;
      g_autofree char *item = g_strdup_printf ("hardware %s", isa_name (isa));
      g_autoptr (GString) text = g_string_new (usable ? "usable" : "not usable");

      for (guint i = 0; i < HARDWARE_STEPS; i++)
        g_string_append_printf (text, "; %s: %s", hardware->isa[isa].steps[i].name, hardware->isa[isa].steps[i].finding);
      add (findings, item, usable, FALSE, g_string_free (g_steal_pointer (&text), FALSE), "nothing: the lab is emulated instead, and exact");
    }
}

static void
check_emulator (GPtrArray *findings, const char *item, MachineKind kind, const char *package)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *remedy = g_strdup_printf ("apt-get install %s", package);
  char *version = machine_emulator_version (kind, &error);

  add (findings, item, version != NULL, TRUE, version ? version : g_strdup (error->message), remedy);
}

/* A package list's names that dpkg does not know as installed. */
static void
check_packages (GPtrArray *findings, const App *app)
{
  g_autofree char *path = app_path (app, "configs", "packages", "debian-12.list", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) missing = g_string_new (NULL);
  g_auto (GStrv) packages = NULL;
  g_autofree char *remedy = NULL;

  if (!package_list_load (path, &packages, &error))
    {
      add (findings, "packages", FALSE, TRUE, g_strdup (error->message), "restore the file");
      return;
    }
  for (guint i = 0; packages[i]; i++)
    {
      const char *argv[] = { "dpkg-query", "-W", "-f", "${db:Status-Status}", packages[i], NULL };
      g_autofree char *status = NULL;

      if (!run_capture (argv, &status, NULL) || strcmp (status, "installed") != 0)
        g_string_append_printf (missing, " %s", packages[i]);
    }
  remedy = g_strdup_printf ("make packages, or: apt-get install%s", missing->str);
  add (findings, "packages", !missing->len, TRUE,
       missing->len ? g_strdup_printf ("missing:%s", missing->str) : g_strdup_printf ("all %u of %s", g_strv_length (packages), "configs/packages/debian-12.list"), remedy);
}

/* Only the default's is needed; the others' are told. */
static void
check_kernel_source (GPtrArray *findings, const LabKernel *kernel)
{
  const gboolean there = lab_kernel_is_at_hand (kernel);
  const gboolean needed = strcmp (kernel->version, LAB_KERNEL_DEFAULT) == 0;
  g_autofree char *item = needed ? g_strdup ("kernel source") : g_strdup_printf ("kernel source %s", kernel->version);
  g_autofree char *remedy = lab_kernel_remedy (kernel);

  add (findings, item, there, needed, g_strdup_printf ("%s%s", kernel->source, there ? "" : " is not there"), remedy);
}

static void
check_kernel_sources (GPtrArray *findings, const App *app)
{
  g_autoptr (GPtrArray) kernels = NULL;
  g_autoptr (GError) error = NULL;

  if (!artefacts_lab_kernels (app, &kernels, &error))
    add (findings, "kernel source", FALSE, TRUE, g_strdup (error->message), "a whole tree of the harness");
  for (guint i = 0; kernels && i < kernels->len; i++)
    check_kernel_source (findings, g_ptr_array_index (kernels, i));
}

static void
check_appliance (GPtrArray *findings)
{
  g_autoptr (GDir) dir = g_dir_open ("/boot", 0, NULL);
  const char *name, *found = NULL;
  g_autofree char *path = NULL;

  while (dir && !found && (name = g_dir_read_name (dir)))
    {
      g_free (path);
      path = g_build_filename ("/boot", name, NULL);
      if (g_str_has_prefix (name, "vmlinuz-") && access (path, R_OK) == 0)
        found = path;
    }
  add (findings, "libguestfs", found != NULL, TRUE,
       found ? g_strdup_printf ("its appliance can use %s", found) : g_strdup ("no readable kernel in /boot for its appliance"),
       "apt-get install linux-image-cloud-amd64, or chmod a+r /boot/vmlinuz-*");
}

static void
check_libvirt (GPtrArray *findings)
{
  g_autoptr (GError) error = NULL;
  virConnectPtr conn;
  const gboolean open = libvirt_connect (NULL, &conn, &error);

  add (findings, "libvirt", open, TRUE, g_strdup (open ? "its embedded QEMU driver opens" : error->message),
       "apt-get install libvirt-daemon-driver-qemu libvirt-daemon-system");
}

/* What grade builds submissions in. */
static void
check_sandbox (GPtrArray *findings)
{
  g_autoptr (GError) error = NULL;
  const gboolean there = sandbox_check (&error);

  add (findings, "sandbox", there, FALSE, there ? g_strdup_printf ("%s, for grade", sandbox_kind_name ()) : g_strdup (error->message),
       "full-run needs none; for grade: docs/grading.md, \"In a container\"");
}

/* "MemAvailable:   12345 kB" of /proc/meminfo; 0 if it is not told. */
static guint64
available_memory (void)
{
  g_autofree char *text = NULL;
  const char *line = g_file_get_contents ("/proc/meminfo", &text, NULL, NULL) ? strstr (text, "MemAvailable:") : NULL;

  return line ? g_ascii_strtoull (line + strlen ("MemAvailable:"), NULL, 10) * 1024 : 0;
}

static char *
gibibytes (guint64 have, const char *what, guint64 need, const char *whose)
{
  return g_strdup_printf ("%.1f GiB %s, %s %.1f", (double) have / (1ull << 30), what, whose, (double) need / (1ull << 30));
}

/* A kernel tree that is there already has had its share of the disk. */
static void
check_space (GPtrArray *findings, const App *app)
{
  g_autofree char *objects = g_build_filename (app->cache, "ccache", NULL);
  const guint64 need = g_file_test (objects, G_FILE_TEST_IS_DIR) ? NEED_DISK_LATER_BYTES : NEED_DISK_BYTES;
  const guint64 memory = available_memory ();
  guint64 disk = 0;

  files_free_bytes (app->tree, &disk, NULL);
  add (findings, "memory", memory >= NEED_MEMORY_BYTES, TRUE, gibibytes (memory, "available", NEED_MEMORY_BYTES, "both labs side by side take"),
       "run one lab at a time: --isa svm");
  add (findings, "disk", disk >= need, TRUE, gibibytes (disk, "free for this tree", need, "a run takes"), "free some space");
}

static void
check_labs (GPtrArray *findings, const Hardware *hardware)
{
  add (findings, "lab vmx", TRUE, FALSE, g_strdup (hardware->isa[ISA_VMX].usable ? "libvirt on hardware KVM, statistical" : "bochs, emulated, exact"), NULL);
  add (findings, "lab svm", TRUE, FALSE, g_strdup (hardware->isa[ISA_SVM].usable ? "libvirt on hardware KVM, statistical" : "libvirt on QEMU's TCG, emulated, exact"), NULL);
}

static void
print_table (GPtrArray *findings)
{
  for (guint i = 0; i < findings->len; i++)
    {
      const Finding *finding = g_ptr_array_index (findings, i);

      printf ("%-8s %-16s %s\n", finding->ok ? "ok" : finding->needed ? "MISSING" : "no", finding->item, finding->finding);
      if (finding->remedy)
        printf ("%-8s %-16s   → %s\n", "", "", finding->remedy);
    }
}

static void
print_json (GPtrArray *findings, gboolean ready)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_add_boolean_value (json_builder_set_member_name (builder, "ready"), ready);
  json_builder_begin_array (json_builder_set_member_name (builder, "findings"));
  for (guint i = 0; i < findings->len; i++)
    {
      const Finding *finding = g_ptr_array_index (findings, i);

      json_builder_begin_object (builder);
      json_builder_add_string_value (json_builder_set_member_name (builder, "item"), finding->item);
      json_builder_add_boolean_value (json_builder_set_member_name (builder, "ok"), finding->ok);
      json_builder_add_boolean_value (json_builder_set_member_name (builder, "needed"), finding->needed);
      json_builder_add_string_value (json_builder_set_member_name (builder, "finding"), finding->finding);
      if (finding->remedy)
        json_builder_add_string_value (json_builder_set_member_name (builder, "remedy"), finding->remedy);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  printf ("%s\n", text);
}

static guint
count_missing (GPtrArray *findings)
{
  guint missing = 0;

  for (guint i = 0; i < findings->len; i++)
    {
      const Finding *finding = g_ptr_array_index (findings, i);

      missing += finding->needed && !finding->ok;
    }
  return missing;
}

gboolean
cmd_doctor (App *app, char **arguments, GError **error)
{
  g_autoptr (GPtrArray) findings = g_ptr_array_new_with_free_func (finding_free);
  g_auto (Hardware) hardware = { 0 };
  guint missing;

  if (arguments[0])
    return fail (error, HARNESS_ERROR_USAGE, "doctor takes no argument \"%s\"", arguments[0]);
  hardware_probe (&hardware);
  check_hardware (findings, &hardware);
  check_emulator (findings, "QEMU", MACHINE_LIBVIRT, "qemu-system-x86");
  check_libvirt (findings);
  check_emulator (findings, "Bochs", MACHINE_BOCHS, "bochs bochs-term bochsbios vgabios");
  check_packages (findings, app);
  check_kernel_sources (findings, app);
  check_appliance (findings);
  check_sandbox (findings);
  check_space (findings, app);
  check_labs (findings, &hardware);
  if (!cancel_check (error)) /* what an interrupted check found is no finding */
    return FALSE;
  missing = count_missing (findings);
  if (as_json)
    print_json (findings, !missing);
  else
    print_table (findings);
  return !missing || fail (error, HARNESS_ERROR_HOST, "%u thing%s full-run needs %s missing", missing, missing == 1 ? "" : "s", missing == 1 ? "is" : "are");
}
