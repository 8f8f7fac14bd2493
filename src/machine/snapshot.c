/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving and loading by QMP; see snapshot.h. QEMU may start no program (libvirt's sandbox), so it is given the file's descriptor. */
#include "machine/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <libvirt/libvirt-qemu.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/run.h"
#include "machine/backend.h"
#include "machine/libvirt-embed.h"

#define LOOK_MS 50
#define DEADLINE_US (300 * G_USEC_PER_SEC)

/* *reply: QMP's "return". fd -1: none goes along. */
static gboolean
qmp (virDomainPtr domain, const char *command, int fd, JsonNode **reply, GError **error)
{
  char *text = NULL;
  const int sent = fd >= 0 ? virDomainQemuMonitorCommandWithFiles (domain, command, 1, &fd, NULL, NULL, &text, 0)
                           : virDomainQemuMonitorCommand (domain, command, &text, 0);
  if (sent < 0)
    return fail_libvirt (error, HARNESS_ERROR_FAILED, "QEMU's monitor: %s", command);
  g_autoptr (JsonParser) parser = json_parser_new ();
  const gboolean parsed = json_parser_load_from_data (parser, text, -1, NULL) && JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser));
  JsonObject *object = parsed ? json_node_get_object (json_parser_get_root (parser)) : NULL;
  if (object == NULL || !json_object_has_member (object, "return"))
    fail (error, HARNESS_ERROR_FAILED, "QEMU's monitor: %s: %s", command, text);
  else if (reply != NULL)
    *reply = json_node_copy (json_object_get_member (object, "return"));
  const gboolean ok = object != NULL && json_object_has_member (object, "return");
  free (text);
  return ok;
}

static gboolean
prepare (virDomainPtr domain, int fd, GError **error)
{
  return qmp (domain, "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":[{\"capability\":\"x-ignore-shared\",\"state\":true}]}}", -1, NULL, error)
         && qmp (domain, "{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"max-bandwidth\":34359738368}}", -1, NULL, error)
         && qmp (domain, "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"harness-state\"}}", fd, NULL, error);
}

static gboolean
nap (GError **error)
{
  struct pollfd fd = { .fd = cancel_fd (), .events = POLLIN };
  poll (&fd, 1, LOOK_MS);
  return cancel_check (error);
}

/* Asks until `member` of the answer is none of the states in which it goes on. Newly allocated; NULL with an error. */
static char *
wait_for (virDomainPtr domain, const char *command, const char *const *going_on, GError **error)
{
  for (const gint64 end_us = g_get_monotonic_time () + DEADLINE_US; g_get_monotonic_time () < end_us;)
    {
      g_autoptr (JsonNode) reply = NULL;
      if (!qmp (domain, command, -1, &reply, error))
        return NULL;
      JsonObject *object = JSON_NODE_HOLDS_OBJECT (reply) ? json_node_get_object (reply) : NULL;
      const char *status = object != NULL ? json_object_get_string_member_with_default (object, "status", "none") : "none";
      if (!g_strv_contains (going_on, status))
        return g_strdup (status);
      if (!nap (error))
        return NULL;
    }
  fail (error, HARNESS_ERROR_FAILED, "QEMU is not done after %d s", (int) (DEADLINE_US / G_USEC_PER_SEC));
  return NULL;
}

static gboolean
save (virDomainPtr domain, int fd, GError **error)
{
  static const char *const going_on[] = { "none", "setup", "active", "device", "pre-switchover", "cancelling", NULL };
  if (!prepare (domain, fd, error) || !qmp (domain, "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"fd:harness-state\"}}", -1, NULL, error))
    return FALSE;
  g_autofree char *status = wait_for (domain, "{\"execute\":\"query-migrate\"}", going_on, error);
  if (status == NULL)
    return FALSE;
  return strcmp (status, "completed") == 0 || fail (error, HARNESS_ERROR_FAILED, "QEMU's migration ended as \"%s\"", status);
}

gboolean
snapshot_save (virDomainPtr domain, const char *path, GError **error)
{
  AUTO_FD fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0)
    return fail_errno (error, errno, "%s: creating", path);
  if (!save (domain, fd, error))
    {
      g_prefix_error (error, "%s: saving L1's state: ", path);
      return FALSE;
    }
  return TRUE;
}

static gboolean
load (virDomainPtr domain, int fd, GError **error)
{
  static const char *const going_on[] = { "inmigrate", NULL };
  if (!prepare (domain, fd, error) || !qmp (domain, "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"fd:harness-state\"}}", -1, NULL, error))
    return FALSE;
  g_autofree char *status = wait_for (domain, "{\"execute\":\"query-status\"}", going_on, error);
  return status != NULL;
}

gboolean
snapshot_load (virDomainPtr domain, const char *path, GError **error)
{
  AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail_errno (error, errno, "%s: opening", path);
  if (!load (domain, fd, error))
    {
      g_prefix_error (error, "%s: restoring L1 (try: remove the snapshot's folder; it is made again): ", path);
      return FALSE;
    }
  return TRUE;
}

char *
snapshot_root_disk (const MachineSpec *spec)
{
  const char *snapshot = spec->snapshot_to != NULL ? spec->snapshot_to : spec->snapshot_from;
  return snapshot != NULL ? g_build_filename (snapshot, MACHINE_ROOT_FILE, NULL) : g_strdup (spec->root_image);
}

gboolean
snapshot_copy_root (const MachineSpec *spec, GError **error)
{
  if (spec->snapshot_to == NULL)
    return TRUE;
  g_autofree char *to = snapshot_root_disk (spec);
  g_autoptr (Run) run = run_new ("cp", "--sparse=always", "--reflink=auto", "--", spec->root_image, to, NULL);
  return run_wait (run, error);
}

gboolean
snapshot_go_on (virDomainPtr domain, const MachineSpec *spec, GError **error)
{
  if (spec->snapshot_from == NULL)
    return TRUE;
  g_autofree char *state = g_build_filename (spec->snapshot_from, MACHINE_STATE_FILE, NULL);
  return snapshot_load (domain, state, error);
}
