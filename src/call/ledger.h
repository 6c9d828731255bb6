// The coverage ledger of one track: what became of every sample received.
// Sorted intervals in samples of the source's rate that cover [0, received) exactly. A decided interval never changes:
// marking touches pending audio only, so a second recogniser that cuts elsewhere cannot double a word.
// Plain value, no thread of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>

#include "call/track.h"

namespace sotto {

enum class Coverage : std::uint8_t { pending, final, silence, pause, gap };

std::string_view name(Coverage coverage);

struct LedgerRow {
  std::int64_t from = 0, to = 0;
  Coverage coverage = Coverage::pending;
  std::int64_t utterance = -1;  // n, for final
  // For gap: not_received | not_started | no_words | distorted | samples_restarted | overrun | recogniser_lost |
  // recogniser_skipped | unsaved.
  std::string reason;

  std::int64_t length() const { return to - from; }
  bool operator==(LedgerRow const&) const = default;
};

class Ledger {
 public:
  // Samples [0, to) have now been received or are known to be missing; grows only.
  void receive(std::int64_t to);
  // Decides the pending parts of [row.from, row.to) as `row` says; returns the pieces that were decided, in order.
  std::vector<LedgerRow> mark(LedgerRow const& row);

  // Rows as they were stored: decided, sorted, none over another. Nullopt: they are not.
  static std::optional<Ledger> from_rows(std::vector<LedgerRow> const& rows);

  std::int64_t received() const { return received_; }
  // End of the decided prefix: the first pending sample, or received().
  std::int64_t decided() const { return decided_; }
  // [from, to) without a pending sample in it?
  bool is_decided(std::int64_t from, std::int64_t to) const;
  // Decided rows with pending rows between them: covers [0, received()) exactly.
  std::vector<LedgerRow> rows() const;

 private:
  void insert(LedgerRow piece);

  std::vector<LedgerRow> rows_;  // decided only, sorted, neighbours of one kind merged
  std::int64_t received_ = 0;
  std::int64_t decided_ = 0;
};

// Totals of one track in milliseconds, as they are told.
struct TrackCoverage {
  std::int64_t received_ms = 0, final_ms = 0, silence_ms = 0, pause_ms = 0, gap_ms = 0, pending_ms = 0;
  int gaps = 0;
  double heard = 1;
};

// Totals in samples. `heard` is the share of final + silence in all that was not paused, 1 when nothing was received.
struct CoverageTotals {
  std::int64_t received = 0, final = 0, silence = 0, pause = 0, gap = 0, pending = 0;
  int gaps = 0;
  double heard() const;
};
CoverageTotals totals(std::vector<LedgerRow> const& rows);
TrackCoverage in_ms(CoverageTotals const& totals, int rate);

boost::json::array to_json(std::vector<LedgerRow> const& rows, int rate);

// What the store is told of a track: compare-and-set on the decided prefix.
struct TrackUpdate {
  Track track = Track::customer;
  std::int64_t decided_before = 0;
  std::int64_t decided_after = 0;
  std::vector<LedgerRow> rows;  // decided since the last update, in any order
};

}  // namespace sotto
