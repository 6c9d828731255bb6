// Stage 8, delivery: the state of a call as its followers see it, folded from its events. Pure: the same events give
// the same view, live or from the store. A snapshot is its JSON (docs/schemas/snapshot.json).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "call/events.h"

namespace sotto::delivery {

class CallView {
 public:
  // Events in order of numbers, each as often as it is told: what was told before it was stored comes again with its
  // number. Partials are ignored.
  void apply(Event const& event);
  boost::json::object to_json() const;

  // Null before the call's first event.
  CallInfo const* info() const { return info_ ? &*info_ : nullptr; }
  std::int64_t last_number() const { return last_number_; }
  bool ended() const { return !end_reason_.empty(); }
  // Ended, and all that was said has had its effect.
  bool complete() const { return ended() && guided_; }
  int cues() const;
  int late() const;

 private:
  // As text: a tree of JSON takes four times as much, and a call of two hours says 4,000 utterances.
  struct Said {
    Track track = Track::customer;
    std::int64_t utterance = 0;
    std::int64_t number = 0;  // of the event whose words these are
    std::string data;
    bool unpersisted = false;
  };
  // What events have listed, with the number of each.
  struct Listed {
    boost::json::array entries;
    std::vector<std::int64_t> numbers;

    // `again`: it may be there already, told before it was stored.
    void add(std::int64_t number, boost::json::object entry, bool again);
    // Of the event `number`; null: it stands here no more, or never did.
    boost::json::object* of(std::int64_t number);
  };
  struct Apply;
  struct Redact;
  void show_agent();
  static boost::json::array parsed(std::vector<Said> const& said);
  static boost::json::object* find(boost::json::array& list, std::string_view key, std::string_view value);

  std::int64_t last_number_ = 0;
  bool unsaved_ = false;  // something was told before it was stored: what is told later may be here already
  std::optional<CallInfo> info_;
  boost::json::object call_;
  boost::json::object health_;
  std::string end_reason_;
  bool guided_ = false;
  std::int64_t duration_ms_ = 0;
  std::vector<Said> utterances_;
  boost::json::array gaps_, pauses_, transfers_, cues_, checklist_;
  Listed moments_, understood_, alerts_, tags_;
  std::map<std::string, std::int64_t> ticked_;  // item -> number of the event that ticked it
};

}  // namespace sotto::delivery
