// retrieval: the ten best of 20,000 passages by words and meaning together, as a call asks (KnowledgeBase::rank,
// without the encoder). The passages are made, always the same: sentences of the demo's articles with made-up words; a
// vector is the sentences' own with noise. Prints one JSON object a figure; with --peers FOLDER writes passages,
// vectors and questions there for bench/retrieval_peers.mjs. Usage: bench_retrieval [--peers FOLDER]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "adapters/minilm/sentence_encoder.h"
#include "knowledge/knowledge_base.h"
#include "library/tenant_files.h"

using namespace sotto;
namespace json = boost::json;

namespace {

constexpr std::size_t kPassages = 20'000, kQuestions = 1000, kDimensions = 384, kTop = 10;

struct Dice {
  std::uint64_t state = 7;
  std::uint64_t next() { return state = state * 6364136223846793005ULL + 1442695040888963407ULL, state >> 33; }
  std::size_t below(std::size_t n) { return next() % n; }
  float noise() { return static_cast<float>(next() % 20001) / 10000.0F - 1; }
};

std::vector<float> blurred(std::vector<float> const& vector, float amount, Dice& dice) {
  std::vector<float> out(vector);
  float length = 0;
  for (auto& value : out) value += amount * dice.noise(), length += value * value;
  for (auto& value : out) value /= std::sqrt(length);
  return out;
}

struct Made {
  std::vector<knowledge::Passage> passages;
  std::vector<std::string> questions;
  std::shared_ptr<knowledge::Vectors> vectors = std::make_shared<knowledge::Vectors>();
};

// Zipf-like: few of the 5,000 made-up words are frequent.
std::string invented_word(Dice& dice) {
  auto const rank = static_cast<std::size_t>(5000.0 * std::pow(static_cast<double>(dice.below(10000)) / 10000.0, 3));
  return fmt::format("w{}x", rank);
}

Made make(SentenceEncoder const& encoder) {
  Made out;
  Dice dice;
  std::vector<std::string> sentences;
  knowledge::Vectors known;
  for (auto const& passage : app::read_tenant("config/policies/demo", "config/knowledge/demo").passages) {
    for (auto const& sentence : passage.sentences) sentences.push_back(sentence.text);
  }
  for (auto const& sentence : sentences) known[sentence] = encoder.encode(sentence).value();
  for (std::size_t i = 0; i < kPassages; ++i) {
    auto const& first = sentences[dice.below(sentences.size())];
    auto const& second = sentences[dice.below(sentences.size())];
    knowledge::Passage passage{.file = fmt::format("article{}.md", i / 5), .title = fmt::format("Article {}", i / 5)};
    passage.heading = fmt::format("Heading {} {}", i, invented_word(dice));
    for (auto const* sentence : {&first, &second}) {
      auto const text =
          fmt::format("{} {} {} {}.", *sentence, invented_word(dice), invented_word(dice), invented_word(dice));
      passage.text += (passage.text.empty() ? "" : " ") + text;
      passage.sentences.emplace_back().text = text;
    }
    for (auto const& text : knowledge::KnowledgeBase::texts_to_embed({passage}))
      (*out.vectors)[text] = blurred(known[dice.below(2) == 0 ? first : second], 0.03F, dice);
    out.passages.push_back(std::move(passage));
  }
  std::vector<std::pair<std::string, std::vector<float>>> asked;
  for (auto const& entry : YAML::LoadFile("bench/knowledge_questions.yaml")) {
    auto const question = entry["ask"].as<std::string>();
    asked.emplace_back(question, encoder.encode(question).value());
  }
  for (std::size_t i = 0; i < kQuestions; ++i) {
    auto const& [question, vector] = asked[i % asked.size()];
    out.questions.push_back(fmt::format("{} {} {}", question, invented_word(dice), i));
    (*out.vectors)[out.questions.back()] = blurred(vector, 0.01F, dice);
  }
  return out;
}

void write_for_peers(Made const& made, std::string const& folder) {
  std::ofstream texts(folder + "/passages.jsonl"), asked(folder + "/questions.jsonl");
  std::ofstream vectors(folder + "/passages.f32", std::ios::binary),
      asked_vectors(folder + "/questions.f32", std::ios::binary);
  auto const put = [&](std::ofstream& out, std::string const& text) {
    auto const& vector = made.vectors->at(text);
    out.write(reinterpret_cast<char const*>(vector.data()), static_cast<long>(vector.size() * sizeof(float)));
  };
  for (auto const& passage : made.passages) {
    texts << json::serialize(json::string(passage.heading + ". " + passage.text)) << "\n";
    put(vectors, passage.heading + ". " + passage.text);
  }
  for (auto const& question : made.questions) {
    asked << json::serialize(json::string(question)) << "\n";
    put(asked_vectors, question);
  }
}

// Share of the ten nearest of all passages, by the floats, that the byte scan finds.
double recall_of_bytes(Made const& made) {
  knowledge::VectorIndex index;
  std::vector<std::vector<float> const*> exact;
  for (auto const& passage : made.passages) {
    exact.push_back(&made.vectors->at(passage.heading + ". " + passage.text));
    index.add(*exact.back());
  }
  std::size_t found = 0, asked = 0;
  std::vector<float> by_bytes(kPassages), by_floats(kPassages);
  for (std::size_t q = 0; q < made.questions.size(); q += 20) {
    auto const& query = made.vectors->at(made.questions[q]);
    index.scan(knowledge::to_bytes(query), 0, by_bytes);
    for (std::size_t i = 0; i < kPassages; ++i) {
      float sum = 0;
      for (std::size_t d = 0; d < kDimensions; ++d) sum += query[d] * (*exact[i])[d];
      by_floats[i] = sum;
    }
    auto const ours = knowledge::best(by_bytes, kTop, -1);
    for (auto const& hit : knowledge::best(by_floats, kTop, -1)) {
      ++asked;
      found += std::ranges::any_of(ours, [&](auto const& other) { return other.document == hit.document; });
    }
  }
  return static_cast<double>(found) / static_cast<double>(asked);
}

}  // namespace

int main(int argc, char** argv) {
  auto const encoder = SentenceEncoder::load(".cache/minilm");
  if (!encoder) {
    fmt::print(stderr, "{}\n", encoder.error().message);
    return 1;
  }
  auto const made = make(*encoder);
  if (argc > 2 && std::strcmp(argv[1], "--peers") == 0) write_for_peers(made, argv[2]);
  knowledge::KnowledgeBase const base(made.passages, made.vectors);
  std::vector<double> took;
  for (auto const& question : made.questions) {
    auto const& vector = made.vectors->at(question);
    auto const from = std::chrono::steady_clock::now();
    auto const found = base.rank(question, vector, "*", {}, kTop);
    took.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - from).count());
    if (found.size() != kTop) return 1;
  }
  std::ranges::sort(took);
  auto const n = took.size();
  fmt::print(
      R"({{"bench":"retrieval","figure":"p50_ms","value":{:.3f},"unit":"ms","n":{},"passages":{},"floor":1,"aim":0.3}})"
      "\n"
      R"({{"bench":"retrieval","figure":"p99_ms","value":{:.3f},"unit":"ms","n":{},"passages":{}}})"
      "\n",
      took[n / 2], n, kPassages, took[n * 99 / 100], n, kPassages);
  fmt::print(R"({{"bench":"retrieval","figure":"recall10_bytes","value":{:.3f},"unit":"share","n":{}}})"
             "\n",
             recall_of_bytes(made), made.questions.size() / 20 * kTop);
  return 0;
}
