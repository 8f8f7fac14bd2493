/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The known-answer guest's course: paging and exceptions, then every operation of its own in the table's order, each round
 * between its two marks, then the end. It must not be disturbed: interrupts stay off, and an exception, which
 * none is expected of, is reported and ends it.
 */
#include "guest/known-answer/bare.h"
#include "guest/known-answer/known-answer.h"
#include "record/record.h"

#define PORT_PM_CONTROL 0x604u     /* where SeaBIOS puts it */
#define PORT_PM_CONTROL_OLD 0xb004u
#define PM_CONTROL_SLEEP 0x2000u   /* SLP_EN with type 0: off */
#define PORT_SERIAL 0x3f8u
#define PORT_SERIAL_STATUS 0x3fdu
#define SERIAL_STATUS_EMPTY 0x20u
#define SERIAL_PATIENCE 100000u

static void __attribute__((noreturn)) power_off(void)
{
        port_out_16(PORT_PM_CONTROL, PM_CONTROL_SLEEP);
        port_out_16(PORT_PM_CONTROL_OLD, PM_CONTROL_SLEEP);
        for (;;)
                __asm__ __volatile__("cli; hlt");
}

static void serial_say(const char *text)
{
        for (; *text; text++) {
                for (uint32_t left = SERIAL_PATIENCE; left && !(port_in(PORT_SERIAL_STATUS) & SERIAL_STATUS_EMPTY); left--)
                        continue;
                port_out(PORT_SERIAL, (uint8_t)*text);
        }
}

static void report(const char *text)
{
        for (; *text; text++)
                port_out(RECORD_REPORT_PORT, (uint8_t)*text);
}

static void report_number(uint32_t value, uint32_t base)
{
        if (value >= base)
                report_number(value / base, base);
        port_out(RECORD_REPORT_PORT, (uint8_t)"0123456789abcdef"[value % base]);
}

void known_answer_exception(uint32_t vector, uint32_t eip)
{
        report("known-answer: exception ");
        report_number(vector, 10);
        report(" at 0x");
        report_number(eip, 16);
        report("\n");
        power_off();
}

static void perform(uint32_t number)
{
        const struct record_operation *row = &record_operations[number];
        const struct known_operation *operation = &known_operations[number];

        for (uint32_t round = 0; round < row->rounds; round++) {
                if (!operation->prepare())
                        return;
                /* What behaves otherwise the first time does so here. */
                operation->run(1);
                port_out((uint16_t)(RECORD_OPERATION_PORT + number), 0);
                operation->run(row->repetitions);
                port_out(RECORD_MARK_PORT + RECORD_MARK_OPERATION_END, 0);
        }
}

void known_answer(uint32_t magic, const struct multiboot_info *info)
{
        catch_exceptions();
        turn_paging_on();
        touch_image();
        known_operations_init(memory_of(magic, info));
        serial_say("known-answer: begins\n");
        for (uint32_t number = 0; number < OPERATIONS; number++)
                if (record_operations[number].guest == RECORD_GUEST_KNOWN_ANSWER)
                        perform(number);
        serial_say("known-answer: done\n");
        power_off();
}
