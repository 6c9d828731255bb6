#include "live/inference/articles.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <unicode/utf8.h>

#include "live/inference/article_builder.h"

namespace sotto::inference {

namespace {

constexpr int kPassageWords = 150;  // more is not read while a caller waits
constexpr std::size_t kAudienceMost = 64;

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

bool is_utf8(std::string_view text) {
  auto const size = static_cast<std::int64_t>(text.size());
  for (std::int64_t at = 0; at < size;) {
    std::int32_t character = 0;
    U8_NEXT(reinterpret_cast<std::uint8_t const*>(text.data()), at, size, character);
    if (character <= 0) return false;
  }
  return true;
}

// "e.g. in May": the stop belongs to the word.
bool is_abbreviation(std::string_view before) {
  auto const space = before.find_last_of(" (");
  auto const word = space == std::string_view::npos ? before : before.substr(space + 1);
  static constexpr std::string_view kKnown[] = {"e.g.", "i.e.", "Mr.", "Mrs.",    "Ms.",  "Dr.",
                                                "No.",  "St.",  "vs.", "approx.", "etc.", "incl."};
  return std::ranges::find(kKnown, word) != std::end(kKnown);
}

}  // namespace

bool may_read(Reader const& reader, Passage const& passage) {
  if (reader.today) {
    if (passage.valid_from && *reader.today < *passage.valid_from) return false;
    if (passage.valid_until && *reader.today > *passage.valid_until) return false;
  }
  return reader.everything || passage.audience.empty() ||
         std::ranges::find(passage.audience, reader.team) != passage.audience.end();
}

std::string squeeze(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (!is_space(c)) out += c;
    else if (!out.empty() && out.back() != ' ') out += ' ';
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

int count_words(std::string_view text) {
  int count = 0;
  bool in_word = false;
  for (char const c : text) {
    if (!is_space(c) && !in_word) ++count;
    in_word = !is_space(c);
  }
  return count;
}

std::string first_words(std::string_view text, int most) {
  if (count_words(text) <= most) return std::string(text);
  std::size_t at = 0;
  for (int words = 0; words < most; ++words) {
    at = text.find_first_not_of(" \t\n", at);
    at = std::min(text.find_first_of(" \t\n", at), text.size());
  }
  return std::string(text.substr(0, at)) + "...";
}

// A sentence ends with . ! or ? before a space and anything but a small letter: "7.50 pounds" does not end one.
std::vector<std::string> split_sentences(std::string_view text) {
  std::vector<std::string> out;
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const stop = text[i] == '.' || text[i] == '!' || text[i] == '?';
    bool const last = i + 1 == text.size();
    if (!last) {
      if (!stop || text[i + 1] != ' ') continue;
      if (i + 2 < text.size() && std::islower(static_cast<unsigned char>(text[i + 2]))) continue;
      if (text[i] == '.' && is_abbreviation(text.substr(from, i + 1 - from))) continue;
    }
    auto sentence = squeeze(text.substr(from, i + 1 - from));
    if (!sentence.empty()) out.push_back(std::move(sentence));
    from = i + 1;
  }
  return out;
}

std::vector<std::string> clauses_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    line.remove_prefix(std::min(line.find_first_not_of(" \t#>*-0123456789.)"), line.size()));
    std::string plain;
    for (char const c : line) {
      if (c != '*' && c != '"') plain += c;
    }
    for (auto& sentence : split_sentences(plain)) {
      if (count_words(sentence) >= 2) out.push_back(std::move(sentence));
    }
    at = end + 1;
  }
  return out;
}

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int numbers[3] = {0, 0, 0};
  for (std::size_t i = 0, part = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++part;
      continue;
    }
    if (!std::isdigit(static_cast<unsigned char>(text[i]))) return std::nullopt;
    numbers[part] = numbers[part] * 10 + (text[i] - '0');
  }
  std::chrono::year_month_day const day{std::chrono::year(numbers[0]),
                                        std::chrono::month(static_cast<unsigned>(numbers[1])),
                                        std::chrono::day(static_cast<unsigned>(numbers[2]))};
  if (!day.ok()) return std::nullopt;
  return Day(day);
}

std::string to_text(Day day) {
  std::chrono::year_month_day const date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

bool ArticleBuilder::meta(std::string_view name, std::string_view value, int line) {
  if (name == "title") {
    if (!value.empty()) title_ = squeeze(value), title_from_meta_ = true;
    return true;
  }
  if (name == "owner") return true;
  if (name == "valid_from" || name == "valid_until") {
    auto const day = parse_day(value);
    if (!day)
      problem(line,
              fmt::format("{} is \"{}\": a day that exists is written as 2026-01-31", name, first_words(value, 5)));
    (name == "valid_from" ? valid_from_ : valid_until_) = day;
    return true;
  }
  if (name != "audience") return false;
  std::string team;
  auto const flush = [&] {
    if (auto word = squeeze(team); !word.empty()) audience_.push_back(std::move(word));
    team.clear();
  };
  for (char const c : value) {
    if (c == ',') flush();
    else if (c != '[' && c != ']' && c != '"') team += c;
  }
  flush();
  if (audience_.empty()) problem(line, "audience names no team; leave the entry out where everybody may read");
  if (audience_.size() > kAudienceMost) problem(line, fmt::format("audience names more than {} teams", kAudienceMost));
  return true;
}

void ArticleBuilder::title(std::string text, int line) {
  if (!title_.empty() && !title_from_meta_)
    return problem(line, "a second title; an article has one, and headings of a lower level below it");
  title_ = std::move(text);
  title_from_meta_ = false;
}

void ArticleBuilder::heading(int level, std::string text, int line) {
  parent_ = !above_.empty() && level > above_.back().first;
  close_passage();
  while (!above_.empty() && above_.back().first >= level) above_.pop_back();
  auto& passage = out_.passages.emplace_back();
  passage.heading = text;
  passage.line = line;
  for (auto const& [depth, heading] : above_) passage.path.push_back(heading);
  above_.emplace_back(level, std::move(text));
}

void ArticleBuilder::text(std::string_view text, int line, bool item) {
  auto const clean = squeeze(text);
  if (clean.empty()) return;
  // What stands before the first heading stands under the title.
  if (out_.passages.empty()) out_.passages.emplace_back().line = line;
  auto& passage = out_.passages.back();
  passage.text += (passage.text.empty() ? "" : " ") + clean;
  for (auto& sentence : split_sentences(clean)) passage.sentences.push_back({std::move(sentence), item});
}

void ArticleBuilder::close_passage() {
  if (out_.passages.empty()) return;
  auto const& passage = out_.passages.back();
  if (!passage.sentences.empty()) return;
  // A heading that only holds deeper ones is part of their path.
  if (!parent_) warn(passage.line, fmt::format("heading \"{}\" has no text", first_words(passage.heading, 12)));
  out_.passages.pop_back();
}

ParsedArticle ArticleBuilder::finish() {
  parent_ = false;
  close_passage();
  if (title_.empty())
    problem(1, "the article has no title: a first line that begins with \"# \" (Markdown), an <h1> or <title> (HTML)");
  if (out_.passages.empty() && out_.problems.empty()) problem(1, "the article has no text");
  if (valid_from_ && valid_until_ && *valid_until_ < *valid_from_)
    problem(1, fmt::format("valid_until {} is before valid_from {}", to_text(*valid_until_), to_text(*valid_from_)));
  for (auto& passage : out_.passages) {
    passage.file = file_;
    passage.title = title_;
    if (passage.heading.empty()) passage.heading = title_;
    passage.valid_from = valid_from_;
    passage.valid_until = valid_until_;
    passage.audience = audience_;
    if (count_words(passage.heading) > kHeadlineWords)
      warn(passage.line, fmt::format("too long: a heading of {} words; at most {} fit a cue",
                                     count_words(passage.heading), kHeadlineWords));
    if (count_words(passage.text) > kPassageWords)
      warn(passage.line, fmt::format("too long: {} words under \"{}\"; at most {} are read in a call: cut it in two",
                                     count_words(passage.text), first_words(passage.heading, 12), kPassageWords));
    for (auto const& sentence : passage.sentences) {
      if (count_words(sentence.text) > kBodyWords)
        warn(passage.line, fmt::format("too long: a sentence of {} words; at most {} fit a cue: \"{}\"",
                                       count_words(sentence.text), kBodyWords, first_words(sentence.text, 8)));
    }
  }
  return std::move(out_);
}

std::string extension_of(std::string_view file) {
  auto const dot = file.rfind('.');
  std::string out(dot == std::string_view::npos ? "" : file.substr(dot));
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

ParsedArticle parse_article(std::string_view text, std::string const& file) {
  auto const extension = extension_of(file);
  ParsedArticle refused;
  if (!is_utf8(text)) {
    refused.problems.push_back({file, 1, "is not UTF-8 text; save it as UTF-8"});
    return refused;
  }
  if (extension == ".md") return parse_markdown(text, file);
  if (extension == ".html" || extension == ".htm") return parse_html(text, file);
  if (extension == ".pdf") return parse_pdf_text(text, file);
  refused.problems.push_back({file, 0, "is not an article: .md, .html, .htm and .pdf are"});
  return refused;
}

}  // namespace sotto::inference
