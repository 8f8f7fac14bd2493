/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRC-32C by table, for processors without the instruction and for the test that compares the two.
 * Chains: crc (crc (0, a), b) is the CRC of a and b together.
 */
#ifndef HARNESS_RECORD_CRC32C_H
#define HARNESS_RECORD_CRC32C_H

#include "record/record.h"

uint32_t record_crc32c_table (uint32_t crc, const void *data, size_t size);

#endif
