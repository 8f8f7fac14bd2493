/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a file to patches in order; see patch.h. */
#include "submission/patch.h"

#include "submission/mail.h"
#include "submission/normalise.h"
#include "submission/parts.h"
#include "submission/patch-hunk.h"
#include "submission/patch-order.h"
#include "submission/patch-section.h"

static void
part_free (gpointer data)
{
  PatchPart *part = data;
  g_free (part->path);
  g_free (part->old_path);
  g_free (part->name);
  g_free (part->text);
  g_free (part->old_id);
  g_free (part->new_id);
  g_free (part);
}

void
patch_mail_free (PatchMail *mail)
{
  if (mail == NULL)
    return;
  g_free (mail->from);
  if (mail->parts != NULL)
    g_ptr_array_unref (mail->parts);
  g_free (mail);
}

/* --- a mail of it ----------------------------------------------------------------------------- */

static void
note_mended (const char *from, guint mended, GPtrArray *notes)
{
  if ((mended & HUNK_JOINED) != 0)
    submission_note (notes, "%s: lines that a mailer had broken were joined", from);
  if ((mended & HUNK_PADDED) != 0)
    submission_note (notes, "%s: blank lines of context that were cut off at a hunk's end were put back", from);
  if ((mended & HUNK_SIGNED) != 0)
    submission_note (notes, "%s: lines that had lost the blank before them were taken for context", from);
}

/* "x.mbox: Count exits", "mail.eml: 0001-count.patch". */
static char *
mail_name (const char *from, const Mail *mail)
{
  g_autofree char *shown = mail->name != NULL      ? name_shown (mail->name)
                           : mail->subject != NULL ? name_shown (mail->subject)
                                                   : NULL;
  return shown != NULL ? g_strdup_printf ("%s: %s", from, shown) : g_strdup (from);
}

static gboolean
read_mail (const char *from, const Mail *mail, const char *text, GPtrArray *mails, GPtrArray *notes, Fault **fault)
{
  g_autoptr (PatchMail) read = g_new0 (PatchMail, 1);
  guint mended;
  read->from = mail_name (from, mail);
  read->parts = g_ptr_array_new_with_free_func (part_free);
  read->number = mail->number;
  read->is_commit = mail->is_commit;
  if (!patch_sections_read (mail->name != NULL ? read->from : from, text, mail->line, read->parts, &mended, notes,
                            fault))
    return FALSE;
  if (read->parts->len == 0)
    return TRUE;
  note_mended (read->from, mended, notes);
  g_ptr_array_add (mails, g_steal_pointer (&read));
  return TRUE;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* What a message quotes, and what it says beside an attached patch, is looked at only where there is nothing else. */
typedef struct
{
  const Mail *mail;
  char *text;
  guint changes;
} Clean;

static void
clean_clear (gpointer data)
{
  g_free (((Clean *) data)->text);
}

static GArray *
clean_all (const GPtrArray *parts, guint changes)
{
  GArray *all = g_array_new (FALSE, TRUE, sizeof (Clean));
  g_array_set_clear_func (all, clean_clear);
  for (guint i = 0; i < parts->len; i++)
    {
      Clean clean = { .mail = g_ptr_array_index (parts, i) };
      clean.text = patch_clean (clean.mail->body, &clean.changes);
      clean.changes |= changes;
      g_array_append_val (all, clean);
    }
  return all;
}

static gboolean
has_attached (const GArray *all, guint message)
{
  for (guint i = 0; i < all->len; i++)
    {
      const Clean *clean = &g_array_index (all, Clean, i);
      if (clean->mail->message == message && clean->mail->name != NULL && patch_is_in (clean->text, G_MAXUINT))
        return TRUE;
    }
  return FALSE;
}

static gboolean
read_clean (const char *from, const GArray *all, gboolean quoted, GPtrArray *mails, GPtrArray *notes, Fault **fault)
{
  guint changes = 0, message = G_MAXUINT;
  gboolean attached = FALSE;
  for (guint i = 0; i < all->len; i++)
    {
      const Clean *clean = &g_array_index (all, Clean, i);
      if (clean->mail->message != message)
        attached = has_attached (all, message = clean->mail->message);
      if (((clean->changes & CLEANED_PREFIX) != 0) != quoted || (attached && clean->mail->name == NULL))
        continue;
      const guint before = mails->len;
      if (!read_mail (from, clean->mail, clean->text, mails, notes, fault))
        return FALSE;
      changes |= mails->len > before ? clean->changes : 0;
    }
  g_autofree char *words = patch_clean_words (changes);
  if (words != NULL)
    submission_note (notes, "%s: taken off: %s", from, words);
  return TRUE;
}

static gint
by_number (gconstpointer a, gconstpointer b)
{
  const PatchMail *left = *(PatchMail *const *) a, *right = *(PatchMail *const *) b;
  return left->number < right->number ? -1 : left->number > right->number ? 1 : 0;
}

/* A log is written newest first; a series of mails says its numbers. */
static void
put_in_order (const char *from, GPtrArray *mails, GPtrArray *notes)
{
  gboolean commits = mails->len > 1, numbers = mails->len > 1;
  for (guint i = 0; i < mails->len; i++)
    {
      const PatchMail *mail = g_ptr_array_index (mails, i);
      commits = commits && mail->is_commit;
      numbers = numbers && mail->number > 0;
    }
  if (numbers)
    g_ptr_array_sort (mails, by_number);
  for (guint i = 0; commits && i < mails->len / 2; i++)
    {
      gpointer first = mails->pdata[i];
      mails->pdata[i] = mails->pdata[mails->len - 1 - i];
      mails->pdata[mails->len - 1 - i] = first;
    }
  patch_order (mails);
  if (commits)
    submission_note (notes, "%s: a log of %u commits: applied from the oldest on", from, mails->len);
}

gboolean
patch_read (const char *from, const char *text, GPtrArray *out, GPtrArray *notes, Fault **fault)
{
  g_autoptr (GPtrArray) mails = g_ptr_array_new_with_free_func ((GDestroyNotify) patch_mail_free);
  guint changes;
  g_autofree char *plain = patch_clean_terminal (text, &changes);
  g_autoptr (GPtrArray) parts = mail_split (plain);
  g_autoptr (GArray) all = clean_all (parts, changes);
  if (!read_clean (from, all, FALSE, mails, notes, fault)
      || (mails->len == 0 && !read_clean (from, all, TRUE, mails, notes, fault)))
    return FALSE;
  if (mails->len == 0 && patch_has_normal_diff (text))
    {
      *fault = fault_new (STAGE_INGEST, NULL,
                          "%s: a diff without context; hand in a unified one: diff -u or git diff", from);
      return FALSE;
    }
  put_in_order (from, mails, notes);
  while (mails->len > 0)
    g_ptr_array_add (out, g_ptr_array_steal_index (mails, 0));
  return TRUE;
}
