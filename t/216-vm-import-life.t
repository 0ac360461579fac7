use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;
use ZosFtp;
use ZosNginx;
use ZosProcess qw( wait_for );

# Imports that are held up by the ftp server: the worker has time for others,
# and callers who leave, reloads and ends of the worker come to a good end.

no_root_location();
no_long_string();
run_tests();

my $ays = ZosAys->start(mode => '9', templates => 2018);
my $ftp = ZosFtp->script;
my $description = <<'YAML';
cpu: 1
memory: 512
disks: [{vdiskid: a}]
vdisks: [{size: 1, blockSize: 4096, type: db}]
snapshotIDs: ['1']
YAML
my $nginx;


sub config {
    my ($more) = @_;

    return (http => 'zos_zone zos:1m; ' . $ays->http_config,
            config => $ays->config('zos_ays_run_interval 10ms 50ms; '
                                   . 'zos_ays_retries off; '
                                   . 'zos_ftp_allow 127.0.0.1; '
                                   . 'zos_ftp_timeout 20s;'), @_);
}


sub seed {
    $ays->reset->node('n1');
    $ays->service('storagecluster.block' => 'c1', data => { label => 'c1' });
    $ays->service(vdiskstorage => 'vs', data => { blockCluster => 'c1' });
    $ays->clear_requests;
}


sub import_request {
    my ($id) = @_;

    return "POST /nodes/n1/vms/import\n\n" . qq({"id":"$id","url":)
           . '"ftp://u:planted@127.0.0.1:' . $ftp->port . '/x",'
           . '"vdiskstorage":"vs"}';
}


# An import that waits for the answer to a command.
sub held {
    my ($command) = @_;

    seed();
    $ftp->set({ content => $description, hold => $command });

    my $client = $nginx->send(import_request('vm1'));

    ok(wait_for(sub { grep { /^$command/ } $ftp->commands }, 10),
       "held at $command");
    return $client;
}


sub made {
    my ($name) = @_;

    ok(wait_for(sub { ($ays->data(vm => 'vm1') // {})->{status} // ''
                      eq 'running' }, 10), "$name: it was made");
}


# So many requests for imports have come to their end.
sub ended {
    my ($count) = @_;

    ok(wait_for(sub {
        open my $in, '<', "$nginx->{dir}/logs/access.log" or return 0;
        $count == grep { m{/vms/import } } <$in>;
    }, 10), "$count requests have ended");
}


# ---- others are answered meanwhile ----

$nginx = ZosNginx->start(config());

for my $command (qw( USER PASS EPSV RETR )) {
    my $client = held($command);

    is_answer($nginx->request('GET /nodes/n1'), "another one, at $command",
              body => qr/"id":"n1"/);
    $ftp->release;
    is_answer($client->answer, "released at $command", status => 201,
              within => 10);
}


# ---- the caller leaves ----

my $client = held('RETR');

$client->leave;
$ftp->release;
made('the caller has left');
ended(5);


# ---- the server ends ----

$client = held('EPSV');
$ftp->stop;
is_answer($client->answer, 'the server ends', status => 400, reason => 'ftp',
          body => qr/broke off the connection/, within => 10);
is(scalar($ays->blueprints), 0, 'the server ends: no blueprint');
$ftp = ZosFtp->script;


# ---- a reload: the old worker finishes it ----

$client = held('RETR');
$nginx->reload(config());
$ftp->release;
is_answer($client->answer, 'a reload', status => 201, within => 10);
made('a reload');


# ---- two of one name, and of two ----

seed();
$ftp->set({ content => $description });

my @answers = $nginx->parallel(map { import_request($_) } qw( vm1 vm1 vm2 ));

is(join(' ', sort map { $_->{status} } @answers), '201 201 409',
   'at the same time');
is(scalar($ays->names('vdisk')), 2, 'at the same time: a vdisk each');


# ---- the caller's password is in no log but a debug log of the body ----

unlike(join('', grep { !/\[debug\]/ } $nginx->log =~ /^(.*\n)/mg), qr/planted/,
       'no log has the password');


# ---- the worker ends ----

ok($nginx->stop, 'all workers end');

$nginx = ZosNginx->start(config());
$client = held('RETR');
ok($nginx->stop('TERM'), 'it ends at once');

$nginx = ZosNginx->start(config(main => 'worker_shutdown_timeout 300ms;'));
$client = held('EPSV');
ok($nginx->stop, 'it ends after worker_shutdown_timeout');
is(scalar($ays->blueprints), 0, 'no blueprint was made');

$nginx = ZosNginx->start(config());
$client = held('RETR');
$nginx->signal('QUIT');
ok($nginx->logs(qr/gracefully shutting down/), 'it is told to quit');
$ftp->release;
is_answer($client->answer, 'it finishes before it quits', status => 201,
          within => 10);
ok($nginx->stop, 'and quits');
