/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line of a crash; see crash-line.h. */
#include "cli/crash-line.h"

#include <string.h>

#include "base/sandbox.h"
#include "grade/module-elf.h"

#define RESOLVE_S 20

/* "0x5a1" of the function that the kernel names, whose length tells it from others of its name; NULL if there is none. *section: where it is. */
static char *
find_address (const char *path, const CrashFrame *frame, char **section)
{
  g_autoptr (ModuleElf) module = NULL;

  if (!module_elf_open (path, &module, NULL))
    return NULL;
  for (guint i = 0; i < module->symbols->len; i++)
    {
      const ElfSymbol *symbol = module_symbol (module, i);

      if (!symbol->function || symbol->section == MODULE_ELF_NONE || strcmp (symbol->name, frame->function) != 0 || frame->offset > symbol->size)
        continue;
      *section = g_strdup (module_section (module, symbol->section)->name);
      return g_strdup_printf ("0x%" G_GINT64_MODIFIER "x", symbol->value + frame->offset);
    }
  return NULL;
}

char *
crash_line_resolve (const CrashFrame *frame, const char *modules_dir)
{
  g_autofree char *file = g_strconcat (frame->module, ".ko.debug", NULL);
  g_autofree char *path = g_build_filename (modules_dir, file, NULL);
  g_autofree char *section = NULL;
  g_autofree char *address = find_address (path, frame, &section);
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  SandboxLimits limits = sandbox_limits_default;

  if (!address)
    return NULL;
  limits.deadline_s = RESOLVE_S;
  sandbox_limit (sandbox, &limits);
  sandbox_bind_read_only (sandbox, path, "/lab/module");
  g_autofree char *inside = sandbox_path (sandbox, "/lab/module");
  g_autoptr (Run) run = sandbox_run (sandbox, "addr2line", "-i", "-f", "-e", inside, "-j", section, address, NULL);
  return run_wait (run, NULL) ? g_utf8_make_valid (run_stdout (run), -1) : NULL;
}
