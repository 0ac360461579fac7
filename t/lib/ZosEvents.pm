package ZosEvents;

# A client of server-sent events, for nginx started by ZosNginx.
#
#     my $watcher = ZosEvents->open($nginx, "/nodes/n/jobs/$job/output",
#                                   last => $id);
#     my $event = $watcher->next;      # { id, name, data }, undef: no more
#     my @left = $watcher->rest;       # to the end of the answer
#     is($watcher->ended, 'whole', ...);    # or "cut"; undef: it goes on
#     is_framed($watcher, 'a name');
#
# Options of open: last is the Last-Event-ID, buffer the size of the socket's
# receive buffer. The line ends, fields and chunks are checked as they come;
# faults() tells what was wrong with them.

use strict;
use warnings;

use Exporter 'import';
use IO::Select;
use Socket qw( AF_INET SOCK_STREAM SOL_SOCKET SO_RCVBUF inet_aton
               pack_sockaddr_in );
use Test::More ();
use Time::HiRes qw( time );

our @EXPORT = qw( is_framed event_lines );

my $Patience = 15;              # seconds that a read takes at most


sub open {
    my ($class, $nginx, $path, %option) = @_;

    socket my $socket, AF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, $option{buffer}
        if $option{buffer};
    connect $socket, pack_sockaddr_in($nginx->port, inet_aton('127.0.0.1'))
        or die "cannot connect to nginx: $!\n";

    my $last = defined $option{last} ? "Last-Event-ID: $option{last}\r\n" : '';

    local $SIG{PIPE} = 'IGNORE';
    syswrite $socket, "GET $path HTTP/1.1\r\nHost: localhost\r\n"
                      . "Accept: text/event-stream\r\n${last}\r\n";

    return $class->new(socket => $socket);
}


sub new {
    my ($class, %member) = @_;

    return bless {
        bytes => '', text => '', events => [], faults => [], comments => 0,
        newest => 0, taken => 0, %member,
    }, $class;
}


# The next event, or undef when there is none in time, or none any more.
sub next {
    my ($self, $seconds) = @_;

    my $end = time + ($seconds // $Patience);

    until (@{ $self->{events} }) {
        last if $self->{ended} || !$self->read_until($end);
    }

    return shift @{ $self->{events} };
}


# So many events, or what there is of them in time.
sub take {
    my ($self, $count, $seconds) = @_;

    my $end = time + ($seconds // $Patience);
    my @events;

    while (@events < $count) {
        my $event = $self->next($end - time) // last;
        push @events, $event;
    }

    return @events;
}


sub rest {
    my ($self, $seconds) = @_;

    gather($seconds // $Patience, $self);
    return splice @{ $self->{events} };
}


# Reads several to their ends at the same time.
sub gather {
    my ($seconds, @watchers) = @_;

    my $end = time + $seconds;
    my %open = map { $_->{socket} => $_ } grep { !$_->{ended} } @watchers;

    while (%open) {
        my $left = $end - time;
        my @ready = IO::Select->new(map { $_->{socket} } values %open)
                              ->can_read($left > 0 ? $left : 0);
        last unless @ready;

        for my $socket (@ready) {
            $open{$socket}->read_some;
            delete $open{$socket} if $open{$socket}{ended};
        }
    }

    return !%open;
}


sub ended { $_[0]{ended} }

sub comments { $_[0]{comments} }

sub faults { @{ $_[0]{faults} } }

# How much has come.
sub received { $_[0]{taken} }

# At once, with FIN, or with RST where data is still unread.
sub leave { close $_[0]{socket} }


# Status and headers, by names in lower case; undef: none in time.
sub head {
    my ($self, $seconds) = @_;

    my $end = time + ($seconds // $Patience);

    until ($self->{head}) {
        last if $self->{ended} || !$self->read_until($end);
    }

    return $self->{head};
}


sub read_until {
    my ($self, $end) = @_;

    my $left = $end - time;

    return 0 if !IO::Select->new($self->{socket})
                           ->can_read($left > 0 ? $left : 0);
    $self->read_some;
    return 1;
}


sub read_some {
    my ($self) = @_;

    my $size = sysread $self->{socket}, $self->{bytes}, 65536,
                       length $self->{bytes};

    if ($size) {
        $self->{taken} += $size;
        $self->take_head unless $self->{head};
        $self->take_chunks if $self->{head};
        return;
    }

    $self->{ended} //= 'cut';
}


sub take_head {
    my ($self) = @_;

    $self->{bytes} =~ s/\A(.*?)\r\n\r\n//s or return;

    my ($line, @headers) = split /\r\n/, $1;
    my %head = map { /^([^:]+): ?(.*)$/ ? (lc $1 => $2) : () } @headers;

    ($head{status}) = $line =~ m{^HTTP/1\.1 (\d+)};
    $self->{head} = \%head;
    $self->fault('not chunked')
        if ($head{'transfer-encoding'} // '') ne 'chunked';
}


sub take_chunks {
    my ($self) = @_;

    while ($self->{bytes} =~ /\A([0-9a-f]+)\r\n/) {
        my ($start, $size) = ($+[0], hex $1);

        return if length $self->{bytes} < $start + $size + 2;

        $self->fault('a chunk without its end')
            if substr($self->{bytes}, $start + $size, 2) ne "\r\n";
        $self->{text} .= substr $self->{bytes}, $start, $size;
        substr $self->{bytes}, 0, $start + $size + 2, '';
        $self->take_blocks;
        $self->finish if $size == 0;
    }

    $self->fault('no chunk: ' . substr $self->{bytes}, 0, 20)
        if $self->{bytes} =~ /\A(?!\r?\z)[^0-9a-f]/;
}


# The answer is whole; what is in it may still be half an event.
sub finish {
    my ($self) = @_;

    $self->{ended} = 'whole';
    $self->fault("half an event: $self->{text}") if $self->{text} ne '';
    $self->fault("bytes behind the answer: $self->{bytes}")
        if $self->{bytes} ne '';
}


sub take_blocks {
    my ($self) = @_;

    while ((my $end = index $self->{text}, "\n\n") >= 0) {
        my $block = substr $self->{text}, 0, $end + 1;

        substr $self->{text}, 0, $end + 2, '';
        $self->take_block($block);
    }
}


sub take_block {
    my ($self, $block) = @_;

    my ($id, $name, @data);

    for my $line (split /\n/, $block) {
        if ($line =~ /^:/) { $self->{comments}++ }
        elsif ($line =~ /^data: (.*)$/s) { push @data, $1 }
        elsif ($line =~ /^id: ((?:[\w.-]+\/)?[1-9]\d*)$/ && !$id) { $id = $1 }
        elsif ($line =~ /^event: (\w+)$/ && !$name) { $name = $1 }
        else { $self->fault("the line \"$line\"") }
    }

    return $self->fault("an event without data: $block")
        if !@data && ($id || $name);
    return unless @data;

    my $data = join "\n", @data;

    # a carriage return ends a line, too
    $self->fault("\"$data\" has a carriage return") if $data =~ /\r/;
    $self->fault("\"$data\" is no UTF-8") unless utf8::decode(my $copy = $data);
    $self->take_id($id) if $id;

    push @{ $self->{events} },
         { id => $id, name => $name // 'message', data => $data };
}


# A time, which only grows as long as the node's clock does; behind the name of
# what is watched, which stays.
sub take_id {
    my ($self, $id) = @_;

    my ($source, $epoch) = $id =~ /^(.*?)(\d+)$/;

    $self->{source} //= $source;
    $self->fault("the id $id behind $self->{source}$self->{newest}")
        if $epoch <= $self->{newest} || $source ne $self->{source};
    $self->{newest} = $epoch;
}


sub fault { push @{ $_[0]{faults} }, $_[1] }


# A body filter for blocks: a line for each event, "N" or "-" for with or
# without an id, name, data; and the faults.
sub event_lines {
    my ($body) = @_;

    my $self = ZosEvents->new(text => $body);

    $self->take_blocks;
    $self->fault("half an event: $self->{text}") if $self->{text} ne '';

    my @lines = map { ($_->{id} ? 'N' : '-') . " $_->{name} $_->{data}" }
                    @{ $self->{events} };

    s/\n/\\n/g, s/"startTime":\d{13}/"startTime":N/ for @lines;
    return join '', map { "$_\n" } @lines, $self->faults;
}


# One test: all that has come so far is well-formed.
sub is_framed {
    my ($watcher, $name) = @_;

    my @faults = $watcher->faults;

    return Test::More::ok(!@faults, $name)
        || Test::More::diag(join "\n", splice @faults, 0, 5);
}

1;
