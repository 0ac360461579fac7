
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * JSON as slices of text.
 *
 * The answers of the backends are projected, not interpreted: numbers must
 * leave with exactly the digits they came with (64-bit counters, float
 * digits), which a parser that builds values can't promise.  So a text is
 * checked once, and from then on a value is an ngx_str_t over that text;
 * nothing is allocated to walk it.  All the functions but
 * ngx_zos_json_check() require text that has passed it.
 *
 * Request bodies, where values matter and sizes are small, use jansson.
 */


#ifndef _NGX_ZOS_JSON_H_INCLUDED_
#define _NGX_ZOS_JSON_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_ZOS_JSON_MAX_DEPTH  64


typedef enum {
    NGX_ZOS_JSON_OBJECT = 0,
    NGX_ZOS_JSON_ARRAY,
    NGX_ZOS_JSON_STRING,
    NGX_ZOS_JSON_NUMBER,
    NGX_ZOS_JSON_TRUE,
    NGX_ZOS_JSON_FALSE,
    NGX_ZOS_JSON_NULL
} ngx_zos_json_type_e;


typedef struct {
    u_char       *pos;
    u_char       *last;
    ngx_uint_t    depth;         /* of the members, in all that is checked */
    unsigned      object:1;
    unsigned      first:1;
    unsigned      checked:1;     /* once is enough */
} ngx_zos_json_iter_t;


/* A growing text; the memory is the pool's. */

typedef struct {
    ngx_pool_t   *pool;
    u_char       *start;
    u_char       *pos;
    u_char       *end;
    ngx_uint_t    failed;        /* unsigned  failed:1; */
} ngx_zos_out_t;


/*
 * One JSON value of at most NGX_ZOS_JSON_MAX_DEPTH levels in valid UTF-8,
 * white space around it allowed.  NGX_OK: "value" is the value without the
 * white space.  NGX_ERROR: not JSON.  What is checked can be written to: half a
 * pair of surrogates becomes the replacement character.
 */
ngx_int_t ngx_zos_json_check(ngx_str_t *text, ngx_str_t *value);

/*
 * How many values a text can have at most, whether it is JSON or not: what
 * jansson makes of one takes some hundred bytes, and two bytes are enough for
 * one.
 */
ngx_uint_t ngx_zos_json_values(ngx_str_t *text);

/* Text that may go into a JSON string. */
ngx_uint_t ngx_zos_json_is_utf8(ngx_str_t *text);

ngx_zos_json_type_e ngx_zos_json_type(ngx_str_t *value);

/* Members of an object, or elements of an array ("key" is then empty). */
void ngx_zos_json_iter(ngx_zos_json_iter_t *it, ngx_str_t *value);
ngx_int_t ngx_zos_json_next(ngx_zos_json_iter_t *it, ngx_str_t *key,
    ngx_str_t *value);

/*
 * Starts on an object in text that has not been checked: that is done member
 * by member, white space around it allowed, and ngx_zos_json_next() returns
 * NGX_ERROR where it is not JSON.  NGX_ERROR: no object.
 */
ngx_int_t ngx_zos_json_open(ngx_zos_json_iter_t *it, ngx_str_t *text);

/*
 * The member at a dotted path ("cmd.id").  NGX_DECLINED: some step of it is
 * absent, null, or no object; "value" is then { 0, NULL }.
 */
ngx_int_t ngx_zos_json_get(ngx_str_t *object, const ngx_str_t *path,
    ngx_str_t *value);

/*
 * The code point of an escape with its four digits, of two if it is a pair:
 * "*src" is at the "u", and is left behind the last digit.
 */
ngx_uint_t ngx_zos_json_code(u_char **src, u_char *last);

/* Writes it as UTF-8, of at most four bytes; returns the end. */
u_char *ngx_zos_json_utf8(u_char *dst, ngx_uint_t code);

/*
 * The text of a string value, escapes resolved.  Points into the value where
 * there are none, else into the pool.  NGX_DECLINED: not a string.
 */
ngx_int_t ngx_zos_json_string(ngx_pool_t *pool, ngx_str_t *value,
    ngx_str_t *text);

/* NGX_ERROR: not an integer, or it does not fit. */
ngx_int_t ngx_zos_json_integer(ngx_str_t *value, int64_t *number);


/* ---- writing: src/ngx_zos_out.c ---- */

ngx_int_t ngx_zos_out_init(ngx_zos_out_t *out, ngx_pool_t *pool, size_t size);
void ngx_zos_out(ngx_zos_out_t *out, const u_char *data, size_t len);
void ngx_zos_out_string(ngx_zos_out_t *out, const ngx_str_t *text);
void ngx_zos_out_base64(ngx_zos_out_t *out, ngx_str_t *bytes);
void ngx_zos_out_integer(ngx_zos_out_t *out, int64_t number);

/* NGX_ERROR: some write ran out of memory. */
ngx_int_t ngx_zos_out_done(ngx_zos_out_t *out, ngx_str_t *text);

#define ngx_zos_out_literal(out, text)                                       \
    ngx_zos_out(out, (const u_char *) text, sizeof(text) - 1)

#define ngx_zos_out_str(out, str)                                            \
    ngx_zos_out(out, (str)->data, (str)->len)


#endif /* _NGX_ZOS_JSON_H_INCLUDED_ */
