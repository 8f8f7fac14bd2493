#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Says what has no place in the C files whose names are on standard input, a line a finding.
use strict;
use warnings;

my $longest = 60;    # lines of a function
my $name = qr/(?<![A-Za-z0-9_])/;
# Word boundaries: snprintf and g_strcat are others. Tests may poll; L2's init sleeps because that is its work.
my $banned = qr/$name(system|popen|strcpy|strcat|sprintf|vsprintf|gets|mktemp|tmpnam|alloca)\s*\(/;
my $sleeps = qr/$name(?:sleep|usleep|nanosleep|g_usleep)\s*\(/;
my $test = qr{^(?:tests|bench)/};

# Comments gone, what stands in strings gone.
sub code_of {
    my ($text) = @_;
    $text =~ s{("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|/\*.*?\*/|//[^\n]*}{defined $1 ? '""' : ' '}gse;
    return $text;
}

sub long_functions {
    my ($file, $text) = @_;
    my ($line, $begin) = (0, 0);
    for (split /\n/, $text) {
        $line++;
        $begin = $line if /^\{/;
        next unless /^\}/ && $begin;
        printf "%s:%d: a function of %d lines\n", $file, $begin, $line - $begin - 1 if $line - $begin - 1 > $longest;
        $begin = 0;
    }
}

while (my $file = <STDIN>) {
    chomp $file;
    open my $in, '<', $file or die "$file: $!\n";
    my $text = do { local $/; <$in> } // '';
    close $in;
    my $code = code_of($text);
    my %calls = map { $_ => 1 } $code =~ /$banned/g;
    print "$file: calls $_\n" for sort keys %calls;
    print "$file: goto\n" if $code =~ /${name}goto\s/;
    print "$file: sleeps\n" if $file !~ $test && $file !~ m{^src/guest/l2-(?:init|operations)\.c$} && $code =~ $sleeps;
    print "$file: exit outside main\n" if $file !~ $test && $file !~ m{^src/guest/|^src/cli/main\.c$} && $code =~ /${name}exit\s*\(/;
    long_functions($file, $text);
}
