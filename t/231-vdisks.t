use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;

# Vdisks of the templates of 2017, and that those of 2018 don't have them.

my $ays = ZosAys->start(mode => '8.2');

add_block_preprocessor(sub {
    my ($block) = @_;

    my $preset = $block->zos_preset // 2017;

    $block->set_value(http_config => 'zos_zone zos:1m; ' . $ays->http_config);
    $block->set_value(config => $ays->location
        . 'add_header X-Reason $zos_error always;'
        . 'location / { zos on; zos_ays /_ays; zos_ays_run_interval 20ms 50ms;'
        . " zos_ays_templates $preset; }");
});


sub vdisk {
    my (%data) = @_;

    ays()->seed([ storage_cluster => 'c1' ],
                [ vdisk => 'v1', data => { storageCluster => 'c1', size => 10,
                  blocksize => 4096, type => 'db', %data } ]);
}


no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listVdisks: by id, all members
--- zos_ays
vdisk(status => 'running');
ays->service(vdisk => 'a', data => { storageCluster => 'c1', type => 'tmp' });
--- request
GET /vdisks
--- response_body
[{"id":"a","status":"halted","storagecluster":"c1","type":"tmp"},{"id":"v1","status":"running","storagecluster":"c1","type":"db"}]
--- zos_ays_after
is_deeply([ grep { /service/ } ays->calls ],
          [ 'GET service/vdisk?fields=status,storageCluster,type' ]);



=== TEST 2: listVdisks: none
--- zos_ays
--- request
GET /vdisks
--- response_body
[]



=== TEST 3: createNewVdisk: all members
--- zos_ays
ays->seed([ storage_cluster => 'c1' ], [ storage_cluster => 'c2' ]);
--- request
POST /vdisks
{"id":"v1","size":20,"blocksize":4096,"type":"boot","storagecluster":"c1","tlogStoragecluster":"c2","templatevdisk":"ardb://10.0.0.1:2000/template:ubuntu","readOnly":true}
--- error_code: 201
--- response_headers
Location: /vdisks/v1
--- zos_ays_after
is_deeply(scalar(ays->contents), {
    vdisk__v1 => { size => 20, blocksize => 4096, type => 'boot',
        storageCluster => 'c1', tlogStoragecluster => 'c2',
        templateVdisk => 'ardb://10.0.0.1:2000/template:ubuntu',
        readOnly => JSON::PP::true },
    actions => [ { action => 'install', actor => 'vdisk', service => 'v1',
                   force => JSON::PP::false } ] });
is(ays->actions(vdisk => 'v1')->{install}, 'ok', 'it waited for the run');



=== TEST 4: createNewVdisk: the least of members
--- zos_ays
ays->seed([ storage_cluster => 'c1' ]);
--- request
POST /vdisks
{"id":"v1","size":1,"blocksize":512,"type":"tmp","storagecluster":"c1"}
--- error_code: 201
--- zos_ays_after
is_deeply(scalar(ays->contents)->{vdisk__v1}, { size => 1, blocksize => 512,
    type => 'tmp', storageCluster => 'c1', tlogStoragecluster => '',
    templateVdisk => '', readOnly => JSON::PP::false });



=== TEST 5: createNewVdisk: there is one
--- zos_ays
vdisk();
--- request
POST /vdisks
{"id":"v1","size":1,"blocksize":512,"type":"tmp","storagecluster":"c1"}
--- error_code: 409
--- response_body
{"error":"the cluster has a vdisk \"v1\" already"}
--- zos_ays_after
is(ays->data(vdisk => 'v1')->{size}, 10);
is(scalar(() = ays->blueprints), 0);



=== TEST 6: createNewVdisk: clusters that are not there
--- zos_ays
ays->seed([ storage_cluster => 'c1' ]);
--- pipelined_requests eval
[ map { "POST /vdisks\n" . '{"id":"v1","size":1,"blocksize":512,'
        . '"type":"db",' . $_ . '}' }
  '"storagecluster":"c9"', '"storagecluster":"c1","tlogStoragecluster":"c8"' ]
--- error_code eval
[400, 400]
--- response_body eval
[qq({"error":"storagecluster, \\"c9\\", is not there"}\n),
 qq({"error":"tlogStoragecluster, \\"c8\\", is not there"}\n)]
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 7: createNewVdisk: what is wrong in a body
--- pipelined_requests eval
[ map { "POST /vdisks\n" . '{"storagecluster":"c1",' . $_ . '}' }
  '"size":1,"blocksize":512,"type":"tmp"',
  '"id":"..","size":1,"blocksize":512,"type":"tmp"',
  '"id":"v","size":-1,"blocksize":512,"type":"tmp"',
  '"id":"v","size":"1","blocksize":512,"type":"tmp"',
  '"id":"v","size":1,"blocksize":1000,"type":"tmp"',
  '"id":"v","size":1,"blocksize":512,"type":"root"',
  '"id":"v","size":1,"blocksize":512,"type":"tmp","tlogStoragecluster":"c"',
  '"id":"v","size":1,"blocksize":512,"type":"db","templatevdisk":"t"',
  '"id":"v","size":1,"blocksize":512,"type":"boot","templatevdisk":"a b"' ]
--- error_code eval
[ (400) x 9 ]
--- response_body eval
[ map { qq({"error":"$_"}\n) }
  'id is required',
  'id must be a name of letters, digits, \\"-\\", \\"_\\" and \\".\\"',
  'size must be from 1 to 8589934591',
  'size must be an integer',
  'the body needs a blocksize that is a multiple of 512',
  'type must be one of boot, db, cache, tmp',
  'the body must not have a tlogStoragecluster for a cache or tmp vdisk',
  'the body must not have a templatevdisk but for a boot vdisk',
  'templatevdisk must be a name, or like ardb://host:port/name' ]



=== TEST 8: getVdiskInfo: as documented, and one that is not there
--- zos_ays
vdisk(tlogStoragecluster => 'c1', status => 'rollingback');
--- pipelined_requests eval
["GET /vdisks/v1", "GET /vdisks/v2"]
--- error_code eval
[200, 404]
--- response_body eval
[qq({"blocksize":4096,"id":"v1","readOnly":false,"size":10,)
 . qq("status":"rollingback","storagecluster":"c1",)
 . qq("tlogStoragecluster":"c1","type":"db"}\n),
 qq({"error":"vdisk \\"v2\\" is not known"}\n)]



=== TEST 9: deleteVdisk
--- zos_ays
vdisk();
--- request
DELETE /vdisks/v1
--- error_code: 204
--- zos_ays_after
is_deeply(scalar(ays->contents), { actions => [ { action => 'delete',
    actor => 'vdisk', service => 'v1', force => JSON::PP::true } ] });
is_deeply([ ays->names('vdisk') ], []);



=== TEST 10: deleteVdisk: a virtual machine has it
--- zos_ays
vdisk();
ays->node('n1');
ays->service(vm => 'm1', parent => 'node!n1',
             data => { disks => [ { vdiskid => 'v1' } ], vdisks => [ 'v1' ],
                       memory => 512, cpu => 1 });
--- request
DELETE /vdisks/v1
--- error_code: 409
--- response_body
{"error":"it is in use by the vm \"m1\""}
--- zos_ays_after
is_deeply([ ays->names('vdisk') ], [ 'v1' ]);
is(scalar(() = ays->blueprints), 0);



=== TEST 11: deleteVdisk: one that is not there
--- zos_ays
--- request
DELETE /vdisks/v1
--- error_code: 404
--- response_body
{"error":"vdisk \"v1\" is not known"}
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 12: resizeVdisk: it grows, and stays as it is
--- zos_ays
vdisk();
--- request eval
[ map { qq(POST /vdisks/v1/resize\n{"newSize":$_}) } 12, 12 ]
--- error_code eval
[204, 204]
--- zos_ays_after
is(ays->data(vdisk => 'v1')->{size}, 12);
is_deeply(scalar(ays->contents), { vdisk__v1 => { size => 12 } });



=== TEST 13: resizeVdisk: it can't shrink
--- zos_ays
vdisk();
--- pipelined_requests eval
[ map { qq(POST /vdisks/$_->[0]/resize\n{"newSize":$_->[1]}) }
  [ v1 => 9 ], [ v1 => 0 ], [ v2 => 20 ] ]
--- error_code eval
[400, 400, 404]
--- response_body eval
[qq({"error":"newSize must not be below the size that the vdisk has, 10"}\n),
 qq({"error":"newSize must be from 1 to 8589934591"}\n),
 qq({"error":"vdisk \\"v2\\" is not known"}\n)]
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 14: rollbackVdisk: nothing is done, and that is said
--- zos_ays
vdisk();
--- pipelined_requests eval
[ map { qq(POST /vdisks/v1/rollback\n{$_}) } '"epoch":5', '' ]
--- error_code eval
[501, 400]
--- response_body eval
[qq({"error":"a rollback needs the templates of 2018, and a vdisk at /vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}"}\n),
 qq({"error":"epoch is required"}\n)]
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 15: all of them, with the templates of 2018
--- zos_preset: 2018
--- pipelined_requests eval
["GET /vdisks", qq(POST /vdisks\n{}), "GET /vdisks/v1", "DELETE /vdisks/v1",
 qq(POST /vdisks/v1/resize\n{"newSize":5}),
 qq(POST /vdisks/v1/rollback\n{"epoch":5})]
--- error_code eval
[ (501) x 6 ]
--- response_body_like eval
[ (qr/needs the templates of 2017/) x 5, qr/needs the templates of 2018/ ]



=== TEST 16: createNewVdisk: a run that fails
--- zos_ays
ays->seed([ storage_cluster => 'c1' ]);
ays->fault(action => 'install', service => 'v1', fail => 'no template');
--- request
POST /vdisks
{"id":"v1","size":1,"blocksize":512,"type":"tmp","storagecluster":"c1"}
--- error_code: 500
--- response_body
{"error":"install of \"v1\" failed: RuntimeError: no template"}
--- zos_ays_after
is(ays->get(vdisk => 'v1'), undef);
