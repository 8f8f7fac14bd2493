#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 14400
# Every submission but the shapes is graded by labs that really run: exactly the rows of its expect.conf.
SUBMISSIONS=all exec tests/labs/grading.sh
