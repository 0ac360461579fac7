package ZosRunner::Request;

# From the sections of a block to the bytes of its requests. A request is a
# list of packets, { value => bytes, delay_before => seconds }.

use strict;
use warnings;

use Test::Nginx::Util ();

BEGIN { *U:: = *Test::Nginx::Util:: }     # a shorter name


# All requests of a block, each as an array of packets.
sub from_block {
    my ($block) = @_;

    return raw($block) if defined $block->raw_request;
    return pipelined($block) if $block->pipelined_requests;

    my $request = $block->request;
    my $name = $block->name;

    U::bail_out("$name - no request section") unless defined $request;

    if (!ref $request) {
        1 while $request =~ s/\A(?:\s*\#[^\n]*\n\s*|\s+)//;
        return [ build($block, 0, 'close', $request) ];
    }

    U::bail_out("$name - request is no string and no array")
        if ref $request ne 'ARRAY';

    return map { [ build($block, $_, 'close', $request->[$_]) ] }
           0 .. $#$request;
}


sub raw {
    my ($block) = @_;

    my $raw = $block->raw_request;
    my $delay = $block->raw_request_middle_delay;
    my @values = ref $raw eq 'ARRAY' ? @$raw : $raw;
    my @packets = map { { value => $_, delay_before => $delay } } @values;

    return \@packets;
}


# One connection, one write: all but the last request ask to keep it open.
sub pipelined {
    my ($block) = @_;

    my $requests = $block->pipelined_requests;
    my $bytes = '';

    U::bail_out($block->name . ' - pipelined_requests is no array')
        if ref $requests ne 'ARRAY';

    for my $i (0 .. $#$requests) {
        my $request = U::expand_env($requests->[$i], $block->name);
        my $connection = $i == $#$requests ? 'close' : 'keep-alive';

        $bytes .= $_->{value} for build($block, $i, $connection, $request);
    }

    return [ { value => $bytes } ];
}


# more_headers is one text for all requests or a list with one for each.
sub headers {
    my ($block, $index) = @_;

    my $text = $block->more_headers // '';
    my $out = '';

    if (ref $text eq 'ARRAY') {
        $text = $text->[$index]
            // U::bail_out($block->name . " - no more_headers for request"
                           . " $index");
    }

    for my $line (split /\n+/, $text) {
        next if $line =~ /^\s*\#/;
        my ($name, $value) = split /:\s*/, $line, 2;
        $out .= "$name: " . ($value // '') . "\r\n";
    }

    return $out;
}


# "METHOD [url [version]]\nbody" becomes a request with its headers. Packets
# keep their boundaries, the delays belong to the packet that they precede.
sub build {
    my ($block, $index, $connection, $request) = @_;

    my @packets = map { ref $_ ? { %$_ } : { value => $_ } }
                  ref $request eq 'ARRAY' ? @$request : $request;
    my $source = join '', map { $_->{value} } @packets;

    $source =~ /\A(\s*(\S+)(?: +(\S+))?(?: +(\S+))? *\r?(?:\n|\z))(.*)\z/s
        or U::bail_out($block->name . " - bad request line in \"$source\"");
    my ($line, $method, $url, $version, $body) = ($1, $2, $3, $4, $5);

    my $more = headers($block, $index);
    my $length = '';

    if ($body ne '' && $more !~ /^Transfer-Encoding: chunked\r$/mi
        && $more !~ /^Content-Length:/m)
    {
        $body =~ s/^\s+|\s+$//g;
        $length = 'Content-Length: ' . length($body) . "\r\n";
    }

    my $head = "$method " . ($url // '/') . ' ' . ($version // 'HTTP/1.1')
             . "\r\n";
    $head .= "Host: $U::ServerName\r\n" unless $more =~ /^Host:/mi;
    $head .= "Connection: $connection\r\n" unless $more =~ /^Connection/mi;
    $head .= "$more$length\r\n";

    return divide(\@packets, length $line, $head, $body);
}


# A boundary inside the request line stays where it is, as long as the line
# is written in full; one behind it moves with the body.
sub divide {
    my ($packets, $line_length, $head, $body) = @_;

    my $bytes = $head . $body;
    my ($read, $written) = (0, 0);

    for my $packet (@$packets) {
        $read += length $packet->{value};

        my $end = $read < $line_length
                ? min($read, length $head)
                : length($head) + min($read - $line_length, length $body);
        $end = length $bytes if $packet == $packets->[-1];

        $packet->{value} = substr $bytes, $written, $end - $written;
        $written = $end;
    }

    return @$packets;
}


sub min { $_[0] < $_[1] ? $_[0] : $_[1] }

1;
