#include "supervisor/daemon/subscribers.h"

#include "base/strings.h"

namespace rtd {

namespace {

constexpr size_t kAtOnce = 64 << 10;  // bytes queued for a client

}  // namespace

Status Subscribers::add(uint64_t connection, uint64_t since) {
  if (told_.contains(connection))
    return Error::make(Code::Busy, "this connection has a subscription")
        .with_hint("open another one");
  Result<Journal::Some> kept = journal_->since(since, 1);
  if (!kept) return kept.error();
  told_[connection] = since;
  server_->on_gone(connection, [this, connection] { told_.erase(connection); });
  // After the answer to the subscription: that is queued when this returns, and drained before the
  // first event goes out.
  server_->on_drained(connection, [this, connection] { catch_up(connection); });
  return {};
}

bool Subscribers::send(uint64_t connection, const std::string& json) {
  return server_->notify(connection, protocol::notification_text("event", json));
}

void Subscribers::tell(uint64_t seq, const std::string& json) {
  for (auto& [connection, told] : told_) {
    // One that is behind is served when it has read what is queued.
    if (told + 1 != seq || server_->queued(connection) >= kAtOnce || !send(connection, json))
      continue;
    told = seq;
  }
}

void Subscribers::catch_up(uint64_t connection) {
  auto found = told_.find(connection);
  if (found == told_.end()) return;
  if (found->second == journal_->last()) {
    server_->on_drained(connection, [this, connection] { catch_up(connection); });
    return;
  }
  Result<Journal::Some> some = journal_->since(found->second, kAtOnce);
  if (!some) {
    std::string lost =
        format("{\"from\":%llu,\"to\":%llu}", static_cast<unsigned long long>(found->second + 1),
               static_cast<unsigned long long>(journal_->oldest() - 1));
    // gone: then it is told nothing
    (void)server_->notify(connection, protocol::notification_text("events.lagged", lost));
    found->second = journal_->oldest() - 1;
  } else {
    for (const std::string& json : some->events) (void)send(connection, json);
    found->second = some->last;
  }
  server_->on_drained(connection, [this, connection] { catch_up(connection); });
}

}  // namespace rtd
