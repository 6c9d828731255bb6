#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <system_error>

#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include "adapters/files/file_bytes.h"
#include "adapters/minilm/sentence_encoder.h"
#include "api/knowledge_answer.h"
#include "base/clock.h"
#include "base/unicode.h"
#include "cli/commands.h"
#include "knowledge/articles/article_lint.h"
#include "knowledge/knowledge_base.h"
#include "library/article_files.h"
#include "library/library.h"
#include "library/word_list.h"

namespace sotto::app {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

knowledge::Day today() { return std::chrono::floor<std::chrono::days>(SystemClock().now()); }

void print(std::vector<knowledge::ArticleProblem> const& found, char const* kind) {
  for (auto const& [file, line, reason] : found) fmt::print(stderr, "{}:{}: {}{}\n", file, line, kind, reason);
}

std::string count(std::size_t n, char const* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

void print_problems(std::vector<knowledge::ArticleProblem> const& problems, std::string const& outcome) {
  print(problems, "");
  fmt::print(stderr, "{}; {}\n", count(problems.size(), "problem"), outcome);
}

// The policies of the tenant whose articles lie in `folder`: config/knowledge/acme -> config/policies/acme.
fs::path policies_beside(fs::path const& folder) {
  auto const whole = fs::absolute(folder / "").lexically_normal().parent_path();
  return whole.parent_path().parent_path() / "policies" / whole.filename();
}

std::vector<Rule> rules_of(fs::path const& policies) {
  std::vector<Rule> out;
  for (auto& [scope, rules] : read_tenant(policies, {}).scopes) std::ranges::move(rules, std::back_inserter(out));
  return out;
}

// Articles lie idle in calls until a rule asks them. Nothing is said of a folder that is no tenant's.
void print_whether_asked(fs::path const& folder) {
  auto const policies = policies_beside(folder);
  std::error_code failed;
  if (!fs::is_directory(policies.parent_path(), failed)) return;
  if (std::ranges::any_of(rules_of(policies), [](Rule const& rule) { return rule.knowledge.has_value(); })) return;
  fmt::print("note: no rule in {} asks these articles in a call; one with `knowledge:` does (docs/knowledge.md)\n",
             policies.string());
}

// Rules and questions of the tenant that name an article or passage which is not there.
std::vector<knowledge::ArticleProblem> lost_references(fs::path const& folder, std::vector<Rule> const& rules,
                                                       std::vector<knowledge::Passage> const& passages) {
  auto out = read_questions(folder, passages).problems;
  knowledge::KnowledgeBase const base(passages, std::make_shared<knowledge::Vectors const>());
  for (auto const& rule : rules) {
    if (!rule.cue || rule.cue->source.empty() || base.find(rule.cue->source)) continue;
    out.push_back(
        {rule.file, rule.line, fmt::format("rule {} shows {}, which would be gone", rule.id, rule.cue->source)});
  }
  return out;
}

// Prints all that is wrong; true when nothing would be refused.
bool report(ReadArticles const& read) {
  print(read.problems, "");
  print(read.warnings, "warning: ");
  auto const between = knowledge::lint(read.passages, today());
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
  std::unique_ptr<knowledge::KnowledgeBase> base;
  knowledge::Vectors vectors;              // of the words that were asked, and of the tenant's questions
  std::optional<SentenceEncoder> encoder;  // none: by words alone
  knowledge::Reader reader;
};

Result<void> check_tenant(KnowledgeCommand const& command) {
  auto const& tenant = command.tenant;
  if (tenant.empty() || tenant.starts_with('.') || tenant.find('/') != std::string::npos)
    return fail("bad_tenant", fmt::format("\"{}\" cannot be a tenant: it names a folder", language::escaped(tenant)));
  return {};
}

// The tenant's articles with their vectors, and the question's. Not where anything is wrong in the folder: the server
// would not take it either.
Result<Asked> prepare(KnowledgeCommand const& command) {
  if (auto const good = check_tenant(command); !good) return std::unexpected(good.error());
  if (!language::has_letter(command.words)) return fail("no_words", "there are no words to look for");
  std::error_code failed;
  auto const folder = command.knowledge / command.tenant;
  if (!fs::is_directory(folder, failed)) return fail("no_tenant", "there is no folder " + folder.string());
  auto read = read_articles(folder);
  auto const questions = read_questions(folder, read.passages);
  std::ranges::copy(questions.problems, std::back_inserter(read.problems));
  print(read.problems, "");
  if (!read.problems.empty())
    return fail("bad_articles", count(read.problems.size(), "problem") + " in " + folder.string());
  if (read.passages.empty()) return fail("no_articles", folder.string() + " holds no article that can be read");
  auto encoder = SentenceEncoder::load(command.models / "minilm");
  auto vectors = std::make_shared<knowledge::Vectors>();
  Asked out{.base = nullptr, .vectors = {}, .encoder = {}, .reader = {.team = command.team, .today = today()}};
  if (!encoder) fmt::print(stderr, "By words alone: {}\n", encoder.error().message);
  if (encoder) {
    for (auto const& text : knowledge::KnowledgeBase::texts_to_embed(read.passages)) {
      auto vector = encoder->encode(text);
      if (!vector) return std::unexpected(vector.error());
      (*vectors)[text] = std::move(*vector);
    }
    for (auto const& question : questions.questions) {
      auto vector = encoder->encode(question.ask);
      if (!vector) return std::unexpected(vector.error());
      out.vectors[question.ask] = std::move(*vector);
    }
    for (auto const& text : knowledge::KnowledgeBase::texts_to_find(command.words)) {
      auto vector = encoder->encode(text);
      if (!vector) return std::unexpected(vector.error());
      out.vectors[text] = std::move(*vector);
    }
  }
  out.base = std::make_unique<knowledge::KnowledgeBase>(std::move(read.passages), vectors);
  if (!questions.questions.empty() && encoder) {
    if (auto const fitted = out.base->calibrate(questions.questions, out.vectors); !fitted)
      fmt::print(stderr, "questions.yaml changes nothing: {}\n", fitted.error().message);
  }
  if (encoder) out.encoder.emplace(std::move(*encoder));
  return out;
}

int failed(Error const& error) {
  fmt::print(stderr, "sotto knowledge: {}\n", error.message);
  return 1;
}

void print_nearest(std::vector<knowledge::KnowledgeBase::Ranked> const& ranked) {
  for (auto const& hit : ranked)
    fmt::print("{:.2f}  {}#{}\n      {}\n", hit.score, hit.passage->file, hit.passage->heading,
               hit.passage->sentences[hit.sentence].text);
}

// Of the files by themselves: what is no article, is there twice, or is in the folder already.
std::vector<knowledge::ArticleProblem> wrong_files(KnowledgeCommand const& command, fs::path const& folder) {
  std::vector<knowledge::ArticleProblem> out;
  std::set<std::string> names;
  for (auto const& file : command.files) {
    auto const refuse = [&](std::string reason) { out.push_back({shown_path(file), 0, std::move(reason)}); };
    auto const name = file.filename().string();
    std::error_code failed;
    if (auto const good = judge_path(file); !good) refuse(good.error().message);
    else if (!is_article_file(file)) refuse("is not an article: .md, .html, .htm and .pdf are");
    else if (!names.insert(name).second) refuse("another file of that name is to be added too");
    else if (!command.replace && fs::exists(folder / name, failed))
      refuse(fmt::format("{} is there already; with --replace this one takes its place", (folder / name).string()));
  }
  return out;
}

Result<void> copy_into(fs::path const& folder, KnowledgeCommand const& command) {
  std::error_code refused;
  if (fs::create_directories(folder, refused))
    fmt::print("new tenant {}: there was no folder {}\n", command.tenant, folder.string());
  for (auto const& file : command.files) {
    // Written beside and renamed: a running server never reads half a file.
    auto const target = folder / file.filename(), half = folder / ("." + file.filename().string() + ".new");
    if (!refused) fs::copy_file(file, half, fs::copy_options::overwrite_existing, refused);
    if (!refused) fs::rename(half, target, refused);
    if (refused) return fail("not_written", target.string() + ": " + refused.message());
    fmt::print("{}\n", target.string());
  }
  return {};
}

}  // namespace

int run_knowledge_add(KnowledgeCommand const& command) {
  if (auto const good = check_tenant(command); !good) return failed(good.error());
  auto const folder = command.knowledge / command.tenant;
  if (auto const problems = wrong_files(command, folder); !problems.empty()) {
    print_problems(problems, "nothing was added");
    return 1;
  }
  // The folder as it would be; nothing is written before all of it is good.
  auto const listing = article_files(folder);
  if (!listing) return failed(listing.error());
  auto const& there = listing->files;
  auto files = there;
  for (auto const& file : command.files) std::erase(files, folder / file.filename());
  files.insert(files.end(), command.files.begin(), command.files.end());
  auto all = read_articles(files, folder);
  for (auto const& [file, reason] : listing->refused) all.problems.push_back({file, 0, reason});
  auto const rules = rules_of(policies_beside(folder));
  auto const lost_before = lost_references(folder, rules, read_articles(there, folder).passages);
  for (auto& lost : lost_references(folder, rules, all.passages)) {
    bool const known = std::ranges::any_of(lost_before, [&](auto const& other) {
      return other.file == lost.file && other.line == lost.line && other.reason == lost.reason;
    });
    (known ? all.warnings : all.problems).push_back(std::move(lost));
  }
  if (!all.problems.empty()) {
    print_problems(all.problems, "nothing was added");
    return 1;
  }
  if (auto const copied = copy_into(folder, command); !copied) return failed(copied.error());
  report(all);
  print_whether_asked(folder);
  return 0;
}

int run_knowledge_check(KnowledgeCommand const& command) {
  ReadArticles all;
  for (auto const& path : command.files) {
    if (auto const good = judge_tenant_path(path); !good) {
      all.problems.push_back({shown_path(path), 0, good.error().message});
      continue;
    }
    auto read = read_articles(path);
    std::ranges::move(read_questions(path, read.passages).problems, std::back_inserter(read.problems));
    if (read.files == 0 && read.problems.empty()) read.problems.push_back({path.string(), 0, "holds no article"});
    std::ranges::move(ignored_files(path), std::back_inserter(read.warnings));
    std::ranges::move(read.problems, std::back_inserter(all.problems));
    std::ranges::move(read.warnings, std::back_inserter(all.warnings));
    std::ranges::move(read.passages, std::back_inserter(all.passages));
    all.files += read.files;
  }
  bool const good = report(all);
  for (auto const& path : command.files) {
    std::error_code failed;
    if (fs::is_directory(path, failed)) print_whether_asked(path);
  }
  return good ? 0 : 1;
}

int run_knowledge_search(KnowledgeCommand const& command) {
  auto asked = prepare(command);
  if (!asked) return failed(asked.error());
  auto const ranked = asked->base->nearest(command.words, asked->vectors, asked->reader, 10);
  if (command.json) {
    fmt::print("{}\n", json::serialize(nearest_json(ranked)));
    return 0;
  }
  print_nearest(ranked);
  return 0;
}

int run_knowledge_terms(KnowledgeCommand const& command) {
  if (auto const good = check_tenant(command); !good) return failed(good.error());
  auto const folder = command.knowledge / command.tenant;
  auto const tenant = read_tenant(policies_beside(folder), folder);
  for (auto const& problem : tenant.problems) fmt::print(stderr, "{}\n", problem.text());
  if (!tenant.problems.empty()) return 1;
  auto const terms = expected_terms(tenant, read_word_list(command.models / "minilm" / "vocab.txt"));
  if (command.json) fmt::print("{}\n", json::serialize(json::value_from(terms)));
  else if (!terms.empty()) fmt::print("{}\n", fmt::join(terms, "\n"));
  return 0;
}

// As a call asks, with one reading of the words.
static std::optional<Answer> answered(Asked const& asked, std::string const& question) {
  return asked.base->ask({question}, asked.vectors, "*", asked.reader,
                         asked.encoder ? reading_by(*asked.encoder) : knowledge::KnowledgeBase::Read{});
}

int run_knowledge_ask(KnowledgeCommand const& command) {
  auto asked = prepare(command);
  if (!asked) return failed(asked.error());
  auto const answer = answered(*asked, command.words);
  auto const nearest = asked->base->nearest(command.words, asked->vectors, asked->reader, 3);
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
             answer->source.heading, std::min(99.0, answer->probability * 100), answer->source.sentence);
  return 0;
}

}  // namespace sotto::app
