// knowledge: the 40 questions of bench/knowledge_questions.yaml against the demo tenant's articles. Prints one JSON
// object a figure: `wrong` (an answer where there is none, or the wrong passage) and `missed` (no answer where there is
// one). With --explain every question's best passage and score; with --questions FILE other questions.
#include <cstdio>
#include <cstring>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "adapters/minilm/sentence_encoder.h"
#include "library/tenant_files.h"
#include "live/orchestrator/questions.h"

using namespace sotto;

int main(int argc, char** argv) {
  bool explain = false;
  std::string questions = "bench/knowledge_questions.yaml";
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--explain") == 0) explain = true;
    if (std::strcmp(argv[i], "--questions") == 0 && i + 1 < argc) questions = argv[++i];
  }
  auto const encoder = SentenceEncoder::load(".cache/minilm");
  if (!encoder) {
    fmt::print(stderr, "{}\n", encoder.error().message);
    return 1;
  }
  auto tenant = app::read_tenant("config/policies/demo", "config/knowledge/demo");
  auto vectors = std::make_shared<knowledge::Vectors>();
  for (auto const& text : knowledge::KnowledgeBase::texts_to_embed(tenant.passages))
    (*vectors)[text] = encoder->encode(text).value();
  for (auto const& one : tenant.questions) (*vectors)[one.ask] = encoder->encode(one.ask).value();
  knowledge::KnowledgeBase base(tenant.passages, vectors);
  // As the server does; these are other questions than those that are asked here.
  if (auto const fitted = base.calibrate(tenant.questions, *vectors); !fitted)
    fmt::print(stderr, "{}\n", fitted.error().message);
  int wrong = 0, missed = 0, asked = 0;
  for (auto const& entry : YAML::LoadFile(questions)) {
    auto const question = entry["ask"].as<std::string>();
    auto const expected = entry["answer"].as<std::string>();
    std::vector<Word> words;
    std::istringstream in(question);
    for (std::string word; in >> word;) words.push_back({word});
    auto const readings = orchestrator::readings(question, words);
    knowledge::Vectors asked_vectors;
    for (auto const& reading : readings) asked_vectors[reading] = encoder->encode(reading).value();
    auto const answer = base.ask(readings, asked_vectors, "*.md", {}, reading_by(*encoder));
    auto const given = answer ? answer->source.file + "#" + answer->source.heading : std::string("none");
    ++asked;
    if (given != expected) ++(given == "none" ? missed : wrong);
    if (explain) {
      auto const best = base.rank(question, asked_vectors.at(question), "*.md").front();
      fmt::print("{:5} {:.3f} meaning {:.3f} words {:.3f}  {}  ->  {}#{}\n",
                 given == expected ? "ok"
                 : given == "none" ? "MISS"
                                   : "WRONG",
                 best.score, best.meaning, best.words, question, best.passage->file, best.passage->heading);
    }
  }
  for (auto const& [figure, value, floor, aim] : {std::tuple{"wrong", wrong, 2, 0}, {"missed", missed, 5, 2}}) {
    fmt::print(R"({{"bench":"knowledge","figure":"{}","value":{},"unit":"questions","n":{},"floor":{},"aim":{}}})"
               "\n",
               figure, value, asked, floor, aim);
  }
  return 0;
}
