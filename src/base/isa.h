/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two instruction sets for virtualization. A lab is one of them. */
#pragma once
#include <glib.h>

typedef enum { ISA_VMX, ISA_SVM } Isa;
const char *isa_name (Isa isa); /* "vmx", "svm" */
gboolean isa_parse (const char *name, Isa *isa);
