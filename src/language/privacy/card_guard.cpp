#include "language/privacy/card_guard.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "language/numbers/incidental.h"

namespace sotto::language {
namespace {

constexpr std::int64_t kKnownMs = 300'000;   // read back, or said once more
constexpr std::int64_t kWindowMs = 120'000;  // words that may belong to what is said now
constexpr std::size_t kWindowWords = 400;
constexpr std::int64_t kPauseMs = 45'000;  // one dictation is not interrupted longer

bool is_digits(Item const& item) { return item.kind == Item::Kind::digits; }

}  // namespace

void CardGuard::push(std::size_t track, std::vector<HeardWord> const& words, Time now) {
  auto const final = ++finals_;
  keep(track, words, final);
  auto& state = tracks_[track];
  state.waiting.push_back({.final = final, .words = words.size(), .until = now + limits::kCardHold});
  bool const digits =
      std::ranges::any_of(state.words, [&](Kept const& kept) { return kept.final == final && numeric(kept.lexemes); });
  if (digits || state.held_from != 0) analyse(track, now);
  // What is held of another party may be what was just read back, or asked for.
  for (std::size_t other = 0; digits && other < tracks_.size(); ++other) {
    if (other != track && tracks_[other].held_from != 0) analyse(other, now);
  }
}

std::optional<GuardedWords> CardGuard::take(std::size_t track, Time now) {
  auto& state = tracks_[track];
  if (state.waiting.empty()) return std::nullopt;
  auto const front = state.waiting.front();
  bool const held = state.held_from != 0 && front.final >= state.held_from;
  if (held && now < front.until && !front.settled) return std::nullopt;
  if (held) {
    analyse(track, now);
    if (state.held_from != 0 && front.final >= state.held_from) return std::nullopt;
  }
  state.waiting.pop_front();
  auto const begin = std::ranges::find(state.words, front.final, &Kept::final);
  auto const end = begin + static_cast<std::ptrdiff_t>(front.words);
  for (auto at = begin; at != end; ++at) at->gone = true;
  auto out = written(begin, end);
  forget(track);
  return out;
}

void CardGuard::settle(std::size_t track) {
  for (auto& waiting : tracks_[track].waiting) waiting.settled = true;
}

GuardedWords CardGuard::look(std::size_t track, std::vector<HeardWord> const& words, bool partial) const {
  GuardedWords plain;
  bool digits = false;
  for (auto const& word : words) {
    plain.texts.push_back(word.text);
    digits = digits || numeric(read_word(word.text));
  }
  if (!digits) return plain;
  CardGuard copy(*this);
  auto& state = copy.tracks_[track];
  // Words of the same moment were heard before: what they hid stays hidden, however it is read now.
  auto const from = words.front().start_ms, to = words.back().end_ms;
  std::vector<Kept> before;
  std::erase_if(state.words, [&](Kept const& kept) {
    bool const again = kept.word.end_ms > from && (partial || kept.word.start_ms < to);
    if (again) before.push_back(kept);
    return again;
  });
  auto const final = ++copy.finals_;
  copy.keep(track, words, final);
  for (auto& kept : state.words) {
    if (kept.final != final || !numeric(kept.lexemes)) continue;
    for (auto const& old : before) {
      bool const same = kept.word.start_ms < old.word.end_ms + 300 && old.word.start_ms < kept.word.end_ms + 300;
      if (old.mask != Mask::none && same) kept.mask = old.mask;
    }
  }
  state.waiting.assign(1, {.final = final, .words = words.size(), .until = Time::max(), .settled = true});
  copy.analyse(track, Time{}, partial);
  auto const begin = std::ranges::find(state.words, final, &Kept::final);
  return copy.written(begin, begin + static_cast<std::ptrdiff_t>(words.size()));
}

std::vector<CardGuard::Whole> CardGuard::cards() const {
  std::vector<Whole> out;
  for (auto const& known : known_) {
    if (!known.code && luhn(known.digits) && issued(known.digits)) out.push_back({known.digits, known.ms});
  }
  return out;
}

void CardGuard::keep(std::size_t track, std::vector<HeardWord> const& words, std::uint64_t final) {
  auto& state = tracks_[track];
  std::vector<std::string> folded;
  for (auto const& word : words) folded.push_back(is_mask(word.text) ? std::string() : fold(word.text));
  auto const contexts = find_number_contexts(folded);
  for (std::size_t i = 0; i < words.size(); ++i) {
    state.words.push_back({.word = words[i], .folded = folded[i], .lexemes = read_word(words[i].text), .final = final});
  }
  auto const base = state.words.size() - words.size();
  for (auto const& found : contexts) {
    for (auto i = found.first; i <= found.last; ++i) state.words[base + i].context = found.context;
    Said const said{.track = track, .ms = words[found.last].start_ms, .context = found.context, .number = found.number};
    said_.insert(std::ranges::upper_bound(said_, said.ms, {}, &Said::ms), said);
    if (said_.size() > 100) said_.pop_front();
  }
}

void CardGuard::forget(std::size_t track) {
  auto& words = tracks_[track].words;
  if (words.empty()) return;
  auto const newest = words.back().word.end_ms;
  while (!words.empty() && words.front().gone &&
         (words.size() > kWindowWords || words.front().word.end_ms < newest - kWindowMs)) {
    words.pop_front();
  }
  while (!known_.empty() && known_.front().ms < newest - kKnownMs) known_.pop_front();
}

// --- dictations in what was said ---

// Digits at `to` do not go on what was dictated until `from`: something else was asked for, or it is long ago.
bool CardGuard::turned(std::int64_t from, std::int64_t to, bool card) const {
  if (to - from > kPauseMs) return true;
  for (auto at = std::ranges::upper_bound(said_, from, {}, &Said::ms); at != said_.end() && at->ms <= to; ++at) {
    if (!card || (at->context != NumberContext::card && at->context != NumberContext::last_four)) return true;
  }
  return false;
}

bool CardGuard::away(Track const& track, Run const& run) const {
  auto const first = std::ranges::find_if(run.items, is_digits);
  auto const said = first == run.items.end() ? std::nullopt : said_before(track.words[first->first].word.start_ms);
  return said && said->context != NumberContext::card && said->context != NumberContext::last_four;
}

std::vector<CardGuard::Run> CardGuard::runs_of(Track const& track) const {
  std::vector<std::vector<Lexeme>> lexemes;
  std::vector<bool> breaks;
  std::vector<SaidWord> said;
  for (auto const& kept : track.words) {
    breaks.push_back(lexemes.empty() || kept.final != track.words[lexemes.size() - 1].final);
    lexemes.push_back(kept.lexemes);
    said.push_back({kept.word.text, kept.folded, kept.final, numeric(kept.lexemes)});
  }
  auto items = read_numbers(lexemes, breaks);
  std::uint64_t final = 0;
  bool after_words = true;
  for (auto& item : items) {
    if (item.kind == Item::Kind::other) after_words = true;
    if (!is_digits(item)) continue;
    auto const here = track.words[item.first].final;
    item.begins = std::exchange(final, here) != here || std::exchange(after_words, false);
  }
  mark_incidental(said, items);
  std::vector<Run> runs;
  Run run;
  bool card_between = false;
  std::size_t gap = 0, allowed = 0;
  std::int64_t last_ms = 0;
  auto const close = [&] {
    auto const answered = run.digits >= 3 ? last_ms : run.answered_ms;
    if (run.digits > 0) runs.push_back(std::move(run));
    run = {.answered_ms = answered};
    gap = 0;
    card_between = false;
  };
  for (auto const& item : items) {
    auto const& word = track.words[item.first];
    bool const number = is_digits(item) || item.kind == Item::Kind::pending || item.kind == Item::Kind::maybe;
    if (number) {
      // "... two seven three." "So it's ...": an order number has been said, this is another number.
      if (run.digits >= 5 && item.begins && !is_digits(run.items.back()) && allowed <= 3 &&
          track.words[run.items.back().first].final == word.final && away(track, run)) {
        close();
      }
      bool const code = word.mask == Mask::cvv;  // has been said: what follows is something else
      if (run.digits > 0 && !code && track.words[run.items.back().last].mask == Mask::cvv) close();
      if (run.digits > 0 && turned(last_ms, word.word.start_ms, allowed > 3 && run.digits >= 3)) close();
      if (item.kind == Item::Kind::maybe && run.items.empty()) continue;
      if (run.items.empty()) allowed = card_said(word.word.start_ms) ? 10 : 3;
      if (is_digits(item)) {
        run.digits += item.digits.size();
        run.card_inside = run.card_inside || card_between;
        gap = 0;
        last_ms = track.words[item.last].word.end_ms;
      }
      run.items.push_back(item);
    } else if (!run.items.empty()) {
      bool const card =
          word.context && (*word.context == NumberContext::card || *word.context == NumberContext::last_four);
      card_between = card_between || word.context == NumberContext::card;
      if (item.kind == Item::Kind::other && !card) ++gap;
      if ((word.context && !card) || gap > allowed) {
        close();
        continue;
      }
      run.items.push_back(item);
    }
  }
  run.open = gap == 0 || (allowed > 3 && gap <= 6);
  close();
  return runs;
}

void CardGuard::analyse(std::size_t track, Time now, bool partial) {
  auto& state = tracks_[track];
  state.held_from = 0;
  for (auto const& run : runs_of(state)) {
    std::uint64_t first = 0, expired = 0;
    for (auto const& item : run.items) {
      auto const& kept = state.words[item.first];
      if (kept.gone || item.kind == Item::Kind::filler) continue;
      if (first == 0) first = kept.final;
    }
    if (first == 0) continue;  // handed on long ago
    bool settled = false;
    for (auto const& waiting : state.waiting) {
      if (waiting.until <= now || waiting.settled) expired = waiting.final;
      settled = settled || waiting.settled;
    }
    bool const over = !run.open || first <= expired;
    if (!judge(track, run, over, partial)) continue;
    // What has waited long enough goes on; what came later in the same dictation still waits.
    if (!run.open || settled) continue;
    auto const from = std::max(first, expired + 1);
    if (from > finals_) continue;
    state.held_from = state.held_from == 0 ? from : std::min(state.held_from, from);
  }
}

GuardedWords CardGuard::written(std::deque<Kept>::const_iterator begin, std::deque<Kept>::const_iterator end) const {
  GuardedWords out;
  for (auto at = begin; at != end; ++at) {
    auto const index = out.texts.size();
    if (at->mask == Mask::none) {
      out.texts.push_back(at->word.text);
      continue;
    }
    auto const kind = at->mask == Mask::card ? MaskedNumber::Kind::card : MaskedNumber::Kind::cvv;
    out.texts.emplace_back(kind == MaskedNumber::Kind::card ? "[card]" : "[cvv]");
    bool const goes_on = !out.masked.empty() && out.masked.back().kind == kind && out.masked.back().last + 1 == index;
    if (!goes_on) out.masked.push_back({.kind = kind, .first = index, .last = index});
    out.masked.back().last = index;
    if (!at->last_four.empty()) out.masked.back().last_four = at->last_four;
    out.masked.back().valid = !out.masked.back().last_four.empty();
  }
  return out;
}

}  // namespace sotto::language
