/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a guest without an operating system begins: exceptions caught, paging on, every page of its own touched.
 * For the one source file of such a guest that has its entry.
 */
#ifndef HARNESS_BARE_H
#define HARNESS_BARE_H

#include "guest/known-answer/known-answer.h"

#define MULTIBOOT_LOADED 0x2badb002u
#define MULTIBOOT_INFO_MEMORY 1u
#define CODE_SELECTOR 0x08u
#define GATE_INTERRUPT 0x8e00u /* present, ring 0, 32 bits, interrupts off: Intel SDM volume 3, section 6.11 */
#define EXCEPTIONS 32u
#define STUB_BYTES 16u
#define CR0_PG (1u << 31)
#define CR4_PSE (1u << 4)
/* A directory entry that maps 4 MiB: Intel SDM volume 3, table 4-4. Accessed and dirty, so that the processor writes nothing later. */
#define PDE_MEMORY 0xe3u
#define PDE_DEVICE (PDE_MEMORY | 0x18u) /* not cached */
#define DEVICES_FROM 0xc0000000u        /* RAM ends below in QEMU's pc */
#define PORT_PIC_MASK 0x21u
#define PORT_PIC_SLAVE_MASK 0xa1u

struct multiboot_info {
        uint32_t flags;
        uint32_t lower_kib, upper_kib; /* from 0 and from 1 MiB */
        uint32_t boot_device, cmdline;
        uint32_t modules, modules_at;
};

/* Of start.S and the linker script. */
extern char exception_stubs[];
extern char image_begin[], image_end[];
void known_answer(uint32_t magic, const struct multiboot_info *info);
void known_answer_exception(uint32_t vector, uint32_t eip) __attribute__((noreturn));

static uint32_t page_directory[1024] __attribute__((aligned(4096)));
static uint64_t gates[EXCEPTIONS];

static void catch_exceptions(void)
{
        const struct {
                uint16_t limit;
                uint32_t base;
        } __attribute__((packed)) idt = { sizeof gates - 1, (uint32_t)gates };

        for (uint32_t i = 0; i < EXCEPTIONS; i++) {
                const uint32_t stub = (uint32_t)exception_stubs + i * STUB_BYTES;

                gates[i] = (uint64_t)((stub & 0xffff0000u) | GATE_INTERRUPT) << 32 | CODE_SELECTOR << 16 | (stub & 0xffffu);
        }
        __asm__ __volatile__("lidt %0" : : "m"(idt));
        port_out(PORT_PIC_MASK, 0xff);
        port_out(PORT_PIC_SLAVE_MASK, 0xff);
}

/* Every address is mapped to itself, in pages of 4 MiB. */
static void turn_paging_on(void)
{
        for (uint32_t i = 0; i < 1024; i++) {
                const uint32_t address = i << 22;

                page_directory[i] = address | (address < DEVICES_FROM ? PDE_MEMORY : PDE_DEVICE);
        }
        write_cr4(read_cr4() | CR4_PSE);
        write_cr3((uint32_t)page_directory);
        write_cr0(read_cr0() | CR0_PG);
}

/* Writes to every page of the image and of the stack, which is part of it, what stands there: none is new in a round. */
static void touch_image(void)
{
        for (volatile char *at = image_begin; at < (volatile char *)image_end; at += KNOWN_PAGE)
                *at = *at;
}

static uint32_t memory_of(uint32_t magic, const struct multiboot_info *info)
{
        if (magic != MULTIBOOT_LOADED || !(info->flags & MULTIBOOT_INFO_MEMORY) || info->upper_kib >= (DEVICES_FROM - KNOWN_MIB) / 1024)
                return 0;
        return KNOWN_MIB + info->upper_kib * 1024;
}

#endif
