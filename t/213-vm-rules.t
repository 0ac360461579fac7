use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;
use ZosNginx;

# What a request for a virtual machine has to be like and what is refused;
# the older templates; many who want the same vdisk.

my $ays = ZosAys->start(mode => '9', templates => 2018);

sub config {
    my ($old) = @_;

    my $config = $ays->config('zos_ays_run_interval 10ms 50ms; '
                              . 'zos_ays_retries off;');

    $config =~ s/zos_ays_templates 2018/zos_ays_templates 2017/ if $old;
    return $config;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    my $old = defined $block->zos_old;

    $block->set_value(zos_ays => 'ays->settings(mode => "8.2", '
                                 . 'templates => 2017);' . $block->zos_ays)
        if $old;
    $block->set_value('http_config', 'zos_zone zos:1m; '
                                     . $ays->http_config);
    $block->set_value('config', 'add_header X-Reason $zos_error always; '
                                . config($old));
    $block->set_value(no_error_log => "planted\n[alert]\n[crit]\n");
    $block->set_value(log_level => 'info');
});


# Two nodes, two vdisks, and a virtual machine that has the first of them.
sub cluster {
    my (%data) = @_;

    nodes_and_vdisks(0);
    vm1(%data);
}

sub old_cluster {
    my (%data) = @_;

    nodes_and_vdisks(1);
    vm1(%data);
}

sub nodes_and_vdisks {
    my ($old) = @_;

    my ($storage, @vdisk) = $old
        ? ([storage_cluster => 'sc'], data => { storageCluster => 'sc' })
        : (['storagecluster.block' => 'sc'], parent => 'vdiskstorage!vs',
           data => { vdiskstorage => 'vs', size => 1 });

    ays->node('n1')->node('n2');
    ays->seed($storage,
              $old ? () : [vdiskstorage => 'vs', data => { blockCluster => 'sc' }],
              map { [vdisk => $_, @vdisk] } qw( vd1 vd2 vd3 ));
}

sub vm1 {
    ays->service(vm => 'vm1', parent => 'node!n1', data => {
        node => 'n1', status => 'running', cpu => 2, memory => 1024,
        disks => [{ vdiskid => 'vd1', maxIOps => 5 }],
        nics => [{ type => 'default' }], vnc => 5900, @_ });
}

sub sentences { return [ map { qq({"error":"$_"}\n) } @_ ] }

sub put { return qq(PUT /nodes/n1/vms/vm1\n{"cpu":2,"memory":1024$_[0]}) }

no_root_location();
no_long_string();
run_tests();


# ---- many at a time ----

sub create {
    my ($id, @disks) = @_;

    my $disks = join ',', map { qq({"vdiskid":"$_"}) } @disks;
    return request('POST', '/nodes/n2/vms',
                   qq({"id":"$id","cpu":1,"memory":1,"disks":[$disks]}));
}

sub request {
    my ($method, $path, $body) = @_;

    return "$method $path HTTP/1.1\r\nHost: x\r\nContent-Length: "
           . length($body) . "\r\n\r\n$body";
}

sub statuses { return join ' ', sort map { $_->{status} } @_ }

# the older templates attach it to all
$ays->reset->settings(mode => '8.2', templates => 2017);
old_cluster();
my $nginx = ZosNginx->start(
    http => 'zos_zone zos:1m; ' . $ays->http_config, config => config(1),
    workers => 2);

is(statuses($nginx->parallel(
       map { create("v$_", $_ % 2 ? qw( vd2 vd3 ) : qw( vd3 vd2 )) } 1 .. 8)),
   '201' . ' 409' x 7, 'one of those who want the same vdisks gets them');
is(scalar($ays->names('vm')), 2, '... the others are not there');

$ays->reset->settings(mode => '8.2', templates => 2017);
old_cluster();
$ays->service(vm => "r$_", parent => 'node!n1', data => {
    node => 'n1', status => 'running', cpu => 1, memory => 1, nics => [],
    disks => [] }) for 1 .. 4;
is(statuses($nginx->parallel(map {
       request('PUT', "/nodes/n1/vms/r$_", '{"cpu":1,"memory":1,"nics":[],'
               . '"disks":[{"vdiskid":"vd2"}]}') } 1 .. 4)),
   '204' . ' 409' x 3, '... also when they are there already');
is(scalar(grep { @{ $ays->data(vm => "r$_")->{disks} // [] } } 1 .. 4), 1,
   '... one has it');
$nginx->stop;

__DATA__

=== TEST 1: createVM: how it is written
--- zos_ays
    main::cluster();
--- pipelined_requests eval
[map { "POST /nodes/n1/vms\n$_" } '{}', '{"id":"","cpu":1,"memory":1}',
 '{"id":"v","cpu":"1","memory":1}', '{"id":"v","cpu":65536,"memory":1}',
 '{"id":"v","cpu":-1,"memory":1}', '{"id":"v","cpu":1,"memory":1.5}',
 '{"id":"v","cpu":1,"memory":1,"nics":[{"id":"1"}]}',
 '{"id":"v","cpu":1,"memory":1,"nics":[{"type":"vlan","id":"4096"}]}',
 '{"id":"v","cpu":1,"memory":1,"nics":[{"type":"vxlan","id":"x"}]}',
 '{"id":"v","cpu":1,"memory":1,"nics":[{"type":"bridge","id":"br9"}]}',
 '{"id":"v","cpu":1,"memory":1,"disks":[{"vdiskid":"a/b"}]}',
 '{"id":"v","cpu":1,"memory":1,"disks":[{"vdiskid":"vd2","maxIOps":-1}]}',
 '{"id":"v","cpu":1,"memory":1,"disks":[{"vdiskid":"vd2"},{"vdiskid":"vd2"}]}',
 '{"id":"v","cpu":1,"memory":1,"nics":[' . '{"type":"default"},' x 100 . '{"type":"default"}]}']
--- error_code eval
[(400) x 14]
--- response_body eval
main::sentences('id is required', 'id must not be empty',
 'cpu must be an integer', ('cpu must be from 1 to 65535') x 2,
 'memory must be an integer', 'nics[0].type is required',
 'nics[0] needs an id from 0 to 4095', 'nics[0] needs an id from 0 to 16777215',
 'the bridge of a nic, \"br9\", is not there on \"n1\"',
 'disks[0].vdiskid must be a name of letters, digits, \"-\", \"_\" and \".\"',
 'disks[0].maxIOps must be from 0 to 4294967295',
 'the body must not have a vdisk twice',
 'the body must not have more than 100 disks or nics')
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');



=== TEST 2: createVM: unknown node, bridge of another node
--- zos_ays
    main::cluster();
    ays->service(bridge => 'br2', parent => 'node!n2', data => { node => 'n2' });
--- pipelined_requests eval
['POST /nodes/n9/vms
{"id":"v","cpu":1,"memory":1}', 'POST /nodes/n1/vms
{"id":"v","cpu":1,"memory":1,"nics":[{"type":"bridge","id":"br2"}]}']
--- error_code eval
[404, 400]
--- response_body eval
main::sentences('node \"n9\" is not known',
 'the bridge of a nic, \"br2\", is not there on \"n1\"')
--- zos_ays_after
    is(ays->get(vm => 'v'), undef, 'nothing was made');



=== TEST 3: createVM: what AYS gets, templates of 2018
--- zos_ays
    main::cluster();
--- request eval
'POST /nodes/n1/vms
{"id":"v","cpu":1,"memory":65535,"disks":[{"vdiskid":"vd2","x":1}],"nics":[{"type":"default","id":"","macaddress":""}],"userCloudInit":{"password":"planted"},"unknown":1}'
--- error_code: 201
--- zos_ays_after
    is_deeply(scalar(ays->contents), {
        vm__v => { node => 'n1', cpu => 1, memory => 65535, backupUrl => '',
                   disks => [{ vdiskid => 'vd2' }],
                   nics => [{ type => 'default' }] },
        actions => [{ action => 'install', actor => 'vm', service => 'v',
                      force => JSON::PP::false() }] }, 'the blueprint');
    is(ays->data(vm => 'v')->{status}, 'running', 'it runs');



=== TEST 4: createVM: what AYS gets, templates of 2017
--- zos_old
--- zos_ays
    main::old_cluster();
--- request eval
'POST /nodes/n1/vms
{"id":"v","cpu":1,"memory":512,"disks":[{"vdiskid":"vd2","maxIOps":7}],"userCloudInit":{"users":[{"name":"root","passwd":"planted"}]}}'
--- error_code: 201
--- response_headers
Location: /nodes/n1/vms/v
--- zos_ays_after
    my $got = ays->contents->{vm__v};
    is_deeply(JSON::PP::decode_json(delete $got->{userCloudInit}),
              { users => [{ name => 'root', passwd => 'planted' }] }, 'JSON in a text');
    is_deeply($got, { node => 'n1', cpu => 1, memory => 512, nics => [],
        disks => [{ vdiskid => 'vd2', maxIOps => 7 }],
        systemCloudInit => 'null' }, 'the rest');



=== TEST 5: createVM, templates of 2017: taken ids and vdisks, which those would take again
--- zos_old
--- zos_ays
    main::old_cluster();
--- pipelined_requests eval
['POST /nodes/n1/vms
{"id":"vm1","cpu":1,"memory":1}', 'POST /nodes/n1/vms
{"id":"v","cpu":1,"memory":1,"disks":[{"vdiskid":"vd1"}]}']
--- error_code eval
[409, 409]
--- response_body eval
main::sentences('the cluster has a virtual machine \"vm1\" already',
 'vdisk \"vd1\" is in use by the virtual machine \"vm1\"')
--- zos_ays_after
    is(ays->data(vm => 'vm1')->{cpu}, 2, 'as before');
    is(scalar(ays->blueprints), 0, 'no blueprint');



=== TEST 6: createVM: what fails is removed, its secrets are not told
--- zos_old
--- zos_ays
    main::old_cluster();
    ays->fault(action => 'install', service => 'v', fail => 'password planted of u');
--- request eval
'POST /nodes/n1/vms
{"id":"v","cpu":1,"memory":1,"userCloudInit":{"users":[{"passwd":"planted"}]}}'
--- error_code: 500
--- response_body
{"error":"install of \"v\" failed: RuntimeError: password ******* of u"}
--- zos_ays_after
    is(ays->get(vm => 'v'), undef, 'gone');



=== TEST 7: createVM: the list of the others is not a list
--- zos_ays
    main::cluster();
    ays->fault(route => 'GET .*/service/vm\?', status => 200, type => 'application/json', body => '{}');
--- request eval
'POST /nodes/n1/vms
{"id":"v","cpu":1,"memory":1,"disks":[{"vdiskid":"vd2"}]}'
--- error_code: 502
--- response_body
{"error":"AYS sent an answer of an unknown shape"}
--- zos_ays_after
    is(ays->get(vm => 'v'), undef, 'nothing was made');



=== TEST 8: updateVM: other disks and nics, while it runs
--- zos_ays
    main::cluster();
--- request eval
main::put(',"nics":[{"type":"vlan","id":"5"}],"disks":[{"vdiskid":"vd1"},{"vdiskid":"vd2"}]')
--- error_code: 204
--- response_body
--- zos_ays_after
    is_deeply(scalar(ays->contents), { vm__vm1 => {
        cpu => 2, memory => 1024, nics => [{ type => 'vlan', id => '5' }],
        disks => [{ vdiskid => 'vd1' }, { vdiskid => 'vd2' }] } }, 'the blueprint');
    is_deeply(ays->data(vm => 'vm1')->{vdisks}, ['vd1', 'vd2'], 'both are attached');



=== TEST 9: updateVM: sent back as it is shown
--- zos_ays
    main::cluster();
--- request eval
'PUT /nodes/n1/vms/vm1
{"cpu":2,"disks":[{"maxIOps":5,"vdiskid":"vd1"}],"id":"vm1","memory":1024,"nics":[{"id":"","macaddress":"","type":"default"}],"status":"running","vnc":5900}'
--- error_code: 204
--- zos_ays_after
    is(ays->data(vm => 'vm1')->{disks}[0]{maxIOps}, 5, 'with its limit');



=== TEST 10: updateVM: what is refused
--- zos_ays
    main::cluster();
    ays->service(vm => 'vm2', parent => 'node!n2', data => { node => 'n2', disks => [{ vdiskid => 'vd3' }] });
--- pipelined_requests eval
[main::put(',"nics":[]'), main::put(',"disks":[]'),
 main::put(',"nics":null,"disks":[]'),
 main::put(',"nics":[],"disks":[{"vdiskid":"vd3"}]'),
 main::put(',"nics":[],"disks":[{"vdiskid":"vd9"}]'),
 main::put(',"nics":[],"disks":[{"vdiskid":"vd1"},{"vdiskid":"vd1"}]'),
 'PUT /nodes/n1/vms/vm1
{"cpu":3,"memory":1024,"nics":[],"disks":[]}', 'PUT /nodes/n2/vms/vm1
{"cpu":2,"memory":1024,"nics":[],"disks":[]}', 'PUT /nodes/n1/vms/vm9
{"cpu":2,"memory":1024,"nics":[],"disks":[]}']
--- error_code eval
[400, 400, 400, 409, 400, 400, 409, 404, 404]
--- response_body eval
main::sentences('disks is required', 'nics is required', 'nics is required',
 'vdisk \"vd3\" is in use by the virtual machine \"vm2\"',
 'a vdisk, \"vd9\", is not there', 'the body must not have a vdisk twice',
 'cpu and memory can only be changed while the virtual machine is halted',
 'virtual machine \"vm1\" is not known on node \"n2\"',
 'virtual machine \"vm9\" is not known on node \"n1\"')
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');
    is(scalar @{ ays->data(vm => 'vm1')->{disks} }, 1, 'as before');



=== TEST 11: updateVM: the job of the change fails
--- zos_ays
    main::cluster();
    ays->fault(action => 'processChange', service => 'vm1', fail => 'no such disk');
--- request eval
main::put(',"nics":[],"disks":[]')
--- error_code: 500
--- response_body
{"error":"processChange of \"vm1\" failed: RuntimeError: no such disk"}



=== TEST 12: updateVM: templates of 2017
--- zos_old
--- zos_ays
    main::old_cluster();
--- request eval
main::put(',"nics":[],"disks":[{"vdiskid":"vd2"}]')
--- error_code: 204
--- zos_ays_after
    is(ays->data(vm => 'vm1')->{disks}[0]{vdiskid}, 'vd2', 'changed');



=== TEST 13: updateVM: templates of 2017, which change nothing of one that is halted
--- zos_old
--- zos_ays
    main::old_cluster();
    ays->change(vm => 'vm1', status => 'halted');
--- pipelined_requests eval
[ main::put(',"nics":[],"disks":[]'), main::put(',"nics":[{"type":"default"}],'
  . '"disks":[{"vdiskid":"vd1","maxIOps":5}]') ]
--- error_code eval
[409, 204]
--- response_body eval
[qq({"error":"nothing was changed: the templates of 2017 can't change a virtual machine that is halted"}\n), '']



=== TEST 14: deleteVM: templates of 2017, which can only stop it
--- zos_old
--- zos_ays
    main::old_cluster();
--- request
DELETE /nodes/n1/vms/vm1
--- error_code: 204
--- zos_ays_after
    is(ays->contents->{actions}[0]{action}, 'stop', 'stopped');
    is(ays->get(vm => 'vm1'), undef, 'gone');



=== TEST 15: deleteVM: of another node, unknown
--- zos_ays
    main::cluster();
--- pipelined_requests eval
['DELETE /nodes/n2/vms/vm1', 'DELETE /nodes/n1/vms/vm9']
--- error_code eval
[404, 404]
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');
    isnt(ays->get(vm => 'vm1'), undef, 'it is still there');



=== TEST 16: deleteVM: it can't be destroyed
--- zos_ays
    main::cluster();
    ays->fault(action => 'destroy', service => 'vm1', fail => 'busy');
--- request
DELETE /nodes/n1/vms/vm1
--- error_code: 500
--- response_body
{"error":"destroy of \"vm1\" failed: RuntimeError: busy"}
--- zos_ays_after
    isnt(ays->get(vm => 'vm1'), undef, 'it is still there');



=== TEST 17: the five actions: unknown, of another node, failed
--- zos_ays
    main::cluster();
    ays->fault(service => 'vm1', fail => 'no reaction');
--- pipelined_requests eval
[map { my $action = $_; map { "POST /nodes/$_/$action" } 'n1/vms/vm9', 'n2/vms/vm1', 'n1/vms/vm1' }
 qw( start stop pause resume shutdown )]
--- error_code eval
[(404, 404, 500) x 5]
--- response_body eval
main::sentences(map { ('virtual machine \"vm9\" is not known on node \"n1\"',
    'virtual machine \"vm1\" is not known on node \"n2\"',
    "$_ of \\\"vm1\\\" failed: RuntimeError: no reaction") }
    qw( start stop pause resume shutdown ))
--- zos_ays_after
    is(scalar(ays->blueprints), 5, 'only of those that are there');



=== TEST 18: listVMs, getVM: nothing of an export, nothing of cloud-init
--- zos_ays
    main::cluster(backupUrl => 'ftp://u:planted@1.2.3.4:21', cryptoKey => 'planted');
--- request eval
['GET /nodes/n1/vms', 'GET /nodes/n1/vms/vm1', 'GET /nodes/n2/vms', 'GET /nodes/n9/vms']
--- error_code eval
[200, 200, 200, 404]
--- response_body eval
[qq([{"id":"vm1","status":"running"}]\n),
 qq({"cpu":2,"disks":[{"maxIOps":5,"vdiskid":"vd1"}],"id":"vm1","memory":1024,"nics":[{"id":"","macaddress":"","type":"default"}],"status":"running","vnc":5900}\n),
 "[]\n", qq({"error":"node \\"n9\\" is not known"}\n)]
