use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use ZosAys;

# Graphs and dashboards.

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


# A graph with a public URL, one without, one on a node that is gone.
sub graphs {
    ays()->node('n1', redisAddr => '10.0.0.1');
    ays()->node('n2', redisAddr => 'fd00::2');
    ays()->seed(
        [ grafana => 'g1', parent => 'node!n1',
          data => { node => 'n1', url => 'https://public/g' } ],
        [ grafana => 'g2', parent => 'node!n2',
          data => { node => 'n2', port => 3001 } ],
        [ dashboard => 'd1', parent => 'grafana!g1',
          data => { grafana => 'g1', slug => 'over-view',
                    dashboard => '{"a":"b"}' } ],
        [ dashboard => 'd2', parent => 'grafana!g2',
          data => { grafana => 'g2', slug => 's2' } ]);
}


no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: listGraphs: the public URL, or that of the node
--- zos_ays
graphs();
--- request
GET /graphs
--- response_body
[{"id":"g1","url":"https://public/g"},{"id":"g2","url":"http://[fd00::2]:3001"}]
--- zos_ays_after
is_deeply([ grep { /service/ } ays->calls ],
          [ 'GET service/grafana?fields=node,port,url',
            'GET service/node?fields=redisAddr' ]);



=== TEST 2: listGraphs: a node that is gone
--- zos_ays
graphs();
ays->change(grafana => 'g2', node => 'n9');
--- request
GET /graphs
--- response_body
[{"id":"g1","url":"https://public/g"},{"id":"g2","url":""}]



=== TEST 3: listGraphs: none
--- zos_ays
--- request
GET /graphs
--- response_body
[]



=== TEST 4: getGraph
--- zos_ays
graphs();
ays->change(grafana => 'g1', url => '', port => 3000);
--- pipelined_requests eval
[ map { "GET /graphs/$_" } qw( g1 g2 g3 ) ]
--- error_code eval
[200, 200, 404]
--- response_body eval
[qq({"id":"g1","url":"http://10.0.0.1:3000"}\n),
 qq({"id":"g2","url":"http://[fd00::2]:3001"}\n),
 qq({"error":"graph \\"g3\\" is not known"}\n)]



=== TEST 5: updateGraph: set
--- zos_ays
graphs();
--- request
PUT /graphs/g2
{"url":"https://other/%(protocol)s"}
--- error_code: 204
--- zos_ays_after
is_deeply(scalar(ays->contents),
          { grafana__g2 => { url => 'https://other/%(protocol)s' } });
is(ays->data(grafana => 'g2')->{url}, 'https://other/%(protocol)s');



=== TEST 6: updateGraph: back to the node's
--- zos_ays
graphs();
--- request
PUT /graphs/g1
{}
--- error_code: 204
--- zos_ays_after
is(ays->data(grafana => 'g1')->{url}, '');



=== TEST 7: updateGraph: what can't be
--- zos_ays
graphs();
--- pipelined_requests eval
[qq(PUT /graphs/g1\n{"url":"no url"}), qq(PUT /graphs/g1\n{"url":5}),
 qq(PUT /graphs/g9\n{"url":"http://h/"})]
--- error_code eval
[400, 400, 404]
--- response_body eval
[qq({"error":"url must be an absolute URL"}\n),
 qq({"error":"url must be a string"}\n),
 qq({"error":"graph \\"g9\\" is not known"}\n)]
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 8: updateGraph: the change fails
--- zos_ays
graphs();
ays->fault(action => 'processChange', service => 'g1', fail => 'no restart');
--- request
PUT /graphs/g1
{"url":"http://h/"}
--- error_code: 500
--- response_body
{"error":"processChange of \"g1\" failed: RuntimeError: no restart"}



=== TEST 9: listDashboards: those of this graph
--- zos_ays
graphs();
ays->service(dashboard => 'd0', parent => 'grafana!g1');
--- pipelined_requests eval
[ map { "GET /graphs/$_/dashboards" } qw( g1 g9 ) ]
--- error_code eval
[200, 404]
--- response_body eval
[qq([{"name":"d0","slug":""},{"name":"d1","slug":"over-view"}]\n),
 qq({"error":"graph \\"g9\\" is not known"}\n)]



=== TEST 10: getDashboard: through its own graph only
--- zos_ays
graphs();
--- pipelined_requests eval
[ map { "GET /graphs/$_->[0]/dashboards/$_->[1]" }
  [ g1 => 'd1' ], [ g2 => 'd2' ], [ g2 => 'd1' ], [ g1 => 'd9' ] ]
--- error_code eval
[200, 200, 404, 404]
--- response_body eval
[qq({"dashboard":"{\\"a\\":\\"b\\"}","name":"d1","slug":"over-view",)
 . qq("url":"https://public/g/dashboard/db/over-view"}\n),
 qq({"name":"d2","slug":"s2",)
 . qq("url":"http://[fd00::2]:3001/dashboard/db/s2"}\n),
 qq({"error":"dashboard \\"d1\\" is not known on graph \\"g2\\""}\n),
 qq({"error":"dashboard \\"d9\\" is not known on graph \\"g1\\""}\n)]



=== TEST 11: createDashboard
--- zos_ays
graphs();
--- request
POST /graphs/g1/dashboards
{"name":"d3","dashboard":"{\"title\":\"My Board\"}"}
--- error_code: 201
--- response_headers
Location: /graphs/g1/dashboards/d3
--- zos_ays_after
is_deeply(scalar(ays->contents), {
    dashboard__d3 => { dashboard => '{"title":"My Board"}',
                       grafana => 'g1' },
    actions => [ { action => 'install', actor => 'dashboard',
                   service => 'd3', force => JSON::PP::false } ] });
is(ays->data(dashboard => 'd3')->{slug}, 'my-board');



=== TEST 12: createDashboard: what can't be
--- zos_ays
graphs();
--- pipelined_requests eval
[ map { "POST /graphs/$_->[0]/dashboards\n$_->[1]" }
  [ g1 => '{"name":"d2","dashboard":"{}"}' ],
  [ g9 => '{"name":"d3","dashboard":"{}"}' ],
  [ g1 => '{"name":"d3"}' ],
  [ g1 => '{"name":"d3","dashboard":"no JSON"}' ],
  [ g1 => '{"name":"d3","dashboard":"[]"}' ],
  [ g1 => '{"name":"a234567890123456","dashboard":"{}"}' ],
  [ g1 => '{"name":"d 3","dashboard":"{}"}' ] ]
--- error_code eval
[409, 404, (400) x 5]
--- response_body eval
[ map { qq({"error":"$_"}\n) }
  'the cluster has a dashboard \\"d2\\" already',
  'graph \\"g9\\" is not known',
  'dashboard is required',
  ('dashboard must be a JSON object in a string') x 2,
  'name must not be longer than 15 bytes',
  'name must be a name of letters, digits, \\"-\\", \\"_\\" and \\".\\"' ]
--- zos_ays_after
is(scalar(() = ays->blueprints), 0);



=== TEST 13: createDashboard: it fails, and leaves nothing
--- zos_ays
graphs();
ays->fault(action => 'install', service => 'd3', fail => 'no grafana');
--- request
POST /graphs/g1/dashboards
{"name":"d3","dashboard":"{}"}
--- error_code: 500
--- response_body
{"error":"install of \"d3\" failed: RuntimeError: no grafana"}
--- zos_ays_after
is(ays->get(dashboard => 'd3'), undef);



=== TEST 14: deleteDashboard
--- zos_ays
graphs();
--- request
DELETE /graphs/g1/dashboards/d1
--- error_code: 204
--- zos_ays_after
is_deeply(scalar(ays->contents), { actions => [ { action => 'uninstall',
    actor => 'dashboard', service => 'd1', force => JSON::PP::true } ] });
is_deeply([ ays->names('dashboard') ], [ 'd2' ]);



=== TEST 15: deleteDashboard: not through another graph, nor a wrong name
--- zos_ays
graphs();
--- pipelined_requests eval
[ map { "DELETE /graphs/$_->[0]/dashboards/$_->[1]" }
  [ g2 => 'd1' ], [ g1 => 'd9' ], [ g9 => 'd1' ] ]
--- error_code eval
[404, 404, 404]
--- zos_ays_after
is_deeply([ ays->names('dashboard') ], [ 'd1', 'd2' ]);
is(scalar(() = ays->blueprints), 0);



=== TEST 16: all of them, with the templates of 2017
--- zos_preset: 2017
--- pipelined_requests eval
["GET /graphs", "GET /graphs/g", qq(PUT /graphs/g\n{}),
 "GET /graphs/g/dashboards", qq(POST /graphs/g/dashboards\n{}),
 "GET /graphs/g/dashboards/d", "DELETE /graphs/g/dashboards/d"]
--- error_code eval
[ (501) x 7 ]
--- response_body_like eval
[ (qr/needs the templates of 2018/) x 7 ]
