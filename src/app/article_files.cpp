#include "app/article_files.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "adapters/pdf_text/pdf_text.h"
#include "base/limits.h"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

double mebibytes(std::uintmax_t bytes) { return static_cast<double>(bytes) / (1024 * 1024); }

Result<std::string> text_of(fs::path const& file) {
  if (inference::extension_of(file.filename().string()) == ".pdf") return text_of_pdf(file);
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail("unreadable", "cannot be read");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

bool is_article_file(fs::path const& file) {
  auto const extension = inference::extension_of(file.filename().string());
  return extension == ".md" || extension == ".html" || extension == ".htm" || extension == ".pdf";
}

std::vector<fs::path> article_files(fs::path const& path) {
  std::error_code failed;
  if (fs::is_regular_file(path, failed)) return {path};
  std::vector<fs::path> out;
  for (auto const& entry : fs::recursive_directory_iterator(path, failed)) {
    if (entry.is_regular_file(failed) && is_article_file(entry.path())) out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

std::vector<fs::path> ignored_files(fs::path const& folder) {
  std::vector<fs::path> out;
  std::error_code failed;
  for (auto const& entry : fs::recursive_directory_iterator(folder, failed)) {
    auto const& file = entry.path();
    bool const known = is_article_file(file) || file == folder / "questions.yaml";
    if (entry.is_regular_file(failed) && !known && !file.filename().string().starts_with('.')) out.push_back(file);
  }
  std::ranges::sort(out);
  return out;
}

ReadArticles read_articles(fs::path const& path) { return read_articles(article_files(path), path); }

ReadArticles read_articles(std::vector<fs::path> const& files, fs::path const& place) {
  ReadArticles out;
  std::error_code failed;
  std::uintmax_t bytes = 0;
  for (auto const& file : files) bytes += fs::file_size(file, failed);
  if (bytes > limits::knowledge_bytes_max) {
    out.problems.push_back({place.string(), 0,
                            fmt::format("{:.0f} MiB of articles; at most {:.0f} MiB a tenant: leave out what agents do "
                                        "not need in a call",
                                        mebibytes(bytes), mebibytes(limits::knowledge_bytes_max))});
    return out;
  }
  std::map<std::string, fs::path> names;
  for (auto const& file : files) {
    auto const refuse = [&](std::string reason) { out.problems.push_back({file.string(), 0, std::move(reason)}); };
    ++out.files;
    if (auto const [known, fresh] = names.emplace(file.filename().string(), file); !fresh)
      refuse("has the name of " + known->second.string() + ": sources name articles by it");
    if (auto const size = fs::file_size(file, failed); size > limits::article_bytes_max) {
      refuse(fmt::format("{:.1f} MiB; at most {:.0f} MiB an article: cut it into several", mebibytes(size),
                         mebibytes(limits::article_bytes_max)));
      continue;
    }
    auto const text = text_of(file);
    if (!text) {
      refuse(text.error().message);
      continue;
    }
    out.text += file.filename().string() + "\n" + *text;
    auto parsed = inference::parse_article(*text, file.filename().string());
    for (auto& [name, line, reason] : parsed.problems) out.problems.push_back({file.string(), line, std::move(reason)});
    for (auto& [name, line, reason] : parsed.warnings) out.warnings.push_back({file.string(), line, std::move(reason)});
    std::ranges::move(parsed.passages, std::back_inserter(out.passages));
  }
  if (out.passages.size() > limits::passages_max)
    out.problems.push_back(
        {place.string(), 0,
         fmt::format("{} passages; at most {} a tenant", out.passages.size(), limits::passages_max)});
  return out;
}

ReadQuestions read_questions(fs::path const& folder, std::vector<inference::Passage> const& passages) {
  ReadQuestions out;
  auto const file = folder / "questions.yaml";
  std::error_code failed;
  if (!fs::is_regular_file(file, failed)) return out;
  auto const text = text_of(file);
  auto const problem = [&](int line, std::string reason) {
    out.problems.push_back({file.string(), line, std::move(reason)});
  };
  if (!text) {
    problem(0, text.error().message);
    return out;
  }
  out.text = *text;
  try {
    auto const root = YAML::Load(*text);
    if (!root.IsSequence()) problem(1, "is not a list of { ask: a question, answer: file.md or none }");
    for (auto const& entry : root) {
      auto const line = entry.Mark().line + 1;
      if (!entry.IsMap() || !entry["ask"] || !entry["answer"]) {
        problem(line, "a question is { ask: \"..\", answer: file.md, file.md#Heading or none }");
        continue;
      }
      inference::LabelledQuestion question{entry["ask"].as<std::string>(), entry["answer"].as<std::string>()};
      bool const whole = question.answer.find('#') == std::string::npos;
      bool const known = std::ranges::any_of(passages, [&](inference::Passage const& passage) {
        return question.answer == (whole ? passage.file : passage.file + "#" + passage.heading);
      });
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
