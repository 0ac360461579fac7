use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;

# Containers as AYS has them.

my $ays = ZosAys->start(mode => '9', templates => 2018);

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', 'zos_zone zos:1m; '
                                     . $ays->http_config);
    $block->set_value('config', 'add_header X-Reason $zos_error always; '
        . $ays->config('zos_ays_run_interval 10ms 50ms; '
                       . ($block->zos_more // '')));
});

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listContainers: the documented members, by name
--- zos_ays
    ays->node('n1')->node('n2');
    ays->service(container => 'c2', parent => 'node!n1', data => { node => 'n1', flist => 'http://hub/b', hostname => 'h2' });
    ays->service(container => 'c1', parent => 'node!n1', data => { node => 'n1', flist => 'http://hub/a', hostname => 'h1', status => 'running' });
    ays->service(container => 'c0', parent => 'node!n2', data => { node => 'n2', flist => 'http://hub/a', hostname => 'h0' });
--- request
GET /nodes/n1/containers
--- response_body
[{"flist":"http://hub/a","hostname":"h1","id":"c1","status":"running"},{"flist":"http://hub/b","hostname":"h2","id":"c2","status":"halted"}]



=== TEST 2: listContainers: an unknown node
--- zos_ays
    ays->node('n1');
--- request
GET /nodes/nosuch/containers
--- error_code: 404
--- response_body
{"error":"node \"nosuch\" is not known"}



=== TEST 3: createContainer: the documented example
--- zos_ays
    ays->node('525400123456');
--- request eval
'POST /nodes/525400123456/containers
{"nics":[{"config":{"dhcp":false,"cidr":"192.168.57.217/24","gateway":"192.168.57.254","dns":["8.8.8.8"]},"id":"0","type":"vlan"}],"id":"vfw_22","filesystems":[],"flist":"http://192.168.20.132:8080/deboeckj/lede.flist","hostNetworking":false,"hostname":"vfw_22","initprocesses":[],"ports":[]}'
--- error_code: 204
--- response_headers
Location: /nodes/525400123456/containers/vfw_22
--- response_body
--- zos_ays_after
    my $data = ays->data(container => 'vfw_22');
    is($data->{hostname}, 'vfw_22', 'the host name');
    is($data->{nics}[0]{config}{cidr}, '192.168.57.217/24', 'the address');
    is(ays->actions(container => 'vfw_22')->{install}, 'ok', 'installed');
    is_deeply([ grep { !$_->{archived} } ays->blueprints ], [], 'archived');



=== TEST 4: createContainer: the name is taken, on another node
--- zos_ays
    ays->node('n1')->node('n2');
    ays->service(container => 'c1', parent => 'node!n2', data => { node => 'n2', flist => 'http://hub/old' });
--- request eval
'POST /nodes/n1/containers
{"id":"c1","hostname":"h","flist":"http://hub/a"}'
--- error_code: 409
--- response_body
{"error":"the cluster has a container \"c1\" already"}
--- zos_ays_after
    is(ays->data(container => 'c1')->{flist}, 'http://hub/old', 'unchanged');
    is(scalar(ays->blueprints), 0, 'no blueprint');



=== TEST 5: createContainer: what fails is removed again
--- zos_ays
    ays->node('n1');
    ays->fault(action => 'install', service => 'c1', fail => 'no such flist');
--- zos_more: zos_ays_retries off;
--- request eval
'POST /nodes/n1/containers
{"id":"c1","hostname":"h","flist":"http://hub/a"}'
--- error_code: 500
--- response_body
{"error":"install of \"c1\" failed: RuntimeError: no such flist"}
--- zos_ays_after
    is(ays->get(container => 'c1'), undef, 'gone');



=== TEST 6: createContainer: the code and the message of the job
--- zos_ays
    ays->node('n1');
    ays->fault(action => 'install', service => 'c1', fail => 'x', result => { message => 'bridge br9 not found', code => 404 });
--- zos_more: zos_ays_retries off;
--- request eval
'POST /nodes/n1/containers
{"id":"c1","hostname":"h","flist":"http://hub/a"}'
--- error_code: 404
--- response_body
{"error":"install of \"c1\" failed: bridge br9 not found"}



=== TEST 7: createContainer: a bridge of another node
--- zos_ays
    ays->node('n1')->node('n2');
    ays->service(bridge => 'br1', parent => 'node!n2', data => { node => 'n2' });
--- request eval
'POST /nodes/n1/containers
{"id":"c1","hostname":"h","flist":"http://hub/a","nics":[{"type":"bridge","id":"br1"}]}'
--- error_code: 400
--- response_body
{"error":"the bridge of a nic, \"br1\", is not there on \"n1\""}
--- zos_ays_after
    is(ays->get(container => 'c1'), undef, 'nothing was made');



=== TEST 8: createContainer: filesystems become mounts
--- zos_ays
    ays->node('n1');
    ays->service(storagepool => 'p1', parent => 'node!n1', data => { node => 'n1' });
    ays->service(filesystem => 'f1', parent => 'storagepool!p1', data => { storagePool => 'p1', name => 'f1' });
--- request eval
'POST /nodes/n1/containers
{"id":"c1","hostname":"h","flist":"http://hub/a","filesystems":["p1:f1"]}'
--- error_code: 204
--- zos_ays_after
    is_deeply(ays->data(container => 'c1')->{mounts}, [{ filesystem => 'f1', target => '/fs/p1/f1' }], 'the mount');



=== TEST 9: getContainer: the documented members, no tokens
--- zos_ays
    ays->node('n1');
    ays->service(container => 'c1', parent => 'node!n1', data => { node => 'n1', flist => 'http://hub/a', hostname => 'h1', status => 'running', nics => [{ type => 'zerotier', id => '0123456789abcdef', token => 'planted-secret' }], initProcesses => [{ name => 'sh', args => ['-c'] }], ports => ['80:8080'] });
--- request
GET /nodes/n1/containers/c1
--- response_body
{"filesystems":[],"flist":"http://hub/a","hostNetworking":false,"hostname":"h1","id":"c1","initprocesses":[{"args":["-c"],"environment":[],"name":"sh","pwd":"","stdin":""}],"nics":[{"config":{"cidr":"","dhcp":false,"dns":[],"gateway":""},"id":"0123456789abcdef","type":"zerotier"}],"ports":["80:8080"],"status":"running"}



=== TEST 10: getContainer: one of another node
--- zos_ays
    ays->node('n1')->node('n2');
    ays->service(container => 'c1', parent => 'node!n2', data => { node => 'n2' });
--- request
GET /nodes/n1/containers/c1
--- error_code: 404
--- response_body
{"error":"container \"c1\" is not known on node \"n1\""}



=== TEST 11: deleteContainer: stopped, and gone
--- zos_ays
    ays->node('n1');
    ays->service(container => 'c1', parent => 'node!n1', data => { node => 'n1', status => 'running' });
--- request
DELETE /nodes/n1/containers/c1
--- error_code: 204
--- zos_ays_after
    is(ays->get(container => 'c1'), undef, 'gone');
    is((ays->contents)[0]{actions}[0]{action}, 'stop', 'stopped before');



=== TEST 12: deleteContainer: one of another node
--- zos_ays
    ays->node('n1')->node('n2');
    ays->service(container => 'c1', parent => 'node!n2', data => { node => 'n2' });
--- request
DELETE /nodes/n1/containers/c1
--- error_code: 404
--- zos_ays_after
    isnt(ays->get(container => 'c1'), undef, 'it is still there');



=== TEST 13: startContainer
--- zos_ays
    ays->node('n1');
    ays->service(container => 'c1', parent => 'node!n1', data => { node => 'n1' });
--- request
POST /nodes/n1/containers/c1/start
--- error_code: 201
--- zos_ays_after
    is(ays->data(container => 'c1')->{status}, 'running', 'running');



=== TEST 14: stopContainer
--- zos_ays
    ays->node('n1');
    ays->service(container => 'c1', parent => 'node!n1', data => { node => 'n1', status => 'running' });
--- request
POST /nodes/n1/containers/c1/stop
--- error_code: 204
--- zos_ays_after
    is(ays->data(container => 'c1')->{status}, 'halted', 'halted');



=== TEST 15: stopContainer: an unknown one
--- zos_ays
    ays->node('n1');
--- request
POST /nodes/n1/containers/c1/stop
--- error_code: 404
--- response_body
{"error":"container \"c1\" is not known on node \"n1\""}



=== TEST 16: updateContainer: other nics
--- zos_ays
    ays->node('n1');
    ays->service(container => 'c1', parent => 'node!n1', data => { node => 'n1', nics => [{ type => 'default', id => '' }] });
--- request eval
'PUT /nodes/n1/containers/c1
{"nics":[{"type":"vxlan","id":"100","token":""}]}'
--- error_code: 204
--- response_headers
Location: /nodes/n1/containers/c1
--- zos_ays_after
    is(ays->data(container => 'c1')->{nics}[0]{id}, '100', 'changed');



=== TEST 17: updateContainer: without nics
--- zos_ays
    ays->node('n1');
--- request eval
'PUT /nodes/n1/containers/c1
{}'
--- error_code: 400
--- response_body
{"error":"nics is required"}



=== TEST 18: listContainers: more than nginx buffers of an answer
--- zos_ays
    ays->node('n1');
    ays->seed(map { [container => sprintf('c%03d', $_), parent => 'node!n1', data => { node => 'n1', flist => "http://hub/$_", hostname => 'h' x 40 }] } 1 .. 600);
--- request
GET /nodes/n1/containers
--- response_body_like
^\[(\{"flist":"http://hub/\d+","hostname":"h{40}","id":"c\d{3}","status":"halted"\},?){600}\]$



=== TEST 19: listContainers: ... in chunks
--- zos_ays
    ays->node('n1');
    ays->seed(map { [container => sprintf('c%03d', $_), parent => 'node!n1', data => { node => 'n1', flist => "http://hub/$_", hostname => 'h' x 40 }] } 1 .. 600);
    ays->fault(route => 'GET .*/service/container', chunked => 1);
--- request
GET /nodes/n1/containers
--- response_body_like
^\[(\{"flist":"http://hub/\d+","hostname":"h{40}","id":"c\d{3}","status":"halted"\},?){600}\]$



=== TEST 20: listContainers: ... that breaks off
--- zos_ays
    ays->node('n1');
    ays->seed(map { [container => sprintf('c%03d', $_), parent => 'node!n1', data => { node => 'n1', flist => "http://hub/$_", hostname => 'h' x 40 }] } 1 .. 600);
    ays->fault(route => 'GET .*/service/container', cut => 1);
--- request
GET /nodes/n1/containers
--- error_code: 502
--- response_body
{"error":"AYS broke off its answer"}
