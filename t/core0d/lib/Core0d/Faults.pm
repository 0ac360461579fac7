package Core0d::Faults;

# Each fault does what main.c says.

use strict;
use warnings;

use Core0d;
use Core0d::Test;

my $json = $Core0d::json;


# The reply of a pop after a push, under a fault; dies of what is no reply.

sub ask {
    my ($d, $fault, $wait) = @_;
    my $c = $d->client;

    $d->fault($fault);
    my $id = $d->push_command($c, $d->command('core.ping'));
    my $text = $d->result_text($c, $id, $wait // 5);

    return ($text, $c, $id);
}


sub results {
    my $d = shift;
    my $decoded = sub { $json->decode((ask($d, @_))[0]) };

    is($decoded->('data:{"a": [1,2]}')->{data}, '{"a": [1,2]}', 'data');
    is($decoded->('oversize:100000')->{data}, '"' . 'x' x 99998 . '"',
        'oversize');

    my $r = $decoded->('state:ERROR:404:no <such>: thing');
    is("$r->{state} $r->{data}", 'ERROR "no \u003csuch\u003e: thing"',
        'state');
    is($r->{code}, 404, 'its code') if $d->{generation} eq 'C';

    for my $kind (qw(notjson array empty wrongid nostate badtypes level0
                     datanotjson datanull deep dupkeys))
    {
        my ($text, $c, $id) = ask($d, "envelope:$kind");
        my $v = eval { $json->decode($text) };
        my %good = (
            notjson => !defined $v, array => ref $v eq 'ARRAY',
            empty => $text eq '', wrongid => ref $v && $text !~ /\Q$id/,
            nostate => !!($text =~ /\Q$id/ && $text !~ /state/),
            badtypes => !!($text =~ /"data":\{/),
            level0 => !!($text =~ /plain text/),
            datanotjson => !!($text =~ /"\{not json"/),
            datanull => !!($text =~ /"data":"null"/),
            deep => !!($text =~ /\[{1000}\]{1000}/),
            dupkeys => !!($text =~ /"state".*"state"/),
        );
        ok($good{$kind}, "envelope:$kind");
    }
}


sub acceptance {
    my $d = shift;
    my ($text, $c, $id) = ask($d, 'noagent', 1);

    is($text, undef, 'noagent: no result');
    is($c->call('LLEN', "result:$id:flag"), 0, 'noagent: no flag');
    ($text, $c, $id) = ask($d, 'stuck', 1);
    is($text, undef, 'stuck: no result');
    is($c->call('LTTL', "result:$id:flag"), -1, 'stuck: a flag, no expiry');

    my $start = now();
    ($text) = ask($d, 'late:700');
    like($text, qr/PONG/, 'late: a result');
    ok(now() - $start > 0.65, 'late: later');

    $d->fault('stuck@info.mem');
    like($d->data('core.ping'), qr/PONG/, 'a fault of another command');
    $d->fault('none');
}


# What two commands wrote, the first one of which is held.
sub two {
    my ($d, %more) = @_;
    my $file = "$d->{dir}/turns";
    my $c = $d->client;

    unlink $file;
    $d->fault('turns:300');

    my @ids = map { $d->push_command($c, $d->command('bash',
        { script => "echo $_ >> $file" }, %more)) } 1, 2;

    $d->result_text($c, $_) for @ids;
    $d->fault('none');
    return Core0d::slurp($file);
}


sub turns {
    my $d = shift;

    is(two($d), "2\n1\n", 'turns: out of order');
    is(two($d, queue => 'q'), "1\n2\n", 'turns: a queue keeps it');

    my $start = now();
    my ($text) = ask($d, 'slow:300');
    like($text, qr/PONG/, 'slow: a result');
    ok(now() - $start > 0.25, 'slow: later');
    $d->fault('none');
}


sub bytes {
    my $d = shift;
    my ($text) = ask($d, 'drip');

    like($text, qr/PONG/, 'drip');

    $d->fault('none');
    my $c = $d->client;
    $d->fault('break:3');
    $c->send('PING');
    $c->fill(now() + 5);
    $c->fill(now() + 1);
    is($c->{in}, '+PO', 'break:3');

    $d->fault('break:7');
    $c = $d->client;
    is($c->call('PING'), 'PONG', 'break:7, a whole reply');
    is($c->fill(now() + 5), 0, 'break:7, and the end');
    $d->fault('break:0');
    is($d->client->fill(now() + 5), 0, 'break:0');

    $d->fault('reset');
    $c = $d->client;
    $c->send('PING');
    is($c->fill(now() + 5), undef, 'reset');

    $d->fault('garbage');
    $c = $d->client;
    is(eval { $c->call('PING'); 1 }, undef, 'garbage');

    $d->fault('error:LOADING now');
    $c = $d->client;
    is(${ $c->call('PING') }, 'LOADING now', 'error');

    $d->fault('silent');
    $c = $d->client;
    $c->send('PING');
    ok(!$c->fill(now() + 0.5), 'silent');
    $d->fault('none');
}


sub floods {
    my $d = shift;
    my $c = $d->client;

    for my $fault (qw(flood slowflood)) {
        $d->fault($fault);
        $c = $d->client;
        $c->send('BLPOP', 'result:x', 1);
        Core0d::wait_for($fault eq 'flood' ? 5 : 0.6, sub {
            $c->fill(now() + 0.1); length $c->{in} > 1000000 });
        like($c->{in}, qr/^\*2\r\n\$8\r\nresult:x\r\n\$4294967296\r\nx+$/,
            $fault);
        is(length $c->{in} < 50 ? 'slow' : 'fast',
            $fault eq 'flood' ? 'fast' : 'slow', "$fault: pace");
    }

    $d->fault('none');
}


sub authentication {
    my $d = shift;
    my $c = $d->client(1);

    $d->fault('noauth', 1);
    is(ref $c->call('AUTH', 'secret'), 'Core0d::Error', 'noauth');
    $d->fault('authhang', 1);
    $c = $d->client(1);
    $c->send('AUTH', 'secret');
    ok(!$c->fill(now() + 0.5), 'authhang');
    $d->fault('none', 1);
    is($d->client(1)->call('AUTH', 'secret'), 'OK', 'none');
}


sub control {
    my $d = shift;

    $d->control('resetstats');
    $d->run('core.ping', { x => 1 });
    like($d->control("stats $d->{ports}[0]"), qr/"last":\["RPUSH core:default /,
        'stats');
    like($d->control('commands'), qr/"command":"core.ping","arguments":\{"x"/,
        'commands');
    like($d->control('fault 1 none'), qr/unknown port/, 'unknown port');
    like($d->control("fault $d->{ports}[0] what"), qr/unknown/, 'fault');
    like($d->control('what'), qr/unknown request/, 'request');
    is($d->control('jobs'), '[]', 'jobs');
}


sub run {
    my ($dir, %how) = @_;
    my $d = Core0d->new(%how, listen => ['', 'auth=secret']);

    results($d);
    acceptance($d);
    turns($d);
    bytes($d);
    floods($d);
    authentication($d);
    control($d);

    return $d;
}

1;
