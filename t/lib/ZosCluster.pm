package ZosCluster;

# Nodes for a test file: for each generation of core0 that it asks for, a
# redis-server and a core0d with listeners of every kind, and certificates.
#
#     use lib 't/lib';
#     use Test::Nginx::Socket 'no_plan';
#     use ZosCluster qw( C );           # all of A, B and C without a list
#
# Environment, for the configuration in the blocks, with X for A, B or C:
#     TEST_NGINX_CORE0_X, _X_AUTH, _X_TLS, _X_TLS_AUTH      ports
#     TEST_NGINX_CORE0_X_BAD, TEST_NGINX_CORE0_C_BAD_TLS    see core0_fault
#     TEST_NGINX_DEAD_PORT                                  refuses connections
#     TEST_NGINX_CERT_DIR          ca.pem, other-ca.pem; server, expired,
#                                  other-name and self-signed .pem and .key
# The password of the _AUTH listeners is "secret". Port TEST_NGINX_CORE0_C_TOKEN
# has TLS and takes the tokens in the lines of TEST_NGINX_CORE0_TOKENS.
#
# The functions work in the test file and in plain "--- init" sections, which
# run before the block's requests. Sections with the eval filter run when the
# file is loaded, before the first block. What a block did to a node (a fault,
# a stop) is undone after it.

use strict;
use warnings;

use Exporter ();
use IO::Socket::UNIX;
use JSON::PP ();
use Socket qw( SOCK_STREAM );
use Test::More ();
use Test::Nginx::Util ();
use Time::HiRes qw( sleep );
use ZosCerts;
use ZosProcess qw( spawn wait_for reserve_port temp_dir );

our @EXPORT = qw(
    core0_fault core0_control core0_redis core0_stop core0_start core0_signal
    redis_stop redis_start wait_for
);

my $Owner = $$;
my $Dir;                        # holds all that the cluster writes
my $Started;
my %Node;                       # generation => node
my %Touched;                    # generations to start anew after the block
my %Faulty;                     # [generation, port] with a fault, by port

# listener => its options; the bad ones are for faults
my %Listener = (
    ''       => '',
    AUTH     => ',auth=secret',
    TLS      => ',tls',
    TLS_AUTH => ',tls,auth=secret',
    BAD      => '',
    BAD_TLS  => ',tls,auth=secret',
    TOKEN    => ',tls,auth=@TOKENS',
);


sub import {
    my ($class, @generations) = @_;

    my $caller = caller;

    # "--- init" sections run in this package, in both libraries
    for my $package ($caller, 'Test::Nginx::Util') {
        no strict 'refs';
        no warnings 'redefine';
        *{"${package}::$_"} = \&$_ for @EXPORT;
    }

    start(@generations ? @generations : qw( A B C )) unless $Dir;
}


sub start {
    my @generations = @_;

    $Dir = temp_dir('zos');
    $ENV{TEST_NGINX_DEAD_PORT} = reserve_port();
    $ENV{TEST_NGINX_CORE0_TOKENS} = "$Dir/tokens";

    $Node{$_} = make_node($_) for @generations;
    launch_redis($_) for values %Node;

    mkdir "$Dir/certs";
    ZosCerts::make("$Dir/certs");
    $ENV{TEST_NGINX_CERT_DIR} = "$Dir/certs";

    await_redis($_) for values %Node;
    launch_core0($_) for values %Node;
    await_core0($_) for values %Node;

    Test::Nginx::Util::add_test_cleanup_handler(\&restore);
    $Started = 1;
}


sub make_node {
    my ($generation) = @_;

    my $dir = "$Dir/$generation";
    my @kinds = grep { !/^(?:BAD_TLS|TOKEN)$/ || $generation eq 'C' }
                keys %Listener;
    my %port = map { $_ => reserve_port() } @kinds;

    mkdir $dir;
    mkdir "$dir/state";

    for my $kind (@kinds) {
        my $name = join '_', 'TEST_NGINX_CORE0', $generation, $kind || ();
        $ENV{$name} = $port{$kind};
    }

    return { generation => $generation, dir => $dir, port => \%port };
}


sub node {
    my ($generation) = @_;

    return $Node{$generation} // die "no node of generation $generation\n";
}


sub launch_redis {
    my ($node) = @_;

    my $dir = $node->{dir};

    $node->{redis} = spawn(
        [ 'redis-server', '--port', 0, '--unixsocket', "$dir/redis.sock",
          '--save', '', '--appendonly', 'no', '--daemonize', 'no',
          '--dir', $dir ], stdout => "$dir/redis.log");
}


sub await_redis {
    my ($node) = @_;

    my $answers = wait_for {
        $node->{redis}->running || give_up($node, 'redis');
        eval { redis_command($node, 'PING') eq 'PONG' };
    } 5;

    give_up($node, 'redis') unless $answers;
}


sub launch_core0 {
    my ($node, %option) = @_;

    my ($dir, $port) = @{$node}{qw( dir port )};
    my $cert = "$Dir/certs/" . ($option{cert} // 'server');
    my @listen = map { ('--listen', "127.0.0.1:$port->{$_}$Listener{$_}") }
                 sort keys %$port;

    s/\@TOKENS/\@$Dir\/tokens/ for @listen;
    unlink "$dir/core0.log";
    $node->{core0} = spawn(
        [ $ENV{ZOS_CORE0D} || 'build/core0d',
          '--redis', "unix:$dir/redis.sock",
          '--generation', $node->{generation},
          '--hostname', 'node-' . lc $node->{generation},
          '--state', "$dir/state", '--control', "unix:$dir/control.sock",
          '--cert', "$cert.pem", '--key', "$cert.key",
          '--vms', 2, @listen ], stdout => "$dir/core0.log");
}


sub await_core0 {
    my ($node) = @_;

    my $ready = wait_for {
        $node->{core0}->running || give_up($node, 'core0');
        read_log($node, 'core0') =~ /^core0d ready$/m;
    } 5;

    give_up($node, 'core0') unless $ready;
}


sub read_log {
    my ($node, $which) = @_;

    open my $in, '<', "$node->{dir}/$which.log" or return '';
    local $/;
    return <$in> // '';
}


sub give_up {
    my ($node, $which) = @_;

    die "$which of generation $node->{generation} does not start:\n"
        . read_log($node, $which);
}


# A fault of core0d for all connections to the bad listener until the block
# ends: core0_fault('C', 'late:500'), core0_fault('C', 'reset', 'BAD_TLS').
sub core0_fault {
    my ($generation, $fault, $listener) = @_;

    my $port = node($generation)->{port}{ $listener // 'BAD' }
        // die "generation $generation has no listener $listener\n";
    my $answer = core0_control($generation, "fault $port $fault");

    die "core0d refuses the fault $fault: $answer\n" if $answer ne 'ok';
    $Faulty{$port} = [ $generation, $port ];
}


# One line to core0d's control socket; its answer is a string, or the value
# if it is JSON.
sub core0_control {
    my ($generation, $line) = @_;

    my $socket = connect_unix(node($generation)->{dir} . '/control.sock');

    print $socket "$line\n";
    my $answer = read_line($socket);
    return $answer =~ /^[[{]/ ? JSON::PP::decode_json($answer) : $answer;
}


sub core0_redis {
    my ($generation, @command) = @_;

    return redis_command(node($generation), @command);
}


sub redis_command {
    my ($node, @command) = @_;

    my $socket = connect_unix("$node->{dir}/redis.sock");

    print $socket '*' . @command . "\r\n",
                  map { '$' . length($_) . "\r\n$_\r\n" } @command;
    return read_reply($socket);
}


# Strings and integers as such, arrays as references, nil as undef.
sub read_reply {
    my ($socket) = @_;

    my ($type, $rest) = read_line($socket) =~ /^(.)(.*)$/s;

    return $rest if $type eq '+' || $type eq ':';
    die "redis: $rest\n" if $type eq '-';
    return undef if $rest < 0;
    return [ map { scalar read_reply($socket) } 1 .. $rest ] if $type eq '*';

    read $socket, my $bulk, $rest + 2;
    return substr $bulk, 0, $rest;
}


sub connect_unix {
    my ($path) = @_;

    my $socket = IO::Socket::UNIX->new(Peer => $path, Type => SOCK_STREAM)
        // die "cannot connect to $path: $!\n";

    # no answer may stall the run for good
    setsockopt $socket, Socket::SOL_SOCKET, Socket::SO_RCVTIMEO,
               pack 'q q', 10, 0;
    $socket->autoflush(1);
    return $socket;
}


sub read_line {
    my ($socket) = @_;

    my $line = <$socket> // die "no answer on a unix socket\n";
    $line =~ s/\r?\n\z//;
    return $line;
}


sub core0_stop {
    my ($generation) = @_;

    $Touched{$generation} = 1;
    stop_process(node($generation), 'core0');
}


# cert => 'expired' serves another certificate of TEST_NGINX_CERT_DIR.
sub core0_start {
    my ($generation, %option) = @_;

    my $node = node($generation);

    stop_process($node, 'core0');
    $Touched{$generation} = 1;
    launch_core0($node, %option);
    await_core0($node);
}


# STOP and CONT freeze and thaw the node.
sub core0_signal {
    my ($generation, $signal) = @_;

    $Touched{$generation} = 1;
    node($generation)->{core0}->signal($signal);
}


sub redis_stop {
    my ($generation) = @_;

    $Touched{$generation} = 1;
    stop_process(node($generation), 'redis');
}


sub redis_start {
    my ($generation) = @_;

    my $node = node($generation);

    stop_process($node, 'redis');
    launch_redis($node);
    await_redis($node);
}


sub stop_process {
    my ($node, $which) = @_;

    my $process = delete $node->{$which} // return;

    $process->signal('CONT') if $process->running;
    return if $process->stop('TERM', 3);
    Test::More::fail("$which of generation $node->{generation} did not end "
                     . 'when asked to');
}


# After a block that did something to a node: all as at the start.
sub restore {
    for my $generation (sort keys %Touched) {
        my $node = $Node{$generation};

        redis_start($generation) unless $node->{redis};
        core0_start($generation);
    }

    for my $fault (values %Faulty) {
        my ($generation, $port) = @$fault;
        core0_control($generation, "fault $port none")
            unless $Touched{$generation};
    }

    %Touched = ();
    %Faulty = ();
}


END {
    # forked children of the test must not end the nodes
    if ($Dir && $$ == $Owner) {
        local $?;

        for my $node (values %Node) {
            my $core0 = $node->{core0};
            Test::More::fail("core0d $node->{generation} ended: "
                             . read_log($node, 'core0'))
                if $Started && $core0 && !$core0->running;
            stop_process($node, $_) for qw( core0 redis );
        }
    }
}

1;
