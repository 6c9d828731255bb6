// Words that went on and turned out to be of a card only afterwards (transcript::PrivacyGate::take_late): they are
// taken back as a person would (TakeBack). Where the log does not have the utterance yet, or cannot be reached, again a
// moment later. Confined to the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "aftercall/take_back.h"
#include "base/clock.h"
#include "call/events.h"
#include "ports/call_index.h"
#include "ports/call_log.h"
#include "ports/event_bus.h"

namespace sotto::aftercall {

class LateMasks {
 public:
  // `failed` is told of a call whose words could not be taken back for half an hour.
  LateMasks(CallLog& log, CallIndex& index, EventBus& bus, std::function<void(std::string const&)> failed)
      : index_(index), take_back_(log, index, bus), failed_(std::move(failed)) {}
  ~LateMasks() { *alive_ = false; }

  // `runs` of what was said on the track up to sample `to`. They are in no log record.
  void ask(std::string call, std::string tenant, Track track, std::int64_t to, std::vector<std::string> runs, Time now);
  // At least once a second.
  void tick(Time now);
  // Asked for and not done yet.
  std::size_t waiting() const { return asked_.size(); }

 private:
  struct Asked {
    std::string call, tenant;
    Track track = Track::customer;
    std::int64_t to = 0;
    std::vector<std::string> runs;
    Time due, until;
    Duration wait;  // before the next try
    bool busy = false, done = false;
  };
  void look(std::shared_ptr<Asked> const& asked, Time now);
  void hide(std::shared_ptr<Asked> const& asked, std::int64_t number, bool all, Time now);
  void again(Asked& asked, Time now);

  CallIndex& index_;
  TakeBack take_back_;
  std::function<void(std::string const&)> const failed_;
  std::vector<std::shared_ptr<Asked>> asked_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::aftercall
