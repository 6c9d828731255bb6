#include "knowledge/articles/html_limits.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace sotto::knowledge {

namespace {

constexpr std::size_t kDeepest = 256;           // the library recurses over what it built
constexpr int kAttributesMost = 100;            // each is compared with each
constexpr std::size_t kReopenedMost = 500'000;  // marks that are open are opened anew in each block
constexpr std::size_t kTagsMost = 200'000;      // some 300 bytes each

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

template <std::size_t N>
bool any_of(std::array<std::string_view, N> const& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Close by themselves, or hold nothing.
constexpr std::array<std::string_view, 35> kAlone{
    "br",   "img",   "hr",       "meta",   "p",     "li",    "input", "link",   "col",   "wbr",     "td",      "tr",
    "th",   "dt",    "dd",       "option", "thead", "tbody", "tfoot", "source", "track", "area",    "rt",      "rp",
    "base", "embed", "optgroup", "param",  "html",  "head",  "body",  "keygen", "frame", "caption", "colgroup"};
// Opened anew where a block closed them.
constexpr std::array<std::string_view, 14> kMarks{"a",    "b", "big",   "code",   "em", "font", "i",
                                                  "nobr", "s", "small", "strike", "tt", "u",    "strong"};
// End tags do not reach over these.
constexpr std::array<std::string_view, 7> kScopes{"table", "td", "th", "caption", "template", "object", "button"};
// Everything else is a block, over which the end of a <span> does not reach.
constexpr std::array<std::string_view, 16> kInline{"span", "abbr", "cite", "dfn",  "kbd", "samp", "var",   "q",
                                                   "sub",  "sup",  "time", "mark", "ins", "del",  "label", "bdi"};

class Scan {
 public:
  explicit Scan(std::string_view html) : html_(html) {}

  std::optional<language::TextProblem> run() {
    for (at_ = html_.find('<'); at_ < html_.size() && !problem_; at_ = html_.find('<', at_)) tag();
    return problem_;
  }

 private:
  void refuse(std::size_t at, std::string reason) {
    auto const line = 1 + std::ranges::count(html_.substr(0, at), '\n');
    problem_ = language::TextProblem{static_cast<int>(line), std::move(reason)};
  }

  void tag() {
    auto const from = at_++;
    if (html_.substr(at_).starts_with("!--")) return past("-->", from, "a comment");
    bool const end = at_ < html_.size() && html_[at_] == '/';
    if (end) ++at_;
    if (at_ >= html_.size() || std::isalpha(static_cast<unsigned char>(html_[at_])) == 0) return;
    std::string name;
    for (; at_ < html_.size() && !is_space(html_[at_]) && html_[at_] != '>' && html_[at_] != '/'; ++at_)
      if (name.size() < 32) name += static_cast<char>(std::tolower(static_cast<unsigned char>(html_[at_])));
    bool const closed = attributes(from);
    if (problem_) return;
    if (end) return close(name);
    if (foreign_ == 0 && (name == "script" || name == "style")) return past("</" + name, from, "<" + name + ">");
    open(std::move(name), closed, from);
  }

  void past(std::string const& end, std::size_t from, std::string const& what) {
    auto const same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    auto const found = std::search(html_.begin() + static_cast<long>(at_), html_.end(), end.begin(), end.end(), same);
    at_ = static_cast<std::size_t>(found - html_.begin());
    if (found == html_.end()) refuse(from, fmt::format("{} does not end: nothing behind it would be read", what));
    else at_ += end.size();
  }

  // To behind the tag; true for "/>".
  bool attributes(std::size_t from) {
    int count = 0;
    bool slash = false, in_name = false;
    for (; at_ < html_.size() && html_[at_] != '>'; ++at_) {
      auto const c = html_[at_];
      slash = c == '/';
      if (is_space(c) || slash) {
        in_name = false;
      } else if (c == '=') {
        value();
        in_name = false;
      } else if (!in_name) {
        in_name = true;
        if (++count > kAttributesMost) {
          refuse(from, fmt::format("a tag with more than {} attributes: this is not an article", kAttributesMost));
          return false;
        }
      }
    }
    return slash;
  }

  // From "=" to the last character of its value.
  void value() {
    auto next = html_.find_first_not_of(" \t\n\r\f", at_ + 1);
    if (next == std::string_view::npos) {
      at_ = html_.size() - 1;
    } else if (html_[next] == '"' || html_[next] == '\'') {
      at_ = std::min(html_.find(html_[next], next + 1), html_.size() - 1);
    } else {
      while (next < html_.size() && !is_space(html_[next]) && html_[next] != '>') ++next;
      at_ = next - 1;
    }
  }

  void open(std::string name, bool closed, std::size_t from) {
    reopened_ += marks_;
    if (++tags_ > kTagsMost) refuse(from, fmt::format("more than {} tags: this is not an article", kTagsMost));
    if (foreign_ == 0 && any_of(kAlone, name)) name.clear();
    bool const foreign = name == "svg" || name == "math";
    if (name.empty() || (closed && (foreign_ > 0 || foreign))) return check(from);
    foreign_ += foreign ? 1 : 0;
    marks_ += any_of(kMarks, name) ? 1 : 0;
    open_.push_back(std::move(name));
    check(from);
  }

  void check(std::size_t from) {
    if (open_.size() > kDeepest)
      refuse(from, fmt::format("elements are nested deeper than {}: this is not an article", kDeepest));
    if (reopened_ > kReopenedMost)
      refuse(from, "bold, links or other marks that are not closed go on over too much text");
  }

  void close(std::string const& name) {
    bool const mark = any_of(kMarks, name), within_text = any_of(kInline, name);
    for (auto i = open_.size(); i-- > 0;) {
      if (open_[i] != name) {
        if (foreign_ == 0 && any_of(kScopes, open_[i])) return;
        bool const block = !any_of(kMarks, open_[i]) && !any_of(kInline, open_[i]);
        if (within_text && block) return;
        continue;
      }
      auto const past = mark ? i + 1 : open_.size();
      for (auto j = i; j < past; ++j) {
        foreign_ -= open_[j] == "svg" || open_[j] == "math" ? 1 : 0;
        marks_ -= any_of(kMarks, open_[j]) ? 1 : 0;
      }
      open_.erase(open_.begin() + static_cast<long>(i), open_.begin() + static_cast<long>(past));
      return;
    }
  }

  std::string_view const html_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
  int foreign_ = 0;  // svg and math we are in
  std::size_t marks_ = 0, reopened_ = 0, tags_ = 0;
  std::optional<language::TextProblem> problem_;
};

}  // namespace

std::optional<language::TextProblem> too_much_html(std::string_view html) { return Scan(html).run(); }

}  // namespace sotto::knowledge
