#include "call/call_totals.h"

namespace sotto {

static double heard_over(std::map<Track, TrackCoverage> const& coverage) {
  double heard = 0, due = 0;
  for (auto const& [track, sums] : coverage) {
    heard += static_cast<double>(sums.final_ms + sums.silence_ms);
    due += static_cast<double>(sums.final_ms + sums.silence_ms + sums.gap_ms);
  }
  return due > 0 ? heard / due : 1.0;
}

void fold(CallTotals& totals, EventBody const& body) {
  if (std::holds_alternative<Cue>(body)) ++totals.cues;
  if (auto const* closed = std::get_if<CueClosed>(&body); closed && closed->reason == "late") ++totals.late;
  if (auto const* ended = std::get_if<CallEnded>(&body)) {
    totals.live = false;
    totals.end_reason = name(ended->reason);
    totals.duration_ms = ended->duration_ms;
    totals.heard = heard_over(ended->coverage);
  }
}

}  // namespace sotto
