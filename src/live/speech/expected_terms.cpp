#include "live/speech/expected_terms.h"

#include <algorithm>
#include <cctype>

#include "base/limits.h"
#include "base/unicode.h"

namespace sotto::speech {
namespace {

constexpr std::size_t kNameBytesMin = 3;

class Terms {
 public:
  void add(std::string_view text) {
    auto term = language::plain(text);
    bool const digit = std::ranges::any_of(term, [](unsigned char c) { return std::isdigit(c) != 0; });
    bool const good = !digit && language::has_letter(term) && term.size() <= limits::kKeytermBytesMax;
    if (good && out.size() < limits::kKeytermsMax && std::ranges::find(out, term) == out.end())
      out.push_back(std::move(term));
  }
  void add_name(std::string_view text) {
    add(text);
    each_part(text, ' ', [&](std::string_view word) {
      bool const capital = !word.empty() && std::islower(static_cast<unsigned char>(word.front())) == 0;
      if (capital && word.size() >= kNameBytesMin) add(word);
    });
  }
  void add_list(std::string_view text) {
    each_part(text, ',', [&](std::string_view term) { add(term); });
  }

  std::vector<std::string> out;

 private:
  template <typename Visit>
  static void each_part(std::string_view text, char between, Visit visit) {
    while (!text.empty()) {
      auto const end = std::min(text.find(between), text.size());
      visit(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
};

bool names_somebody(std::string_view key) {
  constexpr std::string_view name = "name";
  return key.size() >= name.size() &&
         std::ranges::equal(key.substr(key.size() - name.size()), name,
                            [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

}  // namespace

std::vector<std::string> expected_terms(std::vector<std::string> const& come_up, CallInfo const& call,
                                        std::vector<std::string> const& of_tenant) {
  Terms terms;
  for (auto const& term : come_up) terms.add_name(term);
  for (auto const& party : call.parties) terms.add_name(party.name);
  for (auto const& [key, value] : call.metadata) {
    if (!value.is_string()) continue;
    std::string_view const text(value.get_string());
    if (key == "keyterms") terms.add_list(text);
    else if (names_somebody(key)) terms.add_name(text);
  }
  for (auto const& term : of_tenant) terms.add(term);
  return std::move(terms.out);
}

}  // namespace sotto::speech
