use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Digest::MD5 qw( md5_hex );
use ZosCluster qw( C );
use ZosContainer;
use ZosFiles;
use ZosNginx;
use ZosProcess qw( spawn temp_dir );

# Many transfers at a time over few connections to the node. curl is the
# client; each upload has content of its own. The node is asked at an address
# that nobody else uses (BAD, but without a fault), to count connections.

my $size = 1 << 20;
my $dir = temp_dir('zos-parallel');
my $nginx;


sub gateway {
    my ($limits) = @_;

    core0_control('C', 'resetstats');
    $nginx = ZosNginx->start(http => <<"EOC");
    error_log logs/error.log info;
    client_max_body_size 0;
    zos_zone zos:1m;
    zos_node c 127.0.0.1:\$TEST_NGINX_CORE0_C_BAD;
    $limits
EOC
}


sub url {
    my ($file) = @_;

    return 'http://127.0.0.1:' . $nginx->port . file_url('c', "/tmp/$file");
}


sub content { return pattern($size, $_[0]) }


# So many of both at the same time: [ file, status, curl's exit code ] of each.
sub transfer {
    my ($uploads, $downloads) = @_;

    my $write = '%{filename_effective} %{http_code} %{exitcode}\n';
    my @jobs = (map({ job("up$_", "output = \"$dir/up$_\"",
                          "data-binary = \"\@$dir/source$_\"",
                          'header = "Content-Type: application/octet-stream"',
                          'header = "Expect:"') } 1 .. $uploads),
                map({ job("down$_", "output = \"$dir/down$_\"") }
                    1 .. $downloads));

    # in turns, so that none of them comes first
    my @order = map { @jobs[ grep { defined $jobs[$_] } $_, $_ + $uploads ] }
                0 .. $uploads - 1;

    open my $out, '>', "$dir/config" or die "config: $!\n";
    print $out join "next\n", map { $_ . "write-out = \"$write\"\n" } @order;
    close $out;
    unlink "$dir/said";

    my $curl = spawn([ 'curl', '-sS', '--parallel', '--parallel-immediate',
                       '--parallel-max', 250, '--max-time', 100, '-K',
                       "$dir/config" ], stdout => "$dir/said",
                     stderr => "$dir/complaints");

    ok($curl->ended(110), 'fileUpload, fileDownload: all have ended');
    return map { [ m{([^/ ]+) (\d+) (\d+)$} ] } read_lines("$dir/said");
}


sub job {
    my ($file, @lines) = @_;

    return join "\n", 'url = "' . url($file) . '"', @lines, '';
}


sub read_lines {
    my ($file) = @_;

    open my $in, '<', $file or return;
    return <$in>;
}


sub sum_of {
    my ($file) = @_;

    open my $in, '<:raw', $file or return '';
    return Digest::MD5->new->addfile($in)->hexdigest;
}


# Both sides of each transfer that succeeded.
sub is_same {
    my ($name, @results) = @_;

    my @wrong;

    for my $result (grep { $_->[1] =~ /^20[04]$/ } @results) {
        my ($kind, $n) = $result->[0] =~ /^(\D+)(\d+)$/;
        my $got = $kind eq 'down' ? "$dir/down$n"
                : file_path('C', 'web1', "/tmp/up$n");

        push @wrong, $result->[0]
            if sum_of($got) ne sum_of("$dir/source$n");
    }

    is("@wrong", '', "$name: the same");
}

no_root_location();
run_tests();
container_create('C', 'web1');

for my $n (1 .. 100) {
    open my $out, '>:raw', "$dir/source$n" or die "source: $!\n";
    print $out content($n);
    close $out;
    file_put('C', 'web1', "/tmp/down$n", content($n));
}


# ---- there is a place in the queue for all ----

gateway('zos_core0_max_conns 4; zos_core0_queue 256;');

my @results = transfer(100, 100);
my $stats = core0_control('C', "stats $ENV{TEST_NGINX_CORE0_C_BAD}");

is(scalar @results, 200, 'fileUpload, fileDownload: 200 at a time');
is(scalar(grep { $_->[1] == 204 && $_->[2] == 0 } @results), 100,
   'fileUpload: 100 succeed');
is(scalar(grep { $_->[1] == 200 && $_->[2] == 0 } @results), 100,
   'fileDownload: 100 succeed');
is_same('fileUpload, fileDownload: 200 at a time', @results);
cmp_ok($stats->{peak}, '<=', 4,
       'fileUpload, fileDownload: over four connections');
cmp_ok($stats->{peak}, '>=', 2,
       'fileUpload, fileDownload: over more than one');
is_clean('fileUpload, fileDownload: 200 at a time');
$nginx->stop;


# ---- there is not: who has begun goes on, the others don't begin ----

unlink file_path('C', 'web1', "/tmp/up$_") for 1 .. 100;
gateway('zos_core0_max_conns 2; zos_core0_queue 10;');

@results = transfer(30, 30);
my @good = grep { $_->[1] =~ /^20[04]$/ && $_->[2] == 0 } @results;
my @refused = grep { $_->[1] == 503 && $_->[2] == 0 } @results;

is(scalar @results, 60, 'fileUpload, fileDownload: 60 at a time');
is(@good + @refused, 60, 'fileUpload, fileDownload: done or refused')
    || diag(join ' ', map { "@$_;" } @results);
cmp_ok(scalar @good, '>=', 12, 'fileUpload, fileDownload: some are done');
cmp_ok(scalar @refused, '>=', 1, 'fileUpload, fileDownload: some are refused');
is_same('fileUpload, fileDownload: 60 at a time', @results);

my %done = map { $_->[0] => 1 } @good;
my @begun = grep { /^up/ && !$done{$_} } file_names('C', 'web1', '/tmp');

is("@begun", '', 'fileUpload: who is refused leaves nothing');
is_clean('fileUpload, fileDownload: 60 at a time');
$nginx->stop;

__DATA__

=== TEST 1: fileUpload: the limits
--- http_config
    zos_zone zos:1m;
    zos_core0_max_conns 4;
    zos_core0_queue 256;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
--- config
    location / { zos on; }
--- init
container_create('C', 'web1');
--- request
POST /nodes/c/containers/web1/filesystem?path=/tmp/f
hello
--- more_headers
Content-Type: application/octet-stream
--- error_code: 204
