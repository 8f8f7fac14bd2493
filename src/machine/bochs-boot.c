/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot image and boot ROM for Bochs. The ROM's code is below, assembled into this program's read-only data. */
#include "machine/bochs-boot.h"

#include <string.h>

#include "base/error.h"
#include "machine/bochsrc.h"

#define SECTOR 512u
#define LOW_ADDRESS 0x90000u
#define LOW_BYTES 0xa000u     /* what is loaded there: setup code, heap, command line */
#define SETUP_MAX 0x8000u     /* boot.rst: the real-mode code and its data fit in 32 KiB */
#define HEAP_END 0x8e00u      /* also the stack's top; less than the command line's offset */
#define CMDLINE_OFFSET 0x9000u

/* Offsets in the setup header (boot.rst). */
#define HEADER_SETUP_SECTS 0x1f1
#define HEADER_VID_MODE 0x1fa
#define HEADER_MAGIC 0x202
#define HEADER_VERSION 0x206
#define HEADER_KERNEL_VERSION 0x20e /* of a string, from 0x200 on */
#define HEADER_TYPE_OF_LOADER 0x210
#define HEADER_LOADFLAGS 0x211
#define HEADER_HEAP_END_PTR 0x224
#define HEADER_CMD_LINE_PTR 0x228
#define HEADER_END 0x268
#define LOADED_HIGH 0x01
#define CAN_USE_HEAP 0x80
#define VID_MODE_NORMAL 0xffff
#define LOADER_UNDEFINED 0xff

/* The ROM's table: { destination, sectors } twice, then 0. */
#define ROM_LOW 6
#define ROM_HIGH 14
#define ROM_CHECKSUM 511

/*
 * The ROM, at 0xd0000. It runs in real mode with ES's limit widened to 4 GiB by a short visit to protected mode
 * ("unreal mode"), so that `rep insl` can store above 1 MiB. Ports are those of the third ATA channel.
 */
__asm__ (".pushsection .rodata\n"
         ".globl bochs_boot_rom\n"
         ".code16\n"
         "bochs_boot_rom:\n"
         "  .byte 0x55, 0xaa, 1\n" /* option ROM signature, its size in sectors */
         "  jmp 10f\n"
         "  .org bochs_boot_rom + 6\n"
         "  .long 0x90000, 0, 0x100000, 0, 0\n"
         "20: .quad 0, 0x00cf93000000ffff\n" /* GDT: null, flat data */
         "21: .word 15\n"
         "  .long 0xd0000 + 20b - bochs_boot_rom\n"
         "10: cli\n"
         "  cld\n"
         "  inb $0x92, %al\n" /* A20 on */
         "  orb $2, %al\n"
         "  outb %al, $0x92\n"
         "  movw %cs, %ax\n"
         "  movw %ax, %ds\n"
         "  lgdtl 21b - bochs_boot_rom\n"
         "  movl %cr0, %eax\n"
         "  orb $1, %al\n"
         "  movl %eax, %cr0\n"
         "  jmp 11f\n"
         "11: movw $8, %bx\n"
         "  movw %bx, %es\n"
         "  andb $0xfe, %al\n"
         "  movl %eax, %cr0\n"
         "  jmp 12f\n"
         "12: xorw %ax, %ax\n"
         "  movw %ax, %es\n"
         "  movw $0x3e6, %dx\n" /* nIEN: this channel is polled */
         "  movb $2, %al\n"
         "  outb %al, %dx\n"
         "  movl $0, %ebx\n" /* next LBA */
         "  movw $6, %si\n"
         "13: movl (%si), %edi\n" /* a row of the table: where to, */
         "  testl %edi, %edi\n"
         "  jz 18f\n"
         "  movl 4(%si), %ebp\n" /* how many sectors */
         "  addw $8, %si\n"
         "14: testl %ebp, %ebp\n"
         "  jz 13b\n"
         "  movl $256, %ecx\n" /* READ SECTORS takes 256 at most, written as 0 */
         "  cmpl %ecx, %ebp\n"
         "  jae 15f\n"
         "  movl %ebp, %ecx\n"
         "15: subl %ecx, %ebp\n"
         "  movw $0x1ea, %dx\n"
         "  movb %cl, %al\n"
         "  outb %al, %dx\n"
         "  incw %dx\n"
         "  movb %bl, %al\n"
         "  outb %al, %dx\n"
         "  incw %dx\n"
         "  movb %bh, %al\n"
         "  outb %al, %dx\n"
         "  incw %dx\n"
         "  movl %ebx, %eax\n"
         "  shrl $16, %eax\n"
         "  outb %al, %dx\n"
         "  incw %dx\n"
         "  movb $0xe0, %al\n" /* LBA, master */
         "  outb %al, %dx\n"
         "  incw %dx\n"
         "  movb $0x20, %al\n"
         "  outb %al, %dx\n"
         "  addl %ecx, %ebx\n"
         "16: movw $0x1ef, %dx\n"
         "17: inb %dx, %al\n"
         "  andb $0x88, %al\n" /* BSY, DRQ */
         "  cmpb $0x08, %al\n"
         "  jne 17b\n"
         "  pushw %cx\n"
         "  movw $0x1e8, %dx\n"
         "  movl $128, %ecx\n"
         "  .byte 0xf3, 0x66, 0x67, 0x6d\n" /* rep insl (%dx), %es:(%edi): clang has no addr32 here */
         "  popw %cx\n"
         "  decw %cx\n"
         "  jnz 16b\n"
         "  jmp 14b\n"
         "18: movw $0x9000, %ax\n"
         "  movw %ax, %ds\n"
         "  movw %ax, %es\n"
         "  movw %ax, %fs\n"
         "  movw %ax, %gs\n"
         "  movw %ax, %ss\n"
         "  movl $0x8e00, %esp\n"
         "  ljmp $0x9020, $0\n"
         "  .org bochs_boot_rom + 512, 0\n"
         ".code64\n"
         ".popsection\n");
extern const guint8 bochs_boot_rom[BOCHS_ROM_BYTES];

static void
put16 (guint8 *at, guint value)
{
  at[0] = value & 0xff;
  at[1] = value >> 8 & 0xff;
}

static void
put32 (guint8 *at, gsize value)
{
  put16 (at, value & 0xffff);
  put16 (at + 2, value >> 16 & 0xffff);
}

static gboolean
find_setup (const guint8 *kernel, gsize bytes, gsize *setup_bytes, GError **error)
{
  if (bytes < 2 * SECTOR || memcmp (kernel + HEADER_MAGIC, "HdrS", 4) != 0)
    return fail (error, HARNESS_ERROR_FAILED, "L1's kernel: not a bzImage (no HdrS)");
  const guint version = kernel[HEADER_VERSION] | kernel[HEADER_VERSION + 1] << 8;
  if (version < 0x0202 || (kernel[HEADER_LOADFLAGS] & LOADED_HIGH) == 0)
    return fail (error, HARNESS_ERROR_FAILED, "L1's kernel: boot protocol %x.%02x, not loaded high", version >> 8,
                 version & 0xff);
  const gsize sectors = kernel[HEADER_SETUP_SECTS] != 0 ? kernel[HEADER_SETUP_SECTS] : 4;
  *setup_bytes = (sectors + 1) * SECTOR;
  if (*setup_bytes > SETUP_MAX || *setup_bytes >= bytes || *setup_bytes < HEADER_END)
    return fail (error, HARNESS_ERROR_FAILED, "L1's kernel: %zu setup sectors in a file of %zu bytes", sectors, bytes);
  return TRUE;
}

static void
fill_header (guint8 *low)
{
  put16 (low + HEADER_VID_MODE, VID_MODE_NORMAL);
  low[HEADER_TYPE_OF_LOADER] = LOADER_UNDEFINED;
  low[HEADER_LOADFLAGS] |= CAN_USE_HEAP;
  put16 (low + HEADER_HEAP_END_PTR, HEAP_END - 0x200);
  put32 (low + HEADER_CMD_LINE_PTR, LOW_ADDRESS + CMDLINE_OFFSET);
}

static gsize
round_up (gsize value, gsize unit)
{
  return (value + unit - 1) / unit * unit;
}

static GByteArray *
make_image (const guint8 *kernel, gsize bytes, gsize setup_bytes, const char *cmdline)
{
  const gsize total = round_up (LOW_BYTES + bytes - setup_bytes, BOCHS_CYLINDER_BYTES);
  GByteArray *image = g_byte_array_sized_new ((guint) total);
  g_byte_array_set_size (image, (guint) total);
  memset (image->data, 0, total);
  memcpy (image->data, kernel, setup_bytes);
  fill_header (image->data);
  memcpy (image->data + CMDLINE_OFFSET, cmdline, strlen (cmdline) + 1);
  memcpy (image->data + LOW_BYTES, kernel + setup_bytes, bytes - setup_bytes);
  return image;
}

/* An option ROM's bytes sum up to 0. */
static GByteArray *
make_rom (gsize high_bytes)
{
  guint8 sum = 0;
  GByteArray *rom = g_byte_array_sized_new (BOCHS_ROM_BYTES);
  g_byte_array_append (rom, bochs_boot_rom, BOCHS_ROM_BYTES);
  put32 (rom->data + ROM_LOW + 4, LOW_BYTES / SECTOR);
  put32 (rom->data + ROM_HIGH + 4, round_up (high_bytes, SECTOR) / SECTOR);
  for (guint i = 0; i < ROM_CHECKSUM; i++)
    sum = (guint8) (sum + rom->data[i]);
  rom->data[ROM_CHECKSUM] = (guint8) -sum;
  return rom;
}

gboolean
bochs_boot_make (const void *kernel, gsize kernel_bytes, const char *cmdline, GByteArray **image, GByteArray **rom,
                 GError **error)
{
  gsize setup_bytes = 0;
  if (kernel_bytes > 128u << 20)
    return fail (error, HARNESS_ERROR_FAILED, "L1's kernel: %zu bytes is too large", kernel_bytes);
  if (!find_setup (kernel, kernel_bytes, &setup_bytes, error))
    return FALSE;
  if (strlen (cmdline) >= LOW_BYTES - CMDLINE_OFFSET)
    return fail (error, HARNESS_ERROR_USAGE, "L1's command line: too long");
  *image = make_image (kernel, kernel_bytes, setup_bytes, cmdline);
  *rom = make_rom (kernel_bytes - setup_bytes);
  return TRUE;
}

gboolean
bochs_boot_preempts (const void *kernel, gsize kernel_bytes)
{
  const guint8 *bytes = kernel;
  gsize setup_bytes = 0;
  if (!find_setup (bytes, kernel_bytes, &setup_bytes, NULL))
    return FALSE;
  const gsize at = 0x200u + (bytes[HEADER_KERNEL_VERSION] | (gsize) bytes[HEADER_KERNEL_VERSION + 1] << 8);
  g_autofree char *version = at < setup_bytes ? g_strndup ((const char *) bytes + at, setup_bytes - at) : NULL;
  return version != NULL && strstr (version, " PREEMPT") != NULL;
}
