
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * A whole exchange: a request of an operation, and what the backends say to
 * all that the operation asks of them.  The input is text:
 *
 *     GetMem 8 a=1&b=2       the operation, flags, the query
 *     {"name":"a"}           the body
 *     20 SUCCESS {"a":1}     what is answered, see backend.c
 *
 * Flags: "8" for the templates of 2018; "n" for a node that only AYS knows;
 * "a" for a caller who does not wait for a change; "o" and a number for so
 * many allocations that succeed; "x" and a number for a caller who leaves
 * after so many events.
 */


#include "fuzz.h"


#define FUZZ_EVENTS  2000


typedef struct {
    ngx_uint_t   server;
    ngx_uint_t   allocations;
    ngx_uint_t   events;
    unsigned     unknown:1;
    unsigned     async:1;
} fuzz_flags_t;


static void fuzz_flags(ngx_str_t *text, fuzz_flags_t *flags);
static void fuzz_prefer(ngx_http_request_t *r);


void
fuzz_exchange(ngx_str_t *input, ngx_uint_t want, ngx_uint_t not)
{
    ngx_str_t             lines, text, body;
    fuzz_flags_t          flags;
    ngx_http_request_t   *r;
    const ngx_zos_op_t   *op;

    static ngx_str_t  unknown = ngx_string("n2");

    lines = *input;

    text = fuzz_until(&lines, LF);
    body = fuzz_until(&lines, LF);

    {
        ngx_str_t  name, word;

        name = fuzz_until(&text, ' ');
        word = fuzz_until(&text, ' ');

        op = fuzz_op_named(&name);
        fuzz_flags(&word, &flags);
    }

    if ((op->flags & want) != want || (op->flags & not)) {
        return;
    }

    fuzz_backend(&lines);

    r = fuzz_request(flags.server);

    fuzz_request_op(op, flags.unknown ? &unknown : NULL);

    r->args = text;

    if (flags.async) {
        fuzz_prefer(r);
    }

    fuzz_allocations = flags.allocations;

    fuzz_run(r, &body, flags.events);

    fuzz_allocations = FUZZ_PLENTY;

    if (getenv("FUZZ_TRACE") && fuzz_answer.flow) {
        fprintf(stderr, "answer: %d %.*s\n", (int) fuzz_answer.flow->status,
                (int) fuzz_answer.body.len, fuzz_answer.body.data);
    }

    /* memory is for what was read, and not for what it says of itself */

    fuzz_assert(fuzz_allocated < (16 << 20) + 256 * input->len);

    if (fuzz_answer.finalized && flags.allocations == FUZZ_PLENTY) {
        fuzz_judge_answer(op);

        if (fuzz_answer.flow && fuzz_answer.flow->status < 300
            && fuzz_answer.body.len)
        {
            fuzz_judge_numbers(&fuzz_answer.body, input);
        }
    }

    fuzz_request_free();

    /* what outlives a request ends by itself */

    fuzz_events(FUZZ_EVENTS);

    ngx_zos_pool_close_idle();
}


static void
fuzz_flags(ngx_str_t *text, fuzz_flags_t *flags)
{
    u_char      *p, *last, *start;
    ngx_int_t    n;

    ngx_memzero(flags, sizeof(fuzz_flags_t));

    flags->server = FUZZ_2017;
    flags->allocations = FUZZ_PLENTY;
    flags->events = FUZZ_EVENTS;

    last = text->data + text->len;

    for (p = text->data; p < last; p++) {

        start = p + 1;

        switch (*p) {

        case '8':
            flags->server = FUZZ_2018;
            continue;

        case 'n':
            flags->unknown = 1;
            continue;

        case 'a':
            flags->async = 1;
            continue;

        case 'o':
        case 'x':

            while (p + 1 < last && p[1] >= '0' && p[1] <= '9') {
                p++;
            }

            n = ngx_atoi(start, ngx_min(p + 1 - start, 4));

            if (n == NGX_ERROR) {
                continue;
            }

            if (start[-1] == 'o') {
                flags->allocations = n;

            } else {
                flags->events = n;
            }
        }
    }
}


static void
fuzz_prefer(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_in.headers);
    fuzz_assert(h);

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "Prefer");
    ngx_str_set(&h->value, "respond-async");
    h->lowcase_key = (u_char *) "prefer";
}
