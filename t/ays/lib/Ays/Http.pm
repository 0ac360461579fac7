package Ays::Http;

# HTTP/1.1 with keepalive. Requests of a connection are answered one after
# the other: the next one is looked at when the last answer has been written.

use strict;
use warnings;

use Ays::Loop qw( on_read on_write forget after );
use IO::Socket::INET;

use constant BODY_MAX => 64 << 20;

my %Reason = (
    200 => 'OK', 201 => 'Created', 204 => 'No Content', 400 => 'Bad Request',
    401 => 'Unauthorized', 403 => 'Forbidden', 404 => 'Not Found',
    405 => 'Method Not Allowed', 409 => 'Conflict',
    500 => 'Internal Server Error', 502 => 'Bad Gateway',
    503 => 'Service Unavailable', 504 => 'Gateway Timeout',
);


# The handler gets (request, reply): a request has method, path, query (as
# sent), headers (names in lower case), body; reply is called with an answer,
# at once or later.
sub listen_on {
    my ($address, $handler) = @_;

    my ($host, $port) = $address =~ /^(.+):(\d+)$/
        or die "not host:port: $address\n";
    my $socket = IO::Socket::INET->new(
        LocalAddr => $host, LocalPort => $port, Proto => 'tcp',
        Listen => 128, ReuseAddr => 1, Blocking => 0)
        // die "cannot listen on $address: $!\n";

    on_read($socket, sub {
        while (my $client = $socket->accept) {
            $client->blocking(0);
            $client->setsockopt(6, 1, 1);       # TCP_NODELAY
            my $c = bless { socket => $client, in => '', out => '',
                            handler => $handler };
            on_read($client, sub { $c->readable });
        }
    });

    return $socket;
}


sub readable {
    my ($c) = @_;

    my $n = sysread $c->{socket}, $c->{in}, 65536, length $c->{in};

    return if !defined $n && $!{EAGAIN};
    return $c->shut if !$n;
    return $c->shut if length $c->{in} > BODY_MAX;

    $c->next_request;
}


sub shut {
    my ($c) = @_;

    my $socket = delete $c->{socket} // return;

    forget($socket);
    close $socket;
}


sub next_request {
    my ($c) = @_;

    # a loop, not a recursion: answers may be ready at once
    return if $c->{serving};

    while ($c->{socket} && !$c->{busy} && !length $c->{out}) {
        my $request = $c->parse // last;
        my $answered;

        $c->{busy} = 1;
        local $c->{serving} = 1;
        $c->{handler}->($request, sub {
            return if $answered++;
            $c->answer($request, @_);
        });
    }
}


sub parse {
    my ($c) = @_;

    my $end = index $c->{in}, "\r\n\r\n";
    return if $end < 0;

    my ($line, @fields) = split /\r\n/, substr $c->{in}, 0, $end;
    my ($method, $uri, $version) = ($line // '')
        =~ m{^([A-Z]+) (/\S*) HTTP/1\.([01])$};
    my %header = map { /^([^:]+):\s*(.*?)\s*$/ ? (lc $1, $2) : () } @fields;

    if (!defined $method) {
        $c->{in} = '';
        $c->put("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
                 . "Content-Length: 0\r\n\r\n", 1);
        return;
    }

    my $body = $c->body(\%header, $end + 4) // return;
    my ($path, $query) = split /\?/, $uri, 2;

    return {
        method => $method, path => $path, query => $query // '',
        headers => \%header, body => $body,
        close => ($header{connection} // '') =~ /close/i || !$version,
    };
}


# Takes it off the input together with the head; nothing if it is not
# complete yet.
sub body {
    my ($c, $header, $at) = @_;

    if (($header->{'transfer-encoding'} // '') =~ /chunked/i) {
        return $c->chunked_body($at);
    }

    my $length = $header->{'content-length'} // 0;
    return if length $c->{in} < $at + $length;

    my $body = substr $c->{in}, $at, $length;
    substr $c->{in}, 0, $at + $length, '';
    return $body;
}


sub chunked_body {
    my ($c, $at) = @_;

    my $body = '';

    while (1) {
        my $nl = index $c->{in}, "\r\n", $at;
        return if $nl < 0;

        my $size = hex substr $c->{in}, $at, $nl - $at;
        return if length $c->{in} < $nl + 4 + $size;

        $body .= substr $c->{in}, $nl + 2, $size;
        $at = $nl + 4 + $size;

        if ($size == 0) {
            substr $c->{in}, 0, $at, '';
            return $body;
        }
    }
}


# An answer: status, type, body; and for faults: chunked, drop (nothing is
# sent), cut (closed after half of the body), drip (a byte in so many
# seconds, without an end), headers.
sub answer {
    my ($c, $request, $answer) = @_;

    return unless $c->{socket};
    return $c->shut if $answer->{drop};

    my $status = $answer->{status} // 200;
    my $body = $answer->{body} // '';
    my $type = $answer->{type} // 'application/json';
    my %more = %{ $answer->{headers} // {} };
    my $close = $request->{close} || $answer->{close} || $answer->{cut};

    utf8::encode($body) if utf8::is_utf8($body);

    my $head = "HTTP/1.1 $status " . ($Reason{$status} // 'Status') . "\r\n"
        . join '', map { "$_: $more{$_}\r\n" } sort keys %more;

    $head .= "Content-Type: $type\r\n" if $status != 204;
    $head .= "Connection: " . ($close ? 'close' : 'keep-alive') . "\r\n";

    if ($answer->{drip}) {
        $c->put("${head}Content-Length: 1000000\r\n\r\n");
        return $c->drip($answer->{drip});
    }

    if ($status == 204) {
        $body = '';

    } elsif ($answer->{chunked}) {
        $head .= "Transfer-Encoding: chunked\r\n";
        $body = join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
                             unpack '(a1000)*', $body) . "0\r\n\r\n";

    } else {
        $head .= 'Content-Length: ' . length($body) . "\r\n";
    }

    $body = substr $body, 0, length($body) / 2 if $answer->{cut};
    $c->put("$head\r\n" . ($request->{method} eq 'HEAD' ? '' : $body),
             $close);
    $c->{busy} = 0;
    $c->next_request;
}


sub drip {
    my ($c, $pause) = @_;

    after($pause, sub {
        return unless $c->{socket};
        $c->put(' ');
        $c->drip($pause);
    });
}


sub put {
    my ($c, $text, $close) = @_;

    $c->{out} .= $text;
    $c->{closing} = 1 if $close;
    $c->writable;
}


sub writable {
    my ($c) = @_;

    my $socket = $c->{socket} // return;

    while (length $c->{out}) {
        my $n = syswrite $socket, $c->{out}, 1 << 20;

        if (!defined $n) {
            return $c->shut unless $!{EAGAIN};
            return on_write($socket, sub { $c->writable });
        }

        substr $c->{out}, 0, $n, '';
    }

    on_write($socket, undef);
    return $c->shut if $c->{closing};
    $c->next_request;
}

1;
