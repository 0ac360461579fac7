#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
ngx_int_t
ngx_zos_openapi_handler(ngx_http_request_t *r)
{
    return NGX_HTTP_NOT_FOUND;
}
