package ZosRunner::Server;

# The nginx under test: its directory, its configuration, its life.

use strict;
use warnings;

use File::Path qw( make_path remove_tree );
use Test::Nginx::Util ();
use Time::HiRes qw( sleep );
use ZosProcess qw( spawn wait_for );
use ZosRunner::Log;

BEGIN { *U:: = *Test::Nginx::Util:: }     # a shorter name

my $Nginx;                      # ZosProcess, while nginx runs
my $Slow = $U::UseValgrind ? 10 : 1;

my @Temp = qw( client_body proxy fastcgi scgi uwsgi );


sub running { $Nginx && $Nginx->running }


# A fresh directory; after a HUP only the files that a block may bring.
sub setup_root {
    my ($keep) = @_;

    my $root = $U::ServRoot;

    if ($keep) {
        remove_tree("$root/html", glob "$root/*_cache");
    } elsif (-d $root) {
        # only what a run makes: the directory may have been named by mistake
        remove_tree(map({ "$root/$_" } qw( html logs conf cache )),
                    glob("$root/*_cache $root/*_temp"));
    }

    make_path(map { "$root/$_" } qw( html logs conf ));
    write_file("$root/html/index.html",
               '<html><head><title>It works!</title></head>'
               . '<body>It works!</body></html>');
}


sub write_file {
    my ($path, $content) = @_;

    if ($path =~ m{(.*)/}) {
        make_path($1);
    }

    open my $out, '>', $path or U::bail_out("cannot write $path: $!");
    binmode $out;
    print $out $content;
    close $out or U::bail_out("cannot write $path: $!");
}


# user_files: [name, content, touch date] triples, or ">>> name [date]" lines.
sub write_user_files {
    my ($block) = @_;

    my $files = $block->user_files or return;
    $files = parse_user_files($files) unless ref $files;

    for my $file (@$files) {
        my ($name, $content, $date) = @$file;
        my $path = $name =~ m{^/} ? $name : "$U::HtmlDir/$name";

        write_file($path, U::expand_env($content // '', $block->name));
        next unless $date;
        local $ENV{TZ} = 'GMT';
        system('touch', '-t', $date, $path) == 0
            or U::bail_out("cannot touch $path");
    }
}


sub parse_user_files {
    my ($text) = @_;

    my @files;

    for my $line (split /^/, $text) {
        if ($line =~ /^>>> (\S+)(?:\s+(\S.*?))?\s*$/) {
            push @files, [ $1, '', $2 ];
        } elsif (@files) {
            $files[-1][1] .= $line;
        }
    }

    return \@files;
}


sub write_config {
    my ($block) = @_;

    my $name = $block->name;
    my ($main, $http, $server, $post) =
        map { U::expand_env($block->$_ // '', $name) }
            qw( main_config http_config config post_main_config );

    my $load = join ' ', map { "load_module $_;" }
                         split ' ', $U::LoadModules // '';
    my $env = join '', map { /\s/ ? "env '$_';\n" : "env $_;\n" }
                       @U::EnvToNginx, 'ASAN_OPTIONS', 'UBSAN_OPTIONS';
    my $level = $block->log_level || $U::LogLevel;
    my $master = $U::UseHup ? 'on' : $U::MasterProcessEnabled;
    my $user = $> == 0 ? "user root;\n" : '';

    write_file($U::ConfFile, <<"CONF");
worker_processes $U::Workers;
daemon off;
master_process $master;
error_log $U::ErrLogFile $level;
pid $U::PidFile;
$user$env
$load $main

http {
${\ http_preamble($http) }
$http
    server {
        listen $U::ServerAddr:$U::ServerPort;
        server_name '${\ ($block->server_name // $U::ServerName) }';
        client_max_body_size 30M;

$U::ConfigPreamble
$server
${\ root_location() }
    }
}

$post

events {
    accept_mutex off;
    worker_connections $U::WorkerConnections;
}
CONF
}


sub http_preamble {
    my ($http) = @_;

    my $temp = '';

    for my $kind (@Temp) {
        my $directive = $kind . '_temp_path';
        next if $http =~ /\b$directive\b/;
        $temp .= "    $directive $U::ServRoot/${kind}_temp;\n";
    }

    return $temp . <<"CONF";
    access_log $U::LogDir/access.log;
    default_type text/plain;
    keepalive_timeout 68000ms;
CONF
}


sub root_location {
    return '' if $U::NoRootLocation;
    return "        location / {\n            root $U::HtmlDir;\n"
         . "            index index.html index.htm;\n        }\n";
}


sub command {
    my ($plain) = @_;

    my @nginx = ($U::NginxBinary, '-e', $U::ErrLogFile,
                 '-p', "$U::ServRoot/", '-c', $U::ConfFile);

    return @nginx if $plain || !$U::UseValgrind;

    my @option = $U::UseValgrind =~ /^\d+$/
               ? qw( --leak-check=full --show-possibly-lost=no
                     --keep-debuginfo=yes )
               : split ' ', $U::UseValgrind;

    return ('valgrind', '-q', "--log-file=$U::LogDir/valgrind.%p",
            @option, @nginx);
}


# Starts nginx for a block, or reloads the one that runs. Returns an error.
sub prepare {
    my ($block) = @_;

    my $reload = $U::UseHup && running();

    setup_root($reload);
    write_user_files($block);
    write_config($block);
    ZosRunner::Log::begin_block();

    return $reload ? reload() : start();
}


# The pid file is written after the listening sockets are open: from then on
# a connection is accepted by the kernel.
sub start {
    $Nginx = spawn([ command() ], stdout => "$U::LogDir/stderr.log");

    my $pid = $Nginx->pid;
    my $seen = wait_for {
        !$Nginx->running || (read_pid() // 0) == $pid
    } 10 * $Slow;

    return if $seen && $Nginx->running;

    my $why = $seen ? 'nginx ended at start' : 'nginx does not start';
    stop();
    return $why . ZosRunner::Log::tail();
}


sub read_pid {
    open my $in, '<', $U::PidFile or return;
    my $pid = <$in>;
    return $pid && $pid =~ /^(\d+)\n/ ? $1 : undef;
}


# A reload is done when the configured number of workers is there that was
# not before, and every older one has stopped to accept.
sub reload {
    my %old = map { $_ => 1 } keys %{ workers() };

    $Nginx->signal('HUP');

    my $done = wait_for {
        return 1 unless $Nginx->running;
        return 1 if grep { /\[emerg\]/ } ZosRunner::Log::block_lines();

        my $now = workers();
        my @new = grep { !$old{$_} } keys %$now;
        my @stale = grep { $old{$_} && $now->{$_} !~ /shutting down/ }
                    keys %$now;
        return @new >= $U::Workers && !@stale;
    } 10 * $Slow;

    return 'nginx ended at a reload' . ZosRunner::Log::tail()
        unless $Nginx->running;
    return 'nginx did not reload' . ZosRunner::Log::tail()
        if !$done || grep { /\[emerg\]/ } ZosRunner::Log::block_lines();
    return;
}


# Worker pid => process title, for the children of the master.
sub workers {
    my $pid = $Nginx->pid;
    my %title;

    open my $in, '<', "/proc/$pid/task/$pid/children" or return {};
    my @children = split ' ', <$in> // '';

    for my $child (@children) {
        open my $file, '<', "/proc/$child/cmdline" or next;
        my $title = <$file> // '';
        $title{$child} = $title if $title =~ /^nginx: worker process/;
    }

    return \%title;
}


# Asks nginx to finish its requests and end. Returns what went wrong.
sub stop {
    my ($seconds) = @_;

    my $nginx = $Nginx or return;
    undef $Nginx;

    my $alive = $nginx->running;
    my $ended = $nginx->stop('QUIT', (($seconds // 0) + 5) * $Slow);

    return 'nginx did not end when asked to' unless $ended;
    return if $alive && $nginx->status == 0;

    my $signal = $nginx->status & 127;
    return $signal ? "nginx was killed by signal $signal"
                   : 'nginx ended with status ' . ($nginx->status >> 8)
                     . ($alive ? '' : ' before it was asked to');
}


# Runs nginx with a configuration that it must refuse. Returns the wait
# status, or nothing when it did not end.
sub die_at_start {
    my ($block) = @_;

    setup_root();
    write_user_files($block);
    write_config($block);
    ZosRunner::Log::begin_block();

    # an nginx that refuses its configuration frees nothing
    local $ENV{ASAN_OPTIONS} = join ':', $ENV{ASAN_OPTIONS} // (),
                                         'detect_leaks=0';

    $Nginx = spawn([ command('plain') ], stdout => "$U::LogDir/stderr.log");
    my $ended = $Nginx->ended(10);
    my $status = $Nginx->status;

    stop() unless $ended;
    undef $Nginx;
    return $ended ? $status : undef;
}


sub remove_root {
    remove_tree($U::ServRoot);
}

1;
