#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a distribution a person's L1 (harness shell --l1 NAME). cloud-init runs it early in L1's boot; $1 is the folder with the seed's files.
# The second disk's bytes are a qcow2 of the distribution as L2, without partitions that L1 could take for its own.
set -e
cd "$1"
images=/var/lib/libvirt/images
install -m 644 kvm.conf /etc/modprobe.d/harness-kvm.conf
install -m 644 l2.xml /root/l2.xml
install -m 644 l2-seed.iso $images/l2-seed.iso
modprobe "$(cat module)"
qemu-img create -q -f qcow2 -b /dev/vdb -F qcow2 $images/l2.qcow2

# A command of the person's may want libvirt.
mkdir -p /etc/systemd/system/harness-exec-agent.service.d
printf '[Unit]\nAfter=libvirtd.service\n' >/etc/systemd/system/harness-exec-agent.service.d/lab.conf

# A command for L2: L2 is started if it does not run.
cat >/usr/local/sbin/harness-l2-exec <<'END'
#!/bin/sh
virsh -q domstate l2 </dev/null >/dev/null 2>&1 || virsh -q create /root/l2.xml </dev/null >/dev/null || exit 125
exec harness-exec-agent --ask /run/harness-l2-exec "$@"
END
chmod 755 /usr/local/sbin/harness-l2-exec

# A network card is there if the person wanted one.
for card in /sys/class/net/e*; do
  [ -e "$card" ] || continue
  printf '[Match]\nName=%s\n[Network]\nDHCP=ipv4\n' "${card##*/}" >/etc/systemd/network/10-harness.network
  echo nameserver 10.0.2.3 >/etc/resolv.conf # QEMU's
  systemctl --no-block start systemd-networkd.service
done

[ "$(cat console)" = l2 ] || exit 0
cat >/usr/local/sbin/harness-l2-console <<'END'
#!/bin/sh
virsh -q create --console /root/l2.xml
systemctl poweroff
END
chmod 755 /usr/local/sbin/harness-l2-console
printf '[Unit]\nAfter=libvirtd.service\n[Service]\nExecStart=\nExecStart=-/usr/local/sbin/harness-l2-console\nStandardInput=tty\nStandardOutput=tty\nTTYPath=/dev/ttyS0\nRestart=no\n' \
  >/etc/systemd/system/serial-getty@ttyS0.service.d/harness.conf
