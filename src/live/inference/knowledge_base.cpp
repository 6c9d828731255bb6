#include "live/inference/knowledge_base.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <fnmatch.h>

namespace sotto::inference {

namespace {

constexpr double kK1 = 1.2, kB = 0.75;  // BM25's usual values
constexpr double kMeaningShare = 0.7;   // of the fused score
constexpr int kBodyWords = 35, kHeadlineWords = 9;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

int count_words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::string word;
  int count = 0;
  while (in >> word) ++count;
  return count;
}

bool is_function_word(std::string const& word) {
  static std::set<std::string> const words{
      "a",    "an",   "the",   "i",     "you",   "he",     "she",   "it",     "we",     "they",   "me",      "my",
      "your", "our",  "is",    "are",   "am",    "was",    "were",  "be",     "been",   "do",     "does",    "did",
      "have", "has",  "had",   "can",   "could", "will",   "would", "should", "to",     "of",     "in",      "on",
      "at",   "for",  "with",  "and",   "or",    "but",    "if",    "so",     "that",   "this",   "there",   "what",
      "how",  "when", "where", "which", "who",   "why",    "from",  "by",     "as",     "not",    "no",      "yes",
      "any",  "some", "get",   "got",   "then",  "than",   "just",  "now",    "well",   "please", "let",     "s",
      "t",    "m",    "d",     "ll",    "re",    "ve",     "about", "out",    "ask",    "asked",  "tell",    "speak",
      "say",  "want", "need",  "long",  "much",  "many",   "again", "up",     "down",   "them",   "their",   "us",
      "name", "go",   "still", "also",  "too",   "really", "whole", "new",    "number", "work",   "working", "take",
      "put",  "make", "give"};
  return words.contains(word);
}

// Terms for BM25: lower case, no function words, plural and -ing endings cut.
std::vector<std::string> terms(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  auto const flush = [&] {
    if (word.empty()) return;
    if (!is_function_word(word)) {
      for (std::string_view const ending : {"ing", "ed", "es", "s"}) {
        if (word.size() >= ending.size() + 3 && word.ends_with(ending)) {
          word.resize(word.size() - ending.size());
          break;
        }
      }
      out.push_back(word);
    }
    word.clear();
  };
  for (unsigned char const c : text) {
    if (std::isalnum(c)) word += static_cast<char>(std::tolower(c));
    else flush();
  }
  flush();
  return out;
}

// A sentence ends with . ! or ? before a space and a capital or digit: "7.50 pounds" does not end one.
std::vector<std::string> split_sentences(std::string const& text) {
  std::vector<std::string> out;
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const stop = text[i] == '.' || text[i] == '!' || text[i] == '?';
    bool const last = i + 1 == text.size();
    if (!(stop && !last && text[i + 1] == ' ') && !last) continue;
    auto sentence = text.substr(from, i + 1 - from);
    while (sentence.starts_with(' ')) sentence.erase(0, 1);
    if (!sentence.empty()) out.push_back(std::move(sentence));
    from = i + 1;
  }
  return out;
}

double cosine(std::vector<float> const& a, std::vector<float> const& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

// A sentence alone often lacks what it is about; its title and heading say it.
std::string in_context(Passage const& passage, std::string const& sentence) {
  return passage.title + ". " + passage.heading + ". " + sentence;
}
std::string whole(Passage const& passage) { return passage.heading + ". " + passage.text; }

}  // namespace

ParsedArticle parse_article(std::string_view markdown, std::string const& file) {
  ParsedArticle out;
  std::istringstream in{std::string(markdown)};
  std::string line, title;
  int number = 0;
  auto const problem = [&](int at, std::string reason) { out.problems.push_back({file, at, std::move(reason)}); };
  auto const finish = [&] {
    if (out.passages.empty()) return;
    auto& passage = out.passages.back();
    if (passage.text.empty()) problem(passage.line, fmt::format("heading \"{}\" has no text", passage.heading));
    passage.sentences = split_sentences(passage.text);
    for (auto const& sentence : passage.sentences) {
      if (count_words(sentence) > kBodyWords)
        problem(passage.line, fmt::format("a sentence of {} words; at most {} fit a cue: \"{}...\"",
                                          count_words(sentence), kBodyWords, sentence.substr(0, 40)));
    }
  };
  while (std::getline(in, line)) {
    ++number;
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    if (line.starts_with("# ")) {
      if (!title.empty()) problem(number, "a second title; an article has one line that begins with \"# \"");
      title = line.substr(2);
    } else if (line.starts_with("## ")) {
      finish();
      if (title.empty()) problem(number, "the article has no title: a first line that begins with \"# \"");
      auto heading = line.substr(3);
      if (count_words(heading) > kHeadlineWords)
        problem(number, fmt::format("heading of {} words; at most {} fit a cue", count_words(heading), kHeadlineWords));
      out.passages.push_back(
          {.file = file, .title = title, .heading = std::move(heading), .text = "", .sentences = {}, .line = number});
    } else if (!line.empty()) {
      if (out.passages.empty()) {
        problem(number, "text before the first heading that begins with \"## \"");
        continue;
      }
      auto& text = out.passages.back().text;
      auto const item = line.starts_with("- ") || line.starts_with("* ") ? line.substr(2) : line;
      text += (text.empty() ? "" : " ") + item;
    }
  }
  finish();
  if (out.passages.empty() && out.problems.empty())
    problem(1, "the article has no sections: headings that begin with \"## \"");
  return out;
}

std::vector<std::string> KnowledgeBase::texts_to_embed(std::vector<Passage> const& passages) {
  std::vector<std::string> out;
  for (auto const& passage : passages) {
    out.push_back(passage.heading);
    out.push_back(whole(passage));
    for (auto const& sentence : passage.sentences) {
      out.push_back(sentence);
      out.push_back(in_context(passage, sentence));
    }
  }
  return out;
}

KnowledgeBase::KnowledgeBase(std::vector<Passage> passages, std::shared_ptr<Vectors const> vectors)
    : passages_(std::move(passages)), vectors_(std::move(vectors)) {
  double total = 0;
  for (auto const& passage : passages_) {
    auto& count = counts_.emplace_back();
    auto const words = terms(passage.title + " " + passage.heading + " " + passage.text);
    for (auto const& word : words) ++count[word];
    for (auto const& [word, times] : count) ++documents_[word];
    lengths_.push_back(static_cast<double>(words.size()));
    total += lengths_.back();
  }
  if (!passages_.empty()) mean_length_ = total / static_cast<double>(passages_.size());
}

// BM25 as a share of the best a passage could reach: 1 when every term of the question is found often.
double KnowledgeBase::words_score(std::vector<std::string> const& question, std::size_t passage) const {
  double score = 0, best = 0;
  for (auto const& word : question) {
    auto const known = documents_.find(word);
    double const holding = known == documents_.end() ? 0 : known->second;
    double const rarity = std::log(1 + (static_cast<double>(passages_.size()) - holding + 0.5) / (holding + 0.5));
    best += rarity;
    auto const count = counts_[passage].find(word);
    if (count == counts_[passage].end()) continue;
    double const times = count->second;
    score += rarity * times * (kK1 + 1) / (times + kK1 * (1 - kB + kB * lengths_[passage] / mean_length_));
  }
  return best == 0 ? 0 : std::min(1.0, score / best);
}

std::vector<KnowledgeBase::Ranked> KnowledgeBase::rank(std::string_view question, std::vector<float> const& vector,
                                                       std::string_view articles) const {
  std::vector<Ranked> out;
  auto const words = terms(question);
  std::string const glob(articles);
  auto const near = [&](std::string const& text) {
    auto const found = vectors_->find(text);
    return found == vectors_->end() ? 0.0 : cosine(vector, found->second);
  };
  for (std::size_t i = 0; i < passages_.size(); ++i) {
    auto const& passage = passages_[i];
    if (fnmatch(glob.c_str(), passage.file.c_str(), 0) != 0) continue;
    Ranked ranked{.passage = &passage};
    ranked.meaning = std::max(near(passage.heading), near(whole(passage)));
    double best_sentence = -1;
    for (std::size_t s = 0; s < passage.sentences.size(); ++s) {
      auto const score = std::max(near(passage.sentences[s]), near(in_context(passage, passage.sentences[s])));
      if (score <= best_sentence) continue;
      best_sentence = score;
      ranked.sentence = s;
    }
    ranked.meaning = std::max(ranked.meaning, best_sentence);
    ranked.words = words_score(words, i);
    ranked.score = kMeaningShare * ranked.meaning + (1 - kMeaningShare) * ranked.words;
    out.push_back(ranked);
  }
  std::ranges::sort(out, std::greater{}, &Ranked::score);
  return out;
}

std::optional<Match::Answer> KnowledgeBase::ask(std::string_view question, std::vector<float> const& vector,
                                                std::string_view articles, double threshold) const {
  auto const ranked = rank(question, vector, articles);
  if (ranked.empty() || ranked.front().score < threshold) return std::nullopt;
  auto const& best = ranked.front();
  auto const& passage = *best.passage;
  Match::Answer answer{.headline = passage.heading,
                       .body = "",
                       .source = {passage.file, passage.heading, passage.text, passage.sentences[best.sentence]},
                       .score = best.score};
  // From the nearest sentence on (from the start where the whole passage fits), as many sentences as fit the card.
  std::size_t const from = count_words(passage.text) <= kBodyWords ? 0 : best.sentence;
  int words = 0;
  for (auto s = from; s < passage.sentences.size(); ++s) {
    words += count_words(passage.sentences[s]);
    if (words > kBodyWords) break;
    answer.body += (answer.body.empty() ? "" : " ") + passage.sentences[s];
  }
  return answer;
}

std::optional<Match::Answer> KnowledgeBase::ask(std::vector<std::string> const& readings, Vectors const& vectors,
                                                std::string_view articles) const {
  std::optional<Match::Answer> best;
  for (auto const& reading : readings) {
    auto const vector = vectors.find(reading);
    if (vector == vectors.end()) continue;
    auto answer = ask(reading, vector->second, articles);
    if (answer && (!best || answer->score > best->score)) best = std::move(answer);
  }
  return best;
}

std::optional<Source> KnowledgeBase::find(std::string_view reference) const {
  auto const hash = reference.find('#');
  auto const file = reference.substr(0, hash);
  auto const heading = hash == std::string_view::npos ? std::string() : lower(reference.substr(hash + 1));
  for (auto const& passage : passages_) {
    if (passage.file != file || (!heading.empty() && lower(passage.heading) != heading)) continue;
    return Source{passage.file, passage.heading, passage.text, ""};
  }
  return std::nullopt;
}

}  // namespace sotto::inference
