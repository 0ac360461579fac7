
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Services, lists and runs of AYS, blueprints for it, and what becomes of
 * them: every operation that AYS has a part in.
 */


#include "fuzz.h"


void
fuzz_ays(ngx_str_t *input)
{
    fuzz_exchange(input, NGX_ZOS_OP_AYS, 0);
}
