/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function of a module as instructions that know what they refer to and where they go on. */
#pragma once
#include <capstone/capstone.h>
#include <glib.h>

#include "grade/module-elf.h"

enum { SCAN_RAX, SCAN_RCX, SCAN_RDX, SCAN_RBX, SCAN_RSP, SCAN_RBP, SCAN_RSI, SCAN_RDI, SCAN_REGS = 16, SCAN_NO_REG = -1 };
#define SCAN_NO_INSN G_MAXUINT

typedef enum { SCAN_NOTHING, SCAN_REG, SCAN_IMMEDIATE, SCAN_MEMORY } ScanOperandKind;

typedef struct {
  guint8 kind; /* ScanOperandKind */
  guint8 size; /* bytes */
  gboolean written, read;
  gint8 reg, base, index; /* SCAN_RAX …; SCAN_NO_REG also for registers that nobody follows */
  gboolean strange;       /* high bytes, vector registers, segments: not to be followed */
  gboolean per_cpu;       /* %gs or %fs */
  guint8 scale;
  gint64 value;           /* the immediate, or the displacement */
  guint symbol;           /* what the immediate or displacement refers to; MODULE_ELF_NONE */
  gint64 offset;          /* in that symbol */
} ScanOperand;

typedef struct {
  guint section, offset; /* its place in the module */
  guint8 size;
  gboolean lock, call, jump, conditional, end; /* end: what follows is not reached from here */
  gboolean indirect;      /* a jump that goes where a table says */
  guint id;               /* x86_insn */
  guint16 clobbers;       /* a bit per register that it writes */
  guint8 n_operands;
  ScanOperand operands[3]; /* in Intel's order: the destination first */
  guint target;           /* of a jump, in the same code; SCAN_NO_INSN */
  guint side_exit;        /* where a static branch or a fault goes on; SCAN_NO_INSN */
  guint callee;           /* a symbol; MODULE_ELF_NONE if it is not known */
  gboolean table_target;  /* some jump table names it */
} ScanInsn;

typedef struct {
  guint function;  /* the symbol */
  GArray *insns;   /* of ScanInsn: the function's, then those of its .cold parts */
} ScanCode;

/* A module and a disassembler for it. */
typedef struct Scanner Scanner;
Scanner *scanner_new (const ModuleElf *module);
void scanner_free (Scanner *scanner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Scanner, scanner_free)
const ModuleElf *scanner_module (const Scanner *scanner);

/* NULL if it is too large to be followed or is no code. */
ScanCode *scan_code_read (Scanner *scanner, guint function);
void scan_code_free (ScanCode *code);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScanCode, scan_code_free)
/* "addq $1, total_exits(%rip)": in AT&T's syntax, with the symbol's name. */
char *scan_code_text (Scanner *scanner, const ScanInsn *insn);
