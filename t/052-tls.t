use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( C );
use ZosNginx;
use ZosProcess qw( reserve_port );
use ZosRelay;

# TLS to nodes. The certificate of the node is for 127.0.0.1,
# zero-os.gig.tech and node.test, and issued by ca.pem.

my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node n 127.0.0.1:$TEST_NGINX_CORE0_C_TLS;
    zos_node plain 127.0.0.1:$TEST_NGINX_CORE0_C ssl=off;
    zos_core0_connect_timeout 500ms;
    zos_core0_ssl on;
EOC

# wherever the machine thinks that localhost is
my $relay = ZosRelay->start(to => $ENV{TEST_NGINX_CORE0_C_TLS});
my $other = ZosRelay->start(to => $ENV{TEST_NGINX_CORE0_C_TLS},
                            port => $relay->port, listen => '[::1]');

$ENV{TEST_NGINX_LOCALHOST_PORT} = $relay->port;

# verification, up to the authority
my $verify = <<'EOC';
    zos_core0_ssl_verify on;
    zos_core0_ssl_trusted_certificate $TEST_NGINX_CERT_DIR/ca.pem;
EOC

add_block_preprocessor(sub {
    my ($block) = @_;

    my $http = $block->http_config // '';
    $http =~ s/^\s*VERIFY;$/$verify/m;

    $block->set_value('http_config', $nodes . $http);
    $block->set_value('config', <<'EOC' . ($block->config // ''));
    add_header X-Reason $zos_error always;
    location / { zos on; }
EOC
    $block->set_value('request', 'GET /nodes/n/mem')
        unless defined $block->request;
});

no_root_location();
no_long_string();
run_tests();


sub stats { core0_control('C', "stats " . $ENV{"TEST_NGINX_CORE0_C_$_[0]"}) }


# ---- sessions are resumed, which saves most of a handshake ----

for my $protocol (qw( TLSv1.2 TLSv1.3 )) {
    # beside a connection that is kept
    my $nginx = ZosNginx->start(http => <<"EOC");
$nodes $verify
    zos_core0_ssl_protocols $protocol;
EOC
    core0_control('C', 'resetstats');
    is_answer($nginx->request('GET /nodes/n/mem'), "$protocol, the first");
    is_answer($_, "$protocol, five more")
        for $nginx->parallel(('GET /nodes/n/mem') x 5);
    # a session of TLSv1.3 is good for one use
    cmp_ok(stats('TLS')->{tls_resumed}, '>=', 1, 'its session is resumed');
    $nginx->stop;

    # when none is kept
    $nginx = ZosNginx->start(http => <<"EOC");
$nodes $verify
    zos_core0_keepalive 0;
    zos_core0_ssl_protocols $protocol;
EOC
    core0_control('C', 'resetstats');
    is_answer($nginx->request('GET /nodes/n/mem'), "$protocol, $_")
        for 1 .. 5;
    is(stats('TLS')->{accepted}, 5, 'five connections');
    is(stats('TLS')->{tls_resumed}, 4, 'four of them resume a session');

    # the node has forgotten it
    core0_start('C');
    is_answer($nginx->request('GET /nodes/n/mem'), "$protocol, restarted, $_")
        for 1 .. 2;
    is(stats('TLS')->{tls_resumed}, 1, 'a new session');
    $nginx->stop;
}

ZosCluster::restore();


# ---- who is not verified does not learn the password ----

my $nginx = ZosNginx->start(http => <<"EOC");
$nodes
    zos_node t 127.0.0.1:\$TEST_NGINX_CORE0_C_TLS_AUTH password=secret;
    zos_core0_ssl_verify on;
    zos_core0_ssl_trusted_certificate \$TEST_NGINX_CERT_DIR/other-ca.pem;
EOC

core0_control('C', 'resetstats');
is_answer($nginx->request('GET /nodes/t/mem'), 'somebody else', status => 502,
          reason => 'tls');
is(stats('TLS_AUTH')->{commands}, 0, 'nothing was sent');
is(stats('TLS_AUTH')->{open}, 0, 'and the connection is closed');
$nginx->stop;


# ---- one that was not verified serves nobody who wants that ----

$nginx = ZosNginx->start(http => $nodes, config => <<'EOC');
    location / { zos on; }
    location /nodes/n/cpus {
        zos on;
        zos_core0_ssl_verify on;
        zos_core0_ssl_trusted_certificate $TEST_NGINX_CERT_DIR/other-ca.pem;
    }
EOC

for (1 .. 2) {
    is_answer($nginx->request('GET /nodes/n/mem'), 'unverified');
    is_answer($nginx->request('GET /nodes/n/cpus'), 'verified', status => 502,
              reason => 'tls');
}

$nginx->stop;


# ---- servers share connections, up to one with directives of its own ----

my @port = (reserve_port(), reserve_port());

$nginx = ZosNginx->start(http => <<"EOC", config => <<"EOC");
$nodes
    server { listen 127.0.0.1:$port[0]; location / { zos on; } }
    server {
        listen 127.0.0.1:$port[1];
        zos_core0_ssl_protocols TLSv1.2;
        location / { zos on; }
    }
EOC
        location / { zos on; }
        location /0/ { proxy_pass http://127.0.0.1:$port[0]/; }
        location /1/ { proxy_pass http://127.0.0.1:$port[1]/; }
EOC

core0_control('C', 'resetstats');
is_answer($nginx->request("GET $_/nodes/n/mem"), "server $_")
    for '', '/0', '';
is(stats('TLS')->{accepted}, 1, 'one connection for both servers');
is_answer($nginx->request('GET /1/nodes/n/mem'), 'other protocols');
is(stats('TLS')->{accepted}, 2, 'are another connection');
$nginx->stop;


# ---- faults, and large replies, over TLS ----

$nginx = ZosNginx->start(http => <<"EOC");
$nodes
    zos_node bad 127.0.0.1:\$TEST_NGINX_CORE0_C_BAD_TLS password=secret;
    zos_core0_accept_timeout 3s;
EOC

for my $case ([ 'silent', 504, 'connect timeout' ], [ 'reset', 502, 'closed' ],
              [ 'garbage', 502, 'auth|protocol' ], [ 'break:0', 502, 'tls' ],
              [ 'break:3', 502, 'protocol' ], [ 'break:5', 502, 'closed' ],
              [ 'break:100', 502, 'protocol' ],
              [ 'break:500', 502, 'protocol' ],
              [ 'flood', 502, 'too large' ])
{
    my ($fault, $status, $reason) = @$case;

    core0_fault('C', $fault, 'BAD_TLS');
    my $answer = $nginx->request('GET /nodes/bad/mem');
    is_answer($answer, "$fault over TLS", status => $status, within => 2);
    like($answer->{header}{'x-reason'}, qr/^(?:$reason)$/, 'its reason');
}

core0_fault('C', 'drip', 'BAD_TLS');
is_answer($nginx->request('GET /nodes/bad/mem'), 'drip over TLS');

my $data = '{"k":"' . 'x' x 500000 . '"}';

core0_fault('C', "data:$data", 'BAD_TLS');
my $answer = $nginx->request('GET /nodes/bad/stats');
is_answer($answer, 'a large answer over TLS');
ok($answer->{body} eq "$data\n", 'all of it');

ZosCluster::restore();
$nginx->stop;

__DATA__

=== TEST 1: any certificate will do
--- response_headers
! X-Reason
--- response_body_like: "total"
--- no_error_log
[error]



=== TEST 2: nodes that say otherwise
--- http_config
    zos_node tls 127.0.0.1:$TEST_NGINX_CORE0_C_TLS ssl=on;
--- request eval
["GET /nodes/n/mem", "GET /nodes/plain/mem", "GET /nodes/tls/mem"]
--- error_code eval
[200, 200, 200]



=== TEST 3: TLS for one location
--- http_config
    zos_node both 127.0.0.1:$TEST_NGINX_CORE0_C_TLS;
--- config
    location /nodes/both/cpus { zos on; zos_core0_ssl off; }
--- request eval
["GET /nodes/both/mem", "GET /nodes/both/cpus"]
--- error_code eval
[200, 502]
--- response_headers eval
["! X-Reason", "! X-Foo"]



=== TEST 4: TLS to a node that has none
--- http_config
    zos_node wrong 127.0.0.1:$TEST_NGINX_CORE0_C ssl=on;
--- request
GET /nodes/wrong/mem
--- timeout: 2
--- error_code: 502
--- response_headers
X-Reason: tls
--- response_body
{"error":"no TLS connection to node \"wrong\" can be made"}
--- error_log
SSL_do_handshake() failed



=== TEST 5: no TLS to a node that needs it
--- http_config
    zos_node wrong 127.0.0.1:$TEST_NGINX_CORE0_C_TLS ssl=off;
--- request
GET /nodes/wrong/mem
--- timeout: 2
--- error_code: 502
--- response_headers
X-Reason: closed
--- response_body
{"error":"node \"wrong\" closed the connection without an answer"}



=== TEST 6: verified by its address
--- http_config
    VERIFY;
--- response_headers
! X-Reason
--- response_body_like: "total"
--- no_error_log
[error]



=== TEST 7: verified by a name of its own
--- http_config
    VERIFY;
    zos_core0_ssl_name zero-os.gig.tech;
--- response_body_like: "total"



=== TEST 8: verified by an address given as its name
--- http_config
    VERIFY;
    zos_core0_ssl_name 127.0.0.1;
--- response_body_like: "total"



=== TEST 9: another name
--- http_config
    VERIFY;
    zos_core0_ssl_name elsewhere.test;
--- error_code: 502
--- response_headers
X-Reason: tls
--- error_log
certificate does not match "elsewhere.test"



=== TEST 10: another address
--- http_config
    VERIFY;
    zos_core0_ssl_name 127.0.0.2;
--- error_code: 502
--- response_headers
X-Reason: tls
--- error_log
certificate does not match "127.0.0.2"



=== TEST 11: part of a name
--- http_config
    VERIFY;
    zos_core0_ssl_name gig.tech;
--- error_code: 502
--- response_headers
X-Reason: tls



=== TEST 12: verified by the name in its address
--- http_config
    VERIFY;
    zos_node name localhost:$TEST_NGINX_LOCALHOST_PORT;
--- request
GET /nodes/name/mem
--- error_code: 502
--- response_headers
X-Reason: tls
--- error_log
certificate does not match "localhost"



=== TEST 13: another authority
--- http_config
    zos_core0_ssl_verify on;
    zos_core0_ssl_trusted_certificate $TEST_NGINX_CERT_DIR/other-ca.pem;
--- error_code: 502
--- response_headers
X-Reason: tls
--- error_log
certificate verify error



=== TEST 14: a certificate for others: not by its address
--- http_config
    VERIFY;
--- init
core0_start('C', cert => 'other-name');
--- error_code: 502
--- response_headers
X-Reason: tls
--- error_log
certificate does not match "127.0.0.1"



=== TEST 15: a certificate for others: by their name
--- http_config
    VERIFY;
    zos_core0_ssl_name elsewhere.test;
--- init
core0_start('C', cert => 'other-name');
--- response_body_like: "total"



=== TEST 16: an expired certificate
--- http_config
    VERIFY;
--- config
    location /nodes/n/cpus { zos on; zos_core0_ssl_verify off; }
--- init
core0_start('C', cert => 'expired');
--- request eval
["GET /nodes/n/mem", "GET /nodes/n/cpus"]
--- error_code eval
[502, 200]
--- response_headers eval
["X-Reason: tls", "! X-Foo"]



=== TEST 17: a self-signed certificate
--- http_config
    VERIFY;
--- config
    location /nodes/n/cpus { zos on; zos_core0_ssl_verify off; }
--- init
core0_start('C', cert => 'self-signed');
--- request eval
["GET /nodes/n/mem", "GET /nodes/n/cpus"]
--- error_code eval
[502, 200]
--- response_headers eval
["X-Reason: tls", "! X-Foo"]



=== TEST 18: a protocol that the node does not speak
--- http_config
    zos_core0_ssl_protocols TLSv1.1;
--- error_code: 502
--- response_headers
X-Reason: tls



=== TEST 19: ciphers that the node does not have
--- http_config
    zos_core0_ssl_protocols TLSv1.2;
    zos_core0_ssl_ciphers AES128-SHA256;
--- error_code: 502
--- response_headers
X-Reason: tls



=== TEST 20: protocol and ciphers that it has
--- http_config
    zos_core0_ssl_protocols TLSv1.2;
    zos_core0_ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;
--- response_body_like: "total"



=== TEST 21: the name is announced
--- http_config
    zos_node canned 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    zos_core0_ssl_name node.test;
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply:
--- tcp_query eval
qr/\x00\x09node\.test/
--- request
GET /nodes/canned/mem
--- error_code: 502
--- response_headers
X-Reason: tls



=== TEST 22: a ping tells that there is no trust
--- http_config
    VERIFY;
    zos_core0_ssl_name elsewhere.test;
--- request
POST /nodes/n/ping
--- response_body
false



=== TEST 23: verification needs somebody to trust
--- http_config
    zos_core0_ssl_verify on;
--- must_die
--- error_log
no zos_core0_ssl_trusted_certificate for zos_core0_ssl_verify



=== TEST 24: also when a node alone has TLS
--- http_config
    zos_node tls 127.0.0.1:$TEST_NGINX_CORE0_C_TLS ssl=on;
--- config
    location /x/ { zos on; zos_core0_ssl off; zos_core0_ssl_verify on; }
--- must_die
--- error_log
no zos_core0_ssl_trusted_certificate for zos_core0_ssl_verify



=== TEST 25: no such authority
--- http_config
    zos_core0_ssl_verify on;
    zos_core0_ssl_trusted_certificate $TEST_NGINX_CERT_DIR/none.pem;
--- must_die
--- error_log
none.pem



=== TEST 26: no such ciphers
--- http_config
    zos_core0_ssl_ciphers NONSENSE;
--- must_die
--- error_log
NONSENSE



=== TEST 27: no such protocol
--- http_config
    zos_core0_ssl_protocols TLSv9;
--- must_die
--- error_log
invalid value "TLSv9"
