package ZosContainer;

# Containers on the nodes of ZosCluster, made and ended behind the API's back,
# and a node whose answers a test writes itself.
#
#     use ZosCluster;
#     use ZosContainer;
#
#     my $number = container_create('C', 'web1', hostname => 'front',
#                                   tags => [qw( web1 front )]);
#
# As those of ZosCluster the functions work in the test file and in plain
# "--- init" sections. Containers go after the block that made them.
#
# A scripted node is a redis-server with an agent that answers from a table;
# a command inside of container 7 is looked up as "7 info.disk" first:
#
#     script_node('corex.list' => { 7 => container('web1') },
#                 '7 info.disk' => [], 'disk.list' => '[1.50]',
#                 'kvm.list' => failure('no libvirt'));
#
# TEST_NGINX_SCRIPT is its address, for zos_node.

use strict;
use warnings;

use JSON::PP ();
use Test::More ();
use Test::Nginx::Util ();
use ZosCluster ();
use ZosProcess qw( fork_child spawn wait_for temp_dir );

our @EXPORT = qw(
    core0_run core0_data core0_log container_create container_terminate
    container_number container_pid container_run container_start
    container_drop job_pid script_node script_log container failure
);

my $Json = JSON::PP->new->utf8->canonical->allow_nonref;
my $Owner = $$;
my $Sequence = 0;
my %Made;                       # generation => numbers, to end with the block
my $Script;                     # the scripted node


sub import {
    my $caller = caller;

    for my $package ($caller, 'Test::Nginx::Util') {
        no strict 'refs';
        no warnings 'redefine';
        *{"${package}::$_"} = \&$_ for @EXPORT;
    }

    return if $Script;

    start_script();
    Test::Nginx::Util::add_test_cleanup_handler(\&container_drop);
}


# ---- commands, straight into the node's redis ----

# The envelope of the result. Members of the command besides its arguments
# are options.
sub core0_run {
    my ($generation, $command, $args, %more) = @_;

    my $id = sprintf '%08x-0000-4000-8000-%012x', $$, ++$Sequence;

    ZosCluster::core0_redis($generation, 'RPUSH', 'core:default',
        $Json->encode({ id => $id, command => $command, queue => '',
                        arguments => $args // {}, %more }));
    return result($generation, $id);
}


sub result {
    my ($generation, $id) = @_;

    my $pair = ZosCluster::core0_redis($generation, 'BLPOP', "result:$id", 9)
        // die "core0 of generation $generation gives no result\n";

    return $Json->decode($pair->[1]);
}


sub core0_data { return data(core0_run(@_)) }


sub data {
    my ($envelope) = @_;

    die "$envelope->{command}: $envelope->{state} $envelope->{data}\n"
        if $envelope->{state} ne 'SUCCESS';
    return $Json->decode($envelope->{data});
}


# What the node has been told, newest last: "command container" of each; with
# a name the arguments of those commands.
sub core0_log {
    my ($generation, $command) = @_;

    my $all = ZosCluster::core0_control($generation, 'commands');

    return map { $_->{arguments} } grep { $_->{command} eq $command } @$all
        if defined $command;
    return map { "$_->{command} $_->{container}" } @$all;
}


# ---- containers ----

# Options: hostname, tags, and name, which only generation C knows; all of
# them follow from the name. Returns the number.
sub container_create {
    my ($generation, $name, %option) = @_;

    my $hostname = $option{hostname} // $name;
    my $tags = exists $option{tags} ? $option{tags}
             : [ $name, $hostname ne $name ? $hostname : () ];
    my %args = (root => 'http://hub/zos.flist', hostname => $hostname);
    my %more;

    if ($generation eq 'C') {
        $args{name} = $option{name} // $name;
        %more = (tags => $tags);
    } else {
        $args{tags} = $tags;
    }

    my $number = core0_data($generation, 'corex.create', \%args, %more);

    $Made{$generation}{$number} = 1;
    return $number;
}


sub container_list {
    my ($generation) = @_;

    return core0_data($generation, 'corex.list');
}


# The newest container that was made under a name; undef: there is none.
sub container_number {
    my ($generation, $name) = @_;

    my $list = container_list($generation);
    my @found = grep {
        my $arguments = $list->{$_}{container}{arguments};
        ($arguments->{name} || $arguments->{tags}[0] || '') eq $name;
    } sort { $b <=> $a } keys %$list;

    return $found[0];
}


sub existing {
    my ($generation, $name) = @_;

    return container_number($generation, $name)
        // die "no container $name on the node of generation $generation\n";
}


sub container_terminate {
    my ($generation, $name) = @_;

    my $number = existing($generation, $name);

    core0_data($generation, 'corex.terminate', { container => $number });
    delete $Made{$generation}{$number};
}


# Of its coreX, on this machine.
sub container_pid {
    my ($generation, $name) = @_;

    my $number = existing($generation, $name);

    return container_list($generation)->{$number}{container}{pid};
}


# A command inside, by name or by number: its data, awaited.
sub container_run {
    my ($generation, $name, $command, $args) = @_;

    my $id = dispatch($generation, $name, $command, $args);

    return data(result($generation, $id));
}


sub dispatch {
    my ($generation, $name, $command, $args, %more) = @_;

    my $number = $name =~ /^\d+$/ ? $name : existing($generation, $name);
    my $id = sprintf '%08x-0000-4000-9000-%012x', $$, ++$Sequence;

    # the older generations choose the id themselves
    return core0_data($generation, 'corex.dispatch', {
        container => $number,
        command => { id => $id, command => $command, arguments => $args // {},
                     queue => '', %more },
    });
}


# Starts a program, the shell's script, and waits until it runs. Returns the
# id of the job and its process id inside.
sub container_start {
    my ($generation, $name, $script, %more) = @_;

    my $id = dispatch($generation, $name, 'core.system',
                      { name => 'sh', args => [ '-c', $script ] }, %more);
    my $pid = wait_for { job_pid($generation, $id) } 5
        or die "the program does not start\n";

    return wantarray ? ($id, $pid) : $id;
}


# The process of a job of a container, by the number it has in there.
sub job_pid {
    my ($generation, $id) = @_;

    my $jobs = ZosCluster::core0_control($generation, 'jobs');
    my ($job) = grep { $_->{id} eq $id && $_->{pid} > 0 } @$jobs;

    return unless $job;
    open my $in, '<', "/proc/$job->{pid}/status" or return;
    return join('', <$in>) =~ /^NSpid:.*\s(\d+)$/m ? $1 : undef;
}


# Ends all that were made since the last time. Those that went with their
# node are gone already.
sub container_drop {
    for my $generation (sort keys %Made) {
        my $list = eval { container_list($generation) } // {};

        for my $number (grep { $list->{$_} } keys %{ $Made{$generation} }) {
            core0_run($generation, 'corex.terminate',
                      { container => 0 + $number });
        }
    }

    %Made = ();
}


# ---- the scripted node ----

sub start_script {
    my $dir = temp_dir('zos-script');
    my $socket = "$dir/redis.sock";

    $Script = { socket => $socket };
    $Script->{redis} = spawn(
        [ 'redis-server', '--port', 0, '--unixsocket', $socket, '--save', '',
          '--appendonly', 'no', '--dir', $dir ], stdout => "$dir/redis.log");
    $ENV{TEST_NGINX_SCRIPT} = "unix:$socket";

    wait_for { eval { script_redis('PING') eq 'PONG' } } 5
        or die "the redis of the scripted node does not start\n";
}


sub script_redis {
    my $socket = ZosCluster::connect_unix($Script->{socket});

    return redis($socket, @_);
}


sub redis {
    my ($socket, @command) = @_;

    print $socket '*' . @command . "\r\n",
                  map { '$' . length($_) . "\r\n$_\r\n" } @command;
    return ZosCluster::read_reply($socket);
}


# From now on the node answers this: command => data, as a value, as JSON
# text, or as a function of the arguments.
sub script_node {
    my (%answer) = @_;

    $Script->{agent}->stop('KILL', 1) if $Script->{agent};
    script_redis('FLUSHALL');
    $Script->{agent} = fork_child(sub { serve(\%answer) });
}


# What it was asked, "command" or "number command", oldest first; "number
# lost" is a dispatch that failed.
sub script_log { return @{ script_redis('LRANGE', 'log', 0, -1) } }


sub serve {
    my ($answer) = @_;

    my $socket = ZosCluster::connect_unix($Script->{socket});

    while (1) {
        my $pair = redis($socket, 'BLPOP', 'core:default', 5) // next;
        my $command = $Json->decode($pair->[1]);

        redis($socket, 'RPUSH', "result:$command->{id}:flag", '');
        obey($socket, $answer, $command, 0);
    }
}


sub obey {
    my ($socket, $answer, $command, $number) = @_;

    my ($name, $args) = @{$command}{qw( command arguments )};
    my $inner = $name eq 'corex.dispatch' ? $args->{command} : undef;
    my $key = $number ? "$number $name" : $name;

    my $data = exists $answer->{$key} ? $answer->{$key} : $answer->{$name};
    $data = $data->($args) if ref $data eq 'CODE';
    $data = $inner->{id} if $inner && !defined $data;

    my $failed = ref $data eq 'ZosContainer::Failure';

    # a dispatch shows as what it carries
    $key = "$args->{container} lost" if $inner;
    redis($socket, 'RPUSH', 'log', $key) if $failed || !$inner;
    redis($socket, 'RPUSH', "result:$command->{id}",
          envelope($command, $number, $data));
    obey($socket, $answer, $inner, $args->{container}) if $inner && !$failed;
}


sub envelope {
    my ($command, $number, $data) = @_;

    my $failed = ref $data eq 'ZosContainer::Failure';
    my $text = $failed ? $Json->encode($data->{text})
             : ref $data || !defined $data ? $Json->encode($data)
             : $data =~ /^[\w-]{36}$/ ? qq("$data") : $data;

    return $Json->encode({
        id => $command->{id}, command => $command->{command}, data => $text,
        streams => [ '', '' ], level => 20, tags => undef,
        state => $failed ? $data->{state} : 'SUCCESS',
        code => $failed ? $data->{code} : 0,
        starttime => 1491984742526, time => 1, container => 0 + $number,
    });
}


# An answer of the scripted node that is none. Options: state, code.
sub failure {
    my ($text, %option) = @_;

    return bless { state => 'ERROR', code => 500, text => $text, %option },
                 'ZosContainer::Failure';
}


# An entry of corex.list. Options are members of its arguments.
sub container {
    my ($name, %option) = @_;

    return {
        cpu => 0, rss => 1, vms => 1, swap => 0, debug => '1',
        container => {
            arguments => {
                root => 'http://hub/zos.flist', mount => {},
                host_network => JSON::PP::false, nics => [], port => {},
                privileged => JSON::PP::false, hostname => $name,
                storage => '', tags => [ $name ], %option,
            },
            root => '/mnt/containers/1', pid => 1,
        },
    };
}


END {
    if ($Script && $$ == $Owner) {
        local $?;

        $Script->{agent}->stop('KILL', 1) if $Script->{agent};
        $Script->{redis}->stop('TERM', 2);
    }
}

1;
