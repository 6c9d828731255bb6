// Stage 6, inference: retrieval over a tenant's articles with an extractive answer. Immutable; shared between calls.
// Ranking: convex fusion (Bruch et al. 2023: convex beats rank fusion) of BM25 and of the cosine of sentence vectors,
// by exact scan (retrieval.h). What the reader may not see is taken out before anything is ranked. The answer is the
// heading and sentences of the best passage, word for word; below the tenant's threshold there is none. Pure.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "call/answer.h"
#include "knowledge/answer_calibration.h"
#include "knowledge/articles/articles.h"
#include "knowledge/retrieval.h"
#include "knowledge/table_rows.h"

namespace sotto::knowledge {

using Vectors = std::unordered_map<std::string, std::vector<float>>;

class KnowledgeBase {
 public:
  // `vectors`: unit vectors of every text that texts_to_embed() names; not kept. Without them words alone rank.
  KnowledgeBase(std::vector<Passage> passages, std::shared_ptr<Vectors const> const& vectors);
  static std::vector<std::string> texts_to_embed(std::vector<Passage> const& passages);
  // From now on "no answer" is what the tenant's own questions make it. `vectors`: of each question. Not once it is
  // shared. Errors of fit(): the calibration stays as it is.
  Result<void> calibrate(std::vector<LabelledQuestion> const& questions, Vectors const& vectors);
  AnswerCalibration const& calibration() const { return calibration_; }

  // The best passages with their scores, whatever the threshold, best first.
  struct Ranked {
    Passage const* passage = nullptr;
    double score = 0, words = 0, meaning = 0;
    std::size_t sentence = 0;       // the nearest one; of a table the first row that is meant
    std::vector<std::size_t> rows;  // of a table: those that the question means
    bool unknown_key = false;       // it asks for a row that the table does not have
  };
  std::vector<Ranked> rank(std::string_view question, std::vector<float> const& vector, std::string_view articles,
                           Reader const& reader = {}, std::size_t most = 10) const;

  // What may answer one of the readings of a question; to be read beside it by a model (to_read), then decided on.
  struct Candidate {
    Ranked ranked;
    std::string question;  // the reading that found it
  };
  // The passage whose score is the best for any reading. `vectors`: of each reading; one that has none is not asked.
  // `articles`: a glob over file names ("*.md", "billing*"); "*" and "*.md", as policies wrote it before there were
  // other formats, stand for all. None where its score alone says that it hardly answers.
  std::optional<Candidate> candidate(std::vector<std::string> const& readings, Vectors const& vectors,
                                     std::string_view articles, Reader const& reader = {}) const;
  // Its heading and what stands in it around the nearest sentence: what a model has to read.
  static std::string to_read(Candidate const& candidate);
  // Whether reading it counts for this tenant; else the score alone decides.
  bool reads(Candidate const& candidate) const { return calibration_.reads() && candidate.ranked.rows.empty(); }
  // `read`: how far a model finds that the passage answers the question (ModelResponse::answers); without it the score
  // alone decides. None where it does not answer.
  std::optional<Answer> decide(Candidate const& candidate, std::optional<double> read) const;
  // The three in one go, for who can wait for the model. `read`: how far the passage answers the question, or nothing
  // where it could not be read; without it the score alone decides.
  using Read = std::function<std::optional<double>(std::string const& passage, std::string const& question)>;
  std::optional<Answer> ask(std::vector<std::string> const& readings, Vectors const& vectors, std::string_view articles,
                            Reader const& reader = {}, Read const& read = {}) const;

  // Articles for a long text of many clauses (what was said so far, a story): an article counts by the sum over the
  // clauses of the fourth power of its best score, so that a clause that hits outweighs many that graze.
  struct Found {
    std::string file;
    double score = 0;
    Passage const* passage = nullptr;  // of the article, nearest to any clause
    std::size_t sentence = 0;          // of the passage
  };
  std::vector<Found> search(std::vector<std::string> const& clauses, Vectors const& vectors, Reader const& reader = {},
                            std::size_t most = 20) const;

  // For a person who looks around: as rank() for one clause, as search() for a text of several (an article then has one
  // passage, and its score is the power mean over the clauses). `vectors`: of each of texts_to_find().
  std::vector<Ranked> nearest(std::string const& text, Vectors const& vectors, Reader const& reader,
                              std::size_t most) const;
  static std::vector<std::string> texts_to_find(std::string const& text);

  // "file.md#Heading" in any case, or "file.md#heading-as-in-addresses" -> the passage as a cue's source.
  std::optional<Source> find(std::string_view reference) const;
  std::vector<Passage> const& passages() const { return passages_; }
  std::size_t size() const { return passages_.size(); }

 private:
  // By article.
  std::vector<char> readable(std::string_view articles, Reader const& reader) const;
  Ranked look_closer(std::uint32_t passage, ByteVector const& query, float words, std::string_view question,
                     SpokenParts const& parts) const;

  std::vector<Passage> const passages_;
  AnswerCalibration calibration_;
  WordIndex words_;                          // a document a passage
  WordIndex article_words_;                  // a document an article
  std::vector<std::uint32_t> article_;       // of each passage, in article_words_
  std::vector<std::size_t> first_passage_;   // of each article
  std::vector<char> restricted_;             // articles with dates or an audience
  VectorIndex wholes_;                       // a row a passage: heading and text
  VectorIndex headings_;                     // a row a passage
  VectorIndex sentences_;                    // two rows a sentence: alone, in context
  std::vector<std::size_t> first_sentence_;  // of each passage, in sentences_, counted in sentences
  std::size_t sentence_count_ = 0;
  TableRows rows_;
};

}  // namespace sotto::knowledge
