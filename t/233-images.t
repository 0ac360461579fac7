use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;

# Images of vdisk storages.

my $ays = ZosAys->start(mode => '9', templates => 2018);

add_block_preprocessor(sub {
    my ($block) = @_;

    my $preset = $block->zos_preset // 2018;

    $block->set_value(http_config => 'zos_zone zos:1m; ' . $ays->http_config);
    $block->set_value(config => $ays->location
        . 'add_header X-Reason $zos_error always;'
        . 'location / { zos on; zos_ays /_ays; zos_ays_run_interval 20ms 50ms;'
        . " zos_ays_retries 0; zos_ays_templates $preset; }");
});


# An image in the first of two storages.
sub storages {
    ays()->seed(
        [ 'storagecluster.block', 'b1' ],
        [ vdiskstorage => 's1', data => { blockCluster => 'b1' } ],
        [ vdiskstorage => 's2', data => { blockCluster => 'b1' } ],
        [ vdisk_image => 'i1', parent => 'vdiskstorage!s1',
          data => { size => 5, diskBlockSize => 4096, exportName => 'old',
                    ftpURL => 'ftp://planted', encryptionKey => 'planted' } ]);
}


# Requests for an image, with these members in place of others.
sub import_image {
    my (@others) = @_;

    return [ map {
        my %body = (imageName => 'i2', exportName => 'export',
                    diskBlockSize => 4096, url => 'ftp://u:secret@host/path',
                    %$_);
        delete @body{ grep { !defined $body{$_} } keys %body };
        "POST /vdiskstorage/s1/images\n" . JSON::PP->new->encode(\%body);
    } @others ];
}


no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listImages: those of this storage, by name
--- zos_ays
storages();
ays->seed([ vdisk_image => 'i0', parent => 'vdiskstorage!s1' ],
          [ vdisk_image => 'i3', parent => 'vdiskstorage!s2' ]);
--- pipelined_requests eval
[ map { "GET /vdiskstorage/$_/images" } qw( s1 s9 ) ]
--- error_code eval
[200, 404]
--- response_body eval
[qq([{"diskBlockSize":4096,"name":"i0","size":0},)
 . qq({"diskBlockSize":4096,"name":"i1","size":5}]\n),
 qq({"error":"vdisk storage \\"s9\\" is not known"}\n)]



=== TEST 2: getImage: through its own storage only
--- zos_ays
storages();
--- pipelined_requests eval
[ map { "GET /vdiskstorage/$_" } qw( s1/images/i1 s2/images/i1 s1/images/i9 ) ]
--- error_code eval
[200, 404, 404]
--- response_body eval
[qq({"diskBlockSize":4096,"name":"i1","size":5}\n),
 qq({"error":"vdisk image \\"i1\\" is not known on vdisk storage \\"s2\\""}\n),
 qq({"error":"vdisk image \\"i9\\" is not known on vdisk storage \\"s1\\""}\n)]



=== TEST 3: importImage: the image is the answer
--- zos_ays
storages();
--- request
POST /vdiskstorage/s1/images
{"imageName":"i2","exportName":"e","exportSnapshot":"snap","diskBlockSize":8192,"url":"ftp://user:secret@host:21/path","encryptionKey":"key+/="}
--- error_code: 201
--- response_headers
Location: /vdiskstorage/s1/images/i2
--- response_body
{"diskBlockSize":8192,"name":"i2","size":2}
--- zos_ays_after
is_deeply(scalar(ays->contents), {
    vdisk_image__i2 => { ftpURL => 'ftp://user:secret@host:21/path',
        diskBlockSize => 8192, vdiskstorage => 's1', exportName => 'e',
        exportSnapshot => 'snap', encryptionKey => 'key+/=',
        overwrite => JSON::PP::false },
    actions => [ { action => 'install', actor => 'vdisk_image',
                   service => 'i2', force => JSON::PP::true } ] });



=== TEST 4: importImage: there is one, here or there
--- zos_ays
storages();
ays->service(vdisk_image => 'i3', parent => 'vdiskstorage!s2');
--- pipelined_requests eval
main::import_image({ imageName => 'i1' }, { imageName => 'i3' },
                   { imageName => 'i3', overwrite => JSON::PP::true })
--- error_code eval
[409, 409, 409]
--- response_body eval
[ map { qq({"error":"$_"}\n) }
  'the cluster has a vdisk image \\"i1\\" already',
  'the cluster has a vdisk image \\"i3\\" already',
  'another vdisk storage has an image \\"i3\\"' ]
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 5: importImage: overwrite does import
--- zos_ays
storages();
--- request eval
main::import_image({ imageName => 'i1', overwrite => JSON::PP::true })->[0]
--- error_code: 201
--- response_body
{"diskBlockSize":4096,"name":"i1","size":5}
--- zos_ays_after
is_deeply([ map { "$_->{action_name} $_->{service_name} $_->{state}" }
            map { @{ $_->{jobs} } } map { @{ $_->{steps} } } ays->runs ],
          [ 'install i1 ok' ]);



=== TEST 6: importImage: overwrite of what is not there
--- zos_ays
storages();
--- request eval
main::import_image({ overwrite => JSON::PP::true })->[0]
--- error_code: 201
--- response_body
{"diskBlockSize":4096,"name":"i2","size":2}



=== TEST 7: importImage: an image that vdisks read from is not replaced
--- zos_ays
storages();
ays->service(vdisk => 'v1', parent => 'vdiskstorage!s1',
             data => { imageId => 'i1' });
--- request eval
main::import_image({ imageName => 'i1', overwrite => JSON::PP::true })->[0]
--- error_code: 409
--- response_body
{"error":"the vdisk \"v1\" is made of this image"}
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 8: importImage: a failed one goes, what it was to replace stays
--- zos_ays
storages();
ays->fault(action => 'install', actor => 'vdisk_image',
           fail => 'no answer of ftp://u:secret@host/path');
--- pipelined_requests eval
main::import_image({}, { imageName => 'i1', overwrite => JSON::PP::true })
--- error_code eval
[500, 500]
--- response_body_like eval
[ (qr/^\{"error":"install of \\"i[12]\\" failed: RuntimeError: no answer of \*+"/) x 2 ]
--- no_error_log
secret
--- zos_ays_after
is_deeply([ ays->names('vdisk_image') ], [ 'i1' ]);



=== TEST 9: importImage: what is wrong in a body
--- pipelined_requests eval
main::import_image({ imageName => undef }, { imageName => 'x' x 17 },
    { imageName => '$(reboot)' }, { exportName => 'a;b' },
    { exportSnapshot => "a'b" }, { diskBlockSize => undef },
    { diskBlockSize => 5000 }, { url => undef }, { url => 'http://host/' },
    { url => 'ftp://host/`reboot`' }, { encryptionKey => 'a|b' },
    { overwrite => 'yes' })
--- error_code eval
[ (400) x 12 ]
--- response_body_like eval
[ map { qr/^\{"error":"$_/ } 'imageName is required',
  'imageName must not be longer than 16 bytes', 'imageName must be a name',
  'exportName must be a name', 'exportSnapshot must be a name',
  'diskBlockSize is required',
  'the body needs a diskBlockSize that is a power of two',
  'url is required', 'url must be like ftp://', 'url must be like ftp://',
  'encryptionKey must be of letters', 'overwrite must be true or false' ]



=== TEST 10: importImage: a storage that is not there
--- zos_ays
--- request eval: main::import_image({})->[0]
--- error_code: 404
--- response_body
{"error":"vdisk storage \"s1\" is not known"}



=== TEST 11: deleteImage
--- zos_ays
storages();
--- request
DELETE /vdiskstorage/s1/images/i1
--- error_code: 204
--- zos_ays_after
is_deeply(scalar(ays->contents), { actions => [ { action => 'delete',
    actor => 'vdisk_image', service => 'i1', force => JSON::PP::true } ] });
is_deeply([ ays->names('vdisk_image') ], []);



=== TEST 12: deleteImage: not through another storage, nor a wrong name
--- zos_ays
storages();
--- pipelined_requests eval
[ map { "DELETE /vdiskstorage/$_" } qw( s2/images/i1 s1/images/i9 ) ]
--- error_code eval
[404, 404]
--- zos_ays_after
is_deeply([ ays->names('vdisk_image') ], [ 'i1' ]);
is(scalar(() = ays->blueprints), 0);



=== TEST 13: deleteImage: a vdisk is made of it
--- zos_ays
storages();
ays->service(vdisk => 'v1', parent => 'vdiskstorage!s1',
             data => { imageId => 'i1' });
--- request
DELETE /vdiskstorage/s1/images/i1
--- error_code: 409
--- response_body
{"error":"the vdisk \"v1\" is made of this image"}
--- zos_ays_after
is_deeply([ ays->names('vdisk_image') ], [ 'i1' ]);
is(scalar(() = ays->blueprints), 0);



=== TEST 14: all of them, with the templates of 2017
--- zos_preset: 2017
--- pipelined_requests eval
["GET /vdiskstorage/s/images", qq(POST /vdiskstorage/s/images\n{}),
 "GET /vdiskstorage/s/images/i", "DELETE /vdiskstorage/s/images/i"]
--- error_code eval
[ (501) x 4 ]
--- response_body_like eval
[ (qr/needs the templates of 2018/) x 4 ]



=== TEST 15: importImage: a caller who does not wait
--- zos_ays
storages();
--- request eval: main::import_image({})->[0]
--- more_headers
Prefer: respond-async
--- error_code: 202
--- response_headers_like
Location: /runs/\w+
--- response_body_like: ^\{"runid":"\w+","state":"\w+"\}
--- zos_ays_after
ok(ays->idle, 'it ends');
is(ays->actions(vdisk_image => 'i2')->{install}, 'ok');



=== TEST 16: importImage: AYS tells the URL, its password and the key
--- zos_ays
storages();
ays->fault(action => 'install', service => 'i2', fail =>
    'login of u with planted-pw at ftp://u:planted-pw@host/path/ refused, key planted-key');
--- request eval
main::import_image({ url => 'ftp://u:planted-pw@host/path', encryptionKey => 'planted-key' })->[0]
--- error_code: 500
--- response_body
{"error":"install of \"i2\" failed: RuntimeError: login of u with ********** at ****************************/ refused, key ***********"}
--- no_error_log
planted



=== TEST 17: importImage: a password that should have been encoded
--- zos_ays
storages();
ays->fault(action => 'install', service => 'i2', times => 1, fail => 'not planted@pw');
ays->fault(action => 'install', service => 'i3', times => 1, fail => 'not planted/pw:x');
--- pipelined_requests eval
main::import_image({ url => 'ftp://u:planted@pw@host/path' },
                   { imageName => 'i3', url => 'ftp://u:planted/pw:x@host/path' })
--- error_code eval
[500, 500]
--- response_body eval
[qq({"error":"install of \\"i2\\" failed: RuntimeError: not **********"}\n),
 qq({"error":"install of \\"i3\\" failed: RuntimeError: not ************"}\n)]
--- no_error_log
planted



=== TEST 18: what an image was imported with is not told when it is deleted or replaced
--- zos_ays
storages();
ays->change(vdisk_image => 'i1', ftpURL => 'ftp://u:planted-pw@host/x',
            encryptionKey => 'planted-key');
ays->fault(action => 'delete|install', service => 'i1', fail =>
           'u, planted-pw, ftp://u:planted-pw@host/x and planted-key');
--- pipelined_requests eval
['DELETE /vdiskstorage/s1/images/i1',
 @{ main::import_image({ imageName => 'i1', overwrite => JSON::PP::true() }) }]
--- error_code eval
[500, 500]
--- response_body eval
[map { qq({"error":"$_ of \\"i1\\" failed: RuntimeError: u, **********, *************************)
       . qq( and ***********"}\n) } qw( delete install )]
--- no_error_log
planted



=== TEST 19: importImage: what is to be replaced stays when AYS can't be asked
--- zos_ays
storages();
ays->fault(route => 'GET .*/job/', status => 500, body => '{}');
--- request eval
main::import_image({ imageName => 'i1', overwrite => JSON::PP::true,
                     url => 'ftp://other/i' })->[0]
--- error_code: 502
--- zos_ays_after
isnt(ays->get(vdisk_image => 'i1'), undef, 'it is there');
