# What Apache and nginx wrote, once it is split. Part of split-logs.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode :seek);

our (%conf, %most, $RAW_DAYS, $raw, $front, $notes);

sub tidy_raw {
    my ($from) = state_of("$notes/state");
    my %open;
    for my $settings (glob "$conf{MUTU_ROOT}/run/apache-*.env") { $open{$1} = 1 if content($settings) =~ /^MUTU_APACHE_LOG=(.*)$/m }
    tidy_in($raw, $from->{raw}, sub { $open{$_[0]} });
    # nginx has one of each, for as long as there is a machine.
    tidy_in($front, $from->{front}, sub { 1 });
}

sub tidy_in {   # <folder> <offsets by inode> <whether an instance goes on>: as the folder's owner, who could put anything there
    my ($folder, $from, $open) = @_;
    my @owner = stat $folder or return;
    my ($pid, $out) = child(sub {
        become($owner[4]) if $owner[4];
        chdir $folder or return;
        for my $name (grep { /\A(?:access|error)\.[a-z0-9-]+\.log\z/ } entries('.')) {
            my ($file, @stat) = plain($name, O_RDWR) or next;
            my $split = $from->{$stat[1]} // next;
            my ($instance) = $name =~ /\A\w+\.(.*)\.log\z/;
            if (!$open->($instance) && $split >= $stat[7] && $stat[9] < time - $RAW_DAYS * 86_400) { unlink $name; next }
            my $free = ($split - $most{raw}) >> 20;
            # They go on in the same file for as long as they run: what lies before is given back to the disk, and no offset changes.
            system 'fallocate', '-p', '-o', 0, '-l', $free << 20, "./$name" if $free > 0 && $stat[12] * 512 > 2 * $most{raw};
        }
    });
    close $out;
    waitpid $pid, 0;
}

1;
