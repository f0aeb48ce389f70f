# Reads the last lines of a log for apply's verb `log` (log.sh). Debian's perl-base is enough.
#   own <folder> <php|error|access> <n>                  files of the account below logs, as its number: php/<ServerName>.log, error.log, access.log, each after its .1
#   new <folder> <error|access> <n> <account> <notes>    what Apache wrote after the splitter's last offset: "<account> <ServerName> …"
# Prints `line <ServerName> <text>`: at most n lines of each name, bounded bytes, control characters as \x1b. Follows no link, opens nothing but plain files.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode :seek);

my $OWN_BYTES = 262_144;        # of the end of one file
my $OWN_FILES = 20;             # the newest
my $NAMES = 2_000;              # entries of a folder that are looked at: a member can make any number
my $NEW_BYTES = 33_554_432;
my $LINE_BYTES = 4_000;
my $OUT_BYTES = 524_288;

my ($how, $folder, $kind, $count, $account, $notes) = @ARGV;
my (%kept, @order);

sub keep {
    my ($site, $text) = @_;
    return unless $site =~ /\A[a-z0-9_][a-z0-9._-]{0,260}\z/;
    my $lines = $kept{$site} ||= do { push @order, $site; [] };
    push @$lines, substr $text, 0, $LINE_BYTES;
    shift @$lines if @$lines > $count;
}

# Our own questions after each publication are nobody's visit.
sub probe { $_[0] =~ m{ "GET /\.well-known/mutu-probe(?:/php)? HTTP/1\.[01]" 200 } }

# Where PHP's pools are reached is nobody's business (random names are one of their walls).
sub quiet { $_[0] =~ s{(?:unix:)?/\S*?\.sock(?:\|fcgi://\w*)?}{PHP}gr }

sub plain {    # a regular file, opened without following a link or waiting for a pipe; at most one name, so that it is nobody else's
    my ($path) = @_;
    sysopen my $file, $path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK or return;
    my @stat = stat $file;
    return unless @stat && S_ISREG($stat[2]) && $stat[3] == 1;
    return ($file, @stat);
}

sub lines_from {    # <file> <start> <whether a line begins there> <what to do with each>
    my ($file, $start, $whole, $each) = @_;
    sysseek $file, $start, SEEK_SET or return;
    seek $file, $start, SEEK_SET;
    <$file> unless $whole;
    while (defined(my $line = <$file>)) {
        # One that is still being written is read the next time.
        last unless chomp $line;
        $each->($line);
    }
}

sub own_file {
    my ($path, $site) = @_;
    my ($file, @stat) = plain($path) or return;
    my $start = $stat[7] > $OWN_BYTES ? $stat[7] - $OWN_BYTES : 0;
    lines_from($file, $start, !$start, sub {
        my ($line) = @_;
        return keep($site, $line) if defined $site;
        keep($1, $2) if $line =~ /\A(\S+) (.*)\z/s;
    });
}

sub own {
    chdir $folder or return;
    return if -l 'logs' || !chdir 'logs';
    if ($kind ne 'php') {
        own_file("$kind.log.1");
        own_file("$kind.log");
        return;
    }
    return if -l 'php' || !chdir 'php' || !opendir my $entries, '.';
    my ($seen, %found) = (0);
    while (defined(my $entry = readdir $entries)) {
        last if ++$seen > $NAMES;
        next unless $entry =~ /\A([a-z0-9_][a-z0-9._-]*)\.log(?:\.1)?\z/;
        my $time = (lstat $entry)[9];
        $found{$1} = $time if defined $time && (!defined $found{$1} || $found{$1} < $time);
    }
    my @newest = (sort { $found{$b} <=> $found{$a} || $a cmp $b } keys %found)[0 .. $OWN_FILES - 1];
    for my $site (grep { defined } @newest) {
        own_file("$site.log.1", $site);
        own_file("$site.log", $site);
    }
}

sub new {
    my (%split, @files);
    # A batch that is being given out: who has theirs already goes on after it.
    my $given = -e "$notes/spool/state" && !-e "$notes/spool/$account.$kind";
    if (my ($known) = plain($given ? "$notes/spool/state" : "$notes/state")) {
        while (<$known>) { $split{$1} = $2 if /\Araw (\d+) (\d+)$/ }
    }
    opendir my $entries, $folder or return;
    for my $entry (grep { /\A\Q$kind\E\.[a-z0-9-]+\.log\z/ } readdir $entries) {
        my ($file, @stat) = plain("$folder/$entry") or next;
        push @files, { file => $file, size => $stat[7], time => $stat[9], from => $split{$stat[1]} || 0 };
    }
    my $left = $NEW_BYTES;
    for my $one (sort { $b->{time} <=> $a->{time} } @files) {
        my $start = $one->{size} - $left;
        $one->{start} = $start > $one->{from} ? $start : $one->{from};
        $left -= $one->{size} - $one->{start} if $one->{size} > $one->{start};
        last if $left <= 0;
    }
    my $mine = "$account ";
    my $length = length $mine;
    for my $one (sort { $a->{time} <=> $b->{time} } grep { defined $_->{start} } @files) {
        lines_from($one->{file}, $one->{start}, $one->{start} == $one->{from}, sub {
            my ($line) = @_;
            return if substr($line, 0, $length) ne $mine || probe($line);
            keep($1, $kind eq 'error' ? quiet($2) : $2) if substr($line, $length) =~ /\A(\S+) (.*)\z/s;
        });
    }
}

$how eq 'own' ? own() : new();
my $share = @order ? int($OUT_BYTES / @order) : 0;
for my $site (@order) {
    my ($lines, $bytes, @last) = ($kept{$site}, 0);
    while (@$lines) {
        (my $text = pop @$lines) =~ s/([\x00-\x1f\x7f])/sprintf '\\x%02x', ord $1/ge;
        $bytes += length($text) + length($site) + 7;
        last if $bytes > $share && @last;
        unshift @last, $text;
    }
    print "line $site $_\n" for @last;
}
