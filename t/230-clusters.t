use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;

# Storage clusters, with the templates of 2018; those of 2017 are the blocks
# with a preset.

my $ays = ZosAys->start(mode => '9', templates => 2018);

my $Object = <<'EOJ' =~ s/\n//gr;
{"label":"o1","driveType":"hdd","nodes":["n1","n2"],"servers":4,
"clusterType":"object","metaDriveType":"ssd","serversPerMetaDrive":2,
"dataShards":2,"parityShards":1,"zerostorOrganization":"org",
"zerostorNamespace":"space","zerostorClientID":"client",
"zerostorSecret":"planted-secret"}
EOJ


add_block_preprocessor(sub {
    my ($block) = @_;

    my $preset = $block->zos_preset // 2018;

    $block->set_value(http_config => 'zos_zone zos:1m; ' . $ays->http_config);
    $block->set_value(config => $ays->location
        . 'add_header X-Reason $zos_error always;'
        . 'location / { zos on; zos_ays /_ays; zos_ays_run_interval 20ms 50ms;'
        . ' zos_ays_retries 0;'
        . " zos_ays_templates $preset; }");
});


sub old { $ays->settings(mode => '8.2', templates => 2017) }


# An object cluster with other members.
sub object {
    my (%other) = @_;

    my $body = JSON::PP->new->decode($Object);

    for my $name (keys %other) {
        defined $other{$name} ? ($body->{$name} = $other{$name})
                              : delete $body->{$name};
    }

    return "POST /storageclusters\n" . JSON::PP->new->encode($body);
}


sub nodes { $ays->node($_, redisAddr => "10.0.0.$_") for map { "n$_" } 1 .. 2 }


# What is in the blueprint that was sent last, but the action.
sub wanted {
    my $content = $ays->contents;

    return { map { $_ => $content->{$_} } grep { $_ ne 'actions' }
                                               keys %$content };
}


no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listAllClusters: by label, both kinds
--- zos_ays
ays->seed([ 'storagecluster.block', 'c2' ], [ 'storagecluster.object', 'c1' ]);
--- request
GET /storageclusters
--- response_body
["c1","c2"]
--- zos_ays_after
is_deeply([ grep { /service/ } ays->calls ], [ 'GET service/storagecluster' ]);



=== TEST 2: listAllClusters: none
--- zos_ays
--- request
GET /storageclusters
--- response_body
[]



=== TEST 3: listAllClusters, 2017
--- zos_preset: 2017
--- zos_ays
old();
ays->seed([ storage_cluster => 'c1' ]);
--- request
GET /storageclusters
--- response_body
["c1"]
--- zos_ays_after
is_deeply([ grep { /service/ } ays->calls ],
          [ 'GET service/storage_cluster' ]);



=== TEST 4: deployNewCluster: a block cluster
--- zos_ays
nodes();
--- request
POST /storageclusters
{"driveType":"ssd","label":"cluster1","nodes":["n1","n2"],"servers":4,"clusterType":"block","ignored":1}
--- error_code: 201
--- response_headers
Location: /storageclusters/cluster1
--- response_body:
--- zos_ays_after
is_deeply(wanted(), { 'storagecluster.block__cluster1' => {
    label => 'cluster1', nrServer => 4, diskType => 'ssd',
    nodes => [ 'n1', 'n2' ] } });
is_deeply(scalar(ays->contents)->{actions}, [ { action => 'install',
    actor => 'storagecluster.block', service => 'cluster1',
    force => JSON::PP::false } ]);
is(ays->data(storagecluster => 'cluster1')->{status}, 'ready');



=== TEST 5: deployNewCluster: an object cluster
--- zos_ays
nodes();
--- request eval: main::object()
--- error_code: 201
--- response_headers
Location: /storageclusters/o1
--- zos_ays_after
is_deeply(wanted(), { 'storagecluster.object__o1' => {
    label => 'o1', nrServer => 4, dataDiskType => 'hdd',
    metaDiskType => 'ssd', nodes => [ 'n1', 'n2' ], dataShards => 2,
    parityShards => 1, serversPerMetaDrive => 2,
    zerostorOrganization => 'org', zerostorNamespace => 'space',
    zerostorClientID => 'client', zerostorSecret => 'planted-secret' } });



=== TEST 6: deployNewCluster, 2017: members of 2018 are not looked at
--- zos_preset: 2017
--- zos_ays
old();
nodes();
--- request
POST /storageclusters
{"driveType":"nvme","label":"c1","nodes":["n1"],"servers":2,"clusterType":7,"dataShards":"x"}
--- error_code: 201
--- response_headers
Location: /storageclusters/c1
--- zos_ays_after
is_deeply(wanted(), { storage_cluster__c1 => { label => 'c1', nrServer => 2,
    diskType => 'nvme', nodes => [ 'n1' ] } });



=== TEST 7: deployNewCluster: a cluster of the other kind has the label
--- zos_ays
nodes();
ays->seed([ 'storagecluster.block', 'o1' ]);
--- request eval: main::object()
--- error_code: 409
--- response_body
{"error":"the cluster has a storage cluster \"o1\" already"}
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 8: deployNewCluster: a node that is not known
--- zos_ays
nodes();
--- request
POST /storageclusters
{"driveType":"ssd","label":"c1","nodes":["n1","n9"],"servers":4,"clusterType":"block"}
--- error_code: 400
--- response_body
{"error":"nodes[1], \"n9\", is not known"}
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 9: deployNewCluster: what is wrong in a body
--- pipelined_requests eval
[ map { "POST /storageclusters\n$_" }
  '{"driveType":"ssd","nodes":["n1"],"servers":1,"clusterType":"block"}',
  '{"label":"a/b","driveType":"ssd","nodes":["n1"],"servers":1,"clusterType":"block"}',
  '{"label":"c","driveType":"tape","nodes":["n1"],"servers":1,"clusterType":"block"}',
  '{"label":"c","driveType":"ssd","nodes":[],"servers":1,"clusterType":"block"}',
  '{"label":"c","driveType":"ssd","nodes":["n1"],"servers":-1,"clusterType":"block"}',
  '{"label":"c","driveType":"ssd","nodes":["n1","n2"],"servers":3,"clusterType":"block"}',
  '{"label":"c","driveType":"ssd","nodes":["n1","n1"],"servers":2,"clusterType":"block"}',
  '{"label":"c","driveType":"ssd","nodes":["n1"],"servers":1}',
  '{"label":"c","driveType":"ssd","nodes":["n1"],"servers":1,"clusterType":"file"}' ]
--- error_code eval
[ (400) x 9 ]
--- response_body eval
[ map { qq({"error":"$_"}\n) }
  'label is required',
  'label must be a name of letters, digits, \\"-\\", \\"_\\" and \\".\\"',
  'driveType must be one of nvme, ssd, hdd, archive',
  'nodes must not be empty',
  'servers must be from 1 to 65535',
  'the body needs servers that are a multiple of the number of nodes',
  'the body must not name a node twice in nodes',
  'clusterType is required',
  'clusterType must be one of block, object' ]



=== TEST 10: deployNewCluster: what is wrong with an object cluster
--- pipelined_requests eval
[ main::object(metaDriveType => undef), main::object(zerostorSecret => ''),
  main::object(dataShards => undef), main::object(dataShards => 4, parityShards => 1),
  main::object(serversPerMetaDrive => 3), main::object(serversPerMetaDrive => undef) ]
--- error_code eval
[ (400) x 6 ]
--- response_body eval
[ map { qq({"error":"the body $_"}\n) }
  'needs a metaDriveType for an object cluster',
  'needs a zerostorSecret for an object cluster',
  'needs dataShards and parityShards for an object cluster',
  'must not have more dataShards and parityShards than servers',
  ('needs serversPerMetaDrive for an object cluster, not more than the '
   . 'servers of a node') x 2 ]



=== TEST 11: deployNewCluster: a run that fails, with the secret in its reason
--- zos_ays
nodes();
ays->fault(action => 'install', service => 'o1',
           fail => "no access for planted-secret\n");
--- request eval: main::object()
--- error_code: 500
--- response_body_like eval
qr/^\{"error":"install of \\"o1\\" failed: RuntimeError: no access for \*+"/
--- no_error_log
planted-secret
--- zos_ays_after
is(ays->get(storagecluster => 'o1'), undef);



=== TEST 12: getClusterInfo: a block cluster; one list for all the servers
--- zos_ays
nodes();
ays->seed([ 'storagecluster.block', 'c1', data => { label => 'c1',
            status => 'ready', diskType => 'ssd', nodes => [ 'n1', 'n2' ],
            nrServer => 3, storageServers => [ 'c1_data_10', 'c1_data_2',
                                               'c1_data_3' ] } ],
          [ container => 'k1', parent => 'node!n1' ],
          [ storage_engine => 'c1_data_10', parent => 'container!k1',
            data => { bind => '10.0.0.1:2010', status => 'running' } ],
          [ storage_engine => 'c1_data_2', parent => 'container!k1',
            data => { bind => '[fd00::1]:2002', status => 'broken' } ]);
--- request
GET /storageclusters/c1
--- response_body
{"clusterType":"block","driveType":"ssd","label":"c1","nodes":["n1","n2"],"status":"ready","storageServers":[{"container":"k1","id":2,"ip":"fd00::1","port":2002,"status":"error"},{"container":"","id":3,"ip":"","port":0,"status":"error"},{"container":"k1","id":10,"ip":"10.0.0.1","port":2010,"status":"ready"}]}
--- zos_ays_after
is_deeply([ grep { /service/ } ays->calls ],
          [ 'GET service/storagecluster/c1',
            'GET service/storage_engine?fields=bind,container,status' ]);



=== TEST 13: getClusterInfo: an object cluster, without its secret
--- zos_ays
nodes();
ays->seed([ 'storagecluster.object', 'o1', data => { label => 'o1',
            status => 'halting', dataDiskType => 'hdd', metaDiskType => 'ssd',
            nodes => [ 'n1' ], serversPerMetaDrive => 1, nrServer => 1,
            storageServers => [ 'o1_data_1' ],
            zerostorSecret => 'planted-secret' } ],
          [ container => 'k1', parent => 'node!n1' ],
          [ zerostor => 'o1_data_1', parent => 'container!k1',
            data => { bind => 'nonsense', status => 'running' } ]);
--- request
GET /storageclusters/o1
--- response_body
{"clusterType":"object","driveType":"hdd","label":"o1","metaDriveType":"ssd","nodes":["n1"],"status":"halting","storageServers":[{"container":"k1","id":1,"ip":"nonsense","port":0,"status":"ready"}]}



=== TEST 14: getClusterInfo, 2017: data and metadata
--- zos_preset: 2017
--- zos_ays
old();
nodes();
ays->seed([ storage_cluster => 'c1', data => { label => 'c1',
            status => 'ready', diskType => 'ssd', nodes => [ 'n1' ],
            nrServer => 1, ardbs => [ 'c1_data_1', 'c1_metadata_1' ] } ],
          [ container => 'k1', parent => 'node!n1' ],
          [ ardb => 'c1_data_1', parent => 'container!k1',
            data => { bind => '10.0.0.1:2000' } ],
          [ ardb => 'c1_metadata_1', parent => 'container!k1',
            data => { bind => '10.0.0.1:2001' } ]);
--- request
GET /storageclusters/c1
--- response_body
{"dataStorage":[{"container":"k1","id":1,"ip":"10.0.0.1","port":2000,"status":"ready"}],"driveType":"ssd","label":"c1","metadataStorage":[{"container":"k1","id":1,"ip":"10.0.0.1","port":2001,"status":"ready"}],"nodes":["n1"],"status":"ready"}



=== TEST 15: getClusterInfo, killCluster: unknown ones
--- zos_ays
ays->node('n1');
--- pipelined_requests eval
["GET /storageclusters/c9", "DELETE /storageclusters/c9"]
--- error_code eval
[404, 404]
--- response_body eval
[(qq({"error":"storage cluster \\"c9\\" is not known"}\n)) x 2]
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 16: killCluster: each kind by its own actor
--- zos_ays
ays->seed([ 'storagecluster.block', 'c1' ],
          [ 'storagecluster.object', 'o1',
            data => { serversPerMetaDrive => 1 } ]);
--- request eval
["DELETE /storageclusters/c1", "DELETE /storageclusters/o1"]
--- error_code eval
[204, 204]
--- zos_ays_after
is_deeply([ map { $_->{actions} } ays->contents ], [
    map { [ { action => 'delete', actor => "storagecluster.$_->[0]",
              service => $_->[1], force => JSON::PP::true } ] }
        [ block => 'c1' ], [ object => 'o1' ] ]);
is_deeply([ ays->names('storagecluster') ], []);



=== TEST 17: killCluster: a vdisk storage needs it
--- zos_ays
ays->seed([ 'storagecluster.block', 'c1' ],
          [ vdiskstorage => 's1', data => { blockCluster => 'c1' } ]);
--- request
DELETE /storageclusters/c1
--- error_code: 409
--- response_body
{"error":"it is in use by the vdiskstorage \"s1\""}
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);
is_deeply([ ays->names('storagecluster') ], [ 'c1' ]);



=== TEST 18: killCluster, 2017: vdisks are on it
--- zos_preset: 2017
--- zos_ays
old();
ays->seed([ storage_cluster => 'c1' ],
          [ vdisk => 'v1', data => { storageCluster => 'c1' } ]);
--- request
DELETE /storageclusters/c1
--- error_code: 409
--- response_body
{"error":"it is in use by the vdisk \"v1\""}
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 19: killCluster: a run that fails keeps the service
--- zos_ays
ays->seed([ 'storagecluster.block', 'c1' ]);
ays->fault(action => 'delete', service => 'c1', fail => 'disk is busy');
--- request
DELETE /storageclusters/c1
--- error_code: 500
--- response_body
{"error":"delete of \"c1\" failed: RuntimeError: disk is busy"}
--- zos_ays_after
is_deeply([ ays->names('storagecluster') ], [ 'c1' ]);



=== TEST 20: deployNewCluster, 2017: one that is there is not touched
--- zos_preset: 2017
--- zos_ays
old();
nodes();
ays->seed([ storage_cluster => 'c1', data => { label => 'c1' } ]);
--- request
POST /storageclusters
{"driveType":"nvme","label":"c1","nodes":["n1"],"servers":2}
--- error_code: 409
--- response_body
{"error":"the cluster has a storage cluster \"c1\" already"}
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);
