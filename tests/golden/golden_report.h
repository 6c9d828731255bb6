// The events of a golden call in words.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "call/events.h"
#include "call/ledger.h"

namespace sotto::golden {

class Report {
 public:
  explicit Report(bool counted) : counted_(counted) {}

  // What a follower was told at `ms` of the call.
  void told(Event const& event, std::int64_t ms);
  // Anything else worth a line, at the end.
  void add(std::string const& line) { closing_ += line + "\n"; }
  std::string text() const;

 private:
  bool const counted_;
  std::map<std::string, std::string> cue_names_;  // by id
  std::map<std::string, int> counts_;             // by kind
  std::string lines_, closing_;
};

// "0-300 silence, 300-1500 customer-0, 1500-3000 silence"
std::string words_of(std::vector<LedgerRow> const& rows, std::string_view track, int rate);

}  // namespace sotto::golden
