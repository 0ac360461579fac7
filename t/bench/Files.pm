package Files;

# Files up and down: a node with a container, and the same through nginx.

use strict;
use warnings;

use Exporter qw(import);
use IO::Socket::UNIX;
use Servers;

our @EXPORT = qw(start_node start_store write_file upload download);

use constant WAIT => 300;       # seconds, for one transfer


# core0d before a redis-server, with a container named bench.

sub start_node {
    my ($cpu, $build) = @_;

    my $dir = scratch();
    my $socket = "$dir/redis.sock";

    -x "$build/core0d"
        or fail('build/core0d is missing, run make core0d first');

    start('redis', $cpu, 'redis-server', '--port', 0, '--unixsocket', $socket,
          '--save', '', '--dir', $dir);
    wait_for('redis-server', WAIT, sub { IO::Socket::UNIX->new($socket) });

    my $node = start_server('core0d', $cpu, 'sh', '-c', 'exec "$0" --redis'
        . ' "unix:$1" --generation C --hostname bench --state "$2" --listen'
        . ' "127.0.0.1:$3"', "$build/core0d", $socket, "$dir/state");
    my $redis = IO::Socket::UNIX->new($socket) or fail("redis: $!");

    my $command = '{"id":"create","command":"corex.create","queue":"",'
                  . '"arguments":{"root":"http://hub/x.flist",'
                  . '"name":"bench","hostname":"bench"}}';

    print $redis 'RPUSH core:default ', "'$command'\r\n",
                 "BLPOP result:create 10\r\n";

    my $text = within('the container', WAIT, sub {
        my $line;
        while (defined($line = <$redis>)) { last if $line =~ /"state"/ }
        return $line // '';
    });

    $text =~ /"state":"SUCCESS"/ or fail("no container: $text" . said('core0d'));

    return $node;
}


# An nginx that keeps files, and one before it.

sub start_store {
    my ($store_cpu, $proxy_cpu, $nginx) = @_;

    my $dir = scratch();

    mkdir "$dir/store" or fail("$dir/store: $!");

    my $origin = start_nginx('store', $store_cpu, $nginx, '',
        'client_max_body_size 0;', "root $dir/store; dav_methods PUT;");

    my $proxy = start_nginx('proxy_pass', $proxy_cpu, $nginx, '',
        'client_max_body_size 0;',
        "proxy_pass http://127.0.0.1:$origin->{port};"
        . ' proxy_http_version 1.1; proxy_request_buffering off;'
        . ' proxy_max_temp_file_size 0;');

    $proxy->{uri} = '/file';
    $proxy->{method} = 'PUT';

    return ($origin, $proxy);
}


sub write_file {
    my ($mib) = @_;

    my $file = scratch() . '/file';

    open my $random, '<', '/dev/urandom' or fail("/dev/urandom: $!");
    open my $out, '>', $file or fail("$file: $!");

    for (1 .. $mib) {
        read($random, my $block, 1 << 20) == 1 << 20 or fail('no bytes');
        print $out $block;
    }

    close $out or fail("$file: $!");
}


sub curl {
    my ($server, $cpu, @arguments) = @_;

    my ($status, $out) = output_of('curl', $cpu, WAIT, 'curl', '-sS', '-f',
        @arguments, "http://127.0.0.1:$server->{port}$server->{uri}");

    fail("curl could not load $server->{name}:\n$out" . said($server->{name}))
        if $status;
}


sub upload {
    my ($server, $cpu) = @_;

    curl($server, $cpu, '-T', scratch() . '/file', '-X',
         $server->{method} // 'POST',
         '-H', 'Content-Type: application/octet-stream');
}


# The bytes that have been uploaded before.

sub download {
    my ($server, $cpu, $bytes) = @_;

    my $back = scratch() . '/back';

    curl($server, $cpu, '-o', $back);

    fail("$server->{name} gives " . (-s $back) . " bytes of $bytes")
        if -s $back != $bytes;
}

1;
