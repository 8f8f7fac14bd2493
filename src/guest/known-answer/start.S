/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The known-answer guest's way in: the multiboot header, a GDT and a stack of its own, and the stubs that exceptions
 * arrive at. The loader enters at _start in 32-bit protected mode, paging and interrupts off, eax and ebx as
 * the Multiboot Specification 0.6.96, section 3.2, says.
 */
#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x2 /* tell the size of memory */
#define STACK_BYTES 16384
#define CODE 0x08
#define DATA 0x10

        .section .multiboot, "a", @progbits
        .balign 4
        .long MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

        .text
        .globl _start
_start:
        cli
        cld
        mov     %eax, %esi
        lgdt    gdt_pointer
        ljmp    $CODE, $1f
1:      mov     $DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %eax, %ss
        mov     $stack_end, %esp
        mov     $bss_begin, %edi
        mov     $bss_end, %ecx
        sub     %edi, %ecx
        xor     %eax, %eax
        rep stosb
        sub     $8, %esp /* the arguments end at a multiple of 16, as the ABI wants */
        push    %ebx
        push    %esi
        call    known_answer
2:      cli
        hlt
        jmp     2b

/* One stub for each exception, STUB_BYTES apart: its number and, where the processor puts none, an error code of 0. */
#define HAS_ERROR_CODE ((1 << 8) | (0x1f << 10) | (1 << 17) | (1 << 21) | (3 << 29))
        .balign 16
        .globl exception_stubs
exception_stubs:
        .set    vector, 0
        .rept   32
        .balign 16
        .if     ((HAS_ERROR_CODE >> vector) & 1) == 0
        push    $0
        .endif
        push    $vector
        jmp     exception
        .set    vector, vector + 1
        .endr

exception:
        mov     (%esp), %eax  /* the number */
        mov     8(%esp), %edx /* EIP, above the error code */
        and     $-16, %esp
        sub     $8, %esp
        push    %edx
        push    %eax
        call    known_answer_exception
3:      cli
        hlt
        jmp     3b

        .section .rodata
        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff /* flat code, accessed: nothing is to be written here later */
        .quad   0x00cf93000000ffff /* flat data, accessed */
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt

        .bss
        .balign 16
stack:  .skip   STACK_BYTES
stack_end:

        .section .note.GNU-stack, "", @progbits
