#include "language/privacy/late_cards.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

#include "base/limits.h"
#include "language/numbers/incidental.h"
#include "language/privacy/card_code.h"
#include "language/privacy/card_search.h"

namespace sotto::language {
namespace {

constexpr std::size_t kFinalsMax = 200, kCardsMax = 8;
constexpr std::int64_t kBeforeMs = 150'000;   // a card is looked for in what was said so long before it was known
constexpr std::int64_t kBehindMs = 120'000;   // and behind it
constexpr std::int64_t kGoesOnMs = 30'000;    // between the pieces of one dictation
constexpr std::int64_t kMisheardMs = 15'000;  // from what was misheard to who says so
constexpr std::int64_t kCodeBeforeMs = 5'000, kCodeBehindMs = 90'000;  // a code, and when its card ended
constexpr std::size_t kSure = 6;        // so many digits of a card in a row are no chance
constexpr std::size_t kNeedsEdges = 4;  // so many are none where nothing else was said with them
constexpr std::size_t kNodWords = 2;
constexpr std::size_t kJoinedMax = 20;  // finals back in which the pieces of a card are looked for

bool is_digits(Item const& item) { return item.kind == Item::Kind::digits; }
bool is_number(Item const& item) { return is_digits(item) || item.kind == Item::Kind::maybe; }

// Says that a number is no card.
bool is_other_number(NumberContext context) {
  return context != NumberContext::card && context != NumberContext::cvv && context != NumberContext::expiry &&
         context != NumberContext::last_four && context != NumberContext::name;
}

bool is_small(NumberContext context) {
  return context == NumberContext::money || context == NumberContext::time || context == NumberContext::postcode;
}

bool is_month_and_year(std::string_view digits) {
  auto const month = digits.size() == 4 ? (digits[0] - '0') * 10 + (digits[1] - '0') : 0;
  return month >= 1 && month <= 12;
}

}  // namespace

LateCards::Final LateCards::read(std::size_t track, std::int64_t key, std::vector<HeardWord> const& words) {
  Final out{.track = track, .key = key};
  if (words.empty()) return out;
  out.start_ms = words.front().start_ms;
  out.end_ms = words.back().end_ms;
  std::vector<std::vector<Lexeme>> lexemes;
  for (auto const& word : words) {
    bool const mask = is_mask(word.text);
    out.texts.push_back(word.text);
    out.folded.push_back(mask ? std::string() : fold(word.text));
    lexemes.push_back(mask ? std::vector<Lexeme>{{}} : read_word(word.text));
    out.hidden.push_back(mask);
  }
  out.told = out.hidden;
  out.contexts = find_number_contexts(out.folded);
  out.items = read_numbers(lexemes);
  std::vector<SaidWord> said;
  for (std::size_t i = 0; i < words.size(); ++i) said.push_back({out.texts[i], out.folded[i], 1, numeric(lexemes[i])});
  out.read = out.items;
  mark_incidental(said, out.items);
  for (auto& item : out.items) {
    item.begins = is_digits(item) && out.digits == 0;
    if (is_digits(item)) out.digits += item.digits.size();
    out.others += item.kind == Item::Kind::other && !out.hidden[item.first];
  }
  return out;
}

void LateCards::push(std::size_t track, std::int64_t key, std::vector<HeardWord> const& words) {
  auto final = read(track, key, words);
  forget(final.end_ms);
  auto const at = std::ranges::upper_bound(finals_, final.start_ms, {}, &Final::start_ms);
  auto const place = finals_.insert(at, std::move(final));
  if (std::ranges::none_of(place->read, is_digits)) return;
  for (auto const& card : cards_) find(card);
  if (auto const card = joined(static_cast<std::size_t>(place - finals_.begin()))) learn(card->digits, card->ms);
}

void LateCards::learn(std::string const& digits, std::int64_t ms) {
  if (std::ranges::find(cards_, digits, &Card::digits) != cards_.end()) return;
  cards_.push_back({digits, ms});
  if (cards_.size() > kCardsMax) cards_.erase(cards_.begin());
  find(cards_.back());
}

std::vector<MaskedNumber> LateCards::pass(std::size_t track, std::int64_t key, std::vector<std::string> const& shown) {
  std::vector<MaskedNumber> out;
  auto const final =
      std::ranges::find_if(finals_, [&](Final const& one) { return one.track == track && one.key == key; });
  if (final == finals_.end() || final->hidden.size() != shown.size()) return out;
  final->gone = true;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (is_mask(shown[i])) final->hidden[i] = true;
    else if (final->hidden[i] && !out.empty() && out.back().last + 1 == i) out.back().last = i;
    else if (final->hidden[i]) out.push_back({.kind = MaskedNumber::Kind::card, .first = i, .last = i});
  }
  final->told = final->hidden;
  return out;
}

std::vector<MaskedNumber> LateCards::look(std::size_t track, std::vector<HeardWord> const& words) const {
  bool const digits = std::ranges::any_of(words, [](auto const& word) { return numeric(read_word(word.text)); });
  if (cards_.empty() || !digits) return {};
  constexpr auto key = std::numeric_limits<std::int64_t>::min();
  LateCards copy(*this);
  copy.push(track, key, words);
  std::vector<std::string> shown;
  for (auto const& word : words) shown.push_back(word.text);
  return copy.pass(track, key, shown);
}

std::vector<LateCards::Late> LateCards::take() {
  std::vector<Late> out;
  for (auto& final : finals_) {
    if (!final.gone || final.hidden == final.told) continue;
    Late late{.track = final.track, .key = final.key, .words = {}, .runs = {}};
    for (std::size_t i = 0; i < final.hidden.size(); ++i) {
      if (!final.hidden[i] || final.told[i]) continue;
      bool const goes_on = !late.words.empty() && late.words.back() + 1 == i;
      late.words.push_back(i);
      if (goes_on) late.runs.back() += " " + final.texts[i];
      else late.runs.push_back(final.texts[i]);
    }
    final.told = final.hidden;
    out.push_back(std::move(late));
  }
  return out;
}

void LateCards::forget(std::int64_t now_ms) {
  constexpr auto known = kBeforeMs + kBehindMs;
  while (!finals_.empty() && (finals_.size() > kFinalsMax || finals_.front().end_ms < now_ms - known))
    finals_.pop_front();
  std::erase_if(cards_, [&](Card const& card) { return card.ms < now_ms - known; });
}

// --- what was said of a card that is known ---

void LateCards::mark(Cell const& cell) {
  auto& final = finals_[cell.final];
  auto const& item = final.items[cell.item];
  for (auto word = item.first; word <= item.last; ++word) final.hidden[word] = true;
  final.of_card = true;
}

void LateCards::find(Card const& card) {
  find_codes(card);
  for (std::size_t track = 0; track < limits::kTracksMax; ++track) {
    auto const cells = cells_of(track, card);
    for (std::size_t at = 0; at < cells.size(); ++at) {
      if (!is_digits(item(cells[at]))) continue;
      auto const stretch = longest(card, cells, at);
      if (!counts(card, cells, stretch)) continue;
      for (auto i = stretch.first; i <= stretch.last; ++i) mark(cells[i]);
      if (stretch.digits >= kSure) find_slip_before(cells, stretch);
      if (stretch.digits >= kSure) find_slip_behind(card, cells, stretch);
      find_misheard(card, cells, stretch);
      at = stretch.last;
    }
  }
}

LateCards::Cells LateCards::cells_of(std::size_t track, Card const& card) const {
  Cells out;
  for (std::size_t at = 0; at < finals_.size(); ++at) {
    auto const& final = finals_[at];
    if (final.track != track || final.end_ms < card.ms - kBeforeMs || final.start_ms > card.ms + kBehindMs) continue;
    for (std::size_t i = 0; i < final.items.size(); ++i) {
      if (final.items[i].kind != Item::Kind::filler || final.items[i].digits == "0") out.push_back({at, i});
    }
  }
  return out;
}

// The most digits of the card in a row that begin with this cell; over several finals where nothing else is said.
LateCards::Stretch LateCards::longest(Card const& card, Cells const& cells, std::size_t from) const {
  Stretch best{.first = from, .last = from};
  std::string_view const digits = card.digits;
  for (std::size_t begin = 0; begin < digits.size(); ++begin) {
    std::set<std::pair<std::size_t, std::size_t>> seen;  // "to to to to" can be read in many ways
    std::function<void(std::size_t, std::size_t)> const go = [&](std::size_t cell, std::size_t at) {
      if (cell == cells.size() || !seen.insert({cell, at}).second) return;
      auto const& said = item(cells[cell]);
      if (cell > from && cells[cell].final != cells[cell - 1].final &&
          finals_[cells[cell].final].start_ms - finals_[cells[cell - 1].final].end_ms > kGoesOnMs)
        return;
      if (!is_number(said)) {
        if (said.kind == Item::Kind::filler) go(cell + 1, at);
        return;
      }
      for (auto const& reading : {said.digits, said.apart}) {
        if (reading.empty() || !digits.substr(at).starts_with(reading)) continue;
        auto const n = at + reading.size() - begin;
        if (n > best.digits) best = {.first = from, .last = cell, .digits = n, .at = begin};
        go(cell + 1, at + reading.size());
      }
      if (said.kind == Item::Kind::maybe) go(cell + 1, at);
    };
    go(from, begin);
  }
  return best;
}

bool LateCards::counts(Card const& card, Cells const& cells, Stretch const& stretch) const {
  auto const n = stretch.digits;
  if (n < kNeedsEdges) return false;
  auto const beside = [&](std::size_t one, std::size_t other) {
    return cells[one].final == cells[other].final && is_digits(item(cells[one])) && is_digits(item(cells[other]));
  };
  auto const first = stretch.first;
  bool const begins = first == 0 || !beside(first - 1, first) || says_one(cells, first - 1);
  bool const ends = stretch.last + 1 == cells.size() || !beside(stretch.last, stretch.last + 1);
  bool const one_final = cells[stretch.first].final == cells[stretch.last].final;
  bool const outer = stretch.at == 0 || stretch.at + n == card.digits.size();
  if (n < kSure && (!begins || !ends || (!one_final && !outer))) return false;
  return n >= kSure || !named_otherwise(card, cells, stretch);
}

// "... the joint one. Fifty three": no digit.
bool LateCards::says_one(Cells const& cells, std::size_t at) const {
  auto const& final = finals_[cells[at].final];
  auto const& one = item(cells[at]);
  bool const word_before = at > 0 && cells[at - 1].final == cells[at].final &&
                           item(cells[at - 1]).kind == Item::Kind::other && item(cells[at - 1]).last + 1 == one.first;
  return word_before && one.first == one.last && final.folded[one.first] == "one";
}

// Somebody says that these digits are of another number.
bool LateCards::named_otherwise(Card const& card, Cells const& cells, Stretch const& stretch) const {
  static constexpr std::string_view joins[] = {"is", "my", "the", "that's", "your", "our", "it's", "was", "their"};
  auto const& first = item(cells[stretch.first]);
  auto const& last = item(cells[stretch.last]);
  auto const& end = finals_[cells[stretch.last].final];
  for (auto const& context : end.contexts) {
    if (context.first <= last.last || !is_other_number(context.context)) continue;
    bool named = true;
    for (auto word = last.last + 1; word < context.first; ++word)
      named = named && std::ranges::find(joins, end.folded[word]) != std::end(joins);
    if (named) return true;
  }
  auto const asked = asked_before(cells[stretch.first].final, first.first);
  if (!asked) return false;
  auto const said = std::string_view(card.digits).substr(stretch.at, stretch.digits);
  if (*asked == NumberContext::expiry) return is_month_and_year(said);
  if (*asked == NumberContext::last_four) return said.size() == 4 && card.digits.ends_with(said);
  return is_other_number(*asked);
}

// What was asked for, or named, just before that word, and has not been answered yet.
std::optional<NumberContext> LateCards::asked_before(std::size_t at, std::size_t word) const {
  auto const& final = finals_[at];
  std::optional<NumberContext> out;
  for (auto const& context : final.contexts) {
    if (context.last < word && context.context != NumberContext::name) out = context.context;
  }
  if (out) return out;
  while (at-- > 0) {
    auto const& before = finals_[at];
    if (final.start_ms - before.end_ms > kGoesOnMs) return std::nullopt;
    if (!before.contexts.empty()) {
      auto const& context = before.contexts.back();
      bool const answered = std::ranges::any_of(
          before.items, [&](Item const& item) { return is_digits(item) && item.first > context.last; });
      if (before.track == final.track && context.context != NumberContext::card) return std::nullopt;
      return answered ? std::nullopt : std::optional(context.context);
    }
    bool const nod = before.others <= kNodWords && before.digits == 0;
    if (!nod && (before.track != final.track || before.digits == 0)) return std::nullopt;
  }
  return std::nullopt;
}

// "five one nine, no, five one oh four ...": what stands before the correction was of it too.
void LateCards::find_slip_before(Cells const& cells, Stretch const& stretch) {
  auto const& final = finals_[cells[stretch.first].final];
  std::size_t others = 0, digits = 0;
  bool corrected = false;
  Cells slip;
  for (auto at = stretch.first; at-- > 0 && cells[at].final == cells[stretch.first].final;) {
    auto const& one = item(cells[at]);
    bool const context = std::ranges::any_of(
        final.contexts, [&](auto const& said) { return said.first <= one.first && one.first <= said.last; });
    others += one.kind == Item::Kind::other;
    if (context || others > 3 || (one.kind == Item::Kind::other && final.hidden[one.first])) break;
    corrected = corrected || one.kind == Item::Kind::correction;
    if (corrected && is_number(one)) slip.push_back(cells[at]);
    if (is_digits(one)) digits += one.digits.size();
  }
  if (digits > 19) return;
  for (auto const& cell : slip) mark(cell);
}

// "... one seven two nine, no hang on, oh nine": how it ends.
void LateCards::find_slip_behind(Card const& card, Cells const& cells, Stretch const& stretch) {
  std::size_t others = 0;
  bool corrected = false;
  std::string digits;
  Cells said;
  for (auto at = stretch.last + 1; at < cells.size() && cells[at].final == cells[stretch.last].final; ++at) {
    auto const& one = item(cells[at]);
    others += one.kind == Item::Kind::other;
    if (others > 5) break;
    corrected = corrected || one.kind == Item::Kind::correction;
    bool const zero = one.kind == Item::Kind::filler && one.digits == "0";
    if (!is_number(one) && !zero) continue;
    said.push_back(cells[at]);
    if (corrected) digits += one.digits;
  }
  if (!corrected || digits.empty() || digits.size() > 8 || !card.digits.ends_with(digits)) return;
  for (auto const& cell : said) mark(cell);
}

// "Was that one eight three five?" - "No, one one three five": a digit of it was misheard.
void LateCards::find_misheard(Card const& card, Cells const& cells, Stretch const& stretch) {
  auto const& puts_right = finals_[cells[stretch.first].final];
  auto const head =
      std::ranges::find_if(puts_right.items, [](Item const& one) { return one.kind != Item::Kind::filler; });
  if (head == puts_right.items.end() || head->kind != Item::Kind::correction) return;
  auto const wanted = std::string_view(card.digits).substr(stretch.at, stretch.digits);
  for (auto at = cells[stretch.first].final; at-- > 0;) {
    auto const& before = finals_[at];
    if (before.track == puts_right.track) continue;
    if (before.digits != wanted.size() || puts_right.start_ms - before.end_ms > kMisheardMs) return;
    auto const digits = plain_digits(before.items);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) wrong += digits[i] != wanted[i];
    for (std::size_t i = 0; wrong <= 1 && i < before.items.size(); ++i) {
      if (is_digits(before.items[i])) mark({at, i});
    }
    return;
  }
}

// Who reads out a card goes on with its expiry and its code, whoever asked for them and however.
void LateCards::find_codes(Card const& card) {
  for (auto& final : finals_) {
    if (final.end_ms < card.ms - kCodeBeforeMs || final.start_ms > card.ms + kCodeBehindMs) continue;
    auto const code = code_behind_expiry(final.folded, final.read, final.contexts, card.digits.size() == 15 ? 4 : 3);
    for (auto word = code ? code->first : 1; word <= (code ? code->second : 0); ++word) final.hidden[word] = true;
  }
}

// --- a card in pieces ---

// The digits of a final that may be a piece of a number: few words between them, and none that names another one. Of
// the newest final its first such part, of the ones before it their last.
LateCards::Piece LateCards::piece_of(std::size_t at, bool newest) const {
  constexpr std::size_t beside_words = 3;
  auto const& final = finals_[at];
  Piece out;
  std::size_t words = 0;
  for (auto const& item : final.items) {
    words = is_digits(item) ? 0 : words + (item.kind == Item::Kind::other);
    bool const named = std::ranges::any_of(final.contexts, [&](ContextMention const& said) {
      return said.context != NumberContext::card && said.first <= item.first && item.first <= said.last;
    });
    bool const stop = named || words > beside_words;
    bool const digits = !plain_digits(out.items).empty();
    if (stop && digits && newest) return out;
    if (stop) {
      out.begins = true;
      out.ends = !digits && out.ends;
      out.items.clear();
    } else {
      out.items.push_back(item);
    }
  }
  return out;
}

// The pieces of the newest final's party, back to where they are a whole card. Nothing may be left over, nobody may
// have said anything else meanwhile, and nobody that they are of another number.
std::optional<LateCards::Card> LateCards::joined(std::size_t newest) const {
  constexpr std::size_t digits_max = 40, apart = 1000;  // words of a final; more say no card
  auto const& last = finals_[newest];
  std::vector<Item> items;
  std::vector<std::size_t> others;  // the finals of the other party between them
  auto next_ms = last.start_ms;
  for (auto at = newest + 1; at-- > 0;) {
    auto const& final = finals_[at];
    if (next_ms - final.end_ms > kGoesOnMs || newest - at > kJoinedMax) break;
    if (final.track != last.track) {
      others.push_back(at);
      continue;
    }
    if (final.digits == 0 && final.others <= kNodWords && final.contexts.empty()) continue;
    auto piece = piece_of(at, at == newest);
    auto const first = std::ranges::find_if(piece.items, is_digits);
    if (first == piece.items.end() || !piece.ends || final.of_card) break;
    next_ms = final.start_ms;
    auto const asked = asked_before(at, first->first);
    first->begins = true;
    for (auto& item : piece.items)
      item.first += apart * (kJoinedMax - (newest - at)), item.last += apart * (kJoinedMax - (newest - at));
    items.insert(items.begin(), piece.items.begin(), piece.items.end());
    auto const digits = plain_digits(items);
    bool const other = asked && !is_small(*asked) && *asked != NumberContext::card && *asked != NumberContext::name;
    if (digits.size() > digits_max || other) break;
    bool const alone = std::ranges::all_of(others, [&](auto one) { return between(one, digits); });
    if (at != newest && alone) {
      if (auto const found = all_of(items)) return Card{*found, last.end_ms};
    }
    if (piece.begins) break;
  }
  return std::nullopt;
}

// The card that these are from the first digit to the last.
std::optional<std::string> LateCards::all_of(std::vector<Item> const& items) {
  auto const first = std::ranges::find_if(items, is_digits);
  auto const last = std::find_if(items.rbegin(), items.rend(), is_digits);
  auto const found = find_card(items, false);
  if (!found || found->first > first->first || found->last < last->last) return std::nullopt;
  if (!issued(found->digits) || found->digits.size() != natural_length(found->digits)) return std::nullopt;
  return found->digits;
}

// What the other party said between the pieces: a nod, or these digits once more.
bool LateCards::between(std::size_t at, std::string const& digits) const {
  auto const& final = finals_[at];
  for (auto const& context : final.contexts) {
    if (is_other_number(context.context)) return false;
  }
  if (final.others > 5) return false;
  auto const said = plain_digits(final.items);
  return said.empty() || digits.contains(said);
}

}  // namespace sotto::language
