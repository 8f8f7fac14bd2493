/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An option ROM for L2 that marks where BIOS firmware ends: it puts itself before INT 19h, by which the firmware boots, and
 * makes RECORD_MARK_LOADER there. It has no PnP header, so SeaBIOS calls it last of all, when it has made up its mind what to boot.
 */
#define MARK_LOADER 0x0e0a /* RECORD_MARK_PORT + RECORD_MARK_LOADER of record/record.h */

.code16
.globl _start
_start:
        .byte 0x55, 0xaa, 1             /* an option ROM of one sector */
        jmp     init
        .org    0x18
        .word   0, 0                    /* no PCI data, no PnP header */

init:   pushw   %ds                     /* the ROM is still RAM: INT 19h's vector is kept in it */
        pushl   %eax
        xorw    %ax, %ax
        movw    %ax, %ds
        movl    0x64, %eax
        movl    %eax, %cs:before
        movw    $boot, 0x64
        movw    %cs, 0x66
        popl    %eax
        popw    %ds
        lretw

boot:   pushw   %ax
        pushw   %dx
        movw    $MARK_LOADER, %dx
        xorb    %al, %al
        outb    %al, %dx
        popw    %dx
        popw    %ax
        ljmpw   *%cs:before

before: .long   0
        .org    511
        .byte   0                       /* makes the sum of all bytes 0, which it becomes in image/l2-volume.c */
