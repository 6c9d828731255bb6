// Dictated numbers through the gate of calls: what can be read afterwards, and what was named with its right value.
#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <fmt/ranges.h>

#include "unseen/unseen_gate.h"
#include "unseen/unseen_run.h"
#include "unseen/unseen_score.h"

namespace sotto::unseen {

struct NumberCounts {
  std::map<std::string, ByFrame> hidden;  // by kind
  std::map<bool, ByFrame> cards_by_unnamed;
  long cards_but_four = 0;  // at most four words of them can be read
  ByFrame over_masking;
  std::map<std::string, ByFrame> entities;  // by kind
};

inline void note(ByFrame& counts, std::string const& frame, bool hit) {
  counts[frame].first += hit;
  ++counts[frame].second;
}

// An item as it was heard: the words of each turn, what was shown of them, and what was named there.
struct HeardItem {
  std::vector<std::vector<std::string>> said, shown;
  std::vector<std::vector<Mention>> named;
  std::vector<Passed> taken_back;   // in their order
  std::vector<std::int64_t> heard;  // when each turn was

  explicit HeardItem(Item const& item) : shown(item.turns.size()), named(item.turns.size()) {
    for (auto const& turn : item.turns) said.push_back(words_of(turn.text));
    Time const started{std::chrono::sys_days(std::chrono::year(2026) / 11 / 16) + std::chrono::hours(10)};
    auto const finals = exact_words(item.turns);
    for (auto const& final : finals) heard.push_back(final.heard_ms);
    for (auto& passed : through_gate(item.id, started, finals)) {
      if (!passed.taken_back.empty()) {
        taken_back.push_back(std::move(passed));
        continue;
      }
      shown[passed.turn - 1] = std::move(passed.shown);
      named[passed.turn - 1] = std::move(passed.utterance.entities);
    }
  }
  // What can be read once the turn behind that one is over.
  std::vector<std::vector<std::string>> after(std::size_t turn) const {
    auto out = shown;
    auto const until = turn < heard.size() ? heard[turn] : std::numeric_limits<std::int64_t>::max();
    for (auto const& taken : taken_back) {
      for (auto const word : taken.taken_back) {
        if (taken.at_ms <= until) out[taken.turn - 1][word] = "[card]";
      }
    }
    return out;
  }
  std::string line(Dictated const& entity) const {
    auto out = fmt::format("`{}` ", entity.value);
    auto const shown = after(entity.where.back().turn);
    for (auto turn = entity.where.front().turn; turn <= entity.where.back().turn; ++turn) {
      out += fmt::format("/ {}: {} => {} ", turn, fmt::join(said[turn - 1], " "), fmt::join(shown[turn - 1], " "));
      for (auto const& mention : named[turn - 1]) out += fmt::format("<{} {}> ", mention.kind, mention.value);
    }
    return out;
  }
  bool names(Dictated const& entity) const {
    auto const kind = mention_kind(entity.kind);
    return std::ranges::any_of(entity.where, [&](Span const& span) {
      return std::ranges::any_of(named[span.turn - 1], [&](Mention const& mention) {
        return mention.kind == kind && is_value(entity.kind, entity.value, mention.value);
      });
    });
  }
};

inline void count_item(Run& run, Item const& item, NumberCounts& counts) {
  HeardItem const heard(item);
  for (auto const& entity : item.entities) {
    auto const shown = heard.after(entity.hide ? entity.where.back().turn : item.turns.size());
    auto const mask = score_mask(entity, heard.said, shown);
    if (entity.hide) {
      bool const gone = mask.visible == 0;
      note(counts.hidden[entity.kind], item.frame, gone);
      counts.cards_but_four += entity.kind == "card" && mask.visible <= 4;
      if (entity.kind == "card") note(counts.cards_by_unnamed[item.unnamed], item.frame, gone);
      if (!gone) run.report.add_of_sort("number that can be read: " + entity.kind, item.frame, heard.line(entity));
      continue;
    }
    if (entity.last_four) continue;  // may stay, may go
    note(counts.over_masking, item.frame, mask.masked > 0);
    if (mask.masked > 0)
      run.report.add_of_sort("hidden, and should stay: " + entity.slot, item.frame, heard.line(entity));
    if (mention_kind(entity.kind).empty()) continue;
    bool const named = heard.names(entity);
    note(counts.entities[entity.kind], item.frame, named);
    if (!named)
      run.report.add_of_sort("entity without its right value: " + entity.kind, item.frame, heard.line(entity));
  }
}

inline void score_numbers(Run& run) {
  NumberCounts counts;
  for (auto const& item : load_items(kOut / fmt::format("items.{}.jsonl", run.part), run.part))
    count_item(run, item, counts);
  print_by_frame(run, "cards", counts.hidden["card"], fmt::format(R"(,"all_but_4_words":{})", counts.cards_but_four));
  for (auto const& [unnamed, of] : counts.cards_by_unnamed)
    print_by_frame(run, "cards_by_label", of, fmt::format(R"(,"unnamed":{})", unnamed));
  print_by_frame(run, "codes", counts.hidden["cvv"]);
  ByFrame identifiers;
  for (auto const* kind : {"iban", "account", "identity"}) {
    for (auto const& [frame, of] : counts.hidden[kind]) {
      identifiers[frame].first += of.first;
      identifiers[frame].second += of.second;
    }
  }
  print_by_frame(run, "identifiers", identifiers);
  for (auto const* kind : {"iban", "account", "identity"})
    print_by_frame(run, "identifiers_of_kind", counts.hidden[kind], fmt::format(R"(,"kind":"{}")", kind));
  print_by_frame(run, "over_masking", counts.over_masking);
  for (auto const* type : {"order", "ticket", "phone", "amount", "date", "email", "name", "address"})
    print_by_frame(run, "entity_recall", counts.entities[type], fmt::format(R"(,"type":"{}")", type));
}

}  // namespace sotto::unseen
