use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Time::HiRes qw( time );
use ZosCluster qw( C );
use ZosNginx;
use ZosProcess qw( wait_for );
use ZosTokens;

# Callers need a token: where it stands, what is asked of it before anything
# else of a request is looked at, who it names, and how long it is remembered.
# Which tokens are tokens is in t/141-auth-token.t.

my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:$TEST_NGINX_CORE0_C;
EOC

my $auth = <<'EOC';
    zos_auth acme;
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/caller.pem;
EOC

add_block_preprocessor(sub {
    my ($block) = @_;

    my $http = $block->http_config // $auth;
    my $log = <<'EOC';
    log_format user 'user=$zos_user op=$zos_operation error=$zos_error end';
    access_log logs/access.log user;
EOC

    $block->set_value(http_config => $nodes . $log . $http);
    $block->set_value(config => <<'EOC') if !defined $block->config;
    add_header X-Reason $zos_error always;
    location / { zos on; }
    location = /openapi.json { zos_openapi; }
EOC
    $block->set_value(request => 'GET /nodes/n1') if !defined $block->request;

    if (defined $block->zos_missing) {
        $block->set_value(error_code => 401);
        $block->set_value(response_headers =>
                          qq(X-Reason: no token\n)
                          . qq(WWW-Authenticate: Bearer realm="zos"));
        $block->set_value(response_body => missing());
        $block->set_value(access_log =>
                          "user=- op=- error=no token end");
    }
});

no_root_location();
no_long_string();
run_tests();


sub missing {
    return '{"error":"a token is needed, as '
         . '\"Authorization: Bearer <token>\""}' . "\n";
}


sub with {
    my ($nginx, $token, $request) = @_;

    return $nginx->request($request // 'GET /nodes',
                           header => [ bearer($token) ]);
}


# How many tokens were verified, and how many were remembered.
sub looked {
    my ($nginx) = @_;

    my @lines = $nginx->log =~ /zos token: (not )?remembered/g;
    my $verified = grep { defined } @lines;

    return [ $verified, @lines - $verified ];
}


# ---- nobody is asked for a body that is not wanted ----

my $nginx = ZosNginx->start(http => $nodes . $auth);
my @expect = ('Content-Length: 100000', 'Expect: 100-continue');

for my $request ('POST /nodes/n1/ping', 'POST /nodes/n1/jobs', 'PUT /x') {
    my $answer = $nginx->request($request, header => \@expect);

    is_answer($answer, "$request, anonymous", status => 401,
              reason => 'no token', within => 1);
    unlike($answer->{text}, qr/100 Continue/, '... and asked for nothing');
}

my $answer = $nginx->request('POST /nodes/n1/containers/c/filesystem?path=/x',
                             header => [ @expect,
                                         bearer(variant('expired')) ]);
is_answer($answer, 'an upload, expired', status => 440, reason => 'expired',
          within => 1);
unlike($answer->{text}, qr/100 Continue/, '... and asked for nothing');

# a body that comes all the same
my $client = $nginx->send("POST /nodes/n1/jobs\n\n" . 'x' x 500_000);
is_answer($client->answer, 'a large body, anonymous', status => 401);


# ---- remembered ----

SKIP: {
    skip 'nginx has no debug log', 5
        if qx($ENV{TEST_NGINX_BINARY} -V 2>&1) !~ /--with-debug/;

    my $before = looked($nginx);
    my $token = token();

    is_answer(with($nginx, $token), "request $_") for 1 .. 3;
    is_deeply(looked($nginx), [ $before->[0] + 1, $before->[1] + 2 ],
              'verified once, and remembered');
    is_answer(with($nginx, $token =~ s/.\z//r), 'all but the last digit',
              status => 403, reason => 'bad token');
    is_answer(with($nginx, variant('expired')), 'what was refused once',
              status => 440) for 1 .. 2;
    is_deeply(looked($nginx), [ $before->[0] + 4, $before->[1] + 2 ],
              'what is refused is not remembered');
}

$nginx->stop;


# ---- until it expires ----

$nginx = ZosNginx->start(http => "$nodes $auth keepalive_requests 2000;");

my $expire = int(time) + 3;
my $token = token(exp => $expire);

is_answer(with($nginx, $token), 'valid for three seconds') for 1 .. 2;

my $last;
wait_for { ($last = with($nginx, $token))->{status} != 200 } 6;

is_answer($last, 'expired', status => 440, reason => 'expired');
cmp_ok(time, '>=', $expire, '... not before its time');
cmp_ok(time, '<', $expire + 1.5, '... and not after it');
is_answer(with($nginx, $token), 'expired, again', status => 440);


# ---- there is room for so many ----

my @tokens = tokens(1030);
my $connection = ZosNginx::Client->connect($nginx->port);
my $before = looked($nginx);
my %status;

for my $token (@tokens, @tokens[0, -1]) {
    $connection->send('GET /nodes', header => [ bearer($token) ]);
    $status{ $connection->answer->{status} }++;
}

is_deeply(\%status, { 200 => 1032 }, 'more tokens than are remembered');
is_deeply(looked($nginx), [ $before->[0] + 1031, $before->[1] + 1 ],
          'the newest ones are')
    if qx($ENV{TEST_NGINX_BINARY} -V 2>&1) =~ /--with-debug/;


# ---- a reload ----

$token = $tokens[0];
is_answer(with($nginx, $token), 'before the reload');
$nginx->reload(http => $nodes . $auth =~ s/caller\.pem/other.pem/r);
is_answer(with($nginx, $token), 'another key', status => 403,
          reason => 'bad token');
is_answer(with($nginx, variant('other key')), '... which signs now');
$nginx->reload(http => $nodes . $auth =~ s/acme/other/r);
is_answer(with($nginx, $token), 'another organization', status => 403,
          reason => 'not allowed');
$nginx->reload(http => $nodes . "$auth zos_auth_max_validity 100s;");
is_answer(with($nginx, $token), 'a shorter validity', status => 440);
$nginx->reload(http => $nodes);
is_answer($nginx->request('GET /nodes'), 'no authentication');
$nginx->stop;


# ---- locations have their own ----

$nginx = ZosNginx->start(http => $nodes, config => <<'EOC');
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/caller.pem;
    location /nodes { zos on; zos_auth acme; }
    location = /nodes/n1 { zos on; zos_auth other; }
    location = /nodes/n1/mem {
        zos on;
        zos_auth acme;
        zos_auth_key $TEST_NGINX_TOKEN_KEYS/other.pem;
    }
    location = /nodes/n1/cpus {
        zos on;
        zos_auth acme;
        zos_auth_max_validity 1m;
    }
EOC

for (1 .. 2) {
    is_answer(with($nginx, $token, 'GET /nodes'), 'remembered here');
    is_answer(with($nginx, $token, 'GET /nodes/n1'), 'by another organization',
              status => 403, reason => 'not allowed');
    is_answer(with($nginx, $token, 'GET /nodes/n1/mem'), 'by another key',
              status => 403, reason => 'bad token');
    is_answer(with($nginx, $token, 'GET /nodes/n1/cpus'), 'by its validity',
              status => 440, reason => 'expired');
}

$nginx->stop;

__DATA__

=== TEST 1: getNode: no token
--- zos_missing



=== TEST 2: getNode: a token
--- zos_token: good
--- error_code: 200
--- response_headers
! WWW-Authenticate
--- access_log
user=bob op=getNode error=- end



=== TEST 3: getNode: schemes in any case
--- request eval
[("GET /nodes/n1") x 3]
--- more_headers eval
my $token = ::token();
["Authorization: bearer $token", "Authorization: BEARER $token",
 "AUTHORIZATION: bEARER   $token"]
--- error_code eval
[200, 200, 200]



=== TEST 4: getNode: nothing behind the scheme
--- zos_bearer: Authorization: Bearer
--- zos_missing



=== TEST 5: getNode: a space behind the scheme
--- more_headers eval
"Authorization: Bearer  "
--- zos_missing



=== TEST 6: getNode: no scheme
--- zos_bearer: Authorization: TOKEN
--- zos_missing



=== TEST 7: getNode: another scheme
--- zos_bearer: Authorization: Basic TOKEN
--- zos_missing



=== TEST 8: getNode: no space behind the scheme
--- zos_bearer: Authorization: BearerTOKEN
--- zos_missing



=== TEST 9: getNode: a tab behind the scheme
--- zos_bearer eval
"Authorization: Bearer\tTOKEN"
--- zos_missing



=== TEST 10: getNode: an empty header
--- zos_bearer: Authorization:
--- zos_missing



=== TEST 11: getNode: in another header
--- zos_bearer: X-Authorization: Bearer TOKEN
--- zos_missing



=== TEST 12: getNode: in a cookie
--- zos_bearer: Cookie: access_token=TOKEN
--- zos_missing



=== TEST 13: two tokens in a header
--- zos_bearer: Authorization: Bearer TOKEN, Bearer TOKEN
--- error_code: 403
--- response_headers
X-Reason: bad token



=== TEST 14: unknown paths are not told from known ones
--- request eval
["GET /nodes/n2", "GET /", "GET /nowhere", "DELETE /nodes",
 "GET /nodes/a%20b", "GET /nodes/n1/containers", "POST /nodes/n1/jobs\n{",
 "HEAD /nodes", "OPTIONS /nodes", "GET /nodes/n1"]
--- error_code eval
[(401) x 10]
--- response_body eval
[(::missing()) x 7, "", (::missing()) x 2]



=== TEST 15: with a token they are
--- request eval
["GET /nodes/n2", "GET /nowhere", "DELETE /nodes", "GET /nodes/a%20b",
 "GET /nodes/n1/containers"]
--- zos_token: good
--- error_code eval
[404, 404, 405, 400, 501]



=== TEST 16: zos_openapi: no token
--- request
GET /openapi.json
--- zos_missing



=== TEST 17: zos_openapi: a token
--- request
GET /openapi.json
--- zos_token: good
--- response_body_like: ^\{"openapi".*,"security":\[\{"token":\[\]\}\]\}$
--- access_log
user=bob op=- error=- end



=== TEST 18: zos_openapi: another one, by another method
--- request
POST /openapi.json
--- zos_token: other key
--- error_code: 403
--- response_body
{"error":"the token is not valid"}



=== TEST 19: zos_openapi: open
--- config
    location / { zos on; }
    location = /openapi.json { zos_openapi; zos_auth off; }
--- request eval
["GET /openapi.json", "GET /nodes"]
--- error_code eval
[200, 401]
--- response_body_unlike eval
["securitySchemes", "openapi"]



=== TEST 20: a location without
--- config
    location / { zos on; }
    location = /nodes { zos on; zos_auth off; }
--- request eval
["GET /nodes", "GET /nodes/n1"]
--- error_code eval
[200, 401]



=== TEST 21: off
--- http_config
    zos_auth off;
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/caller.pem;
--- error_code: 200
--- access_log
user=- op=getNode error=- end



=== TEST 22: off, and a token that nobody looks at
--- http_config
--- zos_token: other key
--- error_code: 200
--- access_log
user=- op=getNode error=- end



=== TEST 23: the key of ItsYou.online
--- http_config
    zos_auth acme;
--- zos_token: good
--- error_code: 403
--- response_body
{"error":"the token is not valid"}



=== TEST 24: inherited, and another organization inside
--- config
    location / {
        zos on;
        location /nodes/n1/ { zos_auth other; }
    }
--- request eval
["GET /nodes/n1", "GET /nodes/n1/mem"]
--- zos_token: good
--- error_code eval
[200, 403]



=== TEST 25: a validity of its own
--- http_config
    zos_auth acme;
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/caller.pem;
    zos_auth_max_validity 2h;
--- zos_token: valid long
--- error_code: 200



=== TEST 26: satisfy any does not do without
--- config
    location / { zos on; satisfy any; allow all; }
--- error_code: 401



=== TEST 27: an internal redirect asks, too
--- config
    location / { try_files /nothing @zos; }
    location @zos { zos on; }
--- error_code: 401



=== TEST 28: ... and takes a token
--- config
    location / { try_files /nothing @zos; }
    location @zos { zos on; }
--- zos_token: good
--- error_code: 200



=== TEST 29: $zos_user: azp
--- zos_token: no username
--- access_log
user=acme op=getNode error=- end



=== TEST 30: $zos_user: an empty username
--- zos_token: empty username
--- access_log
user=acme op=getNode error=- end



=== TEST 31: $zos_user: neither
--- zos_token: nobody
--- access_log
user=- op=getNode error=- end



=== TEST 32: $zos_user: a member of something else
--- zos_token: other scope
--- error_code: 403
--- access_log
user=bob op=- error=not allowed end



=== TEST 33: $zos_user: not of a token that is none
--- zos_token: other claims
--- error_code: 403
--- access_log
user=- op=- error=bad token end



=== TEST 34: $zos_user: control characters, also when remembered
--- config
    add_header X-User $zos_user always;
    location / { zos on; }
--- request eval
[("GET /nodes/n1") x 2]
--- more_headers eval
my $name = "a\r\nX-Evil: 1\n\n\x01\x7f\"b";
[("Authorization: Bearer " . ::token(username => $name)) x 2]
--- response_headers eval
[("X-User: a??X-Evil: 1????\"b") x 2]
--- access_log eval
qr/^user=a\?\?X-Evil: 1\?\?\?\?\\x22b op=getNode error=- end$/m



=== TEST 35: $zos_user: a long name is cut between characters
--- more_headers eval
"Authorization: Bearer " . ::token(username => "x" x 127 . "\xc3\xa4" x 50)
--- access_log eval
qr/^user=x{127} op=getNode error=- end$/m



=== TEST 36: $zos_user: of 128 bytes
--- more_headers eval
"Authorization: Bearer " . ::token(username => "x" x 128)
--- access_log eval
qr/^user=x{128} op=getNode error=- end$/m



=== TEST 37: a key of another curve
--- http_config
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/p256.pem;
--- must_die
--- error_log
is not one of P-384



=== TEST 38: a key of another curve of that size
--- http_config
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/bp384.pem;
--- must_die
--- error_log
is not one of P-384



=== TEST 39: an RSA key
--- http_config
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/rsa.pem;
--- must_die
--- error_log
is not one of P-384



=== TEST 40: a private key
--- http_config
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/caller.key;
--- must_die
--- error_log
no public key in



=== TEST 41: a file that is not there
--- http_config
    zos_auth_key nosuch.pem;
--- must_die
--- error_log
nosuch.pem



=== TEST 42: two keys
--- http_config
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/caller.pem;
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/other.pem;
--- must_die
--- error_log
"zos_auth_key" directive is duplicate



=== TEST 43: an organization without a name
--- http_config
    zos_auth "";
--- must_die
--- error_log
"zos_auth" directive must name an organization



=== TEST 44: a time that is none
--- http_config
    zos_auth_max_validity soon;
--- must_die
--- error_log
"zos_auth_max_validity" directive invalid value



=== TEST 45: a path of a key, beside the configuration
--- http_config
    zos_auth acme;
    zos_auth_key ../html/key.pem;
--- user_files eval
open my $in, '<', "$ENV{TEST_NGINX_TOKEN_KEYS}/caller.pem" or die;
">>> key.pem\n" . do { local $/; <$in> }
--- zos_token: good
--- error_code: 200
