package ZosRunner::Client;

# Sends a request over a socket of its own and reads until nginx closes it.

use strict;
use warnings;

use Errno qw( EAGAIN EINTR EWOULDBLOCK );
use HTTP::Response;
use IO::Select;
use IO::Socket::INET;
use Test::More ();
use Test::Nginx::Util ();
use Time::HiRes qw( sleep );

BEGIN { *U:: = *Test::Nginx::Util:: }     # a shorter name


# The bytes of the answer. Silence for longer than the block's timeout ends
# the exchange, and is a failure unless the block means to abort.
sub exchange {
    my ($block, $packets) = @_;

    my $name = $block->name;
    my $timeout = U::parse_time($block->timeout) // $U::Timeout;
    my $socket = IO::Socket::INET->new(
        PeerAddr => $block->server_addr_for_client // $U::ServerAddr,
        PeerPort => $U::ServerPortForClient,
        Proto    => 'tcp',
        Timeout  => $timeout,
    );

    if (!$socket) {
        Test::More::fail("$name - cannot connect to nginx: $!");
        return '';
    }

    local $SIG{PIPE} = 'IGNORE';
    $socket->blocking(0);

    my $io = { socket => $socket, received => '', packets => [ @$packets ],
               pending => '', name => $name };
    my $end = converse($io, $timeout, $block->shutdown);
    close $socket;

    Test::More::fail("$name - no answer within $timeout s")
        if $end eq 'timeout' && !defined $block->abort;

    return $io->{received};
}


sub converse {
    my ($io, $timeout, $shutdown) = @_;

    my $set = IO::Select->new($io->{socket});
    my $sending = 1;

    while (1) {
        my ($readable, $writable) = IO::Select->select(
            $set, $sending ? $set : undef, undef, $timeout);

        return 'timeout' unless $readable;

        if (@$readable) {
            return 'closed' unless receive($io);
        }

        if (@$writable && !transmit($io)) {
            $sending = 0;
            shutdown $io->{socket}, $shutdown eq '' ? 1 : $shutdown
                if defined $shutdown;
        }
    }
}


# False when the peer has closed.
sub receive {
    my ($io) = @_;

    my $size = sysread $io->{socket}, $io->{received}, 65536,
                       length $io->{received};

    return $size if defined $size;
    return 1 if $!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR};

    Test::More::diag("$io->{name} - reading the answer: $!");
    return 0;
}


# False when all is sent, or cannot be: the answer may still be there to read.
sub transmit {
    my ($io) = @_;

    if ($io->{pending} eq '') {
        my $packet = shift @{ $io->{packets} } or return 0;
        sleep $packet->{delay_before} if $packet->{delay_before};
        $io->{pending} = $packet->{value};
        return 1 if $io->{pending} eq '';
    }

    my $size = syswrite $io->{socket}, $io->{pending};

    if (!defined $size) {
        return 1 if $!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR};
        return 0;
    }

    substr $io->{pending}, 0, $size, '';
    return 1;
}


# One answer out of the bytes: the response, its header lines as sent, and
# the bytes behind it.
sub parse {
    my ($name, $bytes, $head_request) = @_;

    my $raw_headers = $bytes =~ /\A(.*?\r\n)\r\n/s ? $1 : '';
    my $response = HTTP::Response->parse($bytes);
    my $code = $response->code // '';

    if ($code !~ /^\d+$/) {
        $response->code(undef);
        $code = 0;
    }

    if ($head_request || $code == 304 || $code == 101 || $code == 204) {
        my $left = $response->content // '';
        return ($response, $raw_headers, $left) if $head_request
                                                   || $code == 204;
        return ($response, $raw_headers, '');
    }

    my $coding = $response->header('Transfer-Encoding') // '';
    my $length = $response->header('Content-Length') // '';
    my ($body, $left) = ($response->content // '', '');

    if ($coding eq 'chunked') {
        ($body, $left) = dechunk($name, $body);
    } elsif ($length =~ /^\d+$/) {
        Test::More::diag("$name - body has " . length($body)
                         . " of $length bytes") if length $body < $length;
        $left = length $body > $length ? substr $body, $length, length $body, ''
                                       : '';
    }

    $response->content($body);
    return ($response, $raw_headers, $left);
}


sub dechunk {
    my ($name, $coded) = @_;

    my $body = '';

    while ($coded =~ s/\A([0-9a-fA-F]+)[ \t]*(?:;[^\r\n]*)?\r\n//) {
        my $size = hex $1;

        if ($size == 0) {
            last unless $coded =~ s/\A(?:[^\r\n]+\r\n)*\r\n//;
            return ($body, $coded);
        }

        $body .= substr $coded, 0, $size, '';
        last unless $coded =~ s/\A\r\n//;
    }

    Test::More::fail("$name - the chunked body is not complete");
    return ($body, '');
}

1;
