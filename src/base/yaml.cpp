#include "base/yaml.h"

#include <cctype>
#include <optional>
#include <span>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>
#include <yaml-cpp/eventhandler.h>

#include "base/utf8.h"

namespace sotto::language {

namespace {

// The first line whose indentation holds a space that YAML takes for a letter; 0: none.
int strange_indentation(std::string_view text, std::string& what) {
  int line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    auto const end = std::min(text.find('\n', at), text.size());
    auto const rest = text.substr(at, end - at);
    auto const first = rest.find_first_not_of(" \t");
    if (first != std::string_view::npos && static_cast<unsigned char>(rest[first]) >= 0x80) {
      UChar32 character = 0;
      auto place = static_cast<std::int64_t>(first);
      U8_NEXT(reinterpret_cast<std::uint8_t const*>(rest.data()), place, static_cast<std::int64_t>(rest.size()),
              character);
      if (u_isUWhiteSpace(character) || u_hasBinaryProperty(character, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) {
        what = fmt::format("U+{:04X}", static_cast<unsigned>(character));
        return line;
      }
    }
    at = end + 1;
  }
  return 0;
}

// Typographic quotes that word processors make of plain ones; YAML takes them for letters.
constexpr std::string_view kDouble[] = {"\u201c", "\u201d", "\u201e", "\u201f", "\u00ab", "\u00bb"};
constexpr std::string_view kSingle[] = {"\u2018", "\u2019", "\u201a", "\u201b", "\u2039", "\u203a"};

struct Quotes {
  std::string_view opens, closes;  // the mark at its beginning, at its end; empty: none stands there
  std::size_t count = 0;
};

Quotes quotes_of(std::string_view scalar, std::span<std::string_view const> marks) {
  Quotes out;
  for (auto const mark : marks) {
    if (scalar.starts_with(mark)) out.opens = mark;
    if (scalar.ends_with(mark)) out.closes = mark;
    for (auto at = scalar.find(mark); at != std::string_view::npos; at = scalar.find(mark, at + mark.size()))
      ++out.count;
  }
  return out;
}

// What a document holds: where its first thing stands, and texts that a comma or a "#" cut in two because their quotes
// are typographic.
class Walk final : public YAML::EventHandler {
 public:
  int line = 0;                      // of the first thing; 0 where it holds nothing
  std::optional<TextProblem> quote;  // the first such text

  void OnDocumentStart(YAML::Mark const&) override {}
  void OnDocumentEnd() override {}
  void OnNull(YAML::Mark const&, YAML::anchor_t) override {}
  void OnAlias(YAML::Mark const& at, YAML::anchor_t) override { note(at); }
  void OnScalar(YAML::Mark const& at, std::string const& tag, YAML::anchor_t, std::string const& value) override {
    note(at);
    if (tag == "?") plain_scalar(at, value);  // not in quotes of YAML's own
  }
  void OnSequenceStart(YAML::Mark const& at, std::string const&, YAML::anchor_t,
                       YAML::EmitterStyle::value style) override {
    open(at, style);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(YAML::Mark const& at, std::string const&, YAML::anchor_t, YAML::EmitterStyle::value style) override {
    open(at, style);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Collection {
    bool flow = false;
    std::optional<TextProblem> single;  // begins with a single quote: it is one where a later text ends with one
  };

  void note(YAML::Mark const& at) {
    if (line == 0) line = at.line + 1;
  }
  void open(YAML::Mark const& at, YAML::EmitterStyle::value style) {
    note(at);
    open_.push_back({.flow = style == YAML::EmitterStyle::Flow, .single = std::nullopt});
  }
  void plain_scalar(YAML::Mark const& at, std::string_view value) {
    bool const flow = !open_.empty() && open_.back().flow;
    auto const marks = quotes_of(value, kDouble);
    bool const inch = value.size() > marks.closes.size() && !marks.closes.empty() &&
                      std::isdigit(static_cast<unsigned char>(value[value.size() - marks.closes.size() - 1])) != 0;
    if (marks.count % 2 == 1 && !marks.opens.empty()) refuse(problem(at, value, marks.opens));
    if (marks.count % 2 == 1 && !marks.closes.empty() && flow && !inch) refuse(problem(at, value, marks.closes));
    if (!flow) return;
    // An apostrophe is written like a closing single quote: only both halves make it a quote.
    auto const single = quotes_of(value, kSingle);
    auto& begun = open_.back().single;
    if (!single.closes.empty() && begun && single.opens.empty()) refuse(*begun);
    if (!single.opens.empty() && single.closes.empty()) begun = problem(at, value, single.opens);
  }
  void refuse(TextProblem problem) {
    if (!quote) quote = std::move(problem);
  }
  static TextProblem problem(YAML::Mark const& at, std::string_view value, std::string_view mark) {
    return {at.line + 1, fmt::format("the text {} has the typographic quote {} at one end only: YAML takes it for a "
                                     "letter and cuts the text at a comma or \" #\"; write plain quotes (\")",
                                     first_bytes(value, 60), mark)};
  }

  std::vector<Collection> open_;
};

// A second document, or a text that was cut. Not LoadAll(): before some tokens it makes empty documents without end.
std::optional<TextProblem> strange_document(std::string const& text) {
  constexpr int kLooked = 4;  // the first empty ones behind the first
  auto const second = [](int line) {
    return TextProblem{line, "a second document stands here (behind \"---\" or what ends the first): a file is one"};
  };
  std::istringstream in(text);
  YAML::Parser parser(in);
  Walk first;
  if (!parser.HandleNextDocument(first)) return std::nullopt;
  if (first.quote) return first.quote;
  for (int i = 0; i < kLooked; ++i) {
    Walk next;
    if (!parser.HandleNextDocument(next)) return std::nullopt;
    if (next.line > 0) return second(next.line);
  }
  return second(1);  // no end of them
}

// The line where version control left two versions of a file; 0: none.
int conflict_line(std::string_view text) {
  int line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    auto const end = std::min(text.find('\n', at), text.size());
    auto const rest = text.substr(at, end - at);
    for (std::string_view const mark : {"<<<<<<< ", ">>>>>>> ", "||||||| "})
      if (rest.starts_with(mark)) return line;
    at = end + 1;
  }
  return 0;
}

}  // namespace

std::expected<YAML::Node, TextProblem> load_yaml(std::string_view bytes, std::size_t bytes_max) {
  auto const refuse = [](int line, std::string reason) {
    return std::unexpected(TextProblem{line, std::move(reason)});
  };
  if (bytes.size() > bytes_max)
    return refuse(0, fmt::format("{} KiB; at most {} KiB", bytes.size() / 1024, bytes_max / 1024));
  auto const text = decode_text(bytes, limits::kLineBytesMax);
  if (!text) return std::unexpected(text.error());
  std::string what;
  if (auto const line = strange_indentation(*text, what); line > 0)
    return refuse(line, fmt::format("begins with a space that is none of YAML's ({}): indent with plain spaces", what));
  if (auto const line = conflict_line(*text); line > 0)
    return refuse(line, "two versions of the file stand here, as version control leaves them: settle the conflict");
  try {
    if (auto strange = strange_document(*text)) return std::unexpected(std::move(*strange));
    return YAML::Load(*text);
  } catch (YAML::Exception const& error) {
    return refuse(error.mark.line + 1, escaped(error.msg));
  }
}

}  // namespace sotto::language
