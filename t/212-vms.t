use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;

# Virtual machines as AYS has them.

my $ays = ZosAys->start(mode => '9', templates => 2018);

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', 'zos_zone zos:1m; '
                                     . $ays->http_config);
    $block->set_value('config', 'add_header X-Reason $zos_error always; '
        . $ays->config('zos_ays_run_interval 10ms 50ms; '
                       . 'zos_ays_retries off;'));
});


# Two nodes, a vdisk that is free and a virtual machine with another one.
sub cluster {
    my (%data) = @_;

    ays->node('n1')->node('n2');
    ays->seed(['storagecluster.block', 'sc'],
              [vdiskstorage => 'vs', data => { blockCluster => 'sc' }],
              map { [vdisk => $_, parent => 'vdiskstorage!vs',
                     data => { vdiskstorage => 'vs', size => 1 }] }
                  qw( vd1 vd2 ));
    ays->service(vm => 'vm1', parent => 'node!n1', data => {
        node => 'n1', status => 'running', cpu => 2, memory => 1024,
        disks => [{ vdiskid => 'vd1', maxIOps => 5 }],
        nics => [{ type => 'default' }], vnc => 5900, %data });
}

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listVMs: by name
--- zos_ays
    cluster();
    ays->service(vm => 'vm0', parent => 'node!n1', data => { node => 'n1' });
--- request
GET /nodes/n1/vms
--- response_body
[{"id":"vm0","status":"deploying"},{"id":"vm1","status":"running"}]



=== TEST 2: getVM: the documented members
--- zos_ays
    cluster();
--- request
GET /nodes/n1/vms/vm1
--- response_body
{"cpu":2,"disks":[{"maxIOps":5,"vdiskid":"vd1"}],"id":"vm1","memory":1024,"nics":[{"id":"","macaddress":"","type":"default"}],"status":"running","vnc":5900}



=== TEST 3: getVM: of another node
--- zos_ays
    cluster();
--- request
GET /nodes/n2/vms/vm1
--- error_code: 404
--- response_body
{"error":"virtual machine \"vm1\" is not known on node \"n2\""}



=== TEST 4: createVM: with a vdisk and a nic
--- zos_ays
    cluster();
--- request eval
'POST /nodes/n2/vms
{"id":"vm2","cpu":1,"memory":512,"disks":[{"vdiskid":"vd2"}],"nics":[{"type":"vxlan","id":"200","macaddress":"52:54:00:00:00:01"}]}'
--- error_code: 201
--- response_headers
Location: /nodes/n2/vms/vm2
--- zos_ays_after
    my $data = ays->data(vm => 'vm2');
    is($data->{memory}, 512, 'memory');
    is($data->{nics}[0]{macaddress}, '52:54:00:00:00:01', 'nic');



=== TEST 5: createVM: a vdisk that another one uses
--- zos_ays
    cluster();
--- request eval
'POST /nodes/n2/vms
{"id":"vm2","cpu":1,"memory":512,"disks":[{"vdiskid":"vd1"}]}'
--- error_code: 409
--- response_body
{"error":"vdisk \"vd1\" is in use by the virtual machine \"vm1\""}
--- zos_ays_after
    is(ays->get(vm => 'vm2'), undef, 'not created');



=== TEST 6: createVM: a vdisk that is not there
--- zos_ays
    cluster();
--- request eval
'POST /nodes/n2/vms
{"id":"vm2","cpu":1,"memory":512,"disks":[{"vdiskid":"vd9"}]}'
--- error_code: 400
--- response_body
{"error":"a vdisk, \"vd9\", is not there"}



=== TEST 7: createVM: an id that is taken
--- zos_ays
    cluster();
--- request eval
'POST /nodes/n2/vms
{"id":"vm1","cpu":1,"memory":512}'
--- error_code: 409
--- response_body
{"error":"the cluster has a virtual machine \"vm1\" already"}
--- zos_ays_after
    is(ays->data(vm => 'vm1')->{memory}, 1024, 'unchanged');



=== TEST 8: createVM: rules of the body
--- zos_ays
    cluster();
--- pipelined_requests eval
[map { "POST /nodes/n1/vms\n$_" }
 '{"id":"a/b","cpu":1,"memory":1}', '{"id":"v","cpu":0,"memory":1}',
 '{"id":"v","cpu":1,"memory":65536}', '{"id":"v","cpu":1}',
 '{"id":"v","cpu":1,"memory":1,"nics":[{"type":"zerotier","id":"1"}]}',
 '{"id":"v","cpu":1,"memory":1,"nics":[{"type":"vlan"}]}',
 '{"id":"v","cpu":1,"memory":1,"nics":[{"type":"default","macaddress":"1"}]}',
 '{"id":"v","cpu":1,"memory":1,"disks":[{}]}']
--- error_code eval
[(400) x 8]
--- response_body eval
[map { qq({"error":"$_"}\n) }
 'id must be a name of letters, digits, \"-\", \"_\" and \".\"',
 'cpu must be from 1 to 65535', 'memory must be from 1 to 65535',
 'memory is required', 'nics[0].type must be one of vlan, vxlan, default, bridge',
 'nics[0] needs an id, its type is not default',
 'nics[0].macaddress must be a MAC address, like 52:54:00:12:34:56',
 'disks[0].vdiskid is required']



=== TEST 9: updateVM: memory of one that is halted
--- zos_ays
    cluster(status => 'halted');
--- request eval
'PUT /nodes/n1/vms/vm1
{"cpu":4,"memory":2048,"nics":[{"type":"default"}],"disks":[{"vdiskid":"vd1","maxIOps":5}]}'
--- error_code: 204
--- zos_ays_after
    is(ays->data(vm => 'vm1')->{memory}, 2048, 'changed');



=== TEST 10: updateVM: memory of one that runs
--- zos_ays
    cluster();
--- request eval
'PUT /nodes/n1/vms/vm1
{"cpu":4,"memory":2048,"nics":[],"disks":[]}'
--- error_code: 409
--- response_body
{"error":"cpu and memory can only be changed while the virtual machine is halted"}
--- zos_ays_after
    is(scalar @{ ays->data(vm => 'vm1')->{disks} }, 1, 'unchanged');



=== TEST 11: updateVM: lists that are left out are not taken for empty ones
--- zos_ays
    cluster();
--- request eval
'PUT /nodes/n1/vms/vm1
{"cpu":2,"memory":1024}'
--- error_code: 400
--- response_body
{"error":"nics is required"}



=== TEST 12: deleteVM: destroyed, and gone
--- zos_ays
    cluster();
--- request
DELETE /nodes/n1/vms/vm1
--- error_code: 204
--- zos_ays_after
    is((ays->contents)[0]{actions}[0]{action}, 'destroy', 'destroyed');
    is(ays->get(vm => 'vm1'), undef, 'gone');
    isnt(ays->get(vdisk => 'vd1'), undef, 'its vdisk is not');



=== TEST 13: startVM, stopVM, pauseVM, resumeVM, shutdownVM
--- zos_ays
    cluster();
--- request eval
[map { "POST /nodes/n1/vms/vm1/$_" } qw( stop start pause resume shutdown )]
--- error_code eval
[(204) x 5]
--- zos_ays_after
    is(join(' ', map { $_->{actions}[0]{action} } ays->contents), 'stop start pause resume shutdown', 'all of them');
    is(ays->data(vm => 'vm1')->{status}, 'halted', 'the last one counts');



=== TEST 14: startVM: of another node
--- zos_ays
    cluster();
--- request
POST /nodes/n2/vms/vm1/start
--- error_code: 404
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'nothing was done');



=== TEST 15: migrateVM: to another node
--- zos_ays
    cluster();
--- request eval
'POST /nodes/n1/vms/vm1/migrate
{"nodeid":"n2"}'
--- error_code: 204
--- response_headers
Location: /nodes/n2/vms/vm1
--- zos_ays_after
    is(ays->data(vm => 'vm1')->{node}, 'n2', 'moved');



=== TEST 16: migrateVM: to an unknown node
--- zos_ays
    cluster();
--- request eval
'POST /nodes/n1/vms/vm1/migrate
{"nodeid":"n9"}'
--- error_code: 400
--- response_body
{"error":"nodeid, \"n9\", is not there"}



=== TEST 17: migrateVM: on a bridge
--- zos_ays
    cluster(nics => [{ type => 'bridge', id => 'br1' }]);
--- request eval
'POST /nodes/n1/vms/vm1/migrate
{"nodeid":"n2"}'
--- error_code: 409
--- response_body
{"error":"a virtual machine on a bridge can not leave its node"}



=== TEST 18: exportVM: the place, without the password
--- zos_ays
    cluster(status => 'halted');
--- request eval
'POST /nodes/n1/vms/vm1/export
{"url":"ftp://me:planted-secret@1.2.3.4:2121/dir/","cryptoKey":"0123456789abcdef0123456789abcdef"}'
--- response_body_like
^\{"url":"ftp://1\.2\.3\.4:2121/dir/vm1_\d+"\}$
--- zos_ays_after
    is((ays->contents)[0]{vm__vm1}{backupUrl}, 'ftp://me:planted-secret@1.2.3.4:2121/dir', 'AYS has it');
--- no_error_log
planted-secret



=== TEST 19: exportVM: one that runs
--- zos_ays
    cluster();
--- request eval
'POST /nodes/n1/vms/vm1/export
{"url":"1.2.3.4:2121"}'
--- error_code: 409
--- response_body
{"error":"the virtual machine must be halted"}



=== TEST 20: exportVM: a URL without a port, a short key
--- zos_ays
    cluster(status => 'halted');
--- pipelined_requests eval
['POST /nodes/n1/vms/vm1/export
{"url":"ftp://1.2.3.4/x"}', 'POST /nodes/n1/vms/vm1/export
{"url":"1.2.3.4:21","cryptoKey":"short"}']
--- error_code eval
[400, 400]



=== TEST 21: createVM: what AYS says of secrets is masked
--- zos_ays
    cluster(status => 'halted');
    ays->fault(route => 'POST .*/blueprint/vm_vm1', status => 400, type => 'application/json', body => '{"error":"bad url ftp://u:planted@1.2.3.4:21"}');
--- request eval
'POST /nodes/n1/vms/vm1/export
{"url":"ftp://u:planted@1.2.3.4:21"}'
--- error_code: 400
--- response_body
{"error":"AYS refuses the change: bad url **************************"}
--- no_error_log
planted
