use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;

# Virtual machines that go elsewhere: to another node, to an ftp server.

my $ays = ZosAys->start(mode => '9', templates => 2018);

add_block_preprocessor(sub {
    my ($block) = @_;

    my $config = $ays->config('zos_ays_run_interval 10ms 50ms; '
                              . 'zos_ays_retries off;');

    if (defined $block->zos_old) {
        $config =~ s/zos_ays_templates 2018/zos_ays_templates 2017/;
        $block->set_value(zos_ays => 'ays->settings(mode => "8.2", '
                                     . 'templates => 2017);'
                                     . $block->zos_ays);
    }

    $block->set_value('http_config', 'zos_zone zos:1m; '
                                     . $ays->http_config);
    $block->set_value('config', 'add_header X-Reason $zos_error always; '
                                . $config);
    $block->set_value(no_error_log => "planted\n[alert]\n[crit]\n");
    $block->set_value(log_level => 'info');
});


sub vm1 {
    ays->node('n1')->node('n2');
    ays->service(vm => 'vm1', parent => 'node!n1', data => {
        node => 'n1', status => 'halted', cpu => 2, memory => 1024, disks => [],
        nics => [], @_ });
}

sub export { return [ map { "POST /nodes/n1/vms/vm1/export\n$_" } @_ ] }

sub import_vm { return [ map { "POST /nodes/n1/vms/import\n$_" } @_ ] }

sub sentences { return [ map { qq({"error":"$_"}\n) } @_ ] }

our $Url = 'url must be like ftp://user:password@host:port/path';

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: migrateVM: what AYS gets, templates of 2018
--- zos_ays
    main::vm1();
--- request eval
qq(POST /nodes/n1/vms/vm1/migrate\n{"nodeid":"n2","node":"n3"})
--- error_code: 204
--- response_headers
Location: /nodes/n2/vms/vm1
--- response_body
--- zos_ays_after
    is_deeply(scalar(ays->contents), { vm__vm1 => { node => 'n2' } }, 'the blueprint');
    is(scalar(ays->runs), 0, 'no run');
    is(ays->get(vm => 'vm1')->{parent}{name}, 'n2', 'moved');



=== TEST 2: migrateVM: what AYS gets, templates of 2017
--- zos_old
--- zos_ays
    main::vm1(status => 'running');
--- request eval
qq(POST /nodes/n1/vms/vm1/migrate\n{"nodeid":"n2"})
--- error_code: 204
--- zos_ays_after
    is_deeply(scalar(ays->contents), {
        vm__vm1 => { node => 'n2' },
        actions => [{ action => 'migrate', actor => 'vm', service => 'vm1',
                      force => JSON::PP::true() }] }, 'the blueprint');
    is(scalar(ays->runs), 1, 'and a run');



=== TEST 3: migrateVM: what is refused
--- zos_ays
    main::vm1(status => 'running');
    ays->service(vm => "vm-$_", parent => 'node!n1', data => { node => 'n1', status => $_ })
        for qw( paused deploying migrating error );
--- pipelined_requests eval
[map { my ($path, $body) = @$_; "POST /nodes/$path/migrate\n$body" }
 ['n1/vms/vm1', '{}'], ['n1/vms/vm1', '{"nodeid":""}'],
 ['n1/vms/vm1', '{"nodeid":"a/b"}'], ['n1/vms/vm1', '{"nodeid":"n9"}'],
 ['n2/vms/vm1', '{"nodeid":"n1"}'], ['n1/vms/vm9', '{"nodeid":"n2"}'],
 map { ["n1/vms/vm-$_", '{"nodeid":"n2"}'] } qw( paused deploying migrating error )]
--- error_code eval
[400, 400, 400, 400, 404, 404, (409) x 4]
--- response_body eval
main::sentences('nodeid is required', 'nodeid must not be empty',
 'nodeid must be a name of letters, digits, \"-\", \"_\" and \".\"',
 'nodeid, \"n9\", is not there',
 'virtual machine \"vm1\" is not known on node \"n2\"',
 'virtual machine \"vm9\" is not known on node \"n1\"',
 ('the virtual machine must be running or halted') x 4)
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');
    is(ays->data(vm => 'vm1')->{node}, 'n1', 'it has not moved');



=== TEST 4: migrateVM: the job fails without a word
--- zos_ays
    main::vm1();
    ays->fault(action => 'processChange', service => 'vm1', fail => 'no way');
--- request eval
qq(POST /nodes/n1/vms/vm1/migrate\n{"nodeid":"n2"})
--- error_code: 500
--- response_body
{"error":"processChange of \"vm1\" failed: RuntimeError: no way"}
--- zos_ays_after
    is(ays->data(vm => 'vm1')->{node}, 'n1', 'it has not moved');



=== TEST 5: exportVM: what AYS gets, what the caller gets
--- zos_ays
    main::vm1();
--- request eval
main::export('{"url":"ftp://me:planted@Host-1.example:2121/a/b@c//"}')->[0]
--- error_code: 200
--- response_headers
Content-Type: application/json
--- response_body_like
^\{"url":"ftp://Host-1\.example:2121/a/b@c/vm1_\d+"\}$
--- zos_ays_after
    my $got = ays->contents->{vm__vm1};
    my $path = delete $got->{exportPath};
    is_deeply($got, { backupUrl => 'ftp://me:planted@Host-1.example:2121/a/b@c',
                      cryptoKey => '' }, 'the blueprint');
    ok($path =~ /^vm1_(\d+)$/ && abs($1 - time) < 60, 'the time is in the name');
    is(ays->data(vm => 'vm1')->{exportPath}, $path, 'and it was done');



=== TEST 6: exportVM: URLs
--- zos_ays
    main::vm1();
--- pipelined_requests eval
main::export('{"url":"localhost:22"}', '{"url":"ftp://1.2.3.4:200"}',
 '{"url":"ftp://user@12.30.120.200:3000/root/dir"}',
 '{"url":"localhost:22","cryptoKey":""}',
 '{"url":"localhost:22","cryptoKey":"' . "\xc3\xa9" x 32 . '"}')
--- error_code eval
[(200) x 5]
--- response_body_like eval
['"url":"localhost:22/vm1_\d+"', '"url":"ftp://1.2.3.4:200/vm1_\d+"',
 '"url":"ftp://12.30.120.200:3000/root/dir/vm1_\d+"',
 ('"url":"localhost:22/vm1_\d+"') x 2]



=== TEST 7: exportVM: what is refused
--- zos_ays
    main::vm1();
    ays->service(vm => 'vm2', parent => 'node!n1', data => { node => 'n1', status => 'paused' });
--- pipelined_requests eval
[@{ main::export('{}', '{"url":""}', map({ qq({"url":"$_"}) } 'localhost',
   'ftp://host/x', 'ftp://host:0', 'ftp://host:70000', 'http://host:80/x',
   'ftp://:21', 'ftp://me:pl@nted@host:21', 'ftp://host:21/a b'),
   map { qq({"url":"host:21","cryptoKey":"$_"}) } 'x' x 31, 'x' x 33) },
 qq(POST /nodes/n1/vms/vm2/export\n{"url":"host:21"}),
 qq(POST /nodes/n2/vms/vm1/export\n{"url":"host:21"}),
 qq(POST /nodes/n1/vms/vm9/export\n{"url":"host:21"})]
--- error_code eval
[(400) x 12, 409, 404, 404]
--- response_body eval
main::sentences('url is required', 'url must not be empty', ($::Url) x 8,
 ('cryptoKey must have 32 characters') x 2, 'the virtual machine must be halted',
 'virtual machine \"vm1\" is not known on node \"n2\"',
 'virtual machine \"vm9\" is not known on node \"n1\"')
--- zos_ays_after
    is(scalar(ays->blueprints), 0, 'no blueprint');



=== TEST 8: exportVM: it fails, and AYS tells the password and the key
--- zos_ays
    main::vm1();
    ays->fault(action => 'processChange', service => 'vm1', fail =>
        'login of u with planted-pw refused (ftp://u:planted-pw@host:21/a, 0planted9abcdef0123456789abcdef1)');
--- request eval
main::export('{"url":"ftp://u:planted-pw@host:21/a/","cryptoKey":"0planted9abcdef0123456789abcdef1"}')->[0]
--- error_code: 500
--- response_body
{"error":"processChange of \"vm1\" failed: RuntimeError: login of u with ********** refused (****************************, ********************************)"}



=== TEST 9: startVM: AYS tells what an export has left behind
--- zos_ays
    main::vm1(backupUrl => 'ftp://u:planted-pw@host:21', cryptoKey => 'planted-key');
    ays->fault(action => 'start', service => 'vm1', fail => 'not planted-pw, not planted-key');
--- request
POST /nodes/n1/vms/vm1/start
--- error_code: 500
--- response_body
{"error":"start of \"vm1\" failed: RuntimeError: not **********, not ***********"}



=== TEST 10: exportVM, importVM: templates of 2017
--- zos_old
--- zos_ays
    main::vm1();
--- pipelined_requests eval
[@{ main::export('{"url":"host:21"}') },
 @{ main::import_vm('{"id":"v","url":"host:21","vdiskstorage":"vs"}') }]
--- error_code eval
[501, 501]
--- response_body eval
main::sentences(map { "$_ needs the templates of 2018, which AYS does not have here" }
                'exportVM', 'importVM')
