# Reads the last lines of a log for apply's verb `log` (log.sh). Debian's perl-base is enough.
#   own <folder> <php|error|access> <n>                  files of the account below logs, as its number: php/<ServerName>.log, error.log, access.log, each after its .1
#   new <folder> <error|access> <n> <account> <notes> <nginx's folder> <MUTU_ROOT>
#       what Apache wrote after the splitter's last offset, "<account> <ServerName> …", and nginx without it, "<name asked for> <seconds> …" (split-logs.d/front.pl)
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

my ($how, $folder, $kind, $count, $account, $notes, $front, $root) = @ARGV;
my (%kept, @order, %listed);

sub keep {
    my ($site, $text) = @_;
    return unless $site =~ /\A[a-z0-9_][a-z0-9._-]{0,260}\z/;
    my $lines = $kept{$site} ||= do { push @order, $site; [] };
    push @$lines, substr $text, 0, $LINE_BYTES;
    shift @$lines if @$lines > $count;
}

# Our own questions after each publication are nobody's visit.
sub probe { $_[0] =~ m{ "GET /\.well-known/mutu-probe(?:/php)? HTTP/[0-9.]+" 200 } }

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
        while (<$known>) { $split{$1}{$2} = $3 if /\A(raw|front) (\d+) (\d+)$/ }
    }
    for my $whose ('raw', 'front') {
        my $in = $whose eq 'raw' ? $folder : $front;
        opendir my $entries, $in or next;
        for my $entry (grep { /\A\Q$kind\E\.[a-z0-9-]+\.log\z/ } readdir $entries) {
            my ($file, @stat) = plain("$in/$entry") or next;
            push @files, { whose => $whose, file => $file, size => $stat[7], time => $stat[9], from => $split{$whose}{$stat[1]} || 0 };
        }
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
        my $each = $one->{whose} eq 'front' ? \&front_line : sub {
            my ($line) = @_;
            return if substr($line, 0, $length) ne $mine || probe($line);
            keep($1, $kind eq 'error' ? quiet($2) : $2) if substr($line, $length) =~ /\A(\S+) (.*)\z/s;
        };
        lines_from($one->{file}, $one->{start}, $one->{start} == $one->{from}, $each);
    }
}

# The name is a visitor's word: it counts when this account's list has it, or a star above it that nobody's longer name stands before.
sub front_line {
    my ($name, $at, $line) = $_[0] =~ /\A([a-z0-9_][a-z0-9._-]{0,249}) (\d{1,12})\.\d{3} (.*)\z/s or return;
    return if probe($line);
    my $form = $kind eq 'error' ? qr/\[[0-9T:+-]{25}\] \[nginx:error\] \[client [0-9a-f.:]+\] MUTU\d\d: [^"]*"[^"]*"/
        : qr/[0-9a-f.:]+ - \[[0-9A-Za-z\/:+ -]{26}\] "[^"]*" \d{3} \d+ "[^"]*" "[^"]*" \d+/;
    return unless $line =~ /\A$form\z/;
    $listed{$name} //= [listed_as($name)];
    my ($as) = @{$listed{$name}};
    keep($as, $line) if defined $as && listed_at($as, $at);
}

sub listed_as {
    my ($name) = @_;
    for my $one ($name, map { '_wildcard.' . substr $name, $_ } grep { substr($name, $_ - 1, 1) eq '.' } 1 .. length($name) - 1) {
        return $one if (lists())[0]{names}{$one};
        # Each name that a list has, has a file there.
        return if lstat "$root/tls/$one.pem";
    }
    return;
}

sub listed_at {     # a name may have changed hands: the list counts that was the newest then
    my ($as, $at) = @_;
    for my $one (lists()) { return $one->{names}{$as} if $one->{at} <= $at }
    return 0;
}

my @lists;
sub lists {         # the live one of this account, then older ones of releases that are kept, the newest first
    return @lists if @lists;
    my ($place) = map { m{/([0-9a-f]{2})/nginx/names/[^/]+\z} } glob "\Q$root\E/live/release/*/nginx/names/$account.list";
    my $read = sub {
        my ($path) = @_;
        open my $file, '<', $path or return;
        return { at => (stat $file)[9], names => { map { chomp; $_ => 1 } <$file> } };
    };
    return @lists = ({ at => 0, names => {} }) unless defined $place && (my $live = $read->("$root/live/release/$place/nginx/names/$account.list"));
    my @older = map { $read->($_) } glob "\Q$root\E/releases/*/$place/nginx/names/$account.list";
    return @lists = ($live, sort { $b->{at} <=> $a->{at} } @older);
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
