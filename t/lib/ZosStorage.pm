package ZosStorage;

# AYS with two nodes that have bridges, pools, filesystems and the like, for
# test files. It has the templates of 2018 unless zos_templates says others;
# every block has the API.
#
#     use lib 't/lib';
#     use Test::Nginx::Socket 'no_plan';
#     use ZosStorage;
#
#     ZosStorage->start;
#
# Sections of zos_ays begin as
#     nodes();                  # n1 and n2
#     pools();                  # and p1 on n1 with fs1, snapshot s1; p2 on n2
#
# The word "planted" is in nothing that a caller gets, or that is logged.

use strict;
use warnings;

use Exporter ();
use Test::More ();
use Test::Nginx::Util ();
use ZosAys;

my $zones = 0;

our @ISA = 'Exporter';
our @EXPORT = qw( ays nodes pools device refuses untouched );


# Into the test file, and where sections with the eval filter run.
sub import {
    my ($class) = @_;

    $class->export_to_level(1, $class);
    $class->export('Test::Base::Filter');
}


sub start {
    my $ays = ZosAys->start(mode => '9', templates => 2018);

    # the last one is the first to see a block
    Test::Nginx::Util::add_block_preprocessor(\&prepare);
    Test::Nginx::Socket::add_response_body_check(\&check);
    return $ays;
}


sub prepare {
    my ($block) = @_;

    my $preset = $block->zos_templates // 2018;
    chomp $preset;

    $block->set_value(zos_ays => "ays->settings(mode => '8.2', "
                                 . "templates => 2017);" . $block->zos_ays)
        if $preset == 2017 && defined $block->zos_ays;

    local ays()->{templates} = $preset;

    # it outlives a reload, but what a node is changes with the block
    $zones++;

    $block->set_value(http_config => ($block->zos_http // '')
                                     . "zos_zone zos$zones:1m; "
                                     . ays()->http_config);
    $block->set_value(config => ays()->config(
        'zos_ays_run_interval 10ms 50ms; '
        . ($block->zos_more // 'zos_ays_retries off;')));
    # debug messages show what is sent, and so has to be secret, too
    $block->set_value(log_level => 'info') unless defined $block->log_level;
    $block->set_value(no_error_log => "planted\n[alert]\n")
        unless defined $block->no_error_log;
}


sub check {
    my ($block, $body, undef, undef, $dry_run) = @_;

    Test::More::unlike($body // '', qr/planted/,
                       $block->name . ' - nothing secret') unless $dry_run;
}


# The first one may have a core0 => port.
sub nodes { return ays->node('n1', @_)->node('n2') }


sub device {
    my ($device, $uuid) = @_;

    return { device => $device, partUUID => $uuid, status => 'healthy' };
}


sub pools {
    nodes(@_);
    ays->service(storagepool => 'p1', parent => 'node!n1', data => {
        node => 'n1', status => 'healthy', dataProfile => 'raid1',
        metadataProfile => 'dup', mountpoint => '/mnt/p1',
        freeCapacity => 1000, totalCapacity => 2000,
        devices => [device('/dev/sdc1', 'u-c'), device('/dev/sdb1', 'u-b')] });
    ays->service(storagepool => 'p2', parent => 'node!n2', data => {
        node => 'n2', devices => [device('/dev/sdb1', 'u-b')] });
    ays->service(filesystem => 'fs1', parent => 'storagepool!p1', data => {
        storagePool => 'p1', name => 'fs1', quota => 100, sizeOnDisk => 7,
        mountpoint => '/mnt/p1/fs1' });
    ays->service(fssnapshot => 's1', parent => 'filesystem!fs1', data => {
        filesystem => 'fs1', name => 's1', sizeOnDisk => 5,
        timestamp => 1500000000 });
    return ays;
}


# The answer that says so.
sub refuses {
    my ($sentence) = @_;

    $sentence =~ s/"/\\"/g;
    return qq({"error":"$sentence"}\n);
}


# No blueprint was sent and nothing deleted.
sub untouched {
    my @changes = grep { !/^GET / } ays->calls;

    Test::More::is_deeply(\@changes, [], 'nothing was done');
}

1;
