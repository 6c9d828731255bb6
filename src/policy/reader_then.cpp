#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "policy/reader.h"

namespace sotto::policy {

namespace {

// A cue's headline is read in 3 s, a full card in 15 s (Section 5 of the interface's rules).
constexpr int kHeadlineWords = 9;
constexpr int kBodyWords = 35;
constexpr std::size_t kTagLetters = 40;
constexpr std::string_view kKinds[] = {"answer", "next_step", "say", "careful", "must_say"};
constexpr std::string_view kSeverities[] = {"info", "warning", "urgent"};

int count_words(std::string const& text) {
  std::istringstream in(text);
  std::string word;
  int count = 0;
  while (in >> word) ++count;
  return count;
}

}  // namespace

CueTemplate PolicyReader::cue(YAML::Node const& node) {
  CueTemplate out;
  if (!keys(node, "cue", {"kind", "headline", "body", "source"})) return out;
  if (auto const kind = node["kind"]) {
    out.kind = text(kind, "kind");
    if (std::ranges::find(kKinds, out.kind) == std::end(kKinds))
      problem(kind, fmt::format("kind must be one of {}", fmt::join(kKinds, ", ")));
  }
  if (!node["headline"]) problem(node, "cue needs a headline");
  else out.headline = line(node["headline"], "headline");
  if (node["body"]) out.body = text(node["body"], "body");
  if (node["source"]) out.source = line(node["source"], "source");
  if (count_words(out.headline) > kHeadlineWords) {
    problem(node["headline"],
            fmt::format("headline has {} words; at most {}", count_words(out.headline), kHeadlineWords));
  }
  if (count_words(out.body) > kBodyWords)
    problem(node["body"], fmt::format("body has {} words; at most {}", count_words(out.body), kBodyWords));
  return out;
}

// { severity: urgent, message: ".." }, or the message alone.
Alert PolicyReader::alert(YAML::Node const& node) {
  Alert out;
  if (node.IsScalar()) out.message = line(node, "alert");
  else if (keys(node, "alert", {"severity", "message"})) {
    if (!node["message"]) problem(node, "alert needs a message");
    else out.message = line(node["message"], "message");
    if (auto const severity = node["severity"]) out.severity = text(severity, "severity");
    if (std::ranges::find(kSeverities, out.severity) == std::end(kSeverities))
      problem(node, fmt::format("severity must be one of {}", fmt::join(kSeverities, ", ")));
  }
  if (count_words(out.message) > kBodyWords)
    problem(node, fmt::format("alert has {} words; at most {}", count_words(out.message), kBodyWords));
  return out;
}

// Names only: who writes a policy must not be able to make the server call an address.
std::vector<std::string> PolicyReader::webhooks(YAML::Node const& node) {
  std::vector<std::string> out;
  for (auto& name : texts(node, "webhook")) {
    if (!is_webhook_name(name)) {
      problem(node,
              "webhook must be a name of `webhooks` in the server's configuration (1 to 40 letters, digits, - "
              "and _); addresses stand there, never in a policy");
    } else if (std::ranges::find(out, name) != out.end()) {
      problem(node, fmt::format("webhook {} is named twice", name));
    } else {
      out.push_back(std::move(name));
    }
  }
  return out;
}

void PolicyReader::then(YAML::Node const& node, Rule& rule) {
  if (!keys(node, "then", {"cue", "checklist", "knowledge", "alert", "tag", "webhook"})) return;
  if (auto const node_alert = node["alert"]) rule.alert = alert(node_alert);
  if (auto const hook = node["webhook"]) rule.webhooks = webhooks(hook);
  if (auto const tag = node["tag"]) {
    rule.tags = spoken_texts(tag, "tag");
    for (auto const& name : rule.tags) {
      if (name.size() > kTagLetters)
        problem(tag, fmt::format("tag has {} letters; at most {}", name.size(), kTagLetters));
    }
  }
  if (auto const node_cue = node["cue"]) rule.cue = cue(node_cue);
  if (auto const item = node["checklist"]; item && keys(item, "checklist", {"item", "label"})) {
    if (!item["item"] || !item["label"]) problem(item, "checklist needs item and label");
    else rule.checklist = ChecklistItem{name(item["item"], "item"), line(item["label"], "label")};
  }
  if (auto const ask = node["knowledge"]; ask && keys(ask, "knowledge", {"question", "articles"})) {
    if (ask["question"] && text(ask["question"], "question") != "utterance")
      problem(ask["question"], "question must be utterance");
    rule.knowledge = KnowledgeAsk{ask["articles"] ? text(ask["articles"], "articles") : "*.md"};
    if (!std::holds_alternative<Spoken>(rule.when))
      problem(ask, "knowledge needs words in when: they are the question");
  }
  if (node.size() == 0) problem(node, "then does nothing: cue, checklist, knowledge, alert, tag or webhook");
}

}  // namespace sotto::policy
