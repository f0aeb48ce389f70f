# Files, opened and written without being led elsewhere, as the number that they belong to. Part of split-logs.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode :seek);
use POSIX ();

our (%conf, $privileged);

sub acts_as {   # <number>: on files, without any right of root's; but for signals it stays root's
    my ($number) = @_;
    return unless $privileged;
    $( = $number;
    $) = "$number $number";
    $> = $number;
    POSIX::_exit(70) unless $> == $number && $( == $number && $) eq "$number $number";
}
sub become {    # <number>: nothing of root is left
    my ($number) = @_;
    return unless $privileged;
    $> = 0;
    $( = $number;
    $) = "$number $number";
    ($<, $>) = ($number, $number);
    POSIX::_exit(70) unless $< == $number && $> == $number && $( == $number && $) eq "$number $number";
}
sub plain {     # a regular file with one name, opened without following a link or waiting for a pipe
    my ($path, $how) = @_;
    sysopen my $file, $path, $how | O_NOFOLLOW | O_NONBLOCK, 0600 or return;
    my @stat = stat $file;
    unless (S_ISREG($stat[2]) && $stat[3] == 1) { $! = POSIX::ELOOP; return }
    return ($file, @stat);
}
sub enter {     # a folder that is none of somebody's links; made when it is not there
    my ($name, $mode) = @_;
    my @seen = lstat $name;
    if (!@seen) { mkdir $name, $mode or return; @seen = lstat $name }
    unless (S_ISDIR($seen[2]) && chdir $name) { $! ||= POSIX::ENOTDIR; return }
    my @now = stat '.';
    return $now[0] == $seen[0] && $now[1] == $seen[1];
}
sub put {       # a file of ours, whole or not at all
    my ($path, $text) = @_;
    open my $file, '>', "$path.new" or die "$path: $!\n";
    print {$file} $text or die "$path: $!\n";
    close $file or die "$path: $!\n";
    rename "$path.new", $path or die "$path: $!\n";
}
sub content { open my $file, '<', $_[0] or return ''; local $/; return scalar(<$file>) // '' }
sub entries { opendir my $folder, $_[0] or return; return sort grep { !/\A\./ } readdir $folder }

1;
