
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What the tests share: counting, and the functions of nginx that the parts
 * under test call.  The memory of the pool, whichever it is, stays until
 * stub_free_all().
 */


#ifndef _UNIT_H_INCLUDED_
#define _UNIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define text(literal)  { sizeof(literal) - 1, (u_char *) literal }

#define expect(condition)                                                    \
    unit_expect((condition) ? 1 : 0, __FUNCTION__, __LINE__, #condition, NULL)

/* shows the text that it is about */

#define expect_of(condition, str)                                            \
    unit_expect((condition) ? 1 : 0, __FUNCTION__, __LINE__, #condition, str)


void unit_expect(ngx_uint_t ok, const char *function, int line,
    const char *condition, const ngx_str_t *str);

/* A block of its own size, so that the sanitizers see a byte too far. */
ngx_str_t unit_copy(const ngx_str_t *from, size_t len);

ngx_uint_t unit_equal(ngx_str_t *str, const char *expected);

void test_json_check(void);
void test_json(void);
void test_multipart(void);


#define STUB_PLENTY  ((ngx_uint_t) -1)

/* so many allocations succeed yet */
extern ngx_uint_t  stub_allocations;

void stub_free_all(void);


#endif /* _UNIT_H_INCLUDED_ */
