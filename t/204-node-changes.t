use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( C );
use ZosContainer;
use ZosStorage;

# Nodes are rebooted and deleted.

ZosStorage->start;

# The gateway reaches n1, AYS does not: a reboot does nothing to the node.
our $Static = "zos_node n1 127.0.0.1:$ENV{TEST_NGINX_CORE0_C};\n";

sub accepted {
    return core0_control('C', "stats $ENV{TEST_NGINX_CORE0_C}")->{accepted};
}

sub lists_asked_for {
    return scalar grep { $_->{command} eq 'corex.list' }
                       @{ core0_control('C', 'commands') };
}

# A virtual machine that runs.
sub vm {
    ays->service(vm => 'vm1', parent => 'node!n1', data => {
        node => 'n1', status => 'running', cpu => 1, memory => 64 });
}

sub cluster {
    my ($role, %data) = @_;

    ays->service($role => 'cl', data => { nodes => ['n1'], %data });
}

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: rebootNode: the documented example
--- zos_ays
ays->node('525400123456');
--- request
POST /nodes/525400123456/reboot
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply(scalar(ays->contents), {
    'node.zero-os__525400123456' => { forceReboot => JSON::PP::false },
    actions => [{ action => 'reboot', actor => 'node.zero-os',
                  service => '525400123456', force => JSON::PP::true }] },
    'the blueprint');
is(ays->actions(node => '525400123456')->{reboot}, 'ok', 'done');



=== TEST 2: rebootNode: the templates of 2017 know no force
--- zos_templates: 2017
--- zos_ays
nodes();
--- request
POST /nodes/n1/reboot
{"force":true}
--- error_code: 204
--- zos_ays_after
is_deeply(scalar(ays->contents), { actions => [
    { action => 'reboot', actor => 'node.g8os', service => 'n1',
      force => JSON::PP::true }] }, 'the action alone');



=== TEST 3: rebootNode: a virtual machine runs
--- zos_ays
nodes();
vm();
--- request eval
["POST /nodes/n1/reboot", "POST /nodes/n1/reboot\n{}",
 qq(POST /nodes/n1/reboot\n{"force":false}),
 qq(POST /nodes/n1/reboot\n{"force":true})]
--- error_code eval
[400, 400, 400, 204]
--- response_body eval
[(refuses('reboot of "n1" failed: vm vm1 is not halted')) x 3, '']
--- zos_ays_after
is(ays->data(vm => 'vm1')->{status}, 'halted', 'shut down first');



=== TEST 4: rebootNode: force is not kept for the next time
--- zos_ays
nodes();
--- request eval
[qq(POST /nodes/n1/reboot\n{"force":true}), "POST /nodes/n1/reboot"]
--- error_code eval
[204, 204]
--- zos_ays_after
ok(!ays->data(node => 'n1')->{forceReboot}, 'not stored');



=== TEST 5: rebootNode: a node that is not there
--- zos_ays
nodes();
--- request
POST /nodes/n3/reboot
--- error_code: 404
--- zos_ays_after
untouched();



=== TEST 6: rebootNode: bodies that are wrong
--- zos_ays
nodes();
--- request eval
[map { "POST /nodes/n1/reboot\n$_" } '{"force":1}', '[]', '{']
--- error_code eval
[(400) x 3]
--- zos_ays_after
untouched();



=== TEST 7: rebootNode: it fails
--- zos_ays
nodes();
ays->fault(action => 'reboot', service => 'n1', fail => 'no answer');
--- request
POST /nodes/n1/reboot
--- error_code: 500
--- response_body
{"error":"reboot of \"n1\" failed: RuntimeError: no answer"}



=== TEST 8: rebootNode: idle connections to the node are closed
--- zos_http eval: $main::Static
--- zos_ays
nodes();
core0_control('C', 'resetstats');
--- request eval
['GET /nodes/n1/mem', 'GET /nodes/n1/mem', 'POST /nodes/n1/reboot',
 'GET /nodes/n1/mem', 'GET /nodes/n1/mem']
--- error_code eval
[200, 200, 204, 200, 200]
--- zos_ays_after
is(accepted(), 2, 'one before it and one after it');



=== TEST 9: rebootNode: numbers of its containers are forgotten
--- zos_http eval: $main::Static
--- zos_ays
nodes();
core0_control('C', 'resetstats');
container_create('C', 'web1');
our $Before = lists_asked_for();
--- request eval
[('GET /nodes/n1/containers/web1/mem') x 2, 'POST /nodes/n1/reboot',
 ('GET /nodes/n1/containers/web1/mem') x 2]
--- error_code eval
[200, 200, 204, 200, 200]
--- zos_ays_after
is(lists_asked_for() - $Before, 2, 'asked for once before and once after it');



=== TEST 10: rebootNode: a node that really does
--- zos_ays
nodes(core0 => $ENV{TEST_NGINX_CORE0_C});
--- request eval
['GET /nodes/n1/mem', 'POST /nodes/n1/reboot', 'GET /nodes/n1/mem']
--- error_code eval
[200, 204, 200]



=== TEST 11: deleteNode: it is no longer known
--- zos_ays
nodes(core0 => $ENV{TEST_NGINX_CORE0_C});
--- request eval
['GET /nodes/n1/mem', 'DELETE /nodes/n1', 'GET /nodes/n1/mem', 'GET /nodes']
--- error_code eval
[200, 204, 404, 200]
--- response_body_like eval
['total', '^$', 'not known',
 '^\[\{"hostname":"host-n2","id":"n2","status":"[a-z]+"\}\]$']
--- zos_ays_after
is_deeply(scalar(ays->contents), { actions => [
    { action => 'uninstall', actor => 'node.zero-os', service => 'n1',
      force => JSON::PP::true }] }, 'the blueprint');
is(ays->get(node => 'n1'), undef, 'gone');
isnt(ays->get(node => 'n2'), undef, 'that one alone');



=== TEST 12: deleteNode: the templates of 2017
--- zos_templates: 2017
--- zos_ays
nodes();
--- request
DELETE /nodes/n1
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply((ays->contents)[0]{actions}, [
    { action => 'uninstall', actor => 'node.g8os', service => 'n1',
      force => JSON::PP::true }], 'the action');



=== TEST 13: deleteNode: a node that is not there
--- zos_ays
nodes();
--- request
DELETE /nodes/n3
--- error_code: 404
--- response_body
{"error":"node \"n3\" is not known"}
--- zos_ays_after
untouched();



=== TEST 14: deleteNode: there is something on it
--- zos_ays
pools();
--- request eval
['DELETE /nodes/n1', 'DELETE /nodes/n1?force=false',
 'DELETE /nodes/n1?force=yes']
--- error_code eval
[409, 409, 400]
--- response_body_like eval
[('has containers, pools or the like, which ') x 2,
 '"force must be true or false"']
--- zos_ays_after
untouched();



=== TEST 15: deleteNode: there is something on it, which is forgotten
--- zos_ays
pools();
--- request
DELETE /nodes/n1?force=true
--- error_code: 204
--- zos_ays_after
is(ays->get(node => 'n1'), undef, 'gone');
is(ays->get(storagepool => 'p1'), undef, 'and the pool');
isnt(ays->get(storagepool => 'p2'), undef, 'of the other node: not');



=== TEST 16: deleteNode: a storage cluster is on it, in all cases
--- zos_ays
nodes();
cluster('storagecluster.block');
--- request eval
['DELETE /nodes/n1', 'DELETE /nodes/n1?force=true']
--- error_code eval
[409, 409]
--- response_body eval
[(refuses('it is in use by the storagecluster "cl"')) x 2]
--- zos_ays_after
untouched();



=== TEST 17: deleteNode: a storage cluster of the templates of 2017 is on it
--- zos_templates: 2017
--- zos_ays
nodes();
cluster('storage_cluster');
--- request
DELETE /nodes/n1?force=true
--- error_code: 409
--- zos_ays_after
untouched();



=== TEST 18: deleteNode: it fails, and the node stays
--- zos_ays
nodes();
ays->fault(action => 'uninstall', service => 'n1', fail => 'no zerotier');
--- request eval
['DELETE /nodes/n1', 'GET /nodes/n1']
--- error_code eval
[500, 200]
--- response_body_like eval
['uninstall of \\\\"n1\\\\" failed: RuntimeError: no zerotier', '"id":"n1"']
