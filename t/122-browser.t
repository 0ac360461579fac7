use lib 't/lib';
use Test::Nginx::Socket;
use JSON::PP ();
use ZosCluster qw( C );
use ZosNginx;
use ZosProcess qw( spawn temp_dir wait_for );

# A browser that watches jobs: the events as EventSource hands them to a page,
# and how it goes on where it was.

my ($browser) = grep { -x } '/usr/bin/chromium', '/usr/bin/chromium-browser';

plan(skip_all => 'no /usr/bin/chromium') unless $browser;
plan('no_plan');

my $json = JSON::PP->new->canonical;

no_root_location();
no_long_string();
run_tests();

my $dir = temp_dir('zos-browser');

my %config = (
    http => <<"EOC",
    zos_zone zos:1m;
    zos_node c 127.0.0.1:$ENV{TEST_NGINX_CORE0_C};
EOC
    config => <<"EOC",
    location / { zos on; }
    location /pages/ { root $dir; types { text/html html; } }
    location /done { access_log $dir/done.log; return 204; }
EOC
);

my $nginx = ZosNginx->start(%config);


sub submit {
    my ($id, $script, %more) = @_;

    core0_redis('C', 'RPUSH', 'core:default', $json->encode({
        id => $id, command => 'bash', arguments => { script => $script },
        queue => '', %more }));
    wait_for {
        core0_redis('C', 'LLEN', "result:$id:flag")
    } 5 or die "job $id does not start\n";
}


sub gate { return "until [ -d $dir/$_[0] ]; do sleep 0.01; done" }


# A page that notes down what happens, one list item for each event, and asks
# for /done?ID-word when it has seen the word.
sub page {
    my ($id, $word) = @_;

    mkdir "$dir/pages";
    open my $out, '>', "$dir/pages/$id.html" or die "page: $!\n";
    print $out <<"EOP";
<!DOCTYPE html><meta charset="utf-8"><title>$id</title><ul id="seen"></ul>
<script>
const names = ['stdout', 'stderr', 'log', 'result', 'failure', 'end'];
const source = new EventSource('/nodes/c/jobs/$id/output');

function note(what) {
    const item = document.createElement('li');
    item.textContent = JSON.stringify(what);
    document.getElementById('seen').append(item);
}

source.onopen = () => note({ name: 'open' });
source.onmessage = e => note({ name: 'message', data: e.data });
source.onerror = e => note({ name: 'error', state: source.readyState });

for (const name of names) {
    source.addEventListener(name, e => {
        note({ name, id: e.lastEventId, data: e.data });
        if (e.data === '$word') {
            fetch('/done?$id-word');
        }
        if (name === 'end') {
            source.close();
        }
    });
}
</script>
EOP
    close $out;
}


# Starts the browser; what it prints in the end is in a file.
sub browse {
    my ($id) = @_;

    # the profile outlives the browser's helpers
    my $profile = "$dir/profile-$id";

    mkdir $profile;
    local $ENV{HOME} = $profile;
    return spawn(
        [ $browser, qw( --headless --no-sandbox --disable-gpu --disable-quic
          --no-first-run --disable-background-networking
          --disable-component-update --disable-sync --disable-dev-shm-usage ),
          "--user-data-dir=$profile", '--virtual-time-budget=60000',
          '--dump-dom',
          'http://127.0.0.1:' . $nginx->port . "/pages/$id.html" ],
        stdout => "$dir/$id.dom", stderr => "$dir/$id.log");
}


sub read_file {
    my ($name) = @_;

    open my $in, '<', "$dir/$name" or return '';
    local $/;
    return <$in> // '';
}


sub done {
    my ($id, $word, $seconds) = @_;

    return wait_for { read_file('done.log') =~ /\/done\?$id-$word / } $seconds;
}


# The list of the page, when the browser has printed it.
sub seen {
    my ($process, $id) = @_;

    ok($process->ended(20), "$id: the browser ends")
        || diag(read_file("$id.log"));
    $process->stop('TERM', 3);

    my $dom = read_file("$id.dom");
    my @items = $dom =~ m{<li>(.*?)</li>}sg;

    for (@items) { s/&lt;/</g; s/&gt;/>/g; s/&amp;/&/g }

    return map { $json->utf8->decode($_) } @items;
}

# What the page noted of these events, in order.
sub data {
    my ($name, @seen) = @_;

    return map { $_->{data} } grep { $_->{name} eq $name } @seen;
}


# The job's last event, as JSON in JSON.
sub state {
    my (@seen) = @_;

    return 'none' if !@seen || $seen[-1]{name} ne 'end';
    return $json->decode($seen[-1]{data})->{state};
}


# ---- a job from its start to its end ----

{
    submit('whole', q(printf 'one\n\303\251 \360\237\230\200\na\rb\n\n<i> & :\n')
           . '; printf "3:::x\ny\n:::\n"; ' . gate('whole')
           . '; seq 1 300; exit 3', stream => JSON::PP::true);
    page('whole', '<i> & :');

    my $process = browse('whole');

    ok(done('whole', 'word', 20), 'whole: the first lines')
        || diag(read_file('whole.log'));
    mkdir "$dir/whole";

    my @seen = seen($process, 'whole');
    my @out = data('stdout', @seen);

    is($seen[0]{name}, 'open', 'whole: it opens');
    is(CORE::join('|', splice @out, 0, 5), "one|\x{e9} \x{1f600}|a\nb||<i> & :",
       'whole: text as it was printed');
    is("@out", CORE::join(' ', 1 .. 300), 'whole: all that comes later');
    is(CORE::join('|', data('log', @seen)), "x\ny", 'whole: several lines');
    is(state(@seen), 'error', 'whole: the end');

    my @ids = map { $_->{id} } grep { $_->{name} eq 'stdout' } @seen;
    is(scalar(grep { $ids[$_] <= $ids[$_ - 1] } 1 .. $#ids), 0,
       'whole: ids that grow');
    is(scalar(grep { $_->{name} =~ /^(?:error|message|failure)$/ } @seen), 0,
       'whole: and nothing else');
}


# ---- subscribed ----

{
    submit('late', 'echo one; ' . gate('late') . '; seq 1 50');
    page('late', 'one');

    my $process = browse('late');

    ok(done('late', 'word', 20), 'late: the first line');
    mkdir "$dir/late";

    my @seen = seen($process, 'late');

    is(CORE::join(' ', data('stdout', @seen)), CORE::join(' ', 'one', 1 .. 50),
       'late: all lines of a job without a stream');
    is(state(@seen), 'success', 'late: the end');
}


# ---- a reload: it comes again by itself, and goes on there ----

{
    submit('again', 'seq 1 100; ' . gate('again') . '; seq 101 200',
           stream => JSON::PP::true);
    page('again', '100');

    my $process = browse('again');

    ok(done('again', 'word', 20), 'again: the first lines');
    $nginx->reload(%config);

    # logged when it ends, which the first one does by the reload
    ok(wait_for(sub { !$nginx->worker_pids(1) }, 10),
       'again: the old worker goes');
    mkdir "$dir/again";

    my @seen = seen($process, 'again');

    is(CORE::join(' ', data('stdout', @seen)), CORE::join(' ', 1 .. 200),
       'again: all lines, each once');
    like(CORE::join(' ', map { $_->{state} // $_->{name} }
                         grep { $_->{name} =~ /^(?:open|error)$/ } @seen),
         qr/^open(?: 0 open)+$/, 'again: it came back by itself');
    is(state(@seen), 'success', 'again: the end');
}


# ---- no such job: it does not try for ever ----

{
    page('absent', 'x');

    my @seen = seen(browse('absent'), 'absent');

    is(CORE::join(' ', map { "$_->{name} $_->{state}" } @seen), 'error 2',
       'absent: closed at once');
}

$nginx->stop;

__DATA__

=== TEST 1: getNodeJobOutput: a request as EventSource sends it
--- http_config
    zos_zone zos:1m;
    zos_node c 127.0.0.1:$TEST_NGINX_CORE0_C;
--- config
    location / { zos on; }
--- init
::submit('asked', 'echo one');
wait_for { core0_redis('C', 'LLEN', 'result:asked') } 5;
--- request
GET /nodes/c/jobs/asked/output
--- more_headers
Accept: text/event-stream
Cache-Control: no-cache
Last-Event-ID: 
Sec-Fetch-Mode: cors
--- response_headers
Content-Type: text/event-stream
--- response_body_like: \Aevent: stdout\ndata: one\n\nevent: end\ndata: \{.*\}\n\n\z
