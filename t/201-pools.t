use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( C );
use ZosNginx;
use ZosProcess qw( wait_for );
use ZosStorage;

# Storage pools and their devices. What the disks of n1 are is said by
# zos_disks, one name and what uses it for each: "sda part, sdb, sdc mount".

my $ays = ZosStorage->start;

add_block_preprocessor(sub {
    my ($block) = @_;

    my $disks = $block->zos_disks // return;
    chomp $disks;
    $block->set_value(init => ($block->init // '')
                              . qq(; core0_fault("C", main::disks("$disks"))));
});

sub disks {
    my ($disks) = @_;

    my @list = map {
        my ($name, $use) = split;
        my %disk = (name => $name, kname => $name, type => 'disk');

        $use //= '';
        $disk{mountpoint} = '/mnt/x' if $use eq 'mount';
        $disk{fstype} = 'btrfs' if $use eq 'btrfs';

        $use eq 'part' ? (\%disk, { name => "${name}1", kname => "${name}1",
                                    type => 'part', pkname => $name })
                       : \%disk;
    } split /, */, $disks;

    return 'data:' . JSON::PP->new->canonical->encode(\@list);
}

# n1 has a core0; see ZosStorage
sub with_disks { pools(core0 => $ENV{TEST_NGINX_CORE0_C_BAD}) }

sub devices { return [ map { $_->{device} }
                           @{ ays->data(storagepool => $_[0])->{devices} } ] }

# Requests that create a pool p3 with these devices, and others.
sub creates {
    return [ map {
        qq(POST /nodes/n1/storagepools\n{"name":"p3","dataProfile":"single",)
        . qq("metadataProfile":"dup","devices":$_})
    } @_ ];
}

sub bodies { return [ map { "POST /nodes/n1/storagepools\n$_" } @_ ] }

sub adds {
    return [ map { "POST /nodes/n1/storagepools/p1/devices\n$_" } @_ ];
}

no_root_location();
no_long_string();
run_tests();


# Several at a time, by two workers: a disk goes to one pool only, and no
# device is lost that another request has added.

my $nginx = ZosNginx->start(
    workers => 2, http => 'zos_zone zos:1m; ' . $ays->http_config,
    config => $ays->config('zos_ays_run_interval 10ms 50ms; '
                           . 'zos_ays_retries off;'));

sub post {
    my ($path, $body) = @_;

    return "POST /nodes/n1/storagepools$path HTTP/1.1\r\nHost: x\r\n"
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

sub statuses {
    return join ' ', sort map { $_->{status} } $nginx->parallel(@_);
}

$ays->reset;
with_disks();
$ays->fault(route => '^GET .*/storagepool\?', late => 0.1);
core0_fault('C', disks(join ', ', map { "sd$_" } 'd' .. 'j'));

is(statuses(map { post('', qq({"name":"q$_","dataProfile":"single",)
                       . qq("metadataProfile":"dup","devices":["/dev/sdd"]}))
            } 1 .. 6), '201 409 409 409 409 409', 'one has the disk');
is(scalar(grep { /^q/ } $ays->names('storagepool')), 1, 'there is one');

is(statuses(map { post('/p1/devices', qq(["/dev/sd$_"])) } 'e' .. 'j'),
   '204 204 204 204 204 204', 'six are added');
is_deeply([ sort @{ devices('p1') } ], [ map { "/dev/sd${_}1" } 'b', 'c',
                                         'e' .. 'j' ], 'and are there');


# The same disk for two pools that are there already.

core0_fault('C', disks('sdk'));
$ays->service(storagepool => 'p4', parent => 'node!n1', data => {
    node => 'n1', devices => [] });

is(statuses(map { post("/$_/devices", '["/dev/sdk"]') } qw( p1 p4 )),
   '204 409', 'one of two pools gets the disk');
is(scalar(grep { $_ eq '/dev/sdk1' } map { @{ devices($_) } } qw( p1 p4 )),
   1, '... the other one does not have it');
$nginx->stop;


# A container that mounts a filesystem, while its pool is being deleted: what
# the request to delete has seen stays true until it is done. Without that
# both would succeed, as the older AYS deletes whatever others need.

$ays->reset->settings(mode => '8.2', templates => 2017);
pools();
$nginx = ZosNginx->start(
    workers => 2, http => 'zos_zone zos:1m; ' . $ays->http_config,
    config => $ays->config('zos_ays_run_interval 10ms 50ms;')
              =~ s/zos_ays_templates 2018/zos_ays_templates 2017/r);

sub mounted {
    my ($name) = @_;

    my $body = qq({"id":"$name","hostname":"$name","flist":"http://hub/x",)
               . '"filesystems":["p1:fs1"]}';

    return "POST /nodes/n1/containers HTTP/1.1\r\nHost: x\r\n"
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

$ays->fault(route => '^GET .*/container\?', late => 1, times => 1);

my $deleting = $nginx->send('DELETE /nodes/n1/storagepools/p1');

ok(wait_for(sub { grep { m{^GET service/container\?} } $ays->calls }, 5),
   'its mounts are looked at');

my $answer = $nginx->request(mounted('m1'));

is($deleting->answer->{status}, 204, 'the pool is deleted');
cmp_ok($answer->{status}, '>=', 400, 'the container is refused');
is(scalar($ays->get(container => 'm1')), undef, '... and not there');
is(scalar($ays->get(filesystem => 'fs1')), undef, 'nor is the filesystem');
$nginx->stop;
$ays->reset;

__DATA__

=== TEST 1: listStoragePools: those of the node, by name
--- zos_ays
pools();
ays->service(storagepool => 'p0', parent => 'node!n1', data => {
    node => 'n1', status => 'unknown' });
--- request
GET /nodes/n1/storagepools
--- response_body
[{"capacity":0,"name":"p0","status":"unknown"},{"capacity":1000,"name":"p1","status":"healthy"}]
--- zos_ays_after
is((ays->calls)[-1], 'GET service/storagepool?parent=node.zero-os!n1'
   . '&fields=status,freeCapacity', 'with the parent');



=== TEST 2: listStoragePools: none; a node that is not there
--- zos_ays
nodes();
--- request eval
['GET /nodes/n1/storagepools', 'GET /nodes/n3/storagepools']
--- error_code eval
[200, 404]
--- response_body eval
["[]\n", refuses('node "n3" is not known')]



=== TEST 3: getStoragePoolInfo
--- zos_ays
pools();
--- request
GET /nodes/n1/storagepools/p1
--- response_body
{"capacity":1000,"dataProfile":"raid1","metadataProfile":"dup","mountpoint":"/mnt/p1","name":"p1","status":"healthy","totalCapacity":2000}



=== TEST 4: getStoragePoolInfo: one of another node, and none at all
--- zos_ays
pools();
--- request eval
['GET /nodes/n2/storagepools/p1', 'GET /nodes/n1/storagepools/p9']
--- error_code eval
[404, 404]
--- response_body eval
[refuses('storage pool "p1" is not known on node "n2"'),
 refuses('storage pool "p9" is not known on node "n1"')]



=== TEST 5: createStoragePool: on disks that nothing uses
--- zos_ays
with_disks();
--- zos_disks: sda part, sdb part, sdc part, sdd, sde
--- request
POST /nodes/n1/storagepools
{"name":"p3","dataProfile":"raid10","metadataProfile":"single","devices":["/dev/sde","/dev/sdd"]}
--- error_code: 201
--- response_headers
Location: /nodes/n1/storagepools/p3
--- response_body
--- zos_ays_after
is_deeply(scalar(ays->contents), {
    storagepool__p3 => {
        dataProfile => 'raid10', metadataProfile => 'single', node => 'n1',
        devices => [{ device => '/dev/sde' }, { device => '/dev/sdd' }] },
    actions => [{ action => 'install', actor => 'storagepool',
                  service => 'p3', force => JSON::PP::false }] },
    'the blueprint');
is(ays->data(storagepool => 'p3')->{status}, 'healthy', 'it is there');



=== TEST 6: createStoragePool: the templates of 2017
--- zos_templates: 2017
--- zos_ays
with_disks();
--- zos_disks: sdd
--- request eval
main::creates('["/dev/sdd"]')
--- error_code eval
[201]
--- zos_ays_after
is_deeply(devices('p3'), ['/dev/sdd1'], 'its device');



=== TEST 7: createStoragePool: bodies that are wrong
--- zos_ays
with_disks();
--- zos_disks: sdd
--- request eval
main::bodies('{"dataProfile":"dup","metadataProfile":"dup","devices":["x"]}',
    '{"name":"a b","dataProfile":"dup","metadataProfile":"dup",'
    . '"devices":["x"]}',
    '{"name":"p3","dataProfile":"raid2","metadataProfile":"dup",'
    . '"devices":["x"]}',
    '{"name":"p3","dataProfile":"dup","devices":["x"]}',
    '{"name":"p3","dataProfile":"dup","metadataProfile":"dup"}',
    '{"name":"p3","dataProfile":"dup","metadataProfile":"dup","devices":[]}',
    '{"name":"p3","dataProfile":"dup","metadataProfile":"dup",'
    . '"devices":[1]}')
--- error_code eval
[(400) x 7]
--- response_body_like eval
['"name is required"', 'name must be a name', 'dataProfile must be one of',
 '"metadataProfile is required"', '"devices is required"',
 'devices must not be empty', 'devices\[0\] must be a string']
--- zos_ays_after
untouched();



=== TEST 8: createStoragePool: disks that are in use, twice there or not there
--- zos_ays
with_disks();
--- zos_disks: sda mount, sdd part, sde btrfs, sdf, nvme0n1 part
--- request eval
main::creates('["/dev/sdf","/dev/sda"]', '["/dev/sdd"]', '["/dev/sde"]',
    '["/dev/nvme0n1"]', '["/dev/sdf","/dev/sdf"]', '["/dev/sdg"]', '["sdf"]',
    '["/dev/sdd1"]', '["/dev/sd"]', '[""]', '["/dev/sdf\u0000"]')
--- error_code eval
[(409) x 4, (400) x 7]
--- response_body_like eval
['devices\[1\], /dev/sda, has partitions, a filesystem or a mount',
 '/dev/sdd, has partitions', '/dev/sde, has', '/dev/nvme0n1, has',
 'devices\[1\] is there twice', 'devices\[0\], /dev/sdg, is no disk',
 ('is no disk of the node') x 3, 'error', 'error']
--- zos_ays_after
untouched();



=== TEST 9: createStoragePool: a disk of an older core0, whose partitions it holds
--- zos_ays
with_disks();
--- init
core0_fault('C', 'data:{"blockdevices":[{"name":"sdd","type":"disk","mountpoint":null,"fstype":null,"children":[{"name":"sdd1","type":"part"}]},{"name":"sde","type":"disk","mountpoint":null,"fstype":null}]}');
--- request eval
main::creates('["/dev/sdd"]', '["/dev/sde"]')
--- error_code eval
[409, 201]



=== TEST 10: createStoragePool: a disk that AYS says another pool has
--- zos_ays
with_disks();
--- zos_disks: sdb, sdbb
--- request eval
main::creates('["/dev/sdb"]', '["/dev/sdbb"]')
--- error_code eval
[409, 201]
--- response_body eval
[refuses('devices[0], /dev/sdb, is in storage pool "p1"'), '']



=== TEST 11: createStoragePool: a pool of another node has one of that name
--- zos_ays
with_disks();
--- zos_disks: sdd
--- request
POST /nodes/n1/storagepools
{"name":"p2","dataProfile":"single","metadataProfile":"dup","devices":["/dev/sdd"]}
--- error_code: 409
--- zos_ays_after
untouched();
is_deeply(devices('p2'), ['/dev/sdb1'], 'as it was');



=== TEST 12: createStoragePool: what fails is removed again
--- zos_ays
with_disks();
ays->fault(action => 'install', service => 'p3', fail => 'mkfs failed');
--- zos_disks: sdd
--- request
POST /nodes/n1/storagepools
{"name":"p3","dataProfile":"single","metadataProfile":"dup","devices":["/dev/sdd"]}
--- error_code: 500
--- response_body
{"error":"install of \"p3\" failed: RuntimeError: mkfs failed"}
--- zos_ays_after
is(ays->get(storagepool => 'p3'), undef, 'gone');



=== TEST 13: createStoragePool: the node does not answer
--- zos_ays
pools(core0 => $ENV{TEST_NGINX_DEAD_PORT});
--- request eval
main::creates('["/dev/sdd"]')
--- error_code eval
[502]
--- zos_ays_after
untouched();



=== TEST 14: deleteStoragePool: with all that is on it
--- zos_ays
pools();
--- request
DELETE /nodes/n1/storagepools/p1
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply((ays->contents)[0]{actions}, [
    { action => 'delete', actor => 'storagepool', service => 'p1',
      force => JSON::PP::true }], 'the action');
is(ays->get(storagepool => 'p1'), undef, 'gone');
is(ays->get(filesystem => 'fs1'), undef, 'and the filesystem');



=== TEST 15: deleteStoragePool: one of another node, and none at all
--- zos_ays
pools();
--- request eval
['DELETE /nodes/n2/storagepools/p1', 'DELETE /nodes/n1/storagepools/p9']
--- error_code eval
[404, 404]
--- zos_ays_after
untouched();



=== TEST 16: deleteStoragePool: what the node itself lives on
--- zos_ays
pools();
ays->service(storagepool => 'n1_fscache', parent => 'node!n1', data => {
    node => 'n1' });
--- request
DELETE /nodes/n1/storagepools/n1_fscache
--- error_code: 409
--- response_body
{"error":"the node itself needs this pool"}
--- zos_ays_after
untouched();



=== TEST 17: deleteStoragePool: a container has a filesystem of it
--- zos_ays
pools();
ays->service(container => 'c1', parent => 'node!n1', data => {
    node => 'n1', mounts => [{ filesystem => 'fs1', target => '/data' }] });
--- request
DELETE /nodes/n1/storagepools/p1
--- error_code: 409
--- response_body
{"error":"filesystem \"fs1\" of it is in use by the container \"c1\""}
--- zos_ays_after
untouched();



=== TEST 18: deleteStoragePool: containers have those of others
--- zos_ays
pools();
ays->service(storagepool => 'p3', parent => 'node!n1', data => {
    node => 'n1' });
ays->service(container => 'c1', parent => 'node!n1', data => {
    node => 'n1', mounts => [{ filesystem => 'fs1', target => '/data' }] });
--- request
DELETE /nodes/n1/storagepools/p3
--- error_code: 204



=== TEST 19: deleteStoragePool: it fails
--- zos_ays
pools();
ays->fault(action => 'delete', service => 'p1', fail => 'busy');
--- request
DELETE /nodes/n1/storagepools/p1
--- error_code: 500
--- response_body
{"error":"delete of \"p1\" failed: RuntimeError: busy"}
--- zos_ays_after
isnt(ays->get(storagepool => 'p1'), undef, 'it is still there');



=== TEST 20: listStoragePoolDevices: by name, and none
--- zos_ays
pools();
ays->service(storagepool => 'p0', parent => 'node!n1', data => {
    node => 'n1' });
--- request eval
['GET /nodes/n1/storagepools/p1/devices',
 'GET /nodes/n1/storagepools/p0/devices',
 'GET /nodes/n2/storagepools/p1/devices']
--- error_code eval
[200, 200, 404]
--- response_body_like eval
['^\[\{"deviceName":"/dev/sdb1","status":"healthy","uuid":"u-b"\},'
 . '\{"deviceName":"/dev/sdc1","status":"healthy","uuid":"u-c"\}\]$',
 '^\[\]$', 'not known']



=== TEST 21: getStoragePoolDeviceInfo: one, none, and through another node
--- zos_ays
pools();
--- request eval
['GET /nodes/n1/storagepools/p1/devices/u-c',
 'GET /nodes/n1/storagepools/p1/devices/u-x',
 'GET /nodes/n2/storagepools/p1/devices/u-c']
--- error_code eval
[200, 404, 404]
--- response_body eval
[qq({"deviceName":"/dev/sdc1","status":"healthy","uuid":"u-c"}\n),
 refuses('the pool has no such device'),
 refuses('storage pool "p1" is not known on node "n2"')]



=== TEST 22: createStoragePoolDevices: two more
--- zos_ays
with_disks();
--- zos_disks: sdb part, sdc part, sdd, nvme0n1
--- request
POST /nodes/n1/storagepools/p1/devices
["/dev/sdd","/dev/nvme0n1"]
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply((ays->contents)[0]{storagepool__p1}, { devices => [
    map { { device => $_ } } qw( /dev/sdc1 /dev/sdb1 /dev/sdd /dev/nvme0n1 )
] }, 'all of them');
is_deeply(devices('p1'), [qw( /dev/sdc1 /dev/sdb1 /dev/sdd1 /dev/nvme0n1p1 )],
          'are there');



=== TEST 23: createStoragePoolDevices: the templates of 2017
--- zos_templates: 2017
--- zos_ays
with_disks();
--- zos_disks: sdd
--- request
POST /nodes/n1/storagepools/p1/devices
["/dev/sdd"]
--- error_code: 204
--- zos_ays_after
is_deeply(devices('p1'), [qw( /dev/sdc1 /dev/sdb1 /dev/sdd1 )], 'three');



=== TEST 24: createStoragePoolDevices: lists that are wrong
--- zos_ays
with_disks();
--- zos_disks: sdd
--- request eval
main::adds('[]', '{"devices":["/dev/sdd"]}', '[1]', '["/dev/sdd","/dev/sdd"]',
           '["/dev/sdx"]', '["/dev/sdd"')
--- error_code eval
[(400) x 6]
--- response_body_like eval
[('error') x 3, 'is there twice', '/dev/sdx, is no disk', 'error']
--- zos_ays_after
untouched();
is_deeply(devices('p1'), [qw( /dev/sdc1 /dev/sdb1 )], 'as it was');



=== TEST 25: createStoragePoolDevices: disks in use, its own among them
--- zos_ays
with_disks();
ays->service(storagepool => 'n1_fscache', parent => 'node!n1', data => {
    node => 'n1', devices => [main::device('/dev/nvme0n1p1', 'u-n')] });
--- zos_disks: sdb, sdd mount, nvme0n1
--- request eval
main::adds('["/dev/sdb"]', '["/dev/sdd"]', '["/dev/nvme0n1"]')
--- error_code eval
[(409) x 3]
--- response_body eval
[refuses('devices[0], /dev/sdb, is in storage pool "p1"'),
 refuses('devices[0], /dev/sdd, has partitions, a filesystem or a mount'),
 refuses('devices[0], /dev/nvme0n1, is in storage pool "n1_fscache"')]
--- zos_ays_after
untouched();



=== TEST 26: createStoragePoolDevices: a pool of another node
--- zos_ays
with_disks();
--- zos_disks: sdd
--- request
POST /nodes/n1/storagepools/p2/devices
["/dev/sdd"]
--- error_code: 404
--- zos_ays_after
untouched();



=== TEST 27: createStoragePoolDevices: it fails
--- zos_ays
with_disks();
ays->fault(action => 'processChange', service => 'p1', fail => 'no space');
--- zos_disks: sdd
--- request
POST /nodes/n1/storagepools/p1/devices
["/dev/sdd"]
--- error_code: 500
--- response_body_like: no space



=== TEST 28: deleteStoragePoolDevice
--- zos_ays
pools();
--- request
DELETE /nodes/n1/storagepools/p1/devices/u-b
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply((ays->contents)[0]{storagepool__p1},
          { devices => [{ device => '/dev/sdc1' }] }, 'what is to stay');
is_deeply(devices('p1'), ['/dev/sdc1'], 'stays');



=== TEST 29: deleteStoragePoolDevice: none, the last one, two of the same
--- zos_ays
pools();
ays->service(storagepool => 'p3', parent => 'node!n1', data => {
    node => 'n1', devices => [main::device('/dev/sdd1', 'u-d')] });
ays->service(storagepool => 'p4', parent => 'node!n1', data => {
    node => 'n1', devices => [map { main::device("/dev/sd${_}1",
        $_ eq 'g' ? 'u-g' : 'u-e') } qw( e f g )] });
--- request eval
['DELETE /nodes/n1/storagepools/p1/devices/u-x',
 'DELETE /nodes/n1/storagepools/p3/devices/u-d',
 'DELETE /nodes/n1/storagepools/p4/devices/u-e',
 'DELETE /nodes/n1/storagepools/p2/devices/u-b']
--- error_code eval
[404, 409, 409, 404]
--- response_body eval
[refuses('the pool has no device "u-x"'),
 refuses('it is the only device of the pool'),
 refuses('the pool has 2 devices "u-e"'),
 refuses('storage pool "p2" is not known on node "n1"')]
--- zos_ays_after
untouched();



=== TEST 30: deleteStoragePoolDevice: it fails, and the device stays
--- zos_ays
pools();
ays->fault(action => 'processChange', service => 'p1', fail => 'no space');
--- request
DELETE /nodes/n1/storagepools/p1/devices/u-b
--- error_code: 500
--- response_body_like: no space
--- zos_ays_after
is_deeply(devices('p1'), [qw( /dev/sdc1 /dev/sdb1 )], 'as it was');
