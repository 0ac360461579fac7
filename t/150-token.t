use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use MIME::Base64 qw( encode_base64url );
use ZosCerts;
use ZosProcess qw( temp_dir );
use ZosToken;

# The gateway's own token as it is configured, and its variable.

my $dir = temp_dir('zos-token');
our $jwt = ZosToken::jwt(exp => 4102444800);
my ($header, $payload, $signature) = split /\./, $jwt;

my %file = (
    good       => $jwt,
    spaces     => " \n\t$jwt\r\n\n",
    real       => ZosToken::jwt(exp => 4102444800.5),
    expired    => ZosToken::jwt(exp => 1500000000),
    longest    => longest(3840),
    'too-long' => longest(3841),
    huge       => longest(20000),
    empty      => '',
    text       => 'correct.horse',
    parts      => "$jwt.$jwt",
    unsigned   => "$header.$payload.",
    headless   => ".$payload.$signature",
    lines      => "$header.$payload\n.$signature",
    control    => "$header.$payload.$signature\x01x",
    'no-json'  => join('.', $header, encode_base64url('nonsense'), 'x'),
    array      => join('.', $header, encode_base64url('[1]'), 'x'),
    'no-exp'   => ZosToken::jwt(),
    'text-exp' => ZosToken::jwt(exp => 'tomorrow'),
    'zero-exp' => ZosToken::jwt(exp => 0),
    'far-exp'  => ZosToken::jwt(exp => 1e30),
    twice      => join('.', $header,
                       encode_base64url('{"exp":4102444800,"exp":1}'), 'x'),
);

for my $name (keys %file) {
    open my $out, '>', "$dir/$name" or die "$dir/$name: $!\n";
    print $out $file{$name};
    close $out;
}

ZosCerts::authority($dir, 'ca');
$ENV{TEST_NGINX_TOKEN_DIR} = $dir;


# A JWT of so many bytes.
sub longest {
    my ($size) = @_;

    return "$jwt." =~ s/\.[^.]*\.\z/./r
           . 'x' x ($size - length("$header.$payload."));
}


add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', 'zos_zone zos:64k; '
                                     . ($block->http_config // ''));
    $block->set_value('config', 'location /t { return 200 "<$zos_token>"; }')
        if !defined $block->config;
    $block->set_value('request', 'GET /t') if !defined $block->request;
});

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: the variable
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
--- response_body eval
"<$main::jwt>"
--- no_error_log
[error]



=== TEST 2: white space around it
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/spaces;
--- response_body eval
"<$main::jwt>"



=== TEST 3: without a token
--- response_body: <>
--- no_error_log
[error]



=== TEST 4: one that has ended
--- zos_once
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/expired;
--- response_body: <>
--- error_log
zos_token has expired and was not renewed



=== TEST 5: seconds with a fraction
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/real;
--- response_body_like: ^<ey



=== TEST 6: the longest one
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/longest;
--- response_body_like: ^<ey[\w.-]{3838}>$



=== TEST 7: a byte more
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/too-long;
--- must_die
--- error_log
too-long" is too long



=== TEST 8: much more
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/huge;
--- must_die
--- error_log
huge" is larger than



=== TEST 9: an empty file
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/empty;
--- must_die
--- error_log
empty" is not a JWT



=== TEST 10: no file
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/none;
--- must_die
--- error_log
No such file



=== TEST 11: a directory
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR;
--- must_die
--- error_log
Is a directory



=== TEST 12: another text, which stays untold
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/text;
--- must_die
--- error_log
is not a JWT
--- no_error_log
horse



=== TEST 13: too many parts
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/parts;
--- must_die
--- error_log
is not a JWT



=== TEST 14: without a signature
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/unsigned;
--- must_die
--- error_log
is not a JWT



=== TEST 15: without a header
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/headless;
--- must_die
--- error_log
is not a JWT



=== TEST 16: in two lines
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/lines;
--- must_die
--- error_log
has characters that a JWT has not



=== TEST 17: a control character
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/control;
--- must_die
--- error_log
has characters that a JWT has not



=== TEST 18: no JSON in it
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/no-json;
--- must_die
--- error_log
is not a JWT



=== TEST 19: no object in it
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/array;
--- must_die
--- error_log
is not a JWT



=== TEST 20: without an end
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/no-exp;
--- must_die
--- error_log
does not say when it ends



=== TEST 21: an end that is none
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/text-exp;
--- must_die
--- error_log
does not say when it ends



=== TEST 22: an end of 0
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/zero-exp;
--- must_die
--- error_log
does not say when it ends



=== TEST 23: an end beyond all time
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/far-exp;
--- must_die
--- error_log
does not say when it ends



=== TEST 24: two ends
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/twice;
--- must_die
--- error_log
is not a JWT



=== TEST 25: twice
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token $TEST_NGINX_TOKEN_DIR/good;
--- must_die
--- error_log
"zos_token" directive is duplicate



=== TEST 26: a renewal of nothing
--- http_config
    zos_token_refresh https://127.0.0.1/;
--- must_die
--- error_log
"zos_token_refresh" needs "zos_token"



=== TEST 27: another scheme
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh ftp://127.0.0.1/;
--- must_die
--- error_log
"ftp://127.0.0.1/" is neither https nor http



=== TEST 28: no scheme
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh itsyou.online;
--- must_die
--- error_log
"itsyou.online" is not a URL



=== TEST 29: a space in it
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh "https://127.0.0.1/a b";
--- must_die
--- error_log
is not a URL



=== TEST 30: a password in it
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh https://me:you@127.0.0.1/;
--- must_die
--- error_log
has a user or a password



=== TEST 31: http is warned about
--- zos_once
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh http://127.0.0.1/;
--- response_body_like: ^<ey
--- error_log
"zos_token_refresh" sends the token without TLS



=== TEST 32: all the parameters
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh https://127.0.0.1/ before=1h timeout=500ms
                      trusted_certificate=$TEST_NGINX_TOKEN_DIR/ca.pem;
--- response_body_like: ^<ey
--- no_error_log
[warn]



=== TEST 33: no time
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh https://127.0.0.1/ before=soon;
--- must_die
--- error_log
invalid parameter "before=soon"



=== TEST 34: no time at all
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh https://127.0.0.1/ before=0;
--- must_die
--- error_log
invalid parameter "before=0"



=== TEST 35: too much of it
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh https://127.0.0.1/ timeout=61s;
--- must_die
--- error_log
invalid parameter "timeout=61s"



=== TEST 36: another parameter
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh https://127.0.0.1/ after=5m;
--- must_die
--- error_log
invalid parameter "after=5m"



=== TEST 37: no such authority
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh https://127.0.0.1/
                      trusted_certificate=$TEST_NGINX_TOKEN_DIR/none.pem;
--- must_die
--- error_log
none.pem



=== TEST 38: an authority without a certificate
--- http_config
    zos_token $TEST_NGINX_TOKEN_DIR/good;
    zos_token_refresh https://127.0.0.1/
                      trusted_certificate=$TEST_NGINX_TOKEN_DIR/text;
--- must_die
--- error_log
no certificate is in
