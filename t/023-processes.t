use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosCluster;
use ZosNodes;
use ZosProcess qw( spawn temp_dir );

# Processes of nodes: listed, looked at, and ended. A node shows all processes
# of this machine; those that a block ends are started here, as the requests
# have to name them.

our %Process;                   # name => ZosProcess
our %Pid;                       # name => pid
my $Dir = temp_dir('processes');

my $Polite = 'sleep 300';
my $Stubborn = '$SIG{TERM} = "IGNORE"; sleep 300';
my $Slow = '$SIG{TERM} = sub { select undef, undef, undef, 0.4; exit 7 };'
         . 'sleep 300';


# A program that is ready for signals; what it leaves is not cleared away
# before somebody asks for its status.
sub process {
    my ($name, $code) = @_;

    my $file = "$Dir/$name";

    $Process{$name} = spawn([ 'perl', '-e', "\$| = 1; print 'ready'; $code" ],
                            stdout => $file);
    $Pid{$name} = $Process{$name}->pid;
    wait_for { -s $file } 5 or die "process $name does not start\n";
}


# The same as a job of a node, which clears away what it leaves.
sub job {
    my ($generation, $name, $code) = @_;

    my $file = "$Dir/$name";
    my $script = "exec perl -e '\$| = 1; print {\$f} q(ready) "
               . "if open \$f, q(>), q($file); close \$f; $code'";

    core0_redis($generation, 'RPUSH', 'core:default', JSON::PP::encode_json({
        id => $name, command => 'bash', arguments => { script => $script },
        queue => '',
    }));
    wait_for { -s $file } 5 or die "job $name does not start\n";

    my ($job) = grep { $_->{id} eq $name }
                @{ core0_control($generation, 'jobs') };
    $Pid{$name} = $job->{pid};
}


# A body filter: how a process ended.
sub status {
    my ($name) = @_;

    return sub {
        my $process = $Process{$name};

        return "it runs\n" unless $process->ended(3);
        return 'signal ' . ($process->status & 127)
               . ' status ' . ($process->status >> 8) . "\n";
    };
}


# A body filter: the signals that node C was asked to send to a process.
sub signals {
    my ($name) = @_;

    return sub {
        my @kills = grep { $_->{command} eq 'process.kill'
                           && $_->{arguments}{pid} == $Pid{$name} }
                    @{ core0_control('C', 'commands') };

        return join(' ', map { $_->{arguments}{signal} } @kills) . "\n";
    };
}


process('listed', $Polite);
job('C', 'job-listed', $Polite);
process($_, $Polite) for qw( polite-a polite-b polite-c fails odd survivor
                             hidden stuck );
process($_, $Stubborn) for qw( stubborn stubborn-0 stubborn-2s left );
process('slow', $Slow);
job('C', 'job-polite', $Polite);
job('C', 'job-stubborn', $Stubborn);
job('C', 'job-between', $Polite);
process('gone', 'exit');
$Process{gone}->ended(5);

# Another process may get the number that the last one had; the largest is
# nobody's.
our $Nobody = 2147483647;

my $number = qr/\d+(?:\.\d+)?(?:e-?\d+)?/;
my $string = qr/"(?:[^"\\]|\\.)*"/;

our $One = qr/\{"cmdline":$string,"cpu":\{"guestnice":$number,"idle":$number,
    "iowait":$number,"irq":$number,"nice":$number,"softirq":$number,
    "steal":$number,"stolen":$number,"system":$number,"user":$number\},
    "pid":[1-9]\d*,"rss":\d+,"swap":\d+,"vms":\d+\}/x;

our $None = '"cpu":{"guestnice":0,"idle":0,"iowait":0,"irq":0,"nice":0,'
          . '"softirq":0,"steal":0,"stolen":0,"system":0,"user":0}';


# A body filter: the numbers of a list, if they are in order.
sub in_order {
    my @pids = $_[0] =~ /"pid":(\d+)/g;
    my $sorted = join ' ', sort { $a <=> $b } @pids;

    return "not in order: @pids\n" if "@pids" ne $sorted;
    return @pids > 2 && $pids[0] == 1 ? "in order\n" : "too few: @pids\n";
}

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listNodeProcesses: nodes of every generation
--- request eval
["GET /nodes/a/processes", "GET /nodes/b/processes", "GET /nodes/c/processes"]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 3]
--- response_body_like eval
[(qr/\A\[(?:$::One,)+$::One\]\n\z/) x 3]



=== TEST 2: listNodeProcesses: in the order of their numbers
--- request eval
["GET /nodes/a/processes", "GET /nodes/c/processes"]
--- response_body_filters eval
[([\&::in_order]) x 2]
--- response_body eval
[("in order\n") x 2]



=== TEST 3: listNodeProcesses: a process of this test
--- request
GET /nodes/c/processes
--- response_body_like eval
my $cmdline = quotemeta(q("perl -e $| = 1; print 'ready'; sleep 300"));
qr/\{"cmdline":$cmdline,"cpu":\{[^}]*\},"pid":$::Pid{listed},"rss":[1-9]\d+,/



=== TEST 4: listNodeProcesses: the process of the document
--- init
core0_fault('C', 'data:[{"pid":1,"ppid":0,"cmdline":"/coreX -core-id 10 '
. '-redis-socket /redis.socket -reply-to corex:results -hostname vfw_22",'
. '"name":"coreX","createtime":1491984700000,"cpu":{"guestnice":0,"idle":0,'
. '"iowait":0,"irq":0,"nice":0,"softirq":0,"steal":0,"stolen":0,"system":0,'
. '"user":0.04},"rss":3399680,"vms":8163328,"swap":0,"rlimit":[{"resource":7,'
. '"soft":1024,"hard":4096}],"ofd":9}]');
--- request
GET /nodes/bad/processes
--- response_body
[{"cmdline":"/coreX -core-id 10 -redis-socket /redis.socket -reply-to corex:results -hostname vfw_22","cpu":{"guestnice":0,"idle":0,"iowait":0,"irq":0,"nice":0,"softirq":0,"steal":0,"stolen":0,"system":0,"user":0.04},"pid":1,"rss":3399680,"swap":0,"vms":8163328}]



=== TEST 5: listNodeProcesses: numbers in order, members absent or null
--- init
core0_fault('C', 'data:[{"pid":100},{"pid":20,"cpu":null,"cmdline":null,'
                 . '"rss":null},{"pid":3,"cpu":{"user":1e-7,"x":1}}]');
--- request
GET /nodes/bad/processes
--- response_body eval
(my $user = $::None) =~ s/"user":0/"user":1e-7/;
my $memory = '"rss":0,"swap":0,"vms":0}';
qq([{"cmdline":"",$user,"pid":3,$memory,{"cmdline":"",$::None,"pid":20,)
. qq($memory,{"cmdline":"",$::None,"pid":100,$memory]\n)



=== TEST 6: listNodeProcesses: CPU times that are no object
--- init
core0_fault('C', 'data:[{"pid":1,"cpu":0.5}]');
--- request eval
["GET /nodes/bad/processes", "GET /nodes/bad/processes/1"]
--- error_code eval
[502, 502]



=== TEST 7: listNodeProcesses: CPU times that are no numbers
--- init
core0_fault('C', 'data:[{"pid":1,"cpu":{"user":"1"}}]');
--- request eval
["GET /nodes/bad/processes", "GET /nodes/bad/processes/1"]
--- error_code eval
[502, 502]



=== TEST 8: getNodeProcess: nodes of every generation
--- request eval
[map { "GET /nodes/$_/processes/$::Pid{listed}" } qw( a b c )]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 3]
--- response_body_like eval
[(qr/\A\{"cmdline":"perl\ -e\ [^"]*","cpu":\{[^}]*\},"pid":$::Pid{listed},
    "rss":[1-9]\d+,"swap":0,"vms":[1-9]\d+\}\n\z/x) x 3]



=== TEST 9: getNodeProcess: the first process
--- request
GET /nodes/c/processes/1
--- response_body_like eval
qr/\A$::One\n\z/



=== TEST 10: getNodeProcess: a program that a job runs
--- request eval
"GET /nodes/c/processes/$::Pid{'job-listed'}"
--- response_body_like eval
qr/"cmdline":"perl -e .*","cpu":.*"pid":$::Pid{'job-listed'},/



=== TEST 11: getNodeProcess: processes that are not there
--- request eval
[map { "GET /nodes/$_/processes/$::Nobody" } qw( a b c )]
--- error_code eval
[(404) x 3]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 3]
--- response_body eval
[(qq({"error":"there is no such process"}\n)) x 3]



=== TEST 12: getNodeProcess: what the node is asked for
--- request
GET /nodes/c/processes/2147483646
--- error_code: 404
--- response_body_filters eval
sub { ::core0_control("C", "commands")->[-1]{arguments}{pid} . "\n" }
--- response_body
2147483646



=== TEST 13: getNodeProcess: null is no process
--- init
core0_fault('C', 'data:null');
--- request
GET /nodes/bad/processes/1
--- error_code: 404



=== TEST 14: getNodeProcess: HEAD
--- init
core0_fault('C', 'data:[{"pid":1}]');
--- request eval
["GET /nodes/bad/processes/1", "HEAD /nodes/bad/processes/1",
 "HEAD /nodes/c/processes/$::Nobody"]
--- error_code eval
[200, 200, 404]
--- response_headers eval
["Content-Length: 160", "Content-Length: 160", "Content-Length: 37"]
--- response_body_like eval
['^\{.*\}$', '^$', '^$']



=== TEST 15: killNodeProcess: a process that ends when it is asked to
--- request eval
[map { "DELETE /nodes/$_/processes/$::Pid{\"polite-$_\"}" } qw( a b c )]
--- error_code eval
[(204) x 3]
--- response_headers eval
[("! Content-Type\n! Content-Length\n! Transfer-Encoding\n"
  . "Cache-Control: no-store") x 3]
--- response_body_filters eval
[map { [::status("polite-$_")] } qw( a b c )]
--- response_body eval
[("signal 15 status 0\n") x 3]



=== TEST 16: killNodeProcess: one SIGTERM is enough
--- request eval
"DELETE /nodes/c/processes/$::Pid{'job-polite'}"
--- error_code: 204
--- response_body_filters eval
::signals("job-polite")
--- response_body
15
--- zos_once



=== TEST 17: killNodeProcess: a process that takes its time is let end
--- request eval
"DELETE /nodes/c/processes/$::Pid{slow}"
--- error_code: 204
--- response_body_filters eval
::status("slow")
--- response_body
signal 0 status 7



=== TEST 18: killNodeProcess: a process that ignores SIGTERM
--- config
    location / { zos on; zos_core0_kill_grace 300ms; }
--- request eval
"DELETE /nodes/c/processes/$::Pid{stubborn}"
--- error_code: 204
--- response_body_filters eval
::status("stubborn")
--- response_body
signal 9 status 0



=== TEST 19: killNodeProcess: one SIGTERM, one SIGKILL
--- config
    location / { zos on; zos_core0_kill_grace 300ms; }
--- request eval
"DELETE /nodes/c/processes/$::Pid{'job-stubborn'}"
--- error_code: 204
--- response_body_filters eval
::signals("job-stubborn")
--- response_body
15 9
--- zos_once



=== TEST 20: killNodeProcess: no time at all to end
--- config
    location / { zos on; zos_core0_kill_grace 0; }
--- request eval
"DELETE /nodes/c/processes/$::Pid{'stubborn-0'}"
--- error_code: 204
--- response_body_filters eval
::status("stubborn-0")
--- response_body
signal 9 status 0



=== TEST 21: killNodeProcess: two seconds to end, if nothing else is said
--- http_config
    zos_zone zos:1m;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    log_format took "took=$request_time";
    access_log logs/access.log took;
--- timeout: 6
--- request eval
"DELETE /nodes/c/processes/$::Pid{'stubborn-2s'}"
--- error_code: 204
--- response_body_filters eval
::status("stubborn-2s")
--- response_body
signal 9 status 0
--- access_log eval
qr/took=2\.[0-6]/



=== TEST 22: killNodeProcess: processes that are gone
--- request eval
["DELETE /nodes/a/processes/$::Nobody", "DELETE /nodes/b/processes/$::Nobody",
 "DELETE /nodes/c/processes/$::Nobody"]
--- error_code eval
[(204) x 3]
--- response_body eval
[("") x 3]



=== TEST 23: killNodeProcess: a process that has ended, but is not cleared away
--- request eval
["DELETE /nodes/c/processes/$::Pid{hidden}",
 "DELETE /nodes/c/processes/$::Pid{hidden}"]
--- error_code eval
[204, 204]
--- response_body_filters eval
[[], [::status("hidden")]]
--- response_body_like eval
['^$', '^signal 15 status 0$']



=== TEST 24: killNodeProcess: the first process
--- request eval
["DELETE /nodes/c/processes/1", "DELETE /nodes/c/processes/%31"]
--- error_code eval
[400, 400]
--- response_headers eval
[("Content-Type: application/json") x 2]
--- response_body_like eval
[('\A\{"error":"process 1 can\'t be [^"]+"\}\n\z') x 2]



=== TEST 25: killNodeProcess: the node does not permit it
--- init
core0_fault('C', 'state@process.kill:ERROR:500:operation not permitted');
--- request eval
"DELETE /nodes/bad/processes/$::Nobody"
--- error_code: 403
--- response_headers
Content-Type: application/json
--- response_body
{"error":"the node does not permit to kill this process"}



=== TEST 26: killNodeProcess: the node can't do it
--- init
core0_fault('C', 'state@process.kill:ERROR:500:invalid argument');
--- request eval
"DELETE /nodes/bad/processes/$::Nobody"
--- error_code: 500
--- response_body
{"error":"invalid argument"}



=== TEST 27: killNodeProcess: a process that survives everything
--- config
    location / { zos on; zos_core0_kill_grace 100ms; }
--- init
core0_fault('C', 'data@process.list:[{"pid":' . $main::Pid{survivor}
                 . ',"cmdline":"survivor","rss":4096}]');
--- request eval
"DELETE /nodes/bad/processes/$::Pid{survivor}"
--- error_code: 500
--- response_headers
Content-Type: application/json
--- response_body eval
qq({"error":"process $::Pid{survivor} survived SIGTERM and SIGKILL"}\n)



=== TEST 28: killNodeProcess: a process that ends before SIGKILL
--- config
    location / { zos on; zos_core0_kill_grace 100ms; }
--- init
core0_fault('C', 'data@process.list:[{"pid":' . $main::Pid{'job-between'}
                 . ',"cmdline":"between","rss":4096}]');
--- request eval
"DELETE /nodes/bad/processes/$::Pid{'job-between'}"
--- error_code: 204
--- response_body



=== TEST 29: killNodeProcess: a process without memory and command line
--- init
core0_fault('C', 'data@process.list:[{"pid":' . $main::Pid{odd}
                 . ',"cmdline":"","rss":0,"name":"odd"}]');
--- request eval
"DELETE /nodes/bad/processes/$::Pid{odd}"
--- error_code: 204



=== TEST 30: killNodeProcess: the node fails to list
--- init
core0_fault('C', 'state@process.list:ERROR:500:no memory');
--- request eval
"DELETE /nodes/bad/processes/$::Pid{fails}"
--- error_code: 500
--- response_body
{"error":"no memory"}



=== TEST 31: killNodeProcess: the node lists nonsense
--- config
    location / { zos on; zos_core0_kill_grace 100ms; }
--- init
core0_fault('C', 'data@process.list:{"pid":1}');
--- request eval
"DELETE /nodes/bad/processes/$::Pid{fails}"
--- error_code: 502



=== TEST 32: killNodeProcess: the node lists null
--- config
    location / { zos on; zos_core0_kill_grace 100ms; }
--- init
core0_fault('C', 'data@process.list:null');
--- request eval
"DELETE /nodes/bad/processes/$::Pid{fails}"
--- error_code: 204



=== TEST 33: killNodeProcess: the node does not list in time
--- config
    location / { zos on; zos_core0_timeout 200ms; }
--- init
core0_fault('C', 'stuck@process.list');
--- request eval
"DELETE /nodes/bad/processes/$::Pid{stuck}"
--- error_code: 504



=== TEST 34: killNodeProcess: a caller who leaves, and a process that does not
--- config
    location / { zos on; zos_core0_kill_grace 500ms; }

    location /impatient/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/;
        proxy_read_timeout 200ms;
    }
--- request eval
"DELETE /impatient/nodes/c/processes/$::Pid{left}"
--- error_code: 504
--- response_body_filters eval
::status("left")
--- response_body
signal 9 status 0
--- zos_once
