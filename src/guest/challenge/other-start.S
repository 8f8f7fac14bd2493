/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second processor's way in: from real mode at the start of the page that its startup IPI names to 32-bit protected mode, flat
 * segments, a stack. The first part is copied to that page and refers to nothing but its own absolute address.
 */
#define PAGE 0x7000
#define STACK_BYTES 8192
#define CODE 0x08
#define DATA 0x10

        /* Behind the multiboot header, whose place the linker script fixes: for rom.S. */
        .section .multiboot, "a", @progbits
        .long   0, _start

        .text
        .globl other_trampoline, other_trampoline_end
        .code16
other_trampoline:
        cli
        xor     %ax, %ax
        mov     %ax, %ds
        lgdtl   PAGE + (2f - other_trampoline)
        mov     %cr0, %eax
        or      $1, %eax
        mov     %eax, %cr0
        ljmpl   $CODE, $other_start_32
        .balign 8
1:      .quad   0
        .quad   0x00cf9b000000ffff /* flat code, accessed */
        .quad   0x00cf93000000ffff /* flat data, accessed */
2:      .word   2b - 1b - 1
        .long   PAGE + (1b - other_trampoline)
other_trampoline_end:

        .code32
other_start_32:
        mov     $DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %eax, %ss
        mov     $stack_end, %esp
        call    other_main
3:      cli
        hlt
        jmp     3b

        .bss
        .balign 16
stack:  .skip   STACK_BYTES
stack_end:

        .section .note.GNU-stack, "", @progbits
