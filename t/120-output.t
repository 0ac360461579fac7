use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use IO::Socket::INET;
use JSON::PP ();
use POSIX qw( _exit );
use Time::HiRes qw( sleep time );
use ZosCluster qw( A B C );
use ZosContainer;
use ZosEvents;
use ZosNginx;
use ZosProcess qw( fork_child reserve_port temp_dir wait_for );

# The output of jobs as server-sent events: what is kept of it, what comes,
# and the end.

my $nodes = <<'EOC';
    zos_zone zos:1m;
    zos_node a 127.0.0.1:$TEST_NGINX_CORE0_A;
    zos_node b 127.0.0.1:$TEST_NGINX_CORE0_B;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
    zos_node bad 127.0.0.1:$TEST_NGINX_CORE0_C_BAD;
    zos_node tls 127.0.0.1:$TEST_NGINX_CORE0_C_TLS_AUTH password=secret ssl=on;
    zos_node dead 127.0.0.1:$TEST_NGINX_DEAD_PORT;
EOC

our $True = JSON::PP::true;
our $Json = JSON::PP->new->canonical;
my $dir = temp_dir('zos-output');

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', $nodes);
    $block->set_value('config', <<'EOC');
    add_header X-Reason $zos_error always;
    location / { zos on; }
EOC
});


# ---- jobs ----

# Gives a node a script.
sub submit {
    my ($generation, $id, $script, %more) = @_;

    core0_redis($generation, 'RPUSH', 'core:default', $Json->encode({
        id => $id, command => 'bash', arguments => { script => $script },
        queue => '', %more,
    }));
}


# One that runs, and one that has ended.
sub started {
    my ($generation, $id, @more) = @_;

    submit($generation, $id, @more);
    wait_for {
        grep { $_->{id} eq $id && $_->{pid} > 0 }
             @{ core0_control($generation, 'jobs') }
    } 5 or die "job $id does not start\n";
    return $id;
}


sub ended {
    my ($generation, $id, @more) = @_;

    submit($generation, $id, @more);
    await_end($generation, $id);
}


sub await_end {
    my ($generation, $id) = @_;

    wait_for {
        core0_redis($generation, 'LLEN', "result:$id")
            && !grep { $_->{id} eq $id } @{ core0_control($generation, 'jobs') }
    } 5 or die "job $id does not end\n";
}


# The same in a container of generation C, which leaves the id to us.
sub ended_inside {
    my ($name, $id, $script, %more) = @_;

    ZosContainer::dispatch('C', $name, 'core.system',
        { name => 'sh', args => [ '-c', $script ] }, id => $id, %more);
    await_end('C', $id);
}


# What a program prints, in a script.
sub printed { return "printf '" . join('', @_) . "'" }


no_root_location();
no_long_string();
run_tests();


# ---- what blocks cannot say: jobs that go on ----

our $nginx = ZosNginx->start(http => $nodes);

my $sequence = 0;

# A script waits here until it is let go, in all directories of all nodes.
sub gate { return "until [ -d $dir/$_[0] ]; do sleep 0.01; done" }

sub open_gate { mkdir "$dir/$_[0]" or die "$dir/$_[0]: $!\n" }

# In a container, which has a /tmp of its own.
sub inner_gate { return "until [ -d /tmp/$_[0] ]; do sleep 0.01; done" }

sub open_inner_gate {
    my ($generation, $name) = @_;

    container_run($generation, 'web1', 'filesystem.mkdir',
                  { path => "/tmp/$name" });
}


sub new_id { return sprintf 'job-%d', ++$sequence }

sub node_path { return "/nodes/$_[0]/jobs/$_[1]/output" }

sub watch {
    my ($path, @option) = @_;

    return ZosEvents->open($nginx, $path, @option);
}


# Starts a script in web1 through the API: the path of its output.
sub post_job {
    my ($node, $script, $query, %body) = @_;

    my $answer = $nginx->request(
        "POST /nodes/$node/containers/web1/jobs$query\n\n"
        . $Json->encode({ name => 'sh', args => [ '-c', $script ], %body }));

    is($answer->{status}, 202, "$node: the job starts");
    return "$answer->{header}{location}/output";
}


sub texts {
    my ($name, @events) = @_;

    return map { $_->{data} } grep { $_->{name} eq $name } @events;
}


# The state of the last event, if it is the end.
sub final_state {
    my ($event) = @_;

    return 'none' unless $event && $event->{name} eq 'end';
    return $Json->decode($event->{data})->{state};
}


# One test: all of these lines on stdout, each once and in order, and an end.
sub is_all {
    my ($watcher, $events, $expected, $name) = @_;

    my @got = texts('stdout', @$events);
    my ($at) = grep { ($got[$_] // '') ne ($expected->[$_] // '') }
                    0 .. ($#got > $#$expected ? $#got : $#$expected);
    my @wrong;

    push @wrong, sprintf 'line %d is "%.9s", not "%.9s", of %d', $at,
                 $got[$at] // '', $expected->[$at] // '', scalar @got
        if defined $at;
    push @wrong, 'the answer is ' . ($watcher->ended // 'not at its end')
        if ($watcher->ended // '') ne 'whole';
    push @wrong, 'no end' if final_state($events->[-1]) eq 'none';
    push @wrong, $watcher->faults;

    return ok(!@wrong, $name)
           || diag(join "\n", splice @wrong, 0, 5);
}


sub stats {
    my ($listener, $what) = @_;

    my ($generation) = $listener =~ /^(.)/;
    return core0_control($generation,
                         'stats ' . $ENV{"TEST_NGINX_CORE0_$listener"})->{$what};
}


container_create($_, 'web1') for qw( B C );


# ---- nothing comes for long: read at the very end ----

my @quiet = (
    started('C', new_id(), 'echo first; exec sleep 60', stream => $True),
    started('C', new_id(), 'echo first; exec sleep 60'),
);
my @heart = map { watch(node_path('c', $_)) } @quiet;
my $heart_since = time;

container_create('C', 'doomed');

my %doomed = map {
    my $id = container_start('C', 'doomed', 'echo last words; exec sleep 60',
                             @$_);
    my $watcher = watch("/nodes/c/containers/doomed/jobs/$id/output");
    (@$_ ? 'kept' : 'subscribed') => $watcher;
} [ stream => $True ], [];

is($doomed{$_}->next->{data}, 'last words', "$_: the container lives")
    for sort keys %doomed;
container_terminate('C', 'doomed');


# ---- followed live, from the start to the end ----

for my $case (
    [ 'b, query', 'b', '?stream=1' ],
    [ 'b, body', 'b', '', stream => $True ],
    [ 'c, query', 'c', '?stream=true' ],
    [ 'c, body', 'c', '', stream => $True ],
    [ 'c, subscribed', 'c', '' ],
) {
    my ($what, $node, $query, %body) = @$case;

    my $gate = 'gate' . ++$sequence;
    my $path = post_job($node, 'echo kept; echo wrong >&2; '
                        . inner_gate($gate)
                        . '; seq 1 300; echo late >&2; exit 3',
                        $query, %body);
    my $watcher = watch($path);
    my @first = $watcher->take(2);

    is(join(' ', sort map { "$_->{name}=$_->{data}" } @first),
       'stderr=wrong stdout=kept', "$what: what is there already");

    open_inner_gate(uc $node, $gate);

    my @events = $watcher->rest;
    my ($stderr) = texts('stderr', @events);

    is_all($watcher, \@events, [ 1 .. 300 ], "$what: what comes");
    is($stderr, 'late', "$what: of both streams");

    my $job = $nginx->request('GET ' . $path =~ s/\/output$//r)->{body};

    is("$events[-1]{data}\n", $job, "$what: the end is the result");
    is(final_state($events[-1]), 'error', "$what: it has failed");

    my $again = watch($path);
    my @again = $again->rest;

    is_all($again, \@again, [ $what =~ /subscribed/ ? (206 .. 300)
                              : ('kept', 1 .. 300) ],
           "$what: and once more")
        if $what !~ /subscribed/;
    is($again[-1]{data}, $events[-1]{data}, "$what: the same end");
}


# ---- more than a list keeps ----

# A line each millisecond or so, more when the machine is busy.
sub stream_of {
    return sprintf <<'EOS', @_;
        exec perl -e '$| = 1; for (1 .. %d) {
            print "$_\n"; select undef, undef, undef, %f }'
EOS
}

for my $case ([ 'c', 2500, 0.001 ], [ 'b', 2500, 0.0005 ]) {
    my ($node, $lines, $pause) = @$case;

    my $id = started(uc $node, new_id(), stream_of($lines, $pause),
                     stream => $True);
    my $watcher = watch(node_path($node, $id));
    my @events = $watcher->rest;

    is_all($watcher, \@events, [ 1 .. $lines ],
           "$node: a line at a time, while the list is trimmed");
}

{
    my $gate = 'bursts';
    my $id = started('C', new_id(), gate($gate) . '; i=0;'
        . 'while [ $i -lt 8 ]; do seq $((i * 400 + 1)) $((i * 400 + 400));'
        . 'sleep 0.6; i=$((i + 1)); done', stream => $True);
    my @watchers = map { watch(node_path('c', $id)) } 1 .. 3;

    $_->head for @watchers;
    open_gate($gate);
    ZosEvents::gather(20, @watchers);
    is_all($_, [ $_->rest ], [ 1 .. 3200 ], 'bursts after pauses')
        for @watchers;
}

{
    # the newest are kept; who comes now sees them from the first one on
    ended('C', 'full', 'seq 1 1500; echo end', stream => $True);
    my $watcher = watch(node_path('c', 'full'));
    my @events = $watcher->rest;

    # the last of 1000 records is the end
    is_all($watcher, \@events, [ 503 .. 1500, 'end' ], 'a list that is full');
}


# ---- a node that answers slowly, or between whose answers things happen ----

# A way to node C where each command of a pipeline passes alone, behind a call
# of the function.
sub relay {
    my ($before) = @_;

    my $port = reserve_port();
    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 16,
        ReuseAddr => 1) // die "relay: $!\n";

    my $process = fork_child(sub {
        while (my $client = $listener->accept) {
            fork || relay_one($client, $before);
            close $client;
        }
    });
    my $gateway = ZosNginx->start(
        http => "zos_zone zos:1m; zos_node c 127.0.0.1:$port;");

    return ($gateway, $process);
}


sub relay_one {
    my ($client, $before) = @_;

    my $server = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $ENV{TEST_NGINX_CORE0_C})
        or _exit(1);

    while (defined(my $command = read_command($client))) {
        $before->($command =~ /\r\n\$\d+\r\n([^\r]*)/g);
        syswrite $server, $command;
        syswrite $client, read_raw($server);
    }

    _exit(0);
}


# One command, an array of strings; and any reply, as it was.
sub read_command { return eval { read_raw($_[0]) } }

sub read_raw {
    my ($socket) = @_;

    my $line = <$socket> // die "closed\n";

    return $line unless $line =~ /^([\$*])(-?\d+)/ && $2 >= 0;
    return join '', $line, map { read_raw($socket) } 1 .. $2 if $1 eq '*';

    read $socket, my $bulk, $2 + 2;
    return $line . $bulk;
}


{
    my ($gateway, $relay) = relay(sub { sleep 0.002 });
    my $id = started('C', new_id(), stream_of(3500, 0.001), stream => $True);
    my $watcher = ZosEvents->open($gateway, node_path('c', $id));
    my @events = $watcher->rest(30);

    is_all($watcher, \@events, [ 1 .. 3500 ],
           'a line at a time, and the node is some milliseconds away');
    $gateway->stop;
    $relay->stop('KILL');
}


# A record as the node writes them: level 1 is stdout; 2 is the last one's
# flag.
sub record {
    my ($id, $text, %option) = @_;

    my $epoch = $option{epoch} // time * 1e9;
    my $meta = ($option{level} // 1) << 16 | 1 | ($option{flags} // 0);
    my $record = $Json->encode({ core => 0, command => $id, message => {
        message => "$text", epoch => 'EPOCH', meta => $meta } });

    $record =~ s/"EPOCH"/sprintf '%d', $epoch/e;
    core0_redis('C', 'RPUSH', "stream:$id", $option{raw} // $record);
}


sub result {
    my ($id, %member) = @_;

    core0_redis('C', 'RPUSH', "result:$id", $Json->encode({
        id => $id, command => 'bash', data => '', streams => [ "x\n", '' ],
        level => 0, state => 'SUCCESS', code => 0, starttime => 1491984742526,
        time => 1, tags => undef, container => 0, %member }));
}


# A job whose records and result the test writes itself.
sub scripted { return started('C', new_id(), 'exec sleep 60', stream => $True) }

{
    # the job ends when its list has been looked at and its result has not
    my $id = 'between-the-looks';
    my ($gateway, $relay) = relay(sub {
        my ($command, $key) = @_;

        return if $command ne 'LLEN' || $key ne "result:$id:flag"
                  || !-d "$dir/end" || !mkdir "$dir/ended";
        record($id, $_) for 1 .. 3;
        record($id, '', flags => 2);
        result($id);
    });

    started('C', $id, 'exec sleep 60', stream => $True);
    my $watcher = ZosEvents->open($gateway, node_path('c', $id));

    record($id, 'running');
    is($watcher->next->{data}, 'running', 'the end between two looks: before');
    open_gate('end');
    my @events = $watcher->rest;
    is_all($watcher, \@events, [ 1 .. 3 ], 'the end between two looks');
    $gateway->stop;
    $relay->stop('KILL');
}

{
    # newer nodes write records and results at their own pace
    my $id = scripted();
    my $watcher = watch(node_path('c', $id));

    record($id, 'running');
    $watcher->next;
    result($id);
    sleep 0.15;                 # the other way round would prove nothing
    record($id, $_) for 1 .. 3;
    record($id, '', flags => 2);

    my @events = $watcher->rest;
    is_all($watcher, \@events, [ 1 .. 3 ], 'the result before the last lines');
}

{
    my $id = scripted();
    my $now = int(time) * 1_000_000_000;

    record($id, 'one', epoch => $now);
    record($id, 'two', epoch => $now);
    record($id, 'three', epoch => $now + 1);
    record($id, '', flags => 2);
    result($id);

    my $watcher = watch(node_path('c', $id));
    my @events = $watcher->rest;
    is(join(' ', texts('stdout', @events)), 'one two three',
       'records of the same nanosecond');
}

{
    my $id = scripted();
    my $now = int(time) * 1_000_000_000;
    my $watcher = watch(node_path('c', $id));

    record($id, 'one', epoch => $now);
    record($id, 'two', epoch => $now - 3600e9);
    record($id, 'three', epoch => $now - 3599e9);
    record($id, '', epoch => $now - 3598e9, flags => 2);
    result($id);

    my @events = $watcher->rest;
    is(join(' ', texts('stdout', @events)), 'one two three',
       'the clock of the node is set back');
}

{
    # the list expires a minute after the last record, the job runs on
    my $id = scripted();
    my $watcher = watch(node_path('c', $id));

    record($id, 'before');
    is($watcher->next->{data}, 'before', 'the list expires: before');
    core0_redis('C', 'DEL', "stream:$id");
    record($id, 'after');
    is(($watcher->next // {})->{data}, 'after', 'the list expires: after');
    core0_redis('C', 'DEL', "stream:$id");
    result($id);

    my @events = $watcher->rest;
    is(scalar @events, 1, 'the list expires: nothing twice');
    is(final_state($events[-1]), 'success', 'the list expires: the end');
}

{
    # twenty watchers read what is not consumed
    my $id = scripted();
    my $long = 'x' x 20000;

    record($id, "$long$_") for 1 .. 40;
    record($id, '', flags => 2);
    result($id);

    my $gateway = ZosNginx->start(
        http => "$nodes zos_core0_max_reply 256k;");
    my $watcher = ZosEvents->open($gateway, node_path('c', $id));
    my @events = $watcher->rest;

    is_all($watcher, \@events, [ map { "$long$_" } 1 .. 40 ],
           'lines that are long, but not too long');
    $gateway->stop;
}


# ---- what no node should send ----

for my $case (
    [ 'no JSON', 'hello' ],
    [ 'an array', '[]' ],
    [ 'no message', '{"core":0}' ],
    [ 'no epoch', '{"message":{"message":"x","meta":65537}}' ],
    [ 'a fraction', '{"message":{"message":"x","epoch":1.5,"meta":65537}}' ],
    [ 'a negative time', '{"message":{"message":"x","epoch":-1,"meta":1}}' ],
    [ 'a time too large',
      '{"message":{"message":"x","epoch":99999999999999999999,"meta":1}}' ],
    [ 'meta is text', '{"message":{"message":"x","epoch":1,"meta":"1"}}' ],
) {
    my ($what, $raw) = @$case;

    my $id = scripted();
    my $watcher = watch(node_path('c', $id));

    record($id, 'good');
    is($watcher->next->{data}, 'good', "$what: what is good");
    record($id, '', raw => $raw);
    is(scalar(my @events = $watcher->rest(5)), 0, "$what: nothing more");
    is($watcher->ended, 'cut', "$what: ends visibly");
}

{
    my $id = scripted();
    my $now = int(time * 1000) * 1_000_000;
    my $raw = '{"core":0,"command":"x","message":{"message":%s,'
              . '"epoch":%d,"meta":%s}}';
    my @cases = (
        [ '"\ud83d\ude00 \u00e9"', 65537, 'stdout', "\xf0\x9f\x98\x80 \xc3\xa9" ],
        [ '"\ud800"', 65537, 'stdout', undef ],
        [ '"a\u0000b"', 65537, 'stdout', "a\0b" ],
        [ '"\u0085\u2028"', 65537, 'stdout', "\xc2\x85\xe2\x80\xa8" ],
        [ 'null', 65537, 'stdout', '' ],
        [ '"high bits"', 3 * 2 ** 32 + 65537, 'stdout', 'high bits' ],
        [ '"no flags"', 131072, 'stderr', 'no flags' ],
        [ '"level 0"', 1, 'log', 'level 0' ],
        [ '"level 200"', (200 << 16) + 1, 'log', 'level 200' ],
    );

    record($id, '', raw => sprintf $raw, $cases[$_][0], $now + $_,
                                   $cases[$_][1]) for 0 .. $#cases;
    record($id, '', epoch => $now + 100, flags => 2);
    result($id);

    my $watcher = watch(node_path('c', $id));
    my @events = $watcher->rest;

    for my $i (0 .. $#cases) {
        my ($text, $meta, $name, $data) = @{ $cases[$i] };
        my $event = $events[$i] // { name => '', data => '' };

        is($event->{name}, $name, "odd: $text: the name");
        is($event->{data}, $data, "odd: $text: the data") if defined $data;
    }

    is_framed($watcher, 'odd: well-formed');
}


# ---- going on where it was ----

{
    my $gate = 'resume';
    my $id = started('C', new_id(), 'seq 1 100; ' . gate($gate)
                     . '; seq 101 200', stream => $True);
    my $path = node_path('c', $id);
    my $watcher = watch($path);
    my @first = $watcher->take(100);

    $watcher->leave;

    for my $at (0, 30, 31, 32, 33, 62, 63, 98) {
        my $again = watch($path, last => $first[$at]{id});
        my @events = $again->take(99 - $at);

        is(join(' ', texts('stdout', @events)), join(' ', $at + 2 .. 100),
           "Last-Event-ID behind line $at");
        $again->leave;
    }

    my $last = watch($path, last => $first[99]{id});

    is($last->next(0.3), undef, 'Last-Event-ID: of the last: nothing yet');
    open_gate($gate);
    is_all($last, [ $last->rest ], [ 101 .. 200 ],
           'Last-Event-ID: and then what comes');

    my $between = watch($path, last => $first[49]{id} + 1);
    is_all($between, [ $between->rest ], [ 51 .. 200 ],
           'Last-Event-ID: of no record');

    for my $bad ('', '0', '-1', 'x', '12x', '1e30', ' ', '"1"', '1.5',
                 '99999999999999999999', '9' x 5000, "\xff\xfe", "$first[9]{id}x")
    {
        my $all = watch($path, last => $bad);
        is_all($all, [ $all->rest ], [ 1 .. 200 ],
               'Last-Event-ID: "' . substr($bad =~ s/[^ -~]/?/gr, 0, 24) . '"');
    }

    my $future = watch($path, last => '9223372036854775807');
    my @events = $future->rest;
    is(scalar @events, 1, 'Last-Event-ID: of the future: the end alone');
}

{
    # what the last ten lines were is told again by the node, not to the client
    my $gate = 'resubscribe';
    my $path = post_job('c', 'seq 1 20; mkdir /tmp/printed; '
                        . inner_gate($gate) . '; seq 21 30', '');

    wait_for {
        container_run('C', 'web1', 'filesystem.exists',
                      { path => '/tmp/printed' })
    } 5 or die "nothing is printed\n";

    my $watcher = watch($path);
    my @first = $watcher->take(10);

    is(join(' ', texts('stdout', @first)), join(' ', 11 .. 20),
       'subscribed: the last ten lines');
    $watcher->leave;

    my $again = watch($path, last => $first[4]{id});
    my @events = $again->take(5);

    is(join(' ', texts('stdout', @events)), join(' ', 16 .. 20),
       'subscribed: Last-Event-ID');
    is($again->next(0.6), undef, 'subscribed: nothing twice');

    open_inner_gate('C', $gate);
    is_all($again, [ $again->rest ], [ 21 .. 30 ], 'subscribed: and on');
}


{
    # the job has ended in the meantime, what the node kept for us is there
    my $gate = 'meantime';
    my $path = post_job('c', 'echo first; ' . inner_gate($gate)
                        . '; seq 1 130', '');
    my $watcher = watch($path);
    my @first = $watcher->take(1);

    open_inner_gate('C', $gate);
    push @first, $watcher->take(100);
    $watcher->leave;
    await_end('C', $path =~ m{([^/]+)/output$});

    my $again = watch($path, last => $first[-1]{id});
    is_all($again, [ $again->rest ], [ 101 .. 130 ],
           'subscribed: comes again behind the end');
}

{
    # one job's subscription tells nothing about another
    my $watched = started('C', new_id(), 'echo secret; exec sleep 60');
    my $path = post_job('c', 'echo mine; exec sleep 60', '');
    my $event = watch(node_path('c', $watched))->next;

    is($event->{data}, 'secret', 'the subscription of another job: its own');

    my $other = watch($path, last => $event->{id} =~ s{/.*}{/1}r);
    is(join(' ', texts('stdout', $other->take(1))), 'mine',
       'the subscription of another job');
}

{
    # nothing to tell is no reason to keep a client waiting
    for my $more ([], [ stream => $True ]) {
        my $watcher = watch(node_path('c', started('C', new_id(),
                                                   'exec sleep 60', @$more)));
        is(($watcher->head(2) // {})->{status}, 200,
           'a silent job: the head comes at once');
        $watcher->leave;
    }
}


# ---- ends of other kinds ----

for my $case ([ 'b', 'killed' ], [ 'c', 'error' ]) {
    my ($node, $state) = @$case;

    my $path = post_job($node, 'echo here; exec sleep 60', '?stream=1');
    my $watcher = watch($path);

    is($watcher->next->{data}, 'here', "$node: before the kill");
    is($nginx->request('DELETE ' . $path =~ s/\/output$//r)->{status}, 204,
       "$node: the kill");

    my @events = $watcher->rest(5);
    is(final_state($events[-1]), $state, "$node: the job was killed");
    is($watcher->ended, 'whole', "$node: a whole answer");
}

{
    my $path = post_job('c', 'echo here; exec sleep 60', '');
    my $watcher = watch($path);

    is($watcher->next->{data}, 'here', 'subscribed: before the kill');
    $nginx->request('DELETE ' . $path =~ s/\/output$//r);
    my @events = $watcher->rest(5);
    is(final_state($events[-1]), 'error', 'subscribed: the job was killed');
    is(scalar(grep { $_->{name} ne 'end' } @events), 0, 'subscribed: no more');
}

{
    # between being listed and being subscribed to
    my ($gateway, $relay) = relay(sub {
        my ($command, $key, $text) = @_;

        return unless $command eq 'LRANGE' && $key eq 'stream:short';
        open_gate('short') unless -d "$dir/short";
        await_end('C', 'short');
    });

    for my $more ([], [ stream => $True ]) {
        rmdir "$dir/short";
        core0_redis('C', 'DEL', 'result:short', 'result:short:flag',
                    'stream:short');
        started('C', 'short', 'echo short; ' . gate('short') . '; echo gone',
                @$more);

        my $watcher = ZosEvents->open($gateway, node_path('c', 'short'));
        is_all($watcher, [ $watcher->rest ], [ 'short', 'gone' ],
               'it ends when it is found' . (@$more ? ', kept' : ''));
    }

    $gateway->stop;
    $relay->stop('KILL');
}

{
    # listed, and then gone before the node can watch it
    my ($gateway, $relay) = relay(sub {
        my ($command, $key, $text) = @_;

        return unless $command eq 'RPUSH' && $text =~ /core\.subscribe/;
        open_gate('shorter');
        await_end('C', 'shorter');
    });

    started('C', 'shorter', 'echo one; ' . gate('shorter') . '; echo two');
    my $watcher = ZosEvents->open($gateway, node_path('c', 'shorter'));
    is_all($watcher, [ $watcher->rest ], [ 'one', 'two' ],
           'it ends before it is subscribed to');
    $gateway->stop;
    $relay->stop('KILL');
}

for my $case (
    [ 'the node ends', sub { core0_stop('B') }, 'B' ],
    [ 'the connection breaks', sub { core0_fault('C', 'reset') } ],
    [ 'half an answer', sub { core0_fault('C', 'break:40') } ],
    [ 'the wrong answer', sub { core0_fault('C', 'garbage') } ],
    [ 'an error', sub { core0_fault('C', 'error:out of order') } ],
) {
    my ($what, $break, $generation) = @$case;

    my $id = started($generation // 'C', new_id(), 'echo good; exec sleep 60',
                     stream => $True);
    my $watcher = watch(node_path($generation ? 'b' : 'bad', $id));

    is($watcher->next->{data}, 'good', "$what: before");
    $break->();
    is(scalar(my @events = $watcher->rest(8)), 0, "$what: no event");
    is($watcher->ended, 'cut', "$what: ends visibly");
    is_framed($watcher, "$what: well-formed");
    ZosCluster::restore();
}


# ---- clients that leave, and that do not read ----

{
    my @paths = map { "/nodes/bad/jobs/$_/output" }
                map { started('C', new_id(), 'echo here; exec sleep 60', @$_) }
                [ stream => $True ], [];
    my @watchers = map { watch($_) } (@paths) x 3;

    is($_->next->{data}, 'here', 'who leaves has seen it') for @watchers;
    $_->leave for @watchers;

    ok(wait_for(sub {
           my $before = stats('C_BAD', 'commands');
           sleep 0.6;                    # longer than the longest pause
           stats('C_BAD', 'commands') == $before;
       }, 5), 'nobody looks any more');

    is($nginx->request('GET /nodes/bad/mem')->{status}, 200,
       'the connections are as good as before');
    is(stats('C_BAD', 'blocked'), 0, 'none of them waits');
}


# Resident memory of a process, in kB.
sub memory {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/status" or return 0;
    return join('', <$in>) =~ /^VmRSS:\s+(\d+)/m ? $1 : 0;
}

{
    my $gateway = ZosNginx->start(http => $nodes,
                                  main => 'worker_rlimit_nofile 512;');
    my $id = scripted();
    my $long = 'x' x 20000;

    record($id, "$long$_") for 1 .. 900;

    my ($worker) = $gateway->worker_pids;
    my $path = node_path('c', $id);

    # the first costs what is allocated once
    my $first = ZosEvents->open($gateway, $path);
    $first->take(900);
    $first->leave;

    my $before = memory($worker);
    my @slow = map { ZosEvents->open($gateway, $path, buffer => 4096) } 1 .. 8;

    $_->head for @slow;
    my $quick = ZosEvents->open($gateway, $path);
    is(scalar $quick->take(900), 900, 'slow clients: a quick one beside them');

    # 18 MB each, if it were kept for them; sanitizers keep what is freed
    cmp_ok(memory($worker) - $before, '<', 8 * 4096,
           'slow clients: bounded memory') unless $ENV{ASAN_OPTIONS};

    my @events = $slow[0]->take(900, 20);
    is(join(' ', map { length $_->{data} } @events[0, 450, 899]),
       '20001 20003 20003', 'slow clients: nothing is lost');
    is_framed($slow[0], 'slow clients: well-formed');
    $gateway->stop('TERM');
}

{
    my $gateway = ZosNginx->start(http => "$nodes send_timeout 1s;");
    my $id = scripted();
    my $long = 'x' x 20000;

    record($id, $long) for 1 .. 500;
    my $watcher = ZosEvents->open($gateway, node_path('c', $id),
                                  buffer => 4096);
    $watcher->head;
    ok($gateway->logs(qr/client timed out/), 'a client that never reads')
        || $watcher->leave;
    $gateway->stop;
}


# ---- a reload ----

{
    my $gate = 'reload';
    my $gateway = ZosNginx->start(http => $nodes);
    my $id = started('C', new_id(), 'seq 1 50; ' . gate($gate)
                     . '; seq 51 60', stream => $True);
    my $path = node_path('c', $id);
    my $watcher = ZosEvents->open($gateway, $path);
    my @first = $watcher->take(50);

    $gateway->reload(http => $nodes);
    my @events = $watcher->rest(5);

    is($watcher->ended, 'whole', 'reload: the answer ends');
    is(scalar @events, 0, 'reload: without an end of the job');
    ok(wait_for(sub { !$gateway->worker_pids(1) }, 5),
       'reload: the old worker goes');

    my $again = ZosEvents->open($gateway, $path, last => $first[-1]{id});
    isnt(($again->head(2) // $watcher->head)->{'x-pid'},
         $watcher->head->{'x-pid'}, 'reload: another worker');
    open_gate($gate);
    is_all($again, [ $again->rest ], [ 51 .. 60 ], 'reload: goes on there');
    $gateway->stop;
}


# ---- and at last those where nothing comes ----

my $left = 17 - (time - $heart_since);
ZosEvents::gather($left > 0.1 ? $left : 0.1, @heart, values %doomed);

my $most = (time - $heart_since) / 15;

for my $watcher (@heart) {
    cmp_ok($watcher->comments, '>=', 1, 'a heartbeat after 15 seconds');
    cmp_ok($watcher->comments, '<=', $most, 'and not more');
    is($watcher->ended, undef, 'the answer goes on');
    is_framed($watcher, 'a heartbeat is well-formed');
    $watcher->leave;
}

for my $what (sort keys %doomed) {
    my ($last) = reverse $doomed{$what}->rest(3);

    like(($last // {})->{name} // 'nothing', qr/^(failure|end)$/,
         "$what: the container has gone");
    is($doomed{$what}->ended, 'whole', "$what: a whole answer");
    is_framed($doomed{$what}, "$what: well-formed");
}

$nginx->stop;

__DATA__

=== TEST 1: getNodeJobOutput: nodes that know no such job
--- request eval
[map { "GET /nodes/$_/jobs/none/output" } qw( a b c bad tls )]
--- error_code eval
[(404) x 5]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store\n"
  . "X-Reason: absent") x 5]
--- response_body eval
[("{\"error\":\"there is no job \\\"none\\\"\"}\n") x 5]



=== TEST 2: getNodeJobOutput: a job that has ended, its stream is kept
--- init
::ended('C', 'kept', 'echo one; echo two', stream => $::True);
--- request
GET /nodes/c/jobs/kept/output
--- response_headers
Content-Type: text/event-stream
Cache-Control: no-store
X-Accel-Buffering: no
! Content-Length
! X-Reason
--- response_body_filters eval
\&::event_lines
--- response_body
N stdout one
N stdout two
- end {"data":"","id":"kept","level":0,"name":"bash","startTime":N,"state":"success","stderr":"","stdout":"one\ntwo\n"}



=== TEST 3: getNodeJobOutput: generation B keeps streams, too
--- init
::ended('B', 'kept-b', 'echo one; echo two >&2; exit 1', stream => $::True);
--- request
GET /nodes/b/jobs/kept-b/output
--- response_body_filters eval
[sub { CORE::join '', sort { $a cmp $b } split /^/, ::event_lines($_[0]) }]
--- response_body
- end {"data":"","id":"kept-b","level":0,"name":"bash","startTime":N,"state":"error","stderr":"two\n","stdout":"one\n"}
N stderr two
N stdout one



=== TEST 4: getNodeJobOutput: without a stream the lines of the result
--- init
::ended($_, 'ended', 'echo one; echo two; echo wrong >&2; exit 2')
    for qw( A B C );
--- request eval
[map { "GET /nodes/$_/jobs/ended/output" } qw( a b c )]
--- response_body_filters eval
[([\&::event_lines]) x 3]
--- response_body eval
[map { qq(- stdout one\n- stdout two\n- stderr wrong\n- end {"data":"",)
       . qq("id":"ended","level":0,"name":"bash","startTime":N,)
       . qq("state":"error","stderr":"wrong\\n","stdout":"one\\ntwo$_"}\n) }
     '\n', '\n', '']



=== TEST 5: getNodeJobOutput: nobody knows which of those lines have been told
--- init
::ended('C', 'again', 'echo one');
--- request
GET /nodes/c/jobs/again/output
--- more_headers
Last-Event-ID: 1491984742526123456
--- response_body_filters eval
\&::event_lines
--- response_body_like: \A- stdout one\n- end \{.*\}\n\z



=== TEST 6: getNodeJobOutput: no output at all
--- init
::ended('C', 'silent', 'true', stream => $::True);
::ended('A', 'silent', 'true');
--- request eval
["GET /nodes/c/jobs/silent/output", "GET /nodes/a/jobs/silent/output"]
--- response_body_filters eval
[([\&::event_lines]) x 2]
--- response_body_like eval
[('\A- end \{.*"state":"success".*\}\n\z') x 2]



=== TEST 7: getNodeJobOutput: commands that are no programs
--- init
for my $case ([ 'unknown', 'no.such' ], [ 'mem', 'info.mem' ]) {
    core0_redis('C', 'RPUSH', 'core:default', $::Json->encode({
        id => $case->[0], command => $case->[1], arguments => {},
        queue => '', stream => $::True }));
    ::await_end('C', $case->[0]);
}
--- request eval
["GET /nodes/c/jobs/unknown/output", "GET /nodes/c/jobs/mem/output"]
--- response_body_filters eval
[([\&::event_lines]) x 2]
--- response_body_like eval
['\A- end \{.*"state":"unknown_cmd".*\}\n\z',
 '\AN result \{"total":.*\}\n- end \{.*"name":"info.mem".*\}\n\z']



=== TEST 8: getNodeJobOutput: levels have names
--- init
::ended('C', 'levels', q(printf '1::out\n2::err\n3::public\n4::operator\n)
      . q(5::unknown\n6::{"x":1}\n7::warning\n8::ops\n9::critical\n11::debug\n)
      . q(20::{"a":1}\n21::yaml\n22::toml\n23::hrd\n30::{"id":"x"}\n99::x\n'),
      stream => $::True);
--- request
GET /nodes/c/jobs/levels/output
--- response_body_filters eval
[\&::event_lines, sub { $_[0] =~ s/^- end .*\n//mr }]
--- response_body
N stdout out
N stderr err
N log public
N log operator
N log unknown
N log {"x":1}
N log warning
N log ops
N log critical
N log debug
N result {"a":1}
N log yaml
N log toml
N log hrd
N log {"id":"x"}
N log x



=== TEST 9: getNodeJobOutput: nothing that is printed can break the framing
--- init
::ended('C', 'odd', q(printf 'a\rb\n\r\n:c\n: \n\ndata: x\nid: 1\nevent: end\n)
      . q(end\r\nretry: 1\n \n  two\nx:\n\0z\n\t\n"\\\\/\n<b>\n'), stream => $::True);
--- request
GET /nodes/c/jobs/odd/output
--- response_body_filters eval
[\&::event_lines, sub { $_[0] =~ s/^- end .*\n//mr }]
--- response_body eval
CORE::join '', map { "N stdout $_\n" } 'a\nb', '\n', ':c', ': ', '', 'data: x',
    'id: 1', 'event: end', 'end\n', 'retry: 1', ' ', '  two', 'x:', "\0z",
    "\t", '"\\/', '<b>'



=== TEST 10: getNodeJobOutput: messages of several lines
--- init
::ended('C', 'several', q(printf '3:::one\ntwo\n\nfour\n:::\n20:::{\n"a": 1\n}\n:::\n')
      . q(; printf '3:::\r\rx\r\n\r\n:::\nlast'), stream => $::True);
--- request
GET /nodes/c/jobs/several/output
--- response_body_filters eval
[\&::event_lines, sub { $_[0] =~ s/^- end .*\n//mr }]
--- response_body eval
'N log one\ntwo\n\nfour' . "\n" . 'N result {\n"a": 1\n}' . "\n"
. 'N log \n\nx\n\n' . "\n" . "N stdout last\n"



=== TEST 11: getNodeJobOutput: UTF-8, and bytes that are none
--- init
::ended('C', 'utf8', qq(printf 'caf\\303\\251 \\360\\237\\230\\200\n)
      . q(\342\200\250\n\357\273\277x\nbad \377 byte\n'), stream => $::True);
--- request
GET /nodes/c/jobs/utf8/output
--- response_body_filters eval
[\&::event_lines, sub { $_[0] =~ s/^- end .*\n//mr }]
--- response_body_like eval
qr/\AN stdout caf\xc3\xa9 \xf0\x9f\x98\x80\nN stdout \xe2\x80\xa8\n/
. qr/N stdout \xef\xbb\xbfx\nN stdout bad .{1,3} byte\n\z/



=== TEST 12: getNodeJobOutput: the lines of a result cannot break it either
--- init
::ended('C', 'odd-result', q(printf 'a\rb\n\r\n:c\n\ndata: x\nlast\r\n'));
--- request
GET /nodes/c/jobs/odd-result/output
--- response_body_filters eval
[\&::event_lines, sub { $_[0] =~ s/^- end .*\n//mr }]
--- response_body eval
CORE::join '', map { "- stdout $_\n" } 'a\nb', '\n', ':c', '', 'data: x', 'last\n'



=== TEST 13: getContainerJobOutput: a job of the container
--- init
container_create('C', 'web1');
::ended_inside('web1', 'inner', 'echo one; exit 4', stream => $::True);
--- request
GET /nodes/c/containers/web1/jobs/inner/output
--- response_headers
Content-Type: text/event-stream
Cache-Control: no-store
X-Accel-Buffering: no
--- response_body_filters eval
\&::event_lines
--- response_body
N stdout one
- end {"data":"","id":"inner","level":0,"name":"core.system","startTime":N,"state":"error","stderr":"","stdout":"one"}



=== TEST 14: getContainerJobOutput: a job of somebody else
--- init
container_create('C', 'web1');
container_create('C', 'web2');
::ended_inside('web1', 'mine', 'echo one', stream => $::True);
::ended_inside('web1', 'mine-too', 'echo one');
::ended('C', 'of-the-node', 'echo one', stream => $::True);
--- request eval
["GET /nodes/c/containers/web2/jobs/mine/output",
 "GET /nodes/c/containers/web2/jobs/mine-too/output",
 "GET /nodes/c/containers/web1/jobs/of-the-node/output",
 "GET /nodes/c/jobs/mine/output", "GET /nodes/c/jobs/mine-too/output"]
--- error_code eval
[(404) x 5]
--- response_body eval
[map { "{\"error\":\"there is no job \\\"$_\\\"\"}\n" }
     qw( mine mine-too of-the-node mine mine-too )]



=== TEST 15: getContainerJobOutput: a job of somebody else that runs
--- init
container_create('C', 'web1');
container_create('C', 'web2');
ZosContainer::dispatch('C', 'web1', 'core.system',
    { name => 'sh', args => [ '-c', 'echo one; exec sleep 60' ] },
    id => 'runs', stream => $::True);
wait_for { core0_redis('C', 'LLEN', 'stream:runs') } 5;
--- request eval
["GET /nodes/c/containers/web2/jobs/runs/output",
 "GET /nodes/c/jobs/runs/output"]
--- error_code eval
[404, 404]



=== TEST 16: getContainerJobOutput: what is not there
--- init
container_create('C', 'web1');
--- request eval
["GET /nodes/c/containers/none/jobs/x/output",
 "GET /nodes/none/containers/web1/jobs/x/output",
 "GET /nodes/none/jobs/x/output", "GET /nodes/c/containers/web1/jobs/x/output",
 "GET /nodes/c/containers/web1/jobs//output", "GET /nodes/c/jobs/x/outputs",
 "GET /nodes/c/jobs/x/output/y"]
--- error_code eval
[(404) x 7]
--- response_body_like eval
['there is no container', ('"node \\\\"none\\\\" is not known"') x 2,
 '"there is no job', ('"error"') x 3]



=== TEST 17: getContainerJobOutput: names that are none
--- request eval
["GET /nodes/c/containers/../jobs/x/output", "GET /nodes/c/jobs/%0a/output",
 "GET /nodes/c/jobs/a%20b/output", "GET /nodes/%22/jobs/x/output"]
--- error_code eval
[400, 400, 400, 400]



=== TEST 18: getNodeJobOutput: other methods
--- request eval
[map { "$_ /nodes/c/jobs/x/output" } qw( POST PUT DELETE PATCH )]
--- error_code eval
[(405) x 4]
--- response_headers eval
[("Allow: GET, HEAD") x 4]



=== TEST 19: getNodeJobOutput: HEAD
--- init
::ended('C', 'head', 'echo one', stream => $::True);
--- request eval
["HEAD /nodes/c/jobs/head/output", "HEAD /nodes/c/jobs/none/output"]
--- error_code eval
[200, 404]
--- response_headers eval
["Content-Type: text/event-stream\nCache-Control: no-store\n"
 . "X-Accel-Buffering: no\n! Content-Length",
 "Content-Type: application/json"]
--- response_body eval
["", ""]



=== TEST 20: getNodeJobOutput: HEAD does not wait for the end
--- init
::started('C', 'head-runs', 'echo one; exec sleep 60', stream => $::True);
::started('C', 'head-runs-too', 'echo one; exec sleep 60');
--- request eval
["HEAD /nodes/c/jobs/head-runs/output",
 "HEAD /nodes/c/jobs/head-runs-too/output"]
--- error_code eval
[200, 200]



=== TEST 21: getNodeJobOutput: the connection is good for another request
--- init
::ended('C', 'before', 'echo one', stream => $::True);
--- pipelined_requests eval
["GET /nodes/c/jobs/before/output", "GET /nodes/c/jobs/before/output",
 "GET /nodes/c/jobs/none/output"]
--- error_code eval
[200, 200, 404]
--- response_body_like eval
[('\Aid: \d+\nevent: stdout\ndata: one\n\nevent: end\ndata: \{.*\}\n\n\z') x 2,
 'there is no job']



=== TEST 22: getNodeJobOutput: HTTP/1.0
--- init
::ended('C', 'old', 'echo one', stream => $::True);
--- raw_request eval
"GET /nodes/c/jobs/old/output HTTP/1.0\r\nHost: localhost\r\n\r\n"
--- response_headers
! Transfer-Encoding
--- response_body_like: \Aid: \d+\nevent: stdout\ndata: one\n\nevent: end\ndata: \{.*\}\n\n\z



=== TEST 23: getNodeJobOutput: nodes that are too old for this job
--- init
::started($_, 'too-old', 'exec sleep 60') for qw( A B );
--- request eval
["GET /nodes/a/jobs/too-old/output", "GET /nodes/b/jobs/too-old/output"]
--- error_code eval
[501, 501]
--- response_headers eval
[("X-Reason: unknown command\nContent-Type: application/json") x 2]
--- response_body eval
[map { "{\"error\":\"core0 of node \\\"$_\\\" is too old to watch this job\"}\n" }
     qw( a b )]



=== TEST 24: getNodeJobOutput: the result is of no use
--- init
for my $case ([ 'result-1', 'x' ], [ 'result-2', '[]' ], [ 'result-3', '' ],
              [ 'result-4', '{"id":"other","state":"SUCCESS"}' ],
              [ 'result-5', '{"id":"result-5"}' ]) {
    core0_redis('C', 'DEL', "result:$case->[0]", "result:$case->[0]:flag");
    core0_redis('C', 'RPUSH', "result:$case->[0]:flag", '');
    core0_redis('C', 'RPUSH', "result:$case->[0]", $case->[1]);
}
--- request eval
[map { "GET /nodes/c/jobs/result-$_/output" } 1 .. 5]
--- error_code eval
[(502) x 5]
--- response_headers eval
[("X-Reason: protocol") x 5]



=== TEST 25: getNodeJobOutput: "job:flag" is no job
--- init
::ended('C', 'flagged', 'echo one');
--- request
GET /nodes/c/jobs/flagged:flag/output
--- error_code: 404



=== TEST 26: getNodeJobOutput: nodes that can't be asked
--- init
core0_fault('C', 'garbage');
--- request eval
["GET /nodes/dead/jobs/x/output", "GET /nodes/bad/jobs/x/output"]
--- error_code eval
[502, 502]
--- response_headers eval
["X-Reason: connect\nContent-Type: application/json",
 "X-Reason: protocol\nContent-Type: application/json"]



=== TEST 27: getNodeJobOutput: the subscription fails
--- init
::started('C', 'refused', 'exec sleep 60');
core0_fault('C', 'state@core.subscribe:ERROR:500:out of memory');
--- request
GET /nodes/bad/jobs/refused/output
--- error_code: 500
--- response_body
{"error":"out of memory"}



=== TEST 28: getNodeJobOutput: the node does not know core.subscribe
--- init
::started('C', 'unwatched', 'exec sleep 60');
core0_fault('C', 'state@core.subscribe:UNKNOWN_CMD:0:');
--- request
GET /nodes/bad/jobs/unwatched/output
--- error_code: 501
--- response_headers
X-Reason: unknown command



=== TEST 29: getNodeJobOutput: over TLS
--- init
::ended('C', 'safe', 'echo one', stream => $::True);
--- request
GET /nodes/tls/jobs/safe/output
--- response_body_filters eval
\&::event_lines
--- response_body_like: \AN stdout one\n- end \{.*"state":"success".*\}\n\z



=== TEST 30: getNodeJobOutput: a query changes nothing
--- init
::ended('C', 'query', 'echo one', stream => $::True);
--- request
GET /nodes/c/jobs/query/output?stream=1&x=y
--- response_body_filters eval
\&::event_lines
--- response_body_like: \AN stdout one\n- end \{.*\}\n\z
