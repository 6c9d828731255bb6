#include "live/orchestrator/questions.h"

#include <algorithm>
#include <string_view>

#include <re2/re2.h>

#include "knowledge/retrieval.h"

namespace sotto::orchestrator {

namespace {
constexpr std::size_t kLeastWords = 5, kMostClauses = 3;

bool ends_clause(std::string_view word) {
  return !word.empty() && std::string_view(".,;:?!").find(word.back()) != std::string_view::npos;
}
}  // namespace

std::vector<std::string> readings(std::string const& whole, std::vector<Word> const& words) {
  std::vector<std::string> out{whole};
  std::string clause;
  for (auto i = words.size(); i-- > 1 && out.size() <= kMostClauses;) {
    clause = words[i].text + (clause.empty() ? "" : " ") + clause;
    if (!ends_clause(words[i - 1].text) || words.size() - i < kLeastWords) continue;
    if (std::ranges::find(out, clause) == out.end()) out.push_back(clause);
  }
  return out;
}

RefersBack refers_back(std::string const& text) {
  constexpr std::size_t kSubject = 2;  // content words
  static re2::RE2 const pronoun(R"((?i)\b(that|it|this|those|these|them|they|one|ones)\b)");
  if (!re2::RE2::PartialMatch(text, pronoun)) return RefersBack::no;
  auto const named = knowledge::terms(text).size();
  return named < kSubject ? RefersBack::wholly : named == kSubject ? RefersBack::perhaps : RefersBack::no;
}

bool implies_problem(std::string const& text) {
  static re2::RE2 const solved(
      R"((?i)\b(works? now|working now|it works|is fixed|sorted|solved|thanks?|thank you|no problem|never mind|if|)"
      R"(would(n't| not)|do(n't| not) (want|need|know|mind)|did(n't| not) know|until|so that)\b)");
  static re2::RE2 const goes_on(
      R"((?i)\b(still|keeps?|kept|again|constantly)\b.{0,20}\b(blink|flash|red\b|orange\b|off\b|slow|drop|cut|fail|crash|)"
      R"(freez|los[ei]|down\b|dead\b|broken|disconnect|error|buffer|restart))");
  static re2::RE2 const cannot(
      R"((?i)\b(can(no|')?t|can not|could(n't| not)|unable to|not able to)\b.{0,15}\b(see|find|open|get|log|sign|connect|)"
      R"(reach|pay|use|access|download|watch|call|send|receive|hear|turn|switch|reset|load|reach|view|transfer)\b)");
  static re2::RE2 const does_not(
      R"((?i)\b((do|does|did|is|are|has|have|was)( not|n't)|won't|never)\b.{0,15}\b(work|come|came|arriv|load|start|connect|)"
      R"(open|show|turn|respond|appear|let|go through|gone through|accept|recogni|match|ring)\w*)");
  static re2::RE2 const broken(
      R"((?i)\b(stopped working|not working|(is|are|been|went|gone|was|got) (broken|dead|down|stuck|wrong|declined|blocked|)"
      R"(stolen|missing|frozen|locked)|locked out|an error|(i|we)('ve| have)? (just )?(lost|forgot|forgotten) (my|our)|)"
      R"(too slow|so slow|very slow|charged twice)\b)");
  if (re2::RE2::PartialMatch(text, solved)) return false;
  for (auto const* pattern : {&goes_on, &cannot, &does_not, &broken}) {
    if (re2::RE2::PartialMatch(text, *pattern)) return true;
  }
  return false;
}

}  // namespace sotto::orchestrator
