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
  // As text: a tree of JSON takes four times as much, and a call of two hours says 4,000 utterances.
  struct Said {
    std::string track;
    std::int64_t utterance = 0;
    std::string data;
    bool unpersisted = false;
  };
  void apply_cue(Event const& event);
  static boost::json::array parsed(std::vector<Said> const& said);
  boost::json::object* find(boost::json::array& list, std::string_view key, std::string_view value);

  std::int64_t last_number_ = 0;
  boost::json::object call_;
  boost::json::object health_;
  std::string end_reason_;
  std::int64_t duration_ms_ = 0;
  std::vector<Said> utterances_;
  boost::json::array gaps_, pauses_, cues_, checklist_, moments_, understood_, alerts_, tags_;
};

}  // namespace sotto::delivery
