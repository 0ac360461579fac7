use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( C );
use ZosNodes;

# Commands that fail on the node: which status, and whose words.

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: getNodeOSInfo: a command that fails, in the node's own words
--- zos_fault: state:ERROR:500:open "/proc/x": no such file
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_headers
Content-Type: application/json
Cache-Control: no-store
--- response_body
{"error":"open \"/proc/x\": no such file"}



=== TEST 2: getNodeOSInfo: a code of the node that is for callers
--- zos_fault: state:ERROR:404:no such thing
--- request
GET /nodes/bad/info
--- error_code: 404
--- response_body
{"error":"no such thing"}



=== TEST 3: getNodeOSInfo: the largest code that is for callers
--- zos_fault: state:ERROR:499:odd
--- request
GET /nodes/bad/info
--- error_code: 499
--- response_body
{"error":"odd"}



=== TEST 4: getNodeOSInfo: a code that would be about the caller's token
--- zos_fault: state:ERROR:401:who are you
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body
{"error":"who are you"}



=== TEST 5: getNodeOSInfo: a code that would be about the caller's rights
--- zos_fault: state:ERROR:403:not for you
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body
{"error":"not for you"}



=== TEST 6: getNodeOSInfo: a code that would be about proxies
--- zos_fault: state:ERROR:407:not for you
--- request
GET /nodes/bad/info
--- error_code: 500



=== TEST 7: getNodeOSInfo: a code below those for callers
--- zos_fault: state:ERROR:399:odd
--- request
GET /nodes/bad/info
--- error_code: 500



=== TEST 8: getNodeOSInfo: a code above those for callers
--- zos_fault: state:ERROR:503:busy
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body
{"error":"busy"}



=== TEST 9: getNodeOSInfo: a program's exit status
--- zos_fault: state:ERROR:1001:failed
--- request
GET /nodes/bad/info
--- error_code: 500



=== TEST 10: getNodeOSInfo: a failure without words
--- zos_fault: state:ERROR:500:
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body
{"error":"the command ended with state ERROR on node \"bad\""}



=== TEST 11: getNodeOSInfo: a command that takes the node too long
--- zos_fault: state:TIMEOUT:999:
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body
{"error":"the command ended with state TIMEOUT on node \"bad\""}



=== TEST 12: getNodeOSInfo: a command that is killed
--- zos_fault: state:KILLED:0:
--- request
GET /nodes/bad/info
--- error_code: 500



=== TEST 13: getNodeOSInfo: many words are cut between characters
--- init
my $words = "\xc3\xa9" x 400;
core0_fault('C', "state:ERROR:500:$words");
--- request
GET /nodes/bad/info
--- error_code: 500
--- response_body_like eval
qr/\A\{"error":"(?:\xc3\xa9){200,400}"\}\n\z/



=== TEST 14: getNodeOSInfo: a node without the command
--- zos_fault: state:UNKNOWN_CMD:0:
--- request eval
[map { "GET /nodes/bad/$_" }
 qw( state cpus disks mounts mem nics info stats jobs processes )]
--- error_code eval
[(501) x 10]
--- response_headers eval
[("Content-Type: application/json") x 10]
--- response_body eval
[('{"error":"core0 of node \"bad\" is too old for this operation"}' . "\n")
 x 10]



=== TEST 15: getNodeOSInfo: what is said of it is not said while something is waited for
--- zos_fault: state:ERROR:500:open "/proc/x": no such file
--- request
GET /nodes/bad/info
--- error_code: 500
--- error_log eval
qr/zos: open "[^"]+": no such file, client/
