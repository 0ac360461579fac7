use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosAys;
use ZosNginx;
use ZosOperations qw( operations );
use ZosPeer qw( memory mutations );

# An AYS that is not broken but bad: wrong types wherever there is a type,
# answers without content, without an end, or of something else, in each step
# of a change.  The caller gets an error in time, and the worker neither ends
# nor grows.

my $ays = ZosAys->start(mode => '9', templates => 2018);
my $more = 'zos_ays_run_interval 5ms 20ms; zos_ays_retries off; '
           . 'zos_ays_run_timeout 200ms; zos_core0_connect_timeout 100ms; ';

add_block_preprocessor(sub {
    $_[0]->set_value('http_config', 'zos_zone zos:1m; ' . $ays->http_config);
    $_[0]->set_value('config', $ays->config($more));
});

no_root_location();
no_long_string();
run_tests();

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $nginx = ZosNginx->start(http => 'zos_zone zos:1m; ' . $ays->http_config,
                            config => $ays->config($more));
my ($worker) = $nginx->worker_pids;


# What an answer must be, whatever AYS does.
sub odd {
    my ($name, $answer) = @_;

    return if $answer->{status} =~ /^20[0124]$/ && $answer->{body} eq '';
    return if $answer->{status} =~ /^(?:20[012]|40[0349]|50[0124])$/
              && $answer->{header}{'content-type'} eq 'application/json'
              && eval { $json->decode($answer->{body}); 1 };
    return "$name: $answer->{status} $answer->{body}";
}


# ---- wrong types ----

# It is of all roles at the same time, and everything is called n1.
my $part = { name => 'n1', role => 'node', actor => 'node', id => 'n1' };

my $service = { %$part, key => 'k', parent => $part, children => [ $part ],
    consumers => [], producers => [ $part ], state => 'ok',
    actions => [ { name => 'install', state => 'ok' } ],
    data => {
        map({ $_ => 'n1' } qw( id hostname status redisPassword flist label
            filesystem node storage vdiskstorage blockCluster objectCluster
            imageId domain type url driveType clusterType mountpoint name
            container snapshot message healthcheck nwid )),
        redisAddr => '127.0.0.1', redisPort => 1, memory => 1, cpu => 1,
        size => 1, blocksize => 512, timestamp => 1, nrServer => 1,
        advanced => JSON::PP::false, readOnly => JSON::PP::false,
        nodes => [ 'n1' ], filesystems => [ 'n1' ], ports => [ '80:80' ],
        initProcesses => [ { name => 'x', args => [] } ],
        disks => [ { vdiskid => 'n1', maxIOps => 1, name => 'n1' } ],
        devices => [ { device => '/dev/sda', status => 'ok',
                       partUUID => 'n1' } ],
        nics => [ { id => 'n1', type => 'bridge', name => 'n1', token => 't',
                    hwaddr => '52:54:00:00:00:01',
                    config => { cidr => '10.0.0.1/24', gateway => '10.0.0.2',
                                dns => [ '8.8.8.8' ], dhcp => 1 },
                    dhcpserver => { nameservers => [ '8.8.8.8' ], hosts => [
                        { hostname => 'n1', ipaddress => '10.0.0.3',
                          macaddress => '52:54:00:00:00:02' } ] } } ],
        portforwards => [ { srcip => '10.0.0.1', srcport => 80,
                            dstip => '10.0.0.3', dstport => 80,
                            protocols => [ 'tcp' ] } ],
        httpproxies => [ { host => 'n1', types => [ 'http' ],
                           destinations => [ 'http://10.0.0.3' ] } ],
        healthchecks => [ { id => 'n1', name => 'n1', category => 'c',
            resource => 'r', interval => 1, lasttime => 1, stacktrace => 's',
            messages => [ { id => 'n1', status => 'OK', text => 't' } ] } ],
        dashboards => [ 'n1' ], meta => '{"a":1}', eventtypes => [ 'ork' ],
    } };

my %bodies = (
    'POST createGWForwards' => '{"srcip":"10.0.0.1","srcport":81,'
        . '"dstip":"10.0.0.3","dstport":81,"protocols":["tcp"]}',
    'POST addGWDHCPHost' => '{"hostname":"h","ipaddress":"10.0.0.4",'
        . '"macaddress":"52:54:00:00:00:03"}',
    'POST createHTTPProxies' => '{"host":"n2","types":["http"],'
        . '"destinations":["http://10.0.0.3"]}',
    'PUT updateGateway' => '{"domain":"d","nics":[],"portforwards":[],'
        . '"httpproxies":[]}',
    'PUT updateVM' => '{"memory":128,"cpu":1,"nics":[],"disks":[]}',
    'PUT updateContainer' => '{"nics":[]}',
    'POST createStoragePoolDevices' => '["/dev/sdb"]',
    'POST resizeStorageVdisk' => '{"newSize":2}',
    'POST rollbackStorageVdisk' => '{"epoch":1}',
    'PUT updateWebhook' => '{"url":"http://h/","eventtypes":["ork"]}',
    'PUT updateGraph' => '{"url":"http://h/"}',
    'POST migrateGateway' => '{"node":"n2"}',
    'POST migrateVM' => '{"nodeid":"n2"}',
    'POST createContainer' => '{"id":"n2","hostname":"h","flist":"http://f/f",'
        . '"nics":[{"type":"bridge","id":"n1"}]}',
    'POST createVM' => '{"id":"n2","memory":128,"cpu":1,"nics":[],'
        . '"disks":[{"vdiskid":"n1"}]}',
    'POST backupContainer' => '{"name":"n2","container":"n1",'
        . '"url":"file:///x"}',
    'POST createStorageVdisk' => '{"id":"n2","size":1,"type":"boot",'
        . '"imageId":"n1","blocksize":4096}',
);

my %example = (forwardid => '10.0.0.1:80', macaddress => '52:54:00:00:00:02');

my @requests = map {
    my $body = $bodies{"$_->{method} $_->{name}"};
    my $path = $_->{path} =~ s/\{(\w+)\}/$example{$1} \/\/ 'n1'/ger;

    $_->{method} eq 'GET' || $_->{method} eq 'DELETE' || defined $body
        ? "$_->{method} $path" . (defined $body ? "\n\n$body" : '') : ();
} grep { $_->{ays} } operations();

cmp_ok(scalar @requests, '>', 70, 'many operations');


# Whatever service, or list of some, is asked for.
sub pretend {
    my ($one, $list) = @_;

    $ays->clear_faults;
    $ays->fault(route => 'GET .*/service/\w+/n1$', status => 200,
                body => $json->encode($one));
    $ays->fault(route => 'GET .*/service/\w+(?:\?.*)?$', status => 200,
                body => $json->encode($list));
}


pretend($service, [ $service ]);
my $shown = grep { $nginx->request($_)->{status} == 200 }
            grep { /^GET/ } @requests;
cmp_ok($shown, '>', 25, 'what reads has an answer, if nothing is wrong');

my ($n, @odd) = 0;

for my $wrong (mutations($service)) {
    pretend($wrong, [ $wrong ]);

    # one of them, another one each time
    my $request = $requests[$n++ % @requests];

    push @odd, odd("$request: " . $json->encode($wrong),
                   $nginx->request($request));
}

is(join("\n", @odd), '', "$n requests with wrong services");
@odd = ();

for my $list (mutations([])) {
    pretend($list, $list);
    push @odd, odd("$_: " . $json->encode($list), $nginx->request($_))
        for @requests;
}

is(join("\n", @odd), '', 'nothing of a service');
is_deeply([ $nginx->worker_pids ], [ $worker ], 'it is the same worker');


# ---- answers to each step of a change ----

my %answer = (
    'without content' => { status => 200, body => '' },
    'that has none' => { status => 204, body => '' },
    'of a space' => { status => 200, body => ' ' },
    'of a list' => { status => 200, body => '[]' },
    'of nothing' => { status => 200, body => '{}' },
    'of a text' => { status => 200, body => '"x"' },
    'of null' => { status => 200, body => 'null' },
    'of markup' => { status => 500, type => 'text/html',
                     body => '<script>alert(1)</script>' },
    'that leads elsewhere' => { status => 302, body => '{}' },
    'that says what it is not' => { status => 404, type => 'text/html',
                                    body => '{"error":[{}]}' },
    'of another run' => { status => 200,
                          body => '{"key":"a\r\nX-Planted: yes"}' },
    'of a run without steps' => { status => 200, body => '{"key":"../x",'
                                  . '"state":"ok","steps":{}}' },
    'of steps without jobs' => { status => 200, body => '{"key":"k","state":'
        . '"running","steps":[{"jobs":[[],{"key":1},{"key":"../.."}]}]}' },
    'of many errors' => { status => 400, body => $json->encode({
        error => "a\x1b[31m\nb" x 1000 }) },
);

my %step = (
    blueprint => 'POST .*/blueprint$', execute => 'POST .*/blueprint/[^/]+$',
    run => 'POST .*/aysrun', poll => 'GET .*/aysrun/', job => 'GET .*/job/',
    archive => 'PUT .*/archive$', remove => 'DELETE .*/service/',
    look => 'GET .*/service/bridge/',
);

my ($name, @planted) = 'b0';

for my $step (sort keys %step) {
    @odd = ();

    for my $what (sort keys %answer) {
        $ays->reset->clear_faults->node('n1');
        $ays->fault(route => $step{$step}, %{ $answer{$what} });
        $name++;

        my @sent = (qq(POST /nodes/n1/bridges\n\n{"name":"$name",)
                    . '"networkMode":"none"}',
                    "DELETE /nodes/n1/bridges/$name");

        for my $request (@sent) {
            my $answer = $nginx->request($request);

            push @odd, odd("$what: $request", $answer);
            push @odd, "$what: $request, $answer->{seconds} s"
                if $answer->{seconds} > 15;
            push @planted, $answer->{text} =~ /^(X-Planted.*|.*\x1b.*)/mg;
        }
    }

    is(join("\n", @odd), '', "$step: odd answers");
}

is_deeply(\@planted, [], 'nothing of that is in a header');
is_deeply([ $nginx->worker_pids ], [ $worker ], 'it is the same worker');
$ays->clear_faults;
$nginx->stop;


# ---- answers without an end ----

sub head { return "HTTP/1.1 $_[0]\r\nContent-Type: application/json\r\n" }

my %peer = map { $_->[0] => peer($_->[1]) }
    [ head => sub { return (head('200 OK'), "X-A: b\r\n", 0) } ],
    [ line => sub { return (head('200 OK') . 'X-A: ', 'a' x 4096, 0) } ],
    [ body => sub { return (head('200 OK') . "\r\n", ' ' x 4096, 0) } ],
    [ chunks => sub { return (head('200 OK')
        . "Transfer-Encoding: chunked\r\n\r\n", "1000\r\n" . ' ' x 4096
        . "\r\n", 0) } ],
    [ length => sub { return (head('200 OK')
        . "Content-Length: 9223372036854775807\r\n\r\n", ' ' x 4096, 0) } ],
    [ continue => sub { return ('', "HTTP/1.1 100 Continue\r\n\r\n", 0) } ],
    [ drip => sub { return (head('200 OK') . "\r\n", ' ', 0.1) } ],
    [ driphead => sub { return (head('200 OK'), 'X', 0.1) } ],
    [ dripline => sub { return ('', 'H', 0.1) } ],
    [ silent => sub { return ('', '', 1) } ],
    [ redirect => sub { return (head('200 OK') . "X-Accel-Redirect: /secret\r\n"
        . "Content-Length: 2\r\nConnection: close\r\n\r\n{}", undef, 0) } ],
    [ garbage => sub { return ("<script>\0\r\n", undef, 0) } ],
    [ twice => sub { return ((head('200 OK')
        . "Content-Length: 2\r\n\r\n{}") x 2, undef, 0) } ];


sub peer {
    my ($function) = @_;

    return ZosPeer->start(sub {
        my ($socket) = @_;

        defined ZosPeer::request($socket) or return;

        my ($first, $again, $pause) = $function->();

        print $socket $first or return;

        while (defined $again) {
            print $socket $again or return;
            select undef, undef, undef, $pause if $pause;
        }
    });
}


open my $in, '<', 'conf/zos_ays.conf' or die "conf/zos_ays.conf: $!\n";
my $location = join '', <$in>;

my $config = join '', map {
    my $text = $location =~ s{/_ays/}{/_$_/}gr;

    $text =~ s{http://ays/}{http://127.0.0.1:@{[ $peer{$_}->port ]}/}g;
    $text . "location /$_/ { rewrite ^/$_(/.*)\$ \$1 break; zos on; "
          . "zos_ays /_$_; zos_ays_max_reply 256k; zos_ays_timeout 500ms; }\n"
} sort keys %peer;

$nginx = ZosNginx->start(http => 'zos_zone zos:1m;', config => $config
    . "location = /secret { internal; return 200 '[{\"name\":\"planted\"}]'; }");
($worker) = $nginx->worker_pids;

my %expected = (
    head => [ 502, 'ays connect' ], line => [ 502, 'ays connect' ],
    body => [ 502, 'ays too large' ], chunks => [ 502, 'ays too large' ],
    length => [ 502, 'ays too large' ], garbage => [ 502, 'ays location' ],
    redirect => [ 502, 'ays protocol' ], twice => [ 502, 'ays protocol' ],
    continue => [ 502, 'ays too large' ],
    map { $_ => [ 504, 'ays timeout' ] } qw( drip driphead dripline silent ),
);

is_answer($nginx->request('GET /garbage/nodes'), 'garbage', status => 502);

my $before = memory($worker, 'HWM');
my @many;

for my $name (sort keys %peer) {
    my ($status, $reason) = @{ $expected{$name} };
    my $answer = $nginx->request("GET /$name/nodes");

    is_answer($answer, $name, status => $status, reason => $reason,
              within => 8);
    unlike($answer->{body}, qr/planted/, "$name: nothing else");
    push @many, $nginx->parallel(map { "GET /$name/nodes/n$_" } 1 .. 5);
}

is(join("\n", map { $_->{text} } grep { $_->{status} !~ /^(?:404|50[24])$/ } @many),
   '', 'many at a time');
cmp_ok(memory($worker, 'HWM') - $before, '<', 24, 'MiB, of the worker');
is_deeply([ $nginx->worker_pids ], [ $worker ], 'it is the same worker');

# those that drip have been given up, as nobody waits for them
ok($nginx->reload(config => 'location / { zos on; }',
                  http => 'zos_zone zos:1m;'), 'a reload');
ok(ZosProcess::wait_for(sub { !$nginx->worker_pids(1) }, 15),
   'the old worker has nothing left to wait for');
$nginx->stop;
$_->stop for values %peer;

__DATA__

=== TEST 1: createContainer: what YAML takes for line ends
--- zos_ays
ays->node('n1');
--- request eval
"POST /nodes/n1/containers
{\"id\":\"c1\",\"flist\":\"http://f/f\",\"hostname\":\"h\",\"initProcesses\":[{\"name\":\"x\",\"args\":[\"a\\u0085b\\u2028c\\u2029d\\u007fe\\u009ff\\u00a0\"]}]}"
--- error_code_like: ^(?:201|204|504)$
--- zos_ays_after
my ($blueprint) = map { $_->{body} } grep { $_->{path} =~ m{/blueprint$} }
                                     ays->requests;
like($blueprint, qr/a\\\\u0085b\\\\u2028c\\\\u2029d\\\\u007fe\\\\u009ff\x{a0}/,
     'they are escaped');



=== TEST 2: createContainer: a secret of several lines
--- zos_ays
ays->node('n1');
ays->fault(route => 'POST .*/blueprint/', status => 400, times => 1,
           body => '{"error":"no planted-one\nplanted-two\n"}');
ays->fault(route => 'POST .*/blueprint/', status => 400, times => 1,
           body => '{"error":"Traceback:\n  x\nno planted-one\nplanted-two"}');
ays->fault(route => 'POST .*/blueprint/', status => 400, times => 1,
           body => '{"error":"no planted-one\\\\nplanted-two"}');
--- request eval
[("POST /nodes/n1/containers
{\"id\":\"c1\",\"flist\":\"http://f/f\",\"hostname\":\"h\",\"nics\":[{\"type\":\"zerotier\",\"id\":\"8056c2e21c000001\",\"token\":\"planted-one\\nplanted-two\"}]}") x 3]
--- error_code eval
[400, 400, 400]
--- response_body_like eval
[('\A(?!.*planted).*refuses') x 3]
--- no_error_log
zos: .*planted



=== TEST 3: listBackup: a meta that can't be read has its tokens in it
--- zos_ays
ays->seed(map { [ 'backup.container', "b$_", data => { meta => '{"a":'
    . (qw( NaN 1e999 "\\u0000" ))[$_] . ',"token":"planted"}' } ] } 0 .. 2);
--- request
GET /backup
--- response_body_like: ^\[\{"meta":null,.*\{"meta":null,.*\{"meta":null,
--- no_error_log
planted



=== TEST 4: an answer without content, to whoever asks
--- zos_ays
ays->fault(route => '/service/', status => 200, body => '');
--- request eval
[map { "GET $_" } "/nodes", "/nodes/n1", "/nodes/n1/mem", "/nodes/n1/gws/g",
 "/nodes/n1/bridges", "/nodes/n1/containers/c", "/nodes/n1/vms/v",
 "/storageclusters", "/vdiskstorage/s/vdisks/v", "/backup", "/graphs/g",
 "/webhooks/w", "/health/nodes", "/health/nodes/n1"]
--- error_code eval
[(502) x 14]
--- response_body eval
[("{\"error\":\"AYS sent an answer without content\"}\n") x 14]



=== TEST 5: likewise, status 204
--- zos_ays
ays->fault(route => '/service/', status => 204, body => '');
--- request eval
["DELETE /nodes/n1/bridges/b", "POST /nodes/n1/reboot", "GET /nodes/n1",
 "DELETE /nodes/n1/gws/g", "DELETE /storageclusters/s",
 "PUT /webhooks/w\n{\"url\":\"http://h/\",\"eventtypes\":[\"ork\"]}"]
--- error_code eval
[(502) x 6]



=== TEST 6: deleteBridge: a service that can't be read is not changed
--- zos_ays
ays->node('n1');
ays->fault(route => '/service/bridge/b', status => 200, body =>
    '{"role":"bridge","name":"b","parent":{"role":"node","name":"n1"},'
    . '"data":{"setting":9223372036854775808}}');
--- request
DELETE /nodes/n1/bridges/b
--- error_code: 502
--- response_body
{"error":"AYS sent an answer of an unknown shape"}
--- zos_ays_after
is_deeply([ grep { !/^GET/ } ays->calls ], [], 'nothing was done');
