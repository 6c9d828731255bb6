#include "language/intents/training_lines.h"

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include <fmt/ranges.h>

#include "base/limits.h"

namespace sotto::language {

namespace {

std::unexpected<TextProblem> refuse(int line, std::string reason) {
  return std::unexpected(TextProblem{line, std::move(reason)});
}

// The field in quotes that begins at `at`, doubled quotes as one, and `at` moved to what ends it; nothing where the
// quotes are words' own.
std::optional<std::string> quoted(std::string_view line, std::size_t& at) {
  if (at >= line.size() || line[at] != '"') return std::nullopt;
  std::string out;
  for (auto i = at + 1; i < line.size(); ++i) {
    if (line[i] != '"') {
      out += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == '"') {
      out += line[++i];
    } else if (i + 1 == line.size() || line[i + 1] == '\t') {
      at = i + 1;
      return out;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> out;
  for (std::size_t at = 0;; ++at) {
    if (auto const field = quoted(line, at)) {
      out.push_back(plain(*field));
    } else {
      auto const end = std::min(line.find('\t', at), line.size());
      out.push_back(plain(line.substr(at, end - at)));
      at = end;
    }
    if (at >= line.size()) return out;
  }
}

std::string small(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_none(std::string const& name) { return name.empty() || small(name) == "none"; }

std::expected<Example, TextProblem> example_of(std::string_view line, int number) {
  auto const fields = fields_of(line);
  if (fields.size() < 2 || fields[0].empty())
    return refuse(number, "a line is a text, a tab and an intent (several: with commas between; none: out of scope)");
  if (std::ranges::any_of(fields, [](auto const& field) { return field.size() > limits::kSpokenBytesMax; }))
    return refuse(number, fmt::format("a text has more than {} bytes", limits::kSpokenBytesMax));
  if (fields.size() > 2 + kTurnsBefore)
    return refuse(number, fmt::format("at most {} turns before a text are looked at", kTurnsBefore));
  Example example{.text = fields[0], .intents = {}, .vector = {}, .before = {fields.begin() + 2, fields.end()}};
  std::istringstream names(fields[1]);
  for (std::string written; std::getline(names, written, ',');) {
    auto name = plain(written);
    if (name.size() > limits::kIdLengthMax)
      return refuse(number,
                    fmt::format("the intent \"{}...\" has {} bytes; at most {}",
                                escaped(std::string_view(name).substr(0, 40)), name.size(), limits::kIdLengthMax));
    bool const again = std::ranges::find(example.intents, name) != example.intents.end();
    if (!is_none(name) && !again) example.intents.push_back(std::move(name));
  }
  return example;
}

std::string label_of(std::vector<std::string> const& intents) {
  return intents.empty() ? "none" : fmt::format("{}", fmt::join(intents, ", "));
}

// What a model cannot take both ways, and what it takes twice.
class Together {
 public:
  void add(Example const& example, int number, std::vector<TextProblem>& warnings) {
    std::string key = small(example.text);
    for (auto const& turn : example.before) key += "\t" + small(turn);
    auto labels = example.intents;
    std::ranges::sort(labels);
    auto const [first, is_new] = texts_.try_emplace(key, number, labels);
    if (!is_new && first->second.second == labels)
      warnings.push_back({number, fmt::format("says the same as line {}", first->second.first)});
    else if (!is_new)
      warnings.push_back({number, fmt::format("is labelled {}, the same text in line {} {}", label_of(labels),
                                              first->second.first, label_of(first->second.second))});
    for (auto const& intent : example.intents) {
      auto const [name, fresh] = intents_.try_emplace(intent, number, 0);
      ++name->second.second;
      if (!fresh) continue;
      auto const [other, alone] = small_.try_emplace(small(intent), intent);
      if (!alone)
        warnings.push_back({number, fmt::format("intent {} and intent {} of line {} differ in capitals alone: they are "
                                                "two intents",
                                                intent, other->second, intents_[other->second].first)});
    }
  }
  std::optional<TextProblem> with_one_example() const {
    for (auto const& [name, of] : intents_) {
      if (of.second == 1)
        return TextProblem{of.first, fmt::format("intent {} has one example, this one; two are the least", name)};
    }
    return std::nullopt;
  }

 private:
  std::map<std::string, std::pair<int, std::vector<std::string>>> texts_;  // the line that has it first
  std::map<std::string, std::pair<int, int>> intents_;                     // its first line, how many
  std::map<std::string, std::string> small_;
};

}  // namespace

std::expected<TrainingLines, TextProblem> read_training_lines(std::string_view text) {
  TrainingLines out;
  Together together;
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    ++number;
    auto const end = std::min(text.find('\n', at), text.size());
    auto const line = text.substr(at, end - at);
    at = end + 1;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    auto example = example_of(line, number);
    if (!example) return std::unexpected(std::move(example.error()));
    together.add(*example, number, out.warnings);
    out.examples.push_back(std::move(*example));
  }
  if (out.examples.empty()) return refuse(0, "holds no examples");
  if (auto problem = together.with_one_example()) return std::unexpected(std::move(*problem));
  return out;
}

}  // namespace sotto::language
