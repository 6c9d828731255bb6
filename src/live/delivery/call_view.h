// Stage 8, delivery: the state of a call as its followers see it, folded from its events. Pure: the same events give
// the same view, live or from the store. A snapshot is its JSON (docs/schemas/snapshot.json).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "call/event.h"

namespace sotto::delivery {

class CallView {
 public:
  // Events in order of numbers; partials are ignored.
  void apply(Event const& event);
  boost::json::object to_json() const;

  std::int64_t last_number() const { return last_number_; }
  bool ended() const { return !end_reason_.empty(); }
  int cues() const;
  int late() const;

 private:
  void apply_cue(Event const& event);
  boost::json::object* find(boost::json::array& list, std::string_view key, std::string_view value);

  std::int64_t last_number_ = 0;
  boost::json::object call_;
  boost::json::object health_;
  std::string end_reason_;
  std::int64_t duration_ms_ = 0;
  boost::json::array utterances_, gaps_, pauses_, cues_, checklist_, moments_;
};

}  // namespace sotto::delivery
