use strict;
use warnings;
use lib 't/lib';
use Test::More;
use ZosAys;
use ZosCerts;
use ZosCluster qw( C );
use ZosNginx;
use ZosProcess qw( wait_for );
use ZosTokens;

# conf/zos_hardened.conf as it is shipped, but for addresses: what each of its
# fences keeps out, and what they let through together.

package Hardened;

our @ISA = 'ZosNginx';


sub write_config {
    my ($self, %option) = @_;

    my $dir = "$self->{dir}/conf";
    my $certs = $ENV{TEST_NGINX_CERT_DIR};
    my $load = join ' ', map { "load_module $_;" }
                         split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
    my $user = $> == 0 ? 'user root;' : '';

    $self->{tls} //= ZosProcess::reserve_port();
    $self->{workers} = 2;

    my $text = slurp('conf/zos_hardened.conf');
    my $changed = 0;

    for my $change (
        [ qr/^load_module .*;$/m      => "$load $user daemon off;" ],
        [ qr/listen 80 default/       => "listen 127.0.0.1:$self->{port} "
                                         . 'default' ],
        [ qr/listen 80;/              => "listen 127.0.0.1:$self->{port};" ],
        [ qr/listen 443 /             => "listen 127.0.0.1:$self->{tls} " ],
        [ qr/192\.0\.2\.11:6379/      => '127.0.0.1:'
                                         . $ENV{TEST_NGINX_CORE0_C_TLS} ],
        [ qr/192\.0\.2\.10:5000/      => "127.0.0.1:$option{ays}" ],
        [ qr/192\.0\.2\.20:8000/      => "127.0.0.1:$option{policy}" ],
        [ qr/192\.0\.2\.0\/24/        => '127.0.0.1' ],
        [ qr/^http \{$/m              => "http {\n" . join '', map {
              "${_}_temp_path $self->{dir}/$_;\n"
          } qw( client_body proxy fastcgi scgi uwsgi ) ],
    ) {
        $text =~ s/$change->[0]/$change->[1]/ and $changed++;
    }

    die "only $changed places were changed\n" if $changed != 9;

    mkdir "$dir/certs";
    put("$dir/nginx.conf", $text);
    put("$dir/$_", slurp("conf/$_")) for qw( zos_log.conf zos_errors.conf
                                               zos_ays.conf );

    my %file = ('nodes-ca.pem' => "$certs/ca.pem",
                'clients-ca.pem' => "$certs/clients/ca.pem",
                'gateway.pem' => "$certs/gateway.pem",
                'gateway.key' => "$certs/gateway.key",
                'tokens.pem' => "$ENV{TEST_NGINX_TOKEN_KEYS}/caller.pem");

    put("$dir/certs/$_", slurp($file{$_})) for keys %file;
}


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}


sub put {
    my ($path, $text) = @_;

    open my $out, '>', $path or die "$path: $!\n";
    print $out $text;
    close $out;
}

package main;

plan skip_all => 'no curl' if system('command -v curl > /dev/null');

my $certs = $ENV{TEST_NGINX_CERT_DIR};

mkdir "$certs/clients";
ZosCerts::authority("$certs/clients", 'ca');
ZosCerts::issue("$certs/clients", 'operator', 2, 'DNS:operator');
ZosCerts::issue("$certs/clients", 'former', -1, 'DNS:former');
ZosCerts::issue($certs, 'gateway', 2, 'DNS:zos.example.com');

# who agrees to all but the end of jobs
my $policy = ZosNginx->start(config => <<'EOC');
    location / {
        if ($http_x_method = DELETE) { return 403; }
        if ($http_authorization) { return 403; }
        if ($http_x_client = "") { return 403; }
        return 204;
    }
EOC

my $ays = ZosAys->start(mode => '9', templates => 2017);

$ays->reset->node('525400123456');

my $nginx = Hardened->start(policy => $policy->port, ays => $ays->{port});
my $node = '/nodes/525400123456';


sub curl {
    my (@arguments) = @_;

    my @command = (qw( curl -s --no-progress-meter -m 10 ),
                   '--cacert', "$certs/ca.pem",
                   '-w', '\n%{http_code}', map { (
                       '--resolve', "$_:" . $nginx->port . ':127.0.0.1',
                       '--resolve', "$_:$nginx->{tls}:127.0.0.1"
                   ) } qw( zos.example.com other.example.com ));

    open my $out, '-|', @command, @arguments or die "curl: $!\n";
    my $text = do { local $/; <$out> };
    close $out;

    my ($body, $status) = $text =~ /\A(.*)\n(\d+)\z/s;
    return { status => $status, body => $body };
}


# Arguments for many more requests, as many as the burst and some more.
sub at_once {
    my ($count, $url) = @_;

    Hardened::put("$certs/urls", qq(url = "$url"\n) x $count);
    return ('-Z', '--parallel-immediate', '-K', "$certs/urls");
}


sub reader {
    my ($path, @more) = @_;

    return curl('http://zos.example.com:' . $nginx->port . $path, @more);
}


sub anyone {
    my ($path, @more) = @_;

    return curl("https://zos.example.com:$nginx->{tls}$path", @more);
}


sub certified {
    my ($path, @more) = @_;

    return anyone($path, '--cert', "$certs/clients/operator.pem",
                  '--key', "$certs/clients/operator.key", @more);
}


my $token = token();


sub operator {
    my ($path, @more) = @_;

    return certified($path, '-H', bearer($token), @more);
}


sub answers {
    my ($answer, $status, $body, $name) = @_;

    ok($answer->{status} == $status && $answer->{body} =~ $body, $name)
        || diag("$answer->{status} $answer->{body}");
}


# ---- readers ----

answers(reader('/nodes'), 200, qr/525400123456/, 'a reader reads');
answers(reader("$node/mem"), 200, qr/"total"/, '... from a node');
answers(reader("$node/mem", '-I'), 200, qr/Content-Type/, '... by HEAD');
answers(reader('/openapi.json'), 200, qr/"getMemInfo"/, '... what there is');
unlike(reader('/openapi.json')->{body}, qr/"operationId":"(?!get|list)/,
       '... and nothing else is');
answers(reader("$node/containers/c/filesystem?path=/etc/shadow"), 404,
        qr/no such path/, 'no files');
answers(reader("$node/ping", '-X', 'POST'), 403, qr/^\{"error":/,
        'limit_except: no pings');
answers(reader("$node/jobs", '-X', 'DELETE'), 403, qr/not allowed here/,
        'limit_except: no job ends');
answers(reader('/nodes', '-H', 'Host: other.example.com'), '000', qr/^$/,
        'no other name');

my $many = reader('/nodes', at_once(200,
    'http://zos.example.com:' . $nginx->port . '/nodes'));

like($many->{body}, qr/^\{"error":"too many requests.*\n\n429/m,
     'limit_req: too many of one address');
like($many->{body}, qr/525400123456/, '... but not at first');


# ---- operators: each fence alone ----

answers(operator('/nodes'), 200, qr/525400123456/, 'an operator reads');
answers(operator("$node/ping", '-X', 'POST'), 200, qr/^true$/,
        '... and changes');
answers(operator("$node/bridges"), 200, qr/^\[\]$/, '... and what AYS has');
answers(operator('/openapi.json'), 200, qr/"killNodeJob"|"kill\w+"/,
        '... and is told what there is');

answers(anyone('/nodes', '-H', bearer($token)), 400,
        qr/^\{"error":"a valid client certificate/, 'mTLS: no certificate');
answers(anyone('/nodes', '-H', bearer($token),
               '--cert', "$certs/self-signed.pem",
               '--key', "$certs/self-signed.key"), 400, qr/certificate/,
        'mTLS: one that others have made');
answers(anyone('/nodes', '-H', bearer($token),
               '--cert', "$certs/clients/former.pem",
               '--key', "$certs/clients/former.key"), 400, qr/certificate/,
        'mTLS: an expired one');

answers(certified('/nodes'), 401, qr/a token is needed/, 'zos_auth: none');
answers(certified('/openapi.json'), 401, qr/a token is needed/,
        'zos_auth: none, for what there is');
answers(certified('/nodes', '-H', bearer(variant('other key'))), 403,
        qr/not valid/, 'zos_auth: of others');
answers(certified('/nodes', '-H', bearer(token(exp => time + 1200))), 440,
        qr/longer than/, 'zos_auth_max_validity');
answers(certified('/nodes', '-H', bearer(variant('other scope'))), 403,
        qr/organization/, 'zos_auth: of another organization');

answers(operator('/nodes', '--interface', '127.0.0.2'), 403,
        qr/not allowed here/, 'deny: from elsewhere');

answers(operator("$node/jobs", '-X', 'DELETE'), 403, qr/not allowed here/,
        'auth_request: the policy is against it');

my $job = '/jobs/3f1d1a52-11c5-4d6b-b1a5-6bc7d8dfb83a/output';

answers(certified("$node$job?access_token=$token"), 404, qr/no job/,
        'zos_auth_query: for the output of jobs');
answers(certified("/nodes?access_token=$token"), 401, qr/token is needed/,
        '... and nothing else');

my $own = "https://zos.example.com:$nginx->{tls}";

for my $case ([ 'https://evil.example.com', 403 ], [ 'null', 403 ],
              [ $own =~ s/https/http/r, 403 ], [ $own, 200 ],
              [ 'https://console.example.com', 200 ],
              [ 'http://console.example.com', 403 ])
{
    answers(operator("$node/ping", '-X', 'POST', '-H', "Origin: $case->[0]"),
            $case->[1], $case->[1] == 200 ? qr/true/ : qr/other origins/,
            "zos_allow_origin: $case->[0]");
}

$many = operator('/nodes', at_once(600,
    "https://zos.example.com:$nginx->{tls}/nodes"));

like($many->{body}, qr/^\{"error":"too many requests.*\n\n429/m,
     'limit_req: an operator, too');
like($many->{body}, qr/525400123456/, '... but not at first');

wait_for { operator('/nodes')->{status} == 200 } 10;
$policy->stop;
answers(operator('/nodes'), 500, qr/^\{"error":"the gateway failed/,
        'auth_request: nobody to ask');

$nginx->expect(qr/auth request unexpected|connect\(\) failed/);
$nginx->stop;

my $log = Hardened::slurp("$nginx->{dir}/logs/access.log")
        . Hardened::slurp("$nginx->{dir}/logs/error.log");

ok(index($log, substr $token, 0, 60) < 0, 'no log has a token');
like($log, qr/access_token=- /, '... but that there was one');

done_testing();
