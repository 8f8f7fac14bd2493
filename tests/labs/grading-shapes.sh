#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 2400
# Shapes of real submissions, handed in from the kernels that they were made from, get exactly the rows of their expect.conf: a sample of both vendors, or with
# SHAPES=all every one whose kernel is at hand (tests/slow/grading-shapes.sh).
SHAPES=${SHAPES:-shape-counted-before-each-return shape-a3-struct-by-reason shape-counted-at-top shape-wrapper-counts shape-svm-wrapper shape-svm-counted-at-top shape-svm-wrapper-5.10 shape-one-function-wrapped}
export SHAPES
exec tests/labs/grading.sh
