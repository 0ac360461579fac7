use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;

# Webhooks.

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


no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listWebhooks: names, in order
--- zos_ays
ays->seed([ webhook => 'w2' ], [ webhook => 'w1' ]);
--- request
GET /webhooks
--- response_body
["w1","w2"]



=== TEST 2: listWebhooks: none
--- zos_ays
--- request
GET /webhooks
--- response_body
[]



=== TEST 3: createWebhook: there is no run
--- zos_ays
--- request
POST /webhooks
{"name":"w1","url":"http://h/hook","eventtypes":["ork"]}
--- error_code: 201
--- response_headers
Location: /webhooks/w1
--- zos_ays_after
is_deeply(scalar(ays->contents), { webhook__w1 => {
    url => 'http://h/hook', eventtypes => [ 'ork' ] } });
is(scalar(() = ays->runs), 0);
is(ays->data(webhook => 'w1')->{url}, 'http://h/hook');



=== TEST 4: createWebhook: what can't be
--- zos_ays
ays->service(webhook => 'w1', data => { url => 'http://old/' });
--- pipelined_requests eval
[ map { "POST /webhooks\n$_" }
  '{"name":"w1","url":"http://h/","eventtypes":["ork"]}',
  '{"url":"http://h/","eventtypes":["ork"]}',
  '{"name":"w/2","url":"http://h/","eventtypes":["ork"]}',
  '{"name":"w2","url":"h","eventtypes":["ork"]}',
  '{"name":"w2","url":"http://h/","eventtypes":[]}',
  '{"name":"w2","url":"http://h/"}',
  '{"name":"w2","url":"http://h/","eventtypes":["ork","other"]}' ]
--- error_code eval
[409, (400) x 6]
--- response_body eval
[ map { qq({"error":"$_"}\n) }
  'the cluster has a webhook \\"w1\\" already',
  'name is required',
  'name must be a name of letters, digits, \\"-\\", \\"_\\" and \\".\\"',
  'url must be an absolute URL',
  'eventtypes must not be empty',
  'eventtypes is required',
  'eventtypes[1] must be one of ork' ]
--- zos_ays_after
is(ays->data(webhook => 'w1')->{url}, 'http://old/');
is(scalar(() = ays->blueprints), 0);



=== TEST 5: createWebhook: AYS refuses it
--- zos_ays
ays->fault(route => 'POST .*/blueprint/webhook_w1_[^/]*$', status => 400,
           body => '{"error":"no such thing"}');
--- request
POST /webhooks
{"name":"w1","url":"http://h/","eventtypes":["ork"]}
--- error_code: 400
--- response_body
{"error":"AYS refuses the change: no such thing"}
--- zos_ays_after
is(ays->get(webhook => 'w1'), undef);



=== TEST 6: getWebhook
--- zos_ays
ays->service(webhook => 'w1', data => { url => 'http://h/',
                                        eventtypes => [ 'ork' ] });
--- pipelined_requests eval
["GET /webhooks/w1", "GET /webhooks/w2"]
--- error_code eval
[200, 404]
--- response_body eval
[qq({"eventtypes":["ork"],"name":"w1","url":"http://h/"}\n),
 qq({"error":"webhook \\"w2\\" is not known"}\n)]



=== TEST 7: updateWebhook
--- zos_ays
ays->service(webhook => 'w1', data => { url => 'http://h/',
                                        eventtypes => [ 'ork' ] });
--- request
PUT /webhooks/w1
{"url":"http://new/","eventtypes":["ork"]}
--- error_code: 204
--- zos_ays_after
is(ays->data(webhook => 'w1')->{url}, 'http://new/');



=== TEST 8: updateWebhook: what can't be
--- zos_ays
ays->service(webhook => 'w1', data => { url => 'http://old/' });
--- pipelined_requests eval
[qq(PUT /webhooks/w1\n{"eventtypes":["ork"]}),
 qq(PUT /webhooks/w1\n{"url":"http://h/"}),
 qq(PUT /webhooks/w2\n{"url":"http://h/","eventtypes":["ork"]})]
--- error_code eval
[400, 400, 404]
--- response_body eval
[qq({"error":"url is required"}\n), qq({"error":"eventtypes is required"}\n),
 qq({"error":"webhook \\"w2\\" is not known"}\n)]
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 9: deleteWebhook
--- zos_ays
ays->seed([ webhook => 'w1' ], [ webhook => 'w2' ]);
--- request
DELETE /webhooks/w1
--- error_code: 204
--- zos_ays_after
is_deeply([ ays->names('webhook') ], [ 'w2' ]);
is(scalar(() = ays->blueprints), 0);



=== TEST 10: deleteWebhook: one that is not there
--- zos_ays
--- request
DELETE /webhooks/w1
--- error_code: 404
--- response_body
{"error":"webhook \"w1\" is not known"}



=== TEST 11: all of them, with the templates of 2017
--- zos_preset: 2017
--- pipelined_requests eval
["GET /webhooks", qq(POST /webhooks\n{}), "GET /webhooks/w",
 qq(PUT /webhooks/w\n{}), "DELETE /webhooks/w"]
--- error_code eval
[ (501) x 5 ]
--- response_body_like eval
[ (qr/needs the templates of 2018/) x 5 ]
