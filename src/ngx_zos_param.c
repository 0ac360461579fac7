
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Path parameters.  Names end up in Redis keys, in URLs of AYS and in the
 * regular expressions it makes of them, so nothing but a name may pass.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_gateway.h>


#define NGX_ZOS_NAME_MAX    128
#define NGX_ZOS_JOB_ID_MAX  128


static ngx_int_t ngx_zos_check_word(ngx_str_t *value, char *others,
    size_t max);
static ngx_int_t ngx_zos_check_pid(ngx_str_t *value);
static ngx_int_t ngx_zos_check_forward(ngx_str_t *value);


#define NGX_ZOS_NAME_RULE                                                    \
    ngx_string("must be a name of letters, digits, \".\", \"_\" and \"-\", "   \
               "128 at most, with a letter or digit")

#define NGX_ZOS_NAME_PATTERN                                                 \
    ngx_string("^(?=.{1,128}$)[._-]*[A-Za-z0-9][A-Za-z0-9._-]*$")

#define NGX_ZOS_NAME(name, text)                                             \
    { ngx_string(name), ngx_zos_check_name, NGX_ZOS_NAME_RULE,               \
      NGX_ZOS_NAME_PATTERN, ngx_string(text) }


static const ngx_zos_param_t  ngx_zos_params[] = {

    NGX_ZOS_NAME("nodeid", "id of the node"),
    NGX_ZOS_NAME("containername", "name of the container"),

    { ngx_string("jobid"), ngx_zos_check_job_id,
      ngx_string("must be a job id of letters, digits, \".\", \"_\", "
                 "\":\" and \"-\", 128 at most, with a letter or digit"),
      ngx_string("^(?=.{1,128}$)[._:-]*[A-Za-z0-9][A-Za-z0-9._:-]*$"),
      ngx_string("id of the job") },

    { ngx_string("runid"), ngx_zos_check_job_id,
      ngx_string("must be a run id of letters, digits, \".\", \"_\", "
                 "\":\" and \"-\", 128 at most, with a letter or digit"),
      ngx_string("^(?=.{1,128}$)[._:-]*[A-Za-z0-9][A-Za-z0-9._:-]*$"),
      ngx_string("id of the run") },

    { ngx_string("processid"), ngx_zos_check_pid,
      ngx_string("must be a process id from 1 to 2147483647"),
      ngx_string("^[1-9][0-9]{0,9}$"),
      ngx_string("id of the process") },

    NGX_ZOS_NAME("bridgeid", "name of the bridge"),
    NGX_ZOS_NAME("storagepoolname", "name of the storage pool"),
    NGX_ZOS_NAME("deviceuuid", "UUID of the device's partition"),
    NGX_ZOS_NAME("filesystemname", "name of the filesystem"),
    NGX_ZOS_NAME("snapshotname", "name of the snapshot"),
    NGX_ZOS_NAME("zerotierid", "id of the ZeroTier network"),
    NGX_ZOS_NAME("gwname", "name of the gateway"),
    NGX_ZOS_NAME("interface", "name of the gateway's interface"),

    { ngx_string("forwardid"), ngx_zos_check_forward,
      ngx_string("must be an address and a port, \"192.0.2.1:80\""),
      ngx_string("^[0-9.]+:[0-9]+$"),
      ngx_string("source address and port of the forward") },

    { ngx_string("macaddress"), ngx_zos_check_mac,
      ngx_string("must be a MAC address, \"52:54:00:12:34:56\""),
      ngx_string("^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$"),
      ngx_string("MAC address of the host") },

    { ngx_string("proxyid"), ngx_zos_check_host, ngx_zos_rule_host,
      ngx_string("^[A-Za-z0-9._:/*\\[\\]-]{1,255}$"),
      ngx_string("host of the proxy, percent-encoded") },

    NGX_ZOS_NAME("vmid", "name of the virtual machine"),
    NGX_ZOS_NAME("label", "label of the storage cluster"),
    NGX_ZOS_NAME("vdiskid", "name of the vdisk"),
    NGX_ZOS_NAME("vdiskstorageid", "name of the vdisk storage"),
    NGX_ZOS_NAME("imageid", "name of the image"),
    NGX_ZOS_NAME("graphid", "name of the graph"),
    NGX_ZOS_NAME("dashboardname", "name of the dashboard"),
    NGX_ZOS_NAME("storageclusterid", "label of the storage cluster"),
    NGX_ZOS_NAME("webhookname", "name of the webhook"),

    { ngx_null_string, NULL, ngx_null_string, ngx_null_string,
      ngx_null_string }
};


const ngx_zos_param_t *
ngx_zos_param(ngx_str_t *name)
{
    const ngx_zos_param_t  *param;

    for (param = ngx_zos_params; param->name.len; param++) {
        if (param->name.len == name->len
            && ngx_memcmp(param->name.data, name->data, name->len) == 0)
        {
            return param;
        }
    }

    return NULL;
}


ngx_int_t
ngx_zos_check_name(ngx_str_t *value)
{
    return ngx_zos_check_word(value, "._-", NGX_ZOS_NAME_MAX);
}


ngx_int_t
ngx_zos_check_job_id(ngx_str_t *value)
{
    return ngx_zos_check_word(value, ":._-", NGX_ZOS_JOB_ID_MAX);
}


/* not without a letter or digit: ".." leads to another place of AYS */

static ngx_int_t
ngx_zos_check_word(ngx_str_t *value, char *others, size_t max)
{
    u_char      ch;
    size_t      i;
    ngx_uint_t  alnum;

    if (value->len == 0 || value->len > max) {
        return NGX_DECLINED;
    }

    alnum = 0;

    for (i = 0; i < value->len; i++) {
        ch = value->data[i];

        if ((ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z')
            || (ch >= 'A' && ch <= 'Z'))
        {
            alnum = 1;

        } else if (ch == '\0' || ngx_strchr(others, ch) == NULL) {
            return NGX_DECLINED;
        }
    }

    return alnum ? NGX_OK : NGX_DECLINED;
}


/* core0 has signed 32 bits for it, and takes 0 for all the processes */

static ngx_int_t
ngx_zos_check_pid(ngx_str_t *value)
{
    ngx_int_t  n;

    if (value->len == 0 || value->len > 10 || *value->data == '0') {
        return NGX_DECLINED;
    }

    n = ngx_atoi(value->data, value->len);

    return (n < 1 || n > 2147483647) ? NGX_DECLINED : NGX_OK;
}


static ngx_int_t
ngx_zos_check_forward(ngx_str_t *value)
{
    u_char     *colon, *last;
    ngx_int_t   port;

    last = value->data + value->len;
    colon = ngx_strlchr(value->data, last, ':');

    if (colon == NULL
        || ngx_inet_addr(value->data, colon - value->data) == INADDR_NONE)
    {
        return NGX_DECLINED;
    }

    port = ngx_atoi(colon + 1, last - colon - 1);

    return (port < 1 || port > 65535) ? NGX_DECLINED : NGX_OK;
}
