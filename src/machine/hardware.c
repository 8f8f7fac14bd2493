/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of the probe and their findings. The guest itself is in hardware-guest.c. */
#include "machine/hardware.h"

#include <string.h>

#include "base/files.h"

#define PROC_MAX (4 << 20)

static const char *const flags[] = { [ISA_VMX] = "vmx", [ISA_SVM] = "svm" };
static const char *const modules[] = { [ISA_VMX] = "kvm_intel", [ISA_SVM] = "kvm_amd" };

void
hardware_clear (Hardware *hardware)
{
  for (guint i = 0; i < HARDWARE_ISAS; i++)
    {
      for (guint j = 0; j < HARDWARE_STEPS; j++)
        g_clear_pointer (&hardware->isa[i].steps[j].finding, g_free);
    }
}

static HardwareStep
step (const char *name, gboolean ok, char *finding)
{
  return (HardwareStep){ name, ok, finding };
}

/* The first "flags" line's words. */
static gboolean
has_flag (const char *cpuinfo, const char *flag)
{
  const char *line = g_str_has_prefix (cpuinfo, "flags") ? cpuinfo : strstr (cpuinfo, "\nflags");
  if (line == NULL)
    return FALSE;
  g_autofree char *text = g_strndup (line + 1, strcspn (line + 1, "\n"));
  g_auto (GStrv) words = g_strsplit_set (text, " \t:", -1);
  return g_strv_contains ((const char *const *) words, flag);
}

static HardwareStep
probe_cpu (const char *root, Isa isa)
{
  g_autofree char *path = g_strconcat (root, "/proc/cpuinfo", NULL);
  g_autofree char *text = NULL;
  if (!files_read (path, PROC_MAX, &text, NULL, NULL))
    return step ("cpu", FALSE, g_strdup ("/proc/cpuinfo cannot be read"));
  if (has_flag (text, flags[isa]))
    return step ("cpu", TRUE, g_strdup_printf ("the CPU has the flag %s", flags[isa]));
  return step ("cpu", FALSE, g_strdup_printf ("the CPU does not have the flag %s", flags[isa]));
}

/* A host whose KVM is of another kind shows here which modules it has in place of ours. */
static char *
other_kvm_modules (const char *root)
{
  g_autofree char *path = g_strconcat (root, "/sys/module", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  for (const char *name = dir != NULL ? g_dir_read_name (dir) : NULL; name != NULL; name = g_dir_read_name (dir))
    {
      if (g_str_has_prefix (name, "kvm_"))
        g_ptr_array_add (names, g_strdup (name));
    }
  if (names->len == 0)
    return g_strdup ("");
  g_ptr_array_sort (names, (GCompareFunc) (void (*) (void)) g_strcmp0);
  g_ptr_array_add (names, NULL);
  g_autofree char *joined = g_strjoinv (", ", (char **) names->pdata);
  return g_strdup_printf (" (loaded: %s)", joined);
}

static HardwareStep
probe_module (const char *root, Isa isa)
{
  g_autofree char *path = g_strdup_printf ("%s/sys/module/%s", root, modules[isa]);
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return step ("module", TRUE, g_strdup_printf ("the module %s is loaded", modules[isa]));
  g_autofree char *others = other_kvm_modules (root);
  return step ("module", FALSE, g_strdup_printf ("the module %s is not loaded%s", modules[isa], others));
}

static HardwareStep
probe_nested (const char *root, Isa isa)
{
  g_autofree char *path = g_strdup_printf ("%s/sys/module/%s/parameters/nested", root, modules[isa]);
  g_autofree char *text = NULL;
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return step ("nested", FALSE, g_strdup_printf ("%s has no parameter nested", modules[isa]));
  g_strstrip (text);
  const gboolean on = strcmp (text, "Y") == 0 || strcmp (text, "1") == 0;
  return step ("nested", on, g_strdup_printf ("%s: nested=%.16s", modules[isa], text));
}

void
hardware_probe_at (const char *root, HardwareGuestFunc run_guest, Hardware *hardware)
{
  g_autofree char *finding = NULL;
  const gboolean ran = run_guest (&finding);
  for (guint i = 0; i < HARDWARE_ISAS; i++)
    {
      HardwareVerdict *verdict = &hardware->isa[i];
      verdict->steps[0] = probe_cpu (root, (Isa) i);
      verdict->steps[1] = probe_module (root, (Isa) i);
      verdict->steps[2] = probe_nested (root, (Isa) i);
      verdict->steps[3] = step ("guest", ran, g_strdup (finding));
      verdict->usable = TRUE;
      for (guint j = 0; j < HARDWARE_STEPS; j++)
        verdict->usable = verdict->usable && verdict->steps[j].ok;
    }
}

void
hardware_probe (Hardware *hardware)
{
  hardware_probe_at ("", hardware_run_guest, hardware);
}

const char *
hardware_reason (const Hardware *hardware, Isa isa)
{
  for (guint i = 0; i < HARDWARE_STEPS; i++)
    {
      if (!hardware->isa[isa].steps[i].ok)
        return hardware->isa[isa].steps[i].finding;
    }
  return "usable";
}
