use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;
use ZosCluster qw( C );
use ZosContainer;

# What a request for a container has to be like, what is refused and what is
# kept; the older templates.

my $ays = ZosAys->start(mode => '9', templates => 2018);
my $zones = 0;

add_block_preprocessor(sub {
    my ($block) = @_;

    my $config = $ays->config('zos_ays_run_interval 10ms 50ms; '
                              . 'zos_ays_retries off;');

    if (defined $block->zos_old) {
        $config =~ s/zos_ays_templates 2018/zos_ays_templates 2017/;
        $block->set_value(zos_ays =>
            'ays->settings(mode => "8.2", templates => 2017);'
            . $block->zos_ays);
    }

    # what one block has learnt of nodes is not for the next one
    $block->set_value('http_config', 'zos_zone zos' . $zones++ . ':1m; '
                                     . $ays->http_config);
    $block->set_value('config', 'add_header X-Reason $zos_error always; '
                                . 'add_header X-Calls $zos_calls always; '
                                . $config);
    $block->set_value(no_error_log => "planted\n[alert]\n[crit]\n");
    $block->set_value(log_level => 'info');
});


our $Base = '"hostname":"h","flist":"http://hub/a"';

sub post { return [ map { "POST /nodes/n1/containers\n$_" } @_ ] }

sub nics { return post(map { qq({"id":"c1",$Base,"nics":[$_]}) } @_) }

sub put { return "PUT /nodes/n1/containers/c1\n$_[0]" }

sub sentences { return [ map { qq({"error":"$_"}\n) } @_ ] }


# A container with nics of which not all is shown.
sub container_with_nics {
    ays->node('n1')->node('n2');
    ays->service(container => 'c1', parent => 'node!n1', data => {
        node => 'n1', hostname => 'h', nics => [
            { type => 'zerotier', id => '0123456789abcdef',
              token => 'planted-token' },
            { type => 'vlan', id => '7', name => 'eth1',
              hwaddr => '52:54:00:00:00:01',
              config => { dhcp => 0, cidr => '10.0.0.2/24',
                          gateway => '10.0.0.1', dns => ['8.8.8.8'] } } ] });
}

our $Before;

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: createContainer: what has to be there, and how it is written
--- zos_ays
    ays->node('n1');
--- pipelined_requests eval
main::post('{}', qq({"id":"a/b",$::Base}), qq({"id":"..",$::Base}),
    qq({"id":"a","name":"b",$::Base}), '{"id":"a","flist":"http://hub/a"}',
    '{"id":"a","hostname":"h"}', '{"id":"a","hostname":"h","flist":"hub"}',
    qq({"id":"a",$::Base,"ports":["80"]}),
    qq({"id":"a",$::Base,"ports":["80:99999"]}),
    qq({"id":"a",$::Base,"filesystems":["p1"]}),
    qq({"id":"a",$::Base,"filesystems":["p1:f:x"]}),
    qq({"id":"a",$::Base,"initprocesses":[{"args":[]}]}),
    qq({"id":"a",$::Base,"initprocesses":[{"name":"x","environment":["A"]}]}),
    qq({"id":"a",$::Base,"hostNetworking":"no"}),
    qq({"id":"a",$::Base,"initprocesses":[],"initProcesses":[{"name":"x"}]}))
--- error_code eval
[(400) x 15]
--- response_body eval
main::sentences('id is required',
 ('id must be a name of letters, digits, \"-\", \"_\" and \".\"') x 2,
 'id and its other spelling \"name\" must not differ',
 'hostname is required', 'flist is required',
 'flist must be an absolute URL', 
 'ports[0] must be two ports, like 8080:80',
 'ports[0] must be two ports, like 8080:80',
 ('filesystems[0] must be a pool and a filesystem, like pool:filesystem') x 2,
 'initprocesses[0].name is required',
 'initprocesses[0].environment[0] must be NAME=value',
 'hostNetworking must be true or false',
 'initprocesses and its other spelling \"initProcesses\" must not differ')
--- zos_ays_after
    is(scalar(ays->services('container')), 0, 'nothing was made');
    is(scalar(ays->blueprints), 0, 'no blueprint');



=== TEST 2: createContainer: nics
--- zos_ays
    ays->node('n1');
--- pipelined_requests eval
main::nics('{"id":"1"}', '{"type":"wlan","id":"1"}', '{"type":"vlan"}',
    '{"type":"vlan","id":"4096"}', '{"type":"vlan","id":"-1"}',
    '{"type":"vxlan","id":"16777216"}', '{"type":"zerotier","id":"123"}',
    '{"type":"zerotier","id":"0123456789abcdeg"}',
    '{"type":"vlan","id":"1","token":"planted"}',
    '{"type":"vlan","id":"1","hwaddr":"525400000001"}',
    '{"type":"vlan","id":"1","config":{"cidr":"10.0.0.1"}}',
    '{"type":"vlan","id":"1","config":{"gateway":"x"}}',
    '{"type":"vlan","id":"1","config":{"dns":["8.8.8.8",""]}}',
    '{"type":"vlan","id":"1"},{"type":"vlan","id":"1"}',
    '{"type":"bridge","id":"a/../b"}', '{"type":"bridge","id":"br9"}')
--- error_code eval
[(400) x 16]
--- response_body eval
main::sentences('nics[0].type is required',
 'nics[0].type must be one of zerotier, vxlan, vlan, default, bridge',
 'nics[0] needs an id, its type is not default',
 ('nics[0] needs an id from 0 to 4095') x 2,
 'nics[0] needs an id from 0 to 16777215',
 ('nics[0] needs an id of 16 hexadecimal digits') x 2,
 'nics[0] must not have a token, its type is not zerotier',
 'nics[0].hwaddr must be a MAC address, like 52:54:00:12:34:56',
 'nics[0].config.cidr must be an address with a prefix, like 192.168.1.1/24',
 'nics[0].config.gateway must be an IP address',
 'nics[0].config.dns[1] must be an IP address',
 'the body must not have two nics of the same type and id',
 'the bridge of a nic must be a name',
 'the bridge of a nic, \"br9\", is not there on \"n1\"')
--- zos_ays_after
    is(scalar(ays->services('container')), 0, 'nothing was made');



=== TEST 3: createContainer: pools and filesystems, along the chain
--- zos_ays
    ays->node('n1')->node('n2');
    ays->seed([storagepool => 'p1', parent => 'node!n1', data => { node => 'n1' }],
              [storagepool => 'p2', parent => 'node!n2', data => { node => 'n2' }],
              [storagepool => 'p3', parent => 'node!n1', data => { node => 'n1' }],
              map { [filesystem => "f$_", parent => "storagepool!p$_",
                     data => { storagePool => "p$_", name => "f$_" }] } 1 .. 3);
--- pipelined_requests eval
main::post(map { qq({"id":"c1",$::Base,"filesystems":["$_"]}) }
           'p9:f1', 'p2:f2', 'p1:f9', 'p1:f3')
--- error_code eval
[(400) x 4]
--- response_body eval
main::sentences('the pool of a filesystem, \"p9\", is not there on \"n1\"',
 'the pool of a filesystem, \"p2\", is not there on \"n1\"',
 'a filesystem, \"f9\", is not there on \"p1\"',
 'a filesystem, \"f3\", is not there on \"p1\"')
--- zos_ays_after
    is(ays->get(container => 'c1'), undef, 'nothing was made');



=== TEST 4: createContainer: the other spellings, and all that there is
--- zos_ays
    ays->node('n1');
    ays->service(bridge => 'br1', parent => 'node!n1', data => { node => 'n1' });
--- request eval
main::post(qq({"name":"c1",$::Base,"hostNetworking":true,"ports":["80:8080"],)
    . '"storage":"ardb://hub:16379","unknown":1,"initProcesses":[{"name":"sh",'
    . '"args":["-c"],"env":["A=b"],"pwd":"/","stdin":"x","id":"y"}],'
    . '"nics":[{"type":"bridge","id":"br1","name":"","config":null,"x":1},'
    . '{"type":"zerotier","id":"0123456789abcdef","token":"planted"},'
    . '{"type":"default","hwaddr":"52:54:00:00:00:01"}]}')->[0]
--- error_code: 204
--- response_headers
Location: /nodes/n1/containers/c1
--- zos_ays_after
    my $true = JSON::PP::true();
    is_deeply(scalar(ays->contents), {
        container__c1 => {
            flist => 'http://hub/a', hostname => 'h', node => 'n1',
            hostNetworking => $true, ports => ['80:8080'], mounts => [],
            storage => 'ardb://hub:16379', initProcesses => [
                { name => 'sh', args => ['-c'], environment => ['A=b'],
                  pwd => '/', stdin => 'x' }],
            nics => [{ type => 'bridge', id => 'br1' },
                     { type => 'zerotier', id => '0123456789abcdef',
                       token => 'planted' },
                     { type => 'default', hwaddr => '52:54:00:00:00:01' }] },
        actions => [{ action => 'install', actor => 'container',
                      service => 'c1', force => JSON::PP::false() }] },
        'what AYS got');
    is(ays->data(container => 'c1')->{status}, 'running', 'it runs');



=== TEST 5: createContainer: a token in what AYS says
--- zos_ays
    ays->node('n1');
    ays->fault(action => 'install', service => 'c1', fail => 'token planted-token is wrong');
--- request eval
main::nics('{"type":"zerotier","id":"0123456789abcdef","token":"planted-token"}')->[0]
--- error_code: 500
--- response_body
{"error":"install of \"c1\" failed: RuntimeError: token ************* is wrong"}
--- zos_ays_after
    is(ays->get(container => 'c1'), undef, 'removed');



=== TEST 6: createContainer: the node is unknown
--- zos_ays
    ays->node('n1');
--- request eval
qq(POST /nodes/n9/containers\n{"id":"c1",$::Base})
--- error_code: 404
--- response_body
{"error":"node \"n9\" is not known"}
--- zos_ays_after
    is(ays->get(container => 'c1'), undef, 'nothing was made');



=== TEST 7: the templates of 2017: neither MAC addresses nor tokens
--- zos_old
--- zos_ays
    ays->node('n1');
--- request eval
main::nics('{"type":"vlan","id":"1","hwaddr":"x","token":"planted"}')->[0]
--- error_code: 204
--- zos_ays_after
    is_deeply(ays->contents->{container__c1}{nics},
              [{ type => 'vlan', id => '1' }], 'as they know them');
    is(ays->data(container => 'c1')->{status}, 'running', 'it runs');



=== TEST 8: the templates of 2017: updateContainer
--- zos_old
--- zos_ays
    ays->node('n1');
--- request eval
main::put('{"nics":[]}')
--- error_code: 501
--- response_body
{"error":"updateContainer needs the templates of 2018, which AYS does not have here"}



=== TEST 9: the templates of 2017: start, stop, delete
--- zos_old
--- zos_ays
    ays->node('n1')->service(container => 'c1', parent => 'node!n1', data => { node => 'n1' });
--- request eval
[map { "POST /nodes/n1/containers/c1/$_" } 'start', 'stop']
--- error_code eval
[201, 204]
--- zos_ays_after
    is(ays->data(container => 'c1')->{status}, 'halted', 'halted at last');



=== TEST 10: the templates of 2017: listed, shown
--- zos_old
--- zos_ays
    ays->node('n1')->service(container => 'c1', parent => 'node!n1', data => { node => 'n1', flist => 'f', hostname => 'h' });
--- request eval
[map { "GET /nodes/n1/containers$_" } '', '/c1']
--- response_body eval
[qq([{"flist":"f","hostname":"h","id":"c1","status":"halted"}]\n),
 qq({"filesystems":[],"flist":"f","hostNetworking":false,"hostname":"h","id":"c1","initprocesses":[],"nics":[],"ports":[],"status":"halted"}\n)]
--- zos_ays_after
    is((grep { m{service/container\?} } ays->calls)[0], 'GET service/container?parent=node.g8os!n1&fields=flist,hostname,status', 'of this node');



=== TEST 11: updateContainer: sent back as it is shown, nothing is lost
--- zos_ays
    main::container_with_nics();
    $::Before = ays->data(container => 'c1')->{nics};
--- request eval
main::put('{"nics":['
 . '{"config":{"cidr":"","dhcp":false,"dns":[],"gateway":""},"id":"0123456789abcdef","type":"zerotier"},'
 . '{"config":{"cidr":"10.0.0.2/24","dhcp":false,"dns":["8.8.8.8"],"gateway":"10.0.0.1"},"hwaddr":"52:54:00:00:00:01","id":"7","name":"eth1","type":"vlan"}]}')
--- error_code: 204
--- zos_ays_after
    is_deeply(ays->data(container => 'c1')->{nics}, $::Before, 'as before');
    is(ays->contents->{container__c1}{nics}[0]{token}, 'planted-token', 'with the token');



=== TEST 12: updateContainer: one nic more, one less
--- zos_ays
    main::container_with_nics();
--- request eval
main::put('{"nics":[{"type":"vlan","id":"7"},{"type":"default","id":""}]}')
--- error_code: 204
--- zos_ays_after
    is_deeply([map { $_->{type} } @{ ays->data(container => 'c1')->{nics} }],
              ['vlan', 'default'], 'those');
    is(ays->data(container => 'c1')->{nics}[0]{config}{cidr}, '10.0.0.2/24',
       'the one that stays has its config');



=== TEST 13: updateContainer: what the templates would not do
--- zos_ays
    main::container_with_nics();
--- pipelined_requests eval
[map { main::put(qq({"nics":[{"type":"zerotier","id":"0123456789abcdef"$_->[0]},{"type":"vlan","id":"7"$_->[1]}]})) }
 ['', ',"config":{"cidr":"10.0.0.3/24"}'], ['', ',"name":"eth2"'],
 ['', ',"hwaddr":"52:54:00:00:00:02"'], [',"token":"planted-other"', '']]
--- error_code eval
[(409) x 4]
--- response_body eval
main::sentences(map { "the $_ can not be changed, remove the nic and add it again" }
    'config of nics[1]', 'name of nics[1]', 'hwaddr of nics[1]', 'token of nics[0]')
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');



=== TEST 14: updateContainer: unknown, of another node, a bridge of another node
--- zos_ays
    main::container_with_nics();
    ays->service(bridge => 'br2', parent => 'node!n2', data => { node => 'n2' });
--- pipelined_requests eval
["PUT /nodes/n1/containers/c9\n{\"nics\":[]}",
 "PUT /nodes/n2/containers/c1\n{\"nics\":[]}",
 main::put('{"nics":[{"type":"bridge","id":"br2"}]}'),
 main::put('{"nics":[{"type":"vlan","id":"1"},{"type":"vlan","id":"1"}]}'),
 main::put('{"nics":{}}')]
--- error_code eval
[404, 404, 400, 400, 400]
--- response_body eval
main::sentences('container \"c9\" is not known on node \"n1\"',
 'container \"c1\" is not known on node \"n2\"',
 'the bridge of a nic, \"br2\", is not there on \"n1\"',
 'the body must not have two nics of the same type and id',
 'nics must be an array')
--- zos_ays_after
    is(scalar @{ ays->data(container => 'c1')->{nics} }, 2, 'as before');
    is(scalar(ays->blueprints), 0, 'no blueprint');



=== TEST 15: updateContainer: the job of the change fails
--- zos_ays
    main::container_with_nics();
    ays->fault(action => 'processChange', service => 'c1', fail => 'with planted-token');
--- request eval
main::put('{"nics":[]}')
--- error_code: 500
--- response_body_like
failed: RuntimeError: with \*{13}"\}



=== TEST 16: deleteContainer: of a gateway
--- zos_ays
    ays->node('n1');
    ays->service(container => 'gw1', parent => 'node!n1', data => { node => 'n1', status => 'running' });
    ays->service(gateway => 'gw1', parent => 'node!n1', data => { node => 'n1', domain => 'd', container => 'gw1' });
--- request
DELETE /nodes/n1/containers/gw1
--- error_code: 409
--- response_body
{"error":"it is in use by the gateway \"gw1\""}
--- zos_ays_after
    is(ays->data(container => 'gw1')->{status}, 'running', 'it still runs');



=== TEST 17: deleteContainer: it can't be stopped
--- zos_ays
    ays->node('n1')->service(container => 'c1', parent => 'node!n1', data => { node => 'n1', status => 'running' });
    ays->fault(action => 'stop', service => 'c1', fail => 'no answer');
--- request
DELETE /nodes/n1/containers/c1
--- error_code: 500
--- response_body
{"error":"stop of \"c1\" failed: RuntimeError: no answer"}
--- zos_ays_after
    isnt(ays->get(container => 'c1'), undef, 'it is still there');



=== TEST 18: startContainer, stopContainer: of another node, unknown
--- zos_ays
    ays->node('n1')->node('n2')->service(container => 'c1', parent => 'node!n1', data => { node => 'n1' });
--- pipelined_requests eval
[map { ("POST /nodes/n2/containers/c1/$_", "POST /nodes/n1/containers/c9/$_") } 'start', 'stop']
--- error_code eval
[(404) x 4]
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');



=== TEST 19: stopped and started, it has another number
--- zos_ays
    ays->node('n1', core0 => $ENV{TEST_NGINX_CORE0_C});
    ays->service(container => 'c1', parent => 'node!n1', data => { node => 'n1', hostname => 'c1', flist => 'http://hub/a' });
--- request eval
my $c1 = '/nodes/n1/containers/c1';
["POST $c1/start", ("GET $c1/mem") x 2, "POST $c1/stop", "POST $c1/start",
 ("GET $c1/mem") x 2, "POST $c1/start", "GET $c1/mem", "POST $c1/stop",
 "GET $c1/mem"]
--- error_code eval
[201, 200, 200, 204, 201, 200, 200, 201, 200, 204, 404]
--- response_headers eval
['', 'X-Calls: 2', 'X-Calls: 1', '', '', 'X-Calls: 2', 'X-Calls: 1', '',
 'X-Calls: 2', '', 'X-Calls: 1']


=== TEST 20: createContainer: the documented example to the letter, and as it is shown then
--- zos_ays
    ays->node('525400123456');
--- request eval
['POST /nodes/525400123456/containers
{
  "nics":[
    {
      "config":{
        "dhcp":false,
        "cidr":"192.168.57.217/24",
        "gateway":"192.168.57.254",
        "dns":[
          "8.8.8.8"
        ]
      },
      "id":"0",
      "type":"vlan"
    }
  ],
  "id":"vfw_22",
  "filesystems":[

  ],
  "flist":"http://192.168.20.132:8080/deboeckj/lede-17.01.0-r3205-59508e3-x86-64-generic-rootfs.flist",
  "hostNetworking":false,
  "hostname":"vfw_22",
  "initprocesses":[

  ],
  "ports":[

  ]
}', 'GET /nodes/525400123456/containers',
 'GET /nodes/525400123456/containers/vfw_22']
--- error_code eval
[204, 200, 200]
--- response_body eval
my $flist = 'http://192.168.20.132:8080/deboeckj/lede-17.01.0-r3205-59508e3-x86-64-generic-rootfs.flist';
['', qq([{"flist":"$flist","hostname":"vfw_22","id":"vfw_22","status":"running"}]\n),
 qq({"filesystems":[],"flist":"$flist","hostNetworking":false,"hostname":"vfw_22","id":"vfw_22","initprocesses":[],)
 . '"nics":[{"config":{"cidr":"192.168.57.217/24","dhcp":false,"dns":["8.8.8.8"],"gateway":"192.168.57.254"},'
 . qq("id":"0","type":"vlan"}],"ports":[],"status":"running"}\n)]
