#include "call/ledger.h"

#include <algorithm>

#include <boost/json/object.hpp>

#include "base/check.h"

namespace sotto {

std::string_view name(Coverage coverage) {
  switch (coverage) {
    case Coverage::pending: return "pending";
    case Coverage::final: return "final";
    case Coverage::silence: return "silence";
    case Coverage::pause: return "pause";
    case Coverage::gap: return "gap";
  }
  return "";
}

void Ledger::receive(std::int64_t to) { received_ = std::max(received_, to); }

std::optional<Ledger> Ledger::from_rows(std::vector<LedgerRow> const& rows) {
  constexpr std::int64_t most = std::int64_t{1} << 50;  // samples: no call is as long
  Ledger out;
  for (auto const& row : rows) {
    bool const final = row.coverage == Coverage::final;
    if (row.coverage == Coverage::pending || row.from < out.received_ || row.to <= row.from || row.to > most ||
        (final && row.utterance < 0))
      return std::nullopt;
    out.receive(row.to);
    out.mark(row);
  }
  return out;
}

// The first decided row that ends after `at`.
static auto row_after(std::vector<LedgerRow> const& rows, std::int64_t at) {
  return std::ranges::upper_bound(rows, at, {}, &LedgerRow::to);
}

std::vector<LedgerRow> Ledger::mark(LedgerRow const& row) {
  CHECK(row.coverage != Coverage::pending && row.from <= row.to && row.to <= received_);
  std::vector<LedgerRow> pieces;
  std::int64_t at = row.from;
  for (auto next = row_after(rows_, at); at < row.to; ++next) {
    std::int64_t const free_to = next == rows_.end() ? row.to : std::min(next->from, row.to);
    if (at < free_to) {
      pieces.push_back(row);
      pieces.back().from = at;
      pieces.back().to = free_to;
    }
    if (next == rows_.end()) break;
    at = next->to;
  }
  for (auto const& piece : pieces) insert(piece);
  return pieces;
}

void Ledger::insert(LedgerRow piece) {
  auto const joins = [](LedgerRow const& left, LedgerRow const& right) {
    return left.to == right.from && left.coverage == right.coverage && left.utterance == right.utterance &&
           left.reason == right.reason;
  };
  auto at = rows_.insert(std::ranges::lower_bound(rows_, piece.from, {}, &LedgerRow::from), piece);
  if (at != rows_.begin() && joins(*(at - 1), *at)) {
    (at - 1)->to = at->to;
    at = rows_.erase(at) - 1;
  }
  if (at + 1 != rows_.end() && joins(*at, *(at + 1))) {
    at->to = (at + 1)->to;
    rows_.erase(at + 1);
  }
  for (auto row = row_after(rows_, decided_); row != rows_.end() && row->from <= decided_; ++row) decided_ = row->to;
}

bool Ledger::is_decided(std::int64_t from, std::int64_t to) const {
  for (auto row = row_after(rows_, from); from < to; ++row) {
    if (row == rows_.end() || row->from > from) return false;
    from = row->to;
  }
  return true;
}

std::vector<LedgerRow> Ledger::rows() const {
  std::vector<LedgerRow> all;
  std::int64_t at = 0;
  auto const pending_until = [&](std::int64_t to) {
    if (at < to) all.push_back({.from = at, .to = to});
  };
  for (auto const& row : rows_) {
    pending_until(row.from);
    all.push_back(row);
    at = row.to;
  }
  pending_until(received_);
  return all;
}

double CoverageTotals::heard() const {
  auto const due = final + silence + gap;
  return due == 0 ? 1.0 : static_cast<double>(final + silence) / static_cast<double>(due);
}

CoverageTotals totals(std::vector<LedgerRow> const& rows) {
  CoverageTotals sum;
  for (auto const& row : rows) {
    sum.received += row.length();
    switch (row.coverage) {
      case Coverage::pending: sum.pending += row.length(); break;
      case Coverage::final: sum.final += row.length(); break;
      case Coverage::silence: sum.silence += row.length(); break;
      case Coverage::pause: sum.pause += row.length(); break;
      case Coverage::gap: sum.gap += row.length(), ++sum.gaps; break;
    }
  }
  return sum;
}

TrackCoverage in_ms(CoverageTotals const& totals, int rate) {
  auto const ms = [&](std::int64_t samples) { return samples * 1000 / rate; };
  return {.received_ms = ms(totals.received),
          .final_ms = ms(totals.final),
          .silence_ms = ms(totals.silence),
          .pause_ms = ms(totals.pause),
          .gap_ms = ms(totals.gap),
          .pending_ms = ms(totals.pending),
          .gaps = totals.gaps,
          .heard = totals.heard()};
}

boost::json::array to_json(std::vector<LedgerRow> const& rows, int rate) {
  boost::json::array out;
  for (auto const& row : rows) {
    boost::json::object entry{{"from", row.from},
                              {"to", row.to},
                              {"start_ms", row.from * 1000 / rate},
                              {"end_ms", row.to * 1000 / rate},
                              {"coverage", name(row.coverage)}};
    if (row.coverage == Coverage::final) entry["utterance"] = row.utterance;
    if (row.coverage == Coverage::gap) entry["reason"] = row.reason;
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace sotto
