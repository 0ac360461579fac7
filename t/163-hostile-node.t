use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosCluster qw( C );
use ZosNginx;
use ZosPeer qw( memory mutations );

# Nodes that are not broken but bad: wrong types wherever there is a type, and
# what only one who knows this gateway would send.  The caller gets an error,
# and the worker neither ends nor grows.

no_root_location();
no_long_string();
run_tests();

my $json = JSON::PP->new->utf8->canonical->allow_nonref;


# ---- nodes ----

# What the function makes of a command, its number and the key that is
# waited for goes to nginx; the command is { id, command, arguments }.
sub node {
    my ($function) = @_;

    return ZosPeer->start(sub {
        my ($socket) = @_;
        my ($command, $n) = (undef, 0);

        while (my @word = ZosPeer::command($socket)) {
            my $answer = '+PONG';

            if ($word[0] eq 'RPUSH') {
                ($command, $answer) = ($json->decode($word[2]), ':1');
                $n++;

            } elsif ($word[0] eq 'BLPOP') {
                $answer = $function->($command, $n, $word[1], $socket);

            } elsif ($word[0] ne 'PING') {
                $answer = $function->({ command => $word[0] }, $n, $word[1],
                                      $socket);
            }

            print $socket "$answer\r\n" if defined $answer;
        }
    });
}


sub bulk { return '$' . length($_[0]) . "\r\n$_[0]" }

sub pair { return "*2\r\n" . bulk($_[0]) . "\r\n" . bulk($_[1]) }


sub result {
    my ($key, $data, %more) = @_;

    return pair($key, $json->encode({
        id => $key =~ s/^result://r, command => 'x', data => $data,
        streams => [ '', '' ], level => 20, state => 'SUCCESS', code => 0,
        starttime => 1, time => 1, tags => undef, container => 0, %more }));
}


my $mem = '{"total":1,"available":1,"used":1,"usedPercent":1,"free":1,'
        . '"active":1,"inactive":1,"buffers":1,"cached":1,"wired":0}';
my $containers = '{"7":{"container":{"arguments":{"name":"c"}}}}';

my %node = (
    # an array in each of the elements of an array in ...
    arrays => node(sub {
        my $deep = "*1024\r\n" . "*0\r\n" x 1024;
        my $socket = $_[3];

        print $socket "*1024\r\n";
        print $socket "*1024\r\n" . $deep x 1024 for 1 .. 3;
        return "*0";
    }),
    large => node(sub { return '*2147483647' }),
    larger => node(sub { return '*1048576' }),
    long => node(sub { return '$9223372036854775807' }),
    negative => node(sub { return '$-2147483648' }),
    # a byte now and then
    drip => node(sub {
        my $socket = $_[3];
        my $bytes = result($_[2], $mem) . "\r\n";

        for my $byte (split //, $bytes) {
            print $socket $byte or last;
            select undef, undef, undef, 0.1;
        }

        return;
    }),
    mute => node(sub {
        my $socket = $_[3];

        while (print $socket '+') {
            select undef, undef, undef, 0.1;
        }

        return;
    }),
    # the answer of somebody else, before or behind one's own
    early => node(sub {
        return result("result:another", $mem) . "\r\n" . result($_[2], $mem);
    }),
    late => node(sub {
        return result($_[2], $mem) . "\r\n"
               . result($_[2], $mem =~ s/1/666/gr);
    }),
    other => node(sub { return result($_[2], $mem, id => 'another') }),
    # ids of jobs that would be something else
    map({
        my $data = $_->[1];
        my %more = @$_[2 .. $#$_];

        ($_->[0] => node(sub {
            my ($command, $n, $key) = @_;

            return result($key, $containers) if $command->{command}
                                                eq 'corex.list';
            return result($key, $data, %more);
        }));
    } [ half => '"\u', level => 1 ], [ halves => '"\u\u\u\u"', level => 1 ],
      [ text => 'abc', level => 1 ], [ lines => '"a\r\nX-Planted: yes"' ],
      [ path => '"../../x"' ], [ dots => '".."' ], [ list => '["a"]' ],
      [ nothing => '""' ], [ quoted => '"a\\"b"' ],
      [ longid => '"' . 'a' x 1000 . '"' ]),
);

my $http = 'zos_zone zos:1m; zos_core0_timeout 1s; zos_core0_accept_timeout 1s; '
           . 'zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD; '
           . 'zos_node auth 127.0.0.1:' . $node{mute}->port
           . ' password=x; zos_core0_connect_timeout 1s; '
           . join '', map { "zos_node $_ 127.0.0.1:"
                            . $node{$_}->port . "; " } sort keys %node;
my $nginx = ZosNginx->start(http => $http);
my ($worker) = $nginx->worker_pids;


# ---- sizes ----

is_answer($nginx->request('GET /nodes/late/mem'), 'a node', reason => '');

my $before = memory($worker, 'HWM');

is_answer($nginx->request('GET /nodes/arrays/mem'), 'arrays in arrays',
          status => 502, reason => 'protocol');
is_answer($nginx->request("GET /nodes/$_/mem"), "an array that is $_",
          status => 502, reason => 'protocol') for qw( large larger );
is_answer($nginx->request('GET /nodes/negative/mem'), 'a negative length',
          status => 502, reason => 'protocol');
is_answer($nginx->request('GET /nodes/long/mem'), 'a length without an end',
          status => 504, reason => 'timeout', within => 8);
cmp_ok(memory($worker, 'HWM') - $before, '<', 24, 'MiB, of the worker');

is_answer($nginx->request('GET /nodes/drip/mem'), 'a byte now and then',
          status => 504, reason => 'timeout', within => 8);
is_answer($nginx->request('GET /nodes/auth/mem'), '... before it is asked',
          status => 504, reason => 'connect timeout', within => 8);


# ---- other requests' answers ----

is_answer($nginx->request('GET /nodes/early/mem'), 'a foreign answer before',
          status => 502, reason => 'protocol');
is_answer($nginx->request('GET /nodes/other/mem'), 'a foreign id',
          status => 502, reason => 'protocol');

for (1 .. 3) {
    my $answer = $nginx->request('GET /nodes/late/mem');

    is_answer($answer, 'a foreign answer behind', reason => '');
    unlike($answer->{body}, qr/666/, '... is nobody\'s');
}


# ---- ids of jobs ----

my $start = 'containers/c/jobs' . "\n\n" . '{"name":"true"}';

for my $name (qw( half halves text lines path dots list nothing quoted longid ))
{
    my $answer = $nginx->request("POST /nodes/$name/$start");

    is_answer($answer, "an id of a job: $name", status => 502,
              reason => 'protocol');
    unlike($answer->{text}, qr/^(?:Location|X-Planted):/mi, '... is no header');
    is_answer($nginx->request("GET /nodes/$name/containers/c/mem"),
              '... nor a key', status => 502, reason => 'protocol')
        if $name =~ /half|text|list|nothing/;
}


# ---- wrong types ----

sub recorded {
    my ($case) = @_;

    open my $in, '<', 't/core0d/recorded/C.jsonl' or die "recorded: $!\n";

    for my $row (map { $json->decode($_) } <$in>) {
        return $json->decode($row->{result}{data}) if $row->{case} eq $case;
    }

    die "nothing is recorded of $case\n";
}


# only what is looked at first is changed: the list and its first element
sub shortened {
    my ($value) = @_;

    return [ map { shortened($_) } @$value[0 .. ($#$value > 0 ? 1 : $#$value)] ]
        if ref $value eq 'ARRAY';
    return { map { $_ => shortened($value->{$_}) } keys %$value }
        if ref $value eq 'HASH';
    return $value;
}


my @what = (
    [ 'mem', 'info.mem' ], [ 'cpus', 'info.cpu' ], [ 'nics', 'info.nic' ],
    [ 'info', 'info.os' ], [ 'state', 'core.state' ], [ 'jobs', 'job.list' ],
    [ 'processes', 'process.list' ], [ 'processes/1', 'process.list__pid1' ],
    [ 'disks', 'disk.list' ], [ 'mounts', 'info.disk' ],
    [ 'stats', 'aggregator.query' ], [ 'containers/c/mem', 'corex.list' ],
    [ 'vms/v/info', 'kvm.list' ],
);

for my $row (@what) {
    my ($path, $case) = @$row;
    my $command = $case =~ s/__.*//r;
    my ($n, @odd) = (0);

    for my $data (mutations(shortened(recorded($case)))) {
        my $text = $json->encode($data);

        core0_fault('C', "data\@$command:$text");
        $n++;

        my $answer = $nginx->request("GET /nodes/bad/$path");
        push @odd, "$text: $answer->{status} $answer->{body}"
            if $answer->{status} !~ /^(?:200|404|502)$/
               || $answer->{header}{'content-type'} ne 'application/json'
               || !eval { $json->decode($answer->{body}); 1 };
    }

    is(join("\n", @odd), '', "$n wrong results of $command");
}

is_deeply([ $nginx->worker_pids ], [ $worker ], 'it is the same worker');
$nginx->stop;
$_->stop for values %node;

__DATA__

=== TEST 1: getMemInfo: markup is text
--- http_config
    zos_zone zos:1m;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
--- config
    location / { zos on; }
--- init
core0_fault('C', 'state:ERROR:404:<script>alert(1)</script>');
--- request
GET /nodes/bad/mem
--- error_code: 404
--- response_headers
Content-Type: application/json
--- response_body
{"error":"<script>alert(1)</script>"}
