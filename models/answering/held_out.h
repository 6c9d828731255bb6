// The businesses that answering was not trained on (README.md): their questions, asked as a call asks, with the passage
// read and by its score alone.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "adapters/minilm/sentence_encoder.h"
#include "knowledge/knowledge_base.h"

namespace sotto::eval {

struct QuestionOfBusiness {
  char kind = 0;  // A: its passage answers; N, I: none does
  std::string passage, text;
};

struct Business {
  std::vector<knowledge::Passage> passages;
  std::vector<QuestionOfBusiness> asked;

  explicit Business(std::filesystem::path const& file) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      auto const first = line.find('\t'), second = line.find('\t', first + 1);
      auto const name = line.substr(first + 1, second - first - 1) + ".md", text = line.substr(second + 1);
      if (line[0] != 'P') {
        asked.push_back({line[0], name, text});
        continue;
      }
      auto const colon = text.find(": ");
      auto const article = fmt::format("# {0}\n\n{1}\n", text.substr(0, colon), text.substr(colon + 2));
      for (auto& passage : knowledge::parse_article(article, name).passages) passages.push_back(std::move(passage));
    }
  }
};

inline std::vector<Business> held_out_businesses(std::filesystem::path const& models) {
  constexpr std::size_t every = 6;  // as in train.py
  std::vector<std::filesystem::path> files;
  for (auto const& file : std::filesystem::directory_iterator(models / "answering/asked")) files.push_back(file.path());
  std::ranges::sort(files);
  std::vector<Business> out;
  for (std::size_t i = 0; i < files.size(); i += every) out.emplace_back(files[i]);
  return out;
}

struct AnswerShares {
  double answerable = 0, right = 0, other = 0, wrong = 0;

  void add(QuestionOfBusiness const& asked, std::optional<Answer> const& answer) {
    bool const answers = asked.kind == 'A';
    (answers ? answerable : other) += 1;
    right += answers && answer && answer->source.file == asked.passage;
    wrong += !answers && answer;
  }
};

struct Answering {
  AnswerShares read, scored;

  void ask(Business const& business, SentenceEncoder const& encoder) {
    auto vectors = std::make_shared<knowledge::Vectors>();
    for (auto const& text : knowledge::KnowledgeBase::texts_to_embed(business.passages))
      (*vectors)[text] = encoder.encode(text).value();
    knowledge::KnowledgeBase const base(business.passages, vectors);
    for (auto const& asked : business.asked) {
      auto const candidate = base.candidate({asked.text}, {{asked.text, encoder.encode(asked.text).value()}}, "*");
      if (!candidate) {
        read.add(asked, std::nullopt);
        scored.add(asked, std::nullopt);
        continue;
      }
      auto const answers = encoder.answers(knowledge::KnowledgeBase::to_read(*candidate), asked.text).value();
      read.add(asked, base.decide(*candidate, answers));
      scored.add(asked, base.decide(*candidate, std::nullopt));
    }
  }
};

}  // namespace sotto::eval
