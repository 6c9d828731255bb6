#include <chrono>
#include <system_error>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "adapters/minilm/sentence_encoder.h"
#include "app/article_files.h"
#include "app/commands.h"
#include "app/knowledge_answer.h"
#include "base/clock.h"
#include "live/inference/article_lint.h"
#include "live/inference/knowledge_base.h"

namespace sotto::app {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

inference::Day today() { return std::chrono::floor<std::chrono::days>(SystemClock().now()); }

void print(std::vector<inference::ArticleProblem> const& found, char const* kind) {
  for (auto const& [file, line, reason] : found) fmt::print(stderr, "{}:{}: {}{}\n", file, line, kind, reason);
}

std::string count(std::size_t n, char const* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

// Prints all that is wrong; true when nothing would be refused.
bool report(ReadArticles const& read) {
  print(read.problems, "");
  print(read.warnings, "warning: ");
  auto const between = inference::lint(read.passages, today());
  print(between, "warning: ");
  auto const warnings = read.warnings.size() + between.size();
  if (!read.problems.empty()) {
    fmt::print(stderr, "{}, {}\n", count(read.problems.size(), "problem"), count(warnings, "warning"));
    return false;
  }
  fmt::print("OK: {}, {}, {}\n", count(read.files, "article"), count(read.passages.size(), "passage"),
             count(warnings, "warning"));
  return true;
}

struct Asked {
  std::unique_ptr<inference::KnowledgeBase> base;
  inference::Vectors vectors;  // of the question
  inference::Reader reader;
  std::vector<float> const& vector(std::string const& text) { return vectors[text]; }
};

// The tenant's articles with their vectors, and the question's.
Result<Asked> prepare(KnowledgeCommand const& command) {
  std::error_code failed;
  auto const folder = command.knowledge / command.tenant;
  if (!fs::is_directory(folder, failed)) return fail("no_tenant", "there is no folder " + folder.string());
  auto read = read_articles(folder);
  auto const questions = read_questions(folder, read.passages);
  print(read.problems, "");
  print(questions.problems, "");
  if (read.passages.empty()) return fail("no_articles", folder.string() + " holds no article that can be read");
  auto const encoder = SentenceEncoder::load(command.models / "minilm");
  auto vectors = std::make_shared<inference::Vectors>();
  Asked out{.base = nullptr, .vectors = {}, .reader = {.team = command.team, .today = today()}};
  if (!encoder) fmt::print(stderr, "By words alone: {}\n", encoder.error().message);
  if (encoder) {
    for (auto const& text : inference::KnowledgeBase::texts_to_embed(read.passages)) {
      auto vector = encoder->encode(text);
      if (!vector) return std::unexpected(vector.error());
      (*vectors)[text] = std::move(*vector);
    }
    for (auto const& question : questions.questions) {
      auto vector = encoder->encode(question.ask);
      if (!vector) return std::unexpected(vector.error());
      out.vectors[question.ask] = std::move(*vector);
    }
    auto vector = encoder->encode(command.words);
    if (!vector) return std::unexpected(vector.error());
    out.vectors[command.words] = std::move(*vector);
  }
  out.base = std::make_unique<inference::KnowledgeBase>(std::move(read.passages), vectors);
  if (!questions.questions.empty() && encoder) {
    if (auto const fitted = out.base->calibrate(questions.questions, out.vectors); !fitted)
      fmt::print(stderr, "questions.yaml changes nothing: {}\n", fitted.error().message);
  }
  return out;
}

int failed(Error const& error) {
  fmt::print(stderr, "sotto knowledge: {}\n", error.message);
  return 1;
}

void print_nearest(std::vector<inference::KnowledgeBase::Ranked> const& ranked) {
  for (auto const& hit : ranked)
    fmt::print("{:.2f}  {}#{}\n      {}\n", hit.score, hit.passage->file, hit.passage->heading,
               hit.passage->sentences[hit.sentence].text);
}

}  // namespace

int run_knowledge_add(KnowledgeCommand const& command) {
  auto const folder = command.knowledge / command.tenant;
  std::size_t problems = 0;
  for (auto const& file : command.files) {
    std::error_code missing;
    if (!fs::is_regular_file(file, missing) || !is_article_file(file)) {
      fmt::print(
          stderr, "{}:0: {}\n", file.string(),
          fs::exists(file, missing) ? "is not an article: .md, .html, .htm and .pdf are" : "there is no such file");
      ++problems;
      continue;
    }
    auto const read = read_articles(file);
    print(read.problems, "");
    print(read.warnings, "warning: ");
    problems += read.problems.size();
  }
  if (problems > 0) {
    fmt::print(stderr, "{}; nothing was added\n", count(problems, "problem"));
    return 1;
  }
  std::error_code refused;
  fs::create_directories(folder, refused);
  for (auto const& file : command.files) {
    // Written beside and renamed: a running server never reads half a file.
    auto const target = folder / file.filename(), half = folder / ("." + file.filename().string() + ".new");
    if (!refused) fs::copy_file(file, half, fs::copy_options::overwrite_existing, refused);
    if (!refused) fs::rename(half, target, refused);
    if (refused) return failed({"not_written", target.string() + ": " + refused.message()});
    fmt::print("{}\n", target.string());
  }
  return report(read_articles(folder)) ? 0 : 1;
}

int run_knowledge_check(KnowledgeCommand const& command) {
  ReadArticles all;
  for (auto const& path : command.files) {
    std::error_code missing;
    if (!fs::exists(path, missing)) {
      all.problems.push_back({path.string(), 0, "there is no such file or folder"});
      continue;
    }
    auto read = read_articles(path);
    std::ranges::move(read_questions(path, read.passages).problems, std::back_inserter(read.problems));
    if (read.files == 0 && read.problems.empty()) read.problems.push_back({path.string(), 0, "holds no article"});
    std::ranges::move(read.problems, std::back_inserter(all.problems));
    std::ranges::move(read.warnings, std::back_inserter(all.warnings));
    std::ranges::move(read.passages, std::back_inserter(all.passages));
    all.files += read.files;
  }
  return report(all) ? 0 : 1;
}

int run_knowledge_search(KnowledgeCommand const& command) {
  auto asked = prepare(command);
  if (!asked) return failed(asked.error());
  auto const ranked = asked->base->rank(command.words, asked->vector(command.words), "*", asked->reader, 10);
  if (command.json) {
    fmt::print("{}\n", json::serialize(nearest_json(ranked)));
    return 0;
  }
  print_nearest(ranked);
  return 0;
}

int run_knowledge_ask(KnowledgeCommand const& command) {
  auto asked = prepare(command);
  if (!asked) return failed(asked.error());
  auto const& vector = asked->vector(command.words);
  auto const answer = asked->base->ask(command.words, vector, "*", asked->reader);
  auto const nearest = asked->base->rank(command.words, vector, "*", asked->reader, 3);
  if (command.json) {
    fmt::print("{}\n", json::serialize(answer_json(answer, nearest)));
    return 0;
  }
  if (!answer) {
    fmt::print("No answer. Nearest:\n");
    print_nearest(nearest);
    return 0;
  }
  fmt::print("{}\n{}\n\n{}#{} ({:.0f} % likely right): \"{}\"\n", answer->headline, answer->body, answer->source.file,
             answer->source.heading, answer->probability * 100, answer->source.sentence);
  return 0;
}

}  // namespace sotto::app
