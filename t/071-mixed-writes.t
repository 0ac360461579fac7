use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;
use ZosNginx;

# Hundreds of changes at a time by two workers: whatever was answered as done
# is there, and whatever was refused is not.

no_root_location();
no_long_string();
run_tests();

my $ays = ZosAys->start(mode => '9', templates => 2018);
my $nginx = ZosNginx->start(
    workers => 2, http => 'zos_zone zos:1m; ' . $ays->http_config,
    config => $ays->config('zos_ays_run_interval 20ms 200ms; '
                           . 'zos_ays_run_timeout 60s; zos_ays_retries off;'));

$ays->reset->node('n1')->node('n2');
$ays->service(bridge => "old$_", parent => 'node!n1', data => { node => 'n1' })
    for 1 .. 60;
$ays->fault(action => 'install', service => 'bad.*', fail => 'no');


sub post {
    my ($path, $body) = @_;

    return "POST $path HTTP/1.1\r\nHost: x\r\nContent-Length: "
           . length($body) . "\r\n\r\n$body";
}


sub bridge {
    my ($node, $name) = @_;

    return post("/nodes/$node/bridges",
                qq({"name":"$name","networkMode":"none"}));
}


my @all;

push @all, [create => "new$_", bridge('n1', "new$_")] for 1 .. 120;
push @all, [twice => "twice$_", bridge("n1", "twice$_")]
    for map { ($_) x 2 } 1 .. 60;
push @all, [fail => "bad$_", bridge('n2', "bad$_")] for 1 .. 40;
push @all, [delete => "old$_", "DELETE /nodes/n1/bridges/old$_"] for 1 .. 60;
push @all, [wrong => "old$_", "DELETE /nodes/n2/bridges/old$_"] for 1 .. 60;
push @all, [invalid => "x$_", bridge('n1', "x/$_")] for 1 .. 60;
push @all, [vm => "vm$_", post('/nodes/n1/vms',
            qq({"id":"vm$_","cpu":1,"memory":64}))] for 1 .. 40;

@all = sort { crc($a->[1] . $a->[0]) <=> crc($b->[1] . $b->[0]) } @all;


# An order that is no order, and the same each time.
sub crc { return unpack '%32C*', $_[0] x 7 . reverse $_[0] }


is(scalar @all, 500, '500 changes');

my @answers = $nginx->parallel(map { $_->[2] } @all);
my (%got, %wrong);

for my $i (0 .. $#all) {
    my ($kind, $name) = @{ $all[$i] };
    push @{ $got{$kind}{$name} }, $answers[$i]{status};
}

my %bridge = map { $_ => 1 } $ays->names('bridge');
my %vm = map { $_ => 1 } $ays->names('vm');

my %expected = (
    create  => sub { "@{ $_[1] }" eq '201' && $bridge{$_[0]} },
    twice   => sub { join(' ', sort @{ $_[1] }) eq '201 409'
                     && $bridge{$_[0]} },
    fail    => sub { "@{ $_[1] }" eq '500' && !$bridge{$_[0]} },
    delete  => sub { "@{ $_[1] }" eq '204' && !$bridge{$_[0]} },
    wrong   => sub { "@{ $_[1] }" eq '404' },
    invalid => sub { "@{ $_[1] }" eq '400' && !$bridge{$_[0]} },
    vm      => sub { "@{ $_[1] }" eq '201' && $vm{$_[0]} },
);

for my $kind (sort keys %expected) {
    my @wrong = grep { !$expected{$kind}->($_, $got{$kind}{$_}) }
                sort keys %{ $got{$kind} };

    ok(!@wrong, "$kind: what was answered is what is there")
        || diag(join "\n", map { "$_: @{ $got{$kind}{$_} }" } @wrong);
}

is(scalar(grep { !$_->{archived} } $ays->blueprints), 0,
   'no blueprint is left over');
$nginx->stop;
