#include "live/transcript/transcript.h"

#include <algorithm>

namespace sotto::transcript {

// Corrections of words come within seconds: these are more utterances than anyone says in that time. Speakers of a mono
// call are corrected for longer (speech::Speakers); an utterance takes some 2 kB.
static constexpr std::size_t kNewestKept = 8, kNewestKeptMono = 64;

Transcript::Transcript(CallInfo const& call) : call_(call) {}

void Transcript::restore(Track track, std::vector<LedgerRow> const& rows) {
  auto& state = tracks_[index(track)];
  for (auto const& row : rows) {
    state.ledger.receive(row.to);
    state.ledger.mark(row);
    if (row.coverage == Coverage::final) state.next_n = std::max(state.next_n, row.utterance + 1);
  }
  state.handed = state.ledger.decided();
}

void Transcript::receive(Track track, std::int64_t to) { tracks_[index(track)].ledger.receive(to); }

Decided Transcript::mark(Track track, LedgerRow const& row) {
  auto& state = tracks_[index(track)];
  Decided decided;
  for (auto& piece : state.ledger.mark(row)) {
    if (piece.coverage == Coverage::gap) decided.gaps.push_back({track, piece});
    state.fresh.push_back(std::move(piece));
  }
  return decided;
}

Decided Transcript::on_hole(Track track, LedgerRow const& hole) {
  receive(track, hole.to);
  return mark(track, hole);
}

Decided Transcript::on_silence(Track track, std::int64_t from, std::int64_t to) {
  return mark(track, {.from = from, .to = std::min(to, ledger(track).received()), .coverage = Coverage::silence});
}

Decided Transcript::on_final(PrivacyGate::Safe const& heard, bool memory_full) {
  auto const& hypothesis = *heard;
  auto& state = tracks_[index(hypothesis.track)];
  auto const from = std::max(hypothesis.from, state.ledger.decided());
  auto const to = std::min(hypothesis.to, state.ledger.received());
  if (from >= to) return {};
  Decided before;
  if (from > state.ledger.decided()) {  // the recogniser skipped something: say so
    before =
        mark(hypothesis.track,
             {.from = state.ledger.decided(), .to = from, .coverage = Coverage::gap, .reason = "recogniser_skipped"});
  }
  auto utterance = build(hypothesis, from);
  LedgerRow row{.from = from, .to = to};
  if (utterance.text.empty() || memory_full) {
    row.coverage = Coverage::gap;
    row.reason = memory_full ? "unsaved" : heard->distorted ? "distorted" : "no_words";
  } else {
    row.coverage = Coverage::final;
    row.utterance = state.next_n;
  }
  auto decided = mark(hypothesis.track, row);
  decided.gaps.insert(decided.gaps.begin(), before.gaps.begin(), before.gaps.end());
  if (row.coverage == Coverage::final) {
    utterance.n = state.next_n++;
    utterance.to = to;
    utterance.reason = hypothesis.reason;
    utterance.entities = mentions_.of_final(hypothesis, utterance.words, utterance.said_by());
    state.newest.push_back(utterance);
    if (state.newest.size() > (call_.mono ? kNewestKeptMono : kNewestKept)) state.newest.pop_front();
    decided.utterance = std::move(utterance);
  }
  return decided;
}

std::optional<Corrected> Transcript::on_revised(PrivacyGate::Safe const& heard) {
  auto const& hypothesis = *heard;
  auto& newest = tracks_[index(hypothesis.track)].newest;
  auto const found = std::ranges::find_if(newest, [&](Utterance const& utterance) {
    return utterance.from == hypothesis.from && utterance.to == hypothesis.to;
  });
  if (found == newest.end()) return std::nullopt;
  bool const words = !hypothesis.text.empty() && !hypothesis.words.empty() && hypothesis.text != found->text;
  bool const speaker = hypothesis.speaker && hypothesis.speaker != found->speaker;
  if (!words && !speaker) return std::nullopt;
  Corrected corrected{.utterance = {}, .was = found->text, .was_speaker = found->speaker};
  if (words) {
    found->text = hypothesis.text;
    found->words = hypothesis.words;
    found->entities = mentions_.of_revised(hypothesis, found->said_by());
    found->start_ms = hypothesis.words.front().start_ms;
    found->end_ms = hypothesis.words.back().end_ms;
  }
  if (speaker) {
    found->speaker = hypothesis.speaker;
    found->speaker_confidence = hypothesis.speaker_confidence;
  }
  ++found->revision;
  corrected.utterance = *found;
  return corrected;
}

void Transcript::forget(Track track, std::int64_t n) {
  std::erase_if(tracks_[index(track)].newest, [n](Utterance const& said) { return said.n == n; });
}

// Words before `from`, or inside audio that was decided otherwise meanwhile (a pause that reached back), are not
// repeated.
Utterance Transcript::build(Hypothesis const& hypothesis, std::int64_t from) const {
  auto const& ledger = this->ledger(hypothesis.track);
  Utterance out{
      .call = call_.id, .track = hypothesis.track, .from = from, .to = hypothesis.to, .text = hypothesis.text};
  out.speaker = hypothesis.speaker;
  out.speaker_confidence = hypothesis.speaker_confidence;
  if (auto const side = call_.side(hypothesis.track); side != hypothesis.track) {
    out.speaker = side;
    out.speaker_confidence = 1;
  }
  auto const free = [&](Word const& word) {
    auto const middle = (word.start_ms + word.end_ms) / 2 * call_.format.rate / 1000;
    return middle >= from && !ledger.is_decided(middle, middle + 1);
  };
  std::ranges::copy_if(hypothesis.words, std::back_inserter(out.words), free);
  if (out.words.size() < hypothesis.words.size()) {
    out.text.clear();
    for (auto const& word : out.words) out.text += (out.text.empty() ? "" : " ") + word.text;
  }
  out.start_ms = out.words.empty() ? to_ms(from) : out.words.front().start_ms;
  out.end_ms = out.words.empty() ? to_ms(hypothesis.speech_end) : out.words.back().end_ms;
  return out;
}

Utterance Transcript::partial(PrivacyGate::Safe const& heard) const {
  auto const& hypothesis = *heard;
  auto const& state = tracks_[index(hypothesis.track)];
  auto out = build(hypothesis, std::max(hypothesis.from, state.ledger.decided()));
  out.n = state.next_n;
  return out;
}

Decided Transcript::close(std::string const& reason) {
  Decided all;
  for (auto const track : call_.tracks) {
    auto decided =
        mark(track, {.from = 0, .to = ledger(track).received(), .coverage = Coverage::gap, .reason = reason});
    std::ranges::move(decided.gaps, std::back_inserter(all.gaps));
  }
  return all;
}

std::vector<TrackUpdate> Transcript::take_updates() {
  std::vector<TrackUpdate> updates;
  for (auto const track : call_.tracks) {
    auto& state = tracks_[index(track)];
    if (state.fresh.empty()) continue;
    updates.push_back({.track = track,
                       .decided_before = state.handed,
                       .decided_after = state.ledger.decided(),
                       .rows = std::exchange(state.fresh, {})});
    state.handed = state.ledger.decided();
  }
  return updates;
}

}  // namespace sotto::transcript
