
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "unit.h"


static ngx_uint_t  passed, failed;


void
unit_expect(ngx_uint_t ok, const char *function, int line,
    const char *condition, const ngx_str_t *str)
{
    if (ok) {
        passed++;
        return;
    }

    failed++;

    printf("%s:%d: %s", function, line, condition);

    if (str) {
        printf(", %.*s", (int) str->len, str->data);
    }

    printf("\n");
}


ngx_str_t
unit_copy(const ngx_str_t *from, size_t len)
{
    ngx_str_t  str;

    str.len = len;
    str.data = malloc(len);

    if (str.data == NULL) {
        abort();
    }

    if (len) {
        memcpy(str.data, from->data, len);
    }

    return str;
}


ngx_uint_t
unit_equal(ngx_str_t *str, const char *expected)
{
    return str->len == strlen(expected)
           && memcmp(str->data, expected, str->len) == 0;
}


int
main(void)
{
    stub_allocations = STUB_PLENTY;

    test_json_check();
    test_json();
    test_multipart();

    printf("%lu passed, %lu failed\n", (unsigned long) passed,
           (unsigned long) failed);

    return failed ? 1 : 0;
}
