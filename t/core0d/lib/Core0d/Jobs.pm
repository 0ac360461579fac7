package Core0d::Jobs;

# The life of jobs, their output and their streams.

use strict;
use warnings;

use Core0d;
use Core0d::Test;

my $json = $Core0d::json;


sub c { my $d = shift; return $d->{generation} eq 'C' }


# Starts a job and waits until it runs; returns its id.

sub start {
    my ($d, $script, %more) = @_;
    my $id = $d->push_command($d->{plain} ||= $d->client,
        $d->command('bash', { script => $script }, %more));

    Core0d::wait_for(5, sub { my $j = job($d, $id);
        $j && $j->{rss} > 0 }) or print "$id does not start\n";

    return $id;
}


sub job {
    my ($d, $id) = @_;
    my $list = $d->data('job.list', { id => $id });

    return ref $list ? $list->[0] : undef;
}


sub result {
    my ($d, $id) = @_;
    my $text = $d->result_text($d->{plain}, $id);

    return $text ? $json->decode($text) : { state => 'none' };
}


sub traps {
    my $d = shift;
    my $c = $d->client;
    my $ping = sub { $d->command('core.ping', {}, @_) };

    for my $case ([c($d) ? '' : ['x'], 0], [c($d) ? ['x'] : 'x', 1],
                  [undef, 1])
    {
        my $id = $d->push_command($c, $ping->(tags => $case->[0]));
        my $r = $d->result_text($c, $id, $case->[1] ? 5 : 1);
        is(defined $r ? 1 : 0, $case->[1], 'tags '
            . $json->encode($case->[0]));
    }

    $c->call('RPUSH', 'core:default', $_)
        for 'nonsense', '[]', '{"command":"core.ping"}', '{"id":7}';
    like($d->data('core.ping'), qr/^PONG/, 'nonsense is dropped');

    my $r = $d->run('core.system', undef, arguments => undef);
    is($r->{state}, 'ERROR', 'arguments null');
    like($r->{data}, qr/nil pointer/, 'panic text');
}


sub duplicate {
    my $d = shift;
    my $c = $d->{plain} ||= $d->client;
    my $id = start($d, 'sleep 1; echo x');
    my $again = $d->command('bash', { script => 'true' }, id => $id);

    $d->push_command($c, $again);
    my $first = result($d, $id);
    is($first->{state}, c($d) ? 'SUCCESS' : 'DUPILICATE_ID', 'same id');
    is($first->{data}, c($d) ? '' : 'duplicate job id', 'its text');

    if (c($d)) {
        $d->push_command($c, $again);
        is($d->result_text($c, $id, 1), undef, 'dropped while the flag lives');
    } else {
        is(result($d, $id)->{state}, 'SUCCESS', 'the job itself goes on');
    }
}


sub kill_job {
    my $d = shift;
    my $id = start($d, 'sleep 60 & sleep 60');

    is($d->data('job.kill', { id => $id, signal => 9 }), 1, 'job.kill');
    my $r = result($d, $id);
    is($r->{state}, c($d) ? 'ERROR' : 'KILLED', 'killed');
    is($r->{code}, c($d) ? 999 : undef, 'code of a signal');

    $id = start($d, 'trap "exit 0" TERM; while :; do sleep 0.1; done');
    $d->data('job.kill', { id => $id });
    is(result($d, $id)->{state}, c($d) ? 'SUCCESS' : 'KILLED',
        'a trap, signal 15 by default');
}


sub restarts {
    my $d = shift;
    my $c = $d->{plain} ||= $d->client;
    my $file = "$d->{dir}/runs";

    my $r = $d->run('bash', { script => "echo x >> $file; exit 3" },
        max_restart => 2);
    is($r->{state}, 'ERROR', 'restarted job');
    is(length Core0d::slurp($file), 4, 'ran twice');

    my $id = $d->push_command($c, $d->command('bash',
        { script => "echo y >> $file.2" }, recurring_period => 1));
    ok(Core0d::wait_for(5, sub { -s "$file.2" && -s "$file.2" >= 4 }),
        'recurring');
    ok(Core0d::wait_for(5, sub { my $j = job($d, $id);
        $j && $j->{rss} == 0 }), 'asleep');
    is($d->data('job.kill', { id => $id }), 1, 'killed asleep');
    is(result($d, $id)->{state}, 'KILLED', 'KILLED in all generations');

    is($d->run('bash', { script => 'sleep 9 & sleep 9' }, max_time => 1)
        ->{state}, 'TIMEOUT', 'max_time');
}


sub queue {
    my $d = shift;
    my $c = $d->{plain} ||= $d->client;
    my @ids = map { $d->push_command($c, $d->command('bash',
        { script => "sleep 0.2; echo $_ >> $d->{dir}/queue" },
        queue => 'q')) } 1 .. 4;
    my $waiting = job($d, $ids[3]);

    is($waiting->{starttime}, -6795364578871, 'waits in the queue');
    result($d, $_) for @ids;
    is(Core0d::slurp("$d->{dir}/queue"), "1\n2\n3\n4\n", 'in order');
}


sub output {
    my $d = shift;
    my $r = $d->run('bash', { script => 'seq 1 1500; echo; echo end' });
    my @lines = split /\n/, $r->{streams}[0], -1;

    is(scalar @lines, c($d) ? 100 : 1001, 'newest lines');
    is($lines[-2], 'end', 'the last line');
    is($lines[-3], c($d) ? '' : 1500, 'blank lines');

    $r = $d->run('bash', { script => 'echo 20::[1,2]; echo 9::bad; echo plain'
        . '; printf "20:::\n{\"a\":\n1}\n:::\n"' });
    is($r->{level}, 20, 'level of the program');
    is($r->{data}, "{\"a\":\n1}", 'its data');
    is($r->{critical}, 'bad', 'critical');
    like($r->{streams}[0], qr/^plain\n?$/, 'stdout');

    $r = $d->run('core.system', { name => 'cat', stdin => "in <&>\n",
        args => [], env => undef });
    like($r->{streams}[0], qr/^in <&>\n/, 'stdin');
    $r = $d->run('bash', { script => 'printf "a\377b"' });
    like($r->{streams}[0], qr/^a\x{fffd}b/, 'broken UTF-8');
    $r = $d->run('core.system', { name => 'sh', dir => '/usr', env =>
        { FOO => 'bar' }, args => ['-c', 'pwd; echo $FOO'] });
    like($r->{streams}[0], qr/^\/usr\nbar/, 'directory and environment');
    is($d->run('core.system', { name => 'sh', dir => '/none' })->{data},
        'chdir /none: no such file or directory', 'no such directory');
}


# All records of a stream until its end.

sub stream {
    my ($d, $id) = @_;
    my ($c, @records) = ($d->client);

    while (1) {
        my $r = $c->call('BLPOP', "stream:$id", 5);
        last unless ref $r;
        push @records, $json->decode($r->[1]);
        last if $records[-1]{message}{meta} & 6;
    }

    return @records;
}


sub streams {
    my $d = shift;
    my $c = $d->{plain} ||= $d->client;
    my $id = $d->push_command($c, $d->command('bash', { script =>
        'echo a; sleep 0.1; echo b >&2; echo 7::w; sleep 0.3; exit 1' },
        stream => $json->decode('true')));
    my @r = $d->{generation} eq 'A' ? () : stream($d, $id);
    my $metas = join ' ', map { $_->{message}{meta} } @r;

    result($d, $id);
    is($metas, $d->{generation} eq 'A' ? '' : c($d)
        ? '65537 131073 458753 131077' : '65537 131073 131077', 'stream');
    return unless @r;
    is($r[0]{command}, $id, 'command of a record');
    is($r[0]{message}{message}, 'a', 'text of a record');
    like($r[0]{message}{epoch}, qr/^\d{19}$/, 'nanoseconds');
}


sub subscribe {
    my $d = shift;
    my $c = $d->{plain} ||= $d->client;
    my $id = start($d, 'echo a; sleep 0.7; echo b');
    my $sub = $d->push_command($c, $d->command('core.subscribe',
        { id => $id }, stream => $json->decode('true')));

    if (!c($d)) {
        is(result($d, $sub)->{state}, 'UNKNOWN_CMD', 'core.subscribe');
        return;
    }

    my @r = stream($d, $sub);
    is(join(' ', map { $_->{message}{message} } @r), 'a b ', 'subscription');
    is(result($d, $sub)->{state}, 'SUCCESS', 'ends with the job');
    is($d->run('core.subscribe', { id => 'none' })->{data},
        q("job 'none' does not exist"), 'unknown job');
}


sub killall {
    my $d = shift;
    my $id = start($d, 'sleep 60');
    my $r = $d->run('job.killall');

    is($r->{state}, c($d) ? 'SUCCESS' : 'KILLED', 'job.killall');
    is($r->{level}, c($d) ? 20 : 0, 'its level');
    is(result($d, $id)->{state}, c($d) ? 'ERROR' : 'KILLED', 'victim');
    ok(!grep({ $_->{cmd}{id} =~ /^monitor/ } @{ $d->data('job.list') }),
        'monitors are gone');
}


sub processes {
    my $d = shift;
    my $id = start($d, 'exec sleep 61');
    my $ps = Core0d::wait_for(5, sub { (grep { $_->{cmdline} eq 'sleep 61' }
        @{ $d->data('process.list') })[0] });

    ok($ps, 'the job is a process') or return;
    is($d->data('process.list', { pid => $ps->{pid} })->[0]{name}, 'sleep',
        'found by its pid');
    is($d->data('process.kill', { pid => $ps->{pid}, signal => 9 }), undef,
        'process.kill');
    is(result($d, $id)->{state}, 'ERROR', 'the end of its job');
    is($d->data('process.kill', { pid => 1, signal => 9 }), 'invalid PID',
        'pid 1');
}


sub machines {
    my $d = shift;
    my $vms = $d->data('kvm.list');
    my $ops = $d->data('kvm.infops', { uuid => c($d) ? 'vm2'
        : $vms->[1]{uuid} });

    is(scalar @$vms, 2, 'kvm.list');
    ok($d->{generation} eq 'A' ? $ops->{vcpu}{vda}{wrbytes} && !$ops->{net}
       : c($d) ? $ops->{'kvm.cpu.time/vm2'}{current}{300}
       : $ops->{net}{tap0}{rxbytes}, 'kvm.infops');
    is($json->encode($d->data('kvm.infops', { uuid => 'none' })), '{}',
        'unknown machine');
}


# A shell that ignores signals, and a child that left its session.

sub leaves_nothing {
    my $d = shift;

    start($d, 'trap "" TERM INT; setsid sleep 3601 & sleep 3602');
    is($d->stop, 0, 'ends cleanly');
    is(scalar `pgrep -f '^sleep 360[12]\$'`, '', 'leaves nothing behind');
}


sub run {
    my ($dir, %how) = @_;
    my $d = Core0d->new(%how, args => ['--vms', 2]);

    traps($d);
    duplicate($d);
    kill_job($d);
    restarts($d);
    queue($d);
    output($d);
    streams($d);
    subscribe($d);
    processes($d);
    machines($d);
    killall($d);
    leaves_nothing($d);

    return $d;
}

1;
