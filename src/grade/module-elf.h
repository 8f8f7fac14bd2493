/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel module as an ELF relocatable: sections, symbols and relocations, checked when it is opened, so that whoever looks at them need not. The file is
 * not trusted: what does not fit in it, or refers to what is not there, is an error.
 */
#pragma once
#include <glib.h>

#define MODULE_ELF_MAX (64u << 20) /* bytes of a file */
#define MODULE_ELF_NONE G_MAXUINT  /* no section, no symbol */

typedef struct {
  char *name;
  const guint8 *bytes; /* code and what else is loaded here; NULL for the rest */
  guint64 size;
  guint64 file_offset;
  gboolean code;       /* that runs when the module is loaded: neither .init.text nor .exit.text nor replacements */
  gboolean data;       /* one copy of it for all CPUs, writable */
  GArray *relocs;      /* of ElfReloc, by offset; NULL where none were read */
  GArray *symbols;     /* of guint, the functions or objects in it by their place */
} ElfSection;

typedef struct {
  char *name;       /* printable */
  char *plain;      /* without what the compiler appended: "count" of "count.3", "f" of "f.part.0.cold" */
  guint section;    /* MODULE_ELF_NONE: in none */
  guint64 value, size;
  gboolean function, object, undefined, common, whole_section;
  gboolean fresh;   /* shared data that the lab's own module has not; set by whoever knows that */
} ElfSymbol;

typedef struct {
  guint64 offset; /* of the field, in its section */
  guint32 type;   /* R_X86_64_… */
  guint symbol;
  gint64 addend;
} ElfReloc;

/* A place that a relocation means. */
typedef struct {
  guint symbol;  /* the object or function there; MODULE_ELF_NONE if there is none */
  guint section; /* MODULE_ELF_NONE: in another module */
  gint64 offset; /* in the symbol, or in the section if there is no symbol */
} ElfPlace;

typedef struct {
  char *data;
  GArray *sections, *symbols; /* of ElfSection, of ElfSymbol */
} ModuleElf;

gboolean module_elf_open (const char *path, ModuleElf **module, GError **error);
void module_elf_free (ModuleElf *module);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ModuleElf, module_elf_free)

static inline ElfSection *
module_section (const ModuleElf *module, guint i)
{
  return &g_array_index (module->sections, ElfSection, i);
}

static inline ElfSymbol *
module_symbol (const ModuleElf *module, guint i)
{
  return &g_array_index (module->symbols, ElfSymbol, i);
}

guint module_section_named (const ModuleElf *module, const char *name); /* MODULE_ELF_NONE if there is none */
/* The function or object that has this byte. */
guint module_symbol_at (const ModuleElf *module, guint section, gint64 offset);
/* The first of a section's relocations at or after an offset: an index into its relocs, possibly their number. */
guint module_first_reloc (const ElfSection *section, guint64 offset);
/* What the field refers to; `end` is where the instruction ends that a PC-relative one is part of. FALSE: of a type that means no place. */
gboolean module_reloc_place (const ModuleElf *module, const ElfReloc *reloc, guint64 end, ElfPlace *place);
