/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The known-answer guest: no operating system, one CPU, interrupts off. It performs each operation of
 * record/operations.h that is its own exactly as often as the table says. Freestanding: there is no C library here.
 */
#ifndef HARNESS_KNOWN_ANSWER_H
#define HARNESS_KNOWN_ANSWER_H

#include <stdint.h>

#include "record/operations.h"

#define KNOWN_PAGE 4096u
#define KNOWN_MIB (1u << 20)

struct known_operation {
        int (*prepare)(void);              /* all that the operation needs; 0: this machine cannot do it */
        void (*run)(uint32_t repetitions); /* between them nothing that exits */
};

extern const struct known_operation known_operations[OPERATIONS];

/* Gives first-touch its pages, from RAM of so many bytes that starts at 0. Once, before the first round. */
void known_operations_init(uint32_t memory);

static inline void port_out(uint16_t port, uint8_t byte)
{
        __asm__ __volatile__("outb %0, %1" : : "a"(byte), "Nd"(port) : "memory");
}

static inline void port_out_16(uint16_t port, uint16_t word)
{
        __asm__ __volatile__("outw %0, %1" : : "a"(word), "Nd"(port) : "memory");
}

static inline uint8_t port_in(uint16_t port)
{
        uint8_t byte;

        __asm__ __volatile__("inb %1, %0" : "=a"(byte) : "Nd"(port) : "memory");
        return byte;
}

static inline uint32_t read_cr0(void)
{
        uint32_t value;

        __asm__ __volatile__("mov %%cr0, %0" : "=r"(value));
        return value;
}

static inline void write_cr0(uint32_t value)
{
        __asm__ __volatile__("mov %0, %%cr0" : : "r"(value) : "memory");
}

static inline uint32_t read_cr3(void)
{
        uint32_t value;

        __asm__ __volatile__("mov %%cr3, %0" : "=r"(value));
        return value;
}

static inline void write_cr3(uint32_t value)
{
        __asm__ __volatile__("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint32_t read_cr4(void)
{
        uint32_t value;

        __asm__ __volatile__("mov %%cr4, %0" : "=r"(value));
        return value;
}

static inline void write_cr4(uint32_t value)
{
        __asm__ __volatile__("mov %0, %%cr4" : : "r"(value) : "memory");
}

#endif
