// The systemd manager: cgroups are made by asking systemd for a transient unit instead of by mkdir.
//
// A scope is made around a process that is there already, but ours is born into its cgroup. So a
// placeholder waits in the scope until the container's first process is in. systemd learns those
// limits that it has a property for, so that it does not overwrite them when it is reloaded; all of
// them are then written to the files as well.
//
// Device rules are not given to systemd. Ours are a program on the cgroup that systemd leaves in
// place, whereas rules of its own would take away, at the next daemon-reload, what a hook has given
// to the container since (GPUs).
//
// Messages: create 3 calls (Hello, AddMatch, StartTransientUnit) and 1 signal, delete the same with
// StopUnit, update 2. Without a bus, over systemd's private socket: 1 call and 1 signal, and update
// 1. An ordinary user's create asks first where the user's manager is: 2 more, and 2 more again,
// for exec also, if the user's login session is another cgroup than the manager's. kill, pause,
// state and list ask nothing.
#pragma once

#include "runtime/cgroup/cgroup.h"
#include "runtime/cgroup/dbus_message.h"

namespace cgroup {

// locate() for Manager::Systemd. cgroupsPath is "slice:prefix:name". As an ordinary user this asks
// the user's manager where its own cgroup is.
Result<Location> locate_systemd(const Host& host, const LocateOptions& options);
// The same with the cgroup of the manager known: "" for PID 1's,
// "/user.slice/user-1.slice/user@1.service" for a user's.
Result<Location> locate_unit(const Host& host, const LocateOptions& options,
                             const std::string& manager_cgroup);

// "a-b.slice" is "/a.slice/a-b.slice", "-.slice" is "".
Result<std::string> expand_slice(const std::string& slice);

namespace systemd {

// Appends the limits that systemd has properties for, each a struct (sv).
Status add_properties(const spec::Resources& resources, dbus::Writer* out);
// "0-2,5" as the bit mask that AllowedCPUs wants: byte 0 has CPUs 0 to 7. Code::ConfigInvalid for
// anything else.
Result<std::string> cpu_mask(std::string_view list);

// Of annotations those that give properties, "org.systemd.property.NAME", as NAME and value.
spec::StringMap property_annotations(const spec::StringMap& annotations);
// Appends those. A number of seconds for a NAME in "Sec" becomes microseconds for "USec", which the
// bus has. Code::ConfigInvalid for what cannot be a property, and for those that are ours to give.
Status add_annotations(const spec::StringMap& properties, dbus::Writer* out);

// Starts the unit of `location` around `pid` (not for a slice) and returns when it is there.
Status start_unit(const Location& location, const spec::Resources& resources, pid_t pid);
// Stops it; a unit that is not there is fine.
Status stop_unit(const Location& location);
Status set_properties(const Location& location, const spec::Resources& resources);
// Moves `pid` into the unit, where we may not do it ourselves: between two cgroups of a user it
// takes rights over what is above both, which PID 1 has and a user who comes from a login session
// has not. Not for a slice.
Status attach(const Location& location, pid_t pid);

}  // namespace systemd
}  // namespace cgroup
