#include "language/entities/multi_turn_entities.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "language/numbers/phone.h"
#include "language/numbers/spoken.h"

namespace sotto::language {
namespace {

constexpr std::int64_t kAskedMs = 60'000;  // what was asked for is answered within this
constexpr std::int64_t kPauseMs = 20'000;  // between two pieces of one number
constexpr std::size_t kKeptMax = 8;        // finals that may be read anew
constexpr std::size_t kDigitsMax = 40;
constexpr std::size_t kContextWords = 6;  // a context stands so near before its digits
constexpr std::size_t kAnswerWords = 3;   // an answer has no more words beside its digits
constexpr std::size_t kTalkWords = 4;     // so many are about something else
constexpr std::size_t kTellFrom = 5;      // digits of a number in pieces; of fewer it is likely to go on
constexpr std::size_t kLettersMax = 4, kLetteredFrom = 4;  // of an order, and digits behind them
constexpr std::size_t kPhoneFrom = 10;                     // the same of a phone number that is in no plan

std::unordered_set<std::string_view> const repeats = {"repeat", "again", "pardon", "sorry", "once", "missed", "catch"};

std::optional<Entity::Kind> kind_of(NumberContext context) {
  switch (context) {
    case NumberContext::order: return Entity::Kind::order;
    case NumberContext::ticket: return Entity::Kind::ticket;
    case NumberContext::phone: return Entity::Kind::phone;
    case NumberContext::account:
    case NumberContext::member: return Entity::Kind::account;
    default: return std::nullopt;
  }
}

std::string digits_of(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c >= '0' && c <= '9'; });
  return out;
}

}  // namespace

struct MultiTurnEntities::Final {
  std::size_t party = 0;
  std::vector<HeardWord> const& words;
  std::vector<std::string> folded;
  std::vector<ContextMention> contexts;
  std::vector<SpelledRun> runs;
  std::vector<bool> other;  // words that are neither of a number nor of a context nor a filler
  std::vector<Entity> entities;

  std::size_t others(std::size_t from, std::size_t to) const {
    return static_cast<std::size_t>(std::count(other.begin() + static_cast<std::ptrdiff_t>(from),
                                               other.begin() + static_cast<std::ptrdiff_t>(to), true));
  }
  // The context before a run that is its own.
  ContextMention const* context_of(std::size_t run) const {
    auto const behind = std::ranges::lower_bound(contexts, runs[run].first, {}, &ContextMention::last);
    if (behind == contexts.begin()) return nullptr;
    auto const& context = *std::prev(behind);
    bool const near = runs[run].first - context.last <= kContextWords;
    return near && (run == 0 || context.first > runs[run - 1].last) ? &context : nullptr;
  }
  void tell(Entity entity) {
    std::erase_if(entities, [&](Entity const& one) { return one.first <= entity.last && entity.first <= one.last; });
    entities.push_back(std::move(entity));
  }
};

std::vector<Entity> MultiTurnEntities::push(std::size_t party, std::vector<HeardWord> const& words) {
  if (words.empty()) return {};
  before_.push_back({party, words.front().start_ms, words.back().end_ms, state_});
  if (before_.size() > kKeptMax) before_.pop_front();
  return read(state_, party, words);
}

std::vector<Entity> MultiTurnEntities::look(std::size_t party, std::vector<HeardWord> const& words) const {
  if (words.empty()) return {};
  auto const same = [&](Before const& one) {
    return one.party == party && one.start_ms < words.back().end_ms && words.front().start_ms < one.end_ms;
  };
  auto const found = std::ranges::find_if(before_, same);
  auto state = found == before_.end() ? State() : found->state;
  return read(state, party, words);
}

std::vector<Entity> MultiTurnEntities::read(State& state, std::size_t party, std::vector<HeardWord> const& words) {
  Final final{.party = party, .words = words, .other = std::vector<bool>(words.size())};
  std::vector<std::string> texts;
  std::vector<bool> taken(words.size());
  for (auto const& word : words) {
    texts.push_back(word.text);
    final.folded.push_back(is_mask(word.text) ? std::string() : fold(word.text));
  }
  final.entities = find_entities(texts);
  final.contexts = find_number_contexts(final.folded);
  for (auto const& context : final.contexts) {
    for (auto i = context.first; i <= context.last; ++i) taken[i] = true;
  }
  auto const start = words.front().start_ms;
  if (state.asked && start - state.asked->ms > kAskedMs) state.asked.reset();
  for (auto& open : state.open) {
    if (open && start - open->ms > kPauseMs) open.reset();
  }
  bool const expected = state.open[party] || (state.asked && state.asked->kind);
  auto const characters = read_spelled(words, final.folded, taken, {.digits = expected});
  for (auto const& character : characters)
    final.other[character.first] = character.kind == SpelledCharacter::Kind::other && !taken[character.first];
  final.runs = runs_of(characters);
  auto const spelled = final.runs;
  std::erase_if(final.runs, [](SpelledRun& run) { return (run.text = digits_of(run.text)).empty(); });
  for (std::size_t run = 0; run < final.runs.size(); ++run) piece(state, final, run);
  ending(state, final);
  for (auto const& run : spelled) with_letters(final, run);
  std::ranges::sort(final.entities, {}, &Entity::first);
  return std::move(final.entities);
}

// Digits of a final: they go on, begin a number, are read back, or nothing of it.
void MultiTurnEntities::piece(State& state, Final& final, std::size_t index) {
  auto const& run = final.runs[index];
  auto const* context = final.context_of(index);
  auto& open = state.open[final.party];
  auto const& theirs = state.open[1 - final.party];
  auto const n = run.text.size();
  if (context) {  // something new, and told by its context
    auto const kind = kind_of(context->context);
    open.reset();
    if (!kind || n > kDigitsMax) return;
    open = Open{.kind = *kind, .digits = run.text, .newest = run.text};
    open->told = std::ranges::any_of(final.entities, [&](Entity const& one) { return one.first == run.first; });
  } else if (theirs && n <= kDigitsMax && (theirs->digits.contains(run.text) || n <= 4) && !open) {
    return;  // read back
  } else if (index > 0 || final.others(0, run.first) > 1 + (open ? 0 : kAnswerWords - 1)) {
    return;
  } else if (open && open->digits.size() + n <= kDigitsMax) {
    auto& all = open->digits;
    bool const anew = run.text.starts_with(all) && (n > all.size() || state.again || n >= kTellFrom);
    bool const once_more = state.again && run.text == open->newest;
    auto const back = anew ? all.size() : once_more ? open->newest.size() : run.takes_back;
    all.resize(all.size() - std::min(all.size(), back));
    all += run.text;
    open->newest = run.text;
  } else if (state.asked && state.asked->kind && n <= kDigitsMax && !open) {
    open = Open{.kind = *state.asked->kind, .digits = run.text, .newest = run.text};
  } else {
    return;
  }
  state.again = false;
  open->ms = final.words[run.last].end_ms;
  bool const plus = run.first > 0 && final.folded[run.first - 1] == "plus";
  if (open->digits == run.text) open->plus = plus || final.words[run.first].text.starts_with('+');
  if (context) return state.asked.reset();  // as find_entities has it
  auto const value = (open->plus ? "+" : "") + open->digits;
  bool const phone = open->kind == Entity::Kind::phone;
  bool const valid = !phone || in_number_plan(value);
  auto const size = open->digits.size();
  if (phone ? !valid && size < kPhoneFrom : size < kTellFrom && !open->told) return;
  if (phone && size > 15) return;
  open->told = true;
  state.asked.reset();
  final.tell({.kind = open->kind, .value = value, .first = run.first - plus, .last = run.last, .valid = valid});
}

// "order R H one four seven nine": letters that are spelled before the digits of an order or a ticket are of it.
void MultiTurnEntities::with_letters(Final& final, SpelledRun const& run) {
  auto const digits = std::ranges::find_if(run.text, [](char c) { return c >= '0' && c <= '9'; });
  auto const letters = static_cast<std::size_t>(digits - run.text.begin());
  std::string_view const number = std::string_view(run.text).substr(letters);
  if (letters == 0 || letters > kLettersMax || run.corrected || number.size() < kLetteredFrom) return;
  if (digits_of(number) != number) return;
  auto const found = std::ranges::find_if(
      final.entities, [&](Entity const& one) { return one.last == run.last && one.value == number; });
  auto kind = found == final.entities.end() ? std::nullopt : std::optional(found->kind);
  if (!kind) {
    auto const behind = std::ranges::lower_bound(final.contexts, run.first, {}, &ContextMention::last);
    bool const near = behind != final.contexts.begin() && run.first - std::prev(behind)->last <= kContextWords;
    if (near) kind = kind_of(std::prev(behind)->context);
  }
  if (kind != Entity::Kind::order && kind != Entity::Kind::ticket) return;
  final.tell({.kind = *kind, .value = run.text, .first = run.first, .last = run.last, .valid = true});
}

// What the words behind the last digits say about what follows.
void MultiTurnEntities::ending(State& state, Final const& final) {
  auto const size = final.words.size();
  auto const behind = final.runs.empty() ? 0 : final.runs.back().last + 1;
  auto const others = final.others(behind, size);
  bool const asks = final.words.back().text.ends_with('?');
  if (!final.contexts.empty() && final.contexts.back().last >= behind) {
    auto const& context = final.contexts.back();
    auto const kind = kind_of(context.context);
    state.asked = Asked{.kind = kind, .ms = final.words[context.first].start_ms};
    for (auto& open : state.open) {
      if (open && open->kind != kind) open.reset();
    }
    if (final.runs.empty()) state.open[final.party].reset();
    return;
  }
  bool const repeat = final.runs.empty() &&
                      std::ranges::any_of(final.folded, [](std::string const& word) { return repeats.contains(word); });
  if (repeat && state.open[1 - final.party]) {
    state.again = true;
  } else if (final.runs.empty() && (others >= kTalkWords || (asks && others >= 2))) {
    state.open = {};
  } else if (others >= kAnswerWords) {
    state.open[final.party].reset();
  }
}

}  // namespace sotto::language
