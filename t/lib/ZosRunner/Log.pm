package ZosRunner::Log;

# nginx's error log, and what must never be found in any log of a run.

use strict;
use warnings;

use Test::Nginx::Util ();
use Time::HiRes qw( sleep );
use ZosProcess qw( wait_for );

BEGIN { *U:: = *Test::Nginx::Util:: }     # a shorter name

my $Start = 0;                  # where this block begins in the error log
my $Seen  = 0;                  # up to where its checks have read
my $Access = 0;                 # where this block begins in the access log
my %Judged;                     # log => up to where findings were looked for

my $Patience = $U::UseValgrind ? 15 : 1.5;


sub begin_block {
    $Start = $Seen = -s $U::ErrLogFile || 0;
    $Access = -s "$U::LogDir/access.log" || 0;
    %Judged = () unless $Start;
}


# Complete lines from an offset on, and the offset behind them.
sub read_from {
    my ($path, $offset) = @_;

    open my $in, '<', $path or return (undef, $offset);
    seek $in, $offset, 0;
    local $/;
    my $text = <$in> // '';
    $text =~ s/[^\n]+\z//;

    return ([ split /^/, $text ], $offset + length $text);
}


sub block_lines {
    my ($lines) = read_from($U::ErrLogFile, $Start);
    return @{ $lines // [] };
}


# The lines since the last call. Waits until the condition holds for them:
# nginx writes its last lines of a request after the client has its answer.
sub new_lines {
    my ($condition) = @_;

    my ($lines, $end);

    wait_for {
        ($lines, $end) = read_from($U::ErrLogFile, $Seen);
        $condition->($lines // []);
    } $Patience;

    $Seen = $end;
    return $lines // [];
}


# All of the block's requests so far. Waits like new_lines.
sub access_lines {
    my ($condition) = @_;

    my $lines;

    wait_for {
        ($lines) = read_from("$U::LogDir/access.log", $Access);
        $condition->($lines // []);
    } $Patience;

    return $lines // [];
}


# The same without a condition, for what must not be there.
sub settled_lines {
    sleep 3 * $U::Sleep;
    return new_lines(sub { 1 });
}


sub matches {
    my ($line, $pattern) = @_;

    return $line =~ $pattern if ref $pattern;
    return index($line, $pattern) >= 0;
}


# A section's patterns: one, a list, or one plain string a line.
sub patterns {
    my ($value) = @_;

    return unless defined $value;
    return grep { defined } @$value if ref $value eq 'ARRAY';
    return $value if ref $value;
    return grep { length } split /\n+/, $value;
}


# What a block expects to see does not count as a finding.
sub expected_by {
    my ($block) = @_;

    my @expected = map { patterns($block->$_) }
                   qw( error_log shutdown_error_log grep_error_log );
    push @expected, '[emerg]' if defined $block->must_die;
    return @expected;
}


# The defects that the logs show, as text. Each line is judged once: what was
# logged since the last block ended belongs to this one.
sub findings {
    my ($block) = @_;

    my @expected = expected_by($block);
    my @lines = unjudged($U::ErrLogFile);
    my @found;

    for my $line (@lines) {
        next unless $line =~ /\[(?:alert|emerg)\]/;
        next if grep { matches($line, $_) } @expected;
        push @found, $line;
    }

    # sanitizers write to stderr, which nginx turns into its error log
    @lines = grep { !/\[debug\]/ } @lines;
    push @found, sanitizer_reports(join '', @lines);

    for my $path ("$U::LogDir/stderr.log", glob "$U::LogDir/valgrind.*") {
        my $text = join '', unjudged($path);
        push @found, $path =~ /valgrind/ ? valgrind_reports($text)
                                         : sanitizer_reports($text);
    }

    return @found;
}


sub unjudged {
    my ($path) = @_;

    my ($lines, $end) = read_from($path, $Judged{$path} // 0);
    $Judged{$path} = $end;
    return @{ $lines // [] };
}


sub sanitizer_reports {
    my ($text) = @_;

    my @found = $text =~ /^(.*runtime\ error:.*\n(?:\s+\#.*\n)*)/mg;

    while ($text =~ /^(.*ERROR: (?:Address|Leak|Undefined)\w*Sanitizer.*\n)/mg)
    {
        my $report = $1 . substr $text, pos $text, 3000;
        push @found, $report;
    }

    return @found;
}


# Valgrind separates its reports by an empty line. A block that leaks counts
# when the module is on its stack, every other error always.
sub valgrind_reports {
    my ($text) = @_;

    $text =~ s/^[=*-]{2}\d+[=*-]{2} ?//mg;

    my @reports = grep { /^\s+(?:at|by) 0x/m } split /\n\s*\n/, $text;

    return grep { !/are (?:definitely|indirectly|possibly) lost|still reach/
                  || /ngx_zos|\bzos_/ } @reports;
}


sub tail {
    my @lines = block_lines();
    my ($stderr) = read_from("$U::LogDir/stderr.log", 0);

    push @lines, @{ $stderr // [] };
    @lines = grep { !/\[debug\]/ } @lines;
    splice @lines, 0, -10;
    return join '', "\n", @lines;
}

1;
