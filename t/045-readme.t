use strict;
use warnings;
use lib 't/lib';
use Test::More;

# README.md against the sources: directives with their contexts and defaults,
# variables, reasons of errors, the table of operations, the log format and
# the version.

my $readme = slurp('README.md');
my $module = slurp('ngx_zos_module.c');


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}


# The text below a heading of level two.
sub section {
    my ($title) = @_;

    my ($text) = $readme =~ /^## \Q$title\E\n(.*?)(?=^## |\z)/ms;
    return $text // '';
}


# ---- directives ----

# name => { contexts => [...], field => member of the configuration }
sub directives {
    my ($table) = $module =~ /ngx_zos_commands\[\] = \{\n(.*?)^\};/ms
        or die "no commands\n";
    my %found;

    while ($table =~ /\{ ngx_string\("(\w+)"\),\n(.*?)\},\n/gs) {
        my ($name, $rest) = ($1, $2);
        my ($field) = $rest =~ /offsetof\(ngx_zos_loc_conf_t, ([\w.]+)\)/;

        $found{$name} = {
            contexts => join(', ', map { { MAIN => 'http', SRV => 'server',
                                           LOC => 'location' }->{$_} }
                             $rest =~ /NGX_HTTP_(MAIN|SRV|LOC)_CONF\b/g),
            field => $field,
        };
    }

    return \%found;
}


# The default that the merge in the source has, as README writes it; undef
# where there is none.
sub merged {
    my ($field) = @_;

    $field =~ s/^core0\.//;

    my ($type, $value) = $module
        =~ /ngx_conf_merge_(?:(\w+)_)?value\(conf->$field,\s*prev->$field,
            \s*(.*?)\);\n/xs or return;

    return $value ? 'on' : 'off' if !defined $type;
    return join ' ', map { s/_/./r } $value =~ /NGX_SSL_(TLSv[\d_]+)/g
        if $type eq 'bitmask';
    return lc $1 if $value =~ /NGX_ZOS_CORE0_AUTH_(\w+)/;
    return $1 if $value =~ /NGX_ZOS_(20\d\d)\b/;
    return $value / 1000 . 's' if $type eq 'msec';
    return $value . 's' if $type eq 'sec';
    return $value =~ s/"//gr || undef if $type eq 'str';
    return $value =~ s/^(?:(\d+) \* )?1024 \* 1024$/($1 \/\/ 1) . 'm'/er;
}


my $directives = directives();
my $text = section('Directives');

my %entry = $text =~ /^### (\w+)\n(.*?)(?=^### |\z)/msg;

cmp_ok(scalar keys %$directives, '>', 20, 'the directives are read');
is_deeply([ sort keys %entry ], [ sort keys %$directives ],
          'the directives are those of the module');
is_deeply([ $text =~ /^\* \[(\w+)\]\(#\1\)$/mg ], [ $text =~ /^### (\w+)$/mg ],
          '... in the order of their list');

for my $name (sort keys %$directives) {
    my ($want, $have) = ($directives->{$name}, $entry{$name} // '');

    like($have, qr/^\n\*\*syntax:\*\* \*\Q$name\E\b[^*]*\*\n/,
         "$name: the syntax");

    my ($contexts) = $have =~ /^\*\*context:\*\* \*(.*)\*$/m;
    is($contexts, $want->{contexts}, "$name: the context");

    my ($default) = $have =~ /^\*\*default:\*\* \*\Q$name\E (.*)\*$/m;

    is($default, $want->{field} ? merged($want->{field}) : undef,
       "$name: the default");
    like($have, qr/^\*\*default:\*\* \S/m, "$name: ... of which it speaks");
}


# ---- variables ----

my @variables = slurp('src/ngx_zos_variables.c')
                =~ /\{ ngx_string\("(zos_\w+)"\), NULL/g;

cmp_ok(scalar @variables, '>', 5, 'the variables are read');
is_deeply([ section('Variables') =~ /^\| `\$(zos_\w+)` \|/mg ], \@variables,
          'the variables are those of the module');

my ($format) = section('Variables') =~ /^```nginx\n(log_format.*?)^```$/ms;
is($format, slurp('conf/zos_log.conf') =~ s/^#.*\n|^\n//mgr,
   'the log format is the one of conf/');


# ---- what only looks like one ----

my %known = map { $_ => 1 } keys %$directives, @variables;

is_deeply([ grep { !$known{$_} && !-e "conf/$_.conf" }
            $readme =~ /(?<!ngx_)\b(zos_\w+)/g ], [],
          'no other directive or variable is spoken of');


# ---- errors ----

sub reasons {
    my %found;

    for my $file (glob 'src/*.c src/flows/*.c') {
        my $source = slurp($file);

        # the first string of a call, but where the reason is a variable
        $found{$1}++ while $source
            =~ /ngx_zos_fail\(f,(?:(?!reason)[^";])*"([^"]*)"\s*,/g;
    }

    my ($table) = slurp('src/ngx_zos_reply.c')
                  =~ /ngx_zos_failures\[\] = \{\n(.*?)^\};/ms;
    $found{$1}++ while $table =~ /\{ NGX_HTTP_\w+, "([^"]+)",/g;

    return sort keys %found;
}


my %told = map { $_ => 1 } map { /`([a-z ]+)`/g } map { (split /\|/)[2] }
           grep { /^\| \d{3} / } split /\n/, section('Error answers');

my @reasons = reasons();

cmp_ok(scalar @reasons, '>', 15, 'the reasons are read');
is_deeply([ sort keys %told ], \@reasons,
          'the reasons of errors are those of the module');


# ---- operations ----

my $table = qx(t/tools/operations);

is($?, 0, 'the table of operations is made');
like($table, qr/^\| `listNodes` \| GET \| `\/nodes` \|  \|/m, '... of rows');
ok(index(section('Operations'), "--update -->\n$table<!-- end") > 0,
   'the operations are those of the tables: t/tools/operations --update');


# ---- the rest ----

my ($version) = slurp('include/ngx_zos.h')
                =~ /#define NGX_ZOS_VERSION\s+"(.*)"/;

like(slurp('CHANGES'), qr/\A\nChanges with ngx_zos \Q$version\E\n/,
     'the newest of CHANGES is this version');
like(section('Status'), qr/\bVersion \Q$version\E\./, '... and in README');

for my $link ($readme =~ /\]\(#([\w-]+)\)/g) {
    ok((grep { lc(s/[^\w\s-]//gr =~ s/\s/-/gr) eq $link }
        $readme =~ /^#+ (.*)$/mg), "there is #$link");
}

for my $file ($readme =~ /\]\(([\w.\/-]+)\)/g) {
    ok(-e $file, "there is $file");
}

is_deeply([ section('Contents') =~ /\[(.*?)\]/g ],
          [ grep { $_ ne 'Contents' } $readme =~ /^## (.*)$/mg ],
          'the contents are all of it');

done_testing();
