
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What the targets share: nginx started from fuzz.conf with the real module
 * and the real tables, requests without a client, backends without a network
 * (backend.c), memory that is counted and may run out, and jansson as the
 * judge of what is JSON.
 */


#ifndef _FUZZ_H_INCLUDED_
#define _FUZZ_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_auth.h>
#include <ngx_zos_ays.h>

#include <jansson.h>


/* A property that does not hold ends the run, as a finding. */

#define fuzz_assert(condition)                                               \
    if (!(condition)) {                                                      \
        fuzz_broken(__FILE__, __LINE__, #condition);                         \
    }


/* the servers of fuzz.conf */

typedef enum {
    FUZZ_2017 = 0,
    FUZZ_2018,
    FUZZ_AUTH
} fuzz_server_e;


/* random bytes of the module are zeros, so that ids are known */

#define FUZZ_ID   "00000000-0000-4000-8000-000000000000"


/* a target: fuzz.c has the table of them, *_fuzz.c the targets */

typedef void (*fuzz_target_pt)(ngx_str_t *input);

void fuzz_resp(ngx_str_t *input);
void fuzz_result(ngx_str_t *input);
void fuzz_ays(ngx_str_t *input);
void fuzz_route(ngx_str_t *input);
void fuzz_body(ngx_str_t *input);
void fuzz_multipart(ngx_str_t *input);
void fuzz_jwt(ngx_str_t *input);
void fuzz_openapi(ngx_str_t *input);

/* writes a public key for fuzz.conf: jwt_fuzz.c has the private one */
void fuzz_jwt_key(const char *file);


void fuzz_broken(const char *file, int line, const char *condition)
    __attribute__((noreturn));

/* One byte, or what is up to "ch", taken off the input; empty at its end. */
ngx_uint_t fuzz_byte(ngx_str_t *input);
ngx_str_t fuzz_until(ngx_str_t *input, u_char ch);

ngx_uint_t fuzz_is(const ngx_str_t *one, const char *two);


/* ---- memory ---- */

#define FUZZ_PLENTY  ((ngx_uint_t) -1)

/* so many allocations of pools succeed yet */
extern ngx_uint_t  fuzz_allocations;

/* bytes that pools have taken in this run */
extern size_t      fuzz_allocated;


/* ---- requests: request.c ---- */

typedef struct {
    ngx_http_request_t   *request;
    ngx_zos_flow_t       *flow;      /* NULL: none was made */
    ngx_int_t             rc;        /* that it was finalized with */
    ngx_str_t             body;      /* of the answer, malloc()ed */
    unsigned              finalized:1;
    unsigned              sent:1;    /* the header was */
} fuzz_answer_t;


/* the one of the run */
extern fuzz_answer_t  fuzz_answer;

extern ngx_cycle_t   *fuzz_cycle;

/* Operations by number; NULL behind the last. */
const ngx_zos_op_t *fuzz_op(ngx_uint_t n);

/* By name; any name is one of some operation. */
const ngx_zos_op_t *fuzz_op_named(ngx_str_t *name);

ngx_zos_loc_conf_t *fuzz_conf(ngx_uint_t server);

ngx_http_request_t *fuzz_request(ngx_uint_t server);
void fuzz_request_free(void);

/* A request of the operation, with parameters that are valid. */
void fuzz_request_op(const ngx_zos_op_t *op, ngx_str_t *node);

/* Runs the content handler, and events until there are no more of them. */
void fuzz_run(ngx_http_request_t *r, ngx_str_t *body, ngx_uint_t events);

/* Events and timers, in a time that passes as it is needed. */
void fuzz_events(ngx_uint_t n);


/* ---- what backends answer: backend.c ---- */

/* Lines, one for each answer; "raw" is what a node sends, for resp. */
void fuzz_backend(ngx_str_t *lines);
void fuzz_backend_raw(ngx_str_t *bytes, ngx_uint_t piece);


/* ---- exchanges: exchange.c ---- */

/* A request of an operation with these flags, and without those. */
void fuzz_exchange(ngx_str_t *input, ngx_uint_t want, ngx_uint_t not);


/* ---- JSON: judge.c ---- */

/*
 * jansson's opinion.  It has no numbers beyond its types and no halves of
 * surrogate pairs, which JSON has: they are replaced before it looks.  NULL:
 * not JSON.
 */
json_t *fuzz_json(ngx_str_t *text);

/* ... and the value is what the view says. */
void fuzz_judge_view(const ngx_zos_view_t *view, json_t *value);

/* Each integer in "text" has its digits from "source", or from the module. */
void fuzz_judge_numbers(ngx_str_t *text, ngx_str_t *source);

/* The answer of the run is one that the API documents. */
void fuzz_judge_answer(const ngx_zos_op_t *op);


#endif /* _FUZZ_H_INCLUDED_ */
