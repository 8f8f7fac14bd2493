/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The challenge guest: performs the program that it was given (record/challenge.h) with interrupts off, keeps what CPUID
 * answered, and tells it through the ports that the emulator's exit log names.
 */
#include "guest/challenge/challenge.h"
#include "guest/known-answer/bare.h"

#define MULTIBOOT_INFO_MODULES 8u
#define ANSWER_REGISTERS 4u
#define ALL_ONES 0xffffffffu

struct multiboot_module {
        uint32_t from, to, text, reserved;
};

struct answer {
        uint32_t registers[ANSWER_REGISTERS]; /* eax, ebx, ecx, edx */
        uint32_t mask;                        /* CHALLENGE_MASK_TIME, or 0 */
        uint32_t time_low, time_high;
};

static struct answer answers[CHALLENGE_ANSWERS_MAX];
static uint32_t nr_answers;

/* QEMU ends with a status made of the code. */
static void __attribute__((noreturn)) leave(uint8_t code)
{
        port_out(CHALLENGE_LEAVE_PORT, code);
        for (;;)
                __asm__ __volatile__("cli; hlt");
}

void known_answer_exception(uint32_t vector, uint32_t eip)
{
        (void)eip;
        port_out((uint16_t)(CHALLENGE_EXCEPTION_PORT + vector), 0);
        leave(CHALLENGE_LEAVE_BAD);
}

/* Beyond what fits an answer is lost, and its place in the report missing: the host never asks for so many. */
static struct answer *next_answer(void)
{
        return &answers[nr_answers < CHALLENGE_ANSWERS_MAX - 1 ? nr_answers++ : CHALLENGE_ANSWERS_MAX - 1];
}

static void symbol(uint32_t value)
{
        port_out((uint16_t)(CHALLENGE_SYMBOL_PORT + (value & 0xfff)), 0);
}

static void tell_register(uint32_t value)
{
        symbol(value);
        symbol(value >> 12);
        symbol(value >> 24);
}

static void tell_answer(const struct answer *answer)
{
        uint32_t mask = answer->mask;

        for (uint32_t i = 0; i < ANSWER_REGISTERS; i++) {
                if (answer->registers[i] == ALL_ONES)
                        mask |= 0x10u << i;
                else if (answer->registers[i])
                        mask |= 1u << i;
        }
        symbol(mask);
        for (uint32_t i = 0; i < ANSWER_REGISTERS; i++)
                if (mask & 1u << i)
                        tell_register(answer->registers[i]);
        if (!(mask & CHALLENGE_MASK_TIME))
                return;
        tell_register(answer->time_low);
        tell_register(answer->time_high);
}

static void flush(void)
{
        for (uint32_t i = 0; i < nr_answers; i++)
                tell_answer(&answers[i]);
        nr_answers = 0;
}

static void read_leaf(const struct challenge_step *step)
{
        struct answer *answer = next_answer();
        uint64_t time = 0;
        uint32_t eax, ebx, ecx, edx;

        answer->mask = 0;
        if (step->flags & CHALLENGE_FLAG_TIME) {
                time = read_tsc();
                answer->mask = CHALLENGE_MASK_TIME;
        }
        __asm__ __volatile__("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "0"(step->a), "1"(step->noise), "2"(step->b), "3"(~step->noise));
        answer->registers[0] = eax;
        answer->registers[1] = ebx;
        answer->registers[2] = ecx;
        answer->registers[3] = edx;
        answer->time_low = (uint32_t)time;
        answer->time_high = (uint32_t)(time >> 32);
}

/* What bit of ecx each processor answers with is told in challenge.h. */
static uint32_t perform(const struct challenge_step *step)
{
        const int two = step->kind == CHALLENGE_CONCURRENT && other_start(step->op, step->b);
        uint32_t done = challenge_perform(step->op, step->a) ? 1 : 0;

        if (two && other_wait())
                done |= 2;
        return done;
}

static void perform_timed(const struct challenge_step *step)
{
        struct answer *answer = next_answer();
        const uint64_t begin = read_tsc();
        const uint32_t done = perform(step);
        const uint64_t ticks = read_tsc() - begin;

        answer->registers[0] = (uint32_t)ticks;
        answer->registers[1] = (uint32_t)(ticks >> 32);
        answer->registers[2] = done;
        answer->registers[3] = 0;
        answer->mask = 0;
}

static void take_step(const struct challenge_step *step, uint32_t number)
{
        if (step->kind == CHALLENGE_READ) {
                read_leaf(step);
                return;
        }
        port_out((uint16_t)(CHALLENGE_STEP_PORT + (number & 0xfff)), 0);
        if (step->kind == CHALLENGE_FLUSH)
                flush();
        else
                perform_timed(step);
        port_out(CHALLENGE_STEP_END_PORT, 0);
}

/* NULL if there is none, or it is none. */
static const struct challenge_header *find_program(uint32_t magic, const struct multiboot_info *info)
{
        const struct multiboot_module *module;
        const struct challenge_header *header;

        if (magic != MULTIBOOT_LOADED || !(info->flags & MULTIBOOT_INFO_MODULES) || !info->modules)
                return 0;
        module = (const struct multiboot_module *)info->modules_at;
        header = (const struct challenge_header *)module->from;
        if (module->to - module->from < sizeof *header || header->magic != CHALLENGE_MAGIC || header->steps > CHALLENGE_STEPS_MAX)
                return 0;
        return module->to - module->from >= sizeof *header + header->steps * sizeof(struct challenge_step) ? header : 0;
}

void known_answer(uint32_t magic, const struct multiboot_info *info)
{
        const struct challenge_header *program = find_program(magic, info);
        const struct challenge_step *steps = (const struct challenge_step *)(program + 1);

        catch_exceptions();
        turn_paging_on();
        touch_image();
        known_operations_init(memory_of(magic, info));
        if (!program || !x2apic_enable())
                leave(CHALLENGE_LEAVE_BAD);
        port_out(CHALLENGE_BEGIN_PORT, 0);
        for (uint32_t number = 0; number < program->steps; number++)
                take_step(&steps[number], number);
        port_out(CHALLENGE_END_PORT, 0);
        leave(CHALLENGE_LEAVE_DONE);
}
