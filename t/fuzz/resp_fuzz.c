
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What a node sends, whatever it was asked: replies in pieces of any size.
 * The first bytes of the input say what was asked, how large a piece is, and
 * how large a reply may be.  The same bytes in other pieces come to the same.
 */


#include "fuzz.h"

#include <sanitizer/allocator_interface.h>


#define FUZZ_RESP_COMMAND    0
#define FUZZ_RESP_CONTAINER  1
#define FUZZ_RESP_LOOKUP     2
#define FUZZ_RESP_RANGE      3

#define FUZZ_RESP_PASSWORD   0x10


typedef struct {
    size_t             before;       /* bytes allocated */
    size_t             len;          /* of what is sent */
    ngx_uint_t         called;
    ngx_zos_error_e    error;
    uint32_t           sum;          /* of the result */
} fuzz_resp_outcome_t;


static void fuzz_resp_call(ngx_uint_t kind, size_t max, ngx_str_t *bytes,
    ngx_uint_t piece, fuzz_resp_outcome_t *outcome);
static void fuzz_resp_handler(ngx_zos_call_t *call);
static void fuzz_resp_reply(uint32_t *sum, ngx_zos_resp_t *reply);
static void fuzz_resp_sum(uint32_t *sum, ngx_str_t *text);


void
fuzz_resp(ngx_str_t *input)
{
    size_t               before, max;
    ngx_uint_t           kind, piece, other;
    fuzz_resp_outcome_t  one, two;

    if (input->len < 3) {
        return;
    }

    kind = fuzz_byte(input);
    piece = fuzz_byte(input);
    max = (size_t) 16 << (fuzz_byte(input) & 0x0f);

    before = __sanitizer_get_current_allocated_bytes();

    fuzz_resp_call(kind, max, input, piece, &one);

    other = piece == 1 ? 0 : 1;

    fuzz_resp_call(kind, max, input, other, &two);

    fuzz_assert(one.called == 1 && two.called == 1);

    /* what is wrong may be seen before or after it is too large */

    if (one.error != two.error) {
        fuzz_assert((one.error == NGX_ZOS_TOO_LARGE
                     && two.error == NGX_ZOS_PROTOCOL)
                    || (one.error == NGX_ZOS_PROTOCOL
                        && two.error == NGX_ZOS_TOO_LARGE));

    } else if (one.error != NGX_ZOS_PROTOCOL
               && one.error != NGX_ZOS_TOO_LARGE)
    {
        fuzz_assert(one.sum == two.sum);
    }

    /* nothing is left: pools, connections, readers */

    fuzz_assert(__sanitizer_get_current_allocated_bytes()
                < before + (64 << 10));
}


static void
fuzz_resp_call(ngx_uint_t kind, size_t max, ngx_str_t *bytes,
    ngx_uint_t piece, fuzz_resp_outcome_t *outcome)
{
    ngx_int_t              rc;
    ngx_str_t              id;
    ngx_zos_call_t        *call;
    ngx_zos_peer_t         peer;
    struct sockaddr_in     sin;
    ngx_zos_core0_conf_t   conf;

    static ngx_str_t  command = ngx_string("info.mem");
    static ngx_str_t  args = ngx_string("{}");

    ngx_memzero(outcome, sizeof(fuzz_resp_outcome_t));

    outcome->before = __sanitizer_get_current_allocated_bytes();
    outcome->len = bytes->len;

    ngx_memzero(&peer, sizeof(ngx_zos_peer_t));
    ngx_memzero(&sin, sizeof(struct sockaddr_in));
    ngx_memzero(&fuzz_answer, sizeof(fuzz_answer_t));

    sin.sin_family = AF_INET;

    ngx_str_set(&peer.node, "n1");
    ngx_str_set(&peer.host, "192.0.2.1");
    ngx_str_set(&peer.address, "192.0.2.1:6379");
    peer.sockaddr = (struct sockaddr *) &sin;
    peer.socklen = sizeof(struct sockaddr_in);
    peer.zone = ((ngx_zos_main_conf_t *)
                 ngx_http_cycle_get_module_main_conf(fuzz_cycle,
                                                     ngx_zos_module))->zone;

    if (kind & FUZZ_RESP_PASSWORD) {
        ngx_str_set(&peer.password, "secret");
    }

    conf = fuzz_conf(FUZZ_2017)->core0;
    conf.max_reply = max;

    fuzz_backend_raw(bytes, piece);

    call = ngx_zos_call_create(&peer, &conf, fuzz_cycle->log);
    fuzz_assert(call);

    call->handler = fuzz_resp_handler;
    call->data = outcome;

    ngx_str_set(&id, FUZZ_ID);

    switch (kind & 3) {

    case FUZZ_RESP_LOOKUP:
        rc = ngx_zos_call_lookup(call, &id);
        break;

    case FUZZ_RESP_RANGE:
        rc = ngx_zos_call_range(call, &id, &id, 0, 999);
        break;

    case FUZZ_RESP_CONTAINER:
        call->container = 1;
        /* fall through */

    default:
        rc = ngx_zos_call_command(call, &command, &args);
    }

    fuzz_assert(rc == NGX_OK);

    fuzz_events(10000);

    fuzz_assert(outcome->called == 1);

    ngx_zos_call_free(call);
    ngx_zos_pool_close_idle();
}


static void
fuzz_resp_handler(ngx_zos_call_t *call)
{
    ngx_uint_t            i;
    ngx_str_t             value;
    fuzz_resp_outcome_t  *outcome;

    outcome = call->data;

    outcome->called++;
    outcome->error = call->error;

    /* a reply takes no more than a few times what was sent of it */

    fuzz_assert(__sanitizer_get_current_allocated_bytes()
                < outcome->before + 4 * outcome->len + (256 << 10));

    ngx_crc32_init(outcome->sum);

    fuzz_resp_sum(&outcome->sum, &call->result.state);
    fuzz_resp_sum(&outcome->sum, &call->result.data);
    fuzz_resp_sum(&outcome->sum, &call->result.text);

    if (call->error == NGX_ZOS_OK) {

        for (i = 0; i < call->expected; i++) {
            fuzz_resp_reply(&outcome->sum, &call->reply[i]);
        }

        if (call->result.level == 20 && call->result.id.len) {
            fuzz_assert(ngx_zos_json_check(&call->result.data, &value)
                        == NGX_OK);
        }
    }
}


static void
fuzz_resp_reply(uint32_t *sum, ngx_zos_resp_t *reply)
{
    ngx_uint_t      i;
    ngx_zos_resp_t  element;

    fuzz_assert(reply->nelts <= 1024);

    fuzz_resp_sum(sum, &reply->str);

    for (i = 0; ngx_zos_resp_element(reply, i, &element) == NGX_OK; i++) {
        fuzz_resp_reply(sum, &element);
    }

    fuzz_assert(i == reply->nelts);
}


static void
fuzz_resp_sum(uint32_t *sum, ngx_str_t *text)
{
    ngx_crc32_update(sum, text->data, text->len);
}
