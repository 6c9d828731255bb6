// kb: retrieval of articles for a customer's story, on the bank's knowledge base of tau2 (698 articles, 60 tasks that
// name the articles they need). Prints one JSON object a figure: `hit5`, a needed article is in the first five;
// `recall20`, share of the needed ones in the first twenty. With --explain a line a task. Usage: eval_kb [--explain]
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>
#include <unordered_set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "adapters/minilm/sentence_encoder.h"
#include "knowledge/knowledge_base.h"

using namespace sotto;
namespace json = boost::json;

namespace {

std::string read_all(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<knowledge::Passage> read_articles(std::string const& folder) {
  std::vector<knowledge::Passage> out;
  std::istringstream lines(read_all(folder + "/banking_documents.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    auto const article = json::parse(line).as_object();
    auto const text = fmt::format("# {}\n\n{}", std::string_view(article.at("title").as_string()),
                                  std::string_view(article.at("content").as_string()));
    auto parsed = knowledge::parse_markdown(text, std::string(article.at("id").as_string()));
    if (parsed.passages.empty())
      fmt::print(stderr, "no passage in {}\n", std::string_view(article.at("id").as_string()));
    std::ranges::move(parsed.passages, std::back_inserter(out));
  }
  return out;
}

// Of paired values: mean and the half width of its 95 % interval.
void print(char const* figure, std::vector<double> const& values, double floor, double aim) {
  double sum = 0, squares = 0;
  for (auto const value : values) sum += value, squares += value * value;
  auto const n = static_cast<double>(values.size());
  double const mean = sum / n, half = 1.96 * std::sqrt(std::max(0.0, squares / n - mean * mean) / n);
  fmt::print(R"({{"bench":"kb","figure":"{}","value":{:.3f},"unit":"share","n":{},"ci95":[{:.3f},{:.3f}],)"
             R"("floor":{},"aim":{}}})"
             "\n",
             figure, mean, values.size(), std::max(0.0, mean - half), std::min(1.0, mean + half), floor, aim);
}

}  // namespace

int main(int argc, char** argv) {
  bool const explain = argc > 1 && std::strcmp(argv[1], "--explain") == 0;
  auto const* const data = std::getenv("SOTTO_DATA");
  auto const encoder = SentenceEncoder::load(".cache/minilm");
  if (!data || !encoder) {
    fmt::print(stderr, "{}\n", data ? encoder.error().message : "SOTTO_DATA is not set");
    return 1;
  }
  auto const folder = std::string(data) + "/tau2_kb_policies";
  auto const passages = read_articles(folder);
  auto vectors = std::make_shared<knowledge::Vectors>();
  for (auto const& text : knowledge::KnowledgeBase::texts_to_embed(passages)) {
    if (auto& vector = (*vectors)[text]; vector.empty()) vector = encoder->encode(text).value();
  }
  knowledge::KnowledgeBase const base(passages, vectors);
  std::vector<double> hits, recalls;
  for (auto const& entry : json::parse(read_all(folder + "/banking_tasks.json")).as_array()) {
    auto const& task = entry.as_object();
    auto const& story = task.at("user_scenario").at("instructions");
    auto const clauses = knowledge::clauses_of(story.is_string() ? std::string_view(story.as_string())
                                                                 : std::string_view(json::serialize(story)));
    knowledge::Vectors asked;
    for (auto const& clause : clauses) asked[clause] = encoder->encode(clause).value();
    auto const found = base.search(clauses, asked);
    std::unordered_set<std::string> needed;
    for (auto const& id : task.at("required_documents").as_array()) needed.emplace(id.as_string());
    double hit = 0, seen = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!needed.contains(found[i].file)) continue;
      seen += 1;
      if (i < 5) hit = 1;
    }
    hits.push_back(hit);
    recalls.push_back(seen / static_cast<double>(needed.size()));
    if (explain)
      fmt::print("{} hit5 {} recall20 {:.2f} of {}\n", std::string_view(task.at("id").as_string()), hit, recalls.back(),
                 needed.size());
  }
  print("hit5", hits, 0.82, 0.95);
  print("recall20", recalls, 0.42, 0.60);
  return 0;
}
