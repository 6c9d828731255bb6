#include "api/knowledge_answer.h"

#include "knowledge/retrieval.h"

namespace sotto::app {

namespace json = boost::json;

// From here an answer is said to match strongly, as a cue does.
static constexpr double kStrong = 0.68;
// One or two words name a subject: many sentences are about it, and none is asked for.
static constexpr std::size_t kWordsOfAQuestion = 3;

json::array nearest_json(std::vector<knowledge::KnowledgeBase::Ranked> const& ranked) {
  json::array out;
  for (auto const& hit : ranked) {
    out.push_back(json::object{{"file", hit.passage->file},
                               {"title", hit.passage->title},
                               {"heading", hit.passage->heading},
                               {"passage", hit.passage->text},
                               {"sentence", hit.passage->sentences[hit.sentence].text},
                               {"score", hit.score}});
  }
  return out;
}

json::object answer_json(std::optional<Answer> const& answer,
                         std::vector<knowledge::KnowledgeBase::Ranked> const& nearest) {
  json::object out{{"answer", nullptr}, {"nearest", nearest_json(nearest)}};
  if (!answer) return out;
  auto const& [file, heading, passage, sentence] = answer->source;
  out["answer"] = json::object{
      {"headline", answer->headline},
      {"body", answer->body},
      {"match", answer->score >= kStrong ? "strong" : "likely"},
      {"probability", answer->probability},
      {"source", json::object{{"file", file}, {"heading", heading}, {"passage", passage}, {"sentence", sentence}}}};
  return out;
}

json::object articles_json(std::vector<knowledge::KnowledgeBase::Ranked> const& nearest) {
  return {{"answer", nullptr}, {"few_words", true}, {"nearest", nearest_json(nearest)}};
}

bool asks_in_few_words(std::string_view question) { return knowledge::terms(question).size() < kWordsOfAQuestion; }

}  // namespace sotto::app
