package ZosTokens;

# Tokens of callers: ES384 JWTs with keys made by openssl, and all that is
# nearly one.
#
#     use ZosTokens;
#
#     my $token = token(username => 'bob', exp => time + 2);
#     my $other = forged(key => 'p256', header => { alg => 'ES256' });
#     my $bad = variant('padding');
#
# $TEST_NGINX_TOKEN_KEYS is a directory with the public keys caller.pem (the
# one that signs), other.pem, p256.pem, bp384.pem (brainpoolP384r1) and
# rsa.pem; their private keys are *.key. The organization is "acme".
#
# A block whose "--- zos_token" names a variant sends that token, "zos_bearer"
# is a text for the header, with TOKEN for a good one.

use strict;
use warnings;

use Digest::SHA qw( hmac_sha256 hmac_sha384 );
use Exporter ();
use IPC::Open2;
use JSON::PP ();
use MIME::Base64 qw( encode_base64url decode_base64url );
use Test::Nginx::Util ();
use ZosProcess qw( temp_dir );

our @EXPORT = qw( token tokens forged variant bearer );

my $Json = JSON::PP->new->canonical->latin1;
my $Dir;

# what of a token is otherwise than in a good one
my %Variant = (
    good            => {},
    member          => { claims => { azp => 'other' } },
    'only azp'      => { claims => { scope => undef, username => undef } },
    'text scope'    => { claims => { scope => 'user:memberof:acme',
                                     azp => 'other' } },
    'text scope and azp' => { claims => { scope => 'user:memberof:acme' } },
    'null scope'    => { payload => sub { $_[0] =~ s/\[.*?\]/null/r } },
    'no scope'      => { claims => { scope => undef, azp => 'other' } },
    'empty scope'   => { claims => { scope => [], azp => 'other' } },
    'other scope'   => { claims => { scope => [ 'user:memberof:acme.sub',
                                     'user:memberof:acm', 'user:name',
                                     'acme', 'USER:MEMBEROF:ACME' ],
                                     azp => 'acme2' } },
    'odd scope'     => { claims => { scope => [ 7, undef, {}, 'user:name',
                                     'user:memberof:acme' ],
                                     azp => 'other' } },
    'number azp'    => { claims => { azp => 7 } },
    'list azp'      => { claims => { azp => [ 'acme' ] } },
    'list username' => { claims => { username => [ 'bob' ] } },
    'no username'   => { claims => { username => undef } },
    'empty username' => { claims => { username => '' } },
    'nobody'        => { claims => { username => undef, azp => undef } },

    'no exp'        => { claims => { exp => undef } },
    'text exp'      => { payload => expiry('"9999999999"') },
    'null exp'      => { payload => expiry('null') },
    'fraction exp'  => { payload => sub { $_[0] =~ s/"exp":\d+/$&.5/r } },
    'large exp'     => { payload => expiry('1e300') },
    'huge exp'      => { payload => expiry('99999999999999999999') },
    'endless exp'   => { payload => expiry('1e999') },
    'negative exp'  => { claims => { exp => -1 } },
    expired         => { times => { exp => -1 } },
    'valid long'    => { times => { exp => 3700 } },
    'future nbf'    => { times => { nbf => 100 } },
    'future iat'    => { times => { iat => 100 } },
    'past nbf'      => { times => { nbf => -100, iat => -100 } },
    'text nbf'      => { claims => { nbf => 'yesterday' } },
    'text iat'      => { claims => { iat => '' } },

    none            => { header => { alg => 'none' }, signature => sub { '' } },
    'none signed'   => { header => { alg => 'none' } },
    'None'          => { header => { alg => 'None' } },
    'HS256'         => { header => { alg => 'HS256' }, key => 'hmac256' },
    'HS384'         => { header => { alg => 'HS384' }, key => 'hmac384' },
    'RS256'         => { header => { alg => 'RS256' }, key => 'rsa',
                         digest => 'sha256' },
    'RS384 as ES384' => { key => 'rsa' },
    'ES256'         => { header => { alg => 'ES256' }, key => 'p256',
                         digest => 'sha256' },
    'ES256 as ES384' => { key => 'p256' },
    'P-384 as ES256' => { header => { alg => 'ES256' } },
    'SHA-256'       => { digest => 'sha256' },
    'brainpool'     => { key => 'bp384' },
    'es384'         => { header => { alg => 'es384' } },
    'no alg'        => { header => { typ => 'JWT' } },
    'list alg'      => { header => { alg => [ 'ES384' ] } },
    'two algs'      => { header => '{"alg":"none","alg":"ES384"}' },
    crit            => { header => { alg => 'ES384', crit => [ 'exp' ] } },
    'null crit'     => { header => '{"alg":"ES384","crit":null}' },
    'own key'       => { key => 'other',
                         header => { alg => 'ES384', jwk => { kty => 'EC' },
                                     jku => 'http://127.0.0.1/' } },
    'no typ'        => { header => { alg => 'ES384' } },
    'other key'     => { key => 'other' },
    'header is no JSON' => { header => '{"alg":"ES384"' },
    'header is a list'  => { header => '["ES384"]' },
    'header and more'   => { header => '{"alg":"ES384"}{}' },

    'two exps'      => { payload => sub { $_[0] =~ s/\{/{"exp":1,/r } },
    'two scopes'    => { payload => sub { $_[0] =~ s/\{/{"scope":[],/r } },
    'two of no use' => { payload => sub { $_[0] =~ s/\{/{"x":1,"x":1,/r } },
    'claims are no JSON' => { payload => sub { substr $_[0], 1 } },
    'claims are a list'  => { payload => sub { "[$_[0]]" } },
    'claims are a text'  => { payload => sub { '"exp"' } },
    'claims and more'    => { payload => sub { "$_[0] {}" } },
    'claims with a zero' => { payload => sub { $_[0] =~ s/bob/bob\\u0000/r } },
    'claims are not UTF-8' => { payload => sub { $_[0] =~ s/bob/\xff/r } },
    'deep claims'   => { payload => sub {
                             $_[0] =~ s/\{/'{"deep":' . '[' x 2500
                                           . ']' x 2500 . ','/er } },

    'der signature' => { der => 1 },
    'short signature' => { signature => sub { substr $_[0], 1 } },
    'long signature'  => { signature => sub { "$_[0]\0" } },
    'padded numbers'  => { signature => sub { "\0" . substr($_[0], 0, 48)
                                              . "\0" . substr $_[0], 48 } },
    'half a signature' => { signature => sub { substr $_[0], 0, 48 } },
    'zeros'         => { signature => sub { "\0" x 96 } },
    'ones'          => { signature => sub { "\xff" x 96 } },
    'r is zero'     => { signature => sub { "\0" x 48 . substr $_[0], 48 } },
    's is zero'     => { signature => sub { substr($_[0], 0, 48)
                                            . "\0" x 48 } },
    'swapped'       => { signature => sub { substr($_[0], 48)
                                            . substr $_[0], 0, 48 } },
    'a bit in it'   => { signature => sub { $_[0] ^ ("\0" x 95 . "\1") } },

    'other claims'  => { text => sub { part($_[0], 1, sub {
                             $_[0] =~ s/bob/eve/r }) } },
    'other header'  => { text => sub { part($_[0], 0, sub { "$_[0] " }) } },
    'padding'       => { encode => \&padded },
    'padded header' => { text => sub { $_[0] =~ s/\./=./r } },
    'padded signature' => { text => sub { "$_[0]=" } },
    'other alphabet' => { text => sub { $_[0] =~ tr{-_}{+/}r } },
    'trailing bits' => { encode => \&spare },
    'unfilled'      => { encode => \&unfilled },
    'a line in it'  => { text => sub { $_[0] =~ s/\./\t./r } },
    'a space in it' => { text => sub { $_[0] =~ s/\./ ./r } },
    'two parts'     => { text => sub { $_[0] =~ s/\.[^.]*\z//r } },
    'four parts'    => { text => sub { "$_[0].eyJ9" } },
    'five parts'    => { text => sub { "$_[0].." } },
    'a dot'         => { text => sub { "$_[0]." } },
    'a dot before'  => { text => sub { ".$_[0]" } },
    'dots'          => { text => sub { '..' } },
    'no claims'     => { text => sub { $_[0] =~ s/\..*\././r } },
    'no header'     => { text => sub { $_[0] =~ s/\A[^.]*//r } },
    'text'          => { text => sub { 'secret' } },

    'nearly too long' => { claims => { pad => 'x' x 5600 } },
    'too long'      => { claims => { pad => 'x' x 6200 } },
);


sub expiry {
    my ($text) = @_;

    return sub { $_[0] =~ s/"exp":\d+/"exp":$text/r };
}


sub import {
    make_keys() unless $Dir;
    Test::Nginx::Util::add_block_preprocessor(\&complete);
    goto &Exporter::import;
}


sub complete {
    my ($block) = @_;

    my $text = $block->zos_bearer;

    $text = bearer(variant($block->zos_token)) if defined $block->zos_token;

    if (defined $text) {
        my $token = $text =~ /TOKEN/ ? token() : '';

        $text =~ s/TOKEN/$token/g;
        $block->set_value('more_headers',
                          ($block->more_headers // '') . "$text\n");
    }
}


sub make_keys {
    $Dir = temp_dir('zos-tokens');
    $ENV{TEST_NGINX_TOKEN_KEYS} = $Dir;

    my %curve = (caller => 'secp384r1', other => 'secp384r1',
                 p256 => 'prime256v1', bp384 => 'brainpoolP384r1');

    openssl('', 'genpkey', '-algorithm', 'EC', '-pkeyopt',
            "ec_paramgen_curve:$curve{$_}", '-out', "$Dir/$_.key")
        for keys %curve;
    openssl('', 'genpkey', '-algorithm', 'RSA', '-out', "$Dir/rsa.key");
    openssl('', 'pkey', '-in', "$Dir/$_.key", '-pubout', '-out', "$Dir/$_.pem")
        for keys %curve, 'rsa';
}


sub openssl {
    my ($input, @arguments) = @_;

    my $pid = open2(my $out, my $in, 'sh', '-c',
                    'exec openssl "$@" 2> /dev/null', 'sh', @arguments);
    binmode $_ for $in, $out;
    print $in $input;
    close $in;
    my $output = do { local $/; <$out> } // '';
    waitpid $pid, 0;
    die "openssl @arguments failed\n" if $?;
    return $output;
}


sub bearer { 'Authorization: Bearer ' . $_[0] }


# A good token but for these claims; undef leaves one out.
sub token { return forged(claims => { @_ }) }


# Many different good ones: a process for each, but two at a time.
sub tokens {
    my ($count) = @_;

    my @texts = map { forged(claims => { number => $_ }, unsigned => 1) }
                1 .. $count;

    write_file("$Dir/text-$_", $texts[$_]) for 0 .. $#texts;

    open my $xargs, '|-', 'xargs', '-P', 2, '-I{}', 'openssl', 'dgst',
         '-sha384', '-sign', "$Dir/caller.key", '-out', "$Dir/sign-{}",
         "$Dir/text-{}" or die "xargs: $!\n";
    print $xargs map { "$_\n" } 0 .. $#texts;
    close $xargs or die "openssl failed\n";

    return map {
        my $der = read_file("$Dir/sign-$_");
        "$texts[$_]." . encode_base64url(numbers($der, 48));
    } 0 .. $#texts;
}


sub write_file {
    my ($path, $bytes) = @_;

    open my $out, '>:raw', $path or die "$path: $!\n";
    print $out $bytes;
    close $out or die "$path: $!\n";
}


sub read_file {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}


sub variant {
    my ($name) = @_;

    return forged(%{ $Variant{$name} // die "no variant \"$name\"\n" });
}


sub forged {
    my (%o) = @_;

    my %claims = (
        azp => 'acme', username => 'bob', iss => 'itsyouonline',
        scope => [ 'user:name', 'user:memberof:acme' ], exp => time + 600,
        %{ $o{claims} // {} },
    );

    $claims{$_} = time + $o{times}{$_} for keys %{ $o{times} // {} };
    delete $claims{$_} for grep { !defined $claims{$_} } keys %claims;

    my $header = $o{header} // { alg => 'ES384', typ => 'JWT' };
    my $payload = $Json->encode(\%claims);

    $header = $Json->encode($header) if ref $header;
    $payload = $o{payload}->($payload) if $o{payload};

    my $encode = $o{encode} // \&encode_base64url;
    my $text = join '.', map { $encode->($_) } $header, $payload;

    return $text if $o{unsigned};

    my $signature = sign($text, %o);

    $signature = $o{signature}->($signature) if $o{signature};
    $text .= '.' . encode_base64url($signature);
    return $o{text} ? $o{text}->($text) : $text;
}


# JSON text, whose end does not fill the last digit: white space sees to that.
sub unfilled {
    my ($bytes) = @_;

    $bytes .= ' ' while length($bytes) % 3 != 1;
    return encode_base64url($bytes);
}


sub padded { return unfilled($_[0]) . '==' }


# Bits are set that encode nothing.
sub spare {
    my ($text) = unfilled($_[0]);

    my $digits = join '', 'A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_';

    return $text =~ s/(.)\z/substr $digits, index($digits, $1) | 1, 1/er;
}


sub sign {
    my ($text, %o) = @_;

    my $key = $o{key} // 'caller';

    if ($key =~ /^hmac(\d+)/) {
        # the public key, as who mixes the two up would take it
        my $secret = read_file("$Dir/caller.pem");
        return $1 == 256 ? hmac_sha256($text, $secret)
                         : hmac_sha384($text, $secret);
    }

    my $der = openssl($text, 'dgst', '-' . ($o{digest} // 'sha384'),
                      '-sign', "$Dir/$key.key", '-binary');

    return $der if $key eq 'rsa' || $o{der};
    return numbers($der, $key eq 'p256' ? 32 : 48);
}


# r and s of a DER signature, each of so many bytes.
sub numbers {
    my ($der, $size) = @_;

    my $at = ord(substr $der, 1, 1) & 0x80 ? 3 : 2;
    my $out = '';

    for (1, 2) {
        my $length = ord substr $der, $at + 1, 1;
        my $number = substr $der, $at + 2, $length;

        $number =~ s/\A\0+//;
        $out .= "\0" x ($size - length $number) . $number;
        $at += 2 + $length;
    }

    return $out;
}


# A part of a token changed, with the signature of what it was.
sub part {
    my ($token, $number, $change) = @_;

    my @parts = split /\./, $token;

    $parts[$number] = encode_base64url(
        $change->(decode_base64url($parts[$number])));
    return join '.', @parts;
}


1;
