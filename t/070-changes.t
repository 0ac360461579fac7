use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;
use ZosNginx;
use ZosProcess qw( spawn wait_for );

# Changes in AYS when things do not go as planned: callers that leave,
# reloads, workers that die, others who work with the same AYS.

no_root_location();
no_long_string();
run_tests();

my $ays = ZosAys->start(mode => '9', templates => 2018);
my $more = 'zos_ays_run_interval 20ms 100ms; zos_ays_retries off;';
my $nginx;


sub start {
    my (%option) = @_;

    return ZosNginx->start(
        http => 'zos_zone zos:1m; ' . $ays->http_config,
        config => $ays->config($more . ' ' . (delete $option{more} // '')),
        %option);
}


sub bridge {
    my ($name, %more) = @_;

    my $headers = join '', map { "$_: $more{$_}\r\n" } sort keys %more;
    return post('/nodes/n1/bridges',
                qq({"name":"$name","networkMode":"none"}), $headers);
}


sub post {
    my ($path, $body, $headers) = @_;

    return "POST $path HTTP/1.1\r\nHost: x\r\n" . ($headers // '')
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}


sub fresh {
    $ays->reset->clear_faults->node('n1')->node('n2');
    $ays->clear_requests;
}


sub ok_installed {
    my ($name, $what) = @_;

    ok(wait_for(sub {
        (($ays->actions(bridge => $name) // {})->{install} // '') eq 'ok'
    }, 5), $what);
}


# ---- many at a time ----

fresh();
$nginx = start(workers => 2);

my @answers = $nginx->parallel((bridge('same')) x 12);
my @made = grep { $_->{status} == 201 } @answers;
is(scalar @made, 1, 'of those who create the same, one does');
is(scalar(grep { $_->{status} == 409 } @answers), 11, '... the others hear so');
is(scalar(grep { $_->{method} eq 'POST' && $_->{path} =~ m{/blueprint$} }
          $ays->requests), 1, '... and do nothing');

fresh();
@answers = $nginx->parallel(map { bridge("b$_") } 1 .. 20);
is(scalar(grep { $_->{status} == 201 } @answers), 20, 'each has its own');
is(scalar(grep { $ays->actions(bridge => $_)->{install} eq 'ok' }
          $ays->names('bridge')), 20, '... and it is there');
is(scalar(grep { !$_->{archived} } $ays->blueprints), 0,
   '... no blueprint is left over');


# ---- others' runs ----

fresh();
$ays->fault(steal => 1);
my $answer = $nginx->request(bridge('stolen'));
is($answer->{status}, 201, "another one's run takes our job");
ok_installed('stolen', '... it was done when we said so');

fresh();
$ays->fault(steal => 1);
$ays->fault(action => 'install', service => 'stolen', fail => 'no', delay => 0.2);
is_answer($nginx->request(bridge('stolen')), '... and fails',
          status => 500, reason => 'run failed');
is($ays->get(bridge => 'stolen'), undef, '... what failed is not left');


# ---- names of blueprints ----

fresh();
$ays->fault(route => 'POST .*/blueprint$', status => 409,
            type => 'application/json', body => '{"error":"exists"}',
            times => 2);
is($nginx->request(bridge('b1'))->{status}, 201, 'a name that is taken');
is(scalar(grep { $_->{method} eq 'POST' && $_->{path} =~ m{/blueprint$} }
          $ays->requests), 3, '... another one is used');


# ---- answers before the end ----

fresh();
$ays->fault(action => 'install', service => 'slow', delay => 0.5);
my $begin = time;
$answer = $nginx->request(bridge('slow', Prefer => 'respond-async'));
is($answer->{status}, 202, 'respond-async');
like($answer->{text}, qr{^Preference-Applied: respond-async\r$}m, '... applied');
like($answer->{body}, qr/^\{"runid":"\w+","state":"scheduled"\}$/, '... a run');
my ($run) = $answer->{body} =~ /"runid":"(\w+)"/;
is($answer->{header}{location}, "/runs/$run", '... to be looked at');
isnt($ays->actions(bridge => 'slow')->{install}, 'ok', '... before the end');
ok(wait_for(sub {
    $nginx->request("GET /runs/$run")->{body} =~ /"state":"ok"/
}, 5), '... which comes');

fresh();
$ays->fault(action => 'install', service => 'slow', delay => 0.3, fail => 'x');
$answer = $nginx->request(bridge('slow', Prefer => 'return=minimal, respond-async'));
is($answer->{status}, 202, 'respond-async of what fails');
ok(wait_for(sub { !$ays->get(bridge => 'slow') }, 5), '... is cleared up');


# ---- callers who leave ----

for my $how (qw( leave reset )) {
    fresh();
    $ays->fault(action => 'install', service => 'left', delay => 0.3);
    my $client = $nginx->send(bridge('left'));
    ok(wait_for(sub { $ays->get(bridge => 'left') }, 3), "$how: under way");
    $client->$how;
    ok_installed('left', '... it is finished');
    ok(wait_for(sub { !grep { !$_->{archived} } $ays->blueprints }, 3),
       '... and the blueprint archived');
}

fresh();
$ays->fault(route => 'POST .*/blueprint/bridge_early', delay => 0.3);
my $client = $nginx->send(bridge('early'));
ok(wait_for(sub { scalar $ays->blueprints }, 3), 'before the execution');
$client->leave;
ok_installed('early', '... it is finished as well');


# ---- deadlines ----

fresh();
$nginx->stop;
$nginx = start(more => 'zos_ays_run_timeout 400ms;');
$ays->fault(action => 'install', service => 'long', delay => 1.5);
is_answer($answer = $nginx->request(bridge('long')), 'a run that takes long',
          status => 504, reason => 'run timeout');
like($answer->{body}, qr{see /runs/\w+}, '... can be looked at');
ok_installed('long', '... and goes on');
$nginx->stop;


# ---- AYS that ends, or breaks ----

fresh();
$nginx = start();
$ays->fault(route => 'POST .*/aysrun', exit => 1);
is_answer($nginx->request(bridge('dead')), 'AYS ends before the run',
          status => 502);
$ays->launch;
fresh();
is($nginx->request(bridge('dead'))->{status}, 201, '... nothing is stuck');

fresh();
$ays->fault(route => 'POST .*/blueprint/', drop => 1);
is_answer($nginx->request(bridge('drop')), 'AYS drops the execution',
          status => 502);
fresh();
is($nginx->request(bridge('drop'))->{status}, 201, '... nothing is stuck');

fresh();
$ays->fault(action => 'install', service => 'b', delay => 0.3);
$ays->fault(route => 'GET .*/aysrun/', status => 500, body => 'oops', times => 3);
is($nginx->request(bridge('b'))->{status}, 201,
   'looks that fail are repeated');

fresh();
$ays->fault(route => 'POST .*/blueprint/', status => 500,
            type => 'text/html', body => '<html>Traceback');
is_answer($nginx->request(bridge('b')), 'a page', status => 502,
          reason => 'ays failed');
$nginx->stop;


# ---- reloads ----

fresh();
$nginx = start(main => 'worker_shutdown_timeout 10s;');
$ays->fault(action => 'install', service => 'b', delay => 0.5);
$client = $nginx->send(bridge('b'));
ok(wait_for(sub { $ays->get(bridge => 'b') }, 3), 'a reload in between');
$nginx->signal('HUP');
is($client->answer->{status}, 201, '... the change is finished');
$nginx->stop;


# ---- a worker that dies while it has the lane ----

fresh();
$nginx = start(workers => 2);
$ays->fault(route => 'POST .*/blueprint/bridge_first', delay => 3);
$client = $nginx->send(bridge('first'));
ok(wait_for(sub {
    grep { $_->{method} eq 'POST' && $_->{path} =~ m{/blueprint/} }
         $ays->requests
} , 3), 'a worker has the lane');
$nginx->expect(qr/exited on signal 9/);
kill 9, $nginx->worker_pids;
ok(wait_for(sub { $client->closed }, 3), '... and dies');
$begin = time;
is($nginx->request(bridge('second'))->{status}, 201, '... it is given up');
cmp_ok(time - $begin, '<', 15, '... in time');
$nginx->stop;


# ---- two gateways ----

fresh();
my @gateways = map { start(workers => 1) } 1 .. 2;
my @clients = map { my $n = $_; map { $gateways[$_]->send(bridge("g$n")) } 0, 1 }
              1 .. 8;
@answers = ZosNginx::Client::answers(@clients);
for my $n (1 .. 8) {
    my @both = map { $_->{status} } @answers[2 * $n - 2, 2 * $n - 1];
    ok((grep { $_ == 201 } @both) >= 1
       && !(grep { $_ != 201 && $_ != 409 } @both),
       "g$n by two gateways: @both");
    is($ays->actions(bridge => "g$n")->{install}, 'ok', '... it is there');
}

# Both have seen that there is none, but one is much later.
sub late {
    my ($name) = @_;

    fresh();
    $ays->fault(route => 'POST .*/blueprint$', delay => 0.5, times => 1);
    my $client = $gateways[1]->send(post('/nodes/n1/bridges',
        qq({"name":"$name","networkMode":"none","nat":true})));
    ok(wait_for(sub { grep { $_->{path} =~ m{/blueprint$} } $ays->requests },
                3), "$name: one is late");
    is($gateways[0]->request(bridge($name))->{status}, 201,
       '... another one is not');
    return $client;
}


($answer) = ZosNginx::Client::answers(late('raced'));
is_answer($answer, '... and the late one is told', status => 409,
          reason => 'exists');
is(($ays->actions(bridge => 'raced') // {})->{install}, 'ok', '... it is there');

my $late = late('kept');
$ays->fault(route => 'POST .*/aysrun', status => 500, body => '{}');
($answer) = ZosNginx::Client::answers($late);
is_answer($answer, '... the late one fails', status => 409,
          reason => 'exists');
is(($ays->actions(bridge => 'kept') // {})->{install}, 'ok',
   '... and removes nothing of another one');

for my $look ('GET .*/job/', 'GET .*/service/bridge/seen') {
    $late = late('seen');
    $ays->fault(route => $look, status => 500, body => '{}');
    ($answer) = ZosNginx::Client::answers($late);
    is_answer($answer, "... $look fails", status => 502,
              reason => 'ays failed');
    $ays->clear_faults;
    is(($ays->actions(bridge => 'seen') // {})->{install}, 'ok',
       '... and removes nothing either');
}

$_->stop for @gateways;


# ---- another service of that name ----

fresh();
$nginx = start(workers => 1);
$ays->service(vm => 'twin', parent => 'node!n1', data => { node => 'n1' });
$ays->service(container => 'twin', parent => 'node!n1',
              state => { start => 'scheduled' });
$ays->fault(actor => 'container', action => 'start', fail => 'no');
is($nginx->request(post('/nodes/n1/vms/twin/start', ''))->{status}, 204,
   'what fails is a container of the same name');
is(scalar(grep { $_->{actor_name} eq 'container' && $_->{state} eq 'error' }
          map { @{ $_->{jobs} } } map { @{ $_->{steps} } } $ays->runs), 1,
   '... in our run');
$nginx->stop;


# ---- HTTP/2 ----

fresh();
$nginx = start(listen => 'http2');
$ays->fault(action => 'install', service => 'two', delay => 0.5);
my $curl = spawn([ qw( curl -s --http2-prior-knowledge -d ),
    '{"name":"two","networkMode":"none"}',
    'http://127.0.0.1:' . $nginx->port . '/nodes/n1/bridges' ]);
ok(wait_for(sub { $ays->get(bridge => 'two') }, 3), 'HTTP/2: under way');
$curl->stop('KILL', 1);
ok_installed('two', '... a caller who leaves');
$nginx->stop;


# ---- the older AYS ----

$ays->stop;
$ays = ZosAys->start(mode => '8.2', templates => 2017);
fresh();
$nginx = start(workers => 2);
is($nginx->request(bridge('b1'))->{status}, 201, '8.2: a bridge');
$ays->fault(action => 'install', service => 'b2', fail => 'bad');
is_answer($answer = $nginx->request(bridge('b2')), '8.2: a run that fails',
          status => 500, reason => 'run failed');
like($answer->{body}, qr/bad/, '... and why');
$nginx->stop;
