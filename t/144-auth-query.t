use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( C );
use ZosNginx;
use ZosProcess qw( wait_for );
use ZosTokens;

# The token in the query: where it is taken, and that no log has it.

my $nodes = <<'EOC';
    large_client_header_buffers 4 8k;
    error_log logs/error.log info;
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_auth acme;
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/caller.pem;
    log_format all '$request|$request_uri|$args|$query_string|'
                   '$arg_access_token|$uri|$zos_user|$status end';
    access_log logs/access.log all;
EOC

our $Token = token(username => 'alice');
our $Output = '/nodes/n1/jobs/3f1d1a52-11c5-4d6b-b1a5-6bc7d8dfb83a/output';

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => $nodes . ($block->http_config // ''));
    $block->set_value(config => <<'EOC') if !defined $block->config;
    add_header X-Reason $zos_error always;
    location / { zos on; zos_auth_query on; }
EOC

    my $request = $block->request;
    my @requests = ref $request ? @$request : $request;

    s/OUTPUT/$Output/, s/TOKEN/$Token/g for @requests;
    $block->set_value(request => \@requests);
});

no_root_location();
no_long_string();
run_tests();


# What the access log has of a request with this query.
sub line {
    my ($query) = @_;

    my $uri = "$Output?$query";
    my $text = "GET $uri HTTP/1.1|$uri|$query|$query|-|$Output|alice|404 end";

    return qr/^\Q$text\E$/m;
}


sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or return '';
    local $/;
    return scalar <$in> // '';
}


# ---- no log has it ----

my $config = <<'EOC';
    limit_req zone=r burst=40 nodelay;
    zos_auth_query on;

    location / {
        zos on;
        rewrite_log on;
        rewrite ^/nodes/there/(.*)$ /nodes/n1/$1 break;
    }
    location = /openapi.json { zos_openapi; zos_auth off; }
    location /nodes/denied/ { zos on; deny all; }
    location /nodes/limited/ { zos on; limit_req zone=limited; }
    location /nodes/asked/ { zos on; auth_request /ask; }
    location /nodes/redirected/ { try_files /nothing @zos; }
    location /nodes/rewritten/ {
        rewrite ^/nodes/rewritten/(.*)$ /nodes/n1/$1 last;
    }
    location @zos { zos on; }
    location = /ask {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_DEAD_PORT;
        proxy_set_header X-URI $request_uri;
    }
    location /elsewhere { return 200 "$arg_access_token $request_uri\n"; }
    location /files { root html; }
EOC

my $zones = <<'EOC';
    limit_req_zone $server_name zone=r:1m rate=10r/s;
    limit_req_zone $request_uri zone=limited:1m rate=1r/m;
    limit_req_log_level warn;
EOC

my $nginx = ZosNginx->start(http => $nodes . $zones, config => $config,
                            listen => 'http2');

# an HTTP/2 listener still speaks 1.1 only where TLS chooses
my $plain = ZosNginx->start(http => $nodes . $zones, config => $config);

# what a log may have of one: a line cut short would not do
my $secret = substr $Token, 0, 60;
my @queries = ("access_token=$Token", "a=1&access_token=$Token&b=2",
               "ACCESS_TOKEN=$Token", "%61ccess%5Ftoken=$Token",
               "access_token=&access_token=$Token",
               "access_token=$Token&access_token=$Token");
my @paths = ($Output, '/nodes', '/nowhere', '/openapi.json',
             '/nodes/denied/mem', '/nodes/limited/mem', '/nodes/limited/mem',
             '/nodes/asked/mem', '/nodes/redirected/mem',
             '/nodes/rewritten/mem', '/nodes/there/mem', '/files',
             '/elsewhere', '/nodes/n1/mem');

$plain->request("GET $_?access_token=$Token") for @paths;
$plain->request("GET /nodes?$_") for @queries;
$plain->request("POST /nodes/n1/ping?access_token=$Token");
$plain->request("GET /nodes?access_token=$Token HTTP/1.1",
                header => [ 'Content-Length: x' ]);
$plain->request("GET /nodes?access_token=$Token",
                header => [ bearer($Token) ]);
is($plain->request("GET /elsewhere?access_token=$Token")->{body},
   "$Token /elsewhere?access_token=$Token\n", 'other locations have theirs');
ok($plain->accesses(qr/elsewhere/), 'all is logged');

SKIP: {
    skip 'no curl', 3 if system('command -v curl > /dev/null');

    for my $path ($Output, '/nodes', '/nodes/denied/mem') {
        my $url = 'http://127.0.0.1:' . $nginx->port . $path;
        my $write = '%{http_version} %{http_code}';
        my $status = qx(curl -s -m 10 -o /dev/null -w '$write' \\
                        --http2-prior-knowledge '$url?access_token=$Token');

        is($status, { $Output => '2 404', '/nodes' => '2 401' }->{$path}
                    // '2 403', "HTTP/2, $path");
    }
}

for my $server ($plain, $nginx) {
    $server->stop;

    for my $log (qw( access error )) {
        my $text = slurp("$server->{dir}/logs/$log.log");

        # what this very test makes malformed is told before it is parsed
        $text =~ s/^.*client sent invalid "Content-Length".*\n//m;

        ok(index($text, $secret) < 0, "the $log log has no token")
            || diag((grep { index($_, $secret) >= 0 } split /^/, $text)[0]);
        like($text, qr/access_token=- HTTP/i, '... but the place of one');
    }
}

__DATA__

=== TEST 1: getNodeJobOutput: taken, and there is no such job
--- request
GET OUTPUT?access_token=TOKEN
--- error_code: 404
--- access_log eval
::line("access_token=-")



=== TEST 2: getContainerJobOutput: taken, and there is no such container
--- request
GET /nodes/n1/containers/c/jobs/x/output?access_token=TOKEN
--- error_code: 404
--- response_headers
! WWW-Authenticate



=== TEST 3: getNodeJobOutput: HEAD
--- request
HEAD OUTPUT?access_token=TOKEN
--- error_code: 404



=== TEST 4: other operations do not take it
--- request eval
["GET /nodes?access_token=TOKEN", "GET /nodes/n1/mem?access_token=TOKEN",
 "GET /nodes/n1/jobs?access_token=TOKEN", "GET /nowhere?access_token=TOKEN",
 "POST /nodes/n1/ping?access_token=TOKEN", "POST OUTPUT?access_token=TOKEN"]
--- error_code eval
[(401) x 6]



=== TEST 5: off, as it is by default
--- config
    location / { zos on; }
--- request
GET OUTPUT?access_token=TOKEN
--- error_code: 401
--- access_log eval
qr{^GET $::Output\?access_token=- HTTP}m



=== TEST 6: zos_operations has no output
--- config
    location / { zos on; zos_auth_query on; zos_operations list*; }
--- request
GET OUTPUT?access_token=TOKEN
--- error_code: 401



=== TEST 7: among others
--- request
GET OUTPUT?a=1&access_token=TOKEN&b=2
--- error_code: 404
--- access_log eval
::line("a=1&access_token=-&b=2")



=== TEST 8: a name that ends like it is none
--- request
GET OUTPUT?x_access_token=TOKEN
--- error_code: 401



=== TEST 9: empty, and absent
--- request eval
["GET OUTPUT?access_token=", "GET OUTPUT?access_token", "GET OUTPUT?",
 "GET OUTPUT?access_token=&access_token=TOKEN"]
--- error_code eval
[(401) x 4]



=== TEST 10: one that is none
--- request
GET OUTPUT?access_token=TOKENx
--- error_code: 403
--- response_body
{"error":"the token is not valid"}



=== TEST 11: "-" is none
--- request
GET OUTPUT?access_token=-
--- error_code: 403



=== TEST 12: the header comes first
--- request eval
[("GET OUTPUT?access_token=TOKEN") x 3]
--- more_headers eval
["Authorization: Bearer x", "Authorization: Basic eDp5",
 "Authorization: Bearer $::Token"]
--- error_code eval
[403, 401, 404]



=== TEST 13: behind a rewrite and a redirect
--- config
    location /api/ {
        rewrite ^/api(/.*)$ $1 last;
    }
    location / { try_files /nothing @zos; }
    location @zos { zos on; zos_auth_query on; }
--- request eval
["GET /apiOUTPUT?access_token=TOKEN", "GET OUTPUT?access_token=TOKEN"]
--- error_code eval
[404, 404]
--- response_headers eval
["! WWW-Authenticate", "! WWW-Authenticate"]



=== TEST 14: behind a rewrite in the location
--- config
    location /api/ {
        zos on;
        zos_auth_query on;
        rewrite ^/api(/.*)$ $1 break;
    }
--- request
GET /apiOUTPUT?access_token=TOKEN
--- error_code: 404
--- response_headers
! WWW-Authenticate



=== TEST 15: without zos_auth nobody looks, but it is masked
--- http_config
    zos_auth_query on;
--- config
    location / { zos on; zos_auth off; }
--- request
GET /nodes?access_token=TOKEN
--- error_code: 200
--- access_log eval
qr{^GET /nodes\?access_token=- HTTP}m



=== TEST 16: a location of another kind, inside, has its own
--- config
    location / {
        zos on;
        location /other {
            proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
        }
    }
    location = /echo { return 200 "$args\n"; }
--- request
GET /other?access_token=TOKEN
--- response_body eval
"access_token=$::Token\n"
--- access_log eval
qr{^GET /other\?access_token=- HTTP}m
