use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosCluster;
use ZosJobs;
use ZosNodes;

# Jobs that are not there, and results that are none.

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: getNodeJob: jobs that are not there
--- request eval
["GET /nodes/a/jobs/absent", "GET /nodes/b/jobs/absent",
 "GET /nodes/c/jobs/absent", "GET /nodes/c/jobs/absent:1",
 "GET /nodes/c/jobs/f3976780-f369-45df-ab54-206149dc000e"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 5]
--- error_code eval
[(404) x 5]
--- response_body eval
[map { ::absent($_) } ("absent") x 3, "absent:1",
 "f3976780-f369-45df-ab54-206149dc000e"]



=== TEST 2: getNodeJob: the flag of another job is no job
--- init
main::ended('C', 'flag-1', 'true');
main::start('C', 'flag-2');
--- request eval
["GET /nodes/c/jobs/flag-1", "GET /nodes/c/jobs/flag-1:flag",
 "GET /nodes/c/jobs/flag-2:flag"]
--- error_code eval
[200, 404, 404]



=== TEST 3: getNodeJob: a job that was lost while it ran
--- init
core0_redis($_, 'RPUSH', 'result:lost-1:flag', '') for qw( A C );
--- request eval
["GET /nodes/a/jobs/lost-1", "GET /nodes/c/jobs/lost-1"]
--- error_code eval
[(404) x 2]
--- response_body eval
[(::absent("lost-1")) x 2]



=== TEST 4: getNodeJob: a result of a container's job
--- init
main::envelope($_, 'inside-1', container => 7) for qw( A C );
--- request eval
["GET /nodes/a/jobs/inside-1", "GET /nodes/c/jobs/inside-1"]
--- error_code eval
[(404) x 2]
--- response_body eval
[(::absent("inside-1")) x 2]



=== TEST 5: getNodeJob: a result of another job
--- init
main::envelope('C', 'other-1', id => 'other-2');
--- request
GET /nodes/c/jobs/other-1
--- error_code: 502
--- response_body
{"error":"node \"c\" sent an invalid answer"}



=== TEST 6: getNodeJob: results that are none
--- init
main::result('C', 'none-1', 'nonsense');
main::result('C', 'none-2', '');
main::result('C', 'none-3', '[]');
main::result('C', 'none-4', '{"id":"none-4"}');
main::envelope('C', 'none-5', data => { a => 1 });
main::envelope('C', 'none-6', state => 7);
main::envelope('C', 'none-7', level => '20');
--- request eval
[map { "GET /nodes/c/jobs/none-$_" } 1 .. 7]
--- error_code eval
[(502) x 7]



=== TEST 7: getNodeJob: only "does not exist" leads on to the results
--- init
main::envelope('C', 'fails-1');
core0_fault('C', 'state@job.list:ERROR:500:out of memory');
--- request
GET /nodes/bad/jobs/fails-1
--- error_code: 500
--- response_body
{"error":"out of memory"}



=== TEST 8: getNodeJob: a node without an answer is not one without the job
--- config
    location / { zos on; zos_core0_timeout 200ms; }
--- init
main::envelope('C', 'fails-2');
core0_fault('C', 'stuck@job.list');
--- request
GET /nodes/bad/jobs/fails-2
--- error_code: 504
--- response_body
{"error":"node \"bad\" gave no result in time"}



=== TEST 9: getNodeJob: a node that finds nothing leads on to the results
--- init
main::envelope('C', 'leads-1');
core0_fault('C', 'data@job.list:[]');
--- request eval
["GET /nodes/bad/jobs/leads-1", "GET /nodes/bad/jobs/leads-2"]
--- error_code eval
[200, 404]



=== TEST 10: getNodeJob: a node that finds null leads on to the results
--- init
main::envelope('C', 'leads-3');
core0_fault('C', 'data@job.list:null');
--- request eval
["GET /nodes/bad/jobs/leads-3", "GET /nodes/bad/jobs/leads-4"]
--- error_code eval
[200, 404]



=== TEST 11: getNodeJob: a job in an unknown shape
--- init
core0_fault('C', 'data@job.list:{"cmd":1}');
--- request
GET /nodes/bad/jobs/j
--- error_code: 502



=== TEST 12: getNodeJob: HEAD
--- init
main::ended('C', 'head-1', 'echo one');
--- request eval
["GET /nodes/c/jobs/head-1", "HEAD /nodes/c/jobs/head-1",
 "HEAD /nodes/c/jobs/head-2"]
--- error_code eval
[200, 200, 404]
--- response_headers eval
["Content-Type: application/json\nContent-Length: 123",
 "Content-Type: application/json\nContent-Length: 123",
 "Content-Type: application/json\nContent-Length: 39"]
--- response_body_like eval
['^\{.*\}$', '^$', '^$']
