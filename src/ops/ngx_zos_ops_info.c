
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What a node tells of itself.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


static const ngx_zos_member_t  ngx_zos_state_members[] = {

    { .name = ngx_string("cpu"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("percent of all the CPUs since the last call") },

    { .name = ngx_string("rss"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("swap"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("vms"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_cpu_members[] = {

    { .name = ngx_string("cacheSize"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("KiB") },

    { .name = ngx_string("cores"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("1, each logical CPU has an entry") },

    { .name = ngx_string("family"), .type = NGX_ZOS_STRING,
      .text = ngx_string("CPU family") },

    { .name = ngx_string("flags"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("features") },

    { .name = ngx_string("mhz"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("MHz") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_disk_members[] = {

    { .name = ngx_string("device"), .type = NGX_ZOS_STRING,
      .get = ngx_zos_disk_device,
      .text = ngx_string("device file") },

    { .name = ngx_string("size"), .type = NGX_ZOS_INTEGER,
      .get = ngx_zos_disk_size,
      .text = ngx_string("GiB, rounded down") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING,
      .get = ngx_zos_disk_type,
      .text = ngx_string("nvme, ssd, hdd or archive") },

    { .name = ngx_string("partitions"), .type = NGX_ZOS_OBJECTS,
      .members = ngx_zos_partition_members,
      .get = ngx_zos_disk_partitions,
      .text = ngx_string("what it is divided into") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_mount_members[] = {

    { .name = ngx_string("mountpoint"), .type = NGX_ZOS_STRING,
      .text = ngx_string("where it is mounted") },

    { .name = ngx_string("device"), .type = NGX_ZOS_STRING,
      .text = ngx_string("what is mounted") },

    { .name = ngx_string("opts"), .type = NGX_ZOS_STRING,
      .text = ngx_string("mount options") },

    { .name = ngx_string("fstype"), .type = NGX_ZOS_STRING,
      .text = ngx_string("type of the filesystem") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_mem_members[] = {

    { .name = ngx_string("active"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("available"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("buffers"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("cached"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("free"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("inactive"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("total"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("used"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("usedPercent"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("percent") },

    { .name = ngx_string("wired"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes, 0 on Linux") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_nic_members[] = {

    { .name = ngx_string("addrs"), .type = NGX_ZOS_STRINGS,
      .item = ngx_string("addr"),
      .text = ngx_string("addresses with prefix lengths") },

    { .name = ngx_string("flags"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("up, broadcast, loopback, pointtopoint, multicast") },

    { .name = ngx_string("hardwareaddr"), .type = NGX_ZOS_STRING,
      .text = ngx_string("MAC address") },

    { .name = ngx_string("mtu"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the interface") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_os_members[] = {

    { .name = ngx_string("bootTime"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("seconds since the epoch") },

    { .name = ngx_string("hostname"), .type = NGX_ZOS_STRING,
      .text = ngx_string("host name") },

    { .name = ngx_string("os"), .type = NGX_ZOS_STRING,
      .text = ngx_string("\"linux\"") },

    { .name = ngx_string("platform"), .type = NGX_ZOS_STRING,
      .text = ngx_string("distribution") },

    { .name = ngx_string("platformFamily"), .type = NGX_ZOS_STRING,
      .text = ngx_string("its family") },

    { .name = ngx_string("platformVersion"), .type = NGX_ZOS_STRING,
      .text = ngx_string("its version") },

    { .name = ngx_string("procs"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("number of processes") },

    { .name = ngx_string("uptime"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("seconds") },

    { .name = ngx_string("virtualizationRole"), .type = NGX_ZOS_STRING,
      .text = ngx_string("guest or host") },

    { .name = ngx_string("virtualizationSystem"), .type = NGX_ZOS_STRING,
      .text = ngx_string("hypervisor") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_state_view = {
    .name = ngx_string("CoreState"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_state_members,
};


static const ngx_zos_view_t  ngx_zos_cpu_view = {
    .name = ngx_string("CPUInfo"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_cpu_members,
    .sort = { ngx_string("cpu") },
};


static const ngx_zos_view_t  ngx_zos_disk_view = {
    .name = ngx_string("DiskInfo"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_disk_members,
    .sort = { ngx_string("name") },
    .list = ngx_zos_disk_list,
    .skip = ngx_zos_disk_skip,
};


static const ngx_zos_view_t  ngx_zos_mount_view = {
    .name = ngx_string("NodeMount"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_mount_members,
    .sort = { ngx_string("mountpoint"), ngx_string("device") },
};


static const ngx_zos_view_t  ngx_zos_mem_view = {
    .name = ngx_string("MemInfo"),
    .shape = NGX_ZOS_VIEW_WRAPPED,
    .members = ngx_zos_mem_members,
};


static const ngx_zos_view_t  ngx_zos_container_mem_view = {
    .name = ngx_string("MemInfo"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_mem_members,
};


static const ngx_zos_view_t  ngx_zos_nic_view = {
    .name = ngx_string("NicInfo"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_nic_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_view_t  ngx_zos_os_view = {
    .name = ngx_string("OSInfo"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_os_members,
};


static const ngx_zos_view_t  ngx_zos_stats_view = {
    .name = ngx_string("NodeStats"),
    .shape = NGX_ZOS_VIEW_MAP,
};


static const ngx_zos_view_t  ngx_zos_ping_view = {
    .name = ngx_string("Ping"),
    .shape = NGX_ZOS_VIEW_BOOLEAN,
};


static const ngx_zos_command_t  ngx_zos_ping_command = {
    .name = ngx_string("core.ping"),
};


static const ngx_zos_command_t  ngx_zos_state_command = {
    .name = ngx_string("core.state"),
};


static const ngx_zos_command_t  ngx_zos_cpu_command = {
    .name = ngx_string("info.cpu"),
};


static const ngx_zos_command_t  ngx_zos_disk_command = {
    .name = ngx_string("disk.list"),
};


static const ngx_zos_command_t  ngx_zos_mount_command = {
    .name = ngx_string("info.disk"),
};


static const ngx_zos_command_t  ngx_zos_mem_command = {
    .name = ngx_string("info.mem"),
};


static const ngx_zos_command_t  ngx_zos_nic_command = {
    .name = ngx_string("info.nic"),
};


static const ngx_zos_command_t  ngx_zos_os_command = {
    .name = ngx_string("info.os"),
};


/* the answer may have hundreds of metrics: both narrow it on the node */

static const ngx_zos_field_t  ngx_zos_stats_query[] = {

    { .name = ngx_string("key"), .type = NGX_ZOS_STRING,
      .text = ngx_string("only this metric") },

    { .name = ngx_string("tag."), .type = NGX_ZOS_MAP,
      .text = ngx_string("only metrics with this tag, tag.<name>=<value>") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_stats_args[] = {
    { .name = ngx_string("key"), .from = NGX_ZOS_FROM_QUERY,
      .key = ngx_string("key") },
    { .name = ngx_string("tags"), .from = NGX_ZOS_FROM_QUERY_TAGS,
      .key = ngx_string("tag.") },
    { .name = ngx_null_string }
};


static const ngx_zos_command_t  ngx_zos_stats_command = {
    .name = ngx_string("aggregator.query"),
    .args = ngx_zos_stats_args,
};


const ngx_zos_op_t  ngx_zos_ops_info[] = {

    {
      .name = ngx_string("pingNode"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/ping"),
      .summary = ngx_string("Tell whether the node answers"),
      .command = &ngx_zos_ping_command,
      .view = &ngx_zos_ping_view,
      .steps = ngx_zos_steps_ping,
    },

    {
      .name = ngx_string("getNodeState"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/state"),
      .summary = ngx_string("Resources used by core0 and the processes that"
                            " it manages"),
      .command = &ngx_zos_state_command,
      .view = &ngx_zos_state_view,
    },

    {
      .name = ngx_string("getCPUInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/cpus"),
      .summary = ngx_string("The CPUs of the node"),
      .command = &ngx_zos_cpu_command,
      .view = &ngx_zos_cpu_view,
    },

    {
      .name = ngx_string("getDiskInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/disks"),
      .summary = ngx_string("The disks of the node"),
      .command = &ngx_zos_disk_command,
      .view = &ngx_zos_disk_view,
    },

    {
      .name = ngx_string("getNodeMounts"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/mounts"),
      .summary = ngx_string("The mounted filesystems of the node"),
      .command = &ngx_zos_mount_command,
      .view = &ngx_zos_mount_view,
    },

    {
      .name = ngx_string("getMemInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/mem"),
      .summary = ngx_string("The memory of the node"),
      .command = &ngx_zos_mem_command,
      .view = &ngx_zos_mem_view,
    },

    {
      .name = ngx_string("getNicInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/nics"),
      .summary = ngx_string("The network interfaces of the node"),
      .command = &ngx_zos_nic_command,
      .view = &ngx_zos_nic_view,
    },

    {
      .name = ngx_string("getNodeOSInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/info"),
      .summary = ngx_string("The operating system of the node"),
      .command = &ngx_zos_os_command,
      .view = &ngx_zos_os_view,
    },

    {
      .name = ngx_string("getStats"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/stats"),
      .summary = ngx_string("The statistics of the node"),
      .query = ngx_zos_stats_query,
      .command = &ngx_zos_stats_command,
      .view = &ngx_zos_stats_view,
    },

    {
      .name = ngx_string("pingContainer"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/ping"),
      .summary = ngx_string("Tell whether the container answers"),
      .command = &ngx_zos_ping_command,
      .view = &ngx_zos_ping_view,
      .steps = ngx_zos_steps_ping,
    },

    {
      .name = ngx_string("getContainerState"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/state"),
      .summary = ngx_string("Resources used in the container"),
      .command = &ngx_zos_state_command,
      .view = &ngx_zos_state_view,
    },

    {
      .name = ngx_string("getContainerCPUInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/cpus"),
      .summary = ngx_string("The CPUs that the container sees"),
      .command = &ngx_zos_cpu_command,
      .view = &ngx_zos_cpu_view,
    },

    {
      .name = ngx_string("getContainerMemInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/mem"),
      .summary = ngx_string("The memory that the container sees"),
      .command = &ngx_zos_mem_command,
      .view = &ngx_zos_container_mem_view,
    },

    {
      .name = ngx_string("getContainerNicInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/nics"),
      .summary = ngx_string("The network interfaces of the container"),
      .command = &ngx_zos_nic_command,
      .view = &ngx_zos_nic_view,
    },

    {
      .name = ngx_string("getContainerOSInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/info"),
      .summary = ngx_string("The operating system of the container"),
      .command = &ngx_zos_os_command,
      .view = &ngx_zos_os_view,
    },

    {
      .name = ngx_string("getContainerDiskInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/disks"),
      .summary = ngx_string("The disks with a mount of the container"),
      .command = &ngx_zos_mount_command,
      .view = &ngx_zos_disk_view,
      .steps = ngx_zos_steps_container_disks,
    },

    { .name = ngx_null_string }
};
