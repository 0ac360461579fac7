
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What answers about virtual machines have.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
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


const ngx_zos_view_t  ngx_zos_vm_info_view = {
    .name = ngx_string("VMInfo"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_vm_info_members,
};


static const ngx_zos_member_t  ngx_zos_vm_item_members[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .from = ngx_string("name"),
      .text = ngx_string("name of the virtual machine") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("deploying, running, halted, paused, halting, "
                         "migrating, starting, error or networkKilled") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_vm_disk_item_members[] = {

    { .name = ngx_string("maxIOps"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("limit, 0: none") },

    { .name = ngx_string("vdiskid"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the vdisk") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_vm_nic_item_members[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .text = ngx_string("tag or name of the bridge") },

    { .name = ngx_string("macaddress"), .type = NGX_ZOS_STRING,
      .text = ngx_string("MAC address") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING,
      .text = ngx_string("vlan, vxlan, default or bridge") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_vm_members[] = {

    { .name = ngx_string("cpu"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.cpu"),
      .text = ngx_string("virtual CPUs") },

    { .name = ngx_string("disks"), .type = NGX_ZOS_OBJECTS,
      .from = ngx_string("data.disks"),
      .members = ngx_zos_vm_disk_item_members,
      .text = ngx_string("vdisks") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .from = ngx_string("name"),
      .text = ngx_string("name of the virtual machine") },

    { .name = ngx_string("memory"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.memory"),
      .text = ngx_string("MiB") },

    { .name = ngx_string("nics"), .type = NGX_ZOS_OBJECTS,
      .from = ngx_string("data.nics"),
      .members = ngx_zos_vm_nic_item_members,
      .text = ngx_string("network interfaces") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("deploying, running, halted, paused, halting, "
                         "migrating, starting, error or networkKilled") },

    { .name = ngx_string("vnc"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.vnc"),
      .text = ngx_string("port of its screen, -1: none") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_vm_export_members[] = {

    { .name = ngx_string("url"), .type = NGX_ZOS_STRING,
      .text = ngx_string("where it is, without user and password") },

    { .name = ngx_null_string }
};


const ngx_zos_view_t  ngx_zos_vm_list_view = {
    .name = ngx_string("VMListItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_vm_item_members,
    .sort = { ngx_string("name") },
};


const ngx_zos_view_t  ngx_zos_vm_view = {
    .name = ngx_string("VM"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_vm_members,
};


const ngx_zos_view_t  ngx_zos_vm_export_view = {
    .name = ngx_string("VMExport"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_vm_export_members,
};
