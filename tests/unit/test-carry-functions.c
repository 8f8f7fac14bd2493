/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying one function, statement by statement, of known versions and of one between them. */
#include "unit/carry-fixture.h"

typedef struct
{
  const char *name;
  const char *old, *theirs, *lab; /* bodies: of 5.12, the student's, of 6.1 */
  const char *expected;           /* NULL: it needs a base */
} FunctionCase;

static void
try_function (Fixture *fixture, const FunctionCase *c, gboolean between, const char *wanted)
{
  const char *which = between ? ", between versions" : "";
  g_autofree char *lab = with_function (61, c->lab);
  g_autofree char *old = with_function (512, c->old);
  put_vmx (fixture, lab, old);
  g_ptr_array_set_size (fixture->submission.files, 0);
  hand_in (fixture, VMX, between ? between_versions (with_function (512, c->theirs)) : with_function (512, c->theirs));
  carry (fixture);
  if (wanted == NULL && fixture->fault == NULL)
    fail_msg ("%s%s: carried, and is to need a base", c->name, which);
  else if (wanted == NULL)
    assert_fault (fixture, STAGE_CARRY, TRUE, "no sure place");
  else
    {
      g_autofree char *expected = with_function (61, wanted);
      if (fixture->fault != NULL)
        print_error ("%s%s\n", c->name, which);
      const CarriedFile *file = carried_file (fixture, VMX);
      if (strcmp (file->text, expected) != 0)
        fail_msg ("%s%s: expected\n%s\ngot\n%.700s", c->name, which, wanted, strstr (file->text, "handle_one"));
    }
  g_clear_pointer (&fixture->carried, carried_free);
  g_clear_pointer (&fixture->fault, fault_free);
  g_clear_pointer (&fixture->index, kernel_index_free);
}

static const FunctionCase functions[] = {
  { "braces before an enclosing brace", "\tif (a) {\n\t\tif (b)\n\t\t\tgo();\n\t}\n\told();\n", "\tif (a) {\n\t\tif (b) {\n\t\t\tmy_total++;\n\t\t\tgo();\n\t\t}\n\t}\n\told();\n",
    "\tif (a) {\n\t\tif (b)\n\t\t\tgo();\n\t}\n\tnew();\n", "\tif (a) {\n\t\tif (b) {\n\t\t\tmy_total++;\n\t\t\tgo();\n\t\t}\n\t}\n\tnew();\n" },
  { "a condition of the other version", "\tif (old_only) {\n\t\told_call();\n\t}\n\tgo();\n", "\tif (old_only) {\n\t\tmy_total++;\n\t\told_call();\n\t}\n\tmy_total++;\n\tgo();\n", "\tgo();\n",
    "\tmy_total++;\n\tgo();\n" },
  { "a condition that moved", "\tif (a) {\n\t\tone();\n\t}\n\tif (b) {\n\t\ttwo();\n\t\tthree();\n\t}\n", "\tif (a) {\n\t\tmy_total++;\n\t\tone();\n\t}\n\tif (b) {\n\t\ttwo();\n\t\tthree();\n\t}\n",
    "\tif (b) {\n\t\ttwo();\n\t\tthree();\n\t}\n\tif (a) {\n\t\tone();\n\t}\n", "\tif (b) {\n\t\ttwo();\n\t\tthree();\n\t}\n\tif (a) {\n\t\tmy_total++;\n\t\tone();\n\t}\n" },
  { "a return replaced", "\tif (a)\n\t\treturn go(vcpu);\n\treturn old(vcpu);\n", "\tint ret;\n\n\tif (a) {\n\t\tret = go(vcpu);\n\t\tmy_total++;\n\t\treturn ret;\n\t}\n\treturn old(vcpu);\n",
    "\tif (a)\n\t\treturn go(vcpu);\n\treturn new(vcpu);\n", "\tint ret;\n\tif (a) {\n\t\tret = go(vcpu);\n\t\tmy_total++;\n\t\treturn ret;\n\t}\n\treturn new(vcpu);\n" },
  { "a return replaced that this kernel has otherwise", "\tgo();\n\treturn old_one(vcpu);\n", "\tint ret;\n\n\tgo();\n\tret = old_one(vcpu);\n\tmy_total++;\n\treturn ret;\n", "\tgo();\n\treturn kvm_new(arg, 5);\n", NULL },
  { "an else if", "\tif (a)\n\t\tone();\n\telse if (b)\n\t\ttwo();\n\told();\n", "\tif (a)\n\t\tone();\n\telse if (b)\n\t\ttwo();\n\telse if (my_total)\n\t\tmy_call();\n\told();\n",
    "\tif (a)\n\t\tone();\n\telse if (b)\n\t\ttwo();\n\tnew();\n", "\tif (a)\n\t\tone();\n\telse if (b)\n\t\ttwo();\n\telse if (my_total)\n\t\tmy_call();\n\tnew();\n" },
  { "a case", "\tswitch (a) {\n\tcase 1:\n\t\tone();\n\t\tbreak;\n\tcase 2:\n\t\told();\n\t\tbreak;\n\t}\n", "\tswitch (a) {\n\tcase 1:\n\t\tone();\n\t\tbreak;\n\tcase 7:\n\t\tmy_total++;\n\t\tbreak;\n\tcase 2:\n\t\told();\n\t\tbreak;\n\t}\n",
    "\tswitch (a) {\n\tcase 1:\n\t\tone();\n\t\tbreak;\n\tcase 2:\n\t\tnew();\n\t\tbreak;\n\t}\n", "\tswitch (a) {\n\tcase 1:\n\t\tone();\n\t\tbreak;\n\tcase 7:\n\t\tmy_total++;\n\t\tbreak;\n\tcase 2:\n\t\tnew();\n\t\tbreak;\n\t}\n" },
  { "a do loop", "\tdo {\n\t\tgo();\n\t} while (b);\n\told();\n", "\tdo {\n\t\tmy_total++;\n\t\tgo();\n\t} while (b);\n\told();\n", "\tdo {\n\t\tgo();\n\t} while (b);\n\tnew();\n", "\tdo {\n\t\tmy_total++;\n\t\tgo();\n\t} while (b);\n\tnew();\n" },
  { "a macro that loops", "\tkvm_for_each_vcpu(i, v, kvm)\n\t\tgo(v);\n\told();\n", "\tkvm_for_each_vcpu(i, v, kvm) {\n\t\tgo(v);\n\t\tmy_total++;\n\t}\n\told();\n", "\tkvm_for_each_vcpu(i, v, kvm)\n\t\tgo(v);\n\tnew();\n",
    "\tkvm_for_each_vcpu(i, v, kvm) {\n\t\tgo(v);\n\t\tmy_total++;\n\t}\n\tnew();\n" },
  { "a label", "\tif (a)\n\t\tgoto out;\n\told();\nout:\n\treturn 1;\n", "\tif (a)\n\t\tgoto out;\n\told();\nout:\n\tmy_total++;\n\treturn 1;\n", "\tif (a)\n\t\tgoto out;\n\tnew();\nout:\n\treturn 1;\n",
    "\tif (a)\n\t\tgoto out;\n\tnew();\nout:\n\tmy_total++;\n\treturn 1;\n" },
  { "a label of the student's", "\tone();\n\told();\n\treturn 1;\n", "\tif (my_total)\n\t\tgoto my_out;\n\tone();\n\told();\nmy_out:\n\treturn 1;\n", "\tone();\n\tnew();\n\treturn 1;\n", "\tif (my_total)\n\t\tgoto my_out;\n\tone();\n\tnew();\nmy_out:\n\treturn 1;\n" },
  { "an #ifdef", "\tone();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\tmy_total++;\n\ttwo();\n#endif\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\tnew();\n",
    "\tone();\n#ifdef CONFIG_A\n\tmy_total++;\n\ttwo();\n#endif\n\tnew();\n" },
  { "an #ifdef of the student's", "\tone();\n\ttwo();\n\told();\n", "\tone();\n#ifdef MY_COUNT\n\tmy_total++;\n#endif\n\ttwo();\n\told();\n", "\tone();\n\ttwo();\n\tnew();\n", "\tone();\n#ifdef MY_COUNT\n\tmy_total++;\n#endif\n\ttwo();\n\tnew();\n" },
  { "an #ifdef where the kernel has one", "\tone();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\told();\n",
    "\tone();\n#ifdef MY_COUNT\n\tmy_total++;\n#endif\n\tthree();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\tnew();\n",
    "\tone();\n#ifdef MY_COUNT\n\tmy_total++;\n#endif\n\tthree();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\tnew();\n" },
  { "the kernel's lines once more", "\ta = read(vcpu);\n\twrite(vcpu, a);\n\treturn 1;\n",
    "\ta = read(vcpu);\n\tif (my_total)\n\t\tgoto mine;\n\twrite(vcpu, a);\n\treturn 1;\nmine:\n\ta = my_total;\n\twrite(vcpu, a);\n\treturn 1;\n",
    "\ta = read(vcpu);\n\tnew();\n\twrite(vcpu, a);\n\treturn 1;\n",
    "\ta = read(vcpu);\n\tif (my_total)\n\t\tgoto mine;\n\tnew();\n\twrite(vcpu, a);\n\treturn 1;\nmine:\n\ta = my_total;\n\twrite(vcpu, a);\n\treturn 1;\n" },
  { "a line moved", "\twrite(vcpu, a);\n\twrite_b(vcpu, b);\n\told();\n", "\twrite_b(vcpu, b);\n\ta += my_total;\n\twrite(vcpu, a);\n\told();\n", "\twrite(vcpu, a);\n\twrite_b(vcpu, b);\n\tnew();\n",
    "\twrite_b(vcpu, b);\n\ta += my_total;\n\twrite(vcpu, a);\n\tnew();\n" },
  { "a variable that this kernel has too", "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\n\told(svm);\n", "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\tu64 code = svm->code;\n\n\tmy_total += code;\n\told(svm);\n",
    "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\tu32 code = svm->code;\n\n\tnew(svm, code);\n", "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\tu64 code = svm->code;\n\n\tmy_total += code;\n\n\tnew(svm, code);\n" },
  { "a variable that this kernel has for something else", "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\n\told(svm);\n",
    "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\tu64 code = my_total;\n\n\tmy_total += code;\n\told(svm);\n", "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\tu32 code = svm->code;\n\n\tnew(svm, code);\n", NULL },
  { "braces that no list of statements has", "\tone();\n\told();\n", "\tone();\n#ifdef MY_ALL\n\tif (a) {\n#else\n\tif (b) {\n#endif\n\t\tmy_total++;\n\t}\n\told();\n", "\tone();\n\tnew();\n", NULL },
  { "the kernel's lines taken out", "\tone();\n\tif (a)\n\t\treturn 1;\n\ttwo();\n\told();\n", "\tone();\n\ttwo();\n\tmy_total++;\n\told();\n",
    "\tone();\n\tif (a)\n\t\treturn 1;\n\ttwo();\n\tnew();\n", "\tone();\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef of the kernel's taken out", "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\told();\n",
    "\tone();\n\ttwo();\n\tmy_total++;\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\tnew();\n",
    "\tone();\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef taken out that has another name here", "\tone();\n#ifdef CONFIG_B\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\told();\n",
    "\tone();\n\ttwo();\n\tmy_total++;\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\tnew();\n",
    "\tone();\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef taken out that holds more here", "\tone();\n#ifdef CONFIG_B\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\told();\n",
    "\tone();\n\ttwo();\n\tmy_total++;\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n\tmore();\n#endif\n\ttwo();\n\tnew();\n", NULL },
  { "a check put behind a comment, and a count in its place", "\tone();\n\tif (a)\n\t\treturn 1;\n\told();\n", "\tone();\n\tmy_total++;\n\t/* if (a)\n\t\treturn 1; */\n\told();\n",
    "\tone();\n\tif (a)\n\t\treturn 1;\n\tnew();\n", "\tone();\n\tmy_total++;\n\tnew();\n" },
  { "lines taken out that this kernel has otherwise", "\tone();\n\tif (a) {\n\t\tthree();\n\t\treturn 1;\n\t}\n\ttwo();\n\told();\n", "\tone();\n\ttwo();\n\tmy_total++;\n\told();\n",
    "\tone();\n\tif (a) {\n\t\tfour();\n\t\treturn 1;\n\t}\n\ttwo();\n\tnew();\n", NULL },
  { "a return that became a goto, often", "\tif (a) {\n\t\tone();\n\t\treturn 1;\n\t}\n\tif (b) {\n\t\ttwo();\n\t\treturn 1;\n\t}\n\told();\n\treturn go();\n",
    "\tif (a) {\n\t\tone();\n\t\tgoto out;\n\t}\n\tif (b) {\n\t\ttwo();\n\t\tgoto out;\n\t}\n\told();\n\tret = go();\nout:\n\tmy_total++;\n\treturn ret;\n",
    "\tif (a) {\n\t\tone();\n\t\treturn 1;\n\t}\n\tif (b) {\n\t\ttwo();\n\t\treturn 1;\n\t}\n\tnew();\n\treturn go();\n",
    "\tif (a) {\n\t\tone();\n\t\tgoto out;\n\t}\n\tif (b) {\n\t\ttwo();\n\t\tgoto out;\n\t}\n\tnew();\n\tret = go();\nout:\n\tmy_total++;\n\treturn ret;\n" },
  { "a head that some version has", "\tone();\n\told();\n", "\tone();\n\tif (only_here)\n\t\tmy_total++;\n\told();\n", "\tone();\n\tif (only_here)\n\t\ttwo();\n\tnew();\n",
    "\tone();\n\tif (only_here)\n\t\tmy_total++;\n\tif (only_here)\n\t\ttwo();\n\tnew();\n" },
  { "a block moved above a check", "\tif (a)\n\t\treturn 1;\n\n\tone(a);\n\told();\n", "\tone(a);\n\tmy_total++;\n\tif (a)\n\t\treturn 1;\n\told();\n",
    "\tif (a)\n\t\treturn 1;\n\n\tone(a);\n\tnew();\n", "\tone(a);\n\tmy_total++;\n\tif (a)\n\t\treturn 1;\n\tnew();\n" },
  { "words that kernels know too", "\tone();\n\told();\n", "\tu64 start_time = my_clock();\n\n\tone();\n\tcounter = start_time;\n\told();\n", "\tone();\n\tnew();\n", "\tu64 start_time = my_clock();\n\tone();\n\tcounter = start_time;\n\tnew();\n" },
  { "reformatted", "\t/* why */\n\tif (a) {\n\t\tone(\"a b\");\n\t}\n\ttwo();\n\told();\n", "  if(a)one(\"a \" \"b\");\n  two(); my_total++; old();\n", "\t/* why */\n\tif (a) {\n\t\tone(\"a b\");\n\t}\n\ttwo();\n\tnew();\n",
    "\t/* why */\n\tif (a) {\n\t\tone(\"a b\");\n\t}\n\ttwo();\n my_total++;\n\tnew();\n" },
};

/* Of those rows what comes out where the file is of no version that is known; NULL: it needs a base. The others come out as they do otherwise. */
static const struct
{
  const char *name, *expected;
} in_between[] = {
  { "the kernel's lines taken out", "\tone();\n\tif (a)\n\t\treturn 1;\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef of the kernel's taken out", "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef taken out that has another name here",
    "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef taken out that holds more here",
    "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n\tmore();\n#endif\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "a check put behind a comment, and a count in its place", NULL },
  { "lines taken out that this kernel has otherwise",
    "\tone();\n\tif (a) {\n\t\tfour();\n\t\treturn 1;\n\t}\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
};

static const char *
expected_between (const FunctionCase *c)
{
  for (guint i = 0; i < G_N_ELEMENTS (in_between); i++)
    {
      if (strcmp (in_between[i].name, c->name) == 0)
        return in_between[i].expected;
    }
  return c->expected;
}

static void
test_functions (void **state)
{
  const char *only = g_getenv ("CARRY_CASE");
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      if (only != NULL && strcmp (only, functions[i].name) != 0)
        continue;
      try_function (*state, &functions[i], FALSE, functions[i].expected);
      try_function (*state, &functions[i], TRUE, expected_between (&functions[i]));
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_functions),
  };
  cmocka_set_test_filter (g_getenv ("CARRY_TEST"));
  return cmocka_run_group_tests (tests, NULL, NULL);
}
