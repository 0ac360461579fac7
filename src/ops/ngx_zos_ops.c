
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_ops_t  ngx_zos_ops[] = {
    { ngx_string("nodes"), ngx_zos_ops_nodes },
    { ngx_string("info"), ngx_zos_ops_info },
    { ngx_string("jobs"), ngx_zos_ops_jobs },
    { ngx_string("processes"), ngx_zos_ops_processes },
    { ngx_string("files"), ngx_zos_ops_files },
    { ngx_string("containers"), ngx_zos_ops_containers },
    { ngx_string("bridges"), ngx_zos_ops_bridges },
    { ngx_string("storagepools"), ngx_zos_ops_storagepools },
    { ngx_string("zerotiers"), ngx_zos_ops_zerotiers },
    { ngx_string("gateways"), ngx_zos_ops_gateways },
    { ngx_string("vms"), ngx_zos_ops_vms },
    { ngx_string("clusters"), ngx_zos_ops_clusters },
    { ngx_string("vdisks"), ngx_zos_ops_vdisks },
    { ngx_string("vdiskstorages"), ngx_zos_ops_vdiskstorages },
    { ngx_string("images"), ngx_zos_ops_images },
    { ngx_string("backup"), ngx_zos_ops_backup },
    { ngx_string("graphs"), ngx_zos_ops_graphs },
    { ngx_string("health"), ngx_zos_ops_health },
    { ngx_string("webhooks"), ngx_zos_ops_webhooks },
    { ngx_string("runs"), ngx_zos_ops_runs },
    { ngx_null_string, NULL }
};
