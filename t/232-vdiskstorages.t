use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;

# Vdisk storages and the vdisks in them, of the templates of 2018.

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


# Two storages; an image and a vdisk are in the first.
sub storages {
    my (%vdisk) = @_;

    ays()->seed(
        [ 'storagecluster.block', 'b1' ],
        [ 'storagecluster.block', 'b2' ],
        [ 'storagecluster.object', 'o1' ],
        [ vdiskstorage => 's1', data => { blockCluster => 'b1',
          objectCluster => 'o1', slaveCluster => 'b2' } ],
        [ vdiskstorage => 's2', data => { blockCluster => 'b1' } ],
        [ vdisk_image => 'i1', parent => 'vdiskstorage!s1',
          data => { size => 5, diskBlockSize => 4096 } ],
        [ vdisk => 'v1', parent => 'vdiskstorage!s1', data => {
          size => 10, blocksize => 4096, type => 'db', %vdisk } ]);
}


# Bodies of requests for a vdisk, with these members in place of others.
sub create {
    my (@others) = @_;

    return [ map {
        my %body = (id => 'v2', size => 5, blocksize => 4096, type => 'db',
                    %$_);
        delete @body{ grep { !defined $body{$_} } keys %body };
        "POST /vdiskstorage/s1/vdisks\n" . JSON::PP->new->encode(\%body);
    } @others ];
}


no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listVdiskStorages: by id, what is not set is empty
--- zos_ays
storages();
--- request
GET /vdiskstorage
--- response_body
[{"blockCluster":"b1","id":"s1","objectCluster":"o1","slaveCluster":"b2"},{"blockCluster":"b1","id":"s2","objectCluster":"","slaveCluster":""}]



=== TEST 2: getVdiskStorageInfo
--- zos_ays
storages();
--- pipelined_requests eval
[ map { "GET /vdiskstorage/$_" } qw( s2 s3 ) ]
--- error_code eval
[200, 404]
--- response_body eval
[qq({"blockCluster":"b1","id":"s2","objectCluster":"","slaveCluster":""}\n),
 qq({"error":"vdisk storage \\"s3\\" is not known"}\n)]



=== TEST 3: createNewVdiskStorage: all members; there is no run
--- zos_ays
storages();
--- request
POST /vdiskstorage
{"id":"s3","blockCluster":"b1","objectCluster":"o1","slaveCluster":"b2"}
--- error_code: 201
--- response_headers
Location: /vdiskstorage/s3
--- zos_ays_after
is_deeply(scalar(ays->contents), { vdiskstorage__s3 => {
    blockCluster => 'b1', objectCluster => 'o1', slaveCluster => 'b2' } });
is(scalar(() = ays->runs), 0);
is(ays->data(vdiskstorage => 's3')->{slaveCluster}, 'b2');



=== TEST 4: createNewVdiskStorage: the least of members
--- zos_ays
storages();
--- request
POST /vdiskstorage
{"id":"s3","blockCluster":"b1"}
--- error_code: 201
--- zos_ays_after
is_deeply(scalar(ays->contents), { vdiskstorage__s3 => {
    blockCluster => 'b1', objectCluster => '', slaveCluster => '' } });



=== TEST 5: createNewVdiskStorage: what can't be
--- zos_ays
storages();
--- pipelined_requests eval
[ map { "POST /vdiskstorage\n$_" }
  '{"id":"s1","blockCluster":"b1"}',
  '{"id":"s3"}',
  '{"id":"s3","blockCluster":""}',
  '{"id":"s3","blockCluster":"b9"}',
  '{"id":"s3","blockCluster":"o1"}',
  '{"id":"s3","blockCluster":"b1","objectCluster":"b2"}',
  '{"id":"s3","blockCluster":"b1","slaveCluster":"b2"}',
  '{"id":"s/3","blockCluster":"b1"}' ]
--- error_code eval
[409, (400) x 7]
--- response_body eval
[ map { qq({"error":"$_"}\n) }
  'the cluster has a vdisk storage \\"s1\\" already',
  'blockCluster is required',
  'blockCluster must not be empty',
  'blockCluster, \\"b9\\", is not there',
  'blockCluster, \\"o1\\", is not there',
  'objectCluster, \\"b2\\", is not there',
  'the body needs an objectCluster along with the slaveCluster',
  'id must be a name of letters, digits, \\"-\\", \\"_\\" and \\".\\"' ]
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 6: createNewVdiskStorage: AYS refuses it
--- zos_ays
storages();
ays->fault(route => 'POST .*/blueprint/vdiskstorage_s3_[^/]*$', status => 400,
           body => '{"error":"not enough servers"}');
--- request
POST /vdiskstorage
{"id":"s3","blockCluster":"b1"}
--- error_code: 400
--- response_body
{"error":"AYS refuses the change: not enough servers"}
--- zos_ays_after
is(ays->get(vdiskstorage => 's3'), undef);



=== TEST 7: deleteVdiskStorage: an empty one
--- zos_ays
storages();
--- request
DELETE /vdiskstorage/s2
--- error_code: 204
--- zos_ays_after
is_deeply([ ays->names('vdiskstorage') ], [ 's1' ]);
is(scalar(() = ays->blueprints), 0);



=== TEST 8: deleteVdiskStorage: one with vdisks, though without images
--- zos_ays
storages();
ays->delete(vdisk_image => 'i1');
--- request
DELETE /vdiskstorage/s1
--- error_code: 409
--- response_body
{"error":"it has the vdisk \"v1\", delete its vdisks and images first"}
--- zos_ays_after
is_deeply([ ays->names('vdiskstorage') ], [ 's1', 's2' ]);
is_deeply([ ays->names('vdisk') ], [ 'v1' ]);



=== TEST 9: deleteVdiskStorage: one with images, though without vdisks
--- zos_ays
storages();
ays->delete(vdisk => 'v1');
--- request
DELETE /vdiskstorage/s1
--- error_code: 409
--- response_body
{"error":"it has the vdisk_image \"i1\", delete its vdisks and images first"}
--- zos_ays_after
is_deeply([ ays->names('vdisk_image') ], [ 'i1' ]);



=== TEST 10: deleteVdiskStorage: one that is not there
--- zos_ays
--- request
DELETE /vdiskstorage/s1
--- error_code: 404
--- response_body
{"error":"vdisk storage \"s1\" is not known"}



=== TEST 11: listStorageVdisks: those of this storage alone
--- zos_ays
storages();
ays->seed([ vdisk => 'v0', parent => 'vdiskstorage!s1',
            data => { type => 'boot', status => 'orphan' } ],
          [ vdisk => 'v3', parent => 'vdiskstorage!s2' ]);
--- pipelined_requests eval
[ map { "GET /vdiskstorage/$_/vdisks" } qw( s1 s3 ) ]
--- error_code eval
[200, 404]
--- response_body eval
[qq([{"id":"v0","status":"orphan","type":"boot","vdiskstorage":"s1"},)
 . qq({"id":"v1","status":"halted","type":"db","vdiskstorage":"s1"}]\n),
 qq({"error":"vdisk storage \\"s3\\" is not known"}\n)]



=== TEST 12: getStorageVdiskInfo: as documented; through its own storage only
--- zos_ays
storages(backupUrl => 'ftp://planted', cryptoKey => 'planted');
--- pipelined_requests eval
[ map { "GET /vdiskstorage/$_" } qw( s1/vdisks/v1 s2/vdisks/v1 s1/vdisks/v9
                                      s9/vdisks/v1 ) ]
--- error_code eval
[200, 404, 404, 404]
--- response_body eval
[qq({"blocksize":4096,"id":"v1","readOnly":false,"size":10,)
 . qq("status":"halted","type":"db","vdiskstorage":"s1"}\n),
 qq({"error":"vdisk \\"v1\\" is not known on vdisk storage \\"s2\\""}\n),
 qq({"error":"vdisk \\"v9\\" is not known on vdisk storage \\"s1\\""}\n),
 qq({"error":"vdisk storage \\"s9\\" is not known"}\n)]



=== TEST 13: createNewStorageVdisk: one without an image
--- zos_ays
storages();
--- request
POST /vdiskstorage/s1/vdisks
{"id":"v2","size":5,"blocksize":4096,"type":"cache"}
--- error_code: 201
--- response_headers
Location: /vdiskstorage/s1/vdisks/v2
--- zos_ays_after
is_deeply(scalar(ays->contents), {
    vdisk__v2 => { size => 5, blocksize => 4096, type => 'cache',
        imageId => '', readOnly => JSON::PP::false, vdiskstorage => 's1' },
    actions => [ { action => 'install', actor => 'vdisk', service => 'v2',
                   force => JSON::PP::false } ] });
is(ays->actions(vdisk => 'v2')->{install}, 'ok');



=== TEST 14: createNewStorageVdisk: one of an image
--- zos_ays
storages();
--- request eval: main::create({ type => 'boot', imageId => 'i1' })->[0]
--- error_code: 201
--- zos_ays_after
is(ays->data(vdisk => 'v2')->{imageId}, 'i1');



=== TEST 15: createNewStorageVdisk: what can't be
--- zos_ays
storages();
ays->service(vdisk_image => 'i2', parent => 'vdiskstorage!s2',
             data => { size => 1 });
--- pipelined_requests eval
main::create({ id => 'v1' }, { id => 'a b' }, { size => 2049 },
             { size => 0 }, { blocksize => 1536 }, { blocksize => undef },
             { type => 'boot' }, { imageId => 'i1' }, { type => 'disk' },
             { type => 'boot', imageId => 'i1', size => 4 },
             { type => 'boot', imageId => 'i2' },
             { type => 'boot', imageId => 'i9' })
--- error_code eval
[409, (400) x 11]
--- response_body eval
[ map { qq({"error":"$_"}\n) }
  'the cluster has a vdisk \\"v1\\" already',
  'id must be a name of letters, digits, \\"-\\", \\"_\\" and \\".\\"',
  'size must be from 1 to 2048',
  'size must be from 1 to 2048',
  'the body needs a blocksize that is a power of two',
  'blocksize is required',
  'the body needs an imageId for a boot vdisk',
  'the body must not have an imageId but for a boot vdisk',
  'type must be one of boot, db, cache, tmp',
  'size must not be below the size of the image, 5',
  'imageId, \\"i2\\", is not there on vdisk storage \\"s1\\"',
  'imageId, \\"i9\\", is not there on vdisk storage \\"s1\\"' ]
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 16: createNewStorageVdisk: a storage that is not there
--- zos_ays
--- request eval: main::create({})->[0]
--- error_code: 404
--- response_body
{"error":"vdisk storage \"s1\" is not known"}



=== TEST 17: createNewStorageVdisk: a run that fails
--- zos_ays
storages();
ays->fault(action => 'install', service => 'v2', fail => 'no room');
--- request eval: main::create({})->[0]
--- error_code: 500
--- response_body
{"error":"install of \"v2\" failed: RuntimeError: no room"}
--- zos_ays_after
is_deeply([ ays->names('vdisk') ], [ 'v1' ]);



=== TEST 18: deleteStorageVdisk
--- zos_ays
storages();
--- request
DELETE /vdiskstorage/s1/vdisks/v1
--- error_code: 204
--- zos_ays_after
is_deeply(scalar(ays->contents), { actions => [ { action => 'delete',
    actor => 'vdisk', service => 'v1', force => JSON::PP::true } ] });
is_deeply([ ays->names('vdisk') ], []);



=== TEST 19: deleteStorageVdisk: not through another storage, nor a wrong name
--- zos_ays
storages();
--- pipelined_requests eval
[ map { "DELETE /vdiskstorage/$_" } qw( s2/vdisks/v1 s1/vdisks/v9 ) ]
--- error_code eval
[404, 404]
--- zos_ays_after
is_deeply([ ays->names('vdisk') ], [ 'v1' ]);
is(scalar(() = ays->blueprints), 0);



=== TEST 20: deleteStorageVdisk: a virtual machine has it
--- zos_ays
storages();
ays->node('n1');
ays->service(vm => 'm1', parent => 'node!n1',
             data => { disks => [ { vdiskid => 'v1' } ], vdisks => [ 'v1' ],
                       memory => 512, cpu => 1 });
--- request
DELETE /vdiskstorage/s1/vdisks/v1
--- error_code: 409
--- response_body
{"error":"it is in use by the vm \"m1\""}
--- zos_ays_after
is_deeply([ ays->names('vdisk') ], [ 'v1' ]);



=== TEST 21: resizeStorageVdisk
--- zos_ays
storages();
--- pipelined_requests eval
[ map { qq(POST /vdiskstorage/$_->[0]/vdisks/v1/resize\n{"newSize":$_->[1]}) }
  [ s1 => 9 ], [ s1 => 2049 ], [ s2 => 30 ], [ s1 => 20 ] ]
--- error_code eval
[400, 400, 404, 204]
--- response_body eval
[qq({"error":"newSize must not be below the size that the vdisk has, 10"}\n),
 qq({"error":"newSize must be from 1 to 2048"}\n),
 qq({"error":"vdisk \\"v1\\" is not known on vdisk storage \\"s2\\""}\n),
 '']
--- zos_ays_after
is(ays->data(vdisk => 'v1')->{size}, 20);
is_deeply([ ays->contents ], [ { vdisk__v1 => { size => 20 } } ]);



=== TEST 22: rollbackStorageVdisk
--- zos_ays
storages(status => 'halted');
--- request
POST /vdiskstorage/s1/vdisks/v1/rollback
{"epoch":1500000000}
--- error_code: 204
--- zos_ays_after
is_deeply(scalar(ays->contents), { vdisk__v1 => {
    timestamp => 1500000000 } });
is(ays->data(vdisk => 'v1')->{timestamp}, 1500000000);



=== TEST 23: rollbackStorageVdisk: all of the log
--- zos_ays
storages(status => 'halted', timestamp => 5);
--- request
POST /vdiskstorage/s1/vdisks/v1/rollback
{}
--- error_code: 204
--- zos_ays_after
is_deeply(scalar(ays->contents), { vdisk__v1 => { timestamp => 0 } });



=== TEST 24: rollbackStorageVdisk: AYS would do nothing
--- zos_ays
storages(status => 'halted', timestamp => 5);
--- request
POST /vdiskstorage/s1/vdisks/v1/rollback
{"epoch":5}
--- error_code: 409
--- response_body
{"error":"AYS has the epoch 5 for the vdisk already and would do nothing, choose another one"}
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 25: rollbackStorageVdisk: a vdisk that is in no state for it
--- zos_ays
storages(status => 'running');
ays->seed([ vdisk => 'v2', parent => 'vdiskstorage!s1',
            data => { type => 'tmp', status => 'halted' } ],
          [ vdisk => 'v3', parent => 'vdiskstorage!s2',
            data => { type => 'db', status => 'halted' } ]);
--- pipelined_requests eval
[ map { qq(POST /vdiskstorage/$_/rollback\n{"epoch":5}) }
  qw( s1/vdisks/v1 s1/vdisks/v2 s2/vdisks/v3 s2/vdisks/v1 ) ]
--- error_code eval
[409, 409, 409, 404]
--- response_body eval
[ map { qq({"error":"$_"}\n) }
  'the vdisk is running, it must be halted for a rollback',
  'the vdisk is of type tmp, and only boot and db have a log to be rolled back',
  'the vdisk storage has no object cluster, and so no log to be rolled back',
  'vdisk \\"v1\\" is not known on vdisk storage \\"s2\\"' ]
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 26: rollbackStorageVdisk: the epoch is no time
--- request
POST /vdiskstorage/s1/vdisks/v1/rollback
{"epoch":-1}
--- error_code: 400
--- response_body
{"error":"epoch must be from 0 to 9223372036854775807"}



=== TEST 27: rollbackStorageVdisk: it fails
--- zos_ays
storages(status => 'halted');
ays->fault(action => 'processChange', service => 'v1',
           fail => 'the log is broken');
--- request
POST /vdiskstorage/s1/vdisks/v1/rollback
{"epoch":5}
--- error_code: 500
--- response_body
{"error":"processChange of \"v1\" failed: RuntimeError: the log is broken"}



=== TEST 28: all of them, with the templates of 2017
--- zos_preset: 2017
--- pipelined_requests eval
["GET /vdiskstorage", qq(POST /vdiskstorage\n{}), "GET /vdiskstorage/s",
 "DELETE /vdiskstorage/s", "GET /vdiskstorage/s/vdisks",
 qq(POST /vdiskstorage/s/vdisks\n{}), "GET /vdiskstorage/s/vdisks/v",
 "DELETE /vdiskstorage/s/vdisks/v",
 qq(POST /vdiskstorage/s/vdisks/v/resize\n{}),
 qq(POST /vdiskstorage/s/vdisks/v/rollback\n{})]
--- error_code eval
[ (501) x 10 ]
--- response_body_like eval
[ (qr/needs the templates of 2018/) x 10 ]
