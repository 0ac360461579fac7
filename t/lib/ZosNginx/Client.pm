package ZosNginx::Client;

# A connection to nginx. Requests are sent, and answers read, whenever the
# test says so.

use strict;
use warnings;

use HTTP::Response;
use IO::Select;
use IO::Socket::INET;
use Socket qw( SOL_SOCKET SO_LINGER );
use Test::More ();
use Time::HiRes qw( time );

my $Patience = 20;              # seconds until a read gives up


sub connect {
    my ($class, $port) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp')
        // die "cannot connect to nginx: $!\n";

    return bless { socket => $socket, received => '', heads => [] }, $class;
}


# "METHOD path", and a body behind an empty line. With the option close the
# connection ends after the answer; header holds more lines.
sub send {
    my ($self, $request, %option) = @_;

    my ($line, $body) = split /\n\n/, $request, 2;
    my $length = defined $body ? 'Content-Length: ' . length($body) . "\r\n"
                               : '';
    my $close = $option{close} ? "Connection: close\r\n" : '';
    my $more = join '', map { "$_\r\n" } @{ $option{header} // [] };

    local $SIG{PIPE} = 'IGNORE';
    push @{ $self->{heads} }, $line =~ /^HEAD / ? 1 : 0;
    $self->{sent} = time;
    $line .= ' HTTP/1.1' unless $line =~ / HTTP\//;
    syswrite $self->{socket}, "$line\r\nHost: localhost\r\n"
                              . "$close$more$length\r\n" . ($body // '');
}


# The next answer: status, header (by names in lower case, "" if absent),
# body, seconds since the last request was sent, text. Status 0 when the
# connection ended without one.
sub answer { (answers($_[0]))[0] }


# The next answer on each of several connections, in their order.
sub answers {
    my @clients = @_;

    my $end = time + $Patience;
    my %waiting = map { $_->{socket} => $_ } grep { !$_->complete } @clients;
    my $set = IO::Select->new(map { $_->{socket} } values %waiting);

    while (%waiting) {
        my $left = $end - time;
        my @ready = $left > 0 ? $set->can_read($left) : ();

        Test::More::fail("no answer within $Patience s") unless @ready;

        for my $socket (@ready ? @ready : $set->handles) {
            my $client = $waiting{$socket};
            next if @ready && $client->read_some && !$client->complete;

            $client->{finished} = time;
            $set->remove($socket);
            delete $waiting{$socket};
        }
    }

    return map { $_->take } @clients;
}


sub complete {
    my ($self) = @_;

    my ($bytes, $head) = ($self->{received}, $self->{heads}[0]);

    return 0 unless $bytes =~ /\A(.*?\r\n)\r\n(.*)\z/s;

    my ($headers, $body) = ($1, $2);

    return 1 if $head || $headers =~ /\AHTTP\/1\.1 (?:204|304)/;
    return 0 unless $headers =~ /^Content-Length: (\d+)\r$/mi;
    return length $body >= $1;
}


# False at the end of the connection.
sub read_some {
    my ($self) = @_;

    return sysread $self->{socket}, $self->{received}, 65536,
                   length $self->{received};
}


sub take {
    my ($self) = @_;

    my $head = shift @{ $self->{heads} };
    my $text = $self->{received};
    my $response = HTTP::Response->parse($text);
    my $length = $head ? 0 : $response->header('Content-Length') // 0;
    my $headers = $text =~ /\A(.*?\r\n\r\n)/s ? $1 : '';

    $self->{received} = length $text > length($headers) + $length
                      ? substr $text, length($headers) + $length : '';

    my %header = map { $_ => $response->header($_) // '' }
        qw( content-type content-length cache-control retry-after connection
            location x-reason x-pid );

    return {
        status  => $text eq '' ? 0 : $response->code // 0,
        header  => \%header,
        body    => substr($text, length $headers, $length),
        seconds => ($self->{finished} // time) - $self->{sent},
        text    => $text,
    };
}


# True when nginx has closed the connection.
sub closed {
    my ($self, $seconds) = @_;

    return IO::Select->new($self->{socket})->can_read($seconds)
           && !sysread $self->{socket}, my $byte, 1;
}


# The client leaves, with FIN or RST, or has no more to say.
sub leave { close $_[0]{socket} }


sub reset {
    my ($self) = @_;

    setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    close $self->{socket};
}


sub shutdown { shutdown $_[0]{socket}, 1 }

1;
