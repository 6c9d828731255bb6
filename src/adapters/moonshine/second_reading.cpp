#include "adapters/moonshine/second_reading.h"

#include <algorithm>

#include "adapters/moonshine/words.h"

namespace sotto {
namespace {

// Word edits between all of `part` and each beginning of `all`: one number for each length, from 0 on.
std::vector<std::size_t> edits_to_beginnings(std::vector<std::string> const& part,
                                             std::vector<std::string> const& all) {
  std::vector<std::size_t> row(all.size() + 1);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
  for (auto const& word : part) {
    auto diagonal = std::exchange(row[0], row[0] + 1);
    for (std::size_t i = 1; i < row.size(); ++i) {
      auto const changed = diagonal + (word == all[i - 1] ? 0 : 1);
      diagonal = std::exchange(row[i], std::min({row[i] + 1, row[i - 1] + 1, changed}));
    }
  }
  return row;
}

std::size_t division(std::vector<std::string> first, std::vector<std::string> second, std::vector<std::string> all) {
  auto const before = edits_to_beginnings(first, all);
  std::ranges::reverse(second);
  std::ranges::reverse(all);
  auto const behind = edits_to_beginnings(second, all);
  std::size_t best = 0;
  for (std::size_t at = 1; at < before.size(); ++at) {
    if (before[at] + behind[all.size() - at] < before[best] + behind[all.size() - best]) best = at;
  }
  return best;
}

std::string joined(std::span<std::string_view const> words) {
  std::string text;
  for (auto const word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

}  // namespace

std::vector<SpeechRevised> corrections(ReadSegment const& first, ReadSegment const& second, Decoding const& joint) {
  auto const words = split_words(joint.text);
  bool const known = joint.words.size() == words.size();
  auto const all = bare_words(words);
  auto const at = division(bare_words(split_words(first.text)), bare_words(split_words(second.text)), all);
  std::vector<SpeechRevised> out;
  auto const correct = [&](ReadSegment const& segment, std::size_t from, std::size_t to) {
    auto text = joined(std::span(words).subspan(from, to - from));
    if (text.empty() || too_many_words(text, segment.voiced)) return false;
    if (std::ranges::equal(std::span(all).subspan(from, to - from), bare_words(split_words(segment.text)))) return true;
    auto const heard = known ? std::span(joint.words).subspan(from, to - from) : std::span<HeardWord const>();
    auto of_text = recognized_words(text, heard, segment.voiced, segment.span, first.span.from);
    out.push_back({segment.span.from, segment.span.to, std::move(text), std::move(of_text)});
    return true;
  };
  if (!correct(first, 0, at) || !correct(second, at, words.size())) return {};
  return out;
}

}  // namespace sotto
