use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosGateways;

# Gateways as a whole: listed, shown, created, replaced, started, stopped,
# moved and deleted.

ZosGateways->start;

# as gw1 is shown, and sent back
our $Lists = '"httpproxies":[{"destinations":["http://192.168.1.2"],'
    . '"host":"example.com","types":["http"]}]';
our $Forwards = '"portforwards":[{"dstip":"192.168.1.2","dstport":8080,'
    . '"protocols":["tcp"],"srcip":"10.1.0.2","srcport":80}]';
our $Dhcp = '"dhcpserver":{"nameservers":["8.8.8.8"],"hosts":[{"hostname":'
    . '"h1","ip6address":"","ipaddress":"192.168.1.2","macaddress":'
    . '"52:54:00:00:00:0a"}]}';
our $Pub = '{"id":"0123456789abcdef","name":"pub","type":"zerotier",'
    . '"config":{"cidr":"10.1.0.2/24","gateway":"10.1.0.1"}}';
our $Priv = '"id":"100","name":"priv","type":"vxlan",'
    . '"config":{"cidr":"192.168.1.1/24","gateway":""},' . $Dhcp;
our $Bridge = ',"zerotierbridge":{"id":"fedcba9876543210"}';

sub shown {
    my ($name) = @_;

    return qq({"domain":"lan",$Lists,"name":"$name","nics":[$Pub,{$Priv)
           . qq($Bridge}],$Forwards,"zerotiernodeid":"9a8b7c6d5e");
}

# a body that is as small as it can be
sub small {
    my (%more) = @_;

    return to_json({ domain => 'lan', nics => [
        { name => 'pub', type => 'default', config => {
            cidr => '10.1.0.2/24', gateway => '10.1.0.1' } },
        { name => 'priv', type => 'vlan', id => '7' } ], %more });
}

our @Small = ({ name => 'pub', type => 'default', config => {
                    cidr => '10.1.0.2/24', gateway => '10.1.0.1' } },
              { name => 'priv', type => 'vlan', id => '7' });

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listGateways: those of the node, by name, nothing secret
--- zos_ays
gateway();
ays->service(gateway => 'gw0', parent => 'node!n1', data => default_gateway)
   ->service(gateway => 'gw2', parent => 'node!n2', data => default_gateway);
--- request
GET /nodes/n1/gws
--- response_body eval
'[' . main::shown('gw0') . '},' . main::shown('gw1') . "}]\n"
--- zos_ays_after
is((ays->calls)[-1], 'GET service/gateway?parent=node.zero-os!n1'
   . '&fields=domain,nics,portforwards,httpproxies,zerotiernodeid',
   'one call has all of it');



=== TEST 2: listGateways: none; a node that is not there
--- zos_ays
ays->node('n1');
--- request eval
['GET /nodes/n1/gws', 'GET /nodes/n3/gws']
--- error_code eval
[200, 404]
--- response_body_like eval
['^\[\]$', '"error":"node \\\\"n3\\\\" is not known"']



=== TEST 3: listGateways: the templates of 2017
--- zos_templates: 2017
--- zos_ays
gateway();
--- request
GET /nodes/n1/gws
--- response_body eval
qq([{"domain":"lan",$::Lists,"name":"gw1","nics":[$::Pub,{$::Priv}],)
. qq($::Forwards,"zerotiernodeid":""}]\n)
--- zos_ays_after
is((ays->calls)[-1], 'GET service/gateway?parent=node.g8os!n1'
   . '&fields=domain,nics,portforwards,httpproxies', 'what those know');



=== TEST 4: getGateway
--- zos_ays
gateway();
--- request
GET /nodes/n1/gws/gw1
--- response_body eval
main::shown('gw1') . qq(,"status":"running"}\n)



=== TEST 5: getGateway: halted, with nothing but a name
--- zos_ays
ays->node('n1')->service(gateway => 'gw1', parent => 'node!n1',
                         data => { domain => 'd' });
--- request
GET /nodes/n1/gws/gw1
--- response_body
{"domain":"d","httpproxies":[],"name":"gw1","nics":[],"portforwards":[],"zerotiernodeid":"","status":"halted"}



=== TEST 6: getGateway: what runs is not known to the templates of 2017
--- zos_templates: 2017
--- zos_ays
gateway();
--- request
GET /nodes/n1/gws/gw1
--- response_body_like: ,"zerotiernodeid":"","status":""\}$



=== TEST 7: getGateway: not there; on another node
--- zos_ays
gateway();
--- request eval
['GET /nodes/n1/gws/gw2', 'GET /nodes/n2/gws/gw1', 'GET /nodes/n3/gws/gw1']
--- error_code eval
[404, 404, 404]
--- response_body eval
[qq({"error":"gateway \\"gw2\\" is not known on node \\"n1\\""}\n),
 qq({"error":"gateway \\"gw1\\" is not known on node \\"n2\\""}\n),
 qq({"error":"node \\"n3\\" is not known"}\n)]



=== TEST 8: createGW: all that a gateway can have
--- zos_ays
ays->node('n1')->service(bridge => 'br1', parent => 'node!n1');
--- request eval
'POST /nodes/n1/gws
' . to_json({ %{ default_gateway() }, name => 'gw1', other => 1,
    nics => [ { name => 'pub', type => 'zerotier', token => 'hush', id =>
                    '0123456789abcdef', unknown => 1 },
              { name => 'b', type => 'bridge', id => 'br1' },
              { name => 'priv', type => 'vxlan', id => '100', config =>
                    { cidr => '192.168.1.1/24', gateway => '' },
                zerotierbridge => { id => 'fedcba9876543210',
                                    token => 'hush' },
                dhcpserver => { nameservers => ['8.8.8.8'], hosts => [
                    { hostname => 'h1', ipaddress => '192.168.1.2',
                      ip6address => 'fd00::1',
                      macaddress => '52:54:00:AB:CD:EF', cloudinit => {
                          userdata => "#cloud-config\npassword: hush",
                          metadata => '{"a": "hush"}' } } ] } } ] })
--- error_code: 201
--- response_headers
Location: /nodes/n1/gws/gw1
--- response_body
--- zos_ays_after
is_deeply(scalar ays->contents, { gateway__gw1 => {
    node => 'n1', domain => 'lan', advanced => JSON::PP::false,
    httpproxies => default_gateway->{httpproxies},
    portforwards => default_gateway->{portforwards},
    nics => [ { name => 'pub', type => 'zerotier', token => 'hush', id =>
                    '0123456789abcdef' },
              { name => 'b', type => 'bridge', id => 'br1' },
              { name => 'priv', type => 'vxlan', id => '100', config =>
                    { cidr => '192.168.1.1/24' },
                zerotierbridge => { id => 'fedcba9876543210',
                                    token => 'hush' },
                dhcpserver => { nameservers => ['8.8.8.8'], hosts => [
                    { hostname => 'h1', ipaddress => '192.168.1.2',
                      ip6address => 'fd00::1',
                      macaddress => '52:54:00:ab:cd:ef', cloudinit => {
                          userdata => "#cloud-config\npassword: hush",
                          metadata => '{"a": "hush"}' } } ] } } ] },
    actions => [ { action => 'install', actor => 'gateway', service => 'gw1',
                   force => JSON::PP::false } ] }, 'the blueprint');
is(stored('status'), 'running', 'it runs');



=== TEST 9: createGW: as little as it can have, the templates of 2017
--- zos_templates: 2017
--- zos_ays
ays->node('n1');
--- request eval
"POST /nodes/n1/gws\n" . main::small(name => 'gw1', nics => [
    @main::Small, { name => 'z', type => 'zerotier', token => [],
                    id => '0123456789abcdef', zerotierbridge => 1 } ])
--- error_code: 201
--- zos_ays_after
is_deeply(scalar(ays->contents)->{gateway__gw1}, {
    node => 'n1', domain => 'lan', advanced => JSON::PP::false,
    httpproxies => [], portforwards => [],
    nics => [ @main::Small, { name => 'z', type => 'zerotier',
                              id => '0123456789abcdef' } ] },
    'without what those templates do not know');



=== TEST 10: createGW: a name that is taken, wherever; a node that is not there
--- zos_ays
gateway();
ays->service(container => 'web1', parent => 'node!n2', data => {});
--- request eval
["POST /nodes/n1/gws\n" . main::small(name => 'gw1'),
 "POST /nodes/n2/gws\n" . main::small(name => 'gw1'),
 "POST /nodes/n1/gws\n" . main::small(name => 'web1'),
 "POST /nodes/n3/gws\n" . main::small(name => 'gw3')]
--- error_code eval
[409, 409, 409, 404]
--- response_body eval
[(qq({"error":"the cluster has a gateway \\"gw1\\" already"}\n)) x 2,
 qq({"error":"the cluster has a container \\"web1\\" already, and a gateway needs one of its own name"}\n),
 qq({"error":"node \\"n3\\" is not known"}\n)]
--- zos_ays_after
unchanged('createGW');



=== TEST 11: createGW, updateGateway: bridges have to be on the node
--- zos_ays
gateway(httpproxies => [], portforwards => []);
ays->service(bridge => 'br2', parent => 'node!n2');
--- request eval
[map { my ($bridge, $line) = @$_; "$line\n" . main::small(
           $line =~ /POST/ ? (name => 'gw9') : (), nics => [ @::Small,
           { name => 'b', type => 'bridge', id => $bridge } ]) }
     ['br1', 'POST /nodes/n1/gws'], ['br2', 'POST /nodes/n1/gws'],
     ['br2', 'PUT /nodes/n1/gws/gw1']]
--- error_code eval
[400, 400, 400]
--- response_body eval
[map { qq({"error":"nics[2] needs a bridge \\"$_\\" on node \\"n1\\""}\n) }
     qw( br1 br2 br2 )]
--- zos_ays_after
unchanged('bridges');



=== TEST 12: createGW: what fails leaves nothing, and can be tried again
--- zos_ays
ays->node('n1')->fault(action => 'install', service => 'gw1',
                       fail => 'no disk', times => 1);
--- zos_config
zos_ays_retries 0;
--- request eval
["POST /nodes/n1/gws\n" . main::small(name => 'gw1'),
 'GET /nodes/n1/gws',
 "POST /nodes/n1/gws\n" . main::small(name => 'gw1')]
--- error_code eval
[500, 200, 201]
--- response_body_like eval
['"error":"install of \\\\"gw1\\\\" failed: (RuntimeError: )?no disk', '^\[\]$', '^$']
--- zos_ays_after
is(join(' ', grep { /^DELETE/ } ays->calls),
   'DELETE service/gateway/gw1 DELETE service/container/gw1',
   'what it had made is gone');
is_deeply([ays->names('gateway')], ['gw1'], 'the second one is there');



=== TEST 13: updateGateway: all of it, and what is not shown stays
--- zos_ays
gateway(advanced => 0);
--- request eval
"PUT /nodes/n1/gws/gw1\n" . to_json({ domain => 'other', httpproxies => [],
    portforwards => default_gateway->{portforwards}, nics => [
    { name => 'priv', type => 'vxlan', id => '100',
      config => { cidr => '192.168.1.1/24' },
      zerotierbridge => { id => 'fedcba9876543210' },
      dhcpserver => { nameservers => ['8.8.4.4'], hosts => [
          { hostname => 'renamed', ipaddress => '192.168.1.9',
            macaddress => '52:54:00:00:00:0A' } ] } },
    { name => 'pub', type => 'zerotier', id => '0123456789abcdef' } ] })
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply(scalar ays->contents, { gateway__gw1 => {
    node => 'n1', domain => 'other', advanced => JSON::PP::false,
    httpproxies => [], portforwards => default_gateway->{portforwards},
    nics => [
    { name => 'priv', type => 'vxlan', id => '100',
      config => { cidr => '192.168.1.1/24' },
      zerotierbridge => { id => 'fedcba9876543210', token => 'hush-bridge' },
      dhcpserver => { nameservers => ['8.8.4.4'], hosts => [
          { hostname => 'renamed', ipaddress => '192.168.1.9',
            macaddress => '52:54:00:00:00:0a', cloudinit => {
                userdata => 'password: hush-user',
                metadata => 'a: hush-meta' } } ] } },
    { name => 'pub', type => 'zerotier', id => '0123456789abcdef',
      token => 'hush-token' } ] } }, 'the blueprint');
is(stored('domain'), 'other', 'it is there');
is_deeply(stored('httpproxies'), [], 'what was removed is gone');



=== TEST 14: updateGateway: as it was shown
--- zos_ays
gateway();
$::before = stored();
--- request eval
"PUT /nodes/n1/gws/gw1\n" . main::shown('gw1') . ',"status":"running"}'
--- error_code: 204
--- zos_ays_after
is_deeply(stored(), $::before, 'all of it is as before');



=== TEST 15: updateGateway: tokens that are new, empty, of another network
--- zos_ays
gateway(portforwards => [], httpproxies => []);
--- request eval
[map { "PUT /nodes/n1/gws/gw1\n" . main::small(nics => [
           { name => 'pub', type => 'zerotier', %$_ } ]) }
     { id => '0123456789abcdef', token => 'hush-new' },
     { id => '0123456789abcdef', token => '' },
     { id => '0123456789abcdef', token => 'hush-new' },
     { id => '1111111111111111' }]
--- error_code eval
[204, 204, 204, 204]
--- zos_ays_after
is_deeply([map { $_->{gateway__gw1}{nics}[0]{token} } ays->contents],
          ['hush-new', undef, 'hush-new', undef], 'tokens');



=== TEST 16: updateGateway: a list that is left out is not removed
--- zos_ays
gateway();
--- request eval
["PUT /nodes/n1/gws/gw1\n" . main::small(httpproxies => []),
 "PUT /nodes/n1/gws/gw1\n" . main::small(portforwards => []),
 "PUT /nodes/n1/gws/gw1\n" . main::small(portforwards => undef,
                                         httpproxies => [])]
--- error_code eval
[400, 400, 400]
--- response_body eval
[map { qq({"error":"$_ must be there, as the gateway has some; [] removes them"}\n) }
     qw( portforwards httpproxies portforwards )]
--- zos_ays_after
unchanged('updateGateway');



=== TEST 17: updateGateway: without lists where there are none
--- zos_ays
gateway(portforwards => [], httpproxies => []);
--- request eval
"PUT /nodes/n1/gws/gw1\n" . main::small()
--- error_code: 204



=== TEST 18: updateGateway: advanced mode has its files, and the rest is free
--- zos_ays
gateway(advanced => 1, httpproxies => [
    { host => 'a.com', destinations => ['http://a', 'http://b'],
      types => ['http'] },
    { host => 'b.com', destinations => ['http://a'], types => ['https'] } ]);
--- request eval
my @proxies = ({ host => 'b.com', destinations => ['http://a'],
                 types => ['https'] },
               { host => 'a.com', destinations => ['http://b', 'http://a'],
                 types => ['http'] });
my $forwards = default_gateway()->{portforwards};
[map { "PUT /nodes/n1/gws/gw1\n" . main::small(%$_) }
     { domain => 'moved', httpproxies => \@proxies,
       portforwards => $forwards },
     { httpproxies => [ $proxies[0] ], portforwards => $forwards },
     { httpproxies => [ $proxies[0], { %{ $proxies[1] },
                                       types => ['https'] } ],
       portforwards => $forwards },
     { httpproxies => [ $proxies[0], { %{ $proxies[1] },
                                       destinations => ['http://c',
                                                        'http://a'] } ],
       portforwards => $forwards },
     { httpproxies => \@proxies, portforwards => [] },
     { httpproxies => \@proxies, portforwards => [
           { %{ $forwards->[0] }, dstport => 1 } ] }]
--- error_code eval
[204, 409, 409, 409, 409, 409]
--- response_body eval
['', (qq({"error":"the gateway is in advanced mode: its firewall and its proxies are files written by hand"}\n)) x 5]
--- zos_ays_after
my @contents = ays->contents;
is(@contents, 1, 'one change');
is($contents[0]{gateway__gw1}{advanced}, JSON::PP::true, 'advanced as before');
is(stored('domain'), 'moved', 'it is there');



=== TEST 19: updateGateway: the last proxy, with the templates of 2017
--- zos_templates: 2017
--- zos_ays
gateway(portforwards => []);
--- request eval
["PUT /nodes/n1/gws/gw1\n" . main::small(httpproxies => []),
 "PUT /nodes/n1/gws/gw1\n" . main::small(httpproxies => [
    { host => 'c.com', destinations => ['http://c'], types => ['http'] } ])]
--- error_code eval
[409, 204]
--- response_body eval
[qq({"error":"the templates of 2017 can't take away the last proxy of a gateway"}\n), '']
--- zos_ays_after
is(stored('httpproxies')->[0]{host}, 'c.com', 'the other one is there');



=== TEST 20: updateGateway: not there; on another node
--- zos_ays
gateway(portforwards => [], httpproxies => []);
--- request eval
["PUT /nodes/n1/gws/gw2\n" . main::small(),
 "PUT /nodes/n2/gws/gw1\n" . main::small()]
--- error_code eval
[404, 404]
--- response_body_like eval
['gateway \\\\"gw2\\\\" is not known on', 'gateway \\\\"gw1\\\\" is not known on']
--- zos_ays_after
unchanged('updateGateway');



=== TEST 21: updateGateway: AYS does not do it
--- zos_ays
gateway(portforwards => [], httpproxies => []);
ays->fault(route => 'POST .*/blueprint/gateway', status => 200,
           body => '{"msg":"done","processChangeJobs":[]}');
--- request eval
"PUT /nodes/n1/gws/gw1\n" . main::small()
--- error_code: 409
--- response_body
{"error":"another change of \"gw1\" has undone this one"}



=== TEST 22: updateGateway: what AYS fails to change
--- zos_ays
gateway(portforwards => [], httpproxies => []);
ays->fault(action => 'processChange', service => 'gw1', fail => 'x',
           result => { message => 'no such network', code => 409 });
--- request eval
"PUT /nodes/n1/gws/gw1\n" . main::small()
--- error_code: 409
--- response_body_like: no such network



=== TEST 23: deleteGateway: with its container
--- zos_ays
gateway();
--- request
DELETE /nodes/n1/gws/gw1
--- error_code: 204
--- response_body
--- zos_ays_after
is_deeply(scalar ays->contents, { actions => [
    { action => 'uninstall', actor => 'gateway', service => 'gw1',
      force => JSON::PP::true } ] }, 'the blueprint');
is(join(' ', ays->names('gateway'), ays->names('container')), '',
   'nothing is left');



=== TEST 24: deleteGateway: its container has gone by itself
--- zos_ays
gateway();
ays->delete(container => 'gw1');
--- request
DELETE /nodes/n1/gws/gw1
--- error_code: 204
--- zos_ays_after
is(join(' ', grep { !/^GET/ } ays->calls), 'DELETE service/gateway/gw1',
   'without a run');



=== TEST 25: deleteGateway: not there; on another node
--- zos_ays
gateway();
--- request eval
['DELETE /nodes/n1/gws/gw2', 'DELETE /nodes/n2/gws/gw1']
--- error_code eval
[404, 404]
--- zos_ays_after
unchanged('deleteGateway');



=== TEST 26: deleteGateway: what can't be stopped stays
--- zos_ays
gateway();
ays->fault(action => 'uninstall', service => 'gw1', fail => 'stuck');
--- zos_config
zos_ays_retries 0;
--- request
DELETE /nodes/n1/gws/gw1
--- error_code: 500
--- response_body_like: uninstall of \\"gw1\\" failed: (RuntimeError: )?stuck
--- zos_ays_after
is_deeply([ays->names('gateway')], ['gw1'], 'it is there');



=== TEST 27: stopGateway, startGateway
--- zos_ays
gateway();
--- request eval
['POST /nodes/n1/gws/gw1/stop', 'GET /nodes/n1/gws/gw1',
 'POST /nodes/n1/gws/gw1/start', 'GET /nodes/n1/gws/gw1']
--- error_code eval
[204, 200, 204, 200]
--- response_body_like eval
['^$', '"status":"halted"', '^$', '"status":"running"']
--- zos_ays_after
is_deeply([ays->contents], [map { { actions => [
    { action => $_, actor => 'gateway', service => 'gw1',
      force => JSON::PP::true } ] } } qw( stop start )], 'the blueprints');



=== TEST 28: stopGateway, startGateway: not there; on another node
--- zos_ays
gateway();
--- request eval
[map { ("POST /nodes/n1/gws/gw2/$_", "POST /nodes/n2/gws/gw1/$_") }
     qw( stop start )]
--- error_code eval
[404, 404, 404, 404]
--- zos_ays_after
unchanged('stopGateway, startGateway');



=== TEST 29: startGateway: what fails says why, and nothing else
--- zos_ays
gateway();
ays->fault(action => 'start', service => 'gw1', fail => 'no network');
--- zos_config
zos_ays_retries 0;
--- request
POST /nodes/n1/gws/gw1/start
--- error_code: 500
--- response_body
{"error":"start of \"gw1\" failed: RuntimeError: no network"}



=== TEST 30: migrateGateway
--- zos_ays
gateway();
$::before = stored('nics');
--- request
POST /nodes/n1/gws/gw1/migrate
{"node":"n2"}
--- error_code: 200
--- response_headers
Location: /nodes/n2/gws/gw1
--- response_body
--- zos_ays_after
is_deeply(scalar ays->contents, { gateway__gw1 => { node => 'n2' } },
          'the blueprint');
is(ays->get(gateway => 'gw1')->{parent}{name}, 'n2', 'it is there');
is_deeply(stored('nics'), $::before, 'the rest is as before');



=== TEST 31: migrateGateway: to where it is; to nowhere; not there
--- zos_ays
gateway();
--- request eval
["POST /nodes/n1/gws/gw1/migrate\n{\"node\":\"n1\"}",
 "POST /nodes/n1/gws/gw1/migrate\n{\"node\":\"n3\"}",
 "POST /nodes/n1/gws/gw2/migrate\n{\"node\":\"n2\"}",
 "POST /nodes/n2/gws/gw1/migrate\n{\"node\":\"n1\"}",
 "POST /nodes/n1/gws/gw1/migrate\n{}",
 "POST /nodes/n1/gws/gw1/migrate\n{\"node\":\"..\"}"]
--- error_code eval
[200, 400, 404, 404, 400, 400]
--- response_body_like eval
['^$', '"node \\\\"n3\\\\" is not known', 'gateway \\\\"gw2\\\\" is not known',
 'gateway \\\\"gw1\\\\" is not known on node \\\\"n2', 'node is required',
 'node must be a name']
--- zos_ays_after
unchanged('migrateGateway');



=== TEST 32: migrateGateway: a bridge does not move
--- zos_ays
gateway(nics => [ { name => 'b', type => 'bridge', id => 'br1' } ]);
ays->service(bridge => 'br1', parent => 'node!n1');
--- request
POST /nodes/n1/gws/gw1/migrate
{"node":"n2"}
--- error_code: 400
--- response_body
{"error":"nics[0] needs a bridge \"br1\" on node \"n2\""}
--- zos_ays_after
unchanged('migrateGateway');



=== TEST 33: migrateGateway: not with the templates of 2017
--- zos_templates: 2017
--- zos_ays
gateway();
--- request
POST /nodes/n1/gws/gw1/migrate
{"node":"n2"}
--- error_code: 501
--- response_body_like: 2018
--- zos_ays_after
unchanged('migrateGateway');
