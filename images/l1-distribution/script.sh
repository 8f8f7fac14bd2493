#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run in L1's disk when its files are there. RELEASE is the kernel's.
: "${RELEASE:?}"
depmod "$RELEASE"
# To build KVM's modules by hand: make -C /lib/modules/$(uname -r)/build M=arch/x86/kvm modules
ln -sfn /usr/src/linux-"$RELEASE" /lib/modules/"$RELEASE"/build
rm -f /boot/initrd.img-"$RELEASE"
# Without an initramfs only the kernel looks for its root, which knows partitions' identifiers, not those of file systems.
echo GRUB_DISABLE_LINUX_PARTUUID=false >>/etc/default/grub
# Nothing in a lab's L1 needs what runs by the clock, waits for a network or looks for a screen.
systemctl --no-reload mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service dpkg-db-backup.timer fstrim.timer logrotate.timer \
  man-db.timer systemd-pstore.service systemd-timesyncd.service systemd-networkd-wait-online.service getty@tty1.service libvirt-guests.service ssh.service
systemctl --no-reload enable harness.service
# Who libvirt's QEMU runs as may read the guests that come with the lab.
printf '%s\n' 'security_driver = "none"' 'stdio_handler = "file"' >>/etc/libvirt/qemu.conf
mkdir -p /modules
# A lab starts from the same state each time.
echo 6e6573746c614b008000000000000001 >/etc/machine-id
