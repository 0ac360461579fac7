package ZosJobs;

# Jobs on the nodes that ZosCluster has started, and what is to be expected of
# them. What makes something is for "--- init" sections.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use ZosCluster ();
use ZosProcess qw( wait_for );

our @EXPORT = qw(
    submit running start ended result envelope gone ids timeless ttl job
    absent
);

*core0_redis = \&ZosCluster::core0_redis;
*core0_control = \&ZosCluster::core0_control;


# Gives a node a command, a script as a rule.
sub submit {
    my ($generation, $id, $script, %more) = @_;

    my $command = {
        id => $id, command => 'bash', arguments => { script => $script },
        queue => '', %more,
    };

    core0_redis($generation, 'RPUSH', 'core:default',
                JSON::PP::encode_json($command));
}


sub running {
    my ($generation, $id) = @_;

    return grep { $_->{id} eq $id && $_->{pid} > 0 }
           @{ core0_control($generation, 'jobs') };
}


# A program that runs until it is killed, and does not mind SIGTERM.
sub start {
    my ($generation, $id, %more) = @_;

    submit($generation, $id, q(trap '' TERM; while :; do sleep 60; done),
           %more);
    wait_for { running($generation, $id) } 5
        or die "job $id of node $generation does not start\n";
}


# A program that has ended.
sub ended {
    my ($generation, $id, $script, %more) = @_;

    submit($generation, $id, $script, %more);
    wait_for { core0_redis($generation, 'LLEN', "result:$id") > 0 } 5
        or die "job $id of node $generation does not end\n";
}


# A result as a node would have put it.
sub result {
    my ($generation, $id, $envelope) = @_;

    core0_redis($generation, 'RPUSH', "result:$id:flag", '');
    core0_redis($generation, 'RPUSH', "result:$id", $envelope);
}


sub envelope {
    my ($generation, $id, %member) = @_;

    my %envelope = (
        id => $id, command => 'bash', data => '', streams => [ 'out', 'err' ],
        level => 0, state => 'SUCCESS', starttime => 1491984742526,
        time => 41, container => 0, %member,
    );

    delete $envelope{$_} for grep { !defined $envelope{$_} } keys %envelope;
    result($generation, $id, JSON::PP->new->canonical->encode(\%envelope));
}


# A body filter: the rest of the block happens after the program is gone.
sub gone {
    my ($generation, $id) = @_;

    return sub {
        my ($body) = @_;

        wait_for { !running($generation, $id) } 5
            or return "job $id of node $generation still runs\n";
        return $body;
    };
}


# A body filter: the ids of a list, in alphabetical order.
sub ids { return join ' ', (sort $_[0] =~ /"id":"([^"]*)"/g), "\n" }


# A body filter: what differs from run to run.
sub timeless {
    my ($body) = @_;

    $body =~ s/"startTime":\d{13}/"startTime":N/g;
    return $body;
}


# A body filter: how long a node will keep a result.
sub ttl {
    my ($generation, $id) = @_;

    return sub {
        my @left = map { core0_redis($generation, 'TTL', $_) }
                   "result:$id", "result:$id:flag";
        my $kept = grep { $_ > 0 && $_ <= 300 } @left;

        return $kept == 2 ? "kept\n" : "TTL @left\n";
    };
}


sub job {
    my ($id, %member) = @_;

    my %job = (
        data => '""', id => qq("$id"), level => 0, name => '"bash"',
        startTime => 'N', state => '"running"', stderr => '""',
        stdout => '""', %member,
    );

    return '{' . join(',', map { qq("$_":$job{$_}) } sort keys %job) . "}\n";
}


sub absent { return qq({"error":"there is no job \\"$_[0]\\""}\n) }

1;
