package ZosOperations;

# The rows of src/ops/, read as text: what the tables claim, without the
# module that is made of them.

use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw( operations );


# All rows in the order of the files: { name, method, path, summary, ays },
# with undef for what a row does not say.
sub operations {
    my @rows;

    for my $file (sort glob 'src/ops/ngx_zos_ops_*.c') {
        push @rows, rows($file);
    }

    return @rows;
}


sub rows {
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    my $text = <$in>;

    my ($table) = $text =~ /^const ngx_zos_op_t\s.*?= \{\n(.*?)^\};/ms
        or die "no table in $file\n";

    # a row is what stands between braces that are alone on their lines
    return map { row($file, $_) } $table =~ /^    \{\n(.*?)^    \},/gms;
}


sub row {
    my ($file, $text) = @_;

    my ($method) = $text =~ /\.method = NGX_HTTP_(\w+)/;

    return {
        file => $file, method => $method,
        map({ $_ => text_of($text, $_) } qw( name path summary )),
        ays => scalar $text =~ /NGX_ZOS_OP_AYS/,
    };
}


# ngx_string("...") may be written in several pieces.
sub text_of {
    my ($text, $member) = @_;

    my $piece = qr/\s*"(?:\\.|[^"\\])*"/;
    my ($pieces) = $text =~ /\.$member = ngx_string\(($piece+)\)/ or return;

    return join '', $pieces =~ /"((?:\\.|[^"\\])*)"/g;
}

1;
