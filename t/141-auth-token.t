use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosTokens;

# Which tokens are tokens. "zos_refused" is what is said about one: status,
# $zos_error, and the end of the sentence.

my $http = <<'EOC';
    large_client_header_buffers 4 16k;
    zos_zone zos:1m;
    zos_auth acme;
    zos_auth_key $TEST_NGINX_TOKEN_KEYS/caller.pem;
EOC

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => $http . ($block->http_config // ''));
    $block->set_value(config => <<'EOC') if !defined $block->config;
    add_header X-Reason $zos_error always;
    location / { zos on; }
EOC
    $block->set_value(request => 'GET /nodes') if !defined $block->request;

    if (defined $block->zos_refused) {
        my ($status, $reason, $what) =
            $block->zos_refused =~ /^(\d+) (.*?), (.*?)\s*$/;
        my $error = $reason eq 'not allowed' ? 'insufficient_scope'
                                             : 'invalid_token';

        $what =~ s/"/\\"/g;
        $block->set_value(error_code => $status);
        $block->set_value(response_body => qq({"error":"the token $what"}\n));
        $block->set_value(response_headers =>
            "X-Reason: $reason\nContent-Type: application/json\n"
            . "Cache-Control: no-store\n"
            . qq(WWW-Authenticate: Bearer realm="zos", error="$error"));

    } else {
        $block->set_value(response_headers => '! WWW-Authenticate')
            if !defined $block->response_headers;
    }

    # OpenSSL's errors do not turn up elsewhere
    $block->set_value(no_error_log => "[alert]\n[crit]\n[emerg]\nSSL error");
});

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listNodes: good
--- zos_token: good
--- error_code: 200



=== TEST 2: listNodes: member
--- zos_token: member
--- error_code: 200



=== TEST 3: listNodes: only azp
--- zos_token: only azp
--- error_code: 200



=== TEST 4: listNodes: text scope and azp
--- zos_token: text scope and azp
--- error_code: 200



=== TEST 5: listNodes: null scope
--- zos_token: null scope
--- error_code: 200



=== TEST 6: listNodes: odd scope
--- zos_token: odd scope
--- error_code: 200



=== TEST 7: listNodes: no username
--- zos_token: no username
--- error_code: 200



=== TEST 8: listNodes: empty username
--- zos_token: empty username
--- error_code: 200



=== TEST 9: listNodes: fraction exp
--- zos_token: fraction exp
--- error_code: 200



=== TEST 10: listNodes: past nbf
--- zos_token: past nbf
--- error_code: 200



=== TEST 11: listNodes: no typ
--- zos_token: no typ
--- error_code: 200



=== TEST 12: listNodes: nearly too long
--- zos_token: nearly too long
--- error_code: 200



=== TEST 13: listNodes: unfilled
--- zos_token: unfilled
--- error_code: 200



=== TEST 14: listNodes: none
--- zos_token: none
--- zos_refused: 403 bad token, is not valid



=== TEST 15: listNodes: none signed
--- zos_token: none signed
--- zos_refused: 403 bad token, is not valid



=== TEST 16: listNodes: None
--- zos_token: None
--- zos_refused: 403 bad token, is not valid



=== TEST 17: listNodes: HS256
--- zos_token: HS256
--- zos_refused: 403 bad token, is not valid



=== TEST 18: listNodes: HS384
--- zos_token: HS384
--- zos_refused: 403 bad token, is not valid



=== TEST 19: listNodes: RS256
--- zos_token: RS256
--- zos_refused: 403 bad token, is not valid



=== TEST 20: listNodes: RS384 as ES384
--- zos_token: RS384 as ES384
--- zos_refused: 403 bad token, is not valid



=== TEST 21: listNodes: ES256
--- zos_token: ES256
--- zos_refused: 403 bad token, is not valid



=== TEST 22: listNodes: ES256 as ES384
--- zos_token: ES256 as ES384
--- zos_refused: 403 bad token, is not valid



=== TEST 23: listNodes: P-384 as ES256
--- zos_token: P-384 as ES256
--- zos_refused: 403 bad token, is not valid



=== TEST 24: listNodes: SHA-256
--- zos_token: SHA-256
--- zos_refused: 403 bad token, is not valid



=== TEST 25: listNodes: brainpool
--- zos_token: brainpool
--- zos_refused: 403 bad token, is not valid



=== TEST 26: listNodes: es384
--- zos_token: es384
--- zos_refused: 403 bad token, is not valid



=== TEST 27: listNodes: no alg
--- zos_token: no alg
--- zos_refused: 403 bad token, is not valid



=== TEST 28: listNodes: list alg
--- zos_token: list alg
--- zos_refused: 403 bad token, is not valid



=== TEST 29: listNodes: two algs
--- zos_token: two algs
--- zos_refused: 403 bad token, is not valid



=== TEST 30: listNodes: crit
--- zos_token: crit
--- zos_refused: 403 bad token, is not valid



=== TEST 31: listNodes: null crit
--- zos_token: null crit
--- zos_refused: 403 bad token, is not valid



=== TEST 32: listNodes: own key
--- zos_token: own key
--- zos_refused: 403 bad token, is not valid



=== TEST 33: listNodes: other key
--- zos_token: other key
--- zos_refused: 403 bad token, is not valid



=== TEST 34: listNodes: header is no JSON
--- zos_token: header is no JSON
--- zos_refused: 403 bad token, is not valid



=== TEST 35: listNodes: header is a list
--- zos_token: header is a list
--- zos_refused: 403 bad token, is not valid



=== TEST 36: listNodes: header and more
--- zos_token: header and more
--- zos_refused: 403 bad token, is not valid



=== TEST 37: listNodes: two exps
--- zos_token: two exps
--- zos_refused: 403 bad token, is not valid



=== TEST 38: listNodes: two scopes
--- zos_token: two scopes
--- zos_refused: 403 bad token, is not valid



=== TEST 39: listNodes: two of no use
--- zos_token: two of no use
--- zos_refused: 403 bad token, is not valid



=== TEST 40: listNodes: claims are no JSON
--- zos_token: claims are no JSON
--- zos_refused: 403 bad token, is not valid



=== TEST 41: listNodes: claims are a list
--- zos_token: claims are a list
--- zos_refused: 403 bad token, is not valid



=== TEST 42: listNodes: claims are a text
--- zos_token: claims are a text
--- zos_refused: 403 bad token, is not valid



=== TEST 43: listNodes: claims and more
--- zos_token: claims and more
--- zos_refused: 403 bad token, is not valid



=== TEST 44: listNodes: claims with a zero
--- zos_token: claims with a zero
--- zos_refused: 403 bad token, is not valid



=== TEST 45: listNodes: claims are not UTF-8
--- zos_token: claims are not UTF-8
--- zos_refused: 403 bad token, is not valid



=== TEST 46: listNodes: deep claims
--- zos_token: deep claims
--- zos_refused: 403 bad token, is not valid



=== TEST 47: listNodes: der signature
--- zos_token: der signature
--- zos_refused: 403 bad token, is not valid



=== TEST 48: listNodes: short signature
--- zos_token: short signature
--- zos_refused: 403 bad token, is not valid



=== TEST 49: listNodes: long signature
--- zos_token: long signature
--- zos_refused: 403 bad token, is not valid



=== TEST 50: listNodes: padded numbers
--- zos_token: padded numbers
--- zos_refused: 403 bad token, is not valid



=== TEST 51: listNodes: half a signature
--- zos_token: half a signature
--- zos_refused: 403 bad token, is not valid



=== TEST 52: listNodes: zeros
--- zos_token: zeros
--- zos_refused: 403 bad token, is not valid



=== TEST 53: listNodes: ones
--- zos_token: ones
--- zos_refused: 403 bad token, is not valid



=== TEST 54: listNodes: r is zero
--- zos_token: r is zero
--- zos_refused: 403 bad token, is not valid



=== TEST 55: listNodes: s is zero
--- zos_token: s is zero
--- zos_refused: 403 bad token, is not valid



=== TEST 56: listNodes: swapped
--- zos_token: swapped
--- zos_refused: 403 bad token, is not valid



=== TEST 57: listNodes: a bit in it
--- zos_token: a bit in it
--- zos_refused: 403 bad token, is not valid



=== TEST 58: listNodes: other claims
--- zos_token: other claims
--- zos_refused: 403 bad token, is not valid



=== TEST 59: listNodes: other header
--- zos_token: other header
--- zos_refused: 403 bad token, is not valid



=== TEST 60: listNodes: padding
--- zos_token: padding
--- zos_refused: 403 bad token, is not valid



=== TEST 61: listNodes: padded header
--- zos_token: padded header
--- zos_refused: 403 bad token, is not valid



=== TEST 62: listNodes: padded signature
--- zos_token: padded signature
--- zos_refused: 403 bad token, is not valid



=== TEST 63: listNodes: other alphabet
--- zos_token: other alphabet
--- zos_refused: 403 bad token, is not valid



=== TEST 64: listNodes: trailing bits
--- zos_token: trailing bits
--- zos_refused: 403 bad token, is not valid



=== TEST 65: listNodes: a line in it
--- zos_token: a line in it
--- zos_refused: 403 bad token, is not valid



=== TEST 66: listNodes: a space in it
--- zos_token: a space in it
--- zos_refused: 403 bad token, is not valid



=== TEST 67: listNodes: two parts
--- zos_token: two parts
--- zos_refused: 403 bad token, is not valid



=== TEST 68: listNodes: four parts
--- zos_token: four parts
--- zos_refused: 403 bad token, is not valid



=== TEST 69: listNodes: five parts
--- zos_token: five parts
--- zos_refused: 403 bad token, is not valid



=== TEST 70: listNodes: a dot
--- zos_token: a dot
--- zos_refused: 403 bad token, is not valid



=== TEST 71: listNodes: a dot before
--- zos_token: a dot before
--- zos_refused: 403 bad token, is not valid



=== TEST 72: listNodes: dots
--- zos_token: dots
--- zos_refused: 403 bad token, is not valid



=== TEST 73: listNodes: no claims
--- zos_token: no claims
--- zos_refused: 403 bad token, is not valid



=== TEST 74: listNodes: no header
--- zos_token: no header
--- zos_refused: 403 bad token, is not valid



=== TEST 75: listNodes: text
--- zos_token: text
--- zos_refused: 403 bad token, is not valid



=== TEST 76: listNodes: huge exp
--- zos_token: huge exp
--- zos_refused: 403 bad token, is not valid



=== TEST 77: listNodes: endless exp
--- zos_token: endless exp
--- zos_refused: 403 bad token, is not valid



=== TEST 78: listNodes: number azp
--- zos_token: number azp
--- zos_refused: 403 bad token, has a claim of a wrong type



=== TEST 79: listNodes: list azp
--- zos_token: list azp
--- zos_refused: 403 bad token, has a claim of a wrong type



=== TEST 80: listNodes: list username
--- zos_token: list username
--- zos_refused: 403 bad token, has a claim of a wrong type



=== TEST 81: listNodes: text exp
--- zos_token: text exp
--- zos_refused: 403 bad token, has a claim of a wrong type



=== TEST 82: listNodes: null exp
--- zos_token: null exp
--- zos_refused: 403 bad token, has a claim of a wrong type



=== TEST 83: listNodes: text nbf
--- zos_token: text nbf
--- zos_refused: 403 bad token, has a claim of a wrong type



=== TEST 84: listNodes: text iat
--- zos_token: text iat
--- zos_refused: 403 bad token, has a claim of a wrong type



=== TEST 85: listNodes: no exp
--- zos_token: no exp
--- zos_refused: 403 bad token, has no "exp"



=== TEST 86: listNodes: future nbf
--- zos_token: future nbf
--- zos_refused: 403 bad token, is not valid yet



=== TEST 87: listNodes: future iat
--- zos_token: future iat
--- zos_refused: 403 bad token, is not valid yet



=== TEST 88: listNodes: too long
--- zos_token: too long
--- zos_refused: 403 bad token, is too long



=== TEST 89: listNodes: expired
--- zos_token: expired
--- zos_refused: 440 expired, has expired



=== TEST 90: listNodes: negative exp
--- zos_token: negative exp
--- zos_refused: 440 expired, has expired



=== TEST 91: listNodes: valid long
--- zos_token: valid long
--- zos_refused: 440 expired, is valid for longer than is allowed



=== TEST 92: listNodes: large exp
--- zos_token: large exp
--- zos_refused: 440 expired, is valid for longer than is allowed



=== TEST 93: listNodes: text scope
--- zos_token: text scope
--- zos_refused: 403 not allowed, is not one of the organization that may call



=== TEST 94: listNodes: no scope
--- zos_token: no scope
--- zos_refused: 403 not allowed, is not one of the organization that may call



=== TEST 95: listNodes: empty scope
--- zos_token: empty scope
--- zos_refused: 403 not allowed, is not one of the organization that may call



=== TEST 96: listNodes: other scope
--- zos_token: other scope
--- zos_refused: 403 not allowed, is not one of the organization that may call



=== TEST 97: listNodes: nobody, but a member
--- zos_token: nobody
--- error_code: 200
