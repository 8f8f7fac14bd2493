/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules as ELF relocatables; see module-elf.h. libelf finds the parts, what is in them is checked here. */
#include "grade/module-elf.h"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"

#define NAME_MAX_BYTES 256u
#define MAX_SECTIONS 65536u
#define SECTION_MAX (1u << 30) /* also of one that takes no room in the file */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Elf, elf_end)

static void
clear_section (gpointer data)
{
  ElfSection *s = data;

  g_free (s->name);
  g_clear_pointer (&s->relocs, g_array_unref);
  g_clear_pointer (&s->symbols, g_array_unref);
}

static void
clear_symbol (gpointer data)
{
  ElfSymbol *s = data;

  g_free (s->name);
  g_free (s->plain);
}

void
module_elf_free (ModuleElf *module)
{
  if (module == NULL)
    return;
  g_array_unref (module->sections);
  g_array_unref (module->symbols);
  g_free (module->data);
  g_free (module);
}

/* --- names ------------------------------------------------------------------------------------ */

/* What a compiler or a person calls things; all else becomes '?'. */
static char *
printable (const char *name)
{
  char *text = g_strndup (name, NAME_MAX_BYTES);

  for (char *c = text; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && strchr ("_.$@-", *c) == NULL)
      *c = '?';
  return text;
}

/* The name as its author wrote it: compilers append ".0", ".part.0", ".isra.0", ".constprop.0", ".cold" and ".llvm.1234". */
static char *
plain_name (const char *name)
{
  const char *dot = strchr (name, '.');

  return dot != NULL && dot > name ? g_strndup (name, (gsize) (dot - name)) : g_strdup (name);
}

/* A function's static is "count.0" to gcc and "function.count" or "function.count.1" to clang. */
static char *
plain_object (const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, ".", -1);
  guint n = g_strv_length (parts);

  while (n > 1 && strspn (parts[n - 1], "0123456789") == strlen (parts[n - 1]))
    n--;
  return n > 0 && parts[n - 1][0] != '\0' ? g_strdup (parts[n - 1]) : g_strdup (name);
}

/* --- sections --------------------------------------------------------------------------------- */

static gboolean
is_code (const GElf_Shdr *header, const char *name)
{
  return header->sh_type == SHT_PROGBITS && (header->sh_flags & SHF_EXECINSTR) != 0 && (header->sh_flags & SHF_COMPRESSED) == 0 &&
         !g_str_has_prefix (name, ".init") && !g_str_has_prefix (name, ".exit") && !g_str_has_prefix (name, ".altinstr");
}

/* .data.once has flags of warnings, .data..percpu a copy per CPU. */
static gboolean
is_data (const GElf_Shdr *header, const char *name)
{
  return (header->sh_flags & SHF_WRITE) != 0 && (header->sh_flags & SHF_ALLOC) != 0 && (header->sh_flags & SHF_TLS) == 0 &&
         (g_str_has_prefix (name, ".data") || g_str_has_prefix (name, ".bss")) && !g_str_has_prefix (name, ".data..percpu") &&
         !g_str_has_prefix (name, ".data.once");
}

static gboolean
add_section (ModuleElf *module, Elf *elf, Elf_Scn *scn, size_t names, GError **error)
{
  GElf_Shdr header;
  const guint number = module->sections->len;

  if (scn == NULL || gelf_getshdr (scn, &header) == NULL)
    return fail (error, HARNESS_ERROR_FAILED, "section %u cannot be read: %s", number, elf_errmsg (-1));
  const char *name = elf_strptr (elf, names, header.sh_name);
  if (name == NULL)
    return fail (error, HARNESS_ERROR_FAILED, "section %u has no name: %s", number, elf_errmsg (-1));
  if (header.sh_size > SECTION_MAX)
    return fail (error, HARNESS_ERROR_FAILED, "section %u is larger than %u bytes", number, SECTION_MAX);
  ElfSection section = { .name = printable (name), .size = header.sh_size, .file_offset = header.sh_offset };
  section.code = is_code (&header, section.name);
  section.data = is_data (&header, section.name);
  section.symbols = g_array_new (FALSE, FALSE, sizeof (guint));
  g_array_append_val (module->sections, section);
  if (!section.code || section.size == 0)
    return TRUE;
  const Elf_Data *data = elf_rawdata (scn, NULL);
  if (data == NULL || data->d_buf == NULL || data->d_size != header.sh_size || (const char *) data->d_buf != module->data + header.sh_offset)
    return fail (error, HARNESS_ERROR_FAILED, "section %s is not all in the file", section.name);
  module_section (module, number)->bytes = data->d_buf;
  return TRUE;
}

static gboolean
read_sections (ModuleElf *module, Elf *elf, GError **error)
{
  size_t count, names;

  if (elf_getshdrnum (elf, &count) != 0 || elf_getshdrstrndx (elf, &names) != 0)
    return fail (error, HARNESS_ERROR_FAILED, "the section headers cannot be read: %s", elf_errmsg (-1));
  if (count > MAX_SECTIONS)
    return fail (error, HARNESS_ERROR_FAILED, "%zu sections are more than %u", count, MAX_SECTIONS);
  for (size_t i = 0; i < count; i++)
    if (!add_section (module, elf, elf_getscn (elf, i), names, error))
      return FALSE;
  return TRUE;
}

/* --- symbols ---------------------------------------------------------------------------------- */

static gboolean
add_symbol (ModuleElf *module, const GElf_Sym *raw, const char *name, GError **error)
{
  const guint number = module->symbols->len;
  const gboolean defined = raw->st_shndx != SHN_UNDEF && raw->st_shndx < SHN_LORESERVE;
  const int type = GELF_ST_TYPE (raw->st_info);

  if (raw->st_shndx == SHN_XINDEX || (defined && raw->st_shndx >= module->sections->len))
    return fail (error, HARNESS_ERROR_FAILED, "symbol %u is in a section that is not there", number);
  if (defined)
    {
      const guint64 room = module_section (module, raw->st_shndx)->size;
      if (raw->st_value > room || raw->st_size > room - raw->st_value)
        return fail (error, HARNESS_ERROR_FAILED, "symbol %u is not in its section", number);
    }
  ElfSymbol symbol = {
    .section = defined ? raw->st_shndx : MODULE_ELF_NONE, .value = defined ? raw->st_value : 0, .size = raw->st_size, .function = type == STT_FUNC && defined,
    .object = type == STT_OBJECT || type == STT_COMMON, .undefined = raw->st_shndx == SHN_UNDEF, .common = raw->st_shndx == SHN_COMMON,
    .whole_section = type == STT_SECTION,
  };
  symbol.name = printable (name);
  symbol.plain = type == STT_OBJECT ? plain_object (symbol.name) : plain_name (symbol.name);
  g_array_append_val (module->symbols, symbol);
  if (defined && (symbol.function || symbol.object) && symbol.size > 0)
    g_array_append_val (module_section (module, symbol.section)->symbols, number);
  return TRUE;
}

/* By place; an outer one before what lies in it. */
static gint
compare_places (gconstpointer a, gconstpointer b, gpointer user)
{
  const guint x = *(const guint *) a, y = *(const guint *) b;
  const ElfSymbol *s = module_symbol (user, x), *t = module_symbol (user, y);

  if (s->value != t->value)
    return s->value < t->value ? -1 : 1;
  if (s->size != t->size)
    return s->size > t->size ? -1 : 1;
  return x < y ? -1 : x > y;
}

static gboolean
read_symbols (ModuleElf *module, Elf *elf, Elf_Scn *scn, const GElf_Shdr *header, GError **error)
{
  Elf_Data *data = elf_getdata (scn, NULL);

  if (data == NULL || data->d_buf == NULL || data->d_size != header->sh_size || data->d_size % sizeof (Elf64_Sym) != 0)
    return fail (error, HARNESS_ERROR_FAILED, "the symbol table is not whole");
  for (gsize i = 0; i < data->d_size / sizeof (Elf64_Sym); i++)
    {
      GElf_Sym raw;
      if (gelf_getsym (data, (int) i, &raw) == NULL)
        return fail (error, HARNESS_ERROR_FAILED, "symbol %zu cannot be read", i);
      const char *name = elf_strptr (elf, header->sh_link, raw.st_name);
      if (name == NULL)
        return fail (error, HARNESS_ERROR_FAILED, "symbol %zu has no name", i);
      if (!add_symbol (module, &raw, name, error))
        return FALSE;
    }
  for (guint i = 0; i < module->sections->len; i++)
    g_array_sort_with_data (module_section (module, i)->symbols, compare_places, module);
  return TRUE;
}

/* --- relocations ------------------------------------------------------------------------------ */

static gint
compare_relocs (gconstpointer a, gconstpointer b)
{
  const ElfReloc *x = a, *y = b;

  return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Code's own, and those of tables that say where code goes on. */
static gboolean
wants_relocs (const ElfSection *section)
{
  return section->code || g_str_has_prefix (section->name, ".rodata") || strcmp (section->name, "__jump_table") == 0 || strcmp (section->name, "__ex_table") == 0;
}

static gboolean
read_relocs (ModuleElf *module, Elf_Scn *scn, const GElf_Shdr *header, GError **error)
{
  if (header->sh_info >= module->sections->len)
    return fail (error, HARNESS_ERROR_FAILED, "relocations of a section that is not there");
  ElfSection *section = module_section (module, header->sh_info);
  if (!wants_relocs (section))
    return TRUE;
  Elf_Data *data = elf_getdata (scn, NULL);
  if (data == NULL || data->d_size != header->sh_size || data->d_size % sizeof (Elf64_Rela) != 0)
    return fail (error, HARNESS_ERROR_FAILED, "the relocations of %s are not whole", section->name);
  if (section->relocs == NULL)
    section->relocs = g_array_new (FALSE, FALSE, sizeof (ElfReloc));
  for (gsize i = 0; i < data->d_size / sizeof (Elf64_Rela); i++)
    {
      GElf_Rela raw;
      if (gelf_getrela (data, (int) i, &raw) == NULL)
        return fail (error, HARNESS_ERROR_FAILED, "relocation %zu of %s cannot be read", i, section->name);
      ElfReloc reloc = { raw.r_offset, (guint32) GELF_R_TYPE (raw.r_info), (guint) GELF_R_SYM (raw.r_info), raw.r_addend };
      if (reloc.symbol >= module->symbols->len || reloc.offset > section->size || section->size - reloc.offset < 4)
        return fail (error, HARNESS_ERROR_FAILED, "relocation %zu of %s is out of range", i, section->name);
      g_array_append_val (section->relocs, reloc);
    }
  g_array_sort (section->relocs, compare_relocs);
  for (guint i = 1; i < section->relocs->len; i++)
    if (compare_relocs (&g_array_index (section->relocs, ElfReloc, i - 1), &g_array_index (section->relocs, ElfReloc, i)) == 0)
      return fail (error, HARNESS_ERROR_FAILED, "%s has two relocations of one place", section->name);
  return TRUE;
}

/* --- the file --------------------------------------------------------------------------------- */

/* Symbols come before what refers to them. */
static gboolean
read_tables (ModuleElf *module, Elf *elf, guint32 type, GError **error)
{
  Elf_Scn *scn = NULL;

  while ((scn = elf_nextscn (elf, scn)) != NULL)
    {
      GElf_Shdr header;
      if (gelf_getshdr (scn, &header) == NULL)
        return fail (error, HARNESS_ERROR_FAILED, "a section header cannot be read");
      if (header.sh_type != type)
        continue;
      if (type == SHT_SYMTAB && module->symbols->len > 0)
        return fail (error, HARNESS_ERROR_FAILED, "two symbol tables");
      if (!(type == SHT_SYMTAB ? read_symbols (module, elf, scn, &header, error) : read_relocs (module, scn, &header, error)))
        return FALSE;
    }
  return type != SHT_SYMTAB || module->symbols->len > 0 || fail (error, HARNESS_ERROR_FAILED, "no symbol table");
}

static gboolean
read_module (ModuleElf *module, gsize size, GError **error)
{
  GElf_Ehdr header;

  elf_version (EV_CURRENT);
  g_autoptr (Elf) elf = elf_memory (module->data, size);
  if (elf == NULL || elf_kind (elf) != ELF_K_ELF || gelf_getclass (elf) != ELFCLASS64 || gelf_getehdr (elf, &header) == NULL)
    return fail (error, HARNESS_ERROR_FAILED, "not a 64-bit ELF file");
  if (header.e_type != ET_REL || header.e_machine != EM_X86_64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
    return fail (error, HARNESS_ERROR_FAILED, "not a relocatable of x86-64");
  return read_sections (module, elf, error) && read_tables (module, elf, SHT_SYMTAB, error) && read_tables (module, elf, SHT_RELA, error);
}

gboolean
module_elf_open (const char *path, ModuleElf **module, GError **error)
{
  g_autoptr (ModuleElf) m = g_new0 (ModuleElf, 1);
  gsize size;

  m->sections = g_array_new (FALSE, TRUE, sizeof (ElfSection));
  g_array_set_clear_func (m->sections, clear_section);
  m->symbols = g_array_new (FALSE, TRUE, sizeof (ElfSymbol));
  g_array_set_clear_func (m->symbols, clear_symbol);
  if (!files_read (path, MODULE_ELF_MAX, &m->data, &size, error))
    return FALSE;
  if (!read_module (m, size, error))
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  *module = g_steal_pointer (&m);
  return TRUE;
}

/* --- looking up ------------------------------------------------------------------------------- */

guint
module_section_named (const ModuleElf *module, const char *name)
{
  for (guint i = 0; i < module->sections->len; i++)
    if (strcmp (module_section (module, i)->name, name) == 0)
      return i;
  return MODULE_ELF_NONE;
}

guint
module_symbol_at (const ModuleElf *module, guint section, gint64 offset)
{
  if (section >= module->sections->len || offset < 0)
    return MODULE_ELF_NONE;
  const GArray *symbols = module_section (module, section)->symbols;
  guint low = 0, high = symbols->len;

  while (low < high)
    {
      const guint middle = low + (high - low) / 2;
      if (module_symbol (module, g_array_index (symbols, guint, middle))->value <= (guint64) offset)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == 0)
    return MODULE_ELF_NONE;
  const guint found = g_array_index (symbols, guint, low - 1);
  const ElfSymbol *symbol = module_symbol (module, found);
  return (guint64) offset - symbol->value < symbol->size ? found : MODULE_ELF_NONE;
}

guint
module_first_reloc (const ElfSection *section, guint64 offset)
{
  guint low = 0, high = section->relocs != NULL ? section->relocs->len : 0;

  while (low < high)
    {
      const guint middle = low + (high - low) / 2;
      if (g_array_index (section->relocs, ElfReloc, middle).offset < offset)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

/* An offset that a hostile addend makes as large as it likes must not overflow in sums. */
static gboolean
is_sane (gint64 offset)
{
  return offset > -(G_GINT64_CONSTANT (1) << 40) && offset < (G_GINT64_CONSTANT (1) << 40);
}

gboolean
module_reloc_place (const ModuleElf *module, const ElfReloc *reloc, guint64 end, ElfPlace *place)
{
  const ElfSymbol *symbol = module_symbol (module, reloc->symbol);
  const gboolean relative = reloc->type == R_X86_64_PC32 || reloc->type == R_X86_64_PLT32 || reloc->type == R_X86_64_PC64;

  if (!relative && reloc->type != R_X86_64_32 && reloc->type != R_X86_64_32S && reloc->type != R_X86_64_64)
    return FALSE;
  if (!is_sane (reloc->addend) || reloc->symbol == 0)
    return FALSE;
  const gint64 offset = reloc->addend + (relative ? (gint64) (end - reloc->offset) : 0);
  if (!symbol->whole_section && (symbol->section == MODULE_ELF_NONE || symbol->object || symbol->function))
    {
      *place = (ElfPlace) { reloc->symbol, symbol->section, offset };
      return TRUE;
    }
  if (symbol->section == MODULE_ELF_NONE)
    return FALSE;
  const gint64 at = (gint64) symbol->value + offset;
  const guint found = module_symbol_at (module, symbol->section, at);
  *place = (ElfPlace) { found, symbol->section, found != MODULE_ELF_NONE ? at - (gint64) module_symbol (module, found)->value : at };
  return TRUE;
}
