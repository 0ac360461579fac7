use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAnswers;

# The parameters in a path: what is a name, an id, a number, an address.

our $Pid = refusal('processid in the path must be a process id from 1 to '
                   . '2147483647');

our $JobId = refusal('jobid in the path must be a job id of letters, digits, '
                     . '".", "_", ":" and "-", 128 at most, with a '
                     . 'letter or digit');

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: getNode: what a name must not contain
--- request eval
[map { "GET /nodes/n$_" }
 "%20", "%01", "%0A", "%0D%0A", "%7F", "%22", "%27", "%25", "%23", "%3F",
 "%2A", "%5C", "%60", "%7B", "%3A", "%40", "%80", "%C3%A9", "%FF", "+", "*",
 ":", "~", "\@", "\$", ";", ","]
--- error_code eval
[(400) x 27]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 27]
--- response_body eval
[(::name_refusal("nodeid")) x 27]



=== TEST 2: getNode: bytes beyond ASCII as they are
--- raw_request eval
"GET /nodes/n\xC3\xA9\xFF HTTP/1.0\r\n\r\n"
--- error_code: 400
--- response_body eval
::name_refusal("nodeid")



=== TEST 3: getNode: names have at most 128 characters
--- request eval
["GET /nodes/" . "a" x 128, "GET /nodes/" . "a" x 129,
 "GET /nodes/" . "%61" x 128, "GET /nodes/" . "%61" x 129]
--- error_code eval
[404, 400, 404, 400]
--- response_body_like eval
['^\{"error":"node \\\\"a{128}\\\\" is not known"\}\n$', '^\{"error":"nodeid ',
 '^\{"error":"node \\\\"a{128}\\\\" is not known"\}\n$', '^\{"error":"nodeid ']



=== TEST 4: getNode: the sentence about a name that is too long says so
--- request eval
"GET /nodes/" . "a" x 129
--- error_code: 400
--- response_body_like: 128



=== TEST 5: getNode: a name of 10 KB
--- config
    large_client_header_buffers 4 32k;
    location / { zos on; }
--- request eval
["GET /nodes/" . "a" x 10240, "GET /nodes/" . "%61" x 10240,
 "GET /" . "a" x 10240, "GET /nodes/n1/jobs/" . "a" x 10240,
 "GET /nodes/n1/processes/" . "1" x 10240]
--- error_code eval
[400, 400, 404, 400, 400]
--- response_body_like eval
['^\{"error":"nodeid ', '^\{"error":"nodeid ', '^\{"error":"there is no such',
 '^\{"error":"jobid ', '^\{"error":"processid ']



=== TEST 6: getNodeProcess: what is no process id
--- request eval
[map { "GET /nodes/n1/processes/$_" }
 qw( 0 00 01 -1 +1 1.0 1e3 0x1 abc 1a %20 1%20 2147483648 4294967297
     9999999999 99999999999 18446744073709551617 %00%31 ١ )]
--- error_code eval
[(400) x 19]
--- response_body_like eval
[('^\{"error":"processid in the path must be a process id from 1 to '
  . '2147483647"\}\n$') x 17, '400 Bad Request',
 '^\{"error":"processid in the path ']



=== TEST 7: killNodeProcess: what is no process id
--- request eval
[map { "DELETE /nodes/n1/processes/$_" } qw( 0 -1 2147483648 x )]
--- error_code eval
[(400) x 4]
--- response_body eval
[($::Pid) x 4]



=== TEST 8: getNodeProcess: the largest id, of a node that is not there
--- request eval
["GET /nodes/n2/processes/1", "GET /nodes/n2/processes/2147483647",
 "GET /nodes/n2/processes/%31"]
--- error_code eval
[(404) x 3]
--- response_body eval
[(::refusal('node "n2" is not known')) x 3]



=== TEST 9: getNodeJob: what is no job id
--- request eval
[map { "GET /nodes/n1/jobs/$_" }
 "a%20b", "a%2Fb", "a*", "%22", "a%0A", "%C3%A9", "a\@b", "{}", "a" x 129,
 "%2E%2E", ":"]
--- error_code eval
[(400) x 11]
--- response_body eval
[($::JobId) x 11]



=== TEST 10: killNodeJob: what is no job id
--- request eval
["DELETE /nodes/n1/jobs/a%20b", "DELETE /nodes/n1/jobs/" . "a" x 129]
--- error_code eval
[(400) x 2]
--- response_body eval
[($::JobId) x 2]



=== TEST 11: getNodeJob: what is a job id, of a node that is not there
--- request eval
[map { "GET /nodes/n2/jobs/$_" }
 "f3976780-f369-45df-ab54-206149dc000e", "monitor.cpu", "core-1", "a:b_C.9",
 "a%3Ab", "a" x 128]
--- error_code eval
[(404) x 6]
--- response_body eval
[(::refusal('node "n2" is not known')) x 6]



=== TEST 12: getNode: the first bad parameter is named
--- request eval
["GET /nodes/n%20/jobs/j%20", "GET /nodes/n1/jobs/j%20",
 "GET /nodes/n%20/processes/0", "GET /nodes/n2/processes/0",
 "DELETE /nodes/n1/gws/g/dhcp/eth0/hosts/no-mac",
 "DELETE /nodes/n1/gws/g/firewall/forwards/1.2.3:80"]
--- error_code eval
[(400) x 6]
--- response_body eval
[::name_refusal("nodeid"), $::JobId, ::name_refusal("nodeid"), $::Pid,
 ::refusal('macaddress in the path must be a MAC address, "52:54:00:12:34:56"'),
 ::refusal('forwardid in the path must be an address and a port, '
         . '"192.0.2.1:80"')]



=== TEST 13: deleteDHCPHost: MAC addresses; deleteGWForward: forwards
--- request eval
[map({ "DELETE /nodes/n1/gws/g/dhcp/eth0/hosts/$_" }
     qw( 52:54:00:12:34:56 AA:bb:CC:dd:EE:ff 52%3A54:00:12:34:56
         52:54:00:12:34 52:54:00:12:34:5g 52-54-00-12-34-56
         52:54:00:12:34:56:78 )),
 map({ "DELETE /nodes/n1/gws/g/firewall/forwards/$_" }
     qw( 192.0.2.1:80 0.0.0.0:65535 1.2.3.4:0 1.2.3.4:65536 1.2.3.4
         1.2.3.4: :80 1.2.3.256:80 1.2.3.4:80:80 )) ]
--- error_code eval
[501, 501, 501, (400) x 4, 501, 501, (400) x 7]
--- response_body_like eval
[('"deleteDHCPHost needs AYS') x 3, ('"macaddress in the path ') x 4,
 ('"deleteGWForward needs AYS') x 2, ('"forwardid in the path ') x 7]
