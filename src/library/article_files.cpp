#include "library/article_files.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "adapters/files/file_bytes.h"
#include "adapters/openssl/secrets.h"
#include "base/limits.h"
#include "base/unicode.h"
#include "base/yaml.h"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

double mebibytes(std::uintmax_t bytes) { return static_cast<double>(bytes) / (1024 * 1024); }

Result<std::string> text_of(fs::path const& file, ArticleTools const& tools) {
  if (knowledge::extension_of(file.filename().string()) == ".pdf") return tools.text_of_pdf(file);
  return read_bytes(file, limits::kArticleBytesMax);
}

}  // namespace

bool is_article_file(fs::path const& file) {
  auto const extension = knowledge::extension_of(file.filename().string());
  return extension == ".md" || extension == ".html" || extension == ".htm" || extension == ".pdf";
}

Result<Listing> article_files(fs::path const& path) {
  std::error_code failed;
  if (!fs::is_regular_file(path, failed)) return files_below(path, {.wanted = is_article_file});
  return Listing{.files = {path}, .skipped = {}, .refused = {}};
}

std::vector<knowledge::ArticleProblem> ignored_files(fs::path const& folder) {
  std::vector<knowledge::ArticleProblem> out;
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return out;
  auto const is_other = [questions = folder / "questions.yaml"](fs::path const& file) {
    return !is_article_file(file) && file != questions;
  };
  auto const others = files_below(folder, {.wanted = is_other});
  auto const articles = article_files(folder);
  if (!others || !articles) return out;  // a problem, told elsewhere
  for (auto const& file : others->files)
    out.push_back({file.string(), 0, "is not read: .md, .html, .htm and .pdf are articles"});
  if (auto names = unread_names(*articles, folder); !names.empty())
    out.push_back({folder.string(), 0, std::move(names)});
  return out;
}

ReadArticles read_articles(fs::path const& path, ArticleTools const& tools) {
  auto const listing = article_files(path);
  ReadArticles out;
  if (listing) out = read_articles(listing->files, path, tools);
  else out.problems.push_back({path.string(), 0, listing.error().message});
  if (!listing) return out;
  for (auto const& [file, reason] : listing->refused) out.problems.push_back({file, 0, reason});
  return out;
}

ReadArticles read_articles(std::vector<fs::path> const& files, fs::path const& place, ArticleTools const& tools) {
  ReadArticles out;
  std::error_code failed;
  std::uintmax_t bytes = 0;
  for (auto const& file : files) bytes += fs::file_size(file, failed);
  if (bytes > limits::kKnowledgeBytesMax) {
    out.problems.push_back({place.string(), 0,
                            fmt::format("{:.0f} MiB of articles; at most {:.0f} MiB a tenant: leave out what agents do "
                                        "not need in a call",
                                        mebibytes(bytes), mebibytes(limits::kKnowledgeBytesMax))});
    return out;
  }
  std::map<std::string, fs::path> names;
  for (auto const& file : files) {
    auto const refuse = [&](std::string reason) { out.problems.push_back({file.string(), 0, std::move(reason)}); };
    ++out.files;
    // Answers and the log name it.
    if (auto const name = language::escaped(file.filename().string()); name != file.filename().string()) {
      out.problems.push_back({language::escaped(file.string()), 0, "has a name that is not UTF-8 text: rename it"});
      continue;
    }
    if (auto const [known, fresh] = names.emplace(file.filename().string(), file); !fresh)
      refuse("has the name of " + known->second.string() + ": sources name articles by it");
    if (auto const size = fs::file_size(file, failed); size > limits::kArticleBytesMax) {
      refuse(fmt::format("{:.1f} MiB; at most {:.0f} MiB an article: cut it into several", mebibytes(size),
                         mebibytes(limits::kArticleBytesMax)));
      continue;
    }
    auto const text = text_of(file, tools);
    if (!text) {
      refuse(text.error().message);
      continue;
    }
    out.text += file.filename().string() + " " + digest(*text) + "\n";
    auto parsed = tools.parse(*text, file.filename().string());
    for (auto& [name, line, reason] : parsed.problems) out.problems.push_back({file.string(), line, std::move(reason)});
    for (auto& [name, line, reason] : parsed.warnings) out.warnings.push_back({file.string(), line, std::move(reason)});
    std::ranges::move(parsed.passages, std::back_inserter(out.passages));
  }
  if (out.passages.size() > limits::kPassagesMax)
    out.problems.push_back(
        {place.string(), 0,
         fmt::format("{} passages; at most {} a tenant", out.passages.size(), limits::kPassagesMax)});
  return out;
}

ReadQuestions read_questions(fs::path const& folder, std::vector<knowledge::Passage> const& passages) {
  ReadQuestions out;
  auto const file = folder / "questions.yaml";
  std::error_code failed;
  if (folder.empty() || !fs::is_regular_file(file, failed)) return out;
  auto const text = text_of(file, {});
  auto const problem = [&](int line, std::string reason) {
    out.problems.push_back({file.string(), line, language::escaped(reason)});
  };
  if (!text) {
    problem(0, text.error().message);
    return out;
  }
  out.text = *text;
  auto const loaded = language::load_yaml(*text, limits::kArticleBytesMax);
  if (!loaded) {
    problem(loaded.error().line, loaded.error().reason);
    return out;
  }
  try {
    auto const& root = *loaded;
    if (!root.IsSequence()) problem(1, "is not a list of { ask: a question, answer: file.md or none }");
    for (auto const& entry : root) {
      auto const line = entry.Mark().line + 1;
      if (!entry.IsMap() || !entry["ask"] || !entry["answer"]) {
        problem(line, "a question is { ask: \"..\", answer: file.md, file.md#Heading or none }");
        continue;
      }
      knowledge::LabelledQuestion question{language::plain(entry["ask"].as<std::string>()),
                                           language::readable(entry["answer"].as<std::string>())};
      if (question.ask.empty() || question.ask.size() > limits::kSpokenBytesMax)
        problem(line, fmt::format("a question has 1 to {} bytes", limits::kSpokenBytesMax));
      bool const whole = question.answer.find('#') == std::string::npos;
      bool const known = std::ranges::any_of(
          passages, [&](knowledge::Passage const& passage) { return knowledge::refers_to(question.answer, passage); });
      if (question.answer != "none" && !known)
        problem(line, fmt::format("there is no {} {}", whole ? "article" : "passage", question.answer));
      out.questions.push_back(std::move(question));
    }
  } catch (YAML::Exception const& error) {
    problem(error.mark.line + 1, error.msg);
  }
  return out;
}

}  // namespace sotto::app
