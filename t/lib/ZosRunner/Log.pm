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
my %Scanned;                    # other log => bytes already judged

my $Patience = $U::UseValgrind ? 15 : 1.5;


sub begin_block {
    $Start = $Seen = -s $U::ErrLogFile || 0;
    $Access = -s "$U::LogDir/access.log" || 0;
    %Scanned = () unless $Start;
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


# The defects that this block's logs show, as text.
sub findings {
    my ($block) = @_;

    my @expected = $block ? expected_by($block) : ();
    my @found;

    for my $line (block_lines()) {
        next unless $line =~ /\[(?:alert|emerg)\]/;
        next if grep { matches($line, $_) } @expected;
        push @found, $line;
    }

    push @found, map { sanitizer_reports($_) } other_lines();
    push @found, map { valgrind_reports($_) } glob "$U::LogDir/valgrind.*";
    return @found;
}


# Sanitizers write to stderr, which nginx turns into its error log.
sub other_lines {
    my @texts = join '', grep { !/\[debug\]/ } block_lines();

    for my $path ("$U::LogDir/stderr.log", glob "$U::LogDir/asan.*") {
        my ($lines, $end) = read_from($path, $Scanned{$path} // 0);
        $Scanned{$path} = $end;
        push @texts, join '', @{ $lines // [] };
    }

    return @texts;
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
    my ($path) = @_;

    my ($lines, $end) = read_from($path, $Scanned{$path} // 0);
    $Scanned{$path} = $end;

    my $text = join '', map { s/^[=*-]{2}\d+[=*-]{2} ?//r } @{ $lines // [] };
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
