use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosStorage;

# Filesystems and their snapshots. All that is above one in the path must be
# what it is in AYS.

ZosStorage->start;

our $Pool = '/nodes/n1/storagepools/p1';
our $Snapshots = "$Pool/filesystems/fs1/snapshots";

# Where fs1 and s1 are not: another node, another pool, another filesystem.
our @Elsewhere = ('/nodes/n2/storagepools/p1/filesystems/fs1',
                  '/nodes/n2/storagepools/p2/filesystems/fs1',
                  '/nodes/n1/storagepools/p9/filesystems/fs1');
our @Nowhere = ((map { "$_/snapshots/s1" } @Elsewhere),
                "$Pool/filesystems/fs2/snapshots/s1");

sub more_filesystems {
    pools();
    ays->service(filesystem => 'fs2', parent => 'storagepool!p1', data => {
        storagePool => 'p1', name => 'fs2' });
    ays->service(filesystem => 'fs0', parent => 'storagepool!p1', data => {
        storagePool => 'p1', name => 'fs0' });
    ays->service(filesystem => 'fs9', parent => 'storagepool!p2', data => {
        storagePool => 'p2', name => 'fs9' });
}

sub posts {
    my ($path, @bodies) = @_;

    return [ map { "POST $path\n$_" } @bodies ];
}

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listFilesystems: names of those in the pool
--- zos_ays
more_filesystems();
--- request
GET /nodes/n1/storagepools/p1/filesystems
--- response_body
["fs0","fs1","fs2"]
--- zos_ays_after
is((ays->calls)[-1], 'GET service/filesystem?parent=storagepool!p1',
   'with the parent');



=== TEST 2: listFilesystems: none; a pool that is not there
--- zos_ays
pools();
--- request eval
['GET /nodes/n2/storagepools/p2/filesystems',
 'GET /nodes/n1/storagepools/p2/filesystems',
 'GET /nodes/n1/storagepools/p9/filesystems']
--- error_code eval
[200, 404, 404]
--- response_body eval
["[]\n", refuses('storage pool "p2" is not known on node "n1"'),
 refuses('storage pool "p9" is not known on node "n1"')]



=== TEST 3: getFilesystemInfo
--- zos_ays
pools();
--- request
GET /nodes/n1/storagepools/p1/filesystems/fs1
--- response_body
{"mountpoint":"/mnt/p1/fs1","name":"fs1","parent":"p1","quota":100,"readOnly":false,"sizeOnDisk":7}



=== TEST 4: getFilesystemInfo: through paths where it is not
--- zos_ays
more_filesystems();
--- request eval
[map { "GET $_" } @main::Elsewhere, "$main::Pool/filesystems/fs9"]
--- error_code eval
[(404) x 4]



=== TEST 5: createFilesystem: with a quota
--- zos_ays
pools();
--- request
POST /nodes/n1/storagepools/p1/filesystems
{"name":"fs2","quota":4294967295,"readOnly":true}
--- error_code: 201
--- response_headers
Location: /nodes/n1/storagepools/p1/filesystems/fs2
--- response_body
--- zos_ays_after
is_deeply((ays->contents)[0]{filesystem__fs2}, {
    name => 'fs2', quota => 4294967295, readOnly => JSON::PP::true,
    storagePool => 'p1' }, 'the blueprint');
is(ays->get(filesystem => 'fs2')->{parent}{name}, 'p1', 'in the pool');



=== TEST 6: createFilesystem: a name alone, templates of 2017
--- zos_templates: 2017
--- zos_ays
pools();
--- request
POST /nodes/n1/storagepools/p1/filesystems
{"name":"fs2"}
--- error_code: 201
--- zos_ays_after
is_deeply((ays->contents)[0]{filesystem__fs2}, {
    name => 'fs2', quota => 0, readOnly => JSON::PP::false,
    storagePool => 'p1' }, 'the blueprint');



=== TEST 7: createFilesystem: bodies that are wrong
--- zos_ays
pools();
--- request eval
main::posts("$main::Pool/filesystems", '{}', '{"name":"a b"}',
            '{"name":"fs2","quota":-1}', '{"name":"fs2","quota":4294967296}',
            '{"name":"fs2","readOnly":1}')
--- error_code eval
[(400) x 5]
--- response_body_like eval
['"name is required"', 'name must be a name', 'quota must be',
 'quota must be', 'readOnly must be']
--- zos_ays_after
untouched();



=== TEST 8: createFilesystem: a pool that is not there, or of another node
--- zos_ays
pools();
--- request eval
[map { qq(POST $_/filesystems\n{"name":"fs2"}) }
     '/nodes/n1/storagepools/p9', '/nodes/n1/storagepools/p2',
     '/nodes/n3/storagepools/p1']
--- error_code eval
[(404) x 3]
--- zos_ays_after
untouched();



=== TEST 9: createFilesystem: a name that any pool of any node has
--- zos_ays
more_filesystems();
--- request eval
main::posts("$main::Pool/filesystems", '{"name":"fs1","quota":5}',
            '{"name":"fs9"}')
--- error_code eval
[409, 409]
--- zos_ays_after
untouched();
is(ays->data(filesystem => 'fs1')->{quota}, 100, 'as it was');



=== TEST 10: createFilesystem: what fails is removed again
--- zos_ays
pools();
ays->fault(action => 'install', service => 'fs2', fail => 'no space');
--- request
POST /nodes/n1/storagepools/p1/filesystems
{"name":"fs2"}
--- error_code: 500
--- response_body
{"error":"install of \"fs2\" failed: RuntimeError: no space"}
--- zos_ays_after
is(ays->get(filesystem => 'fs2'), undef, 'gone');



=== TEST 11: deleteFilesystem: with its snapshots
--- zos_ays
pools();
--- request
DELETE /nodes/n1/storagepools/p1/filesystems/fs1
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply(scalar(ays->contents), { actions => [
    { action => 'delete', actor => 'filesystem', service => 'fs1',
      force => JSON::PP::true }] }, 'the blueprint');
is(ays->get(filesystem => 'fs1'), undef, 'gone');
is(ays->get(fssnapshot => 's1'), undef, 'and the snapshot');



=== TEST 12: deleteFilesystem: through paths where it is not
--- zos_ays
more_filesystems();
--- request eval
[map { "DELETE $_" } @main::Elsewhere, "$main::Pool/filesystems/fs9"]
--- error_code eval
[(404) x 4]
--- zos_ays_after
untouched();



=== TEST 13: deleteFilesystem: a container has it
--- zos_ays
pools();
ays->service(container => 'c1', parent => 'node!n1', data => {
    node => 'n1', mounts => [{ filesystem => 'fs1', target => '/data' }] });
--- request
DELETE /nodes/n1/storagepools/p1/filesystems/fs1
--- error_code: 409
--- response_body
{"error":"it is in use by the container \"c1\""}
--- zos_ays_after
untouched();



=== TEST 14: listFilesystemSnapshots: names, and none
--- zos_ays
more_filesystems();
ays->service(fssnapshot => 's0', parent => 'filesystem!fs1', data => {
    filesystem => 'fs1', name => 's0' });
--- request eval
["GET $main::Snapshots", "GET $main::Pool/filesystems/fs2/snapshots"]
--- response_body eval
[qq(["s0","s1"]\n), "[]\n"]
--- zos_ays_after
is((grep { m{^GET service/fssnapshot\?} } ays->calls)[0],
   'GET service/fssnapshot?parent=filesystem!fs1', 'with the parent');



=== TEST 15: listFilesystemSnapshots: a filesystem that is not there
--- zos_ays
pools();
--- request eval
[map { "GET $_/snapshots" } @main::Elsewhere, "$main::Pool/filesystems/fs9"]
--- error_code eval
[(404) x 4]



=== TEST 16: getFilesystemSnapshotInfo
--- zos_ays
pools();
--- request
GET /nodes/n1/storagepools/p1/filesystems/fs1/snapshots/s1
--- response_body
{"name":"s1","sizeOnDisk":5,"timestamp":1500000000}



=== TEST 17: getFilesystemSnapshotInfo: through paths where it is not
--- zos_ays
more_filesystems();
--- request eval
[map { "GET $_" } @main::Nowhere, "$main::Snapshots/s9"]
--- error_code eval
[(404) x 5]



=== TEST 18: createSnapshot
--- zos_ays
pools();
--- request
POST /nodes/n1/storagepools/p1/filesystems/fs1/snapshots
{"name":"s2"}
--- error_code: 201
--- response_headers
Location: /nodes/n1/storagepools/p1/filesystems/fs1/snapshots/s2
--- response_body
--- zos_ays_after
is_deeply(scalar(ays->contents), {
    fssnapshot__s2 => { filesystem => 'fs1', name => 's2' },
    actions => [{ action => 'install', actor => 'fssnapshot',
                  service => 's2', force => JSON::PP::false }] },
    'the blueprint');



=== TEST 19: createSnapshot: the templates of 2017, a name of 50 letters
--- zos_templates: 2017
--- zos_ays
pools();
--- request eval
"POST $main::Snapshots\n" . '{"name":"' . 's' x 50 . '"}'
--- error_code: 201



=== TEST 20: createSnapshot: names that are wrong
--- zos_ays
pools();
--- request eval
main::posts($main::Snapshots, '{}', '{"name":"a/b"}',
            '{"name":"' . 's' x 51 . '"}')
--- error_code eval
[(400) x 3]
--- response_body_like eval
['"name is required"', ('name must be a name of 50') x 2]
--- zos_ays_after
untouched();



=== TEST 21: createSnapshot: a name that any filesystem has
--- zos_ays
more_filesystems();
ays->service(fssnapshot => 's9', parent => 'filesystem!fs9', data => {
    filesystem => 'fs9', name => 's9' });
--- request eval
main::posts($main::Snapshots, '{"name":"s1"}', '{"name":"s9"}')
--- error_code eval
[409, 409]
--- zos_ays_after
untouched();



=== TEST 22: createSnapshot: a filesystem that is not there
--- zos_ays
pools();
--- request eval
[map { qq(POST $_/snapshots\n{"name":"s2"}) }
     @main::Elsewhere, "$main::Pool/filesystems/fs9"]
--- error_code eval
[(404) x 4]
--- zos_ays_after
untouched();



=== TEST 23: createSnapshot: what fails is removed again
--- zos_ays
pools();
ays->fault(action => 'install', service => 's2', fail => 'no space');
--- request
POST /nodes/n1/storagepools/p1/filesystems/fs1/snapshots
{"name":"s2"}
--- error_code: 500
--- response_body
{"error":"install of \"s2\" failed: RuntimeError: no space"}
--- zos_ays_after
is(ays->get(fssnapshot => 's2'), undef, 'gone');



=== TEST 24: deleteFilesystemSnapshot
--- zos_ays
pools();
--- request
DELETE /nodes/n1/storagepools/p1/filesystems/fs1/snapshots/s1
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply((ays->contents)[0]{actions}, [
    { action => 'delete', actor => 'fssnapshot', service => 's1',
      force => JSON::PP::true }], 'the action');
is(ays->get(fssnapshot => 's1'), undef, 'gone');
isnt(ays->get(filesystem => 'fs1'), undef, 'it alone');



=== TEST 25: deleteFilesystemSnapshot: through paths where it is not
--- zos_ays
more_filesystems();
--- request eval
[map { "DELETE $_" } @main::Nowhere, "$main::Snapshots/s9"]
--- error_code eval
[(404) x 5]
--- zos_ays_after
untouched();



=== TEST 26: rollbackFilesystemSnapshot: answered when it is done
--- zos_ays
pools();
--- request
POST /nodes/n1/storagepools/p1/filesystems/fs1/snapshots/s1/rollback
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply((ays->contents)[0]{actions}, [
    { action => 'rollback', actor => 'fssnapshot', service => 's1',
      force => JSON::PP::true }], 'the action');
is(ays->actions(fssnapshot => 's1')->{rollback}, 'ok', 'done');



=== TEST 27: rollbackFilesystemSnapshot: through paths where it is not
--- zos_ays
more_filesystems();
--- request eval
[map { "POST $_/rollback" } @main::Nowhere, "$main::Snapshots/s9"]
--- error_code eval
[(404) x 5]
--- zos_ays_after
untouched();



=== TEST 28: rollbackFilesystemSnapshot: it fails
--- zos_ays
pools();
ays->fault(action => 'rollback', service => 's1', fail => 'is mounted');
--- request
POST /nodes/n1/storagepools/p1/filesystems/fs1/snapshots/s1/rollback
--- error_code: 500
--- response_body
{"error":"rollback of \"s1\" failed: RuntimeError: is mounted"}
