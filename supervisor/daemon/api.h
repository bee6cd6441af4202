// The methods about containers: parameters in, calls of the keeper, JSON out.
#pragma once

#include <string>

#include "supervisor/daemon/keeper.h"
#include "supervisor/daemon/server.h"

namespace rtd {

class Api {
 public:
  Api(Loop* loop, Server* server, Keeper* keeper) : loop_(loop), server_(server), keeper_(keeper) {}
  void handle(const Call& call, Responder respond);

 private:
  Result<ContainerPtr> find(const Call& call) const;
  void create(const Call& call, bool start, Responder respond);
  Result<Wanted> wanted(const Call& call) const;
  void act(const Call& call, const ContainerPtr& container, Responder respond);
  void attach(const Call& call, const ContainerPtr& container, Responder respond);
  Status logs(const ContainerPtr& container, Responder* respond);
  std::string list_json() const;
  // Answers with the container as it is then.
  Done shown(const ContainerPtr& container, Responder respond);

  Loop* loop_;
  Server* server_;
  Keeper* keeper_;
};

// protocol's "Container".
std::string container_json(const Keeper& keeper, const Container& container);

Result<std::string> random_name();  // 16 hexadecimal digits

}  // namespace rtd
