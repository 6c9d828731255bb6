#include "library/article_parser.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <new>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/limits.h"
#include "knowledge/articles/article_json.h"

namespace sotto::app {

namespace json = boost::json;

namespace {

constexpr ChildLimits kLimits{.memory = 512u * 1024 * 1024, .cpu_seconds = 3600};  // the child limits each file itself
constexpr int kFileSeconds = 5;
constexpr auto kPatience = std::chrono::seconds(15);  // of the clock; the machine may be busy
// As JSON a passage has its text twice, and marks.
constexpr std::size_t kAnswerMax = 8 * limits::kArticleBytesMax;

// A frame: its length in four bytes, then so many bytes.
std::string frame(std::string_view bytes) {
  auto const size = static_cast<std::uint32_t>(bytes.size());
  std::string out(sizeof size, '\0');
  std::memcpy(out.data(), &size, sizeof size);
  return out.append(bytes);
}

json::array problems_json(std::vector<knowledge::ArticleProblem> const& problems) {
  json::array out;
  for (auto const& [file, line, reason] : problems) out.push_back(json::array{file, line, reason});
  return out;
}

std::string encode(knowledge::ParsedArticle const& article) {
  json::array passages;
  for (auto const& passage : article.passages) passages.push_back(knowledge::to_json(passage));
  return json::serialize(json::object{{"passages", std::move(passages)},
                                      {"problems", problems_json(article.problems)},
                                      {"warnings", problems_json(article.warnings)}});
}

std::vector<knowledge::ArticleProblem> problems_of(json::object const& object, std::string_view key) {
  std::vector<knowledge::ArticleProblem> out;
  auto const* list = get_array(object, key);
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    auto const* entry = list->at(i).if_array();
    if (!entry || entry->size() != 3 || !entry->at(0).is_string() || !entry->at(1).is_int64() ||
        !entry->at(2).is_string())
      continue;
    out.push_back({std::string(entry->at(0).get_string()), static_cast<int>(entry->at(1).get_int64()),
                   std::string(entry->at(2).get_string())});
  }
  return out;
}

Result<knowledge::ParsedArticle> decode(std::string_view text) {
  auto const object = parse_object(text);
  if (!object) return std::unexpected(object.error());
  knowledge::ParsedArticle out{
      .passages = {}, .problems = problems_of(*object, "problems"), .warnings = problems_of(*object, "warnings")};
  auto const* passages = get_array(*object, "passages");
  for (std::size_t i = 0; passages && i < passages->size(); ++i) {
    if (auto const* passage = passages->at(i).if_object())
      out.passages.push_back(knowledge::passage_from_json(*passage));
  }
  return out;
}

bool read_whole(char* into, std::size_t count) {
  while (count > 0) {
    auto const got = ::read(STDIN_FILENO, into, count);
    if (got <= 0) return false;
    into += got;
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<std::string> read_frame() {
  std::uint32_t size = 0;
  if (!read_whole(reinterpret_cast<char*>(&size), sizeof size)) return std::nullopt;
  std::string out(size, '\0');
  if (!read_whole(out.data(), size)) return std::nullopt;
  return out;
}

bool write_whole(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// From here on so many seconds of the processor; then the kernel ends us (SIGXCPU).
void limit_this_file() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  rlimit limit{};
  ::getrlimit(RLIMIT_CPU, &limit);
  limit.rlim_cur = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec + kFileSeconds);
  ::setrlimit(RLIMIT_CPU, &limit);
}

// This program, also where its file was replaced meanwhile; of another one (a test, a benchmark) the program beside it.
std::string parser_program() {
  std::error_code failed;
  auto const self = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed || self.filename().string().starts_with("sotto")) return "/proc/self/exe";
  return self.parent_path() / "sotto";
}

}  // namespace

int run_parse_articles() {
  for (;;) {
    auto const file = read_frame(), text = read_frame();
    if (!file || !text) return 0;
    limit_this_file();
    std::string answer;
    try {
      answer = encode(knowledge::parse_article(*text, *file));
    } catch (std::bad_alloc const&) {
      return 1;
    }
    if (!write_whole(frame(answer))) return 1;
  }
}

ArticleTools ArticleParser::tools() {
  return {.text_of_pdf = [this](std::filesystem::path const& file) { return pdf(file); },
          .parse = [this](std::string_view text, std::string const& file) { return parse(text, file); }};
}

knowledge::ParsedArticle ArticleParser::parse(std::string_view text, std::string const& file) {
  auto parsed = ask(text, file);
  if (parsed) return std::move(*parsed);
  child_.reset();
  return {.passages = {}, .problems = {{file, 0, parsed.error().message}}, .warnings = {}};
}

Result<knowledge::ParsedArticle> ArticleParser::ask(std::string_view text, std::string const& file) {
  if (!child_) {
    auto started = Child::start({parser_program(), "parse-articles"}, kLimits);
    if (!started) return std::unexpected(started.error());
    child_ = std::move(*started);
  }
  auto const until = std::chrono::steady_clock::now() + kPatience;
  auto const refused = [&](Error const& why) {
    return fail("article_refused", why.code == "child_missing"
                                       ? why.message
                                       : fmt::format("cannot be read within {} s and {} MB: cut it into several, or "
                                                     "simplify its markup",
                                                     kFileSeconds, kLimits.memory / (1024 * 1024)));
  };
  if (auto sent = child_->write(frame(file) + frame(text), until); !sent) return refused(sent.error());
  auto const head = child_->read(sizeof(std::uint32_t), until);
  if (!head) return refused(head.error());
  std::uint32_t size = 0;
  std::memcpy(&size, head->data(), sizeof size);
  if (size > kAnswerMax) return refused({"child_too_much", ""});
  auto const answer = child_->read(size, until);
  if (!answer) return refused(answer.error());
  return decode(*answer);
}

Result<std::string> ArticleParser::pdf(std::filesystem::path const& file) {
  std::error_code failed;
  auto const stamp = fmt::format("{} {}", std::filesystem::file_size(file, failed),
                                 std::filesystem::last_write_time(file, failed).time_since_epoch().count());
  auto& kept = pdfs_[file];
  if (!failed && kept.stamp == stamp) return kept.text;
  auto text = text_of_pdf(file);
  if (text) kept = {stamp, *text};
  else pdfs_.erase(file);
  return text;
}

}  // namespace sotto::app
