#include "knowledge/knowledge_base.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fnmatch.h>

namespace sotto::knowledge {

namespace {

constexpr float kMeaningShare = 0.7F;  // of the fused score
// In a story most words are not about the matter: meaning counts more.
constexpr float kStoryMeaningShare = 0.8F;
// Passages whose heading and sentences are looked at one by one; all are ranked by whole and words.
constexpr std::size_t kCloser = 128;
constexpr int kTitleWeight = 3;
constexpr int kStoryPower = 4;  // of a clause's score, so that one that hits outweighs many that graze
constexpr std::size_t kBodySentences = 2, kBodyItems = 3;  // two lines and three bullets
constexpr double kKeySaid = 0.8;  // the score of a row whose key was said: as good as its own heading
constexpr int kReadWords = 80;    // of a passage, by the model that says whether it answers
constexpr int kRowWords = 60;     // a row that is cut in the middle says something else

// A sentence alone often lacks what it is about; its title and heading say it.
std::string in_context(Passage const& passage, std::string const& sentence) {
  return passage.title + ". " + passage.heading + ". " + sentence;
}

// The text as it is compared: of a table the heads once; in each row they would outweigh the rest.
std::string compared(Passage const& passage) {
  if (std::ranges::none_of(passage.sentences, &Sentence::row)) return passage.text;
  std::string out;
  bool in_table = false;
  for (auto const& sentence : passage.sentences) {
    out += (out.empty() ? "" : " ") + (in_table ? sentence.compared() : sentence.text);
    in_table = sentence.row;
  }
  return out;
}
std::string whole(Passage const& passage) { return passage.heading + ". " + compared(passage); }

std::string all_words(Passage const& passage) {
  std::string out = passage.title;
  for (auto const& heading : passage.path) out += " " + heading;
  return out + " " + whole(passage);
}

// Rows of a table: the one that is meant, or how many fit and the first of them.
std::string body_of(Passage const& passage, std::vector<std::size_t> const& rows) {
  std::string body;
  if (rows.size() > 1) body = std::to_string(rows.size()) + " rows fit; which one is meant?";
  for (std::size_t i = 0; i < std::min(rows.size(), kBodyItems); ++i)
    body += (body.empty() ? "- " : "\n- ") + first_words(passage.sentences[rows[i]].text, kRowWords);
  return body;
}

// From the nearest sentence on (from the start where the whole passage fits): at most two sentences and three items,
// as long as they fit the card.
std::string body_of(Passage const& passage, std::size_t nearest) {
  std::size_t const from = count_words(passage.text) <= kBodyWords ? 0 : nearest;
  std::string body;
  std::size_t sentences = 0, items = 0;
  int words = 0;
  for (auto s = from; s < passage.sentences.size(); ++s) {
    auto const& text = passage.sentences[s].text;
    bool const item = passage.sentences[s].item;
    words += count_words(text);
    if (words > kBodyWords && !body.empty()) break;
    // Short prose that fits as a whole is one thought: it is not cut after the second sentence.
    if (item ? ++items > kBodyItems : ++sentences > kBodySentences && from > 0) break;
    if (item) body += (body.empty() ? "- " : "\n- ") + first_words(text, kBodyWords);
    else body += (body.empty() ? "" : items > 0 ? "\n" : " ") + first_words(text, kBodyWords);
  }
  return body;
}

std::span<float const> vector_of(Vectors const& vectors, std::string const& text) {
  auto const found = vectors.find(text);
  if (found == vectors.end()) return {};
  return found->second;
}

}  // namespace

std::vector<std::string> KnowledgeBase::texts_to_embed(std::vector<Passage> const& passages) {
  std::vector<std::string> out;
  for (auto const& passage : passages) {
    out.push_back(passage.heading);
    out.push_back(whole(passage));
    for (auto const& sentence : passage.sentences) {
      out.push_back(sentence.compared());
      out.push_back(in_context(passage, sentence.compared()));
    }
  }
  return out;
}

KnowledgeBase::KnowledgeBase(std::vector<Passage> passages, std::shared_ptr<Vectors const> const& vectors)
    : passages_(std::move(passages)) {
  std::vector<std::string> of_article;
  for (auto const& passage : passages_) {
    if (article_.empty() || passage.file != (&passage - 1)->file) {
      if (!article_.empty()) article_words_.add(of_article);
      article_.push_back(static_cast<std::uint32_t>(article_words_.size()));
      first_passage_.push_back(first_sentence_.size());
      restricted_.push_back(passage.valid_from || passage.valid_until || !passage.audience.empty());
      // What the title names is what the article is about.
      of_article.clear();
      for (int i = 0; i < kTitleWeight; ++i) std::ranges::copy(terms(passage.title), std::back_inserter(of_article));
    } else {
      article_.push_back(static_cast<std::uint32_t>(article_words_.size()));
    }
    std::ranges::copy(terms(whole(passage)), std::back_inserter(of_article));
    words_.add(terms(all_words(passage)));
    first_sentence_.push_back(sentence_count_);
    sentence_count_ += passage.sentences.size();
    if (vectors->empty()) continue;
    headings_.add(vector_of(*vectors, passage.heading));
    wholes_.add(vector_of(*vectors, whole(passage)));
    for (auto const& sentence : passage.sentences) {
      sentences_.add(vector_of(*vectors, sentence.compared()));
      sentences_.add(vector_of(*vectors, in_context(passage, sentence.compared())));
    }
  }
  if (!article_.empty()) article_words_.add(of_article);
  words_.finish();
  article_words_.finish();
  rows_ = TableRows(passages_);
}

Result<void> KnowledgeBase::calibrate(std::vector<LabelledQuestion> const& questions, Vectors const& vectors) {
  std::vector<ScoredAnswer> answers;
  for (auto const& [ask, answer] : questions) {
    auto const vector = vectors.find(ask);
    if (vector == vectors.end()) continue;
    auto const ranked = rank(ask, vector->second, "*", Reader{.everything = true}, 1);
    if (ranked.empty()) continue;
    auto const& best = *ranked.front().passage;
    answers.push_back({ranked.front().score, refers_to(answer, best)});
  }
  auto const fitted = fit(answers);
  if (!fitted) return std::unexpected(fitted.error());
  calibration_ = *fitted;
  return {};
}

std::vector<char> KnowledgeBase::readable(std::string_view articles, Reader const& reader) const {
  std::vector<char> out(first_passage_.size(), 1);
  bool const all = articles == "*" || articles == "*.md";
  std::string const glob(articles);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (all && !restricted_[i]) continue;
    auto const& passage = passages_[first_passage_[i]];
    out[i] = (all || fnmatch(glob.c_str(), passage.file.c_str(), 0) == 0) && may_read(reader, passage);
  }
  return out;
}

KnowledgeBase::Ranked KnowledgeBase::look_closer(std::uint32_t passage, ByteVector const& query, float words,
                                                 std::string_view question, SpokenParts const& parts) const {
  auto const count = passages_[passage].sentences.size();
  Ranked ranked{.passage = &passages_[passage], .words = words};
  float heading = 0, whole = 0;
  headings_.scan(query, passage, {&heading, 1});
  wholes_.scan(query, passage, {&whole, 1});
  std::vector<float> near(2 * count);
  sentences_.scan(query, 2 * first_sentence_[passage], near);
  double best_sentence = -1;
  std::vector<double> of_sentences(count);
  for (std::size_t s = 0; s < count; ++s) {
    double const score = of_sentences[s] = std::max(near[2 * s], near[2 * s + 1]);
    if (score <= best_sentence) continue;
    best_sentence = score;
    ranked.sentence = s;
  }
  ranked.meaning = std::max<double>({heading, whole, best_sentence});
  ranked.score = kMeaningShare * ranked.meaning + (1 - kMeaningShare) * ranked.words;
  if (!ranked.passage->sentences[ranked.sentence].row) return ranked;
  auto [rows, unknown] = rows_.choose(*ranked.passage, question, parts, of_sentences);
  if (!rows.empty()) ranked.sentence = rows.front();
  ranked.rows = std::move(rows);
  ranked.unknown_key = unknown;
  return ranked;
}

std::vector<KnowledgeBase::Ranked> KnowledgeBase::rank(std::string_view question, std::vector<float> const& vector,
                                                       std::string_view articles, Reader const& reader,
                                                       std::size_t most) const {
  auto const allowed = readable(articles, reader);
  auto const query = to_bytes(vector);
  std::vector<float> words(size(), 0.0F), fused(size());
  words_.score(terms(question), words);
  wholes_.scan(query, 0, fused);
  for (std::size_t i = 0; i < size(); ++i)
    fused[i] = allowed[article_[i]] ? std::max(0.0F, kMeaningShare * fused[i] + (1 - kMeaningShare) * words[i]) : -1.0F;
  auto const parts = spoken_parts(question);
  std::map<std::uint32_t, std::vector<std::size_t>> said;  // rows by passage
  for (auto const& [passage, row] : rows_.said(parts)) {
    if (allowed[article_[passage]]) said[passage].push_back(row);
  }
  std::vector<Ranked> out;
  for (auto const& [passage, score] : best(fused, std::max(kCloser, most)))
    if (!said.contains(passage)) out.push_back(look_closer(passage, query, words[passage], question, parts));
  for (auto& [passage, rows] : said) {
    auto& ranked = out.emplace_back(look_closer(passage, query, words[passage], question, parts));
    ranked.score = std::max(ranked.score, kKeySaid);
    // Of keys that are said alike the one that is written so.
    if (ranked.rows.empty() || !std::ranges::includes(rows, ranked.rows)) ranked.rows = std::move(rows);
    ranked.sentence = ranked.rows.front();
    ranked.unknown_key = false;
  }
  std::ranges::sort(out, std::greater{}, &Ranked::score);
  if (out.size() > most) out.resize(most);
  return out;
}

std::optional<KnowledgeBase::Candidate> KnowledgeBase::candidate(std::vector<std::string> const& readings,
                                                                 Vectors const& vectors, std::string_view articles,
                                                                 Reader const& reader) const {
  std::optional<Candidate> best;
  for (auto const& reading : readings) {
    auto const vector = vectors.find(reading);
    if (vector == vectors.end()) continue;
    auto const ranked = rank(reading, vector->second, articles, reader, 3);
    // A table that lacks the key that was said does not answer, however near it is.
    auto const known = std::ranges::find(ranked, false, &Ranked::unknown_key);
    if (known == ranked.end() || (best && known->score <= best->ranked.score)) continue;
    best = Candidate{*known, reading};
  }
  if (best && calibration_.probability(best->ranked.score) < kMayAnswer) best.reset();
  return best;
}

std::string KnowledgeBase::to_read(Candidate const& candidate) {
  auto const& [ranked, question] = candidate;
  auto const& passage = *ranked.passage;
  auto out = (passage.title == passage.heading ? "" : passage.title + ", ") + passage.heading + ":";
  if (count_words(passage.text) <= kReadWords) return out + " " + compared(passage);
  auto const nearest = ranked.rows.empty() ? ranked.sentence : ranked.rows.front();
  int words = 0;
  for (auto s = nearest > 0 ? nearest - 1 : 0; s < passage.sentences.size() && words < kReadWords; ++s) {
    out += " " + passage.sentences[s].text;
    words += count_words(passage.sentences[s].text);
  }
  return out;
}

std::optional<Answer> KnowledgeBase::decide(Candidate const& candidate, std::optional<double> read) const {
  auto const& best = candidate.ranked;
  // Rows of a table were found by what stands in them; the model knows prose.
  auto const probability = calibration_.probability(best.score, reads(candidate) ? read : std::nullopt);
  if (probability < kAnswers) return std::nullopt;
  auto const& passage = *best.passage;
  return Answer{.headline = first_words(passage.heading, kHeadlineWords),
                .body = best.rows.empty() ? body_of(passage, best.sentence) : body_of(passage, best.rows),
                .source = {passage.file, passage.heading, passage.text, passage.sentences[best.sentence].text},
                .score = best.score,
                .probability = probability};
}

std::optional<Answer> KnowledgeBase::ask(std::vector<std::string> const& readings, Vectors const& vectors,
                                         std::string_view articles, Reader const& reader, Read const& read) const {
  auto const found = candidate(readings, vectors, articles, reader);
  if (!found) return std::nullopt;
  return decide(*found, read && reads(*found) ? read(to_read(*found), found->question) : std::nullopt);
}

std::vector<KnowledgeBase::Found> KnowledgeBase::search(std::vector<std::string> const& clauses, Vectors const& vectors,
                                                        Reader const& reader, std::size_t most) const {
  struct Article {
    double sum = 0, nearest = 0;
    Passage const* passage = nullptr;
    std::size_t sentence = 0;
  };
  auto const allowed = readable("*", reader);
  std::map<std::string_view, Article> articles;
  std::vector<float> near(2 * sentence_count_), rows(size()), words(article_words_.size());
  for (auto const& clause : clauses) {
    auto const query = to_bytes(vector_of(vectors, clause));
    std::ranges::fill(words, 0.0F);
    article_words_.score(terms(clause), words);
    headings_.scan(query, 0, rows);
    sentences_.scan(query, 0, near);
    std::map<std::string_view, double> clause_best;
    for (std::size_t i = 0; i < size(); ++i) {
      if (!allowed[article_[i]]) continue;
      float in_sentences = -1;
      std::size_t sentence = 0;
      for (std::size_t s = 0; s < passages_[i].sentences.size(); ++s) {
        auto const of_sentence = near[2 * (first_sentence_[i] + s) + 1];
        if (of_sentence > in_sentences) in_sentences = of_sentence, sentence = s;
      }
      float const meaning = std::max(rows[i], in_sentences);
      double const score = std::max(0.0F, kStoryMeaningShare * meaning + (1 - kStoryMeaningShare) * words[article_[i]]);
      auto& of_clause = clause_best[passages_[i].file];
      of_clause = std::max(of_clause, score);
      auto& article = articles[passages_[i].file];
      if (article.passage && score <= article.nearest) continue;
      article.nearest = score;
      article.passage = &passages_[i];
      article.sentence = sentence;
    }
    for (auto const& [file, score] : clause_best) articles[file].sum += std::pow(score, kStoryPower);
  }
  std::vector<Found> out;
  for (auto const& [file, article] : articles)
    out.push_back({std::string(file), article.sum, article.passage, article.sentence});
  std::ranges::sort(out, std::greater{}, &Found::score);
  if (out.size() > most) out.resize(most);
  return out;
}

std::vector<std::string> KnowledgeBase::texts_to_find(std::string const& text) {
  auto clauses = clauses_of(text);
  if (clauses.size() < 2) return {text};
  if (std::ranges::find(clauses, text) == clauses.end()) clauses.insert(clauses.begin(), text);
  return clauses;
}

std::vector<KnowledgeBase::Ranked> KnowledgeBase::nearest(std::string const& text, Vectors const& vectors,
                                                          Reader const& reader, std::size_t most) const {
  auto const clauses = clauses_of(text);
  if (clauses.size() < 2) {
    auto const vector = vectors.find(text);
    return rank(text, vector == vectors.end() ? std::vector<float>{} : vector->second, "*", reader, most);
  }
  std::vector<Ranked> out;
  for (auto const& found : search(clauses, vectors, reader, most)) {
    auto const mean = std::pow(found.score / static_cast<double>(clauses.size()), 1.0 / kStoryPower);
    out.push_back({.passage = found.passage, .score = mean, .sentence = found.sentence});
  }
  return out;
}

std::optional<Source> KnowledgeBase::find(std::string_view reference) const {
  auto const found =
      std::ranges::find_if(passages_, [&](Passage const& passage) { return refers_to(reference, passage); });
  if (found == passages_.end()) return std::nullopt;
  return Source{found->file, found->heading, found->text, ""};
}

}  // namespace sotto::knowledge
