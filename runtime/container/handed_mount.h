// Mounts that the parent makes for init, unattached: what init could not reach, or may not map, in
// a user namespace.
#pragma once

#include <list>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/plan/plan.h"

namespace container {

// User namespaces by their maps: mounts often share one.
class MountNamespaces {
 public:
  // Valid as long as this object.
  Result<int> find(const std::string& owner, const plan::MountIdMap& map);

 private:
  struct Entry {
    plan::MountIdMap map;
    Fd fd;
  };
  std::list<Entry> entries_;
};

// Of a Handed::Kind::MountSource or MountNew, with its ids mapped if it is to have an id map.
Result<Fd> make_handed_mount(const plan::Handed& handed, MountNamespaces& namespaces);

}  // namespace container
