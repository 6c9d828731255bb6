#include "knowledge/articles/articles.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "base/limits.h"
#include "base/unicode.h"
#include "knowledge/articles/article_builder.h"
#include "knowledge/articles/raised_text.h"

namespace sotto::knowledge {

namespace {

constexpr int kPassageWords = 150;  // more is not read while a caller waits
constexpr std::size_t kAudienceMost = 64;

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

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

bool refers_to(std::string_view reference, Passage const& passage) {
  auto const hash = reference.find('#');
  if (passage.file != reference.substr(0, hash)) return false;
  auto const heading = hash == std::string_view::npos ? "" : reference.substr(hash + 1);
  auto const same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  return heading.empty() || heading == passage.slug || std::ranges::equal(heading, passage.heading, same);
}

std::string squeeze(std::string_view text) {
  if (std::ranges::any_of(text, [](unsigned char c) { return c >= 0x80; })) return language::readable(text);
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
      // "25. December" is a day, "3. Press it" an item.
      auto const so_far = text.substr(from, i - from);
      if (text[i] == '.' && !so_far.empty() && so_far.find_first_not_of(" 0123456789") == std::string_view::npos)
        continue;
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

std::string entry_name(std::string_view written) {
  std::string letters;
  for (unsigned char const c : written) {
    if (std::isalnum(c) != 0 || c >= 0x80) letters += static_cast<char>(std::tolower(c));
  }
  if (letters == "validfrom") return "valid_from";
  if (letters == "validuntil") return "valid_until";
  bool const known = letters == "title" || letters == "audience" || letters == "owner";
  return known ? letters : squeeze(written);
}

void ArticleBuilder::problem(int line, std::string_view reason) {
  ArticleProblem next{file_, line, language::escaped(reason)};
  bool const again = std::ranges::any_of(
      out_.problems, [&](ArticleProblem const& known) { return known.line == line && known.reason == next.reason; });
  if (!again) out_.problems.push_back(std::move(next));
}

bool ArticleBuilder::meta(std::string_view written, std::string_view value, int line) {
  auto const name = entry_name(written);
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
  title_slug_ = slug(text);
  title_ = std::move(text);
  title_from_meta_ = false;
}

// A heading that stands there twice gets a number from its second time on.
std::string ArticleBuilder::slug(std::string_view heading) {
  auto const plain = slug_of(heading);
  auto out = plain;
  while (slugs_.contains(out)) out = fmt::format("{}-{}", plain, ++slugs_[plain]);
  slugs_[out];
  return out;
}

void ArticleBuilder::heading(int level, std::string text, int line) {
  parent_ = !above_.empty() && level > above_.back().level;
  close_passage();
  while (!above_.empty() && above_.back().level >= level) above_.pop_back();
  // "Fees {#fees}": a name for addresses that the writer gave.
  auto const brace = text.ends_with('}') ? text.rfind("{#") : std::string::npos;
  std::string name;
  if (brace != std::string::npos && brace > 0) {
    name = text.substr(brace + 2, text.size() - brace - 3);
    text = squeeze(text.substr(0, brace));
  }
  if (name.empty()) name = slug(text);
  above_.push_back({.level = level, .line = line, .text = std::move(text), .slug = std::move(name)});
  open_passage(line);
}

void ArticleBuilder::go_back(int level) {
  while (!above_.empty() && above_.back().level > level) above_.pop_back();
  back_ = true;
}

// Under the heading we are in; without one under the title.
void ArticleBuilder::open_passage(int line) {
  back_ = false;
  auto& passage = out_.passages.emplace_back();
  passage.line = line;
  if (above_.empty()) return;
  passage.heading = above_.back().text;
  passage.slug = above_.back().slug;
  passage.line = above_.back().line;
  for (std::size_t i = 0; i + 1 < above_.size(); ++i) passage.path.push_back(above_[i].text);
}

void ArticleBuilder::text(std::string_view text, int line, bool item) {
  auto const clean = squeeze(text);
  if (clean.empty()) return;
  if (back_ && !out_.passages.empty()) close_passage();
  // What stands before the first heading stands under the title.
  if (out_.passages.empty() || back_) open_passage(line);
  auto& passage = out_.passages.back();
  passage.text += (passage.text.empty() ? "" : " ") + clean;
  for (auto& sentence : split_sentences(clean)) passage.sentences.push_back({std::move(sentence), item, false, "", ""});
}

void ArticleBuilder::row(std::string text, std::string key, std::string cells, int line) {
  auto clean = squeeze(text);
  if (clean.empty()) return;
  if (back_ && !out_.passages.empty()) close_passage();
  if (out_.passages.empty() || back_) open_passage(line);
  auto& passage = out_.passages.back();
  passage.text += (passage.text.empty() ? "" : " ") + clean + (clean.ends_with('.') ? "" : ".");
  passage.sentences.push_back({std::move(clean), true, true, std::string(without_mark(squeeze(key))), squeeze(cells)});
}

void ArticleBuilder::left_out(int line, std::string_view why, std::string_view text) {
  constexpr std::size_t kMost = 20;
  if (text.empty() || ++left_out_ > kMost) return;
  warning(line, fmt::format("left out, {}: \"{}\"", why, first_words(text, 8)));
}

void ArticleBuilder::close_passage() {
  if (out_.passages.empty()) return;
  auto const& passage = out_.passages.back();
  if (!passage.sentences.empty()) return;
  // A heading that only holds deeper ones is part of their path.
  if (!parent_) warning(passage.line, fmt::format("heading \"{}\" has no text", first_words(passage.heading, 12)));
  out_.passages.pop_back();
}

void ArticleBuilder::warn_of_length(Passage const& passage) {
  if (count_words(passage.heading) > kHeadlineWords)
    warning(passage.line, fmt::format("too long: a heading of {} words; at most {} fit a cue",
                                      count_words(passage.heading), kHeadlineWords));
  // Of a table one row is read.
  bool const table = std::ranges::any_of(passage.sentences, &Sentence::row);
  if (!table && count_words(passage.text) > kPassageWords)
    warning(passage.line, fmt::format("too long: {} words under \"{}\"; at most {} are read in a call: cut it in two",
                                      count_words(passage.text), first_words(passage.heading, 12), kPassageWords));
  for (auto const& sentence : passage.sentences) {
    if (count_words(sentence.text) > kBodyWords)
      warning(passage.line,
              fmt::format("too long: a {} of {} words; at most {} fit a cue: \"{}\"", sentence.row ? "row" : "sentence",
                          count_words(sentence.text), kBodyWords, first_words(sentence.text, 8)));
  }
}

ParsedArticle ArticleBuilder::finish() {
  parent_ = false;
  close_passage();
  if (title_.empty() && out_.problems.empty())
    problem(1, "the article has no title: a first line that begins with \"# \" (Markdown), an <h1> or <title> (HTML)");
  if (out_.passages.empty() && out_.problems.empty()) problem(1, "the article has no text");
  if (valid_from_ && valid_until_ && *valid_until_ < *valid_from_)
    problem(1, fmt::format("valid_until {} is before valid_from {}", to_text(*valid_until_), to_text(*valid_from_)));
  for (auto& passage : out_.passages) {
    passage.file = file_;
    passage.title = title_;
    if (passage.heading.empty())
      passage.heading = title_, passage.slug = title_slug_.empty() ? slug_of(title_) : title_slug_;
    passage.valid_from = valid_from_;
    passage.valid_until = valid_until_;
    passage.audience = audience_;
    warn_of_length(passage);
  }
  return std::move(out_);
}

std::string slug_of(std::string_view heading) {
  icu::UnicodeString wide =
      icu::UnicodeString::fromUTF8(icu::StringPiece(heading.data(), static_cast<int>(heading.size())));
  wide.toLower(icu::Locale::getRoot());
  std::string lower, out;
  wide.toUTF8String(lower);
  for (std::size_t at = 0; at < lower.size();) {
    UChar32 character = 0;
    auto place = static_cast<std::int64_t>(at);
    U8_NEXT(reinterpret_cast<std::uint8_t const*>(lower.data()), place, static_cast<std::int64_t>(lower.size()),
            character);
    auto const past = static_cast<std::size_t>(place);
    if (character == ' ') out += '-';
    else if (character == '-' || character == '_' || u_isalnum(character) ||
             u_charType(character) == U_NON_SPACING_MARK)
      out += lower.substr(at, past - at);
    at = past;
  }
  return out;
}

std::string extension_of(std::string_view file) {
  auto const dot = file.rfind('.');
  std::string out(dot == std::string_view::npos ? "" : file.substr(dot));
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

static ParsedArticle parse_by_extension(std::string_view bytes, std::string const& file) {
  auto const extension = extension_of(file);
  ParsedArticle refused;
  bool const markdown = extension == ".md", html = extension == ".html" || extension == ".htm";
  if (markdown || html) {
    auto const text = language::decode_text(bytes);
    if (text) return markdown ? parse_markdown(*text, file) : parse_html(*text, file);
    refused.problems.push_back({file, text.error().line, text.error().reason});
    return refused;
  }
  if (extension == ".pdf") return parse_pdf_text(bytes, file);
  refused.problems.push_back({file, 0, "is not an article: .md, .html, .htm and .pdf are"});
  return refused;
}

// A file that holds them is refused as it is read; HTML may also name them by number, and a PDF make them up.
static void refuse_stray_characters(ParsedArticle& article, std::string const& file) {
  for (auto const& passage : article.passages) {
    for (auto const* text : {&passage.title, &passage.heading, &passage.text}) {
      auto const stray = language::stray_character(*text);
      if (stray.empty()) continue;
      article.problems.push_back({file, passage.line,
                                  fmt::format("holds the character {}, under \"{}\": nobody can read it", stray,
                                              language::escaped(passage.heading))});
      article.passages.clear();
      return;
    }
  }
}

ParsedArticle parse_article(std::string_view bytes, std::string const& file) {
  auto out = parse_by_extension(bytes, file);
  refuse_stray_characters(out, file);
  std::size_t sentences = 0;
  for (auto const& passage : out.passages) sentences += passage.sentences.size();
  if (sentences <= limits::kArticleSentencesMax) return out;
  ParsedArticle refused;
  refused.problems.push_back({file, 0,
                              fmt::format("{} sentences; at most {} an article: cut it into several", sentences,
                                          limits::kArticleSentencesMax)});
  return refused;
}

}  // namespace sotto::knowledge
