/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for a terminal: nothing in it steers one, be it ASCII, C1 in UTF-8, or a byte that is no UTF-8. */
#include "unit/unit.h"

#include "cli/terminal.h"

static void
test_terminal_text (void **state)
{
  static const struct { const char *text, *expected; } cases[] = {
    { "two\nlines\tand ü", "two\nlines and ü" },
    { "\033[2J\r\x7f", "?[2J??" },
    { "\xc2\x9b" "31m", "?31m" },
    { "\x9b" "31m", "\xef\xbf\xbd" "31m" },
    { "", "" },
  };

  (void) state;
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = terminal_text (cases[i].text);
      assert_string_equal (text, cases[i].expected);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_terminal_text),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
