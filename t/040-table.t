use strict;
use warnings;
use lib 't/lib';
use Test::More;
use ZosOperations qw( operations );

# The tables of operations against the list of all operations of the API, and
# against the tests: every row is documented here, every documented operation
# has its row, and what a node itself can answer is tested by name.

my %documented = map { my ($name, @rest) = split; $name => "@rest" }
                 grep { /\S/ } <DATA>;

my @rows = operations();
my %row = map { ($_->{name} // '') => $_ } @rows;


# All test files but this one, without the code that runs them.
sub tests {
    my $text = '';

    for my $file (grep { $_ ne 't/040-table.t' } glob 't/*.t') {
        open my $in, '<', $file or die "$file: $!\n";
        $text .= join '', grep { /^=== TEST|^\s*#/ } <$in>;
    }

    return $text;
}


sub tables {
    open my $in, '<', 'src/ops/ngx_zos_ops.c' or die "ngx_zos_ops.c: $!\n";
    local $/;
    return scalar <$in>;
}


cmp_ok(scalar @rows, '>', 100, 'the tables are read');

for my $row (@rows) {
    my $name = $row->{name} // "a row of $row->{file}";

    is_deeply([ grep { !length($row->{$_} // '') }
                qw( name method path summary ) ], [],
              "$name has all members that every row needs");
    like($name, qr/^[a-z][A-Za-z0-9]*$/, "$name is a name");
    unlike($row->{summary} // '', qr/\.$|\s\s|^\s|\s$/,
           "$name: the summary is one sentence without a full stop");
}

my %names;
$names{ $_->{name} // '' }++ for @rows;
is_deeply([ grep { $names{$_} > 1 } sort keys %names ], [],
          'no name is there twice');

my %places;
push @{ $places{ place($_) } }, $_->{name} for @rows;
is_deeply([ grep { @$_ > 1 } values %places ], [],
          'no two operations have the same method and path');

is_deeply([ sort keys %row ],
          [ sort keys %documented ],
          'the operations are those that are documented');

for my $name (sort grep { $documented{$_} } keys %row) {
    is("$row{$name}{method} $row{$name}{path}", $documented{$name},
       "$name: method and path");
}

my $tables = tables();
for my $file (sort { $a cmp $b } keys %{{ map { $_->{file} => 1 } @rows }}) {
    my ($table) = $file =~ m{/(ngx_zos_ops_\w+)\.c$};
    ok($tables =~ /\b$table\b/, "$table is one of the tables");
}

my $tests = tests();
for my $name (sort map { $_->{name} } grep { !$_->{ays} } @rows) {
    ok($tests =~ /\b\Q$name\E\b/, "$name is tested");
}

done_testing();


# Which parameter it is makes no difference to the router.
sub place {
    my ($row) = @_;

    (my $path = $row->{path} // '') =~ s/\{\w+\}/{}/g;
    return ($row->{method} // '') . " $path";
}

__DATA__
addGWDHCPHost POST /nodes/{nodeid}/gws/{gwname}/dhcp/{interface}/hosts
backupContainer POST /backup
createBridge POST /nodes/{nodeid}/bridges
createContainer POST /nodes/{nodeid}/containers
createDashboard POST /graphs/{graphid}/dashboards
createFilesystem POST /nodes/{nodeid}/storagepools/{storagepoolname}/filesystems
createGW POST /nodes/{nodeid}/gws
createGWForwards POST /nodes/{nodeid}/gws/{gwname}/firewall/forwards
createHTTPProxies POST /nodes/{nodeid}/gws/{gwname}/httpproxies
createNewStorageVdisk POST /vdiskstorage/{vdiskstorageid}/vdisks
createNewVdisk POST /vdisks
createNewVdiskStorage POST /vdiskstorage
createSnapshot POST /nodes/{nodeid}/storagepools/{storagepoolname}/filesystems/{filesystemname}/snapshots
createStoragePool POST /nodes/{nodeid}/storagepools
createStoragePoolDevices POST /nodes/{nodeid}/storagepools/{storagepoolname}/devices
createVM POST /nodes/{nodeid}/vms
createWebhook POST /webhooks
deleteBridge DELETE /nodes/{nodeid}/bridges/{bridgeid}
deleteContainer DELETE /nodes/{nodeid}/containers/{containername}
deleteDHCPHost DELETE /nodes/{nodeid}/gws/{gwname}/dhcp/{interface}/hosts/{macaddress}
deleteDashboard DELETE /graphs/{graphid}/dashboards/{dashboardname}
deleteFilesystem DELETE /nodes/{nodeid}/storagepools/{storagepoolname}/filesystems/{filesystemname}
deleteFilesystemSnapshot DELETE /nodes/{nodeid}/storagepools/{storagepoolname}/filesystems/{filesystemname}/snapshots/{snapshotname}
deleteGWForward DELETE /nodes/{nodeid}/gws/{gwname}/firewall/forwards/{forwardid}
deleteGateway DELETE /nodes/{nodeid}/gws/{gwname}
deleteHTTPProxies DELETE /nodes/{nodeid}/gws/{gwname}/httpproxies/{proxyid}
deleteImage DELETE /vdiskstorage/{vdiskstorageid}/images/{imageid}
deleteNode DELETE /nodes/{nodeid}
deleteStoragePool DELETE /nodes/{nodeid}/storagepools/{storagepoolname}
deleteStoragePoolDevice DELETE /nodes/{nodeid}/storagepools/{storagepoolname}/devices/{deviceuuid}
deleteStorageVdisk DELETE /vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}
deleteVM DELETE /nodes/{nodeid}/vms/{vmid}
deleteVdisk DELETE /vdisks/{vdiskid}
deleteVdiskStorage DELETE /vdiskstorage/{vdiskstorageid}
deleteWebhook DELETE /webhooks/{webhookname}
deployNewCluster POST /storageclusters
exitZerotier DELETE /nodes/{nodeid}/zerotiers/{zerotierid}
exportVM POST /nodes/{nodeid}/vms/{vmid}/export
fileDelete DELETE /nodes/{nodeid}/containers/{containername}/filesystem
fileDownload GET /nodes/{nodeid}/containers/{containername}/filesystem
fileUpload POST /nodes/{nodeid}/containers/{containername}/filesystem
getBridge GET /nodes/{nodeid}/bridges/{bridgeid}
getCPUInfo GET /nodes/{nodeid}/cpus
getClusterInfo GET /storageclusters/{label}
getContainer GET /nodes/{nodeid}/containers/{containername}
getContainerCPUInfo GET /nodes/{nodeid}/containers/{containername}/cpus
getContainerDiskInfo GET /nodes/{nodeid}/containers/{containername}/disks
getContainerJob GET /nodes/{nodeid}/containers/{containername}/jobs/{jobid}
getContainerJobOutput GET /nodes/{nodeid}/containers/{containername}/jobs/{jobid}/output
getContainerMemInfo GET /nodes/{nodeid}/containers/{containername}/mem
getContainerNicInfo GET /nodes/{nodeid}/containers/{containername}/nics
getContainerOSInfo GET /nodes/{nodeid}/containers/{containername}/info
getContainerProcess GET /nodes/{nodeid}/containers/{containername}/processes/{processid}
getContainerState GET /nodes/{nodeid}/containers/{containername}/state
getDashboard GET /graphs/{graphid}/dashboards/{dashboardname}
getDiskInfo GET /nodes/{nodeid}/disks
getFilesystemInfo GET /nodes/{nodeid}/storagepools/{storagepoolname}/filesystems/{filesystemname}
getFilesystemSnapshotInfo GET /nodes/{nodeid}/storagepools/{storagepoolname}/filesystems/{filesystemname}/snapshots/{snapshotname}
getGWFWConfig GET /nodes/{nodeid}/gws/{gwname}/advanced/firewall
getGWForwards GET /nodes/{nodeid}/gws/{gwname}/firewall/forwards
getGWHTTPConfig GET /nodes/{nodeid}/gws/{gwname}/advanced/http
getGateway GET /nodes/{nodeid}/gws/{gwname}
getGraph GET /graphs/{graphid}
getHTTPProxy GET /nodes/{nodeid}/gws/{gwname}/httpproxies/{proxyid}
getImage GET /vdiskstorage/{vdiskstorageid}/images/{imageid}
getMemInfo GET /nodes/{nodeid}/mem
getNicInfo GET /nodes/{nodeid}/nics
getNode GET /nodes/{nodeid}
getNodeJob GET /nodes/{nodeid}/jobs/{jobid}
getNodeJobOutput GET /nodes/{nodeid}/jobs/{jobid}/output
getNodeMounts GET /nodes/{nodeid}/mounts
getNodeOSInfo GET /nodes/{nodeid}/info
getNodeProcess GET /nodes/{nodeid}/processes/{processid}
getNodeState GET /nodes/{nodeid}/state
getRun GET /runs/{runid}
getStats GET /nodes/{nodeid}/stats
getStoragePoolDeviceInfo GET /nodes/{nodeid}/storagepools/{storagepoolname}/devices/{deviceuuid}
getStoragePoolInfo GET /nodes/{nodeid}/storagepools/{storagepoolname}
getStorageVdiskInfo GET /vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}
getVM GET /nodes/{nodeid}/vms/{vmid}
getVMInfo GET /nodes/{nodeid}/vms/{vmid}/info
getVdiskInfo GET /vdisks/{vdiskid}
getVdiskStorageInfo GET /vdiskstorage/{vdiskstorageid}
getWebhook GET /webhooks/{webhookname}
getZerotier GET /nodes/{nodeid}/zerotiers/{zerotierid}
importImage POST /vdiskstorage/{vdiskstorageid}/images
importVM POST /nodes/{nodeid}/vms/import
joinZerotier POST /nodes/{nodeid}/zerotiers
killAllContainerJobs DELETE /nodes/{nodeid}/containers/{containername}/jobs
killAllNodeJobs DELETE /nodes/{nodeid}/jobs
killCluster DELETE /storageclusters/{label}
killContainerJob DELETE /nodes/{nodeid}/containers/{containername}/jobs/{jobid}
killContainerProcess DELETE /nodes/{nodeid}/containers/{containername}/processes/{processid}
killNodeJob DELETE /nodes/{nodeid}/jobs/{jobid}
killNodeProcess DELETE /nodes/{nodeid}/processes/{processid}
listAllClusters GET /storageclusters
listBackup GET /backup
listBridges GET /nodes/{nodeid}/bridges
listContainerJobs GET /nodes/{nodeid}/containers/{containername}/jobs
listContainerProcesses GET /nodes/{nodeid}/containers/{containername}/processes
listContainers GET /nodes/{nodeid}/containers
listDashboards GET /graphs/{graphid}/dashboards
listFilesystemSnapshots GET /nodes/{nodeid}/storagepools/{storagepoolname}/filesystems/{filesystemname}/snapshots
listFilesystems GET /nodes/{nodeid}/storagepools/{storagepoolname}/filesystems
listGWDHCPHosts GET /nodes/{nodeid}/gws/{gwname}/dhcp/{interface}/hosts
listGateways GET /nodes/{nodeid}/gws
listGraphs GET /graphs
listHTTPProxies GET /nodes/{nodeid}/gws/{gwname}/httpproxies
listImages GET /vdiskstorage/{vdiskstorageid}/images
listNodeHealth GET /health/nodes/{nodeid}
listNodeJobs GET /nodes/{nodeid}/jobs
listNodeProcesses GET /nodes/{nodeid}/processes
listNodes GET /nodes
listNodesHealth GET /health/nodes
listStorageClusterHealth GET /health/storageclusters/{storageclusterid}
listStorageClustersHealth GET /health/storageclusters
listStoragePoolDevices GET /nodes/{nodeid}/storagepools/{storagepoolname}/devices
listStoragePools GET /nodes/{nodeid}/storagepools
listStorageVdisks GET /vdiskstorage/{vdiskstorageid}/vdisks
listVMs GET /nodes/{nodeid}/vms
listVdiskStorages GET /vdiskstorage
listVdisks GET /vdisks
listWebhooks GET /webhooks
listZerotier GET /nodes/{nodeid}/zerotiers
migrateGateway POST /nodes/{nodeid}/gws/{gwname}/migrate
migrateVM POST /nodes/{nodeid}/vms/{vmid}/migrate
pauseVM POST /nodes/{nodeid}/vms/{vmid}/pause
pingContainer POST /nodes/{nodeid}/containers/{containername}/ping
pingNode POST /nodes/{nodeid}/ping
rebootNode POST /nodes/{nodeid}/reboot
resizeStorageVdisk POST /vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}/resize
resizeVdisk POST /vdisks/{vdiskid}/resize
resumeVM POST /nodes/{nodeid}/vms/{vmid}/resume
rollbackFilesystemSnapshot POST /nodes/{nodeid}/storagepools/{storagepoolname}/filesystems/{filesystemname}/snapshots/{snapshotname}/rollback
rollbackStorageVdisk POST /vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}/rollback
rollbackVdisk POST /vdisks/{vdiskid}/rollback
sendSignalToJob POST /nodes/{nodeid}/containers/{containername}/jobs/{jobid}
sendSignalToProcess POST /nodes/{nodeid}/containers/{containername}/processes/{processid}
setGWFWConfig POST /nodes/{nodeid}/gws/{gwname}/advanced/firewall
setGWHTTPConfig POST /nodes/{nodeid}/gws/{gwname}/advanced/http
shutdownVM POST /nodes/{nodeid}/vms/{vmid}/shutdown
startContainer POST /nodes/{nodeid}/containers/{containername}/start
startContainerJob POST /nodes/{nodeid}/containers/{containername}/jobs
startContainerProcess POST /nodes/{nodeid}/containers/{containername}/processes
startGateway POST /nodes/{nodeid}/gws/{gwname}/start
startVM POST /nodes/{nodeid}/vms/{vmid}/start
stopContainer POST /nodes/{nodeid}/containers/{containername}/stop
stopGateway POST /nodes/{nodeid}/gws/{gwname}/stop
stopVM POST /nodes/{nodeid}/vms/{vmid}/stop
updateContainer PUT /nodes/{nodeid}/containers/{containername}
updateGateway PUT /nodes/{nodeid}/gws/{gwname}
updateGraph PUT /graphs/{graphid}
updateVM PUT /nodes/{nodeid}/vms/{vmid}
updateWebhook PUT /webhooks/{webhookname}
