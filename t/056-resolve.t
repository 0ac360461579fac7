use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( A C );
use ZosDns;
use ZosNginx;
use ZosProcess qw( wait_for temp_dir );
use ZosRelay;

# Nodes given by name, which is resolved at start, and again by "resolver";
# and addresses other than IPv4.

my $dir = temp_dir('zos-relay');
my $six = ZosRelay->start(to => $ENV{TEST_NGINX_CORE0_C}, listen => '[::1]');
my $four = ZosRelay->start(to => $ENV{TEST_NGINX_CORE0_C}, port => $six->port);
my $unix = ZosRelay->start(to => $ENV{TEST_NGINX_CORE0_C},
                           listen => "$dir/node.sock");

$ENV{TEST_NGINX_SIX_PORT} = $six->port;
$ENV{TEST_NGINX_NODE_SOCK} = "$dir/node.sock";
$ENV{TEST_NGINX_REDIS_SOCK} = ZosCluster::node('C')->{dir} . '/redis.sock';

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', "zos_zone zos:1m;\n"
                                     . $block->http_config);
    $block->set_value('config', <<'EOC');
    add_header X-Reason $zos_error always;
    location / { zos on; }
EOC
});

no_root_location();
no_long_string();
run_tests();

my $dns = ZosDns->start;
my $mem = 'GET /nodes/n/mem';

# What nginx knows of the name when it starts comes from the hosts file.
my $http = <<"EOC";
    zos_zone zos:1m;
    zos_node n localhost:\$TEST_NGINX_CORE0_C_BAD;
    zos_node fixed 127.0.0.1:\$TEST_NGINX_CORE0_C;
    resolver 127.0.0.1:@{[ $dns->port ]} ipv6=off;
    resolver_timeout 400ms;
    zos_core0_connect_timeout 500ms;
EOC
my $nginx = ZosNginx->start(http => $http);


sub becomes {
    my ($status, $name) = @_;

    # an answer may be kept for the rest of the second
    ok(wait_for(sub { $nginx->request($mem)->{status} == $status }, 3), $name);
}


# ---- the address is asked for, and followed ----

$dns->set(A => '127.0.0.1');
is_answer($nginx->request($mem), 'resolved');
is($dns->queries, 1, 'by the resolver');

$dns->set(A => '127.0.0.2');
becomes(502, 'the address changes to one where nobody is');
is_answer($nginx->request($mem), 'not there', status => 502,
          reason => 'connect');
$dns->set(A => '127.0.0.1');
becomes(200, 'and back');

my $before = $dns->queries;

is_answer($nginx->request('GET /nodes/fixed/mem'), 'an address is none');
is_answer($nginx->request('GET /nodes'), 'a list of nodes');
is($dns->queries, $before, 'and not asked for');


# ---- failures ----

for my $code (qw( NXDOMAIN SERVFAIL silent )) {
    $dns->set(code => $code);
    becomes(502, "$code is noticed");
    is_answer($nginx->request($mem), $code, status => 502,
              reason => 'resolve', within => 1,
              body => qr/^\{"error":"the address of node \\"n\\" can't be/);
    is_answer($nginx->request('POST /nodes/n/ping'), "a ping, $code",
              body => qr/^false$/, within => 1);
    is_answer($nginx->request('DELETE /nodes/n/processes/999999'),
              "a change, $code", status => 502, reason => 'resolve',
              within => 1);
    is_answer($nginx->request('GET /nodes/fixed/mem'), 'another node');
}

ok($nginx->logs(qr/localhost could not be resolved/), 'it is logged');

# no address of the kind that was asked for
$dns->set(AAAA => '::1');
becomes(502, 'no address');
is_answer($nginx->request($mem), 'no address', status => 502,
          reason => 'resolve', within => 1);
$dns->set(A => '127.0.0.1');
becomes(200, 'healed');


# ---- many who ask at the same time ----

$dns->set(A => '127.0.0.1', delay => 0.2);
ok(wait_for(sub { $nginx->request($mem)->{seconds} > 0.15 }, 3),
   'the name server takes its time');
$before = $dns->queries;

my @wrong = grep { $_->{status} != 200 } $nginx->parallel(($mem) x 20);

is(scalar @wrong, 0, '20 are answered');
cmp_ok($dns->queries - $before, '<=', 2, 'with a query for all of them');


# ---- those who do not wait for it ----

$dns->set(code => 'silent');
ok(wait_for(sub {
    my $n = $dns->queries;
    my @clients = map { $nginx->send($mem) } 1 .. 3;
    wait_for { $dns->queries > $n } 0.3;
    $_->leave for @clients;
    $dns->queries > $n;
}, 3), 'clients leave while the name is asked for');
is_answer($nginx->request('GET /nodes/fixed/mem'), 'nobody is hurt');
is_answer($nginx->request($mem), 'who asks now', status => 502,
          reason => 'resolve', within => 1);

my $client = $nginx->send($mem);
my @old = $nginx->reload(http => $http);

is_answer($client->answer, 'during a reload', status => 502, within => 2);
ok(wait_for(sub { !grep { kill 0, $_ } @old }, 2), 'the old worker ends');
$dns->set(A => '127.0.0.1');
becomes(200, 'the new one goes on');

$dns->set(A => '127.0.0.1', delay => 0.3);
ok(wait_for(sub { $nginx->request($mem)->{seconds} > 0.15 }, 3), 'slow again');
$client = $nginx->send($mem);
$nginx->signal('QUIT');
is_answer($client->answer, 'begun before it quit');
ok($nginx->ended(2), 'nothing else holds it up');
$nginx->stop;


# ---- IPv6 addresses ----

$dns->set(AAAA => '::1');
$nginx = ZosNginx->start(http => <<"EOC");
    zos_zone zos:1m;
    zos_node n localhost:\$TEST_NGINX_SIX_PORT;
    resolver 127.0.0.1:@{[ $dns->port ]};
EOC
is_answer($nginx->request($mem), 'a name with an IPv6 address alone')
    for 1 .. 2;
$nginx->stop;


# ---- each server asks its own ----

my $other = ZosDns->start;

$other->set(A => '127.0.0.1');
$dns->set(A => '127.0.0.2');
$nginx = ZosNginx->start(http => <<"EOC", config => <<"EOD");
    zos_zone zos:1m;
    zos_node n localhost:\$TEST_NGINX_CORE0_C;
    resolver 127.0.0.1:@{[ $dns->port ]} ipv6=off;
EOC
    location / { zos on; }
    location /nodes/n/cpus {
        zos on;
        resolver 127.0.0.1:@{[ $other->port ]} ipv6=off;
    }
EOD
is_answer($nginx->request($mem), 'one server', status => 502,
          reason => 'connect');
is_answer($nginx->request('GET /nodes/n/cpus'), 'the other');
$nginx->stop;

__DATA__

=== TEST 1: a name is resolved at start
--- http_config
    zos_node n localhost:$TEST_NGINX_SIX_PORT;
--- request
GET /nodes/n/mem
--- response_body_like: "total"



=== TEST 2: a name that has no address
--- http_config eval
'zos_node n ' . 'x' x 64 . '.test:1;'
--- must_die
--- error_log
host not found in address "xxxx



=== TEST 3: an IPv6 address
--- http_config
    zos_node n [::1]:$TEST_NGINX_SIX_PORT;
--- request eval
["GET /nodes/n/mem", "GET /nodes/n"]
--- response_body_like eval
['"total"', '"ipaddress":"::1"']



=== TEST 4: nobody at an IPv6 address
--- http_config
    zos_node n [::1]:$TEST_NGINX_DEAD_PORT;
--- request
GET /nodes/n/mem
--- error_code: 502
--- response_headers
X-Reason: connect



=== TEST 5: a unix socket
--- http_config
    zos_node n unix:$TEST_NGINX_NODE_SOCK;
    zos_node redis unix:$TEST_NGINX_REDIS_SOCK;
--- request eval
["GET /nodes/n/mem", "GET /nodes/redis/mem", "GET /nodes/n/mem"]
--- response_body_like eval
['"total"', '"total"', '"total"']



=== TEST 6: no such unix socket
--- http_config
    zos_node n unix:$TEST_NGINX_NODE_SOCK.none;
--- request
GET /nodes/n/mem
--- error_code: 502
--- response_headers
X-Reason: connect
--- response_body
{"error":"node \"n\" can't be reached"}



=== TEST 7: an address without a port
--- http_config
    zos_node n 127.0.0.1;
    zos_core0_connect_timeout 300ms;
    zos_core0_accept_timeout 300ms;
--- request
GET /nodes/n
--- response_body_like: "ipaddress":"127\.0\.0\.1"
