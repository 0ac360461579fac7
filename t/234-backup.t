use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;

# Backups of containers.

my $ays = ZosAys->start(mode => '9', templates => 2018);

add_block_preprocessor(sub {
    my ($block) = @_;

    my $preset = $block->zos_preset // 2018;

    $block->set_value(http_config => 'zos_zone zos:1m; ' . $ays->http_config);
    $block->set_value(config => $ays->location
        . 'add_header X-Reason $zos_error always;'
        . 'location / { zos on; zos_ays /_ays; zos_ays_run_interval 20ms 50ms;'
        . " zos_ays_retries 0; zos_ays_templates $preset; }");
});


sub container {
    ays()->node('n1', redisAddr => '10.0.0.1');
    ays()->service(container => 'c1', parent => 'node!n1',
                   data => { hostname => 'h', flist => 'http://f/x.flist' });
}


no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listBackup: by name, without what opens the repository
--- zos_ays
my $n = 0;
ays->service('backup.container' => "b" . ++$n, data => {
    container => 'c1', snapshot => "s$n", type => 'container',
    timestamp => 1500000000, url => $_ })
    for 'rest:https://user:planted@host:8000/repo', 'sftp:user@host:/srv/repo',
        'file:///repo/?password=planted', 's3:s3.host/bucket';
--- request
GET /backup
--- response_body
[{"meta":null,"name":"b1","snapshot":"s1","timestamp":1500000000,"type":"container","url":"rest:https://host:8000/repo"},{"meta":null,"name":"b2","snapshot":"s2","timestamp":1500000000,"type":"container","url":"sftp:host:/srv/repo"},{"meta":null,"name":"b3","snapshot":"s3","timestamp":1500000000,"type":"container","url":"file:///repo/"},{"meta":null,"name":"b4","snapshot":"s4","timestamp":1500000000,"type":"container","url":"s3:s3.host/bucket"}]
--- zos_ays_after
is_deeply([ grep { /service/ } ays->calls ],
          [ 'GET service/backup?fields=meta,snapshot,timestamp,type,url' ]);



=== TEST 2: listBackup: meta without tokens; null where it can't be read
--- zos_ays
ays->seed([ 'backup.container', 'b1', data => { meta =>
    '{"name":"c1","nics":[{"type":"zerotier","id":"z","token":"planted"}],'
    . '"ports":{"80":81},"identity":"planted"}' } ],
          [ 'backup.container', 'b2', data => { meta => '{"token":"planted", no JSON' } ]);
--- request
GET /backup
--- response_body
[{"meta":{"name":"c1","nics":[{"type":"zerotier","id":"z"}],"ports":{"80":81}},"name":"b1","snapshot":"","timestamp":0,"type":"","url":""},{"meta":null,"name":"b2","snapshot":"","timestamp":0,"type":"","url":""}]



=== TEST 3: listBackup: none
--- zos_ays
--- request
GET /backup
--- response_body
[]



=== TEST 4: backupContainer: it waits, and is listed then
--- zos_ays
container();
--- request
POST /backup
{"name":"b1","container":"c1","url":"rest:http://u:pw@h/r"}
--- error_code: 201
--- response_headers
Location: /backup
--- zos_ays_after
is_deeply(scalar(ays->contents), {
    'backup.container__b1' => { container => 'c1',
                                url => 'rest:http://u:pw@h/r' },
    actions => [ { action => 'install', actor => 'backup.container',
                   service => 'b1', force => JSON::PP::false } ] });
like(ays->data(backup => 'b1')->{meta}, qr/"hostname":"h"/);



=== TEST 5: backupContainer: the name is taken, nothing is overwritten
--- zos_ays
container();
ays->service('backup.container' => 'b1', data => { snapshot => 'old' });
--- request
POST /backup
{"name":"b1","container":"c1","url":"file:///r"}
--- error_code: 409
--- response_body
{"error":"the cluster has a backup \"b1\" already"}
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 6: backupContainer: the container is not there
--- zos_ays
container();
--- request
POST /backup
{"name":"b1","container":"c9","url":"file:///r"}
--- error_code: 404
--- response_body
{"error":"container \"c9\" is not known"}
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 7: backupContainer: what is wrong in a body
--- pipelined_requests eval
[ map { "POST /backup\n$_" }
  '{"container":"c1","url":"file:///r"}',
  '{"name":"a/b","container":"c1","url":"file:///r"}',
  '{"name":"b1","url":"file:///r"}',
  '{"name":"b1","container":"../x","url":"file:///r"}',
  '{"name":"b1","container":"c1"}',
  '{"name":"b1","container":"c1","url":"a path"}' ]
--- error_code eval
[ (400) x 6 ]
--- response_body_like eval
[ map { qr/^\{"error":"$_/ } 'name is required', 'name must be a name',
  'container is required', 'container must be a name', 'url is required',
  'url must be the URL of a restic repository' ]



=== TEST 8: backupContainer: it fails, the reason has no secret
--- zos_ays
container();
ays->fault(action => 'install', actor => 'backup.container',
           fail => 'cannot open rest:http://u:planted@h/r: locked');
--- request
POST /backup
{"name":"b1","container":"c1","url":"rest:http://u:planted@h/r"}
--- error_code: 500
--- response_body_like eval
qr/^\{"error":"install of \\"b1\\" failed: RuntimeError: cannot open \*+: locked"/
--- no_error_log
planted
--- zos_ays_after
is(ays->get(backup => 'b1'), undef);



=== TEST 9: listBackup, backupContainer: with the templates of 2017
--- zos_preset: 2017
--- pipelined_requests eval
["GET /backup",
 qq(POST /backup\n{"name":"b","container":"c","url":"file:///r"})]
--- error_code eval
[501, 501]
--- response_body_like eval
[ (qr/needs the templates of 2018/) x 2 ]
