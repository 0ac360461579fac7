use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosCluster;
use ZosJobs;
use ZosNodes;

# Jobs are killed, one and all.

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: killNodeJob: a job that runs
--- init
main::start($_, 'kill-1') for qw( A B C );
--- request eval
["DELETE /nodes/a/jobs/kill-1", "GET /nodes/a/jobs/kill-1",
 "DELETE /nodes/b/jobs/kill-1", "GET /nodes/b/jobs/kill-1",
 "DELETE /nodes/c/jobs/kill-1", "GET /nodes/c/jobs/kill-1"]
--- error_code eval
[(204, 200) x 3]
--- response_headers eval
[("! Content-Type\n! Content-Length\n! Transfer-Encoding\n"
  . "Cache-Control: no-store", "Content-Type: application/json") x 3]
--- response_body_filters eval
[map { ([::gone($_, "kill-1")], [\&::timeless]) } qw( A B C )]
--- response_body eval
["", ::job("kill-1", state => '"killed"'),
 "", ::job("kill-1", state => '"killed"'),
 "", ::job("kill-1", state => '"error"')]



=== TEST 2: killNodeJob: SIGKILL at once
--- init
main::start('C', 'kill-2');
--- request
DELETE /nodes/c/jobs/kill-2
--- error_code: 204
--- response_body_filters eval
sub { my ($kill) = CORE::grep { $_->{command} eq "job.kill"
                                && $_->{arguments}{id} eq "kill-2" }
                   @{ ::core0_control("C", "commands") };
      return "signal $kill->{arguments}{signal}\n" }
--- response_body
signal 9



=== TEST 3: killNodeJob: jobs that ended, jobs that never were
--- init
main::ended($_, 'kill-3', 'true') for qw( A B C );
--- request eval
[map { ("DELETE /nodes/$_/jobs/kill-3", "DELETE /nodes/$_/jobs/kill-4") }
 qw( a b c )]
--- error_code eval
[(204) x 6]
--- response_body eval
[("") x 6]



=== TEST 4: killNodeJob: the result of an ended job is kept
--- init
main::ended('C', 'kill-5', 'echo one');
--- request eval
["DELETE /nodes/c/jobs/kill-5", "GET /nodes/c/jobs/kill-5"]
--- error_code eval
[204, 200]
--- response_body_like eval
['^$', '"stdout":"one\\\\n"']



=== TEST 5: killNodeJob: a job that can't be killed
--- request
DELETE /nodes/c/jobs/redis
--- error_code: 500
--- response_headers
Content-Type: application/json
--- response_body
{"error":"job not receiving singnals"}



=== TEST 6: killNodeJob: the node says "false"
--- init
core0_fault('C', 'data@job.kill:false');
--- request
DELETE /nodes/bad/jobs/j
--- error_code: 204



=== TEST 7: killNodeJob: the node fails
--- init
core0_fault('C', 'state@job.kill:ERROR:500:invalid argument');
--- request
DELETE /nodes/bad/jobs/j
--- error_code: 500
--- response_body
{"error":"invalid argument"}



=== TEST 8: killNodeJob: the call hangs, and the job is gone
--- config
    location / { zos on; zos_core0_timeout 200ms; }
--- init
main::ended('A', 'hang-1', 'true');
core0_fault('A', 'stuck@job.kill');
--- request
DELETE /nodes/bad-a/jobs/hang-1
--- error_code: 204
--- response_body



=== TEST 9: killNodeJob: the call hangs, and the job runs on
--- config
    location / { zos on; zos_core0_timeout 200ms; }
--- init
main::start('A', 'hang-2');
core0_fault('A', 'stuck@job.kill');
--- request
DELETE /nodes/bad-a/jobs/hang-2
--- error_code: 504
--- response_body
{"error":"node \"bad-a\" gave no result in time"}



=== TEST 10: killNodeJob: the call is not taken, and the job is not looked for
--- config
    location / { zos on; zos_core0_accept_timeout 200ms; }
--- init
core0_fault('A', 'noagent@job.kill');
--- request
DELETE /nodes/bad-a/jobs/hang-3
--- error_code: 504
--- response_body
{"error":"core0 of node \"bad-a\" did not take the command in time"}



=== TEST 11: killAllNodeJobs: jobs end, the node stays
--- init
core0_start('C');
main::submit('C', 'all-1', 'sleep 60');
main::submit('C', 'all-2', 'sleep 60');
wait_for { main::running('C', 'all-1') && main::running('C', 'all-2') } 5
    or die;
--- request eval
["DELETE /nodes/c/jobs", "GET /nodes/c/jobs", "POST /nodes/c/ping"]
--- error_code eval
[204, 200, 200]
--- response_headers eval
["! Content-Type\n! Content-Length\nCache-Control: no-store",
 "Content-Type: application/json", "Content-Type: application/json"]
--- response_body_filters eval
[[::gone("C", "all-1"), ::gone("C", "all-2")], [\&::ids], []]
--- response_body eval
["", "redis \n", "true\n"]



=== TEST 12: killAllNodeJobs: old nodes end the very call
--- init
for my $generation (qw( A B )) {
    core0_start($generation);
    main::submit($generation, 'all-3', 'sleep 60');
    wait_for { main::running($generation, 'all-3') } 5 or die;
}
--- request eval
["DELETE /nodes/a/jobs", "GET /nodes/a/jobs", "DELETE /nodes/b/jobs",
 "GET /nodes/b/jobs"]
--- error_code eval
[204, 200, 204, 200]
--- response_body_filters eval
[[::gone("A", "all-3")], [], [::gone("B", "all-3")], []]
--- response_body eval
["", "[]\n", "", "[]\n"]



=== TEST 13: killAllNodeJobs: the node fails
--- init
core0_fault('C', 'state@job.killall:ERROR:500:no');
--- request
DELETE /nodes/bad/jobs
--- error_code: 500
--- response_body
{"error":"no"}



=== TEST 14: killAllNodeJobs: other ends than being killed
--- init
core0_fault('C', 'state@job.killall:TIMEOUT:999:');
--- request
DELETE /nodes/bad/jobs
--- error_code: 500



=== TEST 15: killAllNodeJobs: no result in time
--- config
    location / { zos on; zos_core0_timeout 200ms; }
--- init
core0_fault('C', 'stuck@job.killall');
--- request
DELETE /nodes/bad/jobs
--- error_code: 504
