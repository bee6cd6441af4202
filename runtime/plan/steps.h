// The instruction set of init: what may happen between clone and execve, as plain data shared by
// the compiler of plans (plan/), their printer, and the interpreter (init/).
//
// A plan is one block of bytes: a Header, then steps, then the strings and tables they point to. It
// is written behind init's own image in a sealed memfd and mapped by execve itself, as a segment of
// that program, at kPlanAddress. So every pointer in it is worked out beforehand and init has
// nothing to parse, copy or relocate.
//
// Most steps are Op::Call: a system call with every argument known. The others are those that need
// a decision which only the inside can make (does the target exist, is it a directory) or that talk
// to the parent:
//
//   parent (rt create / run / exec)                 init
//     clone3, execveat(memfd) ------------------->  dumpable off, signals blocked
//     join cgroups, id maps, net devices
//     Reply Go ---------------------------------->  Op::Wait                                 [kWaitParent]
//                                                   ... namespaces, mounts, devices ...
//     run prestart, createRuntime hooks <---------  Message Reached   Op::Sync               [SyncPoint::Hooks]
//     Reply Go ---------------------------------->  createContainer hooks, pivot_root, ...
//     take the pty's master <---------------------  Message File (SCM_RIGHTS)                [FileTag::Console]
//     look HOME up in /etc/passwd <---------------  Message File                             [FileTag::Passwd]
//     Reply Text -------------------------------->
//     write state, pid file; exit <---------------  Message Reached                          [SyncPoint::Created]
//     Reply Go ---------------------------------->  (run, exec: goes on; create: waits on start.sock)
//   rt start: connect, Go ----------------------->  Op::AwaitStart; startContainer hooks, execve
//     end of file = the program runs <------------  close-on-exec
//
// At any point instead: Message Failed {step, errno}, and init exits. The parent has the words for
// every step.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace plan {

// init.ld puts an empty segment here; launch.cc fills it
constexpr uint64_t kPlanAddress = 0x40000000;
constexpr uint32_t kMagic = 0x70747221;
// Slots: open files by a number known when the plan is made. Below kFirstOwnSlot those the parent
// hands over, from there on those that steps open.
constexpr int kFirstOwnSlot = 1 << 14;
constexpr int kMaxSlots = 1 << 15;  // they are int16_t in the steps

// An address inside the mapped plan; 0 is "none".
using Address = uint64_t;

enum class Op : uint16_t {
  Call,      // one system call, all arguments known
  Wait,      // wait for the parent's Go without telling it anything
  Sync,      // tell the parent that a point is reached; wait for Go
  OpenRoot,  // bind the root file system onto itself; later paths are resolved in it
  // a procfs of our own, unattached, for writes that no mount of the container can divert
  OpenProc,
  WriteProc,      // write a file below that procfs: sysctls, LSM attributes
  UserNamespace,  // a user namespace with the id maps of a mount
  MakeDir,        // make a directory (and its parents) in the root, if it is not there
  MountNew,       // fsopen, fsconfig..., fsmount, move_mount onto a target in the root
  // open_tree(OPEN_TREE_CLONE) of a source, attributes, move_mount onto a target in the root
  MountBind,
  MountSet,  // attributes and propagation of a mount that is already there
  // mknod in the root (or bind from the host where mknod is not allowed), owner and mode
  Device,
  Symlink,       // a symbolic link in the root
  Mask,          // hide a path: /dev/null over files, one shared empty tmpfs over directories
  Readonly,      // bind a path over itself, read-only
  MoveRoot,      // --no-pivot: move the root over / and chroot into it
  Console,       // open a pty of the container's devpts, send the master out, make the slave stdio
  FixStdio,      // give the container's user the stdio it inherits
  Hook,          // run a createContainer or startContainer hook
  FetchHome,     // send the container's /etc/passwd out, take HOME back
  Chdir,         // chdir, and make sure that the result lies inside the root
  FindExe,       // which candidate of the PATH is the program
  AwaitStart,    // wait for `rt start`
  Seccomp,       // load the filter
  CloseFds,      // close everything the program shall not inherit
  ResetSignals,  // default dispositions, empty mask
  Exec,          // execve; the last step
};

struct CallArgs {
  int32_t nr;
  uint8_t slot_mask;     // bit i: args[i] is a slot, to be replaced by its file descriptor
  int16_t result_slot;   // >= 0: keep the result there
  uint16_t tolerate[2];  // errno values that are fine (0: none)
  int64_t args[6];
};

struct SyncArgs {
  uint32_t point;
};

enum class TargetKind : uint16_t { Any, Directory, File };  // Any: must exist

enum TargetFlags : uint32_t {
  kTargetNoSymlinks = 1,  // /proc and /sys: a symbolic link anywhere in the path is an attack
  kTargetRefuseProc = 2,  // refuse a target that turns out to lie on procfs
  kTargetNoFollow = 4,    // do not follow the last component
  kTargetMayMiss = 8,     // not there: nothing to do
};

struct Target {
  Address path;  // absolute, as the container sees it
  TargetKind kind;
  uint32_t flags;
};

struct RootArgs {
  Address path;  // the rootfs on the host
  int16_t slot;  // where the root's descriptor goes
  // MS_* for the whole tree of the new mount namespace before anything is mounted
  uint32_t parent_propagation;
};

struct ProcArgs {
  int16_t slot;
  // 1: not in a pid namespace of our own: clone the mount at /proc instead of making one
  uint32_t host;
};

struct WriteProcArgs {
  int16_t slot;
  Address path;  // relative to procfs
  Address data;
  uint32_t size;
  // 1: the path begins with thread-self, which is a symbolic link of procfs's own
  uint32_t through_self;
};

struct UserNamespaceArgs {
  Address uid_map, gid_map;  // texts for the files of these names in /proc/PID
  uint32_t uid_map_size, gid_map_size;
  int16_t slot;
};

struct FsParam {
  Address key;
  Address value;  // 0: a flag
};

struct MountNewArgs {
  Target target;
  // an unattached mount handed over by the parent; 0 (the channel's slot): make it
  int16_t source_slot;
  int16_t userns_slot;  // a user namespace to map ids by, or 0
  Address fs_type;
  Address params;  // FsParam[n_params]
  uint32_t n_params;
  uint64_t attr;   // MOUNT_ATTR_* for fsmount
  uint32_t flags;  // MountFlags
  // SELinux label of its top directory, for a file system that takes none as a whole, or 0
  Address label;
  // host path to bind instead when the kernel refuses with EPERM or EBUSY (user namespaces), or 0
  Address fallback;
  uint64_t legacy_flags;  // kMountLegacy: for mount(2)
  Address source, legacy_data;
  uint32_t propagation[4];  // MS_* (with MS_REC), in order, 0 ends
};

enum MountFlags : uint32_t {
  kMountCopyUp = 1,     // tmpcopyup
  kMountRecursive = 2,  // rbind
  // tmpfs without mode=: take over owner and mode of the directory that is covered
  kMountModeOfTarget = 4,
  kMountSourceNoFollow = 8,
  kMountLegacy = 16,       // by mount(2): options that fsconfig has no name for
  kMountMapTree = 32,      // userns_slot is for the whole tree
  kMountCopySymlink = 64,  // a source that is a symbolic link is copied to the target
};

struct MountAttr {  // struct mount_attr of mount_setattr(2)
  uint64_t set, clear, propagation, userns_fd;
};

struct MountBindArgs {
  Target target;
  Address source;       // host path, or 0 when source_slot is used
  int16_t source_slot;  // an unattached mount handed over by the parent, or 0
  int16_t userns_slot;  // a user namespace to map ids by, or 0
  uint32_t flags;
  MountAttr attr;      // this mount alone
  MountAttr rec_attr;  // the tree
  uint32_t propagation[4];
};

struct MountSetArgs {
  Target target;
  MountAttr attr, rec_attr;
  uint64_t reconfigure;  // 1: also reconfigure the file system itself with params (remount)
  Address params;
  uint32_t n_params;
  uint32_t propagation[4];
};

struct DeviceArgs {
  Address path;
  uint32_t mode;  // with S_IF*
  uint32_t uid, gid;
  uint64_t device;  // as makedev(3) gives it
  uint32_t bind;    // 1: bind the host's node; mknod is not allowed in this user namespace
  uint32_t set_owner;
  uint32_t replace_ok;  // 1: a default device: an existing node of the right kind is fine
};

struct SymlinkArgs {
  Address path;      // of the link
  Address target;    // its text
  uint32_t replace;  // 1: remove what is there (never a directory)
};

struct PathArgs {
  Address path;
  uint32_t flags;   // MakeDir: mode; Chdir: 1 = must succeed; Readonly/Mask: TargetFlags
  Address context;  // Mask: FsParam, the SELinux label of what covers directories, or 0
};

struct ConsoleArgs {
  uint32_t rows, columns;
  uint32_t bind_console;  // 1: also /dev/console
  uint32_t uid;           // owner of the slave
};

struct FixStdioArgs {
  uint32_t uid, gid;
};

struct HookArgs {
  Address path;
  Address argv, envp;   // const char*[]
  int32_t timeout_ms;   // -1: none
  int16_t state_slot;   // sealed memfd with the state JSON
  int16_t output_slot;  // where stdout and stderr go: a memfd the parent reads when the hook fails
};

struct FindExeArgs {
  Address candidates;  // const char*[n]
  uint32_t n;
  uint32_t overrides;  // the program will be started with CAP_DAC_OVERRIDE
};

struct SeccompArgs {
  Address filter;  // sock_filter[n]
  uint16_t n;
  uint32_t flags;           // SECCOMP_FILTER_FLAG_*
  uint32_t optional_flags;  // those of them to drop, when the kernel says EINVAL
  uint32_t notify;          // 1: NEW_LISTENER; the descriptor goes to the parent
};

struct CloseFdsArgs {
  uint32_t first;  // 3 + preserved
};

struct ExecArgs {
  Address argv, envp;  // const char*[]; envp[home_index] is replaced by what FetchHome got
  int32_t home_index;  // -1: none
  int32_t pid_index;   // envp[pid_index] becomes LISTEN_PID and the program's own pid; -1: none
};

struct AwaitArgs {
  int16_t slot;  // the listening socket
};

struct Step {
  Op op;
  uint16_t reserved = 0;
  union Args {
    CallArgs call;
    SyncArgs sync;
    RootArgs root;
    ProcArgs proc;
    WriteProcArgs write_proc;
    UserNamespaceArgs user_namespace;
    MountNewArgs mount_new;
    MountBindArgs mount_bind;
    MountSetArgs mount_set;
    DeviceArgs device;
    SymlinkArgs symlink;
    PathArgs path;
    ConsoleArgs console;
    FixStdioArgs fix_stdio;
    HookArgs hook;
    FindExeArgs find_exe;
    SeccompArgs seccomp;
    CloseFdsArgs close_fds;
    ExecArgs exec;
    AwaitArgs await;
  } args;
};

struct Header {
  uint32_t magic;
  uint32_t n_steps;
  Address steps;      // Step[n_steps]
  Address slot_fds;   // int32_t[n_handed]: the descriptors handed over; slot 0 is the sync socket
  Address own_slots;  // int32_t[]: filled by steps
  uint32_t n_handed;
  uint32_t flags;     // HeaderFlags
  int16_t root_slot;  // set by OpenRoot; exec: the container's / as joined
  int16_t proc_slot;
  uint32_t lowest_fd;  // everything from here on is closed on exec: 3 + preserved
  // Tests only: this step fails with fault_errno instead of being executed (-1: none); 0 as errno:
  // stop there.
  int32_t fault_step;
  int32_t fault_errno;
};

enum HeaderFlags : uint32_t {
  kTiming = 1,  // a Timing message after every step
};

// --- what init and the parent say to each other: SOCK_SEQPACKET, one struct a packet
// ----------------------------------

enum class Kind : uint32_t {
  Failed = 1,   // step, value = errno, text = the kernel's own words if it had any
  Reached = 2,  // value = SyncPoint
  File = 3,     // value = FileTag, with one descriptor
  Timing = 4,   // step, nanoseconds
  Stopped = 5,  // fault_errno == 0: init has stopped before `step`
  Go = 16,      // parent -> init
  Text = 17,    // parent -> init, with text
};
// comm and argv[0], until the program takes its place
constexpr const char* kInitName = "rt:[init]";

enum class SyncPoint : uint32_t { Hooks = 1, Created = 2 };
enum class FileTag : uint32_t { Console = 1, Passwd = 2, SeccompListener = 3 };

constexpr size_t kMaxText = 4096;

struct Message {
  Kind kind;
  uint32_t step;
  int32_t value;
  uint32_t size;      // of text
  uint32_t from_end;  // n_steps - step: `rt start` counts from there
  uint64_t nanoseconds;
};  // `size` bytes of text follow in the same packet

// Reasons of our own in Message::value of a Failed, beyond the kernel's errno values.
enum Reason : int32_t {
  kReasonNotFound = 1001,      // FindExe: in no directory of the PATH
  kReasonIsProcfs = 1002,      // a mount target lies on procfs
  kReasonNotDirectory = 1003,  // FindExe: is a directory; Mask etc.
  kReasonWrongDevice = 1004,   // a node is there that is not the device asked for
  kReasonOutside = 1005,       // the working directory is not inside the root
  kReasonHookExit = 1006,      // detail in text: exit status as a 32-bit number, -N for signal N
  kReasonHookTimeout = 1007,
  kReasonNotNull = 1008,   // /dev/null of the container is not the null device
  kReasonNoDevpts = 1009,  // /dev/pts is not a devpts
  kReasonSymlink = 1010,   // a symbolic link where none may be
  kReasonIsDirectory = 1011,
  kReasonNotProcfs = 1012,  // what should be a file of procfs is none
};

}  // namespace plan
