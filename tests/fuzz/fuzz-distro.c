/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes what reads a publisher's and a disk's words: checksum files, gpgv's status, qemu-img's info, dpkg's status, os-release, Release files,
 * boot loaders' configurations. LLVMFuzzerTestOneInput is the usual entry; the plain main (left out with -DFUZZ_ENGINE) mutates
 * valid texts at random:   fuzz-distro [seconds [seed]]
 *
 * Besides not crashing: what is handed on is within its limits, and of its alphabet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz/fuzz.h"

#include "image/distro-about.h"
#include "image/distro-info.h"
#include "image/distro-look.h"
#include "image/distro-packages.h"
#include "image/distro-sums.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static void
check_plain (const char *text)
{
  if (strlen (text) > DISTRO_TEXT_MAX)
    abort ();
  for (; *text; text++)
    if (*text < ' ' || *text > '~')
      abort ();
}

static void
check_sums (const char *text)
{
  g_autofree char *hex = NULL;
  g_autoptr (GError) error = NULL;
  const gboolean ok = sums_find (text, G_CHECKSUM_SHA256, "image", &hex, &error);

  if (ok != (error == NULL) || ok != (hex != NULL) || (ok && strspn (hex, "0123456789abcdef") != 64))
    abort ();
  sums_signature_is_good (text, "D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81");
}

static void
check_disk (const char *text)
{
  g_autoptr (GPtrArray) packages = distro_about_packages (text);
  g_autofree char *os = distro_about_os (text, "PRETTY_NAME");
  gint64 seconds;

  check_plain (os);
  for (guint i = 0; i < packages->len; i++)
    {
      const DistroPackage *package = packages->pdata[i];

      check_plain (package->name);
      check_plain (package->version);
    }
  distro_look_for_console (text);
  if (distro_release_date (text, &seconds) && seconds < 0)
    abort ();
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (DistroInfo) info = { 0 };

  check_sums (text);
  check_disk (text);
  if (distro_info_parse (text, &info, NULL) && info.format == NULL)
    abort ();
  return 0;
}

#ifndef FUZZ_ENGINE
static const char *const seeds[] = {
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  image\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 *other\n",
  "[GNUPG:] NEWSIG\n[GNUPG:] VALIDSIG 00 2026-01-01 0 0 4 0 1 10 00 D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81\n",
  "{\"format\":\"qcow2\",\"virtual-size\":1048576,\"encrypted\":true,\"format-specific\":{\"data\":{\"data-file\":\"x\"}}}",
  "Package: a\nStatus: install ok installed\nVersion: 1:2-3\n\nPackage: b\nVersion: 4\nStatus: install ok installed\n",
  "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID='debian'\n",
  "Origin: Debian\nDate: Sat, 15 Nov 2025 09:47:11 UTC\n",
  "menuentry 'x' {\n\tlinux /vmlinuz root=x console=ttyS0\n}\n",
};

static void
run_one (void)
{
  static const char interesting[] = "\"'\n\r\t 0919-+.:=*{}[]\0\033\302\377xP";
  g_autoptr (GString) text = g_string_new (seeds[draw (G_N_ELEMENTS (seeds))]);

  for (unsigned n = draw (6); n > 0 && text->len > 0; n--)
    {
      const unsigned at = draw ((unsigned) text->len), kind = draw (4);
      const char c = interesting[draw (sizeof interesting - 1)];

      if (kind == 0)
        text->str[at] = c;
      else if (kind == 1)
        g_string_insert_c (text, at, c);
      else if (kind == 2)
        g_string_truncate (text, at);
      else
        g_string_append_len (text, text->str + at, (gssize) (text->len - at));
    }
  LLVMFuzzerTestOneInput ((const unsigned char *) text->str, text->len);
}

int
main (int argc, char **argv)
{
  return fuzz_main (argc, argv, "fuzz-distro", 100, run_one);
}
#endif
