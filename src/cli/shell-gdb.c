/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gdb's scripts; see shell-gdb.h. */
#include "cli/shell-gdb.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "kernel/symbols.h"

#define SECTIONS_MAX 512

const char shell_gdb_sections_command[] =
  "cd /sys/module && for module in irqbypass kvm kvm_intel kvm_amd; do for section in $module/sections/.*; do "
  "[ -f \"$section\" ] && echo \"$module ${section##*/} $(cat \"$section\")\"; done; done; true";

/* gdb's `file` and friends take a quoted name with backslashes before what is special. */
static char *
quote (const char *path)
{
  g_autoptr (GString) out = g_string_new ("\"");

  for (const char *at = path; *at; at++)
    {
      if (*at == '"' || *at == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *at);
    }
  g_string_append_c (out, '"');
  return g_string_free (g_steal_pointer (&out), FALSE);
}

gboolean
shell_gdb_write (const char *dir, const char *socket, const KernelArtefact *kernel, char **path, GError **error)
{
  g_autofree char *script = g_build_filename (dir, "l1.gdb", NULL);
  g_autofree char *symbols = g_build_filename (dir, "vmlinux", NULL);
  g_autofree char *modules = g_build_filename (dir, SHELL_GDB_MODULES, NULL);
  g_autofree char *quoted = quote (symbols);
  g_autoptr (GString) text = g_string_new ("# Attaches gdb to L1's kernel. `lab-modules` adds the symbols of KVM's modules, once L1 has loaded them.\n"
                                           "set pagination off\nset confirm off\nset architecture i386:x86-64\n");

  if (kernel)
    {
      g_autofree char *map = g_build_filename (kernel->dir, "System.map", NULL);

      if (!kernel_symbols_write (map, symbols, error))
        return FALSE;
      g_string_append_printf (text, "file %s\n", quoted);
    }
  g_string_append_printf (text, "define lab-modules\n  source %s\nend\ntarget remote %s\n", modules, socket);
  if (!files_write (script, text->str, -1, error))
    return FALSE;
  *path = g_steal_pointer (&script);
  return TRUE;
}

static gboolean
is_name (const char *text)
{
  return *text && strlen (text) < 64 && strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen (text);
}

static gboolean
is_address (const char *text)
{
  return g_str_has_prefix (text, "0x") && strlen (text) == 18 && strspn (text + 2, "0123456789abcdef") == 16;
}

/* gdb wants the text section's address first, then the others by name; sections that are gone after loading it need not know. */
typedef struct {
  char *text;
  GString *others;
} ModulePlace;

static void
place_free (gpointer data)
{
  ModulePlace *place = data;

  g_free (place->text);
  g_string_free (place->others, TRUE);
  g_free (place);
}

/* Freed after loading, or the loader's own. */
static gboolean
is_of_no_use (const char *section)
{
  static const char *const begins[] = { ".text", ".init", ".exit", ".note", ".strtab", ".symtab", ".gnu.linkonce", ".retpoline_sites", ".return_sites" };

  for (guint i = 0; i < G_N_ELEMENTS (begins); i++)
    if (g_str_has_prefix (section, begins[i]) && strcmp (section, ".text.unlikely") != 0)
      return TRUE;
  return FALSE;
}

static void
take_line (GTree *modules, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 4);
  ModulePlace *place;

  if (g_strv_length (words) != 3 || !is_name (words[0]) || !is_name (words[1]) || words[1][0] != '.' || !is_address (words[2]))
    return;
  place = g_tree_lookup (modules, words[0]);
  if (!place)
    {
      place = g_new0 (ModulePlace, 1);
      place->others = g_string_new (NULL);
      g_tree_insert (modules, g_strdup (words[0]), place);
    }
  if (strcmp (words[1], ".text") == 0 && !place->text)
    place->text = g_strdup (words[2]);
  else if (!is_of_no_use (words[1]))
    g_string_append_printf (place->others, " -s %s %s", words[1], words[2]);
}

typedef struct {
  GString *out;
  const char *dir;
} Printer;

/* The file of kvm_amd is kvm-amd.ko. */
static gboolean
print_module (gpointer name, gpointer value, gpointer user)
{
  const ModulePlace *place = value;
  const Printer *printer = user;
  g_autofree char *file = g_strdelimit (g_strconcat (name, ".ko", NULL), "_", '-');
  g_autofree char *path = g_build_filename (printer->dir, file, NULL);
  g_autofree char *quoted = quote (path);

  if (place->text)
    g_string_append_printf (printer->out, "add-symbol-file %s %s%s\n", quoted, place->text, place->others->str);
  return FALSE;
}

char *
shell_gdb_modules (const char *sections, const char *modules_dir)
{
  g_autoptr (GTree) modules = g_tree_new_full ((GCompareDataFunc) (void (*) (void)) strcmp, NULL, g_free, place_free);
  g_auto (GStrv) lines = g_strsplit (sections, "\n", SECTIONS_MAX);
  Printer printer = { g_string_new ("# Where L1 has KVM's modules.\n"), modules_dir };

  for (guint i = 0; lines[i]; i++)
    take_line (modules, lines[i]);
  g_tree_foreach (modules, print_module, &printer);
  return g_string_free (printer.out, FALSE);
}
