// Stage 6, inference: retrieval over a tenant's articles with an extractive answer. Immutable; shared between calls.
// A passage is what stands under one heading. Ranking: convex fusion of BM25 (Robertson & Zaragoza 2009; as the share
// of the question's information the passage holds) and cosine of sentence vectors (Bruch et al. 2023: convex beats rank
// fusion). The answer is the heading and the sentences of the best passage, word for word; below a threshold there is
// none. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "call/policy.h"

namespace sotto::inference {

struct Passage {
  std::string file, title, heading, text;
  std::vector<std::string> sentences;
  int line = 0;
};

struct ArticleProblem {
  std::string file;
  int line = 0;
  std::string reason;
};
struct ParsedArticle {
  std::vector<Passage> passages;
  std::vector<ArticleProblem> problems;  // empty: the article is good
};
// Markdown: "# Title", then "## Heading" sections of plain paragraphs and lists.
ParsedArticle parse_article(std::string_view markdown, std::string const& file);

using Vectors = std::unordered_map<std::string, std::vector<float>>;

// Fused score from which a passage answers. Chosen by measurement (docs/policies.md).
inline constexpr double kAnswerThreshold = 0.44;

class KnowledgeBase {
 public:
  // `vectors`: unit vectors of every text that texts_to_embed() names.
  KnowledgeBase(std::vector<Passage> passages, std::shared_ptr<Vectors const> vectors);
  static std::vector<std::string> texts_to_embed(std::vector<Passage> const& passages);

  // `articles`: a glob over file names ("*.md", "billing*.md").
  std::optional<Match::Answer> ask(std::string_view question, std::vector<float> const& vector,
                                   std::string_view articles, double threshold = kAnswerThreshold) const;
  // The best answer to any reading of a question. `vectors`: of each reading; one that has none is not asked.
  std::optional<Match::Answer> ask(std::vector<std::string> const& readings, Vectors const& vectors,
                                   std::string_view articles) const;
  // The best passages with their scores, whatever the threshold: for tools that explain.
  struct Ranked {
    Passage const* passage = nullptr;
    double score = 0, words = 0, meaning = 0;
    std::size_t sentence = 0;  // the nearest one
  };
  std::vector<Ranked> rank(std::string_view question, std::vector<float> const& vector,
                           std::string_view articles) const;
  // "file.md#heading in lower case" -> the passage as a cue's source.
  std::optional<Source> find(std::string_view reference) const;
  std::size_t size() const { return passages_.size(); }

 private:
  double words_score(std::vector<std::string> const& question, std::size_t passage) const;

  std::vector<Passage> const passages_;
  std::shared_ptr<Vectors const> const vectors_;
  std::vector<std::unordered_map<std::string, int>> counts_;  // terms of each passage
  std::vector<double> lengths_;
  std::unordered_map<std::string, int> documents_;  // passages that hold a term
  double mean_length_ = 1;
};

}  // namespace sotto::inference
