/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware of the challenge's virtual machine: 64 KiB below 4 GiB, whose reset vector goes to 32-bit protected mode and on to the
 * guest, which QEMU has put into memory beside its program. There is no BIOS: it would start the second processor and wait for it with
 * interrupts off, and while L2 has them off Bochs keeps L1's interrupts back, so that L1 would never run the other one.
 *
 * The guest is entered as a multiboot loader would (Multiboot Specification 0.6.96, section 3.2), with one module.
 */
#define LOADED 0x2badb002
#define INFO_FLAGS 0x9           /* memory and modules are told */
#define MEMORY_KIB (63 * 1024)   /* above 1 MiB, of 64 */
#define PROGRAM 0x400000         /* as told to QEMU in grader-guest.c */
#define PROGRAM_END 0x500000
#define GUEST_ENTRY 0x100010     /* where other-start.S has the address of the guest's entry */
#define CODE 0x08
#define DATA 0x10

        .text
        .globl _start
_start:
rom:
        .code16
begin:  cli
        lgdtl   %cs:(gdt_pointer - rom)
        mov     %cr0, %eax
        and     $0x9fffffff, %eax /* caches on */
        or      $1, %eax
        mov     %eax, %cr0
        ljmpl   $CODE, $flat

        .code32
flat:   mov     $DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %eax, %ss
        mov     $LOADED, %eax
        mov     $info, %ebx
        jmp     *GUEST_ENTRY

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff /* flat code, accessed */
        .quad   0x00cf93000000ffff /* flat data, accessed */
gdt_pointer:
        .word   gdt_pointer - gdt - 1
        .long   gdt
        .balign 4
info:   .long   INFO_FLAGS, 640, MEMORY_KIB, 0, 0, 1, module
module: .long   PROGRAM, PROGRAM_END, 0, 0

        .org    0xfff0
        .byte   0xe9 /* JMP near, written out: assemblers do not agree that IP wraps at 64 KiB */
        .word   (begin - reset_end) & 0xffff
reset_end:
        .org    0x10000

        .section .note.GNU-stack, "", @progbits
