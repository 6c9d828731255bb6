// A call of benches that write to a log: its speech part, which has at most one batch under way, each with an utterance
// and a cue.
#pragma once

#include <string>

#include <fmt/format.h>

#include "ports/call_log.h"

namespace sotto::bench {

struct StoredCall {
  std::string id;
  std::int64_t batch = 1, decided = 0;
  bool busy = false;

  Append opening() const {
    CallInfo const info{.id = id, .tenant = "bench", .tracks = {Track::customer}, .format = {}};
    return {.lease = {id, Part::speech, 1},
            .opening = Opening{info, "d", "bench"},
            .events = {{.time = {}, .body = CallStarted{}}}};
  }
  Append next() {
    Append out{.lease = {id, Part::speech, 1}, .batch = ++batch};
    UtteranceFinal said{{.text = "I would like to know what you can do about the invoice of last month"}};
    out.events.push_back({.time = {}, .body = std::move(said)});
    out.events.push_back(
        {.time = {}, .body = Cue{.id = fmt::format("{}-{}", id, batch), .headline = "Offer to look at it together"}});
    LedgerRow const row{
        .from = decided, .to = decided + 16'000, .coverage = Coverage::final, .utterance = batch, .reason = ""};
    out.tracks = {{.decided_before = row.from, .decided_after = row.to, .rows = {row}}};
    decided = row.to;
    return out;
  }
};

}  // namespace sotto::bench
