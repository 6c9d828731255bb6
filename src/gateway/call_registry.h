// The calls whose speech this process carries: who may start or resume one, and the beat that drives their time.
// Confined to the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gateway/captured_call.h"
#include "gateway/stored_share.h"
#include "live/ingest/messages.h"
#include "net/loop.h"
#include "ports/call_index.h"

namespace sotto::app {

// The source's side of a call, as the registry sees it.
class SourceLink {
 public:
  virtual ~SourceLink() = default;
  virtual void on_tick(Time now) = 0;
  // The call is in the log (or will be: the log is down), or it goes on. `rules`: in force for it.
  virtual void on_started(gateway::CapturedCall const& call, std::string const& resume_token, std::size_t rules) = 0;
  // Asked for by start(). Errors: call_exists, call_ended, no_such_call.
  virtual void on_start_refused(Error const& error) = 0;
  // Another connection took the call over with its resume token.
  virtual void on_replaced() = 0;
  // The call ended and is stored.
  virtual void on_ended(EndReason reason) = 0;
  // The call broke on this server and is not carried any more.
  virtual void on_abandoned() = 0;
  // The server stops: the source finds its call at another one, or here when it runs again.
  virtual void on_server_stops() = 0;
  // The call was paused or goes on by someone else's wish.
  virtual void on_notice(std::string_view type, std::int64_t sample) = 0;
};

class CallRegistry {
 public:
  // `worker`: this process's name in leases.
  CallRegistry(net::Loop& loop, gateway::CaptureParts const& parts, CallIndex& index, std::string worker);
  ~CallRegistry();
  CallRegistry(CallRegistry const&) = delete;
  CallRegistry& operator=(CallRegistry const&) = delete;

  // Of new calls.
  std::string const& region() const { return parts_.region; }
  // Takes over the calls that nobody carries any more; how many. Error: the log's.
  void adopt(std::function<void(Result<std::size_t>)> then);
  // Drives every call at least every 50 ms until the loop stops.
  void run();
  // Once, now.
  void tick();

  // A new call, or one resumed with its token. What can be told at once is; else the link's on_started() or
  // on_start_refused() follows. Audio may come meanwhile. Errors: call_exists, wrong_token, bad_field, call_ended,
  // too_many_calls, tenant_share.
  Result<void> start(ingest::Start start, SourceLink& source);
  void detach(std::string const& call, SourceLink& source);
  // Links that have not started yet are ticked too.
  void watch(SourceLink& source) { watched_.insert(&source); }
  void unwatch(SourceLink& source) { watched_.erase(&source); }

  // Before the process ends: other servers may carry its calls at once, and their sources are told to go there.
  void let_go_of_all();

  gateway::CapturedCall* find(std::string const& call);
  std::size_t size() const { return calls_.size(); }
  // Why the log does not take a call's events; empty: it does.
  std::string store_trouble() const;

 private:
  struct Entry {
    std::unique_ptr<gateway::CapturedCall> call;
    SourceLink* source = nullptr;
    std::string resume_token;  // until the source was told
    std::unique_ptr<EventBus::Subscription> commands;
    bool told_unsaved = false;  // one log record an episode
  };
  using Calls = std::map<std::string, Entry>;

  // Whether a tenant may have another call. Error tenant_share.
  Result<void> share_of(std::string const& tenant) const;
  Result<void> resume_call(Entry& entry, ingest::Start const& start, SourceLink& source);
  // A call that another process was carrying, or still is.
  struct TakeOver {
    ingest::Start start;
    SourceLink* source;
    Time until;    // its owner may be gone, and its lease not yet over
    Time asked{};  // when its owner was, to let go: while servers restart it may be another one each time
  };
  void take_over(std::shared_ptr<TakeOver> const& over);
  void take_over_again(std::shared_ptr<TakeOver> const& over);
  void on_claimed(std::shared_ptr<TakeOver> const& over, Claimed claimed);
  void on_not_free(std::shared_ptr<TakeOver> const& over);
  Result<void> let_go(std::string const& call, LetGo const& command);
  void on_opened(std::string const& call);
  void adopt_page(std::size_t adopted, std::function<void(Result<std::size_t>)> then);
  // `then`: whether it goes on here.
  void adopt_one(Claimed claimed, std::function<void(bool)> then);
  void serve(Entry& entry);
  Result<void> obey(std::string const& call, SpeechCommand const& command);
  void notice(Entry& entry, std::string_view type);
  std::size_t rules_for(CallInfo const& info) const;
  void log_store(Entry& entry);
  void renew(Time now);
  Calls::iterator tick(Calls::iterator at);
  Calls::iterator abandon(Calls::iterator at, std::string const& why);

  net::Loop& loop_;
  gateway::CaptureParts const parts_;
  CallIndex& index_;
  gateway::StoredShare stored_;
  std::string const worker_;
  Calls calls_;
  std::set<SourceLink*> watched_;
  std::vector<std::pair<Time, std::shared_ptr<TakeOver>>> waiting_;  // for their next try
  Time renewed_at_{}, adopted_at_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::app
