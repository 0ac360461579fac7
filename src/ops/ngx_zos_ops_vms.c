
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


static const ngx_zos_member_t  ngx_zos_vm_disk_members[] = {

    { .name = ngx_string("readIops"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("reads per second, rounded") },

    { .name = ngx_string("readThroughput"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("MiB per second") },

    { .name = ngx_string("writeIops"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("writes per second, rounded") },

    { .name = ngx_string("writeThroughput"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("MiB per second") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_vm_nic_members[] = {

    { .name = ngx_string("receivedPackets"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("packets per second, rounded") },

    { .name = ngx_string("receivedThroughput"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("MiB per second") },

    { .name = ngx_string("transmittedPackets"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("packets per second, rounded") },

    { .name = ngx_string("transmittedThroughput"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("MiB per second") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_vm_info_members[] = {

    { .name = ngx_string("cpu"), .type = NGX_ZOS_NUMBERS,
      .text = ngx_string("CPU seconds per second, for each virtual CPU") },

    { .name = ngx_string("disks"), .type = NGX_ZOS_OBJECTS,
      .members = ngx_zos_vm_disk_members,
      .text = ngx_string("by the name of the disk") },

    { .name = ngx_string("nics"), .type = NGX_ZOS_OBJECTS,
      .members = ngx_zos_vm_nic_members,
      .text = ngx_string("by the name of the interface") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_vm_info_view = {
    .name = ngx_string("VMInfo"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_vm_info_members,
};


const ngx_zos_op_t  ngx_zos_ops_vms[] = {

    {
      .name = ngx_string("getVMInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/info"),
      .summary = ngx_string("What a virtual machine uses, on average "
                            "over 5 minutes"),
      .view = &ngx_zos_vm_info_view,
      .steps = ngx_zos_steps_vm_info,
    },

    {
      .name = ngx_string("listVMs"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/vms"),
      .summary = ngx_string("List the virtual machines of a node"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms"),
      .summary = ngx_string("Create and start a virtual machine"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getVM"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}"),
      .summary = ngx_string("One virtual machine"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("updateVM"),
      .method = NGX_HTTP_PUT,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}"),
      .summary = ngx_string("Change cpu, memory, nics and disks "
                            "of a virtual machine"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteVM"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}"),
      .summary = ngx_string("Stop and remove a virtual machine "
                            "(its vdisks stay)"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("startVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/start"),
      .summary = ngx_string("Start a virtual machine"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("stopVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/stop"),
      .summary = ngx_string("Power a virtual machine off"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("pauseVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/pause"),
      .summary = ngx_string("Suspend a virtual machine"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("resumeVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/resume"),
      .summary = ngx_string("Continue a suspended virtual machine"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("shutdownVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/shutdown"),
      .summary = ngx_string("Ask the guest to shut down; AYS "
                            "waits up to 60 s for it"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("migrateVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/migrate"),
      .summary = ngx_string("Move a virtual machine to another "
                            "node"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("exportVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/export"),
      .summary = ngx_string("Export a halted virtual machine "
                            "(disks and description) to an ftp "
                            "server"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("importVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/import"),
      .summary = ngx_string("Create a virtual machine from an "
                            "export on an ftp server"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
