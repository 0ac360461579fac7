use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( A C );
use ZosNginx;

# Credentials for nodes. The password of the cluster's nodes is "secret";
# no password is ever in an answer or in the log, at any level.

my $zone = <<'EOC';
    zos_zone zos:1m;
    zos_core0_connect_timeout 300ms;
EOC

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', $zone . $block->http_config);
    $block->set_value('config', <<'EOC' . ($block->config // ''));
    add_header X-Reason $zos_error always;
    location / { zos on; }
EOC
    $block->set_value('no_error_log', [ qr/secret|hunter2|correct horse/,
                                        '[alert]' ])
        unless defined $block->must_die;
});

no_root_location();
no_long_string();
run_tests();


# ---- once for a connection, and nothing goes out before the answer ----

my $nginx = ZosNginx->start(http => <<"EOC");
$zone
    zos_node one 127.0.0.1:\$TEST_NGINX_CORE0_C_AUTH password=secret;
    zos_node two 127.0.0.1:\$TEST_NGINX_CORE0_A password=hunter2;
    zos_node three 127.0.0.1:\$TEST_NGINX_CORE0_C_BAD password=hunter2;
EOC

core0_control($_, 'resetstats') for qw( A C );
is_answer($nginx->request('GET /nodes/one/mem'), "authenticated, $_")
    for 1 .. 3;

my $stats = core0_control('C', "stats $ENV{TEST_NGINX_CORE0_C_AUTH}");

is($stats->{accepted}, 1, 'one connection');
is($stats->{auths}, 1, 'authenticated once');

is_answer($nginx->request('DELETE /nodes/two/processes/999999'),
          'refused', status => 502, reason => 'auth');
$stats = core0_control('A', "stats $ENV{TEST_NGINX_CORE0_A}");
is_deeply($stats->{last}, [ 'AUTH ***' ], 'nothing but AUTH was sent');
is($stats->{open}, 0, 'and the connection is closed');

is_answer($nginx->request('POST /nodes/two/ping'), 'no ping',
          body => qr/^false$/);

core0_fault('C', 'noauth');
is_answer($nginx->request('GET /nodes/three/mem'), 'noauth', status => 502,
          reason => 'auth', within => 1);
ZosCluster::restore();
is_answer($nginx->request('GET /nodes/three/mem'), 'healed');

unlike($nginx->log, qr/secret|hunter2/, 'no password in the log');
$nginx->stop;

__DATA__

=== TEST 1: the right password
--- http_config
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A_AUTH password=secret;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C_AUTH password=secret;
    zos_node t 127.0.0.1:$TEST_NGINX_CORE0_C_TLS_AUTH password=secret ssl=on;
--- request eval
["GET /nodes/a/mem", "GET /nodes/c/mem", "GET /nodes/t/mem"]
--- response_body_like eval
['"total"', '"total"', '"total"']



=== TEST 2: a wrong password
--- http_config
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A_AUTH password=hunter2;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C_AUTH password=hunter2;
    zos_node t 127.0.0.1:$TEST_NGINX_CORE0_C_TLS_AUTH password=hunter2 ssl=on;
--- request eval
["GET /nodes/a/mem", "GET /nodes/c/mem", "GET /nodes/t/mem"]
--- error_code eval
[502, 502, 502]
--- response_headers eval
["X-Reason: auth", "X-Reason: auth", "X-Reason: auth"]
--- response_body eval
[map { qq({"error":"node \\"$_\\" refuses the gateway's credentials"}\n) }
     qw( a c t )]
--- error_log
refused the credentials



=== TEST 3: no password where one is needed
--- http_config
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A_AUTH;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C_AUTH password=;
--- request eval
["GET /nodes/a/mem", "GET /nodes/c/mem"]
--- error_code eval
[502, 502]
--- response_headers eval
["X-Reason: auth", "X-Reason: auth"]
--- response_body eval
[map { qq({"error":"node \\"$_\\" refuses the gateway's credentials"}\n) }
     qw( a c )]
--- error_log
wants other credentials



=== TEST 4: a password where none is needed: older nodes refuse it
--- http_config
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A password=hunter2;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C password=hunter2;
--- request eval
["GET /nodes/a/mem", "GET /nodes/c/mem"]
--- error_code eval
[502, 200]
--- response_headers eval
["X-Reason: auth", "! X-Reason"]



=== TEST 5: AUTH is never answered
--- http_config
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A_BAD password=hunter2;
--- init
core0_fault('A', 'authhang');
--- request
GET /nodes/a/mem
--- timeout: 1.5
--- error_code: 504
--- response_headers
X-Reason: connect timeout
--- response_body
{"error":"node \"a\" can't be reached in time"}



=== TEST 6: authhang over TLS
--- http_config
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C_BAD_TLS password=secret ssl=on;
--- init
core0_fault('C', 'authhang', 'BAD_TLS');
--- request
GET /nodes/c/mem
--- timeout: 1.5
--- error_code: 504
--- response_headers
X-Reason: connect timeout



=== TEST 7: zos_core0_auth off
--- http_config
    zos_core0_auth off;
    zos_node open 127.0.0.1:$TEST_NGINX_CORE0_A password=hunter2;
    zos_node closed 127.0.0.1:$TEST_NGINX_CORE0_A_AUTH password=secret;
--- request eval
["GET /nodes/open/mem", "GET /nodes/closed/mem"]
--- error_code eval
[200, 502]
--- response_headers eval
["! X-Reason", "X-Reason: auth"]



=== TEST 8: zos_core0_auth of a location
--- http_config
    zos_core0_auth off;
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A_AUTH password=secret;
--- config
    location /nodes/a/mem { zos on; zos_core0_auth password; }
--- request eval
["GET /nodes/a/mem", "GET /nodes/a/cpus", "GET /nodes/a/mem"]
--- error_code eval
[200, 502, 200]



=== TEST 9: what the node says about the password is nobody's business
--- http_config
    zos_node n 127.0.0.1:$TEST_NGINX_RAND_PORT_1 password=hunter2;
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"-ERR \"hunter2\" is not my password\r\n"
--- tcp_query eval
"*2\r\n\$4\r\nAUTH\r\n\$7\r\nhunter2\r\n"
--- request
GET /nodes/n/mem
--- error_code: 502
--- response_headers
X-Reason: auth
--- response_body
{"error":"node \"n\" refuses the gateway's credentials"}



=== TEST 10: a password with all kinds of characters
--- http_config
    zos_node n 127.0.0.1:$TEST_NGINX_RAND_PORT_1
             "password=correct horse;\"$\\'é%0d%0a=\t";
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"-no\r\n"
--- tcp_query eval
"*2\r\n\$4\r\nAUTH\r\n\$28\r\ncorrect horse;\"\$\\'\xc3\xa9%0d%0a=\t\r\n"
--- request
GET /nodes/n/mem
--- error_code: 502
--- response_headers
X-Reason: auth



=== TEST 11: an answer to AUTH that is none
--- http_config
    zos_node n 127.0.0.1:$TEST_NGINX_RAND_PORT_1 password=hunter2;
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
":1\r\n"
--- request
GET /nodes/n/mem
--- error_code: 502
--- response_headers
X-Reason: auth



=== TEST 12: more than was asked for
--- http_config
    zos_node n 127.0.0.1:$TEST_NGINX_RAND_PORT_1 password=hunter2;
    zos_core0_accept_timeout 300ms;
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"+OK\r\n+OK\r\n"
--- request
GET /nodes/n/mem
--- error_code: 502
--- response_headers
X-Reason: protocol



=== TEST 13: the node leaves instead of an answer
--- http_config
    zos_node n 127.0.0.1:$TEST_NGINX_RAND_PORT_1 password=hunter2;
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply:
--- request
GET /nodes/n/mem
--- error_code: 502
--- response_headers
X-Reason: closed



=== TEST 14: no such way to authenticate
--- http_config
    zos_core0_auth maybe;
--- must_die
--- error_log
invalid value "maybe"
