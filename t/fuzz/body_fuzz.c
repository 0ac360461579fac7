
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Bodies of requests: every table, beside a reading of the tables that knows
 * nothing of sentences; and what the input is as JSON, and as a text.
 *
 * The input is an exchange without answers: see exchange.c.
 */


#include "fuzz.h"
#include <ngx_zos_change.h>


static void fuzz_body_schema(ngx_str_t *text, ngx_uint_t server);
static ngx_uint_t fuzz_body_object(const ngx_zos_field_t *fields,
    json_t *object, ngx_uint_t preset, ngx_uint_t *rules);
static ngx_uint_t fuzz_body_value(const ngx_zos_field_t *field,
    json_t *value, ngx_uint_t preset, ngx_uint_t *rules);
static ngx_uint_t fuzz_body_string(const ngx_zos_field_t *field,
    json_t *value);
static void fuzz_body_check(ngx_str_t *text);
static ngx_uint_t fuzz_depth(ngx_str_t *text);
static void fuzz_body_text(ngx_str_t *text);
static void fuzz_body_yaml(ngx_pool_t *pool, ngx_str_t *json,
    ngx_str_t *text);


void
fuzz_body(ngx_str_t *input)
{
    ngx_str_t  lines;

    fuzz_body_schema(input, FUZZ_2017);
    fuzz_body_schema(input, FUZZ_2018);

    lines = *input;
    (void) fuzz_until(&lines, LF);

    fuzz_body_check(&lines);
    fuzz_body_text(&lines);
}


static void
fuzz_body_schema(ngx_str_t *input, ngx_uint_t server)
{
    json_t               *json;
    ngx_str_t             lines, name, none;
    ngx_uint_t            rules, valid, accepted;
    ngx_http_request_t   *r;
    const ngx_zos_op_t   *op;

    lines = *input;

    name = fuzz_until(&lines, LF);
    name = fuzz_until(&name, ' ');

    op = fuzz_op_named(&name);

    if (op->body == NULL || lines.len == 0) {
        return;
    }

    /* nobody answers: what is valid ends there */

    ngx_str_null(&none);
    fuzz_backend(&none);

    r = fuzz_request(server);
    fuzz_request_op(op, NULL);

    fuzz_run(r, &lines, 200);

    json = json_loadb((char *) lines.data, lines.len, JSON_REJECT_DUPLICATES,
                      NULL);

    if (op->flags & NGX_ZOS_OP_ARRAY) {
        json = json_is_array(json)
               ? json_pack("{s:o}", (char *) op->body->name.data, json)
               : (json_decref(json), NULL);
    }

    rules = op->rules != NULL;

    valid = json_is_object(json)
            && memchr(lines.data, '\0', lines.len) == NULL
            && fuzz_body_object(op->body, json,
                                fuzz_conf(server)->ays_templates, &rules);

    /* a flow is only started for what is valid */

    accepted = fuzz_answer.flow->step != NULL;

    if (accepted) {
        fuzz_assert(valid);

    } else if (fuzz_is(&fuzz_answer.flow->error, "bad body") && !rules) {
        fuzz_assert(!valid);
    }

    json_decref(json);

    fuzz_judge_answer(op);
    fuzz_request_free();

    fuzz_events(200);
    ngx_zos_pool_close_idle();
}


static ngx_uint_t
fuzz_body_object(const ngx_zos_field_t *fields, json_t *object,
    ngx_uint_t preset, ngx_uint_t *rules)
{
    json_t                 *value, *other;
    const ngx_zos_field_t  *field;

    for (field = fields; field->name.len; field++) {

        if (field->presets && !(field->presets & preset)) {
            continue;
        }

        value = json_object_get(object, (char *) field->name.data);
        other = field->alias.len
                ? json_object_get(object, (char *) field->alias.data) : NULL;

        if (json_is_null(value)) {
            value = NULL;
        }

        if (json_is_null(other)) {
            other = NULL;
        }

        if (value && other && !json_equal(value, other)) {
            return 0;
        }

        value = value ? value : other;

        if (value == NULL) {
            if (field->required || field->present) {
                return 0;
            }

            continue;
        }

        if (!fuzz_body_value(field, value, preset, rules)) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
fuzz_body_value(const ngx_zos_field_t *field, json_t *value,
    ngx_uint_t preset, ngx_uint_t *rules)
{
    size_t   i;
    json_t  *item;

    switch (field->type) {

    case NGX_ZOS_STRING:
        return fuzz_body_string(field, value);

    case NGX_ZOS_INTEGER:
        return json_is_integer(value)
               && (!field->bounded
                   || (json_integer_value(value) >= field->min
                       && json_integer_value(value) <= field->max));

    case NGX_ZOS_NUMBER:
        return json_is_number(value);

    case NGX_ZOS_BOOLEAN:
        return json_is_boolean(value);

    case NGX_ZOS_MAP:
        return json_is_object(value);

    case NGX_ZOS_OBJECT:
        *rules |= field->rules != NULL;
        return json_is_object(value)
               && fuzz_body_object(field->fields, value, preset, rules);
    }

    if (!json_is_array(value)
        || (field->required && json_array_size(value) == 0))
    {
        return 0;
    }

    json_array_foreach(value, i, item) {

        if (field->type == NGX_ZOS_STRINGS) {

            if (!fuzz_body_string(field, item)) {
                return 0;
            }

            continue;
        }

        *rules |= field->rules != NULL;

        if (!json_is_object(item)
            || !fuzz_body_object(field->fields, item, preset, rules))
        {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
fuzz_body_string(const ngx_zos_field_t *field, json_t *value)
{
    ngx_str_t         text;
    const ngx_str_t  *listed;

    if (!json_is_string(value)) {
        return 0;
    }

    text.data = (u_char *) json_string_value(value);
    text.len = json_string_length(value);

    if (text.len == 0 && field->type == NGX_ZOS_STRING) {
        return !field->required;
    }

    if ((text.len == 0 && field->required)
        || (field->bounded && text.len > (size_t) field->max)
        || (field->check && field->check(&text) != NGX_OK))
    {
        return 0;
    }

    if (field->values == NULL) {
        return 1;
    }

    for (listed = field->values; listed->len; listed++) {
        if (fuzz_is(listed, (char *) text.data)) {
            return 1;
        }
    }

    return 0;
}


/* ---- what is JSON, and how deep ---- */

static void
fuzz_body_check(ngx_str_t *text)
{
    json_t     *json;
    ngx_str_t   value, again;

    json = fuzz_json(text);

    if (ngx_zos_json_check(text, &value) == NGX_OK) {
        fuzz_assert(json);
        fuzz_assert(fuzz_depth(text) <= NGX_ZOS_JSON_MAX_DEPTH);

        /* without the white space it is the same */

        fuzz_assert(ngx_zos_json_check(&value, &again) == NGX_OK);
        fuzz_assert(again.data == value.data && again.len == value.len);

    } else {
        fuzz_assert(json == NULL
                    || fuzz_depth(text) > NGX_ZOS_JSON_MAX_DEPTH);
    }

    json_decref(json);
}


static ngx_uint_t
fuzz_depth(ngx_str_t *text)
{
    size_t      i;
    ngx_int_t   depth, most;
    ngx_uint_t  string;

    depth = 0;
    most = 0;
    string = 0;

    for (i = 0; i < text->len; i++) {

        switch (text->data[i]) {

        case '\\':
            i += string;
            break;

        case '"':
            string = !string;
            break;

        case '[':
        case '{':
            depth += !string;
            most = ngx_max(most, depth);
            break;

        case ']':
        case '}':
            depth -= !string;
        }
    }

    return most;
}


/* ---- what is written is read again ---- */

static void
fuzz_body_text(ngx_str_t *text)
{
    json_t         *json;
    ngx_str_t       written, value, again;
    ngx_pool_t     *pool;
    ngx_zos_out_t   out;

    if (!ngx_zos_json_is_utf8(text)) {
        return;
    }

    pool = ngx_create_pool(1024, fuzz_cycle->log);
    fuzz_assert(pool);

    fuzz_assert(ngx_zos_out_init(&out, pool, 1) == NGX_OK);
    ngx_zos_out_string(&out, text);
    fuzz_assert(ngx_zos_out_done(&out, &written) == NGX_OK);

    fuzz_assert(written.len <= 6 * text->len + 2);
    fuzz_assert(ngx_zos_json_check(&written, &value) == NGX_OK);
    fuzz_assert(ngx_zos_json_string(pool, &value, &again) == NGX_OK);
    fuzz_assert(again.len == text->len
                && (text->len == 0
                    || memcmp(again.data, text->data, text->len) == 0));

    json = json_loadb((char *) written.data, written.len,
                      JSON_DECODE_ANY|JSON_ALLOW_NUL, NULL);

    fuzz_assert(json && json_string_length(json) == text->len);
    fuzz_assert(memcmp(json_string_value(json), text->data, text->len) == 0);

    json_decref(json);

    fuzz_body_yaml(pool, &written, text);

    ngx_destroy_pool(pool);
}


/* what YAML 1.1 calls printable, and the same text */

static void
fuzz_body_yaml(ngx_pool_t *pool, ngx_str_t *json, ngx_str_t *text)
{
    u_char     *p, *last;
    uint32_t    code;
    ngx_str_t   again;

    fuzz_assert(ngx_zos_yaml(pool, json) == NGX_OK);
    fuzz_assert(ngx_zos_json_string(pool, json, &again) == NGX_OK);
    fuzz_assert(again.len == text->len
                && (text->len == 0
                    || memcmp(again.data, text->data, text->len) == 0));

    p = json->data;
    last = p + json->len;

    while (p < last) {
        code = *p < 0x80 ? *p++ : ngx_utf8_decode(&p, last - p);

        fuzz_assert((code >= 0x20 && code < 0x7f) || code == 0x85
                    || (code >= 0xa0 && code < 0xd800)
                    || (code >= 0xe000 && code < 0xfffe)
                    || (code >= 0x10000 && code < 0x110000));
    }
}
