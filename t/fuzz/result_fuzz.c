
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Results of core0 and the projections that become answers: every operation
 * that nodes answer.
 */


#include "fuzz.h"


void
fuzz_result(ngx_str_t *input)
{
    fuzz_exchange(input, 0, NGX_ZOS_OP_AYS);
}
