// The live calls of this process: who may start or resume one, who may follow one, and the beat that drives their time.
// Confined to the loop.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "live/pipeline.h"
#include "net/loop.h"

namespace sotto::app {

// The source's side of a call, as the registry sees it.
class SourceLink {
 public:
  virtual ~SourceLink() = default;
  virtual void on_tick(Time now) = 0;
  // Another connection took the call over with its resume token.
  virtual void on_replaced() = 0;
  // The call ended and is stored.
  virtual void on_ended(EndReason reason) = 0;
  // The call was paused or goes on by someone else's wish.
  virtual void on_notice(std::string_view type, std::int64_t sample) = 0;
};

class CallRegistry {
 public:
  CallRegistry(net::Loop& loop, PathContext const& context);
  // Takes over the live calls of a process that is gone. Error: the store's.
  Result<int> adopt();
  // Drives every call at least every 50 ms until the loop stops.
  void run();

  struct Started {
    CallPath* path;
    std::string resume_token;
  };
  // A new call, or a live one resumed with its token. Errors: call_exists, wrong_token, call_ended, too_many_calls.
  Result<Started> start(ingest::Start start, SourceLink& source);
  void detach(std::string const& call, SourceLink& source);
  // Links that have not started yet are ticked too.
  void watch(SourceLink& source) { watched_.insert(&source); }
  void unwatch(SourceLink& source) { watched_.erase(&source); }

  CallPath* find(std::string const& call);
  Result<void> pause(std::string const& call);
  Result<void> resume(std::string const& call);
  Result<void> stop(std::string const& call);
  std::size_t size() const { return calls_.size(); }
  template <typename Visit>
  void for_each(Visit visit) {
    for (auto& [id, entry] : calls_) visit(*entry.path);
  }

  // A ticket lets one subscriber follow one call, once, within limits::ticket_lifetime. Error: not_live.
  Result<std::string> issue_ticket(std::string const& call);
  // The call, or error bad_ticket.
  Result<std::string> redeem_ticket(std::string const& ticket);

 private:
  struct Entry {
    std::unique_ptr<CallPath> path;
    SourceLink* source = nullptr;
    bool told_unsaved = false;  // one log record an episode
  };
  struct Ticket {
    std::string digest, call;
    Time expires;
  };

  Result<Started> resume_call(Entry& entry, ingest::Start const& start, SourceLink& source);
  void log_store(Entry& entry);
  net::asio::awaitable<void> beat();
  void tick();

  net::Loop& loop_;
  PathContext const context_;
  std::map<std::string, Entry> calls_;
  std::set<SourceLink*> watched_;
  std::deque<Ticket> tickets_;
};

}  // namespace sotto::app
