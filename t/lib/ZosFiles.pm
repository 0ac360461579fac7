package ZosFiles;

# Files in the containers of ZosContainer, looked at from behind the API's
# back, and clients that send and receive them piece by piece.
#
#     use ZosCluster;
#     use ZosContainer;
#     use ZosFiles;
#
#     container_create('C', 'web1');
#     file_put('C', 'web1', '/tmp/f', pattern(3 * 524288 + 7));
#
# As those of ZosCluster the functions work in the test file and in plain
# "--- init" sections.

use strict;
use warnings;

use Exporter ();
use File::Basename qw( dirname );
use File::Path qw( make_path );
use HTTP::Response;
use IO::Select;
use Socket qw( SOL_SOCKET SO_RCVBUF SO_SNDTIMEO );
use Test::More ();
use Test::Nginx::Util ();
use Time::HiRes qw( time );
use ZosCluster ();
use ZosContainer ();
use ZosNginx::Client;
use ZosProcess qw( wait_for );

our @EXPORT = qw(
    file_path file_put file_get file_mode file_names file_url descriptors
    nothing_left is_clean commands_mark commands_since begun pattern form
    chunks post post_begin write_to continued fetch fetch_begin receive
    memory memory_mark memory_growth
);

my $Patience = 20;              # seconds until a client gives up


sub import {
    my $caller = caller;

    for my $package ($caller, 'Test::Nginx::Util') {
        no strict 'refs';
        no warnings 'redefine';
        *{"${package}::$_"} = \&$_ for @EXPORT;
    }
}


# ---- the node's side ----

# Where a file of a container is on this machine.
sub file_path {
    my ($generation, $name, $path) = @_;

    my $number = ZosContainer::container_number($generation, $name)
        // die "no container $name on the node of generation $generation\n";
    my $list = ZosContainer::container_list($generation);

    return "$list->{$number}{container}{root}$path";
}


sub file_put {
    my ($generation, $name, $path, $content) = @_;

    my $file = file_path($generation, $name, $path);

    make_path(dirname($file));
    open my $out, '>', $file or die "$file: $!\n";
    print $out $content;
    close $out or die "$file: $!\n";
}


# The content; undef: there is no such file.
sub file_get {
    my ($generation, $name, $path) = @_;

    my $file = file_path($generation, $name, $path);

    return unless -f $file;
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return <$in> // '';
}


# The permission bits in octal.
sub file_mode {
    my ($generation, $name, $path) = @_;

    my @stat = stat file_path($generation, $name, $path);
    return @stat ? sprintf '%o', $stat[2] & 07777 : 'none';
}


# All names in a directory, in order.
sub file_names {
    my ($generation, $name, $path) = @_;

    opendir my $dir, file_path($generation, $name, $path) or return;
    return sort grep { !/^\.\.?$/ } readdir $dir;
}


# The path of the operations on files, for a file of web1 on this node.
sub file_url {
    my ($node, $file, $name) = @_;

    $name //= 'web1';
    $file =~ s{([^A-Za-z0-9_./-])}{sprintf '%%%02X', ord $1}ge;
    return "/nodes/$node/containers/$name/filesystem?path=$file";
}


# The files of containers that the node holds open now.
sub descriptors {
    my ($generation) = @_;

    my $pid = ZosCluster::node($generation)->{core0}->pid;
    my @links = map { readlink "/proc/$pid/fd/$_" // () }
                grep { $_ > 2 } map { m{(\d+)\z} } glob "/proc/$pid/fd/*";

    # it has the root of each container open, and something to read nothing
    # from
    return grep { m{^/.} && $_ ne '/dev/null' && !m{/containers/\d+/root\z} }
           @links;
}


# True when a directory has neither a part of a file, nor the node an open
# file, within the time given.
sub nothing_left {
    my ($generation, $name, $path, $seconds) = @_;

    return wait_for {
        !descriptors($generation)
        && !grep { /\.part$/ } file_names($generation, $name, $path // '/tmp')
    } $seconds // 3;
}


# A test of that for web1.
sub is_clean {
    my ($name, $generation) = @_;

    $generation //= 'C';
    Test::More::ok(nothing_left($generation, 'web1'),
                   "$name: nothing is left")
        || Test::More::diag(join ' ', descriptors($generation),
                            file_names($generation, 'web1', '/tmp'));
}


# Where the node's log of commands ends now, for commands_since().
sub commands_mark {
    my ($generation) = @_;

    my $log = ZosCluster::core0_control($generation, 'commands');
    return { generation => $generation, id => @$log ? $log->[-1]{id} : '' };
}


# The arguments of all commands of that name behind the mark. The node's log
# holds no more than 200.
sub commands_since {
    my ($mark, $command) = @_;

    my $log = ZosCluster::core0_control($mark->{generation}, 'commands');
    my ($at) = grep { $log->[$_]{id} eq $mark->{id} } reverse 0 .. $#$log;

    return map { $_->{arguments} } grep { $_->{command} eq $command }
           @{$log}[ ($at // -1) + 1 .. $#$log ];
}


# Waits until the node has begun a command on files so often since the mark.
sub begun {
    my ($mark, $command, $times) = @_;

    return wait_for {
        commands_since($mark, "filesystem.$command") >= ($times // 1)
    } 5;
}


# ---- content ----

# Bytes of all values that repeat, but never at the size of a block.
sub pattern {
    my ($size, $seed) = @_;

    my $unit = pack 'N*', map { ($_ + ($seed // 0)) * 2654435761 & 0xffffffff }
                              1 .. 16411;

    return substr $unit x ($size / length($unit) + 1), 0, $size;
}


# A body of multipart/form-data as browsers and curl make it, of parts
# [disposition parameters, content, more header lines...].
sub form {
    my ($boundary, @parts) = @_;

    my $body = '';

    for my $part (@parts) {
        my ($parameters, $content, @more) = @$part;

        $body .= join "\r\n", "--$boundary",
                      "Content-Disposition: form-data; $parameters", @more,
                      '', $content, '';
    }

    return "$body--$boundary--\r\n";
}


# Chunked, in chunks of that size.
sub chunks {
    my ($content, $size) = @_;

    my $coded = '';

    for (my $at = 0; $at < length $content; $at += $size) {
        my $chunk = substr $content, $at, $size;
        $coded .= sprintf "%x\r\n%s\r\n", length $chunk, $chunk;
    }

    return "${coded}0\r\n\r\n";
}


# ---- clients ----

# Sends the head of an upload, with the header lines given, and returns the
# client, of ZosNginx::Client, for write_to() and its answer().
sub post_begin {
    my ($nginx, $url, @lines) = @_;

    my $client = ZosNginx::Client->connect($nginx->port);

    setsockopt $client->{socket}, SOL_SOCKET, SO_SNDTIMEO,
               pack 'q q', $Patience, 0;
    push @{ $client->{heads} }, 0;
    $client->{sent} = time;
    write_to($client, join "\r\n", "POST $url HTTP/1.1", 'Host: localhost',
             @lines, '', '');
    return $client;
}


# False when nginx takes no more.
sub write_to {
    my ($client, $bytes) = @_;

    local $SIG{PIPE} = 'IGNORE';
    my $written = 0;

    while ($written < length $bytes) {
        $written += syswrite($client->{socket}, $bytes, 65536, $written)
            // return 0;
    }

    return 1;
}


# True when nginx asks for the body ("Expect: 100-continue").
sub continued {
    my ($client, $seconds) = @_;

    return IO::Select->new($client->{socket})->can_read($seconds)
           && $client->read_some
           && $client->{received} =~ s/\AHTTP\/1.1 100 Continue\r\n\r\n//;
}


# An upload at once; the answer. Options: type, chunk (its size), headers.
sub post {
    my ($nginx, $url, $content, %option) = @_;

    my $chunk = $option{chunk};
    my $client = post_begin($nginx, $url, 'Connection: close',
        'Content-Type: ' . ($option{type} // 'application/octet-stream'),
        $chunk ? 'Transfer-Encoding: chunked'
               : 'Content-Length: ' . length $content,
        @{ $option{headers} // [] });

    write_to($client, $chunk ? chunks($content, $chunk) : $content);
    return $client->answer;
}


# Asks for a file. The option buffer is the size of the socket's, so that a
# client that does not read holds nginx up; method may be HEAD.
sub fetch_begin {
    my ($nginx, $url, %option) = @_;

    my $client = ZosNginx::Client->connect($nginx->port);
    my $method = $option{method} // 'GET';

    setsockopt $client->{socket}, SOL_SOCKET, SO_RCVBUF, pack 'i',
               $option{buffer} if $option{buffer};
    $client->send("$method $url", close => 1, header => $option{headers});
    return $client;
}


sub fetch { return receive(fetch_begin(@_)) }


# All that comes until nginx closes: status, header (by names in lower case),
# body, text, and whole, which is true unless the connection broke.
sub receive {
    my ($client) = @_;

    my $end = time + $Patience;
    my $set = IO::Select->new($client->{socket});
    my $text = delete $client->{received};

    while ($set->can_read($end - time)) {
        sysread $client->{socket}, $text, 1 << 20, length $text or last;
    }

    my ($head, $body) = $text =~ /\A(.*?\r\n)\r\n(.*)\z/s;
    my $response = HTTP::Response->parse($head // '');
    my %answer = (status => $response->code // 0, text => $text,
                  seconds => time - $client->{sent});

    $answer{header} = { map { lc $_ => $response->header($_) }
                        $response->header_field_names };
    $answer{header}{$_} //= '' for qw( content-type cache-control x-reason
        content-length content-disposition retry-after );
    @answer{qw( body whole )} = body_of($response, $body // '',
                                        $client->{heads}[0]);
    return \%answer;
}


sub body_of {
    my ($response, $bytes, $head) = @_;

    my $length = $response->header('Content-Length');

    return ('', $bytes eq '') if $head || ($response->code // 0) == 204;
    return ($bytes, length $bytes == $length) if defined $length;
    return ($bytes, 0)
        if ($response->header('Transfer-Encoding') // '') ne 'chunked';

    my ($body, $at) = ('', 0);
    pos $bytes = 0;

    while ($bytes =~ /\G([0-9a-f]+)\r\n/gci) {
        my $size = hex $1;
        return ($body, $bytes =~ /\G\r\n\z/gc ? 1 : 0) if $size == 0;

        $body .= substr $bytes, pos $bytes, $size;
        pos($bytes) = pos($bytes) + $size;
        last unless $bytes =~ /\G\r\n/gc;
    }

    return ($body, 0);
}


# ---- memory of a process, in KiB ----

sub memory {
    my ($pid, $what) = @_;

    open my $in, '<', "/proc/$pid/status" or die "no process $pid\n";
    local $/;
    return <$in> =~ /^$what:\s+(\d+) kB$/m ? $1 : die "no $what\n";
}


# From here on the highest size counts.
sub memory_mark {
    my ($pid) = @_;

    open my $out, '>', "/proc/$pid/clear_refs" or die "clear_refs: $!\n";
    print $out "5\n";
    close $out;
    return { pid => $pid, size => memory($pid, 'VmRSS') };
}


sub memory_growth {
    my ($mark) = @_;

    return memory($mark->{pid}, 'VmHWM') - $mark->{size};
}

1;
