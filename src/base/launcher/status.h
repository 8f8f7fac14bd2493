/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How sandbox-launch ends for reasons of its own. No program in it can end it so: its exit status
 * is made smaller then.
 */
#pragma once

/* A scratch folder held more than it may, or there were too many processes: the program's doing. */
#define LAUNCH_FULL 250
/* The sandbox could not be made, or the host's disk ran full: not the program's doing. */
#define LAUNCH_FAILED 251
