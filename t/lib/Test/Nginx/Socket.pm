package Test::Nginx::Socket;

# Runs blocks of requests and expectations against nginx. The format is that
# of the CPAN library of this name, which is not part of Debian; a test file
# runs unchanged under both. Beyond it, this runner fails on alerts, sanitizer
# and Valgrind reports and on an nginx that does not end when asked to, waits
# for conditions instead of sleeping, and refuses sections it does not know.
#
# Sections that start with zos_ are the project's own: zos_once keeps a block
# from being repeated, all others are for block preprocessors.

use strict;
use warnings;

use Test::Base -base;

use List::Util qw( shuffle );
use Test::Nginx::Util;
use Test::More ();
use Time::HiRes qw( sleep time );
use ZosRunner::Backend;
use ZosRunner::Check;
use ZosRunner::Client;
use ZosRunner::Log;
use ZosRunner::Request;
use ZosRunner::Server;

BEGIN { *U:: = *Test::Nginx::Util:: }     # a shorter name

our @EXPORT = (@Test::Nginx::Util::EXPORT,
               qw( run_tests run_test is_str plan ));

my $Version;                    # of nginx, as 1.022001


sub is_str (@) { ZosRunner::Check::same(@_) }


sub run_tests () {
    $ENV{TEST_NGINX_SERVER_PORT} //= $U::ServerPort;
    $Version = nginx_version();

    my @blocks = Test::Base::blocks();
    @blocks = shuffle @blocks unless $U::NoShuffle;

    for my $block (@blocks) {
        $_->($block) for @U::BlockPreprocessors;
        $block->set_value(name => "$0 " . $block->name);
        run_test($block);
        $_->($block) for @U::TestCleanupHandlers;
    }

    finish($blocks[-1]);
    $_->() for @U::CleanupHandlers;
}


sub run_test ($) {
    my ($block) = @_;

    return if defined $block->SKIP;

    $U::RandPorts = {};
    ZosRunner::Check::sections($block);

    my ($count, $reason) = skipped($block);

    if ($count) {
        SKIP: { Test::More::skip($block->name . " - $reason", $count) }
        return;
    }

    return run_must_die($block) if defined $block->must_die;

    my $error = ZosRunner::Server::prepare($block);

    if ($error) {
        Test::More::fail($block->name . " - $error");
    } else {
        run_requests($block);
    }

    end_block($block);
}


sub run_requests {
    my ($block) = @_;

    U::eval_init($block) if $block->init;

    # what cannot be asked for twice says zos_once
    my $times = defined $block->zos_once ? 1 : repeat_each();

    for my $repeated (0 .. $times - 1) {
        ZosRunner::Server::write_user_files($block) if $repeated;

        my $backend = ZosRunner::Backend::start($block);
        run_once($block, $repeated);
        ZosRunner::Backend::check($block, $backend) if $backend;
        ZosRunner::Backend::stop($backend);
    }
}


sub run_once {
    my ($block, $repeated) = @_;

    my @requests = ZosRunner::Request::from_block($block);
    my $pipelined = $block->pipelined_requests;
    my $expected = $pipelined ? @$pipelined : 1;
    my $index = 0;

    for my $packets (@requests) {
        my $bytes = ZosRunner::Client::exchange($block, $packets);
        my @methods = $pipelined ? map { /^\s*(\S+)/ } @$pipelined
                                 : $packets->[0]{value} =~ /^\s*(\S+)/;

        for my $i (1 .. $expected) {
            my $at = { request => $index++, repeated => $repeated,
                       several => @requests > 1 || $pipelined };

            $bytes = check_response($block, $bytes, shift @methods, $at,
                                    $i == $expected);
            sleep U::parse_time($block->wait) if $block->wait;
            ZosRunner::Check::error_log($block, $at);
            ZosRunner::Check::access_log($block)
                unless defined $block->ignore_response;
        }
    }
}


# Judges the first answer in the bytes and returns those behind it.
sub check_response {
    my ($block, $bytes, $method, $at, $last) = @_;

    return '' if defined $block->ignore_response;

    my ($response, $raw_headers, $left) = ZosRunner::Client::parse(
        $block->name, $bytes, ($method // '') eq 'HEAD');

    if ($last && $left ne '' && !defined $block->raw_request) {
        Test::More::fail($block->name . ' - bytes behind the answer: '
                         . substr $left, 0, 200);
    }

    ZosRunner::Check::response($block, $response, $raw_headers, $at);
    return $left;
}


# Without HUP every block has its own nginx, which must end cleanly.
sub end_block {
    my ($block) = @_;

    my $name = $block->name;

    if (!$U::UseHup) {
        my $error = ZosRunner::Server::stop(U::parse_time($block->timeout));
        Test::More::fail("$name - $error") if $error;
        ZosRunner::Check::shutdown_log($block);
    }

    report($name, ZosRunner::Log::findings($block));
}


sub report {
    my ($name, @findings) = @_;

    return unless @findings;
    Test::More::fail("$name - the logs are not clean");
    Test::More::diag($_) for @findings;
}


sub stop_running {
    my ($name, $block) = @_;

    my $error = ZosRunner::Server::stop();
    Test::More::fail("$name - $error") if $error;
    report($name, ZosRunner::Log::findings($block));
}


# With HUP one nginx ran all the blocks.
sub finish {
    my ($last) = @_;

    stop_running($0, $last) if ZosRunner::Server::running();

    if (Test::More->builder->is_passing && !$U::NoClean) {
        ZosRunner::Server::remove_root();
    } else {
        Test::More::diag("logs and configuration are in $U::ServRoot");
    }
}


# nginx must refuse the configuration, with the exit code if one is given.
sub run_must_die {
    my ($block) = @_;

    my $name = $block->name;
    my $must_die = $block->must_die;

    stop_running($name, $block) if ZosRunner::Server::running();

    for my $repeated (0 .. repeat_each() - 1) {
        my $status = ZosRunner::Server::die_at_start($block);

        if (!defined $status) {
            Test::More::fail("$name - nginx started");
        } elsif ($status & 127) {
            Test::More::fail("$name - killed by signal " . ($status & 127));
        } elsif ($must_die =~ /^\s*\d+\s*$/) {
            Test::More::is($status >> 8, $must_die + 0, "$name - exit code");
        } else {
            Test::More::isnt($status, 0, "$name - nginx ended");
        }

        ZosRunner::Check::error_log($block, { request => 0,
                                              repeated => $repeated });
    }

    report($name, ZosRunner::Log::findings($block));
}


sub nginx_version {
    my $out = `$U::NginxBinary -V 2>&1` // '';

    return sprintf '%d.%03d%03d', $1, $2, $3
        if $out =~ m{nginx version: \S+?/(\d+)\.(\d+)\.(\d+)};
    bail_out("cannot run $U::NginxBinary -V: $out");
}


# "count: condition" of skip_nginx ("2: < 1.21.0: reason") and skip_eval
# ("2: code"): the number of tests to skip, and why.
sub skipped {
    my ($block) = @_;

    if (defined(my $spec = $block->skip_eval)) {
        my ($count, $code) = $spec =~ /^\s*(\d+)\s*:\s*(.*)/s
            or bail_out($block->name . ' - bad skip_eval');
        no strict;
        my $skip = eval $code;
        bail_out($block->name . " - skip_eval: $@") if $@;
        return ($count, 'skip_eval') if $skip;
    }

    my $spec = $block->skip_nginx // return;
    my ($count, $op, @rest) = $spec
        =~ /^\s*(\d+)\s*:\s*([<>]=?)\s*(\d+)\.(\d+)\.(\d+)(?:\s*:\s*(.*))?\s*$/
        or bail_out($block->name . ' - bad skip_nginx');
    my $reason = pop(@rest) // "nginx $op " . join '.', @rest;
    my $limit = sprintf '%d.%03d%03d', @rest;
    my %holds = ('<' => $Version < $limit, '<=' => $Version <= $limit,
                 '>' => $Version > $limit, '>=' => $Version >= $limit);

    return $holds{$op} ? ($count, $reason) : ();
}

1;
