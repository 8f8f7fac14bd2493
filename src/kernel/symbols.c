/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System.map to ELF; see symbols.h. */
#include "kernel/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/files.h"

#define MAP_MAX (64 << 20)

typedef struct {
  guint64 address;
  char letter; /* nm's */
  const char *name; /* in the map's text */
} Symbol;

/* The kernel's parts, each between two of its own symbols. Indices into this table, from 1, are the ELF file's section numbers. */
static const struct {
  const char *name, *begin, *end;
  guint64 flags;
} parts[] = {
  { ".text", "_text", "_etext", SHF_ALLOC | SHF_EXECINSTR },
  { ".data", "_etext", "_sinittext", SHF_ALLOC | SHF_WRITE },
  { ".init.text", "_sinittext", "_einittext", SHF_ALLOC | SHF_EXECINSTR },
  { ".bss", "_einittext", "_end", SHF_ALLOC | SHF_WRITE },
};
#define PARTS G_N_ELEMENTS (parts)

typedef struct {
  Elf *elf;
  GArray *symbols; /* of Symbol */
  guint64 begin[PARTS], end[PARTS];
  GByteArray *table;     /* of Elf64_Sym */
  GString *names, *section_names;
} Writer;

static void
writer_clear (Writer *writer)
{
  g_clear_pointer (&writer->elf, elf_end);
  g_clear_pointer (&writer->symbols, g_array_unref);
  g_clear_pointer (&writer->table, g_byte_array_unref);
  if (writer->names)
    g_string_free (writer->names, TRUE);
  if (writer->section_names)
    g_string_free (writer->section_names, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Writer, writer_clear)

/* "ffffffff81000000 T _text" a line; the text is cut up in place. */
static gboolean
read_map (const char *path, char *text, GArray *symbols, GError **error)
{
  guint number = 0;

  for (char *line = text, *next; *line; line = next)
    {
      Symbol symbol;
      char *end = strchr (line, '\n'), *rest;

      number++;
      next = end ? end + 1 : line + strlen (line);
      if (end)
        *end = '\0';
      symbol.address = g_ascii_strtoull (line, &rest, 16);
      if (rest == line || rest[0] != ' ' || !g_ascii_isgraph (rest[1]) || rest[2] != ' ' || !rest[3])
        return fail (error, HARNESS_ERROR_FAILED, "%s:%u: no line of a System.map; try: remove its folder, and the kernel is built again", path, number);
      symbol.letter = rest[1];
      symbol.name = rest + 3;
      g_array_append_val (symbols, symbol);
    }
  return TRUE;
}

static gboolean
find_address (const GArray *symbols, const char *name, guint64 *address)
{
  for (guint i = 0; i < symbols->len; i++)
    {
      const Symbol *symbol = &g_array_index (symbols, Symbol, i);

      if (strcmp (symbol->name, name) != 0)
        continue;
      *address = symbol->address;
      return TRUE;
    }
  return FALSE;
}

static gboolean
find_parts (const char *path, Writer *writer, GError **error)
{
  for (guint i = 0; i < PARTS; i++)
    if (!find_address (writer->symbols, parts[i].begin, &writer->begin[i]) || !find_address (writer->symbols, parts[i].end, &writer->end[i]) ||
        writer->begin[i] > writer->end[i])
      return fail (error, HARNESS_ERROR_FAILED, "%s: no map of an x86 kernel: %s and %s are not there in this order", path, parts[i].begin, parts[i].end);
  return TRUE;
}

static guint16
section_of (const Writer *writer, guint64 address)
{
  for (guint i = 0; i < PARTS; i++)
    if (address >= writer->begin[i] && address < writer->end[i])
      return (guint16) (i + 1);
  return SHN_ABS;
}

static guint32
add_name (GString *names, const char *name)
{
  const guint32 at = (guint32) names->len;

  g_string_append_len (names, name, (gssize) strlen (name) + 1);
  return at;
}

static void
add_symbol (Writer *writer, const Symbol *symbol)
{
  const gboolean is_text = strchr ("tTwW", symbol->letter) != NULL;
  const Elf64_Sym entry = {
    .st_name = add_name (writer->names, symbol->name),
    .st_info = (guchar) GELF_ST_INFO (g_ascii_isupper (symbol->letter) ? STB_GLOBAL : STB_LOCAL, is_text ? STT_FUNC : STT_OBJECT),
    .st_shndx = section_of (writer, symbol->address),
    .st_value = symbol->address,
  };

  g_byte_array_append (writer->table, (const guint8 *) &entry, sizeof entry);
}

/* Local symbols first, as ELF wants; tells how many, with the empty one. */
static guint
add_symbols (Writer *writer)
{
  static const Elf64_Sym none;
  guint locals = 1;

  g_byte_array_append (writer->table, (const guint8 *) &none, sizeof none);
  for (guint global = 0; global < 2; global++)
    for (guint i = 0; i < writer->symbols->len; i++)
      {
        const Symbol *symbol = &g_array_index (writer->symbols, Symbol, i);

        if ((guint) g_ascii_isupper (symbol->letter) != global)
          continue;
        add_symbol (writer, symbol);
        locals += !global;
      }
  return locals;
}

/* data NULL: a section without content. */
static gboolean
add_section (Writer *writer, const Elf64_Shdr *like, const char *name, void *data, gsize size, Elf_Type type)
{
  Elf_Scn *section = elf_newscn (writer->elf);
  Elf64_Shdr *header = section ? elf64_getshdr (section) : NULL;
  Elf_Data *content = header ? elf_newdata (section) : NULL;

  if (!content)
    return FALSE;
  *header = *like;
  header->sh_name = add_name (writer->section_names, name);
  content->d_buf = data;
  content->d_size = size;
  content->d_type = type;
  content->d_align = 1;
  return TRUE;
}

static gboolean
add_parts (Writer *writer)
{
  for (guint i = 0; i < PARTS; i++)
    {
      const Elf64_Shdr header = { .sh_type = SHT_NOBITS, .sh_flags = parts[i].flags, .sh_addr = writer->begin[i], .sh_addralign = 1 };

      if (!add_section (writer, &header, parts[i].name, NULL, writer->end[i] - writer->begin[i], ELF_T_BYTE))
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_elf (Writer *writer)
{
  const guint locals = add_symbols (writer);
  const Elf64_Shdr table = { .sh_type = SHT_SYMTAB, .sh_link = PARTS + 2, .sh_info = locals, .sh_entsize = sizeof (Elf64_Sym), .sh_addralign = 8 };
  const Elf64_Shdr strings = { .sh_type = SHT_STRTAB, .sh_addralign = 1 };
  Elf64_Ehdr *header = elf64_newehdr (writer->elf);

  if (!header)
    return FALSE;
  header->e_ident[EI_DATA] = ELFDATA2LSB;
  header->e_type = ET_EXEC;
  header->e_machine = EM_X86_64;
  header->e_version = EV_CURRENT;
  header->e_shstrndx = PARTS + 3;
  if (!add_parts (writer) || !add_section (writer, &table, ".symtab", writer->table->data, writer->table->len, ELF_T_SYM) ||
      !add_section (writer, &strings, ".strtab", writer->names->str, writer->names->len, ELF_T_BYTE))
    return FALSE;
  add_name (writer->section_names, ".shstrtab");
  g_string_set_size (writer->section_names, writer->section_names->len - sizeof ".shstrtab"); /* room, so that the text stays where it is */
  if (!add_section (writer, &strings, ".shstrtab", NULL, 0, ELF_T_BYTE))
    return FALSE;
  Elf_Data *content = elf_getdata (elf_getscn (writer->elf, PARTS + 3), NULL);
  content->d_buf = writer->section_names->str;
  content->d_size = writer->section_names->len;
  return elf_update (writer->elf, ELF_C_WRITE) >= 0;
}

gboolean
kernel_symbols_write (const char *map, const char *path, GError **error)
{
  g_auto (Writer) writer = { 0 };
  g_autofree char *text = NULL;
  AUTO_FD fd = -1;

  writer.symbols = g_array_new (FALSE, FALSE, sizeof (Symbol));
  if (!files_read (map, MAP_MAX, &text, NULL, error) || !read_map (map, text, writer.symbols, error) || !find_parts (map, &writer, error))
    return FALSE;
  fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0)
    return fail_errno (error, errno, "%s: creating", path);
  writer.table = g_byte_array_new ();
  writer.names = g_string_new_len ("", 1);
  writer.section_names = g_string_new_len ("", 1);
  elf_version (EV_CURRENT);
  writer.elf = elf_begin (fd, ELF_C_WRITE, NULL);
  if (writer.elf && write_elf (&writer))
    return TRUE;
  return fail (error, HARNESS_ERROR_FAILED, "%s: %s", path, elf_errmsg (-1));
}
