use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosNginx;
use ZosStorage;

# Bridges: listed, shown, created and deleted.

my $ays = ZosStorage->start;

my $Bridges = 'POST /nodes/n1/bridges';

# Requests, one for each body.
sub bodies { return [ map { "$Bridges\n$_" } @_ ] }

sub bridge {
    my ($name, $node, %data) = @_;

    ays->service(bridge => $name, parent => "node!$node", data => {
        node => $node, networkMode => 'static', status => 'up', %data });
}

no_root_location();
no_long_string();
run_tests();


# Several at a time, by two workers: one has the addresses.

my $nginx = ZosNginx->start(
    workers => 2, http => 'zos_zone zos:1m; ' . $ays->http_config,
    config => $ays->config('zos_ays_run_interval 10ms 50ms;'));

$ays->reset->fault(route => '^GET .*/bridge\?', late => 0.1);
nodes();

my @answers = $nginx->parallel(map {
    my $body = qq({"name":"br$_","networkMode":"static",)
               . qq("setting":{"cidr":"10.2.0.$_/24"}});

    "POST /nodes/n1/bridges HTTP/1.1\r\nHost: x\r\nContent-Length: "
    . length($body) . "\r\n\r\n$body";
} 1 .. 6);

is(join(' ', sort map { $_->{status} } @answers), '201 409 409 409 409 409',
   'one has the addresses');
is(scalar($ays->names('bridge')), 1, 'there is one');

__DATA__

=== TEST 1: listBridges: those of the node, by name
--- zos_ays
nodes();
bridge('br2', 'n1', setting => { cidr => '10.2.0.1/24', start => '10.2.0.10',
                                 end => '10.2.0.20' });
bridge('br1', 'n1', status => 'down');
bridge('br0', 'n2');
--- request
GET /nodes/n1/bridges
--- response_body
[{"name":"br1","setting":{"cidr":"","end":"","start":""},"status":"down"},{"name":"br2","setting":{"cidr":"10.2.0.1/24","end":"10.2.0.20","start":"10.2.0.10"},"status":"up"}]
--- zos_ays_after
is((ays->calls)[-1],
   'GET service/bridge?parent=node.zero-os!n1&fields=setting,status',
   'with the parent');



=== TEST 2: listBridges: none; a node that is not there
--- zos_ays
nodes();
--- request eval
['GET /nodes/n2/bridges', 'GET /nodes/n3/bridges']
--- error_code eval
[200, 404]
--- response_body eval
["[]\n", refuses('node "n3" is not known')]



=== TEST 3: listBridges: the templates of 2017
--- zos_templates: 2017
--- zos_ays
nodes();
bridge('br1', 'n1');
--- request
GET /nodes/n1/bridges
--- response_body
[{"name":"br1","setting":{"cidr":"","end":"","start":""},"status":"up"}]
--- zos_ays_after
is((ays->calls)[-1],
   'GET service/bridge?parent=node.g8os!n1&fields=setting,status',
   'the name of that role');



=== TEST 4: getBridge
--- zos_ays
nodes();
bridge('br1', 'n1', setting => { cidr => '10.2.0.1/24' });
--- request
GET /nodes/n1/bridges/br1
--- response_body
{"name":"br1","setting":{"cidr":"10.2.0.1/24","end":"","start":""},"status":"up"}



=== TEST 5: getBridge: one of another node, and none at all
--- zos_ays
nodes();
bridge('br1', 'n1');
--- request eval
['GET /nodes/n2/bridges/br1', 'GET /nodes/n1/bridges/br9']
--- error_code eval
[404, 404]
--- response_body eval
[refuses('bridge "br1" is not known on node "n2"'),
 refuses('bridge "br9" is not known on node "n1"')]



=== TEST 6: createBridge: all of it
--- zos_ays
nodes();
--- request
POST /nodes/n1/bridges
{"name":"br1","networkMode":"dnsmasq","nat":true,"hwaddr":"52:54:00:12:34:56","setting":{"cidr":"10.2.0.1/24","start":"10.2.0.10","end":"10.2.0.20"},"more":1}
--- error_code: 201
--- response_headers
Location: /nodes/n1/bridges/br1
--- response_body
--- zos_ays_after
is_deeply(scalar(ays->contents), {
    bridge__br1 => {
        hwaddr => '52:54:00:12:34:56', nat => JSON::PP::true, node => 'n1',
        networkMode => 'dnsmasq',
        setting => { cidr => '10.2.0.1/24', start => '10.2.0.10',
                     end => '10.2.0.20' } },
    actions => [{ action => 'install', actor => 'bridge', service => 'br1',
                  force => JSON::PP::false }] }, 'the blueprint');
is(ays->data(bridge => 'br1')->{status}, 'up', 'it is up');
is(ays->get(bridge => 'br1')->{parent}{name}, 'n1', 'on the node');



=== TEST 7: createBridge: as little as possible, templates of 2017
--- zos_templates: 2017
--- zos_ays
nodes();
--- request
POST /nodes/n1/bridges
{"name":"br1","networkMode":"none"}
--- error_code: 201
--- response_headers
Location: /nodes/n1/bridges/br1
--- zos_ays_after
is(ays->data(bridge => 'br1')->{networkMode}, 'none', 'it is there');



=== TEST 8: createBridge: what is missing or not a value
--- zos_ays
nodes();
--- request eval
main::bodies('{"networkMode":"none"}', '{"name":"","networkMode":"none"}',
    '{"name":"br1"}', '{"name":"br1","networkMode":"dhcp"}',
    '{"name":"default","networkMode":"none"}',
    '{"name":"br-is-longer-than","networkMode":"none"}',
    '{"name":"b/r","networkMode":"none"}',
    '{"name":"br1","networkMode":"none","hwaddr":"52-54"}',
    '{"name":"br1","networkMode":"none","nat":"yes"}', '[]', '')
--- error_code eval
[(400) x 11]
--- response_body_like eval
['"name is required"', '"name must not be empty"', '"networkMode is required"',
 'networkMode must be one of none, static, dnsmasq',
 'name must be a name of 15', 'name must be a name of 15',
 'name must be a name of 15', 'hwaddr must be a MAC', 'nat must be',
 'error', 'error']
--- zos_ays_after
untouched();



=== TEST 9: createBridge: addresses that do not go with the mode or each other
--- zos_ays
nodes();
--- request eval
main::bodies('{"name":"br1","networkMode":"static"}',
    '{"name":"br1","networkMode":"dnsmasq","setting":{"cidr":"10.2.0.1/24",'
    . '"start":"10.2.0.2"}}',
    '{"name":"br1","networkMode":"dnsmasq","setting":{"cidr":"10.2.0.1/24",'
    . '"start":"10.2.0.2","end":"10.2.1.2"}}',
    '{"name":"br1","networkMode":"static","setting":{"cidr":"10.2.0.1"}}',
    '{"name":"br1","networkMode":"static","setting":{"cidr":"10.2.0.1/24",'
    . '"start":"::1"}}')
--- error_code eval
[(400) x 5]
--- response_body_like eval
['needs setting.cidr, as networkMode is not none',
 'needs setting.start and setting.end',
 'must have setting.start and setting.end in setting.cidr',
 'setting.cidr must be an address with a prefix',
 'setting.start must be an IPv4 address']
--- zos_ays_after
untouched();



=== TEST 10: createBridge: a node that is not there
--- zos_ays
nodes();
--- request
POST /nodes/n3/bridges
{"name":"br1","networkMode":"none"}
--- error_code: 404
--- response_body
{"error":"node \"n3\" is not known"}
--- zos_ays_after
untouched();



=== TEST 11: createBridge: the name is taken, here or on another node
--- zos_ays
nodes();
bridge('br1', 'n1');
bridge('br2', 'n2');
--- request eval
main::bodies('{"name":"br1","networkMode":"none"}',
             '{"name":"br2","networkMode":"none"}')
--- error_code eval
[409, 409]
--- response_body_like eval
['already', 'already']
--- zos_ays_after
untouched();
is(ays->data(bridge => 'br2')->{networkMode}, 'static', 'as it was');



=== TEST 12: createBridge: addresses of another bridge of the node, either way
--- zos_ays
nodes();
bridge('br1', 'n1', setting => { cidr => '10.2.0.1/24' });
--- request eval
main::bodies('{"name":"br2","networkMode":"static","setting":'
             . '{"cidr":"10.2.0.129/25"}}',
             '{"name":"br2","networkMode":"static","setting":'
             . '{"cidr":"10.0.0.1/8"}}')
--- error_code eval
[409, 409]
--- response_body eval
[(refuses('setting.cidr overlaps 10.2.0.1/24 of bridge "br1"')) x 2]
--- zos_ays_after
untouched();



=== TEST 13: createBridge: addresses of a bridge of another node
--- zos_ays
nodes();
bridge('br1', 'n2', setting => { cidr => '10.2.0.1/24' });
--- request
POST /nodes/n1/bridges
{"name":"br2","networkMode":"static","setting":{"cidr":"10.2.0.1/24"}}
--- error_code: 201



=== TEST 14: createBridge: what fails is removed again
--- zos_ays
nodes();
ays->fault(action => 'install', service => 'br1', fail => 'no dnsmasq');
--- request
POST /nodes/n1/bridges
{"name":"br1","networkMode":"none"}
--- error_code: 500
--- response_body
{"error":"install of \"br1\" failed: RuntimeError: no dnsmasq"}
--- zos_ays_after
is(ays->get(bridge => 'br1'), undef, 'gone');



=== TEST 15: deleteBridge
--- zos_ays
nodes();
bridge('br1', 'n1');
--- request
DELETE /nodes/n1/bridges/br1
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply(scalar(ays->contents), {
    actions => [{ action => 'delete', actor => 'bridge', service => 'br1',
                  force => JSON::PP::true }] }, 'the blueprint');
is(ays->get(bridge => 'br1'), undef, 'gone');



=== TEST 16: deleteBridge: one of another node, and none at all
--- zos_ays
nodes();
bridge('br1', 'n1');
--- request eval
['DELETE /nodes/n2/bridges/br1', 'DELETE /nodes/n1/bridges/br9']
--- error_code eval
[404, 404]
--- response_body eval
[refuses('bridge "br1" is not known on node "n2"'),
 refuses('bridge "br9" is not known on node "n1"')]
--- zos_ays_after
untouched();



=== TEST 17: deleteBridge: a container is on it
--- zos_ays
nodes();
bridge('br1', 'n1');
ays->service(container => 'c1', parent => 'node!n1', data => {
    node => 'n1', nics => [{ type => 'bridge', id => 'br1' }] });
--- request
DELETE /nodes/n1/bridges/br1
--- error_code: 409
--- response_body
{"error":"it is in use by the container \"c1\""}
--- zos_ays_after
untouched();



=== TEST 18: deleteBridge: what fails is still there
--- zos_ays
nodes();
bridge('br1', 'n1');
ays->fault(action => 'delete', service => 'br1', fail => 'busy');
--- request
DELETE /nodes/n1/bridges/br1
--- error_code: 500
--- response_body
{"error":"delete of \"br1\" failed: RuntimeError: busy"}
--- zos_ays_after
isnt(ays->get(bridge => 'br1'), undef, 'there');
