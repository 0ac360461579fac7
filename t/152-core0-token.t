use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;
use ZosCluster qw( C );
use ZosNginx;
use ZosProcess qw( wait_for );
use ZosToken;

# The gateway's own token as the credentials for nodes and for AYS.

my $service = ZosToken->start;
my $ays = ZosAys->start;
my $mem = 'GET /nodes/n/mem';
my ($file, $old, $new);

# for the blocks
$ENV{TEST_NGINX_TOKEN_FILE} = $service->file(life => 3600);

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', 'zos_zone zos:1m; '
                                     . ($block->http_config // ''));
    $block->set_value('config', 'location / { zos on; }')
        if !defined $block->config;
    $block->set_value('request', 'GET /nodes') if !defined $block->request;
});

no_root_location();
no_long_string();
run_tests();


# The tokens that the node takes.
sub accept_tokens {
    open my $out, '>', $ENV{TEST_NGINX_CORE0_TOKENS} or die "tokens: $!\n";
    print $out map { "$_\n" } @_;
    close $out;
}


sub config {
    my ($more) = @_;

    $more //= '';
    return <<"EOC";
    zos_zone zos:1m;
    zos_token $file;
    zos_node n 127.0.0.1:\$TEST_NGINX_CORE0_C_TOKEN;
    zos_core0_auth token;
    zos_core0_ssl on;
    zos_core0_ssl_verify on;
    zos_core0_ssl_trusted_certificate \$TEST_NGINX_CERT_DIR/ca.pem;
    $more
EOC
}


# Where it is renewed.
sub refresh {
    return 'zos_token_refresh ' . $service->https . ' trusted_certificate='
           . $service->ca('ca.pem') . " $_[0];";
}


# An nginx whose token ends in so many seconds, and another one to follow.
sub gateway {
    my ($life, $more, %option) = @_;

    ZosCluster::restore();
    core0_control('C', 'resetstats');
    $service->forget;
    $file = $service->file(life => $life);
    $old = $service->written;
    $new = ZosToken::jwt(life => 3600);
    $service->set(body => $new);
    accept_tokens($old, $new);

    return ZosNginx->start(http => config($more), config => <<'EOC', %option);
    location / { zos on; }
    location = /t { return 200 "$zos_token"; }
EOC
}


sub stats {
    core0_control('C', "stats $ENV{TEST_NGINX_CORE0_C_TOKEN}")->{$_[0]};
}


sub renewed {
    my ($nginx) = @_;

    ok(wait_for(sub { $nginx->request('GET /t')->{body} eq $new }, 6),
       'the token is renewed');
}


sub done {
    my ($nginx) = @_;

    $service->no_leaks($nginx);
    $nginx->stop;
}


# ---- it is what AUTH sends ----

my $nginx = gateway(3600);

is_answer($nginx->request($mem), "with the token, $_") for 1 .. 3;
is(stats('auths'), 1, 'once for a connection');
is(stats('accepted'), 1, '... and there is one');
is(stats('last')->[0], 'AUTH ***', '... first of all');
done($nginx);


# ---- a node that refuses it ----

$nginx = gateway(3600);
accept_tokens('another');
is_answer($nginx->request($mem), 'refused', status => 502, reason => 'auth',
          body => qr/"node \\"n\\" refuses the gateway's credentials"/);
ok($nginx->logs(qr/\[error\].*core0 at \S+ refused the gateway's token/),
   'the log says so');
is(stats('open'), 0, 'no connection is left');
done($nginx);

# not those of another authority, who get nothing
$nginx = gateway(3600, 'zos_core0_ssl_name elsewhere.test;');
is_answer($nginx->request($mem), 'another node', status => 502,
          reason => 'tls');
is(stats('auths'), 0, 'it does not get the token');
done($nginx);


# ---- a new one: connections that the old one has opened are not used ----

$nginx = gateway(4, refresh('before=2s'));
is_answer($nginx->request($mem), 'with the old token');
is(stats('open'), 1, 'its connection is kept');
renewed($nginx);
ok(wait_for(sub { stats('open') == 0 }, 1), '... and closed then');
accept_tokens($new);
is_answer($nginx->request($mem), "with the new token, $_") for 1 .. 2;
is(stats('auths'), 2, 'once for each token');
is(stats('open'), 1, 'a connection with the new one is kept');
done($nginx);

# ... but finish what they began, and hold no place after it; also where no
# other worker is looked for
$nginx = gateway(4, refresh('before=2s') . 'zos_core0_max_conns 1;'
                    . 'zos_core0_timeout 20s; zos_core0_accept_timeout 20s;',
                 main => 'master_process off;', workers => 0);
core0_fault('C', 'late:4000', 'TOKEN');
my $client = $nginx->send($mem);
ok(wait_for(sub { stats('blocked') == 1 }, 2), 'a call with the old token');
renewed($nginx);
core0_fault('C', 'none', 'TOKEN');
is_answer($nginx->request($mem), 'waits for its place', within => 5);
is_answer($client->answer, 'which it gives up when it is done', within => 6);
is(stats('auths'), 2, 'two connections');
is(stats('open'), 1, '... of which one is left');
done($nginx);


# ---- another file ----

$nginx = gateway(3600);
is_answer($nginx->request($mem), 'with the first file');
accept_tokens($new);
$service->write($file, $new);
$nginx->reload(http => config());
is_answer($nginx->request($mem), 'with the changed one, after a reload');
done($nginx);


# ---- without a valid one nothing is sent ----

$nginx = gateway(2);
is_answer($nginx->request($mem), 'before its end');
ok(wait_for(sub { $nginx->request('GET /t')->{body} eq '' }, 4), 'it ends');
core0_control('C', 'resetstats');
is_answer($nginx->request($mem), 'after it', status => 502,
          reason => 'token',
          body => qr/"the gateway has no valid token for node \\"n\\""/);
is(stats('commands'), 0, 'nothing was sent');
ok($nginx->logs(qr/\[error\].*zos_token has expired and was not renewed/),
   'the log says so');
done($nginx);


# ---- beside passwords ----

$nginx = gateway(3600, <<'EOC');
    zos_node p 127.0.0.1:$TEST_NGINX_CORE0_C_TLS_AUTH password=secret;
EOC
is_answer($nginx->request('GET /nodes/p/mem'), 'a node that wants a password',
          status => 502, reason => 'auth');
$nginx->reload(http => config(<<'EOC'), config => <<'EOC2');
    zos_node p 127.0.0.1:$TEST_NGINX_CORE0_C_TLS_AUTH password=secret;
EOC
    location / { zos on; }
    location /nodes/p/ { zos on; zos_core0_auth password; }
EOC2
is_answer($nginx->request("GET /nodes/$_/mem"), "node $_ has its own")
    for qw( p n );
done($nginx);


# ---- AYS has it, too ----

for my $case ([ 'the token', sub { $old }, 200, '' ],
              [ 'another one', sub { 'x' }, 502, 'ays auth' ])
{
    my ($name, $wanted, $status, $reason) = @$case;

    $file = $service->file(life => 3600);
    $old = $service->written;
    $ays->settings(production => $wanted->());
    $nginx = ZosNginx->start(http => 'zos_zone zos:1m;'
                                     . $ays->http_config
                                     . "zos_token $file;",
                             config => $ays->config);
    is_answer($nginx->request('GET /nodes'), "AYS wants $name",
              status => $status, reason => $reason);
    done($nginx);
}

$service->stop;

__DATA__

=== TEST 1: not without TLS
--- http_config
    zos_token $TEST_NGINX_TOKEN_FILE;
    zos_core0_auth token;
    zos_node n 127.0.0.1:1;
--- must_die
--- error_log
"zos_core0_auth token" needs TLS to all nodes



=== TEST 2: ... to each of them
--- http_config
    zos_token $TEST_NGINX_TOKEN_FILE;
    zos_core0_auth token;
    zos_core0_ssl on;
    zos_node n 127.0.0.1:1;
    zos_node plain 127.0.0.1:1 ssl=off;
--- must_die
--- error_log
"zos_core0_auth token" needs TLS to all nodes



=== TEST 3: ... of AYS, too
--- http_config
    zos_token $TEST_NGINX_TOKEN_FILE;
    zos_core0_auth token;
    zos_node n 127.0.0.1:1 ssl=on;
    zos_ays /_ays;
--- must_die
--- error_log
"zos_core0_auth token" needs TLS to all nodes



=== TEST 4: ... in one location
--- http_config
    zos_token $TEST_NGINX_TOKEN_FILE;
    zos_core0_auth token;
    zos_core0_ssl on;
    zos_node n 127.0.0.1:1;
--- config
    location / { zos on; }
    location /nodes/n/ { zos on; zos_core0_ssl off; }
--- must_die
--- error_log
"zos_core0_auth token" needs TLS to all nodes



=== TEST 5: without nodes
--- http_config
    zos_token $TEST_NGINX_TOKEN_FILE;
    zos_core0_auth token;
--- must_die
--- error_log
"zos_core0_auth token" needs TLS to all nodes



=== TEST 6: each of the nodes has TLS
--- http_config
    zos_token $TEST_NGINX_TOKEN_FILE;
    zos_core0_auth token;
    zos_node n 127.0.0.1:1 ssl=on;
--- response_body_like: "id":"n"



=== TEST 7: a warning without verification
--- zos_once
--- http_config
    zos_token $TEST_NGINX_TOKEN_FILE;
    zos_core0_auth token;
    zos_core0_ssl on;
    zos_node n 127.0.0.1:1;
--- response_body_like: "id":"n"
--- error_log
"zos_core0_auth token" without "zos_core0_ssl_verify" gives the token



=== TEST 8: none with it
--- http_config
    zos_token $TEST_NGINX_TOKEN_FILE;
    zos_core0_auth token;
    zos_core0_ssl on;
    zos_core0_ssl_verify on;
    zos_core0_ssl_trusted_certificate $TEST_NGINX_CERT_DIR/ca.pem;
    zos_node n 127.0.0.1:1;
--- response_body_like: "id":"n"
--- no_error_log
[warn]



=== TEST 9: not without a token
--- http_config
    zos_core0_auth token;
    zos_core0_ssl on;
    zos_node n 127.0.0.1:1;
--- must_die
--- error_log
"zos_core0_auth token" needs "zos_token"
