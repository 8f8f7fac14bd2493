/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening libvirt. Models: libvirt's src/qemu/qemu_shim.c and examples/c/misc/event-test.c.
 * The event loop must be registered before the first connection is opened and must run
 * before a domain is created.
 */
#include "machine/libvirt-embed.h"

#include <libvirt/virterror.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "machine/embed-root.h"

static GMutex lock; /* guards all of these */
static gboolean started;
static EmbedRoot *embed_root;
static GHashTable *connections; /* URI ("" is the embedded one) to virConnectPtr */

gboolean
fail_libvirt (GError **error, HarnessError code, const char *format, ...)
{
  const virError *last = virGetLastError ();
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  return fail (error, code, "%s: %s", what, last != NULL && last->message != NULL ? last->message : "libvirt tells no reason");
}

/* libvirt prints errors by itself unless told not to. */
static void
be_silent (gpointer user, virErrorPtr error)
{
  (void) user;
  (void) error;
}

static gpointer G_GNUC_NORETURN
event_loop (gpointer user)
{
  (void) user;
  for (;;)
    virEventRunDefaultImpl ();
}

static gboolean
start_library (GError **error)
{
  if (started)
    return TRUE;
  prctl (PR_SET_CHILD_SUBREAPER, 1); /* QEMU, which the driver makes a daemon, is ours to reap */
  if (virInitialize () < 0)
    return fail_libvirt (error, HARNESS_ERROR_HOST, "libvirt: initialising");
  virSetErrorFunc (NULL, be_silent);
  if (virEventRegisterDefaultImpl () < 0)
    return fail_libvirt (error, HARNESS_ERROR_HOST, "libvirt: registering the event loop");
  g_thread_unref (g_thread_new ("libvirt-events", event_loop, NULL));
  connections = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  started = TRUE;
  return TRUE;
}

static gboolean
open_uri (const char *uri, virConnectPtr *conn, GError **error)
{
  if (!start_library (error))
    return FALSE;
  *conn = virConnectOpen (uri);
  return *conn != NULL || fail_libvirt (error, HARNESS_ERROR_HOST, "libvirt: opening %s", uri);
}

static gboolean
open_embedded (virConnectPtr *conn, GError **error)
{
  if (embed_root == NULL)
    embed_root = embed_root_take (error);
  if (embed_root == NULL || !start_library (error))
    return FALSE;
  g_autofree char *escaped = g_uri_escape_string (embed_root_path (embed_root), "/", FALSE);
  g_autofree char *uri = g_strdup_printf ("qemu:///embed?root=%s", escaped);
  *conn = virConnectOpen (uri);
  return *conn != NULL
         || fail_libvirt (error, HARNESS_ERROR_HOST,
                          "libvirt: opening its embedded QEMU driver (needs libvirt-daemon-driver-qemu)");
}

gboolean
libvirt_connect (const char *uri, virConnectPtr *conn, GError **error)
{
  const char *key = uri != NULL ? uri : "";
  virConnectPtr found = NULL;
  g_mutex_lock (&lock);
  if (connections != NULL)
    found = g_hash_table_lookup (connections, key);
  const gboolean ok = found != NULL || (uri != NULL ? open_uri (uri, &found, error) : open_embedded (&found, error));
  if (ok)
    {
      g_hash_table_replace (connections, g_strdup (key), found);
      *conn = found;
    }
  g_mutex_unlock (&lock);
  return ok;
}

const char *
libvirt_embed_root (void)
{
  g_mutex_lock (&lock);
  const char *path = embed_root != NULL ? embed_root_path (embed_root) : NULL;
  g_mutex_unlock (&lock);
  return path;
}
