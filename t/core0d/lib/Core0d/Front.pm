package Core0d::Front;

# What clients see on the port: AUTH, nulls, names, blocking, TLS, healing.

use strict;
use warnings;

use Core0d;
use Core0d::Test;
use IPC::Open2;


sub text {
    my $r = shift;

    return ref $r eq 'Core0d::Error' ? "-$$r" : $r;
}


sub auth {
    my ($d, $c) = ($_[0], $_[0]->client);
    my $gen = $d->{generation};
    my $p = $d->client(1);

    is(text($c->call('AUTH', 'x')), $gen eq 'C' ? 'OK'
        : '-authentication failure', 'AUTH without a password');
    is(text($p->call('PING')), $gen eq 'C'
        ? '-permission denied, please call AUTH first with a valid JWT'
        : '-not authenticated', 'PING before AUTH');
    is(text($p->call('AUTH', 'wrong')), $gen eq 'C' ? '-invalid jwt'
        : '-authentication failure', 'wrong password');
    like(text($p->call('AUTH')), $gen eq 'C' ? qr/^-invalid number of argum/
        : qr/^-invalid command param/, 'AUTH without an argument');
    is(text($p->call('AUTH', 'secret')), 'OK', 'AUTH');
    is(text($p->call('PING')), 'PONG', 'PING after AUTH');

    my $stats = $Core0d::json->decode(
        $d->control("stats $d->{ports}[1]"));
    is($stats->{auths}, 3, 'auths counted');
    ok(!grep(/secret|wrong/, @{ $stats->{last} }), 'passwords are hidden');
    is($stats->{last}[-2], 'AUTH ***', 'last commands');
}


sub nulls {
    my $d = shift;
    my $c = $d->client;
    my $ledis = $d->{generation} ne 'C';

    for my $turned (0, 1) {
        $d->fault($turned ? 'nulls' : 'none');
        $c->call('BLPOP', 'nothing', 1);
        is($c->{null}, $ledis ^ $turned ? '*-1' : '$-1', "BLPOP $turned");
        $c->call('BRPOPLPUSH', 'nothing', 'nothing', 1);
        is($c->{null}, $turned ? '*-1' : '$-1', "BRPOPLPUSH $turned");
        $c->call('LINDEX', 'nothing', -1);
        is($c->{null}, $turned ? '*-1' : '$-1', "LINDEX $turned");
    }

    $d->fault('none');
}


sub expiry {
    my $d = shift;
    my $c = $d->client;
    my $id = $d->push_command($c, $d->command('core.ping'));
    my $ledis = $d->{generation} ne 'C';

    ok(defined $c->call('BRPOPLPUSH', "result:$id", "result:$id", 5),
        'rotation');
    is($c->call('LLEN', "result:$id:flag"), 1, 'flag');
    like($c->call('LTTL', "result:$id:flag"), qr/^(300|29\d)$/, 'flag TTL');
    ok(Core0d::wait_for(5, sub { $ledis
        == ($c->call('LTTL', "result:$id") == -1) }), 'TTL after rotation');
    is($c->call('LKEYEXISTS', "result:$id:flag"), 1, 'LKEYEXISTS');
    is($c->call('EXISTS', "result:$id:flag"), $ledis ? 0 : 1, 'EXISTS');
}


sub order {
    my $d = shift;
    my $c = $d->client;

    $c->send('BLPOP', 'nothing', 1);
    $c->send('PING');
    is($c->reply, undef, 'pipelined: the pop first');
    is($c->reply, 'PONG', 'and then what is behind it');
}


# The C proxy freezes with 20 blocked commands and does not see who leaves.

sub freeze {
    my $d = shift;
    my @blocked = map { $d->client } 1 .. 20;
    my $c = $d->client;
    my $start = now();

    $_->send('BLPOP', 'nothing', 2) for @blocked;
    ok(Core0d::wait_for(2, sub { $d->control('stats') =~ /"blocked":20/ }),
        '20 are blocked');
    $_->{s}->close for @blocked;

    if ($d->{generation} ne 'C') {
        ok(Core0d::wait_for(1, sub { $d->control('stats')
            =~ /"blocked":0/ }), 'who leaves is noticed');
    }

    is($c->call('PING'), 'PONG', 'the port answers');

    my $late = now() - $start > 1.5;
    ok($d->{generation} eq 'C' ? $late : !$late, 'frozen only in C');
}


# A pop that was abandoned takes the value away in C only.

sub abandoned {
    my $d = shift;
    my ($c, $gone) = ($d->client, $d->client);

    $gone->send('BLPOP', 'parcel', 3);
    Core0d::wait_for(2, sub { $d->control('stats') =~ /"blocked":1/ });
    $gone->{s}->close;
    Core0d::wait_for(1, sub { $d->control('stats') =~ /"blocked":0/ })
        if $d->{generation} ne 'C';
    $c->call('RPUSH', 'parcel', 'x');
    is($c->call('LLEN', 'parcel'), $d->{generation} eq 'C' ? 0 : 1,
        'value for one who left');
    $c->call('LPOP', 'parcel');
}


sub refused {
    my $d = shift;
    my $c = $d->client;

    is(ref $c->call('MULTI'), 'Core0d::Error', 'no MULTI');
    is(ref $c->call('SUBSCRIBE', 'x'), 'Core0d::Error', 'no SUBSCRIBE');
    is($c->call('PING'), 'PONG', 'still there');

    syswrite $c->{s}, "nonsense\r\n";
    is(ref $c->reply, 'Core0d::Error', 'no RESP is an error');
    is($c->fill(now() + 5), 0, 'and the end of the connection');
}


sub tls_session {
    my ($port, $file, $how) = @_;
    my $pid = open2(my $out, my $in, "exec openssl s_client -quiet -connect"
        . " 127.0.0.1:$port $how $file 2>/dev/null");

    print $in "*1\r\n\$4\r\nPING\r\n";
    $in->flush;
    my $line = <$out>;
    close $in;
    close $out;
    kill 'TERM', $pid;
    waitpid $pid, 0;

    return $line;
}


sub tls {
    my $d = shift;
    my $file = "$d->{dir}/session";
    my $port = $d->{ports}[2];

    is(tls_session($port, $file, '-sess_out'), "+PONG\r\n", 'TLS');
    is(tls_session($port, $file, '-sess_in'), "+PONG\r\n", 'TLS again');
    like($d->control("stats $port"), qr/"tls_resumed":1/, 'resumed');
}


sub healing {
    my $d = shift;
    my $c;

    $d->stop_redis;
    $d->start_redis;
    ok(Core0d::wait_for(10, sub {
        $c = $d->client;
        my $r = eval { $c->call('PING') };
        return defined $r && !ref $r;
    }), 'redis is back');
    delete $d->{plain};
    like($d->data('core.ping'), qr/^PONG/, 'and so is the agent');
}


sub certificate {
    my $dir = shift;

    system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /O=GIG"
        . " -keyout $dir/key.pem -out $dir/cert.pem >/dev/null 2>&1") == 0
        or die "no certificate\n";

    return ('--cert', "$dir/cert.pem", '--key', "$dir/key.pem");
}


sub run {
    my ($dir, %how) = @_;
    my $d = Core0d->new(%how, listen => ['', 'auth=secret', 'tls'],
        args => [certificate($dir)]);

    auth($d);
    nulls($d);
    expiry($d);
    order($d);
    freeze($d);
    abandoned($d);
    refused($d);
    tls($d);
    healing($d);

    return $d;
}

1;
