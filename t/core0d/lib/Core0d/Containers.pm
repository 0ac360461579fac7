package Core0d::Containers;

# Containers, what runs and what is stored in them.

use strict;
use warnings;

use Core0d;
use Core0d::Test;
use MIME::Base64;

my $json = $Core0d::json;


sub create {
    my ($d, $name) = @_;

    return $d->data('corex.create', { root => 'http://hub/x.flist',
        hostname => $name, tags => [$name] },
        $d->{generation} eq 'C' ? (tags => [$name]) : ());
}


# Result of a command inside; undef: none came.

sub inside {
    my ($d, $ct, $name, $args, %more) = @_;
    my $id = $d->data('corex.dispatch', { container => $ct, command =>
        { command => $name, arguments => $args // {}, %more } });
    my $text = $d->result_text($d->{plain}, $id);

    return $text && $json->decode($text);
}


sub value {
    my $r = inside(@_);

    return $r && $r->{level} == 20 ? $json->decode($r->{data}) : undef;
}


sub life {
    my $d = shift;
    my ($one, $two) = (create($d, 'one'), create($d, 'two'));

    is("$one $two", '1 2', 'numbers');
    is(join(',', sort keys %{ $d->data('corex.list') }), '1,2', 'list');
    is(join(',', keys %{ $d->data('corex.find', { tags => ['two'] }) }), 2,
        'find');
    is($d->data('job.list', { id => 'core-2' })->[0]{cmd}{command}, '',
        'job of the container');
    is($d->data('corex.terminate', { container => 2 }), undef, 'terminate');
    is(create($d, 'three'), $d->{generation} eq 'C' ? 2 : 3, 'next number');
    is($d->data('corex.terminate', { container => 9 }),
        "no container with id '9'", 'unknown');
}


sub commands {
    my $d = shift;
    my $r = inside($d, 1, 'core.ping', {}, id => 'mine');

    is($r->{container}, 1, 'container of the result');
    ok($d->{generation} eq 'C' ? $r->{id} eq 'mine' : $r->{id} ne 'mine',
        'id of the inner command');
    is(inside($d, 1, 'kvm.list')->{state}, 'UNKNOWN_CMD', 'not known inside');
    is(value($d, 1, 'info.os')->{hostname}, 'one', 'hostname');
    is($d->data('corex.dispatch', { container => 0, command => {} }),
        'invalid container id', 'id 0');
    is($d->data('corex.dispatch', { container => 77, command => {} }),
        'container does not exist', 'no such container');
}


sub programs {
    my $d = shift;
    my $id = $d->data('corex.dispatch', { container => 1, command => {
        command => 'core.system', arguments => { name => 'sleep',
        args => ['62'] } } });
    my $ps;

    Core0d::wait_for(5, sub { $ps = value($d, 1, 'process.list');
        @$ps == 2 });
    is($ps->[0]{name}, 'coreX', 'coreX is the first process');
    is("$ps->[0]{pid} $ps->[0]{ppid} $ps->[1]{ppid}", '1 0 1', 'own pids');
    is($ps->[1]{cmdline}, 'sleep 62', 'the program');
    is(scalar @{ $d->data('process.list', { pid => $ps->[1]{pid} }) }
        && $d->data('process.list', { pid => $ps->[1]{pid} })->[0]{cmdline}
           eq 'sleep 62' ? 1 : 0, 0, 'another pid outside');
    is(value($d, 1, 'job.list', { id => $id })->[0]{cmd}{id}, $id,
        'its job');
    is(value($d, 1, 'process.kill', { pid => $ps->[1]{pid}, signal => 9 }),
        undef, 'process.kill');
    like($d->result_text($d->{plain}, $id), qr/"state":"ERROR"/, 'killed');

    my $r = inside($d, 1, 'bash', { script =>
        'echo $$; hostname; touch /tmp/f /usr/f; exit 5' });
    like($r->{streams}[0], qr/^\d\d?\none\n?$/, 'shell');
    like($r->{streams}[1], qr/Read-only/, 'the host is read-only');
    is(inside($d, 1, 'core.system', { name => 'none' })->{data},
        'exec: "none": executable file not found in $PATH', 'no program');
    is(inside($d, 1, 'bash', { script => 'sleep 9 & sleep 9' },
        max_time => 1)->{state}, 'TIMEOUT', 'max_time');
}


sub kill_inside {
    my $d = shift;
    my $id = $d->data('corex.dispatch', { container => 1, command => {
        command => 'bash', arguments => { script => 'sleep 9 & sleep 9' } } });

    Core0d::wait_for(5, sub { @{ value($d, 1, 'process.list') } > 2 });
    is(value($d, 1, 'job.kill', { id => $id, signal => 9 }), 1, 'job.kill');
    like($d->result_text($d->{plain}, $id, 5), $d->{generation} eq 'C'
        ? qr/"ERROR"/ : qr/"KILLED"/, 'killed');
    value($d, 1, 'job.killall');
    is(join(',', keys %{ $d->data('corex.find', { tags => ['one'] }) }), 1,
        'killall inside leaves the container');
}


# As the go-client does it: blocks of 512 KiB and an empty write at the end.

sub files {
    my ($d, $ct) = @_;
    my $data = join '', map { chr $_ % 256 } 1 .. 524288 + 77;
    my $call = $ct ? sub { value($d, $ct, @_) } : sub { $d->data(@_) };
    my $fd = $call->('filesystem.open', { file => '/tmp/big', mode => 'w',
        perm => 0640 });

    for my $block (substr($data, 0, 524288), substr($data, 524288), '') {
        is($call->('filesystem.write', { fd => $fd,
            block => encode_base64($block) }), undef, 'write');
    }

    is($call->('filesystem.close', { fd => $fd }), undef, 'close');
    is($json->encode((grep { $_->{name} eq 'big' }
        @{ $call->('filesystem.list', { path => '/tmp' }) })[0]{size}),
        524365, 'size');

    $fd = $call->('filesystem.open', { file => '/tmp/big', mode => 'r' });
    my @blocks = map { decode_base64($call->('filesystem.read',
        { fd => $fd })) } 1 .. 3;
    is(join(' ', map { length } @blocks), '524288 77 0', 'blocks');
    ok(join('', @blocks) eq $data, 'content');
    is($d->data('filesystem.read', { fd => $fd }), "unknown file description"
        . " '$fd'", 'a descriptor belongs to its container') if $ct;
    $call->('filesystem.close', { fd => $fd });
}


sub paths {
    my ($d, $ct) = @_;
    my $call = $ct ? sub { value($d, $ct, @_) } : sub { $d->data(@_) };
    my $open = sub { $call->('filesystem.open', { file => $_[0],
        mode => $_[1], perm => 420 }) };

    is($open->('/none/x', 'r'), 'open /none/x: no such file or directory',
        'open');
    is($open->('/tmp', 'w'), 'open /tmp: is a directory', 'directory');
    is($open->('/tmp/x', 'q'), "unknown mode 'q'", 'mode');
    is($open->('/tmp/x', 'rw'), 'rwax modes has to be used once and only once',
        'modes');
    is($call->('filesystem.mkdir', { path => '/tmp/a/b/c' }), undef, 'mkdir');
    is($call->('filesystem.move', { path => '/tmp/a/b',
        destination => '/tmp/a/d' }), undef, 'move');
    is($call->('filesystem.exists', { path => '/tmp/a/d/c' }), 1, 'exists');
    is($call->('filesystem.chmod', { path => '/tmp/a', mode => 448,
        recursive => $json->decode('true') }), undef, 'chmod');
    is($call->('filesystem.list', { path => '/tmp/a' })->[0]{mode}, 448,
        'mode of an entry');
    is($call->('filesystem.list', { path => '/tmp/none' }),
        'open /tmp/none: no such file or directory', 'list');
    is($call->('filesystem.remove', { path => '/tmp/a' }), undef, 'remove');
    is($call->('filesystem.exists', { path => '/tmp/a' }), 0, 'gone');
    like($call->('filesystem.remove', { path => '/' }), qr/busy/, 'root');
}


sub escapes {
    my $d = shift;
    my $secret = "$d->{dir}/secret";
    my $root = "$d->{dir}/state/root";

    open my $f, '>', $secret or die;
    close $f;
    symlink $secret, "$root/tmp/link";
    symlink '../../../secret', "$root/tmp/up";

    for my $path ("/../../secret", '/tmp/link', '/tmp/up',
                  "/tmp/../../../$secret")
    {
        is($d->data('filesystem.exists', { path => $path }), 0,
            "no way out: $path");
    }

    $d->data('filesystem.remove', { path => '/tmp/link' });
    ok(-e $secret, 'the target of a symlink stays');
}


# coreX does not answer: the dispatch fails after 5 s, and the flag stays.

sub stopped {
    my $d = shift;
    my $c = $d->{plain};
    my $pid = $d->data('corex.list')->{1}{container}{pid};

    kill 'STOP', $pid;
    my $r = $d->run('corex.dispatch', { container => 1, command =>
        { command => 'core.ping', arguments => {}, id => 'stopped' } });
    kill 'CONT', $pid;
    is($r->{data}, '"failed to dispatch command to container, check system'
        . ' logs for errors"', 'a container that does not answer');
    is($c->call('LTTL', 'result:stopped:flag'), -1, 'its flag stays')
        if $d->{generation} eq 'C';
}


sub faults {
    my $d = shift;

    $d->fault('data@info.mem:[7]');
    is($json->encode(value($d, 1, 'info.mem')), '[7]', 'fault inside');
    like(value($d, 1, 'core.ping'), qr/PONG/, 'and another command');
    $d->fault('late@core.ping:300');
    my $r = inside($d, 1, 'core.ping');
    is($r->{container}, 1, 'late inside');
    $d->fault('none');
}


sub reboot {
    my $d = shift;

    $d->push_command($d->{plain}, $d->command('core.reboot'));
    is($d->{plain}->fill(now() + 5), 0, 'core.reboot ends connections');
    delete $d->{plain};
    is($json->encode($d->data('corex.list')), '{}', 'and containers');
    create($d, 'another');
    is($d->control('reboot'), 'ok', 'reboot');
    delete $d->{plain};
    is($json->encode($d->data('corex.list')), '{}', 'containers are gone');
    is(create($d, 'new'), 1, 'numbers start again');

    my $pid = $d->data('corex.list')->{1}{container}{pid};
    is($d->data('job.kill', { id => 'core-1', signal => 9 }), 1, 'kill it');
    ok(Core0d::wait_for(5, sub { $json->encode($d->data('corex.list'))
        eq '{}' }), 'a killed container is gone');
    create($d, 'last');
    is($d->stop, 0, 'ends cleanly');
    ok(!kill(0, $pid), 'no coreX is left');
    is(join(' ', glob "$d->{dir}/state/containers/*"), '', 'nor its files');
}


sub run {
    my ($dir, %how) = @_;
    my $d = Core0d->new(%how);

    life($d);
    commands($d);
    programs($d);
    kill_inside($d);
    files($d, $_) for 0, 1;
    paths($d, $_) for 0, 1;
    escapes($d);
    stopped($d);
    faults($d);
    reboot($d);

    return $d;
}

1;
