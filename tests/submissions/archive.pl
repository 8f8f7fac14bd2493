#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Writes the archives that pack.sh cannot make with tar, the same bytes every time:  archive.pl KIND OUT [DIR]
#   zip OUT DIR     what DIR holds, as a zip
#   zip-slip, zip-bomb, zip-symlink, tar-links, tar-device: hostile ones, to standard tar's and zip's formats
use strict;
use warnings;
use Compress::Raw::Zlib;
use File::Find;

my $text = "escaped\n";
my $regular = 0100644;
my $link = 0120777;

# A member's data, deflated: (crc, size, bytes).
sub deflated {
  my ($data) = @_;
  my ($deflate) = Compress::Raw::Zlib::Deflate->new (-WindowBits => -MAX_WBITS, -Level => 9, -AppendOutput => 1);
  my $out = '';
  $deflate->deflate ($data, $out);
  $deflate->flush ($out);
  return (crc32 ($data), length $data, $out);
}

# So many times 64 MiB of zeros: one deflated piece that ends on a byte, over and over, and the mark of the end.
sub deflated_zeros {
  my ($times) = @_;
  my $piece = "\0" x (64 << 20);
  my ($deflate) = Compress::Raw::Zlib::Deflate->new (-WindowBits => -MAX_WBITS, -Level => 9, -AppendOutput => 1);
  my $out = '';
  $deflate->deflate ($piece, $out);
  $deflate->flush ($out, Z_FULL_FLUSH);
  my $piece_crc = crc32 ($piece);
  my $crc = $piece_crc;
  $crc = Compress::Raw::Zlib::crc32_combine ($crc, $piece_crc, length $piece) for 2 .. $times;
  return ($crc, $times * length $piece, $out x $times . "\x03\x00");
}

# Members: [name, mode, crc, size, deflated bytes]. All are of 2021-05-17 12:00.
sub write_zip {
  my ($path, @members) = @_;
  my ($body, $directory) = ('', '');
  for my $member (@members) {
    my ($name, $mode, $crc, $size, $bytes) = @$member;
    my $common = pack 'v v v v v V V V v v', 20, 0x800, 8, 0x6000, 0x52b1, $crc, length $bytes, $size, length $name, 0;
    $directory .= pack ('V v', 0x02014b50, 0x31e) . $common . pack ('v v v V V', 0, 0, 0, $mode << 16, length $body) . $name;
    $body .= pack ('V', 0x04034b50) . $common . $name . $bytes;
  }
  my $end = pack 'V v v v v V V v', 0x06054b50, 0, 0, scalar @members, scalar @members, length $directory, length $body, 0;
  write_file ($path, $body . $directory . $end);
}

# A member of a tar, without data if it is no file.
sub tar_member {
  my ($name, $type, $target, $data, $major, $minor) = @_;
  my $header = pack 'a100 a8 a8 a8 a12 a12 a8 a1 a100 a6 a2 a32 a32 a8 a8 a155 a12', $name, '0000644', '0000000', '0000000',
    sprintf ('%011o', length $data), sprintf ('%011o', 1621252800), ' ' x 8, $type, $target, "ustar\0", '00', 'student', 'student',
    sprintf ('%07o', $major), sprintf ('%07o', $minor), '', '';
  substr ($header, 148, 8) = sprintf "%06o\0 ", unpack '%32C*', $header;
  return $header . $data . "\0" x (-length ($data) % 512);
}

sub write_file {
  my ($path, $bytes) = @_;
  open my $file, '>:raw', $path or die "$path: $!\n";
  print $file $bytes or die "$path: $!\n";
  close $file or die "$path: $!\n";
}

sub read_file {
  my ($path) = @_;
  open my $file, '<:raw', $path or die "$path: $!\n";
  local $/;
  return scalar <$file>;
}

sub files_below {
  my ($dir) = @_;
  my @names;
  find ({ no_chdir => 1, wanted => sub { push @names, substr ($_, 1 + length $dir) if -f } }, $dir);
  return sort @names;
}

my %kinds = (
  'zip' => sub { my ($out, $dir) = @_; write_zip ($out, map { [$_, $regular, deflated (read_file ("$dir/$_"))] } files_below ($dir)) },
  'zip-slip' => sub {
    my ($out) = @_;
    my @names = ('../harness-escaped', '../../../../../../../../tmp/harness-escaped', '/tmp/harness-escaped', 'hw2/../../vmx.c', '../cpuid.c', '..\\..\\svm.c');
    write_zip ($out, map { [$_, $regular, deflated ($text)] } @names);
  },
  'zip-bomb' => sub { my ($out) = @_; my @zeros = deflated_zeros (32); write_zip ($out, map { ["hw2/$_.c", $regular, @zeros] } qw (cpuid vmx svm x86 mmu)) },
  'zip-symlink' => sub { my ($out) = @_; write_zip ($out, map { ["hw2/$_.c", $link, deflated ('/etc/passwd')] } qw (cpuid vmx)) },
  'tar-links' => sub {
    my ($out) = @_;
    write_file ($out, tar_member ('hw2', 2, '/tmp', '', 0, 0) . tar_member ('hw2/harness-escaped', 0, '', $text, 0, 0)
      . tar_member ('cpuid.c', 1, '/etc/passwd', '', 0, 0) . tar_member ('vmx.c', 1, '../../../../../../../../etc/passwd', '', 0, 0) . "\0" x 1024);
  },
  'tar-device' => sub {
    my ($out) = @_;
    write_file ($out, tar_member ('hw2/cpuid.c', 3, '', '', 1, 5) . tar_member ('hw2/vmx.c', 6, '', '', 0, 0) . "\0" x 1024);
  },
);

my ($kind, @arguments) = @ARGV;
die "usage: archive.pl KIND OUT [DIR]\n" unless defined $kind && $kinds{$kind} && @arguments;
$kinds{$kind}->(@arguments);
