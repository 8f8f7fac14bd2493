/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions as instructions; see scan-code.h. Capstone decodes, relocations and the module's tables of jumps say what it cannot know. */
#include "grade/scan-code.h"

#include <elf.h>
#include <string.h>

#define FUNCTION_MAX 65536u
#define PARTS_MAX 16u
#define TABLE_MAX 1024 /* bytes of one jump table */
#define TABLE_RELOCS_MAX 20000u
#define BUDGET (16u << 20)

struct Scanner {
  const ModuleElf *module;
  csh intel, att;
  cs_insn *insn;
  GHashTable *table_targets; /* a set of places that .rodata refers to */
  GHashTable *side_exits;    /* of a place, the other place */
  guint64 budget;            /* bytes that may still be decoded: hostile functions share parts */
};

/* A place in code as one number, never 0; it fits in a pointer of x86-64. */
static gsize
place_key (guint section, guint64 offset)
{
  return (gsize) section << 40 | (offset & ((G_GUINT64_CONSTANT (1) << 40) - 1));
}

static guint
function_at (const ModuleElf *module, gsize key)
{
  return module_symbol_at (module, (guint) (key >> 40), (gint64) (key & ((G_GUINT64_CONSTANT (1) << 40) - 1)));
}

/* --- the module's tables ---------------------------------------------------------------------- */

/* The place in code, not the symbol there. */
static gboolean
code_place (const ModuleElf *module, const ElfReloc *reloc, gsize *key)
{
  ElfPlace place;

  /* Tables are relative to the field itself. */
  if (!module_reloc_place (module, reloc, reloc->offset, &place) || place.section == MODULE_ELF_NONE || !module_section (module, place.section)->code)
    return FALSE;
  const gint64 at = place.offset + (place.symbol != MODULE_ELF_NONE ? (gint64) module_symbol (module, place.symbol)->value : 0);
  if (at < 0 || (guint64) at >= module_section (module, place.section)->size)
    return FALSE;
  *key = place_key (place.section, (guint64) at);
  return TRUE;
}

/* Entries of a jump table that are relative to its begin say "place + how far into the table". */
static void
read_jump_tables (Scanner *s, const ElfSection *section)
{
  gint64 distance = 0;
  gsize key;
  const ElfReloc *last = NULL;

  for (guint i = 0; section->relocs != NULL && i < MIN (section->relocs->len, TABLE_RELOCS_MAX); i++)
    {
      const ElfReloc *reloc = &g_array_index (section->relocs, ElfReloc, i);
      const gboolean relative = reloc->type == R_X86_64_PC32;
      distance = relative && last != NULL && reloc->offset == last->offset + 4 ? distance + 4 : 0;
      last = relative ? reloc : NULL;
      for (gint64 back = 0; back <= MIN (distance, TABLE_MAX) && code_place (s->module, reloc, &key); back += 4)
        g_hash_table_add (s->table_targets, GSIZE_TO_POINTER (key - (gsize) back));
    }
}

/* __jump_table and __ex_table: entries of a fixed size that begin with from and to, each relative to itself. */
static void
read_side_exits (Scanner *s, const char *name, guint entry_size)
{
  const guint number = module_section_named (s->module, name);
  const GArray *relocs = number != MODULE_ELF_NONE ? module_section (s->module, number)->relocs : NULL;

  for (guint i = 0; relocs != NULL && i + 1 < relocs->len; i++)
    {
      const ElfReloc *from = &g_array_index (relocs, ElfReloc, i), *to = from + 1;
      gsize from_key, to_key;
      if (from->offset % entry_size == 0 && to->offset == from->offset + 4 && code_place (s->module, from, &from_key) && code_place (s->module, to, &to_key))
        g_hash_table_insert (s->side_exits, GSIZE_TO_POINTER (from_key), GSIZE_TO_POINTER (to_key));
    }
}

Scanner *
scanner_new (const ModuleElf *module)
{
  Scanner *s = g_new0 (Scanner, 1);

  s->module = module;
  s->budget = BUDGET;
  s->table_targets = g_hash_table_new (NULL, NULL);
  s->side_exits = g_hash_table_new (NULL, NULL);
  if (cs_open (CS_ARCH_X86, CS_MODE_64, &s->intel) != CS_ERR_OK || cs_open (CS_ARCH_X86, CS_MODE_64, &s->att) != CS_ERR_OK)
    g_error ("Capstone has no x86");
  cs_option (s->intel, CS_OPT_DETAIL, CS_OPT_ON);
  cs_option (s->att, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
  s->insn = cs_malloc (s->intel);
  for (guint i = 0; i < module->sections->len; i++)
    if (g_str_has_prefix (module_section (module, i)->name, ".rodata"))
      read_jump_tables (s, module_section (module, i));
  read_side_exits (s, "__jump_table", 16);
  read_side_exits (s, "__ex_table", 12);
  return s;
}

void
scanner_free (Scanner *s)
{
  if (s == NULL)
    return;
  cs_free (s->insn, 1);
  cs_close (&s->intel);
  cs_close (&s->att);
  g_hash_table_unref (s->table_targets);
  g_hash_table_unref (s->side_exits);
  g_free (s);
}

const ModuleElf *
scanner_module (const Scanner *scanner)
{
  return scanner->module;
}

/* --- operands --------------------------------------------------------------------------------- */

/* The number of a general register and its low parts, plus one; 0 for all others. */
static const guint8 registers[X86_REG_ENDING] = {
#define LOW(n, a, b, c, d) [X86_REG_##a] = (n) + 1, [X86_REG_##b] = (n) + 1, [X86_REG_##c] = (n) + 1, [X86_REG_##d] = (n) + 1
  LOW (0, RAX, EAX, AX, AL), LOW (1, RCX, ECX, CX, CL), LOW (2, RDX, EDX, DX, DL), LOW (3, RBX, EBX, BX, BL),
  LOW (4, RSP, ESP, SP, SPL), LOW (5, RBP, EBP, BP, BPL), LOW (6, RSI, ESI, SI, SIL), LOW (7, RDI, EDI, DI, DIL),
#define HIGH(n) LOW (n, R##n, R##n##D, R##n##W, R##n##B)
  HIGH (8), HIGH (9), HIGH (10), HIGH (11), HIGH (12), HIGH (13), HIGH (14), HIGH (15),
  [X86_REG_AH] = 1, [X86_REG_CH] = 2, [X86_REG_DH] = 3, [X86_REG_BH] = 4,
};

static gint8
register_number (guint reg)
{
  return reg < X86_REG_ENDING ? (gint8) (registers[reg] - 1) : SCAN_NO_REG;
}

static gboolean
is_high_byte (guint reg)
{
  return reg == X86_REG_AH || reg == X86_REG_BH || reg == X86_REG_CH || reg == X86_REG_DH;
}

static void
read_memory (const x86_op_mem *mem, ScanOperand *to)
{
  to->kind = SCAN_MEMORY;
  to->base = register_number (mem->base);
  to->index = register_number (mem->index);
  to->strange = (mem->base != X86_REG_INVALID && mem->base != X86_REG_RIP && to->base == SCAN_NO_REG) ||
                (mem->index != X86_REG_INVALID && mem->index != X86_REG_RIZ && to->index == SCAN_NO_REG);
  to->scale = (guint8) mem->scale;
  to->value = mem->disp;
  to->per_cpu = mem->segment == X86_REG_GS || mem->segment == X86_REG_FS;
}

static void
read_operand (const cs_x86_op *from, ScanOperand *to)
{
  *to = (ScanOperand) { .size = from->size, .written = (from->access & CS_AC_WRITE) != 0, .read = (from->access & CS_AC_READ) != 0,
                        .reg = SCAN_NO_REG, .base = SCAN_NO_REG, .index = SCAN_NO_REG, .symbol = MODULE_ELF_NONE };
  if (from->type == X86_OP_REG)
    {
      to->kind = SCAN_REG;
      to->reg = register_number (from->reg);
      to->strange = to->reg == SCAN_NO_REG || is_high_byte (from->reg);
    }
  else if (from->type == X86_OP_IMM)
    {
      to->kind = SCAN_IMMEDIATE;
      to->value = from->imm;
    }
  else if (from->type == X86_OP_MEM)
    read_memory (&from->mem, to);
}

/* Gives the operand that a relocation fills its symbol. */
static void
apply_reloc (const Scanner *s, const ElfReloc *reloc, const cs_x86_encoding *encoding, ScanInsn *insn)
{
  const guint64 at = reloc->offset - insn->offset;
  ElfPlace place;

  if (!module_reloc_place (s->module, reloc, (guint64) insn->offset + insn->size, &place))
    return;
  if (insn->call || insn->jump)
    {
      insn->callee = insn->n_operands > 0 && insn->operands[0].kind == SCAN_IMMEDIATE ? place.symbol : MODULE_ELF_NONE;
      insn->operands[0].offset = place.offset;
      insn->operands[0].value = place.section == insn->section ? place.offset : -1;
      return;
    }
  for (guint i = 0; i < insn->n_operands; i++)
    {
      ScanOperand *o = &insn->operands[i];
      if (!((o->kind == SCAN_MEMORY && encoding->disp_offset != 0 && at == encoding->disp_offset) ||
            (o->kind == SCAN_IMMEDIATE && encoding->imm_offset != 0 && at == encoding->imm_offset)))
        continue;
      o->symbol = place.symbol;
      o->offset = place.offset;
      o->strange |= place.symbol == MODULE_ELF_NONE;
    }
}

/* --- instructions ----------------------------------------------------------------------------- */

static void
classify (const cs_insn *raw, ScanInsn *insn)
{
  const cs_detail *detail = raw->detail;

  for (guint8 i = 0; i < detail->groups_count; i++)
    {
      insn->call |= detail->groups[i] == X86_GRP_CALL;
      insn->jump |= detail->groups[i] == X86_GRP_JUMP;
      insn->end |= detail->groups[i] == X86_GRP_RET || detail->groups[i] == X86_GRP_IRET;
    }
  insn->conditional = insn->jump && raw->id != X86_INS_JMP && raw->id != X86_INS_LJMP;
  insn->end |= insn->jump && !insn->conditional;
  insn->indirect = insn->jump && insn->n_operands > 0 && insn->operands[0].kind != SCAN_IMMEDIATE;
  insn->lock = detail->x86.prefix[0] == X86_PREFIX_LOCK;
}

static guint16
clobbered (const Scanner *s, const cs_insn *raw)
{
  cs_regs read, written;
  guint8 n_read = 0, n_written = 0;
  guint16 bits = 0;

  if (cs_regs_access (s->intel, raw, read, &n_read, written, &n_written) != CS_ERR_OK)
    return G_MAXUINT16 & ~(1u << SCAN_RSP);
  for (guint8 i = 0; i < n_written; i++)
    if (register_number (written[i]) != SCAN_NO_REG)
      bits |= (guint16) (1u << register_number (written[i]));
  return bits;
}

static void
convert (const Scanner *s, guint section, guint offset, ScanInsn *insn)
{
  const cs_insn *raw = s->insn;
  const cs_x86 *x86 = &raw->detail->x86;

  *insn = (ScanInsn) { .section = section, .offset = offset, .size = (guint8) raw->size, .id = raw->id, .target = SCAN_NO_INSN,
                       .side_exit = SCAN_NO_INSN, .callee = MODULE_ELF_NONE };
  insn->n_operands = MIN (x86->op_count, (guint8) G_N_ELEMENTS (insn->operands));
  for (guint8 i = 0; i < insn->n_operands; i++)
    read_operand (&x86->operands[i], &insn->operands[i]);
  classify (raw, insn);
  insn->clobbers = clobbered (s, raw);
  const ElfSection *in = module_section (s->module, section);
  for (guint i = module_first_reloc (in, offset); in->relocs != NULL && i < in->relocs->len; i++)
    {
      const ElfReloc *reloc = &g_array_index (in->relocs, ElfReloc, i);
      if (reloc->offset >= (guint64) offset + insn->size)
        break;
      apply_reloc (s, reloc, &x86->encoding, insn);
    }
}

/* Adds a symbol's instructions; the first byte that is none ends it. */
static void
decode (Scanner *s, const ElfSymbol *symbol, GArray *insns)
{
  const ElfSection *section = module_section (s->module, symbol->section);
  const guint8 *code = section->bytes + symbol->value;
  size_t left = symbol->size;
  uint64_t address = symbol->value;

  s->budget -= MIN (s->budget, symbol->size);
  while (left > 0 && s->budget > 0)
    {
      ScanInsn insn;
      const guint offset = (guint) address;
      if (!cs_disasm_iter (s->intel, &code, &left, &address, s->insn))
        break;
      convert (s, symbol->section, offset, &insn);
      g_array_append_val (insns, insn);
    }
  if (insns->len > 0)
    g_array_index (insns, ScanInsn, insns->len - 1).end = TRUE;
}

/* --- where it goes on ------------------------------------------------------------------------- */

/* The place that a jump or call means. */
static gboolean
branch_place (const Scanner *s, const ScanInsn *insn, gsize *key)
{
  const ScanOperand *o = &insn->operands[0];

  if ((!insn->jump && !insn->call) || insn->n_operands == 0 || o->kind != SCAN_IMMEDIATE)
    return FALSE;
  const ElfSymbol *callee = insn->callee != MODULE_ELF_NONE ? module_symbol (s->module, insn->callee) : NULL;
  const guint section = callee != NULL ? callee->section : insn->section;
  const gint64 at = callee != NULL ? (gint64) callee->value + o->offset : o->value;
  if (section == MODULE_ELF_NONE || at < 0 || (guint64) at >= module_section (s->module, section)->size)
    return FALSE;
  *key = place_key (section, (guint64) at);
  return TRUE;
}

static guint
find_insn (GHashTable *places, gsize key)
{
  gpointer found;

  return g_hash_table_lookup_extended (places, GSIZE_TO_POINTER (key), NULL, &found) ? GPOINTER_TO_UINT (found) : SCAN_NO_INSN;
}

/* Calls within a section need no relocation: the place says which function it is. */
static void
connect_one (const Scanner *s, GHashTable *places, ScanInsn *insn)
{
  const gpointer here = GSIZE_TO_POINTER (place_key (insn->section, insn->offset));
  const gpointer side_exit = g_hash_table_lookup (s->side_exits, here);
  gsize key;

  insn->table_target = g_hash_table_contains (s->table_targets, here);
  if (side_exit != NULL)
    insn->side_exit = find_insn (places, GPOINTER_TO_SIZE (side_exit));
  if (!branch_place (s, insn, &key))
    return;
  if (insn->jump)
    insn->target = find_insn (places, key);
  if (insn->callee == MODULE_ELF_NONE)
    insn->callee = function_at (s->module, key);
}

static void
connect (const Scanner *s, ScanCode *code)
{
  g_autoptr (GHashTable) places = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < code->insns->len; i++)
    {
      const ScanInsn *insn = &g_array_index (code->insns, ScanInsn, i);
      g_hash_table_insert (places, GSIZE_TO_POINTER (place_key (insn->section, insn->offset)), GUINT_TO_POINTER (i));
    }
  for (guint i = 0; i < code->insns->len; i++)
    connect_one (s, places, &g_array_index (code->insns, ScanInsn, i));
}

static gboolean
can_read (const Scanner *s, guint symbol)
{
  const ElfSymbol *f = module_symbol (s->module, symbol);

  return f->function && f->size > 0 && f->size <= FUNCTION_MAX && module_section (s->module, f->section)->bytes != NULL;
}

/* The .cold parts that the code jumps to, one after the other. */
static void
decode_cold_parts (Scanner *s, ScanCode *code)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  gsize key;

  for (guint i = 0; i < code->insns->len; i++)
    {
      const ScanInsn *insn = &g_array_index (code->insns, ScanInsn, i);
      if (!insn->jump || !branch_place (s, insn, &key))
        continue;
      const guint target = function_at (s->module, key);
      if (target == MODULE_ELF_NONE || target == code->function || strstr (module_symbol (s->module, target)->name, ".cold") == NULL)
        continue;
      if (can_read (s, target) && g_hash_table_size (seen) < PARTS_MAX && g_hash_table_add (seen, GUINT_TO_POINTER (target)))
        decode (s, module_symbol (s->module, target), code->insns);
    }
}

ScanCode *
scan_code_read (Scanner *s, guint function)
{
  if (!can_read (s, function))
    return NULL;
  ScanCode *code = g_new0 (ScanCode, 1);
  code->function = function;
  code->insns = g_array_new (FALSE, FALSE, sizeof (ScanInsn));
  decode (s, module_symbol (s->module, function), code->insns);
  decode_cold_parts (s, code);
  connect (s, code);
  return code;
}

void
scan_code_free (ScanCode *code)
{
  if (code == NULL)
    return;
  g_array_unref (code->insns);
  g_free (code);
}

/* --- text ------------------------------------------------------------------------------------- */

/* "$1, 0x0(%rip)" becomes "$1, name(%rip)": the number before the bracket is the field that a relocation fills. */
static void
name_memory (GString *text, const char *name, gint64 offset)
{
  g_autofree char *place = offset != 0 ? g_strdup_printf ("%s%+" G_GINT64_FORMAT, name, offset) : g_strdup (name);
  const char *bracket = strchr (text->str, '(');

  if (bracket == NULL)
    {
      g_string_append_printf (text, " # %s", place);
      return;
    }
  const gsize end = (gsize) (bracket - text->str);
  gsize begin = end;
  while (begin > 0 && (g_ascii_isxdigit (text->str[begin - 1]) || strchr ("x-", text->str[begin - 1]) != NULL))
    begin--;
  g_string_erase (text, (gssize) begin, (gssize) (end - begin));
  g_string_insert (text, (gssize) begin, place);
}

char *
scan_code_text (Scanner *s, const ScanInsn *insn)
{
  const guint8 *code = module_section (s->module, insn->section)->bytes + insn->offset;
  cs_insn *raw = NULL;

  if (cs_disasm (s->att, code, insn->size, insn->offset, 1, &raw) != 1)
    return g_strdup ("?");
  g_autoptr (GString) text = g_string_new (NULL);
  g_string_append_printf (text, "%s%s%s", raw->mnemonic, raw->op_str[0] != '\0' ? " " : "", raw->op_str);
  cs_free (raw, 1);
  for (guint i = 0; i < insn->n_operands; i++)
    {
      const ScanOperand *o = &insn->operands[i];
      if (o->kind == SCAN_MEMORY && o->symbol != MODULE_ELF_NONE)
        name_memory (text, module_symbol (s->module, o->symbol)->plain, o->offset);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
