use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;

# Health of nodes and storage clusters.

my $ays = ZosAys->start(mode => '9', templates => 2018);

add_block_preprocessor(sub {
    my ($block) = @_;

    my $preset = $block->zos_preset // 2018;

    $block->set_value(http_config => 'zos_zone zos:1m; ' . $ays->http_config);
    $block->set_value(config => $ays->location
        . 'add_header X-Reason $zos_error always;'
        . 'location / { zos on; zos_ays /_ays; zos_ays_run_interval 20ms 50ms;'
        . " zos_ays_retries 0; zos_ays_templates $preset; }");
});


# A check with messages of these statuses.
sub check {
    my ($name, @statuses) = @_;

    return { id => $name, name => $name, messages => [ map {
        { id => "m$_", status => $_, text => 't' } } @statuses ] };
}


# A service of checks, for each of the named ones.
sub health {
    my ($kind, %checks) = @_;

    for my $name (sort keys %checks) {
        ays()->service(healthcheck => "${kind}_$name",
            data => { healthchecks => [ map { check("c", @$_) }
                                            @{ $checks{$name} } ] });
    }
}


no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listNodesHealth: the worst of all, whatever the order
--- zos_ays
ays->node("n$_") for 1 .. 8;
health(node => n1 => [ [ 'OK' ], [ 'SKIPPED' ] ],
       n2 => [ [ 'WARNING', 'OK' ], [ 'OK' ] ],
       n3 => [ [ 'ERROR' ], [ 'WARNING' ] ],
       n4 => [ [ 'SKIPPED' ] ], n5 => [ [] ], n6 => [],
       n7 => [ [ 'ODD' ], [ 'WARNING' ] ]);
--- request
GET /health/nodes
--- response_body eval
'[' . CORE::join(',', map { qq({"hostname":"host-$_->[0]","id":"$_->[0]",)
                      . qq("status":"$_->[1]"}) }
    [ n1 => 'OK' ], [ n2 => 'WARNING' ], [ n3 => 'ERROR' ],
    [ n4 => 'SKIPPED' ], [ n5 => 'SKIPPED' ], [ n6 => 'SKIPPED' ],
    [ n7 => 'ODD' ], [ n8 => 'SKIPPED' ]) . "]\n"
--- zos_ays_after
is_deeply([ grep { /service/ } ays->calls ],
          [ 'GET service/node?fields=hostname',
            'GET service/healthcheck?fields=healthchecks' ]);



=== TEST 2: listNodesHealth, listStorageClustersHealth: none
--- zos_ays
--- pipelined_requests eval
["GET /health/nodes", "GET /health/storageclusters"]
--- response_body eval
["[]\n", "[]\n"]



=== TEST 3: listNodeHealth: as documented; no traceback, whole seconds
--- zos_ays
ays->service(healthcheck => 'node_n1', data => { healthchecks => [
    { id => 'cpu', name => 'CPU', resource => '/nodes/n1', category => 'load',
      lasttime => 1500000000.6, interval => 300,
      stacktrace => "Traceback (most recent call last):\n  File planted\n"
                    . "ValueError: no sensor\n",
      messages => [ { id => '1', status => 'ERROR', text => 'hot' } ] },
    { id => 'net' } ] });
--- request
GET /health/nodes/n1
--- response_body
{"healthchecks":[{"category":"load","id":"cpu","interval":300,"lasttime":1500000001,"messages":[{"id":"1","status":"ERROR","text":"hot"}],"name":"CPU","resource":"/nodes/n1","stacktrace":"ValueError: no sensor"},{"category":"","id":"net","interval":0,"lasttime":0,"messages":[],"name":"","resource":"","stacktrace":""}]}



=== TEST 4: listNodeHealth, listStorageClusterHealth: not checked yet
--- zos_ays
--- pipelined_requests eval
["GET /health/nodes/n1", "GET /health/storageclusters/c1"]
--- error_code eval
[404, 404]
--- response_body eval
[qq({"error":"health check \\"node_n1\\" is not known"}\n),
 qq({"error":"health check \\"storagecluster.block_c1\\" is not known"}\n)]



=== TEST 5: listStorageClustersHealth: computed, not always OK
--- zos_ays
ays->seed([ 'storagecluster.block', $_ ]) for qw( c3 c1 c2 );
ays->seed([ 'storagecluster.object', 'o1' ]);
health('storagecluster.block', c1 => [ [ 'OK' ] ],
       c2 => [ [ 'OK' ], [ 'ERROR', 'OK' ] ]);
--- request
GET /health/storageclusters
--- response_body
[{"label":"c1","status":"OK"},{"label":"c2","status":"ERROR"},{"label":"c3","status":"SKIPPED"},{"label":"o1","status":"SKIPPED"}]



=== TEST 6: listStorageClusterHealth: its checks; none of them
--- zos_ays
health('storagecluster.block', c1 => [ [ 'OK' ] ]);
ays->service(healthcheck => 'storagecluster.block_c2');
--- pipelined_requests eval
["GET /health/storageclusters/c1", "GET /health/storageclusters/c2"]
--- response_body eval
[qq({"healthchecks":[{"category":"","id":"c","interval":0,"lasttime":0,)
 . qq("messages":[{"id":"mOK","status":"OK","text":"t"}],"name":"c",)
 . qq("resource":"","stacktrace":""}]}\n),
 qq({"healthchecks":[]}\n)]



=== TEST 7: listNodesHealth: AYS fails half way
--- zos_ays
ays->node('n1');
ays->fault(route => 'GET .*/service/healthcheck', status => 500,
           body => 'Traceback planted');
--- request
GET /health/nodes
--- error_code: 502
--- response_body
{"error":"AYS failed with status 500"}



=== TEST 8: all of them, with the templates of 2017
--- zos_preset: 2017
--- pipelined_requests eval
["GET /health/nodes", "GET /health/nodes/n", "GET /health/storageclusters",
 "GET /health/storageclusters/c"]
--- error_code eval
[ (501) x 4 ]
--- response_body_like eval
[ (qr/needs the templates of 2018/) x 4 ]
