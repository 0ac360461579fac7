package ZosNodes;

# A configuration with all the nodes that ZosCluster has started: "a", "b" and
# "c" by generation, "bad-a" and so on where faults are played ("bad" for C),
# and "dead", which refuses connections.
#
# Sections of blocks:
#     zos_data      what node "bad" answers to each command; lines are joined
#     zos_fault     any other fault of it
#     zos_http      what stands beside the nodes

use strict;
use warnings;

use Exporter ();
use JSON::PP ();
use Test::Nginx::Util ();
use ZosCluster ();

our @EXPORT = qw( unknown_shape arguments );

our $Fault;                     # of the block that runs


sub import {
    Test::Nginx::Util::add_block_preprocessor(\&complete);
    goto &Exporter::import;
}


sub complete {
    my ($block) = @_;

    my $data = $block->zos_data;
    my $fault = $block->zos_fault;

    if (defined $data) {
        $data =~ s/\n\s*//g;
        $fault = "data:$data";
    }

    if (defined $fault) {
        $fault =~ s/\s+\z//;
        $Fault = $fault;
        $block->set_value('init', 'core0_fault("C", $ZosNodes::Fault)');
    }

    $block->set_value('http_config', nodes() . ($block->zos_http // ''))
        if !defined $block->http_config;
    $block->set_value('config', 'location / { zos on; }')
        if !defined $block->config;
}


sub nodes {
    my %port = (dead => $ENV{TEST_NGINX_DEAD_PORT});

    for my $generation (qw( A B C )) {
        my $name = "TEST_NGINX_CORE0_$generation";
        my $bad = $generation eq 'C' ? 'bad' : 'bad-' . lc $generation;

        next unless $ENV{$name};
        $port{ lc $generation } = $ENV{$name};
        $port{$bad} = $ENV{"${name}_BAD"};
    }

    return "zos_zone zos:1m;\n" . join '', map {
        "zos_node $_ 127.0.0.1:$port{$_};\n"
    } sort keys %port;
}


# What is told of a result of node "bad" that is not of the documented shape.
sub unknown_shape {
    return qr/\A\{"error":"node \\"bad\\" [^"]+ unknown shape"\}\n\z/;
}


# A body filter: the arguments of the newest command on node C.
sub arguments {
    my $commands = ZosCluster::core0_control('C', 'commands');

    return JSON::PP->new->canonical->utf8->encode(
               $commands->[-1]{arguments}) . "\n";
}

1;
