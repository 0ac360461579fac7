use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosCluster;
use ZosContainer;
use ZosNginx;
use ZosProcess qw( wait_for );

# The results of a node and of all its containers share one key space. What a
# job belongs to decides who sees it, and who can do something to it.

my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node b 127.0.0.1:$TEST_NGINX_CORE0_B;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
    zos_node s $TEST_NGINX_SCRIPT;
EOC

my $json = JSON::PP->new->utf8->canonical;

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', $nodes);
    $block->set_value('config', <<'EOC' . ($block->config // ''));
    add_header X-Reason $zos_error always;
    location / { zos on; }
EOC
});


# A result as the node would leave it. Its members by their names; with
# container as a string for another type.
sub leave_result {
    my ($redis, $id, %member) = @_;

    my $envelope = {
        id => $id, command => 'core.system', data => '', level => 0,
        streams => [ 'out', 'err' ], state => 'SUCCESS', code => 0,
        starttime => 1491984742526, time => 1, tags => undef, container => 5,
        %member,
    };

    $redis->('DEL', "result:$id", "result:$id:flag");
    $redis->('RPUSH', "result:$id:flag", '');
    $redis->('RPUSH', "result:$id", $json->encode($envelope));
}


sub script_result { leave_result(\&ZosContainer::script_redis, @_) }


sub job_json {
    my ($id) = @_;

    return qq({"data":"","id":"$id","level":0,"name":"core.system",)
           . qq("startTime":1491984742526,"state":"success",)
           . qq("stderr":"err","stdout":"out"}\n);
}

our $Unknown = failure("Process with id 'x' doesn't exist");

no_root_location();
no_long_string();
run_tests();

my $nginx = ZosNginx->start(http => $nodes);


sub status {
    my ($method, $path, $body) = @_;

    my $answer = $nginx->request("$method $path"
                                 . (defined $body ? "\n\n$body" : ''));
    return $answer->{status};
}


sub job { return $json->decode($nginx->request("GET $_[0]")->{body}) }


# Starts a program on the node itself, and waits until it runs.
sub start_on_node {
    my ($generation, $script, %more) = @_;

    my $id = 'host-' . rand;

    core0_redis($generation, 'RPUSH', 'core:default', $json->encode({
        id => $id, command => 'core.system', queue => '', %more,
        arguments => { name => 'sh', args => [ '-c', $script ] } }));
    wait_for { job_pid($generation, $id) } 3 or die "$id does not start\n";
    return $id;
}


# ---- who sees what ----

for my $generation (qw( A B C )) {
    my $node = lc $generation;
    my %prefix = (node => "/nodes/$node",
                  map { $_ => "/nodes/$node/containers/$_" } qw( web1 db ));
    my @places = sort keys %prefix;

    container_create($generation, $_) for qw( web1 db );

    # of each place a job that runs and one that has ended; with its output
    # kept where the generation can do it
    my $stream = $generation eq 'A' ? {} : { stream => JSON::PP::true };
    my (%runs, %ended);

    for my $place (@places) {
        my $start = $place eq 'node'
            ? sub { start_on_node($generation, @_) }
            : sub { scalar container_start($generation, $place, @_) };

        $runs{$place} = $start->('echo a secret; exec sleep 50', %$stream);
        $ended{$place} = $start->('echo a secret; exec sleep 51', %$stream);
        is(status('DELETE', "$prefix{$place}/jobs/$ended{$place}"), 204,
           "$node: one of $place is killed");
        wait_for {
            job("$prefix{$place}/jobs/$ended{$place}")->{state} ne 'running'
        } 3;
    }

    for my $of (@places) {
        for my $by (@places) {
            my $own = $of eq $by;
            my $run = "$prefix{$by}/jobs/$runs{$of}";
            my $end = "$prefix{$by}/jobs/$ended{$of}";
            my $name = "$node: of $of by $by";

            is(status('GET', $_), $own ? 200 : 404, "$name: seen")
                for $run, $end;
            is(status('GET', "$end/output"), $own ? 200 : 404,
               "$name: output");
            is(status('HEAD', "$run/output"), 404, "$name: live output")
                unless $own;
            next if $own || $by eq 'node';
            is(status('POST', $_, '{"signal":9}'), 404, "$name: signal")
                for $run, $end;
        }
    }

    for my $place (@places) {
        my $list = $json->decode(
            $nginx->request("GET $prefix{$place}/jobs")->{body});
        my %listed = map { $_->{id} => 1 } @$list;

        is(join(' ', grep { $listed{$runs{$_}} || $listed{$ended{$_}} }
                     @places), $place, "$node: list of $place");
    }

    # what is not there, is gone: success, and nothing else happens
    for my $of (@places) {
        for my $by (grep { $_ ne $of } @places) {
            is(status('DELETE', "$prefix{$by}/jobs/$runs{$of}"), 204,
               "$node: of $of killed by $by");
        }
    }

    is(status('DELETE', "$prefix{db}/jobs"), 204, "$node: kill all of db");
    wait_for { !job_pid($generation, $runs{db}) } 3;
    is(status('GET', "$prefix{$_}/jobs/$runs{$_}"), 200, "$node: $_ is there")
        for @places;
    is(join(' ', map { job("$prefix{$_}/jobs/$runs{$_}")->{state} } @places),
       ($generation eq 'C' ? 'error' : 'killed') . ' running running',
       "$node: those of db have ended");

    # the output that was kept is for the same eyes
    my $text = $nginx->request("GET $prefix{db}/jobs/$runs{db}/output");
    like($text->{text}, qr/a secret/, "$node: the output of db");
    for my $by (qw( web1 node )) {
        my $answer = $nginx->request("GET $prefix{$by}/jobs/$runs{db}/output");
        unlike($answer->{text}, qr/a secret/, "$node: is not for $by");
    }

    is(status('DELETE', "$prefix{node}/jobs/$runs{node}"), 204,
       "$node: kill that of the node");
    container_drop();
}


# ---- the node is asked, and what it keeps is left as it is ----

for my $generation (qw( A B C )) {
    my $node = lc $generation;

    my $number = container_create($generation, 'web1');
    my $redis = sub { core0_redis($generation, @_) };
    my $id = "kept-$generation";
    my $path = "/nodes/$node/containers/web1/jobs/$id";

    leave_result($redis, $id, container => $number);
    $redis->('EXPIRE', "result:$id", 300);
    $redis->('EXPIRE', "result:$id:flag", 300);
    is($nginx->request("GET $path")->{body}, job_json($id), "$node: $_ time")
        for qw( first second third );
    is(join(' ', $redis->('LLEN', "result:$id"),
                 $redis->('LLEN', "result:$id:flag")), '1 1',
       "$node: the result is still there");
    ok($redis->('TTL', $_) > 290, "$node: $_ will go")
        for "result:$id", "result:$id:flag";

    leave_result($redis, $id, container => $number + 1);
    is(status('GET', $path), 404, "$node: of another container");
    leave_result($redis, $id, container => 0);
    is(status('GET', $path), 404, "$node: of the node");
    container_drop();
}


# ---- a job that lives on while it is being killed ----

{
    my $server = ZosNginx->start(http => "$nodes zos_core0_timeout 300ms;");

    container_create('C', 'web1');
    my $id = container_start('C', 'web1', 'exec sleep 50');
    my $path = "/nodes/bad/containers/web1/jobs/$id";

    core0_fault('C', 'stuck@job.kill');
    is_answer($server->request("DELETE $path"), 'the kill hangs, the job runs',
              status => 504, reason => 'timeout');
    is_answer($server->request("POST $path\n\n{}"), 'a signal hangs',
              status => 504, reason => 'timeout');
    core0_fault('C', 'none');
    is_answer($server->request("DELETE $path"), 'it is killed',
              status => 204);
    wait_for { !job_pid('C', $id) } 3;
    core0_fault('C', 'stuck@job.kill');
    is_answer($server->request("DELETE $path"), 'the kill hangs, the job ended',
              status => 204);
    core0_fault('C', 'none');
    container_drop();
    $server->stop;
}

$nginx->stop;

__DATA__

=== TEST 1: getContainerJob: a result of the container
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => $::Unknown);
::script_result('x');
--- request
GET /nodes/s/containers/web1/jobs/x
--- response_body eval
::job_json('x')



=== TEST 2: getContainerJob: results of others
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => $::Unknown);
::script_result("x$_", container => $_)
    for 0, 1, 4, 6, 50, 55, 65541, -5, 4294967301;
--- request eval
[map { "GET /nodes/s/containers/web1/jobs/x$_" }
 0, 1, 4, 6, 50, 55, 65541, -5, 4294967301]
--- error_code eval
[(404) x 9]
--- response_body eval
[map { "{\"error\":\"there is no job \\\"x$_\\\"\"}\n" }
 0, 1, 4, 6, 50, 55, 65541, -5, 4294967301]



=== TEST 3: getNodeJob: results of containers
--- init
script_node('job.list' => $::Unknown);
::script_result("x$_", container => $_) for 0, 1, 65536, -1, 4294967296;
--- request eval
[map { "GET /nodes/s/jobs/x$_" } 0, 1, 65536, -1, 4294967296]
--- error_code eval
[200, (404) x 4]



=== TEST 4: getContainerJob: a result that belongs to nobody, or to what is no number
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => $::Unknown);
::script_result('x1', container => undef);
::script_result('x2', container => '5');
::script_result('x3', container => [5]);
::script_result('x4', container => 5.5);
--- request eval
[map { "GET /nodes/s/containers/web1/jobs/x$_" } 1 .. 4]
--- error_code_like eval
[('^(?:404|502)$') x 4]
--- response_body_unlike eval
[('"out"') x 4]



=== TEST 5: getContainerJob: a result under the id of another job
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => $::Unknown);
::script_result('x', id => 'y');
--- request
GET /nodes/s/containers/web1/jobs/x
--- error_code: 502
--- response_headers
X-Reason: protocol



=== TEST 6: getContainerJob: a flag, but no result
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => $::Unknown);
ZosContainer::script_redis('RPUSH', 'result:x:flag', '');
--- request
GET /nodes/s/containers/web1/jobs/x
--- error_code: 404



=== TEST 7: getContainerJob: a result, but no flag
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => $::Unknown);
::script_result('x');
ZosContainer::script_redis('DEL', 'result:x:flag');
--- request
GET /nodes/s/containers/web1/jobs/x
--- error_code_like: ^(?:200|404)$



=== TEST 8: getContainerJob: it ends between the two looks
--- init
my $looks = 0;
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => sub {
                ::script_result('x') if $looks++ % 2;
                ZosContainer::script_redis('RPUSH', 'result:x:flag', '');
                return $::Unknown;
            });
--- request
GET /nodes/s/containers/web1/jobs/x
--- response_body eval
::job_json('x')



=== TEST 9: getContainerJob: it begins between the two looks
--- init
my $looks = 0;
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => sub {
                ZosContainer::script_redis('RPUSH', 'result:x:flag', '');
                return $looks++ % 2 ? [ { starttime => 7,
                    cmd => { id => 'x', command => 'bash' } } ]
                                    : $::Unknown;
            });
--- request
GET /nodes/s/containers/web1/jobs/x
--- response_body
{"data":"","id":"x","level":0,"name":"bash","startTime":7,"state":"running","stderr":"","stdout":""}



=== TEST 10: getContainerJob: an empty list leads on, too
--- init
script_node('corex.list' => { 5 => container('web1') }, '5 job.list' => []);
::script_result('x');
--- request
GET /nodes/s/containers/web1/jobs/x
--- response_body eval
::job_json('x')



=== TEST 11: getContainerJob: another failure does not
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => failure('too many open files'));
::script_result('x');
--- request
GET /nodes/s/containers/web1/jobs/x
--- error_code: 500
--- response_body
{"error":"too many open files"}



=== TEST 12: getContainerJob: all of a result
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => $::Unknown);
::script_result('x', state => 'DUPILICATE_ID', level => 20, code => 500,
    data => "\"duplicate \\u003cid\\u003e\"", streams => ["a\nb\n", "\x{e9}\t"],
    tags => ['x', 'y'], critical => 'no', starttime => 1491984742526);
--- request
GET /nodes/s/containers/web1/jobs/x
--- response_body_like eval
qr/^\{"data":"\\"duplicate \\\\u003cid\\\\u003e\\"","id":"x","level":20,"name":"core.system","startTime":1491984742526,"state":"duplicate_id","stderr":"\xc3\xa9\\t","stdout":"a\\nb\\n"\}\n\z/



=== TEST 13: sendSignalToJob: the node knows no such job
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.kill' => sub {
                my ($args) = @_;
                return "$args->{id} $args->{signal}" eq 'x 15' ? 'true'
                                                               : 'false';
            });
--- request eval
["POST /nodes/s/containers/web1/jobs/x\n{}",
 "POST /nodes/s/containers/web1/jobs/y\n{}"]
--- error_code eval
[204, 404]



=== TEST 14: killContainerJob: with SIGKILL; gone is gone
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.kill' => sub {
                my ($args) = @_;
                return failure("signal $args->{signal}")
                    if $args->{signal} != 9;
                return $args->{id} eq 'x' ? 'true' : 'false';
            });
--- request eval
["DELETE /nodes/s/containers/web1/jobs/x",
 "DELETE /nodes/s/containers/web1/jobs/y"]
--- error_code eval
[204, 204]



=== TEST 15: killContainerJob: one that takes no signals
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.kill' => failure('job not receiving singnals'));
--- request eval
["DELETE /nodes/s/containers/web1/jobs/x",
 "POST /nodes/s/containers/web1/jobs/x\n{}"]
--- error_code eval
[500, 500]
--- response_body eval
[("{\"error\":\"job not receiving singnals\"}\n") x 2]



=== TEST 16: killAllContainerJobs: older nodes kill the call, too
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.killall' => failure('', state => 'KILLED', code => 0));
--- request
DELETE /nodes/s/containers/web1/jobs
--- error_code: 204



=== TEST 17: killAllContainerJobs: it fails
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.killall' => failure('no'));
--- request
DELETE /nodes/s/containers/web1/jobs
--- error_code: 500
--- response_body
{"error":"no"}



=== TEST 18: listContainerJobs: without the call itself, whatever else there is
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => '[{"starttime":1,"cmd":{"id":"core-5"}},'
            . '{"starttime":2},{"starttime":3,"cmd":null},'
            . '{"cmd":{"id":"x","command":"job.list"}}]');
--- request
GET /nodes/s/containers/web1/jobs
--- response_body
[{"id":"x","startTime":0},{"id":"core-5","startTime":1},{"id":"","startTime":2},{"id":"","startTime":3}]



=== TEST 19: getContainerJobOutput: of another container
--- init
script_node('corex.list' => { 5 => container('web1') },
            '5 job.list' => $::Unknown);
::script_result('x', container => 6);
ZosContainer::script_redis('RPUSH', 'stream:x', '{"core":6,"command":"x","message":{"message":"hello","epoch":1,"meta":65539}}');
--- request
GET /nodes/s/containers/web1/jobs/x/output
--- error_code: 404
--- response_body
{"error":"there is no job \"x\""}
