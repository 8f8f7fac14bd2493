/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a submission's module does that the base's does not; see module-scan.h. */
#include "grade/module-scan.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "grade/scan-cycles.h"
#include "grade/scan-module.h"
#include "grade/scan-updates.h"

/* KVM's largest module has 0.7 MiB of code; functions of a hostile one may lie over each other. */
#define CODE_MAX (4u << 20)
/* Pairs of all updates are looked at. */
#define FOUND_MAX 1000u

void
scan_finding_free (ScanFinding *finding)
{
  if (finding == NULL)
    return;
  g_free (finding->module);
  g_free (finding->function);
  g_free (finding->symbol);
  g_free (finding->source);
  g_free (finding->instruction);
  g_free (finding);
}

static void
function_free (gpointer data)
{
  ScanFunction *function = data;

  scan_flow_free (function->flow);
  g_free (function);
}

static void
scan_clear (ScanModule *scan)
{
  for (guint i = 0; scan->found != NULL && i < scan->found->len; i++)
    scan_finding_free (g_array_index (scan->found, ScanFound, i).finding);
  g_clear_pointer (&scan->found, g_array_unref);
  g_clear_pointer (&scan->functions, g_ptr_array_unref);
  g_clear_pointer (&scan->base_functions, g_ptr_array_unref);
  g_clear_pointer (&scan->base_names, g_hash_table_unref);
  g_clear_pointer (&scan->locked_calls, g_hash_table_unref);
  g_clear_pointer (&scan->unlocked_calls, g_hash_table_unref);
  scanner_free (scan->base_scanner);
  scanner_free (scan->scanner);
  module_elf_free (scan->base);
  module_elf_free (scan->module);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ScanModule, scan_clear)

/* --- what is fresh ---------------------------------------------------------------------------- */

static void
find_names (ScanModule *scan)
{
  scan->base_names = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < scan->base->symbols->len; i++)
    g_hash_table_add (scan->base_names, module_symbol (scan->base, i)->plain);
  for (guint i = 1; i < scan->module->symbols->len; i++)
    {
      ElfSymbol *symbol = module_symbol (scan->module, i);
      const gboolean data = symbol->section != MODULE_ELF_NONE && symbol->object && module_section (scan->module, symbol->section)->data;
      symbol->fresh = (data || symbol->common || symbol->undefined) && !g_hash_table_contains (scan->base_names, symbol->plain);
    }
}

/* --- which functions are other ---------------------------------------------------------------- */

/* What a relocation means to somebody who compares: a name, or the kind of section where there is none. */
static const char *
target_name (const ModuleElf *module, const ElfReloc *reloc)
{
  ElfPlace place;

  /* PC-relative fields of instructions end, as a rule, where the instruction does. */
  if (!module_reloc_place (module, reloc, reloc->offset + 4, &place))
    return module_symbol (module, reloc->symbol)->plain;
  if (place.symbol != MODULE_ELF_NONE)
    return module_symbol (module, place.symbol)->plain;
  return place.section != MODULE_ELF_NONE ? module_section (module, place.section)->name : "";
}

/* A function as text that is the same for the same code: what relocations fill in is left out, what they mean stands after it. */
static char *
fingerprint (const ModuleElf *module, const ElfSymbol *function)
{
  const ElfSection *section = module_section (module, function->section);
  g_autofree guint8 *code = g_memdup2 (section->bytes + function->value, function->size);
  g_autoptr (Hash) sum = hash_new ();

  hash_add (sum, function->plain, strlen (function->plain) + 1);
  for (guint i = module_first_reloc (section, function->value); section->relocs != NULL && i < section->relocs->len; i++)
    {
      const ElfReloc *reloc = &g_array_index (section->relocs, ElfReloc, i);
      const guint64 at = reloc->offset - function->value;
      if (at >= function->size)
        break;
      memset (code + at, 0, MIN (4, function->size - at));
      const char *name = target_name (module, reloc);
      hash_add (sum, name, strlen (name) + 1);
    }
  hash_add (sum, code, function->size);
  return hash_end (sum);
}

/* Functions to look at; .cold parts are looked at with what they are parts of. */
static gboolean
is_function (const ModuleElf *module, const ElfSymbol *symbol)
{
  return symbol->function && symbol->size > 0 && module_section (module, symbol->section)->bytes != NULL && strstr (symbol->name, ".cold") == NULL;
}

static gboolean
count_code (const ModuleElf *module, GError **error)
{
  guint64 total = 0;

  for (guint i = 1; i < module->symbols->len; i++)
    if (is_function (module, module_symbol (module, i)))
      total += module_symbol (module, i)->size;
  return total <= CODE_MAX || fail (error, HARNESS_ERROR_FAILED, "its functions have more than %u bytes of code", CODE_MAX);
}

static GHashTable *
base_fingerprints (const ScanModule *scan)
{
  GHashTable *prints = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 1; i < scan->base->symbols->len; i++)
    if (is_function (scan->base, module_symbol (scan->base, i)))
      g_hash_table_add (prints, fingerprint (scan->base, module_symbol (scan->base, i)));
  return prints;
}

/* Follows functions; NULL for `known` means all of them. */
static GPtrArray *
follow_functions (const ModuleElf *module, Scanner *scanner, GHashTable *known)
{
  GPtrArray *functions = g_ptr_array_new_with_free_func (function_free);

  for (guint i = 1; i < module->symbols->len; i++)
    {
      const ElfSymbol *symbol = module_symbol (module, i);
      if (!is_function (module, symbol))
        continue;
      g_autofree char *print = known != NULL ? fingerprint (module, symbol) : NULL;
      g_autoptr (ScanCode) code = print == NULL || !g_hash_table_contains (known, print) ? scan_code_read (scanner, i) : NULL;
      if (code == NULL)
        continue;
      ScanFunction *function = g_new0 (ScanFunction, 1);
      function->symbol = i;
      function->flow = scan_flow_follow (module, code);
      g_ptr_array_add (functions, function);
    }
  return functions;
}

static void
add_all (GHashTable *to, GHashTable *from)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, from);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_hash_table_add (to, key);
}

static void
find_calls (ScanModule *scan)
{
  scan->locked_calls = g_hash_table_new (NULL, NULL);
  scan->unlocked_calls = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < scan->functions->len; i++)
    {
      const ScanFunction *function = g_ptr_array_index (scan->functions, i);
      add_all (scan->locked_calls, function->flow->locked_calls);
      add_all (scan->unlocked_calls, function->flow->unlocked_calls);
    }
}

/* --- for those who judge ---------------------------------------------------------------------- */

const GPtrArray *
scan_base_functions (ScanModule *scan)
{
  if (scan->base_functions == NULL)
    scan->base_functions = follow_functions (scan->base, scan->base_scanner, NULL);
  return scan->base_functions;
}

const ElfSymbol *
scan_symbol_of (const ScanModule *scan, const ScanFunction *function)
{
  return module_symbol (scan->module, function->symbol);
}

gboolean
scan_has_vcpu (const ElfSymbol *function, const ScanFlow *flow)
{
  return flow->has_vcpu && !g_str_has_prefix (function->plain, "em_") && !g_str_has_prefix (function->plain, "emulat") &&
         !g_str_has_prefix (function->plain, "x86_");
}

static char *
root_name (const ScanModule *scan, const ScanAccess *access)
{
  if (access->root != SCAN_KVM)
    return g_strdup (module_symbol (scan->module, access->root)->plain);
  return g_strdup_printf ("vcpu->kvm + 0x%" G_GINT64_MODIFIER "x", access->offset);
}

static gboolean
is_known (const ScanModule *scan, const ScanFinding *finding)
{
  for (guint i = 0; i < scan->found->len; i++)
    {
      const ScanFinding *other = g_array_index (scan->found, ScanFound, i).finding;
      if (other->kind == finding->kind && strcmp (other->function, finding->function) == 0 && strcmp (other->symbol, finding->symbol) == 0)
        return TRUE;
    }
  return FALSE;
}

void
scan_add_finding (ScanModule *scan, ScanKind kind, const ScanFunction *function, const ScanAccess *access)
{
  if (scan->found->len >= FOUND_MAX)
    return;
  ScanFinding *finding = g_new0 (ScanFinding, 1);
  const ScanFound found = { module_section (scan->module, access->insn.section)->file_offset + access->insn.offset, finding };

  finding->kind = kind;
  finding->module = g_strdup (scan->name);
  finding->function = g_strdup (scan_symbol_of (scan, function)->plain);
  finding->symbol = root_name (scan, access);
  if (is_known (scan, finding))
    {
      scan_finding_free (finding);
      return;
    }
  finding->instruction = scan_code_text (scan->scanner, &access->insn);
  g_array_append_val (scan->found, found);
}

/* --- the scan --------------------------------------------------------------------------------- */

static gint
compare_found (gconstpointer a, gconstpointer b)
{
  const ScanFound *x = a, *y = b;

  if (x->place != y->place)
    return x->place < y->place ? -1 : 1;
  return (gint) x->finding->kind - (gint) y->finding->kind;
}

static gboolean
open_one (const char *path, ModuleElf **module, Scanner **scanner, GError **error)
{
  if (!module_elf_open (path, module, error))
    return FALSE;
  if (!count_code (*module, error))
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  *scanner = scanner_new (*module);
  return TRUE;
}

gboolean
module_scan (const char *base, const char *module, const char *name, GPtrArray *findings, GError **error)
{
  g_auto (ScanModule) scan = { .name = name, .found = g_array_new (FALSE, FALSE, sizeof (ScanFound)) };

  if (!open_one (base, &scan.base, &scan.base_scanner, error) || !open_one (module, &scan.module, &scan.scanner, error))
    return FALSE;
  find_names (&scan);
  g_autoptr (GHashTable) known = base_fingerprints (&scan);
  scan.functions = follow_functions (scan.module, scan.scanner, known);
  find_calls (&scan);
  scan_updates (&scan);
  scan_cycles (&scan);
  g_array_sort (scan.found, compare_found);
  for (guint i = 0; i < scan.found->len; i++)
    g_ptr_array_add (findings, g_array_index (scan.found, ScanFound, i).finding);
  g_array_set_size (scan.found, 0);
  return TRUE;
}
