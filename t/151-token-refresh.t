use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw( sleep time );
use ZosNginx;
use ZosProcess qw( wait_for );
use ZosToken;

# The renewal of the gateway's own token, by a service over https.

no_root_location();
no_long_string();
run_tests();

my $service = ZosToken->start;
my $file;


sub config {
    my (%option) = @_;

    my $url = $option{url} // $service->https;
    my $ca = $service->ca($option{ca} // 'ca.pem');
    my $parameters = $option{parameters} // '';

    return <<"EOC";
    zos_zone zos:64k;
    zos_token $file;
    zos_token_refresh $url trusted_certificate=$ca $parameters;
EOC
}


# An nginx with a new token of that many seconds, and what the service says.
sub fresh {
    my ($life, $answer, %option) = @_;

    $service->forget;
    $service->set(%$answer);
    $file = $option{file} // $service->file(life => $life);
    return ZosNginx->start(http => config(%option),
                           config => token_location(), %option);
}


sub token_location { 'location = /t { return 200 "$zos_token"; }' }


sub token { $_[0]->request('GET /t')->{body} }


# The service was asked so often, and the last answer is the token.
sub renewed {
    my ($nginx, $n, $name) = @_;

    return ok(wait_for(sub {
        my @requests = $service->requests;
        @requests == $n && token($nginx) eq $requests[-1]{token};
    }, 4), $name);
}


sub reload {
    my ($nginx, %option) = @_;

    return $nginx->reload(http => config(%option), config => token_location(),
                          %option);
}


sub done {
    my ($nginx) = @_;

    $service->no_leaks($nginx);
    $nginx->stop;
}


sub count { scalar(() = $_[0]->log =~ /$_[1]/g) }


# ---- one worker renews it, and all of them have it ----

my $nginx = fresh(60, {}, workers => 3, listen => 'reuseport');
my $old = $service->written;
my $mode = (stat $file)[2];

renewed($nginx, 1, 'renewed at once, as it ends soon');

my ($request) = $service->requests;
is($request->{line}, 'POST /refresh?validity=1 HTTP/1.0', 'a POST');
is($request->{header}{authorization}, "bearer $old", '... of the old one');
is($request->{header}{'user-agent'}, 'ngx_zos/0.1.0', '... by the gateway');
is($request->{header}{'content-type'}, undef, '... that is of no type');
is($request->{body}, '', '... and has no body');

for my $worker ($nginx->pinned) {
    $worker->{client}->send('GET /t');
    is($worker->{client}->answer->{body}, $request->{token},
       "worker $worker->{pid} has it");
}

ok($nginx->logs(qr/\[notice\].*zos_token renewed, it ends in 3[56]\d\d s/),
   'the log says so');
ok(wait_for(sub { $service->read($file) eq $request->{token} }, 1),
   'it is in the file');
is((stat $file)[2], $mode, '... whose mode is the same');
ok(!-e "$file.new", '... and nothing beside it');

reload($nginx, workers => 2, listen => 'reuseport');
is(token($nginx), $request->{token}, 'it stays, after a reload');
is(scalar $service->requests, 1, '... and is not renewed again');
is(count($nginx, qr/\[(?:error|warn)\].*zos_token/), 0, 'no error');
done($nginx);

$nginx = ZosNginx->start(http => config(), config => token_location());
is(token($nginx), $request->{token}, '... and after a restart');
is(scalar $service->requests, 1, '... likewise');
done($nginx);


# ---- again and again, in the second half of its time ----

$nginx = fresh(1, { life => 4 }, parameters => 'before=1h', workers => 2);
ok(wait_for(sub { $service->requests >= 3 }, 9), 'renewed three times');
my @requests = $service->requests;
is($requests[$_]{header}{authorization}, "bearer $requests[$_ - 1]{token}",
   "renewal $_ has the token of the one before") for 1, 2;
cmp_ok(count($nginx, qr/zos_token renewed/), '<=', 4, 'not more often');
is(count($nginx, qr/\[error\]/), 0, 'no error');
done($nginx);

# one that has ended may still be good for a new one
$nginx = fresh(-60, {});
renewed($nginx, 1, 'after its end');
done($nginx);


# ---- not before its time ----

$nginx = fresh(60, {}, parameters => 'before=30s');
$old = $service->read($file);
sleep 0.3;
is(scalar $service->requests, 0, 'before=30s');
is(token($nginx), $old, 'the one of the file');


# ---- reloads: a file that was changed wins, also with one that ends sooner

$service->write($file, my $new = ZosToken::jwt(life => 50));
is(token($nginx), $old, 'a changed file is not looked at');
reload($nginx, parameters => 'before=30s');
is(token($nginx), $new, '... but by a reload');
done($nginx);


# ---- a file that can't be replaced ----

my $target = $service->file(life => 1);
my $link = $service->ca('link');

symlink $target, $link or die "symlink: $!\n";
$nginx = fresh(0, { life => 4 }, file => $link, parameters => 'before=1h');
$old = $service->read($target);
ok(wait_for(sub { $service->requests >= 2 }, 5), 'renewed twice');
ok($nginx->logs(qr/\[warn\].*is not kept in ".*link": it is not a regular/),
   'it can not be kept');
is(count($nginx, qr/is not kept/), 1, '... which is said once');
is($service->read($target), $old, '... and the file is as it was');

$service->set(life => 3600);
ok(wait_for(sub { ($service->requests)[-1]{token} eq token($nginx)
                  && $nginx->log =~ /ends in 3[56]/ }, 4), 'renewed');
my $kept = token($nginx);
my $n = $service->requests;
reload($nginx, file => $link);
is(token($nginx), $kept, 'a reload keeps the one of the zone');
is(scalar $service->requests, $n, '... without renewing it');
done($nginx);

# ---- workers of another user ----

SKIP: {
    my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
    my $dir = $service->ca('theirs');

    skip 'needs root', 24 if $> != 0 || !$uid;

    mkdir $dir, 0755;
    chmod 0711, $service->ca('');

    # may not be written; its file may, but not its directory; both may
    for my $case ([ 0, 0, 'it may not be written' ],
                  [ $uid, 0, 'no file can be made beside it' ],
                  [ 0, $uid, 'it may not be written' ],
                  [ $uid, $uid ])
    {
        my ($of_file, $of_dir, $reason) = @$case;
        my $name = "$dir/" . join '-', 'token', $of_file, $of_dir;

        $service->write($name, ZosToken::jwt(life => 60));
        chown $of_file, $of_file ? $gid : 0, $name;
        chown $of_dir, -1, $dir;
        chmod 0640, $name;

        $nginx = fresh(0, {}, file => $name, user => 'nobody ' . getgrgid $gid);
        renewed($nginx, 1, "renewed by nobody, $of_file, $of_dir");
        ok($nginx->logs(qr/\[warn\].*\Q$reason/), $reason) if $reason;
        ok(wait_for(sub { $service->read($name) eq token($nginx) }, 1),
           'it is kept') if !$reason;
        is((stat $name)[4], $of_file, '... the owner is the same');
        is((stat _)[2] & 0777, 0640, '... and the mode');
        done($nginx);
    }
}


# ---- TLS ----

for my $case (
    [ 'by an address',    {},                                            1 ],
    [ 'by a name',        { url => $service->https('localhost') },       1 ],
    [ 'another authority', { ca => 'other-ca.pem' },                     0,
      'SSL certificate problem' ],
    [ 'another name',     { url => $service->https =~ s/127.0.0.1/localhost/r },
      0, 'no alternative certificate subject name matches' ],
    [ 'not with TLS', { url => $service->plain }, 0, 'SSL' ],
    [ 'nobody there', { url => 'https://127.0.0.1:1/' }, 0,
      'Failed to connect' ],
    [ 'no such name', { url => 'https://nobody.invalid/' }, 0,
      'Could not resolve host' ],
)
{
    my ($name, $option, $good, $error) = @$case;

    $nginx = fresh(60, {}, %$option);

    if ($good) {
        renewed($nginx, 1, $name);

    } else {
        ok($nginx->logs(qr/\[error\].*zos_token could not be renewed: .*$error/),
           $name);
        is(scalar $service->requests, 0, '... nothing was sent');
        is(token($nginx), $service->read($file), '... the old one stays');
    }

    done($nginx);
}

# without trusted_certificate it is the system that is trusted
$service->forget;
$file = $service->file(life => 60);
$nginx = ZosNginx->start(
    http => config() =~ s/trusted_certificate=\S+?;/;/r
                     =~ s/trusted_certificate=\S+//r,
    config => token_location());
ok($nginx->logs(qr/could not be renewed: SSL certificate problem/),
   'an authority that the system does not know');
is(scalar $service->requests, 0, '... nothing was sent');
done($nginx);


# ---- answers that are no token ----

my $good = ZosToken::jwt(life => 3600);

$nginx = fresh(60, { status => 500 });
$old = $service->written;
ok($nginx->logs(qr/could not be renewed/), 'it fails');

my @bad = (
    [ { status => 500 }, 'the answer has status 500' ],
    [ { status => 401, body => '' }, 'the answer has status 401' ],
    [ { status => 204, body => '' }, 'the answer has status 204' ],
    [ { status => 302, header => "Location: /other\r\n" },
      'the answer has status 302' ],
    [ { body => '' }, 'the answer is not a JWT' ],
    [ { body => '{"error":"x"}' }, 'has characters that a JWT has not' ],
    [ { body => "$good.x" }, 'the answer is not a JWT' ],
    [ { body => "$good\n$good" }, 'has characters that a JWT has not' ],
    [ { body => ZosToken::jwt() }, 'does not say when it ends' ],
    [ { body => 'x' x 4000 }, 'the answer is too long' ],
    [ { body => 'x' x 5000 }, 'the answer is too large' ],
    [ { body => 'x' x 1000000 }, 'the answer is too large' ],
    [ { life => 30 }, 'the new one ends no later' ],
    [ { life => -30 }, 'the new one ends no later' ],
    [ { body => $old }, 'the new one ends no later' ],
);

for my $case (@bad) {
    my ($answer, $error) = @$case;

    # a reload tries at once
    $service->forget;
    $service->set(%$answer);
    my $before = count($nginx, qr/could not be renewed: .*\Q$error/);
    reload($nginx);
    ok(wait_for(sub {
        count($nginx, qr/could not be renewed: .*\Q$error/) > $before
    }, 3), $error);
    is(token($nginx), $old, '... the old one stays');
    is(scalar $service->requests, 1, '... it was tried once');
}

is($service->read($file), $old, 'the file is as it was');
$service->set(body => "\r\n$good \n");
$service->forget;
reload($nginx);
ok(wait_for(sub { token($nginx) eq $good }, 2), 'one with white space around');
is($service->read($file), $good, '... in the file without it');
done($nginx);


# ---- after a failure it is tried again ----

$nginx = fresh(60, { status => 503 }, workers => 2);
ok(wait_for(sub { count($nginx, qr/could not be renewed/) == 1 }, 3),
   'it fails');
$service->set;
my $start = time;
ok(wait_for(sub { $service->requests == 2 }, 7), 'a second time');
cmp_ok(time - $start, '>', 3, '... not at once');
renewed($nginx, 2, '... with success');
is(count($nginx, qr/could not be renewed/), 1, 'one of the workers failed');
done($nginx);


# ---- slow ones hold nothing up, and are not waited for forever ----

$nginx = fresh(60, { delay => 1 });
ok(wait_for(sub { $service->requests }, 2), 'a slow renewal');

for (1 .. 3) {
    my $answer = $nginx->request('GET /t');
    cmp_ok($answer->{seconds}, '<', 0.3, 'a request meanwhile');
    is($answer->{body}, $service->read($file), '... has the old one');
}

renewed($nginx, 1, 'it comes');
done($nginx);

$nginx = fresh(60, { delay => 5 }, parameters => 'timeout=300ms');
ok($nginx->logs(qr/could not be renewed: .*timed out after 30\d milliseconds/),
   'one that takes too long');
is(token($nginx), $service->read($file), '... the old one stays');
done($nginx);


# ---- a name server that does not answer ----

# An nginx with that name server, on which nobody answers.
sub deaf {
    my ($address) = @_;

    my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my ($resolv, $script) = map { $service->ca($_) } qw( resolv script );

    open my $out, '>', $resolv or die "$resolv: $!\n";
    print $out "nameserver $address\n";
    close $out;

    open $out, '>', $script or die "$script: $!\n";
    print $out "#!/bin/sh\nexec unshare -m sh -c 'mount --bind $resolv"
               . " /etc/resolv.conf && exec \"\$0\" \"\$@\"' $binary"
               . " \"\$@\"\n";
    close $out;
    chmod 0755, $script;

    local $ENV{TEST_NGINX_BINARY} = $script;
    return fresh(60, {}, url => 'https://somewhere.test/');
}


SKIP: {
    my $address = join '.', 127, map { 1 + int rand 250 } 1 .. 3;
    my $server = IO::Socket::INET->new(LocalAddr => $address, LocalPort => 53,
                                       Proto => 'udp');

    skip 'needs root, namespaces and a port', 10
        if !$server || system('unshare -m true 2> /dev/null') != 0;

    $nginx = deaf($address);
    ok(IO::Select->new($server)->can_read(3), 'the name is asked for');

    for (1 .. 3) {
        my $answer = $nginx->request('GET /t');
        cmp_ok($answer->{seconds}, '<', 0.3, 'a request meanwhile');
        is($answer->{body}, $service->written, '... has the old token');
    }

    # the resolver of the system would try for ten seconds
    $nginx->signal('QUIT');
    ok($nginx->ended(3), 'QUIT is not held up');
    done($nginx);
}


# ---- when it ends without a new one ----

$nginx = fresh(2, { status => 500 });
$old = $service->read($file);
ok($nginx->logs(qr/could not be renewed: the answer has status 500/),
   'it is not renewed');
is(token($nginx), $old, '... and used');
ok(wait_for(sub { token($nginx) eq '' }, 3), '... until it ends');
is(token($nginx), '', '... then there is none') for 1 .. 3;
is(count($nginx, qr/\[error\].*zos_token has expired and was not renewed/), 1,
   '... which is said once in a while');
$service->set;
renewed($nginx, 2, 'there is one again');
done($nginx);


# ---- workers that end while they renew ----

sub renewing {
    my ($nginx) = @_;

    return ok(wait_for(sub { $service->requests }, 3), 'it is being renewed');
}


# Within that many seconds, all of these processes.
sub gone {
    my ($seconds, @pids) = @_;

    return wait_for { !grep { kill 0, $_ } @pids } $seconds;
}


$nginx = fresh(60, { delay => 5 });
$nginx->expect(qr/exited on signal 9/);
renewing($nginx);
$service->set;
kill 'KILL', $nginx->worker_pids;
renewed($nginx, 2, 'killed: the next worker renews it at once');
done($nginx);

# the other one need not wait for the lease to end
$nginx = fresh(60, { delay => 5 }, workers => 2, listen => 'reuseport');
$nginx->expect(qr/exited on signal 9/);
renewing($nginx);
$service->set;
kill 'KILL', $nginx->worker_pids;
renewed($nginx, 2, 'both killed: the next ones renew it once');
done($nginx);

$nginx = fresh(60, { delay => 5 });
renewing($nginx);
$service->set;
my @old = reload($nginx);
ok(gone(1, @old), 'a reload is not held up');
renewed($nginx, 2, '... and the new worker renews it');
is(count($nginx, qr/\[error\]/), 0, '... and there is no error');
done($nginx);

for my $signal (qw( QUIT TERM )) {
    $nginx = fresh(60, { delay => 5 }, workers => 2);
    renewing($nginx);
    $nginx->signal($signal);
    ok($nginx->ended(1), "$signal is not held up");
    done($nginx);
}

# in a look-up of a name, and in a TLS handshake
my $mute = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 8,
                                 Proto => 'tcp');
my $port = $mute->sockport;

for my $url ("https://127.0.0.1:$port/", 'https://nobody.invalid/') {
    $nginx = fresh(60, {}, url => $url);
    @old = reload($nginx, url => $url);
    ok(gone(1, @old), "a reload during $url");
    $nginx->signal('QUIT');
    ok($nginx->ended(1), '... and QUIT');
    done($nginx);
}


# ---- without a master ----

$nginx = fresh(60, {}, main => 'master_process off;', workers => 0);
renewed($nginx, 1, 'a single process');
done($nginx);

$nginx = fresh(60, { delay => 5 }, main => 'master_process off;',
               workers => 0);
renewing($nginx);
$nginx->signal('QUIT');
ok($nginx->ended(1), '... and quits');
done($nginx);

$service->stop;

__DATA__

=== TEST 1: it is empty without one
--- config
    location /t { return 200 "<$zos_token>"; }
--- request
GET /t
--- response_body: <>
