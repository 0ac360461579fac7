/* Containers.  (Not there yet.) */

#include "core0d.h"


int
container_number(const container_t *ct)
{
    (void) ct;

    return 0;
}


pid_t
container_pid(const container_t *ct)
{
    (void) ct;

    return 0;
}


const char *
container_hostname(const container_t *ct)
{
    (void) ct;

    return opt.hostname;
}


pid_t
container_inside(const container_t *ct, pid_t host)
{
    (void) ct;

    return host;
}
