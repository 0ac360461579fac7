package ZosGateways;

# Gateways in AYS for test files, of both presets.
#
#     use lib 't/lib';
#     use Test::Nginx::Socket 'no_plan';
#     use ZosGateways;
#
#     our $ays = ZosGateways->start;
#
# A block has AYS with the templates of 2018, or those that zos_templates
# says. Every block has the API; zos_ays begins as
#
#     gateway();                # gw1 on n1; n2 is another node
#     gateway(advanced => 1, httpproxies => []);
#
# All that is secret in it has the word "hush" in it; no answer and no log
# may have it, which each block checks.

use strict;
use warnings;

use Exporter ();
use JSON::PP ();
use Test::More ();
use Test::Nginx::Util ();
use ZosAys;

our @ISA = 'Exporter';
our @EXPORT = qw( ays gateway default_gateway stored unchanged
                  to_json );

my $Old;                        # the templates of 2017
my $Json = JSON::PP->new->utf8->canonical->allow_nonref;


# Into the test file, and where sections with the eval filter run.
sub import {
    my ($class) = @_;

    $class->export_to_level(1, $class);
    $class->export('Test::Base::Filter');
}


sub start {
    my $ays = ZosAys->start;

    # the last one is the first to see a block
    Test::Nginx::Util::add_block_preprocessor(\&prepare);
    Test::Nginx::Socket::add_response_body_check(\&check);
    return $ays;
}


sub prepare {
    my ($block) = @_;

    my $preset = $block->zos_templates // 2018;
    chomp $preset;

    $block->set_value(zos_ays =>
        "ZosGateways::preset($preset);" . $block->zos_ays)
        if defined $block->zos_ays;

    local ays()->{templates} = $preset;

    $block->set_value(http_config => ($block->zos_http // '')
                                     . 'zos_zone zos:1m; '
                                     . ays()->http_config)
        unless defined $block->http_config;
    $block->set_value(config => ays()->config(
        'zos_ays_run_interval 20ms 50ms;' . ($block->zos_config // '')));
    # debug messages show what is sent, and so has to be secret, too
    $block->set_value(log_level => 'info') unless defined $block->log_level;
    $block->set_value(no_error_log => "hush\n[alert]\n")
        unless defined $block->no_error_log || defined $block->error_log;
}


sub preset {
    my ($preset) = @_;

    $Old = $preset == 2017;
    ays()->settings(mode => '8.2', templates => 2017) if $Old;
}


sub check {
    my ($block, $body, undef, undef, $dry_run) = @_;

    Test::More::unlike($body // '', qr/hush/,
                       $block->name . ' - nothing secret') unless $dry_run;
}


sub to_json { return $Json->encode($_[0]) }


sub default_gateway {
    my (%more) = @_;

    my %data = (
        domain => 'lan',
        nics => [
            { name => 'pub', type => 'zerotier', id => '0123456789abcdef',
              token => 'hush-token',
              config => { cidr => '10.1.0.2/24', gateway => '10.1.0.1' } },
            { name => 'priv', type => 'vxlan', id => '100',
              config => { cidr => '192.168.1.1/24' },
              zerotierbridge => { id => 'fedcba9876543210',
                                  token => 'hush-bridge' },
              dhcpserver => {
                  nameservers => ['8.8.8.8'],
                  hosts => [
                      { hostname => 'h1', ipaddress => '192.168.1.2',
                        macaddress => '52:54:00:00:00:0a',
                        cloudinit => { userdata => 'password: hush-user',
                                       metadata => 'a: hush-meta' } },
                  ] } },
        ],
        portforwards => [
            { srcip => '10.1.0.2', srcport => 80, dstip => '192.168.1.2',
              dstport => 8080, protocols => ['tcp'] } ],
        httpproxies => [
            { host => 'example.com', types => ['http'],
              destinations => ['http://192.168.1.2'] } ],
        certificates => [ { path => '/c', key => 'hush-key',
                            cert => 'hush-cert', metadata => '' } ],
        zerotiernodeid => '9a8b7c6d5e',
        status => 'running',
        %more,
    );

    return \%data if !$Old;

    delete @data{qw( certificates zerotiernodeid status )};
    delete @{$_}{qw( token zerotierbridge )} for @{ $data{nics} };
    return \%data;
}


# Seeds two nodes and gw1; core0 is the port of n1's.
sub gateway {
    my (%more) = @_;

    my @core0 = exists $more{core0} ? (core0 => delete $more{core0}) : ();

    ays()->node('n1', @core0)->node('n2', @core0)
         ->service(gateway => 'gw1', parent => 'node!n1',
                   data => default_gateway(%more));
}


# A list, or all of the data, of gw1.
sub stored {
    my ($name) = @_;

    my $data = ays()->data(gateway => 'gw1');
    return defined $name ? $data->{$name} // [] : $data;
}


# Nothing but looks at services.
sub unchanged {
    my ($name) = @_;

    Test::More::is(join("\n", grep { !/^GET / } ays()->calls), '',
                   "$name - nothing was changed");
}

1;
