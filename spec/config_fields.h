// Every property of config.json and its place in the structs of config.h: what the reader and the
// writer go by.
//
// In the order of the spec's Go structs, so that a written config reads like one an engine wrote.
// "required" is what the text of config.md and config-linux.md requires; "always" where it does
// too, but real configs do not have it.
#pragma once

#include "spec/config.h"
#include "spec/mapping.h"
#include "spec/state.h"

namespace spec {

// process

template <class V>
void fields(V& v, Like<ConsoleSize> auto& size) {
  v.required("height", size.height);
  v.required("width", size.width);
}

template <class V>
void fields(V& v, Like<User> auto& user) {
  v.always("uid", user.uid);
  v.always("gid", user.gid);
  v.optional("umask", user.umask);
  v.optional("additionalGids", user.additional_gids);
  v.optional("username", user.username);
}

template <class V>
void fields(V& v, Like<Capabilities> auto& sets) {
  v.optional("bounding", sets.bounding);
  v.optional("effective", sets.effective);
  v.optional("inheritable", sets.inheritable);
  v.optional("permitted", sets.permitted);
  v.optional("ambient", sets.ambient);
}

template <class V>
void fields(V& v, Like<Rlimit> auto& limit) {
  v.required("type", limit.type);
  v.required("hard", limit.hard);
  v.required("soft", limit.soft);
}

template <class V>
void fields(V& v, Like<Scheduler> auto& scheduler) {
  v.required("policy", scheduler.policy);
  v.optional("nice", scheduler.nice);
  v.optional("priority", scheduler.priority);
  v.optional("flags", scheduler.flags);
  v.optional("runtime", scheduler.runtime);
  v.optional("deadline", scheduler.deadline);
  v.optional("period", scheduler.period);
}

template <class V>
void fields(V& v, Like<IoPriority> auto& io) {
  v.required("class", io.io_class);
  v.optional("priority", io.priority);  // "idle" has none; engines leave out a 0
}

template <class V>
void fields(V& v, Like<ExecCpuAffinity> auto& affinity) {
  v.optional("initial", affinity.initial);
  v.optional("final", affinity.final);
}

template <class V>
void fields(V& v, Like<Process> auto& process) {
  v.optional("terminal", process.terminal);
  v.optional("consoleSize", process.console_size);
  v.always("user", process.user);
  v.optional("args", process.args);
  v.optional("commandLine", process.command_line);
  v.optional("env", process.env);
  v.required("cwd", process.cwd);
  v.optional("capabilities", process.capabilities);
  v.optional("rlimits", process.rlimits);
  v.optional("noNewPrivileges", process.no_new_privileges);
  v.optional("apparmorProfile", process.apparmor_profile);
  v.optional("oomScoreAdj", process.oom_score_adj);
  v.optional("scheduler", process.scheduler);
  v.optional("selinuxLabel", process.selinux_label);
  v.optional("ioPriority", process.io_priority);
  v.optional("execCPUAffinity", process.exec_cpu_affinity);
}

// root, mounts, hooks

template <class V>
void fields(V& v, Like<Root> auto& root) {
  v.required("path", root.path);
  v.optional("readonly", root.readonly);
}

template <class V>
void fields(V& v, Like<IdMapping> auto& mapping) {
  v.required("containerID", mapping.container_id);
  v.required("hostID", mapping.host_id);
  v.required("size", mapping.size);
}

template <class V>
void fields(V& v, Like<Mount> auto& mount) {
  v.required("destination", mount.destination);
  v.optional("type", mount.type);
  v.optional("source", mount.source);
  v.optional("options", mount.options);
  v.optional("uidMappings", mount.uid_mappings);
  v.optional("gidMappings", mount.gid_mappings);
}

template <class V>
void fields(V& v, Like<Hook> auto& hook) {
  v.required("path", hook.path);
  v.optional("args", hook.args);
  v.optional("env", hook.env);
  v.optional("timeout", hook.timeout);
}

template <class V>
void fields(V& v, Like<Hooks> auto& hooks) {
  v.optional("prestart", hooks.prestart);
  v.optional("createRuntime", hooks.create_runtime);
  v.optional("createContainer", hooks.create_container);
  v.optional("startContainer", hooks.start_container);
  v.optional("poststart", hooks.poststart);
  v.optional("poststop", hooks.poststop);
}

// linux.resources

template <class V>
void fields(V& v, Like<DeviceRule> auto& rule) {
  v.required("allow", rule.allow);
  v.optional("type", rule.type, 'a');
  v.optional("major", rule.major);
  v.optional("minor", rule.minor);
  v.optional("access", rule.access);
}

template <class V>
void fields(V& v, Like<Memory> auto& memory) {
  v.optional("limit", memory.limit);
  v.optional("reservation", memory.reservation);
  v.optional("swap", memory.swap);
  v.optional("kernel", memory.kernel);
  v.optional("kernelTCP", memory.kernel_tcp);
  v.optional("swappiness", memory.swappiness);
  v.optional("disableOOMKiller", memory.disable_oom_killer);
  v.optional("useHierarchy", memory.use_hierarchy);
  v.optional("checkBeforeUpdate", memory.check_before_update);
}

template <class V>
void fields(V& v, Like<Cpu> auto& cpu) {
  v.optional("shares", cpu.shares);
  v.optional("quota", cpu.quota);
  v.optional("burst", cpu.burst);
  v.optional("period", cpu.period);
  v.optional("realtimeRuntime", cpu.realtime_runtime);
  v.optional("realtimePeriod", cpu.realtime_period);
  v.optional("cpus", cpu.cpus);
  v.optional("mems", cpu.mems);
  v.optional("idle", cpu.idle);
}

template <class V>
void fields(V& v, Like<WeightDevice> auto& device) {
  v.required("major", device.major);
  v.required("minor", device.minor);
  v.optional("weight", device.weight);
  v.optional("leafWeight", device.leaf_weight);
}

template <class V>
void fields(V& v, Like<ThrottleDevice> auto& device) {
  v.required("major", device.major);
  v.required("minor", device.minor);
  v.required("rate", device.rate);
}

template <class V>
void fields(V& v, Like<BlockIo> auto& io) {
  v.optional("weight", io.weight);
  v.optional("leafWeight", io.leaf_weight);
  v.optional("weightDevice", io.weight_device);
  v.optional("throttleReadBpsDevice", io.throttle_read_bps);
  v.optional("throttleWriteBpsDevice", io.throttle_write_bps);
  v.optional("throttleReadIOPSDevice", io.throttle_read_iops);
  v.optional("throttleWriteIOPSDevice", io.throttle_write_iops);
}

template <class V>
void fields(V& v, Like<HugepageLimit> auto& limit) {
  v.required("pageSize", limit.page_size);
  v.required("limit", limit.limit);
}

template <class V>
void fields(V& v, Like<InterfacePriority> auto& priority) {
  v.required("name", priority.name);
  v.required("priority", priority.priority);
}

template <class V>
void fields(V& v, Like<Network> auto& network) {
  v.optional("classID", network.class_id);
  v.optional("priorities", network.priorities);
}

template <class V>
void fields(V& v, Like<Rdma> auto& rdma) {  // rdma.device is the name
  v.optional("hcaHandles", rdma.hca_handles);
  v.optional("hcaObjects", rdma.hca_objects);
}

template <class V>
void fields(V& v, Like<Resources> auto& resources) {
  v.optional("devices", resources.devices);
  v.optional("memory", resources.memory);
  v.optional("cpu", resources.cpu);
  v.nested("pids", "limit", resources.pids_limit);
  v.optional("blockIO", resources.block_io);
  v.optional("hugepageLimits", resources.hugepage_limits);
  v.optional("network", resources.network);
  v.keyed("rdma", resources.rdma, &Rdma::device);
  v.optional("unified", resources.unified);
}

// linux.seccomp

template <class V>
void fields(V& v, Like<SeccompArg> auto& arg) {
  v.required("index", arg.index);
  v.required("value", arg.value);
  v.optional("valueTwo", arg.value_two);
  v.required("op", arg.op);
}

template <class V>
void fields(V& v, Like<SeccompRule> auto& rule) {
  v.required("names", rule.names);
  v.required("action", rule.action);
  v.optional("errnoRet", rule.errno_ret);
  v.optional("args", rule.args);
}

template <class V>
void fields(V& v, Like<Seccomp> auto& seccomp) {
  v.required("defaultAction", seccomp.default_action);
  v.optional("defaultErrnoRet", seccomp.default_errno_ret);
  v.optional("architectures", seccomp.architectures);
  v.optional("flags", seccomp.flags);
  v.optional("listenerPath", seccomp.listener_path);
  v.optional("listenerMetadata", seccomp.listener_metadata);
  v.optional("syscalls", seccomp.syscalls);
}

// linux

template <class V>
void fields(V& v, Like<Namespace> auto& ns) {
  v.required("type", ns.type);
  v.optional("path", ns.path);
}

template <class V>
void fields(V& v, Like<Device> auto& device) {
  v.required("path", device.path);
  v.required("type", device.type);
  if (device.type == 'p') {  // a fifo has no numbers
    v.always("major", device.major);
    v.always("minor", device.minor);
  } else {
    v.required("major", device.major);
    v.required("minor", device.minor);
  }
  v.optional("fileMode", device.file_mode);
  v.optional("uid", device.uid);
  v.optional("gid", device.gid);
}

template <class V>
void fields(V& v, Like<NetDevice> auto& device) {  // device.host_name is the name
  v.optional("name", device.name);
}

template <class V>
void fields(V& v, Like<TimeOffset> auto& offset) {
  v.optional("secs", offset.secs);
  v.optional("nanosecs", offset.nanosecs);
}

template <class V>
void fields(V& v, Like<TimeOffsets> auto& offsets) {
  v.optional("boottime", offsets.boottime);
  v.optional("monotonic", offsets.monotonic);
  v.only({"boottime", "monotonic"},
         "clock");  // the kernel has offsets for no other (time_namespaces(7))
}

template <class V>
void fields(V& v, Like<IntelRdt> auto& rdt) {
  v.optional("closID", rdt.clos_id);
  v.optional("schemata", rdt.schemata);
  v.optional("l3CacheSchema", rdt.l3_cache_schema);
  v.optional("memBwSchema", rdt.mem_bw_schema);
  v.optional("enableMonitoring", rdt.enable_monitoring);
}

template <class V>
void fields(V& v, Like<MemoryPolicy> auto& policy) {
  v.required("mode", policy.mode);
  v.optional("nodes", policy.nodes);
  v.optional("flags", policy.flags);
}

template <class V>
void fields(V& v, Like<Personality> auto& personality) {
  v.required("domain", personality.domain);
  v.optional("flags", personality.flags);
}

template <class V>
void fields(V& v, Like<Linux> auto& platform) {
  v.optional("uidMappings", platform.uid_mappings);
  v.optional("gidMappings", platform.gid_mappings);
  v.optional("sysctl", platform.sysctl);
  v.optional("resources", platform.resources);
  v.optional("cgroupsPath", platform.cgroups_path);
  v.optional("namespaces", platform.namespaces);
  v.optional("devices", platform.devices);
  v.keyed("netDevices", platform.net_devices, &NetDevice::host_name);
  v.optional("seccomp", platform.seccomp);
  v.optional("rootfsPropagation", platform.rootfs_propagation, RootfsPropagation::Unset);
  v.optional("maskedPaths", platform.masked_paths);
  v.optional("readonlyPaths", platform.readonly_paths);
  v.optional("mountLabel", platform.mount_label);
  v.optional("intelRdt", platform.intel_rdt);
  v.optional("memoryPolicy", platform.memory_policy);
  v.optional("personality", platform.personality);
  v.optional("timeOffsets", platform.time_offsets);
}

// The whole.

template <class V>
void fields(V& v, Like<Config> auto& config) {
  v.required("ociVersion", config.oci_version);
  v.optional("process", config.process);
  v.optional("root", config.root);
  v.optional("hostname", config.hostname);
  v.optional("domainname", config.domainname);
  v.optional("mounts", config.mounts);
  v.optional("hooks", config.hooks);
  v.optional("annotations", config.annotations);
  v.optional("linux", config.linux_);
}

// runtime.md, "State"
template <class V>
void fields(V& v, Like<State> auto& state) {
  v.required("ociVersion", state.oci_version);
  v.required("id", state.id);
  v.required("status", state.status);
  v.optional("pid", state.pid);
  v.required("bundle", state.bundle);
  v.optional("annotations", state.annotations);
}

}  // namespace spec
