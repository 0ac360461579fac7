package ZosAnswers;

# What the module answers on its own, for test files that talk to no node:
# their configuration names two, "n1" and "host.example_2-B".

use strict;
use warnings;

use Exporter ();
use Test::Nginx::Util ();

our @EXPORT = qw( refusal name_refusal no_path node listed );


sub import {
    Test::Nginx::Util::add_block_preprocessor(\&complete);
    goto &Exporter::import;
}


# A block without a configuration has the smallest one.
sub complete {
    my ($block) = @_;

    $block->set_value('http_config',
                      'zos_zone zos:1m; zos_node n1 127.0.0.1:1; '
                      . 'zos_node host.example_2-B 127.0.0.1:1;')
        if !defined $block->http_config;
    $block->set_value('config', 'location / { zos on; }')
        if !defined $block->config;
}


sub refusal {
    my ($sentence) = @_;

    $sentence =~ s/"/\\"/g;
    return qq({"error":"$sentence"}\n);
}


sub name_refusal {
    my ($param) = @_;

    return refusal("$param in the path must be a name of letters, digits, "
                   . '".", "_" and "-", 128 at most, with a letter or digit');
}


sub no_path { return refusal('there is no such path in this API') }


sub node {
    my ($id) = @_;

    return qq({"hostname":"$id","id":"$id","ipaddress":"127.0.0.1",)
         . qq("status":"running"}\n);
}


sub listed {
    return '[' . join(',', map {
               qq({"hostname":"$_","id":"$_","status":"running"})
           } qw( host.example_2-B n1 )) . "]\n";
}

1;
