/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU through libvirt: TCG for the exact svm lab, KVM for hardware labs of both kinds.
 *
 * How it ends is told by two events of the same connection: QEMU's own SHUTDOWN, whose reason tells a
 * power-off from a reset, then libvirt's "stopped". A domain that stops without the former died.
 * The latter comes only once somebody has reaped QEMU, which a container's process 1 may do late or
 * never. So the embedded driver's QEMU is watched through a pidfd as well, readable at its death.
 * Callbacks come in the event loop's thread and may come late, so what they touch is counted by reference.
 */
#include <fcntl.h>
#include <libvirt/libvirt-qemu.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/files.h"
#include "base/pty.h"
#include "base/run.h"
#include "machine/backend.h"
#include "machine/domain-xml.h"
#include "machine/fence.h"
#include "machine/libvirt-embed.h"
#include "machine/snapshot.h"
#include "machine/watcher.h"

#define DEATH_WAIT_MS 2000
#define QEMU_LOG_MAX (16 << 20)
#define EVENT_GRACE_US (G_USEC_PER_SEC) /* an event may come a little later than QEMU's death */

/* What the callbacks know. Reference-counted. */
typedef struct
{
  char *name; /* of the domain */
  int news;   /* eventfd */
  GMutex lock;
  gboolean stopped;
  int stopped_detail; /* virDomainEventStoppedDetailType */
  char *shutdown;     /* QEMU's details of SHUTDOWN, JSON, or NULL */
  gboolean panicked;  /* the panic device was written to: L1 stands still for its snapshot */
} Watch;

typedef struct
{
  const MachineSpec *spec;
  Watch *watch;
  virConnectPtr conn; /* borrowed */
  virDomainPtr domain;
  int lifecycle_id, shutdown_id, panic_id; /* of the callbacks, or -1 */
  GPid pid;                      /* of QEMU, 0 if unknown */
  int pidfd;                     /* of QEMU, or -1 */
  int epoll;                     /* joins watch->news and pidfd */
  int serial[2];                 /* our ends of L1's serial ports, or -1 */
  char *console_tty;
  gint64 dead_us;                /* when QEMU was first seen dead without a word of why, or 0 */
} Libvirt;

/* --- events ----------------------------------------------------------------------------------- */

static void
watch_clear (gpointer user)
{
  Watch *watch = user;
  close (watch->news);
  g_mutex_clear (&watch->lock);
  g_free (watch->name);
  g_free (watch->shutdown);
}

static void
watch_unref (gpointer user)
{
  g_atomic_rc_box_release_full (user, watch_clear);
}

static Watch *
watch_new (char *name)
{
  Watch *watch = g_atomic_rc_box_new0 (Watch);
  watch->name = name;
  watch->news = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  g_mutex_init (&watch->lock);
  return watch;
}

static int
on_lifecycle (virConnectPtr conn, virDomainPtr domain, int event, int detail, void *user)
{
  Watch *watch = user;
  (void) conn;
  if (event != VIR_DOMAIN_EVENT_STOPPED || g_strcmp0 (virDomainGetName (domain), watch->name) != 0)
    return 0;
  g_mutex_lock (&watch->lock);
  watch->stopped = TRUE;
  watch->stopped_detail = detail;
  g_mutex_unlock (&watch->lock);
  eventfd_write (watch->news, 1);
  return 0;
}

static void
on_qemu_shutdown (virConnectPtr conn, virDomainPtr domain, const char *event, long long seconds, unsigned int micros,
                  const char *details, void *user)
{
  Watch *watch = user;
  (void) conn;
  (void) event;
  (void) seconds;
  (void) micros;
  if (g_strcmp0 (virDomainGetName (domain), watch->name) != 0)
    return;
  g_mutex_lock (&watch->lock);
  if (watch->shutdown == NULL) /* libvirt ends QEMU by a signal then, which tells the event once more */
    watch->shutdown = g_strdup (details != NULL ? details : "");
  g_mutex_unlock (&watch->lock);
}

static void
on_qemu_panic (virConnectPtr conn, virDomainPtr domain, const char *event, long long seconds, unsigned int micros, const char *details, void *user)
{
  Watch *watch = user;
  (void) conn;
  (void) event;
  (void) seconds;
  (void) micros;
  (void) details;
  if (g_strcmp0 (virDomainGetName (domain), watch->name) != 0)
    return;
  g_mutex_lock (&watch->lock);
  watch->panicked = TRUE;
  g_mutex_unlock (&watch->lock);
  eventfd_write (watch->news, 1);
}

/* libvirt takes a callback once for all domains of a connection, or once for each domain. */
static gboolean
register_events (Libvirt *libvirt, GError **error)
{
  libvirt->lifecycle_id
      = virConnectDomainEventRegisterAny (libvirt->conn, libvirt->domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                          VIR_DOMAIN_EVENT_CALLBACK (on_lifecycle), g_atomic_rc_box_acquire (libvirt->watch),
                                          watch_unref);
  if (libvirt->lifecycle_id < 0)
    return fail_libvirt (error, HARNESS_ERROR_HOST, "libvirt: asking for domain events");
  libvirt->shutdown_id
      = virConnectDomainQemuMonitorEventRegister (libvirt->conn, libvirt->domain, "SHUTDOWN", on_qemu_shutdown,
                                                  g_atomic_rc_box_acquire (libvirt->watch), watch_unref, 0);
  if (libvirt->shutdown_id < 0)
    return fail_libvirt (error, HARNESS_ERROR_HOST, "libvirt: asking for QEMU's events");
  if (libvirt->spec->snapshot_to == NULL)
    return TRUE;
  libvirt->panic_id = virConnectDomainQemuMonitorEventRegister (libvirt->conn, libvirt->domain, "GUEST_PANICKED", on_qemu_panic,
                                                                g_atomic_rc_box_acquire (libvirt->watch), watch_unref, 0);
  if (libvirt->panic_id < 0)
    return fail_libvirt (error, HARNESS_ERROR_HOST, "libvirt: asking for QEMU's events");
  return TRUE;
}

static void
deregister_events (Libvirt *libvirt)
{
  if (libvirt->lifecycle_id >= 0)
    virConnectDomainEventDeregisterAny (libvirt->conn, libvirt->lifecycle_id);
  if (libvirt->shutdown_id >= 0)
    virConnectDomainQemuMonitorEventDeregister (libvirt->conn, libvirt->shutdown_id);
  if (libvirt->panic_id >= 0)
    virConnectDomainQemuMonitorEventDeregister (libvirt->conn, libvirt->panic_id);
  libvirt->lifecycle_id = libvirt->shutdown_id = libvirt->panic_id = -1;
}

/* --- what the host must have ------------------------------------------------------------------ */

static gboolean
libvirt_check (const MachineSpec *spec, GError **error)
{
  g_autofree char *program = run_find_program ("qemu-system-x86_64");
  g_autofree char *fence = NULL;
  if (spec->accel == ACCEL_EMULATED && spec->isa == ISA_VMX)
    return fail (error, HARNESS_ERROR_USAGE, "QEMU emulates no VMX; try: the bochs machine");
  if (spec->accel == ACCEL_EMULATED && spec->cpus > 1 && !spec->interactive)
    return fail (error, HARNESS_ERROR_USAGE, "an exact lab has one L1 CPU, not %u", spec->cpus);
  if (spec->accel == ACCEL_KVM && spec->l0_log)
    return fail (error, HARNESS_ERROR_USAGE, "hardware keeps no exit log of its own");
  if (spec->l0_log && strchr (spec->dir, '%') != NULL)
    return fail (error, HARNESS_ERROR_USAGE, "%s: QEMU cannot log into a folder with a percent sign", spec->dir);
  if (spec->uri == NULL && program == NULL)
    return fail (error, HARNESS_ERROR_HOST, "qemu-system-x86_64: not installed; try: apt install qemu-system-x86");
  return fence_find (spec, &fence, error);
}

static char *
make_name (const MachineSpec *spec)
{
  static int counter;
  return g_strdup_printf ("harness-%s-%d-%d", isa_name (spec->isa), (int) getpid (), g_atomic_int_add (&counter, 1));
}

static void
join_fd (Libvirt *libvirt, int fd)
{
  struct epoll_event event = { .events = EPOLLIN };
  epoll_ctl (libvirt->epoll, EPOLL_CTL_ADD, fd, &event);
}

static gpointer
libvirt_open (const MachineSpec *spec)
{
  Libvirt *libvirt = g_new0 (Libvirt, 1);
  libvirt->spec = spec;
  libvirt->watch = watch_new (make_name (spec));
  libvirt->lifecycle_id = libvirt->shutdown_id = libvirt->panic_id = libvirt->pidfd = libvirt->serial[0] = libvirt->serial[1] = -1;
  libvirt->epoll = epoll_create1 (EPOLL_CLOEXEC);
  join_fd (libvirt, libvirt->watch->news);
  return libvirt;
}

/* --- starting --------------------------------------------------------------------------------- */

static guint64
file_bytes (const char *path)
{
  struct stat st;
  return stat (path, &st) == 0 ? (guint64) st.st_size : 0;
}

static char *
absolute (const char *path)
{
  return path != NULL ? g_canonicalize_filename (path, NULL) : NULL;
}

static char *
absolute_root (const MachineSpec *spec)
{
  g_autofree char *path = snapshot_root_disk (spec);
  return absolute (path);
}

static char *
make_xml (const Libvirt *libvirt)
{
  const MachineSpec *spec = libvirt->spec;
  g_autofree char *uuid = g_uuid_string_random ();
  g_autofree char *kernel = absolute (spec->kernel);
  g_autofree char *root_image = absolute_root (spec);
  g_autofree char *volume = absolute (spec->volume);
  g_autofree char *disk = absolute (spec->disk);
  g_autofree char *seed = absolute (spec->seed);
  g_autofree char *second_disk = absolute (spec->second_disk);
  g_autofree char *records = g_build_filename (spec->dir, MACHINE_RECORDS_FILE, NULL);
  g_autofree char *console = g_build_filename (spec->dir, MACHINE_CONSOLE_FILE, NULL);
  g_autofree char *l0_log = g_build_filename (spec->dir, MACHINE_L0_LOG_FILE, NULL);
  g_autofree char *fence = NULL;
  fence_find (spec, &fence, NULL); /* it was there when the spec was checked */
  const DomainConfig config = {
    .name = libvirt->watch->name,
    .uuid = uuid,
    .isa = spec->isa,
    .accel = spec->accel,
    .cpus = spec->cpus,
    .memory_mib = spec->memory_mib,
    .cpu_model = spec->cpu_model,
    .kernel = kernel,
    .cmdline = spec->cmdline,
    .root_image = root_image,
    .root_bytes = root_image != NULL ? file_bytes (root_image) : 0,
    .records = spec->record_bytes > 0 ? records : NULL,
    .record_bytes = spec->record_bytes,
    .volume = volume,
    .volume_bytes = volume != NULL ? file_bytes (volume) : 0,
    .console = console,
    .start = spec->snapshot_to != NULL ? DOMAIN_STOPS : spec->snapshot_from != NULL ? DOMAIN_GOES_ON : DOMAIN_BOOTS,
    .icount_shift = spec->icount_shift ? spec->icount_shift : MACHINE_ICOUNT_SHIFT,
    .l0_log = spec->l0_log ? l0_log : NULL,
    .fence = fence,
    .interactive = spec->interactive,
    .console_pty = spec->console_pty,
    .agent_pty = spec->agent_pty,
    .gdb_socket = spec->gdb_socket,
    .disk = disk,
    .seed = seed,
    .second_disk = second_disk,
    .network = spec->network,
  };
  return domain_xml_generate (&config);
}

static GPid
read_pid (const Libvirt *libvirt)
{
  const char *root = libvirt_embed_root ();
  g_autofree char *text = NULL;
  if (libvirt->spec->uri != NULL || root == NULL)
    return 0;
  g_autofree char *path = g_strdup_printf ("%s/run/qemu/%s.pid", root, libvirt->watch->name);
  return files_read (path, 64, &text, NULL, NULL) ? (GPid) g_ascii_strtoll (text, NULL, 10) : 0;
}

static void
follow_process (Libvirt *libvirt)
{
  libvirt->pid = read_pid (libvirt);
  if (libvirt->pid <= 0)
    return;
  watcher_add (libvirt->pid);
  libvirt->pidfd = (int) syscall (SYS_pidfd_open, libvirt->pid, 0);
  if (libvirt->pidfd >= 0)
    join_fd (libvirt, libvirt->pidfd);
}

/* The names of the pseudo terminals that QEMU made, serial port 0's first: libvirt's XML of the running domain tells them. */
static char **
find_ttys (const Libvirt *libvirt, GError **error)
{
  g_autoptr (GStrvBuilder) ttys = g_strv_builder_new ();
  char *xml = virDomainGetXMLDesc (libvirt->domain, 0);
  if (xml == NULL)
    {
      fail_libvirt (error, HARNESS_ERROR_FAILED, "libvirt: describing %s", libvirt->watch->name);
      return NULL;
    }
  xmlDocPtr doc = xmlReadMemory (xml, (int) strlen (xml), NULL, NULL, XML_PARSE_NONET);
  xmlXPathContextPtr context = doc != NULL ? xmlXPathNewContext (doc) : NULL;
  xmlXPathObjectPtr found = context != NULL ? xmlXPathEvalExpression (BAD_CAST "/domain/devices/serial[@type='pty']/source/@path", context) : NULL;
  for (int i = 0; found != NULL && found->nodesetval != NULL && i < found->nodesetval->nodeNr; i++)
    {
      xmlChar *path = xmlNodeGetContent (found->nodesetval->nodeTab[i]);
      g_strv_builder_add (ttys, (const char *) path);
      xmlFree (path);
    }
  xmlXPathFreeObject (found);
  xmlXPathFreeContext (context);
  xmlFreeDoc (doc);
  free (xml);
  return g_strv_builder_end (ttys);
}

/* Opened before L1 runs: QEMU drops what is written to a pseudo terminal that nobody has open. */
static gboolean
open_ttys (Libvirt *libvirt, GError **error)
{
  const gboolean wanted[] = { libvirt->spec->console_pty, libvirt->spec->agent_pty };
  if (!wanted[0] && !wanted[1])
    return TRUE;
  g_auto (GStrv) ttys = find_ttys (libvirt, error);
  if (ttys == NULL)
    return FALSE;
  for (guint port = 0, next = 0; port < G_N_ELEMENTS (wanted); port++)
    {
      if (!wanted[port])
        continue;
      if (ttys[next] == NULL)
        return fail (error, HARNESS_ERROR_FAILED, "libvirt: %s: its serial port %u has no pseudo terminal", libvirt->watch->name, port);
      libvirt->serial[port] = pty_open_raw (ttys[next], error);
      if (libvirt->serial[port] < 0)
        return FALSE;
      if (port == 0)
        libvirt->console_tty = g_strdup (ttys[next]);
      next++;
    }
  return TRUE;
}

/* The domain is made paused: L1 runs only once we follow it and would hear how it ends. */
static gboolean
libvirt_start (gpointer state, GError **error)
{
  Libvirt *libvirt = state;
  if (!snapshot_copy_root (libvirt->spec, error) || !libvirt_connect (libvirt->spec->uri, &libvirt->conn, error))
    return FALSE;
  g_autofree char *xml = make_xml (libvirt);
  /* a daemon destroys the domain when our connection breaks; the embedded driver cannot, and there is the watcher */
  const guint flags = VIR_DOMAIN_START_PAUSED | (libvirt->spec->uri != NULL ? VIR_DOMAIN_START_AUTODESTROY : 0);
  libvirt->domain = virDomainCreateXML (libvirt->conn, xml, flags);
  if (libvirt->domain == NULL)
    return fail_libvirt (error, HARNESS_ERROR_FAILED, "libvirt: creating %s", libvirt->watch->name);
  follow_process (libvirt);
  if (!register_events (libvirt, error) || !snapshot_go_on (libvirt->domain, libvirt->spec, error) || !open_ttys (libvirt, error))
    return FALSE;
  if (libvirt->spec->gdb_wait)
    return TRUE;
  if (virDomainResume (libvirt->domain) < 0)
    return fail_libvirt (error, HARNESS_ERROR_FAILED, "libvirt: running %s", libvirt->watch->name);
  return TRUE;
}

/* --- the end ---------------------------------------------------------------------------------- */

static int
libvirt_event_fd (gpointer state)
{
  const Libvirt *libvirt = state;
  return libvirt->epoll;
}

/* QEMU's last words: the last line of its log that is QEMU's own and no warning. */
static char *
last_words (const Libvirt *libvirt)
{
  const char *root = libvirt_embed_root ();
  g_autofree char *text = NULL;
  if (libvirt->spec->uri != NULL || root == NULL)
    return g_strdup ("see libvirt's log of the domain");
  g_autofree char *path = g_strdup_printf ("%s/log/qemu/%s.log", root, libvirt->watch->name);
  if (!files_read (path, QEMU_LOG_MAX, &text, NULL, NULL))
    return g_strdup ("it left no log");
  g_auto (GStrv) lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (guint i = g_strv_length (lines); i-- > 0;)
    {
      if (strstr (lines[i], "qemu-system-x86_64: ") != NULL && strstr (lines[i], ": warning: ") == NULL)
        return g_str_to_ascii (lines[i], "C");
    }
  return g_strdup ("it said nothing");
}

/* QEMU 7.2, qapi/run-state.json: ShutdownCause. */
static void
classify (const Libvirt *libvirt, BackendEnd *end)
{
  const Watch *watch = libvirt->watch;
  const char *shutdown = watch->shutdown;
  g_autofree char *words = last_words (libvirt);
  *end = (BackendEnd){ .end = MACHINE_END_KILLED };
  if (shutdown != NULL && strstr (shutdown, "\"guest-shutdown\"") != NULL)
    end->end = MACHINE_END_POWEROFF;
  else if (shutdown != NULL && strstr (shutdown, "\"guest-reset\"") != NULL)
    end->end = MACHINE_END_RESET;
  else if (shutdown != NULL && strstr (shutdown, "\"host-signal\"") != NULL)
    end->detail = g_strdup_printf ("QEMU was ended by a signal: %s", words);
  else if (watch->stopped_detail == VIR_DOMAIN_EVENT_STOPPED_DESTROYED)
    end->detail = g_strdup ("the domain was destroyed from outside");
  else
    end->detail = g_strdup_printf ("QEMU died without a power-off of L1: %s", words);
}

static gboolean
process_is_dead (const Libvirt *libvirt)
{
  struct pollfd fd = { .fd = libvirt->pidfd, .events = POLLIN };
  return libvirt->pidfd >= 0 && poll (&fd, 1, 0) > 0;
}

/* TRUE once all that can be known about the end is known. The caller holds the watch's lock. */
static gboolean
has_ended (Libvirt *libvirt)
{
  if (libvirt->watch->stopped)
    return TRUE;
  if (!process_is_dead (libvirt))
    return FALSE;
  if (libvirt->dead_us == 0)
    libvirt->dead_us = g_get_monotonic_time ();
  return libvirt->watch->shutdown != NULL || g_get_monotonic_time () - libvirt->dead_us > EVENT_GRACE_US;
}

/* L1 stands still: saving takes seconds, in which nobody else has anything to do. */
static void
save_snapshot (const Libvirt *libvirt, BackendEnd *end)
{
  g_autofree char *state = g_build_filename (libvirt->spec->snapshot_to, MACHINE_STATE_FILE, NULL);
  g_autoptr (GError) error = NULL;
  *end = (BackendEnd){ .end = MACHINE_END_SNAPSHOT };
  if (!snapshot_save (libvirt->domain, state, &error))
    *end = (BackendEnd){ .end = MACHINE_END_KILLED, .detail = g_strdup (error->message) };
}

static gboolean
libvirt_poll (gpointer state, BackendEnd *end)
{
  Libvirt *libvirt = state;
  g_mutex_lock (&libvirt->watch->lock);
  const gboolean panicked = libvirt->watch->panicked;
  const gboolean ended = !panicked && has_ended (libvirt);
  if (ended)
    classify (libvirt, end);
  g_mutex_unlock (&libvirt->watch->lock);
  if (panicked)
    save_snapshot (libvirt, end);
  return ended || panicked;
}

static gint64
libvirt_peak_rss_bytes (gpointer state)
{
  const Libvirt *libvirt = state;
  return process_peak_rss_bytes (libvirt->pid);
}

/*
 * Ends QEMU and reaps it: as a subreaper (libvirt-embed.c) we are the parent of what the driver made a daemon, and
 * libvirt itself waits until the dead process is reaped, which PID 1 may take seconds for.
 */
static void
end_qemu (Libvirt *libvirt)
{
  struct pollfd fd = { .fd = libvirt->pidfd, .events = POLLIN };
  siginfo_t info;

  if (libvirt->pidfd < 0)
    return;
  syscall (SYS_pidfd_send_signal, libvirt->pidfd, SIGKILL, NULL, 0);
  poll (&fd, 1, DEATH_WAIT_MS);
  waitid (P_PIDFD, (id_t) libvirt->pidfd, &info, WEXITED | WNOHANG);
}

static void
libvirt_stop (gpointer state)
{
  Libvirt *libvirt = state;
  if (libvirt->conn != NULL)
    deregister_events (libvirt);
  if (libvirt->domain == NULL)
    return;
  const gboolean was_dead = process_is_dead (libvirt);
  end_qemu (libvirt);
  if (!was_dead)
    virDomainDestroy (libvirt->domain); /* fails if it is gone already, as it should be */
  virDomainFree (libvirt->domain);
  libvirt->domain = NULL;
  libvirt->pid = 0;
}

static int
libvirt_serial (gpointer state, guint port, const char **tty)
{
  const Libvirt *libvirt = state;
  if (tty != NULL && port == 0)
    *tty = libvirt->console_tty;
  return libvirt->serial[port];
}

static gboolean
libvirt_press_power (gpointer state, GError **error)
{
  const Libvirt *libvirt = state;
  if (virDomainShutdownFlags (libvirt->domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) == 0)
    return TRUE;
  return fail_libvirt (error, HARNESS_ERROR_FAILED, "libvirt: pressing the power button of %s", libvirt->watch->name);
}

static void
libvirt_close (gpointer state)
{
  Libvirt *libvirt = state;
  fd_close (&libvirt->serial[0]);
  fd_close (&libvirt->serial[1]);
  g_free (libvirt->console_tty);
  if (libvirt->spec->gdb_socket != NULL)
    unlink (libvirt->spec->gdb_socket); /* QEMU's, which a kill leaves behind */
  watch_unref (libvirt->watch);
  close (libvirt->epoll);
  if (libvirt->pidfd >= 0)
    close (libvirt->pidfd);
  g_free (libvirt);
}

/* "QEMU emulator version 7.2.22 (Debian …)" */
static char *
libvirt_version (GError **error)
{
  static const char prefix[] = "QEMU emulator version ";
  static const char *const argv[] = { "qemu-system-x86_64", "--version", NULL };
  g_autofree char *out = NULL;
  if (!run_capture (argv, &out, error))
    return NULL;
  const char *version = g_str_has_prefix (out, prefix) ? out + strlen (prefix) : out;
  return g_strdup_printf ("QEMU %.*s", (int) strcspn (version, "\n"), version);
}

const MachineBackend machine_libvirt = {
  .name = "libvirt",
  .disks = { "/dev/pmem0", "/dev/pmem1", "/dev/pmem2" },
  .console_device = "ttyS0",
  .disk_unit = DOMAIN_DISK_UNIT,
  .check = libvirt_check,
  .open = libvirt_open,
  .start = libvirt_start,
  .event_fd = libvirt_event_fd,
  .poll = libvirt_poll,
  .peak_rss_bytes = libvirt_peak_rss_bytes,
  .serial = libvirt_serial,
  .press_power = libvirt_press_power,
  .stop = libvirt_stop,
  .close = libvirt_close,
  .version = libvirt_version,
};
