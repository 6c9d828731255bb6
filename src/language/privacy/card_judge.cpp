// CardGuard, continued: what a dictation is.
#include <algorithm>
#include <string_view>
#include <utility>

#include "language/privacy/card_code.h"
#include "language/privacy/card_guard.h"

namespace sotto::language {
namespace {

constexpr std::int64_t kContextMs = 90'000;  // what was asked for is answered within this
constexpr std::int64_t kUnsureMs = 12'000;   // a card that may not have ended yet has ended when this has passed
constexpr std::int64_t kCodeMs = 45'000;     // the code follows its question, or the card

// Ends the talk about the card: the digits that follow are something else.
bool turns_away(NumberContext context) {
  return context != NumberContext::card && context != NumberContext::cvv && context != NumberContext::expiry &&
         context != NumberContext::last_four;
}

// Do they have this many digits in a row in common?
bool shares(std::string_view card, std::string_view digits, std::size_t n) {
  for (std::size_t at = 0; at + n <= card.size(); ++at) {
    if (digits.contains(card.substr(at, n))) return true;
  }
  return false;
}

bool is_digits(Item const& item) { return item.kind == Item::Kind::digits; }

}  // namespace

std::optional<CardGuard::Said> CardGuard::said_before(std::int64_t ms) const {
  auto const after = std::ranges::upper_bound(said_, ms, {}, &Said::ms);
  if (after == said_.begin() || ms - std::prev(after)->ms > kContextMs) return std::nullopt;
  return *std::prev(after);
}

// The newest of these contexts before `ms`, unless something turned away from the card since.
std::optional<CardGuard::Said> CardGuard::said_of(NumberContext context, std::int64_t ms, std::int64_t within,
                                                  std::size_t track) const {
  auto at = std::ranges::upper_bound(said_, ms, {}, &Said::ms);
  std::optional<Said> found;
  while (at != said_.begin()) {
    --at;
    if (ms - at->ms > within || turns_away(at->context)) break;
    if (at->context != context) continue;
    if (!found) found = *at;
    found->number = found->number || at->number;
    found->asked = found->asked || at->track != track;
  }
  return found;
}

bool CardGuard::card_said(std::int64_t ms) const { return said_of(NumberContext::card, ms, kContextMs).has_value(); }

// Nothing in it but digits, fillers and the card's kind.
bool CardGuard::bare(Track const& track, std::uint64_t final) {
  return std::ranges::all_of(track.words, [&](Kept const& kept) {
    return kept.final != final || kept.context == NumberContext::card ||
           std::ranges::all_of(kept.lexemes, [](Lexeme const& lexeme) { return lexeme.lex != Lex::other; });
  });
}

// A card is being dictated: its digits were heard on either track just before.
bool CardGuard::dictated(std::int64_t ms) const {
  constexpr std::int64_t just_before = 15'000;
  return std::ranges::any_of(tracks_, [&](Track const& track) {
    return std::ranges::any_of(track.words, [&](Kept const& kept) {
      return kept.mask == Mask::card && kept.word.start_ms < ms && kept.word.end_ms > ms - just_before;
    });
  });
}

CardGuard::Known const* CardGuard::last_card(std::int64_t since, std::int64_t until) const {
  for (auto at = known_.rbegin(); at != known_.rend(); ++at) {
    if (!at->code && at->ms >= since && at->ms <= until) return &*at;
  }
  return nullptr;
}

bool CardGuard::judge(std::size_t track, Run const& run, bool over, bool partial) {
  auto const& state = tracks_[track];
  auto const first = std::ranges::find_if(run.items, is_digits);
  auto const ms = state.words[first->first].word.start_ms;
  auto const digits = plain_digits(run.items);
  auto const latest = said_before(ms);
  auto const n = digits.size();
  if (judge_known(track, run, digits, latest)) return false;
  if (judge_codes(track, run)) return false;
  auto const card = said_of(NumberContext::card, ms, kContextMs, track);
  // A card that was asked for and has been said is no context for what comes later.
  auto const* const said_card = card ? last_card(card->ms, ms) : nullptr;
  bool const spent = said_card && (said_card->sure || ms - said_card->ms > kUnsureMs);
  bool const labelled = (card && !spent) || run.card_inside;
  // An order number that was asked for and has been said is no context either.
  bool const small = latest && (latest->context == NumberContext::money || latest->context == NumberContext::time ||
                                latest->context == NumberContext::postcode);
  bool const elsewhere = latest && turns_away(latest->context) && run.answered_ms <= latest->ms && !(small && n >= 12);
  if (auto const found = find_card(run.items, labelled, !labelled && elsewhere)) {
    auto const rest = on_card(track, run, *found);
    return rest.digits > 0 && judge(track, rest, over, partial);
  }
  bool const partly = std::ranges::any_of(
      run.items, [&](Item const& item) { return is_digits(item) && state.words[item.first].mask == Mask::card; });
  bool const strong = issued(digits) || may_become_card(digits) || n > natural_length(digits);
  bool const pure = first == run.items.begin() && state.words[first->first].final == state.words.back().final &&
                    (first->first == 0 || state.words[first->first - 1].final != state.words[first->first].final);
  auto const hide = [&] {
    mask(track, run.items, Mask::card);
    return false;
  };
  if (labelled) {
    bool const number = (card && card->number) || run.card_inside;
    bool const alone = bare(state, state.words[first->first].final);
    bool const asked = card && (card->asked || (card->number && ms - card->ms < 3000));
    bool const under_way = !spent && (dictated(ms) || tracks_[1 - track].held_from != 0), amid = alone && under_way;
    bool const ending = latest && latest->context == NumberContext::last_four && n <= 4 && !under_way;
    bool const expiry = latest && latest->context == NumberContext::expiry && n <= 8;
    if (n >= 15 || partly) return hide();
    if (ending || (expiry && is_expiry(digits))) return false;
    if (partial && n >= (number ? 1 : 4)) return hide();
    if (over &&
        (n >= 7 || (!expiry && (amid || (alone && n >= (number ? 1 : 2)) ||
                                (asked && (n >= 2 || (run.open && ms - card->ms < 15'000))) || (number && n >= 4)))))
      return hide();
    return (number || n >= 3 || pure || alone || amid || asked) && !(expiry && n <= 6);
  }
  if (elsewhere) {
    if (partial && strong && n >= 12) return hide();
    return latest->context != NumberContext::phone && strong && n >= 12 && n < natural_length(digits);
  }
  if (issued(digits) && n >= 15) return hide();
  if (partly || (over && strong && n >= 12) || (partial && strong && n >= 5)) return hide();
  return strong && (n >= 4 || pure) && n < natural_length(digits);
}

// Masks the card and what belongs to it; returns what else was said.
CardGuard::Run CardGuard::on_card(std::size_t track, Run const& run, CardFound const& found) {
  auto& state = tracks_[track];
  std::vector<Item> in, after;
  Run rest{.open = run.open};
  bool fixing = false;  // "no, I mean ...": what follows belongs to it
  for (auto const& item : run.items) {
    fixing = fixing || (item.kind == Item::Kind::correction && item.first > found.last && rest.items.empty());
    if (item.first <= found.last) in.push_back(item);
    else if (rest.items.empty() && (fixing || item.kind != Item::Kind::other)) after.push_back(item);
    else rest.items.push_back(item);
  }
  mask(track, in, Mask::card);
  auto& end = state.words[found.last];
  if (luhn(found.digits)) end.last_four = found.digits.substr(found.digits.size() - 4);
  remember(found.digits, end.word.end_ms, false, found.sure);
  auto const behind = plain_digits(after);
  if (fixing || (!found.sure && run.open)) mask(track, after, Mask::card);
  else if (behind.size() >= 7) rest.items.insert(rest.items.begin(), after.begin(), after.end());
  else if (behind.size() < 3) mask(track, after, Mask::card);
  else mask_code(track, after, found.digits.size() == 15);
  rest.digits = plain_digits(rest.items).size();
  return rest;
}

// Behind a card: expiry, then the code.
void CardGuard::mask_code(std::size_t track, std::vector<Item> const& items, bool amex) {
  std::vector<Item> left;
  for (auto const& item : items) {
    if (is_digits(item)) left.push_back(item);
  }
  std::string head;
  for (std::size_t n = 0; n < left.size() && head.size() < 6; ++n) {
    head += left[n].digits;
    auto const rest = plain_digits({left.begin() + static_cast<std::ptrdiff_t>(n) + 1, left.end()}).size();
    if (is_expiry(head) && (rest == 3 || rest == 4)) {
      left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(n) + 1);
      break;
    }
  }
  auto const digits = plain_digits(left);
  bool const expiry = digits.size() == 4 && is_expiry(digits) && left.size() == items.size();
  bool const code = digits.size() == 3 || (digits.size() == 4 && (amex || !expiry));
  if (!code || (digits.size() == 4 && !amex && left.size() < items.size() && is_expiry(digits))) return;
  mask(track, left, Mask::cvv);
  auto const& last = tracks_[track].words[left.back().last];
  remember(digits, last.word.end_ms, true);
}

// Each stretch without other words between its digits; true when all were codes.
bool CardGuard::judge_codes(std::size_t track, Run const& run) {
  bool all = true;
  Run piece;
  auto const judge = [&] {
    if (auto const digits = plain_digits(piece.items); !digits.empty()) {
      auto const first = std::ranges::find_if(piece.items, is_digits);
      all = judge_code(track, piece, digits, tracks_[track].words[first->first].word.start_ms) && all;
    }
    piece.items.clear();
  };
  for (auto const& item : run.items) {
    if (item.kind == Item::Kind::other) judge();
    else piece.items.push_back(item);
  }
  judge();
  return all;
}

// A code that was asked for, or that follows a card.
bool CardGuard::judge_code(std::size_t track, Run const& run, std::string const& digits, std::int64_t ms) {
  auto const said = said_of(NumberContext::cvv, ms, kCodeMs);
  auto const card = said_of(NumberContext::card, ms, kContextMs);
  auto const latest = said_before(ms);
  auto const* known = last_card(ms - kCodeMs, ms);
  if (known && !known->sure && ms - known->ms < kUnsureMs && !said &&
      !(latest && latest->context == NumberContext::expiry))
    known = nullptr;
  bool const expiry = latest && latest->context == NumberContext::expiry;
  auto const n = digits.size();
  if (said) {
    // The card itself was asked for in the same breath and has not been said yet: its digits may begin here.
    bool const card_first = card && card->number && !last_card(card->ms, ms) && n != 3;
    bool const corrected = std::ranges::find(run.items, Item::Kind::correction, &Item::kind) != run.items.end();
    if (card_first || n > (corrected ? 8 : 5)) return false;
    if (expiry && is_expiry(digits)) return false;
    bool const taken =
        std::ranges::any_of(known_, [&](Known const& one) { return one.code && one.ms > said->ms && one.ms < ms; });
    if (taken && n != 3 && n != 4) return false;
    if (expiry && latest->ms > said->ms && n == 4) return false;
    mask(track, run.items, Mask::cvv);
    if (n >= 3) remember(digits, tracks_[track].words[run.items.back().last].word.end_ms, true);
    return true;
  }
  if (!known || (latest && latest->ms > known->ms && turns_away(latest->context))) return false;
  if (latest && latest->ms > known->ms && (latest->context == NumberContext::card || (expiry && is_expiry(digits))))
    return false;
  if (n == 3 || (n == 4 && known->digits.size() == 15 && !is_expiry(digits)) ||
      (n == 7 && is_expiry(digits.substr(0, 4)))) {
    mask_code(track, run.items, known->digits.size() == 15);
    return true;
  }
  return false;
}

// Read back, in parts or whole.
bool CardGuard::judge_known(std::size_t track, Run const& run, std::string const& digits,
                            std::optional<Said> const& latest) {
  auto const n = digits.size();
  bool const ending = latest && latest->context == NumberContext::last_four;
  bool const elsewhere = latest && turns_away(latest->context),
             expiry = latest && latest->context == NumberContext::expiry;
  for (auto const& known : known_) {
    bool const same =
        known.code ? n >= 3 && digits == known.digits
                   : (n >= 4 && known.digits.contains(digits)) ||
                         (n <= known.digits.size() + 2 && shares(known.digits, digits, n >= 10 && !elsewhere ? 6 : 8));
    if (!same || (n == 4 && (ending || (expiry && is_expiry(digits)))) || (elsewhere && n < 6)) continue;
    mask(track, run.items, known.code ? Mask::cvv : Mask::card);
    return true;
  }
  return false;
}

void CardGuard::mask(std::size_t track, std::vector<Item> const& items, Mask kind) {
  auto const digits = std::find_if(items.rbegin(), items.rend(), is_digits);
  auto const last = digits == items.rend() ? 0 : digits->last;
  for (auto const& item : items) {
    bool const number = is_digits(item) || item.kind == Item::Kind::maybe || item.kind == Item::Kind::pending;
    bool const behind = !is_digits(item) && item.digits != "0" && item.first > last;
    if (!number || behind) continue;
    for (auto word = item.first; word <= item.last; ++word) {
      auto& kept = tracks_[track].words[word];
      if (kept.mask == Mask::none) kept.mask = kind;
    }
  }
}

void CardGuard::remember(std::string digits, std::int64_t ms, bool code, bool sure) {
  for (auto& known : known_) {
    if (known.digits == digits && known.code == code) return;
  }
  known_.push_back({.digits = std::move(digits), .ms = ms, .code = code, .sure = sure});
  if (known_.size() > 16) known_.pop_front();
}

}  // namespace sotto::language
