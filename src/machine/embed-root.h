/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folders in which libvirt's embedded driver lives. One driver needs a root of its own, a short one
 * (sockets are made below it), and a warm one (probing QEMU takes seconds). So there is a row of them,
 * BASE/0, BASE/1, …; a process takes the first whose lock is free and keeps it until it ends.
 *
 * BASE is $HARNESS_RUNTIME_DIR, else $XDG_RUNTIME_DIR/harness, else /tmp/harness-UID.
 * The lock is flock's: the kernel drops a dead owner's, so whoever holds it knows that anything
 * still running below that root has lost its owner.
 */
#pragma once
#include <glib.h>

typedef struct EmbedRoot EmbedRoot;

/* Takes a free root, ends what a dead owner left there and writes its qemu.conf. */
EmbedRoot *embed_root_take (GError **error);
void embed_root_free (EmbedRoot *root); /* the folder stays: it is a cache */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmbedRoot, embed_root_free)
const char *embed_root_path (const EmbedRoot *root);

/*
 * Ends every VM of a harness that is gone (SIGKILL) and removes what it left below its root. A process is
 * ended only if its command line names that root, under the root's lock, and through a pidfd. Roots in
 * use are left alone. Tells how many processes were ended.
 */
guint machine_sweep (void);
