#include "text/dictations.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "text/number_plan.h"
#include "text/spoken.h"

namespace sotto::text {
namespace {

constexpr std::int64_t asked_ms = 60'000;  // what was asked for is answered within this
constexpr std::int64_t pause_ms = 20'000;  // between two pieces of one number
constexpr std::size_t kept_max = 8;        // finals that may be read anew
constexpr std::size_t digits_max = 40;
constexpr std::size_t label_words = 6;   // a label stands so near before its digits
constexpr std::size_t answer_words = 3;  // an answer has no more words beside its digits
constexpr std::size_t talk_words = 4;    // so many are about something else
constexpr std::size_t tell_from = 5;     // digits of a number in pieces; of fewer it is likely to go on
constexpr std::size_t phone_from = 10;   // the same of a phone number that is in no plan

std::unordered_set<std::string_view> const repeats = {"repeat", "again", "pardon", "sorry", "once", "missed", "catch"};

std::optional<Entity::Kind> kind_of(Label label) {
  switch (label) {
    case Label::order: return Entity::Kind::order;
    case Label::ticket: return Entity::Kind::ticket;
    case Label::phone: return Entity::Kind::phone;
    case Label::account:
    case Label::member: return Entity::Kind::account;
    default: return std::nullopt;
  }
}

// Letters are no part of a value (docs/entities.md).
std::string digits_of(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c >= '0' && c <= '9'; });
  return out;
}

}  // namespace

struct Dictations::Final {
  std::size_t party = 0;
  std::vector<HeardWord> const& words;
  std::vector<std::string> folded;
  std::vector<Labelled> labels;
  std::vector<SignRun> runs;
  std::vector<bool> other;  // words that are neither of a number nor of a label nor a filler
  std::vector<Entity> entities;

  std::size_t others(std::size_t from, std::size_t to) const {
    return static_cast<std::size_t>(std::count(other.begin() + static_cast<std::ptrdiff_t>(from),
                                               other.begin() + static_cast<std::ptrdiff_t>(to), true));
  }
  // The label before a run that is its own.
  Labelled const* label_of(std::size_t run) const {
    auto const behind = std::ranges::lower_bound(labels, runs[run].first, {}, &Labelled::last);
    if (behind == labels.begin()) return nullptr;
    auto const& label = *std::prev(behind);
    bool const near = runs[run].first - label.last <= label_words;
    return near && (run == 0 || label.first > runs[run - 1].last) ? &label : nullptr;
  }
  void tell(Entity entity) {
    std::erase_if(entities, [&](Entity const& one) { return one.first <= entity.last && entity.first <= one.last; });
    entities.push_back(std::move(entity));
  }
};

std::vector<Entity> Dictations::push(std::size_t party, std::vector<HeardWord> const& words) {
  if (words.empty()) return {};
  before_.push_back({party, words.front().start_ms, words.back().end_ms, state_});
  if (before_.size() > kept_max) before_.pop_front();
  return read(state_, party, words);
}

std::vector<Entity> Dictations::look(std::size_t party, std::vector<HeardWord> const& words) const {
  if (words.empty()) return {};
  auto const same = [&](Before const& one) {
    return one.party == party && one.start_ms < words.back().end_ms && words.front().start_ms < one.end_ms;
  };
  auto const found = std::ranges::find_if(before_, same);
  auto state = found == before_.end() ? State() : found->state;
  return read(state, party, words);
}

std::vector<Entity> Dictations::read(State& state, std::size_t party, std::vector<HeardWord> const& words) {
  Final final{.party = party, .words = words, .other = std::vector<bool>(words.size())};
  std::vector<std::string> texts;
  std::vector<bool> taken(words.size());
  for (auto const& word : words) {
    texts.push_back(word.text);
    final.folded.push_back(is_mask(word.text) ? std::string() : fold(word.text));
  }
  final.entities = find_entities(texts);
  final.labels = find_labels(final.folded);
  for (auto const& label : final.labels) {
    for (auto i = label.first; i <= label.last; ++i) taken[i] = true;
  }
  auto const start = words.front().start_ms;
  if (state.asked && start - state.asked->ms > asked_ms) state.asked.reset();
  for (auto& open : state.open) {
    if (open && start - open->ms > pause_ms) open.reset();
  }
  bool const expected = state.open[party] || (state.asked && state.asked->kind);
  auto const signs = read_signs(words, final.folded, taken, {.digits = expected});
  for (auto const& sign : signs) final.other[sign.first] = sign.kind == Sign::Kind::other && !taken[sign.first];
  final.runs = runs_of(signs);
  std::erase_if(final.runs, [](SignRun& run) { return (run.text = digits_of(run.text)).empty(); });
  for (std::size_t run = 0; run < final.runs.size(); ++run) piece(state, final, run);
  ending(state, final);
  std::ranges::sort(final.entities, {}, &Entity::first);
  return std::move(final.entities);
}

// Digits of a final: they go on, begin a number, are read back, or nothing of it.
void Dictations::piece(State& state, Final& final, std::size_t index) {
  auto const& run = final.runs[index];
  auto const* label = final.label_of(index);
  auto& open = state.open[final.party];
  auto const& theirs = state.open[1 - final.party];
  auto const n = run.text.size();
  if (label) {  // something new, and told by its label
    auto const kind = kind_of(label->label);
    open.reset();
    if (!kind || n > digits_max) return;
    open = Open{.kind = *kind, .digits = run.text, .newest = run.text};
    open->told = std::ranges::any_of(final.entities, [&](Entity const& one) { return one.first == run.first; });
  } else if (theirs && n <= digits_max && (theirs->digits.contains(run.text) || n <= 4) && !open) {
    return;  // read back
  } else if (index > 0 || final.others(0, run.first) > 1 + (open ? 0 : answer_words - 1)) {
    return;
  } else if (open && open->digits.size() + n <= digits_max) {
    auto& all = open->digits;
    bool const anew = run.text.starts_with(all) && (n > all.size() || state.again || n >= tell_from);
    bool const once_more = state.again && run.text == open->newest;
    auto const back = anew ? all.size() : once_more ? open->newest.size() : run.takes_back;
    all.resize(all.size() - std::min(all.size(), back));
    all += run.text;
    open->newest = run.text;
  } else if (state.asked && state.asked->kind && n <= digits_max && !open) {
    open = Open{.kind = *state.asked->kind, .digits = run.text, .newest = run.text};
  } else {
    return;
  }
  state.again = false;
  open->ms = final.words[run.last].end_ms;
  bool const plus = run.first > 0 && final.folded[run.first - 1] == "plus";
  if (open->digits == run.text) open->plus = plus || final.words[run.first].text.starts_with('+');
  if (label) return state.asked.reset();  // as find_entities has it
  auto const value = (open->plus ? "+" : "") + open->digits;
  bool const phone = open->kind == Entity::Kind::phone;
  bool const valid = !phone || in_number_plan(value);
  auto const size = open->digits.size();
  if (phone ? !valid && size < phone_from : size < tell_from && !open->told) return;
  if (phone && size > 15) return;
  open->told = true;
  state.asked.reset();
  final.tell({.kind = open->kind, .value = value, .first = run.first - plus, .last = run.last, .valid = valid});
}

// What the words behind the last digits say about what follows.
void Dictations::ending(State& state, Final const& final) {
  auto const size = final.words.size();
  auto const behind = final.runs.empty() ? 0 : final.runs.back().last + 1;
  auto const others = final.others(behind, size);
  bool const asks = final.words.back().text.ends_with('?');
  if (!final.labels.empty() && final.labels.back().last >= behind) {
    auto const& label = final.labels.back();
    auto const kind = kind_of(label.label);
    state.asked = Asked{.kind = kind, .ms = final.words[label.first].start_ms};
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
  } else if (final.runs.empty() && (others >= talk_words || (asks && others >= 2))) {
    state.open = {};
  } else if (others >= answer_words) {
    state.open[final.party].reset();
  }
}

}  // namespace sotto::text
