use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use ZosNginx;
use ZosPeer;

# Where one request ends and the next one begins: what callers may send, and
# that nothing of it comes to AYS.  The requests to AYS are compared with what
# they must be, byte by byte.

no_root_location();
no_long_string();
run_tests();

my $service = '{"role":"node","name":"n1","actor":"node.zero-os","data":{}}';

# an AYS that knows one node, and takes any blueprint
my $ays = ZosPeer->start(sub {
    my ($socket) = @_;

    while (defined(my $request = ZosPeer::request($socket))) {
        my ($status, $body) = $request =~ m{^GET \S+/service/node/n1 }
            ? ('200 OK', $service)
            : $request =~ m{^GET \S+/service/bridge\?} ? ('200 OK', '[]')
            : $request =~ m{^GET \S+/objstor }         ? ('200 OK', '{}')
            : $request =~ m{^POST \S+/blueprint }      ? ('201 OK', '{}')
            : ('404 Not Found', '{"error":"no"}');

        print $socket "HTTP/1.1 $status\r\nContent-Type: application/json\r\n"
            . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    }
});

my $port = $ays->port;

open my $in, '<', 'conf/zos_ays.conf' or die "conf/zos_ays.conf: $!\n";
my $location = join '', <$in>;

my $nginx = ZosNginx->start(http => <<"EOC", config => <<"EOS");
    zos_zone zos:1m;
    upstream ays { server 127.0.0.1:$port; keepalive 2; }
EOC
$location
    client_header_timeout 2s;
    client_body_timeout 2s;
    lingering_timeout 1s;
    location / { zos on; zos_ays /_ays; zos_body_max 64k; }
EOS


# All the statuses that come for some bytes, until the connection ends.
sub statuses {
    my ($bytes) = @_;

    my $socket = IO::Socket::INET->new("127.0.0.1:$nginx->{port}")
        // die "nginx: $!\n";
    my $select = IO::Select->new($socket);
    my $text = '';

    local $SIG{PIPE} = 'IGNORE';
    syswrite $socket, $bytes;

    while ($select->can_read(10)) {
        last if !sysread $socket, $text, 65536, length $text;
    }

    return join ' ', $text =~ m{^HTTP/1\.1 (\d+)}mg;
}


# What came to AYS that no request of ours has made.
sub strange {
    my @requests = split /\0/, $ays->received;
    my $names = qr/[A-Za-z0-9._-]+/;

    return grep { !m{\A(?:GET|POST|PUT|DELETE)[ ]/ays/repository/objstor
                     (?:/(?:service|blueprint|aysrun)(?:/$names)*
                        (?:\?[A-Za-z0-9=&,._!-]+)?)?[ ]HTTP/1\.1\r\n
                     Authorization:[ ]Bearer[ ]\r\n
                     Host:[ ]ays\r\n
                     (?:Content-Length:[ ]\d+\r\n)?
                     Accept:[ ]application/json\r\n
                     (?:Content-Type:[ ]application/json\r\n)?\r\n
                     (?:\{.*\})?\z}xs
                  || length(s/\A.*?\r\n\r\n//sr)
                     != (/^Content-Length: (\d+)/m ? $1 : 0) } @requests;
}


# ---- callers ----

my $host = "Host: a\r\n";
my $get = "GET /nodes/n1/bridges HTTP/1.1\r\n$host";
my $post = "POST /nodes/n1/bridges HTTP/1.1\r\n$host";
my $next = "GET /nodes/nosuch HTTP/1.1\r\n${host}X-Planted: yes\r\n"
           . "Connection: close\r\n\r\n";
my $body = '{"name":"b1","networkMode":"none"}';
my $length = length $body;
my $bad = '{"x":1}';
my $chunked = "Transfer-Encoding: chunked\r\n";

sub chunk { return sprintf "%x$_[1]\r\n%s\r\n", length $_[0], $_[0] }

# what is sent, the statuses that come; what follows a 400 of nginx's own is
# not looked at
my @cases = (
    [ 'two requests', "$get\r\n$next", '200 404' ],
    [ 'a body that nobody wants, and a request in it',
      "${get}Content-Length: @{[ length $next ]}\r\n\r\n$next$next", '200 404' ],
    [ 'a body of JSON, and a request behind it',
      "${post}Content-Length: 7\r\n\r\n$bad$next", '400 404' ],
    [ 'a body that is a request',
      "${post}Content-Length: @{[ length $next ]}\r\n\r\n$next$next",
      '400 404' ],
    [ 'length and chunks', "${post}Content-Length: 7\r\n$chunked\r\n"
      . chunk($bad, '') . "0\r\n\r\n$next", '400' ],
    [ 'chunks and length', "${post}${chunked}Content-Length: 4\r\n\r\n"
      . chunk($bad, '') . "0\r\n\r\n$next", '400' ],
    [ 'two lengths', "${post}Content-Length: 7\r\nContent-Length: 70\r\n\r\n"
      . "$bad$next", '400' ],
    [ 'the same length twice', "${post}Content-Length: 7\r\n"
      . "Content-Length: 7\r\n\r\n$bad$next", '400' ],
    [ 'a list of lengths', "${post}Content-Length: 7, 7\r\n\r\n$bad$next",
      '400' ],
    [ 'a negative length', "${post}Content-Length: -7\r\n\r\n$bad$next",
      '400' ],
    [ 'a signed length', "${post}Content-Length: +7\r\n\r\n$bad$next", '400' ],
    [ 'a hexadecimal length', "${post}Content-Length: 0x7\r\n\r\n$bad$next",
      '400' ],
    [ 'a length of 65 bits', "${post}Content-Length: 18446744073709551623\r\n"
      . "\r\n$bad$next", '400' ],
    [ 'a length with a space before the colon',
      "${post}Content-Length : 7\r\n\r\n$bad$next", '400' ],
    [ 'a folded length', "${post}Content-Length:\r\n 7\r\n\r\n$bad$next",
      '400' ],
    [ 'a folded header', "${get}X-A: b\r\n c\r\n\r\n$next", '400' ],
    [ 'a header that begins with a space', "$get X-A: b\r\n\r\n$next", '400' ],
    [ 'a NUL in a header', "${get}X-A: a\0b\r\n\r\n$next", '400' ],
    [ 'chunks with garbage behind', "${post}Transfer-Encoding: chunkedx\r\n"
      . "\r\n" . chunk($bad, '') . "0\r\n\r\n$next", '501' ],
    [ 'chunks and more', "${post}Transfer-Encoding: chunked, identity\r\n\r\n"
      . chunk($bad, '') . "0\r\n\r\n$next", '501' ],
    [ 'chunks twice', "$post$chunked$chunked\r\n"
      . chunk($bad, '') . "0\r\n\r\n$next", '400' ],
    [ 'no chunks', "${post}Transfer-Encoding: identity\r\n\r\n$next", '501' ],
    [ 'a tab before it', "${post}Transfer-Encoding:\x0bchunked\r\n\r\n"
      . chunk($bad, '') . "0\r\n\r\n$next", '501' ],
    [ 'chunks with HTTP/1.0', "POST /nodes/n1/bridges HTTP/1.0\r\n$chunked\r\n"
      . chunk($bad, '') . "0\r\n\r\n$next", '400' ],
    [ 'chunks', "$post$chunked\r\n" . chunk($bad, '') . "0\r\n\r\n$next",
      '400 404' ],
    [ 'chunks with extensions', "$post$chunked\r\n"
      . chunk($bad, ';a="b;c"') . "0;x\r\n\r\n$next", '400 404' ],
    [ 'chunks with trailers', "$post$chunked\r\n" . chunk($bad, '')
      . "0\r\nContent-Length: 70\r\nX-Planted: yes\r\n\r\n$next", '400 404' ],
    [ 'a chunk that is longer than it says', "$post$chunked\r\n"
      . "3\r\n$bad\r\n0\r\n\r\n$next", '400' ],
    [ 'a chunk of no size', "$post$chunked\r\nx\r\n$bad\r\n0\r\n\r\n$next",
      '400' ],
    [ 'a chunk of 65 bits', "$post$chunked\r\n10000000000000007\r\n$bad\r\n"
      . "0\r\n\r\n$next", '400' ],
    [ 'a negative chunk', "$post$chunked\r\n-7\r\n$bad\r\n0\r\n\r\n$next",
      '400' ],
    [ 'chunks too many', "$post$chunked\r\n" . chunk('a' x 32768, '') x 3
      . "0\r\n\r\n$next", '413' ],
    [ 'a request in chunks', "$post$chunked\r\n" . chunk($next, '')
      . "0\r\n\r\n$next", '400 404' ],
    [ 'chunks that nobody wants', "$get$chunked\r\n" . chunk($next, '')
      . "0\r\n\r\n$next", '200 404' ],
    [ 'less than the length', "${post}Content-Length: 70\r\n\r\n$bad", '' ],
    [ 'two hosts', "${get}Host: b\r\n\r\n$next", '400' ],
    [ 'a host with a path', "GET /nodes HTTP/1.1\r\nHost: a/b\r\n\r\n", '400' ],
    [ 'only line feeds', "GET /nodes/n1/bridges HTTP/1.1\nHost: a\n\n$next",
      '200 404' ],
    [ 'a path with a line end', "GET /nodes/n1\r /bridges HTTP/1.1\r\n$host\r\n",
      '400' ],
    [ 'HTTP/2 in the clear', "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", '400' ],
    [ 'an upgrade', "${get}Connection: Upgrade, HTTP2-Settings\r\n"
      . "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n$next",
      '200 404' ],
    [ 'a header of 7 KB', "${get}X-A: @{[ 'a' x 7168 ]}\r\n\r\n$next",
      '200 404' ],
    [ 'a header of 40 KB', "${get}X-A: @{[ 'a' x 40960 ]}\r\n\r\n$next",
      '400' ],
    [ 'a line of 40 KB', "GET /nodes/@{[ 'a' x 40960 ]} HTTP/1.1\r\n\r\n",
      '414' ],
    [ '5000 headers', $get . "X-A: b\r\n" x 5000 . "\r\n$next", '400' ],
);

$ays->forget;

for my $case (@cases) {
    my ($name, $bytes, $expected) = @$case;

    is(statuses($bytes), $expected, $name);
}

my $received = $ays->received;

like($received, qr{GET \S+/service/bridge\?}, 'AYS was asked');
unlike($received, qr/planted/i, '... and has heard nothing of a caller');
is_deeply([ strange() ], [], '... but its own requests');


# ---- what a caller's request has must not be in one to AYS ----

$ays->forget;

my @headers = ("Content-Length: $length", 'Content-Type: text/planted',
    'Expect: 100-continue', 'Range: bytes=0-1', 'If-Match: planted',
    'If-None-Match: planted', 'If-Modified-Since: planted', 'TE: trailers',
    'Upgrade: planted', 'Keep-Alive: planted', 'Cookie: planted',
    'Authorization: Bearer planted', 'Via: planted', 'Accept: planted',
    'X-Forwarded-For: planted', 'X-HTTP-Method-Override: DELETE',
    'Accept-Encoding: gzip', 'Proxy: planted', 'Connection: X-Planted',
    'X-Planted: planted', 'Trailer: planted', 'Host: planted.example');

is(statuses("POST /nodes/n1/bridges HTTP/1.1\r\n"
            . join('', map { "$_\r\n" } @headers) . "\r\n$body$next"),
   '100 400 404', 'a change with all the headers there are');

$received = $ays->received;

like($received, qr{\0POST \S+/blueprint HTTP/1\.1\r\n}, 'AYS got a blueprint');
unlike($received, qr/planted|gzip|Expect|Range|Override/i,
       '... and none of them');
is_deeply([ strange() ], [], '... but its own requests');

$nginx->stop;
$ays->stop;

__DATA__

=== TEST 1: rebootNode: forms of pages of other origins
--- http_config
    zos_zone zos:1m;
--- config
    location / { zos on; zos_ays /_ays; }
--- raw_request eval
CORE::join "", map { "POST /nodes/n1/reboot HTTP/1.1\r\nHost: a\r\n$_\r\n"
               . "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}" }
    "Origin: http://b", "Origin: null", "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-site", "Origin: http://a.b",
    "Origin: http://a\r\nOrigin: http://b",
    "Origin: http://b\r\nSec-Fetch-Site: same-origin\r\nConnection: close"
--- access_log
" 403
--- no_access_log eval
[qr/" (?!403)\d/]
--- error_code: 403



=== TEST 2: fileUpload: other forms
--- http_config
    zos_zone zos:1m;
    zos_node n1 127.0.0.1:1;
--- config
    location / { zos on; }
--- request eval
[map { "POST /nodes/n1/containers/c/$_" } "filesystem?path=/x", "jobs",
 "ping"]
--- more_headers eval
["Origin: null\nContent-Type: multipart/form-data; boundary=x",
 "Origin: null\nContent-Type: application/x-www-form-urlencoded",
 "Origin: null"]
--- error_code eval
[(403) x 3]
