use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster qw( C );
use ZosNodes;

# Values of members: digit by digit as the node spells them, absent, null, and
# of types that they must not have.

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: getCPUInfo: empty lists of every operation
--- zos_data: []
--- request eval
[map { "GET /nodes/bad/$_" } qw( cpus disks mounts nics jobs processes )]
--- response_headers eval
[("Content-Type: application/json\nContent-Length: 3") x 6]
--- response_body eval
[("[]\n") x 6]



=== TEST 2: getCPUInfo: null is an empty list
--- zos_data: null
--- request eval
[map { "GET /nodes/bad/$_" } qw( cpus disks mounts nics jobs processes )]
--- response_body eval
[("[]\n") x 6]



=== TEST 3: getMemInfo: the example of the document, digit by digit
--- zos_data
{"total":2102710272,"available":1454743552,"used":647966720,
"usedPercent":30.815787064362617,"free":1521983488,"active":197136384,
"inactive":323203072,"wired":0,"buffers":0,"cached":372428800,"writeback":0,
"dirty":8192,"writebacktmp":0,"shared":311296000,"slab":51277824,
"pagetables":2641920,"swapcached":0}
--- request
GET /nodes/bad/mem
--- response_body
[{"active":197136384,"available":1454743552,"buffers":0,"cached":372428800,"free":1521983488,"inactive":323203072,"total":2102710272,"used":647966720,"usedPercent":30.815787064362617,"wired":0}]



=== TEST 4: getMemInfo: integers beyond what a double holds
--- zos_data
{"total":9007199254740993,"available":9223372036854775807,
"used":9223372036854775808,"free":18446744073709551615,"active":-1,
"inactive":-9223372036854775808,"cached":1}
--- request
GET /nodes/bad/mem
--- response_body
[{"active":-1,"available":9223372036854775807,"buffers":0,"cached":1,"free":18446744073709551615,"inactive":-9223372036854775808,"total":9007199254740993,"used":9223372036854775808,"usedPercent":0,"wired":0}]



=== TEST 5: getMemInfo: an exponent, and more digits than a double has
--- zos_data: {"usedPercent":3.08157870643626170000001e+01}
--- request
GET /nodes/bad/mem
--- response_body_like: "usedPercent":3\.08157870643626170000001e\+01,



=== TEST 6: getMemInfo: a small exponent
--- zos_data: {"usedPercent":1E-7}
--- request
GET /nodes/bad/mem
--- response_body_like: "usedPercent":1E-7,



=== TEST 7: getMemInfo: a percentage without a fraction
--- zos_data: {"usedPercent":100}
--- request
GET /nodes/bad/mem
--- response_body_like: "usedPercent":100,



=== TEST 8: getMemInfo: a minus zero
--- zos_data: {"usedPercent":-0.0,"total":-0}
--- request
GET /nodes/bad/mem
--- response_body_like: "total":-0,"used":0,"usedPercent":-0\.0,



=== TEST 9: getMemInfo: members that are absent or null
--- zos_data: {"total":null,"usedPercent":null,"others":{"total":[1]}}
--- request
GET /nodes/bad/mem
--- response_body
[{"active":0,"available":0,"buffers":0,"cached":0,"free":0,"inactive":0,"total":0,"used":0,"usedPercent":0,"wired":0}]



=== TEST 10: getMemInfo: white space between the members
--- zos_data: { "total" : 1 , "nested" : { "total" : 2 } , "used" : 3 }
--- request
GET /nodes/bad/mem
--- response_body_like: "total":1,"used":3,"usedPercent"



=== TEST 11: getMemInfo: a string where an integer should be
--- zos_data: {"total":"2102710272"}
--- request
GET /nodes/bad/mem
--- error_code: 502
--- response_headers
Content-Type: application/json
Cache-Control: no-store
--- response_body_like eval
::unknown_shape()



=== TEST 12: getMemInfo: a fraction where an integer should be
--- zos_data: {"total":1.5}
--- request
GET /nodes/bad/mem
--- error_code: 502
--- response_body_like eval
::unknown_shape()



=== TEST 13: getMemInfo: an exponent where an integer should be
--- zos_data: {"total":2e9}
--- request
GET /nodes/bad/mem
--- error_code: 502
--- response_body_like eval
::unknown_shape()



=== TEST 14: getMemInfo: a boolean where an integer should be
--- zos_data: {"wired":true}
--- request
GET /nodes/bad/mem
--- error_code: 502
--- response_body_like eval
::unknown_shape()



=== TEST 15: getMemInfo: an object where a number should be
--- zos_data: {"usedPercent":{}}
--- request
GET /nodes/bad/mem
--- error_code: 502
--- response_body_like eval
::unknown_shape()



=== TEST 16: getMemInfo: a list where an object should be
--- zos_data: [{"total":1}]
--- request eval
["GET /nodes/bad/mem", "GET /nodes/bad/state", "GET /nodes/bad/info",
 "GET /nodes/bad/stats"]
--- error_code eval
[(502) x 4]
--- response_body_like eval
[(::unknown_shape()) x 4]



=== TEST 17: getMemInfo: null where an object should be
--- zos_data: null
--- request eval
["GET /nodes/bad/mem", "GET /nodes/bad/state", "GET /nodes/bad/info",
 "GET /nodes/bad/stats"]
--- error_code eval
[(502) x 4]



=== TEST 18: getMemInfo: an object where a list should be
--- zos_data: {"total":1}
--- request eval
["GET /nodes/bad/cpus", "GET /nodes/bad/mounts", "GET /nodes/bad/nics",
 "GET /nodes/bad/jobs", "GET /nodes/bad/processes"]
--- error_code eval
[(502) x 5]
--- response_body_like eval
[(::unknown_shape()) x 5]



=== TEST 19: getMemInfo: a text where anything else should be
--- zos_data: "total"
--- request eval
[map { "GET /nodes/bad/$_" }
 qw( state cpus disks mounts mem nics info stats jobs processes )]
--- error_code eval
[(502) x 10]



=== TEST 20: getMemInfo: elements that are no objects
--- zos_data: [[]]
--- request eval
[map { "GET /nodes/bad/$_" } qw( cpus disks mounts nics jobs processes )]
--- error_code eval
[(502) x 6]



=== TEST 21: getMemInfo: a result that is not JSON
--- zos_fault: envelope:level0
--- request eval
["GET /nodes/bad/mem", "GET /nodes/bad/cpus"]
--- error_code eval
[(502) x 2]
--- response_body_like eval
[(::unknown_shape()) x 2]



=== TEST 22: getMemInfo: a result that claims to be JSON
--- zos_fault: envelope:datanotjson
--- request eval
["GET /nodes/bad/mem", "GET /nodes/bad/cpus", "GET /nodes/bad/stats"]
--- error_code eval
[(502) x 3]
