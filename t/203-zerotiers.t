use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosStorage;

# ZeroTier networks of nodes: listed, shown, joined and left.

ZosStorage->start;

our $Network = '0123456789abcdef';

sub network {
    my ($node, %data) = @_;

    ays->service(zerotier => "${node}_$Network", parent => "node!$node",
                 data => { nwid => $Network, node => $node, status => 'OK',
                           type => 'private', token => 'planted-stored',
                           assignedAddresses => ['10.147.17.4/24'],
                           %data });
}

sub bodies { return [ map { "POST /nodes/n1/zerotiers\n$_" } @_ ] }

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listZerotier: those of the node
--- zos_ays
nodes();
network('n1');
network('n2');
--- request
GET /nodes/n1/zerotiers
--- response_body
[{"name":"n1_0123456789abcdef","nwid":"0123456789abcdef","status":"OK","type":"private"}]
--- zos_ays_after
is((ays->calls)[-1], 'GET service/zerotier?parent=node.zero-os!n1'
   . '&fields=nwid,status,type', 'without the token');



=== TEST 2: listZerotier: none; a node that is not there
--- zos_ays
nodes();
--- request eval
['GET /nodes/n1/zerotiers', 'GET /nodes/n3/zerotiers']
--- error_code eval
[200, 404]
--- response_body eval
["[]\n", refuses('node "n3" is not known')]



=== TEST 3: getZerotier: all that there is, but the token
--- zos_ays
nodes();
network('n1', allowManaged => 1, mtu => 2800, mac => 'ee:99:7c:f4:11:42',
        name => 'overlay', netconfRevision => 17, portDeviceName => 'zt0',
        broadcastEnabled => 1,
        routes => [{ flags => 0, metric => 5, target => '10.147.17.0/24',
                     via => undef }]);
--- request
GET /nodes/n1/zerotiers/0123456789abcdef
--- response_body
{"allowDefault":false,"allowGlobal":false,"allowManaged":true,"assignedAddresses":["10.147.17.4/24"],"bridge":false,"broadcastEnabled":true,"dhcp":false,"mac":"ee:99:7c:f4:11:42","mtu":2800,"name":"overlay","netconfRevision":17,"nwid":"0123456789abcdef","portDeviceName":"zt0","portError":0,"routes":[{"flags":0,"metric":5,"target":"10.147.17.0/24","via":""}],"status":"OK","type":"private"}



=== TEST 4: getZerotier: one that another node has joined
--- zos_ays
nodes();
network('n2');
--- request
GET /nodes/n1/zerotiers/0123456789abcdef
--- error_code: 404



=== TEST 5: joinZerotier: with a token
--- zos_ays
nodes();
--- request
POST /nodes/n1/zerotiers
{"nwid":"0123456789abcdef","token":"planted-token"}
--- error_code: 201
--- response_headers
Location: /nodes/n1/zerotiers/0123456789abcdef
--- response_body
--- zos_ays_after
is_deeply(scalar(ays->contents), {
    "zerotier__n1_$Network" => { nwid => $Network, node => 'n1',
                                 token => 'planted-token' },
    actions => [{ action => 'install', actor => 'zerotier',
                  force => JSON::PP::true,
                  service => "n1_$Network" }] }, 'the blueprint');



=== TEST 6: joinZerotier: without a token
--- zos_ays
nodes();
--- request
POST /nodes/n1/zerotiers
{"nwid":"0123456789abcdef"}
--- error_code: 201
--- zos_ays_after
is((ays->contents)[0]{"zerotier__n1_$Network"}{token}, '', 'none');



=== TEST 7: joinZerotier: the templates of 2017 know no token
--- zos_templates: 2017
--- zos_ays
nodes();
--- request
POST /nodes/n1/zerotiers
{"nwid":"0123456789abcdef","token":"planted-token"}
--- error_code: 201
--- zos_ays_after
is_deeply((ays->contents)[0]{"zerotier__n1_$Network"},
          { nwid => $Network, node => 'n1' }, 'what they know');



=== TEST 8: joinZerotier: ids of networks
--- zos_ays
nodes();
--- request eval
main::bodies('{}', '{"nwid":"0123456789abcde"}',
             '{"nwid":"0123456789abcdeg"}', '{"nwid":"0123456789abcdef0"}',
             '{"nwid":1}', '{"nwid":"0123456789abcdef","token":1}')
--- error_code eval
[(400) x 6]
--- response_body_like eval
['"nwid is required"', ('nwid must be 16 hexadecimal digits') x 3,
 'nwid must be a string', 'token must be a string']
--- zos_ays_after
untouched();



=== TEST 9: joinZerotier: a node that is not there
--- zos_ays
nodes();
--- request
POST /nodes/n3/zerotiers
{"nwid":"0123456789abcdef"}
--- error_code: 404
--- response_body
{"error":"node \"n3\" is not known"}
--- zos_ays_after
untouched();



=== TEST 10: joinZerotier: joined already; that stays as it is
--- zos_ays
nodes();
network('n1');
ays->fault(action => 'install', service => "n1_$Network", fail => 'no');
--- request
POST /nodes/n1/zerotiers
{"nwid":"0123456789abcdef","token":"planted-other"}
--- error_code: 409
--- zos_ays_after
untouched();
is(ays->data(zerotier => "n1_$Network")->{token}, 'planted-stored', 'kept');



=== TEST 11: joinZerotier: a network that another node has joined
--- zos_ays
nodes();
network('n2');
--- request
POST /nodes/n1/zerotiers
{"nwid":"0123456789abcdef"}
--- error_code: 201



=== TEST 12: joinZerotier: what fails is removed, and no token is told
--- zos_ays
nodes();
ays->fault(action => 'install', service => "n1_$Network",
           fail => 'no such member: planted-token');
--- request
POST /nodes/n1/zerotiers
{"nwid":"0123456789abcdef","token":"planted-token"}
--- error_code: 500
--- response_body
{"error":"install of \"n1_0123456789abcdef\" failed: RuntimeError: no such member: *************"}
--- zos_ays_after
is(ays->get(zerotier => "n1_$Network"), undef, 'gone');



=== TEST 13: exitZerotier
--- zos_ays
nodes();
network('n1');
network('n2');
--- request
DELETE /nodes/n1/zerotiers/0123456789abcdef
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply((ays->contents)[0]{actions}, [
    { action => 'delete', actor => 'zerotier', service => "n1_$Network",
      force => JSON::PP::true }], 'the action');
is(ays->get(zerotier => "n1_$Network"), undef, 'gone');
isnt(ays->get(zerotier => "n2_$Network"), undef, 'of the other node: not');



=== TEST 14: exitZerotier: none, and one of another node
--- zos_ays
nodes();
network('n2');
--- request eval
['DELETE /nodes/n1/zerotiers/0123456789abcdef',
 'DELETE /nodes/n1/zerotiers/fedcba9876543210']
--- error_code eval
[404, 404]
--- zos_ays_after
untouched();



=== TEST 15: exitZerotier: the one that AYS reaches the node through
--- zos_ays
nodes(redisAddr => '10.147.17.4');
network('n1');
--- request
DELETE /nodes/n1/zerotiers/0123456789abcdef
--- error_code: 409
--- response_body
{"error":"the node is reached through this network"}
--- zos_ays_after
untouched();



=== TEST 16: exitZerotier: the one that the gateway reaches the node through
--- zos_http
    zos_node n1 10.147.17.4;
--- zos_ays
nodes(redisAddr => '10.0.0.1');
network('n1');
--- request
DELETE /nodes/n1/zerotiers/0123456789abcdef
--- error_code: 409
--- response_body
{"error":"the node is reached through this network"}
--- zos_ays_after
untouched();



=== TEST 17: exitZerotier: an address that only begins like that
--- zos_ays
nodes(redisAddr => '10.147.17.40');
network('n1');
--- request
DELETE /nodes/n1/zerotiers/0123456789abcdef
--- error_code: 204



=== TEST 18: exitZerotier: what fails is still there, and no token is told
--- zos_ays
nodes();
network('n1');
ays->fault(action => 'delete', service => "n1_$Network",
           fail => 'api says planted-stored is wrong');
--- request
DELETE /nodes/n1/zerotiers/0123456789abcdef
--- error_code: 500
--- response_body
{"error":"delete of \"n1_0123456789abcdef\" failed: RuntimeError: api says ************** is wrong"}
--- zos_ays_after
isnt(ays->get(zerotier => "n1_$Network"), undef, 'there');



=== TEST 19: joinZerotier: nor one that is quoted
--- zos_ays
nodes();
ays->fault(action => 'install', service => "n1_$Network",
           fail => q(is "pl\"an\\\\ted\u00e9'x" or 'pl"an\\\\ted) . "\xe9"
                   . q(\\'x'));
--- request
POST /nodes/n1/zerotiers
{"nwid":"0123456789abcdef","token":"pl\"an\\ted\u00e9'x"}
--- error_code: 500
--- response_body eval
my ($json, $python) = ('*' x 19, '*' x 15);
qq({"error":"install of \\"n1_0123456789abcdef\\" failed: RuntimeError: is \\"$json\\" or '$python'"}\n)



=== TEST 20: joinZerotier: nor a long one, as far as it is told
--- zos_ays
nodes();
ays->fault(action => 'install', service => "n1_$Network",
           fail => 'no', result => { code => 400,
                                     message => 'is ' . 'planted ' x 1000 });
--- request eval
qq(POST /nodes/n1/zerotiers
{"nwid":"0123456789abcdef","token":"@{[ 'planted ' x 1000 ]}"})
--- error_code: 400
--- response_body_like
^\{"error":"install of \\"n1_0123456789abcdef\\" failed: is \*{400}\**"\}$



=== TEST 21: joinZerotier: nor what is in too many lines
--- zos_ays
nodes();
ays->fault(action => 'install', service => "n1_$Network",
           fail => 'is planted');
--- request eval
qq(POST /nodes/n1/zerotiers
{"nwid":"0123456789abcdef","token":"@{[ 'line\n' x 1000 ]}planted"})
--- error_code: 500
--- response_body
{"error":"install of \"n1_0123456789abcdef\" failed"}



=== TEST 22: joinZerotier: nothing is told of a line that is too long
--- zos_ays
nodes();
ays->fault(action => 'install', service => "n1_$Network",
           fail => 'planted ' x 1000);
--- request eval
qq(POST /nodes/n1/zerotiers
{"nwid":"0123456789abcdef","token":"@{[ 'planted ' x 1000 ]}"})
--- error_code: 500
--- response_body
{"error":"install of \"n1_0123456789abcdef\" failed"}
