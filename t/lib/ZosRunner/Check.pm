package ZosRunner::Check;

# The expectations of a block, each of them one test.

use strict;
use warnings;

use Digest::MD5 ();
use Digest::SHA ();
use Test::LongString;
use Test::More ();
use Test::Nginx::Util ();
use ZosRunner::Log;

BEGIN { *U:: = *Test::Nginx::Util:: }     # a shorter name

# Sections that say the same thing in two ways: the CPAN library checks the
# first one only, which would let a test pass unchecked.
my @Exclusive = (
    [qw( response_body response_body_like response_body_unlike )],
    [qw( response_headers response_headers_like )],
    [qw( error_code error_code_like )],
    [qw( raw_request pipelined_requests request )],
);

my %Known = map { $_ => 1 } map({ @$_ } @Exclusive), qw(
    main_config http_config config post_main_config server_name log_level
    user_files init more_headers
    raw_request_middle_delay server_addr_for_client shutdown timeout wait
    abort ignore_response response_body_filters
    raw_response_headers_like raw_response_headers_unlike
    error_log no_error_log grep_error_log grep_error_log_out
    access_log no_access_log
    shutdown_error_log no_shutdown_error_log must_die
    tcp_listen tcp_reply tcp_query tcp_query_len tcp_reply_delay tcp_no_close
    skip_nginx skip_eval no_check_leak SKIP ONLY LAST
);


# A section that nobody reads is a misspelt one, except for those that the
# project's own block preprocessors take (zos_...).
sub sections {
    my ($block) = @_;

    my $name = $block->name;
    my @given = @{ $block->_section_order };

    for my $section (@given) {
        U::bail_out("$name - unknown section $section")
            unless $Known{$section} || $section =~ /^zos_/;
    }

    for my $group (@Exclusive) {
        my @both = grep { defined $block->$_ } @$group;
        U::bail_out("$name - @both cannot go together") if @both > 1;
    }

    U::bail_out("$name - grep_error_log and grep_error_log_out need each "
                . "other")
        if defined $block->grep_error_log
           xor defined $block->grep_error_log_out;
}


sub same {
    my ($got, $expected, $name) = @_;

    return Test::More::like($got, $expected, $name) if ref $expected;
    return Test::More::is($got, $expected, $name) if $U::NoLongString;
    return is_string($got, $expected, $name);
}


# With several requests every expectation is a list with one entry for each.
sub value {
    my ($block, $section, $at) = @_;

    my $value = $block->$section;
    my $list = ref $value eq 'ARRAY';

    U::bail_out($block->name . " - several requests: $section must be a list")
        if $at->{several} && !$list;
    U::bail_out($block->name . " - one answer is looked at: $section must be "
                . 'one') if $list && !$at->{several} && @$value != 1;

    return $list ? $value->[ $at->{request} ] : $value;
}


# $at: { request => index, repeated => index, several => flag }
sub response {
    my ($block, $response, $raw_headers, $at) = @_;

    error_code($block, $response, $at);
    raw_headers($block, $raw_headers, $at);
    headers($block, $response, $raw_headers, $at);
    filter_body($block, $response, $at);
    body($block, $response, $at);

    $_->($block, $response->content, $at->{request}, $at->{repeated}, 0)
        for @U::ResponseBodyChecks;
}


sub error_code {
    my ($block, $response, $at) = @_;

    my $code = $response->code || '';
    my $name = $block->name . ' - status';

    if (defined $block->error_code_like) {
        my $pattern = value($block, 'error_code_like', $at);
        return Test::More::like($code, qr/$pattern/sm, $name);
    }

    my $expected = defined $block->error_code
                 ? value($block, 'error_code', $at) : 200;
    Test::More::is($code, $expected, $name)
        || Test::More::diag('body: ' . substr $response->content, 0, 500);
}


sub raw_headers {
    my ($block, $raw_headers, $at) = @_;

    my $name = $block->name;

    if (defined $block->raw_response_headers_like) {
        my $pattern = value($block, 'raw_response_headers_like', $at);
        Test::More::like($raw_headers, qr/$pattern/s,
                         "$name - raw_response_headers_like");
    }

    if (defined $block->raw_response_headers_unlike) {
        my $pattern = value($block, 'raw_response_headers_unlike', $at);
        Test::More::unlike($raw_headers, qr/$pattern/s,
                           "$name - raw_response_headers_unlike");
    }
}


sub headers {
    my ($block, $response, $raw_headers, $at) = @_;

    my $like = defined $block->response_headers_like;
    my $section = $like ? 'response_headers_like' : 'response_headers';

    return unless defined $block->$section;

    for my $header (U::parse_headers(value($block, $section, $at))) {
        my ($key, $expected) = @$header;
        my $name = $block->name . " - header $key";
        my $got = $response->header($key) // '';

        if (!defined $expected) {
            Test::More::unlike($raw_headers, qr/^\Q$key\E\s*:/mi,
                               "$name is absent");
        } elsif ($like) {
            Test::More::like($got, qr/^$expected$/, $name);
        } else {
            Test::More::is($got, U::expand_port($expected), $name);
        }
    }
}


my %Filter = (
    md5_hex  => \&Digest::MD5::md5_hex,
    sha1_hex => \&Digest::SHA::sha1_hex,
    length   => sub { length $_[0] },
    uc => sub { uc $_[0] },
    lc => sub { lc $_[0] },
    ucfirst => sub { ucfirst $_[0] },
    lcfirst => sub { lcfirst $_[0] },
);


# Names and functions, or a list of such lists with one for each request.
sub filter_body {
    my ($block, $response, $at) = @_;

    my $filters = $block->response_body_filters // return;

    $filters = [ split ' ', $filters ] unless ref $filters;
    $filters = [ $filters ] unless ref $filters eq 'ARRAY';
    $filters = $filters->[ $at->{request} ] if ref $filters->[0] eq 'ARRAY';

    for my $filter (@$filters) {
        my $function = ref $filter ? $filter : $Filter{$filter};
        U::bail_out($block->name . " - no body filter $filter")
            unless $function;
        $response->content($function->($response->content));
    }
}


sub body {
    my ($block, $response, $at) = @_;

    my ($section) = grep { defined $block->$_ }
        qw( response_body response_body_like response_body_unlike );
    return unless $section;

    my $expected = value($block, $section, $at);
    my $got = $response->content;
    my $name = $block->name . " - $section"
             . " (repeated $at->{repeated}, request $at->{request})";

    if ($section eq 'response_body') {
        $expected = U::expand_env(U::expand_port($expected), $block->name);
        return same($got, $expected, $name);
    }

    $expected = U::expand_port($expected);
    return $section eq 'response_body_like'
         ? Test::More::like($got, qr/$expected/s, $name)
         : Test::More::unlike($got, qr/$expected/s, $name);
}


# The error log since the last check. All that is expected is awaited before
# anything is judged.
sub error_log {
    my ($block, $at) = @_;

    my @wanted = ZosRunner::Log::patterns($block->error_log);
    my @banned = ZosRunner::Log::patterns($block->no_error_log);
    my $grep = $block->grep_error_log;
    my ($pattern, $output) = grep_expectation($block, $at);

    my $lines = ZosRunner::Log::new_lines(sub {
        my ($lines) = @_;

        return all_match($lines, @wanted)
               && (!defined $grep
                   || agrees(grep_lines($lines, $pattern), $output));
    });

    push @$lines, @{ ZosRunner::Log::settled_lines() }
        if @banned || defined $grep;

    same(grep_lines($lines, $pattern), $output,
         $block->name . ' - grep_error_log_out') if defined $grep;
    wanted($block, $lines, 'error.log', @wanted);
    banned($block, $lines, 'error.log', @banned);

    my ($assertion) = grep { /\bAssertion .*?failed\b/ } @$lines;
    Test::More::fail($block->name . " - $assertion") if $assertion;
}


sub grep_expectation {
    my ($block, $at) = @_;

    my ($pattern, $output) =
        map { ref $_ eq 'ARRAY' ? $_->[ $at->{repeated} ] : $_ }
            scalar $block->grep_error_log, scalar $block->grep_error_log_out;

    return ($pattern, U::expand_env($output, $block->name));
}


# What the pattern matches in each line, one a line.
sub grep_lines {
    my ($lines, $pattern) = @_;

    my $out = '';
    my $regex = ref $pattern ? $pattern : qr/\Q$pattern\E/;

    for my $line (@$lines) {
        $out .= "$1\n" if $line =~ /($regex)/ && $1 !~ /\n/;
    }

    return $out;
}


sub agrees { ref $_[1] ? $_[0] =~ $_[1] : $_[0] eq $_[1] }


sub all_match {
    my ($lines, @patterns) = @_;

    for my $pattern (@patterns) {
        return 0 unless grep { ZosRunner::Log::matches($_, $pattern) } @$lines;
    }

    return 1;
}


sub wanted {
    my ($block, $lines, $file, @patterns) = @_;

    for my $pattern (@patterns) {
        Test::More::ok(all_match($lines, $pattern),
                       $block->name . " - \"$pattern\" is in $file");
    }
}


sub banned {
    my ($block, $lines, $file, @patterns) = @_;

    for my $pattern (@patterns) {
        my ($line) = grep { ZosRunner::Log::matches($_, $pattern) } @$lines;
        Test::More::ok(!defined $line,
                       $block->name . " - \"$pattern\" is not in $file")
            || Test::More::diag($line);
    }
}


sub access_log {
    my ($block) = @_;

    my @wanted = ZosRunner::Log::patterns($block->access_log);
    my @banned = ZosRunner::Log::patterns($block->no_access_log);

    return unless @wanted || @banned;

    my $lines = ZosRunner::Log::access_lines(sub {
        my ($lines) = @_;
        return @$lines && all_match($lines, @wanted);
    });

    wanted($block, $lines, 'access.log', @wanted);
    banned($block, $lines, 'access.log', @banned);
}


# After nginx has ended, over all that it logged for the block.
sub shutdown_log {
    my ($block) = @_;

    my @lines = ZosRunner::Log::block_lines();

    wanted($block, \@lines, 'error.log at shutdown',
           ZosRunner::Log::patterns($block->shutdown_error_log));
    banned($block, \@lines, 'error.log at shutdown',
           ZosRunner::Log::patterns($block->no_shutdown_error_log));
}

1;
