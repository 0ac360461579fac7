use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use JSON::PP ();
use ZosAys;
use ZosCluster qw( C );
use ZosNginx;
use ZosNginx::Client;
use ZosOperations qw( operations );

# Names that are no names, in every place where one is taken: in the path of
# every operation, and in bodies where they become part of a path or of a
# query of AYS.  Each is refused, and neither AYS nor a node hears of it.

no_root_location();
no_long_string();
run_tests();

my $ays = ZosAys->start(mode => '9', templates => 2018);
my $json = JSON::PP->new->utf8->canonical;
my $nginx = ZosNginx->start(
    http => 'zos_zone zos:1m; large_client_header_buffers 4 32k; '
            . $ays->http_config,
    config => $ays->config);

# as a browser would never send them; the first are for nginx itself
my %paths = (
    'NUL' => 'a%00b', 'no encoding' => 'a%zzb', 'half of one' => 'a%2',
    'above' => '..', 'above, encoded' => '%2e%2e', 'here' => '.',
    'a slash' => 'a%2fb', 'a way out' => '..%2f..%2fnode',
    'a slash, twice encoded' => 'a%252fb', 'a backslash' => '..%5c',
    'line ends' => 'a%0d%0aX-Planted:%20yes', 'one line end' => 'a%0a',
    'a request' => 'a%20HTTP%2f1.1%0d%0aHost:%20b%0d%0a%0d%0aDELETE%20%2f',
    'a query' => 'a%3fforce=true', 'a fragment' => 'a%23',
    'an argument' => 'a%26parent=b', 'a double quote' => 'a%22,%22b',
    'a quote' => "a'", 'a brace' => 'a%7d', 'shell' => 'a;id', 'a pipe' => 'a%7c',
    'a command' => '$(id)', 'any' => '.*', 'a class' => '[a-z]',
    'a group' => '(a|b)', 'an anchor' => '%5ea$', 'a space' => 'a%20',
    'an escape' => 'a%1b[31m', 'not UTF-8' => '%ff%fe', 'Latin' => '%c3%a9',
    '10 KB' => 'a' x 10240, '10 KB encoded' => '%41' x 10240,
);


# What has come to AYS that is no name between slashes.
sub planted {
    return grep { $_->{path} !~ m{^/[A-Za-z0-9/._!-]*$}
                  || $_->{path} =~ m{/\.\.?(?:/|$)}
                  || $_->{query} !~ m{^[A-Za-z0-9=&,._!-]*$} }
           $ays->requests;
}


# ---- in every path ----

my $client = ZosNginx::Client->connect($nginx->port);
my ($asked, $turn, @wrong) = (0, 0);

for my $operation (operations()) {
    my $n = () = $operation->{path} =~ /\{/g;

    # a third of them, another one each time
    for my $bad (grep { $turn++ % 3 == 0 } sort keys %paths) {
        # each of the parameters, one after the other
        my $which = $n && 1 + $asked++ % $n;
        my $i = 0;
        my $path = $operation->{path}
            =~ s/\{(\w+)\}/++$i == $which ? $paths{$bad} : example($1)/ger;

        next if !$n;

        # behind what nginx itself refuses the connection ends
        $client = ZosNginx::Client->connect($nginx->port)
            if !$client->{open};

        $client->send("$operation->{method} $path\n\n");
        my $answer = $client->answer;

        $client->{open} = $answer->{status}
                          && $answer->{header}{connection} !~ /close/;

        # a host of a proxy may have a slash, a star and brackets
        next if $answer->{status} == 404 && $path =~ m{/httpproxies/|\.\./?};
        push @wrong, "$operation->{name}, $bad: $answer->{status}"
            if $answer->{status} != 400;
    }
}

cmp_ok($asked, '>', 1000, 'many have been asked');
is(join("\n", @wrong), '', 'every name in a path is looked at');
is_deeply([ map { $_->{path} } $ays->requests ], [], '... before AYS is asked');


sub example {
    my ($name) = @_;

    return { processid => 7, forwardid => '10.0.0.1:80',
             macaddress => '52:54:00:12:34:56' }->{$name} // 'n1';
}


# ---- in bodies ----

my @bad = ("a/../../node/n1", '..', "a\r\nX-Planted: yes", "a\n", 'a?b=c',
           'a#b', 'a&parent=node!n2', 'a%2fb', 'a%00', "a'b", 'a"b', 'a\\b',
           'a b', '.*', '(a|b)', '$(id)', '`id`', "\x{e9}", 'a' x 10240, 'a!b');

my $disk = { vdiskid => 'v1', maxIOps => 1 };

my @bodies = (
    [ 'POST /nodes/n1/bridges', 'name', networkMode => 'none' ],
    [ 'POST /nodes/n1/containers', 'id', hostname => 'h', flist => 'http://f/f' ],
    [ 'POST /nodes/n1/containers', 'nics.0.id', id => 'c9', hostname => 'h',
      flist => 'http://f/f', nics => [ { type => 'bridge', id => 'x' } ] ],
    [ 'POST /nodes/n1/containers', 'filesystems.0', id => 'c9', hostname => 'h',
      flist => 'http://f/f', filesystems => [ 'x' ] ],
    [ 'POST /nodes/n1/storagepools', 'name', metadataProfile => 'single',
      dataProfile => 'single', devices => [ '/dev/sda' ] ],
    [ 'POST /nodes/n1/storagepools/p1/filesystems', 'name' ],
    [ 'POST /nodes/n1/storagepools/p1/filesystems/f1/snapshots', 'name' ],
    [ 'POST /nodes/n1/vms', 'id', memory => 128, cpu => 1 ],
    [ 'POST /nodes/n1/vms', 'disks.0.vdiskid', id => 'v9', memory => 128,
      cpu => 1, nics => [], disks => [ $disk ] ],
    [ 'POST /nodes/n1/vms/v1/migrate', 'nodeid' ],
    [ 'POST /nodes/n1/gws', 'name', domain => 'd', nics => [] ],
    [ 'POST /nodes/n1/gws/g1/migrate', 'node' ],
    [ 'POST /nodes/n1/zerotiers', 'nwid' ],
    [ 'POST /storageclusters', 'label', driveType => 'ssd', nodes => [ 'n1' ],
      clusterType => 'block', servers => 1 ],
    [ 'POST /storageclusters', 'nodes.0', label => 'l9', driveType => 'ssd',
      clusterType => 'block', servers => 1, nodes => [ 'x' ] ],
    [ 'POST /vdiskstorage', 'id', blockCluster => 'b1' ],
    [ 'POST /vdiskstorage', 'blockCluster', id => 'i9' ],
    [ 'POST /vdiskstorage/s1/vdisks', 'id', size => 1, type => 'boot',
      imageId => 'i1', blocksize => 4096 ],
    [ 'POST /vdiskstorage/s1/vdisks', 'imageId', id => 'd9', size => 1,
      type => 'boot', blocksize => 4096 ],
    [ 'POST /vdiskstorage/s1/images', 'imageName', url => 'ftp://h/x',
      exportSnapshot => 'x', diskBlockSize => 512 ],
    [ 'POST /graphs/g1/dashboards', 'name', dashboard => '{}' ],
    [ 'POST /webhooks', 'name', url => 'http://h/', eventtypes => [ 'ork' ] ],
    [ 'POST /backup', 'name', container => 'c1', url => 'file:///x' ],
    [ 'POST /backup', 'container', name => 'b9', url => 'file:///x' ],
);

$ays->reset->node($_) for 'n1', 'n2';
$ays->clear_requests;

my @passed;

for my $row (@bodies) {
    my ($line, $place, %body) = @$row;

    for my $bad (@bad) {
        my $text = $json->encode(\%body);
        my $copy = $json->decode($text);
        my @step = split /\./, $place;
        my $last = pop @step;
        my $into = $copy;

        $into = ref $into eq 'ARRAY' ? $into->[$_] : $into->{$_} for @step;
        ref $into eq 'ARRAY' ? ($into->[$last] = $bad)
                             : ($into->{$last} = $bad);

        my $answer = $nginx->request("$line\n\n" . $json->encode($copy));
        push @passed, "$line, $place, " . substr($bad, 0, 20)
                      . ": $answer->{status} $answer->{body}"
            if $answer->{status} != 400 && $answer->{status} != 404;
    }
}

is(join("\n", @passed), '', 'every name in a body is looked at');
is_deeply([ map { "$_->{method} $_->{path}?$_->{query}" } planted() ], [],
          '... and none is in a path or a query of AYS');
is_deeply([ grep { $_->{method} ne 'GET' } $ays->requests ], [],
          '... and nothing has been changed');


# ---- in paths of files, in queries ----

$nginx->stop;
$nginx = ZosNginx->start(http => <<'EOC');
    zos_zone zos:1m;
    zos_node n 127.0.0.1:$TEST_NGINX_CORE0_C;
EOC

my $files = '/nodes/n/containers/c/filesystem?path=';

for my $bad ('..', '%2e%2e', 'a/../b', '/a/%2e%2e', '/..%2f..%2fetc', 'a%0ab',
             'a%0d%0ab', 'a%00', '%00', 'a%7f', '%1b[31m', '/', '/.', '//',
             '/a/', '%ff', '%c0%af', '%ed%a0%80', '', 'a' x 5000)
{
    my @sent = map { "$_ $files$bad" } qw( GET POST DELETE );

    # a directory can be deleted
    pop @sent if $bad eq '/a/';

    is_answer($nginx->request($_, header => [
        'Content-Type: application/octet-stream' ]),
        substr($_, 0, 60), status => 400) for @sent[0 .. $#sent - 1];
    is_answer($nginx->request("$sent[-1]"), substr($sent[-1], 0, 60),
              status => 400);
}

is(join('', grep { /[\x00-\x09\x0b-\x1f\x7f]/ }
                $nginx->log =~ /^(.*#\d+: \*\d+ zos: .*\n)/mg), '',
   'no control character is in the log');
$nginx->stop;

__DATA__

=== TEST 1: getNode: a header that a name would make
--- http_config
    zos_zone zos:1m;
--- config
    location / { zos on; }
--- request
GET /nodes/a%0d%0aX-Planted:%20yes
--- error_code: 400
--- response_headers
! X-Planted



=== TEST 2: getRun: an id that would be another place of AYS
--- http_config
    zos_zone zos:1m;
--- config
    location / { zos on; zos_ays /_ays; }
    location /_ays/ { internal; return 200 '{"state":"ok"}'; }
--- request eval
[map { "GET /runs/$_" } ".%2e", "%2e%2e", "%2e", ":", "-"]
--- error_code eval
[(400) x 5]
